"""Readings of public articles: labels in one file, texts in another, put together by the text's hash."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from training import readings

BODY = (
    "The harbour council met on Monday evening in the old customs house. It denied that the ferry had been sold to a Danish firm."
    " The mayor said that talks went on. Fishermen complained about the price of diesel once more."
)
RUMOUR = "The ferry has been sold."
LABELS = f"""=== TOPIC: {RUMOUR}
c1 | {RUMOUR}
c2 | The ferry will be scrapped.
# KEY
c1: T N; 2 R; 3 N
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Public rows: one body with its rumour and two headlines that it was judged against."""
    rows = [
        {"premise": BODY, "hypothesis": RUMOUR, "label": "refutes", "src": readings.BODIES},
        {
            "premise": BODY,
            "hypothesis": "Harbour council on ferry: was it sold to a Danish firm?",
            "label": "neutral",
            "src": readings.HEADLINES,
        },
        {
            "premise": BODY,
            "hypothesis": "Ferry sold by harbour council in old customs house",
            "label": "refutes",
            "src": readings.HEADLINES,
        },
        {"premise": "Another set's row.", "hypothesis": "Something.", "label": "neutral", "src": "other"},
    ]
    path = tmp_path / "train.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as f:
        f.writelines(json.dumps(r) + "\n" for r in rows)
    return path


def test_a_reading_meets_its_text_again(data: Path, tmp_path: Path) -> None:
    (key,) = readings.bodies(data)
    lab = tmp_path / "a.lab"
    lab.write_text(LABELS.replace("KEY", key), encoding="utf-8")
    gathered = tmp_path / "readings.jsonl"
    gathered.write_text("".join(json.dumps(r) + "\n" for r in readings.parse(lab)), encoding="utf-8")

    (article,) = readings.articles(gathered, data)

    sold, scrapped = article["claims"]
    assert article["labels"] == {sold: "refutes", scrapped: "unrelated"}
    assert article["title"].endswith("Danish firm?"), "a headline that the body refutes is not its title"
    assert article["title_marks"] == {sold: "neutral"}
    denied = next(s for s in article["sentences"] if "denied" in s["text"])
    assert denied["marks"] == {sold: "refutes"}
    assert BODY[:40] not in gathered.read_text(encoding="utf-8"), "the text itself stays where it is"


def test_the_sheets_number_the_sentences_that_the_labels_name(data: Path, tmp_path: Path) -> None:
    readings.sheets(data, tmp_path / "sheets")
    sheet = (tmp_path / "sheets" / "01.txt").read_text(encoding="utf-8")
    assert f"=== TOPIC: {RUMOUR}" in sheet
    assert "2 It denied that the ferry had been sold to a Danish firm." in sheet


def test_a_reading_without_its_text_is_left_out(data: Path, tmp_path: Path) -> None:
    gathered = tmp_path / "readings.jsonl"
    gathered.write_text(json.dumps({"text": "0" * 12, "topic": "t", "claims": {}, "marks": {}}) + "\n", encoding="utf-8")
    assert readings.articles(gathered, data) == []


@pytest.mark.parametrize("line", ["c1: 4 X", "c7: 2 S", "loose words"])
def test_a_label_that_cannot_be_read_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    lab = tmp_path / "bad.lab"
    lab.write_text(f"=== TOPIC: t\nc1 | A claim.\n# {'0' * 12}\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.lab:4"):
        readings.parse(lab)


def test_where_a_second_reader_differs_the_pair_is_marked(data: Path, tmp_path: Path) -> None:
    (key,) = readings.bodies(data)
    lab = tmp_path / "a.lab"
    lab.write_text(LABELS.replace("KEY", key), encoding="utf-8")
    read = readings.parse(lab)
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "01.lab").write_text(f"{key} RN\n", encoding="utf-8")

    count = readings.read_again(read, tmp_path / "second")

    assert count == {"pairs": 2, "alike": 1, "opposite": 0}
    assert read[0]["second"] == {"c2": "neutral"}


def test_further_claims_on_the_same_article_stand_beside_the_first(data: Path, tmp_path: Path) -> None:
    (key,) = readings.bodies(data)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.lab").write_text(LABELS.replace("KEY", key), encoding="utf-8")
    further = f"=== TOPIC: {RUMOUR}\nc1 | Diesel has become dearer.\n# {key}\nc1: 4 S\n"
    (tmp_path / "labels" / "a.lab2").write_text(further, encoding="utf-8")

    (read,) = readings.gathered(tmp_path / "labels")

    assert list(read["claims"]) == ["c1", "c2", "d1"]
    assert read["marks"]["d1"] == {"4": "S"}
