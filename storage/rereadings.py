"""Bytes that are kept, to be read again by another cleaner: which texts they are of, and what it made of them.

What is done with a re-reading is `storage.readings`. Here nothing is cleaned.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Cleaned, DateBasis, Entry
from claimline.normal import decode
from storage import codec, readings
from storage import tables as t
from storage.assessments import buried_people, is_buried
from storage.blobs import blobs_of
from storage.captures import new_revision
from storage.sql import chunks, insert_new


@dataclass(frozen=True, slots=True)
class ToReread:
    """A text whose bytes are kept, with what was known when they came."""

    revision_id: int
    article_id: int
    body_sha256: str
    content_type: str | None
    url: str
    fetched_at: datetime
    entry: Entry
    given: bool  # the source gave the text itself


@dataclass(frozen=True, slots=True)
class Account:
    """A topic's texts that other cleaners read: how many this one read again, and how many of those otherwise; of how many the
    bytes are gone, and of how many it makes nothing."""

    again: int = 0
    otherwise: int = 0
    gone: int = 0
    refused: int = 0


def due(s: Session, topic_id: int, cleaner: str) -> tuple[ToReread, ...]:
    """The topic's texts that another cleaner read, that this one has not read again, and that it can."""
    ta = t.topic_articles
    mine = sa.select(ta.c.article_id).where(ta.c.topic_id == topic_id)
    return _found(s, _readable(cleaner).where(t.revisions.c.article_id.in_(mine)))


def in_doubt(s: Session, came: Mapping[int, tuple[str, str | None]], cleaner: str) -> tuple[ToReread, ...]:
    """The texts of these articles, where it cannot be told whether the page or only its cleaner is another.

    `came`: for each article the hash of the bytes that came, and the fingerprint of their text.
    """
    found: list[ToReread] = []
    for batch in chunks(came):
        doubtful = sorted(set(batch) - _known(s, {article_id: came[article_id] for article_id in batch}, cleaner))
        found += _found(s, _readable(cleaner).where(t.revisions.c.article_id.in_(doubtful)))
    return tuple(found)


def _known(s: Session, came: Mapping[int, tuple[str, str | None]], cleaner: str) -> set[int]:
    """The articles that carry the same bytes or the same substance as before, or what this cleaner has read of them before."""
    a, r = t.articles, t.revisions
    query = sa.select(r.c.article_id, r.c.body_sha256, r.c.fingerprint, r.c.cleaner, a.c.current_revision_id == r.c.id)
    query = query.join(a, a.c.id == r.c.article_id).where(a.c.id.in_(list(came)))
    known: set[int] = set()
    for article_id, body, substance, by, current in s.execute(query).tuples():
        same = substance is not None and substance == came[article_id][1]
        if (current and body == came[article_id][0]) or (same and (current or by == cleaner)):
            known.add(article_id)
    return known


def _readable(cleaner: str) -> sa.Select[Any]:
    r, x, c, d, a, again = t.revisions, t.revision_texts, t.captures, t.discoveries, t.articles, t.rereadings
    kept = c.alias("kept")
    same = (kept.c.article_id == r.c.article_id) & (kept.c.body_sha256 == r.c.body_sha256) & kept.c.bytes_kept
    capture = sa.select(sa.func.min(kept.c.id)).where(same).correlate(r).scalar_subquery()
    done = sa.select(again.c.reading_id).where(again.c.revision_id == r.c.id, again.c.cleaner == cleaner).correlate(r).exists()
    return (
        sa.select(r.c.id, r.c.article_id, r.c.body_sha256, r.c.published, a.c.url, d.c.entry)
        .add_columns(c.c.content_type, c.c.final_url, c.c.fetched_at)
        .join(x, x.c.revision_id == r.c.id)
        .join(a, a.c.id == r.c.article_id)
        .join(c, c.c.id == capture)
        .outerjoin(d, (d.c.source_id == c.c.source_id) & (d.c.article_id == r.c.article_id))
        .where(r.c.cleaner != cleaner, ~done, ~readings.waiting(r.c.id))
        .order_by(r.c.id)
    )


def _found(s: Session, query: sa.Select[Any]) -> tuple[ToReread, ...]:
    return tuple(
        ToReread(
            revision_id=row.id,
            article_id=row.article_id,
            body_sha256=row.body_sha256,
            content_type=row.content_type,
            url=row.final_url or row.url,
            fetched_at=row.fetched_at,
            entry=codec.load_entry(row.entry) if row.entry else Entry(row.url),
            given=row.published["basis"] == DateBasis.RECORD,
        )
        for row in s.execute(query)
    )


