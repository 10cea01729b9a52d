"""What a failure looks like: one clear page or JSON line, never a traceback, never a guess at what was meant."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.web import shell
from app.web.calls import has_token
from claimline.errors import ClaimlineError, DatabaseBusy, LeaseHeld, StorageError, UnknownName, UsageError

_STATUS: tuple[tuple[type[ClaimlineError], int], ...] = (
    (shell.NeedLogin, 401),
    (shell.NotAllowed, 403),
    (UnknownName, 404),
    (LeaseHeld, 409),
    (UsageError, 400),
    (DatabaseBusy, 503),
    (StorageError, 503),
)
_TITLES = {400: "That does not work", 401: "Please log in", 403: "Not allowed", 404: "Not found", 405: "Not found", 409: "In use"}


def status_of(error: ClaimlineError) -> int:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def install(app: FastAPI) -> None:
    app.add_exception_handler(ClaimlineError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


def _known(request: Request, error: Exception) -> Response:
    status = status_of(error) if isinstance(error, ClaimlineError) else 500
    if status == 401 and not _is_program(request) and request.method == "GET" and not _is_htmx(request):
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return shell.stranger(request).redirect("/login", next=here if here != "/" else None)
    return _answer(request, status, str(error))


def _invalid(request: Request, error: Exception) -> Response:
    first = error.errors()[0] if isinstance(error, RequestValidationError) and error.errors() else {}
    where = ".".join(str(part) for part in first.get("loc", ())[1:])
    return _answer(request, 422 if _is_program(request) else 400, f"{where}: {first.get('msg', 'not valid')}")


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = "there is no such page" if status in (404, 405) else str(getattr(error, "detail", ""))
    return _answer(request, status, words)


def _unknown(request: Request, error: Exception) -> Response:
    """The outermost edge; the server's log has the traceback."""
    return _answer(request, 500, f"something broke on our side ({type(error).__name__}); it is in the server's log")


def _answer(request: Request, status: int, words: str) -> Response:
    if _is_program(request):
        return JSONResponse({"error": words}, status, {"WWW-Authenticate": "Bearer"} if status == 401 else None)
    visit = shell.stranger(request)
    template = "notice.html" if _is_htmx(request) else "error.html"
    title = _TITLES.get(status, "Something went wrong")
    return visit.render(template, status, title=title, words=words, code=status, back=_came_from(request))


def _came_from(request: Request) -> str:
    """The page of ours that the request came from; blank where it came from elsewhere."""
    came = urlsplit(request.headers.get("referer", ""))
    if came.netloc != request.headers.get("host", "") or not came.path.startswith("/"):
        return ""
    return came.path + (f"?{came.query}" if came.query else "")


def _is_program(request: Request) -> bool:
    """Who sends a token or asks the API is told in a program's terms, and never sent to the login page."""
    return has_token(request) or request.url.path.startswith(("/api/", "/healthz", "/readyz"))


def _is_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"
