"""Related claims whose statuses cannot both be right: flagged for a person, never changed.

`negation_of`: one is true where the other is false. `narrower_than`: where the narrower one is true the wider one is. A claim
that is `superseded_by` another is told with its successor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Status
from storage import ledger
from storage import tables as t
from storage.records import ClaimStatus, StoredClaim

_SIDES = frozenset({Status.SUPPORTED, Status.REFUTED})


@dataclass(frozen=True, slots=True)
class Related:
    """A claim, what it is to another one, and where both stand; `contradictory` where both cannot be right."""

    claim: str
    relation: str  # negation of | narrower than | superseded by
    other: str
    status: Status
    other_status: Status
    contradictory: bool


def contradicts(relation: str, status: Status, other: Status) -> bool:
    """Whether two related claims cannot stand so. Contested, open and unreported claims contradict nothing."""
    if relation == "negation of":
        return status in _SIDES and status is other
    return relation == "narrower than" and status is Status.SUPPORTED and other is Status.REFUTED


def related(s: Session, topic: str, *, as_of: date | None = None, known_at: datetime | None = None) -> tuple[Related, ...]:
    """Every relation between the topic's claims that are not retired, the contradictory ones first."""
    stood = {x.claim.slug: x for x in ledger.statuses(s, topic, as_of=as_of, known_at=known_at, figures=False)}
    found = [r for slug in stood for r in _relations(slug, stood)]
    return tuple(sorted(found, key=lambda r: (not r.contradictory, r.claim, r.relation)))


def of_claim(
    s: Session, claim: StoredClaim, *, as_of: date | None = None, known_at: datetime | None = None
) -> tuple[Related, ...]:
    """The relations in which a claim stands, on either side of them."""
    if not _has_relations(s, claim.topic_id):
        return ()
    found = related(s, claim.topic_slug, as_of=as_of, known_at=known_at)
    return tuple(r for r in found if claim.slug in (r.claim, r.other))


def flagged(
    s: Session, topics: Iterable[tuple[int, str]], *, as_of: date | None = None, known_at: datetime | None = None
) -> tuple[tuple[str, Related], ...]:
    """(topic, relation) for each pair of related claims of these topics (id, slug) that cannot both stand as they do."""
    return tuple(
        (slug, r)
        for topic_id, slug in topics
        if _has_relations(s, topic_id)
        for r in related(s, slug, as_of=as_of, known_at=known_at)
        if r.contradictory
    )


def against(
    s: Session, topics: Iterable[tuple[int, str]], *, as_of: date | None = None, known_at: datetime | None = None
) -> dict[tuple[str, str], tuple[str, ...]]:
    """(topic, claim) -> the related claims beside which it cannot stand as it does; the others are left out."""
    found: dict[tuple[str, str], set[str]] = {}
    for topic, r in flagged(s, topics, as_of=as_of, known_at=known_at):
        found.setdefault((topic, r.claim), set()).add(r.other)
        found.setdefault((topic, r.other), set()).add(r.claim)
    return {claim: tuple(sorted(others)) for claim, others in found.items()}


def disputed_evidence(s: Session, topic_id: int) -> dict[int, frozenset[str]]:
    """Claim -> the positions that tipped its status, for claims that cannot stand beside a related one: what to look at again."""
    if not _has_relations(s, topic_id):
        return {}
    topic = s.execute(sa.select(t.topics.c.slug).where(t.topics.c.id == topic_id)).scalar_one()
    flags = {slug for _, slug in against(s, [(topic_id, topic)])}
    ids = {x.claim.id for x in ledger.statuses(s, topic) if x.claim.slug in flags}
    last = {claim_id: ledger.changes(s, claim_id, quotes=False)[-1:] for claim_id in sorted(ids)}
    return {claim_id: frozenset(key for one in changes for key in one.change.tipped_by) for claim_id, changes in last.items()}


def _has_relations(s: Session, topic_id: int) -> bool:
    """Most topics have none, and then nothing has to be read for them."""
    specs = s.execute(sa.select(t.claims.c.spec).where(t.claims.c.topic_id == topic_id, t.claims.c.retired_at.is_(None)))
    return any(spec.get(name) for spec in specs.scalars() for name in ("negation_of", "narrower_than", "superseded_by"))


def _relations(slug: str, stood: Mapping[str, ClaimStatus]) -> list[Related]:
    spec = stood[slug].claim.spec
    named = (("negation of", spec.negation_of), ("narrower than", spec.narrower_than), ("superseded by", spec.superseded_by))
    found = []
    for relation, other in named:
        if other is not None and other in stood:
            here, there = stood[slug].status, stood[other].status
            found.append(Related(slug, relation, other, here, there, contradicts(relation, here, there)))
    return found
