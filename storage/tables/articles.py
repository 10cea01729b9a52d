"""Articles: how they were found, what came back, which texts they carried, and which of them are copies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.tables.base import UtcDateTime, core, live, where_true


class Article(SQLModel, table=True):
    """One story address. `state` and what follows it are fetch state."""

    __tablename__ = "articles"
    __table_args__ = (sa.Index(None, "state", "next_fetch_at"), sa.Index(None, "outlet"))
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    url: str
    outlet: str | None = None
    first_seen: datetime = Field(sa_type=UtcDateTime)
    current_revision_id: int | None = None  # that of the latest sighting
    state: str = "new"
    attempts: int = 0
    last_error: str | None = None
    last_checked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_fetch_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    etag: str | None = None
    last_modified: str | None = None


class Alias(SQLModel, table=True):
    __tablename__ = "aliases"
    key: str = Field(primary_key=True)
    url: str
    article_id: int = Field(foreign_key="articles.id", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Discovery(SQLModel, table=True):
    __tablename__ = "discoveries"
    __table_args__ = (sa.UniqueConstraint("source_id", "article_id"), sa.Index(None, "source_id", "found_at"))
    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="sources.id")
    article_id: int = Field(foreign_key="articles.id", index=True)
    entry: dict[str, Any] = Field(sa_type=sa.JSON)
    found_at: datetime = Field(sa_type=UtcDateTime)


class TopicArticle(SQLModel, table=True):
    """An article that one of the topic's sources named."""

    __tablename__ = "topic_articles"
    topic_id: int = Field(foreign_key="topics.id", primary_key=True)
    article_id: int = Field(foreign_key="articles.id", primary_key=True, index=True)
    added_at: datetime = Field(sa_type=UtcDateTime)


class Capture(SQLModel, table=True):
    """What came back at a moment. One that says the same as the one before is only counted (`checks`)."""

    __tablename__ = "captures"
    __table_args__ = (
        sa.UniqueConstraint("article_id", "fetched_at"),
        sa.Index("ix_captures_kept", "fetched_at", **where_true("bytes_kept")),
    )
    id: int | None = Field(default=None, primary_key=True)
    article_id: int = Field(foreign_key="articles.id")
    source_id: int | None = Field(default=None, foreign_key="sources.id", index=True)
    fetched_at: datetime = Field(sa_type=UtcDateTime)
    status: int | None = None
    final_url: str | None = None
    content_type: str | None = None
    body_sha256: str | None = None
    bytes_kept: bool = False
    reason: str | None = None
    detail: str | None = None
    checks: int = 1
    last_checked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Revision(SQLModel, table=True):
    """One clean text by one cleaner; the words themselves are in `revision_texts`, since the law may take those."""

    __tablename__ = "revisions"
    __table_args__ = (
        sa.UniqueConstraint("article_id", "cleaner", "text_sha256"),
        sa.Index("ix_revisions_undated", "article_id", **live("published_day")),
    )
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    article_id: int = Field(foreign_key="articles.id")
    cleaner: str
    text_sha256: str
    fingerprint: str | None = None  # `claimline.revisions.fingerprint`; None: stored before there was one, or no substance
    body_sha256: str | None = None
    seen_at: datetime = Field(sa_type=UtcDateTime)
    lang: str | None = None
    lang_confidence: float = 0.0
    outlet: str | None = None
    authors: list[str] = Field(sa_type=sa.JSON)
    via: str | None = None
    notice: str | None = None
    published_day: date | None = None
    published: dict[str, Any] = Field(sa_type=sa.JSON)
    modified: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)


class RevisionText(SQLModel, table=True):
    """`rowid` is the revision's; a row that is gone was removed by retention or by the law."""

    __tablename__ = "revision_texts"
    revision_id: int = Field(foreign_key="revisions.id", primary_key=True)
    title: str | None = None
    text: str


class Sighting(SQLModel, table=True):
    """An article was seen to carry a revision; the current text is that of the latest sighting."""

    __tablename__ = "sightings"
    __table_args__ = (sa.UniqueConstraint("capture_id", "revision_id"), sa.Index(None, "article_id", "id"))
    id: int | None = Field(default=None, primary_key=True)
    capture_id: int = Field(foreign_key="captures.id")
    revision_id: int = Field(foreign_key="revisions.id", index=True)
    article_id: int = Field(foreign_key="articles.id")
    seen_at: datetime = Field(sa_type=UtcDateTime)


