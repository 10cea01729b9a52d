"""A site that means no good, on this machine: a body without end, a gzip bomb, feeds and redirects that go round in circles."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GOOD = (
    "<p>NATO's secretary general Jens Stoltenberg said on Monday that the S-400 cannot be integrated into the air defence "
    "system of the alliance, which Turkey has been told before.</p><p>Turkey took over the first of the Russian missiles in "
    "the summer, and the allies have asked it to look for another solution together with them.</p>"
)
RUSSIAN = (
    "<p>Системы С-400 невозможно интегрировать в противовоздушную оборону НАТО, заявил генеральный секретарь альянса "
    "Йенс Столтенберг.</p><p>Анкаре об этом говорили не раз, напомнил он журналистам в Брюсселе, и предложил Турции искать "
    "с союзниками другое решение.</p>"
)
STORIES = ("good", "huge", "bomb", "nul", "charset", "circle", "empty", "binary")


def page(body: str, day: str = "2020-10-05") -> str:
    head = f"<html><head><title>Missiles</title><meta property='article:published_time' content='{day}T10:00:00Z'></head>"
    return f"{head}<body><article><h1>Missiles</h1>{body}</article></body></html>"


PAGES = {
    "good": page(GOOD).encode(),
    "nul": page(GOOD.replace("Monday", "Mon\0day")).encode(),
    "late": page(GOOD, "2020-10-07").encode(),
    "charset": page(RUSSIAN).encode("cp1251"),
    "empty": b"",
    "binary": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
}


@lru_cache(maxsize=1)
def bomb() -> bytes:
    return gzip.compress(b"<p>" + b"a" * 60_000_000)


def _feed(root: str, following: str, *stories: str) -> bytes:
    entries = "".join(
        f"<entry><title>{s}</title><id>{root}/{s}</id><link href='{root}/{s}'/><updated>2020-10-05T10:00:00Z</updated></entry>"
        for s in stories
    )
    return (
        f"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>Round</title><id>{root}</id>"
        f"<link rel='next' href='{root}/{following}'/>{entries}</feed>"
    ).encode()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        root = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
        match self.path.strip("/"):
            case "feed-a":
                self._send(_feed(root, "feed-b", *STORIES), "application/atom+xml")
            case "feed-b":
                self._send(_feed(root, "feed-a", "late"), "application/atom+xml")
            case "huge":
                self._endless()
            case "bomb":
                self._send(bomb(), more={"Content-Encoding": "gzip"})
            case "circle":
                self._send(b"", status=302, more={"Location": f"{root}/circle"})
            case path:
                self._send(PAGES.get(path, b"no"), status=200 if path in PAGES else 404)

    def _send(
        self, body: bytes, kind: str = "text/html; charset=utf-8", status: int = 200, more: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def _endless(self) -> None:
        """Promises nothing about its length and never stops by itself."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        with suppress(OSError):
            for _ in range(20_000):
                self.wfile.write(b"<p>" + b"word " * 2_000)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def hostile_site() -> Iterator[str]:
    """The site's address while the block lasts."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
