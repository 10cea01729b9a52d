"""Articles: what sources named, what is to be fetched, and what is held. What came back is `storage.captures` (handed on here).

Reading texts is `storage.revisions`; what is done with them is others' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import UnknownName
from claimline.models import Discovered, Entry, Validators
from storage import codec
from storage import tables as t
from storage.article_keys import UrlKey, article_key, refusals
from storage.captures import MAX_ATTEMPTS, save_capture
from storage.records import DiscoverySaved, StoredArticle, StoredSource, ToFetch
from storage.sql import insert_id, insert_new

__all__ = [
    "CARRIED",
    "MAX_ATTEMPTS",
    "article",
    "article_by_url",
    "article_ids",
    "article_key",
    "articles",
    "due_for_recheck",
    "pending_fetch",
    "save_capture",
    "save_discovery",
    "set_paused",
    "sources",
]

CARRIED = ("files", "warc")  # kinds whose entries bring the article with them


# --- sources --------------------------------------------------------------------------------------------------------


def sources(s: Session, topic_id: int, *, retired: bool = False) -> tuple[StoredSource, ...]:
    """The topic's sources in the order of its file."""
    ts, src = t.topic_sources, t.sources
    query = sa.select(src, ts.c.spec, ts.c.paused).join(ts, ts.c.source_id == src.c.id).where(ts.c.topic_id == topic_id)
    if not retired:
        query = query.where(ts.c.retired_at.is_(None))
    return tuple(
        StoredSource(
            id=r["id"],
            kind=r["kind"],
            locator=r["locator"],
            spec=codec.load_source_spec(r["spec"]),
            validators=Validators(r["etag"], r["last_modified"], r["body_sha256"]),
            paused=r["paused"],
            failures=r["failures"],
            last_answered_at=r["last_answered_at"],
            next_due_at=r["next_due_at"],
            last_error=r["last_error"],
        )
        for r in s.execute(query.order_by(ts.c.position, src.c.id)).mappings()
    )


def set_paused(s: Session, topic_id: int, source_id: int, paused: bool) -> None:
    ts = t.topic_sources
    s.execute(sa.update(ts).where(ts.c.topic_id == topic_id, ts.c.source_id == source_id).values(paused=paused))


# --- discovery ------------------------------------------------------------------------------------------------------


def save_discovery(
    s: Session, source_id: int, topic_id: int, found: Discovered, *, now: datetime, url_key: UrlKey | None = None
) -> DiscoverySaved:
    """Articles, aliases, discoveries and the source's validators, all or nothing.

    Every topic that looks at the source gets its articles. An entry whose own words changed is due for another look.
    """
    where = article_key(s, source_id, url_key)
    refuses = refusals(s)
    new: list[int] = []
    known: list[int] = []
    refused = 0
    for entry in found.entries:
        key = where(entry.url)
        if refuses(key):
            refused += 1
            continue
        article_id = _by_key(s, key)
        if article_id is None:
            article_id = _new_article(s, key, entry, now)
            new.append(article_id)
        else:
            known.append(article_id)
        _save_entry(s, source_id, article_id, entry, now)
    _link(s, source_id, topic_id, [*new, *known], now)
    _source_answered(s, source_id, found, now)
    return DiscoverySaved(tuple(new), tuple(dict.fromkeys(known)), refused)


def article_ids(s: Session, source_id: int, urls: Iterable[str], *, url_key: UrlKey | None = None) -> dict[str, int]:
    """The articles behind addresses as a source writes them; unknown ones are left out."""
    key = article_key(s, source_id, url_key)
    found = {url: _by_key(s, key(url)) for url in dict.fromkeys(urls)}
    return {url: article_id for url, article_id in found.items() if article_id is not None}


def _by_key(s: Session, key: str) -> int | None:
    return s.execute(sa.select(t.aliases.c.article_id).where(t.aliases.c.key == key)).scalar()


def _new_article(s: Session, key: str, entry: Entry, now: datetime) -> int:
    article_id = insert_id(s, t.articles, key=key, url=entry.url, first_seen=now, state="new", attempts=0)
    s.execute(sa.insert(t.aliases).values(key=key, url=entry.url, article_id=article_id, created_at=now))
    return article_id


def _save_entry(s: Session, source_id: int, article_id: int, entry: Entry, now: datetime) -> None:
    d = t.discoveries
    where = (d.c.source_id == source_id) & (d.c.article_id == article_id)
    held = s.execute(sa.select(d.c.entry).where(where)).scalar()
    data = codec.dump_entry(entry)
    if held is None:
        s.execute(sa.insert(d).values(source_id=source_id, article_id=article_id, entry=data, found_at=now))
    elif held != data:
        s.execute(sa.update(d).where(where).values(entry=data))
        if held.get("updated") != data.get("updated"):
            fetched = (t.articles.c.id == article_id) & (t.articles.c.state == "captured")
            s.execute(sa.update(t.articles).where(fetched).values(next_fetch_at=now))


