"""The article's day as its own text tells it: a leading marker, a line that is a date, a dateline, a weekday with a day.

The day of an event in the prose never dates the article. A day without a year gets the years that fit, and is certain
only where one does.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from claimline.day_words import DayMention, mentions
from claimline.models import DateBasis, DateFinding
from claimline.told_years import latest_told

OLDEST_YEAR = 1995  # nothing on the web is older
MAX_CANDIDATES = 8

_MARKER = re.compile(
    r"\A\s*(?:date|published(?: on)?|publication date|дата|дата публикации|tarih|datum|fecha|data|"
    r"дата публікації|التاريخ)\b"
    r"\s*[:=]?\s*(?P<words>\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4})(?!\d)[\s.,;:|–—-]*",
    re.I,
)
# The day stands in a dateline: after a place in the first line, before a dash, a slash, a bracket or an agency.
_DATELINE_TAIL = re.compile(
    r"\s*(?:г\.|года|yılı)?\s*(?:[-–—/(\[:]|\.\s*(?:/|\(|[A-ZА-ЯЁІЇЄ]{2,})|,?\s+[A-ZА-ЯЁ]{3,}\b|\.\s*$|$)"
)
_DATE_LINE_WORDS = re.compile(
    r"(?:published|posted|date|updated|on|at|am|um|uhr|le|à|publié|publie|опубликовано|дата|в|г|года|yayın|"
    r"yayınlanma|tarih|tarihi|saat|"
    r"veröffentlicht|stand|publicado|el|em|alle|ore|pubblicato|il|gmt|utc|cet|est|edt|et|msk|мск|pm|a|p|m|h|by)\b",
    re.I,
)
_LABEL = re.compile(
    r"\W*(?:published|posted|publié|опубликовано|дата публикации|yayın|veröffentlicht|publicado|pubblicato)", re.I
)
_SENTENCE = re.compile(r"[^\W\d]{3,}[.!?…]\W*$")
_FUTURE_BEFORE = re.compile(
    r"(?:\b(?:will|would|scheduled|due|planned|next|upcoming|будет|будут|состоится|пройдет|намечен\w*|wird|"
    r"werden|aura lieu|prévu\w*|"
    r"prochain\w*|será|prevista?)\b(?:\W+\w+){0,3}|\b(?:until|till|through|by|from|до|к|с|bis|ab|jusqu['’]au|"
    r"hasta|até|fino|entro))\W*$",
    re.I,
)
_FUTURE_AFTER = re.compile(
    r"^\W*(?:\w+\W+)?(?:will|would|будет|будут|состоится|пройдет|пройдёт|wird|werden|aura|auront|será|serán|sarà|"
    r"será|zal|będzie|"
    r"yapılacak|\w+(?:acak|ecek))\b",
    re.I,
)


def take_marker(text: str) -> tuple[str | None, str]:
    """A leading ` date 2017-10-10` is not prose: its words, and the text without it (so that no quote contains it)."""
    found = _MARKER.match(text)
    return (found["words"], text[found.end() :]) if found else (None, text)


def text_day(text: str, *, lang: str | None, first_seen: datetime) -> DateFinding | None:
    """The article's day as its own text tells it: a line that is a date, a dateline, or a weekday with a day in the lead."""
    seen = first_seen.astimezone(UTC).date()
    mention = _own_line(text, lang) or _dateline(text, lang)
    lead = _lead_weekday(text, lang)
    if mention is None or (lead and mention.weekday is None and (mention.day, mention.month) == (lead.day, lead.month)):
        mention = lead or mention
    return _dated(mention, text, seen) if mention else None


def _dated(mention: DayMention, text: str, seen: date) -> DateFinding:
    limit = seen + timedelta(days=1)
    if mention.year is not None:
        days = mention.days() or replace(mention, weekday=None).days()
        certain = len(mention.days()) == 1 and days[0] <= limit
        if certain:
            return DateFinding(days[0], DateBasis.TEXT, mention.words)
        return DateFinding(None, DateBasis.UNCERTAIN, mention.words, candidates=tuple(days))
    floor = latest_told(text, seen) or date(OLDEST_YEAR, 1, 1)
    days = [day for day in mention.days(range(floor.year, seen.year + 1)) if floor <= day <= seen]
    if len(days) == 1:
        return DateFinding(days[0], DateBasis.INFERRED, mention.words, candidates=tuple(days))
    return DateFinding(None, DateBasis.UNCERTAIN, mention.words, candidates=tuple(days[:MAX_CANDIDATES]))


def _own_line(text: str, lang: str | None) -> DayMention | None:
    """A line above the first sentence that holds a full date and nothing else but a label and an hour; at the end only with
    a label, since lists of other stories stand there.
    """
    lines = text.split("\n")
    top = list(itertools.takewhile(lambda line: not _SENTENCE.search(line), lines[:6]))
    for line in [*top, *(line for line in lines[-3:] if _LABEL.match(line))]:
        if len(line) > 100:
            continue
        for mention in mentions(line, lang):
            rest = line[: mention.start] + " " + line[mention.end :]
            if mention.year is not None and not re.search(r"[^\W\d_]", _DATE_LINE_WORDS.sub(" ", rest)):
                return mention
    return None


_PLACE = re.compile(
    r"(?:(?!(?:On|In|At|By|Since|Until|Am|Vom|Im|Le|Du|El|Em|No|Il|Op|В|На|С|До|К|У|З)\b)"
    r"[^\W\d_a-zа-яё][\w.’'/-]*|[(/].{2,20}?[)/]|de|la|al|di|am|sur|на|le|den|il|el|em|a|dem|D\.C\.|[-–—,.:/])?"
)


def _dateline(text: str, lang: str | None) -> DayMention | None:
    """ "BERLIN, August 27. /TASS/", "WASHINGTON, Feb 8 (Reuters) -", "Москва. 29 декабря. INTERFAX.RU -"."""
    for line in [line for line in text.split("\n") if line][:3]:
        for mention in mentions(line[:120], lang)[:1]:
            before = line[: mention.start].replace(",", " , ").split()
            if len(before) <= 8 and all(_PLACE.fullmatch(word) for word in before) and _DATELINE_TAIL.match(line[mention.end :]):
                return mention
    return None


def _lead_weekday(text: str, lang: str | None) -> DayMention | None:
    """The first weekday with a day in the first paragraphs that is not told as still to come."""
    lead = text[:1200]
    for mention in mentions(lead, lang):
        if mention.weekday is None or _FUTURE_BEFORE.search(lead, max(0, mention.start - 40), mention.start):
            continue
        if not _FUTURE_AFTER.match(lead[mention.end : mention.end + 40]):
            return mention
    return None
