"""The API: the same reads and decisions as JSON, with tokens. Its rows are those of the command line's `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.openapi.utils import get_openapi
from starlette.responses import JSONResponse, Response

from app import out, reading, reads
from app.reading import Row
from app.views import claim as claim_views
from app.views import claims as claims_views
from app.views import exports as export_views
from app.web import api_articles, api_decisions, api_watched
from app.web import claim as claim_routes
from app.web import claims as claims_routes
from app.web.calls import MOMENT, MOST, ClaimName, Offset, TopicName, caller
from app.web.shell import Visit, reader
from claimline.errors import UsageError
from storage import claims, ledger, pages, runs

router = APIRouter()


# --- claims ---------------------------------------------------------------------------------------------------------


@router.get("/api/v1/claims", tags=["reads"], dependencies=MOMENT)
def get_claims(visit: Visit = Depends(caller), asked: claims_views.Filters = Depends(claims_routes.filters)) -> list[Row]:
    """Every claim with where it stands."""
    with visit.shell.read() as r:
        against = claims_views.contradicts(r, visit.moment)
        found = claims_views.fitting(r, visit.moment, asked)
    return [reading.claim_row(c, against.get((c.claim.topic_slug, c.claim.slug), ())) for c in found]


@router.get("/api/v1/claims/{topic}/{claim}", tags=["reads"], dependencies=MOMENT)
def get_claim(topic: TopicName, claim: ClaimName, visit: Visit = Depends(caller)) -> Row:
    """One claim with where it stands, its permanent id, and how far its sources have been read."""
    with visit.shell.read() as r:
        found = claims.claim(r.s, claim, topic)
        at = ledger.status(r.s, found.id, as_of=visit.moment.as_of, known_at=visit.moment.known_at)
        state = runs.read_state(r.s, found.topic_id, known_at=visit.moment.known_at)
        key = pages.permanent_key(r.s, found.id)
        against = [c.slug for c in claims_views.beside(r, found, visit.moment)]
    return reading.claim_row(at, against) | {
        "id": key,
        "read": {"at": reading.when(state.last_sufficient_at), "sources": state.sources, "answered": state.answered},
    }


@router.get("/api/v1/claims/{topic}/{claim}/history", tags=["reads"], dependencies=MOMENT)
def get_history(topic: TopicName, claim: ClaimName, visit: Visit = Depends(caller)) -> list[Row]:
    """Every change of status, oldest first, with cause, quotes, a ruling's note and the status without rulings, and the days
    on which we could not look."""
    a, k = visit.moment.as_of, visit.moment.known_at
    with visit.db.read() as s:
        found = claims.claim(s, claim, topic)
        return list(reads.history_rows(s, found, ledger.changes(s, found.id, as_of=a, known_at=k), a, k))


@router.get("/api/v1/claims/{topic}/{claim}/why", tags=["reads"], dependencies=MOMENT)
def get_why(topic: TopicName, claim: ClaimName, visit: Visit = Depends(caller)) -> Row:
    """Why it stands where it stands: the weights of both sides, the last change, and what would flip it."""
    with visit.db.read() as s:
        found = claims.claim(s, claim, topic)
        why = reads.why(s, found, visit.moment.as_of, visit.moment.known_at)
    known = visit.moment.known_at or visit.now
    return reads.why_row(found, visit.moment.as_of or min(known, visit.now).date(), why)


@router.get("/api/v1/claims/{topic}/{claim}/speakers", tags=["reads"], dependencies=MOMENT)
def get_speakers(topic: TopicName, claim: ClaimName, visit: Visit = Depends(caller)) -> list[Row]:
    """Each speaker's latest position, and when it changed."""
    with visit.db.read() as s:
        found = claims.claim(s, claim, topic)
        lines = reads.speakers(s, found, visit.moment.as_of, visit.moment.known_at)
    return [reading.speaker_row(found.slug, line) for line in lines]


@router.get("/api/v1/claims/{topic}/{claim}/diff-history", tags=["reads"])
def get_diff_history(
    topic: TopicName,
    claim: ClaimName,
    earlier: Annotated[str, Query(alias="from", description="As it was known then: a day, or a time.")],
    later: Annotated[str, Query(alias="to", description="The other time.")],
    visit: Visit = Depends(caller),
) -> list[Row]:
    """What we learned about the past between two times: what is no longer told, and what is told now."""
    times = sorted(m for m in (out.moment(earlier or None, "from"), out.moment(later or None, "to")) if m)
    if len(times) != 2:
        raise UsageError("give two times: from and to")
    with visit.db.read() as s:
        both = reads.diff_history(s, claims.claim(s, claim, topic).id, *times)
    return [reads.diff_row(x) for x in both]


# --- their evidence -------------------------------------------------------------------------------------------------


@router.get("/api/v1/claims/{topic}/{claim}/evidence", tags=["reads"], dependencies=MOMENT)
def get_evidence(
    topic: TopicName,
    claim: ClaimName,
    limit: Annotated[int, Query(ge=1, le=10_000, description=MOST)] = 1_000,
    offset: Offset = 0,
    visit: Visit = Depends(caller),
) -> list[Row]:
    """Every quote that speaks of the claim, counted or not, with its publisher's type and the weight of its word."""
    with visit.db.read() as s:
        rows = reads.evidence(s, topic, claim, visit.moment.as_of, visit.moment.known_at)
    return rows[offset : offset + limit]


@router.get("/api/v1/claims/{topic}/{claim}/reports", tags=["reads"], dependencies=MOMENT)
def get_reports(
    topic: TopicName,
    claim: ClaimName,
    limit: Annotated[int, Query(ge=1, le=1_000, description=MOST)] = 100,
    offset: Offset = 0,
    visit: Visit = Depends(caller),
    asked: claim_views.RowFilters = Depends(claim_routes.filters),
) -> list[Row]:
    """The quotes behind the history, a row a report, with the voice that each belongs to: as the table's export has them."""
    with visit.shell.read() as r:
        rows = export_views.report_rows(r, claims.claim(r.s, claim, topic), visit.moment, asked)
    return [_plain(row) for row in rows[offset : offset + limit]]


def _plain(row: Mapping[str, Any]) -> Row:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()}


# --- what there is --------------------------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The OpenAPI description of `/api/v1`, and of nothing else."""
    parts = (router, api_articles.router, api_watched.router, api_decisions.router)
    routes = [r for part in parts for r in part.routes if getattr(r, "path", "").startswith("/api/v1")]
    made = get_openapi(title="Claimline", version="1", description=__doc__ or "", routes=routes)
    made.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"token": []}]
    return made


@router.get("/openapi.json", include_in_schema=False)
def openapi(_visit: Visit = Depends(caller)) -> JSONResponse:
    return JSONResponse(schema())


@router.get("/api", include_in_schema=False)
def api_page(visit: Visit = Depends(reader)) -> Response:
    """The same for people, without any script of others."""
    return visit.render("api.html", schema=schema())
