"""How good the matcher is, on files anyone can bring: pairs of sentences, and whole articles with labels.

The functions behind ``claimline bench pairs`` and ``claimline bench articles``. They read files and measure; printing
is the caller's, but ``lines`` of each report gives the text. Nothing here trains or tunes.
"""

from __future__ import annotations

import gzip
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.figures import Figures, calibration_error, figures, lines_of
from claimline.matching import aggregate, passages
from claimline.matching.matcher import Answer, Text
from claimline.matching.stance import STANCES, Pair, Reading, StanceEngine, StanceProbs, Told
from claimline.models import ClaimSpec, Topic

FIVE = ("supports", "refutes", "neutral", "mixed", "unrelated")
LONG = 90  # words: a longer premise is read as an article

Answerer = Callable[[Topic, Sequence[Text]], Sequence[Answer]]


@dataclass(frozen=True, slots=True)
class PairsReport:
    """What ``bench pairs`` measured. ``ece`` is the expected calibration error over ten bins."""

    figures: Figures
    ece: float
    pairs_per_second: float
    skipped: int
    by_source: Mapping[str, Figures] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The report as text."""
        yield from lines_of(self.figures)
        yield f"calibration error {self.ece:.3f}   {self.pairs_per_second:.0f} pairs a second   skipped {self.skipped}"
        for source, f in self.by_source.items():
            yield f"  {source}: n {f.n}  accuracy {f.accuracy:.3f}  macro-F1 {f.macro_f1:.3f}"

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Miss:
    """One pair that came out wrong, with the windows that were read (best first)."""

    article: str
    claim: str
    statement: str
    gold: str
    answer: str
    decided: bool
    probabilities: Mapping[str, float]
    windows: tuple[tuple[str, Mapping[str, float]], ...]


@dataclass(frozen=True, slots=True)
class ArticlesReport:
    """What ``bench articles`` measured. ``interval`` is the 95 % bootstrap interval of macro-F1 over articles."""

    figures: Figures
    interval: tuple[float, float]
    decided: float
    wrong_side: float
    decided_figures: Figures
    english: Figures
    other: Figures
    ece: float
    seconds: float
    by_language: Mapping[str, Figures]
    misses: tuple[Miss, ...] = ()

    def lines(self, *, errors: bool = False) -> Iterator[str]:
        """The report as text; with ``errors`` every miss."""
        yield from lines_of(self.figures)
        yield f"95 % interval of macro-F1 {self.interval[0]:.3f} to {self.interval[1]:.3f}"
        yield f"decided {self.decided:.1%} of the pairs, macro-F1 of those {self.decided_figures.macro_f1:.3f}"
        yield f"wrong side {self.wrong_side:.1%} of decided pairs   calibration error {self.ece:.3f}"
        for name, f in (("English", self.english), ("other languages", self.other)):
            yield f"{name}: macro-F1 {f.macro_f1:.3f}  accuracy {f.accuracy:.3f}  n {f.n}"
        yield "by language: " + ", ".join(f"{k} {f.accuracy:.2f} ({f.n})" for k, f in self.by_language.items())
        if errors:
            for miss in self.misses:
                yield from _miss_lines(miss)

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """JSON lines, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as f:
        for line in f:
            if line.strip():
                yield json.loads(line)


