"""Two runs that want the same pages at the same time: each page is fetched once, and whoever waits waits for no dead one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from claimline.models import ClaimSpec, SourceSpec, Topic
from flows import sharing, steps
from flows.desk import Desk
from flows.sharing import Share
from storage import articles, runs
from storage import tables as t
from storage.engine import Database
from storage.records import ToFetch
from tests.fakes import FakeClock, FakeSite, Page, fake_client, feed, plain_settings
from tests.storage_world import World, cleaned, day

FEED = "https://news.test/feed"
URLS = tuple(f"https://news.test/{n}" for n in range(3))


def page(n: int) -> str:
    words = f"The bridge over the river is open again, the mayor said on Monday, and number {n} of its lanes is to follow. " * 6
    return f"<html><head><title>Story {n}</title></head><body><article><p>{words}</p></article></body></html>"


class Newsroom:
    """Two topics that read one feed, each with a desk of its own; `meanwhile` happens when a page is asked for first."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.meanwhile: Callable[[], object] = lambda: None
        self.clock = FakeClock()
        pages = {url: page(n) for n, url in enumerate(URLS)}
        self.site = FakeSite({"https://news.test/robots.txt": Page(status=404), FEED: feed(*URLS), **pages})
        self.desk = Desk(db, plain_settings(fetch_concurrency=1), now=self._now, client=self._client)
        for slug in ("one", "two"):
            claim = ClaimSpec(f"{slug}-open", "The bridge is open")
            steps.import_topic(self.desk, Topic(slug, "The bridge", (claim,), (SourceSpec("feed", FEED),)))

    def _now(self) -> Any:
        self.clock.pass_(0.001)  # no two moments are the same
        return self.clock.now()

    def _client(self, *_args: object, **_more: object) -> Any:
        client = fake_client(self.site, clock=self.clock)[0]
        get = client.get

        def asked(url: str, **more: Any) -> Any:
            if url in URLS:
                meanwhile, self.meanwhile = self.meanwhile, lambda: None
                meanwhile()
            return get(url, **more)

        client.get = asked  # type: ignore[method-assign]
        return client

    def pages_asked(self) -> list[str]:
        return sorted(url for url in self.site.articles_asked() if url != FEED)

    def count(self, table: sa.Table) -> int:
        with self.db.read() as s:
            return s.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_page_that_two_runs_want_at_once_is_fetched_by_one_of_them(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Newsroom(database)
    monkeypatch.setattr(sharing, "PATIENCE_S", 0.0)  # the second one runs within the first one's fetch: it cannot wait for it
    found: list[steps.TrackReport] = []
    room.meanwhile = lambda: found.append(steps.ingest(replace(room.desk, holder="elsewhere:1:b"), "two"))
    steps.ingest(room.desk, "one")
    assert [report.tally.counts["skipped-another-run"] for report in found] == [len(URLS)]
    assert room.pages_asked() == sorted(URLS)
    assert [room.count(x) for x in (t.captures, t.revisions, t.sightings, t.touches, t.leases)] == [3, 3, 3, 0, 0]


def test_what_another_run_has_fetched_since_the_pages_were_chosen_is_not_fetched_again(database: Database) -> None:
    room = Newsroom(database)

    def late(desk: Desk, topic: Any, wanted: Any) -> Any:
        steps.ingest(replace(desk, holder="elsewhere:1:b"), "two")
        return steps.PLAIN.fetch(desk, topic, wanted)

    steps.ingest(room.desk, "one", hands=replace(steps.PLAIN, fetch=late))
    assert room.pages_asked() == sorted(URLS)
    assert [room.count(x) for x in (t.captures, t.sightings, t.leases)] == [3, 3, 0]


def test_a_run_fetches_what_is_free_first_and_then_what_the_other_one_gave_back(database: Database) -> None:
    w, wanted = chosen(database)
    other, got, slept = "elsewhere:1:b", list[list[str]](), list[float]()
    database.write(lambda s: runs.take_free(s, [f"page:{wanted[0].article_id}"], other, now=w.now))

    def gives_back(seconds: float) -> None:
        slept.append(seconds)
        database.write(lambda s: Share(other, (), ()).give_back(s, [wanted[0].article_id]))

    desk = Desk(database, plain_settings(), now=lambda: w.now)
    assert sharing.in_shares(desk, wanted, lambda share: got.append([x.url for x in share.mine]), sleep=gives_back) == ()
    assert got == [[*URLS[1:]], [URLS[0]]]
    assert slept == [sharing.POLL_S]


def test_the_pages_of_a_killed_run_are_free_at_once_here_and_after_a_while_elsewhere(database: Database) -> None:
    w, wanted = chosen(database)
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    dead, elsewhere = f"{socket.gethostname()}:{child.pid}:x", "elsewhere:1:b"
    names = [f"page:{x.article_id}" for x in wanted]
    mine = f"{socket.gethostname()}:{os.getpid()}:a"
    database.write(lambda s: runs.take_free(s, names[:1], dead, now=w.now))
    database.write(lambda s: runs.take_free(s, names[1:], elsewhere, now=w.now))
    assert database.write(lambda s: runs.take_free(s, names, mine, now=w.now)) == {names[0]}
    assert database.write(lambda s: runs.take_free(s, names, mine, now=w.now + timedelta(minutes=4))) == set(names)


def test_of_two_looks_at_once_the_earlier_one_written_last_is_no_news(database: Database) -> None:
    w = World(database).start()
    text = cleaned("It is open.", day("2020-03-01"), outlet="a.example")
    w.tick(hours=6)
    w.capture(URLS[0], text)
    assert w.capture(URLS[0], text, at=w.now - timedelta(seconds=2)).kind == "unchanged"
    assert w.capture(URLS[0], text, at=w.now - timedelta(days=2)).kind == "revised"  # an archive: so it stood on another day
    with database.read() as s:
        assert s.execute(sa.select(sa.func.count()).select_from(t.sightings)).scalar_one() == 2


def chosen(database: Database) -> tuple[World, tuple[ToFetch, ...]]:
    w = World(database).start()
    for url in URLS:
        w.article(url)
    with database.read() as s:
        return w, articles.pending_fetch(s, w.topic_id, now=w.now)
