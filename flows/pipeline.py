"""Fetch and clean side by side: threads wait for hosts, processes clean, the caller alone writes. Memory stays bounded.

Nothing here decides or stores; it turns articles to fetch into results, a batch at a time, whatever fails.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from threading import Lock, Thread
from typing import Protocol, TypeVar

from claimline.clean import CleanJob, clean_many
from claimline.errors import FetchError, FetchRefused
from claimline.models import Cleaned, Entry, Fetched, Skip, Validators
from claimline.web.client import host_of
from claimline.web.turns import in_turns

T = TypeVar("T")
CLEAN_BATCH = 24
# Refused on the way, but the host's doing: there was something to read and we could not.
_HOSTS_DOING = frozenset({"redirect-loop", "too-many-redirects", "bad-redirect"})
# Below this many pages a process pool costs more than it saves: its helpers import for some seconds, a page takes about 10 ms.
POOL_FROM = 300


@dataclass(frozen=True, slots=True)
class Wanted:
    """One article to fetch and clean; `inline` where the source carried it."""

    article_id: int
    source_id: int
    url: str
    entry: Entry
    validators: Validators
    first_seen: datetime
    robots: bool = True


@dataclass(frozen=True, slots=True)
class Got:
    """What became of it: the answer and its clean text, or why there is none."""

    wanted: Wanted
    fetched: Fetched | None
    cleaned: Cleaned | None
    skip: Skip | None = None


class Getter(Protocol):
    def __call__(self, wanted: Wanted, /) -> Fetched: ...


class Mannered(Protocol):
    """What the client knows of its hosts."""

    def bears(self, host: str) -> int: ...
    def ready_in(self, url: str) -> float: ...


class Helpers:
    """Processes that clean, started for the first batch that is large enough and kept for those after it, until `close`.

    With few pages the caller's own process cleans; threads do not help and can crash.
    """

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._lock = Lock()

    def cleaner(self, processes: int, *, expected: int, perhaps: int = 0) -> Cleaner:
        """What cleans the `expected` pages, and `perhaps` so many more: those that we have read and may find as they were."""
        return Cleaner(self, processes, expected, perhaps)

    def pool(self, processes: int, *, pages: int) -> ProcessPoolExecutor | None:
        """The processes, if there are some or so many pages are worth it."""
        with self._lock:
            if self._pool is None and processes > 1 and pages >= POOL_FROM:
                self._pool = _processes(processes)
            return self._pool

    def drop(self, broken: ProcessPoolExecutor | None) -> None:
        """Forgets processes of which one died: they take no more work."""
        with self._lock:
            if self._pool is broken:
                self._pool = None

    def close(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool:
            pool.shutdown(cancel_futures=True)


def _processes(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_parent)


def end_with_parent() -> None:
    """In a helper: it ends when the process that started it is gone; of itself it would wait for work for ever."""
    Thread(target=_wait_for_parent, name="end-with-parent", daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class Cleaner:
    """Cleans batches, in helping processes or in this one; `batches_ahead` of them may wait."""

    def __init__(self, helpers: Helpers, processes: int, expected: int, perhaps: int) -> None:
        self._helpers, self._processes = helpers, processes
        self._left, self._came = expected + perhaps, 0
        self._pool = helpers.pool(processes, pages=expected)

    @property
    def batches_ahead(self) -> int:
        return self._processes * 3 if self._pool else 1

    def submit(self, jobs: Sequence[CleanJob]) -> Future[list[Cleaned | Skip]]:
        self._left, self._came = self._left - len(jobs), self._came + len(jobs)
        if self._pool is None and self._came >= POOL_FROM // 2:  # more pages have changed than was thought
            self._pool = self._helpers.pool(self._processes, pages=self._left)
        done: Future[list[Cleaned | Skip]] = Future()
        try:
            if self._pool:
                return self._pool.submit(clean_many, jobs)
            done.set_result(clean_many(jobs))
        except BrokenProcessPool as error:
            done.set_exception(error)
        return done

    def cleaned(self, jobs: Sequence[CleanJob], answer: Future[list[Cleaned | Skip]]) -> list[Cleaned | Skip]:
        """What `submit` promised. Where a process died of a page, each page of the batch is read alone, and that one is named."""
        try:
            return answer.result()
        except BrokenProcessPool:
            self._helpers.drop(self._pool)
            self._pool = None
            return one_by_one(jobs)


def one_by_one(jobs: Sequence[CleanJob]) -> list[Cleaned | Skip]:
    """Each page in a process beside this one, which may die of it (a fault in a parser's C code, memory)."""
    answers: list[Cleaned | Skip] = []
    alone: ProcessPoolExecutor | None = None
    for job in jobs:
        alone = alone or _processes(1)
        try:
            answers += alone.submit(clean_many, [job]).result()
        except BrokenProcessPool:
            alone = None
            answers.append(Skip(job.url, "crash", "the process that read it died", failed=True))
    if alone:
        alone.shutdown()
    return answers


def fetch_and_clean(
    wanted: Sequence[Wanted], get: Getter, pool: Cleaner, *, threads: int, manners: Mannered
) -> Iterator[list[Got]]:
    """Yields batches as they are ready, every wanted article in exactly one of them.

    Hosts are served in turns, and no more is fetched than the cleaning can take.
    """
    fetched = in_turns(
        wanted,
        lambda one: _fetch_one(one, get),
        host_of=lambda one: host_of(one.url),
        threads=threads,
        bears=manners.bears,
        ready_in=lambda one: manners.ready_in(one.url),
        ahead=2 * CLEAN_BATCH,
    )
    yield from _clean_all(fetched, pool)


def _fetch_one(wanted: Wanted, get: Getter) -> Got:
    """What is refused (robots, a reservation, a spent budget, a private address) is our choice and no failure."""
    try:
        return Got(wanted, get(wanted), None)
    except FetchRefused as error:
        failed = error.reason in _HOSTS_DOING
        return Got(wanted, None, None, Skip(wanted.url, error.reason, error.detail, failed=failed))
    except FetchError as error:
        skip = Skip(wanted.url, error.reason, error.detail, failed=True, retry_after_s=error.retry_after_s)
        return Got(wanted, None, None, skip)
    except Exception as error:  # noqa: BLE001 -- the edge of a task: one article's trouble stays its own
        return Got(wanted, None, None, Skip(wanted.url, "crash", f"{type(error).__name__}: {error}"[:200], failed=True))


def clean_inline(wanted: Iterable[Wanted], pool: Cleaner) -> Iterator[list[Got]]:
    """The same for articles that their source carried."""
    yield from _clean_all((Got(w, _as_fetched(w), None) for w in wanted), pool)


def _as_fetched(wanted: Wanted) -> Fetched:
    entry = wanted.entry
    body = entry.body if entry.body is not None else (entry.text or "").encode()
    kind = entry.content_type or ("text/plain" if entry.body is None else "text/html")
    return Fetched(wanted.url, wanted.url, 200, entry.fetched_at or wanted.first_seen, body, kind)


def _clean_all(got: Iterator[Got], pool: Cleaner) -> Iterator[list[Got]]:
    waiting: list[tuple[list[Got], list[CleanJob], Future[list[Cleaned | Skip]]]] = []
    while batch := list(islice(got, CLEAN_BATCH)):
        to_clean = [g for g in batch if g.fetched is not None and not g.fetched.not_modified]
        rest = [g for g in batch if g.fetched is None or g.fetched.not_modified]
        if rest:
            yield rest
        if to_clean:
            jobs = [_job(g) for g in to_clean]
            waiting.append((to_clean, jobs, pool.submit(jobs)))
        while waiting and (len(waiting) >= pool.batches_ahead or waiting[0][2].done()):
            done, jobs, answer = waiting.pop(0)
            yield _collect(done, pool.cleaned(jobs, answer))
    for done, jobs, answer in waiting:
        yield _collect(done, pool.cleaned(jobs, answer))


def _job(got: Got) -> CleanJob:
    fetched = got.fetched
    if fetched is None:
        raise AssertionError("only what was fetched is cleaned")
    inline = got.wanted.entry.text is not None or got.wanted.entry.body is not None
    body = None if got.wanted.entry.text is not None else fetched.body
    entry = replace(got.wanted.entry, body=None) if inline else got.wanted.entry
    return CleanJob(entry, body, fetched.content_type, fetched.final_url, got.wanted.first_seen)


def _collect(batch: Sequence[Got], results: Sequence[Cleaned | Skip]) -> list[Got]:
    return [
        replace(g, skip=result) if isinstance(result, Skip) else replace(g, cleaned=result)
        for g, result in zip(batch, results, strict=True)
    ]


def gathered(
    batches: Iterable[list[T]], size: int, *, within_s: float, monotonic: Callable[[], float] = time.monotonic
) -> Iterator[list[T]]:
    """Batches put together until they hold `size` items or the first has waited `within_s` seconds: fewer writes."""
    held: list[T] = []
    since = 0.0
    for batch in batches:
        since = since if held else monotonic()
        held += batch
        if len(held) >= size or monotonic() - since >= within_s:
            yield held
            held = []
    if held:
        yield held


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
