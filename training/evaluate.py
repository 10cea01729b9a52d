"""The card's figures: our passages by language, field and phenomenon, and whole articles, on one split.

    python -m training.evaluate --split dev|test [--cache windows.jsonl]

Test is for the end, once.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Figures, calibration_error, figures, lines_of
from benchmarks.stance import outcome_of
from claimline.matching.aggregate import ORDER, load_params
from claimline.matching.stance import STANCES, OnnxEngine, Pair, StanceProbs
from training.corpus_files import held_out_affairs, passages
from training.fit_aggregate import articles_of, asked, is_real, readings_of

# The first group whose word stands in a row's phenomenon counts.
GROUPS: dict[str, tuple[str, ...]] = {
    "rejects an accusation": ("reject", "accus", "denial of accusation", "weist", "reddet"),
    "not yet": ("not yet", "pas encore", "noch nicht", "yet"),
    "absence (no request, no plans)": ("absence", "no request", "no plan"),
    "modality (can, will, may)": ("modal", "can/", "cannot", "will not", "can "),
    "conditional": ("condition", "if "),
    "near miss": ("near miss", "other ", "same vocab"),
    "contrast pair": ("contrast",),
    "reported speech": ("report", "quote", "speech", "agency"),
    "headline": ("headline", "tabloid", "viral"),
    "background": ("background", "stale", "past"),
    "litotes and irony": ("litot", "irony", "understat"),
    "misprint, scan, machine translation": ("misprint", "ocr", "machine", "translit", "fused"),
    "question, hedge, plan, study": ("question", "hedge", "plan", "study", "talks", "pending", "expected", "threat", "warning"),
    "plain denial": ("denial", "denies", "explicit"),
    "plain statement": ("direct", "statement", "passive"),
}


def group_of(why: str) -> str:
    """The phenomenon's group."""
    low = why.lower()
    return next((g for g, words in GROUPS.items() if any(w in low for w in words)), "other")


def best_of(p: StanceProbs) -> str:
    """The most probable stance."""
    return max(STANCES, key=lambda s: float(getattr(p, s)))


def table(title: str, rows: Sequence[dict[str, Any]], key: Callable[[dict[str, Any]], str]) -> None:
    """One line a group: n, accuracy, macro-F1."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for r in rows:
        groups[key(r)].append(r)
    print(f"\n| {title} | n | accuracy | macro-F1 |\n| --- | --- | --- | --- |")
    for name, mine in sorted(groups.items(), key=lambda kv: -len(kv[1])):
        f = figures([r["label"] for r in mine], [r["answer"] for r in mine])
        print(f"| {name} | {f.n} | {f.accuracy:.2f} | {f.macro_f1:.2f} |")


def show(name: str, f: Figures) -> None:
    """Figures with their table."""
    print(f"\n{name}")
    print("\n".join("    " + line for line in lines_of(f)))


def main() -> None:
    """Print everything for one split."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--corpus", type=Path, default=Path("training/corpus"))
    ap.add_argument("--weights", type=Path, default=Path("claimline/matching/weights"))
    ap.add_argument("--data", type=Path, help="the public rows: the real articles that we read are among those of dev")
    ap.add_argument("--split", default="dev")
    ap.add_argument("--cache", type=Path)
    args = ap.parse_args()
    engine = OnnxEngine(args.weights)
    rows = [r for r in passages(args.corpus) if r["split"] == args.split]
    probs = engine.predict([Pair(r["claim"], r["passage"]) for r in rows])
    for r, p in zip(rows, probs, strict=True):
        r["answer"], r["sure"] = best_of(p), max(p.supports, p.refutes, p.neutral, p.unrelated)
    show(f"passages of {args.split}", figures([r["label"] for r in rows], [r["answer"] for r in rows]))
    seen = held_out_affairs(args.corpus)
    unseen = [r for r in rows if r["topic"] not in seen]
    f = figures([r["label"] for r in unseen], [r["answer"] for r in unseen])
    print(f"    without the affairs of sisters.tsv: n {f.n} accuracy {f.accuracy:.3f} macro-F1 {f.macro_f1:.3f}")
    print("    ece", round(calibration_error([r["sure"] for r in rows], [r["answer"] == r["label"] for r in rows]), 3))
    table("language", rows, lambda r: r["lang"])
    table("field", rows, lambda r: r["field"])
    table("phenomenon", rows, lambda r: group_of(r["why"]))

    found = readings_of(articles_of(args.corpus, args.split, args.data), args.cache)
    params = load_params(args.weights / "aggregate.json")
    for r, told in zip(found, engine.read(asked(found)), strict=True):
        outcome = outcome_of(told, params)
        r["answer"], r["decided"], r["sure"] = outcome.stance, outcome.decided, outcome.probabilities[outcome.stance]
    show(f"articles of {args.split}", figures([r["label"] for r in found], [r["answer"] for r in found], ORDER))
    ours = [r for r in found if not is_real(r["article"])]
    real = [r for r in found if is_real(r["article"])]
    parts = {
        "English": [r for r in ours if r["lang"] == "en"],
        "other": [r for r in ours if r["lang"] != "en"],
        "without the affairs of sisters.tsv": [r for r in ours if r["topic"] not in seen],
        "real (English)": real,
    }
    for name, part in parts.items():
        if not part:
            continue
        f = figures([r["label"] for r in part], [r["answer"] for r in part], ORDER)
        print(f"    {name}: n {f.n} accuracy {f.accuracy:.3f} macro-F1 {f.macro_f1:.3f}")
    decided = [r for r in found if r["decided"]]
    wrong = sum({r["label"], r["answer"]} == {"supports", "refutes"} for r in decided)
    print(f"    decided {len(decided) / len(found):.3f} wrong side {wrong / max(1, len(decided)):.3f}", end=" ")
    print("ece", round(calibration_error([r["sure"] for r in found], [r["answer"] == r["label"] for r in found]), 3))


if __name__ == "__main__":
    main()
