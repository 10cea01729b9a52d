"""Drawings of counts: where we were blind, which status held when, and nothing of a later day."""

from __future__ import annotations

from datetime import date, timedelta

from app.views.charts import drawing, spark, timeline
from storage.pages import DayRead
from storage.weeks import WeekCount

D = date(2021, 1, 4)


def read(*days: tuple[int, int]) -> list[DayRead]:
    return [DayRead(D + timedelta(days=n), 2, answered) for n, answered in days]


def blind(*days: tuple[int, int], until: int) -> list[tuple[int, int]]:
    line = timeline([WeekCount(D)], [], read(*days), until=D + timedelta(days=until))
    return [((a - D).days, (b - D).days) for a, b in line.blind]


def test_days_on_which_no_source_answered_are_blind() -> None:
    assert blind((0, 2), (1, 0), (2, 0), (3, 1), until=4) == [(1, 3)]


def test_a_few_days_without_a_run_are_not_and_many_are() -> None:
    assert blind((0, 1), (3, 1), until=5) == []
    assert blind((0, 1), (30, 1), until=31) == [(1, 30)]


def test_since_the_last_run_we_are_blind_after_some_days() -> None:
    assert blind((0, 1), until=2) == []
    assert blind((0, 1), until=40) == [(1, 41)]


def test_before_we_watched_we_were_not_blind() -> None:
    assert blind((100, 1), until=101) == []


def test_without_reports_there_is_an_empty_drawing() -> None:
    line = timeline([], [], [], until=D)
    assert line.empty
    assert drawing(line).bars == ()
    assert spark((), D).bars == ()


def test_both_sides_are_drawn_away_from_the_line() -> None:
    bars = spark([WeekCount(D, supports=2, refutes=1)], D).bars
    assert [(b.kind, b.y < 18) for b in bars] == [("supports", True), ("refutes", False)]
