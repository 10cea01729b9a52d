"""The day on which words were said: "on Monday", "late on Monday", "14 December", "yesterday", relative to the article's day.

A time counts only where it belongs to the act of speech, not to what is told. An act without a time takes the day of the same
speaker's dated act in the article; vague times ("earlier in December") tell no day and take none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from claimline.day_words import mentions, weekday_words
from claimline.matching.quoted import MASK, Span
from claimline.matching.speech import Cue, Reading
from claimline.models import Said

_RELATIVE = {
    0: (
        r"today|tonight|this (?:morning|afternoon|evening)|сегодня|сьогодні|bugün|bu sabah|aujourd['’]hui|"
        r"ce matin|ce soir|heute|hoy|oggi|"
        r"hoje|vandaag|vanavond|dziś|dzisiaj|اليوم"
    ),
    1: (
        r"yesterday|last night|вчера|накануне|вчора|напередодні|dün|hier|gestern|ayer|anoche|ieri|ontem|gisteren|"
        r"wczoraj|أمس"
    ),
    2: (
        r"the day before yesterday|позавчера|önceki gün|avant-hier|vorgestern|anteayer|l['’]altro ieri|anteontem|"
        r"eergisteren|"
        r"przedwczoraj|أول أمس"
    ),
}
_DAY_ALONE = re.compile(
    r"(?<!\w)(?:" + "|".join(f"(?P<d{n}>{words})" for n, words in sorted(_RELATIVE.items(), reverse=True)) + r")(?!\w)", re.I
)
_LAST_WEEK = re.compile(
    r"(?:last|прошл\w+|минул\w+|geçen|dernier|vergangene\w*|letzte\w*|pasado|scors\w*|passad[oa]|vorige|afgelopen|"
    r"zeszł\w+|ubiegł\w+|الماضي)",
    re.I,
)
_NOT_NOW = re.compile(
    r"(?:earlier|previously|last (?:week|month|year)|in (?:january|february|march|april|may|june|july|august|"
    r"september|october|november|december)|"
    r"\b(?:months?|weeks?|years?) ago|ранее|раньше|на прошлой неделе|в прошлом|раніше|daha önce|geçen (?:hafta|ay|yıl)|"
    r"la semaine dernière|le mois dernier|auparavant|précédemment|zuvor|vergangene woche|letzte woche|"
    r"im vergangenen|anteriormente|la semana pasada|"
    r"in precedenza|la settimana scorsa|anteriormente|na semana passada|eerder|vorige week|wcześniej|w zeszłym|"
    r"في وقت سابق|الأسبوع الماضي)",
    re.I,
)
_PT_DAY = re.compile(r"\s*(?:-feira)?\s*\((\d{1,2})\)")


def day_of(reading: Reading, cue: Cue, published: date | None) -> Said | None:
    """The day of an act of speech, or of the same speaker's other act where this one tells no time."""
    own = _own(reading, cue, published)
    if own is not None or _vague(reading, cue) or _in_vague_paragraph(reading, cue, published):
        return own
    same = [c for c in reading.cues if c is not cue and _same_speaker(c, cue)]
    dated = [(c, day) for c in same if (day := _own(reading, c, published)) is not None]
    if len({day.day for _, day in dated}) == 1:
        return dated[0][1]
    earlier = [day for c, day in dated if c.zone.start < cue.zone.start]
    return earlier[-1] if earlier else None


def _in_vague_paragraph(reading: Reading, cue: Cue, published: date | None) -> bool:
    """The speaker's last timed act before this one, in the same paragraph, is of an undated earlier time."""
    start = reading.masked.rfind("\n", 0, cue.zone.start) + 1
    for before in reversed([c for c in reading.cues if start <= c.zone.start < cue.zone.start and _same_speaker(c, cue)]):
        if _own(reading, before, published) is not None:
            return False
        if _vague(reading, before):
            return True
    return False


def _same_speaker(a: Cue, b: Cue) -> bool:
    return a.speaker is not None and b.speaker is not None and a.speaker.key == b.speaker.key != ""


def _own(reading: Reading, cue: Cue, published: date | None) -> Said | None:
    for place in _places(reading, cue):
        for said in _days(reading.masked, place, published):
            return said
    return None


def _vague(reading: Reading, cue: Cue) -> bool:
    return any(_NOT_NOW.search(reading.masked, place.start, place.end) for place in _places(reading, cue))


