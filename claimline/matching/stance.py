"""The stance model's seam: a claim and consecutive sentences in, four probabilities for each sentence out.

What a sentence says of a claim is one of four things: it supports it, refutes it, is neutral (the claim's subject is
touched and no side is taken) or is unrelated. The engine behind the seam is a cross-encoder kept beside this module
in ``weights/`` and run by onnxruntime; it is loaded once per process. It reads the sentences of an article together, some
eight at a time under their title, so that each is understood where it stands. Which sentences are read is chosen
elsewhere (``retrieve``), and how their answers become an article's (``aggregate``).

A model is a folder with ``engine.json`` (label order, calibration, languages, lengths), ``stance.onnx`` and
``tokenizer.json``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from claimline.errors import ModelError

STANCES = ("supports", "refutes", "neutral", "unrelated")
WEIGHTS = Path(__file__).parent / "weights"
BATCH_TOKENS = 1024
# Chosen on the articles of dev with a half-trained model: read together only, log-loss 1.071; every sentence also alone, 1.057 at
# three and a half times the cost; only those also alone that are less surely unrelated than this, 1.046 at a third more.
LOOK_AGAIN = 0.9
_FILES = ("engine.json", "stance.onnx", "tokenizer.json")
_BOS, _EOS = 0, 2


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
class Reading:
    """Consecutive sentences of one article to be read for a claim. ``before`` is the sentence before the first, if any.

    Where ``asks_title`` is true the answer for the title comes before those for the sentences.
    """

    claim: str
    sentences: tuple[str, ...]
    title: str = ""
    before: str = ""
    asks_title: bool = False

    @property
    def asked(self) -> tuple[str, ...]:
        """What is answered for, in order."""
        return (self.title, *self.sentences) if self.asks_title else self.sentences

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """What is answered for, each alone after what stands before it; the first sentence without one stands after the title."""
        title = (Pair(self.claim, self.title),) if self.asks_title else ()
        before = (self.before or self.title, *self.sentences)
        return title + tuple(Pair(self.claim, s, b) for b, s in zip(before, self.sentences, strict=False))


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
    """Anything that can answer: the bundled model or one of the hub. ``folder`` is where it lies."""

    folder: Path
    matcher_hash: str
    languages: frozenset[str]

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        """Answer every pair, in order."""
        ...

    def read(self, readings: Sequence[Reading]) -> list[list[StanceProbs]]:
        """Answer for each sentence of every reading, in order."""
        ...


class PairReader:
    """For engines that know pairs only: each sentence is asked alone, with the one before it (or the title) as context."""

    folder = WEIGHTS

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        """Answer every pair, in order."""
        raise NotImplementedError

    def read(self, readings: Sequence[Reading]) -> list[list[StanceProbs]]:
        """Answer for each sentence of every reading, in order."""
        answers = iter(self.predict([pair for r in readings for pair in r.pairs]))
        return [[next(answers) for _ in r.asked] for r in readings]


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What the model reads at once; ``answers`` are (part, place) for the sentences that are asked for."""

    ids: list[int]
    segments: list[int]
    parts: list[int]
    answers: list[tuple[int, int]]


