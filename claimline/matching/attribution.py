"""Who said the words at a span, on which day, by which agency, in which modality. Unknown is an answer.

The four questions of a quote. Who speaks where is `speech`, who is who `people`, which day `said_days`, how sure a thing is
put `modality`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from claimline import agencies
from claimline.matching import modality as modalities
from claimline.matching import said_days, speech, word_order
from claimline.matching.quoted import MASK, Span
from claimline.matching.speech import Cue, Reading
from claimline.models import Person, Said, Speaker

VERSION = "2"
_NEAR = 70  # how far from a verb of speech an agency may stand

# German reported speech goes on from sentence to sentence in the subjunctive.
_SUBJUNCTIVE = re.compile(
    r"\b(?:sei|seien|habe|könne|werde|wolle|müsse|solle|dürfe|gebe|komme|bleibe|gehe|liege|stehe|lasse|bestehe|brauche|handle|wisse|mache|nehme|führe|sehe|halte)\b"
)


def speaker(text: str, start: int, end: int, *, lang: str | None, people: Sequence[Person]) -> Speaker | None:
    """Whoever says `text[start:end]`, or None where the text says it itself (or the agency that carries it does).

    Somebody who is not named ("officials") has a Speaker without a key: nobody may be taken for the same.
    """
    reading = speech.read(text, lang, tuple(people))
    cue = governing(reading, Span(start, end))
    return cue.speaker if cue is not None else None


def said(
    text: str, start: int, end: int, *, lang: str | None, published: date | None, people: Sequence[Person] = ()
) -> Said | None:
    """The day on which `text[start:end]` was said, relative to the article's day; None where the text does not tell."""
    reading = speech.read(text, lang, tuple(people))
    cue = governing(reading, Span(start, end))
    return said_days.day_of(reading, cue, published) if cue is not None else None


def via(text: str, lang: str | None = None) -> str | None:
    """The agency that a text carries, cites or was told something by a speaker: "said to Reuters", "dem ANP zufolge"."""
    return agencies.byline(text) or agencies.cited(text) or _spoken_to(text, lang)


def _spoken_to(text: str, lang: str | None) -> str | None:
    """The first agency that stands beside a verb of speech or after "according to", as its grammar writes them."""
    code = word_order.language(lang, text)
    cues = word_order.compiled(code)
    for start, end, name in agencies.named(text, code):
        sentence = max(text.rfind(mark, 0, start) for mark in (". ", "\n", "! ", "? ")) + 1
        before, after = text[max(sentence, start - _NEAR) : start], text[end : end + _NEAR // 2].partition(".")[0]
        if any(cues[kind].search(before) or cues[kind].search(after) for kind in ("verb", "according", "citing", "zufolge")):
            return name
    return None


def modality(span: str, lang: str | None) -> str | None:
    """How the deciding words put it: see `claimline.matching.modality`."""
    return modalities.of(span, lang)


def governing(reading: Reading, span: Span) -> Cue | None:
    """The cue under which a span stands: in its sentence, around its quotation, or in the sentence that points back to it."""
    if not reading.sentences:
        return None
    first, last = reading.sentence_at(span.start), reading.sentence_at(max(span.start, span.end - 1))
    here = [cue for number in range(first, last + 1) for cue in reading.in_sentence(number)]
    found = _strongest(here, span) or _around_quotation(reading, span, first)
    if found is None or found.report:
        found = _pointing_back(reading, last) or found
    return found or _going_on(reading, first)


def _strongest(cues: Sequence[Cue], span: Span) -> Cue | None:
    """The cue whose content covers most of the span; of equal ones the outermost; a named speaker before an agency."""
    cues = [cue for cue in cues if not cue.points_back] or list(cues)
    if not cues:
        return None

    def rank(cue: Cue) -> tuple[bool, int, int]:
        covered = sum(part.overlap(span) for part in cue.content)
        return (not cue.report and covered > 0, covered, sum(part.end - part.start for part in cue.content))

    best = max(cues, key=rank)
    if sum(part.overlap(span) for part in best.content) == 0 and best.zone.overlap(span) == 0:
        return None
    return best


def _around_quotation(reading: Reading, span: Span, sentence: int) -> Cue | None:
    """A quotation that is a sentence of its own belongs to the sentence before it ("He said:") or to the one after."""
    inside = [q for q in reading.quotes if q.overlap(span) * 2 > span.end - span.start]
    if not inside:
        return None
    before = reading.in_sentence(sentence - 1) if sentence else []
    if before and _same_paragraph(reading, sentence - 1, sentence):
        return before[-1]
    if sentence + 1 < len(reading.sentences) and _same_paragraph(reading, sentence, sentence + 1):
        after = reading.in_sentence(sentence + 1)
        if after:
            return after[0]
    if before and (_ends_open(reading, sentence - 1) or _holds_quote(reading, sentence - 1)):
        return before[-1]
    if sentence > 1 and _is_quote(reading, sentence - 1):
        return _around_quotation(reading, reading.sentences[sentence - 1], sentence - 1)
    return None


def _same_paragraph(reading: Reading, a: int, b: int) -> bool:
    return "\n" not in reading.masked[reading.sentences[a].end : reading.sentences[b].start]


def _ends_open(reading: Reading, number: int) -> bool:
    return reading.masked[: reading.sentences[number].end].rstrip().endswith(":")


def _holds_quote(reading: Reading, number: int) -> bool:
    span = reading.sentences[number]
    return MASK in reading.masked[span.start : span.end]


def _is_quote(reading: Reading, number: int) -> bool:
    span = reading.sentences[number]
    return reading.masked[span.start : span.end].strip(f"{MASK} .") == ""


def _pointing_back(reading: Reading, sentence: int) -> Cue | None:
    """ "This was announced by ..." after the span's sentence, or after one more of its paragraph."""
    for number in (sentence + 1, sentence + 2):
        for cue in reading.in_sentence(number):
            if cue.points_back and cue.speaker is not None:
                return cue
        if number < len(reading.sentences) and reading.in_sentence(number):
            return None
    return None


def _going_on(reading: Reading, sentence: int) -> Cue | None:
    """German: a sentence in the subjunctive goes on with the speech of the one before."""
    span = reading.sentences[sentence]
    if reading.lang != "de" or not _SUBJUNCTIVE.search(reading.masked, span.start, span.end) or sentence == 0:
        return None
    before = reading.in_sentence(sentence - 1)
    return before[-1] if before else _going_on(reading, sentence - 1)
