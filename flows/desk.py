"""The desk: what every step needs at hand — database, settings, clock, door to the network — in one frozen value.

An entrance (command line, flow run, page) opens it; steps take it as their first argument. Tasks elsewhere open their own.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from claimline.settings import Settings
from claimline.web.client import open_client
from claimline.web.manners import Manners
from flows.manners import KnownRobots
from flows.pipeline import Cleaner, Helpers
from storage.engine import Database, open_database


def utc_now() -> datetime:
    return datetime.now(UTC)


def holder_name() -> str:
    """Who is at work, for leases and run rows: host, process, and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"


@dataclass(frozen=True, slots=True)
class Desk:
    """`now` is the only clock of the steps. `progress` hears (what, done, total) and may be ignored."""

    db: Database
    settings: Settings
    now: Callable[[], datetime] = utc_now
    client: Callable[..., Any] = open_client
    base_dir: Path | None = None
    actor: str = "claimline"
    holder: str = field(default_factory=holder_name)
    progress: Callable[[str, int, int | None], None] = lambda _what, _done, _total: None
    manners: Manners | None = None
    helpers: Helpers | None = None

    def for_run(self) -> Desk:
        """The same desk with what a run shares: what its clients know together (pace, budgets, robots.txt), and its helpers."""
        if self.manners:
            return self
        manners = Manners(self.settings, clock=self.now, robots_known=KnownRobots(self.db.cache))
        return replace(self, manners=manners, helpers=Helpers())

    @contextmanager
    def cleaner(self, *, expected: int, perhaps: int = 0) -> Iterator[Cleaner]:
        """What cleans so many pages, and perhaps so many more: the run's helpers, or some for this once."""
        helpers = self.helpers or Helpers()
        try:
            yield helpers.cleaner(self.settings.clean_processes, expected=expected, perhaps=perhaps)
        finally:
            if self.helpers is None:
                helpers.close()

    def open_client(self, allow_private: Collection[str]) -> Any:
        return self.client(self.settings, allow_private=tuple(allow_private), clock=self.now, manners=self.manners)


@contextmanager
def open_desk(settings: Settings | None = None, **more: Any) -> Iterator[Desk]:
    """A desk for the settings (read from the environment where none are given); closes the database after."""
    settings = settings or Settings()
    db = open_database(settings.effective_database_url)
    try:
        yield Desk(db, settings, **more)
    finally:
        db.dispose()
