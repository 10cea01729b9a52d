"""Backup and restore: everything in one file, the same for both databases, read at one moment while others go on writing.

The file is a zip of one JSON Lines file a table (and one entry a body), so a database can also move from SQLite to PostgreSQL.
What can be made again (the cache, the search index) is not in it, and nobody's login: who was signed in signs in again.
"""

from __future__ import annotations

import base64
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import SchemaTooNew, StorageError, UsageError
from storage import schema
from storage import tables as t
from storage.blobs import blobs_of
from storage.engine import Database, create_at, open_database, parse_url, sqlite_path, upgrade_database

_FORMAT = "claimline-backup-1"
_LEFT_OUT = frozenset({"blobs", "cache_items", "leases", "web_sessions"})
_BATCH = 2_000


def backup(db: Database, file: Path) -> int:
    """Write everything into `file`, which must not be there yet; returns the number of rows. A killed backup leaves no file."""
    if file.exists():
        raise UsageError(f"{file} is there already; give another name")
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with db.read() as s, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            counts = {table.name: _write_table(s, archive, table) for table in _tables()}
            bodies = _write_bodies(s, archive)
            manifest = {"format": _FORMAT, "schema": schema.HEAD, "rows": counts, "bodies": bodies}
            archive.writestr("manifest.json", json.dumps(manifest, indent=1))
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return sum(counts.values())


def restore(url: str, file: Path) -> int:
    """Fill the empty (or not yet created) database at `url`; returns the number of rows. All or nothing.

    A backup of an earlier version fills a database of that version's schema, which is then upgraded.
    """
    with _opened(file) as archive:
        manifest = _manifest(archive, file)
        if manifest["schema"] != schema.HEAD:
            return _restore_older(url, archive, manifest)
        db = open_database(url)
        try:
            with db.read() as s:
                if any(s.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() for table in _tables()):
                    raise UsageError(f"{db.name} is not empty; restore into a new database")
            db.cache.clear()  # it may be of a database that had this name before
            db.write(lambda s: _read_bodies(s, archive))
            return db.write(lambda s: _read_tables(s, archive, manifest["rows"]))
        finally:
            db.dispose()


def _restore_older(url: str, archive: zipfile.ZipFile, manifest: dict[str, Any]) -> int:
    db = create_at(url, manifest["schema"])
    try:
        db.cache.clear()
        total = db.write(lambda s: _read_tables(s, archive, manifest["rows"]))
    finally:
        db.dispose()
    upgrade_database(url)
    db = open_database(url)
    try:
        db.write(lambda s: _read_bodies(s, archive))
    finally:
        db.dispose()
    return total


