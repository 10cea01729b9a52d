"""The benchmarks count what they say they count."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import stance
from benchmarks.figures import calibration_error, figures
from claimline.matching.matcher import Answer, Text
from claimline.matching.stance import Pair, PairReader, StanceProbs
from claimline.models import Judgement, Stance, Topic


class Echo(PairReader):
    """Answers with the stance that the passage names."""

    matcher_hash = "echo"
    languages = frozenset({"en"})

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        order = ("supports", "refutes", "neutral", "unrelated")
        return [StanceProbs(*(0.91 if s in p.passage else 0.03 for s in order)) for p in pairs]


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8") as f:
        f.write("".join(json.dumps(r) + "\n" for r in rows))
    return path


def pair(premise: str, label: str) -> dict[str, str]:
    return {"premise": premise, "hypothesis": "c", "label": label}


def test_macro_f1_is_the_mean_over_the_labels_that_occur() -> None:
    f = figures(["supports", "supports", "refutes"], ["supports", "refutes", "refutes"])
    assert f.accuracy == pytest.approx(2 / 3)
    assert f.f1 == {"supports": pytest.approx(2 / 3), "refutes": pytest.approx(2 / 3)}
    assert f.table == {"supports": {"supports": 1, "refutes": 1}, "refutes": {"refutes": 1}}


def test_perfect_confidence_in_right_answers_is_calibrated() -> None:
    assert calibration_error([1.0, 1.0], [True, True]) == 0
    assert calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0)
    assert calibration_error([0.9, 0.9], [False, False]) == pytest.approx(0.9)


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.jsonl.gz"])
def test_where_a_file_has_no_unrelated_it_counts_as_neutral(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / name, [pair("supports", "supports"), pair("unrelated", "neutral"), pair("refutes", "refutes")])
    report = stance.pairs(file, Echo())
    assert report.figures.accuracy == 1.0
    assert report.skipped == 0


def test_not_supports_is_met_by_any_other_answer(tmp_path: Path) -> None:
    file = write(tmp_path / "f.jsonl", [pair("refutes", "not_supports"), pair("neutral", "not_supports"), pair("?", "odd")])
    report = stance.pairs(file, Echo())
    assert (report.figures.n, report.figures.accuracy, report.skipped) == (2, 1.0, 1)


def test_a_long_premise_is_read_through_its_passages(tmp_path: Path) -> None:
    filler = "Nothing of the kind happened here, it is all unrelated to the matter at hand. " * 20
    file = write(tmp_path / "f.jsonl", [pair(filler + "It refutes the claim entirely, said the minister.", "refutes")])
    assert stance.pairs(file, Echo()).figures.accuracy == 1.0


def test_articles_are_measured_with_everything_unlisted_as_unrelated(tmp_path: Path) -> None:
    rows = [{"id": "A", "lang": "en", "text": "One."}, {"id": "B", "lang": "tr", "text": "Two."}]
    articles = write(tmp_path / "a.jsonl", rows)
    claims = tmp_path / "c.tsv"
    claims.write_text("claim_id\ttopic\tstatement\nX1\tX\tIt is so.\nX2\tX\tIt is blue.\n", encoding="utf-8")
    labels = tmp_path / "l.tsv"
    labels.write_text(
        "article_id\tclaim_id\tlabel\tspeaker\nA\tX1\tsupports\t\nA\tX2\tunrelated\t\nB\tX1\trefutes\t\n", encoding="utf-8"
    )

    def answer(topic: Topic, texts: Sequence[Text]) -> list[Answer]:
        assert [c.slug for c in topic.claims] == ["X1", "X2"]
        return [Answer(t.key, (Judgement("X1", Stance.SUPPORTS, True, {Stance.SUPPORTS: 0.8}),)) for t in texts]

    report = stance.articles(articles, claims, labels, answer, draws=50)
    assert report.figures.table == {"supports": {"supports": 1}, "refutes": {"supports": 1}, "unrelated": {"unrelated": 1}}
    assert report.wrong_side == pytest.approx(1 / 3)
    assert report.english.n == 2
    (miss,) = report.misses
    assert (miss.article, miss.gold, miss.answer) == ("B", "refutes", "supports")
    assert report.interval[0] <= report.figures.macro_f1 <= report.interval[1] + 1e-9
    assert any("B X1" in line for line in report.lines(errors=True))
    json.dumps(report.as_dict())
