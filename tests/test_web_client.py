"""The one door to the network: polite, bounded, honest about what went wrong."""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from claimline.errors import BodyTooLarge, FetchFailed, FetchRefused
from claimline.models import Validators
from claimline.web.headers import max_age
from tests.fakes import FakeClock, FakeSite, Page, fake_client, redirect

URL = "https://news.test/story"


def test_a_page_comes_with_its_bytes_its_type_and_the_time() -> None:
    client, site, clock = fake_client(
        {URL: Page("<p>hi</p>", etag=True, headers={"Last-Modified": "Mon, 05 Jan 2026 10:00:00 GMT"})}
    )
    fetched = client.get(URL)
    assert (fetched.status, fetched.body, fetched.url, fetched.final_url) == (200, b"<p>hi</p>", URL, URL)
    assert fetched.fetched_at == clock.now()
    assert fetched.validators.last_modified == "Mon, 05 Jan 2026 10:00:00 GMT"
    agent = site.requests[-1].headers["user-agent"]
    assert agent.startswith("claimline/")
    assert "Mozilla" not in agent


def test_validators_are_sent_back_and_outlive_a_304() -> None:
    client, site, _ = fake_client({URL: Page("<p>hi</p>", etag=True)})
    first = client.get(URL)
    again = client.get(URL, validators=first.validators)
    assert again.not_modified
    assert again.body == b""
    assert again.validators == first.validators
    client.get(URL, validators=Validators(last_modified="Mon, 05 Jan 2026 10:00:00 GMT"))
    assert site.requests[-1].headers["if-modified-since"] == "Mon, 05 Jan 2026 10:00:00 GMT"


def test_a_redirect_is_followed_with_the_cookies_of_its_own_chain_only() -> None:
    def wants_cookie(request: httpx.Request) -> Page:
        if request.headers.get("cookie") == "seen=1":
            return Page("<p>in</p>")
        return redirect("/story", 302, **{"Set-Cookie": "seen=1; Path=/"})

    client, site, _ = fake_client({URL: wants_cookie, "https://news.test/old": redirect("/story", 308)})
    fetched = client.get("https://news.test/old")
    assert fetched.body == b"<p>in</p>"
    assert (fetched.url, fetched.final_url) == ("https://news.test/old", URL)
    before = len(site.requests)
    client.get(URL)
    assert "cookie" not in site.requests[before].headers


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ({URL: redirect("/story")}, "redirect-loop"),
        ({URL: redirect("/a"), "https://news.test/a": redirect("/story")}, "redirect-loop"),
        ({URL: lambda r: redirect(f"/story?{len(str(r.url))}x{r.url.query.decode()}")}, "too-many-redirects"),
        ({URL: redirect("ftp://news.test/x")}, "scheme"),
        ({URL: redirect("file:///etc/passwd")}, "scheme"),
        ({URL: redirect("http://169.254.169.254/latest/meta-data")}, "private-address"),
        ({URL: redirect("http://localhost/admin")}, "private-address"),
        ({URL: redirect("https://user:pw@news.test/")}, "credentials-in-url"),
        ({URL: redirect("http://[bad")}, "bad-url"),
    ],
)
def test_a_redirect_that_leads_astray_is_refused(pages: dict[str, Page], reason: str) -> None:
    client, site, _ = fake_client(pages)
    with pytest.raises(FetchRefused) as error:
        client.get(URL)
    assert error.value.reason == reason
    assert all(request.url.host == "news.test" for request in site.requests)
    assert "pw" not in str(error.value)


def test_a_redirect_without_an_address_is_a_failure() -> None:
    client, _, _ = fake_client({URL: Page(status=301)})
    with pytest.raises(FetchFailed, match="bad-redirect"):
        client.get(URL)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_refusal_by_the_server_is_a_failure_with_its_status_and_is_not_tried_again(status: int) -> None:
    client, site, _ = fake_client({URL: Page("<p>no</p>", status)})
    with pytest.raises(FetchFailed) as error:
        client.get(URL)
    assert (error.value.reason, error.value.status) == (f"http-{status}", status)
    assert len(site.articles_asked()) == 1


def test_a_server_that_recovers_is_waited_for() -> None:
    client, site, clock = fake_client({URL: [Page(status=503), Page(raises=httpx.ReadTimeout("slow")), Page("ok")]})
    assert client.get(URL).body == b"ok"
    assert len(site.articles_asked()) == 3
    assert sum(clock.slept) < 10


