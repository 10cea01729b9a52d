"""Reading the ledger: positions, changes and statuses at (as_of, known_at), and its editions. `publish` writes it.

A read is one range over rows that editions wrote; only the figures of a past day are looked up or folded (`storage.stood`).
`known_at` None is now; `as_of` None is all that is known, but for the beginning and the end of a ruling on a day that is still
to come (`ledger_rows.by_day`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import UnknownName
from claimline.models import Cause, Figures, Position, Ruling, Status
from storage import claims as claim_reads
from storage import codec, ledger_rows, position_rows, wordings
from storage import tables as t
from storage.publish import CHANGED, WITHDRAWN, publish, publish_in
from storage.records import ClaimStatus, StoredChange, StoredClaim, StoredEdition
from storage.series import Stood
from storage.sql import chunks
from storage.stood import stood

__all__ = [
    "CHANGED",
    "WITHDRAWN",
    "change_by_key",
    "changes",
    "closings",
    "edition",
    "editions",
    "positions",
    "publish",
    "publish_in",
    "rulings",
    "standing_rulings",
    "status",
    "statuses",
    "weighed",
    "with_figures",
]


def positions(
    s: Session,
    claim_id: int,
    *,
    known_at: datetime | None = None,
    edition: int | None = None,
    keys: Sequence[str] | None = None,
) -> tuple[Position, ...]:
    """What was known of a claim, by key; `edition`: as that shadow edition would have it; `keys`: only these."""
    if edition is not None:
        from storage.replay import shadow_positions

        return shadow_positions(s, claim_id, edition)
    return tuple(sorted(position_rows.positions(s, claim_id, known_at, keys=keys), key=lambda p: p.key))


def weighed(s: Session, claim_id: int, *, as_of: date | None = None, known_at: datetime | None = None) -> tuple[Position, ...]:
    """What was known of a claim, with no more than the fold reads: for figures, not for people."""
    return tuple(position_rows.weighed(s, claim_id, known_at, as_of))


def rulings(s: Session, claim_id: int, *, known_at: datetime | None = None) -> tuple[Ruling, ...]:
    """The rulings on a claim as they were known, in the order in which they were made."""
    return ledger_rows.rulings(s, claim_id, known_at)


def standing_rulings(
    s: Session, claim_id: int, *, as_of: date | None = None, known_at: datetime | None = None
) -> tuple[Ruling, ...]:
    """The same for where a claim stands at the end of a day: without a day, those that hold today, as if they had no end."""
    return ledger_rows.standing_rulings(s, claim_id, known_at, as_of)


def changes(
    s: Session,
    claim_id: int,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    quotes: bool = True,
    to_come: bool = False,
    since: datetime | None = None,
) -> tuple[StoredChange, ...]:
    """The claim's changes of status up to a day, as they were known, oldest first; `to_come`: also those that wait.

    `since`: only those that became known then or later.
    """
    c = t.status_changes
    where = (c.c.claim_id == claim_id) & position_rows.known(c, known_at)
    if since is not None:
        where &= c.c.known_from >= since
    if as_of is not None or not to_come:
        where &= ledger_rows.by_day(s, as_of, known_at)
    return ledger_rows.stored_changes(s, where, known_at=known_at, quotes=quotes)


def closings(s: Session, changes: Sequence[StoredChange]) -> dict[str, StoredEdition]:
    """By the key of a change that is no longer told, the edition that took it back."""
    c = t.status_changes
    found: dict[str, int] = {}
    for batch in chunks([one.key for one in changes]):
        query = sa.select(c.c.key, c.c.closed_by).where(c.c.key.in_(batch), c.c.closed_by.is_not(None))
        found.update({row.key: row.closed_by for row in s.execute(query)})
    editions = {e.id: e for e in _editions(s, t.editions.c.id.in_(set(found.values())), None)} if found else {}
    return {key: editions[edition_id] for key, edition_id in found.items() if edition_id in editions}


def change_by_key(s: Session, key: str) -> StoredChange:
    """One change by its permanent key, whether it still stands or not."""
    found = ledger_rows.stored_changes(s, t.status_changes.c.key == key, known_at=None)
    if not found:
        raise UnknownName("change", key)
    return found[0]


def status(s: Session, claim_id: int, *, as_of: date | None = None, known_at: datetime | None = None) -> ClaimStatus:
    """Where one claim stood."""
    return _statuses(s, [claim_reads.claim_by_id(s, claim_id)], as_of, known_at)[0]


def statuses(
    s: Session,
    topic: str | None = None,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    figures: bool = True,
) -> tuple[ClaimStatus, ...]:
    """Where every claim (of a topic) stood that was not retired then; not `figures`: for those who ask only for the status."""
    return tuple(_statuses(s, claim_reads.claims(s, topic, known_at=known_at), as_of, known_at, figures=figures))


def with_figures(
    s: Session, some: Sequence[ClaimStatus], *, as_of: date | None, known_at: datetime | None
) -> tuple[ClaimStatus, ...]:
    """The same, in the same order, with the figures and the machine's own opinion of that day."""
    found = {x.claim.id: x for x in _statuses(s, [x.claim for x in some], as_of, known_at)}
    return tuple(found[x.claim.id] for x in some)


