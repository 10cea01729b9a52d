"""A claim's figures at the end of every day, and its reports by week, kept in the cache: looked up instead of being made anew.

One walk over the days makes them all (`claimline.history.day_by_day`). A series is kept by its claim and says what it was made
from: where that is not what the ledger holds now it is passed over, and whoever asks folds or counts. It tells what they would.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Figures, Status
from storage import codec, position_rows, weeks
from storage import tables as t
from storage.sql import any_of, chunks
from storage.weeks import WeekCount

if TYPE_CHECKING:
    from storage.engine import Database

KIND = "days of fold 1"  # with the fold's version (`claimline.history`, which takes long to import)
WEEKS = "days of reports 1"
_STATUSES = tuple(Status)
_DAY = struct.Struct("<iBddiiii")  # day, machine; for, against; voices for, against, without position; speakers
_AT_ONCE = 20  # claims that are read, walked and stored before the next ones


class Stood(NamedTuple):
    """What the machine made of a claim at the end of a day."""

    machine: Status
    figures: Figures


class Stamp(NamedTuple):
    """Another value once a position of the claim is added or closed, or a purge took a name out of one."""

    newest: int | None  # of the positions that stand
    added: datetime | None  # when that one was
    closed: datetime | None
    purged: datetime | None

    def is_known_by(self, known_at: datetime | None) -> bool:
        """Whether nothing of it was learned after that time."""
        return known_at is None or all(at is None or at <= known_at for at in (self.added, self.closed))

    @property
    def words(self) -> bytes:
        return "|".join("" if part is None else str(part) for part in self).encode()


def _stamped() -> sa.Select[Any]:
    c, p = t.claims, t.positions
    mine = p.c.claim_id == c.c.id
    standing = sa.select(p).where(mine, p.c.known_to.is_(None)).order_by(p.c.id.desc()).limit(1)
    newest = standing.with_only_columns(p.c.id).scalar_subquery()
    added = standing.with_only_columns(p.c.known_from).scalar_subquery()
    closed = sa.select(sa.func.max(p.c.known_to)).where(mine).scalar_subquery()
    purged = sa.select(sa.func.max(t.tombstones.c.at)).scalar_subquery()
    return sa.select(c.c.id, newest, added, closed, purged).where(c.c.id.in_(any_of("claims")))


_STAMPED = _stamped()  # made once: every edition asks it twice


def stamps(s: Session, claim_ids: Sequence[int]) -> dict[int, Stamp]:
    found: dict[int, Stamp] = {}
    for batch in chunks(claim_ids):
        rows = s.execute(_STAMPED, {"claims": batch}).tuples()
        found.update({claim_id: Stamp(*stamp) for claim_id, *stamp in rows})
    return found


def looked_up(s: Session, wanted: Mapping[int, Stamp], day: date) -> dict[int, Stood]:
    """Where each of these claims stood at the end of a day, of those whose series is at hand and made from what is known now."""
    held = _held(s, KIND, wanted)
    ends = _ends(s, list(held))
    return {i: _at(days, day) for i, days in held.items() if _at(days, date.max) == ends.get(i)}


def weeks_held(s: Session, wanted: Mapping[int, Stamp], until: date | None) -> dict[int, tuple[WeekCount, ...]]:
    """The reports by week until a day, of those of these claims whose weeks are at hand and made from what is known now."""
    held = _held(s, WEEKS, wanted)
    ends, size = _ends(s, list(held)), _DAY.size
    return {i: weeks.unpacked(data[size:], until) for i, data in held.items() if _at(data[:size], date.max) == ends.get(i)}


def _held(s: Session, kind: str, wanted: Mapping[int, Stamp]) -> dict[int, bytes]:
    """What is packed for those of these claims that have a series of this kind under this stamp."""
    found = s.info["cache"].get_many(kind, list(map(str, wanted))) if wanted else {}
    split = ((int(name), data.partition(b"\n")) for name, data in found.items())
    return {claim_id: made for claim_id, (made_from, _, made) in split if made_from == wanted[claim_id].words}


def fill(db: Database, topic_id: int | None = None) -> int:
    """Make the series that are missing (of a topic); returns of how many claims. It writes to the cache: in no transaction."""
    c = t.claims
    with db.read() as s:
        mine = sa.true() if topic_id is None else c.c.topic_id == topic_id
        wanted = stamps(s, list(s.execute(sa.select(c.c.id).where(mine).order_by(c.c.id)).scalars()))
        have = {kind: _held(s, kind, wanted).keys() for kind in _MAKERS}
    alive = [claim_id for claim_id, stamp in wanted.items() if stamp.newest is not None]
    missing = {kind: [claim_id for claim_id in alive if claim_id not in have[kind]] for kind in _MAKERS}
    for kind, make in _MAKERS.items():
        for few in chunks(missing[kind], _AT_ONCE):
            with db.read() as s:
                made = {str(claim_id): stamp.words + b"\n" + make(s, claim_id) for claim_id, stamp in stamps(s, few).items()}
            db.cache.put_many(kind, made)
    return len(set().union(*missing.values()))


def _days(s: Session, claim_id: int) -> bytes:
    from claimline.history import day_by_day, heard  # numpy: only where something is folded

    days = day_by_day(heard(position_rows.weighed(s, claim_id, None)))
    return b"".join([_packed(day, Stood(machine, figures)) for day, machine, figures in days])


def _weeks(s: Session, claim_id: int) -> bytes:
    """After where the claim stands in the end, by which another ledger's are known."""
    end = _ends(s, [claim_id]).get(claim_id, Stood(Status.UNREPORTED, Figures()))
    return _packed(date.max, end) + weeks.packed(s, claim_id)


def _packed(day: date, stood: Stood) -> bytes:
    return _DAY.pack(day.toordinal(), _STATUSES.index(stood.machine), *codec.dump_figures(stood.figures).values())


_MAKERS: Mapping[str, Callable[[Session, int], bytes]] = {KIND: _days, WEEKS: _weeks}


def rounded(figures: Figures) -> Figures:
    """As a stored row's."""
    return codec.load_figures(codec.dump_figures(figures))


def _at(days: bytes, day: date) -> Stood:
    """The last of the packed days that is no later."""
    count = bisect_right(range(len(days) // _DAY.size), day.toordinal(), key=lambda i: _DAY.unpack_from(days, i * _DAY.size)[0])
    if not count:
        return Stood(Status.UNREPORTED, Figures())
    _, machine, *figures = _DAY.unpack_from(days, (count - 1) * _DAY.size)
    return Stood(_STATUSES[machine], Figures(*figures))


def _ends(s: Session, claim_ids: Sequence[int]) -> dict[int, Stood]:
    """Where each claim stands in the end, as its row says: a series of another ledger does not end there."""
    m = t.claim_states
    found: dict[int, Stood] = {}
    for batch in chunks(claim_ids):
        query = sa.select(m.c.claim_id, m.c.machine, m.c.figures).where(m.c.claim_id.in_(batch), m.c.known_to.is_(None))
        found.update({r.claim_id: Stood(Status(r.machine), codec.load_figures(r.figures)) for r in s.execute(query)})
    return found
