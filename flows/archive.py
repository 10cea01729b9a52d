"""Backfill, plainly: what a topic's archive sources hold of a span of days, walked in chunks, oldest first. No Prefect here.

A chunk is one run row with its days: one that was finished is not walked again, one that was cut off is. The topic's lease is
held for a chunk at a time, so that the daily run comes in between. What the daily work had left is published first, as its own;
what a chunk publishes alerts nobody (see `flows.outbox`) and says nothing about how far we have read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from claimline.errors import UsageError
from claimline.models import Validators
from claimline.sources import ARCHIVES
from flows import intake
from flows.desk import Desk
from flows.intake import Asked
from flows.steps import PLAIN, Hands, Params, TrackReport, Work, at_work, compare, judge, read, settle, store_whole
from flows.tally import Tally
from storage import runs
from storage.records import StoredSource

FLOW = "backfill"
CHUNK = timedelta(days=31)
UNANSWERED = "sources-unanswered"
Span = tuple[date, date]


def check_span(first: date, last: date) -> None:
    if first > last:
        raise UsageError(f"a backfill goes from the earlier day to the later one; {first} is after {last}")


def backfill(
    desk: Desk, slug: str, first: date, last: date, *, hands: Hands = PLAIN, params: Params | None = None
) -> TrackReport:
    """Walks what is left of the span; the report adds up all chunks that were walked now."""
    check_span(first, last)
    sources = sorted(s.locator for s in _archives(desk, slug))
    whole = at_work(desk, slug, "assess", (read, compare, judge, settle), hands=hands, params=params, covers=False)
    for span in _left(desk, slug, first, last, sources):
        days = {"from": span[0].isoformat(), "to": span[1].isoformat(), "sources": sources}

        def ask(work: Work, span: Span = span) -> None:
            look_back(work, span)

        phases = (ask, read, compare, judge, settle)
        part = at_work(desk, slug, FLOW, phases, hands=hands, params={**(params or {}), **days}, covers=False)
        whole = _added(whole, part)
    return whole


def chunks(first: date, last: date) -> Iterator[Span]:
    """Whole chunks on a fixed grid, so that another span's chunks are the same ones; the ends are cut to the span."""
    at = first
    while at <= last:
        on_grid = date.fromordinal((at.toordinal() // CHUNK.days + 1) * CHUNK.days - 1)
        until = min(on_grid, last)
        yield at, until
        at = until + timedelta(days=1)


def look_back(work: Work, span: Span) -> None:
    """Asks the archive sources about the days; what they say of themselves (validators) is not kept."""
    own = {s.id: s for s in _archives(work.desk, work.topic.slug)}
    for asked in work.hands.ask(work.desk, work.topic, [about(s, span) for s in own.values()]):
        for report, part in store_whole(work, [asked], lambda answer: _kept(answer, own[answer.source.id])):
            work.reports.append(report)
            work.tally.add(part)
            work.tally.counts[UNANSWERED] += not report.answered


def about(source: StoredSource, span: Span, after: Validators | None = None) -> StoredSource:
    """The source, asked about these days; `after`: where its last answer stopped."""
    options = {**source.spec.options, "from": span[0].isoformat(), "to": span[1].isoformat()}
    return replace(source, spec=replace(source.spec, options=options), validators=after or Validators())


def span_of(source: StoredSource) -> Span | None:
    """The days that a source is asked about, where `about` has set them."""
    options = source.spec.options
    if source.kind not in ARCHIVES or "from" not in options or "to" not in options:
        return None
    return date.fromisoformat(options["from"]), date.fromisoformat(options["to"])


def _kept(asked: Asked, own: StoredSource) -> Asked:
    found = replace(asked.found, validators=own.validators) if asked.found is not None else None
    return replace(asked, source=own, found=found)


def _archives(desk: Desk, slug: str) -> list[StoredSource]:
    found = [s for s in intake.due_sources(desk, intake.stored_topic(desk, slug)) if s.kind in ARCHIVES]
    if not found:
        raise UsageError(f"none of {slug}'s sources can be asked by date; the kinds that can: {', '.join(sorted(ARCHIVES))}")
    return found


def _left(desk: Desk, slug: str, first: date, last: date, sources: list[str]) -> list[Span]:
    """The chunks that no run has finished with an answer from every one of these sources."""
    with desk.db.read() as s:
        before = runs.runs(s, topic=slug, flow=FLOW, limit=100_000)
    whole = [r.params for r in before if r.state == "done" and not r.counts.get(UNANSWERED)]
    done = {(p.get("from"), p.get("to")) for p in whole if p.get("sources") == sources}
    return [span for span in chunks(first, last) if (span[0].isoformat(), span[1].isoformat()) not in done]


def _added(whole: TrackReport, part: TrackReport) -> TrackReport:
    tally = Tally()
    tally.add(whole.tally)
    tally.add(part.tally)
    changes = (*whole.published.changes, *part.published.changes)
    published = replace(part.published, changes=changes)
    return TrackReport(part.topic, part.run_id, (*whole.sources, *part.sources), tally, published)
