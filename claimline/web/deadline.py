"""A whole request has an end: a server that drips one byte a second never breaks a timeout that is counted a read.

The end is set by the thread that sends the request (`within`) and kept by the stream that it reads from (`TimedStream`).
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Any

import httpcore

_current = local()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What this thread reads and writes on a TimedStream inside must be over after so many seconds."""
    _current.end = time.monotonic() + seconds
    try:
        yield
    finally:
        _current.end = None


class TimedStream(httpcore.NetworkStream):
    """A stream that passes everything on, with timeouts cut at the thread's deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = _left(timeout, httpcore.ConnectTimeout)
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, too_late: type[Exception]) -> float | None:
    end = getattr(_current, "end", None)
    if end is None:
        return timeout
    left: float = end - time.monotonic()
    if left <= 0:
        raise too_late("the time for this request is over")
    return left if timeout is None else min(left, timeout)
