"""Backup and restore: a restored database answers identically, on either database and across them."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from claimline.errors import StorageError, UsageError
from storage import backup, ledger, tables, users
from storage.engine import Database, open_database
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
