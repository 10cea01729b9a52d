"""What examples teach: the whole matcher on labelled articles, with 0, 2, 5, 10 example wordings a claim.

The function behind ``claimline bench articles --shots``. Half of the articles are held out and never taught from; from the other
half articles are drawn by chance (a fixed seed), each giving one wording: the passage that shows its label best, as a person
would quote it. The figures are means over the draws. Nothing is tuned.
"""

from __future__ import annotations

import csv
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.figures import figures
from claimline.matching.fewshot import SIDES
from claimline.matching.matcher import Answer, Matcher, Text
from claimline.matching.retrieve import Embedder
from claimline.matching.stance import Pair, Reading, StanceEngine, StanceProbs, Told
from claimline.models import ClaimSpec, Examples, Topic

FIVE = ("supports", "refutes", "neutral", "mixed", "unrelated")


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the curve: means over the draws. ``on``: how many claims' examples switched the correction on."""

    shots: int
    macro_f1: float
    accuracy: float
    wrong_side: float
    given: float  # examples a claim that could be drawn
    on: float
    claims: int


@dataclass(frozen=True, slots=True)
class Curve:
    points: tuple[Point, ...]
    held_out: int
    draws: int

    def lines(self) -> Iterator[str]:
        """The curve as text."""
        yield f"{self.held_out} held-out pairs, {self.draws} draws"
        yield "shots  given  macro-F1  accuracy  wrong side  switched on"
        for p in self.points:
            yield (
                f"{p.shots:>5}  {p.given:>5.1f}  {p.macro_f1:>8.3f}  {p.accuracy:>8.3f}  {p.wrong_side:>10.1%}"
                f"  {p.on:.1f} of {p.claims} claims"
            )

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


class _Remembers:
    """An engine that answers each question once."""

    def __init__(self, engine: StanceEngine) -> None:
        self._engine, self._known, self._read = engine, dict[Pair, StanceProbs](), dict[tuple[Reading, ...], Told]()
        self.matcher_hash, self.languages = engine.matcher_hash, engine.languages
        self.folder = engine.folder

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        new = [p for p in dict.fromkeys(pairs) if p not in self._known]
        self._known.update(zip(new, self._engine.predict(new), strict=True))
        return [self._known[p] for p in pairs]

    def read(self, articles: Sequence[Sequence[Reading]]) -> list[Told]:
        asked = [tuple(readings) for readings in articles]
        new = [r for r in dict.fromkeys(asked) if r not in self._read]
        self._read.update(zip(new, self._engine.read(new), strict=True))
        return [self._read[r] for r in asked]


@dataclass(frozen=True, slots=True)
class _Topic:
    """One topic's labelled articles: (article, claim) -> label."""

    topic: Topic
    texts: Mapping[str, Text]
    labels: Mapping[tuple[str, str], str]
    taught: frozenset[str]  # articles that examples may come from


def learning_curve(
    articles: Path,
    claims: Path,
    labels: Path,
    engine: StanceEngine,
    embedder: Embedder,
    shots: Sequence[int] = (0, 2, 5, 10),
    *,
    draws: int = 3,
    seed: int = 0,
) -> Curve:
    """Measure on JSONL of id, title, published, lang, text and two tables with tabs, as ``bench articles`` reads them."""
    remembers = _Remembers(engine)
    topics = list(_topics(articles, claims, labels, random.Random(seed)))
    plain = {t.topic.slug: Matcher(t.topic, remembers, embedder).answer(list(t.texts.values())) for t in topics}
    held_out = sum(a not in t.taught for t in topics for a, _ in t.labels)
    points = [_point(topics, plain, k, remembers, embedder, draws if k else 1, seed) for k in shots]
    return Curve(tuple(points), held_out, draws)


def _point(
    topics: Sequence[_Topic],
    plain: Mapping[str, Sequence[Answer]],
    shots: int,
    engine: StanceEngine,
    embedder: Embedder,
    draws: int,
    seed: int,
) -> Point:
    rows: list[tuple[float, float, float]] = []
    given = on = 0.0
    count = sum(len(t.topic.claims) for t in topics)
    for draw in range(draws):
        gold: list[str] = []
        got: list[str] = []
        for t in topics:
            rng = random.Random(f"{seed}/{draw}/{t.topic.slug}")
            specs = tuple(replace(c, examples=_examples(t, c, plain[t.topic.slug], shots, rng)) for c in t.topic.claims)
            matcher = Matcher(replace(t.topic, claims=specs), engine, embedder)
            given += sum(len(x.shots) for x in matcher.taught.values()) / draws
            on += sum(x.on for x in matcher.taught.values()) / draws
            answers = matcher.answer([text for key, text in t.texts.items() if key not in t.taught])
            said = {(a.key, j.claim): str(j.stance) for a in answers for j in a.judgements}
            held = [pair for pair in t.labels if pair[0] not in t.taught]
            gold += [t.labels[pair] for pair in held]
            got += [said.get(pair, "unrelated") for pair in held]
        f = figures(gold, got, FIVE)
        wrong = sum({a, b} == {"supports", "refutes"} for a, b in zip(gold, got, strict=True)) / max(1, len(gold))
        rows.append((f.macro_f1, f.accuracy, wrong))
    macro, accuracy, wrong_side = (sum(column) / draws for column in zip(*rows, strict=True))
    return Point(shots, macro, accuracy, wrong_side, given / max(1, count), on, count)


def _examples(t: _Topic, claim: ClaimSpec, answers: Sequence[Answer], shots: int, rng: random.Random) -> Examples:
    keys = sorted(a for a, c in t.labels if c == claim.slug and a in t.taught and t.labels[a, c] in SIDES)
    rng.shuffle(keys)
    found: dict[str, list[str]] = defaultdict(list)
    by_key = {a.key: dict(a.windows) for a in answers}
    for key in keys[:shots]:
        label = t.labels[key, claim.slug]
        windows = by_key.get(key, {}).get(claim.slug, ())
        if windows:
            best = max(windows, key=lambda w: getattr(w.probs, label))
            found[label].append(t.texts[key].text[best.start : best.end])
    return Examples(**{side: tuple(found[side]) for side in SIDES})


def _topics(articles: Path, claims: Path, labels: Path, rng: random.Random) -> Iterator[_Topic]:
    texts = {r["id"]: r for r in map(json.loads, articles.read_text(encoding="utf-8").splitlines())}
    statements = {r["claim_id"]: r for r in _table(claims)}
    rows = _table(labels)
    for name in dict.fromkeys(c["topic"] for c in statements.values()):
        mine = {k: c for k, c in statements.items() if c["topic"] == name}
        pairs = {(r["article_id"], r["claim_id"]): r["label"] for r in rows if r["claim_id"] in mine}
        keys = sorted({a for a, _ in pairs})
        rng.shuffle(keys)
        specs = tuple(ClaimSpec(k, c["statement"]) for k, c in mine.items())
        taught = frozenset(keys[: len(keys) // 2])
        yield _Topic(Topic(name.lower(), name, specs, ()), {k: _text(texts[k]) for k in keys}, pairs, taught)


def _text(r: Mapping[str, Any]) -> Text:
    try:
        published = date.fromisoformat(str(r.get("published") or "")[:10])
    except ValueError:  # a month or a year alone
        published = None
    return Text(r["id"], r["text"], r.get("title"), r.get("lang"), published)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
