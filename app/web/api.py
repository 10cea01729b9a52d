"""The API: the same reads and decisions as JSON, with tokens. Its shapes are those of the command line's `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Body, Depends, HTTPException, Path, Query, Request
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from app import auth, reading
from app.views import claim as claim_views
from app.views import claims as claims_views
from app.views import exports as export_views
from app.web import claim as claim_routes
from app.web import claims as claims_routes
from app.web import review
from app.web.shell import NeedLogin, NotAllowed, Shell, Visit, check_form, moment_of, reader, visit_of
from claimline.errors import UsageError
from claimline.models import Stance, Status
from storage import claims, decisions, ledger, pages, revisions, runs
from storage.engine import Session
from storage.records import NewDecision, Recorded, StoredDecision

router = APIRouter()
Row = dict[str, Any]


def caller(request: Request) -> Visit:
    """Who calls: by a token, else as a visit to the page."""
    shell: Shell = request.app.state.shell
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if not token:
        return visit_of(request)
    visitor = auth.visitor_of_token(shell.db, token.strip(), shell.now()) if kind.lower() == "bearer" else None
    if visitor is None:
        raise NeedLogin("the token is not known, or has ended")
    return Visit(request, shell, visitor, moment_of(request))


async def deciding(request: Request) -> Visit:
    """A caller who may decide. A browser without a token has to show that the call is its own page's."""
    from starlette.concurrency import run_in_threadpool

    visit = await run_in_threadpool(caller, request)
    if "authorization" not in request.headers:
        await check_form(request, visit)
    if not visit.visitor.may("review"):
        raise NotAllowed(f"{visit.visitor.name} may not do this: it needs the role review")
    return visit


AS_OF = Query("", description="As it stood in print at the end of this day (UTC), e.g. 2020-12-29.")
KNOWN_AT = Query("", description="As it was known then: a day, or a time such as 2020-12-29T13:00Z.")


def moment_params(as_of: str = AS_OF, known_at: str = KNOWN_AT) -> None:
    """The two times that every read takes; read from the request by the visit."""


MOMENT = [Depends(moment_params)]

TopicName = Annotated[str, Path(description="The topic's short name, as in the address of its page.")]
ClaimName = Annotated[str, Path(description="The claim's short name, as in the address of its page.")]
OfTopic = Annotated[str, Query(description="Only this topic's.")]
MOST = "At most so many."


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
    """Every change of status, oldest first, with cause and quotes."""
    with visit.shell.read() as r:
        found = claims.claim(r.s, claim, topic)
        changes = ledger.changes(r.s, found.id, as_of=visit.moment.as_of, known_at=visit.moment.known_at)
    return [reading.change_row(c) for c in changes]


@router.get("/api/v1/claims/{topic}/{claim}/evidence", tags=["reads"], dependencies=MOMENT)
def get_evidence(
    topic: TopicName,
    claim: ClaimName,
    limit: Annotated[int, Query(ge=1, le=1_000, description=MOST)] = 100,
    offset: Annotated[int, Query(ge=0, description="So many are passed over.")] = 0,
    visit: Visit = Depends(caller),
    asked: claim_views.RowFilters = Depends(claim_routes.filters),
) -> list[Row]:
    """The quotes behind the history, a row a report, with the voice that each belongs to."""
    with visit.shell.read() as r:
        rows = export_views.report_rows(r, claims.claim(r.s, claim, topic), visit.moment, asked)
    return [_plain(row) for row in rows[offset : offset + limit]]


@router.get("/api/v1/articles/{revision}", tags=["reads"])
def get_article(
    revision: Annotated[str, Path(description="As in the address of the article's page.")], visit: Visit = Depends(caller)
) -> Row:
    """One text of an article, by its permanent id."""
    with visit.db.read() as s:
        x = revisions.revision_by_key(s, revision)
    return {
        "revision": x.key,
        "url": x.url,
        "title": x.title,
        "text": x.text,
        "lang": x.lang,
        "outlet": x.outlet,
        "published_on": reading.iso(x.published.day),
        "date_basis": str(x.published.basis),
        "first_seen": reading.when(x.first_seen),
        "seen_at": reading.when(x.seen_at),
    }


@router.get("/api/v1/runs", tags=["reads"])
def get_runs(
    topic: OfTopic = "", limit: Annotated[int, Query(ge=1, le=200, description=MOST)] = 20, visit: Visit = Depends(caller)
) -> list[Row]:
    """What ran, did, skipped and cost; newest first."""
    with visit.db.read() as s:
        return [reading.run_row(x) for x in runs.runs(s, topic=topic or None, limit=limit)]


