"""The cross-encoder in torch: a BERT encoder over (claim, passage, context) and a four-way head.

Input: ``<s> claim </s> passage </s> context </s>`` with segment ids 0, 1, 2. Word pieces, positions and the lowest
layers stay as they were (what they know of twelve languages is not to be forgotten, and it halves the cost of a step);
the segment's vector is added above them. The head sees the first position, the
mean of the claim, the mean of the passage, their difference and their product: the difference and the product give
relevance a short way, since the encoder starts as a sentence embedder.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

LABELS = ("supports", "refutes", "neutral", "unrelated")


class Layer(nn.Module):
    """One post-norm BERT layer."""

    def __init__(self, hidden: int, heads: int, ff: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out = nn.Linear(hidden, hidden)
        self.norm1 = nn.LayerNorm(hidden, eps=1e-12)
        self.up = nn.Linear(hidden, ff)
        self.down = nn.Linear(ff, hidden)
        self.norm2 = nn.LayerNorm(hidden, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(b, n, h) -> (b, n, h); ``mask`` is additive, (b, 1, 1, n)."""
        b, n, h = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, h // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        if torch.onnx.is_in_onnx_export():
            a = torch.softmax(q @ k.transpose(-1, -2) * (h // self.heads) ** -0.5 + mask, dim=-1) @ v
        else:
            a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask.to(q.dtype))
        a = a.transpose(1, 2).reshape(b, n, h)
        x = self.norm1(x + self.out(a))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class CrossEncoder(nn.Module):
    """Logits of the four stances."""

    def __init__(self, vocabulary: int, hidden: int = 384, heads: int = 12, ff: int = 1536, layers: int = 12,
                 positions: int = 512, frozen: int = 3) -> None:  # fmt: skip
        super().__init__()
        self.frozen = frozen
        self.word = nn.Embedding(vocabulary, hidden)
        self.position = nn.Embedding(positions, hidden)
        self.segment = nn.Embedding(3, hidden)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)
        self.layers = nn.ModuleList(Layer(hidden, heads, ff) for _ in range(layers))
        self.dense = nn.Linear(5 * hidden, hidden)
        self.head = nn.Linear(hidden, len(LABELS))
        for module in (self.word, self.position, self.norm, *self.layers[:frozen]):
            module.requires_grad_(False)

    def encode(self, ids: Tensor, segments: Tensor) -> tuple[Tensor, Tensor]:
        """Token states (b, n, h) and the mask of real tokens (b, n)."""
        real = (ids != 1).to(self.position.weight.dtype)
        place = torch.arange(ids.shape[1], device=ids.device)
        mask = (1.0 - real)[:, None, None, :] * -1e4
        with torch.no_grad():
            x = self.norm(self.word(ids) + self.position(place)[None])
            for layer in self.layers[: self.frozen]:
                x = layer(x, mask)
        x = x + self.segment(segments)
        for layer in self.layers[self.frozen :]:
            x = layer(x, mask)
        return x, real

    def forward(self, ids: Tensor, segments: Tensor) -> Tensor:
        """ids, segments (b, n) -> logits (b, 4)."""
        x, real = self.encode(ids, segments)
        x = x.float()
        one = real * (segments == 0)
        two = real * (segments == 1)
        u = (x * one[..., None]).sum(1) / one.sum(1, keepdim=True).clamp(min=1.0)
        v = (x * two[..., None]).sum(1) / two.sum(1, keepdim=True).clamp(min=1.0)
        z = torch.cat([x[:, 0], u, v, (u - v).abs(), u * v], dim=-1)
        z = torch.tanh(self.dense(F.dropout(z, 0.1, self.training)))
        return self.head(F.dropout(z, 0.1, self.training))


def from_base(base: Path, keep: list[int] | None = None) -> CrossEncoder:
    """A model that starts from the dequantised encoder; ``keep`` lists the layers to keep."""
    t = {k: torch.from_numpy(v.astype(np.float32)) for k, v in np.load(base / "base.npz").items()}
    vocabulary, hidden = t["emb.word"].shape
    keep = keep if keep is not None else list(range(12))
    model = CrossEncoder(vocabulary, hidden, layers=len(keep))
    state = model.state_dict()
    state["word.weight"] = t["emb.word"]
    state["position.weight"] = t["emb.pos"].view(-1, hidden) + t["emb.type"].view(-1, hidden)[:1]
    state["segment.weight"] = torch.zeros(3, hidden)
    state["norm.weight"], state["norm.bias"] = t["emb.ln.w"], t["emb.ln.b"]
    for new, old in enumerate(keep):
        w, p = f"layers.{new}.", f"l{old}."
        state[w + "qkv.weight"] = torch.cat([t[p + f"{c}.w"].view(hidden, hidden) for c in "qkv"])
        state[w + "qkv.bias"] = torch.cat([t[p + f"{c}.b"] for c in "qkv"])
        state[w + "out.weight"], state[w + "out.bias"] = t[p + "ao.w"].view(hidden, hidden), t[p + "ao.b"]
        state[w + "norm1.weight"], state[w + "norm1.bias"] = t[p + "aln.w"], t[p + "aln.b"]
        state[w + "up.weight"], state[w + "up.bias"] = t[p + "fi.w"].view(-1, hidden), t[p + "fi.b"]
        state[w + "down.weight"], state[w + "down.bias"] = t[p + "fo.w"].view(hidden, -1), t[p + "fo.b"]
        state[w + "norm2.weight"], state[w + "norm2.bias"] = t[p + "oln.w"], t[p + "oln.b"]
    model.load_state_dict(state)
    return model


def embed(model: CrossEncoder, ids: Tensor) -> Tensor:
    """Mean-pooled unit vectors, as the sentence embedder gives them: the check of the dequantisation."""
    x, real = model.encode(ids, torch.zeros_like(ids))
    v = (x * real[..., None]).sum(1) / real.sum(1, keepdim=True)
    return F.normalize(v, dim=-1)
