"""robots.txt and text-and-data-mining reservations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from claimline.errors import FetchFailed, FetchRefused
from claimline.web.manners import Manners
from claimline.web.robots import RobotsRecord
from tests.fakes import Answer, FakeClock, FakeSite, Page, fake_client, plain_settings, redirect

HOST = "https://news.test"
URL = f"{HOST}/story"


NONE = Page(status=404)


def site(robots: Answer = NONE, **more: Answer) -> dict[str, Answer]:
    return {f"{HOST}/robots.txt": robots, URL: "<p>hi</p>", f"{HOST}/private/x": "<p>no</p>", **more}


def test_what_robots_disallows_is_refused_without_a_request_for_it() -> None:
    client, fake, _ = fake_client(site("User-agent: *\nDisallow: /private/*"))
    with pytest.raises(FetchRefused, match="robots"):
        client.get(f"{HOST}/private/x")
    assert fake.articles_asked() == []
    assert client.get(URL).status == 200
    assert fake.asked.count(f"{HOST}/robots.txt") == 1


def test_our_own_name_is_the_one_that_counts() -> None:
    client, _, _ = fake_client(site("User-agent: *\nDisallow:\n\nUser-agent: claimline\nDisallow: /"))
    with pytest.raises(FetchRefused):
        client.get(URL)


def test_a_redirect_asks_the_robots_of_the_host_it_leads_to() -> None:
    other = {"https://other.test/robots.txt": "User-agent: *\nDisallow: /"}
    client, fake, _ = fake_client(site(**{f"{HOST}/out": redirect("https://other.test/x"), **other}))
    with pytest.raises(FetchRefused, match="robots"):
        client.get(f"{HOST}/out")
    assert "https://other.test/x" not in fake.asked


def test_a_host_that_does_not_tell_is_not_read() -> None:
    client, fake, _ = fake_client(site(Page(status=503)))
    with pytest.raises(FetchFailed, match="robots-unreachable"):
        client.get(URL)
    assert fake.articles_asked() == []


@pytest.mark.parametrize(
    "robots", [Page(status=404), Page(status=403), "", "<html>nothing here</html>", b"\xff\xfe\x00", redirect("/robots.txt")]
)
def test_a_host_without_rules_allows(robots: Answer) -> None:
    client, _, _ = fake_client(site(robots))
    assert client.get(URL).status == 200


def test_crawl_delay_sets_the_pace() -> None:
    client, _, clock = fake_client(site("User-agent: *\nCrawl-delay: 7"))
    client.get(URL)
    before = clock.seconds
    client.get(URL)
    client.get(URL)
    assert clock.seconds - before >= 13.9


def test_robots_may_be_left_unasked() -> None:
    client, fake, _ = fake_client(site("User-agent: *\nDisallow: /"))
    assert client.get(URL, robots=False).status == 200
    assert fake.asked == [URL]


def manners(clock: FakeClock, known: Mapping[str, RobotsRecord] | None = None) -> Manners:
    return Manners(plain_settings(), clock=clock.now, sleep=clock.sleep, monotonic=clock.monotonic, robots_known=known)


def test_the_robots_of_an_earlier_run_serve_for_a_day() -> None:
    clock = FakeClock()
    first = manners(clock)
    fake_client(site("User-agent: *\nDisallow: /private/"), clock=clock, manners=first)[0].get(URL)
    known = first.robots_seen()
    assert known[HOST].state == "read"
    for later, asked in ((timedelta(hours=23), 0), (timedelta(hours=25), 1)):
        time = FakeClock(clock.now() + later)
        client, fake, _ = fake_client(site(), clock=time, manners=manners(time, known))
        client.get(URL)
        assert fake.asked.count(f"{HOST}/robots.txt") == asked


def test_the_clients_of_a_run_share_pace_budget_and_robots() -> None:
    clock = FakeClock()
    shared = manners(clock)
    fake = FakeSite(site("User-agent: *\nCrawl-delay: 10"), clock)
    began = clock.seconds
    for _ in range(4):
        fake_client(fake, clock=clock, manners=shared)[0].get(URL)
    assert fake.asked.count(f"{HOST}/robots.txt") == 1
    assert clock.seconds - began >= 30
    assert shared.requests_by_host() == {"news.test:443": 6}
    with pytest.raises(FetchRefused, match="budget"):
        fake_client(fake, clock=clock, manners=shared, host_requests_per_run=6)[0].get(URL)


@pytest.mark.parametrize(
    "page",
    [
        Page("<p>x</p>", headers={"tdm-reservation": "1"}),
        Page("<html><head><meta name='tdm-reservation' content='1'></head>"),
        Page('<html><head><META content="1" NAME="tdm-reservation"/></head>'),
    ],
)
def test_a_page_that_reserves_mining_is_refused(page: Page) -> None:
    client, _, _ = fake_client(site(**{URL: page}))
    with pytest.raises(FetchRefused, match="tdm-reserved"):
        client.get(URL)
    assert client.get(URL, robots=False).status == 200


@pytest.mark.parametrize(
    "page",
    [
        Page("<p>x</p>", headers={"tdm-reservation": "0"}),
        Page("<html><head><meta name='tdm-reservation' content='0'></head>"),
        Page("<p>An essay on tdm-reservation and content=1</p><meta name=x content=1>"),
    ],
)
def test_a_page_that_does_not_reserve_is_read(page: Page) -> None:
    client, _, _ = fake_client(site(**{URL: page}))
    assert client.get(URL).status == 200


def test_tdmrep_reserves_by_place_and_the_longest_place_decides() -> None:
    rules = [
        {"location": "/", "tdm-reservation": 1, "tdm-policy": "https://x"},
        {"location": "/open/*", "tdm-reservation": 0},
        {"location": "/open/*.pdf$", "tdm-reservation": 1},
    ]
    client, _, _ = fake_client(
        site(
            **{
                f"{HOST}/.well-known/tdmrep.json": Page(json.dumps(rules), content_type="application/json"),
                f"{HOST}/open/a": "a",
                f"{HOST}/open/b.pdf": "b",
            }
        )
    )
    assert client.get(f"{HOST}/open/a").status == 200
    for url in (URL, f"{HOST}/open/b.pdf"):
        with pytest.raises(FetchRefused, match="tdm-reserved"):
            client.get(url)


@pytest.mark.parametrize(
    ("location", "path", "reserved"),
    [
        ("/a-b", "/a-b/c", True),
        ("/a.b", "/axb", False),
        ("/x$", "/x", True),
        ("/x$", "/xy", False),
        ("*.pdf$", "/a.pdf/b.pdf", True),
        ("*.pdf$", "/a.pdf?x=1", False),
        ("/a*b*c", "/a1b2c3", True),
        ("/a*b*c", "/a1c2b3", False),
        ("/ab*ba$", "/aba", False),
        ("/**x", "/1x", True),
    ],
)
def test_the_places_of_a_tdmrep(location: str, path: str, reserved: bool) -> None:
    rules = json.dumps([{"location": location, "tdm-reservation": 1}])
    client, _, _ = fake_client(site(**{f"{HOST}/.well-known/tdmrep.json": rules, f"{HOST}{path}": "a page"}))
    if reserved:
        with pytest.raises(FetchRefused, match="tdm-reserved"):
            client.get(f"{HOST}{path}")
    else:
        assert client.get(f"{HOST}{path}").status == 200


@pytest.mark.timeout(20)
def test_a_tdmrep_of_many_stars_holds_nobody_up() -> None:
    long = f"{HOST}/{'a' * 1_500}"
    rules = json.dumps([{"location": "/" + "*a" * 40 + "*b$", "tdm-reservation": 1}])
    client, _, _ = fake_client(site(**{f"{HOST}/.well-known/tdmrep.json": rules, long: "a page"}))
    assert client.get(long).status == 200


@pytest.mark.parametrize("text", ["<html>", "[", '{"a": 1}', '[1, {"location": 3}]', "[" * 100_000])
def test_a_tdmrep_that_says_nothing_reserves_nothing(text: str) -> None:
    client, _, _ = fake_client(site(**{f"{HOST}/.well-known/tdmrep.json": text}))
    assert client.get(URL).status == 200
