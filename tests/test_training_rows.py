"""What training may take from an article's marks, and what it must leave open."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from training.stage2 import article_rows, drawn, how_often, together, told

CAUSE, ACT = "A valve caused the explosion at the plant.", "The plant has paid the fine."
EVENT = "An explosion tore the roof off the plant."


def article(text: str, marks: dict[str, str], *, events_marked: bool = False) -> dict[str, Any]:
    """One sentence under a title, against a claim of cause and one of an act."""
    sentence = {"text": text, "marks": marks}
    found = {"id": "a", "lang": "en", "title": "Blast at the plant", "claims": {"cause": CAUSE, "act": ACT},
             "labels": {"cause": "unrelated", "act": "unrelated"}, "title_marks": {}, "sentences": [sentence]}  # fmt: skip
    return found | ({"events_marked": True} if events_marked else {})


@pytest.mark.parametrize(
    ("claim", "events_marked", "labels"),
    [("cause", False, ["neutral", "unrelated"]), ("cause", True, ["unrelated"]), ("act", False, ["unrelated"])],
)
def test_an_unmarked_sentence_may_be_neutral_to_a_cause_where_the_writer_marked_no_events(
    claim: str, events_marked: bool, labels: list[str]
) -> None:
    a = article(EVENT, {}, events_marked=events_marked)
    assert told(a, a["sentences"][0], claim) == labels
    (row,) = [r for r in article_rows(a, None) if r["k"] == claim]
    assert row["y"] == [labels, labels]  # the title, then the sentence


@pytest.mark.parametrize(
    ("text", "events_marked", "labels"),
    [
        ("Investigators suspect a valve.", False, ["neutral", "supports"]),
        ("Die Ermittler vermuten ein Ventil.", False, ["neutral", "supports"]),
        ("Investigators suspect a valve.", True, ["neutral"]),
        ("Nobody would speak about the valve.", False, ["neutral"]),
    ],
)
def test_a_suspicion_that_an_older_article_calls_neutral_may_support(text: str, events_marked: bool, labels: list[str]) -> None:
    a = article(text, {"cause": "neutral"}, events_marked=events_marked)
    assert told(a, a["sentences"][0], "cause") == labels


def test_a_side_that_was_marked_stands() -> None:
    a = article("A valve is suspected and nothing else.", {"cause": "supports", "act": "refutes"})
    assert [told(a, a["sentences"][0], k) for k in ("cause", "act")] == [["supports"], ["refutes"]]


def test_how_often_an_article_stands_in_a_pass() -> None:
    times = ["i[a-m]-=1.5", "fa-=3", ".=0.25"]
    assert [how_often(times, name) for name in ("ib-12", "fa-1", "old-3")] == [1.5, 3.0, 0.25]
    assert how_often(["fa-=3"], "old-3") == 1.0
    items = [{"id": str(n)} for n in range(400)]
    assert drawn(items, [2.0] * 400, Random(1)) == [i for i in items for _ in range(2)]
    assert 60 < len(drawn(items, [0.25] * 400, Random(1))) < 140


@pytest.mark.parametrize(
    ("sentences", "whole"),
    [
        ([["unrelated"], ["neutral"], ["supports"]], ["supports"]),
        ([["refutes"], ["unrelated"], ["supports"]], ["mixed"]),
        ([["unrelated"], []], ["unrelated"]),
        ([["neutral", "unrelated"], ["unrelated"]], ["neutral", "unrelated"]),
        ([["neutral", "supports"], ["refutes"]], ["mixed", "refutes"]),
    ],
)
def test_a_row_says_as_a_whole_what_its_sentences_may_say_together(sentences: list[list[str]], whole: list[str]) -> None:
    assert together(sentences) == whole
