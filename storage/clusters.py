"""Copies: pairs of revisions that tell one story, and the groups that they make, by topic.

A group is a connected component; its key is the smallest revision key in it, so that the order of arrival does not matter. An
article that a person took out of its group is joined to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Cause
from storage import readings
from storage import tables as t
from storage.records import Edge, Membership
from storage.sql import chunks, insert_many, insert_new, touch

__all__ = ["Session", "cluster_of", "comparable", "members", "regroup", "save_edges", "unclustered"]


def unclustered(s: Session, topic_id: int, *, limit: int = 100_000) -> tuple[int, ...]:
    """Revisions of the topic that were not compared with the others yet, oldest first."""
    r, ta, k = t.revisions, t.topic_articles, t.copy_scans
    done = sa.exists().where(k.c.revision_id == r.c.id, k.c.topic_id == topic_id)
    query = (
        sa.select(r.c.id)
        .join(ta, (ta.c.article_id == r.c.article_id) & (ta.c.topic_id == topic_id))
        .join(t.revision_texts, t.revision_texts.c.revision_id == r.c.id)
        .where(~done, readings.shown(r.c.id, topic_id))
    )
    return tuple(s.execute(query.order_by(r.c.id).limit(limit)).scalars())


def comparable(s: Session, topic_id: int, new: Sequence[int], *, days: int = 7, limit: int = 200_000) -> tuple[int, ...]:
    """Revisions compared before that stood in print within some days of the new ones, or whose day is not known."""
    r = t.revisions
    query = compared(s, topic_id, new, days=days).join(t.revision_texts, t.revision_texts.c.revision_id == r.c.id)
    fresh = set(new)
    return tuple(i for i in s.execute(query.order_by(r.c.id.desc()).limit(limit)).scalars() if i not in fresh)


def compared(s: Session, topic_id: int, new: Sequence[int], *, days: int = 7) -> sa.Select[Any]:
    """The same as a statement, whether their texts were kept or not."""
    r, ta, k = t.revisions, t.topic_articles, t.copy_scans
    known: set[date | None] = set()
    for batch in chunks(new):
        known |= set(s.execute(sa.select(r.c.published_day).where(r.c.id.in_(batch)).distinct()).scalars())
    dates = sorted(d for d in known if d is not None)
    query = (
        sa.select(r.c.id)
        .join(k, (k.c.revision_id == r.c.id) & (k.c.topic_id == topic_id))
        .join(ta, (ta.c.article_id == r.c.article_id) & (ta.c.topic_id == topic_id))
        .where(readings.shown(r.c.id, topic_id))
    )
    if None not in known:
        near = [r.c.published_day.between(a, b) for a, b in _spans(dates, timedelta(days=days))]
        query = query.where(sa.or_(r.c.published_day.is_(None), *near))
    return query


def _spans(dates: Sequence[date], around: timedelta) -> list[tuple[date, date]]:
    """The days around these as few spans."""
    spans: list[tuple[date, date]] = []
    for day in dates:
        low, high = day - around, day + around
        if spans and low <= spans[-1][1]:
            low = spans.pop()[0]
        spans.append((low, high))
    return spans


def as_known(memberships: sa.FromClause, known_at: datetime | None) -> sa.ColumnElement[bool]:
    """The memberships that an edition had told by then and that were not over; None: those that hold now, told or not."""
    m, e = memberships, t.editions
    live: sa.ColumnElement[bool] = m.c.closed_at.is_(None)
    if known_at is None:
        return live
    return (live | (m.c.closed_at > known_at)) & m.c.edition_id.in_(sa.select(e.c.id).where(e.c.recorded_at <= known_at))


def save_edges(s: Session, edges: Iterable[Edge], seen: Sequence[int], *, now: datetime, topic_id: int | None = None) -> None:
    """Pairs that were found and the revisions that were compared (for a topic, or for all that they belong to)."""
    pairs = list(edges)
    topics = _topics(s, {*seen, *(e.a for e in pairs), *(e.b for e in pairs)})
    for one in sorted({x for ids in topics.values() for x in ids} if topic_id is None else {topic_id}):
        mine = [e for e in pairs if one in topics.get(e.a, ()) and one in topics.get(e.b, ())]
        rows = [
            {"topic_id": one, "a": min(e.a, e.b), "b": max(e.a, e.b), "similarity": e.similarity, "created_at": now}
            for e in mine
            if e.a != e.b
        ]
        insert_new(s, t.copy_edges, rows)
        compared = [i for i in dict.fromkeys(seen) if one in topics.get(i, ())]
        insert_new(s, t.copy_scans, [{"topic_id": one, "revision_id": i} for i in compared])
        regroup(s, one, {i for e in mine for i in (e.a, e.b)}, Cause.COPIES_GROUPED, now)


def regroup(s: Session, topic_id: int, revision_ids: Iterable[int], cause: Cause, now: datetime) -> None:
    """Find the groups of these revisions anew; what changes is noted for the next edition."""
    apart = _separated(s, topic_id)
    left = set(revision_ids)
    while left:
        start = left.pop()
        group = _component(s, topic_id, start, apart)
        left -= group
        _settle(s, topic_id, group, cause, now)


def stand_for(s: Session, topic_id: int, readings: Mapping[int, int], cause: Cause, now: datetime) -> None:
    """Let re-readings be copies of what the texts that they stand for are copies of."""
    m = t.copy_memberships
    grouped: set[int] = set()
    for batch in chunks(set(readings.values())):
        live = (m.c.topic_id == topic_id) & m.c.closed_at.is_(None) & m.c.revision_id.in_(batch)
        grouped |= set(s.execute(sa.select(m.c.revision_id).where(live)).scalars())
    pairs = [(min(pair), max(pair)) for pair in readings.items() if pair[1] in grouped]
    common = {"topic_id": topic_id, "similarity": 1.0, "created_at": now}
    for some in chunks(pairs):
        insert_new(s, t.copy_edges, [{"a": a, "b": b, **common} for a, b in some])
    regroup(s, topic_id, {i for pair in pairs for i in pair}, cause, now)


def cluster_of(s: Session, topic_id: int, revision_id: int) -> str | None:
    m = t.copy_memberships
    where = (m.c.topic_id == topic_id) & (m.c.revision_id == revision_id) & m.c.closed_at.is_(None)
    return s.execute(sa.select(m.c.cluster).where(where)).scalar()


def members(s: Session, topic_id: int, *, cluster: str | None = None) -> tuple[Membership, ...]:
    """The live memberships (of one group), by group and revision."""
    m, r = t.copy_memberships, t.revisions
    query = (
        sa.select(m.c.revision_id, r.c.article_id, m.c.cluster)
        .join(r, r.c.id == m.c.revision_id)
        .where(m.c.topic_id == topic_id, m.c.closed_at.is_(None))
        .order_by(m.c.cluster, m.c.revision_id)
    )
    if cluster is not None:
        query = query.where(m.c.cluster == cluster)
    return tuple(Membership(*row) for row in s.execute(query).tuples())


def copies_of(s: Session, topic_id: int, article_id: int) -> tuple[int, ...]:
    """The other articles that carry a copy of any text of this one."""
    m, r = t.copy_memberships, t.revisions
    mine = (
        sa.select(m.c.cluster)
        .join(r, r.c.id == m.c.revision_id)
        .where(r.c.article_id == article_id, m.c.topic_id == topic_id, m.c.closed_at.is_(None))
    )
    query = (
        sa.select(r.c.article_id)
        .join(m, m.c.revision_id == r.c.id)
        .where(m.c.topic_id == topic_id, m.c.closed_at.is_(None), m.c.cluster.in_(mine), r.c.article_id != article_id)
        .distinct()
        .order_by(r.c.article_id)
    )
    return tuple(s.execute(query).scalars())


def _topics(s: Session, revision_ids: Iterable[int]) -> dict[int, set[int]]:
    r, ta = t.revisions, t.topic_articles
    found: dict[int, set[int]] = {}
    for batch in chunks(sorted(revision_ids)):
        query = sa.select(r.c.id, ta.c.topic_id).join(ta, ta.c.article_id == r.c.article_id).where(r.c.id.in_(batch))
        for revision_id, topic_id in s.execute(query).tuples():
            found.setdefault(revision_id, set()).add(topic_id)
    return found


def _separated(s: Session, topic_id: int) -> frozenset[int]:
    """Revisions of articles that a person took out of their groups."""
    d, r = t.decisions, t.revisions
    query = (
        sa.select(r.c.id)
        .join(d, d.c.article_id == r.c.article_id)
        .where(d.c.kind == "separate", d.c.undone_by.is_(None), d.c.topic_id == topic_id)
    )
    return frozenset(s.execute(query).scalars())


def _component(s: Session, topic_id: int, start: int, apart: frozenset[int]) -> set[int]:
    found, frontier = {start}, {start} - apart
    while frontier:
        frontier = _neighbours(s, topic_id, frontier) - found - apart
        found |= frontier
    return found


def _neighbours(s: Session, topic_id: int, revision_ids: set[int]) -> set[int]:
    e = t.copy_edges
    found: set[int] = set()
    for batch in chunks(sorted(revision_ids)):
        for near, far in ((e.c.a, e.c.b), (e.c.b, e.c.a)):
            found |= set(s.execute(sa.select(far).where(e.c.topic_id == topic_id, near.in_(batch))).scalars())
    return found


def _settle(s: Session, topic_id: int, group: set[int], cause: Cause, now: datetime) -> None:
    m, r = t.copy_memberships, t.revisions
    ids = sorted(group)
    held: dict[int, str] = {}
    names: dict[int, tuple[str, int]] = {}
    for batch in chunks(ids):
        live = (m.c.topic_id == topic_id) & m.c.closed_at.is_(None) & m.c.revision_id.in_(batch)
        held.update({x.revision_id: x.cluster for x in s.execute(sa.select(m.c.revision_id, m.c.cluster).where(live))})
        query = sa.select(r.c.id, r.c.key, r.c.article_id).where(r.c.id.in_(batch))
        names.update({x.id: (x.key, x.article_id) for x in s.execute(query)})
    cluster = min(key for key, _ in names.values()) if len(names) > 1 else None
    changed = [i for i in ids if held.get(i) != cluster]
    for batch in chunks([i for i in changed if i in held]):
        live = (m.c.topic_id == topic_id) & m.c.closed_at.is_(None) & m.c.revision_id.in_(batch)
        s.execute(sa.update(m).where(live).values(closed_at=now))
    if cluster is not None:
        insert_many(s, m, [{"topic_id": topic_id, "revision_id": i, "cluster": cluster, "recorded_at": now} for i in changed])
    for article_id in sorted({names[i][1] for i in changed}):
        touch(s, topic_id, cause, now, article_id=article_id)