def _places(reading: Reading, cue: Cue) -> Iterator[Span]:
    """Where the time of an act of speech stands: in its phrase, after the verb before the content, before the subject, and
    after it all where the content came first.
    """
    text, sentence = reading.masked, reading.sentences[cue.sentence]
    content_first = any(part.end <= cue.zone.start for part in cue.content)
    yield from _without_asides(text, cue)
    if reading.lang == "tr":
        yield Span(sentence.start, sentence.end)
        return
    yield Span(cue.zone.end, _adverbial_end(text, cue.zone.end, sentence.end, content_first))
    lead = text[sentence.start : cue.zone.start]
    if MASK not in lead and (not content_first or len(lead.split()) <= 8):
        yield Span(sentence.start, cue.zone.start)
    elif reading.lang in ("de", "nl", "ru", "uk", "pl"):  # "... sagte am Montag X": before the subject, after the verb
        yield Span(max(sentence.start, cue.zone.start - 25), cue.zone.start)


_TOLD_OF = re.compile(
    r",\s(?:who|which|whose|котор\w+|як(?:ий|а|е|і|ого|у)|któr\w+|der|die|das|den|dessen|deren|qui|que|dont|che|quien|dat|"
    r"\w+(?:ed|en) by|\w+(?:вший|вшая|вшие|нный|нная|нное|мый|мая)|écrite?|publiée?|publicad[oa]|pubblicat[oa]|élue?)\s",
    re.I,
)
_ASIDE = re.compile(r",[^,\x01]{12,160},")


def _without_asides(text: str, cue: Cue) -> Iterator[Span]:
    """The attributing phrase without what is told of the speaker between commas ("who is expected on Wednesday")."""
    at = cue.zone.start
    for aside in _ASIDE.finditer(text, cue.zone.start, cue.zone.end):
        if _TOLD_OF.match(aside[0]):
            yield Span(at, aside.start())
            at = aside.end()
    yield Span(at, cue.zone.end)


_THAT = re.compile(r"(?:,\s*)?\b(?:that|что|що|dass|daß|que|qu['’]|che|dat|że)\b|:|\x01|[;]|\b(?:إن|أن|بأن|إنه|أنه)\b", re.I)


def _adverbial_end(text: str, start: int, end: int, content_first: bool) -> int:
    """How far the words after a verb of speech still belong to it."""
    stop = _THAT.search(text, start, end)
    limit = stop.start() if stop else end
    if content_first or stop:
        return limit if content_first else min(limit, start + 110)
    # "said Turkey received it on Friday": without "that" only the words right after the verb are about the saying.
    near = re.match(r"(?:\s+[^\W\d_A-ZА-ЯЁ][^\s,]*){0,3}\s*(?:\S+\s*){0,3}", text[start:limit])
    return start + min(near.end() if near else 0, 34)


def _days(text: str, place: Span, published: date | None) -> Iterator[Said]:
    """The days told in a stretch, the first one first."""
    found: list[tuple[int, Said]] = []
    part = text[place.start : place.end]
    covered: list[tuple[int, int]] = []
    for mention in mentions(part):
        day = _nearest(mention.days(), None) if mention.year else _nearest(mention.days(_years(published)), published)
        if day is not None:
            found.append((mention.start, Said(day, mention.words)))
            covered.append((mention.start, mention.end))
    for start, end, number in weekday_words(part):
        if any(a <= start < b for a, b in covered) or published is None:
            continue
        day, stop = _weekday(part, end, number, published)
        if day is not None:
            found.append((start, Said(day, part[start:stop])))
    if published is not None:
        found += [
            (match.start(), Said(published - timedelta(days=int((match.lastgroup or "d0")[1:])), match[0]))
            for match in _DAY_ALONE.finditer(part)
        ]
    yield from (said for _, said in sorted(found, key=lambda pair: pair[0]))


def _weekday(part: str, end: int, number: int, published: date) -> tuple[date | None, int]:
    """The last such weekday on or before the article's day; Portuguese adds the day of the month: "terça-feira (7)"."""
    day = published - timedelta(days=(published.weekday() - number) % 7)
    if match := _PT_DAY.match(part, end):
        for back in range(0, 35, 7):
            if (day - timedelta(days=back)).day == int(match[1]):
                return day - timedelta(days=back), match.end()
        return None, end
    if day == published and _LAST_WEEK.search(part[max(0, end - 30) : end + 12]):
        day -= timedelta(days=7)
    return day, end


def _years(published: date | None) -> range:
    return range(published.year - 1, published.year + 1) if published else range(0)


def _nearest(days: list[date], published: date | None) -> date | None:
    """The latest day not after the article's."""
    fitting = [day for day in days if published is None or day <= published]
    return max(fitting) if fitting else None
