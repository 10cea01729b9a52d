"""Articles from discovery to capture: what sources named, what came back, which text it carried.

Reading texts is `storage.revisions`; what is done with them is others' business. The fetch state on an article is the only thing
here that is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import UnknownName
from claimline.models import Cause, Cleaned, Discovered, Entry, Fetched, Skip, Validators
from storage import codec
from storage import tables as t
from storage.blobs import blobs_of
from storage.records import CaptureSaved, DiscoverySaved, StoredArticle, StoredSource, ToFetch
from storage.sql import insert_id, insert_new, stable_key, topics_of_article, touch
from storage.stands import RETRACTION

UrlKey = Callable[[str], str]

MAX_ATTEMPTS = 5
CARRIED = ("files", "warc")  # kinds whose entries bring the article with them
_RECHECK_FIRST = timedelta(hours=6)
_RECHECK_FOR = timedelta(days=60)
_GONE = frozenset({404, 410})


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
    refuses = _tombstones(s)
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


def article_key(s: Session, source_id: int | None, url_key: UrlKey | None = None) -> UrlKey:
    """How this source's addresses become keys: a path is only an address within its own folder."""
    if url_key is None:
        from claimline.sources.urlkey import url_key as default

        url_key = default
    key_of = url_key
    scope = s.execute(sa.select(t.sources.c.kind, t.sources.c.locator).where(t.sources.c.id == source_id)).first()

    def key(url: str) -> str:
        if "://" in url or url.startswith("//") or scope is None:
            return key_of(url)
        return f"{scope.kind}:{scope.locator}#{key_of(url)}"

    return key


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


def _tombstones(s: Session) -> Callable[[str], bool]:
    """Whether the law keeps an address out; addresses are only known here by their hash."""
    rows = s.execute(sa.select(t.tombstones.c.kind, t.tombstones.c.subject_sha256)).all()
    buried = {(r.kind, r.subject_sha256) for r in rows}

    def refuses(key: str) -> bool:
        if not buried:
            return False
        host = key.split("://", 1)[-1].split("/", 1)[0].lower()
        parents = [host.split(".", i)[-1] for i in range(host.count(".") + 1)]
        return ("url", digest(key)) in buried or any(("host", digest(h)) in buried for h in parents)

    return refuses


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


# --- what is to be fetched ------------------------------------------------------------------------------------------


def pending_fetch(s: Session, topic_id: int, *, now: datetime, limit: int = 1000) -> tuple[ToFetch, ...]:
    """Articles that never gave a text and are not given up, oldest first."""
    return _to_fetch(s, topic_id, t.articles.c.state.in_(["new", "failing"]), now, limit)


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
        .order_by(a.c.id)
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


# --- captures -------------------------------------------------------------------------------------------------------


def save_capture(
    s: Session,
    article_id: int,
    came: Fetched | Skip,
    cleaned: Cleaned | None,
    *,
    source_id: int | None,
    now: datetime,
    alias: str | None = None,
    store: str = "full",
    url_key: UrlKey | None = None,
) -> CaptureSaved:
    """What came back for an article and the text that it carried.

    A text that stands already makes no new row; one that stood before and is back makes a sighting. Bytes are kept only when
    they made a revision and the source is stored in full.
    """
    if _is_purged(s, article_id):
        return CaptureSaved(None, False, "gone")
    if alias:
        _save_alias(s, article_id, alias, source_id, now, url_key)
    if isinstance(came, Skip):
        return _not_captured(s, article_id, source_id, came.reason, came.detail, now, retry=came.failed)
    if came.not_modified:
        _checked(s, article_id, now, came.validators)
        return CaptureSaved(_current(s, article_id), False, "not-modified")
    if came.status in _GONE:
        return _gone(s, article_id, source_id, came, now)
    if cleaned is None:
        return _not_captured(s, article_id, source_id, "no-text", "", now, retry=came.status >= 500, status=came.status)
    return _captured(s, article_id, source_id, came, cleaned, now, store)


