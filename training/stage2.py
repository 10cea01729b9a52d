"""The rows of the second stage: our passages, the windows of our articles, and some of the first stage again.

    python -m training.stage2 --corpus training/corpus --first stage1.jsonl --out DIR

Writes ``rows.jsonl`` (train) and ``dev.jsonl``, ``test.jsonl`` (our passages and windows of those splits). A window
is one sentence with the one before it as context (the title for the first), as the product cuts them.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

KEEP_FIRST: dict[str, float] = {
    "emergent": 1.0, "headline": 1.0, "emergent_fnc_body_derived": 0.7, "fnc1_related_trainclaims": 0.35, "other:emergent": 0.6,
    "other:fnc1_related_trainclaims": 0.3, "vitaminc_real": 0.2, "climate_fever": 0.15, "negation_nli": 0.3,
    "semiauto_sim_wiki": 0.2, "semiauto_translate_wiki": 0.2, "lingnli": 0.12, "check_covid": 0.2, "politihop": 0.2,
}  # fmt: skip
SIDES = ["supports", "refutes", "neutral"]


def read(path: Path) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def misprint(text: str, rng: random.Random) -> str:
    """One to three faults as scanners and hurried typists make them."""
    letters = list(text)
    for _ in range(rng.randint(1, 3)):
        i = rng.randrange(1, max(2, len(letters) - 1))
        kind = rng.random()
        if i >= len(letters):
            continue
        if kind < 0.3 and letters[i].isalpha():
            letters[i] = ""
        elif kind < 0.6 and letters[i - 1].isalpha() and letters[i].isalpha():
            letters[i - 1], letters[i] = letters[i], letters[i - 1]
        elif kind < 0.8 and letters[i] == " ":
            letters[i] = ""
        elif letters[i] == "-":
            letters[i] = rng.choice(["- ", " ", ""])
    return "".join(letters)


AUXILIARY = re.compile(r"\b(has|have|is|are|can|will|was|were|could|must)\b(?! not)")
TURNED = {"supports": "refutes", "refutes": "supports"}


def negated(row: dict[str, Any]) -> dict[str, Any] | None:
    """The row against the claim's plain negation, with the sides exchanged; None where the claim has no auxiliary."""
    claim, n = AUXILIARY.subn(lambda m: m[1] + " not", row["c"], count=1)
    return row | {"c": claim, "y": [TURNED.get(y, y) for y in row["y"]], "s": "negated"} if n else None


def windows(article: dict[str, Any]) -> list[tuple[str, str, int]]:
    """(sentence, context, index) of each sentence, the title first with index -1."""
    out = [(article["title"], "", -1)]
    before = article["title"]
    for i, s in enumerate(article["sentences"]):
        out.append((s["text"], before, i))
        before = s["text"]
    return out


def article_rows(article: dict[str, Any], keep: float, rng: random.Random) -> list[dict[str, Any]]:
    """All marked windows of an article, those marked for a sister claim, and a share ``keep`` of the others."""
    rows = []
    for claim_id, claim in article["claims"].items():
        whole = article["labels"][claim_id]
        for text, context, i in windows(article):
            if i < 0:  # a title has no marks: it may say what the article says, or less
                allowed = (
                    ["unrelated"]
                    if whole == "unrelated"
                    else ["neutral", "unrelated", *([whole] if whole in SIDES[:2] else SIDES[:2])]
                )
                near = True
            else:
                marks = article["sentences"][i]["marks"]
                allowed = [marks.get(claim_id, "unrelated")]
                near = bool(marks)
            if near or rng.random() < keep:
                base = {
                    "c": claim,
                    "p": text,
                    "x": context,
                    "y": allowed,
                    "w": 1.0,
                    "lang": article["lang"],
                    "topic": article["topic"],
                }
                rows.append(base | {"s": "window", "a": article["id"], "k": claim_id, "i": i})
    return rows


def passage_rows(passages: list[dict[str, Any]], rng: random.Random, *, context: float) -> list[dict[str, Any]]:
    """Our passages; a share ``context`` gets another passage of its topic and language as what stands before it."""
    near = defaultdict(list)
    for p in passages:
        near[p["topic"], p["lang"]].append(p["passage"])
    rows = []
    for p in passages:
        before = rng.choice(near[p["topic"], p["lang"]]) if rng.random() < context else ""
        row = {"c": p["claim"], "p": p["passage"], "x": "" if before == p["passage"] else before, "y": [p["label"]], "w": 1.0}
        rows.append(row | {"s": "passage"} | {k: p[k] for k in ("lang", "topic", "why", "field")})
    return rows


def main() -> None:
    """Write the rows of the three splits."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--corpus", type=Path, default=Path("training/corpus"))
    ap.add_argument("--first", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--keep", type=float, default=0.25)
    ap.add_argument("--seed", type=int, default=11)
    args = ap.parse_args()
    rng = random.Random(args.seed)
    passages, articles = read(args.corpus / "passages.jsonl"), read(args.corpus / "articles.jsonl")
    args.out.mkdir(parents=True, exist_ok=True)
    for split in ("train", "dev", "test"):
        train = split == "train"
        rows = passage_rows([p for p in passages if p["split"] == split], rng, context=0.35 if train else 0.0)
        if train:
            rows += [r | {"p": misprint(r["p"], rng), "s": "misprint"} for r in rng.sample(rows, len(rows) // 12)]
            rows += [turned for r in rng.sample(rows, len(rows) // 12) if (turned := negated(r))]
        for article in articles:
            if article["split"] == split:
                rows += article_rows(article, args.keep if train else 1.0, rng)
        if train:
            rows += [r for r in read(args.first) if rng.random() < KEEP_FIRST.get(r["s"], 0.0)]
            rng.shuffle(rows)
        (args.out / ("rows.jsonl" if train else f"{split}.jsonl")).write_text(
            "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8"
        )
        counts: dict[str, int] = defaultdict(int)
        for r in rows:
            counts[f"{r['s']}/{'|'.join(r['y'])}" if r["s"] in ("passage", "window") else r["s"]] += 1
        print(split, len(rows), dict(sorted(counts.items())))


if __name__ == "__main__":
    main()
