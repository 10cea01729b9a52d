"""The key of an address: what is folded, and what must stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimline.sources.urlkey import domain, is_web, same_site, site, url_key

ONE_ARTICLE = [
    "https://example.com/a/b?id=3&b=1",
    "http://example.com/a/b?id=3&b=1",
    "//example.com/a/b?id=3&b=1",
    "https://www.example.com/a/b/?b=1&id=3",
    "HTTPS://EXAMPLE.COM:443/a/b?id=3&b=1#comments",
    "https://example.com./a/x/../b?id=3&amp;b=1",
    "https://user:secret@example.com/a/./b?b=1&id=3",
    "https://example.com/%61/b?id=3&b=1&utm_source=x&utm_medium=rss&fbclid=IwAR0&gclid=1&mc_cid=2&ref=home&at_medium=RSS",
    "https://example.com/a/b;jsessionid=1A2B?id=3&b=1&CMP=share&ocid=x&_ga=2",
    " https://example.com/a/b?id=3&b=1\n",
]


@pytest.mark.parametrize("url", ONE_ARTICLE)
def test_two_spellings_of_one_address_have_one_key(url: str) -> None:
    assert url_key(url) == url_key(ONE_ARTICLE[0])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("https://example.com/A", "https://example.com/a"),
        ("https://example.com/?p=1", "https://example.com/?p=2"),
        ("https://example.com/story?12345", "https://example.com/story?12346"),
        ("https://example.com/story.php?cid=1", "https://example.com/story.php?cid=2"),
        ("https://example.com/story.php?uid=1", "https://example.com/story.php?uid=2"),
        ("https://example.com:8080/", "https://example.com/"),
        ("https://m.example.com/1", "https://n.example.com/1"),
        ("https://example.com/#!/story/1", "https://example.com/#!/story/2"),
        ("a/b.html", "b.html"),
        ("news.jsonl:1", "news.jsonl:2"),
    ],
)
def test_two_articles_have_two_keys(a: str, b: str) -> None:
    assert url_key(a) != url_key(b)


def test_hosts_and_paths_in_other_scripts_have_one_key_however_encoded() -> None:
    assert url_key("http://пример.рф/новости/1?x=ё") == url_key(
        "https://xn--e1afmkfd.xn--p1ai/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1?x=%d1%91"
    )


def test_a_relative_path_is_its_own_key() -> None:
    assert url_key("./2017/nato.html") == url_key("2017/nato.html") == "2017/nato.html"
    assert not is_web("2017/nato.html")
    assert domain("2017/nato.html") == ""


@pytest.mark.parametrize("url", ["http://", "http://[bad/x", "http://1.2.3.4:99999/x", "https:///x", "//", "http://%zz/"])
def test_what_is_no_address_has_a_key_too(url: str) -> None:
    assert url_key(url) == url_key(url_key(url))
    assert isinstance(domain(url), str)


@given(
    st.one_of(
        st.text(max_size=60),
        st.builds(
            "{}://{}/{}?{}#{}".format,
            st.sampled_from(["http", "https", "HTTP"]),
            st.text(max_size=20),
            st.text(max_size=30),
            st.text(max_size=30),
            st.text(max_size=10),
        ),
        st.builds("https://ex.com/{}?{}".format, st.text("ab/.%2é;?&", max_size=30), st.text("ab=&;%+ 2é", max_size=30)),
    )
)
def test_the_key_of_a_key_is_itself(url: str) -> None:
    assert url_key(url_key(url)) == url_key(url)


def test_a_domain_keeps_its_subdomain_and_a_site_does_not() -> None:
    assert domain("https://www.bbc.co.uk/news") == "bbc.co.uk"
    assert domain("https://news.bbc.co.uk/") == "news.bbc.co.uk"
    assert site("https://news.bbc.co.uk/") == "bbc.co.uk"
    assert domain("http://127.0.0.1:8123/x") == site("http://127.0.0.1:8123/x") == "127.0.0.1:8123"
    assert same_site("https://edition.cnn.com/a", "https://www.cnn.com/b")
    assert not same_site("https://a.co.uk/", "https://b.co.uk/")
    assert not same_site("http://127.0.0.1:1/", "http://127.0.0.1:2/")
    assert not same_site("a.html", "a.html")
