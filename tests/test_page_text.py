"""The text of a page is what trafilatura's whole cascade finds, whichever of its steps are left out."""

from __future__ import annotations

from typing import Any

import pytest
from trafilatura import bare_extraction
from trafilatura.external import compare_extraction
from trafilatura.settings import Document
from trafilatura.utils import load_html

from benchmarks.local_news import News
from benchmarks.newspaper import Newspaper
from claimline import page_text
from tests.test_page_names import stories

URL = "https://gazette.example/a"
SAID = "The ferry to Alnmoor will sail again in May, said the harbour master. "
LINKS = "".join(f"<li><a href='/{i}'>Another story about the ferry, number {i}</a></li>" for i in range(80))
TEASERS = "".join(f"<div class='c{i}'><p>Teaser {i}. {SAID * 2}</p></div>" for i in range(40))
ROWS = "".join(f"<tr><td>{SAID}</td><td>{i}</td></tr>" for i in range(12))
POSTS = "".join(f"<div class='comment'><p>Post {i}. {SAID * 3}</p></div>" for i in range(9))
DATA = '<script type="application/ld+json">'
ODD = {
    "nothing": "",
    "a short text": f"<p>{SAID}</p>",
    "little of what the page holds": f"<article><p>{SAID * 5}</p></article>{TEASERS}<ul>{LINKS}</ul>",
    "links around a text": f"<ul>{LINKS}</ul><article>{f'<p>{SAID * 4}</p>' * 6}</article><ul>{LINKS}</ul>",
    "a text in a table": f"<table>{ROWS}</table><p>{SAID}</p>",
    "a text without paragraphs": f"<div class='story-body'>{(SAID + '<br>') * 30}</div>",
    "a figure in the text": f"<article><p>{SAID * 6}</p><figure><svg>{SAID}</svg><aside>{SAID}</aside></figure></article>",
    "a page in a form": f"<form id='aspnetForm'><article>{f'<p>{SAID * 3}</p>' * 5}</article></form>",
    "a script in the text": f"<article><p>{SAID * 5}</p><script>var a = '{SAID * 9}';</script>tail. <p>{SAID * 5}</p></article>",
    "a text in the markup's data": f'{DATA}{{"@type":"NewsArticle","articleBody":"{SAID * 9}"}}</script>',
    "a forum": f'{DATA}{{"@type": "DiscussionForumPosting"}}</script><h1>Ferry?</h1>{POSTS}',
    "comments under a text": f"<article><p>{SAID * 12}</p></article><div id='comments'>{POSTS}</div>",
}
PAGES = [*stories(), News(1, 1).page(0), *(Newspaper(9, 20).page(i) for i in range(9))]


@pytest.mark.parametrize("html", [*(pytest.param(f"<html><body>{x}</body></html>", id=name) for name, x in ODD.items()), *PAGES])
def test_the_text_is_that_of_the_whole_cascade(html: str) -> None:
    whole = bare_extraction(html, url=URL, include_comments=False, include_formatting=False)
    assert page_text.text_of(load_html(html), html, URL) == (whole.text if isinstance(whole, Document) else None)


def test_the_second_extractor_is_asked_only_where_the_page_holds_twice_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def compared(*given: Any) -> Any:
        asked.append(given[3])
        return compare_extraction(*given)

    monkeypatch.setattr(page_text, "compare_extraction", compared)
    for name, times in (("links around a text", 1), ("comments under a text", 0)):
        asked.clear()
        html = f"<html><body>{ODD[name]}</body></html>"
        page_text.text_of(load_html(html), html, URL)
        assert len(asked) == times, name
