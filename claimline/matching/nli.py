"""A hub model behind the stance seam: entailment, neutral and contradiction become supports, refutes, neutral and unrelated.

A model for entailment knows three labels and no *unrelated*: to it a sentence on another subject is as *neutral* as one that
takes no side. So relevance comes from elsewhere. With `"relevance": "bundled"` the bundled model says how surely a passage is
unrelated (u), and the hub model shares out the rest: supports = (1 - u) x entailment, refutes = (1 - u) x contradiction,
neutral = (1 - u) x neutral, unrelated = u. With `"relevance": "none"` seven tenths of *neutral* count as unrelated.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claimline.errors import ModelError
from claimline.matching.stance import ModelMissing, Pair, PairReader, StanceEngine, StanceProbs, folder_hash

BATCH = 16
_UNRELATED_SHARE = 0.7
_STANCE_OF = {"entailment": 0, "contradiction": 1, "neutral": 2}


class NliEngine(PairReader):
    """An entailment model run by onnxruntime. The hypothesis is the claim; the premise is the context with the passage."""

    def __init__(self, folder: Path, relevance: StanceEngine | None, *, threads: int = 2) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self.folder = folder
        config: Mapping[str, Any] = json.loads((folder / "engine.json").read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(folder / "stance.onnx"), options, ["CPUExecutionProvider"])
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as broken:  # onnxruntime and tokenizers raise errors of no common kind
            raise ModelMissing(folder, f"cannot be loaded ({broken})") from broken
        # What is too long loses its oldest words: they are only context.
        self._tokenizer.enable_truncation(int(config["max_length"]), strategy="only_first", direction="left")
        self._pad = self._pad_id()
        self._inputs = [i.name for i in self._session.get_inputs()]
        if unknown := set(self._inputs) - {"input_ids", "attention_mask", "token_type_ids"}:
            raise ModelMissing(folder, f"asks for {', '.join(sorted(unknown))}, which is not known here")
        self._order = [config["labels"].index(label) for label in _STANCE_OF]
        self._temperature = float(config.get("temperature", 1.0))
        self._relevance = relevance if config.get("relevance", "bundled") == "bundled" else None
        bundled = relevance.languages if relevance is not None else frozenset[str]()
        self.languages: frozenset[str] = frozenset(config.get("languages", ())) or bundled
        own = folder_hash(folder)
        parts = (own, self._relevance.matcher_hash if self._relevance is not None else "none", "nli 1")
        self.matcher_hash: str = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        """Answer every pair, in order."""
        if not pairs:
            return []
        logits = self._logits(pairs)[:, self._order] / self._temperature
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        if self._relevance is None:
            unrelated = _UNRELATED_SHARE * p[:, 2]
            rows = np.column_stack([p[:, 0], p[:, 1], p[:, 2] - unrelated, unrelated])
        else:
            u = np.asarray([r.unrelated for r in self._relevance.predict(pairs)], dtype=np.float32)[:, None]
            rows = np.column_stack([(1 - u) * p, u])
        return [StanceProbs(*map(float, row)) for row in rows]

    def _logits(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        texts = [(f"{p.context} {p.passage}".strip(), p.claim) for p in pairs]
        coded = self._tokenizer.encode_batch(texts)
        out = np.zeros((len(pairs), 3), dtype=np.float32)
        for part in _batches([len(c.ids) for c in coded]):
            width = max(len(coded[i].ids) for i in part)
            feed = {name: np.zeros((len(part), width), dtype=np.int64) for name in ("attention_mask", "token_type_ids")}
            feed["input_ids"] = np.full((len(part), width), self._pad, dtype=np.int64)
            for row, i in enumerate(part):
                n = len(coded[i].ids)
                feed["input_ids"][row, :n] = coded[i].ids
                feed["attention_mask"][row, :n] = 1
                feed["token_type_ids"][row, :n] = coded[i].type_ids
            out[part] = np.asarray(self._session.run(None, {k: feed[k] for k in self._inputs})[0], dtype=np.float32)
        return out

    def _pad_id(self) -> int:
        found = [self._tokenizer.token_to_id(word) for word in ("<pad>", "[PAD]")]
        return int(next((i for i in found if i is not None), 0))


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices in order of length, so that batches pad little."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    for at in range(0, len(order), BATCH):
        yield order[at : at + BATCH]


def is_nli(folder: Path) -> bool:
    """Whether a folder holds an entailment model. Raises ModelError where its `engine.json` cannot be read."""
    try:
        return bool(json.loads((folder / "engine.json").read_text(encoding="utf-8")).get("kind") == "nli")
    except FileNotFoundError:
        return False
    except ValueError as wrong:
        raise ModelError(f"{folder / 'engine.json'}: cannot be read ({wrong})") from wrong
