"""Kind `feed`: RSS, Atom and what stands in their place."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from claimline.errors import SourceError
from claimline.models import Discovered, Entry, SourceSpec, Validators
from claimline.sources import discover, embargo
from tests.fakes import Answer, FakeSite, Page, fake_client, feed, plain_settings

NOW = datetime(2026, 1, 5, tzinfo=UTC)
URL = "https://news.test/feed"


def ask(
    pages: dict[str, Answer] | FakeSite,
    validators: Validators | None = None,
    *,
    options: dict[str, str] | None = None,
    **settings: object,
) -> Discovered:
    client, _, _ = fake_client(pages, **settings)
    return discover(
        SourceSpec("feed", URL, options=options or {}),
        client,
        validators=validators or Validators(),
        settings=plain_settings(**settings),
        now=NOW,
        base_dir=None,
    )


def rss(items: str, head: str = "") -> Page:
    return Page(f"<rss version='2.0'><channel><title>N</title>{head}{items}</channel></rss>", content_type="text/xml")


def test_rss_entries_carry_the_feeds_own_words() -> None:
    found = ask(
        {
            URL: rss(
                "<item><title>A &amp;amp; <![CDATA[<b>B</b>]]></title><link> /a?x=1&amp;y=2 </link><author>Jane Roe</author>"
                "<pubDate>Tue, 10 Oct 2017 08:00:00 GMT</pubDate></item>",
                "<language>tr</language>",
            )
        }
    )
    (entry,) = found.entries
    assert entry.url == "https://news.test/a?x=1&y=2"
    assert entry.title == "A & B"
    assert entry.published == "Tue, 10 Oct 2017 08:00:00 GMT"
    assert entry.updated is None
    assert entry.lang == "tr"
    assert entry.authors == ("Jane Roe",)


def test_an_atom_feed_with_updated_only_has_no_publication_date() -> None:
    atom = """<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://news.test/x/'><entry><title>T</title>
        <link rel='self' href='self'/><link rel='alternate' href='story'/><updated>2020-12-29T10:00:00Z</updated>
        </entry></feed>"""
    (entry,) = ask({URL: Page(atom, content_type="application/atom+xml")}).entries
    assert entry.url == "https://news.test/x/story"
    assert entry.published is None
    assert entry.updated == "2020-12-29T10:00:00Z"


def test_rss_1_0_dates_are_the_publications() -> None:
    rdf = """<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'
        xmlns:dc='http://purl.org/dc/elements/1.1/'><item rdf:about='https://news.test/1'><title>T</title>
        <link>https://news.test/1</link><dc:date>2018-05-01</dc:date></item></rdf:RDF>"""
    (entry,) = ask({URL: rdf}).entries
    assert (entry.published, entry.updated) == ("2018-05-01", None)


def test_a_feed_that_has_not_changed_is_not_modified_by_header_or_by_bytes() -> None:
    tagged = Page(feed("/1").body, content_type="application/rss+xml", etag=True)
    first = ask({URL: tagged})
    assert ask({URL: tagged}, first.validators).not_modified
    plain = ask({URL: feed("/1")})
    assert ask({URL: feed("/1")}, plain.validators).not_modified
    assert not ask({URL: feed("/1", "/2")}, plain.validators).not_modified


def test_an_entry_without_a_link_is_a_skip_and_the_rest_is_read() -> None:
    found = ask(
        {
            URL: rss(
                "<item><title>None</title></item><item><link>javascript:alert(1)</link></item>"
                "<item><guid isPermaLink='false'>tag:news.test,1</guid></item><item><guid>https://news.test/g</guid></item>"
            )
        }
    )
    assert [entry.url for entry in found.entries] == ["https://news.test/g"]
    assert [(skip.where, skip.reason) for skip in found.skips] == [
        (f"{URL} entry 1", "no-link"),
        (f"{URL} entry 2", "not-http"),
        (f"{URL} entry 3", "no-link"),
    ]


def test_broken_xml_is_read_as_far_as_it_goes_and_said_so() -> None:
    found = ask({URL: "<rss version='2.0'><channel><item><title>A & B</title><link>/a</link></item><item><titl"})
    assert [entry.url for entry in found.entries] == ["https://news.test/a"]
    assert found.skips[0].reason == "malformed"
    assert not found.skips[0].failed


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page("gone", 410), "http-410"),
        (Page("no", 404), "http-404"),
        (Page("down", 503), "http-503"),
        (Page(""), "empty-feed"),
        (Page("<rss><channel><item><tit", content_type="text/xml"), "broken-xml"),
        (Page("<html><body>Hello</body></html>"), "not-a-feed"),
        (Page("plain words"), "broken-xml"),
        (Page('{"a": 1}'), "not-a-feed"),
        (Page("{" * 100_000), "broken-json"),
    ],
)
def test_what_is_no_feed_is_one_error_of_the_source(page: Page, reason: str) -> None:
    with pytest.raises(SourceError) as error:
        ask({URL: page})
    assert error.value.reason == reason
    assert "\n" not in str(error.value)


