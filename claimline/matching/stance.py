"""The stance model's seam: a claim and consecutive sentences in, four probabilities for each sentence out.

What a sentence says of a claim is one of four things: it supports it, refutes it, is neutral (the claim's subject is
touched and no side is taken) or is unrelated. The engine behind the seam is a cross-encoder kept beside this module
in ``weights/`` and run by onnxruntime; it is loaded once per process. It reads the sentences of an article together, some
eight at a time under their title, so that each is understood where it stands, and those that seem to touch the claim once
more by themselves. It answers for each sentence and for all that it read at once. Which sentences are read is chosen
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
# A sentence that is less surely unrelated than this is read again, and at most so many of an article: as digests were trained on.
LOOK_AGAIN, MOST_AGAIN = 0.9, 7
_WHOLES, _NOT_MIXED = 5, [0, 1, 2, 4]
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


# What all that is read at once says together: logits of supports, refutes, neutral, mixed and unrelated.
Whole = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """What an article says of a claim where its sentences are read together.

    ``parts``: of each part of the article that was read at once. ``digest``: of the sentences that seem to touch the claim, read
    once more by themselves; empty where there are none or no others.
    """

    parts: tuple[Whole, ...]
    digest: tuple[Whole, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What the model says of an article and a claim: of each sentence that is asked, in order, and of them together.

    ``together`` is None where the engine knows single sentences only.
    """

    sentences: tuple[StanceProbs, ...]
    together: Together | None = None


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

    def read(self, articles: Sequence[Sequence[Reading]]) -> list[Told]:
        """Answer for every article and claim, given all that is read of it, in order."""
        ...


class PairReader:
    """For engines that know pairs only: each sentence is asked alone, with the one before it (or the title) as context."""

    folder = WEIGHTS

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        """Answer every pair, in order."""
        raise NotImplementedError

    def read(self, articles: Sequence[Sequence[Reading]]) -> list[Told]:
        """Answer for every article and claim, in order."""
        answers = iter(self.predict([pair for readings in articles for r in readings for pair in r.pairs]))
        return [Told(tuple(next(answers) for r in readings for _ in r.asked)) for readings in articles]


@dataclass(frozen=True, slots=True)
class Logits:
    """Raw answers to an article and a claim, in the order of ``STANCES`` and of ``Whole``.

    ``sentences`` (n, 4): of what is asked. ``parts`` (p, 5): of what was read at once. ``digest`` (d, 5): of the digest. The last
    two have no rows where the model has no such answer.
    """

    sentences: NDArray[np.float32]
    parts: NDArray[np.float32]
    digest: NDArray[np.float32]


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
        return self._probabilities(self.pair_logits(pairs), "pair")

    def read(self, articles: Sequence[Sequence[Reading]]) -> list[Told]:
        """Answer for every article and claim, in order."""
        return [Told(tuple(self._probabilities(found.sentences, "article")), _together(found)) for found in self.logits(articles)]

    def _probabilities(self, logits: NDArray[np.float32], kind: str) -> list[StanceProbs]:
        """Calibrated: a passage that somebody holds against a claim touches it far oftener than any sentence of an article."""
        learned = self._config["calibration"][kind]
        z = logits * np.float32(learned["scale"]) + np.asarray(learned["bias"], dtype=np.float32)
        return [StanceProbs(*map(float, row)) for row in _softmax(z)]

    def pair_logits(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Raw logits of pairs, shape (n, 4): of a passage as a whole, where the model answers that (but never *mixed*)."""
        found = self._read_once([as_reading(p) for p in pairs])
        return _rows([parts[:1, _NOT_MIXED] if len(parts) else z for z, parts in found], len(STANCES))

    def logits(self, articles: Sequence[Sequence[Reading]]) -> list[Logits]:
        """Raw logits of every article and claim, in order; what calibration and aggregation are fitted on.

        The sentences that seem to touch the claim are read once more by themselves, in a digest of the article, and of a
        sentence's two answers the mean counts: among all its neighbours it is understood, beside what matters it is weighed.
        """
        once = iter(self._read_once([r for readings in articles for r in readings]))
        found = []
        for readings in articles:
            mine = [next(once) for _ in readings]
            found.append((_rows([z for z, _ in mine], len(STANCES)), _rows([whole for _, whole in mine], _WHOLES)))
        digests = {i: d for i, (z, _) in enumerate(found) if (d := _digest(articles[i], z))}
        again = dict(zip(digests, self._read_once([reading for _, reading in digests.values()]), strict=True))
        for i, (z, _) in again.items():
            places = digests[i][0]
            found[i][0][places] = (found[i][0][places] + z) / 2
        return [Logits(z, parts, again[i][1] if i in again else parts[:0]) for i, (z, parts) in enumerate(found)]

    def _read_once(self, readings: Sequence[Reading]) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Of each reading the logits of what it asks (n, 4) and of what was read at once (parts, 5)."""
        out = [np.zeros((len(r.asked), len(STANCES)), dtype=np.float32) for r in readings]
        chunks = list(self._chunks(readings))
        lengths = [len(chunk.ids) for _, chunk in chunks]
        batches = list(_batches(lengths, min(BATCH_TOKENS, sum(lengths) // self._threads + 1)))
        with ThreadPoolExecutor(self._threads) as pool:
            answers = list(pool.map(lambda batch: self._run([chunks[i][1] for i in batch]), batches))
        together: dict[int, NDArray[np.float32]] = {}
        for batch, (z, all_of) in zip(batches, answers, strict=True):
            for row, i in enumerate(batch):
                reading, chunk = chunks[i]
                for part, place in chunk.answers:
                    out[reading][place] = z[row, part - 1]
                if all_of is not None:
                    together[i] = all_of[row]
        wholes: list[list[NDArray[np.float32]]] = [[] for _ in readings]
        for i in sorted(together):
            wholes[chunks[i][0]].append(together[i])
        return [(z, _rows(mine, _WHOLES)) for z, mine in zip(out, wholes, strict=True)]

    def _run(self, chunks: Sequence[_Chunk]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        ids, segments, parts = _stacked(chunks)
        z, *all_of = self._session.run(None, {"ids": ids, "segments": segments, "parts": parts})
        return np.asarray(z, dtype=np.float32), np.asarray(all_of[0], dtype=np.float32) if all_of else None

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


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def _rows(arrays: Sequence[NDArray[np.float32]], width: int) -> NDArray[np.float32]:
    """One under another; (0, width) where there are none."""
    return np.vstack(arrays) if arrays else np.zeros((0, width), dtype=np.float32)


def _together(found: Logits) -> Together | None:
    parts, digest = (tuple(tuple(map(float, row)) for row in rows) for rows in (found.parts, found.digest))
    return Together(parts, digest) if parts else None


def _digest(readings: Sequence[Reading], logits: NDArray[np.float32]) -> tuple[list[int], Reading] | None:
    """The sentences where *unrelated* is not nearly sure, under the title, and their places among what is asked.

    None where there are none, or no others that were read with them.
    """
    asked = [(sentence, r.asks_title and k == 0) for r in readings for k, sentence in enumerate(r.asked)]
    touched = 1 - _softmax(logits)[:, STANCES.index("unrelated")]
    places = [i for i, (_, is_title) in enumerate(asked) if not is_title and touched[i] > 1 - LOOK_AGAIN]
    if not places or len(places) == sum(not is_title for _, is_title in asked) <= MOST_AGAIN:
        return None
    places = sorted(sorted(places, key=lambda i: -touched[i])[:MOST_AGAIN])
    return places, Reading(readings[0].claim, tuple(asked[i][0] for i in places), readings[0].title)


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
