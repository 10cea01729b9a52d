"""The rows of the first stage: public entailment and stance sets, weighted to news, with unrelated pairs added.

    python -m training.stage1 --data train.jsonl.gz --corpus training/corpus --out rows.jsonl

A row of the output is ``{"c": claim, "d": [sentences], "y": [[allowed labels] of each], "w": weight, "s": source}``; here there
is one sentence, the whole passage. ``y`` holds more than one label where the source does not say which: entailment's
*neutral* may be neutral or
unrelated; a binary source's *not_supports* may be any of three. The loss is then that of the sum.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from training import corpus_files

# How many rows of each source. Sets of the product's own kind whole, some twice; the rest sampled.
TAKE: dict[str, int] = {
    "emergent": 2256, "emergent_fnc_body_derived": 1244, "fnc1_related_trainclaims": 5230, "gwsd": 1400,
    "climate_fever": 4836, "healthver_devtest": 148, "politihop": 715, "check_covid": 1258, "covidfact": 3000,
    "vitaminc_real": 18000, "fever_symmetric": 1182, "fever_adversarial": 763, "fever_dev_binary": 4000,
    "foolmetwice_devtest": 2548, "semiauto_base_wiki": 2000, "semiauto_sim_wiki": 5000, "semiauto_translate_wiki": 5000,
    "lingnli": 32000, "negation_nli": 4494, "rte1_3": 4164, "commitmentbank_thresholded": 1199, "scifact_rte": 771,
    "breaking_nli": 1200, "scone": 1200, "snli_devtest": 4000, "cf_nli": 2500, "mnli_devs_binary": 9000,
    "rumoureval2017": 300, "fever_nli_binary": 2500,
}  # fmt: skip
# Here neutral means that the subject is touched and no side is taken, as it does for us.
NEWS = {"emergent", "emergent_fnc_body_derived", "fnc1_related_trainclaims"}
ALLOWED = {
    "supports": ["supports"],
    "refutes": ["refutes"],
    "neutral": ["neutral", "unrelated"],
    "not_supports": ["refutes", "neutral", "unrelated"],
    "unrelated": ["unrelated"],
}


def lead(text: str, words: int = 75) -> str:
    """The first sentences of an article, at most ``words`` words."""
    parts = text.split()
    if len(parts) <= words:
        return " ".join(parts)
    cut = " ".join(parts[:words])
    end = max(cut.rfind(". "), cut.rfind("? "), cut.rfind("! "))
    return cut[: end + 1] if end > 80 else cut


def row(claim: str, passage: str, label: str, source: str, weight: float = 1.0) -> dict[str, Any]:
    """One row: ``p`` is its passage."""
    allowed = [label] if source in NEWS or source.startswith("written") else ALLOWED[label]
    return {"c": claim, "p": passage, "y": allowed, "w": weight, "s": source}


def public_rows(path: Path, rng: random.Random) -> list[dict[str, Any]]:
    """A sample of the public rows by ``TAKE``."""
    by_source: dict[str, list[dict[str, str]]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as f:
        for line in f:
            r = json.loads(line)
            if r["src"] in TAKE:
                by_source[r["src"]].append(r)
    out = []
    for source, n in TAKE.items():
        rows = by_source[source]
        rng.shuffle(rows)
        long = source in {"emergent_fnc_body_derived", "fnc1_related_trainclaims"}
        if not long:
            rows = [r for r in rows if len(r["premise"].split()) <= 75]
        chosen = (rows * (n // max(1, len(rows)) + 1))[:n]
        weight = 0.5 if source == "gwsd" else 1.0
        out += [row(r["hypothesis"], lead(r["premise"]), r["label"], source, weight) for r in chosen]
    return out


# stance(body, claim) and stance(body, headline) -> stance(headline, claim): an agreement of disagreements is agreement.
THROUGH = {
    ("supports", "supports"): "supports", ("refutes", "supports"): "refutes", ("supports", "refutes"): "refutes",
    ("refutes", "refutes"): "supports", ("neutral", "supports"): "neutral", ("neutral", "neutral"): "neutral",
    ("supports", "neutral"): "neutral", ("refutes", "neutral"): "neutral",
}  # fmt: skip


def headline_rows(path: Path) -> list[dict[str, Any]]:
    """Headlines against claims, derived through the bodies that both were judged against; only where bodies agree."""
    bodies: dict[str, list[tuple[str, str]]] = defaultdict(list)
    known: set[tuple[str, str]] = set()
    heads: list[tuple[str, str, str]] = []
    with gzip.open(path, "rt", encoding="utf-8") as f:
        for line in f:
            r = json.loads(line)
            key = " ".join(r["premise"].split())[:300]
            if r["src"] == "emergent_fnc_body_derived":
                bodies[key].append((r["hypothesis"], r["label"]))
            elif r["src"] == "fnc1_related_trainclaims":
                heads.append((key, r["hypothesis"], r["label"]))
            elif r["src"] == "emergent":
                known.add((r["premise"].lower().strip(), r["hypothesis"]))
    votes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for key, headline, label in heads:
        for claim, stance in bodies.get(key, []):
            if (stance, label) in THROUGH and (headline.lower().strip(), claim) not in known:
                votes[headline, claim][THROUGH[stance, label]] += 1
    out = []
    for (headline, claim), count in votes.items():
        best, n = count.most_common(1)[0]
        if n > 0.7 * count.total():
            allowed = ["neutral", "supports"] if best == "neutral" else [best]
            out.append({"c": claim, "p": headline, "y": allowed, "w": 1.0, "s": "headline"})
    return out


def words_of(text: str) -> set[str]:
    """Lower-case words of four letters or more."""
    return {w for w in re.findall(r"\w+", text.lower()) if len(w) > 3}


def unrelated_rows(rows: list[dict[str, Any]], n: int, rng: random.Random) -> list[dict[str, Any]]:
    """Claims with passages of other claims of the same source, half of them chosen for shared words."""
    out = []
    for source in ("emergent", "fnc1_related_trainclaims", "climate_fever", "vitaminc_real", "written"):
        pool = [r for r in rows if r["s"] == source]
        if not pool:
            continue
        seen = words_of
        for k in range(n // 5):
            a = rng.choice(pool)
            others = [r for r in rng.sample(pool, min(len(pool), 60 if k % 2 else 4)) if r["c"] != a["c"]]
            others = [r for r in others if len(seen(r["c"]) & seen(a["c"])) < 0.4 * len(seen(a["c"]) | {"-"})]
            if not others:
                continue
            b = max(others, key=lambda r: len(seen(r["p"]) & seen(a["c"]))) if k % 2 else others[0]
            label = "unrelated"
            out.append({"c": a["c"], "p": b["p"], "y": [label], "w": 1.0, "s": "other:" + source})
    return out


def main() -> None:
    """Write the rows, shuffled."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--corpus", type=Path, default=Path("training/corpus"))
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--seed", type=int, default=7)
    args = ap.parse_args()
    rng = random.Random(args.seed)
    rows = public_rows(args.data, rng)
    rows += headline_rows(args.data) * 2
    written = corpus_files.passages(args.corpus)
    # Our own passages, in twelve languages, from the first step on: else the sets in English alone would set the direction.
    rows += [row(r["claim"], r["passage"], r["label"], "written") for r in written if r["split"] == "train" for _ in range(2)]
    rows += unrelated_rows(rows, 7000, rng)
    rng.shuffle(rows)
    whole = [{"c": r["c"], "d": [r["p"]], "y": [r["y"]], "w": r["w"], "s": r["s"]} for r in rows]
    args.out.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in whole), encoding="utf-8")
    print(len(rows), "rows")


if __name__ == "__main__":
    main()
