"""The fold: evidence in, status over time out. Pure; defined with worked examples in docs/history.md.

It reads no clock and no database: `positions` are what was known at some known time, `until` is the as-of day. It decides
nothing about copies (clusters), dates (clean) or whose answer counts (storage): it folds what it is given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from claimline.models import SIDES, Change, Figures, FoldResult, Position, Ruling, Stance, Status, Voice

FOLD_VERSION = "1"

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Days = NDArray[np.int64]


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


def fold(
    positions: Iterable[Position],
    rulings: Iterable[Ruling] = (),
    *,
    until: date | None = None,
    rules: FoldRules = RULES,
) -> FoldResult:
    """Folds what was known into changes of status, oldest first.

    `until`: the last day that counts (inclusive); what stands in print after it is not looked at. The order of `positions`
    does not matter; of two rulings on one day the later in `rulings` holds. Positions of weight 0 change nothing.
    """
    known = _in_order(positions, until)
    voices = _voices(known, rules)
    ledger = _Ledger(known, voices, rules)
    ruled = tuple(r for r in rulings if until is None or r.valid_from <= until)
    return _walk(ledger, _event_days(known, ruled, until), ruled)


def group_voices(positions: Iterable[Position], *, until: date | None = None, rules: FoldRules = RULES) -> tuple[Voice, ...]:
    """The voices alone, in the order in which they were first heard (for tables: one row a voice)."""
    known = _in_order(positions, until)
    return tuple(v.frozen() for v in _voices(known, rules))


def _in_order(positions: Iterable[Position], until: date | None) -> list[Position]:
    known = [p for p in positions if p.weight > 0 and (until is None or p.valid_from <= until)]
    known = [p for p in known if p.valid_to is None or p.valid_to > p.valid_from]
    return sorted(known, key=lambda p: (p.valid_from, p.said_on or p.valid_from, -p.confidence * p.weight, p.key))


# --- Voices ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Voice:
    """A voice while it is gathered; `first` is the report that brought it and gives its weight."""

    index: int
    first: Position
    members: list[Position]

    @property
    def said(self) -> date:
        return self.first.said_on or self.first.valid_from

    def frozen(self) -> Voice:
        p = self.first
        who = f"speaker:{p.speaker}:{self.said.isoformat()}" if p.speaker else f"copies:{p.cluster or p.article}"
        return Voice(
            key=f"{who}:{p.stance}",
            stance=p.stance,
            valid_from=p.valid_from,
            weight=p.confidence * p.weight,
            speaker=p.speaker,
            positions=tuple(m.key for m in self.members),
        )


def _voices(known: Sequence[Position], rules: FoldRules) -> list[_Voice]:
    """Groups reports of one statement; a report joins a voice that was heard before it or on the same day, never a later one."""
    voices: list[_Voice] = []
    by_speaker: dict[tuple[str, Stance], list[_Voice]] = defaultdict(list)
    by_copies: dict[tuple[str, Stance], _Voice] = {}
    near = timedelta(days=rules.same_statement_days)
    for p in known:
        said = p.said_on or p.valid_from
        if p.speaker:
            heard = by_speaker[p.speaker, p.stance]
            found = next((v for v in reversed(heard) if abs(v.said - said) <= near), None)
        else:
            found = by_copies.get((p.cluster or p.article, p.stance))
        if found is not None:
            found.members.append(p)
            continue
        voice = _Voice(len(voices), p, [p])
        voices.append(voice)
        if p.speaker:
            by_speaker[p.speaker, p.stance].append(voice)
        else:
            by_copies[p.cluster or p.article, p.stance] = voice
    return voices


# --- The walk over the days -----------------------------------------------------------------------------------------


def _event_days(known: Sequence[Position], rulings: Sequence[Ruling], until: date | None) -> list[date]:
    """The days on which anything can change: words appear or vanish, a ruling begins or ends."""
    days = {p.valid_from for p in known} | {p.valid_to for p in known if p.valid_to}
    days |= {r.valid_from for r in rulings} | {r.valid_to + timedelta(days=1) for r in rulings if r.valid_to}
    return sorted(d for d in days if until is None or d <= until)


class _Ledger:
    """The voices as arrays, and which of them stand: moved forward day by day."""

    def __init__(self, known: Sequence[Position], voices: Sequence[_Voice], rules: FoldRules) -> None:
        self.rules = rules
        self.voices = voices
        self.positions = known
        self.day: Days = np.array([v.first.valid_from.toordinal() for v in voices], dtype=np.int64)
        self.weight: Floats = np.array([v.first.confidence * v.first.weight for v in voices], dtype=np.float64)
        self.effective = self.weight.copy()
        self.side = {s: np.array([v.first.stance is s for v in voices], dtype=np.bool_) for s in Stance}
        ids = {name: i for i, name in enumerate(sorted({v.first.speaker for v in voices if v.first.speaker}), start=1)}
        self.speaker: Days = np.array([ids.get(v.first.speaker or "", 0) for v in voices], dtype=np.int64)
        self.reports = np.zeros(len(voices), dtype=np.int64)  # how many reports of the voice are in print
        self.standing: Bools = np.zeros(len(voices), dtype=np.bool_)
        self.begins: dict[date, list[tuple[int, Position]]] = defaultdict(list)
        self.ends: dict[date, list[tuple[int, Position]]] = defaultdict(list)
        self.of_speaker: dict[str, list[int]] = defaultdict(list)
        for v in voices:
            if v.first.speaker and v.first.stance in SIDES:
                self.of_speaker[v.first.speaker].append(v.index)
            for p in v.members:
                self.begins[p.valid_from].append((v.index, p))
                if p.valid_to:
                    self.ends[p.valid_to].append((v.index, p))

    def move_to(self, day: date) -> tuple[list[Position], list[Position]]:
        """Applies one day; returns the reports that brought a voice into print on it, and the last ones of those that left."""
        came, went = self.begins.get(day, []), self.ends.get(day, [])
        touched = {index for index, _ in (*came, *went)}
        in_print = {index: self.reports[index] > 0 for index in touched}
        for index, _ in came:
            self.reports[index] += 1
        for index, _ in went:
            self.reports[index] -= 1
        speakers = set()
        for index in touched:
            speaker = self.voices[index].first.speaker
            if speaker and self.voices[index].first.stance in SIDES:
                speakers.add(speaker)
            else:
                self.standing[index] = self.reports[index] > 0
        for speaker in speakers:
            self._settle_speaker(speaker)
        risen = {index: p for index, p in reversed(came) if not in_print[index] and self.reports[index] > 0}
        fallen = [p for index, p in went if in_print[index] and self.reports[index] == 0]
        return list(risen.values()), fallen

    def _settle_speaker(self, speaker: str) -> None:
        """Only the speaker's latest position stands; repeating a position never weakens it."""
        live = [i for i in self.of_speaker[speaker] if self.reports[i] > 0]
        for i in self.of_speaker[speaker]:
            self.standing[i] = False
        if not live:
            return
        latest_day = max(self.day[i] for i in live)
        for stance in {self.voices[i].first.stance for i in live if self.day[i] == latest_day}:
            run = self._unbroken_run(live, stance)
            last = max(run, key=lambda i: (self.day[i], i))
            self.effective[last] = max(self.weight[i] for i in run)
            self.standing[last] = True

    def _unbroken_run(self, live: Sequence[int], stance: Stance) -> list[int]:
        """The speaker's live voices on this side since the speaker last took the other side."""
        other = [self.day[i] for i in live if self.voices[i].first.stance is not stance]
        latest_other = max((d for d in other if d < max(self.day[i] for i in live)), default=-1)
        return [i for i in live if self.voices[i].first.stance is stance and self.day[i] > latest_other]

    def figures(self) -> Figures:
        masks = {s: self.standing & self.side[s] for s in (Stance.SUPPORTS, Stance.REFUTES, Stance.NEUTRAL)}
        supports, refutes = masks[Stance.SUPPORTS], masks[Stance.REFUTES]
        heard = np.unique(self.speaker[self.standing])
        return Figures(
            supports=self._weigh(supports, refutes),
            refutes=self._weigh(refutes, supports),
            voices_supports=int(supports.sum()),
            voices_refutes=int(refutes.sum()),
            voices_neutral=int(masks[Stance.NEUTRAL].sum()),
            speakers=int((heard > 0).sum()),
        )

    def _weigh(self, side: Bools, other: Bools) -> float:
        """Sum of weight x recency. A voice fades only once a newer voice takes the other side: so adding a report for a
        side never weakens that side."""
        if not side.any():
            return 0.0
        weight = self.effective[side]
        if other.any():
            age = np.maximum(0, self.day[other].max() - self.day[side])
            weight = weight * np.maximum(self.rules.floor, 0.5 ** (age / self.rules.half_life_days))
        # Sums are compared with thresholds: rounding keeps 0.9 >= 2 x 0.45 true in floating point.
        return round(float(weight.sum()), 9)

    def has_evidence(self) -> bool:
        return bool(self.standing.any())


