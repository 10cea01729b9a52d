"""The subject of a verb of speech, by the word order of its language: who speaks, before it is asked what is said.

A `Finder` answers for one sentence with (cue, subject) pairs; a subject of None means that the language leaves it out
and the last speaker is meant. Who the subject is, is `people`'s matter; what a cue governs is `speech`'s.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from claimline.day_words import weekday_number
from claimline.matching import arabic_phrases, common_nouns
from claimline.matching.grammars import GRAMMARS, Grammar
from claimline.matching.mention import Mention
from claimline.matching.quoted import MASK, Span

Spoken = tuple[Span, Mention | None]


def language(lang: str | None, text: str) -> str:
    """The language whose grammar reads the text: its own, else the nearest by script."""
    code = (lang or "").lower()[:2]
    if code in GRAMMARS:
        return code
    if re.search("[\u0600-\u06ff]", text[:500]):
        return "ar"
    return "ru" if re.search("[\u0400-\u04ff]", text[:500]) else "en"


_DETERMINER = r"(?:the|an?|la|le|les|el|los|las|der|den|dem|die|das|het|il|lo|gli)"


@lru_cache(maxsize=64)
def compiled(code: str) -> dict[str, re.Pattern[str]]:
    g = GRAMMARS[code]
    flags = 0 if code in ("en", "de") else re.I  # "States" and "Sagen" are nouns

    def word(pattern: str, flags: int = 0) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w'’-])(?:{pattern})(?![\w-])", flags)

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
        "citing": re.compile(rf"(?<!\w)(?:{g.citing or '$^'})(?!\w)", re.I),
        "this_said": re.compile(g.this_said or "$^"),
        "prepositions": re.compile(rf"(?<!\w)(?:{g.prepositions})\s+(?:{_DETERMINER}\s+)?$", re.I),
        "breaks": word(g.breaks, re.I),
        "leads": re.compile(rf"\s*(?:{g.prepositions})\s", re.I),
        "passive": re.compile(rf"(?<!\w)(?:{g.passive or '$^'})\s+(?:\w+ly\s+|also\s+|not\s+)?$", re.I),
    }


class Finder:
    """The subjects of one text whose quotes are masked."""

    def __init__(self, text: str, code: str, found: Sequence[Mention]) -> None:
        self.text, self.code, self.mentions = text, code, found
        self.grammar: Grammar = GRAMMARS[code]
        self.re = compiled(code)

    def spoken(self, span: Span) -> list[Spoken]:
        """Every cue of a sentence with its subject, in order; of overlapping ones the first."""
        by_order = {"vso": self._vso, "sov": self._sov}.get(self.grammar.order, self._svo)
        pairs = self._colon(span) + self._according(span) + self._agents(span) + by_order(span)
        if all(subject is None or subject.kind in ("agency", "generic") for _, subject in pairs):
            pairs += self._after(span, self.re["citing"])  # "Reuters reported, citing X": X says so
        kept: list[Spoken] = []
        for verb, subject in sorted(pairs, key=lambda pair: pair[0].start):
            if not any(verb.overlap(other) for other, _ in kept):
                kept.append((verb, subject))
        return kept

    def _inside(self, span: Span) -> list[Mention]:
        at = bisect_left(self.mentions, span.start, key=lambda m: m.start)
        ahead = itertools.takewhile(lambda m: m.start < span.end, itertools.islice(self.mentions, at, None))
        return [m for m in ahead if m.end <= span.end]

    def _svo(self, span: Span) -> list[Spoken]:
        found: list[Spoken] = []
        verbs = list(self.re["verb"].finditer(self.text, span.start, span.end))
        here = [m for m in self._inside(span) if not any(m.start == v.start() and m.single for v in verbs)]
        for match in verbs:
            verb = Span(match.start(), match.end())
            if self._is_passive(verb, match[0]) or any(m.start <= verb.start < m.end for m in here if m.kind != "pronoun"):
                continue
            subject = self._subject(verb, here, span) or self._common(verb, span) or self._shared(verb, here, span, found)
            if subject is not None or (self._may_drop and self._starts_clause(verb, span)):
                found.append((verb, subject))
        return (found or self._after_quote(span, here)) + self._postpositions(span, here)

    def _after_quote(self, span: Span, here: Sequence[Mention]) -> list[Spoken]:
        """ "..., <a verb that the grammar lacks> X": whoever is named right after a quotation has said it."""
        for match in _QUOTE_THEN.finditer(self.text, span.start, span.end):
            opens, ends = match.span("words")
            parted = "," in match[0] or bool(re.search(r"[-–—]", self.text[match.start() : opens]))
            subject = next((m for m in here if (opens < m.start if parted else m.start == ends) and m.start <= ends), None)
            words = Span(opens, subject.start if subject else ends)
            if subject is None and parted:
                verb = Span(opens, opens + len(match["words"].split()[0]))
                subject, words = common_nouns.after(self.text, verb, self.code), verb
            if (
                subject is None
                or subject.oblique
                or self.re["breaks"].search(self.text, words.start, words.end)
                or self._governed(subject, words)
            ):
                continue
            return [(words, subject)]
        return []

    @property
    def _may_drop(self) -> bool:
        return self.grammar.drops_subject or self.code in ("ru", "uk")

    def _common(self, verb: Span, span: Span) -> Mention | None:
        """Somebody by a common noun that the grammar does not list."""
        left = self.text[span.start : verb.start].rstrip()
        inverted = common_nouns.after(self.text, verb, self.code) if left and left[-1] in f"{MASK},»”\"'-–—" else None
        return inverted or common_nouns.before(self.text, verb, span.start, self.code)

    def _shared(self, verb: Span, here: Sequence[Mention], span: Span, found: Sequence[Spoken]) -> Mention | None:
        """The subject of the verb before ("said ... and added"), or the sentence's own ("did not explain but said")."""
        if found:
            return found[-1][1] if self.coordinated(found[-1][0].end, verb.start) else None
        before = [m for m in here if m.end <= verb.start and m.start - span.start <= 5 and not m.oblique]
        return before[0] if before and self.coordinated(before[0].end, verb.start, comma=False) else None

    def _postpositions(self, span: Span, here: Sequence[Mention]) -> list[Spoken]:
        """German "so X" and "X zufolge"."""
        found: list[Spoken] = []
        for match in self.re["so"].finditer(self.text, span.start, span.end):
            cue = Span(match.start(), match.end())
            found.append((cue, self._right(cue, here, 3) or common_nouns.after(self.text, cue, self.code)))
        for match in self.re["zufolge"].finditer(self.text, span.start, span.end):
            cue = Span(match.start(), match.end())
            found.append((cue, self._left(cue, here)))
        return [pair for pair in found if pair[1] is not None]

    def _is_passive(self, verb: Span, word: str) -> bool:
        if word.startswith("quoted"):
            return False
        return bool(self.grammar.passive and self.re["passive"].search(self.text, max(0, verb.start - 30), verb.start))

    def _subject(self, verb: Span, here: Sequence[Mention], span: Span) -> Mention | None:
        inverted = re.search(r"-(il|elle|ils|elles)\b", self.text[verb.start : verb.end + 6])
        if inverted and self.code == "fr":
            return Mention(verb.start, verb.end, "pronoun", inverted[1])
        left = self._left(verb, here)
        if left is not None and verb.start - left.end <= 1:
            return left
        before = self.text[span.start : verb.start].rstrip()
        after_quote = not before or before[-1] in f"{MASK},»”\"'-–—"
        free = self.grammar.inverts is None
        may_invert = free or (after_quote and bool(self.re["inverts"].match(self.text, verb.start, verb.end)))
        right = self._right(verb, here, 2 if after_quote else 1) if may_invert else None
        if right is not None and right.kind == "agency" and left is not None and left.kind != "agency":
            return left  # "рассказал ТАСС": it was told, and did not tell
        if right is not None and (after_quote or left is None or self.code in ("de", "ru", "uk", "nl", "pl")):
            return right
        if left is not None:
            return left
        return self._right(verb, here, 5) if may_invert else None

    def _left(self, verb: Span, here: Sequence[Mention]) -> Mention | None:
        """The nearest mention before a verb that may be its subject."""
        for mention in [m for m in here if m.end <= verb.start][:-7:-1]:
            if self._clear(mention, verb.start) and not mention.oblique and not self._governed(mention, verb):
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
        gap = _BELONGING.sub(" ", gap)
        if mention.kind in ("office", "generic"):
            gap = _RELATIVE.sub(" ", gap)
        if MASK in gap or re.search(r"[,;:–—]", gap) or len(gap.split()) > 6:
            return False
        return not self.re["breaks"].search(gap) and not self.re["verb"].search(gap)

    def _governed(self, mention: Mention, verb: Span) -> bool:
        """After a preposition no name is a subject, but for "в Кремле заявили"."""
        if self.text[mention.start - 1 : mention.start] == "(":
            return True
        before = self.re["prepositions"].search(self.text, max(0, mention.start - 20), mention.start)
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
            many = len([word for word in gap.split() if weekday_number(word) is None])
            full = mention.kind in ("known", "name") and not mention.single  # "a expliqué lundi le commissaire-priseur X Y"
            if (
                MASK in gap
                or many > words + (2 if full and words > 1 else 0)
                or re.search(r"[.;:,]", gap)
                or self.re["breaks"].search(gap)
            ):
                return None
            if mention.oblique or self._governed(mention, verb):
                continue
            return mention
        return None

    def coordinated(self, start: int, end: int, *, comma: bool = True) -> bool:
        """ "said ... and added": the verb shares the subject of the one before."""
        gap = self.text[start:end]
        return bool(_AND.search(gap)) or (comma and bool(re.search(r",\s*(?:\w+\s+){0,2}$", gap)))

    def _starts_clause(self, verb: Span, span: Span) -> bool:
        before = self.text[span.start : verb.start].strip(" -–—")
        return len(before.split()) <= 2 or before[-1] in f"{MASK},"

    def _sov(self, span: Span) -> list[Spoken]:
        """Turkish: the subject opens the sentence, uninflected; the verb ends it. Participles and "dedi X" come before."""
        here = self._inside(span)
        found: list[Spoken] = []
        for match in self.re["participle"].finditer(self.text, span.start, span.end):
            verb = Span(match.start(), match.end())
            if (right := self._right(verb, here, 2)) is not None:
                found.append((verb, right))
        here = [m for m in here if not _TARAFINDAN.match(self.text, m.end)]
        for match in self.re["agent"].finditer(self.text, span.start, span.end):  # "Bakanlıktan yapılan açıklamada"
            near = [m for m in here if m.end < match.start() and len(self.text[m.end : match.start()].split()) <= 3]
            if near and _ABLATIVE.search(self.text, near[-1].start, near[-1].end):
                found.append((Span(match.start(), match.end()), near[-1]))
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

    def _vso(self, span: Span) -> list[Spoken]:
        """Arabic: the subject follows the verb, up to the word that opens the content."""
        found: list[Spoken] = []
        for match in self.re["verb"].finditer(self.text, span.start, span.end):
            verb = Span(match.start(), match.end())
            found.append((verb, self._phrase(verb.end, span.end) or self._between(verb)))
        return found

    def _between(self, verb: Span) -> Mention | None:
        """ "وكان هيرش كتب": the subject stands between the auxiliary and the verb."""
        before = re.search(r"(?<!\w)و?كانت?\s+((?:\w+\s+){1,4})$", self.text[max(0, verb.start - 60) : verb.start])
        return self._phrase(verb.start - len(before[1]), verb.start) if before else None

    def _phrase(self, start: int, end: int) -> Mention | None:
        """The words up to a break: a known person in them, else the words themselves."""
        stop = re.search(r"[،,:\x01.(«\"]", self.text[start:end])
        limit = start + stop.start() if stop else end
        brk = self.re["breaks"].search(self.text, start, limit)
        limit = min(limit, brk.start() if brk else limit)
        known = [m for m in self._inside(Span(start - 2, limit + 2)) if m.kind == "known"]
        if known:
            return known[-1]
        return arabic_phrases.read(self.text, start, limit, self.grammar)

    def _according(self, span: Span) -> list[Spoken]:
        return self._after(span, self.re["according"])

    def _after(self, span: Span, cues: re.Pattern[str]) -> list[Spoken]:
        """Cues that come right before their speaker."""
        here = self._inside(span)
        found: list[Spoken] = []
        for match in cues.finditer(self.text, span.start, span.end):
            cue = Span(match.start(), match.end())
            if self.code == "ar":
                end = _QAWLUHU.search(self.text, cue.end, span.end)  # "نقلت رويترز عن مصدر قوله إن"
                subject = self._phrase(cue.end, end.start() if end else span.end)
            else:
                after = (m for m in here if m.end > cue.end and cue.start < m.start <= cue.end + 60)
                subject = next((m for m in after if self._near(cue.end, m.start)), None)
            if subject is not None:
                found.append((cue, subject))
        return found

    def _near(self, start: int, end: int) -> bool:
        gap = self.text[start:end]
        return len(gap.split()) <= 4 and not re.search(r"[.,;:\x01]", gap) and not _BY.search(gap)

    def _agents(self, span: Span) -> list[Spoken]:
        here = self._inside(span)
        found: list[Spoken] = []
        if self.grammar.order == "sov":
            return found
        for match in self.re["agent"].finditer(self.text, span.start, span.end):
            if _ACTIVE.search(self.text, max(0, match.start() - 20), match.start()) or self.re["breaks"].search(match[0]):
                continue  # "said the painting, which was made by X"
            if self.code == "en" and len(match[0].split()) > 3 and not self._is_passive(Span(match.start(), match.end()), ""):
                continue  # "said the loan approved by X"
            subject = next((m for m in here if 0 <= m.start - match.end() <= 15), None)
            if subject is not None:
                found.append((Span(match.start(), match.end()), subject))
        return found

    def _colon(self, span: Span) -> list[Spoken]:
        """A headline's "Stoltenberg: ..."; in prose only before a quotation."""
        for mention in self._inside(span)[:1]:
            after = self.text[mention.end : mention.end + 2].lstrip()
            opens = mention.start - span.start <= 4 and after[:1] == ":" and mention.kind in _MAY_HEAD and not mention.governed
            if opens and (span.end - span.start < 180 or MASK in self.text[mention.end : mention.end + 4]):
                return [(Span(mention.end, mention.end + 1), mention)]
        return []


