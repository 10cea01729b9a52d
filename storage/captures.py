"""What came back for an article: captures, revisions, sightings, and the fetch state that follows.

What a text is to those before it is decided in `claimline.revisions` and carried out here. The fetch state on an article is the
only thing here that is changed in place.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline import revisions
from claimline.models import Cause, Cleaned, Fetched, Skip
from claimline.revisions import Kind, RevisionLine
from claimline.sources.schedule import Looked, next_look
from storage import codec, readings
from storage import tables as t
from storage.article_keys import UrlKey, article_key
from storage.blobs import blobs_of
from storage.rechecks import Check, live_articles, save_checks
from storage.records import CaptureSaved
from storage.sql import insert_id, insert_new, stable_key, topics_of_article, touch
from storage.stands import RETRACTION

# An article without a text is asked for again after five minutes, then later and later, once a day at the end. That is a
# fortnight at least, however often runs come: a host that is away for a week, or asks us to wait for days, loses us nothing.
MAX_ATTEMPTS = 19
_FIRST_RETRY = timedelta(minutes=5)
_LONGEST_RETRY = timedelta(days=1)
# A text that we hold is no longer there, or cannot be had: this often is asked, and so long waited at most.
_GONE_ATTEMPTS = 5
_LONGEST_RECHECK = timedelta(days=4)
_LONGEST_ASKED_FOR = timedelta(days=6)  # what a host may ask for (Retry-After), as with sources
# What we chose not to read, and after how long we ask again whether we may. The short one is for the next run.
_LEFT = {
    "robots": timedelta(days=1),
    "tdm-reserved": timedelta(days=7),
    "private-address": timedelta(days=7),
    "budget": timedelta(minutes=5),
}
_LEFT_FOR = timedelta(days=60)
GONE = frozenset({404, 410})
# What a text that is not the article's current one means for the ledger.
_CAUSES = {
    Kind.FIRST: Cause.LATE_ARTICLE,  # older than all that was seen so far
    Kind.EDITED: Cause.EDITED_ARTICLE,
    Kind.BACK: Cause.EDITED_ARTICLE,
}


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
        at_least = timedelta(seconds=min(came.retry_after_s or 0.0, _LONGEST_ASKED_FOR.total_seconds()))
        return _not_captured(s, article_id, source_id, came.reason, came.detail, now, retry=came.failed, at_least=at_least)
    if came.not_modified:
        save_checks(s, [Check(article_id, came.validators)], now)
        return CaptureSaved(_current(s, article_id), False, "not-modified")
    if came.status in GONE:
        return _gone(s, article_id, source_id, came, now)
    if cleaned is None:
        return _not_captured(s, article_id, source_id, "no-text", "", now, retry=came.status >= 500, status=came.status)
    return _captured(s, article_id, source_id, came, cleaned, now, store)


def _captured(
    s: Session, article_id: int, source_id: int | None, came: Fetched, cleaned: Cleaned, now: datetime, store: str
) -> CaptureSaved:
    before = _current(s, article_id)
    known = _known(s, article_id) if before is not None else []
    late = before is not None and _is_late(s, article_id, came)
    stood = _stood_at(s, article_id, came.fetched_at) if late else before
    body_hash = sha256(came.body).hexdigest()
    decision = revisions.decide(known, stood, cleaned, body_sha256=body_hash)
    if decision.kind in (Kind.SAME, Kind.TRIVIAL, Kind.RECLEANED):  # another cleaner's reading waits for its replay
        if not late:
            save_checks(s, [Check(article_id, came.validators, came.fetched_at)], now)
        return CaptureSaved(stood, False, "unchanged")
    if late and decision.matches is not None and _seen_so_later_that_day(s, article_id, decision.matches, came.fetched_at):
        return CaptureSaved(decision.matches, False, "unchanged")
    revision_id = decision.matches
    if revision_id is None:
        revision_id = new_revision(s, article_id, cleaned, body_hash, came.fetched_at)
        if store == "full":
            blobs_of(s).put(s, body_hash, came.body, now)
    capture_id = _new_capture(s, article_id, source_id, came, body_hash, kept=decision.new and store == "full")
    sighting = {"capture_id": capture_id, "revision_id": revision_id, "article_id": article_id, "seen_at": came.fetched_at}
    s.execute(sa.insert(t.sightings).values(**sighting))
    if not late:
        _settle(s, article_id, cleaned, revision_id, came, now)
    if before is not None:
        cause = Cause.RETRACTED if cleaned.notice == RETRACTION else _CAUSES[decision.kind]
        for topic_id in topics_of_article(s, article_id):
            touch(s, topic_id, cause, now, article_id=article_id)
    return CaptureSaved(revision_id, decision.new, "new" if before is None else "revised")


def _known(s: Session, article_id: int) -> list[RevisionLine]:
    """The article's texts, in the order in which they came. What another cleaner made of one goes by the id of that one."""
    r, again = t.revisions, t.rereadings
    columns = (r.c.id, r.c.cleaner, r.c.text_sha256, r.c.body_sha256, r.c.fingerprint)
    mine = r.c.article_id == article_id
    seen = sa.select(*columns).where(mine, ~readings.waiting(r.c.id)).order_by(r.c.id)
    read_again = sa.select(again.c.revision_id, *columns[1:]).join(again, again.c.reading_id == r.c.id)
    others = read_again.where(mine, again.c.revision_id != r.c.id).order_by(again.c.revision_id, r.c.id)
    return [RevisionLine(*row) for query in (seen, others) for row in s.execute(query)]


