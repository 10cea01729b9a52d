"""Articles: what sources named, what is to be fetched, and what is held. What came back is `storage.captures` (handed on here).

Reading texts is `storage.revisions`; what is done with them is others' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import UnknownName
from claimline.models import Discovered, Entry, Validators
from storage import codec, readings
from storage import tables as t
from storage.arrivals import Arrival, save_captures
from storage.article_keys import UrlKey, article_key, refusals
from storage.captures import MAX_ATTEMPTS, save_capture
from storage.records import DiscoverySaved, StoredArticle, StoredSource, ToFetch
from storage.sql import chunks, insert_many, insert_new

__all__ = [
    "BY_HAND",
    "CARRIED",
    "MAX_ATTEMPTS",
    "Arrival",
    "article",
    "article_by_url",
    "article_ids",
    "article_key",
    "articles",
    "ask_again",
    "due_for_recheck",
    "given_up",
    "is_taken_in",
    "pending_fetch",
    "save_capture",
    "save_captures",
    "save_discovery",
    "set_paused",
    "sources",
    "still_due",
]

CARRIED = ("files", "warc")  # kinds whose entries bring the article with them
BY_HAND = "one"  # the kind of an address that a person gave; once it is taken in, it has no more to say


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


def is_taken_in(source: StoredSource) -> bool:
    """Whether it is an address by hand that has named its article: then asking it again reaches nobody and tells nothing."""
    return source.kind == BY_HAND and source.last_answered_at is not None and source.validators != Validators()


def set_paused(s: Session, topic_id: int, source_id: int, paused: bool) -> None:
    ts = t.topic_sources
    s.execute(sa.update(ts).where(ts.c.topic_id == topic_id, ts.c.source_id == source_id).values(paused=paused))


# --- discovery ------------------------------------------------------------------------------------------------------


def save_discovery(
    s: Session, source_id: int, topic_id: int, found: Discovered, *, now: datetime, url_key: UrlKey | None = None
) -> DiscoverySaved:
    """Articles, aliases, discoveries and the source's validators, all or nothing.

    Every topic that looks at the source gets its articles. An entry whose own words changed is due for another look, and what
    was given up is when another source names it.
    """
    where, refuses = article_key(s, source_id, url_key), refusals(s)
    named = [(where(entry.url), entry) for entry in found.entries]
    kept = [(key, entry) for key, entry in named if not refuses(key)]
    held = _by_keys(s, [key for key, _ in kept])
    first: dict[str, Entry] = {}
    known: list[int] = []
    for key, entry in kept:
        if key in held:
            known.append(held[key])
        elif key not in first:
            first[key] = entry
    made = _new_articles(s, first, now)
    known += [made[key] for key, entry in kept if key in first and first[key] is not entry]
    ids = held | made
    _save_entries(s, source_id, [(ids[key], entry) for key, entry in kept], now)
    _link(s, source_id, topic_id, [*made.values(), *known], now)
    _source_answered(s, source_id, found, now)
    return DiscoverySaved(tuple(made.values()), tuple(dict.fromkeys(known)), len(named) - len(kept))


def article_ids(s: Session, source_id: int, urls: Iterable[str], *, url_key: UrlKey | None = None) -> dict[str, int]:
    """The articles behind addresses as a source writes them; unknown ones are left out."""
    key = article_key(s, source_id, url_key)
    keys = {url: key(url) for url in dict.fromkeys(urls)}
    held = _by_keys(s, keys.values())
    return {url: held[k] for url, k in keys.items() if k in held}


def _by_key(s: Session, key: str) -> int | None:
    return _by_keys(s, [key]).get(key)


def _by_keys(s: Session, keys: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for batch in chunks(dict.fromkeys(keys)):
        found.update(
            s.execute(sa.select(t.aliases.c.key, t.aliases.c.article_id).where(t.aliases.c.key.in_(batch))).tuples().all()
        )
    return found


def _new_articles(s: Session, first: Mapping[str, Entry], now: datetime) -> dict[str, int]:
    """An article with its alias for each key, in the order given."""
    common = {"first_seen": now, "state": "new", "attempts": 0}
    insert_many(s, t.articles, [{"key": key, "url": entry.url, **common} for key, entry in first.items()])
    ids: dict[str, int] = {}
    for batch in chunks(first):
        ids.update(s.execute(sa.select(t.articles.c.key, t.articles.c.id).where(t.articles.c.key.in_(batch))).tuples().all())
    aliases = [{"key": key, "url": entry.url, "article_id": ids[key], "created_at": now} for key, entry in first.items()]
    insert_many(s, t.aliases, aliases)
    return {key: ids[key] for key in first}


def _save_entries(s: Session, source_id: int, entries: Sequence[tuple[int, Entry]], now: datetime) -> None:
    d, a = t.discoveries, t.articles
    held: dict[int, Any] = {}
    for batch in chunks(dict.fromkeys(article_id for article_id, _ in entries)):
        query = sa.select(d.c.article_id, d.c.entry).where(d.c.source_id == source_id, d.c.article_id.in_(batch))
        held.update(s.execute(query).tuples().all())
    new: dict[int, Any] = {}
    for article_id, entry in entries:
        data = codec.dump_entry(entry)
        before = held.get(article_id)
        if before is None:
            new[article_id] = data
        elif before != data:
            if article_id in new:
                new[article_id] = data
            else:
                where = (d.c.source_id == source_id) & (d.c.article_id == article_id)
                s.execute(sa.update(d).where(where).values(entry=data))
            if before.get("updated") != data.get("updated"):
                s.execute(sa.update(a).where(a.c.id == article_id, a.c.state == "captured").values(next_fetch_at=now))
                _once_more(s, [article_id], now)
        held[article_id] = data
    _once_more(s, new, now)
    rows = [{"source_id": source_id, "article_id": of, "entry": data, "found_at": now} for of, data in new.items()]
    insert_many(s, d, rows)


def _once_more(s: Session, article_ids: Iterable[int], now: datetime) -> None:
    """What was given up is asked for once more when a source names it anew."""
    a = t.articles
    for batch in chunks(article_ids):
        s.execute(sa.update(a).where(a.c.state == "given-up", a.c.id.in_(batch)).values(state="failing", next_fetch_at=now))


def ask_again(s: Session, article_id: int, *, now: datetime) -> None:
    """A person asks for it now, whatever came of it before: what failed, was left or given up, and what may have changed."""
    a = t.articles
    mine = sa.update(a).where(a.c.id == article_id)
    s.execute(mine.where(a.c.state.in_(["failing", "given-up", "left"])).values(state="failing", next_fetch_at=now))
    s.execute(mine.where(a.c.state.in_(["captured", "gone"])).values(next_fetch_at=now))


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

_AGAIN_ONE_DAY = t.articles.c.next_fetch_at.is_not(None)
_WITHOUT_TEXT = t.articles.c.state.in_(["new", "failing"]) | (t.articles.c.state == "left") & _AGAIN_ONE_DAY
_LOOKED_AT_AGAIN = t.articles.c.state.in_(["captured", "gone"]) & _AGAIN_ONE_DAY


def pending_fetch(s: Session, topic_id: int, *, now: datetime, limit: int = 1000) -> tuple[ToFetch, ...]:
    """Articles that never gave a text and are not given up: those never tried, then those due again, each oldest first."""
    return _to_fetch(s, _NEVER_READ, topic_id, now, limit)


def due_for_recheck(s: Session, topic_id: int, *, now: datetime, limit: int = 1000) -> tuple[ToFetch, ...]:
    """Articles whose text may have changed since it was last looked at."""
    return _to_fetch(s, _DUE_AGAIN, topic_id, now, limit)


def still_due(s: Session, article_ids: Iterable[int], *, now: datetime) -> set[int]:
    """Those of the articles that wait to be fetched now: what another run has looked at meanwhile is not among them."""
    a = t.articles
    found: set[int] = set()
    for batch in chunks(article_ids):
        query = sa.select(a.c.id).where(a.c.id.in_(batch), _WITHOUT_TEXT | _LOOKED_AT_AGAIN, _its_time(now))
        found.update(s.execute(query).scalars())
    return found


def given_up(s: Session, topic_id: int) -> int:
    """How many of the topic's articles were asked for until we gave up, and never had."""
    a, ta = t.articles, t.topic_articles
    mine = sa.select(ta.c.article_id).where(ta.c.topic_id == topic_id)
    lost = (a.c.state == "given-up") & (a.c.attempts >= MAX_ATTEMPTS) & a.c.id.in_(mine)
    return s.execute(sa.select(sa.func.count()).select_from(a).where(lost)).scalar_one()


