"""The fold as docs/history.md defines it, word for word and slowly: what the quick one is held against.

Every day is computed from nothing but what is in print on it; only the status looks at the day before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from claimline.history import RULES, fold
from claimline.models import SIDES, Figures, Position, Ruling, Stance, Status, Voice
from claimline.why import MOST_REMOVED, Flip

Group = list[Position]


def plain_status(known: Sequence[Position], *, until: date | None = None) -> tuple[Status, Figures]:
    """The machine's status and its figures at the end of a day (None: of the last one)."""
    known = [p for p in known if p.weight > 0 and (p.valid_to is None or p.valid_to > p.valid_from)]
    voices = _voices(known)
    days = {p.valid_from for p in known} | {p.valid_to for p in known if p.valid_to}
    status, figures = Status.UNREPORTED, Figures()
    for day in sorted(d for d in days if until is None or d <= until):
        figures, evidence = _on(day, voices)
        status = _next(status, figures, evidence)
    return status, figures


def plain_flip(known: Sequence[Position], rulings: Sequence[Ruling] = (), *, until: date | None = None) -> Flip | None:
    """`why.flip` by folding the rest anew after each removal."""
    left = list(known)
    start = now = fold(left, rulings, until=until)
    if start.status is not start.machine:
        return None
    removed: list[Voice] = []
    while len(removed) < MOST_REMOVED and (heaviest := _heaviest(now.voices, start.machine)):
        removed.append(heaviest)
        left = [p for p in left if p.key not in heaviest.positions]
        now = fold(left, rulings, until=until)
        if now.machine is not start.machine:
            return Flip(tuple(removed), now.machine)
    return None


def _heaviest(voices: Sequence[Voice], status: Status) -> Voice | None:
    sides = {Status.SUPPORTED: {Stance.SUPPORTS}, Status.REFUTED: {Stance.REFUTES}, Status.CONTESTED: SIDES}
    mine = [v for v in voices if v.stance in sides.get(status, {Stance.NEUTRAL})]
    return max(mine, key=lambda v: (v.weight, v.valid_from, v.key), default=None)


def _said(p: Position) -> date:
    return p.said_on or p.valid_from


def _worth(p: Position) -> float:
    return p.confidence * p.weight


def _voices(known: Sequence[Position]) -> list[Group]:
    voices: list[Group] = []
    for p in sorted(known, key=lambda p: (p.valid_from, _said(p), -_worth(p), p.key)):
        mine = [v for v in voices if _joins(p, v[0])]
        if mine:
            mine[-1].append(p)
        else:
            voices.append([p])
    return voices


def _joins(p: Position, first: Position) -> bool:
    if p.stance is not first.stance or bool(p.speaker) is not bool(first.speaker):
        return False
    if p.speaker:
        return p.speaker == first.speaker and abs((_said(p) - _said(first)).days) <= RULES.same_statement_days
    return (p.cluster or p.article) == (first.cluster or first.article)


def _on(day: date, voices: Sequence[Group]) -> tuple[Figures, bool]:
    printed = [v for v in voices if any(p.valid_from <= day and (p.valid_to is None or day < p.valid_to) for p in v)]
    standing = [(v[0], _worth(v[0])) for v in printed if not v[0].speaker or v[0].stance not in SIDES]
    for speaker in {v[0].speaker for v in printed if v[0].speaker and v[0].stance in SIDES}:
        standing += _latest([v[0] for v in printed if v[0].speaker == speaker and v[0].stance in SIDES])
    sides = {side: [(p, worth) for p, worth in standing if p.stance is side] for side in Stance}
    for_it, against = sides[Stance.SUPPORTS], sides[Stance.REFUTES]
    speakers = {p.speaker for p, _ in standing if p.speaker}
    counts = (len(for_it), len(against), len(sides[Stance.NEUTRAL]), len(speakers))
    return Figures(_sum(for_it, against), _sum(against, for_it), *counts), bool(standing)


def _latest(firsts: Sequence[Position]) -> list[tuple[Position, float]]:
    """A speaker's voices, in the order in which they were heard -> what of them stands."""
    last_day = max(p.valid_from for p in firsts)
    found = []
    for side in {p.stance for p in firsts if p.valid_from == last_day}:
        broken = max((p.valid_from for p in firsts if p.stance is not side and p.valid_from < last_day), default=date.min)
        run = [p for p in firsts if p.stance is side and p.valid_from > broken]
        found.append((run[-1], max(_worth(p) for p in run)))
    return found


def _sum(side: Sequence[tuple[Position, float]], other: Sequence[tuple[Position, float]]) -> float:
    newest = max((p.valid_from for p, _ in other), default=date.min)
    ages = [max(0, (newest - p.valid_from).days) for p, _ in side]
    faded = [max(RULES.floor, 0.5 ** (age / RULES.half_life_days)) for age in ages]
    return round(sum(worth * share for (_, worth), share in zip(side, faded, strict=True)), 9)


def _next(before: Status, figures: Figures, evidence: bool) -> Status:
    s, r = figures.supports, figures.refutes
    if s == r == 0:
        return Status.OPEN if evidence else Status.UNREPORTED
    if before is Status.SUPPORTED and s >= RULES.leave * r:
        return before
    if before is Status.REFUTED and r >= RULES.leave * s:
        return before
    if s >= RULES.take * r:
        return Status.SUPPORTED
    return Status.REFUTED if r >= RULES.take * s else Status.CONTESTED
