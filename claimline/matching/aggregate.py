"""From the windows of one article to its answer for one claim.

Pure: takes the stance model's probabilities for each window with the retriever's score, returns one of five stances
(*mixed* is an article's, never a window's) with calibrated probabilities, whether it is sure enough to count, and the
windows that decide it.

The rule: each of the five stances has a score, a weighted sum of a few figures of the windows (how strongly the best one takes a
side, the second best, all together; how surely the claim's subject is touched), and the scores become probabilities by a
softmax (multinomial logistic regression). Support and refutation share their weights with the sides exchanged, so that the rule
is symmetric. The weights are learned by ``training.fit_aggregate`` from whole articles and stand in ``weights/aggregate.json``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from claimline.errors import ModelError
from claimline.matching.stance import WEIGHTS, StanceProbs

ArticleStance = Literal["supports", "refutes", "neutral", "mixed", "unrelated"]
Side = Literal["supports", "refutes"]
_OTHER: dict[Side, Side] = {"supports": "refutes", "refutes": "supports"}
SCORES = ("side", "neutral", "mixed")
PARTS = ("own", "other", "touch")
ORDER: tuple[ArticleStance, ...] = ("supports", "refutes", "neutral", "mixed", "unrelated")
# How many figures a side has, and how many the touch.
SIDE, TOUCH = 5, 4
_FLOOR = 0.002
# A second window counts as evidence of the same side from this share of the best one's probability.
_ALSO = 0.8


@dataclass(frozen=True, slots=True)
class WindowScore:
    """One window of an article: its span, the model's answer and the retriever's score.

    The title (``in_title``) stands outside the text: it is weighed with the others and is never what decides, since it cannot be
    quoted.
    """

    start: int
    end: int
    probs: StanceProbs
    retrieval: float
    in_title: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """The article's answer for a claim.

    ``stance`` is the best label (see ``Params.lean``); ``decided`` is false where its probability is below the threshold
    (*undecided*). ``probabilities`` run over the five stances and sum to one. ``deciding`` are indices into the windows
    given: the best window first, for mixed the best of either side; none for unrelated.
    """

    stance: ArticleStance
    decided: bool
    probabilities: dict[str, float]
    deciding: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How the score of a stance is made: its start, and the weights of the figures of its own side, of the other and of touch.

    For *neutral* and *mixed* both sides weigh alike: ``other`` is ``own``.
    """

    start: float
    own: tuple[float, ...]
    other: tuple[float, ...]
    touch: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Params:
    """What was learned: the scores of a side, of *neutral* and of *mixed* (*unrelated* has none), the threshold for *decided*.

    ``lean`` favours *mixed* when the best label is chosen: it is rare, and by plain probability it would never win. The
    probabilities themselves stay as they were calibrated.
    """

    side: Score
    neutral: Score
    mixed: Score
    threshold: float
    lean: float = 1.0


def symmetric(start: float, sides: tuple[float, ...], touch: tuple[float, ...]) -> Score:
    """The score of a stance to which both sides are alike."""
    return Score(start, sides, sides, touch)


# What a plain reader would do: the best window decides, and two sides are *mixed*.
DEFAULT = Params(
    side=Score(1.0, (1.0, 0.0, 0.0, 0.0, 0.0), (-0.5, 0.0, 0.0, 0.0, 0.0), (0.0,) * TOUCH),
    neutral=symmetric(1.0, (-0.2, 0.0, 0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)),
    mixed=symmetric(0.0, (0.6, 0.0, 0.0, 0.0, 0.0), (0.0,) * TOUCH),
    threshold=0.5,
)


def params_of(folder: Path) -> Params:
    """What was learned for the model in ``folder``; what was learned for the bundled one where it brings nothing of the kind."""
    own = folder / "aggregate.json"
    return load_params(own) if own.is_file() else load_params()


@lru_cache(maxsize=4)
def load_params(path: Path = WEIGHTS / "aggregate.json") -> Params:
    """The learned parameters beside the weights; defaults where there are none. ModelError where the file is of another kind."""
    if not path.is_file():
        return DEFAULT
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        side, neutral, mixed = (_score_of(raw[k]) for k in SCORES)
        return Params(side, neutral, mixed, float(raw["threshold"]), float(raw.get("lean", 1.0)))
    except (KeyError, TypeError, ValueError) as wrong:
        hint = "take it away to use the bundled model's, or make it anew with training.fit_aggregate"
        raise ModelError(f"{path}: is not what this version reads ({type(wrong).__name__}: {wrong}); {hint}") from wrong


def _score_of(raw: Mapping[str, Any]) -> Score:
    own, other, touch = (tuple(map(float, raw[part])) for part in PARTS)
    if (len(own), len(other), len(touch)) != (SIDE, SIDE, TOUCH):
        raise ValueError(f"{SIDE}, {SIDE} and {TOUCH} weights are wanted")
    return Score(float(raw["start"]), own, other, touch)


