"""What a topic holds of its publishers: type, country and weight, with history.

A weight that changes closes the row before it and touches every article of that publisher, so the next edition weighs it anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Cause, OutletSpec, OutletType
from storage import tables as t
from storage.records import StoredOutlet
from storage.sql import chunks, insert_id, touch

_HOLD = "hold"

# Made once: every edition asks them for each of its claims.
_WEIGHTS = sa.select(t.outlet_weights.c.domain, t.outlet_weights.c.weight).where(
    t.outlet_weights.c.topic_id == sa.bindparam("topic"), t.outlet_weights.c.closed_at.is_(None)
)
_SPEC = (
    sa.select(t.topic_versions.c.spec)
    .join(t.topics, t.topics.c.current_version_id == t.topic_versions.c.id)
    .where(t.topics.c.id == sa.bindparam("topic"))
)
T = TypeVar("T")


def nearest(held: Mapping[str, T], outlet: str | None) -> T | None:
    """What is held of a domain, or of the nearest domain above it of which anything is."""
    name = (outlet or "").lower()
    while name:
        if name in held:
            return held[name]
        _, dot, rest = name.partition(".")
        name = rest if dot and "." in rest else ""
    return None


@dataclass(frozen=True, slots=True)
class Weights:
    """The live weights of a topic; a name that nobody gave weighs nothing where the topic holds unknown outlets."""

    known: Mapping[str, float]
    unknown: float

    def of(self, outlet: str | None) -> float:
        """The weight of a domain, or of the nearest domain above it that has one."""
        found = nearest(self.known, outlet)
        return self.unknown if found is None else found


@dataclass(frozen=True, slots=True)
class Publisher:
    """What stands beside a quote of where it was printed; `type` is None where nobody has named the outlet."""

    type: OutletType | None
    country: str | None
    weight: float


@dataclass(frozen=True, slots=True)
class Publishers:
    """A topic's publishers at a known time."""

    held: Mapping[str, Publisher]
    unknown: Publisher

    def of(self, outlet: str | None) -> Publisher:
        return nearest(self.held, outlet) or self.unknown


def publishers(s: Session, claim_ids: Iterable[int], *, known_at: datetime | None = None) -> dict[int, Publishers]:
    """The publishers of each claim's topic, as they were named at a known time."""
    c = t.claims
    topic_of: dict[int, int] = {}
    for batch in chunks(set(claim_ids)):
        topic_of |= dict(s.execute(sa.select(c.c.id, c.c.topic_id).where(c.c.id.in_(batch))).tuples().all())
    known = {topic_id: _publishers(s, topic_id, known_at) for topic_id in set(topic_of.values())}
    return {claim_id: known[topic_id] for claim_id, topic_id in topic_of.items()}


def _publishers(s: Session, topic_id: int, known_at: datetime | None) -> Publishers:
    w = t.outlet_weights
    then: sa.ColumnElement[bool] = w.c.closed_at.is_(None)
    if known_at is not None:
        then = (w.c.recorded_at <= known_at) & (then | (w.c.closed_at > known_at))
    query = sa.select(w.c.domain, w.c.type, w.c.country, w.c.weight).where(w.c.topic_id == topic_id, then)
    held = {r.domain: Publisher(OutletType(r.type), r.country, r.weight) for r in s.execute(query)}
    return Publishers(held, Publisher(None, None, 0.0 if _holds_unknown(s, topic_id) else 1.0))


def weights(s: Session, topic_id: int) -> Weights:
    rows = s.execute(_WEIGHTS, {"topic": topic_id}).all()
    return Weights({r.domain: r.weight for r in rows}, 0.0 if _holds_unknown(s, topic_id) else 1.0)


