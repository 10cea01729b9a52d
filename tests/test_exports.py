"""What leaves: the same rows in every kind of file, no cell a formula, feeds and reviews that others can read."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from claimline.exports import tables
from claimline.exports.claimreview import Review, claim_review
from claimline.exports.feed import Entry, atom
from claimline.models import Position, Stance, Status

COLUMNS = ("quote", "n", "day")
HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =cmd|' /C calc'!A0",
    "\u200b=1",
    "\uff1d1",
    "|x",
    "%x",
    "\n=1",
    "\u202e=1",
]


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("words", HOSTILE)
def test_no_cell_of_csv_is_a_formula(words: str) -> None:
    cell = read_csv(tables.to_csv(COLUMNS, [{"quote": words}]))[1][0]
    assert cell.startswith("'")


@given(st.text())
def test_no_text_at_all_becomes_a_formula(words: str) -> None:
    cell = tables.safe(words)
    assert not cell.lstrip().startswith(("=", "+", "-", "@")) or cell.startswith("'")


@pytest.mark.parametrize("words", HOSTILE)
def test_no_cell_of_xlsx_is_a_formula(words: str) -> None:
    sheet = load_workbook(io.BytesIO(tables.to_xlsx(COLUMNS, [{"quote": words, "n": 1}]))).active
    assert sheet is not None
    assert sheet["A2"].data_type in ("s", "n", "inlineStr")


def test_numbers_stay_numbers_and_days_are_iso() -> None:
    row = {"quote": "Häfen, „Brücke“\nzwei", "n": -1.5, "day": date(2020, 2, 3)}
    assert read_csv(tables.to_csv(COLUMNS, [row]))[1] == ["Häfen, „Brücke“\nzwei", "-1.5", "2020-02-03"]
    assert json.loads(tables.to_jsonl(COLUMNS, [row])) == {"quote": row["quote"], "n": -1.5, "day": "2020-02-03"}
    sheet = load_workbook(io.BytesIO(tables.to_xlsx(COLUMNS, [row]))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]] == [row["quote"], -1.5, "2020-02-03"]


def test_the_same_columns_stand_in_every_kind_of_file() -> None:
    rows = [{"quote": "a", "n": 1, "day": None, "other": "left out"}]
    assert read_csv(tables.write("csv", COLUMNS, rows))[0] == list(COLUMNS)
    assert list(json.loads(tables.write("jsonl", COLUMNS, rows))) == list(COLUMNS)
    sheet = load_workbook(io.BytesIO(tables.write("xlsx", COLUMNS, rows))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]] == list(COLUMNS)


def test_broken_characters_break_no_file() -> None:
    row = {"quote": "a\x00b\x0bc\ud800d\uffff"}
    for kind in tables.TYPES:
        assert tables.write(kind, COLUMNS, [row])


def test_the_feed_is_xml_with_plain_words() -> None:
    at = datetime(2021, 1, 2, tzinfo=UTC)
    entry = Entry(
        "k1", "False: <b>x</b> \x0b", "before \u2192 after\n\u201c<script>\u201d", "https://desk.example/c/1#k1", at, "refuted"
    )
    made = atom("A claim & more", "claim:1", "https://desk.example/c/1", "https://desk.example/f.atom", [entry])
    root = ElementTree.fromstring(made)
    space = {"a": "http://www.w3.org/2005/Atom"}
    assert root.findtext("a:entry/a:id", namespaces=space) == "urn:claimline:change:k1"
    assert "<script>" in (root.findtext("a:entry/a:content", namespaces=space) or "")
    assert b"<script>" not in made


def test_an_empty_feed_is_a_feed() -> None:
    assert ElementTree.fromstring(atom("A", "k", "https://a.example/", "https://a.example/f", [])).tag.endswith("feed")


def a_review(status: Status, review: str = "confirmed by Ada") -> Review:
    at = datetime(2021, 1, 2, tzinfo=UTC)
    day = date(2020, 12, 29)
    denied = Position("p", "https://a.example/x", "r", Stance.REFUTES, 0.9, day, speaker_written="Joost Keller", quote="No.")
    said = Position("p3", "https://b.example/y", "r", Stance.SUPPORTS, 0.9, day, speaker_written="Mara Lindqvist", quote="Yes.")
    local = Position("p2", "folder/file.txt", "r", Stance.REFUTES, 0.9, day)
    return Review("It is so", status, review, at, "https://desk.example/c/1", "Desk", (denied, said, local))


@pytest.mark.parametrize(("status", "rating"), [(Status.SUPPORTED, 5), (Status.REFUTED, 1), (Status.CONTESTED, 3)])
def test_a_review_rates_and_names_who_said_it_where(status: Status, rating: int) -> None:
    made = claim_review(a_review(status))
    assert made is not None
    assert made["reviewRating"]["ratingValue"] == rating
    assert made["itemReviewed"]["appearance"] == [{"@type": "CreativeWork", "url": "https://b.example/y"}]
    assert made["citation"] == [{"@type": "CreativeWork", "url": "https://a.example/x"}]
    assert made["itemReviewed"]["datePublished"] == "2020-12-29"
    assert made["itemReviewed"]["author"]["name"] == "Mara Lindqvist"
    assert made["claimReviewed"] == "It is so"


def test_who_refutes_a_claim_is_neither_its_author_nor_where_it_appears() -> None:
    refuted = a_review(Status.REFUTED)
    made = claim_review(replace(refuted, quotes=refuted.quotes[:1]))
    assert made is not None
    assert made["itemReviewed"] == {"@type": "Claim"}
    assert [work["url"] for work in made["citation"]] == ["https://a.example/x"]


def test_what_is_no_verdict_is_no_review() -> None:
    assert claim_review(a_review(Status.OPEN)) is None
