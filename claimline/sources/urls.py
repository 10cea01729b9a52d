"""Kinds `urls` (a text or CSV file of addresses, here or on the web) and `one` (a single address, given by hand).

A CSV file names its columns: `url`, and where it has them `title, published, lang, outlet`. In a text file each line is an
address; empty lines and those that begin with `#` are passed over.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256

from claimline.errors import SourceError
from claimline.models import Discovered, Entry, Skip, Validators
from claimline.sources import encoding, urlkey
from claimline.sources.ask import Ask, plain


def discover(ask: Ask) -> Discovered:
    """Every address of the list; `not_modified` where the list is the same."""
    body, validators = _body(ask)
    if validators == ask.validators or validators.body_sha256 == ask.validators.body_sha256:
        return Discovered((), validators=validators, not_modified=True)
    try:
        text = encoding.decode(body, ask.spec.options.get("encoding"))
    except encoding.Undecodable as bad:
        raise SourceError(ask.spec.locator, bad.reason, bad.detail) from bad
    first, header = _header(text)
    _check_columns(ask.spec.locator, first, header)
    entries: list[Entry] = []
    skips: list[Skip] = []
    seen: set[str] = set()
    for number, row in _rows(text, first, header):
        where = f"{ask.spec.locator}:{number}"
        url = plain(row.get("url") or "")
        key = urlkey.url_key(url)
        if not urlkey.domain(url) or not url.lower().startswith(("http://", "https://")):
            skips.append(Skip(where, "not-http", url[:200]))
        elif key in seen:
            skips.append(Skip(where, "duplicate", url[:200]))
        elif len(entries) >= ask.settings.max_feed_items:
            skips.append(Skip(where, "too-many-items", f"the first {len(entries)} are read"))
            break
        else:
            seen.add(key)
            entries.append(_entry(url, row))
    return Discovered(tuple(entries), tuple(skips), validators)


def discover_one(ask: Ask) -> Discovered:
    """The address itself, once."""
    url = plain(ask.spec.locator)
    if not urlkey.domain(url):
        raise SourceError(ask.spec.locator, "not-http", "not an address on the web")
    validators = Validators(body_sha256=sha256(url.encode()).hexdigest())
    if validators == ask.validators:
        return Discovered((), validators=validators, not_modified=True)
    return Discovered((Entry(url),), validators=validators)


def _body(ask: Ask) -> tuple[bytes, Validators]:
    if urlkey.is_web(ask.spec.locator):
        fetched = ask.door.get(ask.spec.locator, validators=ask.validators, robots=ask.robots, headers=ask.credentials)
        return fetched.body, ask.validators if fetched.not_modified else fetched.validators
    try:
        with ask.path.open("rb") as file:
            body = file.read(ask.settings.max_body_bytes + 1)
    except OSError as failed:
        raise SourceError(ask.spec.locator, "not-found", failed.strerror or str(failed)) from failed
    if len(body) > ask.settings.max_body_bytes:
        raise SourceError(ask.spec.locator, "too-large", f"more than {ask.settings.max_body_bytes} bytes")
    return body, Validators(body_sha256=sha256(body).hexdigest())


def _entry(url: str, row: Mapping[str, str | None]) -> Entry:
    title, published, lang, outlet = (plain(row.get(name) or "") or None for name in ("title", "published", "lang", "outlet"))
    return Entry(url, title=title, published=published, lang=lang, outlet=outlet)


def _header(text: str) -> tuple[str, list[str]]:
    """The first line, in small letters, and the columns that it would name."""
    first = next((line for line in text.splitlines() if line.strip()), "").lower()
    return first, [name.strip('\ufeff "') for name in re.split(r"[;,\t]", first)]


def _check_columns(locator: str, first: str, header: list[str]) -> None:
    """A table whose first line names columns and no `url` among them. Raises SourceError."""
    if (
        "url" not in header
        and "//" not in first
        and not first.startswith("#")
        and (len(header) > 1 or locator.lower().endswith(".csv"))
    ):
        names = ", ".join(plain(name) for name in header)[:200]
        raise SourceError(locator, "no-url-column", f"the first line names the columns ({names}); one of them must be `url`")


def _rows(text: str, first: str, header: list[str]) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    """Line number and fields."""
    if "url" not in header:
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                yield number, {"url": line.strip()}
        return
    delimiter = next((mark for mark in ("\t", ";", ",") if mark in first), ",")
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter)
    next((row for row in reader if any(cell.strip() for cell in row)), None)
    try:
        for row in reader:
            if any(row):
                yield reader.line_num, dict(zip(header, row, strict=False))
    except csv.Error as bad:
        yield reader.line_num, {"url": f"(bad CSV: {bad})"}
