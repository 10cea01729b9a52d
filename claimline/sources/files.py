"""Kind `files`: a folder (or one file) of .html, .txt and .jsonl that already holds the articles.

Nothing is fetched. A file without an address is keyed by its relative path, a line of a .jsonl without one by `path:line`.
Whatever cannot be read is a skip with its file and line; only a missing folder is an error of the source. Options: `encoding`,
of .txt files that are not UTF-8.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO

from claimline.errors import SourceError
from claimline.models import Discovered, Entry, Skip, Validators
from claimline.sources import encoding, urlkey
from claimline.sources.ask import Ask, plain, storable

_PAGES = frozenset({".html", ".htm", ".xhtml"})
_LINES = frozenset({".jsonl", ".ndjson"})
# A new number makes every folder be read again after an update that reads more or other things.
_READER = "files-2"


def discover(ask: Ask) -> Discovered:
    """Every article in the folder, in the order of the paths; `not_modified` where no file has changed since last time."""
    root = ask.path
    if not root.exists():
        raise SourceError(ask.spec.locator, "not-found", "no such file or folder")
    skips: list[Skip] = []
    files = _files(root, skips)
    stamp = Validators(body_sha256=_stamp(ask, files))
    if stamp == ask.validators:
        return Discovered((), tuple(skips), stamp, not_modified=True)
    reader = _Reader(ask.settings.max_body_bytes, ask.spec.options.get("encoding"))
    for name, path in files:
        reader.read(name, path)
    return Discovered(tuple(reader.entries), (*skips, *reader.skips), stamp)


def _files(root: Path, skips: list[Skip]) -> list[tuple[str, Path]]:
    """Relative name and path of every readable file, sorted by name; hidden files are passed over."""
    if not root.is_dir():
        return [(root.name, root)]
    found: list[tuple[str, Path]] = []
    for folder, folders, names in os.walk(root, onerror=lambda e: skips.append(_unreadable(root, e))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            if name.startswith("."):
                continue
            if not path.is_file():
                skips.append(Skip(_printable(relative), "not-a-file"))
            else:
                found.append((relative, path))
    return sorted(found)


def _stamp(ask: Ask, files: list[tuple[str, Path]]) -> str:
    """A hash of names, sizes and times, so that an unchanged folder costs no reading."""
    seen = sha256(repr((_READER, ask.spec.options.get("encoding"), ask.settings.max_body_bytes)).encode())
    for name, path in files:
        try:
            stat = path.stat()
            line = f"{name!r} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}\n"
        except OSError as failed:
            line = f"{name!r} {failed.errno}\n"
        seen.update(line.encode())
    return seen.hexdigest()


@dataclass(slots=True)
class _Reader:
    """Collects entries and skips; one file or line that cannot be read never stops the rest."""

    max_bytes: int
    encoding: str | None
    entries: list[Entry] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def read(self, name: str, path: Path) -> None:
        name = _printable(name)
        suffix = path.suffix.lower()
        try:
            if suffix in _PAGES:
                self._add(name, Entry(name, body=self._body(path), content_type="text/html"))
            elif suffix == ".txt":
                text = storable(encoding.decode(self._body(path), self.encoding))
                self._add(name, Entry(name, text=text, content_type="text/plain"))
            elif suffix in _LINES:
                self._lines(name, path)
            else:
                self._skip(name, "unknown-kind", "neither .html nor .txt nor .jsonl")
        except encoding.Undecodable as bad:
            self._skip(name, bad.reason, bad.detail)
        except OSError as failed:
            self._skip(name, "unreadable", failed.strerror or str(failed), failed=True)

    def _body(self, path: Path) -> bytes:
        with path.open("rb") as file:
            body = file.read(self.max_bytes + 1)
        if len(body) > self.max_bytes:
            raise encoding.Undecodable("too-large", f"more than {self.max_bytes} bytes")
        encoding.check_is_text(body)
        return body

    def _lines(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            before = len(self.entries) + len(self.skips)
            for number, line in enumerate(_lines(file, self.max_bytes), start=1):
                where = f"{name}:{number}"
                try:
                    self._line(where, line)
                except encoding.Undecodable as bad:
                    self._skip(where, bad.reason, bad.detail)
            if len(self.entries) + len(self.skips) == before:
                self._skip(name, "empty")

    def _line(self, where: str, line: bytes) -> None:
        if len(line) > self.max_bytes:
            raise encoding.Undecodable("too-large", f"a line of more than {self.max_bytes} bytes")
        if line.strip():
            self._add(where, _entry(where, _record(line)))

    def _add(self, where: str, entry: Entry) -> None:
        """Keep an entry unless the same address came with the same content before."""
        body = entry.body if entry.body is not None else (entry.text or "").encode()
        mark = (urlkey.url_key(entry.url), sha256(body).hexdigest())
        if mark in self.seen:
            self._skip(where, "duplicate", entry.url)
            return
        self.seen.add(mark)
        self.entries.append(entry)

    def _skip(self, where: str, reason: str, detail: str = "", *, failed: bool = False) -> None:
        self.skips.append(Skip(where, reason, detail, failed))


def _lines(file: IO[bytes], limit: int) -> Iterator[bytes]:
    """Lines of a file; of a line that is too long only the first `limit` + 1 bytes, the rest is passed over."""
    while line := file.readline(limit + 2):
        rest = line
        while len(line) > limit and rest and not rest.endswith(b"\n"):
            rest = file.readline(1 << 20)
        yield line


def _record(line: bytes) -> Mapping[str, object]:
    try:
        record = json.loads(encoding.decode(line).lstrip("\ufeff"))
    except json.JSONDecodeError as bad:
        raise encoding.Undecodable("bad-json", f"{bad.msg} at column {bad.colno}") from bad
    except (RecursionError, ValueError) as bad:
        raise encoding.Undecodable("bad-json", "nested too deeply, or a number too long") from bad
    if not isinstance(record, dict):
        raise encoding.Undecodable("bad-json", "not an object")
    return record


def _entry(where: str, record: Mapping[str, object]) -> Entry:
    """An article of one record, which carries its text."""
    url, text = _field(record, "url"), _field(record, "text")
    if text is not None and not text.strip():
        raise encoding.Undecodable("empty", "the text is empty")
    if text is None:
        raise encoding.Undecodable("no-text", "addresses alone are a source of kind urls")
    return Entry(
        url=plain(url) if url and url.strip() else where,
        title=_line_of(record, "title"),
        published=_line_of(record, "published"),
        updated=_line_of(record, "updated"),
        lang=_line_of(record, "lang"),
        outlet=_line_of(record, "outlet"),
        authors=_authors(record.get("authors")),
        text=storable(text),
    )


def _field(record: Mapping[str, object], name: str) -> str | None:
    value = record.get(name)
    if value is None or isinstance(value, str):
        return value
    raise encoding.Undecodable("bad-field", f"{name} is {type(value).__name__}, not a string")


def _line_of(record: Mapping[str, object], name: str) -> str | None:
    return plain(_field(record, name) or "") or None


def _authors(value: object) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(name for name in (plain(n) for n in names if isinstance(n, str)) if name)


def _unreadable(root: Path, failed: OSError) -> Skip:
    where = os.path.relpath(failed.filename or root, root)
    return Skip(_printable(where), "unreadable", failed.strerror or str(failed), failed=True)


def _printable(name: str) -> str:
    """A path in one line: bytes that are no UTF-8 (lone surrogates) and what does not print are written as \\xNN, \\n ..."""
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