def pairs(path: Path, engine: StanceEngine, *, source: str | None = None, limit: int | None = None) -> PairsReport:
    """Measure on rows of premise, hypothesis, label (and ``src``, where there is one; ``source`` keeps one of them).

    Labels: supports, refutes, neutral, unrelated, or ``not_supports``, which any other answer meets. Where a file
    has no *unrelated*, that answer counts as neutral.
    """
    rows = [r for r in read_jsonl(path) if source is None or r.get("src") == source]
    usable = [r for r in rows if r["label"] in (*STANCES, "not_supports")][:limit]
    knows_unrelated = any(r["label"] == "unrelated" for r in usable)
    started = time.perf_counter()
    probs = _premise_probs(engine, usable)
    elapsed = time.perf_counter() - started
    gold, answers, sure = [], [], []
    for r, p in zip(usable, probs, strict=True):
        best = max(p, key=lambda k: p[k])
        if r["label"] == "not_supports":
            p = {"supports": p["supports"], "not_supports": 1 - p["supports"]}
            best = max(p, key=lambda k: p[k])
        elif not knows_unrelated:
            p = p | {"neutral": p["neutral"] + p["unrelated"]}
            best = "neutral" if best == "unrelated" else best
        gold.append(r["label"])
        answers.append(best)
        sure.append(p[best])
    by_source: dict[str, list[int]] = defaultdict(list)
    for i, r in enumerate(usable):
        by_source[r.get("src", "")].append(i)
    each = {s: figures([gold[i] for i in k], [answers[i] for i in k]) for s, k in by_source.items()}
    right = [a == g for a, g in zip(answers, gold, strict=True)]
    return PairsReport(
        figures(gold, answers),
        calibration_error(sure, right),
        len(usable) / max(elapsed, 1e-9),
        len(rows) - len(usable),
        each if len(each) > 1 else {},
    )


