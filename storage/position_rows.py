"""Positions as rows: reading those that were known at a moment, and writing the difference that an edition makes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Position, Stance
from storage import tables as t
from storage.effective import PositionRow
from storage.sql import chunks, insert_many

_STANCES: Mapping[str, Stance] = {stance.value: stance for stance in Stance}
_COLUMNS = [t.positions.c[name] for name in PositionRow.__dataclass_fields__]


def known(table: sa.Table, known_at: datetime | None) -> sa.ColumnElement[bool]:
    """The rows that stood in the ledger at a known time (None: now)."""
    if known_at is None:
        return table.c.known_to.is_(None)
    return (table.c.known_from <= known_at) & (table.c.known_to.is_(None) | (table.c.known_to > known_at))


def live_rows(s: Session, claim_id: int, article_ids: Iterable[int] | None = None) -> dict[str, PositionRow]:
    """The live rows of a claim (for these articles), by key."""
    where = (t.positions.c.claim_id == claim_id) & t.positions.c.known_to.is_(None)
    if article_ids is None:
        return {row.key: row for row in _rows(s, where)}
    found: dict[str, PositionRow] = {}
    for batch in chunks(sorted(set(article_ids))):
        found.update({row.key: row for row in _rows(s, where & t.positions.c.article_id.in_(batch))})
    return found


def _rows(s: Session, where: sa.ColumnElement[bool]) -> list[PositionRow]:
    rows = s.execute(sa.select(*_COLUMNS).where(where)).mappings()
    return [PositionRow(**{**row, "stance": _STANCES[row["stance"]]}) for row in rows]


def close(s: Session, claim_id: int, keys: Iterable[str], edition_id: int, at: datetime) -> None:
    p = t.positions
    for batch in chunks(keys):
        live = (p.c.claim_id == claim_id) & p.c.known_to.is_(None) & p.c.key.in_(batch)
        s.execute(sa.update(p).where(live).values(known_to=at, closed_by=edition_id))


def _plain(row: PositionRow) -> dict[str, Any]:
    """The row's columns; `dataclasses.asdict` copies every value deeply and takes a third of a large edition's time."""
    found = {name: getattr(row, name) for name in PositionRow.__dataclass_fields__}
    found["stance"] = row.stance.value
    return found


def add(s: Session, claim_id: int, rows: Sequence[PositionRow], edition_id: int, at: datetime) -> None:
    signed = {"claim_id": claim_id, "edition_id": edition_id, "known_from": at}
    for batch in chunks(rows, 5000):
        insert_many(s, t.positions, [{**_plain(row), **signed} for row in batch])


# --- as the rules want them -----------------------------------------------------------------------------------------


def positions(s: Session, claim_id: int, known_at: datetime | None, *, keys: Sequence[str] | None = None) -> list[Position]:
    """The claim's positions as known then, with their quotes."""
    where = (t.positions.c.claim_id == claim_id) & known(t.positions, known_at)
    if keys is None:
        return [p for _, p in _read(s, where)]
    return [p for batch in chunks(keys) for _, p in _read(s, where & t.positions.c.key.in_(batch))]


def _weighed() -> sa.Select[Any]:
    p, a = t.positions, t.articles
    own = sa.select(a.c.url).where(a.c.id == p.c.article_id).scalar_subquery()
    article = sa.case((sa.func.coalesce(p.c.speaker, p.c.cluster, "") == "", own), else_="")
    columns = (p.c.key, article, p.c.stance, p.c.confidence, p.c.valid_from, p.c.valid_to, p.c.speaker, p.c.said_on, p.c.cluster)
    return sa.select(*columns, p.c.weight).where(p.c.claim_id == sa.bindparam("claim"))


_WEIGHED = _weighed().where(known(t.positions, None))  # made once, as most ask for it


def weighed(s: Session, claim_id: int, known_at: datetime | None, until: date | None = None) -> list[Position]:
    """The same (of those printed by a day) with no more than the fold reads: no revision, no quote, nobody's name as written,
    and the article only where neither a speaker nor a group of copies says which voice it is. In a quarter of the time."""
    query = _WEIGHED if known_at is None else _weighed().where(known(t.positions, known_at))
    if until is not None:
        query = query.where(t.positions.c.valid_from <= until)
    rows = s.execute(query, {"claim": claim_id}).tuples().all()
    made, stances = Position._make, _STANCES
    return [
        made((key, url, "", stances[stance], sure, since, to, who, said, copies, weight, "model", "", 0, 0, None, None))
        for key, url, stance, sure, since, to, who, said, copies, weight in rows
    ]


