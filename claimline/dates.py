"""When an article was published: the first trustworthy date, with its words, precision and basis.

`publication` takes what each place says (record, page, feed, URL) and the text, in the order of trust, and never
answers with a day that nobody wrote: what has no date is UNCERTAIN, and no clock is read here. `first_seen` only bounds
the years that a day without a year can mean, and marks dates in the future.
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from claimline.day_words import DIGITS, calendar_day, mentions, month_number, month_pattern
from claimline.models import DateBasis, DateFinding, Precision
from claimline.text_dates import MAX_CANDIDATES, OLDEST_YEAR, text_day

_ISO = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:?\d{2}.*)?$")
_COMPACT = re.compile(r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?:T?\d{4,6}Z?)?$")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?$")
_ISO_MONTH = re.compile(r"(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})$")
_NAMED_MONTH = re.compile(rf"{month_pattern()}\.?,?\s+(?:de\s+|del\s+)?(?P<y>(?:19|20)\d\d)(?:\s*г\.?)?$", re.I)
_YEAR = re.compile(r"(?P<y>(?:19|20)\d\d)$")

_URL_DAY = re.compile(
    r"(?:[/_=-](?P<y>(?:19|20)\d\d)(?P<sep>[/_.-])(?P<m>0?[1-9]|1[0-2])(?P=sep)(?P<d>0?[1-9]|[12]\d|3[01])"
    r"|[/_=-](?P<cy>(?:19|20)\d\d)(?P<cm>0[1-9]|1[0-2])(?P<cd>0[1-9]|[12]\d|3[01]))(?!\d)"
)
_URL_MONTH = re.compile(r"/(?P<y>(?:19|20)\d\d)[/-](?P<m>0[1-9]|1[0-2])(?=/)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one place says: the days that its words can mean (newest first), how fine they are, and the instant if told."""

    days: tuple[date, ...]
    precision: Precision = Precision.DAY
    at: datetime | None = None
    months: tuple[int, int] | None = None  # (year, month) where only that is told; month 0: only the year


def read_words(words: str, lang: str | None = None) -> Reading | None:
    """The meaning of a date field's words; None where there is no date in them. Relative words ("yesterday") have none."""
    words = " ".join(words.translate(DIGITS).split())
    for read in (_read_iso, _read_mail, _read_compact, _read_coarse):
        if (reading := read(words)) is not None:
            return reading
    for mention in mentions(words, lang):
        if mention.year is not None and (days := mention.days()):
            return Reading(tuple(days))
    return _read_any_language(words)


