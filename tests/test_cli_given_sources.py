"""Sources as people write them: other spellings of a known one, kinds that are told, credentials, what is refused with advice."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner
from werkzeug import Request, Response

from app import adding, out
from app.cli import app
from claimline.errors import SourceError, UsageError
from claimline.models import Discovered, Entry, Skip, SourceSpec, Validators
from claimline.sources import kinds, urlkey
from storage import articles
from storage.engine import open_database
from tests.fakes import feed
from tests.storage_world import World
from tests.test_cli_sources import told
from tests.test_source_states import state
from tests.test_sources_kinds import ask, urlset

FILE = """
title: The bridge
slug: bridge
claims: [{slug: open, statement: The harbour bridge is open to lorries}]
sources: [{feed: 'https://pier.example/feed.xml', lang: en}]
"""


@pytest.fixture
def db(tmp_path: Path, sqlite_file: Path) -> tuple[str, ...]:
    """A stored topic with one feed; the option that names its database."""
    (tmp_path / "bridge.yaml").write_text(FILE, encoding="utf-8")
    option = ("--db", str(sqlite_file))
    assert told("topics", "import", str(tmp_path / "bridge.yaml"), *option)[0] == 0
    return option


def locators(db: tuple[str, ...]) -> list[tuple[str, str]]:
    opened = open_database(f"sqlite:///{db[-1]}")
    with opened.read() as s:
        found = [(x.kind, x.locator) for x in articles.sources(s, 1)]
    opened.dispose()
    return found


# --- a source with credentials ----------------------------------------------------------------------------------------


@pytest.fixture
def paid(
    httpserver: HTTPServer, tmp_path: Path, sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, tuple[str, ...]]:
    """A feed that answers those who bring the secret, as a topic has it; its address and the option of the database."""

    def answer(request: Request) -> Response:
        if request.headers.get("X-Key") != "open sesame":
            return Response("no", 401)
        return Response(str(feed("https://a.example/1").body), content_type="application/rss+xml")

    httpserver.expect_request("/paid.xml").respond_with_handler(answer)
    for path in ("/robots.txt", "/.well-known/tdmrep.json"):
        httpserver.expect_request(path).respond_with_data("", status=404)
    url = httpserver.url_for("/paid.xml")
    monkeypatch.setenv("PAID_KEY", "open sesame")
    own = f"  - feed: {url}\n    allow_private: [{httpserver.host}]\n    options: {{auth_env: PAID_KEY, auth_header: X-Key}}\n"
    text = FILE.replace("sources: [{feed: 'https://pier.example/feed.xml', lang: en}]", f"sources:\n{own}")
    (tmp_path / "paid.yaml").write_text(text, encoding="utf-8")
    option = ("--db", str(sqlite_file))
    assert told("topics", "import", str(tmp_path / "paid.yaml"), *option)[0] == 0
    return url, option


def test_a_topics_source_is_tried_with_its_credentials_and_its_private_host(paid: tuple[str, tuple[str, ...]]) -> None:
    url, db = paid
    for more in ((), ("--topic", "bridge")):
        code, shown, words = told("sources", "test", url, *more, *db)
        assert (code, "https://a.example/1" in shown) == (0, True), words
        assert f"as topic bridge has it: feed {url}, auth_env: PAID_KEY, auth_header: X-Key" in words
        assert "sesame" not in shown + words
    assert told("sources", "test", url + "?utm_source=mail", *db)[0] == 0


def test_a_topic_that_is_named_must_have_the_source(db: tuple[str, ...]) -> None:
    code, _, words = told("sources", "test", "https://other.example/feed", "--topic", "bridge", *db)
    assert (code, "topic bridge has no source 'https://other.example/feed'" in words) == (1, True), words


# --- one source, several spellings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling",
    ["https://pier.example/feed.xml?utm_source=x", "https://PIER.example/feed.xml/", "http://www.pier.example:80/feed.xml"],
)
def test_another_spelling_of_a_known_feed_is_no_second_source(db: tuple[str, ...], spelling: str, tmp_path: Path) -> None:
    assert told("sources", "add", "bridge", spelling, *db)[1] == "bridge: is there already; as https://pier.example/feed.xml\n"
    (tmp_path / "x.opml").write_text(f"<opml><body><outline xmlUrl='{spelling}'/></body></opml>", encoding="utf-8")
    assert told("sources", "import", "bridge", str(tmp_path / "x.opml"), *db)[1] == "bridge: 0 of 1 feed are new\n"
    assert locators(db) == [("feed", "https://pier.example/feed.xml")]


@pytest.mark.parametrize("command", ["new 'The bridge is open' --source", "sources add bridge", "sources test"])
def test_an_address_that_is_none_is_refused_in_one_line(db: tuple[str, ...], command: str) -> None:
    option = () if command.startswith("new") else db
    done = CliRunner().invoke(app, [*shlex.split(command), "http://[domain]/feed", *option])
    assert isinstance(done.exception, UsageError)
    assert str(done.exception).startswith("http://[domain]/feed is not an address")


def test_a_new_source_stays_as_it_is_written(db: tuple[str, ...]) -> None:
    assert told("sources", "add", "bridge", "https://New.example/rss/?utm_medium=x", *db)[0] == 0
    assert locators(db)[1] == ("feed", "https://New.example/rss/?utm_medium=x")


def test_parameters_that_choose_among_a_sites_feeds_make_two_sources_of_two() -> None:
    assert urlkey.source_key("https://a.test/?feed=rss2") != urlkey.source_key("https://a.test/?feed=comments-rss2")
    assert urlkey.source_key("https://a.test/rss?source=sport&utm_source=x") == urlkey.source_key(
        "http://a.test/rss/?source=sport"
    )


def test_two_spellings_that_a_topic_file_has_both_stay() -> None:
    one, two = SourceSpec("feed", "https://a.test/x"), SourceSpec("feed", "http://a.test/x/")
    kept, added = adding.merged((one, two), [SourceSpec("feed", "https://a.test/x", title="X")], anew=True)
    assert (kept, added.new) == ((replace(one, title="X"), two), 0)


# --- OPML -------------------------------------------------------------------------------------------------------------


def test_a_cut_off_opml_file_is_imported_as_far_as_it_goes_and_said_to_be_broken(db: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "cut.opml"
    file.write_text("<opml><body>\n<outline xmlUrl='https://a.test/1'/>\n<outline xmlUrl='https://b.te", encoding="utf-8")
    code, shown, words = told("sources", "import", "bridge", str(file), *db)
    assert (code, shown) == (3, "bridge: 1 of 1 feed is new\n")
    (line,) = [line for line in words.splitlines() if "broken-xml" in line]
    assert line.startswith(f"could not read: {file}:3: broken-xml (")


# --- the kind of a place ----------------------------------------------------------------------------------------------


def test_the_kind_is_told_from_the_place(tmp_path: Path) -> None:
    for name in ("a.warc", "b.warc.gz", "list.csv"):
        (tmp_path / name).touch()
    assert kinds.told("https://a.test/sitemap_index.xml")[0] == "sitemap"
    assert kinds.told("https://a.test/news/sitemap-2.xml.gz?x=1")[0] == "sitemap"
    assert kinds.told("https://a.test/feed.xml") == ("feed", "https://a.test/feed.xml")
    assert [kinds.told(str(tmp_path / name))[0] for name in ("a.warc", "b.warc.gz", "list.csv", ".")] == [
        "warc",
        "warc",
        "urls",
        "files",
    ]


@pytest.mark.parametrize(
    ("where", "kind", "advice"),
    [
        ("pier.example/feed.xml", None, "did you mean https://pier.example/feed.xml"),
        ("pier.example/feed.xml", "feed", "did you mean https://pier.example/feed.xml"),
        ("no-such-folder", None, "an address begins with https://"),
        ("https://a.test/x.warc.gz", None, "download it"),
        ("https://a.test/", "blog", "is none of files, feed"),
    ],
)
def test_a_place_that_cannot_be_is_refused_with_what_to_write(where: str, kind: str | None, advice: str) -> None:
    with pytest.raises(UsageError, match=advice):
        kinds.told(where, kind)


def test_a_sitemap_at_an_address_like_any_other_is_read_as_one_or_said_to_be_one(httpserver: HTTPServer, tmp_path: Path) -> None:
    for path in ("/robots.txt", "/.well-known/tdmrep.json"):
        httpserver.expect_request(path).respond_with_data("", status=404)
    body = urlset((httpserver.url_for("/old"), "2025-01-04"))
    httpserver.expect_request("/all.xml").respond_with_data(body, content_type="application/xml")
    where = (
        "sources",
        "test",
        httpserver.url_for("/all.xml"),
        "--allow-private",
        httpserver.host,
        "--db",
        str(tmp_path / "no.db"),
    )
    code, _, words = told(*where)
    assert (code, "sitemap: 0 articles, 1 left out" in words, "--kind sitemap" in words) == (0, True, True), words
    assert "(1 address)" in words
    code, _, words = told(*where, "--kind", "feed")
    assert (code, "a-sitemap (this is a sitemap, not a feed; its kind is `sitemap`" in words) == (1, True), words


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("sources", "test"), ("sources", "add", "bridge"), ("add", "--topic", "bridge")])
def test_a_private_host_is_a_host_and_no_address(db: tuple[str, ...], command: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*command, "http://a.lan:81/x", "--allow-private", "http://a.lan:81/x", *db])
    assert isinstance(done.exception, UsageError)
    assert "--allow-private 'http://a.lan:81/x' is not a host" in str(done.exception)
    assert str(done.exception).endswith(": a.lan:81")


def test_a_language_is_a_code_and_that_of_a_known_source_is_changed_with_a_word(db: tuple[str, ...]) -> None:
    again = ("sources", "add", "bridge", "https://pier.example/feed.xml", *db)
    done = CliRunner().invoke(app, [*again, "--lang", "nonsense"])
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == "--lang 'nonsense' is not the code of a language; write it as en, tr or pt-BR"
    assert told(*again, "--lang", "tr")[1] == "bridge: is there already; its language is tr from now on (en before)\n"
    assert told(*again, "--lang", "tr")[1] == "bridge: is there already\n"
    assert "lang: tr" in told("topics", "export", "bridge", *db)[1]


# --- words ------------------------------------------------------------------------------------------------------------


def test_a_table_without_a_column_of_addresses_says_which_it_has(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Link;Title\nhttps://a.test/1;One\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"no-url-column \(the first line names the columns \(link, title\)"):
        ask("urls", str(tmp_path / "list.csv"), {})


def test_the_list_says_what_zone_it_is_in_and_what_nobody_has_asked_yet(db: tuple[str, ...]) -> None:
    told("sources", "add", "bridge", "https://pier.example/1", "--kind", "one", *db)
    _, shown, _ = told("sources", *db)
    words = " ".join(shown.split())
    assert "last answered (UTC)" in words
    assert words.count("never asked") == 2


def test_a_page_by_hand_is_no_quiet_source(db: tuple[str, ...]) -> None:
    w = World(open_database(f"sqlite:///{db[-1]}"))
    url = "https://news.example/1"
    w.start(replace(w.topic, slug="pages", sources=(SourceSpec("one", url),)))
    answer = Discovered((Entry(url),), validators=Validators(body_sha256="x"))
    w.db.write(lambda s: articles.save_discovery(s, w.source_id(), w.topic_id, answer, now=w.tick()))
    assert state(w, "pages").startswith("by hand: one page")
    w.db.dispose()


def test_an_alert_that_was_not_told_is_nothing_that_could_not_be_read() -> None:
    from app import skips

    line = skips.line(Skip("BH_DESK", "not-told", "the environment variable is not set", failed=True))
    assert line == "could not tell BH_DESK: the environment variable is not set; it is tried again by the next run"


def test_a_run_that_asks_nobody_does_not_count_who_answered() -> None:
    from flows.steps import NOTHING_PUBLISHED, TrackReport
    from flows.tally import Tally

    assert TrackReport("bridge", 1, (), Tally(), NOTHING_PUBLISHED).said == "no source was asked"


def test_a_page_by_hand_is_known_by_its_articles_key_and_a_query_by_its_words() -> None:
    assert kinds.same_source("one", "https://a.test/1?source=x") == kinds.same_source("one", "https://a.test/1")
    assert kinds.same_source("gdelt", "A OR b") != kinds.same_source("gdelt", "a or b")


# --- other things that people write -----------------------------------------------------------------------------------


@pytest.mark.parametrize("age", ["26 hours", "-5h", "0h", "infh", "nanh", "h", ""])
def test_an_age_that_is_none_is_refused(age: str) -> None:
    with pytest.raises(UsageError, match="is not a duration; write it as 26h, 90m or 3d"):
        out.age(age, "--max-age")


def test_what_is_no_database_is_refused_with_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("some other file " * 100, encoding="utf-8")
    assert "file is not a database; it is some other file" in told("claims", "--db", str(tmp_path / "x.db"))[2]
    assert "is a folder; name a file in it" in told("claims", "--db", str(tmp_path))[2]
