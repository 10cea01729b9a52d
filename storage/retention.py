"""What is kept for how long: bytes, texts without evidence, and texts of sources that are not stored in full.

Retention removes what can no longer be needed to explain the ledger; it never touches a quote (but those of `store: link`, where
only the link may be kept: a machine's, a person's and a message's), and never a row of history. A text goes once every topic that
looks at its article has read it, compared it and published what was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import erased, pins, readings, search, sketches
from storage import tables as t
from storage.blobs import blobs_of
from storage.sql import chunks

NOT_FULL = ("quotes", "link")


@dataclass(frozen=True, slots=True)
class Retained:
    """How much was removed."""

    bodies: int = 0
    texts: int = 0
    quotes: int = 0


def apply(s: Session, *, now: datetime, bytes_days: int | None, text_days: int | None, limit: int | None = None) -> Retained:
    """Remove bytes older than `bytes_days`, texts that nobody refers to older than `text_days` (None: keep), and what a source's
    `store` does not allow; at most `limit` of each. Doing it again removes nothing more.
    """
    aged = by_age(s, now=now, bytes_days=bytes_days, text_days=text_days, limit=limit)
    bound = by_source(s, limit=limit)
    return Retained(aged.bodies + bound.bodies + _orphans(s), aged.texts + bound.texts, bound.quotes)


def by_age(s: Session, *, now: datetime, bytes_days: int | None, text_days: int | None, limit: int | None = None) -> Retained:
    """Remove what is too old."""
    bodies = texts = 0
    if bytes_days is not None:
        c = t.captures
        old = sa.select(c.c.id).where(c.c.bytes_kept, c.c.fetched_at < now - timedelta(days=bytes_days))
        bodies = _drop_bytes(s, _some(s, old, limit))
    if text_days is not None:
        texts = _forget(s, _some(s, _idle_texts(now - timedelta(days=text_days)), limit))
        sketches.forget_before(s, now - timedelta(days=text_days))
    return Retained(bodies, texts)


def by_source(s: Session, *, limit: int | None = None) -> Retained:
    """Remove what the `store` of the articles' sources does not allow; what one source allows in full is kept."""
    if not bound(s):
        return Retained()
    bodies = _drop_bytes(s, _some(s, _bound_bytes(), limit))
    due = _some(s, _bound_texts(), limit)
    sketches.keep(s, due)
    texts = _forget(s, due)
    quotes = _unquote(s, _some(s, _bound_quotes(), limit)) + _unsay(s, _some(s, _bound_decisions(), limit))
    return Retained(bodies, texts, quotes)


def owes(s: Session) -> bool:
    """Whether `by_source` would remove anything."""
    if not bound(s):
        return False
    due = (_bound_bytes(), _bound_texts(), _bound_quotes(), _bound_decisions())
    return any(s.execute(query.limit(1)).first() is not None for query in due)


def bound(s: Session) -> bool:
    """Whether any source is stored as less than everything."""
    return s.execute(_BOUND).first() is not None


def only_linked(s: Session, urls: Iterable[str]) -> frozenset[str]:
    """Those of these addresses whose words may not be told on: only the link may."""
    found: set[str] = set()
    for batch in chunks(set(urls)) if bound(s) else ():
        a = t.articles
        query = sa.select(a.c.url).where(a.c.url.in_(batch), a.c.id.in_(_bound_articles(["link"])))
        found |= set(s.execute(query).scalars())
    return frozenset(found)


def _some(s: Session, query: sa.Select[tuple[int]], limit: int | None) -> list[int]:
    return list(s.execute(query.limit(limit)).scalars())


# --- bytes ----------------------------------------------------------------------------------------------------------


def _bound_bytes() -> sa.Select[tuple[int]]:
    """Captures whose bytes were kept while their source still allowed it."""
    c = t.captures
    return sa.select(c.c.id).where(c.c.bytes_kept, c.c.article_id.in_(_bound_articles(NOT_FULL)))


def _drop_bytes(s: Session, capture_ids: Sequence[int]) -> int:
    c, dropped = t.captures, 0
    for batch in chunks(capture_ids):
        mine = c.c.id.in_(batch)
        hashes = set(s.execute(sa.select(c.c.body_sha256).where(mine)).scalars())
        s.execute(sa.update(c).where(mine).values(bytes_kept=False))
        needed = set(s.execute(sa.select(c.c.body_sha256).where(c.c.bytes_kept, c.c.body_sha256.in_(hashes))).scalars())
        dropped += blobs_of(s).delete(s, sorted(h for h in hashes - needed if h))
    return dropped


def _orphans(s: Session) -> int:
    """Bytes that a killed run left and nobody names."""
    c = t.captures
    named = set(s.execute(sa.select(c.c.body_sha256).where(c.c.bytes_kept)).scalars())
    return blobs_of(s).delete(s, [h for h in blobs_of(s).hashes(s) if h not in named])


# --- texts ----------------------------------------------------------------------------------------------------------


def _idle_texts(before: datetime) -> sa.Select[tuple[int]]:
    """Texts that no machine and no person said anything about, were read, and are no longer compared with."""
    r, x = t.revisions, t.revision_texts
    return (
        sa.select(r.c.id)
        .join(x, x.c.revision_id == r.c.id)
        .where(r.c.seen_at < before, _is_read() | _untaken(), ~_spoken_of(t.assessments), ~_spoken_of(t.decisions))
    )


