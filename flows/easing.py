"""Memory given back at the end of a run, so that a process that does runs for a year does not grow with them.

Three things keep what a run has needed: our own memory of texts that were worked on, SQLite with the pages that a connection has
written, and the C library with what was freed in pieces, in an arena for each thread that has fetched. None of it is lost, and
none comes back by itself.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from claimline import remembered
from storage.engine import Database


@contextmanager
def eased(db: Database) -> Iterator[None]:
    """Whatever happens inside, what it held in memory is given back after."""
    try:
        yield
    finally:
        remembered.forget()
        db.ease()
        gc.collect()
        _trim()(0)


@cache
def _trim() -> Callable[[int], object]:
    """glibc's `malloc_trim`; nothing where there is another C library."""
    if sys.platform == "linux":
        found: Callable[[int], object] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if found is not None:
            return found
    return lambda _: None
