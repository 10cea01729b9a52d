"""The API's reads of what is watched: topics, publishers, sources, what they answered, runs, and what needs a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app import reading, reads
from app.reading import Row
from app.web.calls import MOST, OfClaim, OfTopic, TopicName, caller
from app.web.shell import Visit
from storage import claims, outlets, runs

router = APIRouter(prefix="/api/v1", tags=["reads"])


@router.get("/review")
def get_review(
    topic: OfTopic = "",
    claim: OfClaim = "",
    lang: Annotated[str, Query(description="Only texts in this language, as two letters.")] = "",
    limit: Annotated[int, Query(ge=1, le=500, description=MOST)] = 20,
    visit: Visit = Depends(caller),
) -> list[Row]:
    """What needs a person, most valuable first, each with its reasons."""
    with visit.db.read() as s:
        return [reading.case_row(x) for x in reads.review(s, topic or None, claim or None, lang or None, limit)]


@router.get("/topics")
def get_topics(visit: Visit = Depends(caller)) -> list[Row]:
    """The topics."""
    with visit.db.read() as s:
        return [reading.topic_row(t) for t in claims.topics(s)]


@router.get("/topics/{topic}/outlets")
def get_outlets(topic: TopicName, visit: Visit = Depends(caller)) -> list[Row]:
    """The publishers of a topic with type, country and weight, and those that nobody has named."""
    with visit.db.read() as s:
        return [reading.outlet_row(o) for o in outlets.outlets(s, claims.topic(s, topic).id)]


@router.get("/sources")
def get_sources(topic: OfTopic = "", visit: Visit = Depends(caller)) -> list[Row]:
    """The places to look, with their health."""
    with visit.db.read() as s:
        return reads.source_rows(s, topic or None)


@router.get("/coverage")
def get_coverage(
    topic: OfTopic = "",
    days: Annotated[int, Query(ge=1, le=4_000, description="How many days back.")] = 14,
    visit: Visit = Depends(caller),
) -> list[Row]:
    """For each source and day: asked, answered, new, left out or failed and why."""
    with visit.db.read() as s:
        return reads.coverage_rows(s, topic or None, visit.now.date() - timedelta(days=days - 1))


@router.get("/runs")
def get_runs(
    topic: OfTopic = "", limit: Annotated[int, Query(ge=1, le=200, description=MOST)] = 20, visit: Visit = Depends(caller)
) -> list[Row]:
    """What ran, did, skipped and cost; newest first."""
    with visit.db.read() as s:
        return [reading.run_row(x) for x in runs.runs(s, topic=topic or None, limit=limit)]
