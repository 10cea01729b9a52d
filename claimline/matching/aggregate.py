"""From the windows of one article to its answer for one claim.

Pure: takes the stance model's probabilities for each window with the retriever's score, and what it says of the windows that it
read together, returns one of five stances (*mixed* is an article's, never a window's) with calibrated probabilities, whether it
is sure enough to count, and the windows that decide it.

The rule: each of the five stances has a score, a weighted sum of a few figures of the windows (how strongly the best one takes a
side, the second best, all together; how surely the claim's subject is touched) and of what is said of them together, and the
scores become probabilities by a softmax (multinomial logistic regression). Support and refutation share their weights with the
sides exchanged, so that the rule is symmetric. There are two sets of weights: one for windows alone, one for windows with what
is said of them together. They are learned by ``training.fit_aggregate`` from whole articles and stand in
``weights/aggregate.json``.
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
from claimline.matching.stance import WEIGHTS, StanceProbs, Together, Whole

ArticleStance = Literal["supports", "refutes", "neutral", "mixed", "unrelated"]
Side = Literal["supports", "refutes"]
_OTHER: dict[Side, Side] = {"supports": "refutes", "refutes": "supports"}
SCORES = ("side", "neutral", "mixed")
PARTS = ("own", "other", "touch")
ORDER: tuple[ArticleStance, ...] = ("supports", "refutes", "neutral", "mixed", "unrelated")
# How many figures a side has, and how many the touch: of windows alone, and where something is said of them together.
ALONE, TOGETHER = (5, 4), (2, 4)
_FLOOR = 0.002
_WHOLE_FLOOR = 0.003
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
class Rule:
    """The scores of a side, of *neutral* and of *mixed*; *unrelated* has none: its score is zero."""

    side: Score
    neutral: Score
    mixed: Score


@dataclass(frozen=True, slots=True)
class Params:
    """What was learned: a rule for windows alone, one for windows with what is said of them together, and the threshold.

    Below ``threshold`` the best label is not *decided*.

    ``lean`` favours *mixed* when the best label is chosen: it is rare, and by plain probability it would never win. The
    probabilities themselves stay as they were calibrated.
    """

    alone: Rule
    together: Rule | None
    threshold: float
    lean: float = 1.0


def _alike(start: float, best: float, touch: float = 0.0) -> Score:
    """A score to which both sides are alike, of the best window's side and touch."""
    sides = (best, 0.0, 0.0, 0.0, 0.0)
    return Score(start, sides, sides, (touch, 0.0, 0.0, 0.0))


