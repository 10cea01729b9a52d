"""Counting right and wrong: accuracy, F1 by label, calibration. Knows no model and no file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

LABELS = ("supports", "refutes", "neutral", "mixed", "unrelated", "not_supports")
BINS = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """Accuracy, macro-F1 and each label's F1 over ``n`` answers; ``table[gold][answer]`` counts."""

    n: int
    accuracy: float
    macro_f1: float
    f1: Mapping[str, float]
    table: Mapping[str, Mapping[str, int]]


def figures(gold: Sequence[str], answers: Sequence[str], labels: Sequence[str] | None = None) -> Figures:
    """Macro-F1 runs over the labels that stand in ``gold``; others can only be wrong answers."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for g, a in zip(gold, answers, strict=True):
        table[g][a] += 1
    order = [k for k in (labels or LABELS) if k in table]
    f1 = {}
    for k in order:
        right = table[k][k]
        given, meant = sum(row[k] for row in table.values()), sum(table[k].values())
        f1[k] = 2 * right / max(1, given + meant)
    hits = sum(table[k][k] for k in order)
    macro = sum(f1.values()) / max(1, len(f1))
    return Figures(len(gold), hits / max(1, len(gold)), macro, f1, {k: dict(table[k]) for k in order})


def calibration_error(sure: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error: over ten bins of confidence, the weighted gap to the share that was right."""
    bins: dict[int, list[int]] = defaultdict(list)
    for i, p in enumerate(sure):
        bins[min(BINS - 1, int(p * BINS))].append(i)
    gaps = [abs(sum(sure[i] - right[i] for i in k)) for k in bins.values()]
    return sum(gaps) / max(1, len(sure))


def lines_of(f: Figures) -> Iterator[str]:
    yield f"n {f.n}   accuracy {f.accuracy:.3f}   macro-F1 {f.macro_f1:.3f}"
    yield "F1: " + "  ".join(f"{k} {v:.3f}" for k, v in f.f1.items())
    names = list(dict.fromkeys([*f.table, *(a for row in f.table.values() for a in row)]))
    yield "gold \\ answer " + " ".join(f"{k[:9]:>9}" for k in names)
    for g, row in f.table.items():
        yield f"{g:<14}" + " ".join(f"{row.get(k, 0):>9}" for k in names)
