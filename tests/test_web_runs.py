"""Runs in the browser: *Run now* within this process with its progress, and replays to accept or to discard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from html import unescape
from threading import Event
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.web import create_app
from claimline.models import ClaimSpec, Skip, SourceSpec, Topic
from claimline.settings import Settings
from claimline.web.client import open_client
from flows.desk import Desk
from storage import ledger, replay, rereadings, runs
from storage.engine import Database, open_database
from storage.readings import Coming
from storage.records import ClaimStatus
from tests.fakes import Answer, FakeSite, Page, feed, plain_settings
from tests.storage_world import R, S, World, cleaned, day, judgement

FEED = "https://news.example/feed"
URL = "https://a.example/1"


@pytest.fixture
def db(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    opened = open_database(sqlite_url)
    yield opened
    opened.dispose()


def page_over(db: Database, answer: Answer) -> TestClient:
    """The page whose runs read one feed that answers so."""
    site = FakeSite({FEED: answer})

    def client(settings: Settings, **more: Any) -> Any:
        return open_client(settings, transport=site, **more)

    def desk(opened: Database) -> Desk:
        return Desk(opened, plain_settings(retries=0), client=client)

    return TestClient(create_app(Settings(), db=db, desk=desk), base_url="http://127.0.0.1")


def watch(db: Database) -> None:
    World(db).start(Topic("bridge", "The bridge", (ClaimSpec("open", "The bridge is open"),), (SourceSpec("feed", FEED),)))


def press(client: TestClient, path: str, **fields: str) -> Any:
    """Send a form as the browser does, with the token of the page."""
    token = re.search(r'name="form-token" content="([^"]+)"', client.get("/runs").text)
    assert token
    return client.post(path, data=fields, headers={"x-claimline-form": token.group(1), "hx-request": "true"})


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_run_now_runs_here_and_says_what_it_did(db: Database) -> None:
    watch(db)
    with page_over(db, feed()) as client:
        answer = press(client, "/runs/start", topic="bridge")
        assert 'hx-get="/runs/progress"' in answer.text or "Done" in answer.text
        client.app.state.shell.background.wait("bridge")  # type: ignore[attr-defined]
        after = client.get("/runs/progress")
        assert "Done: 1 of 1 sources answered, 0 new articles, 0 changes." in words(after.text)
        assert after.headers["hx-trigger"] == "ran"
        assert "hx-get" not in after.text
        assert "done" in words(client.get("/runs").text)


def test_a_run_tells_in_words_what_it_did_and_a_message_that_was_not_told_is_nothing_not_read(db: Database) -> None:
    world = World(db).start()
    run = db.write(lambda s: runs.start(s, topic_id=world.topic_id, flow="track", holder="t", now=world.tick()))
    left = (Skip("MAIL", "not-told", "refused", failed=True), Skip(FEED, "http-503", failed=True), Skip(URL, "robots"))
    counts = {"articles-new": 2, "failed-http-503": 1, "failed-not-told": 1, "skipped-robots": 1, "some-other": 3}
    cost = {"seconds-fetch-and-clean": 1.33, "judge-tokens": 7.0}
    finish = partial(runs.finish, run_id=run, coverage=[], sufficient=False, reasons=None, error=None)
    db.write(lambda s: finish(s, counts=counts, skips=left, cost=cost, now=world.tick(seconds=9)))
    with page_over(db, feed()) as client:
        listed = client.get("/runs").text
        one = words(client.get(re.findall(r"/runs/[0-9a-f]{16}", listed)[0]).text)
    assert 'data-label="not read">1<' in listed
    assert "1 message not told" in words(listed)
    assert "too few sources answered" in one
    assert "http 503 we could not look" in one
    assert "not told refused tried again by the next run" in one
    assert "Did new articles 2 some other 3 Cost fetch and clean 1.3 s judge tokens 7.00" in one


def test_a_run_that_fails_says_why_in_one_line(db: Database) -> None:
    watch(db)
    with page_over(db, Page("broken", 500)) as client:
        press(client, "/runs/start", topic="bridge")
        client.app.state.shell.background.wait("bridge")  # type: ignore[attr-defined]
        told = words(client.get("/runs/progress").text)
    assert "0 of 1 sources answered" in told or "no source" in told


def test_run_now_twice_is_one_run(db: Database) -> None:
    watch(db)
    go = Event()

    def slowly(_request: Any) -> Page:
        go.wait(20)
        return feed()

    with page_over(db, slowly) as client:
        press(client, "/runs/start", topic="bridge")
        answer = press(client, "/runs/start", topic="bridge")
        assert answer.text.count("<progress") == 1
        assert 'hx-trigger="every 1s"' in answer.text
        go.set()
        client.app.state.shell.background.wait("bridge")  # type: ignore[attr-defined]
        assert len(re.findall(r"/runs/[0-9a-f]{16}", client.get("/runs").text)) == 1


# --- replays --------------------------------------------------------------------------------------------------------


@pytest.fixture
def shadow(db: Database) -> tuple[World, str]:
    """The past read again by another model, which sees the other side."""
    w = World(db).start()
    revision = w.say(URL, day("2020-03-01"), S)
    w.publish()
    edition = db.write(lambda s: replay.open_shadow(s, w.topic_id, matcher="m2", by="Ada", now=w.tick()))
    w.scan(revision, judgement("open", R, f"{URL} says that it supports"), matcher="m2")
    with db.read() as s:
        key = next(e.key for e in ledger.editions(s, w.topic_id, state="shadow") if e.id == edition)
    return w, key


def test_a_replay_says_what_it_would_change_and_of_whom(db: Database, shadow: tuple[World, str]) -> None:
    key = shadow[1]
    with page_over(db, feed()) as client:
        assert f"/replays/{key}" in client.get("/runs").text
        told = words(client.get(f"/replays/{key}").text)
    assert "now model m1 reads it, in the replay model m2" in told
    assert "would change 2 status entries of 1 claim and how 1 article is read" in told
    assert "The bridge is open" in told
    assert "1 Mar 2020: Nothing found → Reported as true would go" in told
    assert "1 Mar 2020: Nothing found → Reported as false would come" in told
    assert f"supports → ✕ refutes {URL}" in told


def test_a_replay_says_how_many_texts_its_cleaner_read_again(db: Database) -> None:
    w = World(db).start()
    old, new = "The bridge is open. Read also: the bridge is shut.", "The bridge is open."
    for url in (URL, "https://b.example/1"):
        saved = w.capture(url, cleaned(old, day("2020-03-01"), cleaner="c1", outlet=url.split("/")[2]))
        w.scan(saved.revision_id or 0, judgement("open", S, old))
    w.publish()
    with db.read() as s:
        one = rereadings.due(s, w.topic_id, "c2")[0]
    page = cleaned(new, day("2020-03-01"), cleaner="c2", outlet="a.example")
    db.write(lambda s: rereadings.save(s, [(one, page)], now=w.tick()))
    coming = Coming("c2", w.tick())
    edition = db.write(lambda s: replay.open_shadow(s, w.topic_id, matcher="m1", coming=coming, by="Ada", now=w.tick()))
    with db.read() as s:
        key = next(e.key for e in ledger.editions(s, w.topic_id, state="shadow") if e.id == edition)
    with page_over(db, feed()) as client:
        told = words(client.get(f"/replays/{key}").text)
    assert "1 text read again, 1 of them otherwise; 1 text kept as they are, since this cleaner makes nothing of them" in told


def settle(db: Database, key: str, verdict: str) -> str:
    """Press a button of the replay's page, and see it nowhere any more; returns what its page says then."""
    with page_over(db, feed()) as client:
        answer = press(client, f"/replays/{key}/{verdict}")
        assert answer.headers["hx-redirect"] == f"/replays/{key}"
        assert f"/replays/{key}" not in client.get("/runs").text
        assert press(client, f"/replays/{key}/{verdict}").status_code == 400
        return words(client.get(f"/replays/{key}").text)


def status(db: Database, w: World) -> ClaimStatus:
    with db.read() as s:
        return ledger.status(s, w.claim_id())


def test_an_accepted_replay_is_the_history(db: Database, shadow: tuple[World, str]) -> None:
    assert "accepted" in settle(db, shadow[1], "accept")
    assert status(db, shadow[0]).status == "refuted"


def test_a_discarded_replay_leaves_the_history(db: Database, shadow: tuple[World, str]) -> None:
    assert "discarded" in settle(db, shadow[1], "discard")
    assert status(db, shadow[0]).status == "supported"


def test_nothing_else_can_be_done_with_a_replay(db: Database, shadow: tuple[World, str]) -> None:
    with page_over(db, feed()) as client:
        assert press(client, f"/replays/{shadow[1]}/burn").status_code == 404
        assert client.get("/replays/0000000000000000").status_code == 404
    assert status(db, shadow[0]).status == "supported"
