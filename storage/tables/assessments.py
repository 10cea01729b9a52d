"""What machines and people say of an article: matchers, scans, assessments, evidence, decisions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.tables.base import UtcDateTime, core, live, where, where_false


class Actor(SQLModel, table=True):
    __tablename__ = "actors"
    __table_args__ = (sa.UniqueConstraint("kind", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str  # person | model | judge
    name: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class Matcher(SQLModel, table=True):
    """Everything that can change an answer, under one hash."""

    __tablename__ = "matchers"
    hash: str = Field(primary_key=True)
    kind: str = "model"  # model | judge
    about: dict[str, Any] = Field(sa_type=sa.JSON)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Scan(SQLModel, table=True):
    """`stands_in_at`: since when this reading counts in the place of the pinned matcher's, which has not read the text."""

    __tablename__ = "scans"
    __table_args__ = (
        sa.UniqueConstraint("revision_id", "topic_version_id", "matcher"),
        sa.Index("ix_scans_not_read", "run_id", **where("outcome = 'language not read'")),
    )
    id: int | None = Field(default=None, primary_key=True)
    revision_id: int = Field(foreign_key="revisions.id")
    topic_version_id: int = Field(foreign_key="topic_versions.id", index=True)
    matcher: str = Field(foreign_key="matchers.hash")
    run_id: int | None = Field(default=None, foreign_key="runs.id")
    outcome: str = "read"  # read | language-not-read
    scanned_at: datetime = Field(sa_type=UtcDateTime)
    stands_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Assessment(SQLModel, table=True):
    """`edition_id` is empty until an edition publishes it; `stands_in_at` as in `Scan`."""

    __tablename__ = "assessments"
    __table_args__ = (
        sa.UniqueConstraint("claim_version_id", "revision_id", "matcher"),
        sa.Index("ix_assessments_unpublished", "claim_id", **live("edition_id")),
        sa.Index("ix_assessments_undecided", "claim_id", **where_false("decided")),
        sa.Index("ix_assessments_mixed", "claim_id", **where("stance = 'mixed'")),
        sa.Index(None, "claim_id", "article_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    claim_id: int = Field(foreign_key="claims.id")
    claim_version_id: int = Field(foreign_key="claim_versions.id")
    revision_id: int = Field(foreign_key="revisions.id", index=True)
    article_id: int = Field(foreign_key="articles.id", index=True)
    matcher: str = Field(foreign_key="matchers.hash")
    actor: str  # model | judge
    stance: str
    decided: bool
    confidence: float
    probabilities: dict[str, float] = Field(sa_type=sa.JSON)
    run_id: int | None = Field(default=None, foreign_key="runs.id")
    edition_id: int | None = Field(default=None, foreign_key="editions.id", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    stands_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Evidence(SQLModel, table=True):
    __tablename__ = "evidence"
    __table_args__ = (sa.UniqueConstraint("assessment_id", "start", "end"),)
    id: int | None = Field(default=None, primary_key=True)
    assessment_id: int = Field(foreign_key="assessments.id")
    start: int
    end: int
    quote: str
    quote_sha256: str
    stance: str
    confidence: float
    speaker_written: str | None = None
    speaker_key: str | None = Field(default=None, index=True)
    speaker_basis: str | None = None
    said_on: date | None = None
    said_words: str | None = None
    said_precision: str | None = None
    via: str | None = None
    modality: str | None = None


class PendingPair(SQLModel, table=True):
    """A pair that could not be judged yet: a failure is not a verdict."""

    __tablename__ = "pending_pairs"
    __table_args__ = (sa.UniqueConstraint("claim_version_id", "revision_id", "matcher"),)
    id: int | None = Field(default=None, primary_key=True)
    claim_id: int = Field(foreign_key="claims.id", index=True)
    claim_version_id: int = Field(foreign_key="claim_versions.id")
    revision_id: int = Field(foreign_key="revisions.id", index=True)
    matcher: str = Field(foreign_key="matchers.hash")
    reason: str
    attempts: int = 1
    given_up: bool = False
    last_at: datetime = Field(sa_type=UtcDateTime)


class Decision(SQLModel, table=True):
    """A person's word, signed and bound to what was seen; only ever closed by another one (`undo`)."""

    __tablename__ = "decisions"
    __table_args__ = (sa.Index(None, "claim_id", "article_id"), sa.Index(None, "kind", "topic_id"))
    id: int | None = Field(default=None, primary_key=True)
    client_id: str = Field(unique=True)
    batch: str | None = Field(default=None, index=True)
    kind: str
    topic_id: int | None = Field(default=None, foreign_key="topics.id", index=True)
    claim_id: int | None = Field(default=None, foreign_key="claims.id")
    claim_version_id: int | None = Field(default=None, foreign_key="claim_versions.id")
    article_id: int | None = Field(default=None, foreign_key="articles.id", index=True)
    revision_id: int | None = Field(default=None, foreign_key="revisions.id", index=True)
    stance: str | None = None
    start: int | None = None
    end: int | None = None
    quote: str | None = None
    speaker_written: str | None = None  # who says an added quote, where the person said so
    speaker_key: str | None = None
    seen_stance: str | None = None
    seen_matcher: str | None = None
    status: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    review_by: date | None = None
    domain: str | None = None
    note: str = ""
    actor_id: int = Field(foreign_key="actors.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    edition_id: int | None = Field(default=None, foreign_key="editions.id", index=True)
    undone_by: int | None = Field(default=None, foreign_key="decisions.id", index=True)
    undone_edition_id: int | None = Field(default=None, foreign_key="editions.id", index=True)


actors = core(Actor)
matchers = core(Matcher)
scans = core(Scan)
assessments = core(Assessment)
evidence = core(Evidence)
pending_pairs = core(PendingPair)
decisions = core(Decision)
