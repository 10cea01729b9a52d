"""One claim: its page, and the same on paper."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from app import out
from app.views import claim as views
from app.web.shell import Visit, reader
from storage import claims as claim_reads

router = APIRouter()


def filters(
    q: str = "",
    stance: str = "",
    speaker: str = "",
    outlet: str = "",
    lang: str = "",
    since: str = Query("", alias="from"),
    until: str = Query("", alias="to"),
    sort: str = "new",
    page: int = 1,
) -> views.RowFilters:
    days = out.day(since or None, "from"), out.day(until or None, "to")
    return views.RowFilters(q[:200], stance, speaker, outlet, lang, *days, sort, page)


@router.get("/claims/{topic}/{slug}")
def claim(topic: str, slug: str, visit: Visit = Depends(reader), asked: views.RowFilters = Depends(filters)) -> Response:
    with visit.shell.read() as r:
        found = claim_reads.claim(r.s, slug, topic)
        page = views.claim_page(r, found, visit.moment, asked, now=visit.now)
    return visit.render("claim.html", page=page)


@router.get("/claims/{topic}/{slug}/flip")
def flip(topic: str, slug: str, visit: Visit = Depends(reader)) -> Response:
    """What would have to be different; asked for beside the page where it takes a moment."""
    with visit.shell.read() as r:
        found = claim_reads.claim(r.s, slug, topic)
        words = views.flip_words(r, found, visit.moment)
    return visit.render("words.html", words=words)
