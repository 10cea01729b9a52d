"""Kind `feed`: RSS and Atom (and a JSON Feed that stands at the address of one).

feedparser reads our own bytes; it never fetches. A feed that is not well-formed is still read as far as it goes; only one that
yields nothing is an error of the source. Options: `pages`, how many pages of a paged feed (RFC 5005) are followed (3).
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import feedparser

from claimline.errors import FetchError, SourceError
from claimline.models import Discovered, Entry, Fetched, Skip, Validators
from claimline.sources import jsonfeed, kinds, urlkey
from claimline.sources.ask import Ask, joined, plain

ACCEPT = "application/atom+xml,application/rss+xml,application/feed+json;q=0.9,application/xml;q=0.8,*/*;q=0.5"
_TAG = re.compile(r"<[^<>]{0,2000}>")
_NESTED = re.compile(rb"<!ENTITY\s+(?:%\s+)?[^\s>]+\s+(?:\"[^\"]*[&%][A-Za-z_]|'[^']*[&%][A-Za-z_])")
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*\[.*?\]\s*>", re.DOTALL)
_TTL = re.compile(rb"<ttl>\s*(\d{1,6})\s*</ttl>", re.IGNORECASE)
_HEAD = 200_000
_PAGES = 3
# feedparser takes 3 s a megabyte at worst.
_MAX_BYTES = 10_000_000
# A wrong content type or a contradicted charset is no fault of the XML.
_BENIGN = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a feed: its entries, what was skipped, and the address of the next page."""

    entries: tuple[Entry, ...]
    skips: tuple[Skip, ...] = ()
    following: str | None = None


def discover(ask: Ask) -> Discovered:
    """The entries of a feed, newest pages first; `not_modified` where neither headers nor bytes have changed."""
    fetched = _get(ask, ask.spec.locator, ask.validators)
    if fetched.not_modified:
        return Discovered((), validators=ask.validators, not_modified=True, at_least_s=_at_least(fetched))
    if fetched.validators.body_sha256 == ask.validators.body_sha256 is not None:
        return Discovered((), validators=fetched.validators, not_modified=True, at_least_s=_at_least(fetched))
    at_least = _at_least(fetched)
    gathered = _Gathered(ask.settings.max_feed_items)
    page = parse(ask.spec.locator, fetched, ask.settings.max_feed_items)
    fresh = gathered.add(page)
    read = {urlkey.url_key(fetched.url), urlkey.url_key(fetched.final_url)}
    for _ in range(ask.number("pages", _PAGES) - 1):
        following = page.following
        if not following or not fresh or gathered.full:
            break
        if urlkey.url_key(following) in read:
            gathered.skips.append(Skip(following, "loop", "the next page has been read already"))
            break
        read.add(urlkey.url_key(following))
        try:
            page = parse(following, _get(ask, following), ask.settings.max_feed_items)
        except (FetchError, SourceError) as failed:
            gathered.skips.append(Skip(following, failed.reason, failed.detail, failed=True))
            break
        fresh = gathered.add(page)
    return Discovered(tuple(gathered.entries), tuple(gathered.skips), fetched.validators, at_least_s=at_least)


def _at_least(fetched: Fetched) -> float | None:
    """How long the publisher asks us to wait: by Cache-Control, or by RSS' own `ttl` (minutes), whichever is longer."""
    ttl = _TTL.search(fetched.body[:_HEAD])
    return max((x for x in (fetched.max_age_s, float(ttl[1]) * 60 if ttl else None) if x), default=None)


def _get(ask: Ask, url: str, validators: Validators | None = None) -> Fetched:
    """A page of the feed; the credentials go to the feed's own host only."""
    return ask.door.get(
        url,
        validators=validators,
        max_bytes=min(ask.settings.max_body_bytes, _MAX_BYTES),
        accept=ACCEPT,
        robots=ask.robots,
        headers=ask.credentials_for(url),
    )


def parse(locator: str, fetched: Fetched, max_items: int) -> Page:
    """One page of a feed from its bytes. Raises SourceError where it is none."""
    body = fetched.body
    if not body.strip():
        raise SourceError(locator, "empty-feed", "the body is empty")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _from_json(locator, fetched, max_items)
    parsed = _parsed(locator, fetched)
    skips: list[Skip] = []
    broken = bool(parsed.get("bozo")) and not isinstance(parsed.get("bozo_exception"), _BENIGN)
    reason = _one_line(parsed.get("bozo_exception")) if broken else "neither RSS nor Atom"
    if broken:
        skips.append(Skip(locator, "malformed", reason))
    if len(parsed.entries) > max_items:
        skips.append(Skip(locator, "too-many-items", f"{len(parsed.entries)}, the first {max_items} are read"))
    entries: list[Entry] = []
    for number, raw in enumerate(parsed.entries[:max_items], start=1):
        entry = _entry(raw, fetched.final_url, parsed)
        if isinstance(entry, Entry):
            entries.append(entry)
        else:
            skips.append(Skip(f"{locator} entry {number}", *entry))
    if not entries and (broken or not parsed.get("version")):
        raise _not_a_feed(locator, fetched, reason)
    return Page(tuple(entries), tuple(skips), _next(parsed, fetched.final_url))


def _parsed(locator: str, fetched: Fetched) -> Any:
    """feedparser's own fetching is out of reach: it is given a stream of bytes, never a string that it might open."""
    head = {"content-location": fetched.final_url}
    if fetched.content_type:
        head["content-type"] = fetched.content_type
    try:
        stream = io.BytesIO(_without_nested_entities(fetched.body))
        return feedparser.parse(stream, response_headers=head, resolve_relative_uris=False, sanitize_html=False)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError) as broken:
        # feedparser still raises from its depths on some ill-formed files.
        raise SourceError(locator, "unreadable-feed", f"{type(broken).__name__}: {_one_line(broken)}") from broken


