"""Title and authors as trafilatura's whole metadata would give them, and the text that goes with them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from trafilatura import bare_extraction
from trafilatura.metadata import extract_metadata
from trafilatura.settings import Document
from trafilatura.utils import load_html

from app import newsroom
from app.newsroom_pages import Pages
from benchmarks.newspaper import Newspaper
from claimline.clean import clean
from claimline.models import Entry
from claimline.normal import normalise
from claimline.page_names import title_and_authors

NOW = datetime(2026, 6, 1, tzinfo=UTC)
URL = "https://gazette.example/a"
ODD = (
    '<title>Ferry - Gazette</title><meta name="author" content="Gazette"><h1>A</h1><h1>B</h1><p class="byline">By Ada Holt</p>',
    '<script type="application/ld+json">{"@type":"NewsArticle","headline":"X &amp; Y","author":{"name":"Ada Holt"}}</script>',
    '<script type="application/ld+json">{"author":["Ada Holt",{"name":7}], broken</script><h2>Only a second heading</h2>',
    '<meta property="og:title" content="One"><meta property="article:author" content="Ada Holt">',
    "<div>nothing</div>",
)


def stories() -> list[str]:
    told = newsroom.load()
    pages = Pages(told, "http://127.0.0.1")
    paths = [f"/{o.domain}/{s.slug}" for o in told.outlets for s in o.stories]
    answers = [pages.answer(path, NOW) for path in paths]
    return [a.body.decode() for a in answers if a.status == 200]


HEADS = [f"<html><head>{x}</head><body>{x}<p>{'Words. ' * 30}</p></body></html>" for x in ODD]
PAGES = [*stories(), *(Newspaper(20, 20).page(i) for i in range(20))]


@pytest.mark.parametrize("html", [*PAGES, *HEADS])
def test_title_and_authors_are_those_of_trafilatura(html: str) -> None:
    whole = extract_metadata(load_html(html), URL)
    assert title_and_authors(load_html(html)) == (whole.title, whole.author)


@pytest.mark.parametrize("html", PAGES)
def test_the_text_is_that_of_an_extraction_with_all_metadata(html: str) -> None:
    whole = bare_extraction(
        html,
        url=URL,
        with_metadata=True,
        include_comments=False,
        include_formatting=False,
        date_extraction_params={"extensive_search": False, "max_date": "2100-01-01"},
    )
    assert isinstance(whole, Document)
    read = clean(Entry(URL), html.encode(), "text/html; charset=utf-8", url=URL, first_seen=NOW)
    assert read.text in normalise(whole.text or "")
    assert read.title == whole.title
