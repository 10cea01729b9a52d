"""When to ask a source again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimline.sources.polling import LONGEST, LONGEST_BACK_OFF, SHORTEST, Asked, next_due, silent_for

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def every(pause: timedelta, count: int = 10, until: datetime = NOW) -> list[datetime]:
    return [until - pause * i for i in reversed(range(count))]


@pytest.mark.parametrize(
    ("pause", "wait"),
    [
        (timedelta(minutes=5), SHORTEST),
        (timedelta(hours=1), timedelta(minutes=30)),
        (timedelta(hours=8), timedelta(hours=4)),
        (timedelta(days=7), LONGEST),
    ],
)
def test_a_source_is_asked_twice_for_each_piece_of_news(pause: timedelta, wait: timedelta) -> None:
    assert next_due(Asked(NOW, every(pause))) == NOW + wait


def test_a_source_of_which_nothing_is_known_is_asked_hourly() -> None:
    assert next_due(Asked(NOW)) == NOW + timedelta(hours=1)


def test_a_growing_silence_is_followed_ever_more_slowly() -> None:
    news = every(timedelta(hours=1))
    waits = [
        next_due(Asked(NOW + silence, news)) - NOW - silence for silence in (timedelta(0), timedelta(hours=8), timedelta(days=9))
    ]
    assert waits == [timedelta(minutes=30), timedelta(hours=2), LONGEST]


def test_failures_double_the_wait_up_to_its_cap_and_retry_after_is_kept() -> None:
    waits = [next_due(Asked(NOW, failures=n)) - NOW for n in range(1, 20)]
    assert waits[:3] == [timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40)]
    assert waits[-1] == LONGEST_BACK_OFF
    assert next_due(Asked(NOW, failures=1, retry_after_s=7200)) == NOW + timedelta(hours=2)


def test_what_the_publisher_asks_for_is_kept() -> None:
    news = every(timedelta(minutes=5))
    assert next_due(Asked(NOW, news, at_least_s=3600)) == NOW + timedelta(hours=1)
    assert next_due(Asked(NOW, news, at_least_s=10**9)) == NOW + LONGEST


@given(
    st.lists(st.timedeltas(timedelta(0), timedelta(days=400)), max_size=30),
    st.integers(0, 100),
    st.one_of(st.none(), st.floats(0, 1e9)),
    st.one_of(st.none(), st.floats(0, 1e9)),
)
def test_the_next_time_is_always_ahead_and_never_too_far(
    ages: list[timedelta], failures: int, at_least: float | None, retry: float | None
) -> None:
    asked = Asked(NOW, sorted(NOW - age for age in ages), failures, at_least, retry)
    assert SHORTEST.total_seconds() <= 900
    assert timedelta(minutes=5) <= next_due(asked) - NOW <= LONGEST_BACK_OFF * 3
    silence = silent_for(asked)
    assert silence is None or silence > timedelta(days=3)


def test_a_source_that_falls_silent_is_noticed_once_it_is_out_of_its_habit() -> None:
    daily = every(timedelta(days=1))
    assert silent_for(Asked(NOW + timedelta(days=3), daily)) is None
    assert silent_for(Asked(NOW + timedelta(days=5), daily)) == timedelta(days=5)
    monthly = every(timedelta(days=30))
    assert silent_for(Asked(NOW + timedelta(days=60), monthly)) is None
    assert silent_for(Asked(NOW + timedelta(days=500), daily[:3])) is None
    weekdays = [NOW - timedelta(days=i) for i in reversed(range(30)) if (NOW - timedelta(days=i)).weekday() < 5]
    assert silent_for(Asked(weekdays[-1] + timedelta(days=4), weekdays)) is None
