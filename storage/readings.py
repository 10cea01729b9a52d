"""By which cleaner's reading a text is told in a topic.

A sighting names the text as the page was read when it came (the base). The same bytes read again by another cleaner
(`storage.rereadings`) are a revision that nothing shows until a replay of a topic is accepted; from that edition on it stands in
the place of its base in that topic, for whoever asks today, and not for whoever asks `--known-at` before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import tables as t
from storage.sql import any_of, chunks, insert_many

TopicId = int | sa.ColumnElement[int]
# Made once: an alias copies its table's columns, and a page asks a dozen times.
_HELD, _AGAIN, _TEXT, _NAMED, _SEEN, _CLAIMS, _EDITIONS = (
    x.alias(f"{x.name}_read")
    for x in (t.topic_readings, t.rereadings, t.revisions, t.topic_articles, t.sightings, t.claims, t.editions)
)


@dataclass(frozen=True, slots=True)
class Coming:
    """The re-readings that a replay would take: this cleaner's, as they were when the replay was made."""

    cleaner: str
    made_by: datetime


# --- for statements -------------------------------------------------------------------------------------------------


def topic_of(claim_id: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """The topic of a claim."""
    query = sa.select(_CLAIMS.c.topic_id).where(_CLAIMS.c.id == claim_id)
    return query.correlate_except(_CLAIMS).scalar_subquery()


def as_read(
    base: sa.ColumnElement[Any], topic: TopicId, *, known_at: datetime | None = None, coming: Coming | None = None
) -> sa.ColumnElement[int]:
    """The text that stands in the place of this one in the topic: itself, where no other reading was taken.

    `known_at`: as editions had told by then. `coming`: as a replay would have it.
    """
    held = sa.select(_HELD.c.reading_id).where(_HELD.c.revision_id == base, _HELD.c.topic_id == topic, _in_force(known_at))
    found = [held.correlate_except(_HELD).scalar_subquery(), base]
    if coming is not None:
        found.insert(0, _offered(base, topic, coming).correlate_except(_AGAIN, _TEXT, _NAMED).scalar_subquery())
    return sa.func.coalesce(*found)


def _in_force(known_at: datetime | None) -> sa.ColumnElement[bool]:
    if known_at is None:
        return _HELD.c.closed_by.is_(None)
    told = sa.select(_EDITIONS.c.id).where(_EDITIONS.c.recorded_at <= known_at)
    return _HELD.c.edition_id.in_(told) & (_HELD.c.closed_by.is_(None) | _HELD.c.closed_by.not_in(told))


def _offered(base: sa.ColumnElement[Any], topic: TopicId, coming: Coming) -> sa.Select[tuple[int]]:
    """What the replay's cleaner made of the text; of an article that came to the topic later nobody has read it."""
    return (
        sa.select(_AGAIN.c.reading_id)
        .join(_TEXT, _TEXT.c.id == _AGAIN.c.revision_id)
        .join(_NAMED, _NAMED.c.article_id == _TEXT.c.article_id)
        .where(_AGAIN.c.revision_id == base, _AGAIN.c.cleaner == coming.cleaner, _AGAIN.c.made_at <= coming.made_by)
        .where(_NAMED.c.topic_id == topic, _NAMED.c.added_at <= coming.made_by)
    )


def current(topic: TopicId, articles: sa.FromClause = t.articles) -> sa.ColumnElement[int]:
    """The text that an article carries now, as the topic tells it."""
    return as_read(articles.c.current_revision_id, topic)


def current_anywhere(articles: sa.FromClause = t.articles) -> sa.ColumnElement[int]:
    """The same where no topic is asked about: the reading that any topic took last."""
    held = sa.select(_HELD.c.reading_id).where(_HELD.c.revision_id == articles.c.current_revision_id, _in_force(None))
    newest = held.order_by(_HELD.c.edition_id.desc()).limit(1).correlate_except(_HELD).scalar_subquery()
    return sa.func.coalesce(newest, articles.c.current_revision_id)


def shown(revision: sa.ColumnElement[int], topic: TopicId | None, *, coming: Coming | None = None) -> sa.ColumnElement[bool]:
    """The text is one that the topic tells (None: any topic): no re-reading that waits, no text with another in its place."""
    if coming is not None:
        return _shown_in_replay(revision, 0 if topic is None else topic, coming)
    live = sa.select(_HELD.c.id).where(_in_force(None))
    if topic is not None:
        live = live.where(_HELD.c.topic_id == topic)
    taken = live.where(_HELD.c.reading_id == revision).correlate_except(_HELD).exists()
    replaced = live.where(_HELD.c.revision_id == revision).correlate_except(_HELD).exists()
    return taken | ~(waiting(revision) | replaced)


def waiting(revision: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """The text was never seen itself: it is a re-reading, whether a topic took it or not."""
    again = sa.select(_AGAIN.c.reading_id).where(_AGAIN.c.reading_id == revision, _AGAIN.c.revision_id != revision)
    return again.correlate_except(_AGAIN).exists() & ~_seen(revision)


def _seen(revision: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    return sa.select(_SEEN.c.id).where(_SEEN.c.revision_id == revision).correlate_except(_SEEN).exists()


def _shown_in_replay(revision: sa.ColumnElement[int], topic: TopicId, coming: Coming) -> sa.ColumnElement[bool]:
    base = t.sightings.alias("bases")
    bases = sa.select(_AGAIN.c.revision_id).where(_AGAIN.c.reading_id == revision).correlate_except(_AGAIN)
    held = sa.select(_HELD.c.revision_id).where(_HELD.c.reading_id == revision).correlate_except(_HELD)
    near = (base.c.revision_id == revision) | base.c.revision_id.in_(bases) | base.c.revision_id.in_(held)
    told = as_read(base.c.revision_id, topic, coming=coming) == revision
    return sa.select(base.c.id).where(near, told).correlate_except(base).exists()


# --- reading --------------------------------------------------------------------------------------------------------


def bases(s: Session, article_ids: Iterable[int]) -> dict[int, int]:
    """Re-reading -> the text in whose place it stands; the latest, where several read the same."""
    found: dict[int, int] = {}
    for batch in chunks(sorted(set(article_ids))):
        found.update(s.execute(_BASES, {"articles": batch}).tuples().all())
    return found


def _bases() -> sa.Select[tuple[int, int]]:
    r, again = t.revisions, t.rereadings
    return (
        sa.select(again.c.reading_id, sa.func.max(again.c.revision_id))
        .join(r, r.c.id == again.c.reading_id)
        .where(r.c.article_id.in_(any_of("articles")), again.c.revision_id != again.c.reading_id, ~_seen(again.c.reading_id))
        .group_by(again.c.reading_id)
    )


_TOLD = t.revisions.c.id == sa.bindparam("revision")
_BASES, _SHOWN = _bases(), sa.select(t.revisions.c.id).where(_TOLD, shown(t.revisions.c.id, sa.bindparam("topic")))


def is_shown(s: Session, topic_id: int, revision_id: int) -> bool:
    return s.execute(_SHOWN, {"revision": revision_id, "topic": topic_id}).first() is not None


def by_topic(s: Session, article_id: int, revision_id: int, topic_ids: Iterable[int]) -> dict[int, int]:
    """Topic -> the text that it tells of the page that this text was read from: this one, or another cleaner's reading."""
    base = bases(s, [article_id]).get(revision_id, revision_id)
    topic = t.topics.c.id
    query = sa.select(topic, as_read(sa.literal(base), topic)).where(topic.in_(sorted(set(topic_ids))))
    return dict(s.execute(query).tuples().all())


def as_known(s: Session, topic_id: int, revisions: Mapping[int, int], known_at: datetime) -> dict[int, int]:
    """Of these texts (each with its article) those that the topic told then, each with the text that it was read from."""
    g = t.sightings
    if s.execute(sa.select(t.topic_readings.c.id).where(t.topic_readings.c.topic_id == topic_id).limit(1)).first() is None:
        return {revision_id: revision_id for revision_id in revisions}
    told: dict[int, int] = {}
    for batch in chunks(sorted(set(revisions.values()))):
        read = as_read(g.c.revision_id, topic_id, known_at=known_at)
        for base, reading in s.execute(sa.select(g.c.revision_id, read).where(g.c.article_id.in_(batch)).distinct()).tuples():
            told[reading] = max(base, told.get(reading, 0))
    return {revision_id: told[revision_id] for revision_id in revisions if revision_id in told}


def differing(s: Session, topic_id: int, coming: Coming, article_ids: Iterable[int] | None = None) -> dict[int, tuple[int, int]]:
    """Base -> the text that the topic tells of it now and the one that the replay would, where those are two."""
    r, again = t.revisions, t.rereadings
    now, then = as_read(again.c.revision_id, topic_id), as_read(again.c.revision_id, topic_id, coming=coming)
    query = sa.select(again.c.revision_id, now, then).where(again.c.cleaner == coming.cleaner, now != then)
    if article_ids is None:
        return {base: (held, new) for base, held, new in s.execute(query).tuples()}
    found: dict[int, tuple[int, int]] = {}
    for batch in chunks(sorted(set(article_ids))):
        of_these = query.join(r, r.c.id == again.c.revision_id).where(r.c.article_id.in_(batch))
        found |= {base: (held, new) for base, held, new in s.execute(of_these).tuples()}
    return found


# --- taking ---------------------------------------------------------------------------------------------------------


def take(s: Session, topic_id: int, coming: Coming, edition_id: int) -> dict[int, int]:
    """Let this edition tell the topic's texts as the replay read them; returns each re-reading with the text it stands for."""
    h = t.topic_readings
    found = {base: new for base, (_, new) in differing(s, topic_id, coming).items()}
    for batch in chunks(sorted(found)):
        live = (h.c.topic_id == topic_id) & h.c.closed_by.is_(None) & h.c.revision_id.in_(batch)
        s.execute(sa.update(h).where(live).values(closed_by=edition_id))
    rows = [{"revision_id": base, "reading_id": new} for base, new in sorted(found.items())]
    insert_many(s, h, [{"topic_id": topic_id, "edition_id": edition_id, **row} for row in rows])
    return {new: base for base, new in found.items() if new != base}
