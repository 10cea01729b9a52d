"""Fit what stands between windows and articles: the windows' calibration, the aggregation's weights, the threshold.

    python -m training.fit_aggregate --corpus training/corpus --rows dev.jsonl [--data train.jsonl.gz]

Runs the product's own cutter and retriever with the exported model on the articles of dev, so that what is fitted is what
runs. With ``--data`` the lean towards *mixed* is chosen on the real articles of dev too; the rest is not fitted on them (fitted
on both kinds, both came out worse). Cross-validated by topic; nothing of test or of any other labelled article is looked at.
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
from claimline.matching.aggregate import ORDER, PARTS, SCORES, side_figures, touch_figures, with_wholes
from claimline.matching.retrieve import Embedder, Retriever
from claimline.matching.stance import STANCES, Logits, OnnxEngine, Pair, Reading, StanceProbs, Together
from claimline.models import ClaimSpec
from training import corpus_files
from training.corpus_files import read
from training.stage2 import untold

# The lowest threshold is taken at which no more of the decided pairs are on the wrong side, and at least so many of the sides
# that are taken are right.
WRONG_SIDE, RIGHT_SIDES = 0.045, 0.725


@dataclass
class Case:
    """One (article, claim): what the model says of it, and its label."""

    topic: str
    lang: str
    label: str
    told: Logits
    article: str
    claim: str


def text_of(article: dict[str, Any]) -> str:
    """The article's text: sentences joined, paragraphs apart."""
    out = ""
    for s in article["sentences"]:
        out += ("\n\n" if s.get("paragraph") else " ") + s["text"] if out else s["text"]
    return out


def articles_of(corpus: Path, split: str, data: Path | None) -> list[dict[str, Any]]:
    """Our articles of a split and, where their texts are at hand, the real ones of it."""
    return [a for a in corpus_files.articles(corpus, data) if a["split"] == split]


def readings_of(articles: Sequence[dict[str, Any]], cache: Path | None = None) -> list[dict[str, Any]]:
    """Every pair of the articles with what is read for it. That does not depend on the model: ``cache`` keeps it."""
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
            runs = dict(zip(ids, retriever.runs(cut), strict=True))
            for claim in a["claims"]:
                if a["labels"][claim] == "unrelated" and untold(a, statements[claim]) != ["unrelated"]:
                    continue  # the older articles do not tell whether the event is spoken of
                spans = [(run[0].passage, run[-1].passage + 1) for run in runs[claim]]
                told = [{"before": cut[i - 1].text if i else "", "sentences": [p.text for p in cut[i:k]]} for i, k in spans]
                pair = {"topic": topic, "lang": a["lang"], "label": a["labels"][claim], "article": a["id"], "claim": claim}
                found.append(pair | {"statement": statements[claim], "title": a["title"], "runs": told})
    if cache:
        cache.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in found), encoding="utf-8")
    return found


def asked(found: Sequence[dict[str, Any]]) -> list[list[Reading]]:
    """What the model is asked for each pair."""
    return [
        [
            Reading(r["statement"], tuple(run["sentences"]), r["title"], run["before"], asks_title=bool(r["title"]) and n == 0)
            for n, run in enumerate(r["runs"])
        ]
        for r in found
    ]


def collect(found: Sequence[dict[str, Any]], engine: OnnxEngine) -> list[Case]:
    """The pairs with the model's logits of their sentences."""
    told = engine.logits(asked(found))
    return [Case(r["topic"], r["lang"], r["label"], t, r["article"], r["claim"]) for r, t in zip(found, told, strict=True)]


def pairs_told(rows: Sequence[dict[str, Any]], engine: OnnxEngine) -> tuple[np.ndarray, np.ndarray]:
    """The labels of our passages (n,) and their logits (n, 4)."""
    mine = [r for r in rows if r["s"] == "passage"]
    return np.array([STANCES.index(r["y"][0][0]) for r in mine]), engine.pair_logits([Pair(r["c"], r["d"][0]) for r in mine])


