"""When to ask a source again: as often as it has news, seldom where it has none, later and later where it fails.

Pure: times in, a time out. A feed that changes every hour is asked every half hour, one that changes weekly once a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(days=1)
UNKNOWN = timedelta(hours=1)
FIRST_BACK_OFF = timedelta(minutes=10)
LONGEST_BACK_OFF = timedelta(days=2)
_REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a source after it was asked.

    `news_at` are the times at which an asking brought something new, oldest first. `failures` are those in a row up to now.
    `at_least_s` is what the publisher asks for (`ttl`, Cache-Control), `retry_after_s` what the failing host asks for.
    """

    at: datetime
    news_at: Sequence[datetime] = ()
    failures: int = 0
    at_least_s: float | None = None
    retry_after_s: float | None = None


def next_due(asked: Asked) -> datetime:
    """The moment from which the source is due again; always later than `asked.at`."""
    if asked.failures:
        return asked.at + _back_off(asked)
    wait = _interval(asked)
    if asked.at_least_s:
        wait = min(max(wait, timedelta(seconds=asked.at_least_s)), LONGEST)
    return asked.at + wait


def silent_for(asked: Asked) -> timedelta | None:
    """How long a source that used to speak has said nothing, where that is out of its habit; else None.

    Out of habit: four times its longest usual pause, and three days at least. Two pieces of news make no habit yet.
    """
    news = list(asked.news_at)[-_REMEMBERED:]
    if len(news) < 4:
        return None
    pauses = sorted(b - a for a, b in pairwise(news))
    usual = pauses[int(len(pauses) * 0.9)] if len(pauses) > 1 else pauses[0]
    silence = asked.at - news[-1]
    return silence if silence > max(usual * 4, timedelta(days=3)) else None


def _interval(asked: Asked) -> timedelta:
    """Half the usual pause between news; a silence that grows is followed at a quarter of its length."""
    news = list(asked.news_at)[-_REMEMBERED:]
    if not news:
        return UNKNOWN
    pauses = [(b - a).total_seconds() for a, b in pairwise(news)]
    usual = timedelta(seconds=median(pauses)) / 2 if pauses else UNKNOWN
    silence = (asked.at - news[-1]) / 4
    return max(SHORTEST, min(LONGEST, max(usual, silence)))


def _back_off(asked: Asked) -> timedelta:
    doubled: timedelta = min(FIRST_BACK_OFF * 2 ** min(asked.failures - 1, 12), LONGEST_BACK_OFF)
    asked_for = timedelta(seconds=min(asked.retry_after_s or 0.0, LONGEST_BACK_OFF.total_seconds() * 3))
    return max(doubled, asked_for)
