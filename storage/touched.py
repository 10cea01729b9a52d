"""What an edition has to look at: the claims and articles that were touched since the last one, and why.

Reads only. What follows from it is computed in `storage.publish` and written in `storage.edition`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Cause, FoldResult
from storage import causes, pins, prepared
from storage import tables as t
from storage.effective import PositionRow
from storage.records import Pin
from storage.sql import chunks

# Of what touches a whole claim, these bear on its positions; a ruling or other rules only on the fold.
_CAUSES = {cause.value: cause for cause in Cause}
_WEIGHED_ANEW = frozenset({Cause.CHANGED_SETTING, Cause.CLAIM_REWORDED, Cause.NEW_MODEL, Cause.NEW_CLEANER})


@dataclass(slots=True)
class ClaimWork:
    """One claim's part of an edition."""

    pin: Pin
    moved: bool
    touched: list[causes.Touched]
    articles: set[int] | None  # None: all of them
    refold: bool
    told_until: date | None = None
    spoke_before: frozenset[int] = frozenset()
    add: list[PositionRow] = field(default_factory=list)
    close: list[PositionRow] = field(default_factory=list)
    result: FoldResult | None = None
    new_changes: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    refolded: bool = False
    added: int = 0
    closed: int = 0

    def forget(self) -> None:
        """Keep only the counts: an edition of many claims must not hold all their positions at once."""
        self.refolded, self.added, self.closed = self.result is not None, len(self.add), len(self.close)
        self.add, self.close, self.result, self.spoke_before = [], [], None, frozenset()


@dataclass(slots=True)
class Work:
    claims: dict[int, ClaimWork]
    touch_ids: list[int]
    fold_version: str
    unpublished: bool


def gather(
    s: Session, topic_id: int, matcher: str | None, moves: Mapping[int, Pin], fold_version: str, cause: Cause | None
) -> Work | None:
    """What the edition is about; None before any machine has read anything: then all waits for the first edition."""
    touches = s.execute(sa.select(t.touches).where(t.touches.c.topic_id == topic_id).order_by(t.touches.c.id)).all()
    held = pins.live(s, topic_id)
    moved = dict(moves) or pins.due(s, topic_id, held, matcher)
    current = {**held, **moved}
    if not current:
        return None
    rules_changed = _last_fold_version(s, topic_id) not in (None, fold_version)
    concerned = _concerned(s, topic_id, {x.article_id for x in touches if x.article_id is not None}, set(current))
    mine: dict[int, list[causes.Touched]] = {claim_id: [] for claim_id in current}
    for x in touches:
        bears_on = concerned.get(x.article_id, set()) if x.article_id is not None else set(current)
        for claim_id in bears_on if x.claim_id is None else bears_on & {x.claim_id}:
            mine[claim_id].append(causes.Touched(_CAUSES[x.cause], x.article_id))
    for claim_id in moved:
        why = cause or _moved_cause(held.get(claim_id), moved[claim_id])
        mine[claim_id] += [causes.Touched(why, None)] if why else []
    if rules_changed:
        for touched in mine.values():
            touched.append(causes.Touched(Cause.RULES_CHANGED, None))
    found = {
        claim_id: _part(pin, mine[claim_id], moved=claim_id in moved)
        for claim_id, pin in sorted(current.items())
        if mine[claim_id] or claim_id in moved
    }
    return Work(found, [x.id for x in touches], fold_version, _has_unpublished(s, topic_id))


def _part(pin: Pin, touched: list[causes.Touched], *, moved: bool) -> ClaimWork:
    whole = moved or any(x.article_id is None and x.cause in _WEIGHED_ANEW for x in touched)
    articles = None if whole else {x.article_id for x in touched if x.article_id is not None}
    # A purge takes a name out of the very rows that are compared: nothing differs, and yet the voices do.
    anew = any(x.article_id is None or x.cause is Cause.LEGAL_REMOVAL for x in touched)
    return ClaimWork(pin, moved, touched, articles, refold=moved or anew)


def _moved_cause(before: Pin | None, after: Pin) -> Cause | None:
    """Why a claim is answered by another wording or machine; None for a claim's first."""
    if before is None:
        return None
    return Cause.CHANGED_SETTING if before.claim_version_id == after.claim_version_id else Cause.CLAIM_REWORDED


def _concerned(s: Session, topic_id: int, article_ids: set[int], claim_ids: set[int]) -> dict[int, set[int]]:
    """Article -> the claims on which anybody said something about it."""
    found: dict[int, set[int]] = {}
    for batch in chunks(sorted(article_ids)):
        for query in (*prepared.CONCERNED, prepared.DECIDED_COPIES):  # a decision on one copy bears on the others
            for article_id, claim_id in s.execute(query, {"articles": batch, "topic": topic_id}).tuples():
                if claim_id in claim_ids:
                    found.setdefault(article_id, set()).add(claim_id)
    return found


def _last_fold_version(s: Session, topic_id: int) -> str | None:
    e = t.editions
    query = sa.select(e.c.fold_version).where(e.c.topic_id == topic_id, e.c.state == "live")
    return s.execute(query.order_by(e.c.recorded_at.desc()).limit(1)).scalar()


def _has_unpublished(s: Session, topic_id: int) -> bool:
    about = unpublished(s, topic_id)
    return any(s.execute(query, about).scalar() for query in prepared.IS_UNPUBLISHED)


def unpublished(s: Session, topic_id: int) -> dict[str, Any]:
    """What the statements on what the next edition tells are told; a word on a claim that no machine answers for yet waits
    for the edition that pins it."""
    held = pins.live(s, topic_id)
    machines = {x for pin in held.values() for x in (pin.matcher, pin.judge) if x}
    return {"topic": topic_id, "held": sorted(held), "machines": sorted(machines)}
