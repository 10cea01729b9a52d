"""The body of a response: decompressed in small pieces, never past its cap, however well a bomb is packed.

httpx's own decoders hand over a whole inflated chunk at once, which is too late to cap it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from claimline.errors import BodyTooLarge, FetchFailed

ACCEPT_ENCODING = "gzip, deflate"
_PIECE = 65_536
_LAYERS = 3


def read(
    url: str, chunks: Iterable[bytes], *, encodings: str, max_bytes: int, too_late: Callable[[], bool] = lambda: False
) -> bytes:
    """The whole decompressed body.

    Raises BodyTooLarge past `max_bytes`, FetchFailed for an encoding that was not asked for, for broken or cut data, and when
    `too_late()` says that the time for this body is over.
    """
    body = bytearray()
    for piece in _decoded(url, chunks, encodings):
        body += piece
        if len(body) > max_bytes:
            raise BodyTooLarge(url, "too-large", f"more than {max_bytes} bytes")
        if too_late():
            raise FetchFailed(url, "too-slow", f"{len(body)} bytes so far")
    return bytes(body)


def inflated(url: str, body: bytes, *, max_bytes: int) -> bytes:
    """The content of a gzip file (a sitemap.xml.gz), under the same cap."""
    return read(url, [body], encodings="gzip", max_bytes=max_bytes)


def _decoded(url: str, chunks: Iterable[bytes], encodings: str) -> Iterator[bytes]:
    names = [name for name in (e.strip().lower() for e in encodings.split(",")) if name and name != "identity"]
    if len(names) > _LAYERS:
        raise FetchFailed(url, "bad-encoding", f"{len(names)} layers of compression")
    pieces: Iterator[bytes] = iter(chunks)
    for name in reversed(names):
        if name not in ("gzip", "x-gzip", "deflate"):
            raise FetchFailed(url, "bad-encoding", f"{name[:40]!r} was not asked for")
        pieces = _deflate(url, pieces) if name == "deflate" else _inflate(url, pieces, wbits=zlib.MAX_WBITS | 16)
    return pieces


def _deflate(url: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """`deflate` means zlib; some servers send it raw, which its first two bytes tell."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= 2:
            break
    is_zlib = len(head) >= 2 and head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
    yield from _inflate(url, chain([head], chunks), wbits=zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)


def _inflate(url: str, chunks: Iterator[bytes], *, wbits: int) -> Iterator[bytes]:
    """Inflate in pieces; several gzip members in a row are one body, rubbish after the last is passed over."""
    inflater, started, members = zlib.decompressobj(wbits), False, 0
    for chunk in chunks:
        data = chunk
        while data:
            try:
                piece = inflater.decompress(data, _PIECE)
            except zlib.error as bad:
                if members:
                    return
                raise FetchFailed(url, "bad-encoding", str(bad)) from bad
            started = True
            data = inflater.unconsumed_tail
            if inflater.eof:
                data, members = inflater.unused_data, members + 1
                inflater = zlib.decompressobj(wbits)
            if piece:
                yield piece
    while not inflater.eof and (rest := inflater.decompress(b"", _PIECE)):
        yield rest
    if started and not members and not inflater.eof:
        raise FetchFailed(url, "truncated", "the compressed body ends too early")