def _status(before: Status, figures: Figures, evidence: bool, rules: FoldRules) -> Status:
    """The status that follows from the weights and, by hysteresis, from the status before."""
    s, r = figures.supports, figures.refutes
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


def _walk(ledger: _Ledger, days: Sequence[date], rulings: Sequence[Ruling]) -> FoldResult:
    machine = effective = Status.UNREPORTED
    figures = Figures()
    changes: list[Change] = []
    for day in days:
        moved = day in ledger.begins or day in ledger.ends
        came, went = ledger.move_to(day)
        if moved:
            figures = ledger.figures()
            machine = _status(machine, figures, ledger.has_evidence(), ledger.rules)
        ruling = _ruling_on(rulings, day)
        after = ruling.status if ruling else machine
        if after is not effective:
            tipped = () if ruling else _tipped(after, came, went)
            changes.append(Change(day, effective, after, machine, figures, tipped, ruling.key if ruling else None))
            effective = after
    voices = tuple(v.frozen() for v in ledger.voices if ledger.standing[v.index])
    return FoldResult(tuple(changes), effective, machine, figures, voices)


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


def _tipped(after: Status, came: Sequence[Position], went: Sequence[Position]) -> tuple[str, ...]:
    """What tipped it: the day's new reports towards the new status; where there are none, those that vanished."""
    towards = [p for p in came if p.stance in _TOWARDS[after]]
    pushing = towards or list(went) or list(came)
    return tuple(p.key for p in sorted(pushing, key=lambda p: (-p.confidence * p.weight, p.key)))
