"""Kind `sitemap`: sitemaps, news sitemaps and indexes of them, gzipped or not; or a site whose robots.txt names them.

Only addresses of the same site are taken. Options: `days` (7) or `from` and `to`, the days that are read; `undated: yes` takes
addresses without a date too; `sitemaps`, how many files one run reads (50).
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from urllib.parse import urlsplit

from lxml import etree

from claimline.errors import FetchError, SourceError
from claimline.models import Discovered, Entry, Fetched, Skip, Validators
from claimline.sources import urlkey
from claimline.sources.ask import Ask, Window, plain, web_joined
from claimline.web import bodies

_DAYS, _SITEMAPS, _DEEPEST = 7, 50, 3
_ACCEPT = "application/xml,text/xml;q=0.9,*/*;q=0.5"
_DAY = re.compile(r"^\s*(\d{4})-(\d{2})(?:-(\d{2}))?")
_FIELDS = frozenset({"loc", "lastmod", "publication_date", "title", "language"})


@dataclass(frozen=True, slots=True)
class Item:
    """One <url> or <sitemap>, its fields by their names."""

    kind: str
    fields: Mapping[str, str]

    @property
    def day(self) -> date | None:
        written = self.fields.get("publication_date") or self.fields.get("lastmod") or ""
        match = _DAY.match(written)
        try:
            return date(int(match[1]), int(match[2]), int(match[3] or 1)) if match else None
        except ValueError:
            return None


def discover(ask: Ask) -> Discovered:
    """Addresses within the window of days, newest sitemaps first."""
    walk = _Walk(ask, ask.window(_DAYS), _remembered(ask.validators))
    for address in _starts(ask):
        walk.read(address, depth=0)
    at_least = walk.answers[0].max_age_s if walk.answers else None
    if walk.answers and all(fetched.not_modified for fetched in walk.answers):
        return Discovered((), tuple(walk.skips), ask.validators, not_modified=True, at_least_s=at_least)
    if walk.error and not walk.entries:
        raise walk.error
    if not walk.answers:
        raise SourceError(ask.spec.locator, "no-sitemap", "robots.txt names none, and there is no /sitemap.xml")
    return Discovered(tuple(walk.entries), (*walk.skips, *walk.counted()), walk.validators(), at_least_s=at_least)


def items(locator: str, body: bytes, limit: int) -> Iterator[Item]:
    """The items of one sitemap, at most `limit`; of an ill-formed one as far as it goes. Raises SourceError for what is none."""
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        yield from _lines(locator, body, limit)
        return
    found = 0
    try:
        for item in _parsed(body):
            found += 1
            yield item
            if found >= limit:
                return
    except etree.XMLSyntaxError as bad:
        if not found:
            raise SourceError(locator, "broken-xml", plain(str(bad))[:200]) from bad
    if not found:
        _check_is_sitemap(locator, body)


def _parsed(body: bytes) -> Iterator[Item]:
    fields: dict[str, str] = {}
    for element in _elements(body):
        name = etree.QName(element).localname.lower()
        if name in _FIELDS and name not in fields and element.text:
            fields[name] = plain(element.text)[:2000]
        elif name in ("url", "sitemap"):
            if fields.get("loc"):
                yield Item(name, fields)
            fields = {}
            _forget(element)


def _check_is_sitemap(locator: str, body: bytes) -> None:
    """An empty sitemap is an answer; a page, or a file that was cut before its first address, is none."""
    if not re.search(rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s>/]", body[:4000]):
        raise SourceError(locator, "not-a-sitemap", "neither a urlset nor a sitemapindex")
    if not re.search(rb"(?:urlset|sitemapindex)[^<>]*/?>\s*$", body[-4000:]):
        raise SourceError(locator, "broken-xml", "it ends before its first address")


def _elements(body: bytes) -> Iterator[etree._Element]:
    """Elements as they end. No entity is expanded and nothing is loaded from elsewhere; depth is libxml2's own limit."""
    safe = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    for _, element in etree.iterparse(io.BytesIO(body), events=("end",), recover=True, remove_comments=True, **safe):
        if isinstance(element.tag, str):
            yield element