def _from_instant(moment: datetime) -> Reading:
    """The UTC day of an instant. Midnight sharp in a zone of its own is a bare day that a program gave an hour."""
    if moment.tzinfo is None or (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return Reading((moment.date(),), Precision.DAY if moment.hour + moment.minute == 0 else Precision.MINUTE)
    try:
        at = moment.astimezone(UTC)
    except OverflowError:  # the first and the last day of the calendar have no other zones
        return Reading((moment.date(),))
    return Reading((at.date(),), Precision.MINUTE, at)


def _read_iso(words: str) -> Reading | None:
    if not _ISO.match(words):
        return None
    try:
        if len(words) == 10:
            return Reading((date.fromisoformat(words),))
        return _from_instant(datetime.fromisoformat(re.sub(r"\s*(?:UTC|GMT)$", "+00:00", words)))
    except ValueError:
        pass
    try:
        return Reading((date.fromisoformat(words[:10]),))
    except ValueError:
        return None


def _read_mail(words: str) -> Reading | None:
    if "," not in words[:12] and ":" not in words:
        return None
    try:
        return _from_instant(email.utils.parsedate_to_datetime(words))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _read_compact(words: str) -> Reading | None:
    if _EPOCH.match(words):
        at = datetime.fromtimestamp(int(words[:10]), UTC)
        return Reading((at.date(),), Precision.MINUTE, at)
    if found := _COMPACT.match(words):
        day = calendar_day(int(found["y"]), int(found["m"]), int(found["d"]))
        return Reading((day,)) if day else None
    return None


def _read_coarse(words: str) -> Reading | None:
    if found := _ISO_MONTH.match(words):
        month = int(found["m"])
        return Reading((), Precision.MONTH, months=(int(found["y"]), month)) if 1 <= month <= 12 else None
    if (found := _NAMED_MONTH.match(words)) and (number := month_number(found["month"])):
        return Reading((), Precision.MONTH, months=(int(found["y"]), number))
    if found := _YEAR.match(words):
        return Reading((), Precision.YEAR, months=(int(found["y"]), 0))
    return None


def _read_any_language(words: str) -> Reading | None:
    """The languages that our own tables lack. Day, month and year must all be told: nothing is filled in from a clock."""
    if not re.search(r"\d", words) or not re.search(r"[^\W\d_]{3}", words) or len(words) > 60:
        return None
    from dateparser import parse  # its tables take a second to load

    found = parse(words, settings={"PARSERS": ["absolute-time"], "REQUIRE_PARTS": ["day", "month", "year"]})
    return Reading((found.date(),)) if found and str(found.year) in words else None


def url_words(url: str) -> str | None:
    """The date in an address: a day ("/2020/12/29/"), else a month ("/2020/12/"), as ISO words."""
    path = re.sub(r"^[a-z]+://[^/]*", "", url)
    for found in _URL_DAY.finditer(path):
        year, month, day = (int(found[name] or found[f"c{name}"]) for name in "ymd")
        if read := calendar_day(year, month, day):
            return read.isoformat()
    coarse = _URL_MONTH.search(path)
    return f"{coarse['y']}-{coarse['m']}" if coarse else None


def publication(
    said: Sequence[tuple[DateBasis, str]], text: str, *, lang: str | None, first_seen: datetime, marker: str | None = None
) -> DateFinding:
    """The day of publication. `said` holds (basis, words) in any order; `text` is searched where they leave it open.

    The most trusted words that have a meaning decide. Where they leave several days open (03/04/2020, "October 2021"), a
    less trusted source may choose among those, no more.
    """
    limit = first_seen.astimezone(UTC).date() + timedelta(days=1)
    ranked = sorted(said, key=lambda pair: list(DateBasis).index(pair[0]))
    if marker:
        ranked.append((DateBasis.TEXT, marker))
    findings = [found for basis, words in ranked if (found := _finding(basis, words, lang, limit)) is not None]
    if findings and findings[0].certain:
        return findings[0]
    in_text = text_day(text, lang=lang, first_seen=first_seen)
    if in_text is not None:
        findings.append(in_text)
    return _settle(findings, " | ".join(words for _, words in ranked))


def modification(words: Sequence[str], *, lang: str | None, first_seen: datetime) -> DateFinding | None:
    """The day of the last edit as the page tells it; None where it tells none."""
    limit = first_seen.astimezone(UTC).date() + timedelta(days=1)
    findings = [found for each in words if (found := _finding(DateBasis.METADATA, each, lang, limit)) is not None]
    return next((found for found in findings if found.certain), findings[0] if findings else None)


def _finding(basis: DateBasis, words: str, lang: str | None, limit: date) -> DateFinding | None:
    reading = read_words(words, lang)
    if reading is not None and any(day.year < (1600 if basis is DateBasis.RECORD else _PLACEHOLDER) for day in reading.days):
        return None  # 1970-01-01 and 0001-01-01 are what programs write where they know nothing
    if reading is None or (basis is DateBasis.URL and any(not OLDEST_YEAR <= day.year <= limit.year for day in reading.days)):
        return None  # numbers in an address need not be a date
    past = [day for day in reading.days if day <= limit]
    if len(past) == 1 and (len(reading.days) == 1 or past[0].year >= OLDEST_YEAR) and reading.precision in _DAYS:
        return DateFinding(past[0], basis, words, reading.precision, reading.at)
    return DateFinding(None, DateBasis.UNCERTAIN, words, reading.precision, candidates=reading.days[:MAX_CANDIDATES])


_PLACEHOLDER = 1972
_DAYS = (Precision.DAY, Precision.MINUTE)


def _settle(findings: list[DateFinding], words: str) -> DateFinding:
    """The first finding, made certain by a later one that agrees with it."""
    if not findings:
        return DateFinding(None, DateBasis.UNCERTAIN, words)
    first = findings[0]
    if first.certain:
        return first
    for other in findings[1:]:
        if other.day is not None and other.certain and _agrees(other.day, first):
            return replace(other, words=f"{first.words} | {other.words}")
    return first


def _agrees(day: date, open_finding: DateFinding) -> bool:
    if open_finding.candidates:
        return day in open_finding.candidates
    reading = read_words(open_finding.words)
    if reading is None or reading.months is None:
        return False
    year, month = reading.months
    return day.year == year and month in (0, day.month)
