"""The flow `assess`: what was stored and not yet matched is matched, and an edition published. Nothing is fetched."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows import steps
from flows.running import over_topics


@flow(name="assess")
def assess(topics: list[str] | None = None) -> State[Any]:
    """Matches the topics' unread texts to their claims (topics by slug; none given: all)."""
    return over_topics(topics, lambda desk, slug, hands, params: steps.assess(desk, slug, hands=hands, params=params)).state()
