"""Who says what in a text: every cue of speech with its speaker and the stretch of content that it governs.

A cue is a verb of speech with its subject, an "according to", or a headline's colon. Rules of word order are few and general; the
words are in `claimline.matching.grammars`. A cue without a speaker that can be named keeps None: unknown is an answer.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from claimline.day_words import weekday_number
from claimline.matching import mentions as mentioned
from claimline.matching.grammars import GRAMMARS, Grammar
from claimline.matching.mentions import Mention
from claimline.matching.people import Directory
from claimline.matching.quoted import MASK, Span, masked, quotations, sentences
from claimline.models import Person, Speaker


@dataclass(frozen=True, slots=True)
class Cue:
    """One act of speech. `zone` is the attributing phrase, `content` what it governs (spans outside the zone)."""

    sentence: int
    zone: Span
    verb: Span
    speaker: Speaker | None
    content: tuple[Span, ...]
    points_back: bool = False  # "This was announced by ...": it governs the sentence before
    report: bool = False  # an agency or an unnamed source


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as read for speech: made once a text, asked for many spans."""

    lang: str
    masked: str
    quotes: tuple[Span, ...]
    sentences: tuple[Span, ...]
    cues: tuple[Cue, ...]

    def sentence_at(self, place: int) -> int:
        for i, span in enumerate(self.sentences):
            if place < span.end:
                return i
        return max(0, len(self.sentences) - 1)

    def in_sentence(self, number: int) -> list[Cue]:
        return [cue for cue in self.cues if cue.sentence == number]


def language(lang: str | None, text: str) -> str:
    """The language whose grammar reads the text: its own, else the nearest by script."""
    code = (lang or "").lower()[:2]
    if code in GRAMMARS:
        return code
    if re.search("[\u0600-\u06ff]", text[:500]):
        return "ar"
    return "ru" if re.search("[\u0400-\u04ff]", text[:500]) else "en"


@lru_cache(maxsize=32)
def read(text: str, lang: str | None, people: tuple[Person, ...]) -> Reading:
    """The cues of a text, in order, with their speakers resolved."""
    code = language(lang, text)
    grammar = GRAMMARS[code]
    quotes = quotations(text)
    hidden = masked(text, quotes)
    cut = sentences(hidden)
    found = mentioned.find(hidden, grammar, code, people)
    directory = Directory(people, grammar, found)
    reader = _Reader(hidden, grammar, code, found, directory)
    cues: list[Cue] = []
    for number, span in enumerate(cut):
        cues += reader.cues(number, span)
    return Reading(code, hidden, tuple(quotes), tuple(cut), tuple(cues))


@lru_cache(maxsize=64)
def _compiled(code: str) -> dict[str, re.Pattern[str]]:
    g = GRAMMARS[code]
    flags = 0 if code in ("en", "de") else re.I  # "States" and "Sagen" are nouns
    word = lambda pattern, f=0: re.compile(rf"(?<![\w'’-])(?:{pattern})(?![\w-])", f)  # noqa: E731
    return {
        "verb": re.compile(
            rf"(?<![\w'’-])(?:[lsmtn]['’])?(?:{g.verbs})(?![\w-])" if code == "fr" else rf"(?<![\w'’-])(?:{g.verbs})(?![\w-])",
            flags,
        ),
        "inverts": word(g.inverts or g.verbs, flags),
        "participle": word(g.participles or "$^", flags),
        "according": re.compile(rf"(?<!\w)(?:{g.according})(?!\w)" if code != "ar" else rf"(?<!\w)(?:{g.according})"),
        "zufolge": word(g.zufolge or "$^"),
        "so": re.compile(g.so or "$^"),
        "agent": re.compile(g.agent or "$^"),
        "this_said": re.compile(g.this_said or "$^"),
        "prepositions": re.compile(rf"(?<!\w)(?:{g.prepositions})\s+$", re.I),
        "breaks": word(g.breaks, re.I),
        "passive": re.compile(rf"(?<!\w)(?:{g.passive or '$^'})\s+(?:\w+ly\s+|also\s+|not\s+)?$", re.I),
    }


