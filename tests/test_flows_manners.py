"""robots.txt is read once a day and host, however many runs there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from claimline.models import Fetched
from claimline.web.manners import Manners
from flows import manners
from flows.manners import KnownRobots
from storage.cache import SqliteCache
from tests.fakes import plain_settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PAGE = "https://news.example/1"


def run(cache: SqliteCache, at: datetime) -> int:
    """One run that reads one page; how many requests it took to know whether it may."""
    asked: list[str] = []

    def fetch(url: str, _: int) -> Fetched:
        asked.append(url)
        return Fetched(url, url, 200, at, b"User-agent: *\nCrawl-delay: 2")

    known = Manners(plain_settings(), clock=lambda: at, robots_known=KnownRobots(cache))
    assert known.robots.check(PAGE, fetch) == 2
    manners.keep(cache, known)
    return len(asked)


def test_the_next_run_believes_it_for_a_day(tmp_path: Path) -> None:
    cache = SqliteCache(tmp_path / "cache.db")
    hours = (0, 1, 23, 25, 26)
    assert [run(cache, NOW + timedelta(hours=h)) for h in hours] == [2, 0, 0, 2, 0]
    cache.close()


def test_what_another_version_wrote_is_read_again(tmp_path: Path) -> None:
    cache = SqliteCache(tmp_path / "cache.db")
    cache.put_many(manners.KIND, {"https://news.example": b'{"origin": 1}'})
    assert run(cache, NOW) == 2
    cache.close()
