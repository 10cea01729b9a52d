"""Sources: who answers, who is silent and why, and what still waits to be read."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Form
from starlette.responses import Response

from app.views import operations as views
from app.web.shell import Visit, admin, reader
from claimline.errors import UnknownName
from storage import articles, claims

router = APIRouter(prefix="/sources")


@router.get("")
def sources(topic: str = "", visit: Visit = Depends(reader)) -> Response:
    with visit.shell.read() as r:
        found = views.topic_sources(r, only=topic, now=visit.now)
    return visit.render("sources.html", topics=found)


@router.post("/pause")
def pause(topic: str = Form(), source: int = Form(), paused: bool = Form(False), visit: Visit = Depends(admin)) -> Response:
    """Leave a source alone, or ask it again; the topic file says so too when it is written out."""
    with visit.db.read() as s:
        found = claims.topic(s, topic)
        if source not in [x.id for x in articles.sources(s, found.id)]:
            raise UnknownName("source", str(source))
    visit.db.write(lambda s: articles.set_paused(s, found.id, source, paused))
    return visit.redirect("/sources", topic=topic)