def sentences_told(rows: Sequence[dict[str, Any]], engine: OnnxEngine) -> tuple[np.ndarray, np.ndarray]:
    """The labels of the sentences of our articles (n,) and their logits (n, 4); sentences with one label."""
    mine = [r for r in rows if r["s"] == "article"]
    questions = [[Reading(r["c"], tuple(r["d"][r.get("title", False) :]), r["d"][0] if r.get("title") else "")] for r in mine]
    told = [(STANCES.index(y[0]), z) for r, found in zip(mine, engine.logits(questions), strict=True)
            for y, z in zip(r["y"][r.get("title", False) :], found.sentences, strict=True) if len(y) == 1]  # fmt: skip
    return np.array([g for g, _ in told]), np.array([z for _, z in told])


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
    return np.asarray(e / e.sum(-1, keepdims=True))


def calibrate(logits: np.ndarray, gold: np.ndarray) -> dict[str, Any]:
    """A common scale and a bias a label (the last is zero) that make the windows' probabilities mean what they say."""

    def loss(x: np.ndarray) -> float:
        p = softmax(logits * np.exp(x[0]) + np.append(x[1:], 0.0))
        return float(-np.log(p[np.arange(len(gold)), gold] + 1e-9).mean() + 0.002 * (x**2).sum())

    x = descend(loss, np.zeros(4), 250)
    return {"scale": round(float(np.exp(x[0])), 4), "bias": [round(float(b), 4) for b in (*x[1:], 0.0)]}


Seen = tuple[np.ndarray, np.ndarray, np.ndarray]


def figures_of(cases: Sequence[Case], calibration: dict[str, Any], *, together: bool) -> Seen:
    """The figures of support, of refutation (n, side) and of touch (n, touch) of cases that have windows.

    With ``together`` also those of what the model says of the windows that it read at once.
    """
    s, r, t = [], [], []
    for c in cases:
        p = softmax(c.told.sentences * calibration["scale"] + np.array(calibration["bias"]))
        probs = [StanceProbs(*map(float, row)) for row in p]
        mine = (side_figures(probs, "supports"), side_figures(probs, "refutes"), touch_figures(probs))
        if together:
            mine = with_wholes(*mine, Together(*(tuple(map(tuple, rows.tolist())) for rows in (c.told.parts, c.told.digest))))
        for rows, row in zip((s, r, t), mine, strict=True):
            rows.append(row)
    return np.array(s), np.array(r), np.array(t)


def part(seen: Seen, which: np.ndarray) -> Seen:
    """The figures of some of the cases."""
    s, r, t = seen
    return s[which], r[which], t[which]


