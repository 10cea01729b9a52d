"""Related claims that cannot both be right: on the page, in the API, in the exports and in the queue."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html import unescape

from starlette.testclient import TestClient

from storage import pages_review, queue
from storage.engine import Database
from tests.storage_world import R, S, World, day, make_topic

OPEN, NIGHT = "The bridge is open", "The bridge is open-at-night"


def bridge(db: Database) -> World:
    """A bridge that is reported as shut, and as open at night; a third claim stands alone."""
    topic = make_topic("open", "open-at-night", "painted")
    wide, narrow, alone = topic.claims
    w = World(db).start(replace(topic, claims=(wide, replace(narrow, narrower_than="open"), alone)))
    w.say("https://a.example/1", day("2020-03-01"), S, claim="open-at-night")
    w.say("https://b.example/1", day("2020-03-05"), R, claim="open")
    w.say("https://c.example/1", day("2020-03-05"), S, claim="painted")
    w.publish()
    return w


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_page_names_the_claim_beside_which_another_cannot_stand(db: Database, page: TestClient) -> None:
    bridge(db)
    listed = text_of(page.get("/").text)
    assert f"cannot stand so beside: {NIGHT}" in listed
    assert f"cannot stand so beside: {OPEN} " in listed
    shown = page.get("/claims/bridge/open").text
    assert f"cannot stand so beside: {NIGHT}" in text_of(shown)
    assert 'href="/claims/bridge/open-at-night"' in shown
    assert "cannot stand so" not in text_of(page.get("/claims/bridge/painted").text)


def test_a_day_on_which_both_could_stand_has_no_flag(db: Database, page: TestClient) -> None:
    bridge(db)
    assert "cannot stand so" not in text_of(page.get("/", params={"as_of": "2020-03-02"}).text)
    assert "cannot stand so" not in text_of(page.get("/claims/bridge/open", params={"as_of": "2020-03-02"}).text)
    rows = page.get("/api/v1/claims", params={"as_of": "2020-03-02"}).json()
    assert [row["contradicts"] for row in rows] == [[], [], []]


def test_the_api_and_the_exports_say_it_too(db: Database, page: TestClient) -> None:
    bridge(db)
    expected = {"open": ["open-at-night"], "open-at-night": ["open"], "painted": []}
    assert {row["claim"]: row["contradicts"] for row in page.get("/api/v1/claims").json()} == expected
    assert page.get("/api/v1/claims/bridge/open").json()["contradicts"] == ["open-at-night"]
    table = csv.DictReader(io.StringIO(page.get("/export/claims.csv").content.decode("utf-8-sig")))
    assert {row["claim"]: row["contradicts"] for row in table} == {
        "open": "open-at-night",
        "open-at-night": "open",
        "painted": "",
    }


def test_the_queue_puts_the_evidence_of_claims_that_conflict_before_a_single_report(db: Database, page: TestClient) -> None:
    w = bridge(db)
    expected = [
        ("https://b.example/1", True),
        ("https://a.example/1", True),
        ("https://c.example/1", False),
    ]
    with db.read() as s:
        told = [(i.answer.url, queue.CONFLICT in i.reasons) for i in queue.review_queue(s, w.topic_id)]
        cases = pages_review.cases(s, w.topic_id)
    assert sorted(told) == sorted(expected)
    assert told[-1] == expected[-1]
    assert [queue.CONFLICT in c.reasons for c in cases] == [True, True, False]
    assert "related claims conflict" in text_of(page.get("/review").text)
