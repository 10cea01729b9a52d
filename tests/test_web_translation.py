"""A machine's translation beside the original: on demand, labelled, escaped, and never stored. The provider is a server here."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pytest_httpserver import HTTPServer
from starlette.testclient import TestClient
from werkzeug import Request, Response

from app.web import create_app
from storage.engine import Database
from tests.fakes import plain_settings
from tests.web_data import build

MARKER = "Zwillingswort"
Open = Callable[..., AbstractContextManager[TestClient]]


@pytest.fixture(scope="module")
def db(room_db: Database) -> Database:
    build(room_db)
    return room_db


@pytest.fixture
def page(db: Database, httpserver: HTTPServer) -> Open:
    """Opens the page with a provider at the test's server."""

    @contextmanager
    def opened(**settings: Any) -> Iterator[TestClient]:
        chosen = {"translate_url": httpserver.url_for("/v1"), "translate_timeout_s": 2.0} | settings
        with TestClient(create_app(plain_settings(**chosen), db=db), base_url="http://127.0.0.1") as client:
            yield client

    return opened


def in_german(client: TestClient) -> str:
    """The address of an article that is not in English."""
    rows = client.get("/claims/harbour-bridge/bridge-safe?lang=de").text.partition('id="rows"')[2]
    found = re.search(r"/articles/[0-9a-f]{16}", rows)
    assert found
    return found.group()


def ask(client: TestClient, *, htmx: bool = True) -> Any:
    article = in_german(client)
    token = re.search(r'name="form-token" content="([^"]+)"', client.get(article).text)
    assert token
    headers = {"x-claimline-form": token.group(1)} | ({"hx-request": "true"} if htmx else {})
    return client.post(f"{article}/translation", headers=headers)


def libre(request: Request) -> Response:
    asked = json.loads(request.data)
    assert (asked["source"], asked["target"], asked["format"]) == ("de", "en", "text")
    lines = asked["q"].split("\n")
    return Response(json.dumps({"translatedText": "\n".join(f"{MARKER} {i}" for i in range(len(lines)))}))


def test_without_a_provider_nothing_offers_a_translation(page: Open) -> None:
    with page(translate_url=None) as client:
        assert "/translation" not in client.get(in_german(client)).text
        assert ask(client).status_code == 404


def test_an_article_in_the_readers_language_is_not_offered(page: Open) -> None:
    with page(translate_to="de") as client:
        assert "/translation" not in client.get(in_german(client)).text


