"""Links of aggregators become the article's own address."""

from __future__ import annotations

import base64

import pytest

from claimline.models import SourceSpec, Validators
from claimline.sources import discover
from claimline.sources.aggregators import is_opaque, resolve
from tests.fakes import FakeClock, fake_client, feed, plain_settings

STORY = "https://www.news.test/2017/10/nato-says-no"


def google(address: str, amp: str = "") -> str:
    def length(text: str) -> bytes:
        n = len(text)
        return bytes([n]) if n < 128 else bytes([n & 0x7F | 0x80, n >> 7])

    record = b"\x08\x13\x22" + length(address) + address.encode() + b"\xd2\x01" + length(amp) + amp.encode()
    return f"https://news.google.com/rss/articles/{base64.urlsafe_b64encode(record).decode().rstrip('=')}?oc=5"


TICKET = "https://news.google.com/rss/articles/" + base64.urlsafe_b64encode(
    b"\x08\x13\x22\x52AU_yqL" + b"x" * 70
).decode().rstrip("=")


@pytest.mark.parametrize(
    "link",
    [
        google(STORY),
        google(STORY, STORY + "/amp"),
        f"https://www.google.com/url?rct=j&sa=t&url={STORY}&ct=ga",
        f"http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&url={STORY.replace(':', '%3a').replace('/', '%2f')}&c=1",
        f"https://l.facebook.com/l.php?u={STORY.replace(':', '%3A')}&h=AT0",
        f"https://www.google.com/amp/s/{STORY.removeprefix('https://')}",
        f"https://www-news-test.cdn.ampproject.org/c/s/{STORY.removeprefix('https://')}",
        f"https://r.search.yahoo.com/_ylt=A0/RV=2/RE=1/RO=10/RU={STORY.replace(':', '%3a').replace('/', '%2f')}/RK=2/RS=x",
        f"https://www.google.com/url?url=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3D{STORY}",
        STORY,
    ],
)
def test_an_address_inside_a_link_is_taken_out(link: str) -> None:
    assert resolve(link) == STORY
    assert not is_opaque(resolve(link))


def test_a_long_address_inside_a_google_link_is_taken_whole() -> None:
    long = STORY + "/" + "x" * 200
    assert resolve(google(long, long + "amp")) == long


@pytest.mark.parametrize(
    "link",
    [
        "https://www.news.test/share?url=https://other.test/",
        "https://www.google.com/search?q=https://x.test/",
        "https://l.facebook.com/l.php?u=javascript:alert(1)",
        "https://www.google.com/url?url=file:///etc/passwd",
        "http://[bad",
        "a/b.html",
        "https://news.google.com/",
        f"https://www.google.com/url?{'&'.join('a=1' for _ in range(500))}&url={STORY}",
    ],
)
def test_other_links_stay_as_they_are(link: str) -> None:
    assert resolve(link) == link


def test_a_link_that_hides_its_article_is_a_skip_with_its_title() -> None:
    assert is_opaque(TICKET)
    client, _, clock = fake_client({"https://news.google.com/rss": feed(google(STORY), TICKET)}, clock=FakeClock())
    found = discover(
        SourceSpec("feed", "https://news.google.com/rss"),
        client,
        validators=Validators(),
        settings=plain_settings(),
        now=clock.now(),
        base_dir=None,
    )
    assert [entry.url for entry in found.entries] == [STORY]
    assert [(skip.reason, skip.detail) for skip in found.skips] == [("aggregator-link", "Story 2")]