def adopt(
    s: Session, topic_id: int, specs: Sequence[OutletSpec], *, before: Sequence[OutletSpec] = (), now: datetime, by: str
) -> None:
    """Take in what the topic file says of outlets; what a person set stays where the file says no more than it did `before`."""
    held = _live(s, topic_id)
    said = {spec.domain.lower(): spec for spec in before}
    for spec in specs:
        row = held.get(spec.domain.lower())
        if row is not None and not row.from_file and said.get(spec.domain.lower()) == spec:
            continue
        _set(s, topic_id, spec, held.get(spec.domain.lower()), now=now, by=by, from_file=True)
    named = {spec.domain.lower() for spec in specs}
    for domain, row in held.items():
        if row.from_file and domain not in named:
            s.execute(sa.update(t.outlet_weights).where(t.outlet_weights.c.id == row.id).values(closed_at=now))
            _touch_articles(s, topic_id, domain, Cause.CHANGED_SETTING, now)


def set_outlet(s: Session, topic_id: int, spec: OutletSpec, *, now: datetime, by: str) -> bool:
    """A person names (accepts) a publisher or changes its weight; False where nothing is new."""
    held = _live(s, topic_id).get(spec.domain.lower())
    return _set(s, topic_id, spec, held, now=now, by=by, from_file=False)


def outlets(s: Session, topic_id: int) -> tuple[StoredOutlet, ...]:
    """Every publisher of the topic's articles and every named one, by domain."""
    a, ta = t.articles, t.topic_articles
    count = (
        sa.select(a.c.outlet, sa.func.count().label("n"))
        .join(ta, ta.c.article_id == a.c.id)
        .where(ta.c.topic_id == topic_id, a.c.outlet.is_not(None))
        .group_by(a.c.outlet)
    )
    counts: dict[str, int] = {r.outlet: r.n for r in s.execute(count)}
    held = _live(s, topic_id)
    unknown = weights(s, topic_id)
    found = []
    for domain in sorted(set(counts) | set(held)):
        row, n = held.get(domain), counts.get(domain, 0)
        if row is None:
            found.append(StoredOutlet(domain, "", OutletType.OUTLET, None, unknown.of(domain), False, None, n))
        else:
            kind = OutletType(row.type)
            found.append(StoredOutlet(domain, row.title, kind, row.country, row.weight, True, row.by, n))
    return tuple(found)


def _live(s: Session, topic_id: int) -> dict[str, sa.Row[tuple[object, ...]]]:
    w = t.outlet_weights
    rows = s.execute(sa.select(w).where(w.c.topic_id == topic_id, w.c.closed_at.is_(None))).all()
    return {r.domain: r for r in rows}


def _set(
    s: Session,
    topic_id: int,
    spec: OutletSpec,
    held: sa.Row[tuple[object, ...]] | None,
    *,
    now: datetime,
    by: str,
    from_file: bool,
) -> bool:
    values = {"title": spec.title, "type": spec.type.value, "country": spec.country, "weight": spec.weight}
    if held is not None:
        if all(getattr(held, name) == value for name, value in values.items()):
            return False
        s.execute(sa.update(t.outlet_weights).where(t.outlet_weights.c.id == held.id).values(closed_at=now))
    domain = spec.domain.lower()
    insert_id(s, t.outlet_weights, topic_id=topic_id, domain=domain, by=by, from_file=from_file, recorded_at=now, **values)
    cause = Cause.CHANGED_SETTING if from_file else Cause.PERSON
    _touch_articles(s, topic_id, domain, cause, now)
    return True


def _touch_articles(s: Session, topic_id: int, domain: str, cause: Cause, now: datetime) -> None:
    a, ta = t.articles, t.topic_articles
    same = (a.c.outlet == domain) | a.c.outlet.like(f"%.{domain}")
    query = sa.select(a.c.id).join(ta, ta.c.article_id == a.c.id).where(ta.c.topic_id == topic_id, same)
    for article_id in s.execute(query).scalars().all():
        touch(s, topic_id, cause, now, article_id=article_id)


def _holds_unknown(s: Session, topic_id: int) -> bool:
    spec = s.execute(_SPEC, {"topic": topic_id}).scalar()
    return spec is not None and spec.get("unknown_outlets") == _HOLD