def aggregate(windows: Sequence[WindowScore], *, params: Params | None = None) -> Outcome:
    """Fold the windows of one article into its outcome for one claim. No windows: unrelated."""
    params = params or load_params()
    if not windows:
        nothing: dict[str, float] = {k: float(k == "unrelated") for k in ORDER}
        return Outcome("unrelated", True, nothing, ())
    probabilities = fold([w.probs for w in windows], params)
    stance = max(ORDER, key=lambda k: probabilities[k] * (params.lean if k == "mixed" else 1.0))
    return Outcome(stance, probabilities[stance] >= params.threshold, probabilities, _deciding(windows, stance))


def fold(probs: Sequence[StanceProbs], params: Params) -> dict[str, float]:
    """The five probabilities of an article with these windows."""
    s, r, t = side_figures(probs, "supports"), side_figures(probs, "refutes"), touch_figures(probs)
    scores = {
        "supports": _score(params.side, s, r, t),
        "refutes": _score(params.side, r, s, t),
        "neutral": _score(params.neutral, s, r, t),
        "mixed": _score(params.mixed, s, r, t),
        "unrelated": 0.0,
    }
    most = max(scores.values())
    raw = {k: math.exp(scores[k] - most) for k in ORDER}
    total = sum(raw.values())
    return {k: raw[k] / total for k in ORDER}


def side_figures(probs: Sequence[StanceProbs], side: Side) -> tuple[float, ...]:
    """Five numbers of how strongly the windows take ``side``.

    The log-odds of the best window; of any window (noisy-or); of the second best; what the best window gives to the other side;
    and the logarithm of one and the sum over the windows.
    """
    mine = [getattr(p, side) for p in probs]
    best = max(range(len(probs)), key=mine.__getitem__)
    second = max((v for i, v in enumerate(mine) if i != best), default=0.0)
    given = float(getattr(probs[best], _OTHER[side]))
    return (_logit(mine[best]), _logit(_any(mine)), _logit(second), given, math.log1p(sum(mine)))


def touch_figures(probs: Sequence[StanceProbs]) -> tuple[float, ...]:
    """Four numbers of how surely the claim's subject is touched at all.

    The log-odds of the best neutral window; of any neutral window; of the window that is least unrelated; and the logarithm of
    one and the sum over the windows of what is not unrelated.
    """
    neutral, touched = [p.neutral for p in probs], [1 - p.unrelated for p in probs]
    return (_logit(max(neutral)), _logit(_any(neutral)), _logit(max(touched)), math.log1p(sum(touched)))


def _score(score: Score, own: Sequence[float], other: Sequence[float], touch: Sequence[float]) -> float:
    return score.start + _dot(score.own, own) + _dot(score.other, other) + _dot(score.touch, touch)


def _deciding(windows: Sequence[WindowScore], stance: ArticleStance) -> tuple[int, ...]:
    if stance == "unrelated" or all(w.in_title for w in windows):
        return ()
    if stance == "mixed":
        both = (_best(windows, "supports"), _best(windows, "refutes"))
        return tuple(dict.fromkeys(both))
    if stance == "neutral":
        return (_nearest(windows),)
    first = _best(windows, stance)
    limit = _ALSO * getattr(windows[first].probs, stance)
    others = [i for i in range(len(windows)) if i != first and not windows[i].in_title]
    also = [i for i in others if getattr(windows[i].probs, stance) >= max(limit, 0.5)]
    return (first, *also[:2])


def _best(windows: Sequence[WindowScore], stance: str) -> int:
    quotable = [i for i in range(len(windows)) if not windows[i].in_title]
    return max(quotable, key=lambda i: getattr(windows[i].probs, stance))


def _nearest(windows: Sequence[WindowScore]) -> int:
    """Of the windows that mention the claim about as surely as the surest, that which is nearest to the claim's words.

    Many sentences of an article touch a claim; its reader wants the one that speaks of it.
    """
    surest = windows[_best(windows, "neutral")].probs.neutral
    near = [i for i, w in enumerate(windows) if not w.in_title and w.probs.neutral >= _ALSO * surest]
    return max(near, key=lambda i: (windows[i].retrieval, windows[i].probs.neutral))


def _any(values: Sequence[float]) -> float:
    return 1.0 - math.prod(1.0 - v for v in values)


def _logit(p: float) -> float:
    p = min(1 - _FLOOR, max(_FLOOR, p))
    return math.log(p / (1 - p))


def _dot(weights: Sequence[float], features: Sequence[float]) -> float:
    return sum(w * f for w, f in zip(weights, features, strict=True))
