"""What was worked out once and is asked for again within a run; after the run it is let go, for the next one's texts are others.

A cache that is full of yesterday's texts helps nobody, and in a process that runs for months such caches are much of its size.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import _lru_cache_wrapper, lru_cache
from typing import TypeVar

R = TypeVar("R")
_forgetting: list[Callable[[], object]] = []


def remembered(most: int) -> Callable[[Callable[..., R]], _lru_cache_wrapper[R]]:
    """As `functools.lru_cache`, and `forget` empties it."""

    def wrapped(function: Callable[..., R]) -> _lru_cache_wrapper[R]:
        cached = lru_cache(maxsize=most)(function)
        _forgetting.append(cached.cache_clear)
        return cached

    return wrapped


def also_forget(forgetting: Callable[[], object]) -> None:
    """What a library remembers."""
    _forgetting.append(forgetting)


def forget() -> None:
    """Lets go of all that is remembered; only time is lost."""
    for each in _forgetting:
        each()
