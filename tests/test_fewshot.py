"""Claims that teach: examples correct the model only where that measurably helps, and can be taken away again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from claimline.matching import fewshot
from claimline.matching.fewshot import Shot, Taught, fit
from claimline.matching.matcher import Matcher, Text, matcher_hash
from claimline.matching.stance import Pair, PairReader, StanceProbs
from claimline.models import ClaimSpec, Examples, Name, Person, Stance, Topic

# A model that cannot tell the sides apart, and words that can.
UNSURE = StanceProbs(0.34, 0.31, 0.3, 0.05)
AXES = {"opened": 0, "closed": 1, "talks": 2, "choir": 3}


class Words:
    """Embeds a text by the words that it has."""

    name = "words"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.full((len(texts), 5), 0.0, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[4] = 0.7
            for word, axis in AXES.items():
                row[axis] += float(word in text.lower())
            row /= np.linalg.norm(row)
        return rows


class Engine(PairReader):
    matcher_hash = "fake"
    languages = frozenset({"en"})

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        return [
            replace(UNSURE, unrelated=0.96, supports=0.02, refutes=0.01, neutral=0.01) if "choir" in p.passage else UNSURE
            for p in pairs
        ]


def shots(*sides: str, n: int = 3) -> list[Shot]:
    words = {"supports": "opened", "refutes": "closed", "neutral": "talks"}
    return [Shot(f"The bridge: {words[s]}, report {i}", s) for s in sides for i in range(n)]


def taught(rows: Sequence[Shot], probs: StanceProbs = UNSURE) -> Taught:
    return fit(rows, [probs] * len(rows), Words().embed([s.text for s in rows]))


def test_examples_that_help_switch_the_correction_on() -> None:
    found = taught(shots("supports", "refutes", "neutral"))
    assert found.on
    assert found.gain.loss_after < found.gain.loss_before
    assert (found.gain.right_before, found.gain.right_after) == (3, 9)
    (closed,) = Words().embed(["It was closed again"])
    assert found.corrected(UNSURE, closed).refutes > 0.6


def test_examples_that_say_nothing_leave_everything_as_it_is() -> None:
    noise = [Shot(f"The bridge: opened, report {i}", side) for i, side in enumerate(("supports", "refutes") * 4)]
    found = taught(noise)
    assert not found.on
    (vector,) = Words().embed(["opened"])
    assert found.corrected(UNSURE, vector) is UNSURE


def test_a_model_that_is_right_already_is_not_corrected() -> None:
    rows = shots("supports", "refutes")
    right = [StanceProbs(0.98, 0.01, 0.01, 0) if s.stance == "supports" else StanceProbs(0.01, 0.98, 0.01, 0) for s in rows]
    assert not fit(rows, right, Words().embed([s.text for s in rows])).on


@pytest.mark.parametrize("rows", [[], shots("supports", n=8), shots("supports", "refutes", n=1)], ids=["none", "one side", "two"])
def test_too_few_examples_teach_nothing(rows: list[Shot]) -> None:
    assert not rows or not taught(rows).on


def test_unrelated_is_never_taught() -> None:
    found = taught(shots("supports", "refutes", "neutral"))
    (closed,) = Words().embed(["closed"])
    moved = found.corrected(replace(UNSURE, supports=0.3, refutes=0.1, neutral=0.1, unrelated=0.5), closed)
    assert moved.unrelated == 0.5
    assert moved.supports + moved.refutes + moved.neutral + moved.unrelated == pytest.approx(1.0)
    off_topic = replace(UNSURE, supports=0.05, refutes=0.0, neutral=0.0, unrelated=0.95)
    assert found.corrected(off_topic, closed) is off_topic


def test_each_wording_counts_once_and_blank_ones_not_at_all() -> None:
    examples = Examples(("A", " "), ("B", "B"), ())
    assert fewshot.shots_of(examples) == (Shot("A", "supports"), Shot("B", "refutes"))


EXAMPLES = Examples(
    supports=tuple(f"The bridge opened on day {i}" for i in range(3)),
    refutes=tuple(f"The bridge stays closed, part {i}" for i in range(3)),
    neutral=tuple(f"There are talks about the bridge, round {i}" for i in range(3)),
)
CLAIM = ClaimSpec("open", "The bridge is open.")
TEXT = Text("r", "The bridge stays closed for another year, the port said on Monday in a statement.", None, "en", None)


def matcher(examples: Examples) -> Matcher:
    return Matcher(Topic("t", "T", (replace(CLAIM, examples=examples),), ()), Engine(), Words())  # type: ignore[arg-type]


def test_a_claims_examples_change_the_matchers_answer_and_its_hash() -> None:
    plain, with_examples = matcher(Examples()), matcher(EXAMPLES)
    (before,), (after,) = plain.answer([TEXT]), with_examples.answer([TEXT])
    probs = dict(after.windows)["open"][0].probs
    assert dict(before.windows)["open"][0].probs == UNSURE
    assert probs.refutes > max(probs.supports, probs.neutral)
    assert after.judgements[0].stance is Stance.REFUTES
    assert plain.hash != with_examples.hash
    assert with_examples.about["taught"] == {"open": True}


def test_a_topics_names_and_people_are_part_of_the_matchers_hash() -> None:
    plain = Topic("t", "T", (CLAIM,), ())
    berg, port = Person("anna-berg", "Anna Berg", ("Berg", "A. Berg")), Name("The port", ("harbour",))
    topics = [
        plain,
        replace(plain, names=(port,)),
        replace(plain, people=(berg,)),
        replace(plain, people=(replace(berg, variants=("Berg",)),)),
        replace(plain, people=(replace(berg, role="mayor"),)),
    ]
    assert len({matcher_hash(Engine(), one) for one in topics}) == len(topics)  # type: ignore[arg-type]
    other_way = replace(berg, variants=berg.variants[::-1])
    two = replace(plain, people=(berg, Person("carl", "Carl"))), replace(plain, people=(Person("carl", "Carl"), other_way))
    assert len({matcher_hash(Engine(), one) for one in two}) == 1, "the order of a file says nothing"  # type: ignore[arg-type]


def test_taking_the_examples_away_gives_the_old_matcher_back() -> None:
    assert matcher(Examples()).hash == matcher_hash(Engine())  # type: ignore[arg-type]
    assert matcher(EXAMPLES).hash == matcher(EXAMPLES).hash
