"""Bytes as they came from the web, compressed, by their SHA-256.

On SQLite they stand in a file of their own, so that the main file stays small and a backup quick; there they are written before
the transaction that names them, so a killed run leaves at most bytes that nobody names. On PostgreSQL they are a table.
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import tables as t
from storage.sql import chunks, insert_many


class Blobs(Protocol):
    """Where bytes are kept. Putting the same bytes twice is harmless."""

    def put(self, session: Session, sha256: str, body: bytes, now: datetime) -> None: ...

    def put_many(self, session: Session, bodies: Mapping[str, bytes], now: datetime) -> None: ...

    def get(self, session: Session, sha256: str) -> bytes | None: ...

    def delete(self, session: Session, hashes: Iterable[str]) -> int: ...

    def hashes(self, session: Session) -> list[str]: ...

    def close(self) -> None: ...


def blobs_of(session: Session) -> Blobs:
    found: Blobs = session.info["blobs"]
    return found


def _packed(body: bytes) -> bytes:
    # A page in 40 % of the time of the usual level, for a tenth more of space.
    return zlib.compress(body, 3)


class SqliteBlobs:
    """One table in a file beside the main one; opened at first use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def put(self, session: Session, sha256: str, body: bytes, now: datetime) -> None:
        self.put_many(session, {sha256: body}, now)

    def put_many(self, session: Session, bodies: Mapping[str, bytes], now: datetime) -> None:  # noqa: ARG002
        if not bodies:
            return
        rows = [(name, _packed(body), len(body), now.isoformat()) for name, body in bodies.items()]
        with self._lock, self._open() as c:
            c.executemany("INSERT OR IGNORE INTO blobs (sha256, data, size, created_at) VALUES (?, ?, ?, ?)", rows)

    def get(self, session: Session, sha256: str) -> bytes | None:  # noqa: ARG002
        if not self.path.exists():
            return None
        with self._lock:
            row = self._open().execute("SELECT data FROM blobs WHERE sha256 = ?", (sha256,)).fetchone()
        return zlib.decompress(row[0]) if row else None

    def delete(self, session: Session, hashes: Iterable[str]) -> int:  # noqa: ARG002
        if not self.path.exists():
            return 0
        with self._lock, self._open() as c:
            c.execute("PRAGMA secure_delete=ON")
            return sum(c.execute("DELETE FROM blobs WHERE sha256 = ?", (h,)).rowcount for h in hashes)

    def hashes(self, session: Session) -> list[str]:  # noqa: ARG002
        if not self.path.exists():
            return []
        with self._lock:
            return [r[0] for r in self._open().execute("SELECT sha256 FROM blobs ORDER BY sha256")]

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self.path, timeout=15, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS blobs (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL, size INTEGER NOT NULL,"
                " created_at TEXT NOT NULL)"
            )
        return self._connection


class TableBlobs:
    """The `blobs` table of the main database, in the caller's transaction."""

    def put(self, session: Session, sha256: str, body: bytes, now: datetime) -> None:
        self.put_many(session, {sha256: body}, now)

    def put_many(self, session: Session, bodies: Mapping[str, bytes], now: datetime) -> None:
        held: set[str] = set()
        for batch in chunks(bodies):
            held.update(session.execute(sa.select(t.blobs.c.sha256).where(t.blobs.c.sha256.in_(batch))).scalars())
        rows = [
            {"sha256": name, "data": _packed(body), "size": len(body), "created_at": now}
            for name, body in bodies.items()
            if name not in held
        ]
        insert_many(session, t.blobs, rows)

    def get(self, session: Session, sha256: str) -> bytes | None:
        data = session.execute(sa.select(t.blobs.c.data).where(t.blobs.c.sha256 == sha256)).scalar()
        return zlib.decompress(data) if data is not None else None

    def delete(self, session: Session, hashes: Iterable[str]) -> int:
        names = list(hashes)
        session.execute(sa.delete(t.blobs).where(t.blobs.c.sha256.in_(names)))
        return len(names)

    def hashes(self, session: Session) -> list[str]:
        return list(session.execute(sa.select(t.blobs.c.sha256).order_by(t.blobs.c.sha256)).scalars())

    def close(self) -> None:
        """Nothing of its own is open."""