def _bound_texts() -> sa.Select[tuple[int]]:
    """Texts, read, compared and published, of articles that none of their sources allows to be stored in full."""
    r, x, a, p = t.revisions, t.revision_texts, t.assessments, t.pending_pairs
    unpublished = sa.exists().where(a.c.revision_id == r.c.id, a.c.edition_id.is_(None), _may_be_published())
    unanswered = sa.exists().where(p.c.revision_id == r.c.id, p.c.given_up.is_(False))
    done = _is_read() & _is_compared() & ~unpublished & ~unanswered
    mine = r.c.article_id.in_(_bound_articles(NOT_FULL))
    return sa.select(r.c.id).join(x, x.c.revision_id == r.c.id).where(mine, done | _untaken())


def _untaken() -> sa.ColumnElement[bool]:
    """A re-reading that no topic tells: it waits for a replay, or was left by one."""
    return readings.waiting(t.revisions.c.id) & ~readings.shown(t.revisions.c.id, None)


def _may_be_published() -> sa.ColumnElement[bool]:
    """An answer that the next edition takes: not that of a replay which nobody accepted."""
    a, c, pin = t.assessments, t.claims, t.pins
    live = sa.select(pin.c.id).where(pin.c.claim_id == a.c.claim_id, pin.c.known_to.is_(None))
    mine = live.where(pins.counts(a, pin))
    watched = sa.select(c.c.id).where(c.c.id == a.c.claim_id, c.c.retired_at.is_(None))
    return watched.correlate(a).exists() & (mine.correlate(a).exists() | ~live.correlate(a).exists())


def _bound_articles(kinds: Sequence[str]) -> sa.Select[tuple[int]]:
    """Articles of these sources, and of none that is stored more freely."""
    d, ts = t.discoveries, t.topic_sources
    other = d.alias()
    free = sa.exists().where(other.c.article_id == d.c.article_id, ts.c.source_id == other.c.source_id, ~_stored(kinds))
    mine = sa.select(ts.c.source_id).where(_stored(kinds))
    return sa.select(d.c.article_id).where(d.c.source_id.in_(mine), ~free)


def _stored(kinds: Sequence[str]) -> sa.ColumnElement[bool]:
    store: sa.ColumnElement[str] = sa.func.coalesce(t.topic_sources.c.spec["store"].as_string(), "full")
    return store.in_(kinds)


_BOUND = sa.select(t.topic_sources.c.source_id).where(_stored(NOT_FULL)).limit(1)  # made once: each edition asks


def _is_read() -> sa.ColumnElement[bool]:
    """Some matcher has read the text for each topic that looks at the article."""
    k, v = t.scans, t.topic_versions
    for_topic = sa.select(k.c.id).where(k.c.revision_id == t.revisions.c.id, v.c.id == k.c.topic_version_id)
    return _for_each_topic(for_topic.where(v.c.topic_id == t.topic_articles.c.topic_id))


def _is_compared() -> sa.ColumnElement[bool]:
    """The text was compared with others for each topic that looks at the article."""
    k = t.copy_scans
    for_topic = sa.select(k.c.revision_id).where(k.c.revision_id == t.revisions.c.id)
    return _for_each_topic(for_topic.where(k.c.topic_id == t.topic_articles.c.topic_id))


def _for_each_topic(done: sa.Select[tuple[int]]) -> sa.ColumnElement[bool]:
    ta = t.topic_articles
    waits = ~done.correlate(t.revisions, ta).exists()
    return ~sa.select(ta.c.topic_id).where(ta.c.article_id == t.revisions.c.article_id, waits).correlate(t.revisions).exists()


def _spoken_of(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.exists().where(table.c.revision_id == t.revisions.c.id)


def _forget(s: Session, revision_ids: Sequence[int]) -> int:
    for batch in chunks(revision_ids):
        s.execute(sa.delete(t.revision_texts).where(t.revision_texts.c.revision_id.in_(batch)))
    if revision_ids:
        search.forget(s, revision_ids)
    return len(revision_ids)


# --- quotes ---------------------------------------------------------------------------------------------------------


def _bound_quotes() -> sa.Select[tuple[int]]:
    """Quotes of articles of which only the link may be kept."""
    e, a = t.evidence, t.assessments
    return (
        sa.select(e.c.id)
        .join(a, a.c.id == e.c.assessment_id)
        .where(a.c.article_id.in_(_bound_articles(["link"])), a.c.edition_id.is_not(None), e.c.quote != "")
    )


def _unquote(s: Session, evidence_ids: Sequence[int]) -> int:
    e, p = t.evidence, t.positions
    words: set[str] = set()
    for batch in chunks(evidence_ids):
        words |= set(s.execute(sa.select(e.c.quote).where(e.c.id.in_(batch))).scalars())
        s.execute(sa.update(e).where(e.c.id.in_(batch)).values(quote=""))
        s.execute(sa.update(p).where(p.c.evidence_id.in_(batch)).values(quote=None))
    if words:
        erased.scrub(s, erased.TOLD, erased.of_words(words))
    return len(evidence_ids)


def _bound_decisions() -> sa.Select[tuple[int]]:
    """What people quoted of such articles, once an edition has told it."""
    d = t.decisions
    held = d.c.quote.is_not(None) & (d.c.quote != "") & ~d.c.quote.startswith(erased.MARKED)
    return sa.select(d.c.id).where(held, d.c.edition_id.is_not(None), d.c.article_id.in_(_bound_articles(["link"])))


def _unsay(s: Session, decision_ids: Sequence[int]) -> int:
    """The decisions hold as before."""
    words = erased.forget_quotes(s, decision_ids)
    if words:
        erased.scrub(s, erased.TOLD, erased.of_words(words))
    return len(decision_ids)
