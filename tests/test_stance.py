"""The bundled stance model behind its seam."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from claimline.matching.stance import (
    WEIGHTS,
    ModelMissing,
    OnnxEngine,
    Pair,
    PairReader,
    Reading,
    StanceEngine,
    StanceProbs,
    folder_hash,
    load_engine,
)

CLAIM = "The ferry terminal can handle hydrogen tankers."
PAIRS = [
    Pair(CLAIM, "Hydrogen tankers can be handled at the ferry terminal without any changes, its operator confirmed."),
    Pair(CLAIM, "The terminal is incompatible with hydrogen tankers, the port authority ruled."),
    Pair(CLAIM, "Whether the terminal could one day handle hydrogen tankers is still being studied."),
    Pair(CLAIM, "The choir's new recording of the Christmas oratorio goes on sale in December."),
]


@pytest.fixture(scope="module")
def engine() -> StanceEngine:
    return load_engine()


def best(engine: StanceEngine, claim: str, passage: str, context: str = "") -> str:
    (p,) = engine.predict([Pair(claim, passage, context)])
    return max(("supports", "refutes", "neutral", "unrelated"), key=lambda k: getattr(p, k))


def test_the_model_is_loaded_once_a_process(engine: StanceEngine) -> None:
    assert load_engine() is engine


def test_no_pairs_no_answers(engine: StanceEngine) -> None:
    assert engine.predict([]) == []


def test_probabilities_sum_to_one(engine: StanceEngine) -> None:
    for p in engine.predict(PAIRS):
        assert p.supports + p.refutes + p.neutral + p.unrelated == pytest.approx(1.0, abs=1e-5)


def test_an_answer_does_not_depend_on_its_neighbours(engine: StanceEngine) -> None:
    together = engine.predict([*PAIRS, Pair(CLAIM, "A long and winding report. " * 30)])
    for pair, p in zip(PAIRS, together, strict=False):
        (alone,) = engine.predict([pair])
        assert alone.supports == pytest.approx(p.supports, abs=2e-3)
        assert alone.unrelated == pytest.approx(p.unrelated, abs=2e-3)


def test_very_long_and_empty_texts_are_answered(engine: StanceEngine) -> None:
    assert len(engine.predict([Pair("x " * 3000, "y " * 3000, "z " * 3000), Pair("", "", "")])) == 2


def test_a_reading_answers_for_each_of_its_sentences_however_many(engine: StanceEngine) -> None:
    sentences = tuple(p.passage for p in PAIRS) * 20
    short, long = engine.read([[Reading(CLAIM, sentences[:2], "A terminal")], [Reading(CLAIM, sentences, before="It rained.")]])
    assert (len(short.sentences), len(long.sentences)) == (2, len(sentences))
    for p in long.sentences:
        assert p.supports + p.refutes + p.neutral + p.unrelated == pytest.approx(1.0, abs=1e-5)


def test_a_sentence_read_alone_takes_the_side_that_it_takes_as_a_pair(engine: StanceEngine) -> None:
    (read,), (asked,) = engine.read([[Reading(CLAIM, (PAIRS[1].passage,))]])[0].sentences, engine.predict([PAIRS[1]])
    assert read.refutes > read.supports
    assert asked.refutes > asked.supports


def test_an_engine_of_pairs_reads_each_sentence_after_the_one_before(engine: StanceEngine) -> None:
    class Hears(PairReader):
        asked: Sequence[Pair] = ()

        def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
            self.asked = pairs
            return [StanceProbs(0, 0, 0, 1)] * len(pairs)

    told = Hears()
    first, second = told.read(
        [[Reading("C", ("a", "b"), title="T"), Reading("C", ("d",), title="T", before="c")], [Reading("C", ("e",))]]
    )
    assert (len(first.sentences), len(second.sentences)) == (3, 1)
    assert (first.together, second.together) == (None, None), "it knows single sentences only"
    assert told.asked == [Pair("C", "a", "T"), Pair("C", "b", "a"), Pair("C", "d", "c"), Pair("C", "e", "")]


def test_a_title_is_answered_where_it_is_asked(engine: StanceEngine) -> None:
    sentences = (PAIRS[3].passage, PAIRS[0].passage)
    (plain,) = engine.read([[Reading(CLAIM, sentences, "Port ready for hydrogen")]])
    (asked,) = engine.read([[Reading(CLAIM, sentences, "Port ready for hydrogen", asks_title=True)]])
    assert len(asked.sentences) == 3
    assert [p.supports for p in asked.sentences[1:]] == pytest.approx([p.supports for p in plain.sentences], abs=1e-6)
    assert asked.together == plain.together, "the title is read in both"


def test_an_article_says_something_of_all_its_sentences_together_whatever_stands_beside_it(engine: StanceEngine) -> None:
    sentences = tuple(p.passage for p in PAIRS) * 5
    long, short = (
        [Reading(CLAIM, sentences), Reading(CLAIM, sentences[:3], before=sentences[-1])],
        [Reading(CLAIM, sentences[:1])],
    )
    beside = engine.read([short, long, short])[1].together
    (alone,) = engine.read([long])
    assert alone.together is not None
    assert beside is not None
    assert len(alone.together.parts) >= 3, "the second reading is a part of its own"
    assert len(alone.together.digest) >= 1
    for one, two in zip(alone.together.parts + alone.together.digest, beside.parts + beside.digest, strict=True):
        assert len(one) == 5
        assert one == pytest.approx(two, abs=1e-3)


def test_what_touches_nothing_or_all_of_what_is_read_is_not_read_again(engine: StanceEngine) -> None:
    weather = "It rained in the mountains for the third day in a row."
    nothing, everything = engine.read([[Reading(CLAIM, (weather, weather))], [Reading(CLAIM, (PAIRS[0].passage,))]])
    assert nothing.together is not None
    assert nothing.together.digest == ()
    assert everything.together is not None
    assert everything.together.digest == ()


def test_the_promised_languages_are_declared(engine: StanceEngine) -> None:
    assert {"en", "ru", "tr", "fr", "de", "ar"} <= engine.languages


def test_the_hash_covers_weights_calibration_and_aggregation(tmp_path: Path) -> None:
    for name in ("engine.json", "aggregate.json", "tokenizer.json"):
        shutil.copy(WEIGHTS / name, tmp_path / name)
    (tmp_path / "stance.onnx").write_bytes(b"weights")
    before = folder_hash(tmp_path)
    for name in ("engine.json", "aggregate.json", "tokenizer.json", "stance.onnx"):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b"\n")
        after = folder_hash(tmp_path)
        assert after != before
        before = after


def test_a_missing_model_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"none-such: there is no such model; `claimline models list` shows"):
        load_engine("none-such", models_dir=tmp_path)
    with pytest.raises(ModelMissing, match=r"engine\.json"):
        OnnxEngine(tmp_path)


def test_the_bundle_stays_small() -> None:
    assert sum(f.stat().st_size for f in WEIGHTS.iterdir()) < 62_000_000


@pytest.mark.parametrize(
    ("claim", "passage", "stance"),
    [
        (CLAIM, PAIRS[0].passage, "supports"),
        (CLAIM, PAIRS[1].passage, "refutes"),
        (CLAIM, PAIRS[2].passage, "neutral"),
        (CLAIM, PAIRS[3].passage, "unrelated"),
        ("Peru has asked for the loan.", "No request for a loan has been made, the Peruvian finance minister said.", "refutes"),
        ("Peru has approved the treaty.", "Peru's congress has not yet approved the treaty.", "refutes"),
        ("The army carried out the raid.", "The army rejected the accusation that its men had carried out the raid.", "refutes"),
        (CLAIM, "Терминал не может принимать танкеры с водородом, заявил представитель порта.", "refutes"),
        (CLAIM, "Terminal hidrojen tankerlerini kabul edebiliyor, dedi liman yetkilisi.", "supports"),
        (CLAIM, "Le terminal est incapable d'accueillir des navires transportant de l'hydrogène.", "refutes"),
    ],
)
def test_the_plain_cases_come_out_right(engine: StanceEngine, claim: str, passage: str, stance: str) -> None:
    assert best(engine, claim, passage) == stance
