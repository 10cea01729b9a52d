"""Sources by the command line: GDELT is asked for the topic's own names, a private host is allowed by its owner."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner

from app.cli import app
from claimline.errors import FetchRefused
from claimline.models import ClaimSpec, Name, Skip, SourceSpec, Topic
from claimline.topics import parse
from claimline.web import guard
from flows import intake, steps
from flows.desk import Desk
from storage import articles
from storage.engine import Database, open_database
from tests.fakes import fake_client, plain_settings, redirect
from tests.storage_world import World


def test_gdelt_needs_no_query_and_every_other_kind_a_place(db: Database) -> None:
    desk = Desk(db, plain_settings())
    names = (Name("Harbour bridge", ("Hafenbrücke",)),)
    claims = (ClaimSpec("open", "The bridge is open"),)
    steps.import_topic(desk, Topic("bridge", "The bridge", claims, (SourceSpec("feed", "https://a.example/feed"),), names))
    added = CliRunner().invoke(app, ["sources", "add", "bridge", "--kind", "gdelt", "--db", db.url])
    assert added.exit_code == 0, added.output
    refused = CliRunner().invoke(app, ["sources", "add", "bridge", "--db", db.url])
    assert refused.exit_code != 0
    sources = intake.stored_topic(desk, "bridge").topic.sources
    assert [(s.kind, s.locator) for s in sources][1:] == [("gdelt", '("Harbour bridge" OR "Hafenbrücke")')]


# --- private hosts --------------------------------------------------------------------------------------------------

PAGE = (
    "<html lang='en'><head><title>Harbour bridge opens to lorries</title>"
    "<meta property='article:published_time' content='2026-03-02T09:00:00Z'></head><body><article>"
    "<h1>Harbour bridge opens to lorries</h1><p>The harbour bridge is open to lorries, the harbour authority said.</p>"
    "<p>&quot;The harbour bridge is open to lorries,&quot; said Ada Brandt, the city engineer, on Monday.</p></article>"
)
FILE = """
title: The bridge
slug: bridge
names: [harbour bridge]
claims: [{slug: open, statement: The harbour bridge is open to lorries}]
sources: [{feed: 'https://pier.example/feed', paused: yes}]
"""


def told(*args: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(args))
    error = "" if done.exception is None or isinstance(done.exception, SystemExit) else str(done.exception)
    return done.exit_code, done.stdout, done.stderr + error


def test_the_refusal_of_a_private_source_names_the_key_and_the_option() -> None:
    code, _, words = told("sources", "test", "http://127.0.0.1:9/feed")
    assert code == 1
    assert "private-address" in words
    assert "`allow_private: [127.0.0.1]`" in words
    assert "--allow-private" in words


@pytest.mark.parametrize("host", ["localhost", "10.1.2.3", "[fd00::1]", "2130706433"])
def test_what_a_refusal_says_is_taken_by_a_topic_file_and_allows_the_host(host: str) -> None:
    url = httpx.URL(f"http://{host}/feed")
    with pytest.raises(FetchRefused) as refused:
        guard.check_url(url, guard.Allowed())
    key = refused.value.detail.split("`")[1]
    topic = parse(f"title: T\nclaims: [The pier is closed to cars]\nsources:\n  - feed: '{url}'\n    {key}\n")
    guard.check_url(url, guard.Allowed(topic.sources[0].allow_private))


def test_nobody_is_told_to_allow_where_a_page_of_the_open_web_leads() -> None:
    client, _, _ = fake_client({"https://news.test/": redirect("http://169.254.169.254/latest/meta-data")})
    with pytest.raises(FetchRefused) as refused:
        client.get("https://news.test/")
    assert "169.254.169.254" in str(refused.value)
    assert "allow_private" not in str(refused.value)


def test_an_article_that_was_refused_is_read_once_its_host_is_allowed(
    tmp_path: Path, sqlite_file: Path, httpserver: HTTPServer
) -> None:
    for path in ("/robots.txt", "/.well-known/tdmrep.json"):
        httpserver.expect_request(path).respond_with_data("", status=404)
    httpserver.expect_request("/a.html").respond_with_data(PAGE, content_type="text/html; charset=utf-8")
    (tmp_path / "bridge.yaml").write_text(FILE, encoding="utf-8")
    db = ("--db", str(sqlite_file))
    assert told("topics", "import", str(tmp_path / "bridge.yaml"), *db)[0] == 0
    url, host = httpserver.url_for("/a.html"), httpserver.host
    code, _, words = told("add", url, "--topic", "bridge", *db)
    assert code == 1
    assert f"`allow_private: [{host}]`" in words
    assert "--allow-private HOST" in words
    code, out, words = told("add", url, "--topic", "bridge", "--allow-private", host, *db)
    assert (code, "1 text read" in words) == (0, True), words
    assert "open: Nothing found -> Reported as true" in out
    assert "allow_private" in told("topics", "export", "bridge", *db)[1]


def test_a_source_that_is_there_already_may_be_allowed_a_host(tmp_path: Path, sqlite_file: Path) -> None:
    (tmp_path / "bridge.yaml").write_text(FILE, encoding="utf-8")
    db = ("--db", str(sqlite_file))
    told("topics", "import", str(tmp_path / "bridge.yaml"), *db)
    add = ("sources", "add", "bridge", "http://wiki.lan/feed", *db)
    assert told(*add)[1] == "bridge: 1 added\n"
    assert told(*add, "--allow-private", "wiki.lan")[1] == "bridge: is there already; wiki.lan may be read from now on\n"
    assert told(*add, "--allow-private", "wiki.lan")[1] == "bridge: is there already\n"


def test_a_topic_that_allows_a_host_asks_again_for_what_was_left_there_and_for_nothing_else(database: Database) -> None:
    w = World(database).start()
    private, robots = w.article("http://wiki.lan/1"), w.article("https://a.example/1")
    for article_id, reason in ((private, "private-address"), (robots, "robots")):
        skip = Skip("x", reason, "why")
        database.write(lambda s, i=article_id, skip=skip: articles.save_capture(s, i, skip, None, source_id=None, now=w.now))
    with database.read() as s:
        assert articles.pending_fetch(s, w.topic_id, now=w.now) == ()
    (feed,) = w.topic.sources
    w.start(replace(w.topic, sources=(replace(feed, title="The same hosts"),)))
    with database.read() as s:
        assert articles.pending_fetch(s, w.topic_id, now=w.now) == ()
    w.start(replace(w.topic, sources=(replace(feed, allow_private=("wiki.lan",)),)))
    with database.read() as s:
        assert [x.article_id for x in articles.pending_fetch(s, w.topic_id, now=w.now)] == [private]


# --- one address by hand ------------------------------------------------------------------------------------------------


@pytest.fixture
def desk_of_pages(tmp_path: Path, sqlite_file: Path, httpserver: HTTPServer) -> tuple[str, ...]:
    """A topic whose host is allowed, over a server with one page that is read and one that is refused; the options of `add`."""
    for path in ("/robots.txt", "/.well-known/tdmrep.json"):
        httpserver.expect_request(path).respond_with_data("", status=404)
    httpserver.expect_request("/a.html").respond_with_data(PAGE, content_type="text/html; charset=utf-8")
    httpserver.expect_request("/shut.html").respond_with_data("no", status=403)
    (tmp_path / "bridge.yaml").write_text(FILE, encoding="utf-8")
    db = ("--db", str(sqlite_file))
    assert told("topics", "import", str(tmp_path / "bridge.yaml"), *db)[0] == 0
    return ("--topic", "bridge", "--allow-private", httpserver.host, *db)


def _times(httpserver: HTTPServer, path: str) -> int:
    return sum(request.path == path for request, _ in httpserver.log)


def test_a_page_that_could_not_be_had_fails_and_is_asked_for_again_at_once(
    desk_of_pages: tuple[str, ...], httpserver: HTTPServer
) -> None:
    url = httpserver.url_for("/shut.html")
    for times in (1, 2):
        code, _, words = told("add", url, *desk_of_pages)
        assert (code, _times(httpserver, "/shut.html")) == (1, times), words
        assert f"could not read: {url}: http-403" in words


def test_a_page_by_hand_succeeds_whatever_becomes_of_others_and_says_when_it_is_known(
    desk_of_pages: tuple[str, ...], httpserver: HTTPServer
) -> None:
    assert told("add", httpserver.url_for("/shut.html"), *desk_of_pages)[0] == 1
    db = open_database(f"sqlite:///{desk_of_pages[-1]}")
    db.write(lambda s: s.execute(sa.text("UPDATE articles SET next_fetch_at = NULL")))
    db.dispose()
    code, _, words = told("add", httpserver.url_for("/a.html"), *desk_of_pages)
    assert (code, "http-403" in words) == (0, True), words
    code, _, words = told("add", httpserver.url_for("/a.html?utm_source=mail"), *desk_of_pages)
    assert (code, _times(httpserver, "/a.html")) == (0, 2), words
    assert "is there already, and its text has not changed" in words
