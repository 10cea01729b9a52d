"""The bundled stance engine: whole articles on topics that it never saw, pairs a second, loading, memory.

python -m benchmarks engine
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import stance
from claimline.matching.matcher import Matcher
from claimline.matching.retrieve import shared_embedder
from claimline.matching.stance import Pair, load_engine

DATA = Path(__file__).parent / "data"
PAIRS = 400
# Sixty-four pieces with the marks between them.
CLAIM = "The harbour bridge can carry lorries of forty tonnes without a new deck."
PASSAGE = (
    "The roads agency told reporters on Tuesday that engineers had finished measuring the harbour bridge and that the results "
    "leave no doubt about what its old steel can still bear, {} of them said."
)


def measure() -> Iterator[tuple[str, str]]:
    """The figures, as (what, how much)."""
    started = time.process_time()
    engine = load_engine()
    engine.predict([Pair(CLAIM, PASSAGE)])
    yield "loading, processor time", f"{time.process_time() - started:.2f} s"
    pairs = [Pair(CLAIM, PASSAGE.format(n)) for n in range(PAIRS)]
    started = time.perf_counter()
    engine.predict(pairs)
    yield "pairs a second, 64 pieces each", f"{PAIRS / (time.perf_counter() - started):.0f}"
    report = stance.articles(
        DATA / "articles.jsonl",
        DATA / "claims.tsv",
        DATA / "labels.tsv",
        lambda topic, texts: Matcher(topic, engine, shared_embedder()).answer(texts),
    )
    for line in report.lines(errors=False):
        yield "whole articles", line
    yield "peak memory of this process", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
