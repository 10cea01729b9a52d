"""Rows of the ledger as values: changes with their quotes, rulings. Shared by reading and by publishing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Cause, Change, Position, Ruling, Status
from storage import codec, position_rows
from storage import tables as t
from storage.records import StoredChange
from storage.sql import chunks, stable_key, today


def rulings(s: Session, claim_id: int, known_at: datetime | None) -> tuple[Ruling, ...]:
    """The rulings on a claim, in the order in which they were made; None: all that are not undone, published or not."""
    d, a = t.decisions, t.actors
    query = (
        sa.select(d.c.client_id, d.c.status, d.c.valid_from, d.c.valid_to, a.c.name)
        .join(a, a.c.id == d.c.actor_id)
        .where(d.c.claim_id == claim_id, d.c.kind == "ruling")
        .order_by(d.c.id)
    )
    if known_at is None:
        query = query.where(d.c.undone_by.is_(None))
    else:
        made, undone = t.editions.alias("made"), t.editions.alias("undone")
        query = (
            query.join(made, made.c.id == d.c.edition_id)
            .outerjoin(undone, undone.c.id == d.c.undone_edition_id)
            .where(made.c.recorded_at <= known_at)
            .where(undone.c.id.is_(None) | (undone.c.recorded_at > known_at))
        )
    return tuple(Ruling(Status(r.status), r.valid_from, r.valid_to, r.name, ruling_key(r.client_id)) for r in s.execute(query))


def last_published(s: Session, topic_id: int, known_at: datetime) -> datetime | None:
    """When the topic's last edition by then was recorded; None: there was none."""
    e = t.editions
    mine = (e.c.topic_id == topic_id) & (e.c.state == "live") & (e.c.recorded_at <= known_at)
    return s.execute(sa.select(sa.func.max(e.c.recorded_at)).where(mine)).scalar()


def last_day(s: Session, known_at: datetime | None) -> date:
    """The day of a read that names none: today, or that of the known time, so that its answer is the same on every later day."""
    return today(s) if known_at is None else min(today(s), known_at.astimezone(UTC).date())


def by_day(s: Session, as_of: date | None, known_at: datetime | None = None) -> sa.ColumnElement[bool]:
    """The changes of status that hold up to a day. Where none is named, those with which a ruling begins or ends on a day that is
    still to come wait for it; all others count at once, as what they rest on does."""
    c, d, e = t.status_changes, t.decisions, t.editions
    if as_of is not None:
        return c.c.valid_from <= as_of
    day = last_day(s, known_at)
    ahead = (d.c.valid_from > day) | (d.c.valid_to >= day)
    if known_at is not None:
        ahead &= d.c.edition_id.in_(sa.select(e.c.id).where(e.c.recorded_at <= known_at))
    waits = sa.exists().where(d.c.claim_id == c.c.claim_id, d.c.kind == "ruling", ahead)
    return (c.c.valid_from <= day) | ~waits


def standing_rulings(s: Session, claim_id: int, known_at: datetime | None, as_of: date | None) -> tuple[Ruling, ...]:
    """The rulings as `claimline.history.WhatIf` asks for them: without a day, those that hold today, as if they had no end."""
    found = rulings(s, claim_id, known_at)
    if as_of is not None:
        return found
    day = last_day(s, known_at)
    return tuple(replace(r, valid_to=None) for r in found if r.valid_from <= day <= (r.valid_to or date.max))


def ruled(s: Session, claim_ids: Sequence[int], as_of: date | None, known_at: datetime | None) -> dict[int, Ruling]:
    """The ruling that holds for each of these claims on a day; without one, on the last that is known."""
    d = t.decisions
    mine = sa.select(d.c.claim_id).where(d.c.kind == "ruling", d.c.claim_id.in_(claim_ids)).distinct()
    day = as_of or last_day(s, known_at)
    found: dict[int, Ruling] = {}
    for claim_id in s.execute(mine).scalars().all():
        for one in rulings(s, claim_id, known_at):
            if one.valid_from <= day <= (one.valid_to or date.max):
                found[claim_id] = one
    return found


def ruling_key(client_id: str) -> str:
    return stable_key("ruling", client_id)


def stored_changes(
    s: Session, where: sa.ColumnElement[bool], *, known_at: datetime | None, quotes: bool = True
) -> tuple[StoredChange, ...]:
    """Changes by claim and day. A quote is told as it was last known by `known_at`."""
    c, e = t.status_changes, t.editions
    query = (
        sa.select(c, e.c.key.label("edition_key"), t.claims.c.slug, t.topics.c.slug.label("topic_slug"))
        .join(e, e.c.id == c.c.edition_id)
        .join(t.claims, t.claims.c.id == c.c.claim_id)
        .join(t.topics, t.topics.c.id == t.claims.c.topic_id)
        .where(where)
        .order_by(t.topics.c.slug, c.c.claim_id, c.c.valid_from, c.c.id)
    )
    rows = [dict(row) for row in s.execute(query).mappings()]
    found = _quotes(s, rows, known_at) if quotes else {}
    notes = _notes(s, {row["claim_id"] for row in rows if row["ruling"] or not row["tipped_by"]}) if quotes else {}
    return tuple(_change(row, found, notes) for row in rows)


def _notes(s: Session, claim_ids: Collection[int]) -> dict[tuple[int, str | date], str]:
    """What is said of the rulings on these claims: by a ruling's key its note, by the day after its last that it ended."""
    d, a = t.decisions, t.actors
    columns = (d.c.claim_id, d.c.client_id, d.c.valid_to, d.c.note, a.c.name)
    query = sa.select(*columns).join(a, a.c.id == d.c.actor_id).where(d.c.kind == "ruling").order_by(d.c.id)
    found: dict[tuple[int, str | date], str] = {}
    for batch in chunks(sorted(claim_ids)):
        for r in s.execute(query.where(d.c.claim_id.in_(batch))):
            found[r.claim_id, ruling_key(r.client_id)] = r.note
            if r.valid_to is not None and r.valid_to < date.max:
                found[r.claim_id, r.valid_to + timedelta(days=1)] = f"the ruling by {r.name} ended"
    return found


def _change(
    row: Mapping[str, Any], quotes: Mapping[tuple[int, str], Position], notes: Mapping[tuple[int, str | date], str]
) -> StoredChange:
    tipped = tuple(row["tipped_by"])
    change = Change(
        row["valid_from"],
        Status(row["before"]),
        Status(row["after"]),
        Status(row["machine"]),
        codec.load_figures(row["figures"]),
        tipped,
        row["ruling"],
    )
    found = tuple(quotes[row["claim_id"], k] for k in tipped if (row["claim_id"], k) in quotes)
    return StoredChange(
        key=row["key"],
        claim=row["slug"],
        topic=row["topic_slug"],
        change=change,
        recorded_at=row["known_from"],
        cause=Cause(row["cause"]),
        edition_key=row["edition_key"],
        review=row["review"],
        quotes=found,
        note=notes.get((row["claim_id"], row["ruling"]), "") if row["ruling"] else "" if tipped else _ended(row, notes),
    )


def _ended(row: Mapping[str, Any], notes: Mapping[tuple[int, str | date], str]) -> str:
    return notes.get((row["claim_id"], row["valid_from"]), "")


def _quotes(s: Session, rows: Sequence[Mapping[str, Any]], known_at: datetime | None) -> dict[tuple[int, str], Position]:
    wanted: dict[int, dict[str, None]] = {}
    for row in rows:
        wanted.setdefault(row["claim_id"], {}).update(dict.fromkeys(row["tipped_by"]))
    return position_rows.latest(s, wanted, known_at)
