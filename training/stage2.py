"""The rows of the second stage: our passages, the whole articles of our corpus, and some of the first stage again.

    python -m training.stage2 --corpus training/corpus --first stage1.jsonl --data train.jsonl.gz --out DIR

Writes ``rows.jsonl`` (train, several passes, each cut anew) and ``dev.jsonl``, ``test.jsonl`` (of those splits, once). A row is a
claim with up to eight consecutive sentences of one article, the title before them, and what each says of the claim, as the
product reads an article. A passage is a row of one sentence; some are set beside other passages of their claim.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from claimline.matching.stance import MOST_AGAIN
from training import corpus_files
from training.labels import label_of_marks

KEEP_FIRST: dict[str, float] = {
    "emergent": 0.67, "headline": 0.8, "emergent_fnc_body_derived": 0.5, "fnc1_related_trainclaims": 0.5, "other:emergent": 0.6,
    "other:fnc1_related_trainclaims": 0.3, "other:vitaminc_real": 0.1, "other:climate_fever": 0.1, "vitaminc_real": 0.15,
    "climate_fever": 0.2, "negation_nli": 0.2, "gwsd": 0.2, "semiauto_sim_wiki": 0.15,
    "semiauto_translate_wiki": 0.15, "lingnli": 0.12,
    "check_covid": 0.4, "politihop": 0.3, "covidfact": 0.2, "commitmentbank_thresholded": 0.2, "rte1_3": 0.2,
    "mnli_devs_binary": 0.12, "foolmetwice_devtest": 0.2, "fever_dev_binary": 0.1, "fever_symmetric": 0.2, "scifact_rte": 0.3,
    "fever_adversarial": 0.2, "cf_nli": 0.1,
}  # fmt: skip
SIDES = ["supports", "refutes", "neutral"]
MOST_SENTENCES, MOST_CHARS = 8, 850
# A sentence that touches no claim of its topic is easily told; it weighs less than one that touches a sister claim.
MARKED, SISTER, PLAIN = 2.0, 1.0, 0.5
# So many pairs of an article and a claim are read again as a digest.
DIGESTS = 0.6
# So many rows stand against another wording of their claim, so that no claim is learned by its letters.
REWORDED = 0.6


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
    return row | {"c": claim, "y": [[TURNED.get(y, y) for y in ys] for ys in row["y"]], "s": "negated"} if n else None


def rewordings(path: Path) -> dict[str, list[str]]:
    """A claim to sentences that mean the same: lines of ``claim, TAB, wording, TAB, wording ...``."""
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return {claim: others for claim, *others in lines}


def reworded(rows: list[dict[str, Any]], others: dict[str, list[str]], rng: random.Random) -> list[dict[str, Any]]:
    """The rows, many of them against another wording of their claim."""
    return [r | {"c": rng.choice(others[r["c"]])} if r["c"] in others and rng.random() < REWORDED else r for r in rows]


# "Who did it?" and "what was it?": an article that tells of the event and names no culprit is neutral to each of them. The older
# articles call what tells of the event unrelated to the culprits it does not name; there both answers are allowed.
ASKS_WHO = re.compile(
    r"\b(caused?|carried out|behind|to blame|responsible for|explains?|sabotaged|hacked|poisoned|shot down|due to|because of|"
    r"planted|leaked|started by|attacked|killed|set off|set fire|stole|stolen by|triggered|blew up|bombed|work of|led to)\b"
)


# A suspicion that is reported supports its claim; the older articles call it neutral, and there both answers are allowed.
SUSPECTS = re.compile(
    r"suspect|point(s|ed)? to|signs that|could have been|may have been|verdächt|vermut|подозр|підозр|soupçon|sospech|"
    r"sospett|suspeit|şüphe|podejrz|verdenk|vermoed|يشتبه|اشتب", re.IGNORECASE
)  # fmt: skip


def told(article: dict[str, Any], sentence: dict[str, Any], claim_id: str) -> list[str]:
    """The labels that a sentence may have."""
    claim = article["claims"][claim_id]
    mark = sentence["marks"].get(claim_id)
    if mark is None:
        return untold(article, claim)
    doubtful = (
        mark == "neutral" and not article.get("events_marked") and ASKS_WHO.search(claim) and SUSPECTS.search(sentence["text"])
    )
    return ["neutral", "supports"] if doubtful else [mark]


def untold(article: dict[str, Any], claim: str) -> list[str]:
    """The labels that a sentence without a mark may have."""
    return ["unrelated"] if article.get("events_marked") or not ASKS_WHO.search(claim) else ["neutral", "unrelated"]


def title_label(article: dict[str, Any], claim_id: str) -> list[str]:
    """What a title says: its marks where it was marked, else what its article's label allows."""
    if "title_marks" in article:
        told = article["title_marks"].get(claim_id)
        return [told] if told else untold(article, article["claims"][claim_id])
    whole = article["labels"][claim_id]
    if whole == "unrelated":
        return untold(article, article["claims"][claim_id])
    return ["neutral", "unrelated", *([whole] if whole in SIDES[:2] else SIDES[:2])]


