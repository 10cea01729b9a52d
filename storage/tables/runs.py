"""What ran, what answered, what is still to be sent, who is at work, and what the law took away."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.tables.base import UtcDateTime, core, live


class Run(SQLModel, table=True):
    __tablename__ = "runs"
    __table_args__ = (sa.Index(None, "topic_id", "started_at"),)
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    topic_id: int | None = Field(default=None, foreign_key="topics.id")
    flow: str
    holder: str
    state: str  # running | done | failed | abandoned
    sufficient: bool | None = None  # whether enough sources answered; None: it does not tell how far we have read
    params: dict[str, Any] = Field(sa_type=sa.JSON)
    counts: dict[str, Any] = Field(sa_type=sa.JSON)
    skips: list[dict[str, str]] = Field(sa_type=sa.JSON)
    cost: dict[str, Any] = Field(sa_type=sa.JSON)
    error: str | None = None
    started_at: datetime = Field(sa_type=UtcDateTime)
    beat_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Coverage(SQLModel, table=True):
    """What a source answered on a day (UTC); `reasons` counts why its answer or its articles were left out, or failed."""

    __tablename__ = "coverage"
    source_id: int = Field(foreign_key="sources.id", primary_key=True)
    day: date = Field(primary_key=True)
    asked: int = 0
    answered: int = 0
    found: int = 0
    new: int = 0
    error: str | None = None
    reasons: dict[str, int] | None = Field(default=None, sa_type=sa.JSON)
    last_at: datetime = Field(sa_type=UtcDateTime)


class Outbox(SQLModel, table=True):
    """A message still to be sent, written in the transaction of what it tells."""

    __tablename__ = "outbox"
    __table_args__ = (sa.Index("ix_outbox_unsent", "id", **live("sent_at")),)
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    topic_id: int = Field(foreign_key="topics.id", index=True)
    kind: str
    payload: dict[str, Any] = Field(sa_type=sa.JSON)
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    error: str | None = None


class Lease(SQLModel, table=True):
    __tablename__ = "leases"
    name: str = Field(primary_key=True)
    holder: str
    acquired_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class Tombstone(SQLModel, table=True):
    """What was removed by law: only the hash of its name stays."""

    __tablename__ = "tombstones"
    __table_args__ = (sa.UniqueConstraint("kind", "subject_sha256"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str  # url | host | person
    subject_sha256: str
    reason: str
    actor_id: int = Field(foreign_key="actors.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    counts: dict[str, int] = Field(sa_type=sa.JSON)


class CacheItem(SQLModel, table=True):
    """Derived things on PostgreSQL; with SQLite they stand in a disposable file beside the database."""

    __tablename__ = "cache_items"
    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    value: bytes


runs = core(Run)
coverage = core(Coverage)
outbox = core(Outbox)
leases = core(Lease)
tombstones = core(Tombstone)
cache_items = core(CacheItem)
