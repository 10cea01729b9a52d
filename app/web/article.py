"""One article, at one of its texts; what people say of it is sent to `app.web.review`. A machine's translation on demand."""

from __future__ import annotations

import os
from dataclasses import replace

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.views import article as views
from app.web.shell import Shell, Visit, member, reader
from claimline import translation
from claimline.errors import UnknownName
from claimline.translation import Provider, Translation, TranslationFailed
from claimline.web.client import open_client
from storage import articles, claims, readings, revisions

router = APIRouter()


@router.get("/articles/{key}")
def article(key: str, claim: str = "", topic: str = "", visit: Visit = Depends(reader)) -> Response:
    return _article(visit, key, claim, topic)


@router.get("/articles")
def by_address(url: str = "", topic: str = "", visit: Visit = Depends(reader)) -> Response:
    """The article at an address, as it reads now; with a topic, as that one tells it."""
    with visit.shell.read() as r:
        found = articles.article_by_url(r.s, url.strip())
        if found.revision_id is None:
            raise UnknownName("text for the article", found.url)
        asked = [claims.topic(r.s, topic).id] if topic else []
        told = readings.by_topic(r.s, found.id, found.revision_id, asked)
        key = revisions.revision(r.s, next(iter(told.values()), found.revision_id)).key
    return visit.redirect(visit.url(f"/articles/{key}", topic=topic))


@router.post("/articles/{key}/translation")
def translated(key: str, visit: Visit = Depends(member)) -> Response:
    """The text in the reader's language by a machine. It is shown, and kept nowhere but in this process's memory."""
    one = translation.provider(visit.shell.settings)
    if one is None:
        raise UnknownName("translation provider; set CLAIMLINE_TRANSLATE_URL", "")
    with visit.db.read() as s:
        revision = revisions.revision_by_key(s, key)
    if not revision.text:
        raise UnknownName("text for the article", revision.url)
    words = [line for line in (revision.title or "", *revision.text.split("\n")) if line.strip()]
    found: Translation | None = None
    problem = ""
    try:
        # The text's hash, not the article: what was purged is asked for by nobody any more.
        held = ("translation", revision.text_sha256, one.url, one.model, one.target)
        found = visit.shell.cache.get(held, lambda: _ask(visit.shell, one, words, revision.lang))
    except TranslationFailed as failed:
        problem = str(failed)
    if visit.is_htmx:
        return visit.render("translation.html", translation=found, problem=problem)
    return _article(visit, key, "", found=found, problem=problem)


def _ask(shell: Shell, one: Provider, words: list[str], lang: str | None) -> Translation:
    settings = shell.settings.model_copy(update={"retries": 1})
    with open_client(settings, allow_private=(one.host,)) as client:
        api_key = os.environ.get(settings.translate_api_key_env, "")
        return translation.translate(one, words, lang, post=client.post_json, key=api_key)


def _article(
    visit: Visit, key: str, claim: str, topic: str = "", *, found: Translation | None = None, problem: str = ""
) -> Response:
    with visit.shell.read() as r:
        page = views.article_page(r, key, topic)
    one = translation.provider(visit.shell.settings)
    if one is not None and page.paragraphs and translation.is_foreign(page.revision.lang, one):
        page = replace(page, translator=one.name)
    return visit.render("article.html", page=page, chosen=claim, translation=found, problem=problem)
