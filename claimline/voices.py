"""What counts once, what stands of it on a day, and what that weighs: the arithmetic under the fold. Defined in docs/history.md.

Pure. A `Standing` is moved forward day by day and keeps its sums as it goes, so that a day costs what it brings and not what came
before it. What status follows is `claimline.history`'s to say.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from claimline.models import SIDES, Figures, Position, Stance, Voice

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FoldRules:
    """The constants of the fold; part of the ledger's version.

    `take`: the ratio from which a side is taken. `leave`: a taken side is left below it. `half_life_days` and `floor`: how a
    voice fades once a newer voice has taken the other side. With `floor * take >= 1` a weaker single report can never
    overturn a standing one.
    """

    take: float = 2.0
    leave: float = 1.25
    half_life_days: float = 365.0
    floor: float = 0.5
    same_statement_days: int = 1


RULES = FoldRules()


@dataclass(slots=True)
class Heard:
    """A voice while it is gathered; `first` is the report that brought it and gives its day, its side and its weight."""

    index: int
    first: Position
    day: int
    said: int
    weight: float
    more: list[Position] | None = None  # most voices are one report

    @property
    def reports(self) -> tuple[Position, ...]:
        return (self.first, *(self.more or ()))

    def frozen(self) -> Voice:
        p = self.first
        who = (
            f"speaker:{p.speaker}:{(p.said_on or p.valid_from).isoformat()}" if p.speaker else f"copies:{p.cluster or p.article}"
        )
        keys = tuple([m.key for m in self.reports])
        return Voice(f"{who}:{p.stance}", p.stance, p.valid_from, self.weight, p.speaker, keys)


def in_order(positions: Iterable[Position], until: date | None) -> list[Position]:
    """What counts up to a day, in the one order that does not depend on when it arrived."""
    known = [
        p
        for p in positions
        if p.weight > 0 and (until is None or p.valid_from <= until) and (p.valid_to is None or p.valid_to > p.valid_from)
    ]
    known.sort(key=lambda p: (p.valid_from, p.said_on or p.valid_from, -p.confidence * p.weight, p.key))
    return known


def gathered(known: Sequence[Position], rules: FoldRules) -> list[Heard]:
    """Groups reports of one statement; a report joins a voice that was heard before it or on the same day, never a later one."""
    voices: list[Heard] = []
    by_speaker: dict[tuple[str, Stance], dict[int, Heard]] = defaultdict(dict)
    by_copies: dict[tuple[str, Stance], Heard] = {}
    near = range(-rules.same_statement_days, rules.same_statement_days + 1)
    for p in known:
        day = p.valid_from.toordinal()
        said = p.said_on.toordinal() if p.said_on else day
        group = by_speaker[p.speaker, p.stance] if p.speaker else None
        found: Heard | None
        if group is not None:
            found = None
            for apart in near:  # of two that it may join, the one that was heard last
                held = group.get(said + apart)
                if held is not None and (found is None or held.index > found.index):
                    found = held
        else:
            found = by_copies.get((p.cluster or p.article, p.stance))
        if found is not None:
            if found.more is None:
                found.more = []
            found.more.append(p)
            continue
        voice = Heard(len(voices), p, day, said, p.confidence * p.weight)
        voices.append(voice)
        if group is not None:
            group[said] = voice
        else:
            by_copies[p.cluster or p.article, p.stance] = voice
    return voices


@dataclass(slots=True)
class Printed:
    """What a day brings: the reports that appear and those that vanish, and beside each the index of its voice."""

    came: list[Position] = field(default_factory=list)
    came_of: list[int] = field(default_factory=list)
    went: list[Position] = field(default_factory=list)
    went_of: list[int] = field(default_factory=list)


def printed_by(voices: Sequence[Heard], until: date | None) -> Printed:
    """All up to the end of a day at once (None: of the last one)."""
    all_of_it = Printed()
    for v in voices:
        for p in v.reports:
            all_of_it.came_of.append(v.index)
            if p.valid_to and (until is None or p.valid_to <= until):
                all_of_it.went_of.append(v.index)
    return all_of_it


def printed(voices: Sequence[Heard]) -> dict[date, Printed]:
    """Day by day."""
    days: dict[date, Printed] = defaultdict(Printed)
    for v in voices:
        for p in v.reports:
            day = days[p.valid_from]
            day.came.append(p)
            day.came_of.append(v.index)
            if p.valid_to:
                day = days[p.valid_to]
                day.went.append(p)
                day.went_of.append(v.index)
    return days


# --- What stands ----------------------------------------------------------------------------------------------------


class _Side:
    """The weights that stand on one side, by the day of their voices (an offset)."""

    def __init__(self, span: int) -> None:
        self.weight: Floats = np.zeros(span, dtype=np.float64)
        self.count = [0] * span
        self.voices = 0
        self.newest = -1

    def add(self, day: int, weight: float) -> None:
        self.weight[day] += weight
        self.count[day] += 1
        self.voices += 1
        self.newest = max(self.newest, day)

    def take(self, day: int, weight: float) -> None:
        self.count[day] -= 1
        self.voices -= 1
        # What no voice stands for is nothing, not the little that adding and taking floats leaves.
        self.weight[day] = self.weight[day] - weight if self.count[day] else 0.0
        if day == self.newest and not self.count[day]:
            self.newest = next((d for d in range(day - 1, -1, -1) if self.count[d]), -1)


@dataclass(slots=True)
class _Speaker:
    """A speaker's voices that take sides: those in print by their days, and what of them stands, with its weight."""

    live: list[int] = field(default_factory=list)
    stands: dict[int, float] = field(default_factory=dict)


