"""Package the written texts as ``training/corpus/passages.jsonl`` and ``articles.jsonl``.

    python -m training.build_corpus --texts DIR --first passages.jsonl --out training/corpus

The texts are plain files, easy to write and to read (``passages_*.txt``, ``articles_*.txt``; their form is told in the
corpus README). A split belongs to a whole topic, so that no claim of dev or test has a sister in train, and every
field gives topics to each split.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LABELS = {"S": "supports", "R": "refutes", "N": "neutral", "U": "unrelated", "M": "mixed"}
LANGUAGES = {"en", "ru", "tr", "fr", "de", "ar", "es", "it", "pt", "nl", "pl", "uk"}
# Claims that touch what the product is judged on stay out.
FORBIDDEN = re.compile(r"nord stream|hydroxychloroquine|s-400|737 ?max|lk-99|(sweden|finland)\S* (nato|accession)", re.IGNORECASE)
SHARE = 0.14


@dataclass
class Texts:
    """What was read: claims by slug, passages and articles."""

    claims: dict[str, str] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    passages: list[dict[str, Any]] = field(default_factory=list)
    articles: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_passages(path: Path, texts: Texts) -> None:
    """Add the claims and passages of one file."""
    topic = claim = ""
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if line.startswith("@topic"):
            topic, _, subject = (s.strip() for s in line[6:].partition("|"))
            texts.topics[topic] = subject
        elif line.startswith("@claim "):
            claim, _, statement = (s.strip() for s in line[7:].partition("|"))
            texts.claims[claim] = statement
        elif m := re.match(r"^([SRNU]) ([a-z]{2}) ([^|]+) \| (.+)$", line):
            if m[2] not in LANGUAGES:
                texts.faults.append(f"{path.name}:{n}: language {m[2]}")
                continue
            texts.passages.append(
                {
                    "topic": topic,
                    "field": texts.topics[topic],
                    "claim_id": claim,
                    "claim": texts.claims[claim],
                    "passage": m[4].strip(),
                    "label": LABELS[m[1]],
                    "lang": m[2],
                    "why": m[3].strip(),
                }
            )
        elif line:
            texts.faults.append(f"{path.name}:{n}: {line[:60]}")


def add_sentence(article: dict[str, Any], marks: str, speaker: str | None, text: str) -> None:
    """Add one sentence with what it says of which claim."""
    claims = article["claims"]
    marked = {claims[int(k) - 1]: LABELS[s] for k, s in re.findall(r"(\d+)([SRN])", marks)}
    sentence: dict[str, Any] = {"text": text, "marks": marked}
    if speaker:
        sentence["speaker"] = speaker.strip('"')
    if article.pop("break", False):
        sentence["paragraph"] = True
    article["sentences"].append(sentence)


def read_articles(path: Path, texts: Texts) -> None:
    """Add the articles of one file; claims must be known already."""
    article: dict[str, Any] = {}
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.rstrip()
        if line.startswith("@article"):
            lang, outlet, date, title = (s.strip() for s in line[8:].split("|", 3))
            article = {
                "id": f"{path.stem}-{n}",
                "lang": lang,
                "outlet": outlet,
                "date": date,
                "title": title,
                "topic": "",
                "field": "",
                "claims": [],
                "labels": [],
                "sentences": [],
            }
            texts.articles.append(article)
        elif line.startswith("@topic"):
            article["topic"] = line[6:].split("|")[0].strip()
            article["field"] = texts.topics.get(article["topic"], "")
        elif line.startswith("@claims"):
            article["claims"] = line.split()[1:]
        elif line.startswith("@labels"):
            article["labels"] = [LABELS[x] for x in line.split()[1:]]
        elif m := re.match(r'^-\s*((?:\d+[SRN]\s*)*)("[^|]*")?\s*\|\s*(.+)$', line):
            add_sentence(article, m[1], m[2], m[3].strip())
        elif line.strip() == "-":
            article["break"] = True
        elif line.strip():
            texts.faults.append(f"{path.name}:{n}: {line[:60]}")
    for a in texts.articles:
        a.pop("break", None)


def label_of(article: dict[str, Any], claim: str) -> str:
    """The article's label for a claim as its marked sentences have it."""
    marks = {s["marks"][claim] for s in article["sentences"] if claim in s["marks"]}
    if {"supports", "refutes"} <= marks:
        return "mixed"
    return next((x for x in ("supports", "refutes", "neutral") if x in marks), "unrelated")


