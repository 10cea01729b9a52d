"""The flow `backfill`: what the archive kinds of a topic's sources hold of a span of days. Alerts nobody; see `flows.archive`."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows import archive
from flows.desk import Desk
from flows.ingest import TASK_RUNNER
from flows.running import over_topics
from flows.steps import Hands, Params, TrackReport


@flow(name="backfill", task_runner=TASK_RUNNER)
def backfill(topic: str, date_from: date, date_to: date) -> State[Any]:
    """Walks the archive kinds of a topic's sources from a day to a day, both included."""
    archive.check_span(date_from, date_to)

    def job(desk: Desk, slug: str, hands: Hands, params: Params) -> TrackReport:
        return archive.backfill(desk, slug, date_from, date_to, hands=hands, params=params)

    return over_topics([topic], job).state()
