"""Reading texts: one revision, many, those that are still to be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import UnknownName
from claimline.models import DateBasis
from storage import codec, readings, stands
from storage import tables as t
from storage.records import StoredRevision
from storage.sql import chunks


def revision(s: Session, revision_id: int) -> StoredRevision:
    """One revision with its dates after people's decisions; raises UnknownName."""
    for found in revisions(s, [revision_id]):
        return found
    raise UnknownName("revision", str(revision_id))


def revision_by_key(s: Session, key: str) -> StoredRevision:
    found = s.execute(sa.select(t.revisions.c.id).where(t.revisions.c.key == key)).scalar()
    if found is None:
        raise UnknownName("revision", key)
    return revision(s, found)


def revisions(s: Session, ids: Iterable[int]) -> tuple[StoredRevision, ...]:
    """These revisions in the order of their ids."""
    found: list[StoredRevision] = []
    for batch in chunks(sorted(set(ids))):
        found += _load(s, t.revisions.c.id.in_(batch))
    return tuple(found)


def revisions_of(s: Session, article_id: int) -> tuple[StoredRevision, ...]:
    """All texts of an article, in the order in which they were first seen; each as the last replay that was accepted read it."""
    r = t.revisions
    found = _load(s, (r.c.article_id == article_id) & readings.shown(r.c.id, None))
    return tuple(sorted(found, key=lambda r: (r.seen_at, r.id)))


def current_revisions(s: Session, topic_id: int) -> tuple[int, ...]:
    """The ids of the texts that the topic's articles carry now."""
    a, ta = t.articles, t.topic_articles
    query = (
        sa.select(readings.current(topic_id))
        .join(ta, ta.c.article_id == a.c.id)
        .where(ta.c.topic_id == topic_id, a.c.current_revision_id.is_not(None))
    )
    return tuple(sorted(s.execute(query).scalars()))


def unscanned(
    s: Session,
    topic_version_id: int,
    matcher_hash: str,
    *,
    limit: int = 500,
    or_stood_in: bool = False,
    coming: readings.Coming | None = None,
) -> tuple[int, ...]:
    """Revisions of the topic's articles, oldest first, that this matcher has not read for this topic version's wordings.

    A scan for another version of the topic counts where that version asked about all the same wordings. `or_stood_in`: leave out
    those too that another matcher has read in its place. `coming`: of the texts as a replay would have them.
    """
    r, ta, k = t.revisions, t.topic_articles, t.scans
    topic = s.execute(sa.select(t.topic_versions.c.topic_id).where(t.topic_versions.c.id == topic_version_id)).scalar_one()
    scanned = sa.exists().where(
        k.c.revision_id == r.c.id,
        (k.c.matcher == matcher_hash) | (k.c.stands_in_at.is_not(None) if or_stood_in else sa.false()),
        k.c.topic_version_id.in_(_covering(s, topic_version_id)),
    )
    query = (
        sa.select(r.c.id)
        .join(ta, (ta.c.article_id == r.c.article_id) & (ta.c.topic_id == topic))
        .join(t.revision_texts, t.revision_texts.c.revision_id == r.c.id)
        .where(~scanned, readings.shown(r.c.id, topic, coming=coming))
        .order_by(r.c.id)
        .limit(limit)
    )
    return tuple(s.execute(query).scalars())


def count_unscanned(s: Session, topic_version_id: int, matcher_hash: str) -> int:
    """How many texts nobody has read whose answer counts."""
    return len(unscanned(s, topic_version_id, matcher_hash, limit=1_000_000, or_stood_in=True))


def _covering(s: Session, topic_version_id: int) -> list[int]:
    """The topic versions that ask about every wording that this one asks about."""
    tc = t.topic_claims
    wanted = set(s.execute(sa.select(tc.c.claim_version_id).where(tc.c.topic_version_id == topic_version_id)).scalars())
    asked: dict[int, set[int]] = {topic_version_id: wanted}
    for version, wording in s.execute(
        sa.select(tc.c.topic_version_id, tc.c.claim_version_id).where(tc.c.claim_version_id.in_(wanted))
    ):
        asked.setdefault(version, set()).add(wording)
    return sorted(version for version, wordings in asked.items() if wordings >= wanted)


def _load(s: Session, where: sa.ColumnElement[bool]) -> list[StoredRevision]:
    r, a, x = t.revisions, t.articles, t.revision_texts
    query = (
        sa.select(r, a.c.url, a.c.outlet.label("article_outlet"), a.c.first_seen, x.c.title, x.c.text)
        .join(a, a.c.id == r.c.article_id)
        .outerjoin(x, x.c.revision_id == r.c.id)
        .where(where)
        .order_by(r.c.id)
    )
    rows = s.execute(query).mappings().all()
    article_ids = {row["article_id"] for row in rows}
    standing, bases = stands.load(s, article_ids), readings.bases(s, article_ids)
    return [_stored(dict(row), standing.get(row["article_id"]), bases.get(row["id"])) for row in rows]


def _stored(row: dict[str, Any], standing: stands.Standing | None, base: int | None) -> StoredRevision:
    """`base`: the text in whose place a re-reading stands; None for any other text."""
    mine = [x for x in standing.stands if x.revision_id == (base or row["id"])] if standing else []
    own = codec.load_date(row["published"])
    published = standing.published if standing else own
    if base is not None and own.certain and published.basis is not DateBasis.PERSON:
        published = own
    return StoredRevision(
        id=row["id"],
        key=row["key"],
        article_id=row["article_id"],
        url=row["url"],
        outlet=row["article_outlet"] or row["outlet"],
        title=row["title"],
        text=row["text"] or "",
        lang=row["lang"],
        cleaner=row["cleaner"],
        text_sha256=row["text_sha256"],
        published=published,
        modified=codec.load_date(row["modified"]) if row["modified"] else None,
        first_seen=row["first_seen"],
        seen_at=row["seen_at"],
        valid_from=mine[0].valid_from if mine else None,
        uncertain=not published.certain if standing else True,
        authors=tuple(row["authors"]),
        via=row["via"],
        notice=row["notice"],
    )