def test_a_page_in_the_place_of_a_feed_names_its_feeds() -> None:
    with pytest.raises(SourceError, match=r"its feeds: https://news\.test/rss\.xml"):
        ask({URL: "<html><head><link rel=alternate type='application/rss+xml' href='/rss.xml'></head></html>"})


def test_a_feed_that_a_page_names_by_no_address_is_passed_over() -> None:
    link = "<link rel=alternate type='application/rss+xml' href='{}'>"
    page = f"<html><head>{link.format('http://[domain]/rss')}{link.format('/rss.xml')}</head></html>"
    with pytest.raises(SourceError, match=r"its feeds: https://news\.test/rss\.xml"):
        ask({URL: page})


def test_an_empty_feed_is_an_answer() -> None:
    assert ask({URL: rss("")}).entries == ()


def paged(number: int, following: str, *links: str) -> Page:
    entries = "".join(f"<entry><title>{link}</title><link href='{link}'/></entry>" for link in links)
    return Page(
        f"<feed xmlns='http://www.w3.org/2005/Atom'><link rel='next' href='{following}'/>{entries}</feed>",
        content_type="application/atom+xml",
    )


def test_the_pages_of_a_feed_are_followed_and_a_loop_is_cut() -> None:
    site = FakeSite({URL: paged(1, "/feed?page=2", "/1"), f"{URL}?page=2": paged(2, URL, "/2")})
    found = ask(site, options={"pages": "10"})
    assert [entry.url for entry in found.entries] == ["https://news.test/1", "https://news.test/2"]
    assert [skip.reason for skip in found.skips] == ["loop"]
    assert len(site.articles_asked()) == 2


def test_pages_without_end_stop_at_the_number_of_pages_or_with_the_first_that_brings_nothing() -> None:
    def page(request: object) -> Page:
        return paged(0, f"/feed?page={len(site.requests)}", f"/{len(site.requests)}")

    site = FakeSite({URL: page})
    assert len(ask(site, options={"pages": "4"}).entries) == 4

    def same(request: object) -> Page:
        return paged(0, f"/feed?page={len(site2.requests)}", "/1")

    site2 = FakeSite({URL: same})
    ask(site2, options={"pages": "50"})
    assert len(site2.articles_asked()) == 2


def test_items_beyond_the_cap_are_left_and_said() -> None:
    found = ask({URL: feed(*(f"/{i}" for i in range(30)))}, max_feed_items=10)
    assert len(found.entries) == 10
    assert [skip.reason for skip in found.skips] == ["too-many-items"]


def test_a_json_feed_at_a_feeds_address_is_read() -> None:
    body = """{"version": "https://jsonfeed.org/version/1.1", "language": "fr", "items": [
        {"id": "1", "url": "/un", "title": "Un", "date_published": "2019-07-12T08:00:00Z", "authors": [{"name": "A"}]},
        {"id": "https://news.test/deux", "date_modified": "2019-07-13"}, {"id": "3"}, 4]}"""
    found = ask({URL: Page(body, content_type="application/feed+json")})
    assert [(e.url, e.published, e.lang) for e in found.entries] == [
        ("https://news.test/un", "2019-07-12T08:00:00Z", "fr"),
        ("https://news.test/deux", None, "fr"),
    ]
    assert [skip.reason for skip in found.skips] == ["no-link", "bad-entry"]


def test_a_body_that_looks_like_a_file_name_opens_no_file() -> None:
    with pytest.raises(SourceError):
        ask({URL: Page("/etc/hostname", content_type="text/xml")})


def test_entities_do_not_explode() -> None:
    lines = "".join(f"<!ENTITY l{i} '{f'&l{i - 1};' * 10}'>" for i in range(1, 12))

    def document(doctype: str, title: str) -> str:
        head = f"<?xml version='1.0'?><!DOCTYPE rss [{doctype}]><rss version='2.0'><channel>"
        return f"{head}<item><title>{title}</title><link>/1</link></item></channel></rss>"

    bomb = document(f"<!ENTITY l0 'lol'>{lines}", "&l11;")
    outside = document("<!ENTITY x SYSTEM 'file:///etc/hostname'>", "&x;")
    began = time.process_time()
    for text in (bomb, outside, "\n".join(bomb.split("><"))):
        try:
            found = ask({URL: Page(text, content_type="text/xml")})
        except SourceError:
            continue
        assert all(len(entry.title or "") < 100 for entry in found.entries)
        assert all("root" not in (entry.title or "") for entry in found.entries)
    assert time.process_time() - began < 2


