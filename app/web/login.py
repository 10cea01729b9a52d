"""Logging in and out, one's own account, and the tokens by which programs speak."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Depends, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from app import auth
from app.web import templating
from app.web.shell import (
    NAME_COOKIE,
    SESSION_COOKIE,
    VISIT_LASTS_S,
    NotAllowed,
    Visit,
    check_form,
    member,
    reader,
    set_cookie,
    stranger,
)
from claimline.errors import UsageError
from storage import users

router = APIRouter(include_in_schema=False)
COOKIE_LASTS_S = 7 * 24 * 3600
TOKEN_LASTS = timedelta(days=365)


@router.get("/login")
def login_page(request: Request) -> Response:
    return stranger(request).render("login.html", problem="", name="", next=_inside(request.query_params.get("next", "/")))


@router.post("/login")
async def login(request: Request, name: str = Form(""), password: str = Form(""), next: str = Form("/")) -> Response:  # noqa: A002
    visit = stranger(request)
    await check_form(request, visit)
    return await run_in_threadpool(_enter, visit, name.strip(), password, _inside(next))


def _enter(visit: Visit, name: str, password: str, next_page: str) -> Response:
    address = visit.request.client.host if visit.request.client else ""
    attempts, now = visit.shell.attempts, visit.now
    wait = attempts.wait(name, address, now)
    if wait is not None:
        minutes = max(1, round(wait.total_seconds() / 60))
        answer = visit.render(
            "login.html", 429, problem=f"too many attempts; try again in {minutes} min", name=name, next=next_page
        )
        answer.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
        return answer
    user = auth.check_password(visit.db, name, password)
    if user is None:
        attempts.failed(name, address, now)
        return visit.render("login.html", 401, problem="This name and password do not go together", name=name, next=next_page)
    attempts.succeeded(name)
    answer = visit.redirect(next_page)
    set_cookie(visit.request, answer, SESSION_COOKIE, auth.start_session(visit.db, user, now), COOKIE_LASTS_S)
    return answer


def _inside(path: str) -> str:
    """A page of ours; an address of another site leads home."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain and not path.startswith("/login") else "/"


@router.post("/logout")
def logout(visit: Visit = Depends(member)) -> Response:
    if visit.visitor.user_id is not None:
        auth.end_session(visit.db, visit.visitor.secret)
    answer = visit.redirect("/login" if visit.shell.login_required else "/")
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


# --- one's own account ----------------------------------------------------------------------------------------------


@router.get("/account")
def account(visit: Visit = Depends(reader)) -> Response:
    return _account(visit)


def _account(visit: Visit, *, token: str = "", problem: str = "", status: int = 200) -> Response:
    tokens: tuple[users.StoredToken, ...] = ()
    if visit.visitor.user_id is not None:
        user_id = visit.visitor.user_id
        with visit.db.read() as s:
            tokens = users.tokens(s, user_id)
    return visit.render("account.html", status, tokens=tokens, token=token, problem=problem, roles=users.ROLES)


@router.post("/account/name")
def set_name(name: str = Form(""), visit: Visit = Depends(member)) -> Response:
    """The name that decisions are signed with, at a machine without logins."""
    chosen = templating.decoded_name(templating.encoded_name(name))
    if not visit.visitor.local:
        raise NotAllowed("your decisions are signed with the name of your login")
    if not chosen:
        return _account(visit, problem="a name has 1 to 80 printable characters", status=400)
    answer = visit.redirect("/account")
    set_cookie(visit.request, answer, NAME_COOKIE, templating.encoded_name(chosen), VISIT_LASTS_S * 4)
    return answer


@router.post("/account/password")
def set_password(old: str = Form(""), new: str = Form(""), visit: Visit = Depends(member)) -> Response:
    if visit.visitor.user_id is None:
        raise NotAllowed("there is no login here whose password could change")
    if auth.check_password(visit.db, visit.visitor.name, old) is None:
        return _account(visit, problem="the old password is another", status=400)
    try:
        hashed = auth.hash_password(new)
    except UsageError as error:
        return _account(visit, problem=str(error), status=400)
    visit.db.write(lambda s: users.change(s, visit.visitor.name, password_hash=hashed))
    return visit.redirect("/login")


@router.post("/account/tokens")
def new_token(title: str = Form(""), role: str = Form("read"), visit: Visit = Depends(member)) -> Response:
    """A token for programs, shown this once."""
    user_id = visit.visitor.user_id
    if user_id is None:
        raise NotAllowed("tokens belong to users; add one with `claimline users add`")
    secret = f"claimline_{auth.new_secret()}"
    ends = visit.now + TOKEN_LASTS
    try:
        visit.db.write(
            lambda s: users.add_token(s, user_id, title.strip(), role, auth.digest(secret), now=visit.now, expires_at=ends)
        )
    except UsageError as error:
        return _account(visit, problem=str(error), status=400)
    return _account(visit, token=secret)


@router.post("/account/tokens/remove")
def remove_token(title: str = Form(), visit: Visit = Depends(member)) -> Response:
    user_id = visit.visitor.user_id
    if user_id is not None:
        visit.db.write(lambda s: users.remove_token(s, user_id, title))
    return visit.redirect("/account")
