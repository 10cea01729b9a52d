"""What a step did, in numbers, with the reason for everything left out; merged into the run's row."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from claimline.models import Skip
from storage.records import CaptureSaved


@dataclass(slots=True)
class Tally:
    """Counts, skips, seconds by phase, and what else was spent (a judge's price)."""

    counts: Counter[str] = field(default_factory=Counter)
    skips: list[Skip] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.spent(what, time.perf_counter() - began)

    def spent(self, what: str, seconds: float) -> None:
        self.seconds[what] = self.seconds.get(what, 0.0) + seconds

    def add(self, other: Tally) -> None:
        self.counts.update(other.counts)
        self.skips.extend(other.skips)
        for what, seconds in other.seconds.items():
            self.spent(what, seconds)
        for what, price in other.cost.items():
            self.cost[what] = self.cost.get(what, 0.0) + price

    def saw(self, saved: CaptureSaved, skip: Skip | None) -> None:
        self.counts[saved.kind] += 1
        if skip is not None:
            self.skip(skip)

    def skip(self, skip: Skip) -> None:
        self.skips.append(skip)
        self.counts["failed-" + skip.reason if skip.failed else "skipped-" + skip.reason] += 1
