"""A local newsroom for the benchmarks: one feed, any number of pages made by rule, one in ten on the topic.

python -m benchmarks.local_news ARTICLES CLAIMS [realistic]      prints its port and serves until it is ended
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from claimline.models import ClaimSpec, Name, SourceSpec, Topic

ON_TOPIC_EVERY = 10
START = datetime(2026, 1, 1, 6, tzinfo=UTC)
THINGS = ("ferry", "bridge", "tunnel", "harbour", "lighthouse", "railway", "dam", "airport", "power station", "canal")
STATES = (("will open this year", "will not open this year"), ("is safe to use", "is not safe to use"))
FILLER = (
    "Residents said that the weather had kept most of them at home for the better part of the week.",
    "The council meets again on Tuesday and will publish its minutes the day after.",
    "A spokesperson for the ministry did not answer questions that were sent by this newspaper.",
    "Prices at the market rose a little, while the number of visitors stayed what it was a year ago.",
    "The school choir has been invited to the festival in the spring, its head teacher told parents.",
    "Engineers measured the water level twice a day and wrote the figures into a public register.",
    "According to the statistics office, more people moved to the valley than left it.",
    "The team lost its third match in a row and its coach asked supporters for patience.",
)


@dataclass(frozen=True)
class News:
    """What is served: the same for the same numbers."""

    articles: int
    claims: int

    @cached_property
    def statements(self) -> list[tuple[str, str, str]]:
        """(thing, a claim, its contrary)."""
        return [
            (thing, f"The Alnmoor {thing} {state}", f"The Alnmoor {thing} {contrary}")
            for state, contrary in STATES
            for thing in THINGS
        ][: self.claims]

    def topic(self, port: int) -> Topic:
        claims = tuple(ClaimSpec(f"claim-{i}", statement) for i, (_, statement, _) in enumerate(self.statements))
        source = SourceSpec("feed", f"http://127.0.0.1:{port}/feed.xml", allow_private=(f"127.0.0.1:{port}",))
        return Topic("spine", "Alnmoor", claims, (source,), names=(Name("Alnmoor"), *(Name(t) for t in THINGS)))

    def url(self, port: int, number: int) -> str:
        return f"http://127.0.0.1:{port}/story/{number}.html"

    def feed(self, port: int) -> str:
        items = "".join(
            f"<item><title>Story {i}</title><link>{self.url(port, i)}</link>"
            f"<pubDate>{format_datetime(day_of(i))}</pubDate></item>"
            for i in range(self.articles)
        )
        return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Alnmoor Gazette</title>{items}</channel></rss>"

    def page(self, number: int) -> str:
        chance = random.Random(number)
        paragraphs = [" ".join(chance.choices(FILLER, k=chance.randint(2, 4))) for _ in range(chance.randint(6, 14))]
        title = f"Story {number} from the valley"
        if number % ON_TOPIC_EVERY == 0:
            thing, statement, contrary = chance.choice(self.statements)
            said = statement if chance.random() < 0.6 else contrary
            paragraphs.insert(1, f"“{said}”, the mayor, Ada Holt, said on Monday. It was her first word on the {thing}.")
            title = f"Mayor speaks about the Alnmoor {thing}"
        day = day_of(number)
        body = "".join(f"<p>{escape(p)} ({number}.{i})</p>" for i, p in enumerate(paragraphs))
        menu = "".join(f"<li><a href='/section/{i}'>Section {i}</a></li>" for i in range(12))
        return (
            f"<!doctype html><html lang='en'><head><title>{escape(title)}</title>"
            f"<meta property='article:published_time' content='{day.isoformat()}'>"
            f"<meta property='og:site_name' content='Alnmoor Gazette'></head><body><nav><ul>{menu}</ul></nav>"
            f"<article><h1>{escape(title)}</h1>{body}</article><footer>All rights reserved</footer></body></html>"
        )


def day_of(number: int) -> datetime:
    return START + timedelta(minutes=37 * number)


def serve(news: News) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are two writes; with Nagle's algorithm the second would wait for the client's delayed ACK.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            port = int(self.server.server_port)  # type: ignore[attr-defined]
            if self.path == "/feed.xml":
                self._answer(news.feed(port), "application/rss+xml")
            elif self.path.startswith("/story/"):
                self._answer(news.page(int(self.path[7:-5])), "text/html; charset=utf-8")
            else:
                self._answer("", "text/plain", 404)

        def _answer(self, text: str, kind: str, status: int = 200) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 -- the base class's
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    from benchmarks.newspaper import Newspaper

    serve((Newspaper if "realistic" in sys.argv else News)(int(sys.argv[1]), int(sys.argv[2])))
