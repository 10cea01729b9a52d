"""The fold: evidence in, status over time out. Pure; defined with worked examples in docs/history.md.

It reads no clock and no database: `positions` are what was known at some known time, `until` is the as-of day. It decides
nothing about copies (clusters), dates (clean) or whose answer counts (storage): it folds what it is given. What counts once, and
what stands of it, is `claimline.voices`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from heapq import heapify, heappop, heappush

from claimline.models import SIDES, Change, Figures, FoldResult, Position, Ruling, Stance, Status, Voice
from claimline.voices import RULES, FoldRules, Heard, Printed, Standing, gathered, in_order, printed, printed_by

__all__ = ["FOLD_VERSION", "RULES", "FoldRules", "Stand", "WhatIf", "day_by_day", "fold", "group_voices", "heard"]

FOLD_VERSION = "1"


def fold(
    positions: Iterable[Position],
    rulings: Iterable[Ruling] = (),
    *,
    until: date | None = None,
    rules: FoldRules = RULES,
    most_voices: int | None = None,
) -> FoldResult:
    """Folds what was known into changes of status, oldest first.

    `until`: the last day that counts (inclusive); what stands in print after it is not looked at. The order of `positions`
    does not matter; of two rulings on one day the later in `rulings` holds. Positions of weight 0 change nothing. Of the voices
    that stand at the end at most `most_voices` are told, those that were heard first.
    """
    voices = gathered(in_order(positions, until), rules)
    return _walk(voices, _up_to(rulings, until), until, rules, most_voices)


def group_voices(positions: Iterable[Position], *, until: date | None = None, rules: FoldRules = RULES) -> tuple[Voice, ...]:
    """The voices alone, in the order in which they were first heard (for tables: one row a voice)."""
    return tuple(v.frozen() for v in heard(positions, until=until, rules=rules))


def heard(positions: Iterable[Position], *, until: date | None = None, rules: FoldRules = RULES) -> list[Heard]:
    """The same as the fold holds them: for a table that shows a few of many, and to go on with (`WhatIf`)."""
    return gathered(in_order(positions, until), rules)


def day_by_day(voices: Sequence[Heard], *, rules: FoldRules = RULES) -> Iterator[tuple[date, Status, Figures]]:
    """Where the machine stands at the end of each day on which anything appears in print or vanishes, oldest first.

    What holds at the end of any day is the last of them by then (before the first: nothing), as folding up to that day says:
    a report never joins a voice that was heard later, so that later days do not change what an earlier one brought.
    """
    days, standing = printed(voices), Standing(voices, rules)
    machine = Status.UNREPORTED
    for day in sorted(days):
        standing.move(days[day])
        figures = standing.figures()
        machine = _status(machine, figures.supports, figures.refutes, bool(standing.stands), rules)
        yield day, machine, figures


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a claim stands at the end of a day, without how it came to it: as in the FoldResult of that day."""

    status: Status
    machine: Status
    figures: Figures
    voices: tuple[Voice, ...]


class WhatIf:
    """Where a claim stands on a day, and where it would stand with voices taken away one after another.

    Equal to folding anew without their positions (the voices do not group differently without one of them), but the days are
    walked only where the status hangs on the one before: what stands at the end does not depend on the way.
    """

    def __init__(
        self,
        voices: Sequence[Heard],
        rulings: Iterable[Ruling] = (),
        *,
        until: date | None = None,
        rules: FoldRules = RULES,
    ) -> None:
        self._rules, self._until = rules, until
        self._rulings = _up_to(rulings, until)
        self._voices = voices
        self._gone: set[int] = set()
        self._by_weight: list[tuple[float, int, int]] = []
        self._standing = Standing(self._voices, rules)
        self._standing.move(printed_by(self._voices, until))
        self.machine = self._machine()

    def stand(self, most_voices: int | None = None) -> Stand:
        """With at most so many of the voices, those that were heard first."""
        # The end of a ruling is a day like any other: without an as-of day only those without an end hold on the last one.
        ruling = _ruling_on(self._rulings, self._until or date.max)
        voices = tuple([self._voices[i].frozen() for i in sorted(self._standing.stands)[:most_voices]])
        return Stand(ruling.status if ruling else self.machine, self.machine, self._standing.figures(), voices)

    def take_heaviest(self, sides: Collection[Stance]) -> Voice | None:
        """Takes away the heaviest voice that stands on one of these sides, and returns it; None where there is none.

        Of equal ones the newest goes, then the last by its key. Ask for the same sides every time.
        """
        equal = self._heaviest(sides)
        if not equal:
            return None
        index = max(equal, key=lambda i: self._voices[i].frozen().key)
        before = set(self._standing.stands)
        self._gone.add(index)
        self._standing.drop(index)
        # An earlier voice of the same speaker may stand again.
        for i in (*equal, *(self._standing.stands - before)):
            if i != index:
                heappush(self._by_weight, self._rank(i))
        self.machine = self._machine()
        return self._voices[index].frozen()

    def _heaviest(self, sides: Collection[Stance]) -> list[int]:
        """Out of the heap: those that weigh most and are newest."""
        if not self._by_weight:
            self._by_weight = [self._rank(i) for i in self._standing.stands]
            heapify(self._by_weight)
        equal: list[int] = []
        rank: tuple[float, int] | None = None
        while self._by_weight and (rank is None or self._by_weight[0][:2] == rank):
            weight, day, index = heappop(self._by_weight)
            if index in self._standing.stands and self._voices[index].first.stance in sides and index not in equal:
                equal.append(index)
                rank = (weight, day)
        return equal

    def _rank(self, index: int) -> tuple[float, int, int]:
        voice = self._voices[index]
        return -voice.weight, -voice.day, index

    def _machine(self) -> Status:
        figures = *self._standing.weights(), bool(self._standing.stands)
        possible = {_status(before, *figures, self._rules) for before in Status}
        return possible.pop() if len(possible) == 1 else self._walked()

    def _walked(self) -> Status:
        standing, days = Standing(self._voices, self._rules, self._gone), self._days
        machine = Status.UNREPORTED
        for day in sorted(d for d in days if self._until is None or d <= self._until):
            standing.move(days[day])
            machine = _status(machine, *standing.weights(), bool(standing.stands), self._rules)
        return machine

    @cached_property
    def _days(self) -> dict[date, Printed]:
        return printed(self._voices)


