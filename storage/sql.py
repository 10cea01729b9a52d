"""Small statements that mean the same on SQLite and PostgreSQL, and the ids of actors, matchers and names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import tables as t

V = TypeVar("V")
CHUNK = 800  # below every limit on bound parameters

# A statement that is made once is four times as quick as one that is made each time it is asked.
_inserting = cache(sa.insert)


def today(s: Session) -> date:
    """The day on which is read, by the clock of the database that was opened."""
    now: datetime = s.info["clock"]()
    return now.date()


def insert_id(session: Session, table: sa.Table, **values: Any) -> int:
    """Insert one row and return its integer id."""
    result = session.execute(_inserting(table), values)
    return int(result.inserted_primary_key[0])  # type: ignore[attr-defined]


def insert_many(session: Session, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.execute(_inserting(table), [dict(row) for row in rows])


def insert_new(session: Session, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose unique keys are not there yet; leave the others as they are."""
    if not rows:
        return
    session.execute(_inserting_new(session.get_bind().dialect.name, table), [dict(row) for row in rows])


@cache
def _inserting_new(dialect: str, table: sa.Table) -> sa.Insert:
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql  # a tenth of a second that a read on SQLite need not spend

    return postgresql.insert(table).on_conflict_do_nothing()


def any_of(name: str) -> sa.BindParameter[Any]:
    """Several values that a statement made beforehand is told when it is executed: for `column.in_(any_of("ids"))`."""
    return sa.bindparam(name, expanding=True)


def chunks(values: Iterable[V], size: int = CHUNK) -> Iterator[list[V]]:
    """Pieces small enough for an IN list."""
    batch: list[V] = []
    for value in values:
        batch.append(value)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def stable_key(*parts: object) -> str:
    """Sixteen hex digits that other programs may keep: a hash of what the thing is, never of a row number."""
    return sha256("\x1f".join("" if p is None else str(p) for p in parts).encode()).hexdigest()[:16]


def actor_id(session: Session, kind: str, name: str, now: datetime) -> int:
    """The id of who signs; `kind` is person, model, judge or program."""
    found = session.execute(sa.select(t.actors.c.id).where(t.actors.c.kind == kind, t.actors.c.name == name)).scalar()
    return int(found) if found is not None else insert_id(session, t.actors, kind=kind, name=name, created_at=now)


def touch(
    session: Session, topic_id: int, cause: str, now: datetime, *, claim_id: int | None = None, article_id: int | None = None
) -> None:
    """Note for the topic's next edition that this part of the ledger has to be looked at again."""
    values = {"topic_id": topic_id, "claim_id": claim_id, "article_id": article_id, "cause": cause, "at": now}
    session.execute(_inserting(t.touches), values)


def topics_of_article(session: Session, article_id: int) -> list[int]:
    query = sa.select(t.topic_articles.c.topic_id).where(t.topic_articles.c.article_id == article_id)
    return list(session.execute(query.order_by(t.topic_articles.c.topic_id)).scalars())