class Rereading(SQLModel, table=True):
    """The bytes behind a text read again by another cleaner; where that one read the same, `reading_id` is the text itself.

    What was read otherwise is a revision without a sighting: nothing shows it before a topic takes it (`TopicReading`).
    """

    __tablename__ = "rereadings"
    revision_id: int = Field(foreign_key="revisions.id", primary_key=True)
    cleaner: str = Field(primary_key=True)
    reading_id: int = Field(foreign_key="revisions.id", index=True)
    made_at: datetime = Field(sa_type=UtcDateTime)


class TopicReading(SQLModel, table=True):
    """In this topic a text is told as another cleaner read it, since an edition took that reading and until one closed it."""

    __tablename__ = "topic_readings"
    __table_args__ = (sa.Index("uq_topic_readings_live", "revision_id", "topic_id", unique=True, **live("closed_by")),)
    id: int | None = Field(default=None, primary_key=True)
    topic_id: int = Field(foreign_key="topics.id", index=True)
    revision_id: int = Field(foreign_key="revisions.id")
    reading_id: int = Field(foreign_key="revisions.id", index=True)
    edition_id: int = Field(foreign_key="editions.id", index=True)
    closed_by: int | None = Field(default=None, foreign_key="editions.id", index=True)


class Blob(SQLModel, table=True):
    """Bytes as they came, compressed. On SQLite this table stands in a file of its own and stays empty here."""

    __tablename__ = "blobs"
    sha256: str = Field(primary_key=True)
    data: bytes
    size: int
    created_at: datetime = Field(sa_type=UtcDateTime)


class CopyEdge(SQLModel, table=True):
    __tablename__ = "copy_edges"
    topic_id: int = Field(foreign_key="topics.id", primary_key=True)
    a: int = Field(foreign_key="revisions.id", primary_key=True)
    b: int = Field(foreign_key="revisions.id", primary_key=True, index=True)
    similarity: float
    created_at: datetime = Field(sa_type=UtcDateTime)


class CopyScan(SQLModel, table=True):
    """This revision was compared with all that came before it."""

    __tablename__ = "copy_scans"
    topic_id: int = Field(foreign_key="topics.id", primary_key=True)
    revision_id: int = Field(foreign_key="revisions.id", primary_key=True, index=True)


class CopySketch(SQLModel, table=True):
    """What copies of a text that may not be kept are known by (`claimline.clusters.Sketch`), and which version of it made it."""

    __tablename__ = "copy_sketches"
    revision_id: int = Field(foreign_key="revisions.id", primary_key=True)
    version: str
    signature: bytes
    narrative: bytes
    shingles: int
    numbers: dict[str, int] = Field(sa_type=sa.JSON)


class CopyMembership(SQLModel, table=True):
    """`cluster` is the smallest revision key of the component; `edition_id` is empty until published."""

    __tablename__ = "copy_memberships"
    __table_args__ = (
        sa.Index("uq_copy_memberships_live", "topic_id", "revision_id", unique=True, **live("closed_at")),
        sa.Index(None, "topic_id", "cluster"),
    )
    id: int | None = Field(default=None, primary_key=True)
    topic_id: int = Field(foreign_key="topics.id")
    revision_id: int = Field(foreign_key="revisions.id", index=True)
    cluster: str
    edition_id: int | None = Field(default=None, foreign_key="editions.id", index=True)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


articles = core(Article)
aliases = core(Alias)
discoveries = core(Discovery)
topic_articles = core(TopicArticle)
captures = core(Capture)
revisions = core(Revision)
revision_texts = core(RevisionText)
sightings = core(Sighting)
rereadings = core(Rereading)
topic_readings = core(TopicReading)
blobs = core(Blob)
copy_edges = core(CopyEdge)
copy_scans = core(CopyScan)
copy_sketches = core(CopySketch)
copy_memberships = core(CopyMembership)
