"""A real ONNX model of a few hundred bytes, written without a library: it sums a row of a table for each token.

Enough of protobuf and of ONNX (opset 13: Gather, ReduceSum) to make `logits[b] = sum over tokens of table[token]`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def _varint(n: int) -> bytes:
    out = bytearray()
    while True:
        n, low = n >> 7, n & 0x7F
        out.append(low | (0x80 if n else 0))
        if not n:
            return bytes(out)


def _number(field: int, n: int) -> bytes:
    return _varint(field << 3) + _varint(n)


def _bytes(field: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(raw)) + raw


def _tensor(name: str, array: np.ndarray, kind: int) -> bytes:
    dims = b"".join(_number(1, n) for n in array.shape)
    return dims + _number(2, kind) + _bytes(8, name) + _bytes(9, array.tobytes())


def _value(name: str, kind: int, *dims: str | int) -> bytes:
    shape = b"".join(_bytes(1, _number(1, d) if isinstance(d, int) else _bytes(2, d)) for d in dims)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _node(op: str, inputs: Sequence[str], output: str, attribute: bytes = b"") -> bytes:
    node = b"".join(_bytes(1, i) for i in inputs) + _bytes(2, output) + _bytes(3, op) + _bytes(4, op)
    return node + (_bytes(5, attribute) if attribute else b"")


def model(table: np.ndarray) -> bytes:
    """A model over `table` (tokens x labels, float32) with the inputs of a RoBERTa: input_ids and attention_mask."""
    keepdims = _bytes(1, "keepdims") + _number(3, 0) + _number(20, 2)
    graph = (
        _bytes(1, _node("Gather", ["table", "input_ids"], "rows"))
        + _bytes(1, _node("ReduceSum", ["rows", "axes"], "logits", keepdims))
        + _bytes(2, "tiny")
        + _bytes(5, _tensor("table", table.astype(np.float32), 1))
        + _bytes(5, _tensor("axes", np.asarray([1], dtype=np.int64), 7))
        + _bytes(11, _value("input_ids", 7, "batch", "tokens"))
        + _bytes(11, _value("attention_mask", 7, "batch", "tokens"))
        + _bytes(12, _value("logits", 1, "batch", int(table.shape[1])))
    )
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 13))