class _Reader:
    """The rules, for one text."""

    def __init__(self, text: str, grammar: Grammar, code: str, found: Sequence[Mention], directory: Directory) -> None:
        self.text, self.grammar, self.code = text, grammar, code
        self.mentions, self.directory = found, directory
        self.re = _compiled(code)
        self.previous: Speaker | None = None

    def cues(self, number: int, span: Span) -> list[Cue]:
        raw = self._colon(span) + self._according(span) + self._agents(span)
        raw += (
            self._vso(span)
            if self.grammar.order == "vso"
            else self._sov(span)
            if self.grammar.order == "sov"
            else self._svo(span)
        )
        taken: list[tuple[Span, Mention | None]] = []
        for verb, subject in sorted(raw, key=lambda pair: pair[0].start):
            if not any(verb.overlap(other) for other, _ in taken):
                taken.append((verb, subject))
        return self._resolved(number, span, taken)

    def _resolved(self, number: int, span: Span, taken: list[tuple[Span, Mention | None]]) -> list[Cue]:
        cues: list[Cue] = []
        back = bool(self.re["this_said"].match(self.text, span.start, span.end))
        for i, (verb, subject) in enumerate(taken):
            speaker = self._speaker(verb, subject)
            report = subject is not None and subject.kind in ("generic", "agency")
            zone = Span(min(verb.start, subject.start), max(verb.end, subject.end)) if subject else verb
            content = self._content(span, zone, taken[i + 1 :])
            cues.append(Cue(number, zone, verb, speaker, content, back, report))
            if speaker is not None and not report:
                self.previous = speaker
        return cues

    def _speaker(self, verb: Span, subject: Mention | None) -> Speaker | None:
        if subject is not None:
            return self.directory.resolve(subject, self.previous)
        return self.previous or self.directory.named_before(verb.start)

    # --- The subject of a verb --------------------------------------------------------------------------------------

    def _inside(self, span: Span) -> list[Mention]:
        return [m for m in self.mentions if span.start <= m.start and m.end <= span.end]

    def _svo(self, span: Span) -> list[tuple[Span, Mention | None]]:
        found: list[tuple[Span, Mention | None]] = []
        verbs = list(self.re["verb"].finditer(self.text, span.start, span.end))
        here = [m for m in self._inside(span) if not any(m.start == v.start() and m.single for v in verbs)]
        for match in verbs:
            verb = Span(match.start(), match.end())
            if self._is_passive(verb, match[0]) or any(m.start <= verb.start < m.end for m in here if m.kind != "pronoun"):
                continue
            subject = self._subject(verb, here, span)
            if subject is not None:
                found.append((verb, subject))
            elif found and self._coordinated(found[-1][0].end, verb.start):
                found.append((verb, found[-1][1]))
            elif not found and (first := self._far_subject(verb, here, span)) is not None:
                found.append((verb, first))
            elif self.grammar.drops_subject and self._starts_clause(verb, span):
                found.append((verb, None))
            elif self.code in ("ru", "uk") and self._starts_clause(verb, span):
                found.append((verb, None))
        for match in self.re["so"].finditer(self.text, span.start, span.end):
            subject = self._right(Span(match.start(), match.end()), here, 3)
            if subject is not None:
                found.append((Span(match.start(), match.end()), subject))
        for match in self.re["zufolge"].finditer(self.text, span.start, span.end):
            left = self._left(Span(match.start(), match.end()), here, span)
            if left is not None:
                found.append((Span(match.start(), match.end()), left))
        return found

    def _is_passive(self, verb: Span, word: str) -> bool:
        if word.startswith("quoted"):
            return False
        return bool(self.grammar.passive and self.re["passive"].search(self.text, max(0, verb.start - 30), verb.start))

    def _subject(self, verb: Span, here: Sequence[Mention], span: Span) -> Mention | None:
        inverted = re.search(r"-(il|elle|ils|elles)\b", self.text[verb.start : verb.end + 6])
        if inverted and self.code == "fr":
            return Mention(verb.start, verb.end, "pronoun", inverted[1])
        left = self._left(verb, here, span)
        if left is not None and verb.start - left.end <= 1:
            return left
        before = self.text[span.start : verb.start].rstrip()
        after_quote = not before or before[-1] in f"{MASK},»”\"'-–—"
        free = self.grammar.inverts is None
        may_invert = free or (after_quote and bool(self.re["inverts"].match(self.text, verb.start, verb.end)))
        right = self._right(verb, here, 2 if after_quote else 1) if may_invert else None
        if right is not None and (after_quote or left is None or self.code in ("de", "ru", "uk", "nl", "pl")):
            return right
        if left is not None:
            return left
        return self._right(verb, here, 5) if may_invert else None

    def _left(self, verb: Span, here: Sequence[Mention], span: Span) -> Mention | None:
        """The nearest mention before a verb that may be its subject."""
        for mention in reversed([m for m in here if m.end <= verb.start]):
            if not self._clear(mention, verb.start):
                return None
            if not mention.oblique and not self._governed(mention, verb):
                return self._of_a_noun(mention, verb, here) or mention
        return None

    def _of_a_noun(self, mention: Mention, verb: Span, here: Sequence[Mention]) -> Mention | None:
        """ "Зеленский в интервью Би-би-си признал": the nearer name belongs to a phrase that a preposition opens."""
        opens = re.search(
            rf"(?<!\w)(?:{self.grammar.prepositions})\s+[^\W\d_A-ZА-ЯЁ]\w*\s+$",
            self.text[max(0, mention.start - 30) : mention.start],
        )
        earlier = [m for m in here if m.end <= mention.start and not m.oblique and self._clear(m, verb.start)]
        return earlier[-1] if opens and self.code in ("ru", "uk", "pl") and earlier else None

    def _clear(self, mention: Mention, end: int) -> bool:
        """Nothing between a subject and its verb but an apposition between commas and a few words."""
        gap = self.text[mention.end : end]
        if mention.closed:
            gap = re.sub(r"^\s*,", "", gap)
        gap = re.sub(r"^\s*(?:,[^,\x01]{1,110},|\([^)]{1,60}\)|[–—-][^–—\x01]{1,90}[–—-])", " ", gap)
        if MASK in gap or re.search(r"[,;:–—]", gap) or len(gap.split()) > 6:
            return False
        return not self.re["breaks"].search(gap) and not self.re["verb"].search(gap)

    def _governed(self, mention: Mention, verb: Span) -> bool:
        """After a preposition no name is a subject, but for "в Кремле заявили"."""
        before = self.re["prepositions"].search(self.text, max(0, mention.start - 15), mention.start)
        if before is None:
            return False
        many = re.search(r"(?:ли|ют|ят|али|или)$", self.text[verb.start : verb.end])
        return not (many and before[0].strip().lower() in ("в", "во", "у", "на"))

    def _right(self, verb: Span, here: Sequence[Mention], words: int) -> Mention | None:
        """The nearest mention after a verb, with at most `words` between."""
        for mention in here:
            if mention.start < verb.end:
                continue
            gap = self.text[verb.end : mention.start]
            if MASK in gap or len(gap.split()) > words or re.search(r"[.;:,]", gap) or self.re["breaks"].search(gap):
                return None
            if mention.oblique or self._governed(mention, verb):
                continue
            return mention
        return None

    def _coordinated(self, start: int, end: int, *, comma: bool = True) -> bool:
        """ "said ... and added": the verb shares the subject of the one before."""
        gap = self.text[start:end]
        return bool(_AND.search(gap)) or (comma and bool(re.search(r",\s*(?:\w+\s+){0,2}$", gap)))

    def _far_subject(self, verb: Span, here: Sequence[Mention], span: Span) -> Mention | None:
        """ "X did not go into details but said": the sentence's own subject, where a conjunction stands before the verb."""
        before = [m for m in here if m.end <= verb.start and m.start - span.start <= 5 and not m.oblique]
        return before[0] if before and self._coordinated(before[0].end, verb.start, comma=False) else None

    def _starts_clause(self, verb: Span, span: Span) -> bool:
        before = self.text[span.start : verb.start].strip(" -–—")
        return len(before.split()) <= 2 or before[-1] in f"{MASK},"

    # --- Other orders -----------------------------------------------------------------------------------------------

    def _sov(self, span: Span) -> list[tuple[Span, Mention | None]]:
        """Turkish: the subject opens the sentence, uninflected; the verb ends it. Participles and "dedi X" come before."""
        here = self._inside(span)
        found: list[tuple[Span, Mention | None]] = []
        for match in self.re["participle"].finditer(self.text, span.start, span.end):
            verb = Span(match.start(), match.end())
            if (right := self._right(verb, here, 2)) is not None:
                found.append((verb, right))
        for match in self.re["zufolge"].finditer(self.text, span.start, span.end):
            near = [m for m in here if m.end <= match.start() and match.start() - m.end < 45]
            if near:
                found.append((Span(match.start(), match.end()), near[-1]))
        for match in self.re["verb"].finditer(self.text, span.start, span.end):
            verb = Span(match.start(), match.end())
            found.append((verb, self._opening(here, verb, span)))
        return found

    def _opening(self, here: Sequence[Mention], verb: Span, span: Span) -> Mention | None:
        before = [m for m in here if m.end <= verb.start and not m.oblique and m.kind != "pronoun"]
        with_comma = [m for m in before if self.text[m.end : m.end + 1] == ","]
        opening = [
            m for m in before if not self.text[span.start : m.start].strip() or len(self.text[span.start : m.start].split()) <= 6
        ]
        close = [m for m in before if verb.start - m.end <= 2]
        after = self._right(verb, here, 2) if not with_comma and not opening else None
        for group in (with_comma[:1], opening[:1], close, [after] if after else [], [m for m in before if m.kind == "known"][:1]):
            if group:
                return group[0]
        return None

    def _vso(self, span: Span) -> list[tuple[Span, Mention | None]]:
        """Arabic: the subject follows the verb, up to the word that opens the content."""
        found: list[tuple[Span, Mention | None]] = []
        for match in self.re["verb"].finditer(self.text, span.start, span.end):
            verb = Span(match.start(), match.end())
            found.append((verb, self._phrase(verb.end, span.end)))
        return found

    def _phrase(self, start: int, end: int) -> Mention | None:
        """The words up to a break: a known person in them, else the words themselves."""
        stop = re.search(r"[،,:\x01.(«\"]", self.text[start:end])
        limit = start + stop.start() if stop else end
        brk = self.re["breaks"].search(self.text, start, limit)
        limit = min(limit, brk.start() if brk else limit)
        known = [m for m in self.mentions if m.kind == "known" and start - 2 <= m.start and m.end <= limit + 2]
        if known:
            return known[-1]
        words = self.text[start:limit].split()[:7]
        if not words:
            return None
        words = list(itertools.takewhile(lambda word: weekday_number(word) is None, words))
        if not words:
            return None
        at = self.text.index(words[0], start)
        generic = re.match(rf"(?:{self.grammar.generic})(?!\w)", " ".join(words))
        kind = next((k for k, p in self.grammar.heads.items() if re.match(rf"(?:{p})(?!\w)", " ".join(words))), None)
        phrase, holder = _arabic_phrase(words, kind)
        if holder:
            return Mention(at, at + len(phrase), "name", holder, office=kind)
        what = "generic" if generic else "body" if kind == "body" else "office" if kind else "name"
        return Mention(at, at + len(phrase), what, phrase, office=kind, bare=" " not in phrase)

    # --- Cues without a verb ----------------------------------------------------------------------------------------

    def _according(self, span: Span) -> list[tuple[Span, Mention | None]]:
        here = self._inside(span)
        found: list[tuple[Span, Mention | None]] = []
        for match in self.re["according"].finditer(self.text, span.start, span.end):
            cue = Span(match.start(), match.end())
            if self.code == "ar":
                subject = self._phrase(cue.end, span.end)
            else:
                after = (m for m in here if m.end > cue.end and cue.start < m.start <= cue.end + 40)
                subject = next((m for m in after if self._near(cue.end, m.start)), None)
            if subject is not None:
                found.append((cue, subject))
        return found

    def _near(self, start: int, end: int) -> bool:
        gap = self.text[start:end]
        return len(gap.split()) <= 4 and not re.search(r"[.,;:\x01]", gap)

    def _agents(self, span: Span) -> list[tuple[Span, Mention | None]]:
        here = self._inside(span)
        found: list[tuple[Span, Mention | None]] = []
        for match in self.re["agent"].finditer(self.text, span.start, span.end):
            subject = next((m for m in here if 0 <= m.start - match.end() <= 15), None)
            if subject is not None:
                found.append((Span(match.start(), match.end()), subject))
        return found

    def _colon(self, span: Span) -> list[tuple[Span, Mention | None]]:
        """A headline's "Stoltenberg: ..."; in prose only before a quotation."""
        for mention in self._inside(span)[:1]:
            after = self.text[mention.end : mention.end + 2].lstrip()
            opens = mention.start - span.start <= 4 and after[:1] == ":" and mention.kind in ("known", "name", "office", "body")
            if opens and (span.end - span.start < 180 or MASK in self.text[mention.end : mention.end + 4]):
                return [(Span(mention.end, mention.end + 1), mention)]
        return []

    # --- What a cue governs -----------------------------------------------------------------------------------------

    def _content(self, span: Span, zone: Span, later: Sequence[tuple[Span, Mention | None]]) -> tuple[Span, ...]:
        before, after = Span(span.start, zone.start), Span(zone.end, span.end)
        left, right = self.text[before.start : before.end], self.text[after.start : after.end]
        quoted_left, many_left = MASK in left, len(left.split())
        closes = bool(_CLOSED.search(left)) and not self._coordinated(span.start, zone.start, comma=False)
        stays = len(re.sub(r"\x01+", "x", right).split())
        if _THAT.match(right) and not quoted_left:
            return (Span(after.start, self._until(after, later)),)
        if self.grammar.order == "sov":
            return (before, after)
        if closes and right.lstrip().startswith(",") and stays > 1 and not quoted_left:
            return (before, Span(after.start, self._until(after, later)))  # "The vaccine, says X, is safe"
        content: list[Span] = []
        if (quoted_left or (closes and many_left > 6) or (closes and stays <= 5) or stays <= 2) and many_left:
            content.append(before)
        if not content or stays > 6 or MASK in right:
            content.append(Span(after.start, self._until(after, later)))
        return tuple(part for part in content if part.end > part.start)

    def _until(self, after: Span, later: Sequence[tuple[Span, Mention | None]]) -> int:
        """A coordinate clause with a speaker of its own ends the content."""
        for verb, subject in later:
            start = min(verb.start, subject.start) if subject else verb.start
            last = max(verb.end, subject.end) if subject else verb.end
            if _CLOSED.search(self.text[after.start : start]) and len(self.text[last : after.end].split()) <= 8:
                return start  # "The study found that ..., its author said in a statement"
            gap = self.text[max(after.start, start - 14) : start]
            if re.search(
                r"(?:;|[,–—-]\s*(?:but|while|and|whereas|а|но|и|mais|et|aber|und|pero|y|ma|mas|e|maar|ale|та|але)\s+(?:\w+\s+)?)$",
                gap,
                re.I,
            ):
                return start
        return after.end


