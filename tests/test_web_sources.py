"""The page of the sources: why articles were left out, and days on which a source was not asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient

from app.web import create_app
from claimline.models import SourceReport
from claimline.settings import Settings
from storage import pages, runs
from storage.engine import Database, open_database
from tests.storage_world import World

NOW = datetime(2021, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """A source that answered two days ago; yesterday only its articles were read again; long ago others were left out."""
    db = open_database(sqlite_url)
    w = World(db).start()
    answer = SourceReport(w.source_id(), "https://news.example/feed", answered=True, found=3, new=1)
    finish(db, w, NOW - timedelta(days=60), {"skipped-robots": 100})
    db.write(lambda s: runs.cover(s, [answer], now=NOW - timedelta(days=2)))
    finish(db, w, NOW - timedelta(days=2), {"skipped-robots": 2, "skipped-no-text": 1, "failed-timeout": 4, "not-modified": 9})
    finish(db, w, NOW - timedelta(days=1), {"skipped-robots": 1, "date-uncertain": 1})
    yield w
    db.dispose()


def finish(db: Database, w: World, at: datetime, reasons: dict[str, int]) -> None:
    """A run that read articles of a source which it did not ask."""
    source = w.source_id()
    run = db.write(lambda s: runs.start(s, topic_id=w.topic_id, flow="track", holder="desk:1:a", now=at))
    db.write(
        lambda s: runs.finish(
            s, run, counts={}, skips=(), cost={}, coverage=[], sufficient=True, now=at, reasons={source: reasons}
        )
    )


def test_the_sources_page_tells_why_articles_were_left_out_in_the_last_thirty_days(world: World) -> None:
    with TestClient(create_app(Settings(), db=world.db, now=lambda: NOW), base_url="http://127.0.0.1") as client:
        html = client.get("/sources").text
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
    told = "left out: robots (3), no text (1); failed: timeout (4); counted once a person says when: date uncertain (1)"
    assert told in words
    assert "not modified" not in words


def test_a_day_on_which_a_source_was_not_asked_is_no_gap(world: World) -> None:
    with world.db.read() as s:
        read = pages.days_read(s, world.topic_id)
        days = pages.source_days(s, world.topic_id, since=NOW.date() - timedelta(days=29))[world.source_id()]
    answered = (NOW - timedelta(days=2)).date()
    assert [(d.day, d.asked, d.answered) for d in read] == [(answered, 1, 1)]
    assert list(days.days) == [answered]
