"""What came back for many articles at once: `save_capture` for each; first texts, and what has not changed, are written together.

The rows are those that one call after the other would write. A first text is most of what a run brings and has nothing before it
that could bear on it, so that a batch of them needs a few statements where each by itself needs a dozen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Cleaned, Fetched, Skip
from claimline.sources.schedule import Looked, next_look
from storage import tables as t
from storage.article_keys import UrlKey, article_key
from storage.blobs import blobs_of
from storage.captures import GONE, capture_row, revision_row, save_capture
from storage.rechecks import Check, save_checks
from storage.records import CaptureSaved
from storage.sql import chunks, insert_many, insert_new


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came back for one article; the fields are those of `save_capture`."""

    article_id: int
    came: Fetched | Skip
    cleaned: Cleaned | None
    source_id: int | None
    alias: str | None = None
    store: str = "full"


@dataclass(frozen=True, slots=True)
class _First:
    """A first text, with what is held of its article."""

    arrival: Arrival
    came: Fetched
    cleaned: Cleaned
    held: sa.Row[Any]
    body_sha256: str

    @property
    def kept(self) -> bool:
        return self.arrival.store == "full"


def save_captures(s: Session, arrivals: Sequence[Arrival], *, now: datetime, url_key: UrlKey | None = None) -> list[CaptureSaved]:
    """What became of each, in the order given."""
    first = _first_texts(s, arrivals)
    ids = _save_first(s, list(first.values()), now, url_key) if first else {}
    done = {article_id: CaptureSaved(revision_id, True, "new") for article_id, revision_id in ids.items()}
    done |= _save_same(s, arrivals, now)
    return [
        done[a.article_id]
        if a.article_id in done
        else save_capture(
            s, a.article_id, a.came, a.cleaned, source_id=a.source_id, now=now, alias=a.alias, store=a.store, url_key=url_key
        )
        for a in arrivals
    ]


def _save_same(s: Session, arrivals: Sequence[Arrival], now: datetime) -> dict[int, CaptureSaved]:
    """Those that have not changed since they were last read."""
    times = Counter(a.article_id for a in arrivals)
    same = {
        x.article_id: Check(x.article_id, x.came.validators)
        for x in arrivals
        if times[x.article_id] == 1 and x.alias is None and isinstance(x.came, Fetched) and x.came.not_modified
    }
    a = t.articles
    found: dict[int, int | None] = {}
    for batch in chunks(same):
        query = sa.select(a.c.id, a.c.current_revision_id).where(a.c.id.in_(batch), a.c.state != "purged")
        found.update(s.execute(query).tuples().all())
    if found:
        save_checks(s, [same[article_id] for article_id in found], now)
    return {article_id: CaptureSaved(revision_id, False, "not-modified") for article_id, revision_id in found.items()}


def _first_texts(s: Session, arrivals: Sequence[Arrival]) -> dict[int, _First]:
    """Those of articles that nothing has come back for yet."""
    times = Counter(a.article_id for a in arrivals)
    texts = {a.article_id: a for a in arrivals if times[a.article_id] == 1 and _is_text(a)}
    a, c, r = t.articles, t.captures, t.revisions
    columns = (a.c.id, a.c.key, a.c.first_seen, a.c.outlet)
    found: dict[int, _First] = {}
    for batch in chunks(texts):
        nothing = ~sa.exists().where(c.c.article_id == a.c.id) & ~sa.exists().where(r.c.article_id == a.c.id)
        new = nothing & a.c.current_revision_id.is_(None) & (a.c.state != "purged")
        for held in s.execute(sa.select(*columns).where(a.c.id.in_(batch), new)):
            arrival = texts[held.id]
            assert isinstance(arrival.came, Fetched) and arrival.cleaned is not None  # noqa: S101, PT018
            digest = sha256(arrival.came.body).hexdigest()
            found[held.id] = _First(arrival, arrival.came, arrival.cleaned, held, digest)
    return found


def _is_text(a: Arrival) -> bool:
    came = a.came
    return a.cleaned is not None and isinstance(came, Fetched) and not came.not_modified and came.status not in GONE


def _save_first(s: Session, texts: Sequence[_First], now: datetime, url_key: UrlKey | None) -> dict[int, int]:
    """Article -> the revision that its first text made."""
    _save_aliases(s, [x.arrival for x in texts], now, url_key)
    rows = [revision_row(x.held.key, x.held.id, x.cleaned, x.body_sha256, x.came.fetched_at) for x in texts]
    insert_many(s, t.revisions, rows)
    revision = _ids(s, t.revisions, [x.held.id for x in texts])
    words = [{"revision_id": revision[x.held.id], "title": x.cleaned.title, "text": x.cleaned.text} for x in texts]
    insert_many(s, t.revision_texts, words)
    blobs_of(s).put_many(s, {x.body_sha256: x.came.body for x in texts if x.kept}, now)
    captures = [capture_row(x.held.id, x.arrival.source_id, x.came, x.body_sha256, kept=x.kept) for x in texts]
    insert_many(s, t.captures, captures)
    capture = _ids(s, t.captures, [x.held.id for x in texts])
    insert_many(
        s,
        t.sightings,
        [
            {
                "capture_id": capture[x.held.id],
                "revision_id": revision[x.held.id],
                "article_id": x.held.id,
                "seen_at": x.came.fetched_at,
            }
            for x in texts
        ],
    )
    _settle(s, texts, revision, now)
    return revision


def _ids(s: Session, table: sa.Table, article_ids: Iterable[int]) -> dict[int, int]:
    """The only row that each of these articles has."""
    found: dict[int, int] = {}
    for batch in chunks(article_ids):
        found.update(s.execute(sa.select(table.c.article_id, table.c.id).where(table.c.article_id.in_(batch))).tuples().all())
    return found


def _settle(s: Session, texts: Sequence[_First], revision: Mapping[int, int], now: datetime) -> None:
    """As `captures` settles an article; one without a text has taken no position, so no claim keeps it live."""
    rows = []
    for x in texts:
        first_seen = min(x.held.first_seen, x.came.fetched_at)
        row = {"article": x.held.id, "current_revision_id": revision[x.held.id], "outlet": x.held.outlet or x.cleaned.outlet}
        row |= {"first_seen": first_seen, "next_fetch_at": next_look(Looked(now, first_seen, None, live=False))}
        rows.append(row | {"etag": x.came.validators.etag, "last_modified": x.came.validators.last_modified})
    a = t.articles
    own: dict[str, Any] = {name: sa.bindparam(name) for name in rows[0] if name != "article"}
    common = {"state": "captured", "attempts": 0, "last_error": None, "last_checked_at": now}
    s.connection().execute(sa.update(a).where(a.c.id == sa.bindparam("article")).values(**own, **common), rows)


def _save_aliases(s: Session, arrivals: Sequence[Arrival], now: datetime, url_key: UrlKey | None) -> None:
    keys: dict[int | None, UrlKey] = {}
    rows = []
    for a in arrivals:
        if a.alias:
            key = keys.setdefault(a.source_id, article_key(s, a.source_id, url_key))
            rows.append({"key": key(a.alias), "url": a.alias, "article_id": a.article_id, "created_at": now})
    insert_new(s, t.aliases, rows)
