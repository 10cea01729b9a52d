"""Our sentence-by-sentence reading of the real articles among the gathered public rows.

    python -m training.readings sheets --data train.jsonl.gz --out DIR     texts with numbered sentences, to be read
    python -m training.readings gather --data train.jsonl.gz --labels DIR [--second DIR] --out training/corpus/readings.jsonl

The articles themselves (those of FNC-1 on the rumours of Emergent's training half) stay where they are:
``readings.jsonl`` holds the first twelve hex digits of each body's SHA-256, claims in our own words and the numbers of the
sentences that decide. ``articles`` puts the two together into what ``articles.jsonl`` holds.
A label file (``*.lab``) has this form:

    === TOPIC: the rumour's own words
    c1 | A claim.                        then c2, c3, ...
    # 0123456789ab                       an article
    c1: T N; 4 S; 7-8 R                  the title, sentence 4, sentences 7 and 8; a claim that nothing touches has no line

A further set of claims on the same articles stands in a ``*.lab2`` of the same form; its claims become d1, d2, ...
A third set, e1 to e5 on 130 of the articles, came as JSON lines and has been read once.

A second reader, who sees no marks, writes one line an article: its key and a letter (S R N M U) a claim, in order. Where the two
differ the reading keeps both, and the pair is left out of training.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from claimline.matching.passages import split
from training.labels import LABELS, label_of_marks

MOST_SENTENCES = 36
BODIES, HEADLINES = "emergent_fnc_body_derived", "fnc1_related_trainclaims"


@dataclass
class Body:
    """A public article: its text, the rumours and the headlines that it was judged against."""

    text: str
    rumours: set[str] = field(default_factory=set)
    headlines: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The first twelve hex digits of the text's SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    @property
    def title(self) -> str:
        """The headline, not judged against it, that shares most words with its lead."""

        def words(text: str) -> set[str]:
            return set(re.findall(r"\w{4,}", text.lower()))

        fits = [(len(words(h) & words(self.text[:600])) / (1 + len(words(h))), h)
                for h, label in self.headlines.items() if label != "refutes"]  # fmt: skip
        return max(fits)[1] if fits else ""

    def sentences(self) -> list[str]:
        """As the product cuts them."""
        return [" ".join(p.text.split()) for p in split(self.text)[:MOST_SENTENCES]]


def bodies(data: Path) -> dict[str, Body]:
    """The articles by key."""
    found: dict[str, Body] = {}
    with gzip.open(data, "rt", encoding="utf-8") as f:
        for line in f:
            r = json.loads(line)
            if r["src"] not in {BODIES, HEADLINES}:
                continue
            body = found.setdefault(r["premise"], Body(r["premise"]))
            if r["src"] == BODIES:
                body.rumours.add(r["hypothesis"])
            else:
                body.headlines[r["hypothesis"]] = r["label"]
    return {body.key: body for body in found.values()}


def sheets(data: Path, out: Path, *, most: int = 26) -> None:
    """Write the texts, a rumour's together, about ``most`` to a file."""
    topics: dict[str, list[Body]] = defaultdict(list)
    for body in bodies(data).values():
        topics[min(body.rumours or body.headlines)].append(body)
    out.mkdir(parents=True, exist_ok=True)
    files: list[list[str]] = [[]]
    count = 0
    for rumour, mine in sorted(topics.items(), key=lambda item: -len(item[1])):
        if count and count + len(mine) > most:
            files.append([])
            count = 0
        count += len(mine)
        files[-1].append(f"=== TOPIC: {rumour}")
        files[-1] += [f"    also a claim: {r}" for r in sorted({r for b in mine for r in b.rumours} - {rumour})]
        for body in mine:
            files[-1] += ["", f"# {body.key}", f"T {body.title}", *(f"{n} {s}" for n, s in enumerate(body.sentences(), 1))]
    for k, lines in enumerate(files, 1):
        (out / f"{k:02d}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def gathered(folder: Path) -> list[dict[str, Any]]:
    """The readings of all label files of a folder, those of one text together."""
    merged: dict[str, dict[str, Any]] = {}
    for path in sorted([*folder.glob("*.lab"), *folder.glob("*.lab2")]):
        for r in parse(path):
            if path.suffix == ".lab2":
                r |= {kind: {c.replace("c", "d"): what for c, what in r[kind].items()} for kind in ("claims", "marks")}
            known = merged.setdefault(r["text"], r)
            known["claims"] = known["claims"] | r["claims"]
            known["marks"] = known["marks"] | r["marks"]
    return list(merged.values())


def parse(path: Path) -> list[dict[str, Any]]:
    """The readings of one label file; a line that cannot be read is an error that names it."""
    out: list[dict[str, Any]] = []
    topic = ""
    claims: dict[str, str] = {}
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("=== TOPIC:"):
            topic, claims = line[10:].strip(), {}
        elif m := re.match(r"^(c\d+) \| (.+)$", line):
            claims[m[1]] = m[2].strip()
        elif line.startswith("#"):
            out.append({"text": line.strip("# ").strip(), "topic": topic, "claims": claims, "marks": {}})
        elif (m := re.match(r"^(c\d+):(.*)$", line)) and out and m[1] in claims:
            out[-1]["marks"][m[1]] = _marks(m[2], f"{path.name}:{n}")
        elif line.strip():
            raise ValueError(f"{path.name}:{n}: cannot read {line[:60]!r}")
    return out


def _marks(written: str, where: str) -> dict[str, str]:
    marks = {}
    for part in filter(None, (p.strip() for p in written.split(";"))):
        m = re.fullmatch(r"(T|\d+)(?:-(\d+))? ([SRN])", part)
        if not m:
            raise ValueError(f"{where}: cannot read {part!r}")
        for k in ["T"] if m[1] == "T" else range(int(m[1]), int(m[2] or m[1]) + 1):
            marks[str(k)] = m[3]
    return marks


def articles(path: Path, data: Path) -> list[dict[str, Any]]:
    """The readings with their texts, in the form of ``articles.jsonl``; one whose text is not there is left out."""
    texts = bodies(data)
    readings = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [_article(r, texts[r["text"]]) for r in readings if r["text"] in texts]


def _article(reading: dict[str, Any], body: Body) -> dict[str, Any]:
    topic = re.sub(r"\W+", "-", reading["topic"].lower())[:40]
    claims = {f"{topic}-{c}": statement for c, statement in reading["claims"].items()}
    marks = {f"{topic}-{c}": by for c, by in reading["marks"].items()}
    sentences = [{"text": text, "marks": {c: LABELS[by[str(n)]] for c, by in marks.items() if str(n) in by}}
                 for n, text in enumerate(body.sentences(), 1)]  # fmt: skip
    title_marks = {c: LABELS[by["T"]] for c, by in marks.items() if "T" in by}
    second = {f"{topic}-{c}": label for c, label in reading.get("second", {}).items()}
    return {"id": f"real-{reading['text']}", "lang": "en", "title": body.title, "topic": topic, "claims": claims,
            "labels": {c: _whole(marks.get(c, {})) for c in claims}, "title_marks": title_marks,
            "sentences": sentences, "second": second, "split": split_of(reading["topic"])}  # fmt: skip


def split_of(topic: str) -> str:
    """One rumour in ten is kept for dev, by the hash of its words."""
    return "dev" if int(hashlib.sha256(topic.encode()).hexdigest(), 16) % 10 == 0 else "train"


def _whole(marks: dict[str, str]) -> str:
    return label_of_marks({LABELS[x] for x in marks.values()})


def read_again(readings: list[dict[str, Any]], folder: Path) -> Counter[str]:
    """Give each reading what a second reader (``*.lab`` in ``folder``) saw otherwise; counts pairs, alike, opposite.

    Letters in ``*.lab2`` are of the further claims.
    """
    letters: dict[tuple[str, str], str] = {}
    for path in [*folder.glob("*.lab"), *folder.glob("*.lab2")]:
        kind = "d" if path.suffix == ".lab2" else "c"
        split_lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
        letters |= {(line[0], kind): "".join(line[1:]) for line in split_lines if len(line) > 1}
    count: Counter[str] = Counter()
    for r in readings:
        r["second"] = {}
        for kind in ("c", "d"):
            claims = [c for c in r["claims"] if c.startswith(kind)]
            told = letters.get((r["text"], kind), "")
            if len(told) != len(claims):
                continue
            first = {c: _whole(r["marks"].get(c, {})) for c in claims}
            other = {c: LABELS[x] for c, x in zip(claims, told, strict=True) if LABELS[x] != first[c]}
            r["second"] |= other
            count["pairs"] += len(claims)
            count["alike"] += len(claims) - len(other)
            count["opposite"] += sum({x, first[c]} == {"supports", "refutes"} for c, x in other.items())
    return count


def main() -> None:
    """Write the sheets, or gather the labels."""
    ap = argparse.ArgumentParser()
    ap.add_argument("what", choices=["sheets", "gather"])
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--labels", type=Path)
    ap.add_argument("--second", type=Path)
    args = ap.parse_args()
    if args.what == "sheets":
        sheets(args.data, args.out)
        return
    known = bodies(args.data)
    readings = [r for r in gathered(args.labels) if r["text"] in known]
    if args.second:
        print("second reading", dict(read_again(readings, args.second)))
    args.out.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in readings), encoding="utf-8")
    pairs = [len(r["claims"]) for r in readings]
    print(len(readings), "articles", sum(pairs), "pairs", sum(len(m) for r in readings for m in r["marks"].values()), "marks")


if __name__ == "__main__":
    main()
