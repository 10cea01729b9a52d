"""Whether the page lives (`/healthz`), and whether what it shows may be relied on (`/readyz`). Neither needs a login."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from app.web.shell import Shell
from claimline.errors import ClaimlineError
from flows.outbox import STALE_AFTER
from storage import claims, runs

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def healthz() -> JSONResponse:
    return JSONResponse({"ok": True})


@router.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    """Fails where the database does not answer, or a topic's last sufficient run is too old."""
    shell: Shell = request.app.state.shell
    try:
        with shell.db.read() as s:
            states = {t.slug: runs.read_state(s, t.id) for t in claims.topics(s)}
    except ClaimlineError as error:
        return JSONResponse({"ok": False, "why": type(error).__name__}, 503)
    now = shell.now()
    old = [slug for slug, x in states.items() if x.last_sufficient_at is None or now - x.last_sufficient_at > STALE_AFTER]
    if old or not states:
        hours = int(STALE_AFTER.total_seconds() // 3600)
        why = f"{len(old)} of {len(states)} topics have no sufficient run in the last {hours} hours"
        return JSONResponse({"ok": False, "why": why if states else "there is no topic"}, 503)
    return JSONResponse({"ok": True, "topics": len(states)})
