"""Many requests over many hosts: no host's slowness holds up another's, and a slow reader holds up the fetching, not the memory.

It knows nothing of HTTP: `work` does one item. Pace, slots and patience of a host are the client's; here it is only decided which
host is served next: of those that bear another request, the one that may be asked soonest.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from queue import Empty, Queue
from threading import Condition, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_turns(
    items: Sequence[T],
    work: Callable[[T], R],
    *,
    host_of: Callable[[T], str],
    threads: int,
    bears: Callable[[str], int],
    ready_in: Callable[[T], float] = lambda _: 0.0,
    ahead: int = 64,
) -> Iterator[R]:
    """Yields `work(item)` for every item, as they finish.

    At most `threads` at once, at most `bears(host)` of them on one host, and at most `ahead` results that nobody has taken
    yet: then the threads wait. `ready_in` tells after how many seconds an item's host may be asked. What `work` raises is
    raised here, and the rest is left undone.
    """
    todo = _Todo(items, host_of, bears, ready_in)
    results: Queue[R | _Failed | None] = Queue(maxsize=max(1, ahead))
    workers = [Thread(target=_serve, args=(todo, work, results), daemon=True) for _ in range(min(threads, len(items)))]
    for worker in workers:
        worker.start()
    try:
        running = len(workers)
        while running:
            result = results.get()
            if result is None:
                running -= 1
            elif isinstance(result, _Failed):
                raise result.error
            else:
                yield result
    finally:
        todo.stop()
        while any(worker.is_alive() for worker in workers):
            with suppress(Empty):
                results.get(timeout=0.05)


class _Failed:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class _Todo(Generic[T]):
    """What is still to be done, by host."""

    def __init__(
        self, items: Sequence[T], host_of: Callable[[T], str], bears: Callable[[str], int], ready_in: Callable[[T], float]
    ) -> None:
        self._queues: OrderedDict[str, deque[T]] = OrderedDict()
        for item in items:
            self._queues.setdefault(host_of(item), deque()).append(item)
        self._bears, self._ready_in = bears, ready_in
        self._busy: Counter[str] = Counter()
        self._changed = Condition()

    def take(self) -> tuple[str, T] | None:
        """The next item and its host; waits while every host with work is busy; None when all is given out."""
        with self._changed:
            while self._queues:
                host = self._next()
                if host is not None:
                    return host, self._taken(host)
                self._changed.wait()
            return None

    def done(self, host: str) -> None:
        with self._changed:
            self._busy[host] -= 1
            self._changed.notify_all()

    def stop(self) -> None:
        with self._changed:
            self._queues.clear()
            self._changed.notify_all()

    def _next(self) -> str | None:
        soonest, best = float("inf"), None
        for host in self._queues:
            if self._busy[host] >= self._bears(host):
                continue
            wait = self._ready_in(self._queues[host][0])
            if wait <= 0:
                return host
            if wait < soonest:
                soonest, best = wait, host
        return best

    def _taken(self, host: str) -> T:
        """Take one, and put the host to the end of the line."""
        queue = self._queues.pop(host)
        item = queue.popleft()
        if queue:
            self._queues[host] = queue
        self._busy[host] += 1
        return item


def _serve(todo: _Todo[T], work: Callable[[T], R], results: Queue[R | _Failed | None]) -> None:
    while (taken := todo.take()) is not None:
        host, item = taken
        try:
            result: R | _Failed = work(item)
        except BaseException as error:  # noqa: BLE001  # handed to the caller's thread, which raises it
            result = _Failed(error)
            todo.stop()
        todo.done(host)
        results.put(result)
    results.put(None)