def test_a_translation_stands_beside_the_original_with_its_provider(page: Open, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/translate", method="POST").respond_with_handler(libre)
    with page() as client:
        offered = client.get(in_german(client)).text
        assert "by machine, with localhost" in offered or "by machine, with 127.0.0.1" in offered
        assert not httpserver.log  # nothing is sent before somebody asks
        told = ask(client).text
        assert "Machine translation" in told
        assert "from de into en. It may be wrong." in told
        assert f"<p>{MARKER} 0</p><p>{MARKER} 1</p>" in told
        whole = ask(client, htmx=False).text
        assert MARKER in whole
        assert "data-start" in whole
        assert len(httpserver.log) == 1  # asked once, then remembered


def test_it_is_stored_nowhere_and_is_no_evidence(page: Open, httpserver: HTTPServer, db: Database) -> None:
    httpserver.expect_request("/v1/translate").respond_with_handler(libre)
    with page() as client:
        told = ask(client)
        assert MARKER in told.text
        article = in_german(client)
        token = re.search(r'name="form-token" content="([^"]+)"', client.get(article).text)
        assert token
        fields = {"claim": "harbour-bridge/bridge-safe", "revision": article[-16:], "quote": f"{MARKER} 0", "stance": "supports"}
        headers = {"x-claimline-form": token.group(1)}
        refused = client.post("/review/evidence", data=fields | {"client_id": "page-1"}, headers=headers)
        assert refused.status_code == 400
        assert "do not stand in the article" in refused.text
        assert MARKER not in client.get(article).text
    assert not stored_anywhere(db, MARKER)


def stored_anywhere(db: Database, words: str) -> bool:
    """Whether any file beside the database holds the words: the ledger, the bytes, the cache, a journal."""
    with db.read() as s:
        file = Path(str(sa.inspect(s.get_bind()).engine.url.database))
    files = [one.read_bytes() for one in file.parent.iterdir()]
    assert b"harbour-bridge" in b"".join(files)
    return any(words.encode() in data for data in files)


def test_what_comes_back_is_words_whatever_it_is(page: Open, httpserver: HTTPServer) -> None:
    def hostile(request: Request) -> Response:
        lines = json.loads(request.data)["q"].count("\n") + 1
        bad = '<script>alert(1)</script><img src=x onerror="alert(1)">{{7*7}}\u202e'
        return Response(json.dumps({"translatedText": "\n".join([bad] * lines)}))

    httpserver.expect_request("/v1/translate").respond_with_handler(hostile)
    with page() as client:
        told = ask(client).text
    assert "<script" not in told
    assert "<img" not in told
    assert "&lt;script&gt;alert(1)" in told
    assert "{{7*7}}" in told
    assert "\u202e" not in told


def chat(request: Request) -> Response:
    assert request.headers["Authorization"] == "Bearer secret-of-the-test"
    asked = json.loads(request.data)
    assert asked["model"] == "polyglot"
    paragraphs = json.loads(asked["messages"][1]["content"])
    content = "```json\n" + json.dumps([f"{MARKER} {i}" for i in range(len(paragraphs))]) + "\n```"
    return Response(json.dumps({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}))


def test_a_model_behind_an_openai_compatible_endpoint_translates_too(
    page: Open, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAIMLINE_TRANSLATE_API_KEY", "secret-of-the-test")
    httpserver.expect_request("/v1/chat/completions").respond_with_handler(chat)
    with page(translate_model="polyglot") as client:
        told = ask(client).text
    assert f"{MARKER} 0" in told
    assert "By polyglot at " in told
    assert "secret" not in told


def slow(_request: Request) -> Response:
    time.sleep(1.5)
    return Response("{}")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda _: Response("no", status=500), "it answered 500"),
        (lambda _: Response("no", status=403), "it answered 403"),
        (lambda _: Response("<html>", status=200), "the answer is not of its kind"),
        (lambda _: Response('{"translatedText": ["a"]}'), "the answer is not of its kind"),
        (lambda _: Response('{"translatedText": "one line"}'), "1 paragraphs came back for"),
        (lambda r: Response(json.dumps({"translatedText": "\n".join(["x" * 9000] * 99)})), "paragraphs came back for"),
        (slow, "timeout"),
    ],
)
def test_a_provider_that_fails_is_said_in_one_line(
    page: Open, httpserver: HTTPServer, answer: Callable[[Request], Response], why: str
) -> None:
    httpserver.expect_request("/v1/translate").respond_with_handler(answer)
    with page(translate_timeout_s=0.5) as client:
        told = ask(client)
        assert told.status_code == 200
        assert "gave no translation" in told.text
        assert why in told.text
        assert "data-start" in ask(client, htmx=False).text  # the original stands there all the same


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": []},
        {"choices": [{"message": {"content": "not json"}}]},
        {"choices": [{"message": {"content": '{"a": 1}'}}]},
        {"choices": [{"message": {"content": "[1, 2]"}}]},
        {"choices": [{"message": {"content": "[]"}}]},
        {"choices": [{"message": {"content": '["cut'}, "finish_reason": "length"}]},
    ],
)
def test_a_model_that_answers_otherwise_gives_no_translation(page: Open, httpserver: HTTPServer, body: dict[str, Any]) -> None:
    httpserver.expect_request("/v1/chat/completions").respond_with_json(body)
    with page(translate_model="polyglot") as client:
        assert "gave no translation" in ask(client).text


def test_a_forged_request_translates_nothing(page: Open, httpserver: HTTPServer) -> None:
    with page() as client:
        assert client.post(f"{in_german(client)}/translation").status_code == 403
    assert not httpserver.log
