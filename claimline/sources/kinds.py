"""Which kind of source a place is, told from how it is written; nothing is opened or fetched here.

What an address holds is known once it has answered: a feed's parser that meets a sitemap says so (`A_SITEMAP`).
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from claimline.errors import UsageError
from claimline.sources import ARCHIVE_SUFFIXES, SOURCES, urlkey
from claimline.topics import LOCAL_KINDS

A_SITEMAP = "a-sitemap"  # the reason of a SourceError: what was asked as a feed is one
_SITEMAP = re.compile(r"site_?-?map[^/]*\.(?:xml|txt)(?:\.gz)?$", re.IGNORECASE)
_HOST = re.compile(r"^(?:[\w-]+\.)+[^\W\d_][\w-]+(?::\d+)?(?:[/?#]|$)|^(?:localhost|\d+(?:\.\d+){3})(?::\d+)?(?:[/?#]|$)")


def told(where: str, kind: str | None = None) -> tuple[str, str]:
    """Kind and locator of a place as a person writes it: an address, a folder or a file, or a query. Raises UsageError."""
    if kind is not None and kind not in SOURCES:
        raise UsageError(f"--kind {kind!r} is none of {', '.join(SOURCES)}")
    if kind == "gdelt":
        return kind, where
    if "://" in where:
        return kind or _of_address(where), where
    path = Path(where).expanduser().resolve()
    if not path.exists() or kind not in (None, *LOCAL_KINDS):
        raise UsageError(_no_place(where, path))
    return kind or _of_path(path), str(path)


def as_path(where: str) -> str:
    """The place as a stored source has it where it is a folder or a file: its whole path."""
    return where if "://" in where else str(Path(where).expanduser().resolve())


def same_source(kind: str, locator: str) -> tuple[str, str]:
    """What two spellings of one source have in common."""
    if kind == "gdelt":
        return kind, locator
    return kind, urlkey.url_key(locator) if kind == "one" else urlkey.source_key(locator)


def _of_address(address: str) -> str:
    try:
        path = urlsplit(address).path.lower()
    except ValueError as error:
        raise UsageError(f"{address} is not an address: {error}") from None
    if path.endswith(ARCHIVE_SUFFIXES):
        raise UsageError(f"{address}: a web archive is read from a file; download it and name the file, or its folder")
    return "sitemap" if _SITEMAP.search(path) else "feed"


def _of_path(path: Path) -> str:
    name = path.name.lower()
    if name.endswith(".opml"):
        raise UsageError(f"{path}: a list of feeds; `claimline sources import TOPIC {path.name}` takes it in")
    if name.endswith(ARCHIVE_SUFFIXES):
        return "warc"
    return "urls" if name.endswith(".csv") else "files"


def _no_place(where: str, path: Path) -> str:
    if path.exists():
        return f"{where}: this kind of source is an address; it begins with https://"
    advice = f"did you mean https://{where}" if _HOST.match(where) else "an address begins with https://"
    return f"{where}: no such folder or file; {advice}"
