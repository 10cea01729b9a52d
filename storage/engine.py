"""Opening a database, reading from it, and writing to it in one transaction with one retry loop.

SQLite (WAL, a busy timeout, foreign keys, BEGIN IMMEDIATE for writes) and PostgreSQL (one advisory lock for writes) behave the
same: one writer at a time, readers see one moment and never wait. What is stored is the business of the other modules.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.util import LRUCache

from claimline.errors import DatabaseBusy, NoDatabase, SchemaTooNew, SchemaTooOld, StorageError, UsageError
from storage import schema
from storage.blobs import Blobs, SqliteBlobs, TableBlobs
from storage.cache import Cache, SqliteCache, TableCache

__all__ = ["Database", "Session", "open_database", "parse_url", "sqlite_path", "upgrade_database"]

T = TypeVar("T")

BUSY_TIMEOUT_MS = 15_000
WRITE_ATTEMPTS = 8
_PG_WRITE_LOCK = 0x636C61696D  # "claim"
_PG_RETRY = frozenset({"40001", "40P01", "55P03"})
_WRITE_OPTION = "claimline_write"


class _Compiled(LRUCache[Any, Any]):
    """Statements that were compiled, for every database of a kind that this process opens.

    An engine's own cache ends with the engine, and a task of a run opens the database for itself: what the task before it
    compiled would be compiled anew, and that is a third of what a short session costs.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_its_kind(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_of_its_kind(key), value)


def _of_its_kind(key: Any) -> Any:
    """SQLAlchemy's key of a statement names the dialect of one engine; all that we open speak as their kind does."""
    dialect, *statement = key
    return type(dialect), *statement


_COMPILED = _Compiled(1_000)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Database:
    """An open database. Sessions are short and are never handed across the network or a model.

    `clock` tells a read that names no day which day it is (`storage.sql.today`); nothing that is written comes from it.
    """

    def __init__(self, url: sa.URL, engine: sa.Engine, blobs: Blobs, cache: Cache) -> None:
        self.url = url.render_as_string(hide_password=False)
        self.name = url.render_as_string(hide_password=True)
        self.engine = engine
        self.blobs = blobs
        self.cache = cache
        self.clock: Callable[[], datetime] = _utc_now
        self._writer = engine.execution_options(**{_WRITE_OPTION: True})

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A read-only session that sees one moment."""
        with _translated(self.name), Session(self.engine, info=self._info()) as session:
            yield session

    def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction and return its result; repeated as a whole while another writer is in the way."""
        for attempt in range(WRITE_ATTEMPTS):
            try:
                with Session(self._writer, info=self._info()) as session, session.begin():
                    session.connection()
                    return work(session)
            except DBAPIError as error:
                if not _is_busy(error):
                    raise _storage_error(self.name, error) from error
                time.sleep(min(2.0, 0.02 * 2**attempt) * (0.5 + random.random()))  # noqa: S311
        raise DatabaseBusy(f"{self.name}: another process has been writing for too long; try again when it has finished")

    def ease(self) -> None:
        """Give back what the connections at rest hold: SQLite keeps the pages that it wrote, up to 64 MB a connection."""
        if self.is_sqlite:
            self.engine.dispose()

    def dispose(self) -> None:
        self.engine.dispose()
        self.blobs.close()
        self.cache.close()

    def _info(self) -> dict[Any, Any]:
        return {"blobs": self.blobs, "cache": self.cache, "clock": self.clock}


def open_database(url: str, *, create: bool = True) -> Database:
    """Open the database at `url`, creating its schema on first use; raises SchemaTooOld, SchemaTooNew or StorageError."""
    parsed = parse_url(url)
    engine = _engine(parsed, create)
    db = Database(parsed, engine, *_beside(parsed, engine))
    try:
        _check_schema(db, create)
    except BaseException:
        db.dispose()
        raise
    return db


def create_at(url: str, revision: str) -> Database:
    """A new database with the schema of `revision`, for what an earlier version kept; it is to be filled, then upgraded.

    Raises UsageError where there is one already.
    """
    parsed = parse_url(url)
    engine = _engine(parsed, create=True)
    db = Database(parsed, engine, *_beside(parsed, engine))
    try:
        if schema.current(engine) is not None:
            raise UsageError(f"{db.name} is there already; restore into a new database")
        schema.upgrade(engine, revision)
    except BaseException:
        db.dispose()
        raise
    return db


