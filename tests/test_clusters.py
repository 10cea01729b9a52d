"""Copies of one story: wire copies yes, the same event in other words no, whatever the order of arrival."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimline.clusters import ClusterText, candidate_pairs, components, is_copy, is_copy_by_sketch, signature, sketch

PAIRS = [json.loads(line) for line in (Path(__file__).parent / "data" / "copies.jsonl").read_text().splitlines()]


def text_of(side: dict[str, str]) -> ClusterText:
    return ClusterText(side["text"], date.fromisoformat(side["published"]), side["via"])


def found(pair: dict[str, dict[str, str]]) -> bool:
    a, b = text_of(pair["a"]), text_of(pair["b"])
    met = candidate_pairs({"a": signature(a.text), "b": signature(b.text)}, {"b"}) == {("a", "b")}
    return met and is_copy(a, b) is not None


def test_precision_and_recall_on_written_pairs_are_at_least_95_percent() -> None:
    answers = [(pair["copy"], found(pair)) for pair in PAIRS]
    right = sum(copy and said for copy, said in answers)
    assert right / sum(said for _, said in answers) >= 0.95
    assert right / sum(copy for copy, _ in answers) >= 0.95


def test_sketches_tell_the_written_pairs_as_the_texts_do() -> None:
    """Of a text that may not be kept only the sketch is there, of the other one perhaps too."""
    kept = [(sketch(text_of(pair["a"])), sketch(text_of(pair["b"]))) for pair in PAIRS]
    met = [candidate_pairs({"a": a.signature, "b": b.signature}, {"b"}) == {("a", "b")} for a, b in kept]
    answers = [found and is_copy_by_sketch(a, b) is not None for found, (a, b) in zip(met, kept, strict=True)]
    assert answers == [found(pair) for pair in PAIRS]
    assert all(is_copy_by_sketch(a, b) == is_copy_by_sketch(b, a) for a, b in kept)


def test_no_word_or_number_of_a_text_stands_in_its_sketch() -> None:
    text = "Exactly 4711 lorries crossed the harbour bridge on Monday morning, the port authority of Aldwater said."
    made = repr(sketch(ClusterText(text)))
    assert "4711" not in made
    assert not [word for word in text.split() if len(word) > 3 and word in made]


def test_a_text_too_short_to_be_compared_is_nobodys_copy_by_its_sketch() -> None:
    short = sketch(ClusterText("NATO says no."))
    assert short.signature == short.narrative == ()
    assert is_copy_by_sketch(short, short) is None


@pytest.mark.parametrize("pair", PAIRS[::6], ids=lambda pair: f"{pair['id']}-{pair['kind']}")
def test_likeness_does_not_depend_on_who_is_asked_first(pair: dict[str, dict[str, str]]) -> None:
    a, b = text_of(pair["a"]), text_of(pair["b"])
    assert is_copy(a, b) == is_copy(b, a)


def test_a_text_without_a_date_may_still_be_a_copy() -> None:
    text = PAIRS[0]["a"]["text"]
    assert is_copy(ClusterText(text), ClusterText(text, date(2019, 7, 12))) == 1.0


def test_texts_too_short_to_compare_have_no_signature_and_group_only_when_equal() -> None:
    assert signature("") == signature("NATO says no.") == ()
    assert is_copy(ClusterText("NATO says"), ClusterText("nato  SAYS!")) == 1.0
    assert is_copy(ClusterText("NATO says"), ClusterText("NATO denies")) is None
    assert is_copy(ClusterText(""), ClusterText("")) is None


def test_groups_do_not_depend_on_the_order_or_the_batches_of_arrival() -> None:
    texts = {f"{pair['id']}{side}": text_of(pair[side]) for pair in PAIRS for side in "ab"}
    signatures = {key: signature(text.text) for key, text in texts.items()}

    def groups(batches: list[list[str]]) -> dict[str, str]:
        edges: set[tuple[str, str]] = set()
        seen: dict[str, tuple[int, ...]] = {}
        for batch in batches:
            seen |= {key: signatures[key] for key in batch}
            pairs = candidate_pairs(seen, batch)
            edges |= {(a, b) for a, b in pairs if is_copy(texts[a], texts[b]) is not None}
        return components(edges)

    keys = sorted(texts)
    at_once = groups([keys])
    assert len(set(at_once.values())) > 10
    for seed in range(3):
        shuffled = random.Random(seed).sample(keys, len(keys))
        assert groups([shuffled[i : i + 7] for i in range(0, len(shuffled), 7)]) == at_once


def test_only_pairs_with_something_new_are_asked_for() -> None:
    signatures = {name: signature(PAIRS[0]["a"]["text"]) for name in "abcd"}
    assert candidate_pairs(signatures, {"d"}) == {("a", "d"), ("b", "d"), ("c", "d")}
    assert candidate_pairs(signatures, set()) == set()
    assert candidate_pairs({}, {"x"}) == set()


def test_hundreds_of_equal_texts_ask_for_few_pairs_and_are_one_group() -> None:
    signatures = dict.fromkeys([f"{i:04}" for i in range(400)], signature(PAIRS[0]["a"]["text"]))
    pairs = candidate_pairs(signatures, signatures)
    assert len(pairs) < 28_000
    assert set(components(pairs).values()) == {"0000"}


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=20), st.randoms())
def test_a_group_is_named_by_its_least_key(edges: list[tuple[str, str]], chance: random.Random) -> None:
    groups = components(edges)
    chance.shuffle(edges)
    assert components(edges) == groups
    for a, b in edges:
        assert groups[a] == groups[b] <= min(a, b)
    for key, group in groups.items():
        assert groups[group] == group
        assert group <= key


def test_signatures_are_the_same_on_every_machine() -> None:
    made = signature("the quick brown fox jumps over the lazy dog and runs away")
    assert len(made) == 256
    assert made[:2] == (3225911720, 2786454132)
    assert all(0 <= value < 2**32 for value in made)
