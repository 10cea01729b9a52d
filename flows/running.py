"""One flow run over its topics: each under its lease, with its own outcome; one topic's trouble does not stop the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from prefect import get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import deployment, flow_run
from prefect.states import Completed, Failed

from claimline.errors import ClaimlineError, LeaseHeld, UsageError
from flows import reporting
from flows.desk import Desk
from flows.steps import Hands, Params, TrackReport
from flows.tasks import TASKS, at_desk, at_lent_desk, desk_here
from storage import claims

# How long a run waits for another one that is at the same topic, before it leaves the topic to that one.
PATIENCE_S = 600.0
POLL_S = 2.0

Job = Callable[[Desk, str, Hands, Params], TrackReport]


@dataclass(slots=True)
class Outcome:
    """What became of a run's topics."""

    reports: list[TrackReport] = field(default_factory=list)
    left: list[LeaseHeld] = field(default_factory=list)
    failed: list[ClaimlineError] = field(default_factory=list)

    def state(self) -> State[Any]:
        """Failed where a topic failed; Partial and Skipped are completed states with a name that says so."""
        partial = [r for r in self.reports if r.partial]
        told = [f"{r.topic}: {r.said}, {len(r.changes)} changes" for r in self.reports]
        message = "; ".join([*told, *map(str, self.left), *map(str, self.failed)]) or "no topic"
        if self.failed:
            return Failed(message=message, data=self.failed[0])
        if self.left and not self.reports:
            return Completed(name="Skipped", message=message, data=self)
        return Completed(name="Partial" if partial or self.left else "Completed", message=message, data=self)


def over_topics(topics: Sequence[str] | None, job: Job) -> Outcome:
    """Does a job for each topic (None: for all); what went wrong is in the outcome.

    At a desk that was lent a person waits: a topic that another run is at is refused at once.
    """
    outcome = Outcome()
    patience_s = 0.0 if at_lent_desk() else PATIENCE_S
    with desk_here() as desk:
        for slug in slugs(desk, topics):
            try:
                outcome.reports.append(_one(desk, slug, job, patience_s))
            except LeaseHeld as held:
                get_run_logger().warning("%s; left to it", held)
                outcome.left.append(held)
            except ClaimlineError as error:
                get_run_logger().error("%s: %s", slug, error)
                outcome.failed.append(error)
    return outcome


def slugs(desk: Desk, topics: Sequence[str] | None) -> list[str]:
    """The topics by slug, each once; an unknown one raises before anything is done."""
    with desk.db.read() as s:
        found = [claims.topic(s, name).slug for name in topics] if topics else [t.slug for t in claims.topics(s)]
    if not found:
        raise UsageError("there is no topic yet; import one with `claimline topics import FILE`")
    return list(dict.fromkeys(found))


def _one(desk: Desk, slug: str, job: Job, patience_s: float) -> TrackReport:
    bar = reporting.Bar(slug, desk.progress)
    params = {"prefect_flow_run": str(flow_run.id or ""), "deployment": str(deployment.name or "")}
    at_it = replace(desk, progress=bar.step, manners=None).for_run()
    with at_desk(at_it):
        report = _patiently(lambda: job(at_it, slug, TASKS, params), patience_s)
    bar.finish()
    reporting.publish_artifacts(desk, report)
    return report


def _patiently(do: Callable[[], TrackReport], patience_s: float) -> TrackReport:
    """Waits while another run is at the topic; two runs at once would only do the same work twice."""
    until = time.monotonic() + patience_s
    said = False
    while True:
        try:
            return do()
        except LeaseHeld as held:
            if time.monotonic() >= until:
                raise
            if not said:
                get_run_logger().info("%s; waiting up to %d minutes", held, round(patience_s / 60))
                said = True
        time.sleep(POLL_S)
