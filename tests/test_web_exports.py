"""What leaves through the page: reviews of what a person stands behind, and one feed of many topics."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree

from starlette.testclient import TestClient

from claimline.models import ClaimSpec, SourceSpec, Stance, Status, Topic
from storage import claims, decisions
from storage.engine import Database
from storage.records import NewDecision
from tests.web_data import Newsroom, judgement

WORDS = "The ferry sails again, the harbour master said."
TOPIC = Topic(
    "ferry", "The ferry", (ClaimSpec("sails", "The ferry sails again"),), (SourceSpec("feed", "https://a.example/rss"),)
)
OTHER = Topic("boats", "Boats", (ClaimSpec("sails", "Old boats have sails"),), (SourceSpec("feed", "https://b.example/rss"),))


def reported(db: Database, topic: Topic) -> Newsroom:
    room = Newsroom(db, topic)
    _, revision = room.article(f"https://{topic.slug}.example/1", topic.title, WORDS, date(2020, 12, 1))
    room.judge(revision, judgement(WORDS, WORDS, "sails", Stance.SUPPORTS, 0.9, "mara-lindqvist"))
    room.publish()
    return room


def rule(room: Newsroom, status: Status, at: datetime) -> None:
    with room.db.read() as s:
        claim = claims.claim(s, "sails", room.topic.slug)
    ruling = NewDecision("ruling", "ruling-1", claim.id, status=status, valid_from=date(2020, 12, 5))
    decisions.record(room.db, [ruling], by="Zoe", now=at)


def review(page: TestClient, **moment: str) -> Any:
    every = page.get("/export/claims.claimreview", params=moment).json()
    assert every == page.get("/export/claims/ferry/sails.claimreview", params=moment).json()
    return every


def test_a_ruling_that_agrees_with_the_machine_is_a_review(page: TestClient, db: Database) -> None:
    room = reported(db, TOPIC)
    assert review(page) == []
    rule(room, Status.SUPPORTED, datetime(2021, 2, 3, 9, tzinfo=UTC))
    made = review(page)
    assert made["reviewBody"] == "confirmed by Zoe"
    assert made["reviewRating"]["ratingValue"] == 5
    assert made["datePublished"] == "2021-02-03"
    assert made["itemReviewed"]["author"]["name"] == "Mara Lindqvist"
    assert review(page, known_at="2021-02-01") == []


def test_a_ruling_against_the_machine_is_a_review_too(page: TestClient, db: Database) -> None:
    rule(reported(db, TOPIC), Status.REFUTED, datetime(2021, 2, 3, 9, tzinfo=UTC))
    assert review(page)["reviewRating"]["ratingValue"] == 1
    assert review(page)["reviewBody"] == "ruling by Zoe"


def test_in_the_feed_of_all_claims_each_change_bears_the_statement_of_its_own_topic(page: TestClient, db: Database) -> None:
    for topic in (TOPIC, OTHER):
        reported(db, topic)
    root = ElementTree.fromstring(page.get("/export/claims.atom").content)
    space = {"a": "http://www.w3.org/2005/Atom"}
    titles = {e.findtext("a:title", namespaces=space) for e in root.iterfind("a:entry", space)}
    assert titles == {"Reported as true: The ferry sails again", "Reported as true: Old boats have sails"}
