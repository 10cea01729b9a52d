"""Train the cross-encoder on rows of ``stage1`` or ``stage2``.

    python -m training.train --base DIR --rows rows.jsonl --out DIR [--start ckpt.pt] --steps N | --minutes M

Batches hold a fixed number of tokens and pairs of like length. The learning rate warms up and falls linearly over
the steps (or the minutes) given. An exponential mean of the weights is kept and is what comes out. A checkpoint with
the optimiser is written every few minutes; ``--resume`` goes on from it.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from training import corpus_files
from training.model import LABELS, WHOLE, CrossEncoder, from_base
from training.stage2 import together

BOS, PAD, EOS = 0, 1, 2
UNRELATED = [float(label == "unrelated") for label in WHOLE]
MAX_CLAIM, MAX_SENTENCE, MAX_LENGTH = 48, 128, 300


def encode(tok: Tokenizer, rows: list[dict[str, Any]]) -> None:
    """Give each row its ids, segments and parts; a title (``title`` is true) is the first sentence, as segment 2."""
    claims = tok.encode_batch_fast([r["c"] for r in rows], add_special_tokens=False)
    flat = tok.encode_batch_fast([s for r in rows for s in r["d"]], add_special_tokens=False)
    at = 0
    for r, claim in zip(rows, claims, strict=True):
        one = claim.ids[:MAX_CLAIM]
        ids, segments, parts = [BOS, *one, EOS], [0] * (len(one) + 2), [0] * (len(one) + 2)
        for k in range(len(r["d"])):
            piece = flat[at + k].ids[:MAX_SENTENCE]
            ids += [*piece, EOS]
            segments += [2 if k == 0 and r.get("title") else 1] * (len(piece) + 1)
            parts += [k + 1] * (len(piece) + 1)
        at += len(r["d"])
        r["ids"], r["seg"], r["part"] = ids[:MAX_LENGTH], segments[:MAX_LENGTH], parts[:MAX_LENGTH]


def load_rows(paths: list[Path], tok: Tokenizer, *, every: int = 1) -> list[dict[str, Any]]:
    """Rows with their token ids and a multi-hot target for each sentence; with ``every`` a sample of one in so many."""
    rows = [row for path in paths for row in corpus_files.read(path)]
    rows = rows[::every]
    encode(tok, rows)
    for r in rows:
        r["t"] = [[1.0 if label in y else 0.0 for label in LABELS] for y in r["y"]]
        said = together(r["y"][: r["part"][-1]])
        r["h"] = [1.0 if label in said else 0.0 for label in WHOLE]
    return rows


def batches(rows: list[dict[str, Any]], budget: int, rng: random.Random) -> Iterator[list[dict[str, Any]]]:
    """One epoch: shuffled, sorted by length inside large chunks, cut by tokens, shuffled again."""
    order = list(range(len(rows)))
    rng.shuffle(order)
    for at in range(0, len(order), 4096):
        chunk = sorted(order[at : at + 4096], key=lambda i: len(rows[i]["ids"]))
        cut: list[list[dict[str, Any]]] = [[]]
        for i in chunk:
            if cut[-1] and (len(cut[-1]) + 1) * len(rows[i]["ids"]) > budget:
                cut.append([])
            cut[-1].append(rows[i])
        rng.shuffle(cut)
        yield from cut


def collate(batch: list[dict[str, Any]]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """ids, segments, parts (b, n), targets (b, s, 4) and weights (b, s); a sentence without a target weighs nothing."""
    n = max(len(r["ids"]) for r in batch)
    s = max(r["part"][-1] for r in batch)
    ids = np.full((len(batch), n), PAD, dtype=np.int64)
    seg = np.full((len(batch), n), 1, dtype=np.int64)
    part = np.full((len(batch), n), -1, dtype=np.int64)
    t = np.zeros((len(batch), s, len(LABELS)), dtype=np.float32)
    w = np.zeros((len(batch), s), dtype=np.float32)
    for i, r in enumerate(batch):
        k = len(r["ids"])
        ids[i, :k], seg[i, :k], part[i, :k] = r["ids"], r["seg"], r["part"]
        for j, target in enumerate(r["t"][: r["part"][-1]]):
            t[i, j] = target
            w[i, j] = r.get("w", 1.0) * (r["v"][j] if "v" in r else 1.0) if any(target) else 0.0
    return tuple(torch.from_numpy(a) for a in (ids, seg, part, t, w))  # type: ignore[return-value]


def loss_of(logits: Tensor, targets: Tensor, weights: Tensor, smooth: float = 0.03) -> Tensor:
    """Weighted negative log of the probability of the allowed labels, a little smoothed."""
    logp = torch.log_softmax(logits.float(), -1)
    allowed = torch.logsumexp(logp + torch.log(targets.clamp(min=1e-9)), -1)
    return -((1 - smooth) * allowed + smooth * logp.mean(-1)).mul(weights).sum() / weights.sum().clamp(min=1e-6)


# What a row says as a whole weighs this much beside what its sentences say; rows that touch nothing are many and weigh less.
WHOLE_WEIGHT, UNTOUCHED = 1.0, 0.6


def whole_loss(logits: Tensor, batch: list[dict[str, Any]]) -> Tensor:
    """The same for the rows as wholes; logits (b, 5)."""
    targets = torch.tensor([r["h"] for r in batch])
    weights = [r.get("w", 1.0) * (UNTOUCHED if r["h"] == UNRELATED else 1.0) for r in batch]
    return loss_of(logits, targets, torch.tensor(weights))


def predict(model: CrossEncoder, rows: list[dict[str, Any]], budget: int = 6144) -> list[np.ndarray]:
    """Probabilities (sentences, 4) of each row, in the rows' order."""
    model.eval()
    out: list[np.ndarray] = [np.zeros((0, 4), dtype=np.float32)] * len(rows)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]["ids"]))
    at = 0
    with torch.inference_mode():
        while at < len(order):
            n = max(1, min(128, budget // max(8, len(rows[order[min(at + 127, len(order) - 1)]]["ids"]))))
            group = order[at : at + n]
            ids, seg, part, _, _ = collate([rows[i] for i in group])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                p = torch.softmax(model(ids, seg, part)[0].float(), -1).numpy()
            for i, row in zip(group, p, strict=True):
                out[i] = row[: len(rows[i]["d"])]
            at += n
    model.train()
    return out


def scores(rows: list[dict[str, Any]], probs: list[np.ndarray]) -> dict[str, dict[str, float]]:
    """Accuracy and macro-F1 by source over sentences with a target; where several labels are allowed any is right."""
    flat: dict[str, list[tuple[list[str], np.ndarray]]] = {}
    for r, p in zip(rows, probs, strict=True):
        flat.setdefault(r["s"], []).extend((y, q) for y, q in zip(r["y"], p, strict=False) if y)
    out = {}
    for source, pairs in sorted(flat.items()):
        gold = [y for y, _ in pairs]
        names = sorted({y for g in gold for y in g}, key=LABELS.index)
        p = np.array([q for _, q in pairs])
        if "unrelated" not in names:  # the source does not know it: it is neutral there
            p[:, 2] += p[:, 3]
            p[:, 3] = 0.0
        pred = [LABELS[k] for k in p.argmax(1)]
        right = [a in g for a, g in zip(pred, gold, strict=True)]
        f1 = []
        for name in names:
            tp = sum(a == name and name in g for a, g in zip(pred, gold, strict=True))
            fp = sum(a == name and name not in g for a, g in zip(pred, gold, strict=True))
            fn = sum(a not in g and g[0] == name for a, g in zip(pred, gold, strict=True))
            f1.append(2 * tp / max(1, 2 * tp + fp + fn))
        each = {n[:3]: round(f, 3) for n, f in zip(names, f1, strict=True)}
        out[source] = {"n": len(pairs), "acc": round(float(np.mean(right)), 3), "f1": round(float(np.mean(f1)), 3), **each}
    return out


@dataclass
class Run:
    """A model in training with its optimiser and the mean of its weights; ``fresh`` are its parts that start from nothing."""

    args: argparse.Namespace
    model: CrossEncoder
    rows: list[dict[str, Any]]
    dev: list[dict[str, Any]]
    fresh: frozenset[str]
    step: int = 0
    spent: float = 0.0
    epoch: int = 0
    losses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.live = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        new = [p for n, p in self.live.items() if n.split(".")[0] in self.fresh]
        old = [p for n, p in self.live.items() if n.split(".")[0] not in self.fresh]
        # A head that starts from nothing learns faster.
        groups = [{"params": old, "factor": 1.0}, {"params": new, "factor": 4.0}]
        self.opt = torch.optim.AdamW(groups, lr=self.args.rate, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
        self.mean = {n: p.detach().clone() for n, p in self.live.items()}
        self.started = time.time()

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.opt.load_state_dict(state["opt"])
        self.mean, self.step, self.spent, self.epoch = state["mean"], state["step"], state["spent"], state["epoch"]
        self.started = time.time() - self.spent

    def save(self) -> None:
        """``last.pt`` for going on, ``ema.pt`` for use; written aside and moved, so that neither is ever half there."""
        state = {"model": self.model.state_dict(), "opt": self.opt.state_dict(), "mean": self.mean, "step": self.step,
                 "spent": self.spent, "epoch": self.epoch}  # fmt: skip
        for name, what in (("last.pt", state), ("ema.pt", self.averaged())):
            torch.save(what, self.args.out / "tmp")
            (self.args.out / "tmp").replace(self.args.out / name)

    def averaged(self) -> dict[str, Tensor]:
        """The model's state with the mean of its weights."""
        return {n: self.mean.get(n, p).detach().clone() for n, p in self.model.state_dict().items()}

    def look(self) -> None:
        """Print the scores of the mean model on dev."""
        now = {n: p.detach().clone() for n, p in self.model.state_dict().items()}
        self.model.load_state_dict(self.averaged())
        print(json.dumps({"step": self.step, "dev": scores(self.dev, predict(self.model, self.dev))}), flush=True)
        self.model.load_state_dict(now)

    def progress(self) -> float:
        """From 0 to 1 over the steps or the minutes given."""
        self.spent = time.time() - self.started
        return self.step / self.args.steps if self.args.steps else self.spent / 60 / self.args.minutes

    def learn(self, batch: list[dict[str, Any]], progress: float) -> None:
        """One step."""
        for g in self.opt.param_groups:
            g["lr"] = self.args.rate * g["factor"] * max(0.02, min(1.0, progress / 0.06) * (1 - progress))
        ids, seg, part, t, w = collate(batch)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, whole = self.model(ids, seg, part)
        loss = loss_of(logits, t, w) + WHOLE_WEIGHT * whole_loss(whole, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(self.live.values()), 1.0)
        self.opt.step()
        self.opt.zero_grad()
        self.step += 1
        decay = min(self.args.ema, (1 + self.step) / (10 + self.step))
        for n, p in self.live.items():
            self.mean[n].lerp_(p.detach(), 1 - decay)
        self.losses.append(loss.item())

    def train(self) -> None:
        """Until progress is 1; saves every three minutes, looks at dev every ``--every``."""
        saved = looked = time.time()
        seen, began = 0, time.time()
        self.model.train()
        while True:
            for batch in batches(self.rows, self.args.tokens, random.Random(self.args.seed * 1000 + self.epoch)):
                if (progress := self.progress()) >= 1.0 or (self.args.until and self.step >= self.args.until):
                    return
                self.learn(batch, progress)
                seen += len(batch)
                if self.step % 50 == 0:
                    rate = seen / max(1e-9, time.time() - began)
                    loss = np.mean(self.losses[-50:])
                    print(f"{self.step} {progress:.3f} loss {loss:.4f} {rate:.1f} pairs/s epoch {self.epoch}", flush=True)
                if time.time() - saved > 180:
                    self.save()
                    saved = time.time()
                if self.dev and time.time() - looked > self.args.every * 60:
                    self.look()
                    looked = time.time()
            self.epoch += 1


def main() -> None:
    """Train; ``ema.pt`` is the result, ``done`` says that it is finished."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--base", type=Path, required=True)
    ap.add_argument("--rows", type=Path, nargs="+", required=True)
    ap.add_argument("--dev", type=Path, nargs="*", default=[])
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--start", type=Path)
    ap.add_argument("--resume", action="store_true")
    ap.add_argument("--layers", type=int, default=9)
    ap.add_argument("--steps", type=int, default=0)
    ap.add_argument("--until", type=int, default=0, help="stop at this step of the schedule")
    ap.add_argument("--minutes", type=float, default=0.0)
    ap.add_argument("--tokens", type=int, default=4096)
    ap.add_argument("--rate", type=float, default=2e-4)
    ap.add_argument("--drop", type=float, default=0.0, help="share of channels dropped after each half of a layer that learns")
    ap.add_argument("--ema", type=float, default=0.995)
    ap.add_argument("--every", type=float, default=11.0, help="minutes between looks at dev")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--seed", type=int, default=7)
    args = ap.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    args.out.mkdir(parents=True, exist_ok=True)
    tok = Tokenizer.from_file(str(args.base / "tokenizer.json"))
    model = from_base(args.base, list(range(args.layers)))
    for layer in model.layers[model.frozen :]:
        layer.drop.share = args.drop
    fresh = frozenset({"dense", "head", "whole_dense", "whole_head"})
    if args.start:
        state = torch.load(args.start, weights_only=True)
        fresh = frozenset(name.split(".")[0] for name in model.state_dict() if name not in state)
        model.load_state_dict(model.state_dict() | state)
    run = Run(args, model, load_rows(args.rows, tok), load_rows(args.dev, tok) if args.dev else [], fresh)
    if args.resume and (args.out / "last.pt").exists():
        run.resume(args.out / "last.pt")
    print(len(run.rows), "rows", len(run.dev), "dev", sum(p.numel() for p in run.live.values()), "trained", flush=True)
    run.train()
    run.save()
    if run.dev:
        run.look()
    (args.out / "done").touch()


if __name__ == "__main__":
    main()
