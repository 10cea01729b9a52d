"""The other kinds of source: sitemaps, GDELT, a page's links, archives, lists of addresses."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from claimline.errors import SourceError
from claimline.models import Discovered, Name, SourceSpec, Topic, Validators
from claimline.sources import SOURCES, discover, gdelt
from tests.fakes import Answer, FakeSite, Page, fake_client, plain_settings, redirect

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SITE = "https://news.test"
# warcio leaves closing its buffers to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")


def ask(
    kind: str,
    locator: str,
    pages: dict[str, Answer] | FakeSite | None = None,
    validators: Validators | None = None,
    *,
    base_dir: Path | None = None,
    now: datetime = NOW,
    options: dict[str, str] | None = None,
    **settings: object,
) -> Discovered:
    client, _, _ = fake_client(pages or {}, **settings)
    return discover(
        SourceSpec(kind, locator, options=options or {}),
        client,
        validators=validators or Validators(),
        settings=plain_settings(**settings),
        now=now,
        base_dir=base_dir,
    )


def urls(found: Discovered) -> list[str]:
    return [entry.url for entry in found.entries]


def reasons(found: Discovered) -> dict[str, str]:
    return {skip.reason: skip.detail for skip in found.skips}


def test_every_kind_of_the_table_can_be_imported() -> None:
    from claimline.sources import _function

    for kind in SOURCES:
        assert callable(_function(SourceSpec(kind, "x")))


# --- sitemaps -------------------------------------------------------------------------------------------------------

XML = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


def urlset(*items: tuple[str, str | None]) -> str:
    rows = "".join(f"<url><loc>{loc}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>" for loc, day in items)
    return f"<?xml version='1.0'?><urlset xmlns='{XML}'>{rows}</urlset>"


def index(*items: tuple[str, str | None]) -> str:
    rows = "".join(f"<sitemap><loc>{loc}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</sitemap>" for loc, day in items)
    return f"<?xml version='1.0'?><sitemapindex xmlns='{XML}'>{rows}</sitemapindex>"


def test_a_news_sitemap_gives_title_language_and_the_publications_own_words() -> None:
    body = f"""<urlset xmlns='{XML}' xmlns:n='{NEWS}'><url><loc>{SITE}/a</loc><lastmod>2026-01-05</lastmod><n:news><n:publication>
        <n:name>News</n:name><n:language>tr</n:language></n:publication><n:publication_date>2026-01-04T09:00:00+03:00</n:publication_date>
        <n:title>S-400 &amp; NATO</n:title></n:news></url></urlset>"""
    (entry,) = ask("sitemap", f"{SITE}/news.xml", {f"{SITE}/news.xml": body}).entries
    assert (entry.url, entry.title, entry.lang) == (f"{SITE}/a", "S-400 & NATO", "tr")
    assert (entry.published, entry.updated) == ("2026-01-04T09:00:00+03:00", "2026-01-05")


def test_only_the_days_of_the_window_are_read_and_the_rest_is_counted() -> None:
    body = urlset(
        (f"{SITE}/new", "2026-01-04"),
        (f"{SITE}/old", "2025-01-04"),
        (f"{SITE}/none", None),
        ("https://other.test/x", "2026-01-04"),
    )
    found = ask("sitemap", f"{SITE}/s.xml", {f"{SITE}/s.xml": body})
    assert urls(found) == [f"{SITE}/new"]
    assert reasons(found) == {"too-old": "1 address", "undated": "1 address", "other-site": "1 address"}
    backfill = ask("sitemap", f"{SITE}/s.xml", {f"{SITE}/s.xml": body}, options={"from": "2025-01-01", "to": "2025-01-31"})
    assert urls(backfill) == [f"{SITE}/old"]
    undated = ask("sitemap", f"{SITE}/s.xml", {f"{SITE}/s.xml": body}, options={"undated": "yes"})
    assert urls(undated) == [f"{SITE}/new", f"{SITE}/none"]


def test_an_index_is_walked_newest_first_gzip_included_and_its_loops_are_cut() -> None:
    site = FakeSite(
        {
            f"{SITE}/robots.txt": f"User-agent: *\nSitemap: {SITE}/index.xml",
            f"{SITE}/index.xml": index(
                (f"{SITE}/1.xml.gz", "2026-01-02"),
                (f"{SITE}/2.xml", "2026-01-05"),
                (f"{SITE}/old.xml", "2019-01-01"),
                (f"{SITE}/index.xml", None),
                (f"{SITE}/gone.xml", None),
            ),
            f"{SITE}/1.xml.gz": Page(
                gzip.compress(urlset((f"{SITE}/one", "2026-01-02")).encode()), content_type="application/gzip"
            ),
            f"{SITE}/2.xml": urlset((f"{SITE}/two", "2026-01-05")),
        }
    )
    found = ask("sitemap", SITE, site)
    assert urls(found) == [f"{SITE}/two", f"{SITE}/one"]
    assert {(skip.where, skip.reason) for skip in found.skips} == {
        (f"{SITE}/index.xml", "loop"),
        (f"{SITE}/gone.xml", "http-404"),
    }
    assert f"{SITE}/old.xml" not in site.asked


def test_a_robots_txt_that_names_no_address_leaves_the_usual_one() -> None:
    pages = {f"{SITE}/robots.txt": "Sitemap: http://[domain]/x.xml", f"{SITE}/sitemap.xml": urlset((f"{SITE}/new", "2026-01-05"))}
    assert urls(ask("sitemap", SITE, FakeSite(pages))) == [f"{SITE}/new"]


def test_sitemaps_that_have_not_changed_are_not_modified_even_behind_an_index() -> None:
    def site(*stories: tuple[str, str | None]) -> FakeSite:
        return FakeSite(
            {f"{SITE}/i.xml": Page(index((f"{SITE}/1.xml", None)), etag=True), f"{SITE}/1.xml": Page(urlset(*stories), etag=True)}
        )

    one, two = (f"{SITE}/a", "2026-01-05"), (f"{SITE}/b", "2026-01-05")
    first = ask("sitemap", f"{SITE}/i.xml", site(one))
    again = ask("sitemap", f"{SITE}/i.xml", site(one), first.validators)
    assert again.not_modified
    assert again.validators == first.validators
    more = ask("sitemap", f"{SITE}/i.xml", site(one, two), first.validators)
    assert urls(more) == [f"{SITE}/a", f"{SITE}/b"]
    assert ask("sitemap", f"{SITE}/i.xml", site(one, two), more.validators).not_modified


def test_a_sitemap_that_failed_is_asked_again_though_its_index_is_the_same_and_the_failure_is_told() -> None:
    def site(broken: Answer) -> FakeSite:
        listed = index((f"{SITE}/1.xml", "2026-01-05"), (f"{SITE}/2.xml", "2026-01-04"))
        fine = Page(urlset((f"{SITE}/a", "2026-01-05")), etag=True)
        return FakeSite({f"{SITE}/i.xml": Page(listed, etag=True), f"{SITE}/1.xml": fine, f"{SITE}/2.xml": broken})

    first = ask("sitemap", f"{SITE}/i.xml", site(Page(status=503)))
    assert urls(first) == [f"{SITE}/a"]
    failed = [(f"{SITE}/2.xml", "http-503")]
    assert [(skip.where, skip.reason) for skip in first.skips] == failed
    second = ask("sitemap", f"{SITE}/i.xml", site(Page(status=503)), first.validators)
    assert [(skip.where, skip.reason) for skip in second.skips] == failed, "it is not told as unchanged and well"
    third = ask("sitemap", f"{SITE}/i.xml", site(urlset((f"{SITE}/b", "2026-01-04"))), second.validators)
    assert urls(third) == [f"{SITE}/b"]


def test_the_credentials_of_a_sitemap_go_to_its_own_host_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWS_KEY", "abc")
    cdn = "https://cdn.test/sitemap.xml"
    site = FakeSite(
        {
            f"{SITE}/robots.txt": f"Sitemap: {cdn}\nSitemap: {SITE}/own.xml",
            cdn: urlset((f"{SITE}/one", "2026-01-05")),
            f"{SITE}/own.xml": urlset((f"{SITE}/two", "2026-01-05")),
        }
    )
    found = ask("sitemap", SITE, site, options={"auth_env": "NEWS_KEY"})
    assert urls(found) == [f"{SITE}/one", f"{SITE}/two"]
    sent = {str(r.url): r.headers.get("authorization") for r in site.requests}
    assert (sent[cdn], sent[f"{SITE}/own.xml"]) == (None, "abc")


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page("<html><body>no"), "not-a-sitemap"),
        (Page("<urlset><url><loc>"), "broken-xml"),
        (Page(""), "not-a-sitemap"),
        (Page(gzip.compress(bytes(30_000_000)), content_type="application/gzip"), "too-large"),
        (Page(b"\x1f\x8b rubbish"), "bad-encoding"),
        (Page(status=404), "http-404"),
    ],
)
def test_what_is_no_sitemap_is_an_error_of_the_source(page: Page, reason: str) -> None:
    with pytest.raises(SourceError) as error:
        ask("sitemap", f"{SITE}/s.xml", {f"{SITE}/s.xml": page})
    assert error.value.reason in (reason, "not-a-sitemap")


def test_a_cut_sitemap_and_a_list_are_read_as_far_as_they_go_and_entities_do_not_explode() -> None:
    cut = urlset((f"{SITE}/a", "2026-01-05"), (f"{SITE}/b", "2026-01-05"))[:-40]
    assert f"{SITE}/a" in urls(ask("sitemap", f"{SITE}/s.xml", {f"{SITE}/s.xml": cut}))
    plain = f"{SITE}/a\n{SITE}/b\n"
    assert len(ask("sitemap", f"{SITE}/s.txt", {f"{SITE}/s.txt": plain}, options={"undated": "yes"}).entries) == 2
    lines = "".join(f"<!ENTITY l{i} '{f'&l{i - 1};' * 10}'>" for i in range(1, 10))
    bomb = f"<!DOCTYPE u [<!ENTITY l0 'lol'>{lines}<!ENTITY f SYSTEM 'file:///etc/hostname'>]>"
    body = (
        f"{bomb}<urlset><url><loc>{SITE}/&l9;&f;</loc></url><url><loc>{SITE}/x</loc><lastmod>2026-01-05</lastmod></url></urlset>"
    )
    try:
        read = urls(ask("sitemap", f"{SITE}/s.xml", {f"{SITE}/s.xml": body}))
    except SourceError:
        read = []
    assert all(len(url) < 100 for url in read)


def test_addresses_beyond_the_cap_are_counted() -> None:
    body = urlset(*((f"{SITE}/{i}", "2026-01-05") for i in range(50)))
    found = ask("sitemap", f"{SITE}/s.xml", {f"{SITE}/s.xml": body}, max_feed_items=10)
    assert len(found.entries) == 10
    assert reasons(found)["too-many-items"] == "40 addresses"


# --- GDELT ----------------------------------------------------------------------------------------------------------


def article(number: int) -> dict[str, str]:
    return {
        "url": f"{SITE}/{number}",
        "title": f"Story {number}",
        "seendate": "20260105T101500Z",
        "language": "Turkish",
        "domain": "news.test",
    }


def answer(articles: list[dict[str, str]]) -> Page:
    return Page(json.dumps({"articles": articles}), content_type="application/json")


def test_gdelts_date_is_a_crawl_time_and_never_a_publication_date() -> None:
    (entry,) = ask("gdelt", '"S-400"', {gdelt.ENDPOINT: answer([article(1)])}).entries
    assert (entry.url, entry.title, entry.lang) == (f"{SITE}/1", "Story 1", "tr")
    assert entry.published is None
    assert entry.seen_words == "20260105T101500Z"


def test_a_full_answer_is_asked_again_by_halves_at_gdelts_pace() -> None:
    def search(request: httpx.Request) -> Page:
        asked = parse_qs(request.url.query.decode())
        first, last = (
            datetime.strptime(asked[k][0], "%Y%m%d%H%M%S").replace(tzinfo=UTC) for k in ("startdatetime", "enddatetime")
        )
        hours = range(int(first.timestamp() // 3600), int(last.timestamp() // 3600) + 1)
        return answer([article(hour * 100 + i) for hour in hours for i in range(30)][:250])

    site = FakeSite({gdelt.ENDPOINT: search})
    client, _, clock = fake_client(site)
    began = clock.seconds
    found = discover(
        SourceSpec("gdelt", '"S-400"', options={"from": "2026-01-04", "to": "2026-01-04"}),
        client,
        validators=Validators(),
        settings=plain_settings(),
        now=NOW,
        base_dir=None,
    )
    assert len(set(urls(found))) == len(found.entries) == 25 * 30
    assert clock.seconds - began >= 5 * (len(site.asked) - 1)
    assert found.skips == ()


def test_gdelts_refusal_in_words_is_an_error_and_nothing_found_is_an_answer() -> None:
    with pytest.raises(SourceError, match="too short"):
        ask("gdelt", "x", {gdelt.ENDPOINT: "Your query was too short or too long."})
    assert ask("gdelt", "x y z", {gdelt.ENDPOINT: "{}"}).entries == ()
    assert (
        len(ask("gdelt", "xyz", {gdelt.ENDPOINT: '{"articles": [{"url": "https://a.test/1", "title": "a \\d b"}]}'}).entries) == 1
    )


def test_a_query_is_made_of_the_topics_names() -> None:
    topic = Topic("s400", "S-400", (), (), names=(Name("S-400", ("С-400", "S400")), Name("EU")))
    assert gdelt.query_for(topic) == '("S-400" OR "С-400" OR "S400")'
    many = Topic("m", "m", (), (), names=(Name("Alpha", tuple(f"Variant number {i}" for i in range(40))),))
    assert len(gdelt.query_for(many)) < 250
    with pytest.raises(SourceError, match="at least one name"):
        gdelt.query_for(Topic("e", "e", (), (), names=(Name("EU"),)))


# --- A page's links -------------------------------------------------------------------------------------------------

FRONT = """<html><head><base href='/'></head><body><nav><a href='/world/'>World</a> <a href='/tag/nato-and-turkey-news'>NATO</a>
<a href='/about-us-and-our-mission'>About us</a><a href='/login'>Log in</a></nav>
<a href='/2026/01/05/nato-says-s400-cannot-be-integrated'><img src=x></a>
<a href='/2026/01/05/nato-says-s400-cannot-be-integrated?utm_source=front'>NATO says the S-400 cannot be integrated</a>
<a href='world/europe/turkey-receives-second-battery-12345678'>Turkey receives a second battery</a>
<a href='/haber/nato-genel-sekreteri-turkiye-icin-konustu'>Genel Sekreter Türkiye için konuştu</a>
<a href='https://other.test/2026/01/05/some-other-story-here'>Other site story is here</a>
<a href='/images/photo-of-the-missile-2026-01-05.jpg'>A photo of the missile</a>
<a href='javascript:void(0)'>More</a><a href='http://[bad'>Bad</a><a>None</a></body></html>"""


def test_the_links_that_look_like_articles_are_taken_once_with_their_words() -> None:
    found = ask("page", f"{SITE}/", {f"{SITE}/": FRONT})
    assert [(entry.url, entry.title) for entry in found.entries] == [
        (f"{SITE}/2026/01/05/nato-says-s400-cannot-be-integrated", "NATO says the S-400 cannot be integrated"),
        (f"{SITE}/world/europe/turkey-receives-second-battery-12345678", "Turkey receives a second battery"),
        (f"{SITE}/haber/nato-genel-sekreteri-turkiye-icin-konustu", "Genel Sekreter Türkiye için konuştu"),
    ]


def test_a_base_that_is_no_address_is_passed_over() -> None:
    found = ask("page", f"{SITE}/", {f"{SITE}/": FRONT.replace("<base href='/'>", "<base href='http://[domain]/'>")})
    assert len(found.entries) == 3


def test_a_pattern_decides_instead_of_the_guess() -> None:
    found = ask("page", f"{SITE}/", {f"{SITE}/": FRONT}, options={"match": r"/(haber|world)/", "not_match": "12345678"})
    assert urls(found) == [f"{SITE}/world/", f"{SITE}/haber/nato-genel-sekreteri-turkiye-icin-konustu"]
    with pytest.raises(SourceError, match="match"):
        ask("page", f"{SITE}/", {f"{SITE}/": FRONT}, options={"match": "("})


@pytest.mark.parametrize("body", [b"", b"\x00\x01\x02", "<a href=" * 10_000, "<div>" * 50_000])
def test_a_page_without_articles_says_so(body: str | bytes) -> None:
    try:
        said = list(reasons(ask("page", f"{SITE}/", {f"{SITE}/": Page(body)})))
    except SourceError as error:
        said = [error.reason]
    assert said in (["no-articles"], ["broken-page"])


# --- Archives -------------------------------------------------------------------------------------------------------


def archive(path: Path, count: int = 5, *, gzipped_pages: bool = False) -> None:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=path.suffix == ".gz")
        for i in range(count):
            body = f"<html><p>Story {i} {'x' * 100_000}</p></html>".encode()
            fields = [("Content-Type", "text/html; charset=utf-8")]
            if gzipped_pages:
                body, fields = gzip.compress(body), [*fields, ("Content-Encoding", "gzip")]
            for status, kind in (("200 OK", fields), ("404 Not Found", fields), ("200 OK", [("Content-Type", "image/png")])):
                head = StatusAndHeaders(status, kind, protocol="HTTP/1.1")
                record = writer.create_warc_record(
                    f"{SITE}/{i}",
                    "response",
                    payload=io.BytesIO(body),
                    http_headers=head,
                    warc_headers_dict={"WARC-Date": f"2019-07-{i + 10:02}T08:00:00Z"},
                )
                writer.write_record(record)


@pytest.mark.parametrize("gzipped_pages", [False, True])
def test_an_archive_gives_its_pages_with_the_time_of_capture(tmp_path: Path, gzipped_pages: bool) -> None:
    archive(tmp_path / "a.warc.gz", gzipped_pages=gzipped_pages)
    found = ask("warc", "a.warc.gz", base_dir=tmp_path)
    assert urls(found) == [f"{SITE}/{i}" for i in range(5)]
    assert found.entries[0].body is not None
    assert found.entries[0].body.startswith(b"<html><p>Story 0")
    assert found.entries[0].body.endswith(b"</html>")
    assert found.entries[0].fetched_at == datetime(2019, 7, 10, 8, tzinfo=UTC)
    assert ask("warc", "a.warc.gz", base_dir=tmp_path, validators=found.validators).not_modified


def test_a_large_archive_is_read_in_chunks_that_go_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    archive(tmp_path / "a.warc", 5)
    archive(tmp_path / "b.warc.gz", 4)
    seen: list[int] = []
    validators = Validators()
    while not (found := ask("warc", ".", base_dir=tmp_path, validators=validators, max_feed_items=2)).not_modified:
        seen.append(len(found.entries))
        validators = found.validators
        assert found.more == (sum(seen) < 9)
    assert sum(seen) == 9
    assert max(seen) == 2


def test_an_archive_may_be_asked_for_days_and_addresses(tmp_path: Path) -> None:
    archive(tmp_path / "a.warc")
    assert urls(ask("warc", "a.warc", base_dir=tmp_path, options={"from": "2019-07-12", "to": "2019-07-13"})) == [
        f"{SITE}/2",
        f"{SITE}/3",
    ]
    assert urls(ask("warc", "a.warc", base_dir=tmp_path, options={"match": "/4$"})) == [f"{SITE}/4"]


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_cut_archive_never_gives_half_a_page(tmp_path: Path, name: str) -> None:
    archive(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    reported = 0
    for part in range(1, 7):
        (tmp_path / name).write_bytes(whole[: len(whole) * part // 7])
        found = ask("warc", name, base_dir=tmp_path)
        assert all((entry.body or b"").endswith(b"</html>") for entry in found.entries)
        reported += len(found.skips)
    assert reported


def test_a_file_that_is_no_archive_is_a_skip(tmp_path: Path) -> None:
    (tmp_path / "b.warc").write_bytes(b"this is no archive at all\n" * 10)
    (tmp_path / "d.warc.gz").write_bytes(b"\x1f\x8bxx")
    archive(tmp_path / "c.warc", 1)
    found = ask("warc", ".", base_dir=tmp_path)
    assert urls(found) == [f"{SITE}/0"]
    assert [(skip.where, skip.reason) for skip in found.skips] == [("b.warc", "empty"), ("d.warc.gz:1", "broken-archive")]
    with pytest.raises(SourceError):
        ask("warc", "none.warc", base_dir=tmp_path)


# --- Lists of addresses ---------------------------------------------------------------------------------------------


def test_a_list_of_addresses_names_every_line_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "u.txt").write_text(f"# mine\n{SITE}/1\n\nnot an address\nftp://x.test/\n{SITE}/1?utm_source=x\n{SITE}/2\n")
    found = ask("urls", "u.txt", base_dir=tmp_path)
    assert urls(found) == [f"{SITE}/1", f"{SITE}/2"]
    assert [(s.where, s.reason) for s in found.skips] == [
        ("u.txt:4", "not-http"),
        ("u.txt:5", "not-http"),
        ("u.txt:6", "duplicate"),
    ]
    assert ask("urls", "u.txt", base_dir=tmp_path, validators=found.validators).not_modified


def test_a_lists_lines_are_counted_from_the_top_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text(f" \n\nurl,title\n{SITE}/a,A\nftp://news.test/b,B\n", encoding="utf-8")
    found = ask("urls", "u.csv", base_dir=tmp_path)
    assert (urls(found), [skip.where for skip in found.skips]) == ([f"{SITE}/a"], ["u.csv:5"])


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_list_may_carry_what_is_known(tmp_path: Path, mark: str) -> None:
    rows = [["title", "url", "published"], ['"One, two"', f"{SITE}/1", "2017-10-10"], ["", f"{SITE}/2", ""]]
    (tmp_path / "u.csv").write_text("\ufeff" + "\n".join(mark.join(row) for row in rows))
    found = ask("urls", "u.csv", base_dir=tmp_path)
    assert [(e.url, e.title, e.published) for e in found.entries] == [
        (f"{SITE}/1", "One, two", "2017-10-10"),
        (f"{SITE}/2", None, None),
    ]


def test_a_list_may_stand_on_the_web_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    pages = {"https://lists.test/u.txt": Page(f"{SITE}/1", etag=True)}
    found = ask("urls", "https://lists.test/u.txt", pages)
    assert urls(found) == [f"{SITE}/1"]
    assert ask("urls", "https://lists.test/u.txt", pages, found.validators).not_modified
    for locator in ("none.txt", "."):
        with pytest.raises(SourceError):
            ask("urls", locator, base_dir=tmp_path)


def test_one_address_by_hand_is_named_once() -> None:
    found = ask("one", f"{SITE}/1")
    assert urls(found) == [f"{SITE}/1"]
    assert ask("one", f"{SITE}/1", validators=found.validators).not_modified
    with pytest.raises(SourceError):
        ask("one", "story.html")


def test_a_source_that_moved_is_read_at_its_new_address() -> None:
    pages = {
        f"{SITE}/old.xml": redirect("https://www.news.test/new.xml"),
        "https://www.news.test/new.xml": urlset((f"{SITE}/a", "2026-01-05")),
    }
    assert urls(ask("sitemap", f"{SITE}/old.xml", pages)) == [f"{SITE}/a"]
