"""How pages read: the two times of every read, a session that sees one moment, and a cache that knows when it is stale."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from storage.engine import Session

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Moment:
    """The two times of every read: what stood in print by `as_of`, as we knew it at `known_at`; None is now."""

    as_of: date | None = None
    known_at: datetime | None = None

    @property
    def past(self) -> bool:
        return self.as_of is not None or self.known_at is not None

    @property
    def params(self) -> dict[str, str]:
        found = {"as_of": self.as_of.isoformat() if self.as_of else "", "known_at": self.known_at_text}
        return {k: v for k, v in found.items() if v}

    @property
    def known_at_text(self) -> str:
        if self.known_at is None:
            return ""
        return self.known_at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Cache:
    """Values that are good as long as nothing is published: a few hundred, the oldest leave first."""

    def __init__(self, size: int = 400) -> None:
        self._held: OrderedDict[Hashable, Any] = OrderedDict()
        self._size = size
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                found: T = self._held[key]
                return found
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > self._size:
                self._held.popitem(last=False)
        return made


@dataclass(frozen=True, slots=True)
class Reading:
    s: Session
    cache: Cache
    stamp: tuple[int, ...]

    def once(self, make: Callable[[], T], *key: Hashable) -> T:
        """The value of `make`, or what it was when nothing had been published since."""
        return self.cache.get((self.stamp, *key), make)


def link(path: str, **params: object) -> str:
    kept = {k: str(v) for k, v in params.items() if v not in (None, "", False)}
    return f"{quote(path, safe='/@:+~,')}?{urlencode(kept)}" if kept else quote(path, safe="/@:+~,")
