"""Derived things that can be made again: vectors, passages, MinHash bands, keyed by what made them.

On SQLite a second file that may be deleted at any time; on PostgreSQL a table. Nothing that cannot be recomputed belongs here.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from storage import tables as t

_CHUNK = 500


class Cache(Protocol):
    """Bytes by (kind, key); `kind` carries the version of what made them."""

    def get_many(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]: ...

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None: ...

    def delete_many(self, kind: str, keys: Sequence[str]) -> None: ...

    def clear(self) -> None: ...

    def close(self) -> None: ...


class SqliteCache:
    """A file beside the database; broken or deleted, it is made anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def get_many(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        with self._lock:
            for chunk in _chunks(keys):
                marks = ",".join("?" * len(chunk))
                sql = f"SELECT key, value FROM items WHERE kind = ? AND key IN ({marks})"  # noqa: S608
                found.update(self.connection().execute(sql, (kind, *chunk)))
        return found

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        with self._lock, self.connection() as c:
            c.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", [(kind, k, v) for k, v in items.items()])

    def delete_many(self, kind: str, keys: Sequence[str]) -> None:
        with self._lock, self.connection() as c:
            c.executemany("DELETE FROM items WHERE kind = ? AND key = ?", [(kind, k) for k in keys])

    def clear(self) -> None:
        self.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def locked(self) -> Iterator[sqlite3.Connection]:
        """The open file, for one thread at a time."""
        with self._lock:
            yield self.connection()

    def connection(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self._connection = self._connect()
            except sqlite3.DatabaseError:
                self.clear()
                self._connection = self._connect()
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=15, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS items (kind TEXT, key TEXT, value BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID"
        )
        connection.commit()
        return connection


class TableCache:
    """The `cache_items` table, each call in a short transaction of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        self._reader = engine
        self._engine = engine.execution_options(claimline_write=True)

    def get_many(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        with self._reader.connect() as c:  # reading waits for no writer
            for chunk in _chunks(keys):
                query = sa.select(t.cache_items.c.key, t.cache_items.c.value).where(
                    t.cache_items.c.kind == kind, t.cache_items.c.key.in_(chunk)
                )
                found.update({row[0]: bytes(row[1]) for row in c.execute(query)})
        return found

    def put_many(self, kind: str, items: Mapping[str, bytes]) -> None:
        from sqlalchemy.dialects import postgresql

        self.delete_many(kind, list(items))
        rows = [{"kind": kind, "key": k, "value": v} for k, v in items.items()]
        if rows:
            with self._engine.begin() as c:
                c.execute(postgresql.insert(t.cache_items).on_conflict_do_nothing(), rows)

    def delete_many(self, kind: str, keys: Sequence[str]) -> None:
        with self._engine.begin() as c:
            for chunk in _chunks(keys):
                c.execute(sa.delete(t.cache_items).where(t.cache_items.c.kind == kind, t.cache_items.c.key.in_(chunk)))

    def clear(self) -> None:
        with self._engine.begin() as c:
            c.execute(sa.delete(t.cache_items))

    def close(self) -> None:
        """Nothing of its own is open."""


def _chunks(keys: Sequence[str]) -> list[Sequence[str]]:
    return [keys[i : i + _CHUNK] for i in range(0, len(keys), _CHUNK)]
