"""*Run now*: one run a topic in a thread of this process, or a flow run at the Prefect server where there is one, followed there.

The lease in the database keeps it from doing the work of a schedule or of a hand at a terminal; what it did is in the runs table.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from claimline.errors import ClaimlineError
from claimline.settings import Settings
from flows.desk import Desk
from storage.engine import Database

if TYPE_CHECKING:
    from flows.starting import Seen

LOOK_EVERY_S = 1.0
# A server that restarts is back within this time; after it the run is left to itself, and shows in the list of runs.
SILENT_FOR_S = 120.0
WAITED_S = 15.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run of a topic is; `error` is one line where it ended with one."""

    topic: str
    started_at: datetime
    by: str
    name: str = ""  # the flow run at the Prefect server, where there is one
    what: str = "starting"
    done: int = 0
    total: int | None = None
    finished_at: datetime | None = None
    error: str | None = None
    summary: str = ""

    @property
    def running(self) -> bool:
        return self.finished_at is None


class Background:
    def __init__(
        self,
        settings: Settings,
        db: Database,
        now: Callable[[], datetime],
        desk: Callable[[Database], Desk] | None = None,
    ) -> None:
        self._settings, self._db, self._now, self._desk = settings, db, now, desk
        self._held: dict[str, Progress] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def progress(self, topic: str) -> Progress | None:
        with self._lock:
            return self._held.get(topic)

    def all(self) -> tuple[Progress, ...]:
        """The latest run of each topic that this page started, newest first."""
        with self._lock:
            return tuple(sorted(self._held.values(), key=lambda p: p.started_at, reverse=True))

    def start(self, topic: str, by: str) -> Progress:
        """Start a run unless one of ours is at it; returns at once."""
        with self._lock:
            held = self._held.get(topic)
            if held is not None and held.running:
                return held
            begun = self._held[topic] = Progress(topic, self._now(), by)
            thread = threading.Thread(target=self._run, args=(topic, by), name=f"run {topic}", daemon=True)
            self._threads[topic] = thread
        thread.start()
        return begun

    def desk(self) -> Desk:
        """What a run works with; a trace looks through it."""
        return self._desk(self._db) if self._desk else Desk(self._db, self._settings, now=self._now)

    def wait(self, topic: str, seconds: float = 30) -> None:
        """Until the run of a topic has ended; for tests."""
        thread = self._threads.get(topic)
        if thread is not None:
            thread.join(seconds)

    def close(self) -> None:
        self._closing.set()
        for topic in list(self._threads):
            self.wait(topic, 2)

    def _run(self, topic: str, by: str) -> None:
        try:
            summary = self._through_prefect(topic) if os.environ.get("PREFECT_API_URL") else self._in_process(topic, by)
            self._set(topic, summary=summary, finished_at=self._now())
        except ClaimlineError as error:
            self._set(topic, error=str(error), finished_at=self._now())
        except Exception as error:  # noqa: BLE001 -- the edge of a task: it is shown, and in the run's row with its cause
            self._set(topic, error=f"{type(error).__name__}: {error}"[:300], finished_at=self._now())

    def _in_process(self, topic: str, by: str) -> str:
        from flows import steps

        desk = replace(
            self.desk(), actor=by, progress=lambda what, done, total: self._set(topic, what=what, done=done, total=total)
        )
        report = steps.track(desk, topic)
        return f"{report.said}, {report.tally.counts['articles-new']} new articles, {len(report.changes)} changes"

    def _through_prefect(self, topic: str) -> str:
        """Start the deployment's run and follow it to its end; returns what it says of itself."""
        from flows.starting import ServerSilent, look, run_now

        self._set(topic, what="asking the Prefect server")
        run = run_now(topic)
        self._set(topic, name=run.name, what="waiting for a worker")
        began = answered = time.monotonic()
        while not self._closing.wait(LOOK_EVERY_S):
            try:
                seen = look(run.key, topic)
                answered = time.monotonic()
            except ServerSilent as silent:
                if time.monotonic() - answered > SILENT_FOR_S:
                    raise ClaimlineError(f"{silent}; the run {run.name} goes on without us, look at the list below") from silent
                self._set(topic, what="the Prefect server does not answer; asking again")
                continue
            if seen.failed:
                raise ClaimlineError(f"{seen.state.lower()}: {seen.message}" if seen.message else seen.state.lower())
            if seen.ended:
                return _ended(seen)
            self._set(topic, what=_stands(seen, time.monotonic() - began), **_share(seen))
        return f"the page was closed; the run {run.name} goes on at the Prefect server"

    def _set(self, topic: str, **values: object) -> None:
        with self._lock:
            self._held[topic] = replace(self._held[topic], **values)  # type: ignore[arg-type]


_PHASES = {"PENDING": "starting", "RUNNING": "at work", "PAUSED": "paused at the Prefect server", "CANCELLING": "being cancelled"}


def _stands(seen: Seen, waited_s: float) -> str:
    if seen.state == "AwaitingConcurrencySlot":
        return "waiting for another run to end"
    if seen.kind == "SCHEDULED":
        hint = "; is one running? `claimline deploy` says how to start it" if waited_s > WAITED_S else ""
        return f"waiting for a worker{hint}"
    return _PHASES.get(seen.kind, seen.state.lower())


def _share(seen: Seen) -> dict[str, object]:
    """The run's own bar, in percent; a run that waits has none."""
    return {"done": round(seen.percent or 0), "total": None if seen.percent is None else 100}


def _ended(seen: Seen) -> str:
    said = {"Skipped": "left to another run", "Partial": "in part"}.get(seen.state)
    return ": ".join(filter(None, (said, seen.message))) or "without a word"
