"""Runs: what ran, did, skipped and cost; *Run now*; replays to accept or to discard."""

from __future__ import annotations

import os

from fastapi import APIRouter, Depends, Form
from starlette.responses import Response

from app.views import operations as views
from app.web.shell import Visit, admin, reader, reviewer
from flows import replaying
from flows.desk import Desk
from flows.replaying import ClaimDiff
from storage import claims, ledger, runs

router = APIRouter()


@router.get("/runs")
def all_runs(topic: str = "", visit: Visit = Depends(reader)) -> Response:
    with visit.shell.read() as r:
        page = views.runs_page(r, topic=topic, progress=visit.shell.background.all())
    return visit.render("runs.html", page=page, took=views.took, server=bool(os.environ.get("PREFECT_API_URL")))


@router.get("/runs/progress")
def progress(visit: Visit = Depends(reader)) -> Response:
    """How far the runs of this page are; asked for again and again while one is at work."""
    return visit.render("progress.html", progress=visit.shell.background.all())


@router.get("/runs/schedules")
def schedules(visit: Visit = Depends(reader)) -> Response:
    """The schedules at the Prefect server with their next times; asked for beside the page, since a server may be slow."""
    from flows.starting import schedules as at_server

    return visit.render("schedules.html", schedules=at_server() if os.environ.get("PREFECT_API_URL") else ())


@router.post("/runs/start")
def start(topic: str = Form(), visit: Visit = Depends(reviewer)) -> Response:
    with visit.db.read() as s:
        found = claims.topic(s, topic)
    visit.shell.background.start(found.slug, visit.visitor.name)
    if visit.is_htmx:
        return visit.render("progress.html", progress=visit.shell.background.all())
    return visit.redirect("/runs")


@router.get("/runs/{key}")
def run(key: str, visit: Visit = Depends(reader)) -> Response:
    with visit.db.read() as s:
        found = runs.run(s, key)
    return visit.render("run.html", run=found, took=views.took)


# --- replays --------------------------------------------------------------------------------------------------------


@router.get("/replays/{key}")
def replay(key: str, visit: Visit = Depends(reader)) -> Response:
    """What accepting a shadow edition would change, claim by claim."""
    with visit.db.read() as s:
        edition = ledger.edition(s, key)
        topic = claims.topic_by_id(s, edition.topic_id)
    diffs: tuple[ClaimDiff, ...] = ()
    if edition.state == "shadow":
        desk = Desk(visit.db, visit.shell.settings, now=visit.shell.now)
        diffs = replaying.describe(desk, topic, edition.id, [c for c in topic.claims if not c.retired])[5]
    return visit.render("replay.html", edition=edition, topic=topic, diffs=diffs)


@router.post("/replays/{key}/{verdict}")
def settle(key: str, verdict: str, visit: Visit = Depends(admin)) -> Response:
    with visit.db.read() as s:
        edition = ledger.edition(s, key)
    desk = Desk(visit.db, visit.shell.settings, now=visit.shell.now, actor=visit.visitor.name)
    if verdict == "accept":
        replaying.accept(desk, edition.id, by=visit.visitor.name)
    elif verdict == "discard":
        replaying.discard(desk, edition.id)
    return visit.redirect("/runs")
