"""Bytes and raw strings -> the one form of text that offsets count in.

`decode` finds the charset (headers and page may both be wrong about it), `normalise` gives NFC text without control
characters, zero-width characters and trailing blanks, so that an offset means the same span for ever. Nothing here
knows about articles; no-break spaces stay, since they belong to the words as printed.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata

from charset_normalizer import from_bytes

NORMALISER = "normal-1"

_NEWLINES = ("\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
_ZERO_WIDTH = "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_DROPPED = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x9f{_ZERO_WIDTH}\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Joiners shape words in Persian and in the scripts of India; anywhere else they only break matching.
_JOINER = re.compile("(?<![\u0600-\u0dff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u0dff])")
_BLANK_LINES = re.compile(r"\n{3,}")

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.I)
_XML_CHARSET = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]+)", re.I)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.I)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What browsers do: a page that says Latin-1 is read as Windows-1252.
_ALIASES = {"iso-8859-1": "windows-1252", "latin-1": "windows-1252", "latin1": "windows-1252", "ascii": "windows-1252"}
_MOJIBAKE = re.compile("[À-ÖØ-öø-ÿ]{4,}|[ÃÂÐÑ][\u0080-¿]|[\u0080-\u009f]|\ufffd")


def normalise(text: str) -> str:
    """The stored form; `normalise(normalise(x)) == normalise(x)`."""
    for newline in _NEWLINES:  # a tenth of the time of one pattern for all
        text = text.replace(newline, "\n")
    text = _DROPPED.sub("", text.replace("\t", " "))
    if "\u200c" in text or "\u200d" in text:
        text = _JOINER.sub("", text)
    text = unicodedata.normalize("NFC", text)
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", text).strip()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def decode(body: bytes, content_type: str | None = None) -> str:
    """The characters of a page. Byte order mark, then valid UTF-8, then what header and page say where it reads well,
    then detection; a page that says one charset and is written in another comes out readable.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body.decode(name, errors="replace")
    if (wide := utf16_without_mark(body)) is not None:
        return body.decode(wide, errors="replace")
    declared = _declared(body, content_type)
    if (text := _as_utf8(body, declared)) is not None:
        return text
    return _best(body, declared)


def utf16_without_mark(body: bytes) -> str | None:
    """The codec of UTF-16 that says nothing of itself, told by where its NULs stand."""
    head = body[:4000]
    if len(head) < 8:
        return None
    if head.startswith((b"<\x00", b"\x00<")):  # a page begins with a tag, in any script
        return "utf-16-le" if head[1] == 0 else "utf-16-be"
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half and odd < 0.05 * half else None


def _declared(body: bytes, content_type: str | None) -> list[str]:
    names = []
    if content_type and (found := _HEADER_CHARSET.search(content_type)):
        names.append(found[1])
    hits = (pattern.search(body[:4096]) for pattern in (_XML_CHARSET, _META_CHARSET))
    names += [hit[1].decode("ascii") for hit in hits if hit]
    known = []
    for name in names:
        name = _ALIASES.get(name.lower(), name.lower())
        try:
            codecs.lookup(name)
        except LookupError:
            continue
        known.append(name)
    return list(dict.fromkeys(known))


def _as_utf8(body: bytes, declared: list[str]) -> str | None:
    """UTF-8 where it is valid, or damaged in so few places that nothing else is likelier."""
    if any(name.startswith("iso-2022") or name == "hz" for name in declared):
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", errors="replace")
    multibyte = sum(1 for char in text if ord(char) > 127 and char != "\ufffd")
    return text if text.count("\ufffd") <= multibyte // 50 else None


def _best(body: bytes, declared: list[str]) -> str:
    """The reading with the least mojibake; ties go to what was declared first."""
    readings = [(name, body.decode(name, errors="replace")) for name in declared if name != "utf-8"]
    if not readings or _oddness(readings[0][1]) > 0.01:
        guess = from_bytes(body[:20_000]).best()
        if guess:
            readings.append((guess.encoding, body.decode(guess.encoding, errors="replace")))
    readings.append(("windows-1252", body.decode("windows-1252", errors="replace")))
    return min(readings, key=lambda reading: _oddness(reading[1]))[1]


def _oddness(text: str) -> float:
    """The share of non-ASCII characters that look like another charset's bytes."""
    foreign = sum(1 for char in text if ord(char) > 127)
    return sum(len(found) for found in _MOJIBAKE.findall(text)) / foreign if foreign else 0.0
