"""robots.txt and tdmrep.json of a host: may we read this page, how slowly, and is mining its text reserved?

Both are read once a host and run and can be kept for a day (`RobotsRecord`). After RFC 9309: a host without robots.txt (4xx)
allows everything; one that fails to answer (5xx, no connection) allows nothing until it does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import urlsplit

from protego import Protego

from claimline.errors import BodyTooLarge, FetchError, FetchFailed, FetchRefused
from claimline.models import Fetched

_AGENT = "claimline"
_KEPT = timedelta(hours=24)
_MAX_BYTES = 512_000
_LONGEST_DELAY_S = 60.0

Fetch = Callable[[str, int], Fetched]


@dataclass(frozen=True, slots=True)
class RobotsRecord:
    """What one origin says. `state` is read, none (no robots.txt) or unreachable; `tdmrep` the JSON text, where there is one."""

    origin: str
    fetched_at: datetime
    state: str
    text: str = ""
    tdmrep: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """A location of tdmrep.json: a prefix, with `*` and `$` as in robots.txt (`/news/*`, `*.pdf$`)."""

    written: str

    def holds(self, path: str) -> bool:
        """Step by step, never as a regular expression: many stars over a long path would keep one busy for years."""
        first, *rest = re.split(r"\*+", self.written.removesuffix("$"))
        if not path.startswith(first):
            return False
        last = rest.pop() if self.written.endswith("$") and rest else None
        at = len(first)
        for part in rest:
            found = path.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        if last is not None:
            return len(path) - len(last) >= at and path.endswith(last)
        return not self.written.endswith("$") or path == first


@dataclass(frozen=True, slots=True)
class _Rules:
    record: RobotsRecord
    robots: Protego
    reserved: tuple[_Place, ...]
    freed: tuple[_Place, ...]
    delay_s: float | None


class Robots:
    """The permissions of every host that was asked in this run; one instance serves all threads and clients."""

    def __init__(self, user_agent: str, clock: Callable[[], datetime], known: Mapping[str, RobotsRecord]) -> None:
        self._clock = clock
        self._agent = re.split(r"[/\s]", user_agent, maxsplit=1)[0] or _AGENT
        self._known = known
        self._rules: dict[str, _Rules] = {}
        self._locks: dict[str, Lock] = {}
        self._lock = Lock()

    def check(self, url: str, fetch: Fetch, *, own: bool = False) -> float | None:
        """Raise FetchRefused where the page may not be read, FetchFailed where the host does not tell.

        Returns the pause in seconds that the host asks for between two requests (crawl-delay).
        """
        rules = self._of(url, fetch)
        if rules.record.state == "unreachable":
            raise FetchFailed(url, "robots-unreachable", rules.record.text)
        if not rules.robots.can_fetch(url, self._agent):
            raise FetchRefused(url, "robots", "robots.txt disallows it")
        if not own and _reserved(rules, url):
            raise FetchRefused(url, "tdm-reserved", "tdmrep.json reserves text and data mining")
        return rules.delay_s

    def seen(self) -> Mapping[str, RobotsRecord]:
        with self._lock:
            return {origin: rules.record for origin, rules in self._rules.items() if rules.record.state != "unreachable"}

    def _of(self, url: str, fetch: Fetch) -> _Rules:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            lock = self._locks.setdefault(origin, Lock())
        with lock:
            if origin not in self._rules:
                self._rules[origin] = self._read(origin, fetch)
            return self._rules[origin]

    def _read(self, origin: str, fetch: Fetch) -> _Rules:
        known = self._known.get(origin)
        fresh = known is not None and self._clock() - known.fetched_at < _KEPT
        record = known if known is not None and fresh else self._fetched(origin, fetch)
        if record.state == "unreachable" and known is not None:
            # Better the rules of yesterday than none (RFC 9309, 2.3.1.4).
            record = known
        return _parsed(record, self._agent)

    def _fetched(self, origin: str, fetch: Fetch) -> RobotsRecord:
        state, text = _get(f"{origin}/robots.txt", fetch)
        tdmrep = _get(f"{origin}/.well-known/tdmrep.json", fetch)[1] if state != "unreachable" else ""
        return RobotsRecord(origin, self._clock(), state, text, tdmrep)


def _get(url: str, fetch: Fetch) -> tuple[str, str]:
    try:
        fetched = fetch(url, _MAX_BYTES)
    except FetchError as failed:
        missing = failed.status is not None and 400 <= failed.status < 500 and failed.status != 429
        if missing or isinstance(failed, BodyTooLarge | FetchRefused):
            return "none", ""
        return "unreachable", failed.reason
    return "read", fetched.body.decode("utf-8", "replace")


def _parsed(record: RobotsRecord, agent: str) -> _Rules:
    reserved, freed = _reservations(record.tdmrep)
    robots = Protego.parse(record.text if record.state == "read" else "")
    delay = robots.crawl_delay(agent)
    return _Rules(record, robots, reserved, freed, min(float(delay), _LONGEST_DELAY_S) if delay else None)


def _reservations(text: str) -> tuple[tuple[_Place, ...], tuple[_Place, ...]]:
    """The places that tdmrep.json reserves, and those that it leaves free."""
    try:
        rules = json.loads(text) if text.lstrip().startswith(("[", "{")) else []
    except (ValueError, RecursionError):
        return (), ()
    reserved: list[_Place] = []
    freed: list[_Place] = []
    for rule in rules if isinstance(rules, list) else [rules]:
        if isinstance(rule, dict) and isinstance(rule.get("location"), str):
            held = str(rule.get("tdm-reservation", "")) == "1"
            (reserved if held else freed).append(_Place(rule["location"][:500]))
    return tuple(reserved), tuple(freed)


def _reserved(rules: _Rules, url: str) -> bool:
    """The longest location that fits decides; a reservation wins a draw."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    held = _longest(rules.reserved, path)
    return held >= 0 and held >= _longest(rules.freed, path)


def _longest(places: tuple[_Place, ...], path: str) -> int:
    return max((len(place.written) for place in places if place.holds(path)), default=-1)
