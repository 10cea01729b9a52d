"""The outbox: messages are written with what they tell, and marked when somebody has taken them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import tables as t
from storage.run_records import OutboxItem
from storage.sql import chunks, insert_new

MAX_ATTEMPTS = 20
SENDING = "being sent"


def outbox(
    s: Session, *, limit: int = 500, topic_id: int | None = None, kinds: Collection[str] | None = None
) -> tuple[OutboxItem, ...]:
    """What is still to be sent, oldest first; what failed too often is left."""
    o = t.outbox
    query = (
        sa.select(o.c.id, o.c.key, o.c.kind, t.topics.c.slug, o.c.payload, o.c.created_at, o.c.attempts)
        .join(t.topics, t.topics.c.id == o.c.topic_id)
        .where(o.c.sent_at.is_(None), o.c.attempts < MAX_ATTEMPTS)
        .order_by(o.c.id)
        .limit(limit)
    )
    if topic_id is not None:
        query = query.where(o.c.topic_id == topic_id)
    if kinds is not None:
        query = query.where(o.c.kind.in_(sorted(kinds)))
    return tuple(OutboxItem(*row) for row in s.execute(query).tuples())


def mark_sent(s: Session, ids: Iterable[int], *, now: datetime) -> None:
    """These were sent; marking twice changes nothing."""
    for batch in chunks(ids):
        s.execute(sa.update(t.outbox).where(t.outbox.c.id.in_(batch), t.outbox.c.sent_at.is_(None)).values(sent_at=now))


def post(s: Session, topic_id: int, kind: str, key: str, payload: Mapping[str, object], *, now: datetime) -> None:
    """Put a message in; one with this key that is there already stays as it is."""
    row = {"key": key, "topic_id": topic_id, "kind": kind, "payload": dict(payload), "created_at": now, "attempts": 0}
    insert_new(s, t.outbox, [row])


def claim_to_send(s: Session, message_id: int, *, now: datetime) -> bool:
    """Mark a message as sent before it is, so that it is never sent twice; False where somebody else has it."""
    o = t.outbox
    free = (o.c.id == message_id) & o.c.sent_at.is_(None)
    found = s.execute(sa.update(o).where(free).values(sent_at=now, error=SENDING))
    return bool(found.rowcount)  # type: ignore[attr-defined]


def settle_sent(s: Session, ids: Iterable[int]) -> None:
    """The messages that were marked are out."""
    o = t.outbox
    for batch in chunks(ids):
        s.execute(sa.update(o).where(o.c.id.in_(batch)).values(error=None))


def reopen(s: Session, ids: Iterable[int], error: str) -> None:
    """The messages that were marked surely did not go out; they are tried again."""
    o = t.outbox
    for batch in chunks(ids):
        s.execute(sa.update(o).where(o.c.id.in_(batch)).values(sent_at=None, attempts=o.c.attempts + 1, error=error))


def history(s: Session, topic_id: int, kinds: Collection[str]) -> tuple[OutboxItem, ...]:
    """Every message of these kinds, sent or not, oldest first; `sent_at` tells which."""
    o = t.outbox
    query = (
        sa.select(o.c.id, o.c.key, o.c.kind, t.topics.c.slug, o.c.payload, o.c.created_at, o.c.attempts, o.c.sent_at)
        .join(t.topics, t.topics.c.id == o.c.topic_id)
        .where(o.c.topic_id == topic_id, o.c.kind.in_(sorted(kinds)))
        .order_by(o.c.id)
    )
    return tuple(OutboxItem(*row) for row in s.execute(query).tuples())


def latest_digest(s: Session, topic_id: int, kind: str, target: str) -> date | None:
    """The last day whose digest was written for a target."""
    o = t.outbox
    day = o.c.payload["digest"].as_string()
    mine = (o.c.topic_id == topic_id) & (o.c.kind == kind) & (o.c.payload["target"].as_string() == target)
    found = s.execute(sa.select(sa.func.max(day)).where(mine)).scalar()
    return date.fromisoformat(found) if found else None


def flow_of(s: Session, topic_id: int, recorded_at: datetime) -> str | None:
    """The flow whose run published the edition of that moment; None where a person did."""
    e, r = t.editions, t.runs
    query = sa.select(r.c.flow).join(e, e.c.run_id == r.c.id).where(e.c.topic_id == topic_id, e.c.recorded_at == recorded_at)
    return s.execute(query).scalar()


def mark_failed(s: Session, message_id: int, error: str) -> None:
    o = t.outbox
    s.execute(sa.update(o).where(o.c.id == message_id).values(attempts=o.c.attempts + 1, error=error))


def stuck(s: Session) -> int:
    """How many messages were given up."""
    o = t.outbox
    query = sa.select(sa.func.count()).select_from(o).where(o.c.sent_at.is_(None), o.c.attempts >= MAX_ATTEMPTS)
    return s.execute(query).scalar_one()
