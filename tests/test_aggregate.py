"""Windows of an article become its answer for a claim."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimline.errors import ModelError
from claimline.matching.aggregate import (
    ALONE,
    DEFAULT,
    ORDER,
    TOGETHER,
    Params,
    Rule,
    Score,
    WindowScore,
    aggregate,
    fold,
    load_params,
    params_of,
    whole_figures,
)
from claimline.matching.stance import WEIGHTS, StanceProbs, Together

NOTHING = StanceProbs(0.01, 0.01, 0.03, 0.95)
SUPPORT = StanceProbs(0.93, 0.02, 0.03, 0.02)
DENIAL = StanceProbs(0.02, 0.93, 0.03, 0.02)
MENTION = StanceProbs(0.03, 0.03, 0.9, 0.04)


def windows(*probs: StanceProbs) -> list[WindowScore]:
    return [WindowScore(100 * i, 100 * i + 90, p, 0.5, False) for i, p in enumerate(probs)]


def test_an_article_without_windows_is_unrelated() -> None:
    outcome = aggregate([])
    assert (outcome.stance, outcome.decided, outcome.deciding) == ("unrelated", True, ())
    assert outcome.probabilities["unrelated"] == 1.0


@pytest.mark.parametrize(
    ("probs", "stance", "deciding"),
    [
        ([NOTHING, SUPPORT, NOTHING], "supports", (1,)),
        ([DENIAL, NOTHING, NOTHING], "refutes", (0,)),
        ([NOTHING, MENTION, NOTHING], "neutral", (1,)),
        ([NOTHING, SUPPORT, NOTHING, DENIAL], "mixed", (1, 3)),
        ([NOTHING, NOTHING, NOTHING], "unrelated", ()),
    ],
)
def test_one_clear_window_decides(probs: list[StanceProbs], stance: str, deciding: tuple[int, ...]) -> None:
    for params in (load_params(), DEFAULT):
        outcome = aggregate(windows(*probs), params=params)
        assert outcome.stance == stance
        assert outcome.deciding == deciding


def test_a_mention_beside_a_denial_is_a_denial() -> None:
    assert aggregate(windows(MENTION, DENIAL, MENTION)).stance == "refutes"


def test_of_equal_mentions_the_one_nearest_to_the_claim_is_quoted() -> None:
    far, near = WindowScore(0, 90, MENTION, 0.4, False), WindowScore(100, 190, StanceProbs(0.04, 0.04, 0.86, 0.06), 0.7, False)
    weak = WindowScore(200, 290, StanceProbs(0.1, 0.1, 0.4, 0.4), 0.9, False)
    assert aggregate([far, near, weak]).deciding == (1,)


def test_many_irrelevant_windows_do_not_add_up_to_a_position() -> None:
    assert aggregate(windows(*[NOTHING] * 40)).stance == "unrelated"


def test_below_the_threshold_a_pair_is_undecided() -> None:
    torn = StanceProbs(0.3, 0.3, 0.25, 0.15)
    assert not aggregate(windows(torn), params=replace(DEFAULT, threshold=0.9)).decided
    assert aggregate(windows(torn), params=replace(DEFAULT, threshold=0.0)).decided


probabilities = st.tuples(*[st.floats(0.001, 1.0)] * 4).map(lambda v: StanceProbs(*(x / sum(v) for x in v)))


@given(st.lists(probabilities, min_size=1, max_size=12))
def test_the_five_probabilities_sum_to_one(probs: list[StanceProbs]) -> None:
    outcome = aggregate(windows(*probs))
    assert sum(outcome.probabilities.values()) == pytest.approx(1.0)
    assert list(outcome.probabilities) == list(ORDER)
    if outcome.stance != "mixed":
        assert outcome.probabilities[outcome.stance] == max(outcome.probabilities.values())


@given(st.lists(probabilities, min_size=1, max_size=12))
def test_both_sides_are_weighed_alike(probs: list[StanceProbs]) -> None:
    turned = [StanceProbs(p.refutes, p.supports, p.neutral, p.unrelated) for p in probs]
    one, two = fold(probs, load_params()), fold(turned, load_params())
    assert one["supports"] == pytest.approx(two["refutes"])
    assert one["mixed"] == pytest.approx(two["mixed"])


@given(st.lists(probabilities, min_size=1, max_size=6))
def test_deciding_windows_exist(probs: list[StanceProbs]) -> None:
    outcome = aggregate(windows(*probs))
    assert all(0 <= i < len(probs) for i in outcome.deciding)
    assert bool(outcome.deciding) == (outcome.stance != "unrelated")


def test_parameters_are_read_from_beside_the_weights(tmp_path: Path) -> None:
    file = tmp_path / "aggregate.json"
    assert load_params(file) == DEFAULT
    other = tmp_path / "other.json"
    alone, together = (
        {"start": 0.5, "own": [1.0] * side, "other": [2.0] * side, "touch": [3.0] * touch} for side, touch in (ALONE, TOGETHER)
    )
    raw = {"alone": dict.fromkeys(("side", "neutral", "mixed"), alone), "threshold": 0.7, "lean": 2}
    other.write_text(json.dumps(raw))
    same = Score(0.5, (1.0,) * 5, (2.0,) * 5, (3.0,) * 4)
    assert load_params(other) == Params(Rule(same, same, same), None, 0.7, 2.0)
    both = tmp_path / "both.json"
    both.write_text(json.dumps(raw | {"together": dict.fromkeys(("side", "neutral", "mixed"), together)}))
    more = Score(0.5, (1.0,) * 2, (2.0,) * 2, (3.0,) * 4)
    assert load_params(both).together == Rule(more, more, more)
    assert load_params(WEIGHTS / "aggregate.json") != DEFAULT


SURE_OF_NOTHING, SURE_OF_SUPPORT, SURE_OF_REFUSAL = (-4.0, -4.0, -4.0, -4.0, 4.0), (6.0, 0, 0, 0, 0), (0, 6.0, 0, 0, 0)


def test_parts_that_were_read_at_once_make_the_article_as_if_they_were_independent() -> None:
    def best(*wholes: tuple[float, ...]) -> str:
        found = whole_figures(wholes)
        return ORDER[found.index(max(found))]

    assert best(SURE_OF_NOTHING, SURE_OF_NOTHING) == "unrelated"
    assert best(SURE_OF_NOTHING, (0, 0, 6.0, 0, 0)) == "neutral"
    assert best(SURE_OF_SUPPORT, SURE_OF_NOTHING, (0, 0, 6.0, 0, 0)) == "supports"
    assert best(SURE_OF_SUPPORT, SURE_OF_NOTHING, SURE_OF_REFUSAL) == "mixed"
    assert best((0, 0, 0, 6.0, 0)) == "mixed"


wholes = st.lists(st.tuples(*[st.floats(-8, 8)] * 5), min_size=1, max_size=4)


@given(wholes)
def test_the_figures_of_the_whole_are_probabilities(found: list[tuple[float, ...]]) -> None:
    assert sum(map(math.exp, whole_figures(found))) == pytest.approx(1.0, abs=0.02)


def test_what_is_said_of_all_together_counts_where_there_is_a_rule_for_it() -> None:
    nothing = Score(0.0, (0.0,) * 2, (0.0,) * 2, (0.0,) * 4)
    side = replace(nothing, start=20.0, own=(0.0, 4.0))
    params = replace(DEFAULT, together=Rule(side, nothing, nothing))
    probs = [NOTHING, MENTION]
    support, refusal = Together((SURE_OF_SUPPORT,)), Together((SURE_OF_REFUSAL,))
    assert aggregate(windows(*probs), support, params=params).stance == "supports"
    assert aggregate(windows(*probs), refusal, params=params).stance == "refutes"
    assert aggregate(windows(*probs), params=params).stance == "neutral"
    assert aggregate(windows(*probs), support, params=DEFAULT).stance == "neutral"
    digested = Together((SURE_OF_NOTHING, SURE_OF_SUPPORT), (SURE_OF_SUPPORT,))
    assert fold(probs, params, digested)["supports"] == pytest.approx(fold(probs, params, support)["supports"], abs=0.01)


@given(st.lists(probabilities, min_size=1, max_size=6), wholes)
def test_both_sides_are_weighed_alike_together_too(probs: list[StanceProbs], found: list[tuple[float, ...]]) -> None:
    turned = [StanceProbs(p.refutes, p.supports, p.neutral, p.unrelated) for p in probs]
    mirror = tuple((r, s, *rest) for s, r, *rest in found)
    one, two = fold(probs, load_params(), Together(tuple(found))), fold(turned, load_params(), Together(mirror))
    assert one["supports"] == pytest.approx(two["refutes"])
    assert one["mixed"] == pytest.approx(two["mixed"])


@pytest.mark.parametrize("text", ['{"side": [0, 1, 0, 0, 0, 0], "touch": [0, 1, 0, 0], "threshold": 0.9}', "{}", "[]", "no json"])
def test_parameters_of_another_kind_are_refused_with_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "aggregate.json").write_text(text)
    with pytest.raises(ModelError, match=r"aggregate\.json: is not what this version reads"):
        params_of(tmp_path)


def test_a_model_that_brings_its_own_rule_is_folded_by_it_and_another_by_the_bundled_one(tmp_path: Path) -> None:
    assert params_of(tmp_path) == load_params()
    own = json.loads((WEIGHTS / "aggregate.json").read_text(encoding="utf-8")) | {"threshold": 0.9}
    (tmp_path / "aggregate.json").write_text(json.dumps(own))
    assert params_of(tmp_path).threshold == 0.9
