"""The database itself: one schema on both, unique keys read back, one writer at a time, refusals in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from claimline.errors import SchemaTooNew, SchemaTooOld, StorageError
from storage import backup, ledger, runs, schema, tables
from storage.effective import position_key
from storage.engine import Database, Session, open_database, parse_url, upgrade_database
from storage.sql import stable_key
from storage.tables.base import declare_partial_indexes
from tests.storage_world import START, S, World, day

LIVE = {
    "outlet_weights": "uq_outlet_weights_live",
    "copy_memberships": "uq_copy_memberships_live",
    "pins": "uq_pins_live",
    "positions": "uq_positions_live",
    "topic_readings": "uq_topic_readings_live",
    "status_changes": "uq_status_changes_live",
    "claim_states": "uq_claim_states_live",
}


def test_the_migrations_make_the_tables(database: Database) -> None:
    declare_partial_indexes()
    with database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), tables.METADATA)
    # The index over words exists on PostgreSQL only; SQLite has FTS5 in the cache.
    assert [x for x in found if getattr(x[1], "name", "") != "ix_revision_texts_words"] == []


def test_the_known_schemas_are_those_of_the_migrations() -> None:
    script = ScriptDirectory.from_config(schema.config_for())
    assert tuple(reversed([r.revision for r in script.walk_revisions()])) == schema.KNOWN


def test_the_partial_unique_indexes_are_there_on_both(database: Database) -> None:
    inspector = sa.inspect(database.engine)
    for table, name in LIVE.items():
        (index,) = [i for i in inspector.get_indexes(table) if i["name"] == name]
        assert index["unique"], name
        where = index.get("dialect_options", {})
        assert any("IS NULL" in str(value) for value in where.values()), name


def test_a_second_live_row_is_refused_and_a_closed_one_is_not(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    change = tables.status_changes
    with database.read() as s:
        row = dict(s.execute(sa.select(change)).mappings().one())
    row.pop("id")
    with pytest.raises(sa.exc.IntegrityError):
        database.write(lambda s: s.execute(sa.insert(change).values(**row | {"key": "another"})))
    closed = row | {"key": "closed", "known_to": w.now, "closed_by": row["edition_id"]}
    database.write(lambda s: s.execute(sa.insert(change).values(**closed)))


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises((StorageError, sa.exc.DatabaseError)), database.read() as s:
        s.execute(sa.delete(tables.outbox))


def test_a_reader_sees_one_moment(database: Database) -> None:
    w = World(database).start()
    count = sa.select(sa.func.count()).select_from(tables.articles)
    with database.read() as s:
        assert s.execute(count).scalar() == 0
        w.article("https://a.example/1")
        assert s.execute(count).scalar() == 0


def test_eight_writers_at_once_lose_nothing(database: Database) -> None:
    w = World(database).start()
    where = tables.sources.c.id == w.source_id()

    def add_one(s: sa.orm.Session) -> None:
        before = s.execute(sa.select(tables.sources.c.failures).where(where)).scalar_one()
        s.execute(sa.update(tables.sources).where(where).values(failures=before + 1))

    threads = [Thread(target=lambda: [database.write(add_one) for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as s:
        assert s.execute(sa.select(tables.sources.c.failures).where(where)).scalar_one() == 160


def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    w = World(database).start()

    def half(s: sa.orm.Session) -> None:
        s.execute(sa.delete(tables.topic_sources))
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="middle"):
        database.write(half)
    assert w.source_id()


def test_first_use_creates_the_database_and_its_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/folder/claimline.db"
    with pytest.raises(StorageError, match="no database yet"):
        open_database(url, create=False)
    open_database(url).dispose()
    assert (tmp_path / "new/folder/claimline.db").exists()


def test_a_newer_schema_is_refused_in_one_line(sqlite_url: str) -> None:
    _set_schema(sqlite_url, "9999")
    with pytest.raises(SchemaTooNew, match="update claimline") as refused:
        open_database(sqlite_url)
    assert "\n" not in str(refused.value)
    with pytest.raises(SchemaTooNew):
        upgrade_database(sqlite_url)


def test_an_older_schema_is_backed_up_and_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    schema.upgrade(engine, "0001")
    engine.dispose()
    with pytest.raises(SchemaTooOld, match="claimline db upgrade"):
        open_database(f"sqlite:///{path}")
    saved = backup.backup_before_upgrade(f"sqlite:///{path}", None, now=START)
    assert saved is not None
    assert saved.exists()
    assert upgrade_database(f"sqlite:///{path}") == ("0001", schema.HEAD)
    open_database(f"sqlite:///{path}").dispose()
    assert backup.backup_before_upgrade(f"sqlite:///{path}", None, now=START) is None


def test_runs_that_did_not_tell_are_open_once_the_schema_can_say_so(database: Database) -> None:
    w = World(database).start()

    def run(s: Session, flow: str, sufficient: bool | None) -> None:
        run_id = runs.start(s, topic_id=w.topic_id, flow=flow, holder="here:1:a", now=w.tick())
        runs.finish(s, run_id, counts={}, sufficient=sufficient, now=w.tick())

    for flow, sufficient in (("track", True), ("backfill", None), ("track", False)):
        database.write(lambda s, flow=flow, sufficient=sufficient: run(s, flow, sufficient))
    w.say("https://a.example/1", day("2020-03-01"), S)
    with database.read() as s:
        before = runs.runs(s)
    ledger.publish(database, w.topic_id, run_id=before[0].id, actor="machine", now=w.tick())
    assert [r.sufficient for r in before] == [False, None, True]
    writer = database.engine.execution_options(claimline_write=True)
    with writer.begin() as connection:
        command.downgrade(schema.config_for(connection), "0009")
    with writer.begin() as connection:
        told = connection.execute(sa.text("SELECT sufficient FROM runs ORDER BY id")).scalars().all()
        command.upgrade(schema.config_for(connection), "head")
    assert [bool(x) for x in told] == [True, False, False]
    with database.read() as s:
        assert runs.runs(s) == before


def _set_schema(url: str, revision: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    engine.dispose()


@pytest.mark.parametrize("url", ["nonsense://x", "sqlite://", "://"])
def test_a_url_that_cannot_be_opened_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(StorageError) as refused:
        parse_url(url)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("this is no database " * 100)
    with pytest.raises(StorageError, match="not a database"):
        open_database(f"sqlite:///{tmp_path}/x.db")


def test_a_plain_path_is_an_sqlite_file(tmp_path: Path) -> None:
    assert parse_url(str(tmp_path / "a.db")).database == str(tmp_path / "a.db")


_PUBLISHER = """
import sys
from datetime import UTC, datetime
from storage import ledger
from storage.engine import open_database
db = open_database(sys.argv[1])
print("go", flush=True)
ledger.publish(db, int(sys.argv[2]), run_id=None, actor="track", now=datetime(2021, 2, 1, tzinfo=UTC))
"""


@pytest.mark.slow
def test_a_killed_publish_leaves_all_or_nothing(sqlite_url: str) -> None:
    db = open_database(sqlite_url)
    w = World(db).start()
    for i in range(120):
        w.say(f"https://a{i}.example/1", day("2020-03-01"), S, text=f"Text {i} says so.")
    for attempt in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", _PUBLISHER, sqlite_url, str(w.topic_id)], stdout=subprocess.PIPE, cwd=Path.cwd()
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.05 + 0.12 * attempt)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        with db.read() as s:
            counts = [
                s.execute(sa.select(sa.func.count()).select_from(x)).scalar_one() for x in (tables.positions, tables.editions)
            ]
        assert counts in ([0, 0], [120, 1])
    w.publish()
    assert w.history() == [("2020-03-01", "unreported > supported", "new article")]
    db.dispose()


def test_keys_are_stable_and_tell_their_parts_apart() -> None:
    assert stable_key("a") == "ca978112ca1bbdca"
    assert stable_key("a", "bc") != stable_key("ab", "c")
    claim = ("bridge", "open")
    assert position_key(claim, "u", "t", 1, 23, "supports") == position_key(claim, "u", "t", 1, 23, "supports", 0)
    assert position_key(claim, "u", "t", 1, 23, "supports") != position_key(claim, "u", "t", 12, 3, "supports")
    assert position_key(claim, "u", "t", 1, 23, "supports") != position_key(claim, "u", "t", 1, 23, "supports", 1)
