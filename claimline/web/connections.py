"""Connections kept by host: what a request costs does not grow with the hosts that are talked to.

httpcore looks at every connection of a pool, and asks each idle one's socket, whenever a request comes or goes. With one pool for
hundreds of hosts that was a third of a fetch; with one for each host it looks at the few that matter.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from types import TracebackType

import httpcore

Origin = tuple[bytes, bytes, int | None]


@dataclass(slots=True)
class _Kept:
    pool: httpcore.ConnectionPool
    asking: int = 0

    def is_idle(self) -> bool:
        return not self.asking and all(c.is_idle() or c.is_closed() for c in self.pool.connections)


class PoolByHost:
    """In place of one `httpcore.ConnectionPool`: one for each host, the `kept` hosts that were asked last stay connected."""

    def __init__(self, new_pool: Callable[[], httpcore.ConnectionPool], *, kept: int) -> None:
        self._new_pool, self._most = new_pool, kept
        self._hosts: OrderedDict[Origin, _Kept] = OrderedDict()
        self._lock = Lock()

    def __enter__(self) -> PoolByHost:
        return self

    def __exit__(
        self, kind: type[BaseException] | None = None, error: BaseException | None = None, trace: TracebackType | None = None
    ) -> None:
        self.close()

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        with self._asking(request.url) as pool:
            return pool.handle_request(request)

    def close(self) -> None:
        with self._lock:
            hosts, self._hosts = self._hosts, OrderedDict()
        for each in hosts.values():
            each.pool.close()

    @contextmanager
    def _asking(self, url: httpcore.URL) -> Iterator[httpcore.ConnectionPool]:
        """The pool of a host: not closed until the answer has begun, and from then on its connection says that it is used."""
        with self._lock:
            host = (url.scheme, url.host, url.port)
            kept = self._hosts.pop(host, None) or _Kept(self._new_pool())
            self._hosts[host] = kept
            kept.asking += 1
            given_up = self._given_up()
        for pool in given_up:
            pool.close()
        try:
            yield kept.pool
        finally:
            with self._lock:
                kept.asking -= 1

    def _given_up(self) -> list[httpcore.ConnectionPool]:
        """Takes out of the line the idle hosts that were not asked for longest, as far as there are too many."""
        over = len(self._hosts) - self._most
        idle = (host for host, each in self._hosts.items() if each.is_idle())
        chosen = [host for host, _ in zip(idle, range(over), strict=False)] if over > 0 else []
        return [self._hosts.pop(host).pool for host in chosen]
