"""Starting a run by hand at the Prefect server that PREFECT_API_URL names: the page's *Run now*. Waits for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from claimline.errors import ClaimlineError

DEPLOYMENT = "track/manual"


@dataclass(frozen=True, slots=True)
class Started:
    """The flow run at the server."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A deployment at the server with the next time at which it runs (None: by hand only)."""

    deployment: str
    description: str
    paused: bool
    next_at: datetime | None


def run_now(topic: str, *, deployment: str = DEPLOYMENT) -> Started:
    """Ask the server for a run of this topic; a worker takes it up. Raises ClaimlineError in one line where it cannot be had."""
    from prefect.deployments import run_deployment
    from prefect.exceptions import ObjectNotFound, PrefectException

    try:
        found = run_deployment(deployment, parameters={"topics": [topic]}, timeout=0, as_subflow=False)
    except ObjectNotFound:
        raise ClaimlineError(f"the Prefect server has no deployment {deployment}; register it with `claimline deploy`") from None
    except (PrefectException, OSError) as error:
        raise ClaimlineError(f"the Prefect server does not answer as it should: {type(error).__name__}: {error}") from error
    return Started(str(getattr(found, "name", "")), str(getattr(found, "id", "")))


def schedules() -> tuple[Scheduled, ...]:
    """The deployments of this project at the server, each with its next run. Raises ClaimlineError where it does not answer."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, FlowRunFilter
    from prefect.client.schemas.sorting import FlowRunSort
    from prefect.exceptions import PrefectException

    waiting = FlowRunFilter.model_validate({"state": {"type": {"any_": ["SCHEDULED"]}}})
    ours = DeploymentFilter.model_validate({"tags": {"all_": ["claimline"]}})
    try:
        with get_client(sync_client=True) as client:
            found = client.read_deployments(deployment_filter=ours)
            coming = client.read_flow_runs(
                deployment_filter=ours, flow_run_filter=waiting, sort=FlowRunSort.EXPECTED_START_TIME_ASC, limit=100
            )
    except (PrefectException, OSError) as error:
        raise ClaimlineError(f"the Prefect server does not answer as it should: {type(error).__name__}: {error}") from error
    next_at = {run.deployment_id: run.next_scheduled_start_time for run in reversed(coming)}
    return tuple(Scheduled(d.name, d.description or "", d.paused, next_at.get(d.id)) for d in found)
