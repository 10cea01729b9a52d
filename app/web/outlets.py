"""Publishers of a topic: type, country and weight, and those that nobody has named yet, to be accepted."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Form
from starlette.responses import Response

from app.web.shell import Visit, admin, reader
from claimline.errors import UsageError
from claimline.models import OutletSpec, OutletType
from storage import claims, decisions, outlets

router = APIRouter(prefix="/topics")
MOST_WEIGHT = 2.0


@router.get("/{slug}/outlets")
def all_outlets(slug: str, visit: Visit = Depends(reader)) -> Response:
    with visit.db.read() as s:
        topic = claims.topic(s, slug)
        found = outlets.outlets(s, topic.id)
    found = tuple(sorted(found, key=lambda o: (o.named, -o.articles, o.domain)))
    return visit.render("outlets.html", topic=topic, outlets=found[:500], more=max(0, len(found) - 500), kinds=list(OutletType))


@router.post("/{slug}/outlets")
def accept(
    slug: str,
    domain: str = Form(),
    kind: str = Form("outlet"),
    country: str = Form(""),
    weight: str = Form("1"),
    visit: Visit = Depends(admin),
) -> Response:
    """Name a publisher, or weigh it anew; what follows is published at once."""
    with visit.db.read() as s:
        topic = claims.topic(s, slug)
        held = {o.domain: o for o in outlets.outlets(s, topic.id)}
    if domain not in held or kind not in list(OutletType):
        raise UsageError(f"{domain!r} is no outlet of this topic")
    spec = OutletSpec(domain, held[domain].title, OutletType(kind), country.strip().upper()[:2] or None, _weight(weight))
    decisions.weigh(visit.db, topic.id, spec, by=visit.visitor.name, now=visit.now)
    return visit.redirect(f"/topics/{topic.slug}/outlets")


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        raise UsageError(f"{text!r} is no weight") from None
    if not 0 <= weight <= MOST_WEIGHT:
        raise UsageError(f"a weight lies between 0 and {MOST_WEIGHT:g}")
    return weight
