"""Ingest against its floor: pages from a local server, fetched, cleaned and stored, beside trafilatura's extraction alone.

    python -m benchmarks.ingest [--pages 1000] [--small]

The pages are as heavy as newspapers' (`benchmarks.newspaper`): 400 to 900 words in 30 to 80 KB of HTML; `--small` takes the light
ones of the other benchmarks, on which fetching and storing stand out. The floor is trafilatura on the same pages with the same
options and its metadata in two processes, nothing fetched and nothing stored; it is measured before and after, since a shared
machine is faster at one time than at another. The CPU time of the server is taken off that of the ingest, as if it stood
elsewhere; both are printed. Each way runs in its own process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.local_news import News
from benchmarks.newspaper import Newspaper
from claimline.settings import Settings

Row = tuple[str, str]
CLAIMS = 20
PROCESSES = 2
_BATCH = 24
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def measure(pages: int = 1000, *, small: bool = False) -> Iterator[Row]:
    """The figures, as (what, how much)."""
    before = _floor(pages, small)
    with tempfile.TemporaryDirectory() as name, _served(pages, small) as (port, server):
        unasked = _cpu_of(server)
        ingest = _child("ingest", Path(name), pages, port, small)
        served = _cpu_of(server) - unasked
    after = _floor(pages, small)
    floor = {what: (before[what] + after[what]) / 2 for what in ("wall", "cpu")}
    net = ingest["wall"] - served / (os.cpu_count() or 1)
    yield "pages stored", f"{ingest['stored']} of {pages}, {ingest['bytes'] / max(1, pages) / 1000:.0f} KB each"
    yield "ingest", f"{ingest['wall']:.1f} s ({ingest['cpu']:.1f} s of CPU)"
    yield "  the server's CPU, taken off over all cores", f"{served:.1f} s"
    yield "trafilatura alone, two processes, mean of two runs", f"{floor['wall']:.1f} s ({floor['cpu']:.1f} s of CPU)"
    yield "ingest / trafilatura, time", f"{net / floor['wall']:.2f}"
    yield "ingest / trafilatura, CPU", f"{ingest['cpu'] / floor['cpu']:.2f}"


def _floor(pages: int, small: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        return _child("floor", Path(name), pages, 0, small)


# --- The children ---------------------------------------------------------------------------------------------------


def news_of(pages: int, small: bool) -> News:
    return (News if small else Newspaper)(pages, CLAIMS)


def run_ingest(news: News, port: int) -> dict[str, float]:
    from flows import steps
    from flows.desk import open_desk

    with open_desk(Settings(clean_processes=PROCESSES)) as desk:
        steps.import_topic(desk, news.topic(port))
        began, cpu = time.perf_counter(), _cpu()
        report = steps.ingest(desk, "spine")
        spent = {"wall": time.perf_counter() - began, "cpu": _cpu() - cpu}
    size = sum(len(news.page(i).encode()) for i in range(news.articles))
    return {**spent, "stored": report.tally.counts["new"], "bytes": size}


def run_floor(news: News) -> dict[str, float]:
    texts = [(news.page(i), news.url(8000, i)) for i in range(news.articles)]
    batches = [texts[i : i + _BATCH] for i in range(0, news.articles, _BATCH)]
    began, cpu = time.perf_counter(), _cpu()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        found = sum(pool.map(extract, batches))
    return {"wall": time.perf_counter() - began, "cpu": _cpu() - cpu, "stored": found}


def extract(pages: Sequence[tuple[str, str]]) -> int:
    """Trafilatura with the options of `claimline.clean`; how many pages gave a text."""
    from trafilatura import bare_extraction

    dates = {"extensive_search": False, "max_date": "2100-01-01"}
    return sum(
        bare_extraction(
            html,
            url=url,
            with_metadata=True,
            include_comments=False,
            include_tables=True,
            include_images=False,
            include_links=False,
            include_formatting=False,
            deduplicate=False,
            date_extraction_params=dates,
        )
        is not None
        for html, url in pages
    )


def _child(way: str, folder: Path, pages: int, port: int, small: bool) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.ingest", "--way", way, "--pages", str(pages), "--port", str(port)]
    command += ["--small"] if small else []
    env = {**os.environ, "CLAIMLINE_DATA_DIR": str(folder), "CLAIMLINE_DATABASE_URL": f"sqlite:///{folder / 'ingest.db'}"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _cpu() -> float:
    """Of this process and of the helpers that have ended."""
    found = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(r.ru_utime + r.ru_stime for r in found)


def _cpu_of(pid: int) -> float:
    """The seconds of CPU of another process (Linux; elsewhere 0, and nothing is taken off)."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def _served(pages: int, small: bool) -> Iterator[tuple[int, int]]:
    """The local server in a process of its own; yields its port and process id."""
    command = [sys.executable, "-m", "benchmarks.local_news", str(pages), str(CLAIMS), *([] if small else ["realistic"])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None:
            raise AssertionError("a pipe was asked for")
        yield int(process.stdout.readline()), process.pid
    finally:
        process.terminate()
        process.wait(timeout=10)


def main() -> None:
    parser = argparse.ArgumentParser(description="Ingest against trafilatura alone.")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--way", choices=["ingest", "floor"])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--small", action="store_true", help="Light pages.")
    asked = parser.parse_args()
    news = news_of(asked.pages, asked.small)
    if asked.way:
        print(json.dumps(run_ingest(news, asked.port) if asked.way == "ingest" else run_floor(news)))
        return
    for what, how_much in measure(asked.pages, small=asked.small):
        print(f"{what:<50} {how_much}")


if __name__ == "__main__":
    main()
