"""Starting a run by hand at the Prefect server that PREFECT_API_URL names: the page's *Run now*. Waits for nothing."""

from __future__ import annotations

from dataclasses import dataclass

from claimline.errors import ClaimlineError

DEPLOYMENT = "track/manual"


@dataclass(frozen=True, slots=True)
class Started:
    """The flow run at the server."""

    name: str
    key: str


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
