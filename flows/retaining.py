"""Retention at the end of a run: what a source's `store` does not allow goes at once, what is too old once a day.

Bounded: what is left over goes with the next run. A run in which nothing is due writes nothing.
"""

from __future__ import annotations

from claimline.errors import DatabaseBusy
from claimline.models import Skip
from flows.desk import Desk
from flows.tally import Tally
from storage import retention
from storage.retention import Retained

# Of bytes, texts and quotes each, in one run: a few seconds of writing.
MOST = 5_000
_SWEPT = "retention-1"


def retain(desk: Desk) -> Tally:
    """Removes what may not or need not be kept, by the sources' `store` and the settings; counted."""
    tally = Tally()
    with tally.timed("retain"):
        try:
            for done in (_by_source(desk), _by_age(desk)):
                tally.counts["bodies-removed"] += done.bodies
                tally.counts["texts-removed"] += done.texts
                tally.counts["quotes-removed"] += done.quotes
        except DatabaseBusy as error:
            tally.skip(Skip("retention", "not-removed", str(error), failed=True))
    tally.counts = +tally.counts  # only what there was
    return tally


def _by_source(desk: Desk) -> Retained:
    with desk.db.read() as s:
        if not retention.owes(s):
            return Retained()
    return desk.db.write(lambda s: retention.by_source(s, limit=MOST))


def _by_age(desk: Desk) -> Retained:
    """Once a day; again in the same day only where more was due than one run removes."""
    settings, now = desk.settings, desk.now()
    today = now.date().isoformat().encode()
    if desk.db.cache.get_many(_SWEPT, ["day"]).get("day") == today:
        return Retained()
    days = {"bytes_days": settings.retention_days_bytes, "text_days": settings.retention_days_text}
    done = desk.db.write(lambda s: retention.by_age(s, now=now, **days, limit=MOST))
    if max(done.bodies, done.texts) < MOST:
        desk.db.cache.put_many(_SWEPT, {"day": today})
    return done
