"""How a command opens what it needs: settings with the command's own flags on top, a database, a desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from claimline import topics as topic_files
from claimline.errors import UsageError
from claimline.models import Topic
from claimline.settings import Settings

if TYPE_CHECKING:
    from flows.desk import Desk
    from storage.engine import Database


def settings(db: str | None = None, **flags: Any) -> Settings:
    """The settings of this run; what the command line says comes before everything. Raises UsageError."""
    if unknown := set(flags) - set(Settings.model_fields):
        known = ", ".join(sorted(Settings.model_fields))
        raise UsageError(f"no setting named {sorted(unknown)[0]!r}; known: {known}")
    try:
        return Settings(**(flags | ({"database_url": db} if db else {})))
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"setting {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


@contextmanager
def database(db: str | None, *, create: bool = True) -> Iterator[Database]:
    from storage.engine import open_database

    opened = open_database(settings(db).effective_database_url, create=create)
    try:
        yield opened
    finally:
        opened.dispose()


@contextmanager
def desk(db: str | None, **more: Any) -> Iterator[Desk]:
    from flows.desk import open_desk

    with open_desk(settings(db), **more) as opened:
        yield opened


def looks_like_a_file(name: str) -> bool:
    return name.endswith((".yaml", ".yml", ".json")) or "/" in name or Path(name).is_file()


def topic_from_file(path: Path) -> Topic:
    """A topic file with its relative folders made whole: they are relative to the file, or else to where we stand."""
    return topic_files.anchored(topic_files.load(path), path.parent)