def cuts(sentences: list[dict[str, Any]], first: int) -> Iterator[tuple[int, int]]:
    """Spans of consecutive sentences that a row can hold; the first has at most ``first`` sentences."""
    at = 0
    while at < len(sentences):
        end, chars = at, 0
        most = first if at == 0 else MOST_SENTENCES
        while end < len(sentences) and end - at < most and (end == at or chars + len(sentences[end]["text"]) <= MOST_CHARS):
            chars += len(sentences[end]["text"])
            end += 1
        yield at, end
        at = end


def weight(sentence: dict[str, Any], claim_id: str) -> float:
    """How much a sentence counts for a claim."""
    return MARKED if claim_id in sentence["marks"] else SISTER if sentence["marks"] else PLAIN


def article_rows(article: dict[str, Any], rng: random.Random | None) -> list[dict[str, Any]]:
    """An article against each of its claims, cut into rows; at random places and with accidents where ``rng`` is given."""
    sentences = article["sentences"]
    first = rng.randint(2, MOST_SENTENCES) if rng else MOST_SENTENCES
    spans = list(cuts(sentences, first))
    has_title = bool(article["title"])
    rows = []
    for claim_id, claim in article["claims"].items():
        if claim_id in article.get("second", {}):
            continue  # a second reader saw it otherwise
        for start, end in spans:
            title = has_title and (rng is None or rng.random() < 0.85)
            # The sentence before the cut is read again: "it" and "the system" are told by it.
            begin = max(0, start - 1)
            part = sentences[begin:end]
            texts = [s["text"] for s in part]
            if rng and rng.random() < 0.08:
                texts = [misprint(t, rng) for t in texts]
            labels = [told(article, s, claim_id) for s in part]
            weights = [weight(s, claim_id) for s in part]
            if begin < start:
                weights[0] *= 0.5
                if rng is None:
                    labels[0] = []
            if title:
                texts, weights = [article["title"], *texts], [1.0 if start == 0 else 0.3, *weights]
                labels = [title_label(article, claim_id) if start == 0 or rng else [], *labels]
            row = {"c": claim, "d": texts, "y": labels, "v": weights, "w": 1.0, "title": title, "lang": article["lang"]}
            rows.append(row | {"s": "article", "a": article["id"], "k": claim_id})
    return rows


# What stands in a digest: nearly all that touches the claim, some of what touches its sisters, little of the rest.
IN_DIGEST = {MARKED: 0.95, SISTER: 0.4, PLAIN: 0.15}


def digest_rows(article: dict[str, Any], share: float, rng: random.Random) -> list[dict[str, Any]]:
    """For some of its claims an article's title with a few sentences, in order: as the product reads again what may matter."""
    rows = []
    for claim_id, claim in article["claims"].items():
        if claim_id in article.get("second", {}) or rng.random() > share:
            continue
        said = article["sentences"]
        weights = [weight(s, claim_id) for s in said]
        kept = [i for i, w in enumerate(weights) if rng.random() < IN_DIGEST[w]] or [rng.randrange(len(said))]
        while len(kept) > MOST_AGAIN:
            kept.remove(rng.choice([i for i in kept if weights[i] < MARKED] or kept))
        texts, labels = [said[i]["text"] for i in kept], [told(article, said[i], claim_id) for i in kept]
        worth = [weights[i] for i in kept]
        if title := bool(article["title"]):
            texts, labels, worth = [article["title"], *texts], [title_label(article, claim_id), *labels], [0.3, *worth]
        row = {"c": claim, "d": texts, "y": labels, "v": worth, "w": 1.0, "title": title, "lang": article["lang"]}
        rows.append(row | {"s": "digest", "a": article["id"], "k": claim_id})
    return rows


def together(labels: list[list[str]]) -> list[str]:
    """What a row says as a whole, given what each of its sentences may say: every label that is possible."""
    possible = {frozenset[str]()}
    for allowed in labels:
        if allowed:
            possible = {seen | {label} for seen in possible for label in allowed}
    return sorted({label_of_marks(seen) for seen in possible})


def foreign_rows(articles: list[dict[str, Any]], share: float, rng: random.Random) -> list[dict[str, Any]]:
    """Articles against a claim of another topic: nothing in them touches it."""
    rows = []
    for article in articles:
        other = rng.choice(articles)
        if other["topic"] == article["topic"] or rng.random() > share:
            continue
        key, claim = rng.choice(sorted(other["claims"].items()))
        start, end = rng.choice(list(cuts(article["sentences"], MOST_SENTENCES)))
        texts = [s["text"] for s in article["sentences"][start:end]]
        row = {"c": claim, "d": texts, "y": [["unrelated"]] * len(texts), "v": [0.3] * len(texts), "w": 1.0}
        rows.append(row | {"s": "foreign", "lang": article["lang"], "a": article["id"], "k": key})
    return rows


