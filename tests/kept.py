"""Databases that are filled once in a process and copied wherever the same is asked for again.

To fill one takes half a second of work, to copy its files a few milliseconds. Only SQLite is copied.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from copy import copy
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import sqlalchemy as sa

from storage.engine import Database, sqlite_path


class Filled(Protocol):
    """What drives a database and holds nothing else that changes in place."""

    db: Database


T = TypeVar("T", bound=Filled)
P = ParamSpec("P")


def kept(fill: Callable[Concatenate[Database, P], T]) -> Callable[Concatenate[Database, P], T]:
    """Fills an empty database, which nobody else has open; what the same arguments filled before is copied."""
    made: dict[Any, tuple[T, tempfile.TemporaryDirectory[str]]] = {}

    @wraps(fill)
    def filled(db: Database, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if not db.is_sqlite:
            return fill(db, *args, **kwargs)
        key = (args, tuple(sorted(kwargs.items())))
        if key not in made:
            folder = tempfile.TemporaryDirectory(prefix="claimline-kept-")
            room = fill(db, *args, **kwargs)
            _copy(db, lambda here, kept: (here, kept), Path(folder.name))
            made[key] = copy(room), folder
            return room
        room, folder = made[key]
        _copy(db, lambda here, kept: (kept, here), Path(folder.name))
        again = copy(room)
        again.db = db
        return again

    return filled


def _copy(db: Database, way: Callable[[Path, Path], tuple[Path, Path]], folder: Path) -> None:
    """Copy the database and the files beside it, from or into the folder; at rest each is one file."""
    db.dispose()
    path = sqlite_path(sa.make_url(db.url))
    for beside in ("", "-blobs", "-cache"):
        source, target = way(path.with_name(f"{path.stem}{beside}.db"), folder / f"kept{beside}.db")
        if source.exists():
            shutil.copyfile(source, target)
