"""Logins, roles, tokens, and those who guess; the API by which programs read and decide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.testclient import TestClient

from app import auth
from app.web import create_app
from claimline.errors import UsageError
from claimline.settings import Settings
from storage import decisions, users
from storage.engine import Database
from tests.web_data import build

PASSWORD = "correct horse battery"


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2021, 2, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def test_a_password_is_hashed_as_dearly_as_argon2_advises() -> None:
    advised = PasswordHash((Argon2Hasher(),)).hash(PASSWORD)
    assert advised.startswith("$argon2id$")
    assert auth.hash_password(PASSWORD).split("$")[:4] == advised.split("$")[:4]


@pytest.fixture(scope="module")
def cheap_hashes() -> Iterator[None]:
    """A login takes a tenth of a second so that nobody guesses fast; here nobody does."""
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "_hasher", lambda: cheap)
        patch.setattr(auth, "_nobody", lambda: cheap.hash("nobody"))
        yield


@pytest.fixture(scope="module")
def filled(room_db: Database, cheap_hashes: None) -> Database:
    build(room_db)
    hashed = auth.hash_password(PASSWORD)
    for name, role in (("reader", "read"), ("ada", "review"), ("boss", "admin")):
        room_db.write(lambda s, n=name, r=role: users.add(s, n, r, hashed, now=datetime.now(UTC)))  # type: ignore[misc]
    return room_db


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def page(filled: Database, clock: Clock) -> Iterator[TestClient]:
    app = create_app(Settings(), db=filled, now=clock, login_required=True)
    with TestClient(app, base_url="http://desk.example", follow_redirects=False) as client:
        yield client


def token_in(html: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', html)
    assert found
    return found.group(1)


def log_in(page: TestClient, name: str, password: str = PASSWORD, next_page: str = "/") -> int:
    form = {"form_token": token_in(page.get("/login").text), "name": name, "password": password, "next": next_page}
    answer = page.post("/login", data=form)
    assert "evil" not in answer.headers.get("location", "")
    return answer.status_code


def api_token(page: TestClient, title: str, role: str) -> dict[str, str]:
    form = {"form_token": token_in(page.get("/account").text), "title": title, "role": role}
    found = re.search(r"claimline_[\w-]+", page.post("/account/tokens", data=form).text)
    assert found
    return {"authorization": f"Bearer {found.group()}"}


def test_without_a_login_nothing_is_shown(page: TestClient) -> None:
    for path in ("/", "/review", "/claims/harbour-bridge/bridge-safe", "/export/claims.csv", "/api", "/openapi.json"):
        answer = page.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/login"), path
    assert page.get("/api/v1/claims").status_code == 401


def test_a_login_leads_back_and_never_elsewhere(page: TestClient) -> None:
    assert log_in(page, "ada", next_page="//evil.example/x") == 303
    assert page.get("/").status_code == 200
    assert log_in(page, "ada", next_page="/\\evil.example") == 303


def test_the_session_cookie_is_out_of_reach_of_scripts(page: TestClient) -> None:
    form = {"form_token": token_in(page.get("/login").text), "name": "ada", "password": PASSWORD, "next": "/"}
    cookie = page.post("/login", data=form, headers={"x-forwarded-proto": "https"}).headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}


def test_guessing_is_slowed_down_by_name_and_ends(page: TestClient, clock: Clock) -> None:
    assert [log_in(page, "boss", "no") for _ in range(6)] == [401] * 5 + [429]
    assert log_in(page, "boss") == 429
    assert log_in(page, "ada") == 303
    clock.at += timedelta(minutes=16)
    assert log_in(page, "boss") == 303


def test_a_session_ends_after_some_hours_without_a_page(page: TestClient, clock: Clock) -> None:
    log_in(page, "ada")
    clock.at += timedelta(hours=11)
    assert page.get("/").status_code == 200
    clock.at += timedelta(hours=11)
    assert page.get("/").status_code == 200
    clock.at += timedelta(hours=13)
    assert page.get("/").status_code == 303
    lost = page.post("/review/decide", data={"verdict": "supports"}, headers={"hx-request": "true"})
    assert lost.status_code == 401
    assert "nothing here is lost" in lost.text


def test_a_new_password_ends_every_session(page: TestClient, filled: Database) -> None:
    log_in(page, "ada")
    filled.write(lambda s: users.change(s, "ada", password_hash=auth.hash_password(PASSWORD)))
    assert page.get("/").status_code == 303


def test_logging_out_ends_the_session_at_the_server(page: TestClient) -> None:
    log_in(page, "ada")
    secret = page.cookies["claimline_session"]
    page.post("/logout", data={"form_token": token_in(page.get("/account").text)})
    assert page.get("/", cookies={"claimline_session": secret}).status_code == 303


def test_who_may_only_read_decides_nothing(page: TestClient, filled: Database) -> None:
    log_in(page, "reader")
    html = page.get("/review").text
    assert "/review/decide" not in html
    form = {"form_token": token_in(page.get("/account").text), "verdict": "supports"}
    assert page.post("/review/decide", data=form).status_code == 403
    assert page.post("/runs/start", data=form | {"topic": "harbour-bridge"}).status_code == 403
    with filled.read() as s:
        assert decisions.decisions(s) == ()


def test_who_reviews_does_not_change_topics(page: TestClient) -> None:
    log_in(page, "ada")
    form = {"form_token": token_in(page.get("/account").text), "statement": "x"}
    assert page.post("/topics/harbour-bridge/claims", data=form).status_code == 403


def test_a_token_speaks_with_at_most_its_users_role(page: TestClient, filled: Database) -> None:
    log_in(page, "reader")
    headers = api_token(page, "greedy", "admin")
    assert page.get("/api/v1/claims", headers=headers).status_code == 200
    body = {"kind": "ruling", "claim": "bridge-safe", "status": "refuted", "valid_from": "2020-01-01"}
    assert page.post("/api/v1/decisions", headers=headers, json=body).status_code == 403


def test_the_api_reads_and_decides(page: TestClient, filled: Database) -> None:
    log_in(page, "ada")
    headers = api_token(page, "script", "review")
    page.cookies.clear()
    base = "/api/v1/claims/harbour-bridge/bridge-safe"
    assert page.get(base, headers=headers, params={"as_of": "2019-12-31"}).json()["status"] == "supported"
    history = page.get(f"{base}/history", headers=headers).json()
    assert history[0]["to"] == "open"
    evidence = page.get(f"{base}/evidence", headers=headers, params={"stance": "refutes", "limit": 1}).json()
    assert len(evidence) == 1
    assert page.get(f"/api/v1/articles/{evidence[0]['revision']}", headers=headers).json()["text"]
    word = {"kind": "stance", "topic": "harbour-bridge", "claim": "bridge-safe", "revision": evidence[0]["revision"]}
    word |= {"stance": "supports", "client_id": "script-1"}
    for _ in range(2):
        assert page.post("/api/v1/decisions", headers=headers, json=word).json()["id"] == "script-1"
    held = page.get("/api/v1/decisions", headers=headers).json()
    assert [(d["by"], d["stance"]) for d in held] == [("ada", "supports")]
    assert page.post("/api/v1/decisions/script-1/undo", headers=headers).status_code == 200
    assert page.get("/api/v1/decisions", headers=headers).json() == []


def test_a_token_reads_the_feed_the_exports_and_the_description(page: TestClient) -> None:
    log_in(page, "reader")
    headers = api_token(page, "feeds", "read")
    page.cookies.clear()
    one = "/export/claims/harbour-bridge/bridge-safe"
    for path in ("/export/claims.atom", "/export/claims.csv", f"{one}.atom", f"{one}.csv", "/openapi.json"):
        assert page.get(path, headers=headers, follow_redirects=False).status_code == 200, path
        assert page.get(path, follow_redirects=False).status_code != 200, path


def test_a_program_that_says_what_it_saw_overwrites_nobody(page: TestClient) -> None:
    log_in(page, "ada")
    headers = api_token(page, "careful", "review")
    page.cookies.clear()
    (report, *_) = page.get("/api/v1/claims/harbour-bridge/bridge-safe/evidence", headers=headers).json()
    word = {"kind": "stance", "topic": "harbour-bridge", "claim": "bridge-safe", "revision": report["revision"]}

    def decide(stance: str, name: str, **more: str) -> int:
        body = word | {"stance": stance, "client_id": name} | more
        return page.post("/api/v1/decisions", headers=headers, json=body).status_code

    assert decide("supports", "one", seen="") == 201
    assert decide("refutes", "two", seen="") == 409
    assert [d["id"] for d in page.get("/api/v1/decisions", headers=headers).json()] == ["one"]
    assert decide("refutes", "two", seen="one") == 201
    assert decide("neutral", "three") == 201
    for name in ("three", "two", "one"):
        assert page.post(f"/api/v1/decisions/{name}/undo", headers=headers).status_code == 200


def test_a_token_that_is_not_known_or_removed_is_nobody(page: TestClient) -> None:
    log_in(page, "ada")
    headers = api_token(page, "short", "read")
    page.post("/account/tokens/remove", data={"form_token": token_in(page.get("/account").text), "title": "short"})
    page.cookies.clear()
    for given in (headers, {"authorization": "Bearer claimline_x"}, {"authorization": "Basic YTpi"}):
        assert page.get("/api/v1/claims", headers=given).status_code == 401


def test_the_description_holds_only_the_api(page: TestClient) -> None:
    log_in(page, "ada")
    paths = page.get("/openapi.json").json()["paths"]
    assert paths
    assert all(path.startswith("/api/v1/") for path in paths)


def test_a_short_password_is_refused() -> None:
    with pytest.raises(UsageError, match="12 to 200"):
        auth.hash_password("short")


def test_a_form_token_belongs_to_its_secret() -> None:
    token = auth.form_token("one")
    assert auth.is_form_token(token, "one")
    assert not auth.is_form_token(token, "two")
    assert not auth.is_form_token("", "")
    assert auth.form_token("one") != token


@pytest.mark.parametrize(
    ("host", "here"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("x.example", False)]
)
def test_loopback_is_told_from_the_world(host: str, here: bool) -> None:
    assert auth.is_loopback(host) is here


def test_ready_only_while_the_last_sufficient_run_is_young(page: TestClient, clock: Clock) -> None:
    clock.at = datetime(2021, 1, 19, 12, tzinfo=UTC)
    assert page.get("/readyz").status_code == 200
    clock.at += timedelta(hours=27)
    assert page.get("/readyz").json()["why"] == "1 of 1 topics have no sufficient run in the last 26 hours"
    clock.at += timedelta(days=3)
    assert page.get("/readyz").status_code == 503
    assert page.get("/healthz").json() == {"ok": True}
