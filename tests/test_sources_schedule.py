"""When to look at a known article again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from claimline.sources.schedule import AGES, LIVE_AGES, Looked, next_look

SEEN = datetime(2026, 1, 5, 12, tzinfo=UTC)


def looks(*, live: bool, changed_at: datetime | None = None) -> list[timedelta]:
    """The ages of every look, when each is made exactly when it is due."""
    at, made = SEEN, []
    while len(made) < 100:
        changed = changed_at if changed_at and changed_at <= at else None
        due = next_look(Looked(at, SEEN, changed, live))
        if due is None:
            return made
        made.append(due - SEEN)
        at = due
    raise AssertionError("it never ends")


def test_looks_thin_out_and_end() -> None:
    assert looks(live=False) == list(AGES)
    assert looks(live=True) == list(LIVE_AGES)
    pauses = [b - a for a, b in pairwise(AGES)]
    assert pauses == sorted(pauses)


def test_an_edit_brings_looks_soon_after_it() -> None:
    edited = SEEN + timedelta(days=14)
    soon = [age for age in looks(live=False, changed_at=edited) if timedelta(days=14) < age < timedelta(days=20)]
    assert soon == [timedelta(days=14, hours=3), timedelta(days=15), timedelta(days=18)]


def test_a_late_look_is_not_followed_by_all_that_were_missed() -> None:
    due = next_look(Looked(SEEN + timedelta(days=10), SEEN))
    assert due == SEEN + timedelta(days=14)


def test_what_is_gone_is_looked_for_only_while_its_claim_is_live() -> None:
    assert next_look(Looked(SEEN, SEEN, gone=True)) is None
    assert next_look(Looked(SEEN, SEEN, live=True, gone=True)) == SEEN + timedelta(days=14)
    assert next_look(Looked(SEEN + timedelta(days=200), SEEN, live=True, gone=True)) is None


@given(st.timedeltas(timedelta(0), timedelta(days=400)), st.timedeltas(timedelta(0), timedelta(days=400)), st.booleans())
def test_the_next_look_is_always_ahead(age: timedelta, changed: timedelta, live: bool) -> None:
    at = SEEN + age
    due = next_look(Looked(at, SEEN, SEEN + min(changed, age), live))
    assert due is None or due > at
