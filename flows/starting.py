"""Starting a run by hand at the Prefect server that PREFECT_API_URL names, and looking how far it is: the page's *Run now*.

Nothing here waits: who wants to see the end looks again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from claimline.errors import ClaimlineError

DEPLOYMENT = "track/manual"
DEPLOY = "register it with `claimline deploy`"


class ServerSilent(ClaimlineError):
    """The Prefect server is away, or answers otherwise than it should; it may be back in a moment."""


@dataclass(frozen=True, slots=True)
class Started:
    """The flow run at the server."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Seen:
    """How a flow run stands. `percent` is of its work, where it has said so; `failed` is told only of one that has ended."""

    kind: str  # Prefect's own kind of state: SCHEDULED, PENDING, RUNNING, COMPLETED, FAILED, CRASHED, CANCELLED ...
    state: str  # its name within the kind: Late, AwaitingConcurrencySlot, Partial ...
    message: str
    ended: bool
    failed: bool
    percent: float | None


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A deployment at the server with the next time at which it runs, and whether it has a schedule.

    Just after it was deployed a schedule has no time yet: the server sets it within a minute.
    """

    deployment: str
    description: str
    paused: bool
    next_at: datetime | None
    has_schedule: bool = False


def run_now(topic: str, *, deployment: str = DEPLOYMENT) -> Started:
    """Ask the server for a run of this topic; a worker takes it up. Raises ClaimlineError in one line where it cannot be had."""
    from prefect.deployments import run_deployment
    from prefect.exceptions import ObjectNotFound

    try:
        with _asking():
            found = run_deployment(deployment, parameters={"topics": [topic]}, timeout=0, as_subflow=False)
    except ObjectNotFound:
        raise ClaimlineError(f"the Prefect server has no deployment {deployment}; {DEPLOY}") from None
    return Started(str(getattr(found, "name", "")), str(getattr(found, "id", "")))


def look(key: str, topic: str) -> Seen:
    """How the flow run stands. Raises ServerSilent; ClaimlineError where the server knows no such run (any more)."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter
    from prefect.exceptions import ObjectNotFound

    mine = ArtifactFilter.model_validate({"flow_run_id": {"any_": [key]}, "key": {"any_": [f"progress-{topic}"]}})
    try:
        with _asking(), get_client(sync_client=True) as client:
            run = client.read_flow_run(UUID(key))
            bars = client.read_artifacts(artifact_filter=mine)
    except ObjectNotFound:
        raise ClaimlineError("the Prefect server knows nothing of the run any more; it was deleted there") from None
    state = run.state
    if state is None:
        return Seen("SCHEDULED", "Scheduled", "", ended=False, failed=False, percent=None)
    percent = max((float(bar.data) for bar in bars if isinstance(bar.data, int | float)), default=None)
    ended = state.is_final()
    return Seen(
        state.type.value,
        state.name or state.type.value,
        state.message or "",
        ended=ended,
        failed=ended and not state.is_completed(),
        percent=percent if state.is_running() else None,
    )


def schedules() -> tuple[Scheduled, ...]:
    """The deployments of this project at the server, each with its next run. Raises ServerSilent."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, FlowRunFilter
    from prefect.client.schemas.sorting import FlowRunSort

    waiting = FlowRunFilter.model_validate({"state": {"type": {"any_": ["SCHEDULED"]}}})
    ours = DeploymentFilter.model_validate({"tags": {"all_": ["claimline"]}})
    with _asking(), get_client(sync_client=True) as client:
        found = client.read_deployments(deployment_filter=ours)
        coming = client.read_flow_runs(
            deployment_filter=ours, flow_run_filter=waiting, sort=FlowRunSort.EXPECTED_START_TIME_ASC, limit=100
        )
    # A run by hand that waits for a worker is no schedule.
    next_at = {run.deployment_id: run.next_scheduled_start_time for run in reversed(coming) if run.auto_scheduled}
    return tuple(
        Scheduled(d.name, d.description or "", d.paused, next_at.get(d.id), any(x.active for x in d.schedules)) for d in found
    )


@contextmanager
def _asking() -> Iterator[None]:
    """Whatever goes wrong on the way to the server -> ServerSilent; ObjectNotFound is an answer, and passes."""
    from prefect.exceptions import ObjectNotFound, PrefectException
    from prefect.settings import PREFECT_API_URL

    from claimline.errors import FetchError
    from claimline.web.failures import as_fetch_errors

    url = PREFECT_API_URL.value() or ""
    try:
        with as_fetch_errors(url):
            yield
    except ObjectNotFound:
        raise
    except FetchError as error:
        why = getattr(error, "reason", "") or "no answer"
        raise ServerSilent(f"the Prefect server at {url} does not answer ({why})") from error
    except (PrefectException, OSError) as error:
        why = f"{type(error).__name__}: {error}"
        raise ServerSilent(f"the Prefect server at {url} does not answer as it should: {why}") from error
