"""Is this text new, and what changed?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimline import revisions
from claimline.models import Cleaned, DateBasis, DateFinding
from claimline.normal import sha256
from claimline.revisions import Kind, RevisionLine

NOON = datetime(2020, 12, 30, 12, tzinfo=UTC)
BODY = "The system cannot be integrated, the chief said.\nHe did not explain why this was so, nor what would follow from it."


def cleaned(text: str, *, modified: date | None = None, cleaner: str = "c1") -> Cleaned:
    stamp = DateFinding(modified, DateBasis.METADATA, str(modified)) if modified else None
    published = DateFinding(date(2020, 12, 29), DateBasis.METADATA, "2020-12-29")
    return Cleaned(text, sha256(text), cleaner, None, None, (), "en", 1.0, published, stamp)


def line(text: str, key: str = "a", *, hours: int = 0, cleaner: str = "c1") -> RevisionLine:
    return RevisionLine(key, text, sha256(text), cleaner, NOON + timedelta(hours=hours), date(2020, 12, 29))


def test_the_first_text_of_an_article_stands_from_its_publication() -> None:
    decision = revisions.decide([], cleaned(BODY), seen_at=NOON)
    assert (decision.kind, decision.new) == (Kind.FIRST, True)
    assert decision.dated is not None
    assert decision.dated.day == date(2020, 12, 29)


def test_the_same_text_is_a_sighting() -> None:
    decision = revisions.decide([line(BODY)], cleaned(BODY), seen_at=NOON)
    assert (decision.kind, decision.matches, decision.new) == (Kind.SAME, "a", False)


def test_an_earlier_text_that_stands_again_is_no_third_revision() -> None:
    known = [line(BODY, "a"), line(BODY.replace("cannot", "can"), "b", hours=1)]
    decision = revisions.decide(known, cleaned(BODY), seen_at=NOON)
    assert (decision.kind, decision.matches, decision.previous) == (Kind.BACK, "a", "b")


def test_an_edit_stands_from_its_modified_date() -> None:
    edited = cleaned(BODY.replace("cannot", "can"), modified=date(2020, 12, 30))
    decision = revisions.decide([line(BODY)], edited, seen_at=NOON + timedelta(days=3))
    assert decision.kind is Kind.EDITED
    assert decision.dated is not None
    assert (decision.dated.day, decision.dated.basis) == (date(2020, 12, 30), DateBasis.METADATA)


@pytest.mark.parametrize("modified", [date(2020, 12, 1), date(2021, 2, 1), None])
def test_an_edit_without_a_plausible_date_stands_from_the_day_it_was_seen(modified: date | None) -> None:
    decision = revisions.decide([line(BODY)], cleaned("Other words.", modified=modified), seen_at=NOON)
    assert decision.dated is not None
    assert (decision.dated.day, decision.dated.basis) == (NOON.date(), DateBasis.FIRST_SEEN)


def test_a_stamp_that_the_earlier_text_bore_already_does_not_date_the_edit() -> None:
    earlier = replace(line(BODY), modified=date(2020, 12, 29))
    day = revisions.valid_day(cleaned("Other words.", modified=date(2020, 12, 29)), earlier, seen_at=NOON)
    assert day.day == NOON.date()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("12 comments", "13 comments"),
        ("1 204 просмотра", "1 307 просмотров"),
        ("Read also: One thing happened", "Read also: Another thing happened"),
        ("Related articles\nFirst story of the day\nSecond story", "Related articles\nThird story"),
        ("Updated: 29 December 2020, 10:00", "Updated: 29 December 2020, 14:00"),
        ("Ayrıca okuyun: Bir haber", "Ayrıca okuyun: Başka bir haber"),
    ],
)
def test_counters_and_links_are_no_edit(before: str, after: str) -> None:
    decision = revisions.decide([line(f"{BODY}\n{before}")], cleaned(f"{BODY}\n{after}"), seen_at=NOON)
    assert (decision.kind, decision.matches) == (Kind.TRIVIAL, "a")


def test_a_number_in_prose_is_an_edit() -> None:
    known = [line(BODY + "\nIn all 12 people made comments on the deal on Monday.")]
    assert (
        revisions.decide(known, cleaned(BODY + "\nIn all 13 people made comments on the deal on Monday."), seen_at=NOON).kind
        is Kind.EDITED
    )


def test_prose_after_a_related_link_still_counts() -> None:
    old, new = (f"{BODY}\nRead also: A story\nThe minister {verb} it on Friday." for verb in ("denied", "confirmed"))
    assert revisions.decide([line(old)], cleaned(new), seen_at=NOON).kind is Kind.EDITED


def test_another_cleaner_makes_a_new_revision_of_the_same_day() -> None:
    decision = revisions.decide([line(BODY)], cleaned(BODY + " Photo.", cleaner="c2"), seen_at=NOON + timedelta(days=9))
    assert (decision.kind, decision.new) == (Kind.RECLEANED, True)
    assert decision.dated is not None
    assert decision.dated.day == date(2020, 12, 29)


def test_a_word_diff_shows_the_word_that_changed() -> None:
    parts = revisions.word_diff("It can be integrated.", "It cannot be integrated.")
    assert [(p.old, p.new) for p in parts if not p.equal] == [("can", "cannot")]


@settings(deadline=None)
@given(st.text(alphabet="ab c.\n"), st.text(alphabet="ab c.\n"))
def test_a_word_diff_holds_both_texts_whole(old: str, new: str) -> None:
    parts = revisions.word_diff(old, new)
    assert "".join(p.old for p in parts) == old
    assert "".join(p.new for p in parts) == new