_AND = re.compile(
    r"\b(?:and|but|а|и|но|et|mais|und|aber|y|pero|e|ma|mas|en|maar|i|ale|та|але|also|while|whereas|although|though|хотя|"
    r"тогда как|während|tandis que|mientras|mentre|enquanto|terwijl|podczas gdy)\s+(?:\w+\s+){0,2}$",
    re.I,
)


# "of the Swedish National Network at Uppsala University": where somebody belongs, between the name and the verb.
_BELONGING = re.compile(
    r"\s(?:of|from|at|for|with|vom|von|der|des|du|de|del|della|van|im)\s(?:(?:the|la|le|el|der|het|für)\s|l['’])?"
    r"(?:[A-ZÀ-ÞА-ЯЁ][\w’'-]*\s(?:(?:of|and|for|für|de|der|du|e|y|et)\s)?){1,6}"
)
_BY = re.compile(r"\S\s+(?:von|by|par|por|da|door|przez)\s$")  # "laut einer von X verfassten Studie": its author
_MAY_HEAD = ("known", "name", "office", "body")
_ACTIVE = re.compile(r"(?<!\w)(?:a|ont|avait|ha|han|había|hanno|aveva|has|have|had|tinha|tem)\s+(?:\w+\s+)?$")
_QAWLUHU = re.compile(r"\sقول(?:ه|ها|هم)(?!\w)")
_ABLATIVE = re.compile(r"[dt][ae]n$")
_TARAFINDAN = re.compile(r"(?:['’]\w+)?\s+tarafından(?!\w)")  # whoever did it, not who tells it
# "El médico que atendió a los heridos reconoció": a relative clause that no comma sets off.
_RELATIVE = re.compile(r"^\s(?:who|que|qui|che)\s(?:[^\s,;:\x01]+\s){1,9}$")
_QUOTE_THEN = re.compile(r"\x01\s*[,.]?\s*[-–—]?\s*(?P<words>(?:[^\W\d_A-ZА-ЯЁ][\w’'-]*\s+){1,4})(?=[^\W\d_])")
