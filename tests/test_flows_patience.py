"""What a host asks for (Retry-After, Cache-Control, `ttl`) outlives the run in which it was heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from claimline.models import ClaimSpec, SourceReport, SourceSpec, Topic
from claimline.sources import polling
from flows import steps
from flows.desk import Desk
from flows.tally import Tally
from storage import articles, runs
from storage.engine import Database
from tests.fakes import Answer, FakeSite, Page, fake_client, feed, plain_settings
from tests.storage_world import World

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
TWO_DAYS = (0, 1, 2, 12, 24, 36, 46, 47, 48, 49, 59)
HALF_DAYS = (0, 1, 2, 9, 10, 11, 12, 21, 22, 23)
FEED, ARTICLE = "https://news.test/feed", "https://news.test/1"


class Days:
    """Runs over a site at these hours; which of them it was asked in."""

    def __init__(self, db: Database, page: Answer, at: str) -> None:
        self.at, self.page = at, page
        self.desk = Desk(db, plain_settings(), now=lambda: START)
        topic = Topic("bridge", "The bridge", (ClaimSpec("open", "The bridge is open"),), (SourceSpec("feed", FEED),))
        steps.import_topic(self.desk, topic)

    def asked(self, *hours: int) -> list[int]:
        found = []
        for hour in hours:
            site = FakeSite({"https://news.test/robots.txt": Page(status=404), FEED: feed(ARTICLE), self.at: self.page})
            client: Any = fake_client(site)[0]
            now = START + timedelta(hours=hour)
            desk = replace(self.desk, now=lambda at=now: at, client=lambda *_a, c=client, **_k: c)
            hands = replace(steps.PLAIN, assess=lambda *_: Tally(), group=lambda *_: Tally())
            steps.track(desk, "bridge", hands=hands, everything=False)
            if self.at in site.asked:
                found.append(hour)
        return found


def test_a_feed_that_asks_for_two_days_is_left_alone_for_two_days(db: Database) -> None:
    assert Days(db, Page(status=503, headers={"Retry-After": "172800"}), FEED).asked(*TWO_DAYS) == [0, 48]


@pytest.mark.slow
def test_an_article_whose_host_asks_for_two_days_is_left_alone_for_two_days(db: Database) -> None:
    assert Days(db, Page(status=429, headers={"Retry-After": "172800"}), ARTICLE).asked(*TWO_DAYS) == [0, 48]


@pytest.mark.slow
@pytest.mark.parametrize("etag", [False, True])
@pytest.mark.parametrize(
    ("headers", "head", "hours"),
    [
        ({"Cache-Control": "public, max-age=43200"}, "", 11),
        ({}, "<ttl>720</ttl>", 11),
        ({"Cache-Control": "no-cache, max-age=43200"}, "", 1),
    ],
)
def test_a_feed_is_asked_no_more_often_than_its_publisher_likes(
    db: Database, headers: dict[str, str], head: str, hours: int, *, etag: bool
) -> None:
    # Twelve hours; a run that comes a tenth of them early is in time.
    body = f"<rss version='2.0'><channel><title>N</title>{head}</channel></rss>"
    asked = Days(db, Page(body, content_type="text/xml", headers=headers, etag=etag), FEED).asked(*HALF_DAYS)
    assert asked == [h for h in HALF_DAYS if h % hours == 0]


def test_what_the_publisher_asks_for_is_when_a_source_is_due(database: Database) -> None:
    w = World(database).start()
    report = SourceReport(w.source_id(), "feed", answered=True)
    for asked_for, wait in ((None, timedelta(hours=1)), (7200.0, timedelta(hours=2)), (10.0**9, polling.LONGEST)):
        told = replace(report, at_least_s=asked_for)
        database.write(lambda s, told=told: runs.cover(s, [told], now=w.now))
        with database.read() as s:
            assert articles.sources(s, w.topic_id)[0].next_due_at == w.now + wait
    database.write(lambda s: runs.source_failed(s, w.source_id(), "http-503", retry_after_s=86400.0, now=w.now))
    with database.read() as s:
        assert articles.sources(s, w.topic_id)[0].next_due_at == w.now + timedelta(days=1)