def _captured(
    s: Session, article_id: int, source_id: int | None, came: Fetched, cleaned: Cleaned, now: datetime, store: str
) -> CaptureSaved:
    before = _current(s, article_id)
    revision_id = _revision_like(s, article_id, cleaned)
    body_hash = sha256(came.body).hexdigest()
    if revision_id is not None and revision_id == before:
        _checked(s, article_id, now, came.validators)
        return CaptureSaved(revision_id, False, "unchanged")
    is_new = revision_id is None
    if revision_id is None:
        revision_id = _new_revision(s, article_id, cleaned, body_hash, came.fetched_at)
        if store == "full":
            blobs_of(s).put(s, body_hash, came.body, now)
    capture_id = _new_capture(s, article_id, source_id, came, body_hash, kept=is_new and store == "full")
    sighting = {"capture_id": capture_id, "revision_id": revision_id, "article_id": article_id, "seen_at": came.fetched_at}
    s.execute(sa.insert(t.sightings).values(**sighting))
    _settle(s, article_id, cleaned, revision_id, came, now)
    if before is not None:
        cause = _news(s, before, cleaned, body_hash)
        for topic_id in topics_of_article(s, article_id):
            touch(s, topic_id, cause, now, article_id=article_id)
    return CaptureSaved(revision_id, is_new, "new" if before is None else "revised")


def _news(s: Session, before: int, cleaned: Cleaned, body_hash: str) -> Cause:
    if cleaned.notice == RETRACTION:
        return Cause.RETRACTED
    r = t.revisions
    held = s.execute(sa.select(r.c.cleaner, r.c.body_sha256).where(r.c.id == before)).one()
    same_page = held.body_sha256 == body_hash and held.cleaner != cleaned.cleaner
    return Cause.NEW_CLEANER if same_page else Cause.EDITED_ARTICLE


def _revision_like(s: Session, article_id: int, cleaned: Cleaned) -> int | None:
    r = t.revisions
    where = (r.c.article_id == article_id) & (r.c.cleaner == cleaned.cleaner) & (r.c.text_sha256 == cleaned.text_sha256)
    return s.execute(sa.select(r.c.id).where(where)).scalar()


def _new_revision(s: Session, article_id: int, cleaned: Cleaned, body_hash: str, seen_at: datetime) -> int:
    key = s.execute(sa.select(t.articles.c.key).where(t.articles.c.id == article_id)).scalar_one()
    revision_id = insert_id(
        s,
        t.revisions,
        key=stable_key(key, cleaned.cleaner, cleaned.text_sha256),
        article_id=article_id,
        cleaner=cleaned.cleaner,
        text_sha256=cleaned.text_sha256,
        body_sha256=body_hash,
        seen_at=seen_at,
        lang=cleaned.lang,
        lang_confidence=cleaned.lang_confidence,
        outlet=cleaned.outlet,
        authors=list(cleaned.authors),
        via=cleaned.via,
        notice=cleaned.notice,
        published_day=cleaned.published.day,
        published=codec.dump_date(cleaned.published),
        modified=codec.dump_date(cleaned.modified) if cleaned.modified else None,
    )
    s.execute(sa.insert(t.revision_texts).values(revision_id=revision_id, title=cleaned.title, text=cleaned.text))
    return revision_id


def _new_capture(
    s: Session, article_id: int, source_id: int | None, came: Fetched, body_hash: str | None, *, kept: bool = False
) -> int:
    return insert_id(
        s,
        t.captures,
        article_id=article_id,
        source_id=source_id,
        fetched_at=_free_moment(s, article_id, came.fetched_at),
        status=came.status,
        final_url=came.final_url,
        content_type=came.content_type,
        body_sha256=body_hash,
        bytes_kept=kept,
        checks=1,
    )


def _free_moment(s: Session, article_id: int, at: datetime) -> datetime:
    """Two captures of one moment (a simulated clock) are kept apart by a microsecond."""
    c = t.captures
    taken = s.execute(sa.select(c.c.fetched_at).where(c.c.article_id == article_id, c.c.fetched_at >= at)).scalars().all()
    while at in taken:
        at += timedelta(microseconds=1)
    return at


def _settle(s: Session, article_id: int, cleaned: Cleaned, revision_id: int, came: Fetched, now: datetime) -> None:
    a = t.articles
    row = s.execute(sa.select(a.c.first_seen, a.c.outlet).where(a.c.id == article_id)).one()
    s.execute(
        sa.update(a)
        .where(a.c.id == article_id)
        .values(
            state="captured",
            attempts=0,
            last_error=None,
            current_revision_id=revision_id,
            outlet=row.outlet or cleaned.outlet,
            first_seen=min(row.first_seen, came.fetched_at),
            last_checked_at=now,
            next_fetch_at=now + _RECHECK_FIRST,
            etag=came.validators.etag,
            last_modified=came.validators.last_modified,
        )
    )