def _statuses(
    s: Session, claims: Sequence[StoredClaim], as_of: date | None, known_at: datetime | None, *, figures: bool = True
) -> list[ClaimStatus]:
    c, m = t.status_changes, t.claim_states
    ids = [claim.id for claim in claims]
    light = [c.c[n] for n in ("claim_id", "valid_from", "after", "review", "ruling", "cause", "known_from")]
    where = c.c.claim_id.in_(ids) & position_rows.known(c, known_at) & ledger_rows.by_day(s, as_of, known_at)
    history: dict[int, list[sa.Row[tuple[object, ...]]]] = {}
    for row in s.execute(sa.select(*light).where(where).order_by(c.c.claim_id, c.c.valid_from)):
        history.setdefault(row.claim_id, []).append(row)
    now = sa.select(m.c.claim_id, m.c.machine, m.c.figures, m.c.newest).where(
        m.c.claim_id.in_(ids), position_rows.known(m, known_at)
    )
    newest = {row.claim_id: row for row in s.execute(now)}
    newest_day = {claim_id: row.newest for claim_id, row in newest.items()}
    then = stood(s, newest_day, ids, as_of, known_at) if figures and as_of is not None else {}
    ruled = ledger_rows.ruled(s, ids, as_of, known_at)
    worded = wordings.as_known(s, claims, known_at)
    found = [_status(claim, history.get(claim.id, []), newest.get(claim.id), then.get(claim.id)) for claim in worded]
    brought_by = {claim_id: rows[-1].ruling for claim_id, rows in history.items()}
    return [_confirmed(x, ruled.get(x.claim.id), brought_by.get(x.claim.id)) for x in found]


def _confirmed(found: ClaimStatus, ruling: Ruling | None, brought_by: str | None) -> ClaimStatus:
    """A ruling that agrees with the machine makes no change of status, it confirms it; one that keeps a status which the machine
    left is a ruling. One that brought the status and has ended since stands behind it no more.

    `ruling`: the one that holds on the day; `brought_by`: the one with which the last change came.
    """
    if brought_by is not None and (ruling is None or ruling.key != brought_by):
        found = replace(found, review=None)
    if found.review is not None or ruling is None or ruling.status is not found.status:
        return found
    return replace(found, review=f"{'confirmed' if found.machine is found.status else 'ruling'} by {ruling.by}")


def _status(
    claim: StoredClaim,
    history: Sequence[sa.Row[tuple[object, ...]]],
    newest: sa.Row[tuple[object, ...]] | None,
    then: Stood | None,
) -> ClaimStatus:
    """`then`: what the machine made of it on a day after which something moved; None: what it makes of it in the end."""
    last = history[-1] if history else None
    if then is None:
        then = (
            Stood(Status(newest.machine), codec.load_figures(newest.figures)) if newest else Stood(Status.UNREPORTED, Figures())
        )
    return ClaimStatus(
        claim=claim,
        status=Status(last.after) if last else Status.UNREPORTED,
        machine=then.machine,
        figures=then.figures,
        since=last.valid_from if last else None,
        first_reported=history[0].valid_from if history else None,
        changes=len(history),
        review=last.review if last else None,
        cause=Cause(last.cause) if last else None,
        recorded_at=last.known_from if last else None,
    )


def editions(s: Session, topic_id: int, *, state: str | None = "live", limit: int = 100) -> tuple[StoredEdition, ...]:
    """The topic's editions, newest first."""
    where = t.editions.c.topic_id == topic_id
    if state is not None:
        where &= t.editions.c.state == state
    return _editions(s, where, limit)


def edition(s: Session, key: str) -> StoredEdition:
    """An edition by its key, or by as much of the key as tells it apart."""
    found = _editions(s, t.editions.c.key.startswith(key, autoescape=True), 2)
    if len(found) != 1:
        raise UnknownName("edition", key)
    return found[0]


def _editions(s: Session, where: sa.ColumnElement[bool], limit: int | None) -> tuple[StoredEdition, ...]:
    e = t.editions
    query = sa.select(e, t.actors.c.name).join(t.actors, t.actors.c.id == e.c.actor_id).where(where)
    return tuple(
        StoredEdition(
            id=r["id"],
            key=r["key"],
            topic_id=r["topic_id"],
            state=r["state"],
            cause=Cause(r["cause"]),
            actor=r["name"],
            run_id=r["run_id"],
            recorded_at=r["recorded_at"],
            created_at=r["created_at"],
            fold_version=r["fold_version"],
            spec=r["spec"],
        )
        for r in s.execute(
            query.order_by(sa.func.coalesce(e.c.recorded_at, e.c.created_at).desc(), e.c.id.desc()).limit(limit)
        ).mappings()
    )