def split_topics(fields: dict[str, str], known: dict[str, str]) -> dict[str, str]:
    """topic -> train, dev or test. A topic keeps what it was given; new ones fill up each field's share, by hash."""
    out = dict(known)
    by_field: dict[str, list[str]] = defaultdict(list)
    for topic, subject in fields.items():
        if not topic.startswith("first-"):
            by_field[subject].append(topic)
    for topics in by_field.values():
        want = max(1, round(SHARE * len(topics))) if len(topics) > 3 else 0
        for topic in sorted(topics, key=lambda t: hashlib.sha256(t.encode()).hexdigest()):
            if topic in out:
                continue
            counts = Counter(out.get(t) for t in topics)
            out[topic] = "test" if counts["test"] < want else "dev" if counts["dev"] < want else "train"
    return out


def slug(text: str) -> str:
    """A short name made of a claim's words."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:60]


def add_first(path: Path, topics: dict[str, list[str]], texts: Texts) -> None:
    """Add the first passages; ``topics`` maps their claims to (topic, field)."""
    for line in path.read_text(encoding="utf-8").splitlines():
        r = json.loads(line)
        if FORBIDDEN.search(r["claim"]):
            continue
        topic, subject = topics[r["claim"]]
        texts.topics.setdefault(topic, subject)
        texts.passages.append(
            {
                "topic": topic,
                "field": subject,
                "claim_id": slug(r["claim"]),
                "claim": r["claim"],
                "passage": r["passage"],
                "label": r["label"],
                "lang": r["lang"],
                "why": r["why"],
            }
        )


def unique(passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without repetitions and without claims that the product is judged on."""
    out = {(p["claim"], p["passage"]): p for p in reversed(passages) if not FORBIDDEN.search(p["claim"])}
    return list(reversed(out.values()))


def finished(texts: Texts) -> list[dict[str, Any]]:
    """The articles whose labels follow from their marks, with the claims' statements; the others become faults."""
    out = []
    for a in texts.articles:
        if len(a["claims"]) != len(a["labels"]) or any(c not in texts.claims for c in a["claims"]) or not a["field"]:
            texts.faults.append(f"{a['id']}: claims and labels do not fit")
            continue
        for claim, label in zip(a["claims"], a["labels"], strict=True):
            if label != label_of(a, claim):
                texts.faults.append(f"{a['id']}: {claim} is labelled {label}, its sentences say {label_of(a, claim)}")
        labels = {c: label_of(a, c) for c in a["claims"]}
        out.append(a | {"labels": labels, "claims": {c: texts.claims[c] for c in a["claims"]}})
    return out


def write(path: Path, rows: list[dict[str, Any]], splits: dict[str, str]) -> None:
    """JSON lines, each with its split; says what there is."""
    with path.open("w", encoding="utf-8") as f:
        for r in rows:
            f.write(json.dumps(r | {"split": splits[r["topic"]]}, ensure_ascii=False) + "\n")
    print(path.name, len(rows), Counter(splits[r["topic"]] for r in rows), Counter(r["lang"] for r in rows))


def main() -> None:
    """Read everything, split it, write it, print what there is."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--texts", type=Path, required=True)
    ap.add_argument("--first", type=Path)
    ap.add_argument("--out", type=Path, default=Path("training/corpus"))
    args = ap.parse_args()
    texts = Texts()
    for path in sorted(args.texts.glob("passages_*.txt")):
        read_passages(path, texts)
    for path in sorted(args.texts.glob("articles_*.txt")):
        read_articles(path, texts)
    if args.first:
        add_first(args.first, json.loads((args.out / "first_topics.json").read_text(encoding="utf-8")), texts)
    passages, articles = unique(texts.passages), finished(texts)
    used = {p["topic"] for p in passages}
    kept = args.out / "splits.json"
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    splits = split_topics({t: f for t, f in texts.topics.items() if t in used}, known)
    kept.write_text(json.dumps(splits, indent=0) + "\n", encoding="utf-8")
    write(args.out / "passages.jsonl", passages, splits)
    write(args.out / "articles.jsonl", articles, splits)
    print("claims", len({p["claim"] for p in passages}), "topics", len(used), Counter(p["label"] for p in passages))
    print("article pairs", Counter(x for a in articles for x in a["labels"].values()))
    print("\n".join(texts.faults[:40]), f"\n{len(texts.faults)} faults")


if __name__ == "__main__":
    main()
