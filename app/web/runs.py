"""Runs: what ran, did, skipped and cost; *Run now*; replays to accept or to discard."""

from __future__ import annotations

import os
from collections.abc import Iterable

from fastapi import APIRouter, Depends, Form
from starlette.responses import Response

from app.views import operations as views
from app.web.shell import Visit, admin, reader, reviewer
from claimline.errors import UnknownName
from flows import replaying
from flows.desk import Desk
from storage import claims, ledger, runs
from storage.records import StoredTopic

router = APIRouter()


@router.get("/runs")
def all_runs(topic: str = "", visit: Visit = Depends(reader)) -> Response:
    with visit.shell.read() as r:
        page = views.runs_page(r, topic=topic, progress=visit.shell.background.all())
    server = bool(os.environ.get("PREFECT_API_URL"))
    return visit.render("runs.html", page=page, views=views, server=server, titles=_titles(page.topics))


@router.get("/runs/progress")
def progress(visit: Visit = Depends(reader)) -> Response:
    """How far the runs of this page are; asked for again and again while one is at work."""
    return _progress(visit)


@router.get("/runs/schedules")
def schedules(visit: Visit = Depends(reader)) -> Response:
    """The schedules at the Prefect server with their next times; asked for beside the page, since a server may be slow."""
    from flows import starting

    found: tuple[starting.Scheduled, ...] = ()
    problem = ""
    try:
        found = starting.schedules() if os.environ.get("PREFECT_API_URL") else ()
    except starting.ServerSilent as silent:
        problem = str(silent)
    return visit.render("schedules.html", schedules=found, problem=problem)


@router.post("/runs/start")
def start(topic: str = Form(), visit: Visit = Depends(reviewer)) -> Response:
    with visit.db.read() as s:
        found = claims.topic(s, topic)
    visit.shell.background.start(found.slug, visit.visitor.name)
    return _progress(visit) if visit.is_htmx else visit.redirect("/runs")


def _progress(visit: Visit) -> Response:
    with visit.db.read() as s:
        titles = _titles(claims.topics(s))
    found = visit.shell.background.all()
    answer = visit.render("progress.html", progress=found, titles=titles)
    if not any(p.running for p in found):
        answer.headers["HX-Trigger"] = "ran"  # the list of runs asks for itself again
    return answer


def _titles(topics: Iterable[StoredTopic]) -> dict[str, str]:
    return {t.slug: t.topic.title for t in topics}


@router.get("/runs/{key}")
def run(key: str, visit: Visit = Depends(reader)) -> Response:
    with visit.db.read() as s:
        found, titles = runs.run(s, key), _titles(claims.topics(s))
    return visit.render("run.html", run=found, views=views, titles=titles)


# --- replays --------------------------------------------------------------------------------------------------------


@router.get("/replays/{key}")
def replay(key: str, visit: Visit = Depends(reader)) -> Response:
    """What accepting a shadow edition would change, claim by claim."""
    page = views.replay_page(Desk(visit.db, visit.shell.settings, now=visit.shell.now), key)
    return visit.render("replay.html", page=page)


@router.post("/replays/{key}/{verdict}")
def settle(key: str, verdict: str, visit: Visit = Depends(admin)) -> Response:
    with visit.db.read() as s:
        edition = ledger.edition(s, key)
    desk = Desk(visit.db, visit.shell.settings, now=visit.shell.now, actor=visit.visitor.name)
    if verdict == "accept":
        replaying.accept(desk, edition.id, by=visit.visitor.name)
    elif verdict == "discard":
        replaying.discard(desk, edition.id)
    else:
        raise UnknownName("verdict on a replay", verdict, ["accept", "discard"])
    return visit.redirect(f"/replays/{edition.key}")
