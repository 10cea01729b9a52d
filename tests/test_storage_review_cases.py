"""The page's queue: every open case as a few numbers, most valuable first, on both databases."""

from __future__ import annotations

import pytest

from storage import decisions, pages_review
from storage.engine import Database
from storage.records import NewDecision
from tests.storage_world import M, R, S, World, day


def test_what_decides_a_status_comes_before_what_is_merely_unsure(database: Database) -> None:
    w = World(database).start()
    lone = w.say("https://a.example/1", day("2020-03-01"), S)
    surer = w.say("https://b.example/1", day("2020-03-02"), R, decided=False, confidence=0.8)
    unsure = w.say("https://c.example/1", day("2020-03-02"), R, decided=False, confidence=0.55)
    undated = w.say("https://d.example/1", None, R, decided=False)
    w.publish()
    with database.read() as s:
        cases = pages_review.cases(s, w.topic_id)
    told = [(c.revision_id, c.reasons, c.worth) for c in cases]
    assert told == [
        (lone, ("decides a status", "single report"), 90.0),
        (undated, ("uncertain date", "undecided"), 65.0),
        (unsure, ("undecided",), 30.0),
        (surer, ("undecided",), 30.0),
    ]


def test_older_cases_are_found_where_the_newest_thousands_no_longer_count(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages_review, "MOST", 2)
    w = World(database).start()
    old = [w.say(f"https://a.example/{i}", day("2020-03-01"), R, decided=False) for i in range(3)]
    for i in range(3):
        w.say(f"https://b.example/{i}", day("2020-03-01"), R, decided=False)
    for i in range(3):
        w.say(f"https://b.example/{i}", day("2020-03-01"), S, text=f"Page {i} was edited since and is sure.")
    w.publish()
    with database.read() as s:
        unsure = [c.revision_id for c in pages_review.cases(s, w.topic_id) if "undecided" in c.reasons]
    assert sorted(unsure) == old[1:]  # the newest two of those that are still in print


def test_a_persons_last_word_on_each_case_is_told_in_one_look(database: Database) -> None:
    w = World(database).start()
    texts = [w.say(f"https://a.example/{i}", day("2020-03-01"), M, text=f"It is. It is not, says {i}.") for i in range(2)]
    w.publish()
    with database.read() as s:
        pairs = sorted((c.claim_id, c.article_id) for c in pages_review.cases(s, w.topic_id))
    for n, kind in enumerate(("accept", "stance", "evidence")):
        stance = None if kind == "accept" else R
        quote = "It is not" if kind == "evidence" else None
        said = NewDecision(kind, f"word-{n}", *pairs[0], texts[0], stance, quote=quote)
        decisions.record(database, [said], by="Ada", now=w.tick())
    with database.read() as s:
        assert {pair: d.client_id for pair, d in pages_review.settled(s, pairs).items()} == {pairs[0]: "word-1"}