def test_deep_nesting_does_no_harm() -> None:
    deep = "<rss version='2.0'><channel><item>" + "<a>" * 20_000
    began = time.process_time()
    with pytest.raises(SourceError):
        ask({URL: Page(deep, content_type="text/xml")})
    assert time.process_time() - began < 5


def test_a_paid_feeds_credentials_come_from_the_environment_and_go_to_its_host_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = {"auth_env": "NEWS_KEY", "auth_header": "X-Api-Key"}
    with pytest.raises(SourceError, match="NEWS_KEY"):
        ask({URL: feed("/1")}, options=options)
    monkeypatch.setenv("NEWS_KEY", "abc")
    site = FakeSite(
        {URL: Page(status=302, headers={"Location": "https://other.test/feed"}), "https://other.test/feed": feed("/1")}
    )
    ask(site, options=options)
    sent = {str(r.url): r.headers.get("x-api-key") for r in site.requests}
    assert sent[URL] == "abc"
    assert sent["https://other.test/feed"] is None
    assert sent["https://news.test/robots.txt"] is None


@pytest.mark.parametrize("to", ["http://news.test/feed", "https://news.test:8443/feed"])
def test_credentials_never_leave_their_encrypted_door(monkeypatch: pytest.MonkeyPatch, to: str) -> None:
    monkeypatch.setenv("NEWS_KEY", "abc")
    following = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href="{to}?page=2"/>'
    paged = f"<rss version='2.0'><channel>{following}<item><title>1</title><link>/1</link></item></channel></rss>"
    for first in (Page(status=302, headers={"Location": to}), Page(paged, content_type="text/xml")):
        site = FakeSite({URL: first, to: feed("/2")})
        ask(site, options={"auth_env": "NEWS_KEY"})
        sent = {str(r.url).split("?")[0]: r.headers.get("authorization") for r in site.requests}
        assert (sent[URL], sent[to]) == ("abc", None)


def test_plain_entities_of_a_document_type_are_read() -> None:
    head = '<!DOCTYPE rss [\n<!ENTITY co "&#169;">\n]>'
    page = f"{head}<rss version='2.0'><channel><item><title>A &co;</title><link>/1</link></item></channel></rss>"
    assert ask({URL: Page(page, content_type="text/xml")}).entries[0].title == "A ©"


def test_embargoed_items_wait_for_their_time_and_are_then_read() -> None:
    tagged = Page(feed("/1", published="Mon, 05 Jan 2026 09:00:00 +0000").body, content_type="text/xml", etag=True)
    options = {"embargo": "yes"}

    def read(hour: int, validators: Validators) -> Discovered:
        client, _, _ = fake_client({URL: tagged})
        at = datetime(2026, 1, 5, hour, tzinfo=UTC)
        spec = SourceSpec("feed", URL, options=options)
        return discover(spec, client, validators=validators, settings=plain_settings(), now=at, base_dir=None)

    early = read(8, Validators())
    assert early.entries == ()
    assert [(skip.reason, skip.detail) for skip in early.skips] == [("embargoed", "until 2026-01-05 09:00 UTC")]
    late = read(10, early.validators)
    assert [entry.url for entry in late.entries] == ["https://news.test/1"]
    assert read(11, late.validators).not_modified


@pytest.mark.parametrize(
    ("written", "hour", "reason"),
    [
        ("01.12.2026 14:00", 10, "embargo-date-unreadable"),
        ("soon", 10, "embargo-date-unreadable"),
        ("9999-12-31T23:59:59", 10, "embargo-date-unreadable"),
        (None, 10, "embargo-date-unreadable"),
        ("2026-01-05T09:00", 20, "embargoed"),  # in Honolulu it is ten
        ("2026-01-05T09:00", 21, None),
        ("Mon, 05 Jan 2026 09:00:00 HST", 20, "embargoed"),
        ("2026-01-05", 11, "embargoed"),
        ("2026-01-05T09:00-05:00", 13, "embargoed"),
        ("2026-01-05T09:00-05:00", 14, None),
    ],
)
def test_an_item_is_released_only_where_its_time_has_surely_come(written: str | None, hour: int, reason: str | None) -> None:
    why = embargo.held(Entry(URL, published=written), datetime(2026, 1, 5, hour, tzinfo=UTC))
    assert (why.reason if why else None) == reason
    if written and reason == embargo.UNREADABLE:
        assert why is not None
        assert why.detail == written
