"""How pages are cleaned and handed on: helpers only where they are worth it, and few writes that hold up nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from claimline.clean import CleanJob
from claimline.models import Cleaned, Entry, Skip
from flows.pipeline import POOL_FROM, Helpers, gathered

TEXT = b"The bridge was closed to traffic on Monday morning, the mayor said. " * 5
PAGE = b"<html><body><article><p>" + TEXT + b"</p></article>"


class Watched(Helpers):
    """Notes for how many pages processes were asked for, and gives none."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def pool(self, processes: int, *, pages: int) -> ProcessPoolExecutor | None:
        self.asked.append(pages)
        return None


def job(number: int) -> CleanJob:
    url = f"https://news.example/{number}"
    return CleanJob(Entry(url), PAGE, "text/html", url, datetime(2026, 3, 1, tzinfo=UTC))


def test_pages_that_may_not_have_changed_are_no_reason_to_start_processes() -> None:
    helpers = Watched()
    cleaner = helpers.cleaner(2, expected=10, perhaps=5_000)
    assert helpers.asked == [10]
    assert len(cleaner.submit([job(i) for i in range(24)]).result()) == 24
    assert helpers.asked == [10], "some have changed"


def test_where_many_have_changed_after_all_processes_are_asked_for() -> None:
    helpers = Watched()
    cleaner = helpers.cleaner(2, expected=0, perhaps=1_000)
    for _ in range(POOL_FROM // 2 // 30):
        cleaner.submit([job(i) for i in range(30)])
    assert helpers.asked == [0, 1_000 - POOL_FROM // 2]


def test_batches_are_put_together_up_to_a_size_and_in_their_order() -> None:
    found = list(gathered([[1, 2], [3], [4, 5, 6], [7]], 3, within_s=60.0))
    assert found == [[1, 2, 3], [4, 5, 6], [7]]


def test_what_has_waited_long_is_handed_on_with_the_next() -> None:
    at = iter([0.0, 0.1, 5.0, 5.0, 5.1])
    assert list(gathered([[1], [2], [3]], 100, within_s=2.0, monotonic=lambda: next(at))) == [[1, 2], [3]]


class Deadly(str):
    """An address whose page ends the process that takes it up."""

    def __reduce__(self) -> tuple[Callable[[int], None], tuple[int]]:
        return os._exit, (1,)


@pytest.mark.slow
def test_a_page_of_which_a_process_dies_is_named_and_its_neighbours_are_read() -> None:
    jobs = [job(i) for i in range(3)]
    jobs[1] = replace(jobs[1], url=Deadly(jobs[1].url))
    helpers = Helpers()
    try:
        cleaner = helpers.cleaner(2, expected=POOL_FROM)
        first = cleaner.cleaned(jobs, cleaner.submit(jobs))
        assert [type(x) for x in first] == [Cleaned, Skip, Cleaned]
        assert isinstance(first[1], Skip)
        assert (first[1].where, first[1].reason, first[1].failed) == (jobs[1].url, "crash", True)
        after = [job(3)]
        assert isinstance(cleaner.cleaned(after, cleaner.submit(after))[0], Cleaned)
    finally:
        helpers.close()