class Standing:
    """Which voices stand: moved forward by the reports of one day after the other. `gone` voices are passed over."""

    def __init__(self, voices: Sequence[Heard], rules: FoldRules, gone: Collection[int] = ()) -> None:
        self._voices, self._gone = voices, gone
        days = [v.day for v in voices if v.first.stance in SIDES]
        self._first = min(days, default=0)
        span = max(days, default=0) - self._first + 1
        ages = np.arange(span - 1, -1, -1, dtype=np.float64)
        self._recency: Floats = np.maximum(rules.floor, 0.5 ** (ages / rules.half_life_days))  # the oldest first
        self._sides = {side: _Side(span) for side in SIDES}
        self._reports = [0] * len(voices)  # how many reports of the voice are in print
        self._speakers: dict[str, _Speaker] = defaultdict(_Speaker)
        self._heard: Counter[str] = Counter()  # standing voices a speaker
        self.stands: set[int] = set()

    def move(self, day: Printed) -> list[int]:
        """Applies one day; returns the voices that came into print on it, and those that left."""
        reports, gone = self._reports, self._gone
        before: dict[int, int] = {}
        for by, indices in ((1, day.came_of), (-1, day.went_of)):
            for index in indices:
                if index not in gone:
                    before.setdefault(index, reports[index])
                    reports[index] += by
        turned = [index for index, count in before.items() if (count > 0) is not (reports[index] > 0)]
        self._settle(turned)
        return turned

    def is_printed(self, index: int) -> bool:
        return self._reports[index] > 0

    def drop(self, index: int) -> None:
        """As if none of the voice's reports had ever been printed."""
        if self._reports[index]:
            self._reports[index] = 0
            self._settle([index])

    def _settle(self, turned: Sequence[int]) -> None:
        """What follows for what stands from voices that came into print or left it."""
        speakers = []
        for index in turned:
            p = self._voices[index].first
            if p.speaker and p.stance in SIDES:
                live = self._speakers[p.speaker].live
                if self._reports[index]:
                    insort(live, index)
                else:
                    del live[bisect_left(live, index)]
                speakers.append(p.speaker)
            elif self._reports[index]:
                self._rise(index, self._voices[index].weight)
            else:
                self._fall(index, self._voices[index].weight)
        for speaker in dict.fromkeys(speakers):
            self._settle_speaker(self._speakers[speaker])

    def _settle_speaker(self, speaker: _Speaker) -> None:
        """Only the speaker's latest position stands; repeating a position never weakens it."""
        latest = self._latest(speaker.live)
        if latest == speaker.stands:
            return
        for index, weight in speaker.stands.items():
            self._fall(index, weight)
        for index, weight in latest.items():
            self._rise(index, weight)
        speaker.stands = latest

    def _latest(self, live: Sequence[int]) -> dict[int, float]:
        """The last voice of each side taken on the speaker's latest day, with the greatest weight of its unbroken run."""
        if not live:
            return {}
        voices = self._voices
        latest_day = voices[live[-1]].day
        found: dict[int, float] = {}
        on_it = takewhile(lambda v: v.day == latest_day, (voices[i] for i in reversed(live)))
        for side in {v.first.stance for v in on_it}:
            run: list[Heard] = []
            for i in reversed(live):
                voice = voices[i]
                if voice.first.stance is side:
                    run.append(voice)
                elif voice.day < latest_day:
                    run = [v for v in run if v.day > voice.day]
                    break
            found[run[0].index] = max([v.weight for v in run])
        return found

    def _rise(self, index: int, weight: float) -> None:
        self._move_one(index, 1)
        p = self._voices[index].first
        if p.stance in SIDES:
            self._sides[p.stance].add(self._voices[index].day - self._first, weight)

    def _fall(self, index: int, weight: float) -> None:
        self._move_one(index, -1)
        p = self._voices[index].first
        if p.stance in SIDES:
            self._sides[p.stance].take(self._voices[index].day - self._first, weight)

    def _move_one(self, index: int, by: int) -> None:
        speaker = self._voices[index].first.speaker
        if speaker:
            self._heard[speaker] += by
            if not self._heard[speaker]:
                del self._heard[speaker]
        if by > 0:
            self.stands.add(index)
        else:
            self.stands.discard(index)

    @property
    def newest(self) -> date | None:
        """The day of the newest standing voice that takes a side."""
        newest = max(side.newest for side in self._sides.values())
        return date.fromordinal(self._first + newest) if newest >= 0 else None

    # --- what it weighs ---------------------------------------------------------------------------------------------

    def weights(self) -> tuple[float, float]:
        """The sums for and against."""
        supports, refutes = self._sides[Stance.SUPPORTS], self._sides[Stance.REFUTES]
        return self._weigh(supports, refutes), self._weigh(refutes, supports)

    def _weigh(self, side: _Side, other: _Side) -> float:
        """Sum of weight x recency. A voice fades only once a newer voice takes the other side: so adding a report for a
        side never weakens that side."""
        if not side.voices:
            return 0.0
        weight = side.weight[: side.newest + 1]
        total = 0.0
        if other.voices:
            older = min(side.newest, other.newest) + 1
            oldest = len(self._recency) - 1 - other.newest
            total = float((weight[:older] * self._recency[oldest : oldest + older]).sum())
            weight = weight[older:]
        # Sums are compared with thresholds: rounding keeps 0.9 >= 2 x 0.45 true in floating point.
        return round(total + float(weight.sum()), 9)

    def figures(self) -> Figures:
        supports, refutes = self.weights()
        voices = {side: held.voices for side, held in self._sides.items()}
        neutral = len(self.stands) - sum(voices.values())
        return Figures(supports, refutes, voices[Stance.SUPPORTS], voices[Stance.REFUTES], neutral, len(self._heard))