def _checked(s: Session, article_id: int, now: datetime, validators: Validators | None = None) -> None:
    """The article stands as it stood; it is looked at again after a quarter of the time that we know it."""
    a = t.articles
    first_seen = s.execute(sa.select(a.c.first_seen).where(a.c.id == article_id)).scalar_one()
    age = now - first_seen
    due = now + max(_RECHECK_FIRST, age / 4) if age < _RECHECK_FOR else None
    values: dict[str, object] = {"state": "captured", "attempts": 0, "last_error": None}
    if validators is not None and (validators.etag or validators.last_modified):
        values |= {"etag": validators.etag, "last_modified": validators.last_modified}
    s.execute(sa.update(a).where(a.c.id == article_id).values(last_checked_at=now, next_fetch_at=due, **values))
    last = sa.select(sa.func.max(t.captures.c.id)).where(t.captures.c.article_id == article_id).scalar_subquery()
    s.execute(sa.update(t.captures).where(t.captures.c.id == last).values(checks=t.captures.c.checks + 1, last_checked_at=now))


def _gone(s: Session, article_id: int, source_id: int | None, came: Fetched, now: datetime) -> CaptureSaved:
    """A page that is no longer there is only marked: its words stood in print."""
    current = _current(s, article_id)
    held = s.execute(sa.select(t.articles.c.state, t.articles.c.attempts).where(t.articles.c.id == article_id)).one()
    if held.state != "gone":
        _new_capture(s, article_id, source_id, came, None)
    due = now + timedelta(days=7) if held.attempts < MAX_ATTEMPTS and current is not None else None
    values = {"state": "gone", "last_error": f"gone ({came.status})", "attempts": held.attempts + 1}
    s.execute(sa.update(t.articles).where(t.articles.c.id == article_id).values(last_checked_at=now, next_fetch_at=due, **values))
    return CaptureSaved(current, False, "gone")


def _not_captured(
    s: Session,
    article_id: int,
    source_id: int | None,
    reason: str,
    detail: str,
    now: datetime,
    *,
    retry: bool,
    status: int | None = None,
) -> CaptureSaved:
    a, c = t.articles, t.captures
    held = s.execute(sa.select(a.c.attempts, a.c.current_revision_id).where(a.c.id == article_id)).one()
    attempts = held.attempts + 1
    state = "given-up" if not retry or attempts >= MAX_ATTEMPTS else "failing"
    if held.current_revision_id is not None:
        state = "captured"
    due = now + timedelta(minutes=5) * 4 ** min(attempts - 1, 5)
    error = f"{reason}: {detail}" if detail else reason
    values = {"state": state, "attempts": attempts, "last_error": error, "last_checked_at": now, "next_fetch_at": due}
    s.execute(sa.update(a).where(a.c.id == article_id).values(**values))
    last = s.execute(sa.select(c).where(c.c.article_id == article_id).order_by(c.c.id.desc()).limit(1)).mappings().first()
    if last is not None and last["reason"] == reason:
        s.execute(sa.update(c).where(c.c.id == last["id"]).values(checks=last["checks"] + 1, last_checked_at=now))
    else:
        at = _free_moment(s, article_id, now)
        row = {"article_id": article_id, "source_id": source_id, "fetched_at": at, "status": status}
        s.execute(sa.insert(c).values(**row, reason=reason, detail=detail, bytes_kept=False, checks=1))
    return CaptureSaved(held.current_revision_id, False, "failed")


def _save_alias(s: Session, article_id: int, url: str, source_id: int | None, now: datetime, url_key: UrlKey | None) -> None:
    key = article_key(s, source_id, url_key)(url)
    insert_new(s, t.aliases, [{"key": key, "url": url, "article_id": article_id, "created_at": now}])


def _is_purged(s: Session, article_id: int) -> bool:
    return s.execute(sa.select(t.articles.c.state).where(t.articles.c.id == article_id)).scalar() == "purged"


def _current(s: Session, article_id: int) -> int | None:
    return s.execute(sa.select(t.articles.c.current_revision_id).where(t.articles.c.id == article_id)).scalar()


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