def test_retry_after_is_kept_whether_number_or_date() -> None:
    clock = FakeClock()
    at = (clock.now() + timedelta(seconds=60)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    pages = {URL: [Page(status=429, headers={"Retry-After": "40"}), Page(status=503, headers={"Retry-After": at}), Page("ok")]}
    client, _, _ = fake_client(pages, clock=clock)
    began = clock.seconds
    client.get(URL)
    assert 58 <= clock.seconds - began <= 65


def test_who_asks_for_more_patience_than_the_cap_is_left_alone_for_the_run() -> None:
    client, site, clock = fake_client({URL: Page(status=429, headers={"Retry-After": "86400"})})
    for _ in range(3):
        with pytest.raises(FetchFailed) as error:
            client.get(URL)
    assert error.value.reason == "host-resting"
    assert len(site.articles_asked()) == 1
    assert sum(clock.slept) < 5


@pytest.mark.parametrize(
    ("said", "age", "seconds"),
    [
        ("public, max-age=600", None, 600.0),
        ('MAX-AGE="600", must-revalidate', "100", 500.0),
        ("s-maxage=600", None, None),
        ("no-cache, max-age=600", None, None),
        ("max-age=0", None, None),
        ("max-age=60", "600", None),
        ("max-age=soon", "x", None),
        (None, None, None),
    ],
)
def test_how_long_an_answer_stays_fresh(said: str | None, age: str | None, seconds: float | None) -> None:
    assert max_age(said, age) == seconds


def test_retries_stay_within_their_number_and_their_time() -> None:
    client, site, clock = fake_client(
        {URL: Page(status=503, headers={"Retry-After": "100"})}, retries=10, retry_after_cap_s=120.0
    )
    with pytest.raises(FetchFailed, match="http-503"):
        client.get(URL)
    assert len(site.articles_asked()) <= 3
    assert sum(clock.slept) <= 250


def test_a_host_that_keeps_failing_rests_and_then_gets_another_chance() -> None:
    site = FakeSite({URL: Page(raises=httpx.ConnectError("refused")), "https://news.test/robots.txt": Page("")})
    client, _, clock = fake_client(site)
    said: list[str] = []
    for _ in range(20):
        with pytest.raises(FetchFailed) as error:
            client.get(URL)
        said.append(error.value.reason)
    assert len(site.articles_asked()) <= 8
    assert said[:2] == ["no-connection", "no-connection"]
    assert said[-1] == "host-resting"
    assert "no-connection" in error.value.detail
    site.pages[URL] = Page("back")
    clock.pass_(61)
    assert client.get(URL).body == b"back"


def test_a_host_has_a_budget_of_requests() -> None:
    client, site, _ = fake_client({URL: Page("ok"), "https://other.test/": Page("ok")}, host_requests_per_run=5)
    for _ in range(3):
        client.get(URL)
    with pytest.raises(FetchRefused, match="budget"):
        client.get(URL)
    assert len(site.requests) == 5
    assert client.get("https://other.test/").body == b"ok"


def test_a_host_is_asked_at_its_pace_and_another_host_does_not_wait() -> None:
    client, _, clock = fake_client({URL: Page("ok")}, host_requests_per_s=2.0, obey_robots=False)
    began = clock.seconds
    for _ in range(5):
        client.get(URL)
    assert clock.seconds - began == pytest.approx(2.0)
    before = clock.seconds
    with pytest.raises(FetchFailed):
        client.get("https://other.test/")
    assert clock.seconds == before


def test_no_more_requests_at_once_than_a_host_bears() -> None:
    now, most = [0], [0]

    def busy(request: httpx.Request) -> Page:
        return Page("ok", raises=None)

    class Counting(FakeSite):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            now[0] += 1
            most[0] = max(most[0], now[0])
            import time

            time.sleep(0.005)
            now[0] -= 1
            return super().handle_request(request)

    client, _, _ = fake_client(Counting({URL: busy}), host_concurrency=2, obey_robots=False)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.get(URL), range(30)))
    assert most[0] <= 2


def endless() -> Iterator[bytes]:
    return itertools.repeat(b"x" * 10_000)


def bomb(wbits: int = 31) -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    for _ in range(400):
        if piece := packer.compress(bytes(1_000_000)):
            yield piece
    yield packer.flush()


