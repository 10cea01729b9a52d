"""Changes of status as an Atom feed: one entry a change, by its permanent key, in plain words. No markup of other people's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from feedgen.feed import FeedGenerator

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: `key` is permanent, `link` leads to it, `words` is plain text."""

    key: str
    title: str
    words: str
    link: str
    recorded_at: datetime
    category: str


def atom(title: str, key: str, link: str, own_link: str, entries: Iterable[Entry]) -> bytes:
    """The feed; its entries in the order given, newest first."""
    feed = FeedGenerator()
    feed.id(f"urn:claimline:{key}")
    feed.title(_clean(title))
    feed.link(href=link, rel="alternate")
    feed.link(href=own_link, rel="self")
    feed.author({"name": "Claimline"})
    newest = datetime(1970, 1, 1, tzinfo=UTC)
    for entry in entries:
        made = feed.add_entry(order="append")
        made.id(f"urn:claimline:change:{entry.key}")
        made.title(_clean(entry.title))
        made.link(href=entry.link)
        made.updated(entry.recorded_at)
        made.published(entry.recorded_at)
        made.category(term=entry.category)
        made.content(_clean(entry.words), type="text")
        newest = max(newest, entry.recorded_at)
    feed.updated(newest)
    return bytes(feed.atom_str(pretty=True))


def _clean(text: str) -> str:
    return _NOT_XML.sub(" ", text)
