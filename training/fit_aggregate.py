"""Fit what stands between windows and articles: the windows' calibration, the aggregation's weights, the threshold.

    python -m training.fit_aggregate --corpus training/corpus --weights claimline/matching/weights

Runs the product's own cutter and retriever with the exported model on the articles of dev, so that what is fitted is
what runs. Cross-validated by topic; nothing of test or of any other labelled article is looked at.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import Figures, calibration_error, figures, lines_of
from claimline.matching import passages
from claimline.matching.aggregate import ORDER, side_features, touch_features
from claimline.matching.retrieve import Embedder, Retriever
from claimline.matching.stance import OnnxEngine, Pair, StanceProbs
from claimline.models import ClaimSpec
from training.stage2 import read

STANCES = ("supports", "refutes", "neutral", "unrelated")
SIDE, TOUCH = 6, 4
# The lowest threshold is taken at which no more of the decided pairs are on the wrong side.
WRONG_SIDE = 0.045


@dataclass
class Case:
    """One (article, claim): logits of its windows and its label."""

    topic: str
    lang: str
    label: str
    logits: np.ndarray
    article: str
    claim: str


def text_of(article: dict[str, Any]) -> str:
    """The article's text: sentences joined, paragraphs apart."""
    out = ""
    for s in article["sentences"]:
        out += ("\n\n" if s.get("paragraph") else " ") + s["text"] if out else s["text"]
    return out


def windows_of(articles: Sequence[dict[str, Any]], cache: Path | None = None) -> list[dict[str, Any]]:
    """Every pair of the articles with the windows that retrieval keeps. They do not depend on the model: ``cache`` keeps them."""
    if cache and cache.exists():
        return read(cache)
    by_topic: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for a in articles:
        by_topic[a["topic"]].append(a)
    embedder, found = Embedder(), []
    for topic, mine in by_topic.items():
        statements = {c: s for a in mine for c, s in a["claims"].items()}
        ids = sorted(statements)
        retriever = Retriever([ClaimSpec(c, statements[c]) for c in ids], (), embedder)
        for a in mine:
            cut = passages.split(text_of(a), lang=a["lang"], title=a["title"])
            kept = dict(zip(ids, retriever.candidates(cut), strict=True))
            for claim in a["claims"]:
                windows = [(cut[k.passage].text, cut[k.passage].context) for k in kept[claim]]
                pair = {"topic": topic, "lang": a["lang"], "label": a["labels"][claim], "article": a["id"], "claim": claim}
                found.append(pair | {"statement": statements[claim], "windows": windows})
    if cache:
        cache.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in found), encoding="utf-8")
    return found


def collect(found: Sequence[dict[str, Any]], engine: OnnxEngine) -> list[Case]:
    """The pairs with the model's logits of their windows."""
    logits = engine.logits([Pair(r["statement"], text, context) for r in found for text, context in r["windows"]])
    cases, at = [], 0
    for r in found:
        n = len(r["windows"])
        cases.append(Case(r["topic"], r["lang"], r["label"], logits[at : at + n], r["article"], r["claim"]))
        at += n
    return cases


def descend(loss: Callable[[np.ndarray], float], x: np.ndarray, steps: int = 400, rate: float = 0.05) -> np.ndarray:
    """Adam with numeric gradients: a dozen numbers, a few hundred rows."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    for t in range(1, steps + 1):
        eye = np.eye(len(x)) * 1e-3
        g = np.array([(loss(x + e) - loss(x - e)) / 2e-3 for e in eye])
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        x = x - rate * (1 - t / steps) * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
    return x


def softmax(z: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def calibrate(logits: np.ndarray, gold: np.ndarray) -> dict[str, Any]:
    """A common scale and a bias a label (the last is zero) that make the windows' probabilities mean what they say."""

    def loss(x: np.ndarray) -> float:
        p = softmax(logits * np.exp(x[0]) + np.append(x[1:], 0.0))
        return float(-np.log(p[np.arange(len(gold)), gold] + 1e-9).mean() + 0.002 * (x**2).sum())

    x = descend(loss, np.zeros(4), 250)
    return {"scale": round(float(np.exp(x[0])), 4), "bias": [round(float(b), 4) for b in (*x[1:], 0.0)]}


