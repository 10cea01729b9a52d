"""Counts by week as drawings: numbers and coordinates only, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from claimline import labels
from claimline.models import Status
from storage.pages import DayRead
from storage.records import StoredChange
from storage.weeks import WeekCount

WEEK = timedelta(days=7)
SPARK_BINS = 48
LONG_SILENCE_DAYS = 3


class Bar(NamedTuple):
    """A rectangle in the drawing's own units; `kind` names its colour. A tuple: a page may draw thousands."""

    x: float
    y: float
    w: float
    h: float
    kind: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Spark:
    """Both sides over time: for above the line, against below."""

    bars: tuple[Bar, ...]
    width: int
    height: int
    words: str


def spark(weeks: Sequence[WeekCount], until: date, *, width: int = 144, height: int = 36) -> Spark:
    if not weeks:
        return Spark((), width, height, "no reports")
    first = weeks[0].monday
    span = max(1, (max(until, weeks[-1].monday) - first).days // 7 + 1)
    bins = min(SPARK_BINS, max(12, span))
    ups, downs = [0] * bins, [0] * bins
    start = first.toordinal()
    for day, supports, refutes, _ in weeks:
        i = min(bins - 1, (day.toordinal() - start) // 7 * bins // span)
        ups[i] += supports
        downs[i] += refutes
    top = max(1, *ups, *downs)
    step, middle = width / bins, height / 2
    bars = []
    for i, (up, down) in enumerate(zip(ups, downs, strict=True)):
        if up:
            h = max(2.0, up / top * (middle - 1))
            bars.append(Bar(round(i * step, 2), round(middle - h, 2), round(step * 0.8, 2), round(h, 2), "supports"))
        if down:
            h = max(2.0, down / top * (middle - 1))
            bars.append(Bar(round(i * step, 2), middle, round(step * 0.8, 2), round(h, 2), "refutes"))
    words = f"{sum(ups)} reports for and {sum(downs)} against since {first:%B %Y}"
    return Spark(tuple(bars), width, height, words)


@dataclass(frozen=True, slots=True)
class Band:
    """A status from a day until another (exclusive)."""

    start: date
    end: date
    status: Status


@dataclass(frozen=True, slots=True)
class Mark:
    day: date
    key: str
    status: Status
    words: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The history of one claim from `start` to `end`: bands, counts, marks, and where we were blind."""

    start: date
    end: date
    weeks: tuple[WeekCount, ...]  # every week, the empty ones too
    bands: tuple[Band, ...]
    marks: tuple[Mark, ...]
    blind: tuple[tuple[date, date], ...]
    watched_from: date | None

    @property
    def empty(self) -> bool:
        return not any(w.supports or w.refutes or w.neutral for w in self.weeks)

    @property
    def top(self) -> int:
        return max((w.supports + w.refutes + w.neutral for w in self.weeks), default=1) or 1


def timeline(
    weeks: Sequence[WeekCount],
    changes: Sequence[StoredChange],
    read: Sequence[DayRead],
    *,
    until: date,
    known: date | None = None,
) -> Timeline:
    """`changes` oldest first; `until` is the day that is looked at, `known` up to which we know whether we read."""
    days = [w.monday for w in weeks[:1]] + [c.change.valid_from for c in changes[:1]]
    start = monday(min(days, default=until - 12 * WEEK))
    # A month before the first report, so that the beginning is seen to be one.
    start -= 4 * WEEK
    end = max(until, weeks[-1].monday if weeks else until) + timedelta(days=1)
    if known is not None:
        read = [r for r in read if r.day <= known]
    held = {w.monday: w for w in weeks}
    every = [start + k * WEEK for k in range((end - start).days // 7 + 1)]
    marks = tuple(
        Mark(
            c.change.valid_from,
            c.key,
            c.change.after,
            f"{labels.status(c.change.before)} \u2192 {labels.status(c.change.after)}",
        )
        for c in changes
        if c.change.before is not c.change.after
    )
    return Timeline(
        start,
        end,
        tuple(held.get(m, WeekCount(m)) for m in every),
        _bands(changes, start, end),
        marks,
        _blind(read, start, end if known is None else min(end, known + timedelta(days=1))),
        read[0].day if read else None,
    )


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _bands(changes: Sequence[StoredChange], start: date, end: date) -> tuple[Band, ...]:
    found: list[Band] = []
    at, status = start, Status.UNREPORTED
    for c in changes:
        if c.change.valid_from > at:
            found.append(Band(at, c.change.valid_from, status))
        at, status = c.change.valid_from, c.change.after
    if at < end:
        found.append(Band(at, end, status))
    return tuple(found)


def _blind(read: Sequence[DayRead], start: date, end: date) -> tuple[tuple[date, date], ...]:
    """Spans of days, once we watched, on which nothing was read: no source answered, or nobody asked for long.

    A few days without a run are not blindness, since the next one finds what came meanwhile.
    """
    if not read:
        return ()
    spans: list[tuple[date, date]] = []
    heard = sorted({r.day for r in read if r.answered})
    failed = {r.day for r in read if not r.answered}
    for day, later in pairwise([read[0].day - timedelta(days=1), *heard, end]):
        gap = (later - day).days - 1
        silent = any(day < x < later for x in failed)
        first = max(start, day + timedelta(days=1))
        if (gap > LONG_SILENCE_DAYS or silent) and first < later:
            spans.append((first, min(later, end)))
    return tuple(spans)


# --- for the drawing in the page and on paper -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    base: float
    bands: tuple[Bar, ...]
    bars: tuple[Bar, ...]
    blind: tuple[Bar, ...]
    marks: tuple[Bar, ...]
    years: tuple[tuple[float, str], ...]
    grid: tuple[tuple[float, str], ...]


def drawing(line: Timeline, *, width: int = 920, height: int = 220) -> Drawing:
    """The timeline as rectangles; the stance nearest to the axis is the side with most to say first: for, against, neither."""
    left, bottom, top = 28, height - 24, 26
    days = max(1, (line.end - line.start).days)

    def x(day: date) -> float:
        return round(left + (day - line.start).days / days * (width - left), 2)

    scale = (bottom - top - 4) / line.top
    step = max(1.0, 7 / days * (width - left))
    bars = []
    for w in line.weeks:
        y = float(bottom)
        for kind, n in (("supports", w.supports), ("refutes", w.refutes), ("neutral", w.neutral)):
            if n:
                h = n * scale
                y -= h
                bars.append(Bar(x(w.monday), round(y, 2), round(max(1.2, step * 0.86), 2), round(h, 2), kind))
    bands = [
        Bar(x(b.start), top, max(0.5, x(b.end) - x(b.start)), bottom - top, b.status, labels.status(b.status)) for b in line.bands
    ]
    blind = [Bar(x(a), top, max(0.5, x(b) - x(a)), bottom - top, "blind") for a, b in line.blind]
    marks = [Bar(x(m.day), top - 10, 0, bottom - top + 10, m.status, f"{m.day}: {m.words}") for m in line.marks]
    ticks = sorted({1, line.top} | ({line.top // 2} if line.top > 3 else set()))
    return Drawing(
        width,
        height,
        bottom,
        tuple(bands),
        tuple(bars),
        tuple(blind),
        tuple(marks),
        tuple((x(d), words) for d, words in _ticks(line.start, line.end)),
        tuple((round(bottom - n * scale, 2), str(n)) for n in ticks),
    )


def _ticks(start: date, end: date) -> list[tuple[date, str]]:
    """Years, or months where the span is short."""
    days = (end - start).days
    if days > 900:
        step = 1 if days < 365 * 14 else 5
        return [(date(y, 1, 1), str(y)) for y in range(start.year + 1, end.year + 1) if y % step == 0]
    every = 1 if days < 200 else 3
    months = [(start.year + (start.month + k) // 12, (start.month + k) % 12 + 1) for k in range(days // 28 + 2)]
    firsts = [date(y, m, 1) for y, m in months if (m - 1) % every == 0]
    return [(d, f"{d:%b %Y}") for d in firsts if start < d < end - timedelta(days=min(20, days // 12))]


def chart_data(line: Timeline) -> dict[str, Any]:
    """The same for the script that draws it to be zoomed; days as seconds, since that is what it reads."""
    return {
        "x": [_seconds(w.monday) for w in line.weeks],
        "supports": [w.supports for w in line.weeks],
        "refutes": [w.refutes for w in line.weeks],
        "neutral": [w.neutral for w in line.weeks],
        "bands": [[_seconds(b.start), _seconds(b.end), str(b.status), labels.status(b.status)] for b in line.bands],
        "marks": [[_seconds(m.day), m.key, str(m.status), m.words, m.day.isoformat()] for m in line.marks],
        "blind": [[_seconds(a), _seconds(b)] for a, b in line.blind],
        "end": _seconds(line.end),
    }


def _seconds(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400
