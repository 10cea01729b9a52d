"""Kind `jsonfeed`: JSON Feed 1.0 and 1.1."""

from __future__ import annotations

import json
from collections.abc import Mapping

from claimline.errors import SourceError
from claimline.models import Entry, Skip
from claimline.sources.ask import plain, web_joined


def parse(locator: str, body: bytes, base: str, max_items: int) -> tuple[tuple[Entry, ...], tuple[Skip, ...], str | None]:
    """Entries, skips and the address of the next page. Raises SourceError where this is no JSON Feed."""
    feed = _document(locator, body)
    items = feed.get("items")
    if not isinstance(items, list):
        raise SourceError(locator, "not-a-feed", "JSON without a list of items")
    skips: list[Skip] = []
    if len(items) > max_items:
        skips.append(Skip(locator, "too-many-items", f"{len(items)}, the first {max_items} are read"))
    entries: list[Entry] = []
    for number, item in enumerate(items[:max_items], start=1):
        where = f"{locator} entry {number}"
        if not isinstance(item, Mapping):
            skips.append(Skip(where, "bad-entry", "not an object"))
            continue
        url = _string(item, "url") or _string(item, "external_url") or _address(_string(item, "id"))
        if not url:
            skips.append(Skip(where, "no-link", _string(item, "title") or ""))
            continue
        address = web_joined(base, url)
        if not address:
            skips.append(Skip(where, "not-http", url[:200]))
            continue
        entries.append(_entry(item, address, _string(item, "language") or _string(feed, "language")))
    following = _string(feed, "next_url")
    return tuple(entries), tuple(skips), web_joined(base, following) if following else None


def _document(locator: str, body: bytes) -> Mapping[str, object]:
    try:
        feed = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as bad:
        raise SourceError(locator, "broken-json", plain(str(bad))[:200]) from bad
    if not isinstance(feed, Mapping):
        raise SourceError(locator, "not-a-feed", "JSON, but not an object")
    return feed


def _entry(item: Mapping[str, object], url: str, lang: str | None) -> Entry:
    return Entry(
        url=url,
        title=_string(item, "title"),
        published=_string(item, "date_published"),
        updated=_string(item, "date_modified"),
        lang=lang,
        authors=_authors(item),
    )


def _authors(item: Mapping[str, object]) -> tuple[str, ...]:
    listed = item.get("authors") or [item.get("author")]
    people = listed if isinstance(listed, list) else []
    names = (_string(person, "name") for person in people[:50] if isinstance(person, Mapping))
    return tuple(name for name in names if name)


def _string(item: Mapping[str, object], name: str) -> str | None:
    value = item.get(name)
    return plain(value)[:2000] or None if isinstance(value, str) else None


def _address(value: str | None) -> str | None:
    return value if value and value.lower().startswith(("http://", "https://")) else None
