"""From the windows of one article to its answer for one claim.

Pure: takes the stance model's probabilities for each window with the retriever's score, returns one of five stances
(mixed is an article's, never a window's) with calibrated probabilities, whether it is sure enough to count, and the
windows that decide it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from claimline.matching.stance import StanceProbs

ArticleStance = Literal["supports", "refutes", "neutral", "mixed", "unrelated"]


@dataclass(frozen=True, slots=True)
class WindowScore:
    """One window of an article: its span, the model's answer and the retriever's score."""

    start: int
    end: int
    probs: StanceProbs
    retrieval: float
    in_title: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """The article's answer for a claim.

    ``stance`` is the best label; ``decided`` is false where its probability is below the threshold (*undecided*).
    ``probabilities`` run over the five stances. ``deciding`` are indices into the windows given, both sides for mixed.
    """

    stance: ArticleStance
    decided: bool
    probabilities: dict[str, float]
    deciding: tuple[int, ...]


def aggregate(windows: Sequence[WindowScore], *, params: Mapping[str, object] | None = None) -> Outcome:
    """Fold the windows of one article into its outcome for one claim."""
    if not windows:
        probabilities = {"supports": 0.0, "refutes": 0.0, "neutral": 0.0, "mixed": 0.0, "unrelated": 1.0}
        return Outcome("unrelated", True, probabilities, ())
    best_s = max(range(len(windows)), key=lambda i: windows[i].probs.supports)
    best_r = max(range(len(windows)), key=lambda i: windows[i].probs.refutes)
    best_n = max(range(len(windows)), key=lambda i: windows[i].probs.neutral)
    s, r, n = windows[best_s].probs.supports, windows[best_r].probs.refutes, windows[best_n].probs.neutral
    raw = {
        "supports": s * (1 - r),
        "refutes": r * (1 - s),
        "neutral": n * (1 - s) * (1 - r),
        "mixed": s * r,
        "unrelated": (1 - s) * (1 - r) * (1 - n),
    }
    total = sum(raw.values()) or 1.0
    probabilities = {k: v / total for k, v in raw.items()}
    order: tuple[ArticleStance, ...] = ("supports", "refutes", "neutral", "mixed", "unrelated")
    stance = max(order, key=lambda k: probabilities[k])
    deciding = {
        "supports": (best_s,),
        "refutes": (best_r,),
        "neutral": (best_n,),
        "mixed": tuple(sorted({best_s, best_r})),
        "unrelated": (),
    }[stance]
    return Outcome(stance, probabilities[stance] >= 0.5, probabilities, deciding)
