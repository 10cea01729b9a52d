"""A simulated year as tables and a sentence for people, and as JSON."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from typing import Any

from benchmarks.year_record import Held, Year


def table(year: Year) -> Iterator[str]:
    yield "month  runs  wall s  CPU s   MB  requests/run  304  unasked  new/run  changes   db MB  bytes MB  articles  db/article"
    for month in year.months():
        yield line_of(month, year)


def line_of(month: str, year: Year) -> str:
    runs = year.months()[month]
    figures = [run.figures for run in runs]
    requests = Counter[str]()
    for run in runs:
        requests.update(run.requests)
    asked = sum(f["asked"] for f in figures)
    held_ = year.held[month]
    main, bodies = _size(held_, "claimline.db"), _size(held_, "claimline-blobs.db")
    articles = held_.rows["articles"]
    return (
        f"{month:>5}  {len(runs):>4}  {statistics.mean(f['seconds'] for f in figures):>6.1f}"
        f"  {statistics.mean(f['cpu'] for f in figures):>5.2f}  {figures[-1]['resident'] / 1e6:>3.0f}"
        f"  {sum(requests.values()) / len(runs):>12.0f}"
        f"  {sum(f['not_modified'] for f in figures) / max(1, asked):>3.0%}"
        f"  {1 - asked / (len(runs) * year.plan.sources):>7.1%}"
        f"  {sum(f['counts'].get('articles-new', 0) for f in figures) / len(runs):>7.0f}"
        f"  {sum(f['changes'] for f in figures):>7}  {main / 1e6:>6.1f}  {bodies / 1e6:>8.1f}  {articles:>8}"
        f"  {main / max(1, articles):>10.0f}"
    )


def _size(held_: Held, name: str) -> int:
    return sum(size for file, size in held_.files.items() if file in (name, f"{name}-wal"))


def growth(year: Year) -> Iterator[str]:
    """What the last months added to the database, by table."""
    months = list(year.held)
    early, late = year.held[months[len(months) // 2 - 1]] if len(months) > 1 else None, year.held[months[-1]]
    yield "table                     rows        MB   of which in the second half: rows        MB   bytes/row"
    for name, size in sorted(late.bytes.items(), key=lambda pair: -pair[1])[:16]:
        rows, before = late.rows.get(name, 0), (early.rows.get(name, 0), early.bytes.get(name, 0)) if early else (0, 0)
        yield (
            f"{name:<20} {rows:>9} {size / 1e6:>9.2f} {rows - before[0]:>33} {(size - before[1]) / 1e6:>9.2f}"
            f" {size / max(1, rows):>11.0f}"
        )


def phases(year: Year) -> Iterator[str]:
    """Seconds a run by phase, in the first and in the last month."""
    months = list(year.months().values())
    names = sorted({name for run in year.runs for name in run.figures["phases"]})
    yield "phase                 first month  last month   (seconds a run; discover adds up over threads)"
    for name in names:
        spent = [statistics.mean(r.figures["phases"].get(name, 0.0) for r in runs) for runs in (months[0], months[-1])]
        yield f"{name:<20} {spent[0]:>12.2f} {spent[1]:>11.2f}"


def verdict(year: Year) -> str:
    months = list(year.months().values())
    # The process after the last kill, once it has seen a month.
    since = max((i for i, run in enumerate(year.runs) if run.killed_at), default=0)
    memory = [run.figures["resident"] / 1e6 for run in year.runs[since:]]
    settled = memory[min(30, len(memory) // 3) :]
    cpu = [statistics.mean(r.figures["cpu"] for r in runs) for runs in (months[min(1, len(months) - 1)], months[-1])]
    told = ", ".join(f"{what} {count}" for what, count in year.checked.items())
    memory_told = (
        f"memory {settled[0]:.0f} -> {settled[-1]:.0f} MB (at most {max(settled):.0f}) over {len(settled)} runs of one process"
    )
    good = "AS IT SHOULD BE" if not year.wrong else "NOT AS IT SHOULD BE: " + "; ".join(year.wrong[:12])
    return f"{good}. {told}. {memory_told}; CPU {cpu[0]:.2f} -> {cpu[1]:.2f} s a run."


def as_json(year: Year) -> dict[str, Any]:
    return {
        "wrong": year.wrong,
        "checked": year.checked,
        "runs": [
            {"moment": r.moment.isoformat(), "requests": dict(r.requests), "killed_at": r.killed_at, **r.figures}
            for r in year.runs
        ],
        "held": {m: {"files": dict(h.files), "rows": dict(h.rows), "bytes": dict(h.bytes)} for m, h in year.held.items()},
    }
