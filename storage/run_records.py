"""What storage hands out of the work itself: runs, what they covered, leases, messages that wait, what the law took.

Frozen values, as in `storage.records`; nothing here touches a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class StoredRun:
    id: int
    key: str
    topic_id: int | None
    topic: str | None
    flow: str
    state: str  # running | done | failed | abandoned
    started_at: datetime
    finished_at: datetime | None
    sufficient: bool | None  # None: it does not tell how far we have read
    counts: Mapping[str, float]
    skips: tuple[Mapping[str, str], ...]
    cost: Mapping[str, float]
    params: Mapping[str, object]
    error: str | None
    holder: str


@dataclass(frozen=True, slots=True)
class CoverageDay:
    source_id: int
    locator: str
    day: date
    asked: int
    answered: int
    found: int
    new: int
    error: str | None
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReadState:
    """How far we have read: the last run that tells, the last sufficient one, and how many sources answered then."""

    last_run_at: datetime | None
    last_sufficient_at: datetime | None
    sources: int
    answered: int
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutboxItem:
    id: int
    key: str
    kind: str
    topic: str
    payload: Mapping[str, object]
    created_at: datetime
    attempts: int
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeaseRow:
    name: str
    holder: str
    acquired_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tombstone:
    kind: str  # url | host | person
    subject_sha256: str
    reason: str
    by: str
    at: datetime
    counts: Mapping[str, int] = field(default_factory=dict)
