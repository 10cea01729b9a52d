"""Write a trained model as a small ONNX file: a hand-built graph with fused operators and eight-bit weights.

    python -m training.export --model ema.pt --base DIR --rows rows.jsonl --check dev.jsonl --out claimline/matching/weights

Word vectors are kept in int8 with one scale a row. The matrices of the layers are int8 with one scale an output; their
inputs are quantised with a fixed scale for each channel, learned from a sample of training rows and folded into the
weights. So an answer does not depend on its neighbours in the batch (as it does where the scale is found at run
time), and the outliers before the feed-forward output layers, which spoil a scale shared by a whole tensor, do no harm.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

from training.model import CrossEncoder, from_base
from training.train import collate, load_rows, predict, scores

HEADS = 12
BLOCK = 128
POSITIONS = 320


class Graph:
    """Nodes and weights as they are added; names are made here."""

    def __init__(self, kinds: dict[str, str], ranges: dict[str, np.ndarray] | None = None) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.kinds = kinds
        self.ranges = ranges or {}
        self.steps: dict[str, str] = {}
        self.n = 0

    def weight(self, name: str, value: np.ndarray) -> str:
        """Add an initialiser."""
        self.weights.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def op(self, kind: str, inputs: list[str], domain: str = "", outputs: int = 1, **attributes: object) -> str:
        """Add a node; the name of its first output."""
        self.n += 1
        names = [f"{kind}_{self.n}"] + [f"{kind}_{self.n}_{k}" for k in range(1, outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, name=f"n{self.n}", **attributes))
        return names[0]

    def kind_of(self, name: str) -> str:
        """How this layer's part is kept."""
        return self.kinds.get(name.split(".")[-1], self.kinds["*"])

    def linear(self, x: str, name: str, w: np.ndarray, b: np.ndarray | None) -> str:
        """``x @ w.T + b`` by the kind chosen for this layer's part."""
        kind = self.kind_of(name)
        if kind == "static":
            return self.static(x, name, w, b)
        if kind == "nbits":
            n, k = w.shape
            blocks = w.reshape(n, k // BLOCK, BLOCK)
            scale = np.abs(blocks).max(-1) / 127.0 + 1e-12
            q = np.clip(np.round(blocks / scale[..., None]), -127, 127) + 128
            inputs = [
                x,
                self.weight(name + ".q", q.astype(np.uint8)),
                self.weight(name + ".s", scale.astype(np.float32).reshape(-1)),
            ]
            y = self.op("MatMulNBits", inputs, "com.microsoft", K=k, N=n, bits=8, block_size=BLOCK, accuracy_level=4)
        elif kind == "dynamic":
            scale = np.abs(w).max(1) / 127.0 + 1e-12
            q = np.clip(np.round(w / scale[:, None]), -127, 127).astype(np.int8).T
            inputs = [x, self.weight(name + ".q", q), self.weight(name + ".s", scale.astype(np.float32)), ""]
            if b is not None:
                inputs.append(self.weight(name + ".b", b.astype(np.float32)))
            return self.op("DynamicQuantizeMatMul", inputs, "com.microsoft")
        elif kind == "stored8":
            scale = np.abs(w).max(1) / 127.0 + 1e-12
            q = self.weight(name + ".q", np.clip(np.round(w / scale[:, None]), -127, 127).astype(np.int8).T)
            f = self.op(
                "Mul", [self.op("Cast", [q], to=TensorProto.FLOAT), self.weight(name + ".s", scale.astype(np.float32)[None])]
            )
            y = self.op("MatMul", [x, f])
        else:
            y = self.op("MatMul", [x, self.weight(name + ".w", w.T.astype(np.float32))])
        return y if b is None else self.op("Add", [y, self.weight(name + ".b", b.astype(np.float32))])

    def step_of(self, name: str) -> np.ndarray:
        """What one unit of eight bits is worth in each channel of a matrix's input."""
        return np.asarray(np.maximum(self.ranges[name], 1e-4) / 127.0)

    def static(self, x: str, name: str, w: np.ndarray, b: np.ndarray | None) -> str:
        """Int8 by int8 with a fixed scale for each channel of the activation; the scales go into the weights."""
        step = self.step_of(name)
        folded = w * step[None]
        scale = np.abs(folded).max(1) / 127.0 + 1e-12
        q = np.clip(np.round(folded / scale[:, None]), -127, 127).astype(np.int8).T
        if x not in self.steps:
            y = x
            if not name.endswith(".out"):  # the values' matrix has these steps in it already
                # A multiplication and one scale for all: the operator with a scale for each channel is twenty times slower.
                y = self.op("Mul", [x, self.weight(name + ".step", (1.0 / step).astype(np.float32))])
            one, zero = (
                self.weight(name + ".unit", np.array(1.0, np.float32)),
                self.weight(name + ".zero", np.array(128, np.uint8)),
            )
            self.steps[x] = self.op("QuantizeLinear", [y, one, zero])
        one, scales = self.weight(name + ".one", np.array(1.0, np.float32)), self.weight(name + ".s", scale.astype(np.float32))
        inputs = [self.steps[x], self.weight(name + ".q", q), one, scales, self.weight(name + ".z", np.array(128, np.uint8)), ""]
        if b is not None:
            inputs.append(self.weight(name + ".b", b.astype(np.float32)))
        return self.op("MatMulIntegerToFloat", inputs, "com.microsoft")


def build(state: dict[str, np.ndarray], kinds: dict[str, str], ranges: dict[str, np.ndarray] | None = None) -> onnx.ModelProto:
    """The graph: ids, segments and parts (b, n) in, logits (b, s, 4) out for parts 1 to s, and (b, 5) for all of them together.

    Texts of a batch are of one length.
    """
    g = Graph(kinds, ranges)
    layers = 1 + max(int(k.split(".")[1]) for k in state if k.startswith("layers."))
    frozen = int(state["frozen"])
    word = state["word.weight"]
    scale = np.abs(word).max(1, keepdims=True) / 127.0 + 1e-12
    table = g.weight("word.q", np.clip(np.round(word / scale), -127, 127).astype(np.int8))
    x = g.op("Cast", [g.op("Gather", [table, "ids"])], to=TensorProto.FLOAT)
    x = g.op("Mul", [x, g.op("Gather", [g.weight("word.s", scale.astype(np.float32)), "ids"])])
    length = g.op("Slice", [g.op("Shape", ["ids"]), *(g.weight(f"c{i}", np.array([i], np.int64)) for i in (1, 2))])
    positions = g.weight("position", state["position.weight"][:POSITIONS])
    x = g.op("Add", [x, g.op("Slice", [positions, g.weight("c0", np.array([0], np.int64)), length])])
    x = norm(g, x, "norm", state)
    for i in range(layers):
        if i == frozen:
            x = g.op("Add", [x, g.op("Gather", [g.weight("segment", state["segment.weight"]), "segments"])])
        p = f"layers.{i}."
        w, b = state[p + "qkv.weight"].copy(), state[p + "qkv.bias"].copy()
        if g.kind_of(p + "out") == "static":
            # Attention is linear in the values, so their matrix can bring its output to eight bits.
            step = g.step_of(p + "out")
            w[768:], b[768:] = w[768:] / step[:, None], b[768:] / step
        q, k, v = (g.linear(x, f"{p}{c}", w[j * 384 : (j + 1) * 384], b[j * 384 : (j + 1) * 384]) for j, c in enumerate("qkv"))
        a = g.op("MultiHeadAttention", [q, k, v], "com.microsoft", num_heads=HEADS)
        a = g.linear(a, p + "out", state[p + "out.weight"], state[p + "out.bias"])
        x = norm(g, g.op("Add", [x, a]), p + "norm1", state)
        u = g.linear(x, p + "up", state[p + "up.weight"], None)
        u = g.op("BiasGelu", [u, g.weight(p + "up.bias", state[p + "up.bias"])], "com.microsoft")
        d = g.linear(u, p + "down", state[p + "down.weight"], state[p + "down.bias"])
        x = norm(g, g.op("Add", [x, d]), p + "norm2", state)
    z = g.op("Tanh", [plain(g, pooled(g, x), "dense", state)])
    g.nodes.append(helper.make_node("Identity", [plain(g, z, "head", state)], ["logits"]))
    # All sentences together: the first position, the largest and the mean of what the head sees of each.
    first = g.op("Gather", [x, "zero"], axis=1)
    most, mean = (g.op(kind, [z], axes=[1], keepdims=0) for kind in ("ReduceMax", "ReduceMean"))
    together = g.op("Concat", [first, most, mean], axis=-1)
    together = g.op("Tanh", [plain(g, together, "whole_dense", state)])
    g.nodes.append(helper.make_node("Identity", [plain(g, together, "whole_head", state)], ["whole"]))
    i64, f32 = TensorProto.INT64, TensorProto.FLOAT
    graph = helper.make_graph(
        g.nodes, "stance",
        [helper.make_tensor_value_info(n, i64, ["batch", "length"]) for n in ("ids", "segments", "parts")],
        [helper.make_tensor_value_info("logits", f32, ["batch", "sentences", 4]),
         helper.make_tensor_value_info("whole", f32, ["batch", 5])], g.weights,
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="claimline")


def plain(g: Graph, x: str, name: str, state: dict[str, np.ndarray]) -> str:
    """A layer of a head, whose weights are kept as they are."""
    y = g.op("MatMul", [x, g.weight(name + ".w", state[name + ".weight"].T)])
    return g.op("Add", [y, g.weight(name + ".b", state[name + ".bias"])])


def norm(g: Graph, x: str, name: str, state: dict[str, np.ndarray]) -> str:
    """Layer normalisation. (The operator fused with the addition before it takes twice the time of the two.)"""
    inputs = [x, g.weight(name + ".g", state[name + ".weight"]), g.weight(name + ".b", state[name + ".bias"])]
    return g.op("LayerNormalization", inputs, epsilon=1e-12, axis=-1)


def pooled(g: Graph, x: str) -> str:
    """For each sentence the first state, the means of claim and sentence, their distance and product: (b, s, 5 h)."""
    one = g.weight("one", np.array(1, np.int64))
    axis = {k: g.weight(f"axis{k}", np.array([k], np.int64)) for k in (0, 1, 2)}
    count = g.op("Add", [g.op("ReduceMax", ["parts"], keepdims=0), one])
    slots = g.op("Range", [g.weight("zero", np.array(0, np.int64)), count, one])
    slots = g.op("Unsqueeze", [slots, g.weight("axes02", np.array([0, 2], np.int64))])
    here = g.op("Equal", [g.op("Unsqueeze", ["parts", axis[1]]), slots])
    m = g.op("Cast", [here], to=TensorProto.FLOAT)
    tokens = g.op("Max", [g.op("ReduceSum", [m, axis[2]], keepdims=1), g.weight("least", np.array(1.0, np.float32))])
    means = g.op("Div", [g.op("MatMul", [m, x]), tokens])
    end = g.weight("end", np.array([np.iinfo(np.int64).max], np.int64))
    first = g.op("Slice", [x, axis[0], axis[1], axis[1]])
    u = g.op("Slice", [means, axis[0], axis[1], axis[1]])
    v = g.op("Slice", [means, axis[1], end, axis[1]])
    shape = g.op("Shape", [v])
    first, u = (g.op("Expand", [t, shape]) for t in (first, u))
    return g.op("Concat", [first, u, v, g.op("Abs", [g.op("Sub", [u, v])]), g.op("Mul", [u, v])], axis=-1)


def load_state(path: Path, frozen: int = 3) -> dict[str, np.ndarray]:
    """A torch checkpoint as arrays, with the number of frozen layers."""
    state = {k: v.float().numpy() for k, v in torch.load(path, weights_only=True).items()}
    return state | {"frozen": np.array(frozen)}


def ranges_of(model: CrossEncoder, rows: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """The largest magnitude of each input channel of each matrix over ``rows``, by the matrix's name."""
    found: dict[str, np.ndarray] = {}

    def watch(names: list[str]) -> Callable[[Any, tuple[torch.Tensor], Any], None]:
        def hook(_: object, inputs: tuple[torch.Tensor], __: object) -> None:
            top = inputs[0].float().abs().flatten(0, 1).max(0).values.numpy()
            for name in names:
                found[name] = np.maximum(found.get(name, 0.0), top)

        return hook

    for i, layer in enumerate(model.layers):
        p = f"layers.{i}."
        layer.qkv.register_forward_hook(watch([p + c for c in "qkv"]))
        for part in ("out", "up", "down"):
            getattr(layer, part).register_forward_hook(watch([p + part]))
    predict(model, rows)
    return found


def answers(path: Path, rows: list[dict[str, Any]]) -> list[np.ndarray]:
    """Probabilities of an exported file, one row at a time."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    out = []
    for r in rows:
        ids, segments, parts, _, _ = collate([r])
        z = session.run(None, {"ids": ids.numpy(), "segments": segments.numpy(), "parts": parts.numpy()})[0][0]
        e = np.exp(z - z.max(-1, keepdims=True))
        out.append(e / e.sum(-1, keepdims=True))
    return out


def main() -> None:
    """Write ``stance.onnx`` and the tokenizer, and say how far its answers are from the trained model's."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--model", type=Path, required=True)
    ap.add_argument("--base", type=Path, required=True)
    ap.add_argument("--rows", type=Path, required=True, help="training rows: the ranges of the activations come from a sample")
    ap.add_argument("--check", type=Path, required=True, help="dev rows: the answers before and after are compared on a sample")
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument(
        "--kinds", default="*=static", help="how matrices are kept: nbits, dynamic, static, stored8 or float, by part"
    )
    args = ap.parse_args()
    kinds = dict(part.split("=") for part in args.kinds.split(","))
    torch.set_num_threads(2)
    tok = Tokenizer.from_file(str(args.base / "tokenizer.json"))
    state = load_state(args.model)
    model = from_base(args.base, list(range(1 + max(int(k.split(".")[1]) for k in state if k.startswith("layers.")))))
    model.load_state_dict(torch.load(args.model, weights_only=True))
    ranges = ranges_of(model, load_rows([args.rows], tok, every=150))
    args.out.mkdir(parents=True, exist_ok=True)
    onnx.save(build(state, kinds, ranges), str(args.out / "stance.onnx"))
    (args.out / "tokenizer.json").write_bytes((args.base / "tokenizer.json").read_bytes())
    print(args.out / "stance.onnx", (args.out / "stance.onnx").stat().st_size // 1024, "KiB")
    rows = load_rows([args.check], tok, every=12)
    before, after = predict(model, rows), answers(args.out / "stance.onnx", rows)
    flat = [np.concatenate([p[: len(q)] for p, q in zip(side, after, strict=True)]) for side in (before, after)]
    same = (flat[0].argmax(1) == flat[1].argmax(1)).mean()
    print(f"{len(flat[0])} sentences: same answer {same:.4f}, mean difference {np.abs(flat[0] - flat[1]).mean():.5f}")
    print("before", scores(rows, before))
    print("after ", scores(rows, after))


if __name__ == "__main__":
    main()
