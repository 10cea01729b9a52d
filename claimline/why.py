"""Why a claim stands where it stands: the voices on each side, and what would have to be different. Pure, over the fold.

It explains; it decides nothing. What it removes to see whether a status flips is found greedily and called so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from claimline.history import RULES, FoldRules, fold
from claimline.models import SIDES, FoldResult, Position, Ruling, Stance, Status, Voice

# A greedy search folds once for each removal: enough for a person to read, and bounded in time.
MOST_REMOVED = 12


@dataclass(frozen=True, slots=True)
class Flip:
    """Voices that, taken away together, change the status: a small set found greedily, not proved the smallest."""

    removed: tuple[Voice, ...]
    becomes: Status


@dataclass(frozen=True, slots=True)
class SpeakerLine:
    """A speaker's latest position, when it was taken, and the day on which the side last changed (None: never)."""

    speaker: str
    written: str | None
    stance: Stance
    since: date
    changed_on: date | None
    before: Stance | None
    latest: Position
    reports: int


def flip(
    positions: Sequence[Position], rulings: Sequence[Ruling] = (), *, until: date | None = None, rules: FoldRules = RULES
) -> Flip | None:
    """What, removed, flips the status of the day; None where a ruling holds it or nothing found does.

    Greedy: the heaviest standing voice of the status's own side goes first, until the status is another one.
    """
    known = list(positions)
    start = fold(known, rulings, until=until, rules=rules)
    if start.status is not start.machine or not start.voices:
        return None
    removed: list[Voice] = []
    current: FoldResult = start
    while len(removed) < MOST_REMOVED:
        heaviest = _heaviest(current, start.machine)
        if heaviest is None:
            return None
        removed.append(heaviest)
        gone = set(heaviest.positions)
        known = [p for p in known if p.key not in gone]
        current = fold(known, rulings, until=until, rules=rules)
        if current.machine is not start.machine:
            return Flip(tuple(removed), current.machine)
    return None


def _heaviest(result: FoldResult, status: Status) -> Voice | None:
    sides = {Status.SUPPORTED: {Stance.SUPPORTS}, Status.REFUTED: {Stance.REFUTES}, Status.CONTESTED: SIDES}
    mine = [v for v in result.voices if v.stance in sides.get(status, {Stance.NEUTRAL})]
    return max(mine, key=lambda v: (v.weight, v.valid_from, v.key), default=None)


def speakers(positions: Iterable[Position], *, until: date | None = None) -> tuple[SpeakerLine, ...]:
    """Each known speaker's latest position, the latest change first. Neutral words count only where no side was taken."""
    known = [p for p in positions if p.speaker and (until is None or p.valid_from <= until)]
    by_speaker: dict[str, list[Position]] = {}
    for p in sorted(known, key=lambda p: (p.valid_from, p.key)):
        by_speaker.setdefault(p.speaker or "", []).append(p)
    lines = [_line(name, said) for name, said in by_speaker.items()]
    return tuple(sorted(lines, key=lambda line: (line.changed_on or line.since, line.speaker), reverse=True))


def _line(name: str, said: Sequence[Position]) -> SpeakerLine:
    sided = [p for p in said if p.stance in SIDES] or list(said)
    latest = sided[-1]
    since, before, changed = latest.valid_from, None, None
    for p in reversed(sided):
        if p.stance is not latest.stance:
            before, changed = p.stance, since
            break
        since = p.valid_from
    return SpeakerLine(name, latest.speaker_written, latest.stance, since, changed, before, latest, len(said))
