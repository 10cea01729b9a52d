"""Which wording and which machine answer for each claim, and when a new wording takes over.

A new matcher never takes over by itself (its replay has to be accepted); what it reads of texts that the pinned one has not read
stands in until that one has (`storage.stand_ins`). A new wording takes over once the stored past has been read with it, so that a
claim is never told from half a past.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import readings
from storage import tables as t
from storage.records import Pin
from storage.revisions import unscanned

# Made once: an alias copies its table's columns, and a page asks a dozen times.
_OWN, _ASKED = t.scans.alias("own_scans"), t.topic_claims.alias("asked_claims")
_PINS = sa.select(t.pins.c.claim_id, t.pins.c.claim_version_id, t.pins.c.matcher, t.pins.c.judge, t.pins.c.cleaner)
_LIVE = _PINS.join(t.claims, t.claims.c.id == t.pins.c.claim_id).where(
    t.claims.c.topic_id == sa.bindparam("topic"), t.pins.c.known_to.is_(None)
)
_OF_CLAIM = _PINS.where(t.pins.c.claim_id == sa.bindparam("claim"), t.pins.c.known_to.is_(None))
_EVERY = _PINS.where(t.pins.c.claim_id == sa.bindparam("claim")).order_by(t.pins.c.id.desc())


def live(s: Session, topic_id: int) -> dict[int, Pin]:
    """The pins of the topic's claims, by claim."""
    return {row[0]: Pin(*row) for row in s.execute(_LIVE, {"topic": topic_id}).tuples()}


def of_claim(s: Session, claim_id: int) -> Pin | None:
    row = s.execute(_OF_CLAIM, {"claim": claim_id}).tuples().first()
    return Pin(*row) if row else None


def former(s: Session, pin: Pin) -> tuple[Pin, ...]:
    """The claim's other pins, the newest first: by which wording and machines it was told before."""
    held = dict.fromkeys(Pin(*row) for row in s.execute(_EVERY, {"claim": pin.claim_id}).tuples())
    same = (pin.claim_version_id, pin.matcher)
    return tuple(one for one in held if (one.claim_version_id, one.matcher) != same)


def of_matcher(
    a: sa.FromClause,
    matcher: str | sa.ColumnElement[Any],
    *,
    known_at: datetime | None = None,
    handed_over: str | None = None,
) -> sa.ColumnElement[bool]:
    """The row of assessments is the answer of this matcher, or of one that stands in for it on a text that it has not read.

    `known_at`: as it was when the edition of that moment was published; None: now. `handed_over`: as it will be when this matcher
    has been replaced (`stand_ins.hand_over`).
    """
    own, asked = _OWN, _ASKED
    read = _scans_of(a).where(own.c.matcher == matcher)
    stands_in: sa.ColumnElement[bool] = a.c.stands_in_at.is_not(None)
    if known_at is not None:
        read, stands_in = read.where(own.c.scanned_at <= known_at), a.c.stands_in_at <= known_at
    if handed_over is not None:
        marked = _scans_of(a).where(own.c.stands_in_at.is_not(None))
        stands_in |= (a.c.matcher == handed_over) & ~marked.correlate_except(own, asked).exists()
    return (a.c.matcher == matcher) | (stands_in & ~read.correlate_except(own, asked).exists())


def _scans_of(a: sa.FromClause) -> sa.Select[tuple[int]]:
    """The scans that asked what the row of assessments answers."""
    return (
        sa.select(_OWN.c.id)
        .join(_ASKED, _ASKED.c.topic_version_id == _OWN.c.topic_version_id)
        .where(_OWN.c.revision_id == a.c.revision_id, _ASKED.c.claim_version_id == a.c.claim_version_id)
    )


def counts(a: sa.FromClause, pin: sa.FromClause, *, known_at: datetime | None = None) -> sa.ColumnElement[bool]:
    """The row of assessments counts for the claim that is so pinned: the judge's answer, or the matcher's (`of_matcher`).

    And it is about a text that is told now; which texts were told in the past, the caller looks up (`readings.as_known`).
    """
    ours = of_matcher(a, pin.c.matcher, known_at=known_at) | (a.c.matcher == pin.c.judge)
    return ours & of_told_text(a) if known_at is None else ours


def of_told_text(a: sa.FromClause) -> sa.ColumnElement[bool]:
    """The row of assessments is about a text that the claim's topic tells (`storage.readings`)."""
    return readings.shown(a.c.revision_id, readings.topic_of(a.c.claim_id))


