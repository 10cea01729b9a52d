"""What every table shares: column types that mean the same on both databases, names for constraints, and `core`.

Models are declared with SQLModel; reads and writes go through their Core tables (`core(Model)`), so that no row object is ever
carried about.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

METADATA: sa.MetaData = SQLModel.metadata
_PARTIAL = "only where"
_FORMAT = "%Y-%m-%d %H:%M:%S.%f"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment with microseconds: `timestamptz` on PostgreSQL, sortable text of fixed width on SQLite."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.String(26))
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time cannot be stored: {value}")
        moment = value.astimezone(UTC)
        return moment.strftime(_FORMAT) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return value.astimezone(UTC)  # type: ignore[no-any-return]


def core(model: type[SQLModel]) -> sa.Table:
    """The Core table behind a model."""
    return METADATA.tables[str(model.__tablename__)]


def live(column: str) -> dict[str, Any]:
    """Marks a partial index: `WHERE column IS NULL`, on both databases (see `declare_partial_indexes`)."""
    return {"info": {_PARTIAL: {"sqlite": f"{column} IS NULL", "postgresql": f"{column} IS NULL"}}}


def where_true(column: str) -> dict[str, Any]:
    """Marks a partial index over the rows where a yes-or-no column says yes."""
    return {"info": {_PARTIAL: {"sqlite": f"{column} = 1", "postgresql": column}}}


def where(condition: str) -> dict[str, Any]:
    """Marks a partial index over the rows that fit a condition which both databases read alike. A query uses it where it says the
    same: with the value written out, since a bound one is not known when SQLite plans.
    """
    return {"info": {_PARTIAL: {"sqlite": condition, "postgresql": condition}}}


def where_false(column: str) -> dict[str, Any]:
    """Marks a partial index over the rows where a yes-or-no column says no; for `.is_(False)`."""
    return {"info": {_PARTIAL: {"sqlite": f"{column} IS 0", "postgresql": f"{column} IS false"}}}


def declare_partial_indexes() -> None:
    """Give the marked indexes their condition. Not done at import: naming it loads both databases' dialects, a tenth of a second
    that every command would wait for; only the migrations need it, since they make the indexes.
    """
    for table in METADATA.tables.values():
        for index in table.indexes:
            for dialect, condition in index.info.get(_PARTIAL, {}).items():
                index.dialect_options[dialect]["where"] = sa.text(condition)
