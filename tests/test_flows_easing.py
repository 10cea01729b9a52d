"""After a run nothing of it is held in memory: no connection's pages, no text that was worked on."""

from __future__ import annotations

import pytest

from claimline.matching import deadlines, quantities, retrieve
from claimline.remembered import forget, remembered
from claimline.sources import urlkey
from flows.easing import eased
from storage.engine import Database
from tests.storage_world import World


def test_what_was_remembered_is_asked_for_once_until_it_is_forgotten() -> None:
    asked: list[int] = []

    @remembered(8)
    def doubled(number: int) -> int:
        asked.append(number)
        return 2 * number

    assert [doubled(2), doubled(2)] == [4, 4]
    assert asked == [2]
    forget()
    assert doubled(2) == 4
    assert asked == [2, 2]


def test_what_grows_with_the_texts_is_forgotten() -> None:
    caches = (deadlines.read, quantities.read, retrieve._content_words, urlkey.url_key)
    urlkey.url_key("https://news.example/1")
    quantities.read("Five tonnes of wheat.")
    forget()
    assert [cache.cache_info().currsize for cache in caches] == [0, 0, 0, 0]


def test_pages_leave_nothing_in_the_memory_of_the_cleaner() -> None:
    from trafilatura.utils import trim

    from claimline import page_text  # noqa: F401 -- it is what knows of the cleaner's caches

    trim("a  text of the page")
    assert trim.cache_info().currsize > 0
    forget()
    assert trim.cache_info().currsize == 0


def test_no_connection_stays_open_after_a_run_and_the_database_goes_on(database: Database) -> None:
    w = World(database).start()
    w.article("https://news.example/1")
    with pytest.raises(ZeroDivisionError), eased(database):
        _ = 1 // 0
    if database.is_sqlite:
        assert database.engine.pool.checkedin() == 0  # type: ignore[attr-defined]
    w.article("https://news.example/2")
