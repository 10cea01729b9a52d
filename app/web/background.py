"""*Run now*: one run a topic in a thread of this process, or a flow run at the Prefect server where there is one.

The lease in the database keeps it from doing the work of a schedule or of a hand at a terminal; what it did is in the runs table.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from claimline.errors import ClaimlineError
from claimline.settings import Settings
from flows.desk import Desk
from storage.engine import Database


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run of a topic is; `error` is one line where it ended with one."""

    topic: str
    started_at: datetime
    by: str
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

    def wait(self, topic: str, seconds: float = 30) -> None:
        """Until the run of a topic has ended; for tests."""
        thread = self._threads.get(topic)
        if thread is not None:
            thread.join(seconds)

    def close(self) -> None:
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

        desk = self._desk(self._db) if self._desk else Desk(self._db, self._settings, now=self._now)
        desk = replace(desk, actor=by, progress=lambda what, done, total: self._set(topic, what=what, done=done, total=total))
        report = steps.track(desk, topic)
        answered = f"{report.answered} of {len(report.sources)} sources answered"
        return f"{answered}, {report.tally.counts['articles-new']} new articles, {len(report.changes)} changes"

    def _through_prefect(self, topic: str) -> str:
        from flows.starting import run_now

        return f"the Prefect server has taken it up as {run_now(topic).name}"

    def _set(self, topic: str, **values: object) -> None:
        with self._lock:
            self._held[topic] = replace(self._held[topic], **values)  # type: ignore[arg-type]