def _is_late(s: Session, article_id: int, came: Fetched) -> bool:
    """Whether this is how the page looked before it was seen otherwise: an archive that is read late."""
    g = t.sightings
    later = sa.select(g.c.id).where(g.c.article_id == article_id, g.c.seen_at > came.fetched_at)
    return s.execute(later.limit(1)).first() is not None


def _seen_so_later_that_day(s: Session, article_id: int, revision_id: int, at: datetime) -> bool:
    """Whether the next look at the page, on the same day, found this text: of two looks at once the later was written first.

    What a text says about history has a day, not an hour: the look before it is no news.
    """
    g = t.sightings
    later = sa.select(g.c.revision_id, g.c.seen_at).where(g.c.article_id == article_id, g.c.seen_at > at)
    following = s.execute(later.order_by(g.c.seen_at, g.c.id).limit(1)).one()
    return bool(following.revision_id == revision_id and following.seen_at.date() == at.date())


def _stood_at(s: Session, article_id: int, at: datetime) -> int | None:
    g = t.sightings
    query = sa.select(g.c.revision_id).where(g.c.article_id == article_id, g.c.seen_at <= at)
    return s.execute(query.order_by(g.c.seen_at.desc(), g.c.id.desc()).limit(1)).scalar()


def new_revision(s: Session, article_id: int, cleaned: Cleaned, body_hash: str, seen_at: datetime) -> int:
    """The id of a text that the article had not; nothing says yet that it was seen."""
    key = s.execute(sa.select(t.articles.c.key).where(t.articles.c.id == article_id)).scalar_one()
    revision_id = insert_id(s, t.revisions, **revision_row(key, article_id, cleaned, body_hash, seen_at))
    s.execute(sa.insert(t.revision_texts).values(revision_id=revision_id, title=cleaned.title, text=cleaned.text))
    return revision_id


def revision_row(key: str, article_id: int, cleaned: Cleaned, body_hash: str, seen_at: datetime) -> dict[str, Any]:
    return {
        "key": stable_key(key, cleaned.cleaner, cleaned.text_sha256),
        "article_id": article_id,
        "cleaner": cleaned.cleaner,
        "text_sha256": cleaned.text_sha256,
        "fingerprint": revisions.fingerprint(cleaned),
        "body_sha256": body_hash,
        "seen_at": seen_at,
        "lang": cleaned.lang,
        "lang_confidence": cleaned.lang_confidence,
        "outlet": cleaned.outlet,
        "authors": list(cleaned.authors),
        "via": cleaned.via,
        "notice": cleaned.notice,
        "published_day": cleaned.published.day,
        "published": codec.dump_date(cleaned.published),
        "modified": codec.dump_date(cleaned.modified) if cleaned.modified else None,
    }


def _new_capture(
    s: Session, article_id: int, source_id: int | None, came: Fetched, body_hash: str | None, *, kept: bool = False
) -> int:
    row = capture_row(article_id, source_id, came, body_hash, kept=kept)
    return insert_id(s, t.captures, **row | {"fetched_at": _free_moment(s, article_id, came.fetched_at)})