_CLOSED = re.compile(r"[,\x01»”\"]\s*(?:[-–—]+\s*)?(?:[^\W\d_]+\s+){0,2}$")
_AND = re.compile(r"(?:\b(?:and|but|а|и|но|et|mais|und|aber|y|pero|e|ma|mas|en|maar|i|ale|та|але|also))\s+(?:\w+\s+){0,2}$", re.I)
_THAT = re.compile(r"\s*,?\s*(?:that|что|що|que|qu['’]|dass|daß|che|dat|że)(?!\w)|\s*(?:,\s*(?:als|wie)\s)?:", re.I)


_ARTICLED = re.compile(r"(?:وال|بال|لل|ال)\w")


def _arabic_phrase(words: Sequence[str], kind: str | None) -> tuple[str, str | None]:
    """The noun phrase that opens `words`, and the name in it: a head with its articled words ("وزير الدفاع التركي"), then a
    name of two or three words without the article ("خلوصي أكار"). Without an office the first two or three words.
    """
    if kind is None:
        return " ".join(words[: 3 if len(words) == 3 else 2]), None
    end = 1
    while end < len(words) and (
        _ARTICLED.match(words[end]) or words[end] in ("باسم", "لشؤون", "عام") or words[end].startswith("ل")
    ):
        end += 1
    name = words[end : end + 3] if kind != "body" and len(words) - end in (2, 3) and end > 1 else []
    return " ".join(words[: end + len(name)]), " ".join(name) or None
