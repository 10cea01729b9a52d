"""Which voice each article carries: a read for tables, grouped by the same rules as the fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import position_rows
from storage import tables as t


def voices(
    s: Session, claim_ids: Iterable[int], *, as_of: date | None = None, known_at: datetime | None = None
) -> Mapping[tuple[int, int], str]:
    """(claim, article) -> the key of the voice that the article carries; articles that carry none are left out."""
    from claimline.history import group_voices  # numpy: only where voices are asked for

    found: dict[tuple[int, int], str] = {}
    for claim_id in sorted(set(claim_ids)):
        known = position_rows.weighed(s, claim_id, known_at)
        by_position = {key: v.key for v in group_voices(known, until=as_of) for key in v.positions}
        p = t.positions
        where = (p.c.claim_id == claim_id) & position_rows.known(p, known_at)
        for key, article_id in s.execute(sa.select(p.c.key, p.c.article_id).where(where)).tuples():
            if key in by_position:
                found.setdefault((claim_id, article_id), by_position[key])
    return found