@pytest.mark.parametrize(
    "page",
    [
        Page("x" * 100_001),
        Page("x" * 100_001, headers={"Content-Length": "100001"}),
        Page(chunks=endless),
        Page(chunks=bomb, headers={"Content-Encoding": "gzip"}),
        Page(chunks=lambda: bomb(15), headers={"Content-Encoding": "deflate"}),
        Page(chunks=lambda: bomb(-15), headers={"Content-Encoding": "deflate"}),
        Page(gzip.compress(gzip.compress(bytes(50_000_000))), headers={"Content-Encoding": "gzip, gzip"}),
    ],
)
def test_a_body_is_never_read_past_its_cap(page: Page) -> None:
    client, _, _ = fake_client({URL: page})
    with pytest.raises(BodyTooLarge):
        client.get(URL, max_bytes=100_000)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"hello" * 1000), "gzip"),
        (gzip.compress(b"hello" * 500) + gzip.compress(b"hello" * 500), "gzip"),
        (gzip.compress(b"hello" * 1000) + b"rubbish", "x-gzip"),
        (zlib.compress(b"hello" * 1000), "deflate"),
        (zlib.compress(b"hello" * 1000, wbits=-15), "deflate"),
        (gzip.compress(zlib.compress(b"hello" * 1000)), "deflate, gzip"),
        (b"hello" * 1000, "identity"),
    ],
    # Names of their own: gzip writes the time into its header, and no two processes would agree on what the tests are called.
    ids=["gzip", "two members", "rubbish after", "zlib", "raw deflate", "both", "none"],
)
def test_every_usual_compression_is_undone(body: bytes, encoding: str) -> None:
    for size in (1, 7, 10_000):
        chunks = [body[i : i + size] for i in range(0, len(body), size)]
        client, _, _ = fake_client({URL: Page(chunks=lambda c=chunks: iter(c), headers={"Content-Encoding": encoding})})
        assert client.get(URL).body == b"hello" * 1000


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page(gzip.compress(b"hello" * 1000)[:40], headers={"Content-Encoding": "gzip"}), "truncated"),
        (Page("not gzip", headers={"Content-Encoding": "gzip"}), "bad-encoding"),
        (Page("x", headers={"Content-Encoding": "br"}), "bad-encoding"),
        (Page("x", headers={"Content-Encoding": "gzip,gzip,gzip,gzip"}), "bad-encoding"),
        (Page(raises=httpx.RemoteProtocolError("half closed")), "broken-connection"),
        (Page(raises=httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]")), "certificate"),
        (Page(raises=httpx.ConnectTimeout("")), "no-connection"),
        (Page(raises=httpx.DecodingError("")), "bad-answer"),
    ],
)
def test_a_broken_answer_is_a_failure_with_its_reason(page: Page, reason: str) -> None:
    client, _, _ = fake_client({URL: page}, obey_robots=False)
    with pytest.raises(FetchFailed) as error:
        client.get(URL)
    assert error.value.reason == reason


def test_a_body_that_drips_is_given_up() -> None:
    clock = FakeClock()

    def drip() -> Iterator[bytes]:
        while True:
            clock.pass_(10)
            yield b"x"

    client, _, _ = fake_client({URL: Page(chunks=drip)}, clock=clock, total_timeout_s=60.0)
    with pytest.raises(FetchFailed, match="too-slow"):
        client.get(URL)


def test_json_is_posted_and_answered() -> None:
    def echo(request: httpx.Request) -> Page:
        return Page(json.dumps({"got": json.loads(request.content), "key": request.headers["x-key"]}))

    client, site, _ = fake_client({"https://judge.test/v1": echo})
    answer = client.post_json("https://judge.test/v1", {"a": "ü"}, {"X-Key": "k"})
    assert json.loads(answer.body) == {"got": {"a": "ü"}, "key": "k"}
    assert site.asked == ["https://judge.test/v1"]


def test_a_post_is_sent_again_only_where_it_surely_was_not_received() -> None:
    url = "https://judge.test/v1"
    client, site, _ = fake_client(
        {url: [Page(status=429, headers={"Retry-After": "1"}), Page(raises=httpx.ConnectError("")), Page("{}")]}
    )
    client.post_json(url, {}, {})
    assert len(site.asked) == 3
    for page in (
        Page(status=500),
        Page(raises=httpx.ReadTimeout("")),
        Page('{"error": {"message": "no such model"}}', 400, "application/json"),
    ):
        client, site, _ = fake_client({url: page})
        with pytest.raises(FetchFailed):
            client.post_json(url, {}, {})
        assert len(site.asked) == 1


def test_an_apis_own_words_about_a_refusal_are_kept() -> None:
    client, _, _ = fake_client({URL: Page('{"error": {"message": "no such\\n model"}}', 400, "application/json")})
    with pytest.raises(FetchFailed, match=r"http-400 \(no such model\)"):
        client.post_json(URL, {}, {})


def test_the_time_of_a_fetch_is_aware() -> None:
    client, _, _ = fake_client({URL: "x"}, clock=FakeClock(datetime(2017, 10, 10, tzinfo=UTC)))
    assert client.get(URL).fetched_at.tzinfo is UTC


def test_a_redirect_to_an_address_in_another_script_is_followed() -> None:
    client, _, _ = fake_client(
        {URL: redirect("/новости/1"), "https://news.test/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1": "да"}
    )
    assert client.get(URL).body == "да".encode()


@pytest.mark.parametrize("status", [300, 304, 305])
def test_a_status_that_answers_nothing_we_asked_is_a_failure(status: int) -> None:
    client, _, _ = fake_client({URL: Page(status=status)})
    with pytest.raises(FetchFailed, match=f"http-{status}"):
        client.get(URL)


def test_a_body_that_cannot_be_unpacked_is_not_the_hosts_failure() -> None:
    client, _, _ = fake_client({URL: Page("x", headers={"Content-Encoding": "br"}), "https://news.test/good": "good"})
    for _ in range(10):
        with pytest.raises(FetchFailed, match="bad-encoding"):
            client.get(URL)
    assert client.get("https://news.test/good").body == b"good"