# What a plain reader would do: the best window decides, and two sides are *mixed*.
DEFAULT = Params(
    alone=Rule(
        side=Score(1.0, (1.0, 0.0, 0.0, 0.0, 0.0), (-0.5, 0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)),
        neutral=_alike(1.0, -0.2, 1.0),
        mixed=_alike(0.0, 0.6),
    ),
    together=None,
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
        together = _rule_of(raw["together"], TOGETHER) if "together" in raw else None
        return Params(_rule_of(raw["alone"], ALONE), together, float(raw["threshold"]), float(raw.get("lean", 1.0)))
    except (KeyError, TypeError, ValueError) as wrong:
        hint = "take it away to use the bundled model's, or make it anew with training.fit_aggregate"
        raise ModelError(f"{path}: is not what this version reads ({type(wrong).__name__}: {wrong}); {hint}") from wrong


def _rule_of(raw: Mapping[str, Any], sizes: tuple[int, int]) -> Rule:
    side, neutral, mixed = (_score_of(raw[k], sizes) for k in SCORES)
    return Rule(side, neutral, mixed)


def _score_of(raw: Mapping[str, Any], sizes: tuple[int, int]) -> Score:
    own, other, touch = (tuple(map(float, raw[part])) for part in PARTS)
    side, touched = sizes
    if (len(own), len(other), len(touch)) != (side, side, touched):
        raise ValueError(f"{side}, {side} and {touched} weights are wanted")
    return Score(float(raw["start"]), own, other, touch)


def aggregate(windows: Sequence[WindowScore], together: Together | None = None, *, params: Params | None = None) -> Outcome:
    """Fold the windows of one article into its outcome for one claim. No windows: unrelated.

    ``together`` is what the model says of those it read together; None where it cannot or where an answer of its was corrected.
    """
    params = params or load_params()
    if not windows:
        nothing: dict[str, float] = {k: float(k == "unrelated") for k in ORDER}
        return Outcome("unrelated", True, nothing, ())
    probabilities = fold([w.probs for w in windows], params, together)
    stance = max(ORDER, key=lambda k: probabilities[k] * (params.lean if k == "mixed" else 1.0))
    return Outcome(stance, probabilities[stance] >= params.threshold, probabilities, _deciding(windows, stance))


def fold(probs: Sequence[StanceProbs], params: Params, together: Together | None = None) -> dict[str, float]:
    """The five probabilities of an article with these windows."""
    s, r, t = side_figures(probs, "supports"), side_figures(probs, "refutes"), touch_figures(probs)
    rule = params.alone
    if together and params.together:
        rule = params.together
        s, r, t = with_wholes(s, r, t, together)
    scores = {
        "supports": _score(rule.side, s, r, t),
        "refutes": _score(rule.side, r, s, t),
        "neutral": _score(rule.neutral, s, r, t),
        "mixed": _score(rule.mixed, s, r, t),
        "unrelated": 0.0,
    }
    return dict(zip(ORDER, _softmax([scores[k] for k in ORDER]), strict=True))


def with_wholes(
    s: Sequence[float], r: Sequence[float], t: Sequence[float], together: Together
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """The figures of support, refutation and touch where something is said of the windows together.

    Of the windows' own only the best one's remain: the others were made to stand in for what is now read.
    """
    supports, refutes, *rest = _both(together)
    return (s[0], supports), (r[0], refutes), (t[2], *rest)


def whole_figures(wholes: Sequence[Whole]) -> tuple[float, ...]:
    """Five numbers, in the order of ``ORDER``: the logarithm of how probable each stance of the article is.

    As if the parts that were read at once were independent: the article is unrelated where every part is, neutral where every
    part is that or unrelated and not all are unrelated, and so on; mixed is what remains.
    """
    untouched = unsided = no_refusal = no_support = 1.0
    for whole in wholes:
        supports, refutes, neutral, _, unrelated = _softmax(whole)
        untouched *= unrelated
        unsided *= unrelated + neutral
        no_refusal *= unrelated + neutral + supports
        no_support *= unrelated + neutral + refutes
    mixed = 1.0 - no_refusal - no_support + unsided
    found = (no_refusal - unsided, no_support - unsided, unsided - untouched, mixed, untouched)
    return tuple(math.log(max(_WHOLE_FLOOR, p)) for p in found)


def said_together(together: Together) -> dict[str, float]:
    """The probabilities of the five stances by what is said of an article's windows together; they sum to one."""
    return dict(zip(ORDER, _softmax(_both(together)), strict=True))


def _both(together: Together) -> tuple[float, ...]:
    """``whole_figures`` of the parts and of the digest, in the mean; of the parts where there is no digest."""
    parts, digest = whole_figures(together.parts), whole_figures(together.digest or together.parts)
    return tuple((p + d) / 2 for p, d in zip(parts, digest, strict=True))


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


def _softmax(scores: Sequence[float]) -> list[float]:
    most = max(scores)
    raw = [math.exp(z - most) for z in scores]
    total = sum(raw)
    return [v / total for v in raw]


def _any(values: Sequence[float]) -> float:
    return 1.0 - math.prod(1.0 - v for v in values)


def _logit(p: float) -> float:
    p = min(1 - _FLOOR, max(_FLOOR, p))
    return math.log(p / (1 - p))


def _dot(weights: Sequence[float], features: Sequence[float]) -> float:
    return sum(w * f for w, f in zip(weights, features, strict=True))
