"""What is refused on the way is our choice: no failure, told by its reason, and asked again when it may have changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from claimline.errors import FetchFailed, FetchRefused
from claimline.models import Entry, Fetched, Skip, Validators
from flows import pipeline
from flows.pipeline import Wanted
from storage import articles
from storage.engine import Database
from tests.storage_world import World

URL = "https://a.example/1"


@pytest.mark.parametrize(
    ("error", "failed"),
    [
        (FetchRefused(URL, "robots"), False),
        (FetchRefused(URL, "tdm-reserved"), False),
        (FetchRefused(URL, "budget"), False),
        (FetchRefused(URL, "private-address"), False),
        (FetchRefused(URL, "redirect-loop"), True),
        (FetchFailed(URL, "timeout"), True),
    ],
)
def test_a_refusal_is_a_choice_and_what_the_host_does_wrong_a_failure(error: Exception, failed: bool) -> None:
    def get(_: Wanted) -> Fetched:
        raise error

    wanted = Wanted(1, 1, URL, Entry(URL), Validators(), datetime(2026, 1, 1, tzinfo=UTC))
    skip = pipeline._fetch_one(wanted, get).skip
    assert skip is not None
    assert skip.failed is failed


@pytest.mark.parametrize(("reason", "wait"), [("robots", timedelta(days=1)), ("budget", timedelta(minutes=5))])
def test_what_we_left_is_asked_again_in_its_time_and_never_given_up_for_it(
    database: Database, reason: str, wait: timedelta
) -> None:
    w = World(database).start()
    article_id = w.article(URL)
    for _ in range(articles.MAX_ATTEMPTS + 1):
        skip = Skip(URL, reason)
        database.write(lambda s, skip=skip: articles.save_capture(s, article_id, skip, None, source_id=None, now=w.now))
        with database.read() as s:
            assert articles.pending_fetch(s, w.topic_id, now=w.now + wait - timedelta(seconds=1)) == ()
            assert len(articles.pending_fetch(s, w.topic_id, now=w.now + wait)) == 1
            assert articles.article(s, article_id).state == "left"


def test_what_was_never_tried_comes_before_what_is_asked_again(database: Database) -> None:
    w = World(database).start()
    first, second = w.article(URL), w.article("https://a.example/2")
    skip = Skip(URL, "budget")
    database.write(lambda s: articles.save_capture(s, first, skip, None, source_id=None, now=w.now))
    with database.read() as s:
        found = articles.pending_fetch(s, w.topic_id, now=w.now + timedelta(hours=1))
    assert [f.article_id for f in found] == [second, first]
