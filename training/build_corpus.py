"""Take written texts into ``training/corpus/passages.jsonl`` and ``articles.jsonl``.

    python -m training.build_corpus --texts DIR [DIR ...] --out training/corpus

``--second FILE ...`` holds lines ``FOLDER/FILE:LINE SRNMU`` of a second reader's labels for the articles that begin there; where
they differ from the first the article keeps both. Agreement is printed.

The texts are plain files, easy to write and to read (``passages_*.txt``, ``art_*.txt``; their form is told in the corpus
README). What they hold is added to what is there; an article or passage that is there already is left as it is. A split belongs
to a whole topic, so that no claim of dev or test has a sister in train; a topic keeps the split it was given.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training import corpus_files
from training.labels import LABELS, label_of_marks

LANGUAGES = {"en", "ru", "tr", "fr", "de", "ar", "es", "it", "pt", "nl", "pl", "uk"}
# Claims that touch what the product is judged on stay out.
FORBIDDEN = re.compile(r"nord stream|hydroxychloroquine|s-400|737 ?max|lk-99|(sweden|finland)\S* (nato|accession)", re.IGNORECASE)
# Of a hundred new topics so many go to test, and so many to dev. Test has been full since the third round, dev since the sixth.
TEST, DEV = 0, 0


@dataclass
class Texts:
    """What was read: passages and articles, and the lines that could not be."""

    passages: list[dict[str, Any]] = field(default_factory=list)
    articles: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_passages(path: Path, texts: Texts) -> None:
    """Add the claims and passages of one file."""
    topic = subject = claim = statement = ""
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if line.startswith("@topic"):
            topic, _, subject = (s.strip() for s in line[6:].partition("|"))
        elif line.startswith("@claim "):
            claim, _, statement = (s.strip() for s in line[7:].partition("|"))
        elif m := re.match(r"^([SRNU]) ([a-z]{2}) ([^|]+) \| (.+)$", line):
            if m[2] not in LANGUAGES or FORBIDDEN.search(statement):
                texts.faults.append(f"{path.name}:{n}: language {m[2]}, or a claim that is not for training")
                continue
            row = {"topic": topic, "field": subject, "claim_id": claim, "claim": statement, "passage": m[4].strip()}
            texts.passages.append(row | {"label": LABELS[m[1]], "lang": m[2], "why": m[3].strip()})
        elif line:
            texts.faults.append(f"{path.name}:{n}: {line[:60]}")


def marks_of(written: str, claims: dict[str, str]) -> dict[str, str]:
    """``2R 4S`` as claim id to label."""
    ids = list(claims)
    return {ids[int(k) - 1]: LABELS[s] for k, s in re.findall(r"(\d+)([SRN])", written)}


class _Reader:
    """Reads the articles of one file, line by line; each topic has its claims before them."""

    def __init__(self, path: Path, texts: Texts) -> None:
        self.path, self.texts = path, texts
        self.topic = self.subject = ""
        self.claims: dict[str, str] = {}
        self.article: dict[str, Any] = {}

    def line(self, n: int, line: str) -> None:
        """Take one line; what is not understood becomes a fault."""
        kind, _, rest = line.partition(" ")
        if kind == "@topic":
            self.topic, _, self.subject = (s.strip() for s in rest.partition("|"))
            self.claims = {}
        elif kind == "@claim":
            number, _, statement = (s.strip() for s in rest.partition("|"))
            self.claims = self.claims | {f"{self.topic}-{number}": statement}
        elif kind == "@article":
            self.begin(n, [s.strip() for s in rest.split("|", 3)])
        elif kind == "@labels":
            self.article["labels"] = dict(zip(self.claims, (LABELS[x] for x in re.findall("[SRNUM]", rest)), strict=False))
        elif kind == "@title":
            self.article["title_marks"] = marks_of(rest, self.claims)
        elif line.strip() == "-":
            self.article["break"] = True
        elif m := re.match(r'^-\s*((?:\d+[SRN]\s*)*)("[^|]*")?\s*\|\s*(.+)$', line):
            self.sentence(m[1], m[2], m[3].strip())
        elif line.strip():
            self.texts.faults.append(f"{self.path.name}:{n}: {line[:60]}")

    def begin(self, n: int, head: list[str]) -> None:
        """A new article."""
        lang, outlet, date, title = head
        subject = re.split(r"[:,;/(]", self.subject)[0].strip().lower()
        self.article = {
            "id": f"{self.topic}-{lang}-{date}-{n}",
            "at": f"{self.path.parent.name}/{self.path.stem}:{n}",
            "lang": lang,
            "outlet": outlet,
            "date": date,
            "title": title,
            "topic": self.topic,
            "field": subject,
            "claims": self.claims,
            "labels": {},
            "title_marks": {},
            "events_marked": True,
            "sentences": [],
        }
        self.texts.articles.append(self.article)

    def sentence(self, marks: str, speaker: str | None, text: str) -> None:
        """One sentence with what it says of which claim."""
        sentence: dict[str, Any] = {"text": text, "marks": marks_of(marks, self.claims)}
        if speaker:
            sentence["speaker"] = speaker.strip('"')
        if self.article.pop("break", False):
            sentence["paragraph"] = True
        self.article["sentences"].append(sentence)


def read_articles(path: Path, texts: Texts) -> None:
    """Add the articles of one file."""
    reader = _Reader(path, texts)
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        reader.line(n, line.rstrip())
    for a in texts.articles:
        a.pop("break", None)


def label_of(article: dict[str, Any], claim: str) -> str:
    """The article's label for a claim as its marked sentences and its title have it."""
    return label_of_marks(
        {s["marks"][claim] for s in [*article["sentences"], {"marks": article["title_marks"]}] if claim in s["marks"]}
    )


