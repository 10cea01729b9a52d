"""The list of claims, and addresses that never change."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app import out
from app.views import claims as views
from app.web.shell import Visit, reader
from storage import pages

router = APIRouter()


def filters(
    q: str = "", topic: str = "", status: str = "", tag: str = "", since: str = "", sort: str = "changed", page: int = 1
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
