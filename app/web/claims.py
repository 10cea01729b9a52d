"""The list of claims, and addresses that never change."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from app import out
from app.views import claims as views
from app.web.shell import Visit, reader
from storage import pages

router = APIRouter()


def filters(
    q: str = Query("", description="Words of the claim."),
    topic: str = Query("", description="A topic's short name."),
    status: str = Query("", description="supported, refuted, contested, open or unreported."),
    tag: str = Query("", description="A tag of the claim."),
    since: str = Query("", description="Only where the status is of this day or later."),
    sort: str = Query("changed", description="changed, name, voices or owed (most left to decide first)."),
    page: int = Query(1, include_in_schema=False),
) -> views.Filters:
    return views.Filters(q[:200], topic, status, tag, out.day(since or None, "since"), sort, page)


@router.get("/")
def claims(visit: Visit = Depends(reader), asked: views.Filters = Depends(filters)) -> Response:
    with visit.shell.read() as r:
        page = views.claims_page(r, visit.moment, asked, now=visit.now)
    return visit.render("claims.html", page=page)


@router.get("/claims")
def claims_home(visit: Visit = Depends(reader)) -> Response:
    return visit.redirect("/")


@router.get("/c/{key}")
def permanent(key: str, visit: Visit = Depends(reader)) -> Response:
    """The claim behind an id, whatever it is called now."""
    with visit.shell.read() as r:
        found = pages.claim_by_key(r.s, key)
    return visit.redirect(visit.url(views.claim_path(found.topic_slug, found.slug)))
