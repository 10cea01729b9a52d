"""The page: an application over a database. Routes are in the modules beside this one; no logic of its own.

`create_app(settings)` is the entrance; what a page shows is made in `app.views`, what it reads comes from `storage`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from app.web import (
    answers,
    api,
    api_articles,
    api_decisions,
    api_watched,
    article,
    claim,
    claims,
    exports,
    health,
    login,
    outlets,
    review,
    runs,
    sources,
    topics,
)
from app.web.guard import Guard
from app.web.shell import Shell, utc_now
from app.web.static import Static
from app.web.warmth import Warmth
from claimline.settings import Settings
from flows.desk import Desk
from storage.engine import Database, open_database

__all__ = ["create_app"]

STATIC = Path(__file__).resolve().parent.parent / "static"


def create_app(
    settings: Settings,
    *,
    db: Database | None = None,
    now: Callable[[], datetime] = utc_now,
    login_required: bool = False,
    hosts: tuple[str, ...] = (),
    desk: Callable[[Database], Desk] | None = None,
    read_ahead: bool = False,
) -> FastAPI:
    """The application. Without `db` it opens the database of the settings and closes it at the end.

    `login_required`: everybody logs in (always so unless bound to loopback). `hosts`: the names that the page answers to, beside
    the loopback ones. `desk` makes what *Run now* works with; it is there for tests.
    `read_ahead`: a thread that reads what the first page after a run needs before it is asked for.
    """
    opened = db or open_database(settings.effective_database_url)
    shell = Shell(settings, opened, now, login_required, desk)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        warmth = Warmth(shell) if read_ahead else None
        yield
        if warmth:
            warmth.close()
        shell.close()
        if db is None:
            opened.dispose()

    app = FastAPI(title="Claimline", version="1", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.shell = shell
    pages = (claims, exports, claim, article, review, sources, runs, topics, outlets, login, health)
    for module in (*pages, api, api_articles, api_watched, api_decisions):
        app.include_router(module.router)
    app.mount("/static", Static(STATIC), name="static")
    answers.install(app)
    app.add_middleware(Guard, hosts=hosts, any_host=login_required and not hosts)
    app.add_middleware(GZipMiddleware, minimum_size=700, compresslevel=5)
    return app