def _premise_probs(engine: StanceEngine, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Four probabilities a row: short premises at once, long ones through their passages."""
    is_short = [len(r["premise"].split()) <= LONG for r in rows]
    pairs_of = iter(
        engine.predict([Pair(r["hypothesis"], r["premise"]) for r, short in zip(rows, is_short, strict=True) if short])
    )
    texts_of = iter(
        engine.read([[Reading(r["hypothesis"], _sentences(r))] for r, short in zip(rows, is_short, strict=True) if not short])
    )
    params = aggregate.params_of(engine.folder)
    return [_one(next(pairs_of)) if short else _folded(next(texts_of), params) for short in is_short]


def _sentences(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(p.text for p in passages.split(row["premise"][:12_000], lang=row.get("lang", "en")))


def _one(probs: StanceProbs) -> dict[str, float]:
    return {s: float(getattr(probs, s)) for s in STANCES}


def outcome_of(told: Told, params: aggregate.Params) -> aggregate.Outcome:
    """The outcome of an article and a claim by the model's answers alone, without the rules of the matcher."""
    windows = [aggregate.WindowScore(i, i + 1, p, 1.0, False) for i, p in enumerate(told.sentences)]
    return aggregate.aggregate(windows, told.together, params=params)


def _folded(told: Told, params: aggregate.Params) -> dict[str, float]:
    """An article's four probabilities: *mixed* is shared between the sides."""
    p = dict(outcome_of(told, params).probabilities)
    half = p.pop("mixed") / 2
    return {s: p[s] + (half if s in ("supports", "refutes") else 0.0) for s in STANCES}


def articles(
    articles_path: Path, claims_path: Path, labels_path: Path, answer: Answerer, *, draws: int = 1000, seed: int = 0
) -> ArticlesReport:
    """Run the whole matcher on labelled articles: JSONL of id, title, published, lang, text; two tables with tabs."""
    texts = {r["id"]: r for r in read_jsonl(articles_path)}
    claims = {r["claim_id"]: r for r in _table(claims_path)}
    labels = [(r["article_id"], r["claim_id"], r["label"]) for r in _table(labels_path)]
    started = time.perf_counter()
    found = _answers(texts, claims, labels, answer)
    elapsed = time.perf_counter() - started
    rows = [_row(texts[a], claims[c], gold, found.get(a), c) for a, c, gold in labels]
    return _articles_report(rows, elapsed, draws, random.Random(seed))


def _answers(
    texts: Mapping[str, Mapping[str, Any]],
    claims: Mapping[str, Mapping[str, str]],
    labels: Sequence[tuple[str, str, str]],
    answer: Answerer,
) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for name in dict.fromkeys(c["topic"] for c in claims.values()):
        mine = {k: c for k, c in claims.items() if c["topic"] == name}
        specs = tuple(ClaimSpec(k, c["statement"]) for k, c in mine.items())
        keys = list(dict.fromkeys(a for a, c, _ in labels if c in mine))
        got = answer(Topic(name.lower(), name, specs, ()), [_text(texts[k]) for k in keys])
        found.update({a.key: a for a in got})
    return found


def _text(r: Mapping[str, Any]) -> Text:
    try:
        published = date.fromisoformat(str(r.get("published") or "")[:10])
    except ValueError:  # a month or a year alone
        published = None
    return Text(r["id"], r["text"], r.get("title"), r.get("lang"), published)


@dataclass(frozen=True, slots=True)
class _Row:
    article: str
    lang: str
    gold: str
    answer: str
    decided: bool
    sure: float
    miss: Miss | None


def _row(text: Mapping[str, Any], claim: Mapping[str, str], gold: str, answer: Answer | None, slug: str) -> _Row:
    judged = next((j for j in (answer.judgements if answer else ()) if j.claim == slug), None)
    stance = str(judged.stance) if judged else "unrelated"
    decided = judged.decided if judged else True
    p = {str(k): v for k, v in judged.probabilities.items()} if judged else {"unrelated": 1.0}
    miss = None
    if stance != gold:
        traces = dict(answer.windows).get(slug, ()) if answer else ()
        windows = tuple(
            (text["text"][w.start : w.end], asdict(w.probs)) for w in sorted(traces, key=lambda w: w.probs.unrelated)[:4]
        )
        miss = Miss(text["id"], slug, claim["statement"], gold, stance, decided, p, windows)
    return _Row(text["id"], text.get("lang") or "", gold, stance, decided, p.get(stance, 1.0), miss)


def _articles_report(rows: Sequence[_Row], elapsed: float, draws: int, rng: random.Random) -> ArticlesReport:
    def of(part: Sequence[_Row]) -> Figures:
        return figures([r.gold for r in part], [r.answer for r in part], FIVE)

    decided = [r for r in rows if r.decided]
    sides = {"supports", "refutes"}
    wrong = sum({r.gold, r.answer} == sides for r in decided)
    by_article: dict[str, list[_Row]] = defaultdict(list)
    for r in rows:
        by_article[r.article].append(r)
    keys = list(by_article)
    drawn = sorted(of([r for k in rng.choices(keys, k=len(keys)) for r in by_article[k]]).macro_f1 for _ in range(draws))
    interval = (drawn[int(0.025 * draws)], drawn[int(0.975 * draws)]) if drawn else (0.0, 0.0)
    languages = sorted({r.lang for r in rows})
    return ArticlesReport(
        figures=of(rows),
        interval=interval,
        decided=len(decided) / max(1, len(rows)),
        wrong_side=wrong / max(1, len(decided)),
        decided_figures=of(decided),
        english=of([r for r in rows if r.lang == "en"]),
        other=of([r for r in rows if r.lang != "en"]),
        ece=calibration_error([r.sure for r in rows], [r.answer == r.gold for r in rows]),
        seconds=elapsed,
        by_language={k: of([r for r in rows if r.lang == k]) for k in languages},
        misses=tuple(r.miss for r in rows if r.miss),
    )


def _table(path: Path) -> list[dict[str, str]]:
    """A table with tabs and a head line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = lines[0].split("\t")
    return [dict(zip(head, line.split("\t") + [""] * len(head), strict=False)) for line in lines[1:] if line.strip()]


def _miss_lines(miss: Miss) -> Iterator[str]:
    p = "  ".join(f"{k} {v:.2f}" for k, v in sorted(miss.probabilities.items(), key=lambda kv: -kv[1]))
    unsure = "" if miss.decided else " (undecided)"
    yield f"\n{miss.article} {miss.claim}: {miss.gold} came out as {miss.answer}{unsure}   [{p}]\n  claim: {miss.statement}"
    for words, probs in miss.windows:
        yield "  " + " ".join(f"{k[0].upper()}{v:.2f}" for k, v in probs.items()) + f"  {words[:220]}"
