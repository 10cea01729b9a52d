"""The newsroom's pages and feeds as a reader gets them at a moment: a path and a time in, an answer out. No socket here.

Every outlet has its own markup; what is around the stories (menus, other headlines, sign-up boxes) is there to be left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.newsroom import BROKEN, DEAD, Newsroom, Outlet, Story

FEED_ITEMS = 15
_OTHERS = 5
_FEED_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", BROKEN: "application/rss+xml"}
_LOCAL_HOUR = {"ru": 3, "tr": 3, "fr": 2, "en": 0}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content_type: str
    body: bytes

    @property
    def etag(self) -> str:
        return f'"{sha256(self.body).hexdigest()[:20]}"'


class Pages:
    """Answers paths; `root` is the address of the server."""

    def __init__(self, newsroom: Newsroom, root: str) -> None:
        self._newsroom, self._root = newsroom, root

    def answer(self, path: str, now: datetime) -> Answer:
        """What stands at `/domain/`, `/domain/feed.xml` or `/domain/slug` at `now`; 404 for everything else."""
        domain, _, rest = path.split("?")[0].strip("/").partition("/")
        if path == "/robots.txt":
            return Answer(200, "text/plain", b"User-agent: *\nDisallow: /admin/\n")
        outlet = self._newsroom.outlet(domain)
        if outlet is None or outlet.feed == DEAD:
            return _not_found() if domain else self._front(now)
        if rest == "feed.xml":
            return self._feed(outlet, now)
        story = next((s for s in outlet.published(now) if s.slug == rest), None)
        if story is None or story.status(now) != 200:
            return _not_found() if story is None else _failing(story.status(now))
        return self._page(outlet, story, now)

    def _front(self, now: datetime) -> Answer:
        items = "".join(f'<li><a href="/{o.domain}/feed.xml">{o.title}</a></li>' for o in self._newsroom.outlets)
        return _html(
            f"<!doctype html><meta charset=utf-8><title>Newsroom</title><h1>{now:%Y-%m-%d %H:%M} UTC</h1><ul>{items}</ul>"
        )

    def _feed(self, outlet: Outlet, now: datetime) -> Answer:
        stories = [self._shown(outlet, s, now) for s in outlet.published(now)[:FEED_ITEMS]]
        text = self._render(f"{outlet.feed}.xml", outlet, stories=stories)
        return Answer(200, f"{_FEED_TYPES[outlet.feed]}; charset=utf-8", text.encode())

    def _page(self, outlet: Outlet, story: Story, now: datetime) -> Answer:
        others = [self._shown(outlet, s, now) for s in outlet.published(now) if s.slug != story.slug][:_OTHERS]
        return _html(self._render(f"{outlet.page}.html", outlet, s=self._shown(outlet, story, now), others=others))

    def _render(self, template: str, outlet: Outlet, **more: Any) -> str:
        words = self._newsroom.words[outlet.lang]
        base = f"{self._root}/{outlet.domain}"
        return self._templates.get_template(template).render(outlet=outlet, words=words, base=base, **more)

    @cached_property
    def _templates(self) -> Environment:
        loader = FileSystemLoader(self._newsroom.templates)
        return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)

    def _shown(self, outlet: Outlet, story: Story, now: datetime) -> Mapping[str, Any]:
        version = story.standing(now)
        local = story.at + timedelta(hours=_LOCAL_HOUR[outlet.lang])
        month = self._newsroom.words[outlet.lang]["months"][local.month - 1]
        return {
            "title": version.title,
            "url": f"{self._root}/{outlet.domain}/{story.slug}",
            "by": story.by,
            "lead": version.paragraphs[0],
            "paragraphs": version.paragraphs,
            "edited": version.since > story.at,
            "iso": story.at.astimezone(UTC).isoformat(timespec="seconds"),
            "changed_iso": version.since.astimezone(UTC).isoformat(timespec="seconds"),
            "mail_date": format_datetime(story.at.astimezone(UTC), usegmt=True),
            "day": f"{local:%Y-%m-%d}",
            "date_in_words": f"{local.day} {month} {local.year}, {local:%H:%M}",
        }


def _html(text: str) -> Answer:
    return Answer(200, "text/html; charset=utf-8", text.encode())


def _not_found() -> Answer:
    return Answer(404, "text/html; charset=utf-8", b"<!doctype html><title>404</title><p>There is no such page.")


def _failing(status: int) -> Answer:
    return Answer(status, "text/html; charset=utf-8", b"<!doctype html><title>Sorry</title><p>We are having trouble.")
