"""The demo's newsroom: the stories of `samples/newsroom`, and which of them stand in which words at which moment.

It reads files and nothing else; how stories become pages is `app.newsroom_pages`, who serves them `app.newsroom_server`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from claimline.errors import UsageError
from claimline.models import OutletSpec, OutletType

DEAD, BROKEN = "dead", "broken"  # what may be wrong with a feed, beside being "rss" or "atom"
GONE = 404


@dataclass(frozen=True, slots=True)
class Version:
    """The words of a story from `since` on."""

    since: datetime
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """One article. `failing` is the HTTP status it answers with until `failing_until` (None: for ever)."""

    slug: str
    at: datetime
    by: str
    versions: tuple[Version, ...]
    failing: int | None = None
    failing_until: datetime | None = None

    def standing(self, now: datetime) -> Version:
        """The version in print at `now`; the story must have been published."""
        return next(v for v in reversed(self.versions) if v.since <= now)

    def status(self, now: datetime) -> int:
        """What its address answers."""
        if now < self.at:
            return GONE
        failing = self.failing is not None and (self.failing_until is None or now < self.failing_until)
        return self.failing or 200 if failing else 200


@dataclass(frozen=True, slots=True)
class Outlet:
    """A fictional publisher. `page` and `feed` name templates, `dates` the way in which its pages tell their day."""

    title: str
    domain: str
    lang: str
    country: str
    type: str
    feed: str
    page: str = ""
    dates: str = ""
    feed_dates: bool = True
    stories: tuple[Story, ...] = ()

    def published(self, now: datetime) -> tuple[Story, ...]:
        """What has appeared by `now`, newest first."""
        return tuple(sorted((s for s in self.stories if s.at <= now), key=lambda s: (s.at, s.slug), reverse=True))

    def spec(self) -> OutletSpec:
        return OutletSpec(self.domain, self.title, OutletType(self.type), self.country)


@dataclass(frozen=True, slots=True)
class Look:
    """A simulated day on which the demo looks, and what it is about."""

    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Plant:
    """A failure that was planted: `path` is `domain/slug`, or `domain` for an outlet's feed."""

    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Newsroom:
    outlets: tuple[Outlet, ...]
    looks: tuple[Look, ...]
    words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    templates: Path = Path()

    @property
    def articles(self) -> int:
        return sum(len(o.stories) for o in self.outlets)

    def outlet(self, domain: str) -> Outlet | None:
        return next((o for o in self.outlets if o.domain == domain), None)

    def planted(self, now: datetime, *, since: datetime | None = None) -> tuple[Plant, ...]:
        """What must fail at a look at `now`, if the last one was at `since`. A page that is gone is asked for once."""
        feeds = [Plant(o.domain, _FEEDS[o.feed]) for o in self.outlets if o.feed in _FEEDS]
        pages = [
            Plant(f"{o.domain}/{s.slug}", f"an article that answers {s.status(now)}")
            for o in self.outlets
            for s in o.published(now)
            if s.status(now) != 200 and (s.failing != GONE or since is None or s.at > since)
        ]
        return (*feeds, *pages)


_FEEDS = {DEAD: "a feed that nobody serves any more", BROKEN: "a feed whose XML breaks off"}


def folder(name: str) -> Path:
    """A folder that is shipped with the project (`samples`, `topics`): of the installed wheel, else of the checkout."""
    root = Path(__file__).resolve().parent.parent
    for found in (root / "claimline" / "_data" / name, root / name):
        if found.is_dir():
            return found
    raise UsageError(f"the folder {name!r} of the project is missing; install claimline again")


def load(root: Path | None = None) -> Newsroom:
    """The newsroom of a folder; the project's own where none is given."""
    root = root or folder("samples") / "newsroom"
    raw = {path.stem: _read(path) for path in sorted((root / "outlets").glob("*.yaml"))}
    looks = tuple(Look(_moment(day["at"]), day["what"]) for day in _read(root / "days.yaml"))
    outlets = tuple(_outlet(name, data, raw) for name, data in raw.items())
    return Newsroom(outlets, looks, _read(root / "words.yaml"), root / "pages")


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _moment(written: datetime | str) -> datetime:
    moment = datetime.fromisoformat(written.replace("Z", "+00:00")) if isinstance(written, str) else written
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _outlet(name: str, data: Mapping[str, Any], raw: Mapping[str, Any]) -> Outlet:
    stories = tuple(_story(article, raw) for article in data.get("articles", ()))
    known = {key: value for key, value in data["outlet"].items() if key != "stories"}
    if not stories and known["feed"] not in _FEEDS:
        raise UsageError(f"samples: the outlet {name} has no articles")
    return Outlet(**known, stories=stories)


def _story(article: Mapping[str, Any], raw: Mapping[str, Any]) -> Story:
    at = _moment(article["at"])
    first = Version(at, article["title"], _paragraphs(article, raw))
    edits = (Version(_moment(e["at"]), e.get("title", first.title), _split(e["text"])) for e in article.get("edits", ()))
    until = article.get("status_until")
    return Story(
        slug=article["slug"],
        at=at,
        by=article["by"],
        versions=(first, *edits),
        failing=article.get("status"),
        failing_until=_moment(until) if until else None,
    )


def _paragraphs(article: Mapping[str, Any], raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The article's own text, or that of the agency story it reprints, with the small edits that desks make."""
    if "reprints" not in article:
        return _split(article["text"])
    outlet, _, slug = article["reprints"].partition("/")
    original = next(a for a in raw[outlet]["articles"] if a["slug"] == slug)
    text = original["text"]
    for old, new in article.get("swap", {}).items():
        if old not in text:
            raise UsageError(f"samples: {article['slug']}: the story it reprints does not say {old!r}")
        text = text.replace(old, new)
    kept = _split(text)
    return kept[: len(kept) - article.get("drop_last", 0)]


def _split(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())