def sights(f: Seen) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a score is made of, (n, 1 + 2 side + touch): as support sees the figures, as refutation does, and the mean of both."""
    s, r, t = f
    one = np.ones((len(s), 1))
    forth, back = np.hstack([one, s, r, t]), np.hstack([one, r, s, t])
    return forth, back, (forth + back) / 2


def scored(x: np.ndarray, forth: np.ndarray, back: np.ndarray, both: np.ndarray) -> np.ndarray:
    """The scores (n, 5) in the order of ``ORDER``, as ``aggregate.fold`` makes them; ``x`` (3, 1 + 2 side + touch)."""
    return np.stack([forth @ x[0], back @ x[0], both @ x[1], both @ x[2], np.zeros(len(both))], axis=1)


def five(x: np.ndarray, f: Seen) -> np.ndarray:
    """The fold of ``aggregate.fold`` over many cases, in the order of ``ORDER``."""
    return softmax(scored(x, *sights(f)))


def fit(f: Seen, gold: np.ndarray, ridge: float = 0.001, steps: int = 1500) -> np.ndarray:
    """The three scores by maximum likelihood; support and refutation are one score with the sides exchanged.

    The figures are brought to one scale for it; ``ridge`` holds their weights near zero.
    """
    seen = sights(f)
    pooled = np.vstack(seen[:2])
    means, spreads = pooled.mean(0), pooled.std(0) + 1e-9
    means[0], spreads[0] = 0.0, 1.0
    forth, back, both = ((rows - means) / spreads for rows in seen)
    told = np.eye(5)[gold]
    x = np.zeros((3, pooled.shape[1]))
    m, v = np.zeros_like(x), np.zeros_like(x)
    keep = np.ones_like(x)
    keep[:, 0] = 0.0
    for n in range(1, steps + 1):
        off = (softmax(scored(x, forth, back, both)) - told).T
        g = np.stack([off[0] @ forth + off[1] @ back, off[2] @ both, off[3] @ both]) / len(told) + ridge * keep * x
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        x = x - 0.1 * (1 - n / steps) * (m / (1 - 0.9**n)) / (np.sqrt(v / (1 - 0.99**n)) + 1e-8)
    x = x / spreads
    x[:, 0] -= (x * means).sum(1)
    return x


def written(x: np.ndarray, sides: int) -> dict[str, Any]:
    """The scores as ``aggregate.json`` has them; ``sides`` is how many figures a side has."""
    out: dict[str, Any] = {}
    for name, score in zip(SCORES, x.round(4), strict=True):
        start, *parts = np.split(score, [1, 1 + sides, 1 + 2 * sides])
        out[name] = {"start": float(start[0])} | {k: weights.tolist() for k, weights in zip(PARTS, parts, strict=True)}
    return out


def held_out(f: Seen, gold: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """The five probabilities of every case by scores that were learned on the other folds."""
    probs = np.zeros((len(gold), 5))
    for k in np.unique(folds).tolist():
        probs[folds == k] = five(fit(part(f, folds != k), gold[folds != k]), part(f, folds == k))
    return probs


def chosen(probs: np.ndarray, gold: np.ndarray, lean: float) -> tuple[np.ndarray, Figures]:
    """The labels chosen with *mixed* favoured by ``lean``, and their figures."""
    best = (probs * np.array([lean if k == "mixed" else 1.0 for k in ORDER])).argmax(1)
    return best, figures([ORDER[g] for g in gold], [ORDER[b] for b in best], ORDER)


def is_real(article: str) -> bool:
    """Whether an article's id is one of ``training.readings``."""
    return article.startswith("real-")


def real_figures(real: Seen, gold: np.ndarray, x: np.ndarray, lean: float) -> list[float]:
    """Macro-F1 of real articles with what was fitted on ours; nothing where there are none."""
    return [chosen(five(x, real), gold, lean)[1].macro_f1] if len(gold) else []


def threshold_of(gold: np.ndarray, best: np.ndarray, sure_of: np.ndarray) -> float:
    """The lowest threshold at which the sides that are taken can be trusted; prints what each would do."""
    wrong = np.array([{ORDER[g], ORDER[b]} == {"supports", "refutes"} for g, b in zip(gold, best, strict=True)])
    sided = np.isin(best, [ORDER.index("supports"), ORDER.index("refutes")])
    found = 0.9
    for t in np.arange(0.74, 0.33, -0.02).round(2).tolist():
        sure = sure_of >= t
        right, sides = (best == gold)[sure].mean(), (best == gold)[sure & sided]
        trusted = sides.mean() if len(sides) else 0.0
        print(f"  threshold {t}: decided {sure.mean():.2f}, right {right:.2f}, wrong side {wrong[sure].mean():.3f}, "
              f"sides taken {len(sides)}, of those right {trusted:.2f}")  # fmt: skip
        if wrong[sure].mean() <= WRONG_SIDE and trusted >= RIGHT_SIDES:
            found = t
    return found


@dataclass
class Learned:
    """A rule as ``aggregate.json`` has it, its lean towards *mixed*, and its labels where it was not learned, with how sure."""

    written: dict[str, Any]
    lean: float
    best: np.ndarray
    sure_of: np.ndarray


def gold_of(cases: Sequence[Case]) -> np.ndarray:
    """The labels (n,) by their place in ``ORDER``."""
    return np.array([ORDER.index(c.label) for c in cases])


