"""Kind `warc`: web archive files, one or a folder of them, that already hold the pages; for backfill.

One asking returns at most so many pages and bytes, and the validators remember where it stopped: asked again it goes on from
there, until it answers `not_modified`. Options: `from` and `to` (the days of capture), `match` (a regular expression on the
address).
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from claimline.errors import SourceError
from claimline.models import Discovered, Entry, Skip, Validators
from claimline.sources import ARCHIVE_SUFFIXES, encoding
from claimline.sources.ask import Ask, Window, plain

# warcio raises plain Python errors, too, where a record is cut or garbled.
_BROKEN = (ArchiveLoadFailed, OSError, EOFError, ValueError, AttributeError, TypeError, LookupError, zlib.error)
_BYTES_AT_ONCE = 128_000_000
_PAGES_AT_ONCE = 500


def discover(ask: Ask) -> Discovered:
    """The next pages of the archive."""
    root = ask.path
    if not root.exists():
        raise SourceError(ask.spec.locator, "not-found", "no such file or folder")
    files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.name.lower().endswith(ARCHIVE_SUFFIXES))
    if not files:
        raise SourceError(ask.spec.locator, "no-archive", f"no file here ends with {', '.join(ARCHIVE_SUFFIXES)}")
    stamp = _stamp(files, root)
    place = _place(ask.validators) if ask.validators.body_sha256 == stamp else (0, 0)
    if place[0] >= len(files):
        return Discovered((), validators=ask.validators, not_modified=True)
    reader = _Reader(ask, _window(ask), _pattern(ask))
    number, record = place
    more = False
    while number < len(files):
        stopped = reader.read(files[number], root, record)
        if stopped is not None:
            record, more = stopped, True
            break
        number, record = number + 1, 0
    stopped_at = Validators(etag=json.dumps([number, record]), body_sha256=stamp)
    return Discovered(tuple(reader.entries), tuple(reader.skips), stopped_at, more=more)


@dataclass(slots=True)
class _Reader:
    ask: Ask
    window: Window | None
    pattern: re.Pattern[str] | None
    entries: list[Entry] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    held: int = 0

    def read(self, path: Path, root: Path, start: int) -> int | None:
        """Read a file from a record on; the number of the record at which to go on, None at its end."""
        name = path.name if path == root else path.relative_to(root).as_posix()
        number, pages = 0, 0
        try:
            with path.open("rb") as file:
                for number, record in enumerate(ArchiveIterator(file, arc2warc=True)):
                    pages += "://" in (record.rec_headers.get_header("WARC-Target-URI") or "")
                    if number >= start:
                        if self._full:
                            return number
                        self._take(f"{name}:{number + 1}", record)
        except _BROKEN as bad:
            self.skips.append(Skip(f"{name}:{number + 1}", "broken-archive", plain(str(bad))[:200], failed=True))
            return None
        if not pages:
            self.skips.append(Skip(name, "empty", "no page in this archive"))
        return None

    @property
    def _full(self) -> bool:
        return self.held >= _BYTES_AT_ONCE or len(self.entries) >= min(_PAGES_AT_ONCE, self.ask.settings.max_feed_items)

    def _take(self, where: str, record: Any) -> None:
        url = record.rec_headers.get_header("WARC-Target-URI") or ""
        kind = record.http_headers.get_header("Content-Type") if record.http_headers else None
        if not _is_page(record, url, kind) or (self.pattern and not self.pattern.search(url)):
            return
        at = _moment(record.rec_headers.get_header("WARC-Date"))
        if self.window and at and at.date() not in self.window:
            return
        limit = self.ask.settings.max_body_bytes
        body = record.content_stream().read(limit + 1)
        try:
            if len(body) > limit:
                raise encoding.Undecodable("too-large", f"more than {limit} bytes")
            if getattr(record.raw_stream, "limit", 0) > 0:
                # warcio takes the end of a cut file for the end of its last record.
                raise encoding.Undecodable("truncated", "the archive ends within this record")
            encoding.check_is_text(body)
        except encoding.Undecodable as bad:
            self.skips.append(Skip(where, bad.reason, bad.detail))
            return
        self.held += len(body)
        self.entries.append(Entry(plain(url), body=body, content_type=kind, fetched_at=at))


def _is_page(record: Any, url: str, kind: str | None) -> bool:
    if record.rec_type != "response" or not record.http_headers or not url.startswith(("http://", "https://")):
        return False
    ok = str(record.http_headers.get_statuscode()) == "200"
    return ok and ("html" in kind.lower() if kind else True)


def _moment(written: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat((written or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _window(ask: Ask) -> Window | None:
    return ask.window(0) if "from" in ask.spec.options or "to" in ask.spec.options else None


def _pattern(ask: Ask) -> re.Pattern[str] | None:
    try:
        return re.compile(ask.spec.options["match"]) if "match" in ask.spec.options else None
    except re.error as bad:
        raise SourceError(ask.spec.locator, "bad-option", f"match: {bad}") from bad


def _stamp(files: list[Path], root: Path) -> str:
    """Names and sizes; an archive is never edited."""
    lines = (f"{path.relative_to(root.parent).as_posix()} {path.stat().st_size}" for path in files)
    return sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _place(validators: Validators) -> tuple[int, int]:
    try:
        number, record = json.loads(validators.etag or "[0, 0]")
        return int(number), int(record)
    except (ValueError, TypeError):
        return 0, 0
