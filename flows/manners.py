"""robots.txt kept between runs, in the cache database: what one run has read of a host the next believes for a day.

The rules of keeping (a day; yesterday's where a host does not answer) are those of `claimline.web.robots`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime

from claimline.web.manners import Manners
from claimline.web.robots import RobotsRecord
from storage.cache import Cache

KIND = "robots"


class KnownRobots(Mapping[str, RobotsRecord]):
    """Looked up origin by origin, when a host is first asked; it cannot be listed."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def __getitem__(self, origin: str) -> RobotsRecord:
        held = self._cache.get_many(KIND, [origin]).get(origin)
        record = _loaded(held) if held is not None else None
        if record is None:
            raise KeyError(origin)
        return record

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def keep(cache: Cache, manners: Manners) -> None:
    """Stores what the run has read."""
    seen = {origin: _dumped(record) for origin, record in manners.robots_seen().items()}
    if seen:
        cache.put_many(KIND, seen)


def _dumped(record: RobotsRecord) -> bytes:
    return json.dumps({**asdict(record), "fetched_at": record.fetched_at.isoformat()}).encode()


def _loaded(held: bytes) -> RobotsRecord | None:
    """None where the cache holds what another version wrote."""
    with suppress(ValueError, KeyError, TypeError):
        data = json.loads(held)
        return RobotsRecord(**{**data, "fetched_at": datetime.fromisoformat(data["fetched_at"])})
    return None
