"""Evidence proves itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimline import evidence
from claimline.errors import EvidenceError
from claimline.models import Stance

TEXT = 'The chief spoke. "The S-400 cannot be integrated into the system," he said. Others agreed.'


def test_a_quote_is_the_text_at_its_offsets() -> None:
    made = evidence.quote(TEXT, 17, 75, stance=Stance.REFUTES, confidence=0.9)
    assert TEXT[made.start : made.end] == made.quote


def test_blanks_at_the_ends_do_not_belong_to_a_quote() -> None:
    made = evidence.quote("a  word \n", 1, 9, stance=Stance.NEUTRAL, confidence=0.5)
    assert (made.start, made.end, made.quote) == (3, 7, "word")


@pytest.mark.parametrize(("start", "end"), [(-1, 4), (4, 4), (5, 4), (0, 10_000)])
def test_a_span_outside_the_text_is_refused(start: int, end: int) -> None:
    with pytest.raises(EvidenceError, match="outside"):
        evidence.quote(TEXT, start, end, stance=Stance.NEUTRAL, confidence=0.5)


def test_a_span_that_reads_otherwise_is_refused() -> None:
    with pytest.raises(EvidenceError, match="not 'can be"):
        evidence.quote(TEXT, 17, 40, stance=Stance.SUPPORTS, confidence=0.5, expected="can be integrated")


def test_a_blank_span_is_refused() -> None:
    with pytest.raises(EvidenceError, match="blank"):
        evidence.quote("a    b", 1, 4, stance=Stance.NEUTRAL, confidence=0.5)


@settings(deadline=None)
@given(st.text(), st.integers(-5, 60), st.integers(-5, 60))
def test_a_quote_exists_only_if_it_stands_in_the_text(text: str, start: int, end: int) -> None:
    try:
        made = evidence.quote(text, start, end, stance=Stance.NEUTRAL, confidence=0.1)
    except EvidenceError:
        return
    assert made.quote
    assert text[made.start : made.end] == made.quote


def test_a_quote_is_found_again_where_the_text_before_it_grew() -> None:
    words = '"The S-400 cannot be integrated into the system," he said.'
    later = "UPDATED with more. " + TEXT
    start, end = evidence.anchor(words, later) or (0, 0)
    assert later[start:end] == words


def test_of_two_places_the_nearer_one_is_meant() -> None:
    text = "no deal. " + "x" * 50 + " no deal."
    assert evidence.anchor("no deal.", text, near=55) == (60, 68)
    assert evidence.anchor("no deal.", text) == (0, 8)


def test_other_quotation_marks_and_blanks_are_the_same_words() -> None:
    later = "He said: “The S-400  cannot\nbe integrated into the system,” and left."
    found = evidence.anchor('"The S-400 cannot be integrated into the system,"', later)
    assert found is not None
    assert later[found[0] : found[1]] == "“The S-400  cannot\nbe integrated into the system,”"


def test_a_mended_misprint_is_found() -> None:
    later = "The rocket system cannot be integrated into the alliance's air defence."
    found = evidence.anchor("The rocket system cannot be intergrated into the alliance's air defence.", later)
    assert found == (0, len(later))


@pytest.mark.parametrize(
    "other",
    [
        "The rocket system can be integrated into the alliance's air defence.",
        "The rocket system cannot now be integrated into the alliance's air defence.",
        "The rocket system cannot be disintegrated into the alliance's air defence.",
    ],
)
def test_words_that_turn_the_sense_are_not_the_same_quote(other: str) -> None:
    assert evidence.anchor("The rocket system cannot be integrated into the alliance's air defence.", other) is None


def test_another_number_is_not_the_same_quote() -> None:
    assert (
        evidence.anchor("The second of 120 systems was delivered in July", "The second of 180 systems was delivered in July")
        is None
    )


def test_a_possible_thing_is_not_an_impossible_one() -> None:
    assert evidence.anchor("Интеграция этой системы в ПВО возможна", "Интеграция этой системы в ПВО невозможна") is None


@settings(deadline=None)
@given(st.text(alphabet="ab cé«»\n", min_size=1, max_size=30), st.text(alphabet="ab cé«»\n", max_size=30))
def test_a_verbatim_quote_is_always_found(words: str, around: str) -> None:
    if words.strip():
        start, end = evidence.anchor(words, around + words + around) or (0, 0)
        assert (around + words + around)[start:end] == words
