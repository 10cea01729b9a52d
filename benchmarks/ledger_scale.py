"""A million evidences on one machine: builds a generated ledger and times the reads that people wait for.

    python benchmarks/ledger_scale.py [--evidence 1000000] [--claims 200] [--largest 20000] [--url sqlite:////tmp/big.db]

It goes through the tables directly, since a million articles through the steps would time the cleaning, and then publishes
with the product's own code.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from claimline import why
from claimline.models import ClaimSpec, SourceSpec, Topic
from storage import claims, ledger
from storage import tables as t
from storage.assessments import ensure_matcher
from storage.engine import Database, open_database
from storage.sql import insert_many

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = date(2022, 1, 1)
DAYS = 1_400
SPEAKERS = 400


def sizes(total: int, count: int, largest: int) -> list[int]:
    """Evidences a claim: one large, the rest sharing what is left unevenly."""
    left = total - largest
    weights = [1 / (i + 5) ** 0.5 for i in range(count - 1)]
    return [largest, *(max(1, min(largest, int(left * w / sum(weights)))) for w in weights)]


def build(db: Database, total: int, count: int, largest: int, chance: random.Random) -> int:
    topic = Topic(
        "scale",
        "Scale",
        tuple(ClaimSpec(f"claim-{i}", f"The thing number {i} is so") for i in range(count)),
        (SourceSpec("feed", "https://scale.example/feed"),),
    )
    imported = db.write(lambda s: claims.import_topic(s, topic, digest="scale", yaml="scale", now=NOW, by="benchmark"))
    db.write(lambda s: ensure_matcher(s, "m", now=NOW))
    with db.read() as s:
        rows = s.execute(sa.select(t.claims.c.id, t.claims.c.current_version_id).order_by(t.claims.c.id)).all()
        source = s.execute(sa.select(t.sources.c.id)).scalar_one()
    articles = total // 4
    for start in range(0, articles, 20_000):
        ids = range(start + 1, min(articles, start + 20_000) + 1)
        db.write(lambda s, ids=ids: _articles(s, imported.topic_id, imported.version_id, source, ids, chance))  # type: ignore[misc]
    made = _assessments(rows, sizes(total, count, largest), articles, chance)
    while batch := [row for row, _ in zip(made, range(20_000), strict=False)]:
        db.write(lambda s, batch=batch: _save(s, batch))  # type: ignore[misc]
    db.write(lambda s: _touches(s, imported.topic_id, articles))
    return imported.topic_id


def _articles(s: Any, topic_id: int, version_id: int, source: int, ids: range, chance: random.Random) -> None:
    days = {i: FIRST + timedelta(days=chance.randrange(DAYS)) for i in ids}
    url = {i: f"https://outlet{i % 300}.example/{i}" for i in ids}
    common = {"first_seen": NOW, "state": "captured", "attempts": 0}
    insert_many(
        s,
        t.articles,
        [
            {"id": i, "key": url[i], "url": url[i], "outlet": f"outlet{i % 300}.example", "current_revision_id": i, **common}
            for i in ids
        ],
    )
    insert_many(s, t.aliases, [{"key": url[i], "url": url[i], "article_id": i, "created_at": NOW} for i in ids])
    insert_many(s, t.topic_articles, [{"topic_id": topic_id, "article_id": i, "added_at": NOW} for i in ids])
    capture = {"source_id": source, "fetched_at": NOW, "status": 200, "bytes_kept": False, "checks": 1}
    insert_many(s, t.captures, [{"id": i, "article_id": i, **capture} for i in ids])
    insert_many(s, t.revisions, [_revision(i, days[i]) for i in ids])
    texts = [{"revision_id": i, "title": f"Report {i}", "text": f"Speaker said that thing {i} is so. " * 5} for i in ids]
    insert_many(s, t.revision_texts, texts)
    seen = [{"capture_id": i, "revision_id": i, "article_id": i, "seen_at": NOW} for i in ids]
    insert_many(s, t.sightings, seen)
    scan = {"topic_version_id": version_id, "matcher": "m", "outcome": "read", "scanned_at": NOW}
    insert_many(s, t.scans, [{"revision_id": i, **scan} for i in ids])


def _revision(i: int, day: date) -> dict[str, Any]:
    published = {"day": day.isoformat(), "basis": "metadata", "words": "", "precision": "day", "at": None, "candidates": []}
    name = sha256(str(i).encode()).hexdigest()
    common = {"cleaner": "c", "seen_at": NOW, "lang": "en", "lang_confidence": 1.0, "authors": []}
    return {
        "id": i,
        "key": name[:16],
        "article_id": i,
        "text_sha256": name,
        "published_day": day,
        "published": published,
        **common,
    }


def _assessments(rows: Any, counts: list[int], articles: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    next_id = 1
    for row, count in zip(rows, counts, strict=True):
        side = chance.choice(["supports", "refutes"])
        for article_id in chance.sample(range(1, articles + 1), min(count, articles)):
            stance = chance.choices([side, "neutral", "supports", "refutes"], [5, 3, 1, 1])[0]
            yield {
                "id": next_id,
                "claim_id": row.id,
                "claim_version_id": row.current_version_id,
                "revision_id": article_id,
                "article_id": article_id,
                "stance": stance,
                "confidence": round(chance.uniform(0.6, 0.99), 3),
                "speaker": f"speaker-{chance.randrange(SPEAKERS)}" if chance.random() < 0.5 else None,
            }
            next_id += 1


def _save(s: Any, batch: list[dict[str, Any]]) -> None:
    common = {"matcher": "m", "actor": "model", "decided": True, "created_at": NOW, "probabilities": {}}
    insert_many(s, t.assessments, [{k: v for k, v in x.items() if k != "speaker"} | common for x in batch])
    insert_many(s, t.evidence, [_evidence(x) for x in batch])


def _evidence(x: dict[str, Any]) -> dict[str, Any]:
    quote = f"Speaker said that thing {x['article_id']} is so."
    who = {"speaker_written": x["speaker"], "speaker_key": x["speaker"], "speaker_basis": "people" if x["speaker"] else None}
    own = {"assessment_id": x["id"], "stance": x["stance"], "confidence": x["confidence"]}
    return own | who | {"start": 0, "end": len(quote), "quote": quote, "quote_sha256": sha256(quote.encode()).hexdigest()}


def _touches(s: Any, topic_id: int, articles: int) -> None:
    for start in range(0, articles, 50_000):
        ids = range(start + 1, min(articles, start + 50_000) + 1)
        insert_many(s, t.touches, [{"topic_id": topic_id, "article_id": i, "cause": "new article", "at": NOW} for i in ids])
    if s.get_bind().dialect.name == "postgresql":
        for table in t.METADATA.sorted_tables:
            if "id" in table.c and isinstance(table.c.id.type, sa.Integer):
                newest = f"(SELECT coalesce(max(id), 0) + 1 FROM {table.name})"
                s.execute(sa.text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {newest}, false)"))


def timed(name: str, work: Callable[[], Any], times: int = 7) -> dict[str, Any]:
    spent, busy = [], []
    for _ in range(times):
        began, cpu = time.perf_counter(), time.process_time()
        work()
        spent.append((time.perf_counter() - began) * 1000)
        busy.append((time.process_time() - cpu) * 1000)
    figures = {"first_ms": spent[0], "median_ms": statistics.median(spent), "cpu_ms": statistics.median(busy)}
    return {"what": name} | {k: round(v, 1) for k, v in figures.items()}


def reads(db: Database, topic_id: int) -> Iterator[dict[str, Any]]:
    def reading(work: Callable[[Any], Any]) -> Callable[[], Any]:
        def run() -> Any:
            with db.read() as s:
                return work(s)

        return run

    with db.read() as s:
        largest = claims.claim(s, "claim-0").id
        (edition, *_) = ledger.editions(s, topic_id)
    known_at, as_of = edition.recorded_at, date(2024, 6, 1)
    yield timed("claims", reading(lambda s: ledger.statuses(s)))
    yield timed("claims --as-of", reading(lambda s: ledger.statuses(s, as_of=as_of, known_at=known_at)))
    yield timed("history", reading(lambda s: ledger.changes(s, largest)))
    yield timed("history --as-of --known-at", reading(lambda s: ledger.changes(s, largest, as_of=as_of, known_at=known_at)))
    yield timed("status --as-of", reading(lambda s: ledger.status(s, largest, as_of=as_of)))
    yield timed("why", reading(lambda s: _why(s, largest, None)))
    yield timed("why --on", reading(lambda s: _why(s, largest, as_of)))
    yield timed("positions of the largest claim", reading(lambda s: ledger.positions(s, largest)))


def _why(s: Any, claim_id: int, day: date | None) -> Any:
    """All that `claimline why` reads and computes."""
    changes = ledger.changes(s, claim_id, as_of=day)
    stand, flip = why.explained(ledger.weighed(s, claim_id), ledger.rulings(s, claim_id), until=day, most_voices=20)
    return changes, flip, ledger.positions(s, claim_id, keys=[v.positions[0] for v in stand.voices])


def a_day(db: Database, topic_id: int, first: int, count: int, chance: random.Random) -> dict[str, Any]:
    """A day's new evidence on five claims, recorded and published."""
    with db.read() as s:
        rows = s.execute(sa.select(t.claims.c.id, t.claims.c.current_version_id).order_by(t.claims.c.id).limit(5)).all()
        last = s.execute(sa.select(sa.func.max(t.assessments.c.id))).scalar_one()
        source = s.execute(sa.select(t.sources.c.id)).scalar_one()
        version = s.execute(sa.select(t.topics.c.current_version_id)).scalar_one()
    ids = range(first, first + count)
    db.write(lambda s: _articles(s, topic_id, version, source, ids, chance))
    batch = list(_assessments(rows, [0] * len(rows), 1, chance))
    for n, article_id in enumerate(ids):
        row = rows[n % len(rows)]
        common = {"revision_id": article_id, "article_id": article_id, "confidence": 0.9, "speaker": None}
        own = {"id": last + n + 1, "claim_id": row.id, "claim_version_id": row.current_version_id}
        batch.append(own | common | {"stance": chance.choice(["supports", "refutes", "neutral"])})
    db.write(lambda s: _save(s, batch))
    touches = [{"topic_id": topic_id, "article_id": i, "cause": "new article", "at": NOW} for i in ids]
    db.write(lambda s: insert_many(s, t.touches, touches))
    began, cpu = time.perf_counter(), time.process_time()
    done = ledger.publish(db, topic_id, run_id=None, actor="benchmark", now=NOW + timedelta(days=1))
    seconds = time.perf_counter() - began
    busy = time.process_time() - cpu
    return {
        "what": f"publish {count} new evidences",
        "seconds": round(seconds, 2),
        "cpu_seconds": round(busy, 2),
        "refolded": done.claims_refolded,
        "positions": done.positions_added,
        "changes": len(done.changes),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evidence", type=int, default=1_000_000)
    parser.add_argument("--claims", type=int, default=200)
    parser.add_argument("--largest", type=int, default=20_000)
    parser.add_argument("--url", default="sqlite:////tmp/claimline-scale.db")
    asked = parser.parse_args()
    chance = random.Random(7)
    db = open_database(asked.url)
    began = time.perf_counter()
    topic_id = build(db, asked.evidence, asked.claims, asked.largest, chance)
    print(json.dumps({"what": "generated", "seconds": round(time.perf_counter() - began, 1)}), flush=True)
    began, cpu = time.perf_counter(), time.process_time()
    done = ledger.publish(db, topic_id, run_id=None, actor="benchmark", now=NOW)
    busy = round(time.process_time() - cpu, 1)
    print(
        json.dumps(
            {
                "what": "first edition",
                "seconds": round(time.perf_counter() - began, 1),
                "positions": done.positions_added,
                "changes": len(done.changes),
                "cpu_seconds": busy,
            }
        ),
        flush=True,
    )
    for row in reads(db, topic_id):
        print(json.dumps(row), flush=True)
    print(json.dumps(a_day(db, topic_id, asked.evidence // 4 + 1, 1_000, chance)), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"what": "peak memory", "MB": round(peak)}), flush=True)
    db.dispose()


if __name__ == "__main__":
    main()
