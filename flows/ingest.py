"""The flow `ingest`: sources are asked, articles fetched, cleaned and stored. Nothing is matched or published."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows import steps
from flows.running import over_topics

# So many sources are asked at once.
TASK_RUNNER: TaskRunner[PrefectFuture[Any]] = ThreadPoolTaskRunner(max_workers=16)  # type: ignore[assignment]


@flow(name="ingest", task_runner=TASK_RUNNER)
def ingest(topics: list[str] | None = None) -> State[Any]:
    """Reads the topics (by slug; none given: all) without judging what they say."""
    return over_topics(topics, lambda desk, slug, hands, params: steps.ingest(desk, slug, hands=hands, params=params)).state()
