"""Bytes of a text file -> text, or the reason why they are none. Pages (HTML) are not decoded here: they declare themselves."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    b"%PDF-",
    b"\x7fELF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf",
    b"Rar!",
    b"MZ\x90",
    b"RIFF",
    b"OggS",
    b"ID3",
    b"SQLite format 3\x00",
    b"\xd0\xcf\x11\xe0",
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_LOOKED_AT = 65_536


class Undecodable(Exception):  # a finding about bytes, turned into a skip; it never leaves the sources
    """The bytes are no text; `reason` is a skip's slug."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(reason, detail)


def check_is_text(body: bytes) -> None:
    """Raise Undecodable for what is empty, binary, or carries NUL bytes without being UTF-16 or UTF-32."""
    if not body.strip():
        raise Undecodable("empty")
    magic = next((m for m in _MAGIC if body.startswith(m)), None)
    if magic is not None:
        raise Undecodable("binary", f"starts like {magic!r}")
    if _bom(body):
        return
    head = body[:_LOOKED_AT]
    if len(_CONTROL.findall(head)) > max(1, len(head) // 50):
        raise Undecodable("binary", "control characters")
    if b"\x00" in body:
        raise Undecodable("nul-bytes", f"at byte {body.index(0)}")


def decode(body: bytes, encoding: str | None = None) -> str:
    """Text of a text file: by its mark, as told, as UTF-8, else as guessed. Raises Undecodable."""
    check_is_text(body)
    for name in filter(None, (_bom(body), encoding, "utf-8")):
        try:
            return _not_blank(body.decode(name))
        except (UnicodeDecodeError, LookupError):
            continue
    best = from_bytes(body[:_LOOKED_AT]).best()
    if best is None:
        raise Undecodable("unknown-encoding")
    try:
        return _not_blank(body.decode(best.encoding))
    except UnicodeDecodeError as failed:
        raise Undecodable("unknown-encoding", f"not {best.encoding} at byte {failed.start}") from failed


def _bom(body: bytes) -> str | None:
    return next((name for mark, name in _BOMS if body.startswith(mark)), None)


def _not_blank(text: str) -> str:
    if not text.strip("\ufeff\u200b \t\r\n\f\v\u00a0"):
        raise Undecodable("empty")
    return text
