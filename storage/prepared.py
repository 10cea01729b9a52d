"""The statements that every edition asks for each of its claims, made once: to make one takes longer than to have it answered.

What they are about is named by their parameters (`claim`, `topic`, `articles`); what the rows mean is the business of who asks.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from storage import pins, readings
from storage import tables as t
from storage.sql import any_of

CLAIM: sa.BindParameter[int] = sa.bindparam("claim")
TOPIC: sa.BindParameter[int] = sa.bindparam("topic")
ARTICLES = any_of("articles")


def _names() -> sa.Select[Any]:
    c, slugs = t.claims, t.claim_slugs
    first = sa.select(sa.func.min(slugs.c.id)).where(slugs.c.claim_id == CLAIM).scalar_subquery()
    named = sa.select(c.c.topic_id, t.topics.c.slug, slugs.c.slug.label("first_slug"))
    return named.join(t.topics, t.topics.c.id == c.c.topic_id).join(slugs, slugs.c.id == first).where(c.c.id == CLAIM)


def _said() -> sa.Select[Any]:
    d, m = t.decisions, t.copy_memberships
    grouped = (m.c.revision_id == d.c.revision_id) & (m.c.topic_id == TOPIC) & m.c.closed_at.is_(None)
    return (
        sa.select(d.c.id, d.c.kind, d.c.article_id, d.c.revision_id, m.c.cluster, d.c.stance, d.c.quote, d.c.start, d.c.end)
        .add_columns(d.c.speaker_key, d.c.speaker_written)
        .outerjoin(m, grouped)
        .where(d.c.claim_id == CLAIM, d.c.undone_by.is_(None), d.c.kind.in_(any_of("kinds")))
        .order_by(d.c.id)
    )


def _groups() -> sa.Select[Any]:
    m, r = t.copy_memberships, t.revisions
    query = sa.select(m.c.revision_id, m.c.cluster).join(r, r.c.id == m.c.revision_id)
    return query.where(m.c.topic_id == TOPIC, m.c.closed_at.is_(None), r.c.article_id.in_(ARTICLES))


def answers(matcher: Any, handed_over: str | None) -> sa.Select[Any]:
    """What a `claim` in a `wording` was answered of these `articles`, by a matcher, what stands in for it, and a `judge`."""
    a = t.assessments
    pinned = pins.of_matcher(a, matcher, handed_over=handed_over) | (a.c.matcher == sa.bindparam("judge"))
    query = sa.select(a.c.id, a.c.revision_id, a.c.matcher, a.c.actor, a.c.stance, a.c.decided, a.c.confidence)
    mine = query.where(a.c.claim_id == CLAIM, a.c.claim_version_id == sa.bindparam("wording"))
    return mine.where(a.c.article_id.in_(ARTICLES), pinned).order_by(a.c.id)


def _decided_copies() -> sa.Select[Any]:
    m, other, r, d = t.copy_memberships, t.copy_memberships.alias(), t.revisions, t.decisions
    return (
        sa.select(r.c.article_id, d.c.claim_id)
        .join(m, m.c.revision_id == r.c.id)
        .join(other, (other.c.topic_id == m.c.topic_id) & (other.c.cluster == m.c.cluster))
        .join(d, d.c.revision_id == other.c.revision_id)
        .where(r.c.article_id.in_(ARTICLES), m.c.topic_id == TOPIC, m.c.closed_at.is_(None), other.c.closed_at.is_(None))
        .distinct()
    )


def _named_in(table: sa.Table) -> sa.Select[Any]:
    return sa.select(table.c.article_id, table.c.claim_id).where(table.c.article_id.in_(ARTICLES)).distinct()


def _unpublished() -> dict[sa.Table, sa.ColumnElement[bool]]:
    a, m, d = t.assessments, t.copy_memberships, t.decisions
    mine = sa.select(t.claims.c.id).where(t.claims.c.topic_id == TOPIC)
    answered = d.c.claim_id.is_(None) | d.c.claim_id.in_(any_of("held"))
    counts = a.c.matcher.in_(any_of("machines")) | a.c.stands_in_at.is_not(None)
    return {
        a: a.c.edition_id.is_(None) & a.c.claim_id.in_(mine) & counts & readings.shown(a.c.revision_id, TOPIC),
        m: m.c.edition_id.is_(None) & (m.c.topic_id == TOPIC),
        d: d.c.edition_id.is_(None) & (d.c.topic_id == TOPIC) & answered,
    }


def _undone() -> sa.Update:
    d = t.decisions
    undone = d.c.undone_by.is_not(None) & d.c.undone_edition_id.is_(None) & (d.c.topic_id == TOPIC)
    return sa.update(d).where(undone).values(undone_edition_id=sa.bindparam("edition"))


# A claim: (topic_id, slug of the topic, first_slug), its topic's id.
NAMES = _names()
TOPIC_OF = sa.select(t.claims.c.topic_id).where(t.claims.c.id == CLAIM)

# What people said of these `kinds` on a `claim` and did not take back, with the group of copies in the `topic`.
SAID = _said()

# These `articles`: what they are called, the hashes of their texts, the groups of those in a `topic`, the claims that any
# row names with them (a claim each), the claims that were decided on one of their copies.
ARTICLE_NAMES = sa.select(t.articles.c.id, t.articles.c.key, t.articles.c.outlet, t.articles.c.state).where(
    t.articles.c.id.in_(ARTICLES)
)
TEXT_HASHES = sa.select(t.revisions.c.id, t.revisions.c.text_sha256).where(t.revisions.c.article_id.in_(ARTICLES))
GROUPS = _groups()
ANSWERS = answers(sa.bindparam("matcher"), None)
CONCERNED = tuple(_named_in(table) for table in (t.assessments, t.decisions, t.positions))
DECIDED_COPIES = _decided_copies()

# What the next edition of a `topic` tells, whose claims are `held` by pins and answered by these `machines`: whether there is
# any, and its stamp with the `edition`.
IS_UNPUBLISHED = tuple(sa.select(sa.exists().where(where)) for where in _unpublished().values())
STAMPS = tuple(
    sa.update(table).where(where).values(edition_id=sa.bindparam("edition")) for table, where in _unpublished().items()
)
STAMP_UNDONE = _undone()
