"""Out: what is on the screen as a file, a feed, a review, or on paper."""

from __future__ import annotations

import json
from dataclasses import replace

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.views import claim as claim_views
from app.views import claims as claims_views
from app.views import exports as views
from app.web import claim as claim_routes
from app.web import claims as claims_routes
from app.web.calls import caller
from app.web.shell import Visit
from claimline.errors import UnknownName
from claimline.exports import feed, tables
from storage import claims as claim_reads
from storage import ledger, wordings

router = APIRouter()
PUBLISHER = "Claimline"


@router.get("/export/claims.{kind}")
def claims(kind: str, visit: Visit = Depends(caller), asked: claims_views.Filters = Depends(claims_routes.filters)) -> Response:
    with visit.shell.read() as r:
        if kind in tables.TYPES:
            rows = views.claim_rows(r, visit.moment, asked)
            return _file(kind, "claims", tables.write(kind, views.CLAIM_COLUMNS, rows))
        chosen = claims_views.fitting(r, visit.moment, asked)
        if kind == "atom":
            named = [c.claim for c in chosen]
            made = views.entries(views.changes_of(r, named, visit.moment), named, _base(visit))
            return _atom(visit, "Claimline: changes of status", "claims", "/", made)
        if kind == "claimreview":
            return _json(views.reviews(r, chosen, visit.moment, _base(visit), PUBLISHER))
    raise UnknownName("export", kind, [*tables.TYPES, "atom", "claimreview"])


@router.get("/export/claims/{topic}/{slug}.{kind}")
def claim(
    topic: str,
    slug: str,
    kind: str,
    visit: Visit = Depends(caller),
    asked: claim_views.RowFilters = Depends(claim_routes.filters),
) -> Response:
    with visit.shell.read() as r:
        found = claim_reads.claim(r.s, slug, topic)
        if kind in tables.TYPES:
            rows = views.report_rows(r, found, visit.moment, asked)
            return _file(kind, found.slug, tables.write(kind, views.REPORT_COLUMNS, rows))
        if kind == "atom":
            found = wordings.as_known(r.s, [found], visit.moment.known_at)[0]
            made = views.entries(views.changes_of(r, [found], visit.moment), [found], _base(visit))
            return _atom(
                visit, found.statement, f"claim:{found.topic_slug}:{found.slug}", claims_views.claim_path(topic, slug), made
            )
        if kind == "claimreview":
            at = ledger.status(r.s, found.id, as_of=visit.moment.as_of, known_at=visit.moment.known_at)
            return _json(views.reviews(r, [at], visit.moment, _base(visit), PUBLISHER))
    raise UnknownName("export", kind, [*tables.TYPES, "atom", "claimreview"])


@router.get("/claims/{topic}/{slug}/dossier")
def dossier(
    topic: str, slug: str, visit: Visit = Depends(caller), asked: claim_views.RowFilters = Depends(claim_routes.filters)
) -> Response:
    """Everything about a claim on one page, made for paper: its history, its voices with their sources, what is not counted."""
    with visit.shell.read() as r:
        found = claim_reads.claim(r.s, slug, topic)
        whole = replace(asked, page=1)
        page = claim_views.claim_page(r, found, visit.moment, whole, now=visit.now, per_page=DOSSIER_VOICES)
    return visit.render("dossier.html", page=page, base=_base(visit))


DOSSIER_VOICES = 400


def _base(visit: Visit) -> str:
    return str(visit.request.base_url).rstrip("/")


def _file(kind: str, name: str, data: bytes) -> Response:
    disposition = f'attachment; filename="claimline-{name}.{kind}"'
    return Response(data, headers={"Content-Disposition": disposition, "Content-Type": tables.TYPES[kind]})


def _atom(visit: Visit, title: str, key: str, path: str, entries: list[feed.Entry]) -> Response:
    base = _base(visit)
    own = f"{base}{visit.request.url.path}"
    return Response(feed.atom(title, key, f"{base}{path}", own, entries), media_type="application/atom+xml")


def _json(rows: list[dict[str, object]]) -> Response:
    data: object = rows[0] if len(rows) == 1 else rows
    return Response(json.dumps(data, ensure_ascii=False, indent=1).encode(), media_type="application/ld+json")
