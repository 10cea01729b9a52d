"""Is this text new, and what changed?"""

from __future__ import annotations

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


def cleaned(text: str, *, cleaner: str = "c1", title: str | None = None, notice: str | None = None) -> Cleaned:
    published = DateFinding(date(2020, 12, 29), DateBasis.METADATA, "2020-12-29")
    return Cleaned(text, sha256(text), cleaner, title, None, (), "en", 1.0, published, None, notice=notice)


def line(text: str, number: int = 1, *, cleaner: str = "c1", body: str | None = None, title: str | None = None) -> RevisionLine:
    return RevisionLine(number, cleaner, sha256(text), body, revisions.fingerprint(cleaned(text, title=title)))


def test_the_first_text_of_an_article_is_new() -> None:
    decision = revisions.decide([], None, cleaned(BODY))
    assert (decision.kind, decision.new) == (Kind.FIRST, True)


def test_the_same_text_is_a_sighting() -> None:
    decision = revisions.decide([line(BODY)], 1, cleaned(BODY))
    assert (decision.kind, decision.matches, decision.new) == (Kind.SAME, 1, False)


def test_an_earlier_text_that_stands_again_is_no_third_revision() -> None:
    known = [line(BODY, 1), line(BODY.replace("cannot", "can"), 2)]
    assert revisions.decide(known, 2, cleaned(BODY)) == revisions.RevisionDecision(Kind.BACK, 1)
    with_counter = cleaned(BODY + "\n12 comments")
    assert revisions.decide(known, 2, with_counter) == revisions.RevisionDecision(Kind.BACK, 1)


def test_other_words_are_an_edit() -> None:
    decision = revisions.decide([line(BODY)], 1, cleaned(BODY.replace("cannot", "can")))
    assert (decision.kind, decision.new) == (Kind.EDITED, True)


# --- the day of an edit ---------------------------------------------------------------------------------------------


def day_of(modified: date | None, *, borne: tuple[date, ...] = (), last_seen: datetime = NOON) -> date:
    stamp = DateFinding(modified, DateBasis.METADATA, str(modified)) if modified else None
    return revisions.valid_day(
        stamp, borne=borne, before=date(2020, 12, 29), last_seen=last_seen, seen_at=NOON + timedelta(days=5)
    )


def test_an_edit_stands_from_its_modified_date() -> None:
    assert day_of(date(2021, 1, 1)) == date(2021, 1, 1)


@pytest.mark.parametrize("modified", [date(2020, 12, 1), date(2021, 2, 1), date(2021, 1, 5), None])
def test_an_edit_without_a_plausible_date_stands_from_the_day_it_was_seen(modified: date | None) -> None:
    assert day_of(modified) == date(2021, 1, 4)


def test_a_stamp_that_an_earlier_text_bore_already_does_not_date_the_edit() -> None:
    assert day_of(date(2021, 1, 1), borne=(date(2021, 1, 1),)) == date(2021, 1, 4)


def test_an_edit_is_not_older_than_the_last_look_at_the_text_before_it() -> None:
    assert day_of(date(2021, 1, 1), last_seen=NOON + timedelta(days=4)) == date(2021, 1, 4)


def test_an_edit_never_reaches_back_before_the_text_that_it_replaces() -> None:
    day = revisions.valid_day(None, borne=(), before=date(2021, 3, 1), last_seen=NOON, seen_at=NOON)
    assert day == date(2021, 3, 1)


# --- what is no edit ------------------------------------------------------------------------------------------------


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
    decision = revisions.decide([line(f"{BODY}\n{before}")], 1, cleaned(f"{BODY}\n{after}"))
    assert (decision.kind, decision.matches) == (Kind.TRIVIAL, 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("In all 12 people made comments on the deal on Monday.", "In all 13 people made comments on the deal on Monday."),
        ("Updated: the deal stands, 29 December", "Updated: the deal is off, 30 December"),
        ("Latest figures show a rise", "Latest figures show a fall"),
        ("Read also: A story\nThe minister denied it on Friday.", "Read also: A story\nThe minister confirmed it on Friday."),
    ],
)
def test_what_is_said_in_prose_is_an_edit(before: str, after: str) -> None:
    decision = revisions.decide([line(f"{BODY}\n{before}")], 1, cleaned(f"{BODY}\n{after}"))
    assert decision.kind is Kind.EDITED


def test_a_new_headline_or_a_notice_is_an_edit_whatever_else_changed() -> None:
    known = [line(BODY + "\n12 comments", title="Chief: it cannot")]
    after = BODY + "\n13 comments"
    assert revisions.decide(known, 1, cleaned(after, title="Chief: it cannot")).kind is Kind.TRIVIAL
    assert revisions.decide(known, 1, cleaned(after, title="Chief: it can")).kind is Kind.EDITED
    assert revisions.decide(known, 1, cleaned(after, title="Chief: it cannot", notice="retraction")).kind is Kind.EDITED


def test_texts_of_counters_alone_are_never_taken_for_one_another() -> None:
    assert revisions.decide([line("12 comments")], 1, cleaned("13 comments")).kind is Kind.EDITED


def test_another_cleaner_makes_a_new_revision_of_the_same_page() -> None:
    same_bytes = revisions.decide([line(BODY, body="b")], 1, cleaned(BODY + " Photo.", cleaner="c2"), body_sha256="b")
    same_substance = revisions.decide([line(BODY, body="b")], 1, cleaned(BODY, cleaner="c2"), body_sha256="other")
    assert same_bytes == same_substance == revisions.RevisionDecision(Kind.RECLEANED)


def test_another_cleaner_does_not_hide_an_edit() -> None:
    edited = cleaned(BODY.replace("cannot", "can"), cleaner="c2")
    assert revisions.decide([line(BODY, body="b")], 1, edited, body_sha256="other").kind is Kind.EDITED


def test_a_word_diff_shows_the_word_that_changed() -> None:
    parts = revisions.word_diff("It can be integrated.", "It cannot be integrated.")
    assert [(p.old, p.new) for p in parts if not p.equal] == [("can", "cannot")]


@settings(deadline=None)
@given(st.text(alphabet="ab c.\n"), st.text(alphabet="ab c.\n"))
def test_a_word_diff_holds_both_texts_whole(old: str, new: str) -> None:
    parts = revisions.word_diff(old, new)
    assert "".join(p.old for p in parts) == old
    assert "".join(p.new for p in parts) == new
