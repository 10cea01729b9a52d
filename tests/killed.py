"""An act in a real process of its own that is killed: at a planted statement, or at a moment that somebody outside chooses.

The processes are forked from one that has imported everything, so that hundreds of them can die in a minute.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import sqlalchemy as sa

_LOADED = ("app.cli", "claimline.history", "flows.replaying", "storage.decisions", "psycopg", "sqlalchemy.dialects.sqlite")
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.killed", *_LOADED])
_WRITES = ("BEGIN IMMEDIATE", "SELECT pg_advisory_xact_lock")
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code (None: killed), and the statements that it had sent, the first of a write among them."""

    code: int | None
    statements: int
    first_write: int


class _Points:
    """Counts what is sent to the database, commits too; at the planted one the process is gone before it is sent."""

    def __init__(self, kill_at: int | None) -> None:
        self.kill_at, self.count, self.first_write = kill_at, 0, 0
        sa.event.listen(sa.Engine, "before_cursor_execute", self._statement)
        sa.event.listen(sa.Engine, "commit", lambda _: self._hit())

    def _statement(self, _c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(_WRITES) and not self.first_write:
            self.first_write = self.count
        self._hit()

    def _hit(self) -> None:
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1


def perform(work: Callable[[], None], *, kill_at: int | None = None, kill_after_s: float | None = None) -> Ended:
    """Does the work in a process of its own, killed before the statement `kill_at` or so long after it has begun."""
    here, there = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_child, args=(work, kill_at, there))
    process.start()
    there.close()
    assert here.poll(PATIENCE_S)
    here.recv()
    if kill_after_s is not None:
        process.join(kill_after_s)
        process.kill()
    told = _told(here)
    process.join(PATIENCE_S)
    assert process.exitcode is not None
    if told is None or process.exitcode == -signal.SIGKILL:
        assert process.exitcode == -signal.SIGKILL, process.exitcode
        return Ended(None, 0, 0)
    return told


def _told(here: Connection) -> Ended | None:
    try:
        assert here.poll(PATIENCE_S)
        found: Ended = here.recv()
    except (EOFError, ConnectionResetError):
        return None
    return found


def _child(work: Callable[[], None], kill_at: int | None, told: Connection) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    points, code = _Points(kill_at), 0
    told.send("begun")
    try:
        work()
    except SystemExit as ended:
        code = int(ended.code or 0)
    told.send(Ended(code, points.count, points.first_write))


@dataclass(frozen=True, slots=True)
class Command:
    """`claimline ...` on a database, as the shell would start it."""

    url: str
    args: tuple[str, ...]

    def __call__(self) -> None:
        from app.cli import main

        sys.argv = ["claimline", *self.args, "--db", self.url]
        main()
