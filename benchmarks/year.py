"""A year of daily runs over 300 sources in accelerated time, with two clock changes, and killed twice in the midst of a run.

    nice python -m benchmarks.year [--days 365] [--sources 300] [--first 2025-09-01] [--cron "0 5 * * *"]
        [--timezone Europe/Berlin] [--bytes-days 120] [--folder DIR] [--light] [--json]

Everything is real but three things: the web is local (`benchmarks.local_web`), the clock is set to each run's moment, and in
place of the stance model stands a rule of a few lines, put where the model is loaded. The moments are those that Prefect's own
cron schedule gives. One process does all runs, as long as nobody kills it, which is the worst case for memory. With a folder,
what was done is noted after each run, and the same command goes on where it was interrupted.

At the end the reader is held to what the web told: every article that was named is held once, every text that could be read was
read, every moment has exactly one finished run, every day's digest came once. Bytes are kept for 120 days instead of 365, so that
a year shows where their growth ends.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from benchmarks.local_web import DESK, HOST, TOPIC, Web
from benchmarks.year_check import check, database, held
from benchmarks.year_record import AGAIN_AFTER, INTERRUPTED, Kept, Plan, Run, Year, month_of
from benchmarks.year_told import as_json, growth, line_of, phases, table, verdict
from claimline.matching.stance import Pair, PairReader, StanceProbs

# --- The process that runs ------------------------------------------------------------------------------------------


class StandIn(PairReader):
    """In place of the model: who names the claim's thing takes the claim's side, unless one of them says "not"."""

    matcher_hash = "stand-in"
    languages = frozenset({"en"})

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        return [self._one(pair) for pair in pairs]

    def _one(self, pair: Pair) -> StanceProbs:
        said, told = pair.claim.lower().split(), pair.passage.lower()
        if not all(word in told for word in said if word not in ("the", "will", "is", "not")):
            return StanceProbs(0.01, 0.01, 0.02, 0.96)
        same = ("not" in said) == (" not " in told)
        return StanceProbs(0.9, 0.05, 0.03, 0.02) if same else StanceProbs(0.05, 0.9, 0.03, 0.02)


class Words:
    """In place of the embedder, where a test has no time for it: who shares long words is near."""

    name = "words"

    def embed(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        out = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in zip(out, texts, strict=True):
            for word in text.lower().split():
                if len(word) > 4:
                    row[crc32(word.encode()) % 512] += 1
            row /= max(1.0, float(np.linalg.norm(row)))
        return out


def work(plan: Plan, folder: Path, ports: Sequence[int]) -> None:
    """Does a run for each line of its input, which names the moment, and answers each with a line of figures."""
    from app.newsroom_server import SimulatedClock
    from claimline.settings import Settings
    from flows import judging, steps
    from flows.desk import open_desk

    engine = StandIn()
    judging.load_engine = lambda *_, **__: engine  # type: ignore[assignment]
    if plan.light:
        words = Words()
        judging.shared_embedder = lambda: words  # type: ignore[assignment,return-value]
    settings = Settings(
        data_dir=folder, database_url=f"sqlite:///{database(folder)}", retries=0, retention_days_bytes=plan.bytes_days
    )
    clock = SimulatedClock(plan.start)

    def progress(what: str, done: int, _total: int | None) -> None:
        if order.get("aloud"):
            print(json.dumps({"at": what, "done": done}), flush=True)

    order: dict[str, Any] = {}
    with open_desk(settings, now=clock, actor="year", progress=progress) as desk:
        steps.import_topic(desk, plan.web.topic(ports))
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            order = json.loads(line)
            clock.set(datetime.fromisoformat(order["now"]))
            began, cpu = time.perf_counter(), time.process_time()
            report = steps.track(desk, TOPIC, everything=False)
            told = {
                "seconds": time.perf_counter() - began,
                "cpu": time.process_time() - cpu,
                "resident": resident(),
                "asked": len(report.sources),
                "answered": report.answered,
                "not_modified": sum(r.not_modified for r in report.sources),
                "phases": report.tally.seconds,
                "counts": dict(report.tally.counts),
                "changes": len(report.changes),
            }
            print(json.dumps(told), flush=True)


def resident() -> int:
    """The bytes of memory that are this process' own now, without the pages of the database's file that it has mapped; elsewhere
    than on Linux all that it has held at most.
    """
    status = Path("/proc/self/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text(encoding="ascii", errors="replace").splitlines())
        return int(fields["RssAnon"].split()[0]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


# --- The simulation -------------------------------------------------------------------------------------------------


def simulate(plan: Plan, folder: Path) -> Year:
    """The whole of it; goes on where a simulation in this folder was interrupted."""
    kept = Kept(plan, folder)
    year, under_way = kept.year()
    moments = plan.moments()
    with _served(plan.web, folder / "web.jsonl") as (ports, control):
        site = Account(control)
        running = Running(plan, folder, moments, year, kept, site, ports)
        running.go_on(under_way)
        check(year, moments, folder, site.told(), site.messages())
    return year


@dataclass
class Running:
    """A simulation under way: run after run, each noted when it is done."""

    plan: Plan
    folder: Path
    moments: Sequence[datetime]
    year: Year
    kept: Kept
    site: Account
    ports: Sequence[int]

    def go_on(self, under_way: int | None) -> None:
        kills = {int(len(self.moments) * share): what for share, what in self.plan.kills}
        done = len(self.year.runs)
        office = self._office()
        try:
            for number, moment in enumerate(self.moments[done:], done):
                killed_at = INTERRUPTED if number == under_way else None
                now = moment + 2 * AGAIN_AFTER if killed_at else moment
                self.site.set(now)
                self.kept.begun(number)
                before = self.site.asked()
                if number in kills and not killed_at:
                    killed_at = office.kill_at(moment, kills[number])
                    office, now = self._office(), moment + AGAIN_AFTER
                    self.site.set(now)
                figures = office.run(now)
                self._done(number, Run(moment, figures, Counter(self.site.asked()) - Counter(before), killed_at))
        finally:
            office.close()

    def _office(self) -> Office:
        return Office(self.plan, self.folder, self.ports, self.site.port)

    def _done(self, number: int, run: Run) -> None:
        self.year.runs.append(run)
        self.kept.run(run)
        month = month_of(run.moment, self.plan)
        if number + 1 == len(self.moments) or month_of(self.moments[number + 1], self.plan) != month:
            self.year.held[month] = held(self.folder)
            self.kept.held(month, self.year.held[month])
            print(line_of(month, self.year), file=sys.stderr, flush=True)


class Office:
    """The process that runs, from without."""

    def __init__(self, plan: Plan, folder: Path, ports: Sequence[int], control: int) -> None:
        given = {"days": plan.days, "sources": plan.sources, "first": plan.first.isoformat(), "ports": list(ports)}
        given |= {"timezone": plan.timezone, "bytes_days": plan.bytes_days, "light": plan.light, "folder": str(folder)}
        env = {**os.environ, DESK: f"json://{HOST}:{control}/message"}
        command = [sys.executable, "-m", "benchmarks.year", "--work", json.dumps(given)]
        self._process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._line()

    def run(self, now: datetime) -> dict[str, Any]:
        self._send({"now": now.isoformat()})
        return self._line()

    def kill_at(self, now: datetime, what: str) -> str:
        """Lets a run begin and kills the process when it has stored the first batch of this; returns what it said last."""
        self._send({"now": now.isoformat(), "aloud": True})
        while True:
            told = self._line()
            if "at" not in told:
                raise RuntimeError(f"the run ended before it was at its {what}; it had nothing to do there")
            if told["at"] == what:
                break
        self._process.kill()
        self.close()
        return f"{told['at']} {told['done']}"

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def _send(self, order: Mapping[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that runs has ended")
        found: dict[str, Any] = json.loads(line)
        return found


class Account:
    """The web's own account, and its clock."""

    def __init__(self, control: int) -> None:
        self.port, self._root = control, f"http://{HOST}:{control}"

    def set(self, now: datetime) -> None:
        self._call("/now", now.isoformat().encode())

    def asked(self) -> dict[str, int]:
        return self._call("/asked")  # type: ignore[no-any-return]

    def told(self) -> dict[int, list[int]]:
        return {int(k): v for k, v in self._call("/told").items()}

    def messages(self) -> list[str]:
        return self._call("/messages")  # type: ignore[no-any-return]

    def _call(self, path: str, body: bytes | None = None) -> Any:
        with urllib.request.urlopen(urllib.request.Request(self._root + path, data=body), timeout=60) as answer:
            return json.loads(answer.read())


