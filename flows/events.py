"""Prefect events out of the outbox, each once: `claimline.claim.changed`, `claimline.source.broken` and their like.

Each event has an id that follows from what it tells, and Prefect keeps one event an id: sending again after a kill adds
nothing. It counts as told only when the server has answered. A plain run emits nothing; its events wait for the next run that
has a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from prefect.client.orchestration import get_client
from prefect.events.schemas.events import Event, RelatedResource, Resource
from prefect.runtime import flow_run

from claimline.models import Skip
from flows.desk import Desk
from flows.outbox import EVENT
from flows.tally import Tally
from storage import outbox
from storage.records import StoredTopic
from storage.run_records import OutboxItem
from storage.sql import stable_key

NAMESPACE = UUID("5b0f6a1e-5f0c-5f0e-9d6c-2f9f3d1b7a10")
BATCH = 100


def emit_waiting(desk: Desk, topic: StoredTopic) -> Tally:
    """Emits every event of the topic that waits; raises what the server's client raises."""
    tally = Tally()
    while waiting := _waiting(desk, topic):
        with get_client(sync_client=True) as client:
            client.request(
                "POST", "/events", json=[as_event(item).model_dump(mode="json") for item in waiting]
            ).raise_for_status()
        desk.db.write(lambda s, ids=[item.id for item in waiting]: outbox.mark_sent(s, ids, now=desk.now()))  # type: ignore[misc]
        tally.counts["events"] += len(waiting)
    return tally


def _waiting(desk: Desk, topic: StoredTopic) -> tuple[OutboxItem, ...]:
    with desk.db.read() as s:
        return outbox.outbox(s, topic_id=topic.id, kinds=(EVENT,), limit=BATCH)


def event_id(key: str) -> UUID:
    return uuid5(NAMESPACE, key)


def as_event(item: OutboxItem) -> Event:
    """The event of one change, source or topic, which is its resource; the topic and the flow run are related."""
    data = item.payload["data"]
    if not isinstance(data, Mapping):
        raise TypeError(f"outbox row {item.id} holds no event")
    return Event(
        id=event_id(str(item.payload["id"])),
        occurred=datetime.fromisoformat(str(item.payload["at"])),
        event=str(item.payload["event"]),
        resource=Resource(_resource(item.topic, data)),
        related=[RelatedResource(r) for r in _related(item.topic)],
        payload=dict(data),
    )


def _resource(topic: str, data: Mapping[str, Any]) -> dict[str, str]:
    if "claim" in data:
        named = {"prefect.resource.id": f"claimline.claim.{topic}.{data['claim']}", "prefect.resource.name": str(data["claim"])}
        turn = {f"claimline.{end}": str(data[end]) for end in ("from", "to") if end in data}
        return named | {"claimline.topic": topic} | turn
    if "source" in data:
        return {
            "prefect.resource.id": f"claimline.source.{topic}.{stable_key(data['kind'], data['source'])}",
            "prefect.resource.name": str(data["source"]),
            "claimline.topic": topic,
        }
    return {"prefect.resource.id": f"claimline.topic.{topic}", "prefect.resource.name": topic, "claimline.topic": topic}


def _related(topic: str) -> list[dict[str, str]]:
    found = [{"prefect.resource.id": f"claimline.topic.{topic}", "prefect.resource.role": "topic"}]
    if flow_run.id:
        found.append({"prefect.resource.id": f"prefect.flow-run.{flow_run.id}", "prefect.resource.role": "flow-run"})
    return found


def not_told(error: BaseException) -> Tally:
    tally = Tally()
    tally.skip(Skip("Prefect events", "not-told", f"{type(error).__name__}: {error}"[:200], failed=True))
    return tally