def backup_before_upgrade(url: str, file: Path | None, *, now: datetime) -> Path | None:
    """Copy an SQLite file (with its bytes) before its schema is upgraded; None where nothing has to be upgraded.

    Works on any older schema, since it copies pages. On PostgreSQL the server's own tools do that (`pg_dump`).
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    source = sqlite_path(parsed)
    engine = sa.create_engine(parsed)
    try:
        if not source.exists() or schema.current(engine) in (None, schema.HEAD):
            return None
    finally:
        engine.dispose()
    target = file or source.with_name(f"{source.stem}-before-upgrade-{now:%Y%m%dT%H%M%S}.db")
    if target.exists():
        raise UsageError(f"{target} is there already; give another name")
    _copy_sqlite(source, target)
    bodies = source.with_name(f"{source.stem}-blobs.db")
    if bodies.exists():
        _copy_sqlite(bodies, target.with_name(f"{target.stem}-blobs.db"))
    return target


def _copy_sqlite(source: Path, target: Path) -> None:
    import sqlite3

    target.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
        if new.execute("SELECT 1 FROM sqlite_master WHERE name = 'web_sessions'").fetchone():
            new.execute("DELETE FROM web_sessions")
    old.close()
    new.close()


# --- writing --------------------------------------------------------------------------------------------------------


def _tables() -> list[sa.Table]:
    return [table for table in t.METADATA.sorted_tables if table.name not in _LEFT_OUT]


def _write_table(s: Session, archive: zipfile.ZipFile, table: sa.Table) -> int:
    count = 0
    result = s.execute(sa.select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_BATCH))
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as out:
        for rows in result.mappings().partitions():
            out.write("".join(_line(row) for row in rows).encode())
            count += len(rows)
    return count


def _line(row: Any) -> str:
    return json.dumps({k: _plain(v) for k, v in row.items()}, ensure_ascii=False, separators=(",", ":")) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$t": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"$d": value.isoformat()}
    if isinstance(value, bytes):
        return {"$b": base64.b64encode(value).decode()}
    return value


def _write_bodies(s: Session, archive: zipfile.ZipFile) -> int:
    count = 0
    for name in blobs_of(s).hashes(s):
        body = blobs_of(s).get(s, name)
        if body is not None:
            archive.writestr(zipfile.ZipInfo(f"bodies/{name}"), zlib.compress(body, 6))
            count += 1
    return count


# --- reading --------------------------------------------------------------------------------------------------------


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except FileNotFoundError:
        raise UsageError(f"{file}: no such file") from None
    except (zipfile.BadZipFile, OSError) as error:
        raise StorageError(f"{file} is not a backup that can be read ({error})") from None


def _manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    except (KeyError, ValueError):
        raise StorageError(f"{file} is not a backup that `claimline db backup` wrote") from None
    if manifest.get("format") != _FORMAT or manifest["schema"] not in schema.KNOWN:
        raise SchemaTooNew(str(file), str(manifest.get("schema")))
    return manifest


def _read_bodies(s: Session, archive: zipfile.ZipFile) -> None:
    for name in archive.namelist():
        if name.startswith("bodies/"):
            blobs_of(s).put(s, name.removeprefix("bodies/"), zlib.decompress(archive.read(name)), datetime.now(UTC))


def _read_tables(s: Session, archive: zipfile.ZipFile, counts: dict[str, int]) -> int:
    total = 0
    later: list[tuple[sa.Table, list[dict[str, Any]]]] = []
    for table in (table for table in _tables() if table.name in counts):
        own = [c.parent.name for c in table.foreign_keys if c.column.table is table]
        found = 0
        for rows in _rows(archive, table):
            found += len(rows)
            if own:
                later.append((table, [{k: row[k] for k in ("id", *own)} for row in rows if any(row[k] for k in own)]))
                rows = [{**row, **dict.fromkeys(own)} for row in rows]
            s.execute(sa.insert(_as_written(table, rows[0])), rows)
        if found != counts.get(table.name, 0):
            raise StorageError(f"the backup is damaged: {table.name} has {found} rows of {counts.get(table.name, 0)}")
        total += found
    for table, rows in later:
        for row in rows:
            values = {k: v for k, v in row.items() if k != "id"}
            s.execute(sa.update(table).where(table.c.id == row["id"]).values(**values))
    if s.get_bind().dialect.name == "postgresql":
        _restart_sequences(s, counts)
    return total


def _as_written(table: sa.Table, row: dict[str, Any]) -> sa.TableClause:
    """The table with the columns of its rows: an earlier version had fewer."""
    return sa.table(table.name, *(sa.column(name, table.c[name].type if name in table.c else None) for name in row))


def _rows(archive: zipfile.ZipFile, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    with archive.open(f"tables/{table.name}.jsonl") as lines:
        batch: list[dict[str, Any]] = []
        for line in lines:
            batch.append({k: _value(v) for k, v in json.loads(line).items()})
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch


def _value(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1:
        (kind, text), *_ = value.items()
        if kind == "$t":
            return datetime.fromisoformat(text)
        if kind == "$d":
            return date.fromisoformat(text)
        if kind == "$b":
            return base64.b64decode(text)
    return value


def _restart_sequences(s: Session, names: Iterable[str]) -> None:
    for table in (table for table in _tables() if table.name in names):
        if "id" in table.c and isinstance(table.c.id.type, sa.Integer):
            name = table.name
            sql = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM {name}), false)"  # noqa: S608
            s.execute(sa.text(sql))


def rows_by_table(s: Session, tables: Iterable[str] = ()) -> dict[str, int]:
    """How many rows each table has."""
    names = set(tables)
    return {
        table.name: s.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in t.METADATA.sorted_tables
        if not names or table.name in names
    }
