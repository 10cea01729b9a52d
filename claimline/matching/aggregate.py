"""From the windows of one article to its answer for one claim.

Pure: takes the stance model's probabilities for each window with the retriever's score, returns one of five stances
(*mixed* is an article's, never a window's) with calibrated probabilities, whether it is sure enough to count, and the
windows that decide it.

The rule: an article *contains* support, refutation or a neutral mention with three probabilities, each a logistic
function of a few features of its windows; support and refutation share their weights, so that the rule is symmetric.
Then mixed = support and refutation, supports = support alone, and so on down to unrelated = none of the three. The
weights are learned by ``training.fit_aggregate`` from whole articles and stand in ``weights/aggregate.json``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from claimline.matching.stance import WEIGHTS, StanceProbs

ArticleStance = Literal["supports", "refutes", "neutral", "mixed", "unrelated"]
ORDER: tuple[ArticleStance, ...] = ("supports", "refutes", "neutral", "mixed", "unrelated")
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
class Params:
    """What was learned: weights of a side's features, of a neutral mention's, and the threshold for *decided*.

    ``lean`` favours *mixed* when the best label is chosen: it is rare, and by plain probability it would never win. The
    probabilities themselves stay as they were calibrated.
    """

    side: tuple[float, ...]
    touch: tuple[float, ...]
    threshold: float
    mixed: float = 0.0
    lean: float = 1.0


DEFAULT = Params(side=(0.0, 1.0, 0.0, 0.0, 0.0, 0.0), touch=(0.0, 1.0, 0.0, 0.0), threshold=0.5)


def params_of(folder: Path) -> Params:
    """What was learned for the model in ``folder``; what was learned for the bundled one where it brings nothing of the kind."""
    own = folder / "aggregate.json"
    return load_params(own) if own.is_file() else load_params()


@lru_cache(maxsize=4)
def load_params(path: Path = WEIGHTS / "aggregate.json") -> Params:
    """The learned parameters beside the weights; defaults where there are none."""
    if not path.is_file():
        return DEFAULT
    raw = json.loads(path.read_text(encoding="utf-8"))
    mixed, lean = float(raw.get("mixed", 0.0)), float(raw.get("lean", 1.0))
    return Params(tuple(raw["side"]), tuple(raw["touch"]), float(raw["threshold"]), mixed, lean)


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
    s = _sigmoid(_dot(params.side, side_features(probs, "supports", "refutes")))
    r = _sigmoid(_dot(params.side, side_features(probs, "refutes", "supports")))
    n = _sigmoid(_dot(params.touch, touch_features(probs)))
    both = s * r * math.exp(params.mixed)
    rest = (1 - s) * (1 - r)
    raw = {"supports": s * (1 - r), "refutes": r * (1 - s), "neutral": rest * n, "mixed": both, "unrelated": rest * (1 - n)}
    total = sum(raw.values())
    return {k: raw[k] / total for k in ORDER}


def side_features(probs: Sequence[StanceProbs], side: str, other: str) -> tuple[float, ...]:
    """Six numbers of how strongly the windows take ``side``.

    One; the log-odds of the best window; of any window (noisy-or); of the second best; the log-odds of the best window
    of the other side; and what the best window of ``side`` gives to the other one.
    """
    mine = [getattr(p, side) for p in probs]
    best = max(range(len(probs)), key=mine.__getitem__)
    second = max((v for i, v in enumerate(mine) if i != best), default=0.0)
    against = max(getattr(p, other) for p in probs)
    return (1.0, _logit(mine[best]), _logit(_any(mine)), _logit(second), _logit(against), float(getattr(probs[best], other)))


def touch_features(probs: Sequence[StanceProbs]) -> tuple[float, ...]:
    """Four numbers of how surely the claim's subject is touched at all.

    One; the log-odds of the best neutral window; of any neutral window; of the window that is least unrelated.
    """
    neutral = [p.neutral for p in probs]
    return (1.0, _logit(max(neutral)), _logit(_any(neutral)), _logit(max(1 - p.unrelated for p in probs)))


def _deciding(windows: Sequence[WindowScore], stance: ArticleStance) -> tuple[int, ...]:
    if stance == "unrelated" or all(w.in_title for w in windows):
        return ()
    if stance == "mixed":
        both = (_best(windows, "supports"), _best(windows, "refutes"))
        return tuple(dict.fromkeys(both))
    first = _best(windows, stance)
    limit = _ALSO * getattr(windows[first].probs, stance)
    others = [i for i in range(len(windows)) if i != first and not windows[i].in_title]
    also = [i for i in others if getattr(windows[i].probs, stance) >= max(limit, 0.5)]
    return (first, *also[:2]) if stance != "neutral" else (first,)


def _best(windows: Sequence[WindowScore], stance: str) -> int:
    quotable = [i for i in range(len(windows)) if not windows[i].in_title]
    return max(quotable, key=lambda i: getattr(windows[i].probs, stance))


def _any(values: Sequence[float]) -> float:
    return 1.0 - math.prod(1.0 - v for v in values)


def _logit(p: float) -> float:
    p = min(1 - _FLOOR, max(_FLOOR, p))
    return math.log(p / (1 - p))


def _sigmoid(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z)) if z > -60 else 0.0


def _dot(weights: Sequence[float], features: Sequence[float]) -> float:
    return sum(w * f for w, f in zip(weights, features, strict=True))
