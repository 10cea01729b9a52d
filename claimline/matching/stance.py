"""The stance model's seam: (claim, passage) pairs in, four probabilities out.

What a passage says of a claim is one of four things: it supports it, refutes it, is neutral (the claim's subject is
touched and no side is taken) or is unrelated. The engine behind the seam is a cross-encoder kept beside this module
in ``weights/`` and run by onnxruntime; it is loaded once per process. This module knows nothing of articles:
windows are made elsewhere and folded into an article's answer by ``aggregate``.

A model is a folder with ``engine.json`` (label order, calibration, languages, lengths), ``stance.onnx`` and
``tokenizer.json``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from claimline.errors import ModelError

STANCES = ("supports", "refutes", "neutral", "unrelated")
WEIGHTS = Path(__file__).parent / "weights"
BATCH_TOKENS = 2048
_FILES = ("engine.json", "stance.onnx", "tokenizer.json")
_BOS, _PAD, _EOS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Pair:
    """One question to the model: what does ``passage`` say of ``claim``?

    ``passage`` is the window's core sentence or sentences; ``context`` is the text before it (the previous sentence,
    or the title for the first) and is read for reference only.
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


class ModelMissing(ModelError):
    """No usable model in ``folder``: ``reason`` says what is wrong."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder}: {reason}")
        self.folder, self.reason = folder, reason


class StanceEngine(Protocol):
    """Anything that can answer pairs: the bundled model or one of the hub."""

    matcher_hash: str
    languages: frozenset[str]

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        """Answer every pair, in order."""
        ...


class OnnxEngine:
    """A cross-encoder run by onnxruntime. ``matcher_hash`` covers every file of its folder, aggregation included."""

    def __init__(self, folder: Path, *, threads: int = 2) -> None:
        for name in _FILES:
            if not (folder / name).is_file():
                raise ModelMissing(folder, f"{name} is not there")
        import onnxruntime  # half a second and 60 MB: only where something is matched
        from tokenizers import Tokenizer

        self._config: Mapping[str, Any] = json.loads((folder / "engine.json").read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(folder / "stance.onnx"), options, ["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._scale = float(self._config["calibration"]["scale"])
        self._bias = np.asarray(self._config["calibration"]["bias"], dtype=np.float32)
        self.languages: frozenset[str] = frozenset(self._config["languages"])
        self.matcher_hash: str = folder_hash(folder)

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        """Answer every pair, in order. A pair's answer does not depend on the others of the call."""
        if not pairs:
            return []
        z = self.logits(pairs) * self._scale + self._bias
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return [StanceProbs(*map(float, row)) for row in p]

    def logits(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Raw logits, shape (len(pairs), 4), in the order of ``STANCES``; what calibration is fitted on."""
        coded = self._encode(pairs)
        out = np.zeros((len(pairs), len(STANCES)), dtype=np.float32)
        for part in _batches([len(ids) for ids, _ in coded]):
            width = max(len(coded[i][0]) for i in part)
            ids = np.full((len(part), width), _PAD, dtype=np.int64)
            segments = np.full((len(part), width), 2, dtype=np.int64)
            for row, i in enumerate(part):
                ids[row, : len(coded[i][0])], segments[row, : len(coded[i][1])] = coded[i]
            (out[part],) = self._session.run(None, {"ids": ids, "segments": segments})
        return out

    def _encode(self, pairs: Sequence[Pair]) -> list[tuple[list[int], list[int]]]:
        """``<s> claim </s> passage </s> context </s>``; an over-long context loses its oldest words."""
        limits = self._config["lengths"]

        def ids_of(texts: list[str]) -> list[list[int]]:
            return [e.ids for e in self._tokenizer.encode_batch(texts, add_special_tokens=False)]

        claims = dict(_zip_unique([p.claim for p in pairs], ids_of))
        passages = dict(_zip_unique([t for p in pairs for t in (p.passage, p.context)], ids_of))
        coded = []
        for pair in pairs:
            one = claims[pair.claim][: limits["claim"]]
            two = passages[pair.passage][: limits["passage"]]
            three = passages[pair.context][-limits["context"] :] if pair.context else []
            ids = [_BOS, *one, _EOS, *two, _EOS] + ([*three, _EOS] if three else [])
            segments = [0] * (len(one) + 2) + [1] * (len(two) + 1) + ([2] * (len(three) + 1) if three else [])
            coded.append((ids, segments))
        return coded


def _zip_unique(texts: list[str], ids_of: Any) -> Iterator[tuple[str, list[int]]]:
    unique = list(dict.fromkeys(texts))
    return zip(unique, ids_of(unique), strict=True)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices by length, in batches of at most ``BATCH_TOKENS`` tokens with their padding."""
    part: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda k: lengths[k]):
        if part and (len(part) + 1) * lengths[i] > BATCH_TOKENS:
            yield part
            part = []
        part.append(i)
    if part:
        yield part


def folder_hash(folder: Path) -> str:
    """SHA-256 over the model's files and the aggregation's parameters, 16 hex digits."""
    digest = hashlib.sha256()
    for name in (*_FILES, "aggregate.json"):
        path = folder / name
        if path.is_file():
            digest.update(name.encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


_engines: dict[Path, StanceEngine] = {}
_lock = Lock()


def load_engine(name: str | None = None, *, models_dir: Path | None = None) -> StanceEngine:
    """The engine called ``name``, loaded once per process: None is the bundled one, others live in ``models_dir``.

    Raises ``ModelMissing`` where the folder does not hold a model.
    """
    if name is None:
        folder = WEIGHTS
    elif models_dir is None:
        raise ModelMissing(Path(name), "no folder of models was given")
    else:
        folder = models_dir / name
    with _lock:
        if folder not in _engines:
            _engines[folder] = _open(folder)
        return _engines[folder]


def _open(folder: Path) -> StanceEngine:
    if folder == WEIGHTS:
        return OnnxEngine(folder)
    from claimline.matching import hub, nli  # a model of the hub, run through the same seam

    hub.check_folder(folder)
    if not nli.is_nli(folder):
        return OnnxEngine(folder)
    if WEIGHTS not in _engines:
        _engines[WEIGHTS] = OnnxEngine(WEIGHTS)
    return nli.NliEngine(folder, _engines[WEIGHTS])
