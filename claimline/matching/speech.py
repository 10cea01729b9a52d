"""Who says what in a text: every cue of speech with its speaker and the stretch of content that it governs.

A cue is a verb of speech with its subject, an "according to", or a headline's colon. The words are in
`claimline.matching.grammars`, their order in `word_order`. A cue without a speaker keeps None: unknown is an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from claimline.matching import mentions
from claimline.matching.grammars import GRAMMARS
from claimline.matching.mention import Mention
from claimline.matching.people import Directory
from claimline.matching.quoted import MASK, Span, masked, quotations, sentences
from claimline.matching.word_order import Finder, Spoken, language
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


@lru_cache(maxsize=32)
def read(text: str, lang: str | None, people: tuple[Person, ...]) -> Reading:
    """The cues of a text, in order, with their speakers resolved."""
    code = language(lang, text)
    grammar = GRAMMARS[code]
    quotes = quotations(text)
    hidden = masked(text, quotes)
    cut = sentences(hidden)
    found = mentions.find(hidden, grammar, code, people)
    reader = _Reader(Finder(hidden, code, found), Directory(people, grammar, found, [span.start for span in cut], hidden))
    cues = [cue for number, span in enumerate(cut) for cue in reader.cues(number, span)]
    return Reading(code, hidden, tuple(quotes), tuple(cut), tuple(cues))


class _Reader:
    """Goes through one text, sentence by sentence, and remembers who spoke last."""

    def __init__(self, finder: Finder, directory: Directory) -> None:
        self._finder, self._directory, self._text = finder, directory, finder.text
        self._previous: Speaker | None = None

    def cues(self, number: int, span: Span) -> list[Cue]:
        spoken = self._finder.spoken(span)
        back = bool(self._finder.re["this_said"].match(self._text, span.start, span.end))
        cues: list[Cue] = []
        for i, (verb, subject) in enumerate(spoken):
            speaker = self._speaker(verb, subject)
            report = subject is not None and subject.kind in ("generic", "agency")
            zone = Span(min(verb.start, subject.start), max(verb.end, subject.end)) if subject else verb
            cues.append(Cue(number, zone, verb, speaker, self._content(span, zone, verb, spoken[i + 1 :]), back, report))
            if speaker is not None and not report:
                self._previous = speaker
        return cues

    def _speaker(self, verb: Span, subject: Mention | None) -> Speaker | None:
        if subject is not None:
            return self._directory.resolve(subject, self._previous)
        return self._previous or self._directory.named_before(verb.start)

    def _content(self, span: Span, zone: Span, verb: Span, later: Sequence[Spoken]) -> tuple[Span, ...]:
        clause = self._text.rfind(";", span.start, zone.start) + 1  # a semicolon parts two speakers' words
        before, after = Span(clause or span.start, zone.start), Span(zone.end, span.end)
        left, right = self._text[before.start : before.end], self._text[after.start : after.end]
        quoted_left, many_left = MASK in left, len(left.split())
        joined = self._finder.coordinated(span.start, zone.start, comma=False)
        quoted_left, closes = quoted_left and not joined, bool(_CLOSED.search(left)) and not joined
        stays = len(re.sub(r"\x01+", "x", right).split())
        if closes and many_left > 2 and zone.start == verb.start and _WHO.match(right):
            return (before,)  # "I farmaci mancavano, racconta il medico che ha curato i feriti"
        if many_left > 2 and zone.start == verb.start and _IT.search(left):
            return (before,)  # "Non ci sarà nessun condono: lo ha ribadito il ministro"
        if _THAT.match(right) and not quoted_left:
            return (Span(after.start, self._until(after, later)),)
        if self._finder.grammar.order == "sov":
            return (before, after)
        if closes and right.lstrip().startswith(",") and stays > 1 and not quoted_left:
            return (before, Span(after.start, self._until(after, later)))  # "The vaccine, says X, is safe"
        if zone.start < verb.start and stays > 2 and many_left <= 8 and self._finder.re["leads"].match(left) and not quoted_left:
            return (Span(after.start, self._until(after, later)),)  # "In a statement on Thursday, the company said"
        content: list[Span] = []
        if (quoted_left or (closes and many_left > 6) or (closes and stays <= 5) or (stays <= 2 and many_left > 2)) and many_left:
            content.append(before)
        if not content or stays > 6 or MASK in right:
            content.append(Span(after.start, self._until(after, later)))
        return tuple(part for part in content if part.end > part.start)

    def _until(self, after: Span, later: Sequence[Spoken]) -> int:
        """A coordinate clause with a speaker of its own ends the content."""
        for verb, subject in later:
            start = min(verb.start, subject.start) if subject else verb.start
            last = max(verb.end, subject.end) if subject else verb.end
            if _CLOSED.search(self._text[after.start : start]) and len(self._text[last : after.end].split()) <= 8:
                return start  # "The study found that ..., its author said in a statement"
            if _CLAUSE.search(self._text[max(after.start, start - 16) : start]):
                return start
        return after.end


_CLOSED = re.compile(r"[,\x01»”\"]\s*(?:[-–—]+\s*)?(?:[^\W\d_][\w’'-]*\s+){0,4}$")
_THAT = re.compile(r"\s*,?\s*(?:that|что|що|que|qu['’]|dass|daß|che|dat|że)(?!\w)|\s*(?:,\s*(?:als|wie)\s)?:", re.I)
_IT = re.compile(
    r"[:;,–—]\s*(?:(?:así|cosi|così)\s+)?(?:lo|l['’]|le|ce qu['’]|das|dies|dat|это|об этом|це|про це|to|o tym)\s*$", re.I
)
_WHO = re.compile(r"\s(?:who|que|qui|che|quien)\s")
_CLAUSE = re.compile(
    r"(?:;\s*(?:\w+\s+){0,3}|[,–—-]\s*(?:but|while|and|whereas|although|though|а|но|и|хотя|mais|et|tandis que|"
    r"aber|und|während|pero|y|mientras|ma|"
    r"mentre|mas|e|enquanto|maar|terwijl|ale|та|але)\s+(?:\w+\s+)?)$",
    re.I,
)