def _forget(element: etree._Element) -> None:
    """What has been read is let go, so that a large file is never held as a tree."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _lines(locator: str, body: bytes, limit: int) -> Iterator[Item]:
    """A sitemap may be a plain list of addresses."""
    found = 0
    for line in io.BytesIO(body):
        address = line.decode("utf-8", "replace").strip("\ufeff \t\r\n")
        if address.startswith(("http://", "https://")):
            found += 1
            yield Item("url", {"loc": address[:2000]})
        if found >= limit:
            return
    if not found:
        raise SourceError(locator, "not-a-sitemap", "neither XML nor a list of addresses")


def _starts(ask: Ask) -> Iterable[str]:
    """The locator, or where it is a bare site what its robots.txt names, else /sitemap.xml."""
    parts = urlsplit(ask.spec.locator)
    if parts.path not in ("", "/"):
        return [ask.spec.locator]
    root = f"{parts.scheme}://{parts.netloc}"
    try:
        text = ask.door.get(f"{root}/robots.txt", max_bytes=512_000, robots=False).body.decode("utf-8", "replace")
    except FetchError:
        text = ""
    named = [line.partition(":")[2].strip() for line in text.splitlines() if line.lower().startswith("sitemap:")]
    starts = (web_joined(root, address) for address in named if address)
    return list(dict.fromkeys(start for start in starts if start)) or [f"{root}/sitemap.xml"]


def _remembered(validators: Validators) -> dict[str, Validators]:
    """The validators of every file of last time: a sitemap index is many files, and this source has one set of fields."""
    try:
        held = json.loads(validators.etag or "{}")
        return {address: Validators(*fields) for address, fields in held.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


@dataclass(slots=True)
class _Walk:
    """From index to sitemaps, each file once, within the caps."""

    ask: Ask
    window: Window
    remembered: Mapping[str, Validators]
    answers: list[Fetched] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    unread: dict[str, Validators] = field(default_factory=dict)
    error: SourceError | None = None

    def read(self, address: str, depth: int) -> None:
        if not self._may_read(address, depth):
            return
        try:
            fetched = self._fetch(address)
            self.answers.append(fetched)
            if fetched.not_modified:
                self._children_of_last_time(depth)
                return
            found = list(items(address, fetched.body, self.ask.settings.max_feed_items * 10))
        except (FetchError, SourceError) as failed:
            self._failed(address, failed, depth)
            return
        for item in found:
            if item.kind == "url":
                self._take(item, fetched.final_url)
        for child in self._children(found, fetched.final_url):
            self.read(child, depth + 1)

    def _children_of_last_time(self, depth: int) -> None:
        """An index that has not changed says nothing of its sitemaps: each is asked, and mostly answers that it is the same."""
        for child in self.remembered if depth == 0 else ():
            if urlkey.url_key(child) not in self.seen:
                self.read(child, depth + 1)

    def validators(self) -> Validators:
        answered = {f.url: f.validators for f in self.answers}
        held = {url: (v.etag, v.last_modified, v.body_sha256) for url, v in {**self.unread, **answered}.items()}
        whole = sha256("".join(sorted(f.validators.body_sha256 or "" for f in self.answers)).encode()).hexdigest()
        return Validators(etag=json.dumps(held, separators=(",", ":")), body_sha256=whole)

    def counted(self) -> Iterator[Skip]:
        for reason, count in sorted(self.left_out.items()):
            yield Skip(self.ask.spec.locator, reason, f"{count} address{'es' if count != 1 else ''}")

    def _may_read(self, address: str, depth: int) -> bool:
        key = urlkey.url_key(address)
        if key in self.seen:
            self.skips.append(Skip(address, "loop", "this sitemap has been read already"))
        elif depth > _DEEPEST:
            self.skips.append(Skip(address, "too-deep", f"an index within {_DEEPEST} indexes"))
        elif len(self.seen) >= self.ask.number("sitemaps", _SITEMAPS):
            self.left_out["too-many-sitemaps"] += 1
        elif self.full:
            self.left_out["too-many-items"] += 1
        else:
            self.seen.add(key)
            return True
        return False

    @property
    def full(self) -> bool:
        return len(self.entries) >= self.ask.settings.max_feed_items

    def _fetch(self, address: str) -> Fetched:
        held = self.remembered.get(address)
        fetched = self.ask.door.get(
            address, validators=held, accept=_ACCEPT, robots=self.ask.robots, headers=self.ask.credentials_for(address)
        )
        if held and fetched.validators.body_sha256 == held.body_sha256 is not None:
            return replace(fetched, status=304)
        if fetched.body.startswith(b"\x1f\x8b"):
            return replace(fetched, body=bodies.inflated(address, fetched.body, max_bytes=self.ask.settings.max_body_bytes))
        return fetched

    def _failed(self, address: str, failed: FetchError | SourceError, depth: int) -> None:
        self.skips.append(Skip(address, failed.reason, failed.detail, failed=True))
        if depth > 0:
            # It stays known: an index that has not changed will not name it again.
            self.unread[address] = self.remembered.get(address, Validators())
        else:
            self.error = SourceError(self.ask.spec.locator, failed.reason, failed.detail, retry_after_s=failed.retry_after_s)

    def _children(self, found: Iterable[Item], base: str) -> list[str]:
        """Sitemaps of this site that may hold something of the window, the newest first."""
        dated = [(item.day, web_joined(base, item.fields["loc"])) for item in found if item.kind == "sitemap"]
        fresh = [(day, address) for day, address in dated if address and (day is None or day >= self.window.first)]
        fresh.sort(key=lambda pair: pair[0] or self.window.first, reverse=True)
        near = [address for _, address in fresh if urlkey.same_site(address, self.ask.spec.locator)]
        self.left_out["other-site"] += len(fresh) - len(near)
        self.left_out += Counter()
        return near

    def _take(self, item: Item, base: str) -> None:
        address = web_joined(base, item.fields["loc"])
        reason = self._why_not(address, item)
        if reason:
            self.left_out[reason] += 1
        elif address:
            self.entries.append(
                Entry(
                    url=address,
                    title=item.fields.get("title"),
                    published=item.fields.get("publication_date"),
                    updated=item.fields.get("lastmod"),
                    lang=item.fields.get("language"),
                )
            )

    def _why_not(self, address: str | None, item: Item) -> str | None:
        if not address or not urlkey.same_site(address, self.ask.spec.locator):
            return "other-site" if address else "not-http"
        if item.day is None:
            if self.ask.spec.options.get("undated") not in ("yes", "true"):
                return "undated"
        elif item.day not in self.window:
            return "too-old" if item.day < self.window.first else "too-new"
        return "too-many-items" if self.full else None