def passage_rows(passages: list[dict[str, Any]], rng: random.Random | None) -> list[dict[str, Any]]:
    """Our passages alone; where ``rng`` is given a third stand among others of their claim and language."""
    out: list[dict[str, Any]] = []
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for p in passages:
        groups[p["claim"], p["lang"]].append(p)
    for (claim, lang), mine in groups.items():
        if rng:
            rng.shuffle(mine)
        at = 0
        while at < len(mine):
            n = rng.randint(2, 5) if rng and rng.random() < 0.12 else 1
            part = mine[at : at + n]
            at += n
            texts = [misprint(p["passage"], rng) if rng and rng.random() < 0.08 else p["passage"] for p in part]
            row = {"c": claim, "d": texts, "y": [[p["label"]] for p in part], "w": 1.5, "s": "passage", "lang": lang}
            out.append(row | ({k: part[0][k] for k in ("topic", "why", "field")} if n == 1 else {}))
    return out


def how_often(times: list[str], article_id: str) -> float:
    """How many times an article stands in the rows: that of the first ``REGEX=TIMES`` that its id begins with, else 1."""
    pairs = (t.rpartition("=") for t in times)
    return next((float(n) for pattern, _, n in pairs if re.match(pattern, article_id)), 1.0)


def drawn(items: list[dict[str, Any]], times: list[float], rng: random.Random) -> list[dict[str, Any]]:
    """Each item as often as ``times`` says; a part of a time is a chance."""
    return [item for item, n in zip(items, times, strict=True) for _ in range(int(n) + (rng.random() < n % 1))]


def training_rows(passages: list[dict[str, Any]], articles: list[dict[str, Any]], first: list[dict[str, Any]],
                  others: dict[str, list[str]], rng: random.Random, public: float = 1.0) -> list[dict[str, Any]]:  # fmt: skip
    """One pass over everything; ``others`` are the claims' other wordings, ``public`` multiplies ``KEEP_FIRST``."""
    rows = passage_rows(passages, rng)
    for article in articles:
        rows += article_rows(article, rng)
        rows += digest_rows(article, DIGESTS, rng)
    rows += [turned for r in rng.sample(rows, len(rows) // 14) if (turned := negated(r))]
    rows += foreign_rows(articles, 0.6, rng)
    rows += [r for r in first if rng.random() < public * KEEP_FIRST.get(r["s"], 0.0)]
    rng.shuffle(rows)
    return reworded(rows, others, rng)


def main() -> None:
    """Write the rows of the three splits."""
    ap = argparse.ArgumentParser()
    ap.add_argument("--corpus", type=Path, default=Path("training/corpus"))
    ap.add_argument("--first", type=Path, required=True)
    ap.add_argument("--data", type=Path, required=True, help="the public rows: the texts of the real articles that we read")
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--passes", type=int, default=3)
    ap.add_argument("--seed", type=int, default=11)
    ap.add_argument(
        "--public", type=float, default=1.0, help="how many times its share of the first stage's rows stands in a pass"
    )
    ap.add_argument("--times", nargs="*", default=[], metavar="REGEX=TIMES",
                    help="how often what has an id (passages: 'passage-TOPIC') that begins so stands in a pass")  # fmt: skip
    args = ap.parse_args()
    rng = random.Random(args.seed)
    passages, articles = corpus_files.passages(args.corpus), corpus_files.articles(args.corpus, args.data)
    first = corpus_files.read(args.first)
    others = rewordings(args.corpus / "rewordings.tsv")
    args.out.mkdir(parents=True, exist_ok=True)
    for split in ("train", "dev", "test"):
        mine = [p for p in passages if p["split"] == split]
        whole = [a for a in articles if a["split"] == split]
        if split == "train":
            rows = []
            for _ in range(args.passes):
                some = drawn(mine, [how_often(args.times, f"passage-{p['topic']}") for p in mine], rng)
                many = drawn(whole, [how_often(args.times, a["id"]) for a in whole], rng)
                rows += training_rows(some, many, first, others, rng, args.public)
        else:
            rows = passage_rows(mine, None) + [r for a in whole for r in article_rows(a, None)]
        (args.out / ("rows.jsonl" if split == "train" else f"{split}.jsonl")).write_text(
            "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8"
        )
        counts: dict[str, int] = defaultdict(int)
        for r in rows:
            counts[r["s"]] += 1
        print(split, len(rows), sum(len(r["d"]) for r in rows), dict(sorted(counts.items())))


if __name__ == "__main__":
    main()
