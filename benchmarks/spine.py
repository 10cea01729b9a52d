"""The whole way once: 1,000 articles from a local server, 20 claims, one article in ten on the topic.

    python -m benchmarks.spine [--articles 1000] [--claims 20]

Time, peak memory and the split over fetch, clean, match and record; then the same under Prefect, whose share is the time outside
of the steps, with the start of its server apart. Each way runs in a process of its own. The local server's work is not counted.
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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.local_news import News
from claimline.settings import Settings

Row = tuple[str, str]


def measure(articles: int = 1000, claims: int = 20) -> Iterator[Row]:
    """The figures, as (what, how much)."""
    with tempfile.TemporaryDirectory() as name, served(articles, claims) as port:
        folder = Path(name)
        parts = _child("parts", folder, port, articles, claims)
        yield from _plain_rows(_child("plain", folder, port, articles, claims), parts)
        yield from _prefect_rows(_child("prefect", folder, port, articles, claims))


def _plain_rows(plain: Mapping[str, Any], parts: Mapping[str, Any]) -> Iterator[Row]:
    seconds, counts = plain["seconds"], plain["counts"]
    yield "articles read, texts matched", f"{counts.get('new', 0)}, {counts.get('revisions-read', 0)}"
    yield "pairs judged, answers stored", f"{counts.get('pairs-judged', 0)}, {counts.get('assessments', 0)}"
    yield "whole run, plain", f"{plain['wall']:.1f} s ({plain['cpu']:.1f} s of CPU)"
    yield "  fetch and clean, side by side", f"{seconds.get('fetch-and-clean', 0):.1f} s"
    yield "    fetch alone", f"{parts['fetch']:.1f} s"
    yield "    clean alone, one process", f"{parts['clean']:.1f} s"
    yield "  copies", f"{seconds.get('copies', 0):.1f} s"
    yield "  match", f"{seconds.get('match', 0):.1f} s"
    yield "  record (partly within the above)", f"{seconds.get('record', 0) + seconds.get('publish', 0):.1f} s"
    yield "models loaded, before", f"{plain['models']:.1f} s"
    yield "peak memory of the main process", f"{plain['rss']:.0f} MB"
    yield "a second run, nothing new", f"{plain['again']:.1f} s"


def _prefect_rows(prefect: Mapping[str, Any]) -> Iterator[Row]:
    share = max(0.0, prefect["overhead"] / prefect["wall"])
    yield "Prefect: import and its server's start", f"{prefect['start']:.1f} s"
    yield "whole run under Prefect", f"{prefect['wall']:.1f} s ({prefect['cpu']:.1f} s of CPU)"
    yield "Prefect's share (time outside the steps)", f"{share:.1%} ({prefect['overhead']:.1f} s)"


# --- The children ---------------------------------------------------------------------------------------------------


def _child(way: str, folder: Path, port: int, articles: int, claims: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.spine", "--way", way, "--folder", str(folder), "--port", str(port)]
    command += ["--articles", str(articles), "--claims", str(claims)]
    env = {**os.environ, "CLAIMLINE_DATA_DIR": str(folder / "data"), "CLAIMLINE_DATABASE_URL": f"sqlite:///{folder / way}.db"}
    env.pop("PREFECT_API_URL", None)
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def run_way(way: str, news: News, port: int) -> dict[str, Any]:
    from flows import judging, steps
    from flows.desk import open_desk

    with open_desk(Settings()) as desk:
        steps.import_topic(desk, news.topic(port))
        if way == "parts":
            return _parts(desk.settings, news, port)
        began = time.perf_counter()
        slug = "spine"
        with desk.db.read() as s:
            from storage import claims

            judging.open_matcher(desk, claims.topic(s, slug))
        models = time.perf_counter() - began
        if way == "prefect":
            return {**_with_prefect(desk, slug), "models": models}
        began, cpu = time.perf_counter(), _cpu()
        report = steps.track(desk, slug)
        wall, cpu = time.perf_counter() - began, _cpu() - cpu
        began = time.perf_counter()
        steps.track(desk, slug)
        again = time.perf_counter() - began
    counted = {"counts": dict(report.tally.counts), "seconds": report.tally.seconds, **_memory()}
    return {"wall": wall, "cpu": cpu, "again": again, "models": models, **counted}


def _with_prefect(desk: Any, slug: str) -> dict[str, Any]:
    began = time.perf_counter()
    from flows.server import temporary_server
    from flows.track import track_in_process

    temporary_server(desk.settings.data_dir / "prefect")
    start = time.perf_counter() - began
    inside = _timed_steps()
    began, cpu = time.perf_counter(), _cpu()
    (report,) = track_in_process(desk, [slug])
    wall, cpu = time.perf_counter() - began, _cpu() - cpu
    overhead = wall - sum(inside)
    return {"start": start, "wall": wall, "cpu": cpu, "overhead": overhead, "seconds": report.tally.seconds, **_memory()}


def _timed_steps() -> list[float]:
    """Puts a clock around every step that a task carries out; what it measured is in the list."""
    from flows import intake, judging, outbox, steps

    spent: list[float] = []

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent.append(time.perf_counter() - began)

        return run

    places = (
        (intake, "ask_source"),
        (intake, "fetch_articles"),
        (judging, "group_copies"),
        (steps, "store_answers"),
        (steps, "assess_batch"),
        (steps, "publish"),
        (outbox, "deliver"),
    )
    for module, name in places:
        setattr(module, name, timed(getattr(module, name)))
    return spent


def _parts(settings: Settings, news: News, port: int) -> dict[str, Any]:
    """Fetching and cleaning, each alone."""
    from concurrent.futures import ThreadPoolExecutor

    from claimline.clean import CleanJob, clean_many
    from claimline.models import Entry
    from claimline.web.client import open_client

    urls = [news.url(port, i) for i in range(news.articles)]
    began = time.perf_counter()
    with open_client(settings, allow_private=(f"127.0.0.1:{port}",)) as client, ThreadPoolExecutor(16) as pool:
        pages = list(pool.map(client.get, urls))
    fetch = time.perf_counter() - began
    now = datetime.now(UTC)
    began = time.perf_counter()
    clean_many([CleanJob(Entry(p.url), p.body, p.content_type, p.final_url, now) for p in pages])
    return {"fetch": fetch, "clean": time.perf_counter() - began}


def _cpu() -> float:
    """Of this process and of the helpers that have ended."""
    found = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(r.ru_utime + r.ru_stime for r in found)


def _memory() -> dict[str, float]:
    """Megabytes; a helper's would be no figure, since what it inherits before it starts counts as its own."""
    return {"rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


@contextmanager
def served(articles: int, claims: int) -> Iterator[int]:
    """The local server, in a process of its own; yields its port."""
    command = [sys.executable, "-m", "benchmarks.local_news", str(articles), str(claims)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=10)


def main() -> None:
    parser = argparse.ArgumentParser(description="The whole way once, timed.")
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--claims", type=int, default=20)
    parser.add_argument("--way", choices=["plain", "prefect", "parts"])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--port", type=int)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(run_way(asked.way, News(asked.articles, asked.claims), asked.port)))
        return
    for what, how_much in measure(asked.articles, asked.claims):
        print(f"{what:<50} {how_much}")


if __name__ == "__main__":
    main()
