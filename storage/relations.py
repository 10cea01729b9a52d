"""Related claims whose statuses cannot both be right: flagged for a person, never changed.

`negation_of`: one is true where the other is false. `narrower_than`: where the narrower one is true the wider one is. A claim
that is `superseded_by` another is told with its successor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from claimline.models import Status
from storage import ledger
from storage.records import ClaimStatus

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
    stood = {x.claim.slug: x for x in ledger.statuses(s, topic, as_of=as_of, known_at=known_at)}
    found = [r for slug in stood for r in _relations(slug, stood)]
    return tuple(sorted(found, key=lambda r: (not r.contradictory, r.claim, r.relation)))


def _relations(slug: str, stood: Mapping[str, ClaimStatus]) -> list[Related]:
    spec = stood[slug].claim.spec
    named = (("negation of", spec.negation_of), ("narrower than", spec.narrower_than), ("superseded by", spec.superseded_by))
    found = []
    for relation, other in named:
        if other is not None and other in stood:
            here, there = stood[slug].status, stood[other].status
            found.append(Related(slug, relation, other, here, there, contradicts(relation, here, there)))
    return found
