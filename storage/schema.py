"""Which schema a database has, and how it gets the newest one (Alembic, imported only then).

`HEAD` and `KNOWN` are written down so that an everyday command need not import Alembic to compare two words; a test holds them
to the migrations.
"""

from __future__ import annotations

import sqlalchemy as sa

KNOWN = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012", "0013")
HEAD = KNOWN[-1]


def current(engine: sa.Engine) -> str | None:
    """The revision that the database says it has; None for an empty one."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Run the migrations up to `revision` in one transaction; two processes that start at once wait for one another."""
    from alembic import command

    writer = engine.execution_options(claimline_write=True)
    with writer.begin() as connection:
        config = config_for(connection)
        command.upgrade(config, revision)


def config_for(connection: sa.Connection | None = None):  # type: ignore[no-untyped-def]  # Alembic's type costs its import
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
