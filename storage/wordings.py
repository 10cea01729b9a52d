"""Which words a claim had at a known time. What the ledger tells of an earlier moment is told of the words of that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import tables as t
from storage.records import StoredClaim


def as_known(s: Session, claims: Sequence[StoredClaim], known_at: datetime | None) -> list[StoredClaim]:
    """The claims in the words that were the last to be asked about, or to be answered, by then; None: as they are now.

    A claim that was not there yet has its first words.
    """
    if known_at is None:
        return list(claims)
    v, p = t.claim_versions, t.pins
    reworded = sa.select(v.c.claim_id).where(v.c.n > 1, v.c.claim_id.in_([c.id for c in claims]))
    query = sa.select(v.c.claim_id, v.c.id, v.c.n, v.c.statement, v.c.created_at).where(v.c.claim_id.in_(reworded))
    versions = s.execute(query.order_by(v.c.id)).tuples().all()
    if not versions:
        return list(claims)
    asked = {(claim, version): (n, statement) for claim, version, n, statement, _ in versions}
    turns: dict[int, list[tuple[datetime, int]]] = {}
    for claim, version, _, _, at in versions:
        turns.setdefault(claim, []).append((at, version))
    # A topic that goes back to earlier words makes no version; the pin that takes them in tells when they were answered.
    pins = sa.select(p.c.claim_id, p.c.claim_version_id, p.c.known_from).where(p.c.claim_id.in_(reworded))
    for claim, version, at in s.execute(pins).tuples():
        turns[claim].append((at, version))
    return [_worded(c, turns[c.id], asked, known_at) if c.id in turns else c for c in claims]


def _worded(
    claim: StoredClaim, turns: Sequence[tuple[datetime, int]], asked: dict[tuple[int, int], tuple[int, str]], known_at: datetime
) -> StoredClaim:
    if all(at <= known_at for at, _ in turns):
        return claim  # nothing has happened to its words since
    _, version = max([turn for turn in turns if turn[0] <= known_at], default=min(turns))
    n, statement = asked[claim.id, version]
    return replace(claim, statement=statement, version_id=version, n=n)