def upgrade_database(url: str) -> tuple[str | None, str]:
    """Bring an older schema to this version's; returns (before, after). Back up first."""
    parsed = parse_url(url)
    engine = _engine(parsed, create=False)
    try:
        before = schema.current(engine)
        if before is not None and before not in schema.KNOWN:
            raise SchemaTooNew(parsed.render_as_string(hide_password=True), before)
        schema.upgrade(engine)
        return before, schema.HEAD
    finally:
        engine.dispose()


def parse_url(url: str) -> sa.URL:
    """Read a database URL; a plain path means an SQLite file."""
    text = url if "://" in url else f"sqlite:///{url}"
    try:
        parsed = sa.make_url(text)
    except sa.exc.ArgumentError:
        raise StorageError(f"{url!r} is not a database URL; use sqlite:///path/to/file.db or postgresql://...") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise StorageError("an SQLite database needs a file: sqlite:///path/to/file.db")
        return sa.URL.create("sqlite", database=str(Path(parsed.database).expanduser()))
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise StorageError(f"{backend} is not a database that claimline knows; use sqlite:/// or postgresql://")


def sqlite_path(url: sa.URL) -> Path:
    return Path(str(url.database))


def _engine(url: sa.URL, create: bool) -> sa.Engine:
    options: dict[str, Any] = {"execution_options": {"compiled_cache": _COMPILED}}
    if url.get_backend_name() != "sqlite":
        engine = sa.create_engine(url, pool_pre_ping=True, pool_size=8, isolation_level="READ COMMITTED", **options)
        event.listen(engine, "begin", _begin_postgres)
        return engine
    path = sqlite_path(url)
    if path.is_dir():
        raise StorageError(f"{path}: is a folder; name a file in it, for example {path / 'claimline.db'}")
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)
    elif not path.exists():
        raise NoDatabase(str(path))
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}, **options)
    event.listen(engine, "connect", _connect_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _beside(url: sa.URL, engine: sa.Engine) -> tuple[Blobs, Cache]:
    if url.get_backend_name() != "sqlite":
        return TableBlobs(), TableCache(engine)
    path = sqlite_path(url)
    return SqliteBlobs(path.with_name(f"{path.stem}-blobs.db")), SqliteCache(path.with_name(f"{path.stem}-cache.db"))


def _connect_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-65536",
        "mmap_size=1073741824",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = bool(connection.get_execution_options().get(_WRITE_OPTION))
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA query_only={'OFF' if writing else 'ON'}")  # waits for nobody: it cannot fail as the rest can
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _begin_postgres(connection: sa.Connection) -> None:
    if connection.get_execution_options().get(_WRITE_OPTION):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {BUSY_TIMEOUT_MS}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_PG_WRITE_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _check_schema(db: Database, create: bool) -> None:
    with _translated(db.name):
        found = schema.current(db.engine)
        if found is None:
            if not create:
                raise NoDatabase(db.name)
            schema.upgrade(db.engine)
        elif found not in schema.KNOWN:
            raise SchemaTooNew(db.name, found)
        elif found != schema.HEAD:
            raise SchemaTooOld(db.name, found)


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise (DatabaseBusy(f"{name}: busy; try again") if _is_busy(error) else _storage_error(name, error)) from error
    except sa.exc.DatabaseError as error:
        raise _storage_error(name, error) from error


def _storage_error(name: str, error: DBAPIError) -> Exception:
    """One line for what a user can do something about; a broken rule of ours stays the error that it is."""
    if isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError):
        return error
    first = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    advice = next((words for what, words in _ADVICE.items() if what in first), "")
    return StorageError(f"{name}: {first}{advice}")


# SQLite's own words, and what they mean for whoever named the file.
_ADVICE = {
    "file is not a database": "; it is some other file, or the database is damaged: name another, or bring back a backup",
    "unable to open database file": "; its folder must be there and must be writable (SQLite keeps files beside the database)",
    "readonly database": "; the file and its folder must be writable (SQLite keeps files beside the database)",
}


def _is_busy(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) in _PG_RETRY:
        return True
    text = str(error.orig)
    return "database is locked" in text or "database table is locked" in text or "database is busy" in text
