"""The stance model's seam: (claim, passage) pairs in, four probabilities out.

What a passage says of a claim is one of four things: it supports it, refutes it, is neutral (the claim's subject is
touched and no side is taken) or is unrelated. The engine behind the seam is a cross-encoder kept beside this module
in ``weights/`` and run by onnxruntime; it is loaded once per process. This module knows nothing of articles:
windows are made elsewhere and folded into an article's answer by ``aggregate``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

STANCES = ("supports", "refutes", "neutral", "unrelated")


@dataclass(frozen=True, slots=True)
class Pair:
    """One question to the model: what does ``passage`` say of ``claim``?

    ``passage`` is the window's core sentence or sentences; ``context`` is the text before it (the previous sentence,
    or the title) and is read for reference only.
    """

    claim: str
    passage: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class StanceProbs:
    """Calibrated probabilities of the four stances; they sum to one."""

    supports: float
    refutes: float
    neutral: float
    unrelated: float


class StanceEngine(Protocol):
    """Anything that can answer pairs: the bundled model or one of the hub."""

    matcher_hash: str
    languages: frozenset[str]

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        """Answer every pair, in order."""
        ...


class _Placeholder:
    """Word overlap only; stands in until the bundled model is exported."""

    matcher_hash = "placeholder"
    languages = frozenset({"en", "ru", "tr", "fr", "de", "ar", "es", "it", "pt", "nl", "pl", "uk"})

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        answers = []
        for pair in pairs:
            claim = {w[:5] for w in re.findall(r"\w+", pair.claim.lower()) if len(w) > 3}
            text = {w[:5] for w in re.findall(r"\w+", pair.passage.lower())}
            related = min(0.95, len(claim & text) / max(1, len(claim)) * 1.5)
            negated = bool(text & {"not", "canno", "never", "denie", "rejec"})
            side, other = 0.7 * related, 0.1 * related
            answers.append(
                StanceProbs(
                    supports=other if negated else side,
                    refutes=side if negated else other,
                    neutral=0.2 * related,
                    unrelated=1.0 - related,
                )
            )
        return answers


_engines: dict[tuple[str | None, Path | None], StanceEngine] = {}
_lock = Lock()


def load_engine(name: str | None = None, *, models_dir: Path | None = None) -> StanceEngine:
    """The engine called ``name`` (None: the bundled one), loaded once per process."""
    key = (name, models_dir)
    with _lock:
        if key not in _engines:
            _engines[key] = _Placeholder()
        return _engines[key]
