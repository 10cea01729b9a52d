"""Leases: who is at work on what, so that two entrances do not do the same work at once.

A lease ends by itself when its holder stops renewing it, and at once when the holder was a process of this machine that is gone.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import LeaseHeld, StorageError
from storage import tables as t
from storage.engine import Database
from storage.records import LeaseRow

TTL = timedelta(minutes=3)


@contextmanager
def lease(db: Database, name: str, holder: str, *, now: Callable[[], datetime], ttl: timedelta = TTL) -> Iterator[LeaseRow]:
    """Hold `name` while the block runs, renewed in the background; raises LeaseHeld.

    `holder` is `host:pid:something`, so that a holder that was killed can be told from one that is slow.
    """
    held = db.write(lambda s: acquire(s, name, holder, now=now(), ttl=ttl))
    stop = threading.Event()
    renewing = threading.Thread(target=_renew, args=(db, name, holder, now, ttl, stop), daemon=True)
    renewing.start()
    try:
        yield held
    finally:
        stop.set()
        renewing.join(timeout=5)
        db.write(lambda s: release(s, name, holder))


def acquire(s: Session, name: str, holder: str, *, now: datetime, ttl: timedelta = TTL) -> LeaseRow:
    """Take the lease, or renew one's own; raises LeaseHeld while somebody else is at work."""
    row = s.execute(sa.select(t.leases).where(t.leases.c.name == name)).mappings().first()
    if row is not None and row["holder"] != holder and row["expires_at"] > now and not _is_gone(row["holder"]):
        raise LeaseHeld(name, row["holder"])
    since = row["acquired_at"] if row is not None and row["holder"] == holder else now
    s.execute(sa.delete(t.leases).where(t.leases.c.name == name))
    values = {"name": name, "holder": holder, "acquired_at": since, "expires_at": now + ttl}
    s.execute(sa.insert(t.leases).values(**values))
    return LeaseRow(name, holder, since, now + ttl)


def release(s: Session, name: str, holder: str) -> None:
    s.execute(sa.delete(t.leases).where(t.leases.c.name == name, t.leases.c.holder == holder))


def leases(s: Session) -> tuple[LeaseRow, ...]:
    rows = s.execute(sa.select(t.leases).order_by(t.leases.c.name)).mappings()
    return tuple(LeaseRow(r["name"], r["holder"], r["acquired_at"], r["expires_at"]) for r in rows)


def _renew(db: Database, name: str, holder: str, now: Callable[[], datetime], ttl: timedelta, stop: threading.Event) -> None:
    while not stop.wait(ttl.total_seconds() / 3):
        try:
            db.write(lambda s: acquire(s, name, holder, now=now(), ttl=ttl))
        except StorageError:
            return


def _is_gone(holder: str) -> bool:
    """Whether the holder was a process of this machine that no longer runs."""
    host, _, rest = holder.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
