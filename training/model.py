"""The cross-encoder in torch: a BERT encoder over a claim and some sentences of a text, and a four-way head for each sentence.

Input: ``<s> claim </s> sentence </s> sentence </s> ...`` with segment ids 0 (claim), 1 (sentence), 2 (title), and a part for
each piece: 0 for the claim, k for the k-th sentence. All sentences are read together, so each is understood in its
article, and one pass answers for all of them. Word pieces, positions and the lowest layers stay as they were (what
they know of twelve languages is not to be forgotten, and it halves the cost of a step); the segment's vector is added above
them. The head sees the first position, the mean of the claim, the mean of the sentence, their difference and their product: the
last two give relevance a short way, since the encoder starts as a sentence embedder. A second head says what all of the
sentences say together: it sees the first position and the largest and the mean of what the first head made of each sentence.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from claimline.matching.aggregate import ORDER
from claimline.matching.stance import STANCES

# What a sentence says, and what all that is read at once says: in the product's order.
LABELS, WHOLE = STANCES, ORDER


class Dropout(nn.Module):
    """Drops whole channels of a text, the same at each of its places: as good as a draw for each number, and costs nothing."""

    def __init__(self, share: float = 0.0) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """(b, n, h) -> (b, n, h); unchanged outside of training."""
        if not self.training or not self.share:
            return x
        kept = torch.rand(x.shape[0], 1, x.shape[2]) >= self.share
        return x * (kept.to(x.dtype) / (1 - self.share))


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
        self.drop = Dropout()

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(b, n, h) -> (b, n, h); ``mask`` is additive, (b * heads, n, n)."""
        b, n, h = x.shape
        size = h // self.heads
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, size).permute(2, 0, 3, 1, 4).reshape(3, b * self.heads, n, size).unbind(0)
        # Plain products, in one precision: going back, the fused attention of torch is four times slower in bf16 here.
        with torch.autocast("cpu", enabled=False):
            score = torch.baddbmm(mask.to(q.dtype), q, k.transpose(1, 2), alpha=size**-0.5)
            a = torch.bmm(torch.softmax(score, -1), v)
        a = a.view(b, self.heads, n, size).transpose(1, 2).reshape(b, n, h)
        x = self.norm1(x + self.drop(self.out(a)))
        return self.norm2(x + self.drop(self.down(F.gelu(self.up(x)))))


class CrossEncoder(nn.Module):
    """Logits of the four stances for each sentence."""

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
        self.whole_dense = nn.Linear(3 * hidden, hidden)
        self.whole_head = nn.Linear(hidden, len(WHOLE))
        for module in (self.word, self.position, self.norm, *self.layers[:frozen]):
            module.requires_grad_(False)

    def encode(self, ids: Tensor, segments: Tensor) -> Tensor:
        """Token states (b, n, h)."""
        real = (ids != 1).to(self.position.weight.dtype)
        place = torch.arange(ids.shape[1], device=ids.device)
        (b, n), heads = ids.shape, self.layers[0].heads
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else real.dtype
        mask = ((1.0 - real) * -1e4).to(kind)[:, None, None, :].expand(b, heads, n, n).reshape(b * heads, n, n)
        with torch.no_grad():
            x = self.norm(self.word(ids) + self.position(place)[None])
            for layer in self.layers[: self.frozen]:
                x = layer(x, mask)
        x = x + self.segment(segments)
        for layer in self.layers[self.frozen :]:
            x = layer(x, mask)
        return x

    def forward(self, ids: Tensor, segments: Tensor, parts: Tensor) -> tuple[Tensor, Tensor]:
        """ids, segments, parts (b, n) -> logits (b, s, 4) for parts 1 to s, and (b, 5) for them all together; -1 is padding."""
        x = self.encode(ids, segments).float()
        count = int(parts.max()) + 1
        pool = (parts[:, None, :] == torch.arange(count)[None, :, None]).float()
        sizes = pool.sum(-1, keepdim=True)
        means = (pool / sizes.clamp(min=1.0)) @ x
        u, v = means[:, :1], means[:, 1:]
        first = x[:, :1].expand_as(v)
        z = torch.cat([first, u.expand_as(v), v, (u - v).abs(), u * v], dim=-1)
        z = torch.tanh(self.dense(F.dropout(z, 0.1, self.training)))
        there = (sizes[:, 1:] > 0).float()
        most = (z * there - (1.0 - there)).amax(1)
        mean = (z * there).sum(1) / there.sum(1).clamp(min=1.0)
        together = torch.cat([x[:, 0], most, mean], dim=-1)
        together = torch.tanh(self.whole_dense(F.dropout(together, 0.1, self.training)))
        return self.head(F.dropout(z, 0.1, self.training)), self.whole_head(F.dropout(together, 0.1, self.training))


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
    real = (ids != 1).float()
    x = model.encode(ids, torch.zeros_like(ids))
    v = (x * real[..., None]).sum(1) / real.sum(1, keepdim=True)
    return F.normalize(v, dim=-1)