def learn(cases: Sequence[Case], real: Sequence[Case], calibration: dict[str, Any], folds: np.ndarray, unseen: np.ndarray,
          *, together: bool) -> Learned:  # fmt: skip
    """A rule for windows alone or together; prints its figures, cross-validated over ``folds``, and of the ``unseen`` cases."""
    seen, other = (figures_of(some, calibration, together=together) for some in (cases, real))
    gold, real_gold = gold_of(cases), gold_of(real)
    x = fit(seen, gold)
    probs = held_out(seen, gold, folds)
    lean = max((1.0, 1.5, 2.0, 2.5, 3.0), key=lambda m: float(np.mean([
        chosen(probs, gold, m)[1].macro_f1, *real_figures(other, real_gold, x, m)])))  # fmt: skip
    best, report = chosen(probs, gold, lean)
    sure_of = probs[np.arange(len(gold)), best]
    ece = calibration_error(list(sure_of), list(best == gold))
    kind = "together" if together else "alone"
    print(f"{kind}, cross-validated: accuracy {report.accuracy:.3f} macro-F1 {report.macro_f1:.3f} ece {ece:.3f} lean {lean}")
    print("\n".join(lines_of(report)))
    for macro_f1 in real_figures(other, real_gold, x, lean):
        print(f"real articles, on which only the lean was chosen: n {len(real)} macro-F1 {macro_f1:.3f}")
    _, report = chosen(probs[unseen], gold[unseen], lean)
    print(f"without the affairs of sisters.tsv: n {unseen.sum()} macro-F1 {report.macro_f1:.3f}")
    return Learned(written(x, seen[0].shape[1]), lean, best, sure_of)


def main() -> None:
    """Write calibration into engine.json and the aggregation's weights into aggregate.json."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--corpus", type=Path, default=Path("training/corpus"))
    ap.add_argument("--weights", type=Path, default=Path("claimline/matching/weights"))
    ap.add_argument("--rows", type=Path, required=True, help="dev.jsonl of training.stage2, for the windows' calibration")
    ap.add_argument("--data", type=Path, help="the public rows: the texts of the real articles that we read")
    ap.add_argument("--split", default="dev")
    ap.add_argument("--cache", type=Path, help="keeps what retrieval found, for the next time")
    args = ap.parse_args()
    engine = OnnxEngine(args.weights)
    config = json.loads((args.weights / "engine.json").read_text(encoding="utf-8"))
    rows = [r for r in read(args.rows) if not is_real(r.get("a", ""))]
    config["calibration"] = {}
    for kind, (gold, logits) in {"pair": pairs_told(rows, engine), "article": sentences_told(rows, engine)}.items():
        calibrated = config["calibration"][kind] = calibrate(logits, gold)
        p = softmax(logits * calibrated["scale"] + np.array(calibrated["bias"]))
        f = figures([STANCES[g] for g in gold], [STANCES[a] for a in p.argmax(1)])
        print(kind, "n", f.n, "accuracy", round(f.accuracy, 3), "macro-F1", round(f.macro_f1, 3),
              "ece", round(calibration_error(list(p.max(1)), list(p.argmax(1) == gold)), 3))  # fmt: skip

    articles = articles_of(args.corpus, args.split, args.data)
    all_cases = collect(readings_of(articles, args.cache), engine)
    cases = [c for c in all_cases if not is_real(c.article)]
    lost = [c for c in cases if not len(c.told.sentences)]
    print("pairs", len(cases), "without windows", len(lost), "of which touched", sum(c.label != "unrelated" for c in lost))
    cases = [c for c in cases if len(c.told.sentences)]
    real = [c for c in all_cases if is_real(c.article) and len(c.told.sentences)]
    topics = sorted({c.topic for c in cases})
    folds = np.array([topics.index(c.topic) % 6 for c in cases])
    told_again = corpus_files.held_out_affairs(args.corpus)
    unseen = np.array([c.topic not in told_again for c in cases])
    rules = {"alone": learn(cases, real, config["calibration"]["article"], folds, unseen, together=False)}
    if len(cases[0].told.parts):
        rules["together"] = learn(cases, real, config["calibration"]["article"], folds, unseen, together=True)
    runs = rules.get("together", rules["alone"])
    threshold = threshold_of(gold_of(cases), runs.best, runs.sure_of)
    params = {kind: rule.written for kind, rule in rules.items()} | {"threshold": threshold, "lean": runs.lean}
    print(params, config["calibration"])
    (args.weights / "aggregate.json").write_text(json.dumps(params) + "\n", encoding="utf-8")
    (args.weights / "engine.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