def _its_time(now: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    return t.articles.c.next_fetch_at.is_(None) | (t.articles.c.next_fetch_at <= now)


def _of_a_topic(which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    a, d, ta, ts = t.articles, t.discoveries, t.topic_articles, t.topic_sources
    topic_id: sa.BindParameter[int] = sa.bindparam("topic")
    first = (
        sa.select(sa.func.min(d.c.id))
        .join(ts, (ts.c.source_id == d.c.source_id) & (ts.c.topic_id == topic_id))
        .join(t.sources, t.sources.c.id == d.c.source_id)
        .where(d.c.article_id == a.c.id, ts.c.retired_at.is_(None), t.sources.c.kind.not_in(CARRIED))
        .correlate(a)
        .scalar_subquery()
    )
    return (
        sa.select(a, d.c.entry, d.c.source_id, t.sources.c.kind, ts.c.spec)
        .join(ta, (ta.c.article_id == a.c.id) & (ta.c.topic_id == topic_id))
        .join(d, d.c.id == first)
        .join(t.sources, t.sources.c.id == d.c.source_id)
        .join(ts, (ts.c.source_id == d.c.source_id) & (ts.c.topic_id == topic_id))
        .where(which, _its_time(sa.bindparam("now")))
        .order_by(sa.case((a.c.next_fetch_at.is_(None), 0), else_=1), a.c.id)
        .limit(sa.bindparam("most", type_=sa.Integer()))
    )


# Made once: each round of a run asks for both.
_NEVER_READ, _DUE_AGAIN = _of_a_topic(_WITHOUT_TEXT), _of_a_topic(_LOOKED_AT_AGAIN)


def _to_fetch(s: Session, query: sa.Select[Any], topic_id: int, now: datetime, limit: int) -> tuple[ToFetch, ...]:
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
        for r in s.execute(query, {"topic": topic_id, "now": now, "most": limit}).mappings()
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
            revision_id=r["text_id"],
        )
        for r in s.execute(_ARTICLES.where(where)).mappings()
    ]


def _told_articles() -> sa.Select[Any]:
    a, x = t.articles, t.revision_texts
    text = readings.current_anywhere()
    query = sa.select(a, x.c.title, text.label("text_id")).select_from(a).outerjoin(x, x.c.revision_id == text)
    return query.order_by(a.c.id)


_ARTICLES = _told_articles()