def capture_row(article_id: int, source_id: int | None, came: Fetched, body_hash: str | None, *, kept: bool) -> dict[str, Any]:
    return {
        "article_id": article_id,
        "source_id": source_id,
        "fetched_at": came.fetched_at,
        "status": came.status,
        "final_url": came.final_url,
        "content_type": came.content_type,
        "body_sha256": body_hash,
        "bytes_kept": kept,
        "checks": 1,
    }


def _free_moment(s: Session, article_id: int, at: datetime) -> datetime:
    """Two captures of one moment (a simulated clock) are kept apart by a microsecond."""
    c = t.captures
    taken = s.execute(sa.select(c.c.fetched_at).where(c.c.article_id == article_id, c.c.fetched_at >= at)).scalars().all()
    while at in taken:
        at += timedelta(microseconds=1)
    return at


def _settle(s: Session, article_id: int, cleaned: Cleaned, revision_id: int, came: Fetched, now: datetime) -> None:
    a = t.articles
    row = s.execute(sa.select(a.c.first_seen, a.c.outlet, a.c.current_revision_id).where(a.c.id == article_id)).one()
    first_seen = min(row.first_seen, came.fetched_at)
    changed = came.fetched_at if row.current_revision_id is not None else None
    live = article_id in live_articles(s, [article_id], now)
    s.execute(
        sa.update(a)
        .where(a.c.id == article_id)
        .values(
            state="captured",
            attempts=0,
            last_error=None,
            current_revision_id=revision_id,
            outlet=row.outlet or cleaned.outlet,
            first_seen=first_seen,
            last_checked_at=now,
            next_fetch_at=next_look(Looked(now, first_seen, changed, live=live)),
            etag=came.validators.etag,
            last_modified=came.validators.last_modified,
        )
    )


def _gone(s: Session, article_id: int, source_id: int | None, came: Fetched, now: datetime) -> CaptureSaved:
    """A page that is no longer there is only marked: its words stood in print."""
    current = _current(s, article_id)
    a = t.articles
    held = s.execute(sa.select(a.c.state, a.c.attempts, a.c.first_seen).where(a.c.id == article_id)).one()
    if held.state != "gone":
        _new_capture(s, article_id, source_id, came, None)
    seen = Looked(now, held.first_seen, live=article_id in live_articles(s, [article_id], now), gone=True)
    due = next_look(seen) if held.attempts < _GONE_ATTEMPTS and current is not None else None
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
    at_least: timedelta = timedelta(0),
) -> CaptureSaved:
    a, c = t.articles, t.captures
    held = s.execute(sa.select(a.c.attempts, a.c.current_revision_id, a.c.first_seen).where(a.c.id == article_id)).one()
    left = not retry and reason in _LEFT
    attempts = held.attempts + (not left)
    state = "left" if left else "given-up" if not retry or attempts >= MAX_ATTEMPTS else "failing"
    if held.current_revision_id is not None:
        state = "captured"
    wait = _LEFT[reason] if left else _again(attempts, held=held.current_revision_id is not None)
    due: datetime | None = now + max(wait, at_least)
    if left and now - held.first_seen > _LEFT_FOR:
        due = None
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


def _again(attempts: int, *, held: bool) -> timedelta:
    """How long to wait after so many tries in vain; `held`: there is a text already."""
    wait: timedelta = _FIRST_RETRY * 4 ** min(max(attempts - 1, 0), 6)
    return min(wait, _LONGEST_RECHECK if held else _LONGEST_RETRY)


def _save_alias(s: Session, article_id: int, url: str, source_id: int | None, now: datetime, url_key: UrlKey | None) -> None:
    key = article_key(s, source_id, url_key)(url)
    insert_new(s, t.aliases, [{"key": key, "url": url, "article_id": article_id, "created_at": now}])


def _is_purged(s: Session, article_id: int) -> bool:
    return s.execute(sa.select(t.articles.c.state).where(t.articles.c.id == article_id)).scalar() == "purged"


def _current(s: Session, article_id: int) -> int | None:
    return s.execute(sa.select(t.articles.c.current_revision_id).where(t.articles.c.id == article_id)).scalar()
