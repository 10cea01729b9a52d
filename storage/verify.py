"""Does the ledger say what it must? The stored rows against a fresh computation, for the doctor and the tests; and its mending.

Two promises are checked: the live positions are those that the stored answers and decisions make (unless something still waits
for the next edition), and the changes known at any time are the fold of the positions known at that time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Cause, FoldResult
from storage import codec, ledger, pins, position_rows
from storage import tables as t
from storage.edition import state_content
from storage.effective import articles_of_claim, effective
from storage.publish import Fold, default_fold, publish_in
from storage.records import Pin, Published
from storage.sql import chunks, touch


@dataclass(frozen=True, slots=True)
class Difference:
    """A claim whose live rows are not what they must be. `mendable`: its positions are right, and only their fold is another."""

    claim_id: int
    what: str
    mendable: bool


def differences(s: Session, topic_id: int, *, fold: Fold | None = None) -> tuple[Difference, ...]:
    """What differs, claim by claim; empty when all is well."""
    if s.execute(sa.select(t.touches.c.id).where(t.touches.c.topic_id == topic_id).limit(1)).first() is not None:
        return ()  # the next edition is due: nothing can be compared before it
    found = []
    for claim_id, pin in sorted(pins.live(s, topic_id).items()):
        wrong = _wrong_positions(s, pin)
        if wrong:
            what = f"claim {claim_id}: {len(wrong)} positions differ from the stored answers, first {wrong[0]}"
            found.append(Difference(claim_id, what, mendable=False))
        found += [Difference(claim_id, line, not wrong) for line in fold_differences(s, claim_id, None, fold=fold)]
    return tuple(found)


def mend(s: Session, topic_id: int, *, by: str, now: datetime, fold: Fold | None = None) -> Published:
    """Fold the mendable claims again, as one edition whose cause is *rules changed*. What an earlier version left stays known
    for whoever asks about the time before.
    """
    for claim_id in {d.claim_id for d in differences(s, topic_id, fold=fold) if d.mendable}:
        touch(s, topic_id, Cause.RULES_CHANGED, now, claim_id=claim_id)
    return publish_in(s, topic_id, run_id=None, actor=by, actor_kind="person", now=now, fold=fold)


def _wrong_positions(s: Session, pin: Pin) -> list[str]:
    stored = position_rows.live_rows(s, pin.claim_id)
    fresh = {row.key: row for row in effective(s, pin, articles_of_claim(s, pin.claim_id))}
    untold = _cannot_be_told(s, {row.article_id for row in [*stored.values(), *fresh.values()]})
    either = {key: stored.get(key) or fresh[key] for key in stored.keys() | fresh.keys()}
    return sorted(key for key, row in either.items() if stored.get(key) != fresh.get(key) and row.article_id not in untold)


def _cannot_be_told(s: Session, article_ids: set[int]) -> set[int]:
    """Edited articles of which retention or the law took a text: whether a quote still stood in it cannot be seen any more."""
    r, x = t.revisions, t.revision_texts
    found: set[int] = set()
    for batch in chunks(sorted(article_ids)):
        query = (
            sa.select(r.c.article_id)
            .outerjoin(x, x.c.revision_id == r.c.id)
            .where(r.c.article_id.in_(batch))
            .group_by(r.c.article_id)
            .having((sa.func.count(r.c.id) > 1) & (sa.func.count(x.c.revision_id) < sa.func.count(r.c.id)))
        )
        found |= set(s.execute(query).scalars())
    return found


def fold_differences(s: Session, claim_id: int, known_at: datetime | None, *, fold: Fold | None = None) -> tuple[str, ...]:
    """One line where the changes known at a time (now: where the claim stands, too) are not the fold of what was known then."""
    folding = fold or default_fold()
    result = folding(ledger.positions(s, claim_id, known_at=known_at), ledger.rulings(s, claim_id, known_at=known_at))
    fresh = [(c.valid_from, c.before, c.after, c.machine, codec.dump_figures(c.figures), c.tipped_by) for c in result.changes]
    stored = [
        (c.valid_from, c.before, c.after, c.machine, codec.dump_figures(c.figures), c.tipped_by)
        for c in (row.change for row in ledger.changes(s, claim_id, known_at=known_at, quotes=False, to_come=True))
    ]
    if fresh != stored:
        return (f"claim {claim_id}: its changes as known at {known_at or 'present'} are not the fold of its positions",)
    if known_at is None and not _stands_so(s, claim_id, result):
        return (f"claim {claim_id}: where it stands is not the fold of its positions",)
    return ()


def _stands_so(s: Session, claim_id: int, result: FoldResult) -> bool:
    m = t.claim_states
    held = s.execute(sa.select(m).where(m.c.claim_id == claim_id, m.c.known_to.is_(None))).mappings().first()
    return held is None or all(held[name] == value for name, value in state_content(result).items())
