"""How often a host is asked: a pace, a number of requests at once, a budget a run, and patience with hosts that fail.

It sends nothing and knows no clock of its own. One `Hosts` serves all threads of a client, and all clients of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock

from claimline.errors import FetchFailed, FetchRefused


@dataclass(frozen=True, slots=True)
class Limits:
    """What one host bears. `budget` counts every request, retries, redirects and robots.txt included."""

    interval_s: float
    concurrency: int
    budget: int
    failures: int = 5
    rest_s: float = 60.0


@dataclass(slots=True)
class _Host:
    slots: BoundedSemaphore
    interval_s: float
    next_at: float = 0.0
    blocked_until: float = 0.0
    asked: int = 0
    failed_in_a_row: int = 0
    why: str = ""
    lock: Lock = field(default_factory=Lock)


class Hosts:
    """The state of every host that was asked in this run."""

    def __init__(self, *, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._monotonic, self._sleep = monotonic, sleep
        self._hosts: dict[str, _Host] = {}
        self._lock = Lock()

    @contextmanager
    def turn(self, name: str, limits: Limits, url: str) -> Iterator[None]:
        """Wait for this host's turn, and hold one of its slots.

        Raises FetchRefused where its budget is spent, FetchFailed where it has failed too often or asked us to stay away.
        """
        host = self._host(name, limits)
        with host.slots:
            wait = self._reserve(host, limits, url)
            if wait > 0:
                self._sleep(wait)
            yield

    def slow_down(self, name: str, limits: Limits, interval_s: float) -> None:
        """At least so many seconds between two requests (robots.txt: crawl-delay)."""
        host = self._host(name, limits)
        with host.lock:
            host.interval_s = max(host.interval_s, interval_s)

    def defer(self, name: str, limits: Limits, seconds: float) -> None:
        """Nobody asks this host again for so long (Retry-After)."""
        host = self._host(name, limits)
        with host.lock:
            host.next_at = max(host.next_at, self._monotonic() + seconds)

    def block(self, name: str, limits: Limits, seconds: float) -> None:
        """Whoever asks this host within so many seconds is told at once that it wants to be left alone."""
        host = self._host(name, limits)
        with host.lock:
            host.blocked_until = max(host.blocked_until, self._monotonic() + seconds)
            host.why = "it asked for patience"

    def answered(self, name: str, limits: Limits) -> None:
        host = self._host(name, limits)
        with host.lock:
            host.failed_in_a_row = 0

    def failed(self, name: str, limits: Limits, reason: str) -> None:
        """After some failures in a row the host is left alone for a while; then one request may try again."""
        host = self._host(name, limits)
        with host.lock:
            host.failed_in_a_row += 1
            host.why = f"{host.failed_in_a_row} failures in a row, the last: {reason}"
            if host.failed_in_a_row >= limits.failures:
                host.blocked_until = max(host.blocked_until, self._monotonic() + limits.rest_s)

    def ready_in(self, name: str) -> float:
        """Seconds until this host may be asked; nothing is reserved. A host that rests answers at once (with its refusal)."""
        with self._lock:
            host = self._hosts.get(name)
        return max(0.0, host.next_at - self._monotonic()) if host else 0.0

    def asked(self) -> dict[str, int]:
        """How many requests each host has had."""
        with self._lock:
            return {name: host.asked for name, host in self._hosts.items()}

    def _host(self, name: str, limits: Limits) -> _Host:
        with self._lock:
            if name not in self._hosts:
                self._hosts[name] = _Host(BoundedSemaphore(limits.concurrency), limits.interval_s)
            return self._hosts[name]

    def _reserve(self, host: _Host, limits: Limits, url: str) -> float:
        with host.lock:
            now = self._monotonic()
            if host.asked >= limits.budget:
                raise FetchRefused(url, "budget", f"{limits.budget} requests to this host in one run")
            if now < host.blocked_until:
                left = host.blocked_until - now
                raise FetchFailed(url, "host-resting", f"{host.why}; left alone for {left:.0f} s more", retry_after_s=left)
            host.asked += 1
            start = max(now, host.next_at)
            host.next_at = start + host.interval_s
            return start - now