def features(cases: Sequence[Case], calibration: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of support, of refutation and of touch for each case; all zero but the first where nothing was found."""
    s, r, t = [], [], []
    for c in cases:
        if not len(c.logits):
            continue
        p = softmax(c.logits * calibration["scale"] + np.array(calibration["bias"]))
        probs = [StanceProbs(*map(float, row)) for row in p]
        s.append(side_features(probs, "supports", "refutes"))
        r.append(side_features(probs, "refutes", "supports"))
        t.append(touch_features(probs))
    return np.array(s), np.array(r), np.array(t)


def five(x: np.ndarray, f: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    """The fold of ``aggregate.fold`` over many cases, in the order of ``ORDER``."""
    w, u, mixed = x[:SIDE], x[SIDE : SIDE + TOUCH], x[SIDE + TOUCH]
    s, r, n = (1 / (1 + np.exp(-np.clip(a @ b, -30, 30))) for a, b in zip(f, (w, w, u), strict=True))
    rest = (1 - s) * (1 - r)
    raw = np.stack([s * (1 - r), r * (1 - s), rest * n, s * r * np.exp(mixed), rest * (1 - n)], axis=1)
    return np.asarray(raw / raw.sum(1, keepdims=True))


START = np.array([0.0, 0.7, 0.3, 0.0, 0.0, 0.0, 0.0, 0.5, 0.2, 0.3, 0.0])


def fit(f: tuple[np.ndarray, np.ndarray, np.ndarray], gold: np.ndarray, ridge: float = 0.01) -> np.ndarray:
    """Weights by maximum likelihood, held near a plain rule."""

    def loss(x: np.ndarray) -> float:
        p = five(x, f)
        return float(-np.log(p[np.arange(len(gold)), gold] + 1e-9).mean() + ridge * ((x - START) ** 2).sum())

    return descend(loss, START.copy(), 300)


def chosen(probs: np.ndarray, gold: np.ndarray, lean: float) -> tuple[np.ndarray, Figures]:
    """The labels chosen with *mixed* favoured by ``lean``, and their figures."""
    best = (probs * np.array([lean if k == "mixed" else 1.0 for k in ORDER])).argmax(1)
    return best, figures([ORDER[g] for g in gold], [ORDER[b] for b in best], ORDER)


def main() -> None:
    """Write calibration into engine.json and the aggregation's weights into aggregate.json."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--corpus", type=Path, default=Path("training/corpus"))
    ap.add_argument("--weights", type=Path, default=Path("claimline/matching/weights"))
    ap.add_argument("--rows", type=Path, required=True, help="dev.jsonl of training.stage2, for the windows' calibration")
    ap.add_argument("--split", default="dev")
    ap.add_argument("--cache", type=Path, help="keeps the windows that retrieval found, for the next time")
    args = ap.parse_args()
    engine = OnnxEngine(args.weights)
    config = json.loads((args.weights / "engine.json").read_text(encoding="utf-8"))
    rows = [r for r in read(args.rows) if len(r["y"]) == 1]
    logits = engine.logits([Pair(r["c"], r["p"], r["x"]) for r in rows])
    gold = np.array([STANCES.index(r["y"][0]) for r in rows])
    config["calibration"] = calibrate(logits, gold)
    p = softmax(logits * config["calibration"]["scale"] + np.array(config["calibration"]["bias"]))
    for kind in ("passage", "window"):
        k = np.array([i for i, r in enumerate(rows) if r["s"] == kind])
        f = figures([STANCES[g] for g in gold[k]], [STANCES[a] for a in p[k].argmax(1)])
        print(kind, "n", f.n, "accuracy", round(f.accuracy, 3), "macro-F1", round(f.macro_f1, 3),
              "ece", round(calibration_error(list(p[k].max(1)), list(p[k].argmax(1) == gold[k])), 3))  # fmt: skip

    articles = [a for a in read(args.corpus / "articles.jsonl") if a["split"] == args.split]
    cases = collect(windows_of(articles, args.cache), engine)
    lost = [c for c in cases if not len(c.logits)]
    print("pairs", len(cases), "without windows", len(lost), "of which touched", sum(c.label != "unrelated" for c in lost))
    cases = [c for c in cases if len(c.logits)]
    f = features(cases, config["calibration"])
    gold = np.array([ORDER.index(c.label) for c in cases])
    topics = sorted({c.topic for c in cases})
    probs = np.zeros((len(cases), 5))
    for k in range(6):
        held = {t for i, t in enumerate(topics) if i % 6 == k}
        out = np.array([c.topic in held for c in cases])
        x = fit(tuple(a[~out] for a in f), gold[~out])  # type: ignore[arg-type]
        probs[out] = five(x, tuple(a[out] for a in f))  # type: ignore[arg-type]
    lean = max((1.0, 1.5, 2.0, 2.5, 3.0), key=lambda m: chosen(probs, gold, m)[1].macro_f1)
    best, report = chosen(probs, gold, lean)
    sure_of = probs[np.arange(len(gold)), best]
    ece = calibration_error(list(sure_of), list(best == gold))
    print(f"cross-validated: accuracy {report.accuracy:.3f} macro-F1 {report.macro_f1:.3f} ece {ece:.3f} lean {lean}")
    print("\n".join(lines_of(report)))
    wrong = np.array([{ORDER[g], ORDER[b]} == {"supports", "refutes"} for g, b in zip(gold, best, strict=True)])
    threshold = 0.0
    for t in (0.6, 0.5, 0.46, 0.42, 0.38, 0.34):
        sure = sure_of >= t
        threshold = t if wrong[sure].mean() <= WRONG_SIDE else threshold
        right = (best == gold)[sure].mean()
        print(f"  threshold {t}: decided {sure.mean():.2f}, right {right:.2f}, wrong side {wrong[sure].mean():.3f}")
    x = fit(f, gold)
    params = {"side": [round(float(v), 4) for v in x[:SIDE]], "touch": [round(float(v), 4) for v in x[SIDE : SIDE + TOUCH]],
              "mixed": round(float(x[-1]), 4), "threshold": threshold, "lean": lean}  # fmt: skip
    print(params, config["calibration"])
    (args.weights / "aggregate.json").write_text(json.dumps(params) + "\n", encoding="utf-8")
    (args.weights / "engine.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