def _link(s: Session, source_id: int, topic_id: int, article_ids: Iterable[int], now: datetime) -> None:
    sharing = sa.select(t.topic_sources.c.topic_id).where(t.topic_sources.c.source_id == source_id)
    topic_ids = {topic_id, *s.execute(sharing).scalars()}
    ids = dict.fromkeys(article_ids)
    insert_new(s, t.topic_articles, [{"topic_id": p, "article_id": a, "added_at": now} for p in sorted(topic_ids) for a in ids])


def _source_answered(s: Session, source_id: int, found: Discovered, now: datetime) -> None:
    values: dict[str, object] = {"failures": 0, "last_error": None, "last_asked_at": now, "last_answered_at": now}
    if not found.not_modified:
        values |= asdict(found.validators)
    s.execute(sa.update(t.sources).where(t.sources.c.id == source_id).values(**values))


# --- what is to be fetched ------------------------------------------------------------------------------------------


def pending_fetch(s: Session, topic_id: int, *, now: datetime, limit: int = 1000) -> tuple[ToFetch, ...]:
    """Articles that never gave a text and are not given up: those never tried, then those due again, each oldest first."""
    waits = t.articles.c.state.in_(["new", "failing"])
    left = (t.articles.c.state == "left") & t.articles.c.next_fetch_at.is_not(None)
    return _to_fetch(s, topic_id, waits | left, now, limit)


def due_for_recheck(s: Session, topic_id: int, *, now: datetime, limit: int = 1000) -> tuple[ToFetch, ...]:
    """Articles whose text may have changed since it was last looked at."""
    due = t.articles.c.state.in_(["captured", "gone"]) & t.articles.c.next_fetch_at.is_not(None)
    return _to_fetch(s, topic_id, due, now, limit)


def _to_fetch(s: Session, topic_id: int, which: sa.ColumnElement[bool], now: datetime, limit: int) -> tuple[ToFetch, ...]:
    a, d, ta, ts = t.articles, t.discoveries, t.topic_articles, t.topic_sources
    first = (
        sa.select(sa.func.min(d.c.id))
        .join(ts, (ts.c.source_id == d.c.source_id) & (ts.c.topic_id == topic_id))
        .join(t.sources, t.sources.c.id == d.c.source_id)
        .where(d.c.article_id == a.c.id, ts.c.retired_at.is_(None), t.sources.c.kind.not_in(CARRIED))
        .correlate(a)
        .scalar_subquery()
    )
    query = (
        sa.select(a, d.c.entry, d.c.source_id, t.sources.c.kind, ts.c.spec)
        .join(ta, (ta.c.article_id == a.c.id) & (ta.c.topic_id == topic_id))
        .join(d, d.c.id == first)
        .join(t.sources, t.sources.c.id == d.c.source_id)
        .join(ts, (ts.c.source_id == d.c.source_id) & (ts.c.topic_id == topic_id))
        .where(which, a.c.next_fetch_at.is_(None) | (a.c.next_fetch_at <= now))
        .order_by(sa.case((a.c.next_fetch_at.is_(None), 0), else_=1), a.c.id)
        .limit(limit)
    )
    return tuple(
        ToFetch(
            article_id=r["id"],
            url=r["url"],
            entry=codec.load_entry(r["entry"]),
            source_id=r["source_id"],
            source_kind=r["kind"],
            spec=codec.load_source_spec(r["spec"]),
            validators=Validators(r["etag"], r["last_modified"], None),
            attempts=r["attempts"],
        )
        for r in s.execute(query).mappings()
    )


# --- reading --------------------------------------------------------------------------------------------------------


def article(s: Session, article_id: int) -> StoredArticle:
    found = _articles(s, t.articles.c.id == article_id)
    if not found:
        raise UnknownName("article", str(article_id))
    return found[0]


def article_by_url(s: Session, url: str, *, url_key: UrlKey | None = None) -> StoredArticle:
    """The article at an address, or at one of its aliases; a relative path works where it is the only one."""
    article_id = _by_key(s, article_key(s, None, url_key)(url))
    found = _articles(s, t.articles.c.id == article_id) if article_id is not None else _articles(s, t.articles.c.url == url)
    if len(found) != 1:
        raise UnknownName("article", url, [f"{len(found)} articles have this path"] if found else ())
    return found[0]


def articles(s: Session, topic_id: int, *, states: Sequence[str] = ()) -> tuple[StoredArticle, ...]:
    mine = sa.select(t.topic_articles.c.article_id).where(t.topic_articles.c.topic_id == topic_id)
    where = t.articles.c.id.in_(mine)
    return tuple(_articles(s, where & t.articles.c.state.in_(states) if states else where))


def _articles(s: Session, where: sa.ColumnElement[bool]) -> list[StoredArticle]:
    a, x = t.articles, t.revision_texts
    query = sa.select(a, x.c.title).outerjoin(x, x.c.revision_id == a.c.current_revision_id).where(where).order_by(a.c.id)
    return [
        StoredArticle(
            id=r["id"],
            key=r["key"],
            url=r["url"],
            outlet=r["outlet"],
            title=r["title"],
            state=r["state"],
            first_seen=r["first_seen"],
            attempts=r["attempts"],
            last_error=r["last_error"],
            revision_id=r["current_revision_id"],
        )
        for r in s.execute(query).mappings()
    ]