def _without_nested_entities(body: bytes) -> bytes:
    """Entities made of entities serve only to explode; their document type goes. Plain ones (&nbsp;) stay."""
    head = body[:_HEAD]
    return _DOCTYPE.sub(b"", head, count=1) + body[_HEAD:] if _NESTED.search(head) else body


def _not_a_feed(locator: str, fetched: Fetched, reason: str) -> SourceError:
    if re.search(rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s>/]", fetched.body[:4096]):
        return SourceError(locator, kinds.A_SITEMAP, "this is a sitemap, not a feed; its kind is `sitemap` (--kind sitemap)")
    feeds = linked_feeds(fetched)
    if feeds:
        return SourceError(locator, "not-a-feed", f"this is a page; its feeds: {', '.join(feeds[:5])}")
    if re.search(rb"<html[\s>]", fetched.body[:4096], re.IGNORECASE):
        return SourceError(locator, "not-a-feed", "this is a page, not a feed; --kind page reads the links of a page")
    return SourceError(locator, "broken-xml", reason)


def linked_feeds(fetched: Fetched) -> list[str]:
    """The feeds that a page names in its head."""
    found = []
    for tag in re.findall(rb"<link\b[^>]{0,1000}>", fetched.body[:300_000], re.IGNORECASE):
        written = tag.decode("utf-8", "replace")
        if re.search(r"application/(?:rss\+xml|atom\+xml|feed\+json)", written, re.IGNORECASE):
            address = re.search(r"href\s*=\s*[\"']?([^\"'\s>]+)", written, re.IGNORECASE)
            if address and (there := joined(fetched.final_url, html.unescape(address[1]))):
                found.append(there)
    return list(dict.fromkeys(found))


def _entry(raw: Any, base: str, parsed: Any) -> Entry | tuple[str, str]:
    """An entry, or why there is none: (reason, detail)."""
    title = _text(_own(raw, "title")) or None
    url = _link(raw, base)
    if url is None:
        return "no-link", title or ""
    if not url.lower().startswith(("http://", "https://")):
        return "not-http", url[:200]
    published, updated = _dates(raw, parsed)
    return Entry(
        url=url,
        title=title,
        published=published,
        updated=updated,
        lang=_language(raw, parsed),
        authors=_authors(raw),
    )


def _own(raw: Any, name: str) -> Any:
    """A field as this entry has it: feedparser would answer `updated` with `published`, and warn."""
    return dict.get(raw, name)


def _link(raw: Any, base: str) -> str | None:
    links = [link for link in _own(raw, "links") or () if link.get("href")]
    candidates = [
        _own(raw, "feedburner_origlink"),
        *(link["href"] for link in links if link.get("rel") == "alternate" and "html" in link.get("type", "html")),
        *(link["href"] for link in links if link.get("rel") == "alternate"),
        _own(raw, "link"),
        _own(raw, "id") if urlkey.is_web(str(_own(raw, "id") or "")) else None,
    ]
    written = next((plain(str(c)).replace(" ", "%20") for c in candidates if c and str(c).strip()), None)
    return None if written is None else joined(base, written)


def _dates(raw: Any, parsed: Any) -> tuple[str | None, str | None]:
    """The words of both dates. RSS 1.0 and dc:date know one date only, which is the publication's."""
    published, updated = _words(_own(raw, "published")), _words(_own(raw, "updated"))
    if published is None and str(parsed.get("version") or "").startswith("rss"):
        return updated, None
    return published, updated


def _words(value: Any) -> str | None:
    return plain(str(value))[:200] or None if value else None


def _language(raw: Any, parsed: Any) -> str | None:
    detail = _own(raw, "title_detail")
    language = (detail or {}).get("language") or dict.get(parsed.feed, "language")
    return plain(str(language))[:35] or None if language else None


def _authors(raw: Any) -> tuple[str, ...]:
    people = [person.get("name") for person in _own(raw, "authors") or () if isinstance(person, Mapping)]
    names = people if any(people) else [_own(raw, "author")]
    return tuple(dict.fromkeys(name for name in (_text(n) for n in names) if name))[:50]


def _text(value: Any) -> str:
    """A line of text from what may be HTML, once or twice escaped."""
    return plain(html.unescape(_TAG.sub(" ", html.unescape(str(value)))))[:1000] if value else ""


def _next(parsed: Any, base: str) -> str | None:
    for link in dict.get(parsed.feed, "links") or ():
        if link.get("rel") == "next" and link.get("href"):
            return joined(base, str(link["href"]))
    return None


def _from_json(locator: str, fetched: Fetched, max_items: int) -> Page:
    entries, skips, following = jsonfeed.parse(locator, fetched.body, fetched.final_url, max_items)
    return Page(entries, skips, following)


def _one_line(value: object) -> str:
    return plain(str(value))[:300]


@dataclass(slots=True)
class _Gathered:
    """Entries of several pages, each address once."""

    limit: int
    entries: list[Entry] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    seen: set[tuple[str, str | None]] = field(default_factory=set)

    @property
    def full(self) -> bool:
        return len(self.entries) >= self.limit

    def add(self, page: Page) -> bool:
        """Take what is new of a page; whether there was anything."""
        before = len(self.entries)
        for entry in page.entries:
            key = (urlkey.url_key(entry.url), entry.updated or entry.published)
            if key not in self.seen and not self.full:
                self.seen.add(key)
                self.entries.append(entry)
        self.skips.extend(page.skips)
        return len(self.entries) > before