@contextmanager
def _served(web: Web, journal: Path) -> Iterator[tuple[list[int], int]]:
    """The web in a process of its own; yields its ports and the one by which it is controlled."""
    command = [sys.executable, "-m", "benchmarks.local_web", str(web.sources), web.start.isoformat(), str(web.days), str(journal)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield told["ports"], told["control"]
    finally:
        process.terminate()
        process.wait(timeout=60)
        if process.stdout is not None:
            process.stdout.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="A year of daily runs over many sources, in accelerated time.")
    parser.add_argument("--days", type=int, default=Plan.days)
    parser.add_argument("--sources", type=int, default=Plan.sources)
    parser.add_argument("--first", type=date.fromisoformat, default=Plan.first)
    parser.add_argument("--cron", default=Plan.cron)
    parser.add_argument("--timezone", default=Plan.timezone)
    parser.add_argument("--bytes-days", type=int, default=Plan.bytes_days)
    parser.add_argument(
        "--folder",
        type=Path,
        help="Where the database is kept and an interrupted year goes on; else it is gone.",
    )
    parser.add_argument("--light", action="store_true", help="A stand-in for the embedder too.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        given = json.loads(asked.work)
        folder, ports = Path(given.pop("folder")), given.pop("ports")
        work(Plan(**{**given, "first": date.fromisoformat(given["first"])}), folder, ports)
        return
    plan = Plan(asked.days, asked.sources, asked.first, asked.cron, asked.timezone, asked.bytes_days, light=asked.light)
    with tempfile.TemporaryDirectory() as name:
        year = simulate(plan, asked.folder or Path(name))
    if asked.json:
        print(json.dumps(as_json(year)))
    else:
        print("\n".join([*table(year), "", *growth(year), "", *phases(year), "", verdict(year)]))
    sys.exit(1 if year.wrong else 0)


if __name__ == "__main__":
    main()
