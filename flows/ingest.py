"""The flow `ingest`: sources are asked, articles fetched, cleaned and stored. Nothing is matched or published."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner

from flows import steps
from flows.running import over_topics

ASKING = 16


@flow(name="ingest", task_runner=ThreadPoolTaskRunner(max_workers=ASKING))
def ingest(topics: list[str] | None = None) -> State[Any]:
    """Reads the topics (by slug; none given: all) without judging what they say."""
    return over_topics(topics, lambda desk, slug, hands, params: steps.ingest(desk, slug, hands=hands, params=params)).state()
