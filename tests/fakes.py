"""Fakes for tests: a site without a network, a clock that moves when told (or when somebody sleeps)."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Lock

import httpx

from claimline.settings import Settings
from claimline.web.client import Client, open_client
from claimline.web.manners import Manners


@dataclass(frozen=True)
class Page:
    """One answer. `body` as it goes over the wire unless `gzipped`; `raises` stands for a network that fails."""

    body: str | bytes = ""
    status: int = 200
    content_type: str | None = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    gzipped: bool = False
    etag: bool = False
    chunks: Callable[[], Iterator[bytes]] | None = None
    raises: Exception | None = None
    takes_s: float = 0.0


Answer = Page | str | bytes | Callable[[httpx.Request], Page] | Sequence[Page]


def redirect(to: str, status: int = 301, **headers: str) -> Page:
    return Page(status=status, headers={"Location": to, **headers})


def feed(*urls: str, titles: Sequence[str] = (), published: str = "Tue, 10 Oct 2017 08:00:00 GMT") -> Page:
    """An RSS feed that names these addresses."""
    items = "".join(
        f"<item><title>{titles[i] if i < len(titles) else f'Story {i + 1}'}</title><link>{url}</link>"
        f"<pubDate>{published}</pubDate></item>"
        for i, url in enumerate(urls)
    )
    return Page(
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>",
        content_type="application/rss+xml",
    )


class _Stream(httpx.SyncByteStream):
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks


class FakeSite(httpx.BaseTransport):
    """Answers from a table, address -> page (a list is answered in turn, its last for ever); everything else is 404.

    `asked` are the addresses in the order of the requests, `requests` the requests themselves.
    """

    def __init__(self, pages: Mapping[str, Answer], clock: FakeClock | None = None) -> None:
        self.pages = dict(pages)
        self.requests: list[httpx.Request] = []
        self._clock = clock
        self._turns: dict[str, int] = {}
        self._lock = Lock()

    @property
    def asked(self) -> list[str]:
        return [str(request.url) for request in self.requests]

    def articles_asked(self) -> list[str]:
        """Without the questions of politeness."""
        return [url for url in self.asked if not url.endswith(("/robots.txt", "/.well-known/tdmrep.json"))]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.requests.append(request)
            page = self._page(str(request.url), request)
        if self._clock and page.takes_s:
            self._clock.sleep(page.takes_s)
        if page.raises:
            raise page.raises
        return _response(page, request)

    def _page(self, url: str, request: httpx.Request) -> Page:
        answer = self.pages.get(url, self.pages.get(url.split("?")[0], Page("not here", 404)))
        if isinstance(answer, str | bytes):
            return Page(answer)
        if isinstance(answer, Page):
            return answer
        if callable(answer):
            return answer(request)
        turn = self._turns.get(url, 0)
        self._turns[url] = turn + 1
        return answer[min(turn, len(answer) - 1)]


def _response(page: Page, request: httpx.Request) -> httpx.Response:
    body = page.body.encode() if isinstance(page.body, str) else page.body
    head = {"Content-Type": page.content_type} if page.content_type else {}
    if page.etag:
        head["ETag"] = f'"{sha256(body).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == head["ETag"]:
            return httpx.Response(304, headers=head, request=request, stream=_Stream(iter(())))
    if page.gzipped:
        body, head = gzip.compress(body), {**head, "Content-Encoding": "gzip"}
    chunks = page.chunks() if page.chunks else iter([body] if body else [])
    fields = [(name.encode(), value.encode()) for name, value in {**head, **page.headers}.items()]
    return httpx.Response(page.status, headers=fields, request=request, stream=_Stream(chunks))


class FakeClock:
    """Aware UTC time and monotonic seconds that pass only when somebody sleeps or the test says so."""

    def __init__(self, at: datetime = datetime(2026, 1, 5, 12, tzinfo=UTC)) -> None:
        self.at = at
        self.seconds = 1000.0
        self.slept: list[float] = []
        self._lock = Lock()

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.pass_(seconds)

    def pass_(self, seconds: float) -> None:
        self.seconds += seconds
        self.at += timedelta(seconds=seconds)


def fake_client(
    pages: Mapping[str, Answer] | FakeSite,
    *,
    clock: FakeClock | None = None,
    allow_private: Sequence[str] = (),
    manners: Manners | None = None,
    **settings: object,
) -> tuple[Client, FakeSite, FakeClock]:
    """A client whose network is a FakeSite and whose waiting takes no time."""
    time = clock or FakeClock()
    site = pages if isinstance(pages, FakeSite) else FakeSite(pages, time)
    client = open_client(
        plain_settings(**settings),
        allow_private=allow_private,
        transport=site,
        clock=time.now,
        sleep=time.sleep,
        monotonic=time.monotonic,
        manners=manners,
    )
    return client, site, time


def plain_settings(**changes: object) -> Settings:
    """The defaults, whatever this machine's environment and files say."""
    defaults = {name: info.default for name, info in Settings.model_fields.items()}
    return Settings.model_construct(**{**defaults, **changes})


__all__ = ["Answer", "FakeClock", "FakeSite", "Page", "fake_client", "feed", "plain_settings", "redirect", "replace"]
