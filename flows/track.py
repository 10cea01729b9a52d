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
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
    temporary_settings,
)
from prefect.task_runners import ThreadPoolTaskRunner

from claimline.errors import ClaimlineError
from flows import steps
from flows.desk import Desk
from flows.ingest import ASKING
from flows.running import Outcome, over_topics
from flows.steps import Hands, Params, TrackReport
from flows.tasks import at_desk

STARTUP_S = 90


def _track(desk: Desk, slug: str, hands: Hands, params: Params) -> TrackReport:
    return steps.track(desk, slug, hands=hands, params=params)


@flow(name="track", task_runner=ThreadPoolTaskRunner(max_workers=ASKING))
def track(topics: list[str] | None = None) -> State[Any]:
    """Looks for news of the topics (by slug; none given: all), matches them to the claims, records what changed."""
    return over_topics(topics, _track).state()


@flow(name="track", task_runner=ThreadPoolTaskRunner(max_workers=ASKING))
def _track_at_once(topics: list[str]) -> Outcome:
    """The same for a person who waits: a topic that is being worked on is refused, not waited for."""
    return over_topics(topics, _track, patience_s=0.0)


# --- In this process ------------------------------------------------------------------------------------------------


def track_in_process(desk: Desk, slugs: Sequence[str]) -> list[TrackReport]:
    """Runs the flow here, at this desk: with the Prefect server that is configured, or a temporary one of its own."""
    with _quietly(), at_desk(desk):
        outcome = _track_at_once(list(slugs))
    for error in (*outcome.failed, *outcome.left):
        raise error
    return outcome.reports


@contextmanager
def _quietly() -> Iterator[None]:
    """No telemetry, no heartbeat, no log lines on the terminal of a person who did not ask for them; a server that answers."""
    local = not _server_answers()
    settings: dict[Any, Any] = {
        PREFECT_SERVER_ANALYTICS_ENABLED: False,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: STARTUP_S,
        PREFECT_LOGGING_TO_API_ENABLED: not local,
    }
    logger = logging.getLogger("prefect")
    level = logger.level
    with temporary_settings(settings, restore_defaults={PREFECT_API_URL} if local else None):
        if not os.environ.get("CLAIMLINE_DEBUG"):
            logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            logger.setLevel(level)


def _server_answers() -> bool:
    """Whether a server is configured and there; where none is, the run has a temporary one."""
    if not PREFECT_API_URL.value():
        return False
    with get_client(sync_client=True) as client:
        trouble = client.api_healthcheck()
    if trouble is not None:
        logging.getLogger("claimline").warning(
            "the Prefect server at %s does not answer; running without it", PREFECT_API_URL.value()
        )
    return trouble is None


__all__ = ["ClaimlineError", "track", "track_in_process"]
