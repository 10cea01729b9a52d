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
    """Counts, skips, seconds by phase, what else was spent (a judge's price), and by source why something was left or failed."""

    counts: Counter[str] = field(default_factory=Counter)
    skips: list[Skip] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)
    reasons: dict[int, Counter[str]] = field(default_factory=dict)

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
        for source_id, counts in other.reasons.items():
            self.reasons.setdefault(source_id, Counter()).update(counts)
        for what, price in other.cost.items():
            self.cost[what] = self.cost.get(what, 0.0) + price

    def saw(self, saved: CaptureSaved, skip: Skip | None, source_id: int | None = None) -> None:
        self.counts[saved.kind] += 1
        if skip is not None:
            self.skip(skip, source_id)

    def skip(self, skip: Skip, source_id: int | None = None) -> None:
        name = "failed-" + skip.reason if skip.failed else "skipped-" + skip.reason
        self.skips.append(skip)
        self.counts[name] += 1
        if source_id is not None:
            self.of_source(source_id, name)

    def of_source(self, source_id: int, reason: str) -> None:
        self.reasons.setdefault(source_id, Counter())[reason] += 1
