"""How a passage's quantities stand to a claim's: "12 people" is no support for "at least 40".

Only like is compared with like: the same unit, the same fate of those who are counted. Where a passage names nothing comparable
nothing is said. No model and no stance here: that is `figures`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum

from claimline.matching.quantities import Quantity, read

VERSION = "1"
_CLOSE = 0.15
_ROUNDED_FROM = 1_000
_ROUNDING = 0.01


class Relation(StrEnum):
    """How a passage's figures stand to a claim's, the weakest first."""

    SILENT = "silent"  # it names nothing comparable
    AGREES = "agrees"
    SHORT = "short"  # it does not say enough: "at least 12" for "at least 40"
    DIFFERS = "differs"  # another figure, perhaps of something else
    CONTRADICTS = "contradicts"  # another figure of the same thing


def relation(claim: str, passage: str, *, lang: str, claim_lang: str = "en") -> tuple[Relation, str]:
    """How the passage's quantities stand to the claim's, and the passage's words that tell (empty where nothing is wrong)."""
    worst, told = Relation.SILENT, ""
    for wanted in read(claim, claim_lang):
        like = [q for q in read(passage, lang) if _is_like(wanted, q)]
        verdict = _compare(wanted, like)
        if list(Relation).index(verdict) > list(Relation).index(worst):
            worst, told = verdict, ", ".join(passage[q.start : q.end] for q in like)
    return worst, told if worst not in (Relation.SILENT, Relation.AGREES) else ""


def _is_like(wanted: Quantity, found: Quantity) -> bool:
    return wanted.unit == found.unit and (not wanted.fate or not found.fate or wanted.fate == found.fate)


def _compare(wanted: Quantity, like: Sequence[Quantity]) -> Relation:
    if not like:
        return Relation.SILENT
    verdicts = [_one(wanted, q) for q in like]
    for best in (Relation.AGREES, Relation.SHORT):
        if best in verdicts:
            return best
    nearest = min(abs(q.value - wanted.value) / max(abs(wanted.value), 1e-9) for q in like)
    same_thing = (
        wanted.fate == like[0].fate and (wanted.unit != "people" or wanted.fate) and wanted.unit not in ("months", "hours")
    )
    if len(like) == 1 and same_thing and nearest > _CLOSE:
        return Relation.CONTRADICTS
    return Relation.DIFFERS


def _one(wanted: Quantity, found: Quantity) -> Relation:
    slack = _slack(wanted, found)
    opposed = {wanted.bound, found.bound} in ({"min", "max"}, {"min", "less"}, {"more", "max"}, {"more", "less"})
    same = math.isclose(found.value, wanted.value, rel_tol=1e-6) and not opposed
    if same or (found.low >= wanted.low - slack and found.high <= wanted.high + slack):
        return Relation.AGREES
    if found.high < wanted.low - slack or found.low > wanted.high + slack:
        return Relation.DIFFERS
    loose = found.bound in ("about", "vague") or wanted.bound in ("about", "")
    return Relation.AGREES if loose and not opposed else Relation.SHORT


def _slack(a: Quantity, b: Quantity) -> float:
    """How far two figures may be apart by rounding: one per cent of large ones, half a unit where one has decimals."""
    largest = max(abs(a.value), abs(b.value))
    rounding = _ROUNDING * largest if largest >= _ROUNDED_FROM else 0.0
    return max(rounding, 0.5 if a.fraction != b.fraction and largest < _ROUNDED_FROM else 0.0)
