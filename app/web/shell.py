"""What every route has at hand: the database, the clock, the templates, who is visiting, and which day is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import auth, out
from app.views.reading import Cache, Moment, Reading, link
from app.views.review import Queue
from app.web import templating
from app.web.background import Background
from claimline.errors import ClaimlineError
from claimline.settings import Settings
from flows.desk import Desk
from storage.engine import Database

SESSION_COOKIE = "claimline_session"
VISIT_COOKIE = "claimline_visit"
NAME_COOKIE = "claimline_name"
VISIT_LASTS_S = 90 * 24 * 3600


def utc_now() -> datetime:
    return datetime.now(UTC)


class NeedLogin(ClaimlineError):
    """Nobody, or somebody whose session has ended."""


class NotAllowed(ClaimlineError):
    """Somebody who may not do this; or a request that did not come from our own page."""


class Shell:
    """One a server."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        now: Callable[[], datetime],
        login_required: bool,
        desk: Callable[[Database], Desk] | None = None,
    ) -> None:
        self.settings = settings
        self.db = db
        db.clock = now
        self.now = now
        self.login_required = login_required
        self.cache = Cache()
        self.attempts = auth.Attempts()
        self.queue = Queue(self.cache)
        self.background = Background(settings, db, now, desk)

    def close(self) -> None:
        self.background.close()

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """A session that sees one moment, with a cache that knows it."""
        with self.db.read() as s:
            yield Reading(s, self.cache)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: who asks, for which moment."""

    request: Request
    shell: Shell
    visitor: auth.Visitor
    moment: Moment
    new_secret: str | None = None

    @property
    def now(self) -> datetime:
        return self.shell.now()

    @property
    def db(self) -> Database:
        return self.shell.db

    @property
    def is_htmx(self) -> bool:
        return self.request.headers.get("hx-request") == "true"

    def url(self, path: str, **params: object) -> str:
        """A link within the page that keeps the moment; a parameter that is None or blank is left out."""
        return link(path, **{**self.moment.params, **params})

    def pinned(self, path: str) -> str:
        """A link that shows for ever what stands and is known at this moment."""
        known_at = self.moment.known_at or self.now
        # The day too: a ruling that ends later would else change what the link shows.
        as_of = self.moment.as_of or known_at.astimezone(UTC).date()
        return link(path, **Moment(as_of, known_at).params)

    def here(self, **params: object) -> str:
        """This very page with some parameters changed."""
        return link(self.request.url.path, **{**dict(self.request.query_params), **params})

    def render(self, template: str, status: int = 200, **context: Any) -> Response:
        html = templating.render(template, visit=self, **context)
        return self.signed(HTMLResponse(html, status))

    def redirect(self, path: str, **params: object) -> Response:
        """After a form: on to a page of ours, never to another site."""
        safe = path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
        where, _, query = safe.partition("?")
        target = link(where, **{**dict(parse_qsl(query)), **params}) if params else safe
        if self.is_htmx:
            return self.signed(Response(status_code=204, headers={"HX-Redirect": target}))
        return self.signed(RedirectResponse(target, 303))

    def signed(self, response: Response) -> Response:
        """The cookie that forms are tied to, for a visitor without one."""
        if self.new_secret:
            set_cookie(self.request, response, VISIT_COOKIE, self.new_secret, VISIT_LASTS_S)
        return response

    def form_token(self) -> str:
        return auth.form_token(self.visitor.secret)

    def new_id(self) -> str:
        """The client id of what a form will send: sent twice, it is stored once."""
        return f"page-{uuid4().hex}"


def set_cookie(request: Request, response: Response, name: str, value: str, lasts_s: int) -> None:
    secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    response.set_cookie(name, value, max_age=lasts_s, httponly=True, samesite="lax", secure=secure, path="/")


# --- dependencies ---------------------------------------------------------------------------------------------------


def visit_of(request: Request) -> Visit:
    """The visit behind a request, whoever it is; raises NeedLogin where nobody may look without a login."""
    shell: Shell = request.app.state.shell
    secret = request.cookies.get(SESSION_COOKIE, "")
    if secret:
        visitor = auth.visitor_of_session(shell.db, secret, shell.now())
        if visitor is not None:
            return Visit(request, shell, visitor, moment_of(request))
    if shell.login_required:
        raise NeedLogin("log in to see this page" if not secret else "your session has ended; log in again")
    return local_visit(request, shell, moment_of(request))


def local_visit(request: Request, shell: Shell, moment: Moment) -> Visit:
    """Somebody at this very machine: may do everything, signs with the name that was chosen."""
    held = request.cookies.get(VISIT_COOKIE, "")
    new = auth.new_secret() if len(held) < 20 else None
    name = request.cookies.get(NAME_COOKIE, "")
    visitor = auth.Visitor(templating.decoded_name(name) or local_name(), "admin", new or held, local=True)
    return Visit(request, shell, visitor, moment, new)


def stranger(request: Request) -> Visit:
    """A visit to the login page: nobody yet."""
    shell: Shell = request.app.state.shell
    found = local_visit(request, shell, Moment())
    return replace(found, visitor=replace(found.visitor, name="", role="read", local=False))


def local_name() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "local"


def moment_of(request: Request) -> Moment:
    params = request.query_params
    return Moment(out.day(params.get("as_of") or None, "as of"), out.moment(params.get("known_at") or None, "known at"))


def reader(request: Request) -> Visit:
    return visit_of(request)


async def reviewer(request: Request) -> Visit:
    return await _writer(request, "review")


async def admin(request: Request) -> Visit:
    return await _writer(request, "admin")


async def member(request: Request) -> Visit:
    """Anybody who may look, changing what is their own."""
    return await _writer(request, "read")


async def _writer(request: Request, role: str) -> Visit:
    """A visit that changes something: the role, and proof that the request came from our own form."""
    from starlette.concurrency import run_in_threadpool

    visit = await run_in_threadpool(visit_of, request)
    await check_form(request, visit)
    if not visit.visitor.may(role):
        raise NotAllowed(f"{visit.visitor.name} may not do this: it needs the role {role}")
    return visit


async def check_form(request: Request, visit: Visit) -> None:
    if not auth.same_site(request.headers.get, request.headers.get("host", "")):
        raise NotAllowed("this request came from another site")
    token = request.headers.get("x-claimline-form") or str((await request.form()).get("form_token", ""))
    if not auth.is_form_token(token, visit.visitor.secret):
        raise NotAllowed("this form is too old or not ours; load the page again and repeat")
