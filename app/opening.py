"""How a command opens what it needs: settings with the command's own flags on top, a database, a desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claimline import topics as topic_files
from claimline.models import Topic
from claimline.settings import Settings

if TYPE_CHECKING:
    from flows.desk import Desk
    from storage.engine import Database


def settings(db: str | None = None) -> Settings:
    """The settings of this run; `--db` comes before everything."""
    return Settings(database_url=db) if db else Settings()


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
