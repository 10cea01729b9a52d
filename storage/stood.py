"""What the machine made of a claim at the end of a past day, and on which figures: folded where no row of the ledger tells it.

The row of a claim's state tells the last day on which anything of it appeared in print or vanished. A day before that is looked
up in the claim's series (`storage.series`). Where there is none, and for what was known before its positions last changed, it is
folded anew, from what was printed by then, and kept for as long as the claim's positions stay as they are.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import position_rows
from storage import tables as t
from storage.series import Stood, looked_up, rounded, stamps
from storage.sql import chunks

_KEPT = 10_000  # folds; two hundred bytes each

_folds: WeakKeyDictionary[object, OrderedDict[Hashable, Stood]] = WeakKeyDictionary()
_lock = threading.Lock()


def stood(
    s: Session, newest: Mapping[int, date | None], claim_ids: Sequence[int], as_of: date, known_at: datetime | None
) -> dict[int, Stood]:
    """Those of these claims of which something moved after the day. `newest`: the last side-taking day in their state's rows."""
    ids = [i for i in claim_ids if i in newest]
    ahead = {i for i in ids if (day := newest[i]) is not None and day > as_of}
    ahead |= _moved_after(s, [i for i in ids if i not in ahead], as_of, known_at)
    made_from = stamps(s, sorted(ahead))
    found = looked_up(s, {i: stamp for i, stamp in made_from.items() if stamp.is_known_by(known_at)}, as_of)
    for claim_id, stamp in made_from.items():
        if claim_id in found:
            continue
        key = (claim_id, stamp, as_of, known_at)
        held = _held(s, key)
        if held is None:
            held = _fold(s, claim_id, as_of, known_at)
            _keep(s, key, held)
        found[claim_id] = held
    return found


def forget() -> None:
    """Let go of what was folded; for whoever measures the first read."""
    with _lock:
        _folds.clear()


def _moved_after(s: Session, claim_ids: Sequence[int], as_of: date, known_at: datetime | None) -> set[int]:
    """The claims of which anything appears in print or vanishes after a day."""
    c, p = t.claims, t.positions
    later = (p.c.valid_from > as_of) | (p.c.valid_to > as_of)
    moves = sa.exists().where(p.c.claim_id == c.c.id, position_rows.known(p, known_at), later)
    found: set[int] = set()
    for batch in chunks(claim_ids):
        found |= set(s.execute(sa.select(c.c.id).where(c.c.id.in_(batch), moves)).scalars())
    return found


def _fold(s: Session, claim_id: int, as_of: date, known_at: datetime | None) -> Stood:
    from claimline.history import WhatIf, heard  # numpy: only where something is folded

    known = position_rows.weighed(s, claim_id, known_at, as_of)
    stand = WhatIf(heard(known, until=as_of), until=as_of).stand(0)
    return Stood(stand.machine, rounded(stand.figures))


def _held(s: Session, key: Hashable) -> Stood | None:
    with _lock:
        of_database = _folds.get(s.get_bind())
        if of_database is None or key not in of_database:
            return None
        of_database.move_to_end(key)
        return of_database[key]


def _keep(s: Session, key: Hashable, made: Stood) -> None:
    if s.get_bind().get_execution_options():
        return  # a writer's: what it sees may yet be taken back
    with _lock:
        of_database = _folds.setdefault(s.get_bind(), OrderedDict())
        of_database[key] = made
        while len(of_database) > _KEPT:
            of_database.popitem(last=False)
