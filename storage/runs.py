"""Runs and coverage: what was done, skipped and spent, and what each source answered on each day.

"No news", "not watched then" and "we could not look" are three answers: see `looked`. Leases and the outbox have modules of their
own and are handed on here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import UnknownName
from claimline.models import Skip, SourceReport
from claimline.sources import polling
from storage import abandoned
from storage import tables as t
from storage.articles import BY_HAND
from storage.leases import acquire, lease, leases, release, release_all, renewed, take_free
from storage.outbox import mark_failed, mark_sent, outbox, stuck
from storage.run_records import CoverageDay, ReadState, StoredRun
from storage.sql import insert_id

__all__ = [
    "Looked",
    "acquire",
    "beat",
    "blind_days",
    "cover",
    "coverage",
    "finish",
    "first_started_at",
    "lease",
    "leases",
    "looked",
    "mark_failed",
    "mark_sent",
    "news_at",
    "outbox",
    "read_state",
    "release",
    "release_all",
    "renewed",
    "run",
    "runs",
    "source_failed",
    "start",
    "stuck",
    "take_free",
]

MAX_SKIPS = 2_000
LANGUAGE_NOT_READ = "language not read"
# A run's own length does not make several pieces of news of one.
_ONE_PIECE = polling.SHORTEST
_NEWS_KEPT = 20
_DUE_WITHIN = polling.LONGEST


class Looked(StrEnum):
    """What a day without news means."""

    READ = "read"
    PARTLY = "partly read"
    BLIND = "we could not look"
    NOT_WATCHED = "not watched then"


def start(
    s: Session,
    *,
    topic_id: int | None,
    flow: str,
    holder: str,
    now: datetime,
    params: Mapping[str, object] | None = None,
) -> int:
    """Open a run; runs of this flow and topic that never finished are marked abandoned (the lease says that they are dead), and
    what they had found is accounted for.
    """
    r = t.runs
    if topic_id is not None:
        abandoned.account(s, topic_id, flow, now)
    same = r.c.topic_id == topic_id if topic_id is not None else r.c.topic_id.is_(None)
    left = same & (r.c.flow == flow) & (r.c.state == "running")
    s.execute(sa.update(r).where(left).values(state="abandoned", sufficient=False, finished_at=now))
    values = {"flow": flow, "holder": holder, "state": "running", "params": dict(params or {})}
    return insert_id(
        s, r, key=uuid4().hex[:16], topic_id=topic_id, counts={}, skips=[], cost={}, started_at=now, beat_at=now, **values
    )


def beat(s: Session, run_id: int, *, now: datetime) -> None:
    """Say that the run is alive."""
    s.execute(sa.update(t.runs).where(t.runs.c.id == run_id).values(beat_at=now))


def finish(
    s: Session,
    run_id: int,
    *,
    counts: Mapping[str, float],
    skips: Sequence[Skip] = (),
    cost: Mapping[str, float] | None = None,
    coverage: Sequence[SourceReport] = (),
    reasons: Mapping[int, Mapping[str, int]] | None = None,
    sufficient: bool | None,
    error: str | None = None,
    now: datetime,
) -> None:
    """Close a run with its figures; the skips beyond the first thousands are only counted.

    `sufficient`: whether enough of the sources answered; None: the run does not tell (it asked none, or about the past).
    `reasons`: by source, how often something was left out or failed, and why.
    """
    cover(s, coverage, now=now)
    if reasons is not None:
        _account(s, reasons, now)
        _account(s, _not_read(s, run_id), now)
    kept = [_told(skip) for skip in skips[:MAX_SKIPS]]
    more = {"skips-not-listed": len(skips) - MAX_SKIPS} if len(skips) > MAX_SKIPS else {}
    s.execute(
        sa.update(t.runs)
        .where(t.runs.c.id == run_id)
        .values(
            state="failed" if error else "done",
            sufficient=sufficient,
            counts={**counts, **more},
            skips=kept,
            cost=dict(cost or {}),
            error=error,
            beat_at=now,
            finished_at=now,
        )
    )


def _told(skip: Skip) -> dict[str, object]:
    return {k: v for k, v in asdict(skip).items() if k != "retry_after_s" and v not in ("", False)}


def first_started_at(s: Session, topic_id: int) -> datetime | None:
    """When a topic was run first."""
    return s.execute(sa.select(sa.func.min(t.runs.c.started_at)).where(t.runs.c.topic_id == topic_id)).scalar()


def runs(s: Session, *, topic: str | None = None, flow: str | None = None, limit: int = 20) -> tuple[StoredRun, ...]:
    """Runs, newest first."""
    of_topic = t.topics.c.slug == topic if topic is not None else sa.true()
    of_flow = t.runs.c.flow == flow if flow is not None else sa.true()
    return _runs(s, sa.and_(of_topic, of_flow), limit)


def run(s: Session, key: str) -> StoredRun:
    """A run by its key, or as much of it as tells it apart."""
    found = _runs(s, t.runs.c.key.startswith(key, autoescape=True), 2)
    if len(found) != 1:
        raise UnknownName("run", key)
    return found[0]


def _runs(s: Session, where: sa.ColumnElement[bool], limit: int) -> tuple[StoredRun, ...]:
    r = t.runs
    query = sa.select(r, t.topics.c.slug).outerjoin(t.topics, t.topics.c.id == r.c.topic_id).where(where)
    rows = s.execute(query.order_by(r.c.started_at.desc(), r.c.id.desc()).limit(limit)).mappings()
    return tuple(
        StoredRun(
            id=x["id"],
            key=x["key"],
            topic_id=x["topic_id"],
            topic=x["slug"],
            flow=x["flow"],
            state=x["state"],
            started_at=x["started_at"],
            finished_at=x["finished_at"],
            sufficient=x["sufficient"],
            counts=x["counts"],
            skips=tuple(x["skips"]),
            cost=x["cost"],
            params=x["params"],
            error=x["error"],
            holder=x["holder"],
        )
        for x in rows
    )


# --- coverage -------------------------------------------------------------------------------------------------------


def source_failed(s: Session, source_id: int, reason: str, *, now: datetime, retry_after_s: float | None = None) -> None:
    """A source did not answer: it is asked again later and later, and not before it wants to be."""
    src = t.sources
    failures = s.execute(sa.select(src.c.failures).where(src.c.id == source_id)).scalar_one() + 1
    due = polling.next_due(polling.Asked(now, failures=failures, retry_after_s=retry_after_s))
    values = {"failures": failures, "last_error": reason, "last_asked_at": now, "next_due_at": due}
    s.execute(sa.update(src).where(src.c.id == source_id).values(**values))


def news_at(s: Session, source_id: int) -> tuple[datetime, ...]:
    """When the source last named something new, oldest first; what came within a quarter of an hour came at once."""
    d = t.discoveries
    query = (
        sa.select(d.c.found_at).distinct().where(d.c.source_id == source_id).order_by(d.c.found_at.desc()).limit(20 * _NEWS_KEPT)
    )
    found: list[datetime] = []
    for at in s.execute(query).scalars():
        if not found or found[-1] - at >= _ONE_PIECE:
            found.append(at)
    return tuple(reversed(found[:_NEWS_KEPT]))


def _set_due(s: Session, source_id: int, now: datetime, at_least_s: float | None) -> None:
    """After an answer: as often as it has news and its publisher likes. A failure has set its own time."""
    src = t.sources
    row = s.execute(sa.select(src.c.failures, src.c.last_asked_at).where(src.c.id == source_id)).one()
    if row.failures:
        return
    asked = polling.Asked(row.last_asked_at or now, news_at(s, source_id), at_least_s=at_least_s)
    due = polling.next_due(asked)
    s.execute(sa.update(src).where(src.c.id == source_id).values(next_due_at=due))


def cover(s: Session, reports: Sequence[SourceReport], *, now: datetime) -> None:
    """Add what sources answered to the day's account, and set when each is due again."""
    c = t.coverage
    for report in reports:
        mine = (c.c.source_id == report.source_id) & (c.c.day == now.date())
        held = s.execute(sa.select(c).where(mine)).mappings().first()
        if held is None:
            empty = {"asked": 0, "answered": 0, "found": 0, "new": 0}
            s.execute(sa.insert(c).values(source_id=report.source_id, day=now.date(), last_at=now, **empty))
        values = {
            "asked": c.c.asked + 1,
            "answered": c.c.answered + int(report.answered),
            "found": c.c.found + report.found,
            "new": c.c.new + report.new,
            "error": report.error,
            "last_at": now,
        }
        s.execute(sa.update(c).where(mine).values(**values))
        _set_due(s, report.source_id, now, report.at_least_s)


