"""The page beside a real Prefect server: *Run now* starts the deployment and shows it live, whatever the server does. Slow."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from starlette.testclient import TestClient

from app.web import background, create_app
from claimline.errors import ClaimlineError
from flows import deploy, starting, steps
from flows.desk import open_desk
from storage.engine import open_database
from tests.fakes import plain_settings
from tests.prefect_world import Server, bridge_topic, running_server, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("page")
    with running_server(folder) as running:
        with open_desk(plain_settings(data_dir=folder, database_url=running.database_url)) as desk:
            steps.import_topic(desk, bridge_topic(folder))
        yield running


@pytest.fixture
def page(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    opened = open_database(server.database_url)
    settings = plain_settings(data_dir=server.folder, database_url=server.database_url)
    with (
        temporary_settings({PREFECT_API_URL: server.url}),
        TestClient(create_app(settings, db=opened), base_url="http://127.0.0.1") as client,
    ):
        yield client
    opened.dispose()


def run_now(page: TestClient) -> None:
    token = re.search(r'name="form-token" content="([^"]+)"', page.get("/runs").text)
    assert token
    headers = {"x-claimline-form": token.group(1), "hx-request": "true"}
    assert page.post("/runs/start", data={"topic": "bridge"}, headers=headers).status_code == 200


def progress(page: TestClient) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.get("/runs/progress").text)).split())


def said(page: TestClient, words: str, within_s: float = 300) -> str:
    """What the page says of the run once it says these words."""

    def look() -> str | None:
        now = progress(page)
        return now if words in now else None

    return until(look, within_s, every_s=0.3)


def test_without_the_deployment_the_page_says_how_to_register_it(page: TestClient) -> None:
    assert "register them with claimline deploy" in _words(page.get("/runs/schedules").text)
    run_now(page)
    assert "has no deployment track/manual; register it with `claimline deploy`" in said(page, "no deployment")


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_a_run_waits_for_a_worker_then_works_then_is_done(
    server: Server, page: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "WAITED_S", 1.0)
    list(deploy.deploy_all(deploy.POOL, plain_settings(data_dir=server.folder, database_url=server.database_url)))
    schedules = _words(page.get("/runs/schedules").text)
    assert "daily next" in schedules or "daily on a schedule" in schedules
    assert "manual by hand" in schedules
    run_now(page)
    said(page, "waiting for a worker; is one running?")
    with server.worker():
        said(page, "at work", within_s=600)
        done = said(page, "Done: bridge: 1 of 1 sources answered", within_s=600)
    assert "at the Prefect server as" in done
    assert until(lambda: "daily next" in _words(page.get("/runs/schedules").text), 120, every_s=1)
    assert "done The bridge track" in _words(page.get("/runs").text)


def test_a_run_that_is_cancelled_there_is_said_to_be(server: Server, page: TestClient) -> None:
    from prefect.states import Cancelled

    run_now(page)
    said(page, "waiting for a worker")
    waiting = [r for r in server.runs("track/manual") if r.state_name in ("Scheduled", "Late")]
    with server.client() as client:
        client.set_flow_run_state(waiting[0].id, Cancelled(message="by hand"), force=True)
    assert "cancelled: by hand" in said(page, "cancelled")


def test_a_server_that_goes_away_is_said_and_looked_for_again(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [starting.ServerSilent("the Prefect server does not answer")] * 2
    real = starting.look

    def look(key: str, topic: str) -> starting.Seen:
        if answers:
            time.sleep(1)
            raise answers.pop()
        return real(key, topic)

    monkeypatch.setattr(starting, "look", look)
    run_now(page)
    said(page, "does not answer; asking again")
    said(page, "waiting for a worker")
    monkeypatch.setattr(background, "SILENT_FOR_S", 0.0)
    answers += [starting.ServerSilent("the Prefect server does not answer")] * 50
    assert "goes on without us" in said(page, "goes on without us")


def test_nothing_at_the_address_is_one_line(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        told = page.get("/runs/schedules").text
        assert "the Prefect server at http://127.0.0.1:9/api does not answer (no-connection)" in told
        with pytest.raises(ClaimlineError, match="does not answer"):
            starting.run_now("bridge")
