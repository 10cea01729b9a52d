"""What a run had done when it was killed, put into the days' account by the next one.

A run accounts for its sources at its end. One that was killed has stored what it found and told nobody; the next run finds it all
known already, and the day would stand there as one on which there was no news.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import tables as t

# These ask what is new; a backfill asks about the past and is no part of the days' account.
_ACCOUNTED = ("track", "ingest")


def account(s: Session, topic_id: int, flow: str, now: datetime) -> None:
    """Accounts for the topic's runs of this flow that still say they are running; they are dead, as the lease says."""
    r = t.runs
    if flow not in _ACCOUNTED:
        return
    left = (r.c.topic_id == topic_id) & (r.c.flow == flow) & (r.c.state == "running")
    since = s.execute(sa.select(sa.func.min(r.c.started_at)).where(left)).scalar()
    if since is None:
        return
    ts, src = t.topic_sources, t.sources
    query = (
        sa.select(src.c.id, src.c.last_asked_at, src.c.last_answered_at)
        .join(ts, ts.c.source_id == src.c.id)
        .where(ts.c.topic_id == topic_id, src.c.last_asked_at >= since)
    )
    for source in s.execute(query):
        for day in sorted({source.last_asked_at.date(), *_days_of_news(s, source.id, since)}):
            asked = day == source.last_asked_at.date()
            answered = asked and source.last_answered_at is not None and source.last_answered_at >= since
            _add(s, source.id, day, asked=asked, answered=answered, now=now)


def _days_of_news(s: Session, source_id: int, since: datetime) -> set[date]:
    d = t.discoveries
    found = s.execute(sa.select(d.c.found_at).distinct().where(d.c.source_id == source_id, d.c.found_at >= since))
    return {at.date() for at in found.scalars()}


def _add(s: Session, source_id: int, day: date, *, asked: bool, answered: bool, now: datetime) -> None:
    """Brings a day's row up to what is known of it; what another run has counted is not counted again."""
    c = t.coverage
    mine = (c.c.source_id == source_id) & (c.c.day == day)
    held = s.execute(sa.select(c.c.asked, c.c.answered, c.c.found, c.c.new).where(mine)).first()
    new = _found_on(s, source_id, day)
    if held is None:
        row = {"asked": int(asked), "answered": int(answered), "found": new, "new": new, "last_at": now}
        s.execute(sa.insert(c).values(source_id=source_id, day=day, **row))
        return
    row = {
        "asked": max(held.asked, int(asked)),
        "answered": max(held.answered, int(answered)),
        "found": max(held.found, new),
        "new": max(held.new, new),
    }
    s.execute(sa.update(c).where(mine).values(**row))


def _found_on(s: Session, source_id: int, day: date) -> int:
    d = t.discoveries
    began = datetime(day.year, day.month, day.day, tzinfo=UTC)
    on = (d.c.source_id == source_id) & (d.c.found_at >= began) & (d.c.found_at < began + timedelta(days=1))
    return s.execute(sa.select(sa.func.count()).where(on)).scalar_one()
