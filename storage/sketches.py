"""Sketches of texts that may not be kept: what a copy that arrives later is known by. They hold no word of the text."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import clusters
from storage import tables as t
from storage.sql import chunks, insert_many

if TYPE_CHECKING:
    from claimline.clusters import Sketch


def keep(s: Session, revision_ids: Sequence[int]) -> None:
    """Sketch these texts before they go; one that is sketched already is left as it is."""
    from claimline.clusters import VERSION, ClusterText, sketch  # numpy: only where there is something to sketch

    x, k = t.revision_texts, t.copy_sketches
    for batch in chunks(revision_ids):
        held = sa.exists().where(k.c.revision_id == x.c.revision_id)
        texts = s.execute(sa.select(x.c.revision_id, x.c.text).where(x.c.revision_id.in_(batch), ~held)).all()
        rows = []
        for revision_id, text in texts:
            made = sketch(ClusterText(text))
            row = {"revision_id": revision_id, "version": VERSION, "shingles": made.shingles, "numbers": dict(made.numbers)}
            rows.append(row | {"signature": _packed(made.signature), "narrative": _packed(made.narrative)})
        insert_many(s, k, rows)


def around(s: Session, topic_id: int, new: Sequence[int]) -> dict[int, Sketch]:
    """The sketches of texts that are gone and stood in print within some days of the new ones (`clusters.comparable`)."""
    from claimline.clusters import VERSION, Sketch

    r, k, x = t.revisions, t.copy_sketches, t.revision_texts
    gone = ~sa.exists().where(x.c.revision_id == r.c.id)
    query = (
        clusters.compared(s, topic_id, new)
        .add_columns(r.c.published_day, r.c.via, k.c.signature, k.c.narrative, k.c.shingles, k.c.numbers)
        .join(k, k.c.revision_id == r.c.id)
        .where(k.c.version == VERSION, gone)
        .order_by(r.c.id)
    )
    return {
        row.id: Sketch(_unpacked(row.signature), _unpacked(row.narrative), row.shingles, row.numbers, row.published_day, row.via)
        for row in s.execute(query)
    }


def forget(s: Session, revision_ids: Sequence[int]) -> None:
    for batch in chunks(revision_ids):
        s.execute(sa.delete(t.copy_sketches).where(t.copy_sketches.c.revision_id.in_(batch)))


def forget_before(s: Session, before: datetime) -> None:
    """Drop those of texts that came before this time."""
    old = sa.select(t.revisions.c.id).where(t.revisions.c.seen_at < before)
    s.execute(sa.delete(t.copy_sketches).where(t.copy_sketches.c.revision_id.in_(old)))


def _packed(signature: Sequence[int]) -> bytes:
    return array("I", signature).tobytes()


def _unpacked(signature: bytes) -> tuple[int, ...]:
    return tuple(array("I", signature))
