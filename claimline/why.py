"""Why a claim stands where it stands: the voices on each side, and what would have to be different. Pure, over the fold.

It explains; it decides nothing. What it removes to see whether a status flips is found greedily and called so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from claimline.history import RULES, FoldRules, Stand, WhatIf, heard
from claimline.models import SIDES, Position, Ruling, Stance, Status, Voice
from claimline.voices import Heard

# Enough for a person to read; whoever has to remove more has found no weak point.
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


_OWN: Mapping[Status, frozenset[Stance]] = {
    Status.SUPPORTED: frozenset({Stance.SUPPORTS}),
    Status.REFUTED: frozenset({Stance.REFUTES}),
    Status.CONTESTED: SIDES,
}


def flip(
    positions: Iterable[Position], rulings: Iterable[Ruling] = (), *, until: date | None = None, rules: FoldRules = RULES
) -> Flip | None:
    """What, removed, flips the status of the day; None where a ruling holds it or nothing found does.

    Greedy: the heaviest standing voice of the status's own side goes first, until the status is another one.
    """
    return flip_of(heard(positions, until=until, rules=rules), rulings, until=until, rules=rules)


def flip_of(
    voices: Sequence[Heard], rulings: Iterable[Ruling] = (), *, until: date | None = None, rules: FoldRules = RULES
) -> Flip | None:
    """The same for voices that are at hand (`history.heard`, up to the same day)."""
    return _explained(voices, rulings, until, rules, 0)[1]


def explained(
    positions: Iterable[Position],
    rulings: Iterable[Ruling] = (),
    *,
    until: date | None = None,
    rules: FoldRules = RULES,
    most_voices: int | None = None,
) -> tuple[Stand, Flip | None]:
    """Where it stands at the end of a day, with the first of the voices that stand, and what would flip that (`flip`)."""
    return _explained(heard(positions, until=until, rules=rules), rulings, until, rules, most_voices)


def _explained(
    voices: Sequence[Heard], rulings: Iterable[Ruling], until: date | None, rules: FoldRules, most_voices: int | None
) -> tuple[Stand, Flip | None]:
    what_if = WhatIf(voices, rulings, until=until, rules=rules)
    start = what_if.stand(most_voices)
    if start.status is not start.machine:
        return start, None
    own = _OWN.get(start.machine, frozenset({Stance.NEUTRAL}))
    removed: list[Voice] = []
    while len(removed) < MOST_REMOVED and (heaviest := what_if.take_heaviest(own)) is not None:
        removed.append(heaviest)
        if what_if.machine is not start.machine:
            return start, Flip(tuple(removed), what_if.machine)
    return start, None


def speakers(positions: Iterable[Position], *, until: date | None = None) -> tuple[SpeakerLine, ...]:
    """Each known speaker's latest position of those in print, the latest change first.

    Neutral words count only where no side was taken.
    """
    known = [p for p in positions if p.speaker and _stands(p, until)]
    by_speaker: dict[str, list[Position]] = {}
    for p in sorted(known, key=lambda p: (p.valid_from, p.key)):
        by_speaker.setdefault(p.speaker or "", []).append(p)
    lines = [_line(name, said) for name, said in by_speaker.items()]
    return tuple(sorted(lines, key=lambda line: (line.changed_on or line.since, line.speaker), reverse=True))


def _stands(p: Position, until: date | None) -> bool:
    """An edit or a retraction takes words back: they are nobody's latest position."""
    if until is None:
        return p.valid_to is None
    return p.valid_from <= until and (p.valid_to is None or p.valid_to > until)


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
