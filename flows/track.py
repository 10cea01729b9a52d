"""The flow `track`: ingest, assess, publish an edition; on a server by schedule or by hand, or in this process.

Parameters are topics by slug, never a path or a database's address: the database comes from the worker's settings.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOGGING_TO_API_ENABLED,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    temporary_settings,
)

from flows import steps
from flows.desk import Desk
from flows.ingest import TASK_RUNNER
from flows.running import Outcome, over_topics
from flows.server import temporary_server
from flows.steps import Hands, Params, TrackReport
from flows.tasks import at_desk


@flow(name="track", task_runner=TASK_RUNNER)
def track(topics: list[str] | None = None, everything: bool = False) -> State[Any]:
    """Looks for news of the topics (by slug; none given: all), matches them to the claims, records what changed.

    A schedule asks the sources that are due; `everything` asks all of them.
    """

    def job(desk: Desk, slug: str, hands: Hands, params: Params) -> TrackReport:
        return steps.track(desk, slug, hands=hands, params=params, everything=everything)

    return over_topics(topics, job).state()


# --- In this process ------------------------------------------------------------------------------------------------


def track_in_process(desk: Desk, slugs: Sequence[str]) -> list[TrackReport]:
    """Runs the flow here, at this desk: with the Prefect server that is configured, or a temporary one of its own."""
    with _quietly(desk), at_desk(desk):
        state: State[Any] = track(list(slugs), everything=True, return_state=True)
        outcome: Outcome = state.result(raise_on_failure=True)
    for held in outcome.left:
        raise held
    return outcome.reports


@contextmanager
def _quietly(desk: Desk) -> Iterator[None]:
    """No telemetry, no heartbeat, no log lines on the terminal of a person who did not ask for them; a server that answers."""
    if not os.environ.get("CLAIMLINE_DEBUG"):
        # For good: Prefect's workers say good-bye when the process ends.
        logging.getLogger("prefect").setLevel(logging.CRITICAL)
    settings: dict[Any, Any] = {PREFECT_SERVER_ANALYTICS_ENABLED: False, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    if not _server_answers():
        settings[PREFECT_API_URL] = temporary_server(desk.settings.data_dir / "prefect")
        settings[PREFECT_LOGGING_TO_API_ENABLED] = False
    with temporary_settings(settings):
        yield


def _server_answers() -> bool:
    """Whether a server is configured and there; where none is, the run has a temporary one."""
    url = PREFECT_API_URL.value()
    if not url:
        return False
    with get_client(sync_client=True) as client:
        trouble = client.api_healthcheck()
    if trouble is not None:
        logging.getLogger("claimline").warning("the Prefect server at %s does not answer; running without it", url)
    return trouble is None
