"""Backup and restore: a restored database answers identically, on either database and across them."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from claimline.errors import StorageError, UsageError
from storage import backup, ledger, tables, users
from storage.engine import Database, open_database, parse_url
from tests.storage_world import N, R, S, World, day


def filled(database: Database) -> World:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), N)
    w.publish()
    w.say("https://b.example/1", day("2020-06-01"), R, speaker="nina")
    w.say("https://c.example/1", day("2020-02-01"), S, confidence=0.5)
    w.publish()
    return w


def answers(w: World) -> list[object]:
    with w.db.read() as s:
        return [
            ledger.changes(s, w.claim_id()),
            ledger.statuses(s),
            ledger.positions(s, w.claim_id()),
            ledger.editions(s, w.topic_id),
        ]


def test_a_restored_database_answers_as_before(database: Database, tmp_path: Path) -> None:
    w = filled(database)
    rows = backup.backup(database, tmp_path / "b.zip")
    target = f"sqlite:///{tmp_path}/restored.db"
    assert backup.restore(target, tmp_path / "b.zip") == rows
    restored = open_database(target)
    try:
        assert answers(World(restored, imported=w.imported)) == answers(w)
        with database.read() as a, restored.read() as b:
            kept = [table.name for table in tables.METADATA.sorted_tables if table.name not in ("blobs", "cache_items")]
            assert backup.rows_by_table(b, kept) == backup.rows_by_table(a, kept)
            assert restored.blobs.hashes(b) == database.blobs.hashes(a)
            for sha in database.blobs.hashes(a):
                assert restored.blobs.get(b, sha) == database.blobs.get(a, sha)
    finally:
        restored.dispose()


def test_a_restored_database_lets_nobody_in_who_was_signed_in(database: Database, tmp_path: Path) -> None:
    w = filled(database)
    ada = database.write(lambda s: users.add(s, "ada", "admin", "hash", now=w.now))
    later = w.now + timedelta(days=30)
    database.write(lambda s: users.open_session(s, ada.id, "token", now=w.now, expires_at=later))
    backup.backup(database, tmp_path / "b.zip")
    target = f"sqlite:///{tmp_path}/restored.db"
    backup.restore(target, tmp_path / "b.zip")
    restored = open_database(target)
    try:
        with restored.read() as s:
            assert users.user(s, "ada").role == "admin"
            assert backup.rows_by_table(s, ["web_sessions"]) == {"web_sessions": 0}
    finally:
        restored.dispose()
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert "tables/web_sessions.jsonl" not in archive.namelist()


def older(file: Path, to: Path, revision: str, without: tuple[str, ...]) -> Path:
    """The backup as the version of that schema wrote it, which lacked some tables."""
    with zipfile.ZipFile(file) as new, zipfile.ZipFile(to, "w") as old:
        manifest = json.loads(new.read("manifest.json"))
        manifest |= {"schema": revision, "rows": {k: n for k, n in manifest["rows"].items() if k not in without}}
        for name in new.namelist():
            if name.removeprefix("tables/").removesuffix(".jsonl") not in without and name != "manifest.json":
                old.writestr(name, new.read(name))
        old.writestr("manifest.json", json.dumps(manifest))
    return to


def emptied(url: str) -> str:
    """The same database as `createdb` makes one."""
    engine = sa.create_engine(parse_url(url))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return url


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_backup_of_an_earlier_version_is_restored_and_upgraded(
    kind: str, sqlite_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made = open_database(sqlite_url)
    w = filled(made)
    backup.backup(made, tmp_path / "b.zip")
    kept = older(tmp_path / "b.zip", tmp_path / "old.zip", "0011", ("rereadings", "topic_readings"))
    target = f"sqlite:///{tmp_path}/restored.db" if kind == "sqlite" else emptied(request.getfixturevalue("postgres_url"))
    backup.restore(target, kept)
    restored = open_database(target)
    assert answers(World(restored, imported=w.imported)) == answers(w)
    with made.read() as a, restored.read() as b:
        assert restored.blobs.hashes(b) == made.blobs.hashes(a)
    restored.dispose()
    with pytest.raises(UsageError, match="restore into a new database"):
        backup.restore(target, kept)
    made.dispose()


@pytest.mark.postgres
def test_a_database_moves_to_postgresql_and_goes_on(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    old = open_database(sqlite_url)
    w = filled(old)
    before = answers(w)
    backup.backup(old, tmp_path / "b.zip")
    backup.restore(postgres_url, tmp_path / "b.zip")
    moved = World(open_database(postgres_url), imported=w.imported, now=w.now)
    assert answers(moved) == before
    moved.say("https://d.example/1", day("2020-07-01"), S)
    assert moved.publish().edition_id is not None
    moved.db.dispose()
    old.dispose()


def test_restore_refuses_a_database_that_is_not_empty(database: Database, tmp_path: Path) -> None:
    filled(database)
    backup.backup(database, tmp_path / "b.zip")
    with pytest.raises(UsageError, match="not empty"):
        backup.restore(database.url, tmp_path / "b.zip")


def test_restore_refuses_what_is_not_a_backup(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"nothing")
    with pytest.raises(StorageError, match="not a backup"):
        backup.restore(f"sqlite:///{tmp_path}/x.db", tmp_path / "b.zip")


def test_backup_never_overwrites(database: Database, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"mine")
    with pytest.raises(UsageError, match="there already"):
        backup.backup(database, tmp_path / "b.zip")
    assert len(tables.METADATA.sorted_tables) > 30
