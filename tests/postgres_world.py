"""PostgreSQL for the tests: one server a process, and databases that are swept after use instead of made anew.

A database is some seven hundred files: to copy and remove them is a third of a second of work for each test that asks for one.
Sweeping takes the rows out and sets the sequences back. What a sweep does not bring back (another schema, other rows than the
template's own) is seen, and such a database is dropped. A swept one gets a new name, so that nobody who kept the old address
(a thread, a pool) reaches into the next test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import uuid4

import sqlalchemy as sa

from storage.engine import open_database

TEMPLATE = "template_claimline"

# Only a crash of the machine could lose something: no test waits for a disk.
_NO_DISK = ("fsync", "full_page_writes", "synchronous_commit")

# Whatever DDL does, it writes rows of the catalogue, and each tells which transaction wrote it. A copy has its template's.
_SCHEMA = """
WITH mine AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
     ours AS (SELECT oid, xmin FROM pg_class WHERE relnamespace IN (SELECT oid FROM mine)),
     written AS (
        SELECT 'relation' AS what, oid::text AS which, xmin FROM ours
        UNION ALL SELECT 'column', attrelid || '.' || attnum, xmin FROM pg_attribute WHERE attrelid IN (SELECT oid FROM ours)
        UNION ALL SELECT 'default', oid::text, xmin FROM pg_attrdef WHERE adrelid IN (SELECT oid FROM ours)
        UNION ALL SELECT 'index', indexrelid::text, xmin FROM pg_index WHERE indrelid IN (SELECT oid FROM ours)
        UNION ALL SELECT 'constraint', oid::text, xmin FROM pg_constraint WHERE connamespace IN (SELECT oid FROM mine)
        UNION ALL SELECT 'trigger', oid::text, xmin FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM ours)
        UNION ALL SELECT 'function', oid::text, xmin FROM pg_proc WHERE pronamespace IN (SELECT oid FROM mine)
        UNION ALL SELECT 'type', oid::text, xmin FROM pg_type WHERE typnamespace IN (SELECT oid FROM mine)
     )
SELECT md5(string_agg(what || which || ':' || xmin, ',' ORDER BY what, which)) FROM written
"""
_TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_SEQUENCES_BACK = """
SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL
"""


class Databases:
    """Fresh migrated databases of one server, by their URLs."""

    def __init__(self, server: sa.URL) -> None:
        self._server = server
        self._admin = sa.create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        self._swept: list[str] = []
        for name in _NO_DISK:
            self._do(f"ALTER SYSTEM SET {name} = off")
        self._do("SELECT pg_reload_conf()")
        self._do(f"CREATE DATABASE {TEMPLATE}")
        open_database(self._url(TEMPLATE)).dispose()
        with self._inside(TEMPLATE) as connection:
            self._schema = connection.execute(sa.text(_SCHEMA)).scalar_one()
            self._rows = _rows(connection, connection.execute(sa.text(_TABLES)).scalars().all())

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of a database as migrations leave it, for one test."""
        name = f"t_{uuid4().hex[:12]}"
        if self._swept:
            self._do(f"ALTER DATABASE {self._swept.pop()} RENAME TO {name}")
        else:
            self._do(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield self._url(name)
        self._take_back(name)

    def close(self) -> None:
        self._admin.dispose()

    def _take_back(self, name: str) -> None:
        swept = f"s_{uuid4().hex[:12]}"
        try:
            self._do(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
            self._do(f"ALTER DATABASE {name} RENAME TO {swept}")
        except sa.exc.DBAPIError:  # somebody came back in between
            self._do(f"DROP DATABASE {name} WITH (FORCE)")
            return
        if self._sweep(swept):
            self._swept.append(swept)
        else:
            self._do(f"DROP DATABASE {swept} WITH (FORCE)")

    def _sweep(self, name: str) -> bool:
        """Whether the database is again as its template."""
        with self._inside(name) as connection:
            if connection.execute(sa.text(_SCHEMA)).scalar_one() != self._schema:
                return False
            emptied = "; ".join(f"DELETE FROM {table}" for table, held in self._rows.items() if held is None)
            connection.exec_driver_sql(f"SET session_replication_role = replica; {emptied}")
            connection.exec_driver_sql(_SEQUENCES_BACK)
            kept = [table for table, held in self._rows.items() if held is not None]
            return _rows(connection, kept) == {table: self._rows[table] for table in kept}

    @contextmanager
    def _inside(self, name: str) -> Iterator[sa.Connection]:
        engine = sa.create_engine(self._url(name, "postgresql+psycopg"), poolclass=sa.NullPool)
        with engine.begin() as connection:
            yield connection

    def _url(self, name: str, driver: str | None = None) -> str:
        url = self._server.set(database=name)
        return (url.set(drivername=driver) if driver else url).render_as_string(hide_password=False)

    def _do(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(sa.text(statement))


def _rows(connection: sa.Connection, tables: Iterator[str] | list[str]) -> Mapping[str, str | None]:
    """What stands in each table, None for an empty one."""
    read = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t"
    return {table: connection.execute(sa.text(read.format(table))).scalar() for table in tables}
