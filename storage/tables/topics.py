"""Topics, claims, their versions, and the places that topics look at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.tables.base import UtcDateTime, core, live


class Topic(SQLModel, table=True):
    __tablename__ = "topics"
    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    current_version_id: int | None = None
    last_recorded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class TopicVersion(SQLModel, table=True):
    __tablename__ = "topic_versions"
    __table_args__ = (sa.UniqueConstraint("topic_id", "digest"), sa.UniqueConstraint("topic_id", "n"))
    id: int | None = Field(default=None, primary_key=True)
    topic_id: int = Field(foreign_key="topics.id")
    n: int
    digest: str
    yaml: str
    spec: dict[str, Any] = Field(sa_type=sa.JSON)
    by: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class Claim(SQLModel, table=True):
    __tablename__ = "claims"
    __table_args__ = (sa.UniqueConstraint("topic_id", "slug"), sa.Index(None, "slug"))
    id: int | None = Field(default=None, primary_key=True)
    topic_id: int = Field(foreign_key="topics.id")
    slug: str
    current_version_id: int | None = None
    spec: dict[str, Any] = Field(sa_type=sa.JSON)
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class ClaimSlug(SQLModel, table=True):
    """Every slug that a claim ever had; an old one still finds it."""

    __tablename__ = "claim_slugs"
    __table_args__ = (sa.Index(None, "slug"),)
    id: int | None = Field(default=None, primary_key=True)
    claim_id: int = Field(foreign_key="claims.id", index=True)
    slug: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class ClaimVersion(SQLModel, table=True):
    __tablename__ = "claim_versions"
    __table_args__ = (sa.UniqueConstraint("claim_id", "n"),)
    id: int | None = Field(default=None, primary_key=True)
    claim_id: int = Field(foreign_key="claims.id")
    n: int
    statement: str
    topic_version_id: int = Field(foreign_key="topic_versions.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class TopicClaim(SQLModel, table=True):
    """Which wordings a topic version asks about."""

    __tablename__ = "topic_claims"
    topic_version_id: int = Field(foreign_key="topic_versions.id", primary_key=True)
    claim_version_id: int = Field(foreign_key="claim_versions.id", primary_key=True, index=True)


class Source(SQLModel, table=True):
    """A place to look; its validators and health are fetch state, not history."""

    __tablename__ = "sources"
    __table_args__ = (sa.UniqueConstraint("kind", "locator"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    locator: str
    etag: str | None = None
    last_modified: str | None = None
    body_sha256: str | None = None
    failures: int = 0
    last_error: str | None = None
    last_asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class TopicSource(SQLModel, table=True):
    """A topic looks at a source, with the options that this topic gives it. A source that left the file is retired."""

    __tablename__ = "topic_sources"
    topic_id: int = Field(foreign_key="topics.id", primary_key=True)
    source_id: int = Field(foreign_key="sources.id", primary_key=True, index=True)
    position: int = 0
    spec: dict[str, Any] = Field(sa_type=sa.JSON)
    paused: bool = False
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OutletWeight(SQLModel, table=True):
    """What a topic holds of a publisher; a newer row closes the older one, so that its history stays."""

    __tablename__ = "outlet_weights"
    __table_args__ = (sa.Index("uq_outlet_weights_live", "topic_id", "domain", unique=True, **live("closed_at")),)
    id: int | None = Field(default=None, primary_key=True)
    topic_id: int = Field(foreign_key="topics.id")
    domain: str
    title: str = ""
    type: str
    country: str | None = None
    weight: float
    by: str
    from_file: bool
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


topics = core(Topic)
topic_versions = core(TopicVersion)
claims = core(Claim)
claim_slugs = core(ClaimSlug)
claim_versions = core(ClaimVersion)
topic_claims = core(TopicClaim)
sources = core(Source)
topic_sources = core(TopicSource)
outlet_weights = core(OutletWeight)