def _account(s: Session, reasons: Mapping[int, Mapping[str, int]], now: datetime) -> None:
    """Adds to the day's reasons; a source that was not asked on this day has a row for its articles all the same."""
    c = t.coverage
    for source_id, counts in reasons.items():
        mine = (c.c.source_id == source_id) & (c.c.day == now.date())
        held = s.execute(sa.select(c.c.reasons).where(mine)).first()
        if held is None:
            empty = {"asked": 0, "answered": 0, "found": 0, "new": 0}
            s.execute(sa.insert(c).values(source_id=source_id, day=now.date(), last_at=now, **empty))
        before = (held.reasons if held is not None else None) or {}
        added = {reason: before.get(reason, 0) + counts.get(reason, 0) for reason in sorted({*before, *counts})}
        s.execute(sa.update(c).where(mine).values(reasons=added))


def _not_read(s: Session, run_id: int) -> dict[int, dict[str, int]]:
    """By source, the texts of a run in a language that the matcher does not read."""
    x, r, d = t.scans, t.revisions, t.discoveries
    not_read = x.c.outcome == sa.literal_column(f"'{LANGUAGE_NOT_READ}'")  # written out: there is an index of these
    query = (
        sa.select(d.c.source_id, sa.func.count(sa.distinct(r.c.id)))
        .select_from(x)
        .join(r, r.c.id == x.c.revision_id)
        .join(d, d.c.article_id == r.c.article_id)
        .where(x.c.run_id == run_id, not_read)
        .group_by(d.c.source_id)
    )
    return {source_id: {"skipped-language-not-read": count} for source_id, count in s.execute(query).tuples()}