class OnnxEngine:
    """A cross-encoder run by onnxruntime. ``matcher_hash`` covers every file of its folder, aggregation included."""

    def __init__(self, folder: Path, *, threads: int = 2) -> None:
        for name in _FILES:
            if not (folder / name).is_file():
                raise ModelMissing(folder, f"{name} is not there")
        import onnxruntime  # half a second and 60 MB: only where something is matched
        from tokenizers import Tokenizer

        self.folder = folder
        self._config: Mapping[str, Any] = json.loads((folder / "engine.json").read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        # Batches side by side, each on one core, are quicker than one batch on all of them.
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._threads = threads
        self._session = onnxruntime.InferenceSession(str(folder / "stance.onnx"), options, ["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.languages: frozenset[str] = frozenset(self._config["languages"])
        self.matcher_hash: str = folder_hash(folder)

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        """Answer every pair, in order. A pair's answer does not depend on the others of the call."""
        return [p for z in self.logits([as_reading(p) for p in pairs]) for p in self._probabilities(z, "pair")]

    def read(self, readings: Sequence[Reading]) -> list[list[StanceProbs]]:
        """Answer for each sentence of every reading, in order."""
        return [self._probabilities(z, "article") for z in self.logits(readings)]

    def _probabilities(self, logits: NDArray[np.float32], kind: str) -> list[StanceProbs]:
        """Calibrated: a passage that somebody holds against a claim touches it far oftener than any sentence of an article."""
        learned = self._config["calibration"][kind]
        z = logits * np.float32(learned["scale"]) + np.asarray(learned["bias"], dtype=np.float32)
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return [StanceProbs(*map(float, row)) for row in p]

    def logits(self, readings: Sequence[Reading]) -> list[NDArray[np.float32]]:
        """Raw logits of each reading, shape (what it asks, 4), in the order of ``STANCES``; what calibration is fitted on.

        A sentence that seems to touch the claim is looked at again with nothing but the one before it, and the mean counts: among
        its neighbours it is better understood, alone it takes no side of theirs.
        """
        out = self._read_once(readings)
        places = [(i, k) for i, z in enumerate(out) if _has_neighbours(readings[i]) for k in np.flatnonzero(_touches(z)).tolist()]
        again = self._read_once([as_reading(readings[i].pairs[k]) for i, k in places])
        for (i, k), alone in zip(places, again, strict=True):
            out[i][k] = (out[i][k] + alone[0]) / 2
        return out

    def _read_once(self, readings: Sequence[Reading]) -> list[NDArray[np.float32]]:
        out = [np.zeros((len(r.asked), len(STANCES)), dtype=np.float32) for r in readings]
        chunks = list(self._chunks(readings))
        lengths = [len(chunk.ids) for _, chunk in chunks]
        batches = list(_batches(lengths, min(BATCH_TOKENS, sum(lengths) // self._threads + 1)))
        with ThreadPoolExecutor(self._threads) as pool:
            answers = list(pool.map(lambda batch: self._run([chunks[i][1] for i in batch]), batches))
        for batch, z in zip(batches, answers, strict=True):
            for row, i in enumerate(batch):
                reading, chunk = chunks[i]
                for part, place in chunk.answers:
                    out[reading][place] = z[row, part - 1]
        return out

    def _run(self, chunks: Sequence[_Chunk]) -> NDArray[np.float32]:
        ids, segments, parts = _stacked(chunks)
        (z,) = self._session.run(None, {"ids": ids, "segments": segments, "parts": parts})
        return np.asarray(z, dtype=np.float32)

    def _chunks(self, readings: Sequence[Reading]) -> Iterator[tuple[int, _Chunk]]:
        """``<s> claim </s> title </s> sentence </s> ...``, at most so many tokens and sentences; (reading, chunk)."""
        limits = self._config["lengths"]
        texts = [t for r in readings for t in (r.claim, r.title, r.before, *r.sentences)]
        pieces = dict(_zip_unique(texts, self._ids_of))
        for index, r in enumerate(readings):
            claim, title = pieces[r.claim][: limits["claim"]], pieces[r.title][: limits["title"]]
            room = limits["whole"] - len(claim) - 2 - (len(title) + 1 if title or r.asks_title else 0)
            sentences = [pieces[t][: limits["sentence"]] for t in r.sentences]
            before = pieces[r.before][: limits["sentence"]]
            at = 0
            while at < len(sentences):
                led = before if at == 0 else sentences[at - 1]
                lead = [led] if led and len(led) + len(sentences[at]) + 2 <= room else []
                end, left = at, room - sum(len(t) + 1 for t in lead)
                while end < len(sentences) and end - at < limits["sentences"] and (end == at or len(sentences[end]) < left):
                    left -= len(sentences[end]) + 1
                    end += 1
                chunk = _chunk(claim, title, lead, sentences[at:end], at + r.asks_title)
                if r.asks_title and at == 0:
                    chunk.answers.append((1, 0))
                yield index, chunk
                at = end

    def _ids_of(self, texts: list[str]) -> list[list[int]]:
        return [e.ids for e in self._tokenizer.encode_batch(texts, add_special_tokens=False)]


def _has_neighbours(reading: Reading) -> bool:
    return len(reading.sentences) > 1 or bool(reading.title)


def _touches(logits: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where *unrelated* is not nearly sure."""
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(p[:, 3] < LOOK_AGAIN * p.sum(axis=1))


def as_reading(pair: Pair) -> Reading:
    """A pair as a reading of one sentence."""
    return Reading(pair.claim, (pair.passage,), before=pair.context)


def _chunk(claim: list[int], title: list[int], lead: list[list[int]], sentences: list[list[int]], at: int) -> _Chunk:
    ids, segments, parts = [_BOS, *claim, _EOS], [0] * (len(claim) + 2), [0] * (len(claim) + 2)
    pieces = ([title] if title else []) + lead + sentences
    for k, piece in enumerate(pieces, 1):
        ids += [*piece, _EOS]
        segments += [2 if title and k == 1 else 1] * (len(piece) + 1)
        parts += [k] * (len(piece) + 1)
    first = len(pieces) - len(sentences) + 1
    return _Chunk(ids, segments, parts, [(first + i, at + i) for i in range(len(sentences))])


def _stacked(chunks: Sequence[_Chunk]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    ids, segments, parts = (np.array([getattr(c, name) for c in chunks], np.int64) for name in ("ids", "segments", "parts"))
    return ids, segments, parts


def _zip_unique(texts: list[str], ids_of: Any) -> Iterator[tuple[str, list[int]]]:
    unique = list(dict.fromkeys(texts))
    return zip(unique, ids_of(unique), strict=True)


def _batches(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Indices in batches of one length and at most ``most`` tokens: without padding no mask is needed, which costs a tenth."""
    for n, group in groupby(sorted(range(len(lengths)), key=lambda k: lengths[k]), key=lambda k: lengths[k]):
        alike, size = list(group), max(1, most // n)
        yield from (alike[at : at + size] for at in range(0, len(alike), size))


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
        if not folder.is_dir():
            raise ModelMissing(folder, "there is no such model; `claimline models list` shows which there are")
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
