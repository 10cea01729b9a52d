"""Articles that were looked at again and stand as they stood: most of what a run asks for, so a batch of them is few statements.

What came back otherwise is `storage.captures`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Validators
from claimline.sources.schedule import Looked, next_look
from storage import tables as t
from storage.sql import chunks

_SETTLED_AFTER = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Check:
    """An article that stands as it stood, seen so at `seen_at` (None: now)."""

    article_id: int
    validators: Validators | None = None
    seen_at: datetime | None = None


def save_checks(s: Session, checks: Sequence[Check], now: datetime) -> None:
    """Each article once: when it is looked at next, and one more check of its latest capture."""
    ids = [x.article_id for x in checks]
    first_seen, changed, live = _first_seen(s, ids), last_changes(s, ids), live_articles(s, ids, now)
    told: list[dict[str, Any]] = []
    silent: list[dict[str, Any]] = []
    for x in checks:
        looked = Looked(now, first_seen[x.article_id], changed.get(x.article_id), live=x.article_id in live)
        row = {"article": x.article_id, "next_fetch_at": next_look(looked)}
        given = x.validators
        if given is not None and (given.etag or given.last_modified):
            told.append(row | {"etag": given.etag, "last_modified": given.last_modified})
        else:
            silent.append(row)
    _update_articles(s, told, now)
    _update_articles(s, silent, now)
    _count(s, [{"article": x.article_id, "last_checked_at": x.seen_at or now} for x in checks])


def last_changes(s: Session, article_ids: Iterable[int]) -> dict[int, datetime]:
    """When another text than the first one was seen last, of the articles that have had more than one sighting."""
    g = t.sightings
    found: dict[int, datetime] = {}
    for batch in chunks(article_ids):
        query = sa.select(g.c.article_id, sa.func.max(g.c.seen_at)).where(g.c.article_id.in_(batch))
        found.update(s.execute(query.group_by(g.c.article_id).having(sa.func.count() > 1)).tuples().all())
    return found


def live_articles(s: Session, article_ids: Iterable[int], now: datetime) -> set[int]:
    """Those that take a position on a claim that is watched and not settled: that takes no side, or did not long ago."""
    p, c, state = t.positions, t.claim_states, t.claim_states.c.status
    settled = state.in_(["supported", "refuted"]) & (c.c.newest < (now - _SETTLED_AFTER).date())
    found: set[int] = set()
    for batch in chunks(article_ids):
        query = (
            sa.select(p.c.article_id)
            .distinct()
            .join(c, (c.c.claim_id == p.c.claim_id) & c.c.known_to.is_(None))
            .join(t.claims, (t.claims.c.id == p.c.claim_id) & t.claims.c.retired_at.is_(None))
            .where(p.c.article_id.in_(batch), p.c.known_to.is_(None), ~sa.func.coalesce(settled, sa.false()))
        )
        found.update(s.execute(query).scalars())
    return found


def _first_seen(s: Session, article_ids: Collection[int]) -> dict[int, datetime]:
    a = t.articles
    found: dict[int, datetime] = {}
    for batch in chunks(article_ids):
        found.update(s.execute(sa.select(a.c.id, a.c.first_seen).where(a.c.id.in_(batch))).tuples().all())
    return found


def _update_articles(s: Session, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    if not rows:
        return
    a = t.articles
    own: dict[str, Any] = {name: sa.bindparam(name) for name in rows[0] if name != "article"}
    common = {"state": "captured", "attempts": 0, "last_error": None, "last_checked_at": now}
    update = sa.update(a).where(a.c.id == sa.bindparam("article")).values(**own, **common)
    s.connection().execute(update, [dict(row) for row in rows])


def _count(s: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    c, g = t.captures, t.sightings
    latest = sa.select(g.c.capture_id).where(g.c.article_id == sa.bindparam("article"))
    latest = latest.order_by(g.c.seen_at.desc(), g.c.id.desc()).limit(1)
    counted = {"checks": c.c.checks + 1, "last_checked_at": sa.bindparam("last_checked_at")}
    update = sa.update(c).where(c.c.id == latest.scalar_subquery()).values(**counted)
    s.connection().execute(update, [dict(row) for row in rows])