# --- The walk over the days -----------------------------------------------------------------------------------------


def _up_to(rulings: Iterable[Ruling], until: date | None) -> list[Ruling]:
    return [r for r in rulings if until is None or r.valid_from <= until]


def _ruling_days(rulings: Sequence[Ruling], until: date | None) -> set[date]:
    """The days on which a ruling begins or no longer holds."""
    days = {r.valid_from for r in rulings} | {r.valid_to + timedelta(days=1) for r in rulings if r.valid_to}
    return {d for d in days if until is None or d <= until}


def _status(before: Status, supports: float, refutes: float, evidence: bool, rules: FoldRules) -> Status:
    """The status that follows from the weights and, by hysteresis, from the status before."""
    s, r = supports, refutes
    if s == 0 and r == 0:
        return Status.OPEN if evidence else Status.UNREPORTED
    if before is Status.SUPPORTED and s >= rules.leave * r:
        return Status.SUPPORTED
    if before is Status.REFUTED and r >= rules.leave * s:
        return Status.REFUTED
    if s >= rules.take * r:
        return Status.SUPPORTED
    if r >= rules.take * s:
        return Status.REFUTED
    return Status.CONTESTED


def _walk(
    voices: Sequence[Heard], rulings: Sequence[Ruling], until: date | None, rules: FoldRules, most_voices: int | None
) -> FoldResult:
    days, standing = printed(voices), Standing(voices, rules)
    moving = {d for d in days if until is None or d <= until}
    machine = effective = Status.UNREPORTED
    figures: Figures | None = Figures()
    changes: list[Change] = []
    for day in sorted(moving | _ruling_days(rulings, until)):
        news = days.get(day)
        turned = standing.move(news) if news else []
        if news:
            machine = _status(machine, *standing.weights(), bool(standing.stands), rules)
            figures = None
        ruling = _ruling_on(rulings, day)
        after = ruling.status if ruling else machine
        if after is not effective:
            figures = figures or standing.figures()
            tipped = _tipped(after, news, turned, standing) if news and not ruling else ()
            changes.append(Change(day, effective, after, machine, figures, tipped, ruling.key if ruling else None))
            effective = after
    told = tuple([voices[i].frozen() for i in sorted(standing.stands)[:most_voices]])
    return FoldResult(tuple(changes), effective, machine, figures or standing.figures(), told, standing.newest)


def _ruling_on(rulings: Sequence[Ruling], day: date) -> Ruling | None:
    covering = [r for r in rulings if r.valid_from <= day and (r.valid_to is None or day <= r.valid_to)]
    return covering[-1] if covering else None


_TOWARDS: dict[Status, frozenset[Stance]] = {
    Status.SUPPORTED: frozenset({Stance.SUPPORTS}),
    Status.REFUTED: frozenset({Stance.REFUTES}),
    Status.CONTESTED: SIDES,
    Status.OPEN: frozenset({Stance.NEUTRAL}),
    Status.UNREPORTED: frozenset(),
}


def _tipped(after: Status, day: Printed, turned: Collection[int], standing: Standing) -> tuple[str, ...]:
    """What tipped it: the day's new reports towards the new status; where there are none, those that vanished."""
    of = set(turned)
    first = {i: p for i, p in zip(reversed(day.came_of), reversed(day.came), strict=True) if i in of and standing.is_printed(i)}
    came = list(first.values())
    went = [p for i, p in zip(day.went_of, day.went, strict=True) if i in of and not standing.is_printed(i)]
    towards = [p for p in came if p.stance in _TOWARDS[after]]
    pushing = towards or went or came
    return tuple(p.key for p in sorted(pushing, key=lambda p: (-p.confidence * p.weight, p.key)))