def latest(s: Session, wanted: Mapping[int, Collection[str]], known_at: datetime | None) -> dict[tuple[int, str], Position]:
    """Positions by (claim, key) as they were last known by then, whether they still stand or not.

    Most stand: those are found for several claims at once, in the index of what stands. The rest is looked for claim by claim.
    """
    p = t.positions
    found: dict[tuple[int, str], Position] = {}
    for few in chunks(wanted, 10) if known_at is None else ():
        for batch in chunks({key for claim_id in few for key in wanted[claim_id]}):
            found.update(_read(s, p.c.claim_id.in_(few) & known(p, None) & p.c.key.in_(batch)))
    for claim_id, keys in wanted.items():
        where = p.c.claim_id == claim_id if known_at is None else (p.c.claim_id == claim_id) & (p.c.known_from <= known_at)
        for batch in chunks([key for key in keys if (claim_id, key) not in found]):
            found.update(_read(s, where & p.c.key.in_(batch), in_order=True))
    return found


def _quoted() -> sa.Select[Any]:
    p, e, r, a = t.positions, t.evidence, t.revisions, t.articles
    return (
        sa.select(
            p.c.claim_id,
            p.c.key,
            a.c.url,
            r.c.key,
            p.c.stance,
            p.c.confidence,
            p.c.valid_from,
            p.c.valid_to,
            p.c.speaker,
            p.c.said_on,
            p.c.cluster,
            p.c.weight,
            p.c.actor,
            sa.func.coalesce(p.c.quote, e.c.quote, ""),
            p.c.start,
            p.c.end,
            p.c.speaker_written,
            a.c.outlet,
        )
        .join(a, a.c.id == p.c.article_id)
        .join(r, r.c.id == p.c.revision_id)
        .outerjoin(e, e.c.id == p.c.evidence_id)
    )


_QUOTED = _quoted()


def _read(s: Session, where: sa.ColumnElement[bool], in_order: bool = False) -> Iterator[tuple[tuple[int, str], Position]]:
    query = _QUOTED.where(where)
    if in_order:
        query = query.order_by(t.positions.c.id)
    rows = s.execute(query).tuples().all()  # many thousands: fetched at once
    for claim_id, key, url, revision, stance, *rest in rows:
        yield (claim_id, key), Position(key, url, revision, _STANCES[stance], *rest)


def as_positions(s: Session, rows: Sequence[PositionRow]) -> list[Position]:
    """Rows that are not stored (a shadow's) as positions."""
    urls: dict[int, Any] = {}
    revisions: dict[int, str] = {}
    quotes: dict[int, str] = {}
    for batch in chunks({row.article_id for row in rows}):
        a = t.articles
        urls.update({x.id: x for x in s.execute(sa.select(a.c.id, a.c.url, a.c.outlet).where(a.c.id.in_(batch)))})
    for batch in chunks({row.revision_id for row in rows}):
        r = t.revisions
        revisions.update({x.id: x.key for x in s.execute(sa.select(r.c.id, r.c.key).where(r.c.id.in_(batch)))})
    for batch in chunks({row.evidence_id for row in rows if row.evidence_id is not None}):
        e = t.evidence
        quotes.update({x.id: x.quote for x in s.execute(sa.select(e.c.id, e.c.quote).where(e.c.id.in_(batch)))})
    return [
        Position(
            key=row.key,
            article=urls[row.article_id].url,
            revision=revisions[row.revision_id],
            stance=row.stance,
            confidence=row.confidence,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            speaker=row.speaker,
            said_on=row.said_on,
            cluster=row.cluster,
            weight=row.weight,
            actor=row.actor,
            quote=row.quote or quotes.get(row.evidence_id or 0, ""),
            start=row.start,
            end=row.end,
            speaker_written=row.speaker_written,
            outlet=urls[row.article_id].outlet,
        )
        for row in rows
    ]
