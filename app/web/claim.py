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
    q: str = Query("", description="Words in the quote, the speaker, the outlet, the title or the text."),
    stance: str = Query("", description="supports, refutes or neutral."),
    speaker: str = Query("", description="A speaker's key."),
    outlet: str = Query("", description="A domain."),
    lang: str = Query("", description="A language, as two letters."),
    since: str = Query("", alias="from", description="In print on this day or later."),
    until: str = Query("", alias="to", description="In print on this day or earlier."),
    sort: str = Query("new", description="new, old or weight."),
    voice: str = Query("", description="A voice's key, as the reports' export names it: only this one."),
    page: int = Query(1, include_in_schema=False),
) -> views.RowFilters:
    days = out.day(since or None, "from"), out.day(until or None, "to")
    return views.RowFilters(q[:200], stance, speaker, outlet, lang, *days, sort, page, voice)


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