def coverage(
    s: Session, topic_id: int, *, since: date | None = None, until: date | None = None, by_hand: bool = True
) -> tuple[CoverageDay, ...]:
    """What each of the topic's sources answered on each day, oldest first; `by_hand`: addresses that a person gave, too."""
    c, ts, src = t.coverage, t.topic_sources, t.sources
    query = (
        sa.select(c.c.source_id, src.c.locator, c.c.day, c.c.asked, c.c.answered, c.c.found, c.c.new, c.c.error, c.c.reasons)
        .join(src, src.c.id == c.c.source_id)
        .join(ts, (ts.c.source_id == src.c.id) & (ts.c.topic_id == topic_id))
        .order_by(c.c.day, ts.c.position)
    )
    if not by_hand:
        query = query.where(src.c.kind != BY_HAND)
    if since is not None:
        query = query.where(c.c.day >= since)
    if until is not None:
        query = query.where(c.c.day <= until)
    rows = (row._asdict() for row in s.execute(query))
    return tuple(CoverageDay(**{**row, "reasons": row["reasons"] or {}}) for row in rows)


def looked(s: Session, topic_id: int, day: date) -> Looked:
    """Whether we read on a day: silence means something only where we did."""
    return _looked([row for row in coverage(s, topic_id, since=day, until=day, by_hand=False) if row.asked])


def blind_days(s: Session, topic_id: int, *, since: date | None = None, until: date | None = None) -> tuple[date, ...]:
    """The days on which we could not look: sources were asked and none answered."""
    by_day: dict[date, list[CoverageDay]] = {}
    for row in coverage(s, topic_id, since=since, until=until, by_hand=False):
        if row.asked:
            by_day.setdefault(row.day, []).append(row)
    return tuple(day for day, rows in by_day.items() if _looked(rows) is Looked.BLIND)


def _looked(rows: Sequence[CoverageDay]) -> Looked:
    answered = sum(row.answered > 0 for row in rows)
    if not rows:
        return Looked.NOT_WATCHED
    if not answered:
        return Looked.BLIND
    return Looked.READ if answered == len(rows) else Looked.PARTLY


def read_state(s: Session, topic_id: int, *, known_at: datetime | None = None) -> ReadState:
    """How far we have read, as of a known time; runs that do not tell (they asked nobody, or about the past) are passed over."""
    r, ts, src = t.runs, t.topic_sources, t.sources
    past = (r.c.topic_id == topic_id) & r.c.finished_at.is_not(None) & r.c.sufficient.is_not(None)
    if known_at is not None:
        past &= r.c.finished_at <= known_at
    last = s.execute(sa.select(sa.func.max(r.c.finished_at)).where(past)).scalar()
    good = s.execute(sa.select(sa.func.max(r.c.finished_at)).where(past, r.c.sufficient.is_(True))).scalar()
    query = sa.select(src.c.id, src.c.locator, src.c.kind).join(ts, ts.c.source_id == src.c.id)
    query = query.where(ts.c.topic_id == topic_id, ts.c.retired_at.is_(None), ts.c.paused.is_(False))
    named = s.execute(query.order_by(ts.c.position)).all()
    sources = [x for x in named if x.kind != BY_HAND] or named
    day = last.date() if last else None
    # A source is asked when it is due, which need not be every day: its last answer counts.
    rows = coverage(s, topic_id, since=day - _DUE_WITHIN, until=day) if day else ()
    newest = {row.source_id: row.answered > 0 for row in rows if row.asked}
    heard = {source_id for source_id, answered in newest.items() if answered}
    silent = tuple(x.locator for x in sources if x.id not in heard)
    return ReadState(last, good, len(sources), len(sources) - len(silent), silent)
