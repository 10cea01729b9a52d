"""One article, at one of its texts; what people say of it is sent to `app.web.review`."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.views import article as views
from app.web.shell import Visit, reader
from claimline.errors import UnknownName
from storage import articles, revisions

router = APIRouter()


@router.get("/articles/{key}")
def article(key: str, claim: str = "", visit: Visit = Depends(reader)) -> Response:
    with visit.shell.read() as r:
        page = views.article_page(r, key)
    return visit.render("article.html", page=page, chosen=claim)


@router.get("/articles")
def by_address(url: str = "", visit: Visit = Depends(reader)) -> Response:
    """The article at an address, as it reads now."""
    with visit.shell.read() as r:
        found = articles.article_by_url(r.s, url.strip())
        if found.revision_id is None:
            raise UnknownName("text for the article", found.url)
        key = revisions.revision(r.s, found.revision_id).key
    return visit.redirect(visit.url(f"/articles/{key}"))
