"""Claims out of other people's files, with errors by row and near-duplicates flagged."""

from __future__ import annotations

import io
import json

import pytest
from openpyxl import Workbook

from claimline.claim_files import read
from claimline.errors import UsageError
from claimline.models import ClaimSpec

KNOWN = (ClaimSpec("bridge-safe", "The bridge is safe for heavy lorries"),)


def test_rows_of_csv_become_claims_with_slugs_and_tags() -> None:
    rows = read("c.csv", "Claim;Tags\nDie Fähre fährt wieder;Fähre, Hafen\n".encode())
    assert rows[0].spec == ClaimSpec("die-fahre-fahrt-wieder", "Die Fähre fährt wieder", ("Fähre", "Hafen"))


def test_every_wrong_row_is_told_with_its_number() -> None:
    taken = ["A fine claim this is,Bad Slug", "A fine claim this is,bridge-safe"]
    text = "\n".join(["statement,slug", ",x", "Is it so?,", "The bridge is SAFE for heavy lorries,", *taken])
    rows = read("c.csv", text.encode(), KNOWN)
    assert [(r.row, r.spec) for r in rows] == [(2, None), (3, None), (4, None), (5, None), (6, None)]
    words = [r.problem for r in rows]
    assert words[0] == "has no statement"
    assert "question" in words[1]
    assert "is there already as bridge-safe" in words[2]
    assert "other characters" in words[3]
    assert "is taken" in words[4]


def test_a_near_duplicate_is_flagged_and_kept() -> None:
    row = read("c.csv", b"statement\nThe bridge is safe for heavy lorry\n", KNOWN)[0]
    assert row.spec is not None
    assert row.near == "bridge-safe"


def test_two_rows_alike_get_slugs_of_their_own() -> None:
    long = "A very long claim about the harbour and its many bridges and boats"
    rows = read("c.csv", f"statement\n{long} one\n{long} two\n".encode())
    assert len({r.spec.slug for r in rows if r.spec}) == 2


def test_xlsx_is_read_and_its_formulas_are_not_run() -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["statement", "tags"])
    book.active.append(["The ferry will come back in May", "ferry"])
    book.active.append(["=1+1", ""])
    out = io.BytesIO()
    book.save(out)
    rows = read("c.xlsx", out.getvalue())
    assert rows[0].spec is not None
    assert rows[0].spec.tags == ("ferry",)
    assert all(r.statement != "2" for r in rows)


@pytest.mark.parametrize(
    "wrap", [lambda r: r, lambda r: [r], lambda r: {"@graph": [r]}, lambda r: {"dataFeedElement": [{"item": [r]}]}]
)
def test_claimreview_is_read_alone_in_lists_and_in_feeds(wrap) -> None:  # type: ignore[no-untyped-def]
    review = {"@type": "ClaimReview", "claimReviewed": "The ferry will come back in May", "keywords": ["ferry"]}
    rows = read("r.json", json.dumps(wrap(review)).encode())
    assert rows[0].statement == "The ferry will come back in May"
    assert rows[0].spec is not None
    assert rows[0].spec.tags == ("ferry",)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("c.csv", b"a,b\n1,2\n"),
        ("c.csv", b""),
        ("c.csv", b"\xff\xfe"),
        ("c.xlsx", b"no zip"),
        ("c.json", b"{"),
        ("c.json", b"[" * 100_000),
        ("c.json", b"3"),
        ("c.doc", b"x"),
        ("c.csv", b"statement\n" + b"a claim of some words\n" * 2_001),
    ],
)
def test_a_file_that_holds_no_claims_is_told_in_one_line(name: str, data: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        read(name, data)
    assert "\n" not in str(caught.value)