def bodies(s: Session, wanted: Collection[ToReread]) -> dict[int, bytes]:
    """Their bytes, by text; those that are gone after all are left out."""
    kept = {one.revision_id: blobs_of(s).get(s, one.body_sha256) for one in wanted}
    return {revision_id: body for revision_id, body in kept.items() if body is not None}


def entry_of(one: ToReread, body: bytes) -> Entry:
    """The source's entry as it was; where that gave the text itself, with its text."""
    return replace(one.entry, text=decode(body, one.content_type)) if one.given else one.entry


def save(s: Session, read: Sequence[tuple[ToReread, Cleaned]], *, now: datetime) -> None:
    """Note what another cleaner made of these texts, without the names that the law took out. Nothing shows it."""
    buried = buried_people(s)
    rows = []
    for one, cleaned in read:
        lawful = replace(cleaned, authors=tuple(name for name in cleaned.authors if not is_buried(name, buried)))
        reading_id = _reading(s, one, lawful)
        rows.append({"revision_id": one.revision_id, "cleaner": cleaned.cleaner, "reading_id": reading_id, "made_at": now})
    insert_new(s, t.rereadings, rows)


def _reading(s: Session, one: ToReread, cleaned: Cleaned) -> int:
    r, x = t.revisions, t.revision_texts
    same = (r.c.article_id == one.article_id) & (r.c.cleaner == cleaned.cleaner) & (r.c.text_sha256 == cleaned.text_sha256)
    held = s.execute(sa.select(r.c.id).where(same)).scalar()
    if held is not None:
        return int(held)
    query = sa.select(r, x.c.title).join(x, x.c.revision_id == r.c.id).where(r.c.id == one.revision_id)
    base = s.execute(query).mappings().one()
    if _is_same(dict(base), cleaned):
        return one.revision_id
    return new_revision(s, one.article_id, cleaned, one.body_sha256, base["seen_at"])


def _is_same(base: Mapping[str, Any], cleaned: Cleaned) -> bool:
    """Whether the cleaner read all that is told of a text as it was read before."""
    modified = codec.dump_date(cleaned.modified) if cleaned.modified else None
    told = (cleaned.text_sha256, cleaned.title, cleaned.lang, cleaned.via, cleaned.notice, list(cleaned.authors))
    dated = (codec.dump_date(cleaned.published), modified)
    held = tuple(base[name] for name in ("text_sha256", "title", "lang", "via", "notice", "authors"))
    return told == held and dated == (base["published"], base["modified"])


def stand_by_own(s: Session, topic_id: int, cleaner: str, *, now: datetime) -> None:
    """For a cleaner that is used again: what it had read itself is its reading, though another's stands in its place now."""
    r, held = t.revisions, t.topic_readings
    query = sa.select(r.c.id).join(held, held.c.revision_id == r.c.id)
    mine = query.where(held.c.topic_id == topic_id, held.c.closed_by.is_(None), r.c.cleaner == cleaner)
    ids = s.execute(mine).scalars().all()
    insert_new(s, t.rereadings, [{"revision_id": i, "cleaner": cleaner, "reading_id": i, "made_at": now} for i in ids])


def account(s: Session, topic_id: int, cleaner: str, made_by: datetime) -> Account:
    """What this cleaner made of the topic's texts by then."""
    r, ta, again = t.revisions, t.topic_articles, t.rereadings
    mine = sa.select(ta.c.article_id).where(ta.c.topic_id == topic_id)
    others = sa.select(sa.func.count()).select_from(r).where(r.c.article_id.in_(mine), r.c.cleaner != cleaner)
    read = others.join(again, (again.c.revision_id == r.c.id) & (again.c.cleaner == cleaner))
    all_ = s.execute(others.where(~readings.waiting(r.c.id))).scalar_one()
    done = s.execute(read.where(~readings.waiting(r.c.id))).scalar_one()
    refused = len(due(s, topic_id, cleaner))
    otherwise = len(readings.differing(s, topic_id, readings.Coming(cleaner, made_by)))
    return Account(done, otherwise, all_ - done - refused, refused)


def others(s: Session, topic_id: int, cleaner: str) -> tuple[str, ...]:
    """The cleaners that the topic's claims are pinned to, other than this one."""
    p, c = t.pins, t.claims
    query = sa.select(p.c.cleaner).join(c, c.c.id == p.c.claim_id).where(c.c.topic_id == topic_id, p.c.known_to.is_(None))
    found = s.execute(query.where(p.c.cleaner != cleaner, c.c.retired_at.is_(None)).distinct()).scalars()
    return tuple(sorted(found))
