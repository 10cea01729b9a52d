"""The ledger: editions, pins, positions and changes of status, each row from the edition that brought it to the one that closed.

`known_from` and `known_to` repeat the `recorded_at` of those two editions, so that a read of any past known time is one range
over one index; they are set only while an edition is published.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.tables.base import UtcDateTime, core, live


class Edition(SQLModel, table=True):
    __tablename__ = "editions"
    __table_args__ = (sa.UniqueConstraint("topic_id", "recorded_at"),)
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    topic_id: int = Field(foreign_key="topics.id")
    state: str  # live | shadow | discarded
    cause: str
    actor_id: int = Field(foreign_key="actors.id", index=True)
    run_id: int | None = Field(default=None, foreign_key="runs.id", index=True)
    fold_version: str
    spec: dict[str, Any] = Field(sa_type=sa.JSON)
    created_at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Touch(SQLModel, table=True):
    """Work for the next edition: something that the ledger rests on changed. No claim: all of the article's; no article: all
    of the claim's. Removed by the edition that takes it in, in the same transaction.
    """

    __tablename__ = "touches"
    id: int | None = Field(default=None, primary_key=True)
    topic_id: int = Field(foreign_key="topics.id", index=True)
    claim_id: int | None = Field(default=None, foreign_key="claims.id", index=True)
    article_id: int | None = Field(default=None, foreign_key="articles.id", index=True)
    cause: str
    at: datetime = Field(sa_type=UtcDateTime)


class Pin(SQLModel, table=True):
    """Which wording and which machine answer for a claim."""

    __tablename__ = "pins"
    __table_args__ = (sa.Index("uq_pins_live", "claim_id", unique=True, **live("known_to")),)
    id: int | None = Field(default=None, primary_key=True)
    claim_id: int = Field(foreign_key="claims.id")
    claim_version_id: int = Field(foreign_key="claim_versions.id", index=True)
    matcher: str = Field(foreign_key="matchers.hash")
    judge: str | None = Field(default=None, foreign_key="matchers.hash")
    cleaner: str | None = None
    edition_id: int = Field(foreign_key="editions.id", index=True)
    closed_by: int | None = Field(default=None, foreign_key="editions.id", index=True)
    known_from: datetime = Field(sa_type=UtcDateTime)
    known_to: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Position(SQLModel, table=True):
    """One effective position. `quote` is kept here only where no evidence row holds it (a person's word)."""

    __tablename__ = "positions"
    __table_args__ = (
        sa.Index("uq_positions_live", "claim_id", "key", unique=True, **live("known_to")),
        sa.Index("ix_positions_newest", "claim_id", "id", **live("known_to")),
        sa.Index(None, "claim_id", "known_to"),
        sa.Index(None, "claim_id", "article_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    claim_id: int = Field(foreign_key="claims.id")
    key: str
    article_id: int = Field(foreign_key="articles.id", index=True)
    revision_id: int = Field(foreign_key="revisions.id", index=True)
    evidence_id: int | None = Field(default=None, foreign_key="evidence.id", index=True)
    stance: str
    confidence: float
    valid_from: date
    valid_to: date | None = None
    speaker: str | None = Field(default=None, index=True)
    speaker_written: str | None = None
    said_on: date | None = None
    cluster: str | None = None
    weight: float
    actor: str
    start: int
    end: int
    quote: str | None = None
    edition_id: int = Field(foreign_key="editions.id", index=True)
    closed_by: int | None = Field(default=None, foreign_key="editions.id", index=True)
    known_from: datetime = Field(sa_type=UtcDateTime)
    known_to: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StatusChange(SQLModel, table=True):
    __tablename__ = "status_changes"
    __table_args__ = (
        sa.Index("uq_status_changes_live", "claim_id", "valid_from", unique=True, **live("known_to")),
        sa.Index(None, "claim_id", "known_to", "valid_from"),
    )
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    claim_id: int = Field(foreign_key="claims.id")
    valid_from: date
    before: str
    after: str
    machine: str
    figures: dict[str, float] = Field(sa_type=sa.JSON)
    tipped_by: list[str] = Field(sa_type=sa.JSON)
    ruling: str | None = None
    review: str | None = None
    cause: str
    edition_id: int = Field(foreign_key="editions.id", index=True)
    closed_by: int | None = Field(default=None, foreign_key="editions.id", index=True)
    known_from: datetime = Field(sa_type=UtcDateTime)
    known_to: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ClaimState(SQLModel, table=True):
    """The newest figures of a claim, which go on growing between two changes of its status."""

    __tablename__ = "claim_states"
    __table_args__ = (
        sa.Index("uq_claim_states_live", "claim_id", unique=True, **live("known_to")),
        sa.Index(None, "claim_id", "known_to"),
    )
    id: int | None = Field(default=None, primary_key=True)
    claim_id: int = Field(foreign_key="claims.id")
    status: str
    machine: str
    figures: dict[str, float] = Field(sa_type=sa.JSON)
    newest: date | None = None
    edition_id: int = Field(foreign_key="editions.id", index=True)
    closed_by: int | None = Field(default=None, foreign_key="editions.id", index=True)
    known_from: datetime = Field(sa_type=UtcDateTime)
    known_to: datetime | None = Field(default=None, sa_type=UtcDateTime)


editions = core(Edition)
touches = core(Touch)
pins = core(Pin)
positions = core(Position)
status_changes = core(StatusChange)
claim_states = core(ClaimState)
