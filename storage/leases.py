"""Leases: who is at work on what, so that two entrances do not do the same work at once.

A lease ends by itself when its holder stops renewing it, and at once when the holder was a process of this machine that is gone.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import LeaseHeld, StorageError
from storage import tables as t
from storage.engine import Database
from storage.run_records import LeaseRow
from storage.sql import chunks, insert_many

TTL = timedelta(minutes=3)


@contextmanager
def lease(db: Database, name: str, holder: str, *, now: Callable[[], datetime], ttl: timedelta = TTL) -> Iterator[LeaseRow]:
    """Hold `name` while the block runs, renewed in the background; raises LeaseHeld.

    `holder` is `host:pid:something`, so that a holder that was killed can be told from one that is slow.
    """
    held = db.write(lambda s: acquire(s, name, holder, now=now(), ttl=ttl))
    try:
        with _renewed(lambda: db.write(lambda s: acquire(s, name, holder, now=now(), ttl=ttl)), ttl):
            yield held
    finally:
        db.write(lambda s: release(s, name, holder))


@contextmanager
def renewed(db: Database, holder: str, *, now: Callable[[], datetime], ttl: timedelta = TTL) -> Iterator[None]:
    """While the block runs, whatever `holder` takes with `take_free` stays its own; what is left at the end is released."""
    try:
        with _renewed(lambda: db.write(lambda s: _prolong(s, holder, now() + ttl)), ttl):
            yield
    finally:
        db.write(lambda s: s.execute(sa.delete(t.leases).where(t.leases.c.holder == holder)))


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
    release_all(s, [name], holder)


def take_free(s: Session, names: Collection[str], holder: str, *, now: datetime, ttl: timedelta = TTL) -> set[str]:
    """Take those of the leases that nobody else who is at work has; which these are."""
    free = set(names) - _taken(s, names, holder, now)
    for batch in chunks(sorted(free)):
        s.execute(sa.delete(t.leases).where(t.leases.c.name.in_(batch)))
    common = {"holder": holder, "acquired_at": now, "expires_at": now + ttl}
    insert_many(s, t.leases, [{"name": name, **common} for name in sorted(free)])
    return free


def release_all(s: Session, names: Iterable[str], holder: str) -> None:
    for batch in chunks(names):
        s.execute(sa.delete(t.leases).where(t.leases.c.name.in_(batch), t.leases.c.holder == holder))


def _taken(s: Session, names: Iterable[str], holder: str, now: datetime) -> set[str]:
    k = t.leases
    s.execute(sa.delete(k).where(k.c.expires_at <= now))  # of somebody who died: it would lie there for ever
    found: dict[str, str] = {}
    for batch in chunks(names):
        query = sa.select(k.c.name, k.c.holder).where(k.c.name.in_(batch), k.c.holder != holder)
        found.update(s.execute(query).tuples().all())
    gone = {other for other in set(found.values()) if _is_gone(other)}
    return {name for name, other in found.items() if other not in gone}


def leases(s: Session) -> tuple[LeaseRow, ...]:
    rows = s.execute(sa.select(t.leases).order_by(t.leases.c.name)).mappings()
    return tuple(LeaseRow(r["name"], r["holder"], r["acquired_at"], r["expires_at"]) for r in rows)


@contextmanager
def _renewed(renew: Callable[[], object], ttl: timedelta) -> Iterator[None]:
    stop = threading.Event()
    renewing = threading.Thread(target=_renew, args=(renew, ttl, stop), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        stop.set()
        renewing.join(timeout=5)


def _renew(renew: Callable[[], object], ttl: timedelta, stop: threading.Event) -> None:
    while not stop.wait(ttl.total_seconds() / 3):
        try:
            renew()
        except StorageError:
            return


def _prolong(s: Session, holder: str, until: datetime) -> None:
    s.execute(sa.update(t.leases).where(t.leases.c.holder == holder).values(expires_at=until))


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