def due(s: Session, topic_id: int, held: Mapping[int, Pin], matcher: str | None = None) -> dict[int, Pin]:
    """The pins that the next edition sets: for new claims, for wordings that are read, and the first judge.

    A new wording that only `matcher` has read is answered by that one: what was said of the old words is no answer to the new.
    """
    c = t.claims
    matcher = matcher if matcher and _has_read(s, topic_id, matcher) else None
    rows = s.execute(sa.select(c.c.id, c.c.current_version_id).where(c.c.topic_id == topic_id, c.c.retired_at.is_(None))).all()
    machine = matcher or _usual(held) or _latest(s, topic_id, "model")
    if machine is None:
        return {}
    wanted = any(pin is None or pin.judge is None for pin in (held.get(row.id) for row in rows))
    judge = _latest(s, topic_id, "judge") if wanted else None
    cleaner: str | None = None
    found: dict[int, Pin] = {}
    for row in rows:
        pin = held.get(row.id)
        if pin is None:
            cleaner = cleaner or usual_cleaner(held) or _newest_cleaner(s, topic_id)
            found[row.id] = Pin(row.id, row.current_version_id, machine, judge, cleaner)
        elif pin.claim_version_id != row.current_version_id and _is_read(s, topic_id, pin.matcher):
            found[row.id] = replace(pin, claim_version_id=row.current_version_id, judge=pin.judge or judge)
        elif pin.claim_version_id != row.current_version_id and matcher is not None and _is_read(s, topic_id, matcher):
            found[row.id] = replace(pin, claim_version_id=row.current_version_id, matcher=matcher, judge=pin.judge or judge)
        elif pin.judge is None and judge is not None:
            found[row.id] = replace(pin, judge=judge)
    return found


def move(s: Session, pin: Pin, edition_id: int, at: datetime) -> None:
    p = t.pins
    held = (p.c.claim_id == pin.claim_id) & p.c.known_to.is_(None)
    s.execute(sa.update(p).where(held).values(known_to=at, closed_by=edition_id))
    s.execute(
        sa.insert(p).values(
            claim_id=pin.claim_id,
            claim_version_id=pin.claim_version_id,
            matcher=pin.matcher,
            judge=pin.judge,
            cleaner=pin.cleaner,
            edition_id=edition_id,
            known_from=at,
        )
    )


def _usual(held: Mapping[int, Pin]) -> str | None:
    return _most([pin.matcher for pin in held.values()])


def usual_cleaner(held: Mapping[int, Pin]) -> str | None:
    """The cleaner by whose readings most of these claims were told; None where that was never noted."""
    return _most([pin.cleaner for pin in held.values() if pin.cleaner is not None])


def _most(names: Sequence[str]) -> str | None:
    return max(sorted(names), key=names.count) if names else None


def _newest_cleaner(s: Session, topic_id: int) -> str | None:
    """The one that read the topic's newest text."""
    r, ta = t.revisions, t.topic_articles
    query = sa.select(r.c.cleaner).join(ta, ta.c.article_id == r.c.article_id).where(ta.c.topic_id == topic_id)
    return s.execute(query.where(~readings.waiting(r.c.id)).order_by(r.c.id.desc()).limit(1)).scalar()


def _latest(s: Session, topic_id: int, kind: str) -> str | None:
    if kind == "judge":
        a, m = t.assessments, t.matchers
        if s.execute(sa.select(m.c.hash).where(m.c.kind == "judge").limit(1)).first() is None:
            return None  # known without looking through all answers for one of a judge
        query = sa.select(a.c.matcher).join(t.claims, t.claims.c.id == a.c.claim_id)
        query = query.where(t.claims.c.topic_id == topic_id, a.c.actor == "judge").order_by(a.c.id)
    else:
        k, v = t.scans, t.topic_versions
        query = sa.select(k.c.matcher).join(v, v.c.id == k.c.topic_version_id).where(v.c.topic_id == topic_id)
        query = query.order_by(k.c.id.desc())
    return s.execute(query.limit(1)).scalar()


def _has_read(s: Session, topic_id: int, matcher: str) -> bool:
    k, v = t.scans, t.topic_versions
    query = sa.select(k.c.id).join(v, v.c.id == k.c.topic_version_id).where(v.c.topic_id == topic_id, k.c.matcher == matcher)
    return s.execute(query.limit(1)).first() is not None


def _is_read(s: Session, topic_id: int, matcher: str) -> bool:
    version = s.execute(sa.select(t.topics.c.current_version_id).where(t.topics.c.id == topic_id)).scalar_one()
    return not unscanned(s, version, matcher, limit=1)