def checked(texts: Texts) -> list[dict[str, Any]]:
    """The articles, their labels as their marks have them; where the writer's differ that is a fault."""
    out = []
    for a in texts.articles:
        if not a["sentences"] or any(FORBIDDEN.search(c) for c in a["claims"].values()):
            texts.faults.append(f"{a['id']}: empty, or a claim that is not for training")
            continue
        labels = {c: label_of(a, c) for c in a["claims"]}
        texts.faults += [f"{a['id']}: {c} is labelled {a['labels'].get(c)}, its marks say {x}" for c, x in labels.items()
                         if a["labels"].get(c) != x]  # fmt: skip
        out.append(a | {"labels": labels})
    return out


def read_second(paths: list[Path]) -> dict[str, str]:
    """Where an article begins to a second reader's letters, one a claim."""
    lines = [line.split() for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return {line[0].lstrip("#"): "".join(line[1:]) for line in lines if len(line) > 1}


def compared(articles: list[dict[str, Any]], second: dict[str, str]) -> Counter[str]:
    """Give articles what the second reader saw otherwise; counts of pairs, of those alike and of those on opposite sides."""
    count: Counter[str] = Counter()
    for a in articles:
        letters = second.get(a.pop("at"), "")
        if len(letters) != len(a["claims"]):
            continue
        told = {c: LABELS[x] for c, x in zip(a["claims"], letters, strict=True)}
        a["second"] = {c: x for c, x in told.items() if x != a["labels"][c]}
        count["pairs"] += len(told)
        count["alike"] += len(told) - len(a["second"])
        count["opposite"] += sum({x, a["labels"][c]} == {"supports", "refutes"} for c, x in a["second"].items())
    return count


def split_of(topic: str) -> str:
    """train, dev or test for a new topic, by its hash."""
    n = int(hashlib.sha256(topic.encode()).hexdigest(), 16) % 100
    return "test" if n < TEST else "dev" if n < TEST + DEV else "train"


def read_rows(path: Path) -> list[dict[str, Any]]:
    """JSON lines; none where there is no file."""
    return corpus_files.read(path) if path.exists() else []


def write(path: Path, rows: list[dict[str, Any]], splits: dict[str, str]) -> None:
    """JSON lines, each with its split; says what there is."""
    with path.open("w", encoding="utf-8") as f:
        for r in rows:
            f.write(json.dumps(r | {"split": splits[r["topic"]]}, ensure_ascii=False) + "\n")
    print(path.name, len(rows), Counter(splits[r["topic"]] for r in rows), Counter(r["lang"] for r in rows))


def main() -> None:
    """Read everything, add it, write it, print what there is."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--texts", type=Path, nargs="+", required=True)
    ap.add_argument("--second", type=Path, nargs="*", default=[])
    ap.add_argument("--out", type=Path, default=Path("training/corpus"))
    args = ap.parse_args()
    texts = Texts()
    for folder in args.texts:
        for path in sorted(folder.glob("passages_*.txt")):
            read_passages(path, texts)
        for path in sorted(folder.glob("art_*.txt")):
            read_articles(path, texts)
    passages, articles = read_rows(args.out / "passages.jsonl"), read_rows(args.out / "articles.jsonl")
    known_passages, known_articles = {(p["claim"], p["passage"]) for p in passages}, {a["id"] for a in articles}
    passages += [p for p in texts.passages if (p["claim"], p["passage"]) not in known_passages]
    added = [a for a in checked(texts) if a["id"] not in known_articles]
    print("second reading", dict(compared(added, read_second(args.second))))
    articles += added
    kept = args.out / "splits.json"
    splits = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for topic in sorted({r["topic"] for r in (*passages, *articles)} - set(splits)):
        splits[topic] = split_of(topic)
    kept.write_text(json.dumps(splits, indent=0) + "\n", encoding="utf-8")
    write(args.out / "passages.jsonl", passages, splits)
    write(args.out / "articles.jsonl", articles, splits)
    print("claims", len({c for a in articles for c in a["claims"].values()} | {p["claim"] for p in passages}))
    print("topics", len({r["topic"] for r in (*passages, *articles)}), Counter(p["label"] for p in passages))
    print("article pairs", Counter(x for a in articles for x in a["labels"].values()))
    print("\n".join(texts.faults[:40]), f"\n{len(texts.faults)} faults")


if __name__ == "__main__":
    main()
