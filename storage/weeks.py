"""Reports of a claim by week and side: counted in the ledger, or out of the days that are kept of it (`storage.series`).

In a week an article counts once a side, on the first of its days: so the days tell also how far a week had come by any of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import position_rows
from storage import tables as t
from storage.sql import chunks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Days = NDArray[np.int64]  # a row a day: its number since the epoch, for, against, without position

_EPOCH = date(1970, 1, 1).toordinal()
_THURSDAY = 3  # the epoch's place in its week
_ARTICLES = 2**32  # more than there can be


class WeekCount(NamedTuple):
    """Reports (articles, each once) that began to stand in the week from `monday`."""

    monday: date
    supports: int = 0
    refutes: int = 0
    neutral: int = 0


_SIDES = WeekCount._fields[1:]


def counted(
    s: Session, claim_ids: Iterable[int], *, until: date | None = None, known_at: datetime | None = None
) -> dict[int, tuple[WeekCount, ...]]:
    """The weeks of these claims, of reports printed until a day; weeks without one are left out."""
    return {claim_id: in_weeks(days) for claim_id, days in _days(s, claim_ids, until, known_at).items()}


def packed(s: Session, claim_id: int) -> bytes:
    """The days of a claim as they are kept, all that is known now."""
    days = _days(s, [claim_id], None, None).get(claim_id)
    return b"" if days is None else days.astype("<i4").tobytes()


def unpacked(data: bytes, until: date | None) -> tuple[WeekCount, ...]:
    """The weeks until a day, of days as they are kept."""
    import numpy as np  # only where a page is drawn

    days = np.frombuffer(data, dtype="<i4").reshape(-1, 4).astype(np.int64)
    return in_weeks(days if until is None else days[days[:, 0] <= until.toordinal() - _EPOCH])


def in_weeks(days: Days) -> tuple[WeekCount, ...]:
    import numpy as np

    weeks, row = np.unique((days[:, 0] + _THURSDAY) // 7, return_inverse=True)
    table = np.zeros((len(weeks), 3), dtype=np.int64)
    np.add.at(table, row, days[:, 1:])
    mondays = [date.fromordinal(_EPOCH + 7 * k - _THURSDAY) for k in weeks.tolist()]
    return tuple(map(WeekCount._make, zip(mondays, *table.T.tolist(), strict=True)))


def _days(s: Session, claim_ids: Iterable[int], until: date | None, known_at: datetime | None) -> dict[int, Days]:
    """A claim's positions come as one text of numbers: sorting and grouping them in the database, and many rows, take three times
    as long."""
    p = t.positions
    side = sa.case({stance: i for i, stance in enumerate(_SIDES)}, value=p.c.stance, else_=len(_SIDES))
    number = (sa.cast(_day_number(s, p.c.valid_from), sa.BigInteger) * 4 + side) * _ARTICLES + p.c.article_id
    numbers = sa.func.aggregate_strings(sa.cast(number, sa.String), ",")
    found: dict[int, Days] = {}
    for batch in chunks(claim_ids):
        where = p.c.claim_id.in_(batch) & position_rows.known(p, known_at) & (p.c.weight > 0)
        if until is not None:
            where &= p.c.valid_from <= until
        query = sa.select(p.c.claim_id, numbers).where(where).group_by(p.c.claim_id)
        found.update({claim_id: _first_days(text) for claim_id, text in s.execute(query).tuples().all()})
    return found


def _first_days(numbers: str) -> Days:
    """Counts from the numbers of a claim's positions: the day and the side in the upper part, the article in the lower."""
    import numpy as np

    in_order = np.unique(np.fromstring(numbers, dtype=np.int64, sep=","))
    day, rest = in_order // (4 * _ARTICLES), in_order % (4 * _ARTICLES)
    _, first = np.unique((day + _THURSDAY) // 7 * (4 * _ARTICLES) + rest, return_index=True)
    days, row = np.unique(day[first], return_inverse=True)
    table = np.zeros((len(days), 4), dtype=np.int64)
    np.add.at(table, (row, rest[first] // _ARTICLES), 1)
    return np.column_stack((days, table[:, :3]))


def _day_number(s: Session, day: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    if s.get_bind().dialect.name == "sqlite":
        return sa.cast(sa.func.julianday(day) - 2440587.5, sa.Integer)
    return day - sa.literal(date(1970, 1, 1))
