"""Claims that teach: a few example wordings for each side, and where it measurably helps, a correction of the model by them.

A passage that stands nearer to the examples of one side than to those of the others is moved towards that side:
log p(side) += strength x (nearness to the side's examples - mean nearness to all sides'). *Unrelated* is never taught, and where
only one side has examples nothing is. The one number, strength, is fitted with a penalty on the examples themselves; each example
is then answered by the others (leave one out), and only where the mean log-loss falls by more than twice its standard
error, and no more examples come out wrong, is the correction switched on. Pure but for the models that it is given.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from claimline.matching.stance import Pair, StanceEngine, StanceProbs
from claimline.models import ClaimSpec, Examples

VERSION = "1"
SIDES = ("supports", "refutes", "neutral")
MIN_SHOTS = 6
MIN_GAIN = 0.02
# Below this cosine an example is of the same subject and no more: in news of one claim every sentence is somewhat near.
NEAR = 0.6
# A passage that the model calls unrelated as surely as this is left alone, and not embedded again.
UNRELATED = 0.9
_STRENGTHS = (0.0, 1.0, 2.0, 4.0, 6.0, 8.0)
_PENALTY = 0.002  # of strength squared, shared among the examples
_FLOOR = 1e-4
Vectors = NDArray[np.float32]


class Embeds(Protocol):
    def embed(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class Shot:
    """One example wording."""

    text: str
    stance: str  # one of SIDES


@dataclass(frozen=True, slots=True)
class Gain:
    """What leaving one out measured: mean log-loss and right answers of `n` examples without and with the correction."""

    n: int
    loss_before: float
    loss_after: float
    right_before: int
    right_after: int
    error: float  # standard error of the mean difference

    @property
    def helps(self) -> bool:
        gained = self.loss_before - self.loss_after
        return self.n >= MIN_SHOTS and gained >= max(MIN_GAIN, 2 * self.error) and self.right_after >= self.right_before


@dataclass(frozen=True, slots=True)
class Taught:
    """What a claim's examples teach. `on` is False where they did not help: then every answer stays as it is."""

    shots: tuple[Shot, ...]
    strength: float
    gain: Gain
    vectors: Vectors

    @property
    def on(self) -> bool:
        return self.strength > 0 and self.gain.helps

    def corrected(self, probs: StanceProbs, vector: Vectors) -> StanceProbs:
        """The model's answer for a passage with this vector, after the correction."""
        if not self.on or probs.unrelated >= UNRELATED:
            return probs
        return _moved(probs, _nearness(vector, self.vectors, self.shots), self.strength)


def shots_of(examples: Examples) -> tuple[Shot, ...]:
    """A claim's examples, each wording once."""
    rows = [(text, side) for side in SIDES for text in getattr(examples, side)]
    return tuple(Shot(text.strip(), side) for text, side in dict(rows).items() if text.strip())


def digest(claims: Sequence[ClaimSpec]) -> str:
    """A hash of all that is taught; empty where nothing is."""
    taught = [f"{c.slug}\x1f{s.stance}\x1f{s.text}" for c in claims for s in shots_of(c.examples)]
    return hashlib.sha256("\n".join([VERSION, *taught]).encode()).hexdigest()[:16] if taught else ""


def teach(claims: Sequence[ClaimSpec], engine: StanceEngine, embedder: Embeds) -> dict[str, Taught]:
    """What each claim's examples teach, by slug; claims without examples are left out."""
    shots = {c.slug: found for c in claims if (found := shots_of(c.examples))}
    statements = {c.slug: c.statement for c in claims}
    pairs = [Pair(statements[slug], s.text) for slug, found in shots.items() for s in found]
    probs = engine.predict(pairs) if pairs else []
    taught, at = {}, 0
    for slug, found in shots.items():
        mine = probs[at : at + len(found)]
        at += len(found)
        taught[slug] = fit(found, mine, embedder.embed([s.text for s in found]))
    return taught


def fit(shots: Sequence[Shot], probs: Sequence[StanceProbs], vectors: Vectors) -> Taught:
    """The strength that the examples ask for, and what it gains when each is answered by the others."""
    near = [_nearness(vectors[i], vectors, shots, without=i) for i in range(len(shots))]
    losses = {
        strength: [_loss(_moved(p, n, strength), s) for p, n, s in zip(probs, near, shots, strict=True)]
        for strength in _STRENGTHS
    }
    after, right_after = [], 0
    for i, shot in enumerate(shots):
        # The strength for this one is chosen by the others alone.
        chosen = _best({k: sum(v[:i]) + sum(v[i + 1 :]) for k, v in losses.items()})
        after.append(losses[chosen][i])
        right_after += _best_side(_moved(probs[i], near[i], chosen)) == shot.stance
    before = losses[0.0]
    right_before = sum(_best_side(p) == s.stance for p, s in zip(probs, shots, strict=True))
    n = len(shots)
    differences = np.asarray(before) - np.asarray(after)
    error = float(differences.std(ddof=1) / math.sqrt(n)) if n > 1 else math.inf
    gain = Gain(n, float(np.mean(before)), float(np.mean(after)), right_before, right_after, error)
    return Taught(tuple(shots), _best({k: sum(v) for k, v in losses.items()}), gain, vectors)


def _best(losses: Mapping[float, float]) -> float:
    return min(losses, key=lambda k: losses[k] + _PENALTY * k * k)


def _nearness(vector: Vectors, vectors: Vectors, shots: Sequence[Shot], *, without: int | None = None) -> dict[str, float]:
    """How near the nearest example of each side is, from 0 (another wording) to 1 (the same); sides without one are not there."""
    near: dict[str, float] = {}
    for i, (shot, cosine) in enumerate(zip(shots, vectors @ vector, strict=True)):
        if i != without:
            near[shot.stance] = max(near.get(shot.stance, 0.0), (float(cosine) - NEAR) / (1 - NEAR))
    return near


def _moved(probs: StanceProbs, near: Mapping[str, float], strength: float) -> StanceProbs:
    """The related part of the probability shared out anew; what is unrelated stays."""
    if strength == 0 or len(near) < 2:
        return probs
    middle = sum(near.values()) / len(near)
    weights = {s: max(getattr(probs, s), _FLOOR) * math.exp(strength * (near.get(s, middle) - middle)) for s in SIDES}
    share = (1 - probs.unrelated) / sum(weights.values())
    return replace(probs, **{s: w * share for s, w in weights.items()})


def _loss(probs: StanceProbs, shot: Shot) -> float:
    """Log-loss among the three sides: an example is never unrelated."""
    related = max(1 - probs.unrelated, _FLOOR)
    return -math.log(min(1.0, max(getattr(probs, shot.stance) / related, _FLOOR)))


def _best_side(probs: StanceProbs) -> str:
    return max(SIDES, key=lambda s: getattr(probs, s))
