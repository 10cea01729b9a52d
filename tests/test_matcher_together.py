"""What the model says of sentences together counts for the article, unless its answer to one of them was set right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from claimline.matching.aggregate import said_together
from claimline.matching.matcher import Answer, Matcher, Text
from claimline.matching.stance import PairReader, Reading, StanceProbs, Together, Told
from claimline.models import ClaimSpec, Stance, Topic
from tests.test_fewshot import Words

SUPPORT = StanceProbs(0.9, 0.04, 0.04, 0.02)
NEUTRAL_TOGETHER = (0.0, 0.0, 9.0, 0.0, 0.0)
NOTHING = {"start": 0.0, "own": [0.0] * 2, "other": [0.0] * 2, "touch": [0.0] * 4}


class Torn(PairReader):
    """Every sentence supports, and all of them together are neutral."""

    matcher_hash, languages = "fake", frozenset({"en"})

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, articles: Sequence[Sequence[Reading]]) -> list[Told]:
        return [Told((SUPPORT,) * sum(len(r.asked) for r in readings), Together((NEUTRAL_TOGETHER,))) for readings in articles]


@pytest.fixture
def engine(tmp_path: Path) -> Torn:
    own = {"start": 9.0, "own": [1.0, 0, 0, 0, 0], "other": [0.0] * 5, "touch": [0.0] * 4}
    never = {"start": -9.0, "own": [0.0] * 5, "other": [0.0] * 5, "touch": [0.0] * 4}
    neutral = NOTHING | {"start": 20.0, "touch": [0.0, 4.0, 0.0, 0.0]}
    together = {"side": NOTHING, "neutral": neutral, "mixed": NOTHING}
    params = {"alone": {"side": own, "neutral": never, "mixed": never}, "together": together, "threshold": 0.5}
    (tmp_path / "aggregate.json").write_text(json.dumps(params))
    return Torn(tmp_path)


def answered(engine: Torn, statement: str, text: str) -> tuple[Stance, Answer]:
    topic = Topic("t", "T", (ClaimSpec("c", statement),), ())
    (answer,) = Matcher(topic, engine, Words()).answer([Text("r", text, "", "en", None)])  # type: ignore[arg-type]
    (judgement,) = answer.judgements
    return judgement.stance, answer


def test_all_together_decide(engine: Torn) -> None:
    stance, answer = answered(engine, "The bridge is opened", "The bridge is opened, the office said.")
    assert stance is Stance.NEUTRAL
    ((slug, told),) = answer.together
    chances = said_together(told)
    assert slug == "c"
    assert chances[Stance.NEUTRAL] == pytest.approx(0.99, abs=0.02)
    assert sum(chances.values()) == pytest.approx(1.0)


def test_a_corrected_sentence_is_judged_without_them(engine: Torn) -> None:
    statement, text = "The bridge is opened for 40 lorries a day", "The bridge is opened for 900 lorries a day, the office said."
    stance, answer = answered(engine, statement, text)
    assert stance is not Stance.NEUTRAL
    assert answer.together == (), "it did not count, so it is not told"
