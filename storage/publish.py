"""Publishing an edition: everything that touched a topic since the last one becomes known in one transaction.

Only what was touched is looked at again: the positions of touched articles, then the fold of the claims whose positions changed.
Nothing here decides what an answer is worth (`storage.effective`) or what follows from it (`claimline.history`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline import notify
from claimline.models import Cause, FoldResult, Position, Ruling
from storage import causes, notices, position_rows, series
from storage import tables as t
from storage.edition import CHANGED, WITHDRAWN, CauseOf, Edition, stamp, told, write_claim
from storage.effective import articles_of_claim, effective
from storage.engine import Database
from storage.ledger_rows import rulings
from storage.records import Pin, Published
from storage.sql import chunks
from storage.touched import ClaimWork, gather

__all__ = ["CHANGED", "WITHDRAWN", "Fold", "default_fold", "publish", "publish_in"]

Fold = Callable[[Iterable[Position], Iterable[Ruling]], FoldResult]


def publish(
    db: Database,
    topic_id: int,
    *,
    run_id: int | None,
    actor: str,
    now: datetime,
    cause_of: CauseOf = causes.cause_of,
    fold: Fold | None = None,
    matcher: str | None = None,
) -> Published:
    """Publish what is new of a topic as one edition; nothing new, no edition.

    `matcher` is the one to pin for claims that have none yet (None: the one that scanned last). `actor` signs.
    """
    done = db.write(
        lambda s: publish_in(s, topic_id, run_id=run_id, actor=actor, now=now, cause_of=cause_of, fold=fold, matcher=matcher)
    )
    series.fill(db, topic_id)
    return done


def publish_in(
    s: Session,
    topic_id: int,
    *,
    run_id: int | None,
    actor: str,
    now: datetime,
    actor_kind: str = "program",
    cause_of: CauseOf = causes.cause_of,
    fold: Fold | None = None,
    matcher: str | None = None,
    edition_id: int | None = None,
    moves: Mapping[int, Pin] | None = None,
    cause: Cause | None = None,
) -> Published:
    """The same within a transaction that has more to write (a decision, an accepted replay: `edition_id`, `moves`)."""
    folding = fold or default_fold()
    work = gather(s, topic_id, matcher, moves or {}, _fold_version(fold), cause)
    if work is None:
        return Published(None, None, None)
    overall = cause or causes.dominant([x.cause for c in work.claims.values() for x in c.touched])
    edition = Edition(s, topic_id, edition_id, overall, (actor_kind, actor), run_id, work.fold_version, now)
    if edition_id is not None or work.unpublished:
        edition.open()
    told_too = notices.is_told(s, run_id)
    voices_told = told_too and notify.NEW_VOICE in notices.asked_for(s, topic_id)
    for claim in work.claims.values():
        voices = _prepare(s, claim, folding, voices_told=voices_told)
        write_claim(s, claim, edition, cause_of, cause if claim.moved else None)
        if voices:
            notices.post_voices(s, topic_id, claim.pin.claim_id, voices, edition.at)
    if told_too:
        notices.post_edited(s, topic_id, work, now)
    for batch in chunks(work.touch_ids):
        s.execute(sa.delete(t.touches).where(t.touches.c.id.in_(batch)))
    if not edition.is_open:
        return Published(None, None, None)
    stamp(s, topic_id, edition.id)
    return told(s, topic_id, edition, work)


def default_fold() -> Fold:
    from claimline.history import fold  # numpy is imported only where something is folded

    return partial(fold, most_voices=0)


def _fold_version(fold: Fold | None) -> str:
    if fold is not None:
        return str(getattr(fold, "version", "given"))
    from claimline.history import FOLD_VERSION

    return FOLD_VERSION


def _prepare(s: Session, claim: ClaimWork, fold: Fold, *, voices_told: bool) -> notices.NewVoices:
    """What the edition changes of a claim; returns the voices to tell."""
    claim_id = claim.pin.claim_id
    before = position_rows.live_rows(s, claim_id, claim.articles)
    wanted = articles_of_claim(s, claim_id) if claim.articles is None else claim.articles
    after = {row.key: row for row in effective(s, claim.pin, wanted)}
    claim.close = [row for key, row in before.items() if after.get(key) != row]
    claim.add = [row for key, row in after.items() if before.get(key) != row]
    claim.spoke_before = frozenset(row.article_id for row in before.values())
    claim.refold = claim.refold or bool(claim.add or claim.close)
    if claim.refold:
        newest = sa.select(sa.func.max(t.positions.c.valid_from)).where(
            t.positions.c.claim_id == claim_id, t.positions.c.known_to.is_(None)
        )
        claim.told_until = s.execute(newest).scalar()
        held = position_rows.weighed(s, claim_id, None)
        coming = _after(s, claim, held)
        claim.result = fold(coming, rulings(s, claim_id, None))
        if voices_told:
            return notices.new_voices(claim, held, coming)
    return ()


def _after(s: Session, claim: ClaimWork, held: Sequence[Position]) -> list[Position]:
    """The claim's positions as they will be when the edition is written."""
    gone = {row.key for row in claim.close}
    return [p for p in held if p.key not in gone] + position_rows.as_positions(s, claim.add)
