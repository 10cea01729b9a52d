"""The bundled model's weights as a checkpoint, so that training can go on from what is shipped.

    python -m training.bundle --weights claimline/matching/weights --base DIR --out start.pt

The eight-bit matrices are multiplied out with their scales; what rounding took away stays away, which a few hundred steps mend.
The word vectors come from the bundle too, so the tokenizer must be the base's (it is checked).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from training.model import CrossEncoder, from_base

PLAIN = {
    "segment": "segment.weight",
    "norm.g": "norm.weight",
    "norm.b": "norm.bias",
}


def matrix(kept: dict[str, np.ndarray], name: str) -> np.ndarray:
    """One eight-bit matrix, (out, in): the scale an output, and of each input the step that was folded in."""
    w = kept[name + ".q"].T.astype(np.float32) * kept[name + ".s"][:, None]
    if name.endswith(".out") and name + ".step" not in kept:
        return np.asarray(w)  # what comes in was brought to its steps by the values' matrix, and stays so
    # The step stands with the first matrix that reads a tensor; the others of that tensor share it.
    first = name if name + ".step" in kept else name.rsplit(".", 1)[0] + ".q"
    return np.asarray(w * kept[first + ".step"][None])


def balanced(v: np.ndarray, bias: np.ndarray, out: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The values' matrix (values, in) with its bias and the matrix that reads them (out, values), of like size for each value.

    The bundle's values are counted in steps, so that the one is some 10,000 times the other. The product is the same, but a
    learner that moves every weight by about its rate would wipe out what reads them.
    """
    size = np.sqrt(np.linalg.norm(out, axis=0) / np.linalg.norm(v, axis=1).clip(1e-12))
    return v * size[:, None], bias * size, out / size.clip(1e-12)


def state_of(path: Path, model: CrossEncoder) -> dict[str, torch.Tensor]:
    """The state of ``model`` (already shaped as the bundle) with the bundle's weights."""
    kept = {t.name: numpy_helper.to_array(t) for t in onnx.load(str(path)).graph.initializer}
    state = model.state_dict()

    def put(name: str, value: np.ndarray) -> None:
        state[name] = torch.from_numpy(np.array(value, dtype=np.float32)).reshape(state[name].shape)

    put("word.weight", kept["word.q"].astype(np.float32) * kept["word.s"])
    for short, name in PLAIN.items():
        put(name, kept[short])
    for name in ("dense", "head", "whole_dense", "whole_head"):
        put(name + ".weight", kept[name + ".w"].T)
        put(name + ".bias", kept[name + ".b"])
    for i in range(len(model.layers)):
        p = f"layers.{i}."
        q, k, v, out = (matrix(kept, p + c) for c in ("q", "k", "v", "out"))
        v, bias, out = balanced(v, kept[p + "v.b"], out)
        put(p + "qkv.weight", np.concatenate([q, k, v]))
        put(p + "qkv.bias", np.concatenate([kept[p + "q.b"], kept[p + "k.b"], bias]))
        put(p + "out.weight", out)
        put(p + "out.bias", kept[p + "out.b"])
        for part in ("up", "down"):
            put(f"{p}{part}.weight", matrix(kept, p + part))
            put(f"{p}{part}.bias", kept[f"{p}{part}.bias" if part == "up" else f"{p}{part}.b"])
        for part in ("norm1", "norm2"):
            put(f"{p}{part}.weight", kept[f"{p}{part}.g"])
            put(f"{p}{part}.bias", kept[f"{p}{part}.b"])
    return state


def main() -> None:
    """Write the checkpoint."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--weights", type=Path, default=Path("claimline/matching/weights"))
    ap.add_argument("--base", type=Path, required=True)
    ap.add_argument("--layers", type=int, default=9)
    ap.add_argument("--out", type=Path, required=True)
    args = ap.parse_args()
    if (args.weights / "tokenizer.json").read_bytes() != (args.base / "tokenizer.json").read_bytes():
        raise SystemExit(
            f"{args.base / 'tokenizer.json'}: not the tokenizer of the bundled model; make the base with the same texts"
        )
    model = from_base(args.base, list(range(args.layers)))
    torch.save(state_of(args.weights / "stance.onnx", model), args.out)


if __name__ == "__main__":
    main()
