"""A local web of many outlets over simulated time: feeds, sitemaps and front pages with the rhythms and troubles of real ones.

    python -m benchmarks.local_web SOURCES START DAYS [JOURNAL]      prints its ports as JSON and serves until it is ended

What is shown is a function of the outlet and the moment, the same for the same numbers; the moment is set from outside (`/now` at
the control port) and stands still in between. It keeps account of what it told (`/told`), of the requests (`/asked`) and of the
messages that were sent to it (`/message`, `/messages`), so that a reader can be held to it. Every outlet has a port of its own.
With a journal it goes on where it was ended, at the same ports.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache, partial
from hashlib import sha256
from html import escape
from pathlib import Path

from benchmarks.local_news import News
from claimline.models import NotifyRule, SourceSpec, Topic

HOST = "127.0.0.1"
TOPIC = "year"
CLAIMS = 20
DESK = "CLAIMLINE_YEAR_DESK"
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_PLACES = ("in the capital", "in Vienna", "on the island", "last winter", "in the second half", "at home", "abroad")
_SPEAKERS = ("Ada Holt", "Bram Ivers", "Carla Mott", "Dario Penn", "Edda Quist", "Fenn Rourke")
# (share, what): of a hundred outlets.
_KINDS = ((60, "feed"), (85, "sitemap"), (100, "page"))
_RHYTHMS = ((1, _HOUR), (26, _DAY), (100, 7 * _DAY))
_MANNERS = ((4, "slow"), (10, "dead"), (14, "silent"), (19, "flapping"), (23, "moving"), (100, "well"))
_LISTED = 40
# What most of the world's news is about: something else.
_WORDS = (
    "goalkeeper coach striker penalty season league defeat trophy sprint marathon referee stadium transfer midfield recipe onion "
    "butter oven flour garlic kitchen chef dessert spices menu orchestra violin soprano concert album festival painter gallery "
    "novel poet theatre actor premiere comedy sculpture museum vaccine hospital surgeon patients diagnosis therapy fever clinic "
    "nurse allergy parliament minister coalition election ballot senator budget pension reform inflation shares investors "
    "profit merger dividend currency startup software battery telescope planet comet molecule fossil penguin elephant forest "
    "drought harvest wheat vineyard cattle tractor teacher pupils exam curriculum scholarship university lecture fashion "
    "jewellery perfume textile tailor divorce wedding christening burglary verdict prosecutor witness prison detective forgery "
    "slowly after before nearly without against between several against quietly openly another every thirty famous former "
    "younger expensive modest surprising familiar official brief"
)
_OTHER = tuple(_WORDS.split())
_TELLERS = ("a critic", "the head coach", "a surgeon", "the finance minister", "a botanist", "the defence lawyer", "a headmaster")

Head = Mapping[str, str]
Answer = Callable[[str, Head, bytes], Awaitable[bytes | None]]


@dataclass(frozen=True)
class Outlet:
    """`since` and `until` bound its trouble: dead in between, silent or moved from then on."""

    number: int
    kind: str
    pause: timedelta
    manner: str
    since: datetime
    until: datetime
    has_etags: bool

    @property
    def place(self) -> str:
        return {"feed": "/feed.xml", "sitemap": "/sitemap.xml", "page": "/news/"}[self.kind]

    def fails(self, at: datetime) -> bool:
        """Whether it answers nothing at this moment."""
        if self.manner == "flapping":
            return _digest(self.number, at.date()) % 3 == 0
        return self.manner == "dead" and self.since <= at < self.until


@dataclass(frozen=True)
class Web:
    """What there is to see, and when."""

    sources: int
    start: datetime
    days: int

    @cached_property
    def outlets(self) -> tuple[Outlet, ...]:
        return tuple(self._outlet(i) for i in range(self.sources))

    def _outlet(self, number: int) -> Outlet:
        """The first few are of every manner, so that a small web has them too."""
        chance = random.Random(f"outlet {number}")
        manner = _MANNERS[number % len(_MANNERS)][1] if number < 2 * len(_MANNERS) else _chosen(_MANNERS, chance)
        pause = _RHYTHMS[number // 2 % 3][1] if number < 6 else _chosen(_RHYTHMS, chance)
        since = self.start + timedelta(days=self.days * chance.uniform(0.1, 0.6))
        until = since + timedelta(days=min(120.0, self.days * chance.uniform(0.15, 0.4)))
        return Outlet(number, _chosen(_KINDS, chance), pause, manner, since, until, chance.random() < 0.8)

    # --- Stories ---

    def published(self, outlet: Outlet, number: int) -> datetime:
        jitter = _digest("jitter", outlet.number, number) % 1000 / 1000 * 0.6
        return self.start - outlet.pause * (1 - _digest("phase", outlet.number) % 100 / 100) + outlet.pause * (number + jitter)

    def listed(self, outlet: Outlet, at: datetime) -> list[int]:
        """The numbers of the stories that it names at a moment, newest first."""
        until = min(at, outlet.since) if outlet.manner == "silent" else at
        newest = max(0, int((until - self.start) / outlet.pause) + 2)
        shown = [n for n in range(newest, max(-1, newest - _LISTED - 3), -1) if self.published(outlet, n) <= until]
        if outlet.kind == "sitemap":
            shown = [n for n in shown if self.published(outlet, n) > at - 6 * _DAY]
        return shown[:_LISTED]

    def fate(self, outlet: Outlet, number: int) -> str:
        """One in a hundred was never there, one in a hundred always fails; some are edited, some go."""
        luck = _digest("fate", outlet.number, number) % 1000
        for below, what in ((10, "never"), (20, "broken"), (60, "edited"), (90, "gone")):
            if luck < below:
                return what
        return "stays"

    def path(self, outlet: Outlet, number: int) -> str:
        return f"/{self.published(outlet, number):%Y/%m/%d}/{number}-{_words(outlet.number, number)}.html"

    def page(self, outlet: Outlet, number: int, at: datetime) -> tuple[int, str]:
        """Status and HTML."""
        day, fate = self.published(outlet, number), self.fate(outlet, number)
        if fate == "broken":
            return 500, ""
        if fate == "never" or day > at or (fate == "gone" and at > day + 5 * _DAY):
            return 404, ""
        title, paragraphs = _story(self.start.date(), outlet.number, number, day.date())
        if fate == "edited" and at > day + 36 * _HOUR:
            paragraphs = [*paragraphs, f"Correction: an earlier version of this report gave {number + 12} as the figure."]
        body = "".join(f"<p>{escape(p)}</p>" for p in paragraphs)
        head = f"<title>{escape(title)}</title><meta property='article:published_time' content='{day.isoformat()}'>"
        story = f"<article><h1>{escape(title)}</h1>{body}</article>"
        return 200, f"<!doctype html><html lang='en'><head>{head}</head><body>{story}</body></html>"

    # --- Lists ---

    def listing(self, outlet: Outlet, port: int, at: datetime) -> tuple[str, str]:
        """Content type and body of a feed, a sitemap or a front page."""
        root = f"http://{HOST}:{port}"
        told = [
            (root + self.path(outlet, n), self.published(outlet, n), _words(outlet.number, n)) for n in self.listed(outlet, at)
        ]
        if outlet.kind == "feed":
            items = "".join(
                f"<item><title>{words.replace('-', ' ')}</title><link>{url}</link>"
                f"<pubDate>{day:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
                for url, day, words in told
            )
            channel = f"<channel><title>Outlet {outlet.number}</title><link>{root}</link>{items}</channel>"
            return "application/rss+xml", f"<?xml version='1.0'?><rss version='2.0'>{channel}</rss>"
        if outlet.kind == "sitemap":
            items = "".join(f"<url><loc>{url}</loc><lastmod>{day:%Y-%m-%dT%H:%M:%SZ}</lastmod></url>" for url, day, _ in told)
            return "application/xml", f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{items}</urlset>"
        items = "".join(f"<li><a href='{url}'>{words.replace('-', ' ')}</a></li>" for url, _, words in told)
        return (
            "text/html; charset=utf-8",
            f"<!doctype html><html><body><ul>{items}</ul></body></html>",
        )

    def topic(self, ports: Sequence[int]) -> Topic:
        """The claims of `News`, with the outlets as sources, and a desk that wants to hear of everything."""
        hosts = tuple(f"{HOST}:{port}" for port in ports)
        sources = tuple(
            SourceSpec(o.kind, f"http://{host}{o.place}", outlet=f"outlet-{o.number}.example", allow_private=(host,))
            for o, host in zip(self.outlets, hosts, strict=True)
        )
        plain = _news().topic(0)
        rules = tuple(NotifyRule(on, DESK) for on in ("change", "digest", "source silent", "nothing read"))
        return Topic(TOPIC, "Alnmoor", plain.claims, sources, names=plain.names[:1], notify=rules)


def _chosen(table: Sequence[tuple[int, object]], chance: random.Random) -> object:
    at = chance.uniform(0, 100)
    return next(what for below, what in table if at <= below)


def _digest(*parts: object) -> int:
    return int.from_bytes(sha256(repr(parts).encode()).digest()[:6], "big")


@lru_cache(maxsize=1)
def _news() -> News:
    return News(0, CLAIMS)


def _words(outlet: int, number: int) -> str:
    chance = random.Random(f"words {outlet} {number}")
    return "-".join(chance.choices(_OTHER, k=6))


def _story(first: date, outlet: int, number: int, day: date) -> tuple[str, list[str]]:
    """Title and paragraphs; one story in twelve on the topic, one in thirty a wire copy that stands elsewhere too."""
    luck = _digest("story", outlet, number) % 360
    seed = f"wire {day}" if luck % 30 == 0 else f"story {outlet} {number}"
    chance = random.Random(seed)
    paragraphs = [" ".join(_sentence(chance) for _ in range(chance.randint(2, 3))) for _ in range(chance.randint(3, 6))]
    if luck % 12 != 0:
        return paragraphs[0].split(".")[0][:90], paragraphs
    thing, statement, contrary = chance.choice(_news().statements)
    # Opinion turns from one side to the other in the course of the months.
    turned = ((day - first).days // 45 + len(thing)) % 2
    said = contrary if (chance.random() < 0.2) != bool(turned) else statement
    paragraphs.insert(1, f"“{said}”, {chance.choice(_SPEAKERS)} said on {day:%A}. It was a first word on the {thing}.")
    return f"A word on the Alnmoor {thing}, number {outlet}.{number}", paragraphs


def _sentence(chance: random.Random) -> str:
    """Its words come at random: made of whole phrases, all stories would look like copies of each other."""
    figure = f" for {chance.randint(2, 900)} days" if chance.random() < 0.2 else ""
    one, two = (" ".join(chance.choices(_OTHER, k=chance.randint(4, 8))) for _ in range(2))
    return f"{one.capitalize()}, {chance.choice(_TELLERS)} said, and the {two}{figure} {chance.choice(_PLACES)}."


# --- The server -----------------------------------------------------------------------------------------------------


@dataclass
class Site:
    """The web as it is being served, with its account."""

    web: Web
    now: datetime
    ports: list[int] = field(default_factory=list)
    told: dict[int, set[int]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    messages: list[str] = field(default_factory=list)
    journal: Path | None = None

    def go_on(self) -> None:
        """Reads from the journal what was told before."""
        if self.journal is None or not self.journal.exists():
            return
        for line in self.journal.read_text().splitlines():
            (what, of), *_ = json.loads(line).items()
            if what == "ports":
                self.ports = of
            elif what == "message":
                self.messages.append(of)
            else:
                self.told.setdefault(int(what), set()).update(of)

    def note(self, what: object, of: object) -> None:
        if self.journal is not None:
            with self.journal.open("a") as file:
                file.write(json.dumps({str(what): of}) + "\n")

    async def outlet(self, outlet: Outlet, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._converse(reader, writer, partial(self._answer, outlet))

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._converse(reader, writer, self._controlled)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                _, path, _ = head.split(" ", 2)
                fields = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:] if ": " in line)
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                answered = await answer(path, fields, body)
                if answered is None:
                    break  # a host that hangs up
                writer.write(answered)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the reader is gone
        finally:
            writer.close()

    async def _answer(self, outlet: Outlet, path: str, head: Head, _body: bytes) -> bytes | None:
        what = "list" if path.endswith(outlet.place) else "robots" if path.startswith(("/robots", "/.well")) else "page"
        if outlet.fails(self.now):
            self.asked[f"{what} failed"] += 1
            return None if outlet.number % 2 else _response(503)
        if what == "list":
            return await self._list(outlet, path, head)
        if what == "robots":
            self.asked["robots"] += 1
            return _response(200, b"User-agent: *\nDisallow: /private/\n") if path == "/robots.txt" else _response(404)
        number = int(path.rpartition("/")[2].partition("-")[0])
        status, html = self.web.page(outlet, number, self.now)
        return self._counted(what, outlet, status, html.encode(), "text/html; charset=utf-8", head)

    async def _list(self, outlet: Outlet, path: str, head: Head) -> bytes:
        if outlet.manner == "moving" and self.now >= outlet.since and not path.startswith("/moved"):
            self.asked["list moved"] += 1
            return _response(301, location=f"/moved{outlet.place}")
        if outlet.manner == "slow":
            await asyncio.sleep(0.2)
        kind, body = self.web.listing(outlet, self.ports[outlet.number], self.now)
        answered = self._counted("list", outlet, 200, body.encode(), kind, head)
        if answered.startswith(b"HTTP/1.1 200"):
            told = self.told.setdefault(outlet.number, set())
            if new := sorted(set(self.web.listed(outlet, self.now)) - told):
                told.update(new)
                self.note(outlet.number, new)
        return answered

    def _counted(self, what: str, outlet: Outlet, status: int, body: bytes, kind: str, head: Head) -> bytes:
        etag = f'"{sha256(body).hexdigest()[:16]}"' if outlet.has_etags and status == 200 else None
        if etag and head.get("if-none-match") == etag:
            status = 304
        self.asked[f"{what} {status}"] += 1
        return _response(status, body if status == 200 else b"", kind, etag=etag)

    async def _controlled(self, path: str, _head: Head, body: bytes) -> bytes:
        if path == "/now":
            self.now = datetime.fromisoformat(body.decode())
        if path == "/message":
            told = json.loads(body)
            self.messages.append(f"{told.get('title', '')}\n{told.get('message', '')}")
            self.note("message", self.messages[-1])
        answers = {"/told": {str(k): sorted(v) for k, v in self.told.items()}, "/asked": self.asked, "/messages": self.messages}
        return _response(200, json.dumps(answers.get(path, {})).encode(), "application/json")


def _response(status: int, body: bytes = b"", kind: str = "text/plain", *, etag: str | None = None, location: str = "") -> bytes:
    lines = [f"HTTP/1.1 {status} -", f"Content-Length: {len(body)}", f"Content-Type: {kind}"]
    lines += [f"ETag: {etag}"] if etag else []
    lines += [f"Location: {location}"] if location else []
    return "\r\n".join([*lines, "", ""]).encode() + body


async def serve(web: Web, journal: Path | None = None) -> None:
    site = Site(web, web.start, journal=journal)
    site.go_on()
    known = site.ports or [0] * len(web.outlets)
    servers = [
        await asyncio.start_server(partial(site.outlet, outlet), HOST, port)
        for outlet, port in zip(web.outlets, known, strict=True)
    ]
    control = await asyncio.start_server(site.control, HOST, 0)
    if not site.ports:
        site.ports = [server.sockets[0].getsockname()[1] for server in servers]
        site.note("ports", site.ports)
    print(json.dumps({"ports": site.ports, "control": control.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in (*servers, control)))


if __name__ == "__main__":
    asked = Web(int(sys.argv[1]), datetime.fromisoformat(sys.argv[2]).astimezone(UTC), int(sys.argv[3]))
    asyncio.run(serve(asked, Path(sys.argv[4]) if len(sys.argv) > 4 else None))
