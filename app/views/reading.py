"""How pages read: the two times of every read, a session that sees one moment, and a cache that knows when it is stale."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from storage import pages
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
    def known_day(self) -> date | None:
        return self.known_at.astimezone(UTC).date() if self.known_at else None

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
    """Values that are good as long as nothing is published: a few thousand, the oldest leave first."""

    def __init__(self, size: int = 3_000) -> None:
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
        self.put(key, made)
        return made

    def clear(self) -> None:
        with self._lock:
            self._held.clear()

    def peek(self, key: Hashable, default: Any) -> Any:
        with self._lock:
            return self._held.get(key, default)

    def put(self, key: Hashable, value: Any) -> None:
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            while len(self._held) > self._size:
                self._held.popitem(last=False)


class Reading:
    """A session that sees one moment, with what was read before and still is so."""

    def __init__(self, s: Session, cache: Cache) -> None:
        self.s = s
        self.cache = cache
        self._stamp: tuple[int, ...] | None = None
        self._claims: tuple[tuple[int, ...], dict[int, tuple[int, int]]] | None = None

    def once(self, make: Callable[[], T], *key: Hashable) -> T:
        """The value of `make`, or what it was when nothing at all had changed since."""
        if self._stamp is None:
            self._stamp = pages.stamp(self.s)
        return self.cache.get((self._stamp, *key), make)

    def of_claim(self, claim_id: int, make: Callable[[], T], *key: Hashable) -> T:
        """The same for what is known of one claim; words on other claims leave it as it is."""
        return self.cache.get((self._claim_stamp(claim_id), claim_id, *key), make)

    def of_claims(
        self, ids: Sequence[int], make: Callable[[list[int]], Mapping[int, T]], default: T, *key: Hashable
    ) -> dict[int, T]:
        """The same for many claims: only those are read anew that changed."""
        keys = {i: (self._claim_stamp(i), i, *key) for i in ids}
        found = {i: held for i, k in keys.items() if (held := self.cache.peek(k, _NOTHING)) is not _NOTHING}
        missing = [i for i in ids if i not in found]
        if missing:
            made = make(missing)
            for i in missing:
                found[i] = made.get(i, default)
                self.cache.put(keys[i], found[i])
        return found

    def _claim_stamp(self, claim_id: int) -> Hashable:
        if self._claims is None:
            self._claims = pages.claim_stamps(self.s)
        return (self._claims[0], self._claims[1].get(claim_id))


_NOTHING: Any = object()


def link(path: str, **params: object) -> str:
    kept = {k: str(v) for k, v in params.items() if v not in (None, "", False)}
    return f"{quote(path, safe='/@:+~,')}?{urlencode(kept)}" if kept else quote(path, safe="/@:+~,")
