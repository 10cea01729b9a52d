"""The outbox: messages are written with what they tell, and marked when somebody has taken them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import tables as t
from storage.records import OutboxItem
from storage.sql import chunks

MAX_ATTEMPTS = 20


def outbox(s: Session, *, limit: int = 500, topic_id: int | None = None) -> tuple[OutboxItem, ...]:
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
    return tuple(OutboxItem(*row) for row in s.execute(query).tuples())


def mark_sent(s: Session, ids: Iterable[int], *, now: datetime) -> None:
    """These were sent; marking twice changes nothing."""
    for batch in chunks(ids):
        s.execute(sa.update(t.outbox).where(t.outbox.c.id.in_(batch), t.outbox.c.sent_at.is_(None)).values(sent_at=now))


def mark_failed(s: Session, message_id: int, error: str) -> None:
    o = t.outbox
    s.execute(sa.update(o).where(o.c.id == message_id).values(attempts=o.c.attempts + 1, error=error))


def stuck(s: Session) -> int:
    """How many messages were given up."""
    o = t.outbox
    query = sa.select(sa.func.count()).select_from(o).where(o.c.sent_at.is_(None), o.c.attempts >= MAX_ATTEMPTS)
    return s.execute(query).scalar_one()
