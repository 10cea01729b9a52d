"""The ledger on both databases: what an edition publishes, and what is read back at (as_of, known_at)."""

from __future__ import annotations

from datetime import timedelta

from storage import ledger
from storage.engine import Database
from tests.storage_world import N, R, S, World, day


def test_an_article_takes_the_claim_from_unreported_to_supported(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    published = w.publish()
    assert [c.change.after for c in published.changes] == ["supported"]
    assert w.history() == [("2020-03-01", "unreported > supported", "new article")]
    with database.read() as s:
        change = ledger.changes(s, w.claim_id())[0]
    assert [q.quote for q in change.quotes] == ["https://a.example/1 says that it supports"]
    assert change.review is None


def test_publishing_twice_changes_nothing(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    assert w.publish().edition_id is not None
    assert w.publish().edition_id is None


def test_late_news_changes_the_past_but_not_what_was_known(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), N)
    w.say("https://b.example/1", day("2020-06-01"), R)
    first = w.publish()
    w.tick(days=3)
    w.say("https://c.example/1", day("2020-02-01"), S, confidence=0.5)
    second = w.publish()
    assert second.recorded_at is not None
    assert second.recorded_at > first.recorded_at  # type: ignore[operator]
    assert w.history(known_at=first.recorded_at) == [
        ("2020-03-01", "unreported > open", "new article"),
        ("2020-06-01", "open > refuted", "new article"),
    ]
    assert w.history()[0] == ("2020-02-01", "unreported > supported", "late article")
    assert w.status(as_of=day("2020-02-15")) == "supported"
    assert w.status(as_of=day("2020-02-15"), known_at=first.recorded_at) == "unreported"


def test_known_time_only_grows_even_if_the_clock_does_not(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    first = w.publish()
    w.say("https://b.example/1", day("2020-03-02"), R)
    second = w.publish(now=w.now - timedelta(days=5))
    assert first.recorded_at is not None
    assert second.recorded_at == first.recorded_at + timedelta(microseconds=1)