@router.get("/api/v1/decisions", tags=["decisions"])
def get_decisions(
    topic: OfTopic = "", limit: Annotated[int, Query(ge=1, le=1_000, description=MOST)] = 100, visit: Visit = Depends(caller)
) -> list[Row]:
    """What people decided, newest first."""
    with visit.db.read() as s:
        topic_id = claims.topic(s, topic).id if topic else None
        return [_decision(d) for d in decisions.decisions(s, topic_id=topic_id, limit=limit)]


class Asked(BaseModel):
    """A person's word. `client_id` makes asking twice store it once."""

    kind: Literal["stance", "accept", "reject", "evidence", "ruling", "date"]
    topic: str = Field("", description="The topic's short name; needed where two topics have a claim of that name.")
    claim: str = Field("", description="The claim's short name; not for a date.")
    revision: str = Field("", description="The permanent id of the text that was seen; not for a ruling.")
    stance: Stance | None = Field(None, description="For a stance or added evidence.")
    quote: str | None = Field(None, max_length=10_000, description="The words, to reject them or to add them as evidence.")
    speaker: str | None = Field(None, max_length=200, description="Who says an added quote; none: whom the machine found.")
    status: Status | None = Field(None, description="For a ruling.")
    valid_from: date | None = Field(None, description="The ruling's first day, or the article's date.")
    valid_to: date | None = Field(None, description="The ruling's last day; none: until further notice.")
    review_by: date | None = Field(None, description="When the ruling is to be looked at again.")
    note: str = Field("", max_length=2_000, description="Why.")
    seen: str | None = Field(
        None,
        max_length=80,
        description="For a stance: the id of the decision that you saw on this pair, or empty for none. Where another "
        "one stands, nothing is stored and the answer is 409. Left out: yours replaces whatever stands.",
    )
    client_id: str = Field(
        "", max_length=80, pattern=r"^[A-Za-z0-9._-]*$", description="An id of yours: sent twice, stored once."
    )


@router.post("/api/v1/decisions", tags=["decisions"], status_code=201)
def post_decision(asked: Annotated[Asked, Body()], visit: Visit = Depends(deciding)) -> Row:
    """Decide; signed with the name of the token's user."""
    with visit.db.read() as s:
        claim = claims.claim(s, asked.claim, asked.topic or None) if asked.claim else None
        text = revisions.revision_by_key(s, asked.revision) if asked.revision else None
    if asked.kind != "date" and claim is None:
        raise UsageError("say which claim")
    one = NewDecision(
        asked.kind,
        asked.client_id or f"api-{uuid4().hex}",
        claim_id=claim.id if claim else None,
        article_id=text.article_id if text else None,
        revision_id=text.id if text else None,
        stance=asked.stance,
        quote=asked.quote,
        speaker=asked.speaker,
        status=asked.status,
        valid_from=asked.valid_from,
        valid_to=asked.valid_to,
        review_by=asked.review_by,
        note=asked.note,
    )

    def work(s: Session) -> Recorded:
        if asked.seen is not None:
            review.check_seen(s, one, asked.seen)
        return decisions.record_in(s, [one], by=visit.visitor.name, now=visit.now)

    try:
        return _recorded(visit.db.write(work), one.client_id)
    except review.Overtaken as error:
        raise HTTPException(409, str(error)) from None


@router.post("/api/v1/decisions/{client_id}/undo", tags=["decisions"])
def post_undo(
    client_id: Annotated[str, Path(description="The id that deciding gave back.")], visit: Visit = Depends(deciding)
) -> Row:
    """Take back a decision, or a batch of them."""
    undo_id = f"undo-{uuid4().hex}"
    return _recorded(decisions.undo(visit.db, client_id, by=visit.visitor.name, now=visit.now, client_id=undo_id), undo_id)


def _recorded(done: Recorded, client_id: str) -> Row:
    return {"id": client_id, "changes": [reading.change_row(c) for p in done.published for c in p.changes]}


def _decision(d: StoredDecision) -> Row:
    row = reading.decision_row(d)
    said = {name: row[name] for name in ("id", "at", "by", "kind", "claim", "url", "stance", "status")}
    return said | {"valid_from": row["from"], "valid_to": row["to"], "quote": row["quote"], "note": row["note"]}


def _plain(row: Mapping[str, Any]) -> Row:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()}


# --- what there is --------------------------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The OpenAPI description of `/api/v1`, and of nothing else."""
    routes = [r for r in router.routes if getattr(r, "path", "").startswith("/api/v1")]
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
