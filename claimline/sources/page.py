"""Kind `page`: a site's front page or a section of it; the links that look like articles.

A guess by the form of an address and by the words of its link, for sites that have neither feed nor sitemap. Options: `match` and
`not_match`, regular expressions that an address must and must not contain; with `match` nothing else is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from courlan.filters import FILE_TYPE, is_not_crawlable
from lxml import etree, html
from w3lib.encoding import html_to_unicode

from claimline.errors import SourceError
from claimline.models import Discovered, Entry, Fetched, Skip
from claimline.sources import urlkey
from claimline.sources.ask import Ask, plain, web_joined

_DATED = re.compile(r"/(?:19|20)\d{2}[/-](?:0?[1-9]|1[0-2])(?:[/-]|$)|(?:19|20)\d{2}-?\d{2}-?\d{2}")
_NUMBERED = re.compile(r"\d{5,}|[-_]\d{4,}(?:\.\w+)?$|[?&](?:id|p|nid|story|article)=\d+", re.IGNORECASE)
_SLUG = re.compile(r"[^\W\d_]{2,}(?:[-_+][^\W_]+){3,}")
_SECTION = re.compile(
    r"/(?:tags?|topics?|category|kategori\w*|categor\w+|authors?|autor\w*|yazar\w*|search|login|register|subscribe|newsletter"
    r"|about|contact|privacy|terms|help|video|videos|gallery|galeri|podcasts?|live|weather|shop|account|impressum)(?:/|$|\.)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Link:
    """An address with the words that it was linked by."""

    url: str
    words: str


def discover(ask: Ask) -> Discovered:
    """The article-like links of one page, in its order."""
    fetched = ask.door.get(ask.spec.locator, validators=ask.validators, robots=ask.robots, headers=ask.credentials)
    if fetched.not_modified or fetched.validators.body_sha256 == ask.validators.body_sha256 is not None:
        return Discovered((), validators=ask.validators, not_modified=True, at_least_s=fetched.max_age_s)
    wanted, unwanted = _pattern(ask, "match"), _pattern(ask, "not_match")
    chosen: dict[str, Link] = {}
    for link in links(ask.spec.locator, fetched):
        if not urlkey.same_site(link.url, fetched.final_url) or (unwanted and unwanted.search(link.url)):
            continue
        if bool(wanted.search(link.url)) if wanted else looks_like_article(link):
            key = urlkey.url_key(link.url)
            # A picture and a headline often link to one story: the longer words are its title.
            if key not in chosen or len(link.words) > len(chosen[key].words):
                chosen[key] = link if key not in chosen else Link(chosen[key].url, link.words)
    limit = ask.settings.max_feed_items
    skips = [Skip(ask.spec.locator, "no-articles", "no link looks like an article")] if not chosen else []
    if len(chosen) > limit:
        skips.append(Skip(ask.spec.locator, "too-many-items", f"{len(chosen)}, the first {limit} are read"))
    entries = tuple(Entry(link.url, title=link.words or None) for link in list(chosen.values())[:limit])
    return Discovered(entries, tuple(skips), fetched.validators, at_least_s=fetched.max_age_s)


def links(locator: str, fetched: Fetched) -> Iterator[Link]:
    """Every link of a page. Raises SourceError where it is none."""
    try:
        _, text = html_to_unicode(fetched.content_type, fetched.body)
        parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True)
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as bad:
        raise SourceError(locator, "broken-page", plain(str(bad))[:200]) from bad
    base = _joined(fetched.final_url, next(iter(tree.xpath("//base/@href")), "")) or fetched.final_url
    for anchor in tree.iter("a"):
        address = anchor.get("href")
        joined = _joined(base, address.strip()) if address else None
        if joined:
            yield Link(joined, plain(anchor.text_content())[:500])


def looks_like_article(link: Link) -> bool:
    """A dated, numbered or wordy address, not a section; doubtful ones are decided by the number of words of the link."""
    parts = urlsplit(link.url)
    path = unquote(parts.path)
    if len(path.strip("/")) < 8 or _SECTION.search(path) or is_not_crawlable(link.url) or FILE_TYPE.search(path):
        return False
    signs = bool(_DATED.search(path)) + bool(_NUMBERED.search(path + "?" + parts.query)) + bool(_SLUG.search(path))
    words = len(link.words.split())
    return signs >= 2 or (signs == 1 and (words >= 3 or not words))


def _pattern(ask: Ask, option: str) -> re.Pattern[str] | None:
    written = ask.spec.options.get(option)
    try:
        return re.compile(written) if written else None
    except re.error as bad:
        raise SourceError(ask.spec.locator, "bad-option", f"{option}: {bad}") from bad


def _joined(base: str, address: str) -> str | None:
    found = web_joined(base, address)
    return found and found.split("#")[0]
