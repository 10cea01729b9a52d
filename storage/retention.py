"""What is kept for how long: bytes, texts without evidence, and texts of sources that are not stored in full.

Retention removes what can no longer be needed to explain the ledger; it never touches a quote (but those of `store: link`, where
only the link may be kept), and never a row of history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import search
from storage import tables as t
from storage.blobs import blobs_of
from storage.sql import chunks


@dataclass(frozen=True, slots=True)
class Retained:
    """How much was removed."""

    bodies: int
    texts: int
    quotes: int


def apply(s: Session, *, now: datetime, bytes_days: int | None, text_days: int | None) -> Retained:
    """Remove bytes older than `bytes_days`, texts that nobody refers to older than `text_days` (None: keep), and what a source's
    `store` does not allow. Doing it again removes nothing more.
    """
    bodies = _old_bytes(s, now - timedelta(days=bytes_days)) if bytes_days is not None else 0
    texts = _forget(s, _idle_texts(s, now - timedelta(days=text_days))) if text_days is not None else 0
    texts += _forget(s, _not_full(s, ("quotes", "link")))
    return Retained(bodies + _orphans(s), texts, _unquoted(s))


def _old_bytes(s: Session, before: datetime) -> int:
    c = t.captures
    old = set(s.execute(sa.select(c.c.body_sha256).where(c.c.bytes_kept, c.c.fetched_at < before)).scalars())
    needed = set(s.execute(sa.select(c.c.body_sha256).where(c.c.bytes_kept, c.c.fetched_at >= before)).scalars())
    s.execute(sa.update(c).where(c.c.bytes_kept, c.c.fetched_at < before).values(bytes_kept=False))
    return blobs_of(s).delete(s, sorted(h for h in old - needed if h))


def _orphans(s: Session) -> int:
    """Bytes that a killed run left and nobody names."""
    c = t.captures
    named = set(s.execute(sa.select(c.c.body_sha256).where(c.c.bytes_kept)).scalars())
    return blobs_of(s).delete(s, [h for h in blobs_of(s).hashes(s) if h not in named])


def _idle_texts(s: Session, before: datetime) -> list[int]:
    """Texts that no machine and no person said anything about, were read, and are no longer compared with."""
    r, x = t.revisions, t.revision_texts
    query = (
        sa.select(r.c.id)
        .join(x, x.c.revision_id == r.c.id)
        .where(r.c.seen_at < before, _scanned(), ~_spoken_of(t.assessments), ~_spoken_of(t.decisions))
    )
    return list(s.execute(query).scalars())


def _not_full(s: Session, kinds: Sequence[str]) -> list[int]:
    """Texts, read and published, of articles that none of their sources allows to be stored in full."""
    r, x, d, ts = t.revisions, t.revision_texts, t.discoveries, t.topic_sources
    bound = sa.exists().where(d.c.article_id == r.c.article_id, ts.c.source_id == d.c.source_id, _stored(kinds))
    free = sa.exists().where(d.c.article_id == r.c.article_id, ts.c.source_id == d.c.source_id, ~_stored(kinds))
    due = sa.exists().where(t.assessments.c.revision_id == r.c.id, t.assessments.c.edition_id.is_(None))
    compared = sa.exists().where(t.copy_scans.c.revision_id == r.c.id)
    query = sa.select(r.c.id).join(x, x.c.revision_id == r.c.id).where(bound, ~free, _scanned(), ~due, compared)
    return list(s.execute(query).scalars())


def _stored(kinds: Sequence[str]) -> sa.ColumnElement[bool]:
    store: sa.ColumnElement[str] = t.topic_sources.c.spec["store"].as_string()
    return store.in_(kinds)


def _scanned() -> sa.ColumnElement[bool]:
    return sa.exists().where(t.scans.c.revision_id == t.revisions.c.id)


def _spoken_of(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.exists().where(table.c.revision_id == t.revisions.c.id)


def _forget(s: Session, revision_ids: Sequence[int]) -> int:
    for batch in chunks(revision_ids):
        s.execute(sa.delete(t.revision_texts).where(t.revision_texts.c.revision_id.in_(batch)))
    if revision_ids:
        search.forget(s, revision_ids)
    return len(revision_ids)


def _unquoted(s: Session) -> int:
    """Quotes of articles of which only the link may be kept."""
    e, a, d, ts, p = t.evidence, t.assessments, t.discoveries, t.topic_sources, t.positions
    bound = sa.exists().where(d.c.article_id == a.c.article_id, ts.c.source_id == d.c.source_id, _stored(["link"]))
    free = sa.exists().where(d.c.article_id == a.c.article_id, ts.c.source_id == d.c.source_id, ~_stored(["link"]))
    query = (
        sa.select(e.c.id).join(a, a.c.id == e.c.assessment_id).where(bound, ~free, a.c.edition_id.is_not(None), e.c.quote != "")
    )
    ids = list(s.execute(query).scalars())
    for batch in chunks(ids):
        s.execute(sa.update(e).where(e.c.id.in_(batch)).values(quote=""))
        s.execute(sa.update(p).where(p.c.evidence_id.in_(batch)).values(quote=None))
    return len(ids)
