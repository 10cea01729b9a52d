"""When to look at a known article again: after hours, days, weeks; longer while a claim that it speaks of is live.

Pure: times in, a time out, or None where it need not be looked at any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# Ages at which an article is looked at. Most corrections come within hours; what stands after a month mostly stays.
AGES = (
    *(timedelta(hours=h) for h in (3, 8, 24)),
    *(timedelta(days=d) for d in (2, 4, 7, 14, 28)),
)
LIVE_AGES = (*AGES, *(timedelta(days=d) for d in (60, 90, 120, 150, 180)))
# An article that was just edited is edited again soon more often than not.
AFTER_AN_EDIT = (timedelta(hours=3), timedelta(hours=24), timedelta(days=4))
GONE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of an article after it was looked at."""

    at: datetime
    first_seen: datetime
    last_changed: datetime | None = None
    live: bool = False  # a claim that it speaks of is still watched and not long settled
    gone: bool = False


def next_look(looked: Looked) -> datetime | None:
    """The next moment of the schedule after `looked.at`, counted from when the article was first seen or last changed."""
    if looked.gone:
        return looked.at + GONE if looked.live and looked.at - looked.first_seen < LIVE_AGES[-1] else None
    due = [looked.first_seen + age for age in (LIVE_AGES if looked.live else AGES)]
    if looked.last_changed is not None:
        due += [looked.last_changed + age for age in AFTER_AN_EDIT]
    # A look that is only just ahead is the one that was just made.
    return min((moment for moment in due if moment > looked.at + timedelta(minutes=30)), default=None)
