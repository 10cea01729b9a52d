"""Serves the newsroom on 127.0.0.1 and keeps its clock. It decides nothing about what is shown."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.newsroom import DEAD, Newsroom, Outlet, folder
from app.newsroom_pages import Pages
from claimline import topics
from claimline.models import SourceSpec, Topic

HOST = "127.0.0.1"


class SimulatedClock:
    """Time that is set to a day and then passes as ours does."""

    def __init__(self, at: datetime) -> None:
        self.set(at)

    def set(self, at: datetime) -> None:
        self._at, self._began = at.astimezone(UTC), time.monotonic()

    def __call__(self) -> datetime:
        return self._at + timedelta(seconds=time.monotonic() - self._began)


@dataclass(frozen=True, slots=True)
class Site:
    """A newsroom that is being served. `dead_port` is taken by nobody who answers."""

    newsroom: Newsroom
    root: str
    dead_port: int

    def feed_url(self, outlet: Outlet) -> str:
        root = f"http://{HOST}:{self.dead_port}" if outlet.feed == DEAD else self.root
        return f"{root}/{outlet.domain}/feed.xml"

    def path_of(self, url: str) -> str:
        """An address as the newsroom names it: `domain/slug`, or `domain` for a feed."""
        path = url.split("://", 1)[-1].partition("/")[2]
        return path.removesuffix("/feed.xml")

    def topic(self) -> Topic:
        """The S-400 topic of the project, with the newsroom's feeds and outlets in place of the world's."""
        base = topics.load(folder("topics") / "s400-nato.yaml")
        private = (self.root.split("://")[1], f"{HOST}:{self.dead_port}")
        sources = tuple(
            SourceSpec("feed", self.feed_url(o), title=o.title, lang=o.lang, outlet=o.domain, allow_private=private)
            for o in self.newsroom.outlets
        )
        return Topic(
            slug="s400-demo",
            title=f"{base.title} (demo newsroom)",
            claims=base.claims,
            names=base.names,
            people=base.people,
            sources=sources,
            outlets=tuple(o.spec() for o in self.newsroom.outlets),
        )


@contextmanager
def serve(newsroom: Newsroom, clock: SimulatedClock) -> Iterator[Site]:
    """The newsroom on a free port of this machine only, until the block ends."""
    with closing(_taken()) as dead, _Server(newsroom, clock) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="newsroom", daemon=True)
        thread.start()
        try:
            yield Site(newsroom, server.root, dead.getsockname()[1])
        finally:
            server.shutdown()
            thread.join()


def _taken() -> socket.socket:
    """A port that is bound and never listened on: whoever connects is refused."""
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.bind((HOST, 0))
    return held


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # the default of 5 makes a reader with many threads wait a second for its connection

    def __init__(self, newsroom: Newsroom, clock: SimulatedClock) -> None:
        super().__init__((HOST, 0), _Handler)
        self.root = f"http://{HOST}:{self.server_port}"
        self.pages, self.clock = Pages(newsroom, self.root), clock

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that hangs up is no news; what a reader misses it reports itself."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.pages.answer(self.path, self.server.clock())
        unchanged = answer.status == 200 and self.headers.get("If-None-Match") == answer.etag
        self.send_response(304 if unchanged else answer.status)
        self.send_header("ETag", answer.etag)
        if not unchanged:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not unchanged:
            self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Silent: the demo tells what happens."""
