"""A year of daily runs over 300 sources in accelerated time, with two clock changes, and killed twice in the midst of a run.

    nice python -m benchmarks.year [--days 365] [--sources 300] [--first 2025-09-01] [--cron "0 5 * * *"]
        [--timezone Europe/Berlin] [--bytes-days 120] [--folder DIR] [--light] [--json]

Everything is real but three things: the web is local (`benchmarks.local_web`), the clock is set to each run's moment, and in
place of the stance model stands a rule of a few lines, put where the model is loaded. The moments are those that Prefect's own
cron schedule gives. One process does all runs, as long as nobody kills it, which is the worst case for memory.

At the end the reader is held to what the web told: every article that was named is held once, every text that could be read was
read, every moment has exactly one finished run, every day's digest came once. Bytes are kept for 120 days instead of 365, so that
a year shows where their growth ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.local_web import DESK, HOST, TOPIC, Web
from claimline.matching.stance import Pair, PairReader, StanceProbs

# Where in the year the process is killed, as a share of the runs, and after the first batch of what.
KILLS = ((0.15, "articles"), (0.4, "claims"))
AGAIN_AFTER = timedelta(minutes=20)


@dataclass(frozen=True)
class Plan:
    """What is simulated."""

    days: int = 365
    sources: int = 300
    first: date = date(2025, 9, 1)
    cron: str = "0 5 * * *"
    timezone: str = "Europe/Berlin"
    bytes_days: int = 120
    kills: Sequence[tuple[float, str]] = KILLS
    light: bool = False

    @property
    def start(self) -> datetime:
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)

    @property
    def web(self) -> Web:
        return Web(self.sources, self.start, self.days)

    def moments(self) -> list[datetime]:
        """When a run is due, as Prefect's schedule says."""
        from prefect.server.schemas.schedules import CronSchedule

        schedule = CronSchedule(cron=self.cron, timezone=self.timezone)
        last = self.first + timedelta(days=self.days)
        end = datetime(last.year, last.month, last.day, tzinfo=ZoneInfo(self.timezone)) - timedelta(seconds=1)
        found: list[datetime] = []
        while not found or found[-1] < end:  # the schedule looks at a thousand moments at most
            begin = found[-1] + timedelta(seconds=1) if found else self.start
            more = [
                datetime.fromtimestamp(d.timestamp(), UTC) for d in asyncio.run(schedule.get_dates(n=900, start=begin, end=end))
            ]
            if not more:
                break
            found += more
        return found


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


def database(folder: Path) -> Path:
    return folder / "claimline.db"


# --- The simulation -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One scheduled moment: what its run did and cost; a killed one with its second start."""

    moment: datetime
    figures: Mapping[str, Any]
    requests: Mapping[str, int]
    killed_at: str | None = None


@dataclass(frozen=True)
class Held:
    """The database at the end of a month: bytes by file, rows and bytes by table."""

    files: Mapping[str, int]
    rows: Mapping[str, int]
    bytes: Mapping[str, int]


@dataclass
class Year:
    """What came of it."""

    plan: Plan
    runs: list[Run] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)

    def months(self) -> dict[str, list[Run]]:
        found: dict[str, list[Run]] = defaultdict(list)
        for run in self.runs:
            found[_month(run.moment, self.plan)].append(run)
        return dict(found)


def simulate(plan: Plan, folder: Path) -> Year:
    year = Year(plan)
    moments = plan.moments()
    kills = {int(len(moments) * share): what for share, what in plan.kills}
    with _served(plan.web) as (ports, control):
        site = Account(control)
        office = Office(plan, folder, ports, control)
        try:
            for number, moment in enumerate(moments):
                site.set(moment)
                before = site.asked()
                killed_at = None
                if number in kills:
                    killed_at = office.kill_at(moment, kills[number])
                    office = Office(plan, folder, ports, control)
                    site.set(moment + AGAIN_AFTER)
                figures = office.run(moment + AGAIN_AFTER if killed_at else moment)
                requests = Counter(site.asked()) - Counter(before)
                year.runs.append(Run(moment, figures, requests, killed_at))
                month = _month(moment, plan)
                if number + 1 == len(moments) or _month(moments[number + 1], plan) != month:
                    year.held[month] = held(folder)
                    print(_line_of(month, year), file=sys.stderr, flush=True)
        finally:
            office.close()
        check(year, moments, folder, site)
    return year


def _month(moment: datetime, plan: Plan) -> str:
    """In a simulation of less than two months, weeks stand in for months."""
    days = (moment.astimezone(ZoneInfo(plan.timezone)).date() - plan.first).days
    size = 30 if plan.days > 60 else max(1, plan.days // 4)
    return f"{days // size + 1:>2}"


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
        self._root = f"http://{HOST}:{control}"

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
def _served(web: Web) -> Iterator[tuple[list[int], int]]:
    """The web in a process of its own; yields its ports and the one by which it is controlled."""
    command = [sys.executable, "-m", "benchmarks.local_web", str(web.sources), web.start.isoformat(), str(web.days)]
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


# --- What is held, and whether it is right --------------------------------------------------------------------------


def held(folder: Path) -> Held:
    files = {path.name: path.stat().st_size for path in sorted(folder.glob("claimline*.db*"))}
    with _reading(folder) as c:
        tables = [name for (name,) in c.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0")]
        rows = {name: c.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}
        sizes: Counter[str] = Counter()
        try:
            of = dict(c.execute("SELECT name, tbl_name FROM sqlite_master"))
            for name, size in c.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"):
                sizes[of.get(name, name)] += size
        except sqlite3.OperationalError:
            pass  # an SQLite without dbstat
    return Held(files, rows, dict(sizes))


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{database(folder)}?mode=ro", uri=True)
    try:
        yield connection
    finally:
        connection.close()


def check(year: Year, moments: Sequence[datetime], folder: Path, site: Account) -> None:
    """Holds what is stored to what the web told and to the schedule; what is not as it should be stands in `year.wrong`."""
    with _reading(folder) as c:
        _check_runs(year, moments, c)
        _check_articles(year, c, site.told())
        _check_coverage(year, c)
    _check_messages(year, moments, site.messages())


def _check_runs(year: Year, moments: Sequence[datetime], c: sqlite3.Connection) -> None:
    """Every moment one finished run, begun within the hour; a killed one was marked and finished by the next start."""
    rows = c.execute("SELECT started_at, state FROM runs ORDER BY started_at").fetchall()
    begun = [(datetime.fromisoformat(at).replace(tzinfo=UTC), state) for at, state in rows]
    kills = sum(run.killed_at is not None for run in year.runs)
    states = Counter(state for _, state in begun)
    year.checked["runs due"], year.checked["runs done"], year.checked["runs killed"] = len(moments), states["done"], kills
    if states != Counter({"done": len(moments), "abandoned": kills}) + Counter():
        year.wrong.append(f"runs: {dict(states)} for {len(moments)} moments and {kills} kills")
    done = [at for at, state in begun if state == "done"]
    for moment in moments:
        mine = [at for at in done if moment <= at < moment + timedelta(hours=1)]
        if len(mine) != 1:
            year.wrong.append(f"{moment:%Y-%m-%d %H:%M} UTC: {len(mine)} finished runs")
    zone = ZoneInfo(year.plan.timezone)
    by_day = Counter(at.astimezone(zone).date() for at in done)
    year.checked["days of 23 or 25 hours"] = sum(_hours(day, zone) != 24 for day in by_day)


def _hours(day: date, zone: ZoneInfo) -> float:
    begins = [datetime(d.year, d.month, d.day, tzinfo=zone).astimezone(UTC) for d in (day, day + timedelta(days=1))]
    return (begins[1] - begins[0]).total_seconds() / 3600


def _check_articles(year: Year, c: sqlite3.Connection, told: Mapping[int, Sequence[int]]) -> None:
    """What was named is held, once; what could be read was read, and each text is one revision."""
    web = year.plan.web
    named = {
        f"{outlet.number}{web.path(outlet, number)}": web.fate(outlet, number)
        for outlet in web.outlets
        for number in told.get(outlet.number, ())
    }
    # What goes may be gone before it is named (by an outlet that was dead meanwhile).
    readable = {path for path, fate in named.items() if fate in ("stays", "edited")}
    unreadable = {path for path, fate in named.items() if fate in ("never", "broken")}
    port_of = {
        loc.split(":")[2].split("/")[0]: i for i, (loc,) in enumerate(c.execute("SELECT locator FROM sources ORDER BY id"))
    }
    rows = c.execute("SELECT id, url, current_revision_id FROM articles").fetchall()
    of = {article: f"{port_of[url.split(':')[2].split('/')[0]]}/{url.split('/', 3)[3]}" for article, url, _ in rows}
    paths = Counter(of.values())
    read = {of[article] for article, _, revision in rows if revision is not None}
    year.checked["articles named"], year.checked["articles held"] = len(named), len(rows)
    year.checked["articles that stay"], year.checked["of them read"] = len(readable), len(read & readable)
    for what, found in (
        ("named and not held", set(named) - set(paths)),
        ("held and never named", set(paths) - set(named)),
        ("held twice", {p for p, n in paths.items() if n > 1}),
        ("could be read and were not", readable - read),
        ("could not be read and were", unreadable & read),
    ):
        if found:
            year.wrong.append(f"articles {what}: {len(found)}, such as {sorted(found)[0]}")
    texts = dict(c.execute("SELECT article_id, count(*) FROM revisions GROUP BY article_id").fetchall())
    extra = [of[a] for a, n in texts.items() if n > (2 if named.get(of[a]) == "edited" else 1)]
    if extra:
        year.wrong.append(f"texts counted twice: {len(extra)}, such as {sorted(extra)[0]}")
    edited = [p for p, fate in named.items() if fate == "edited" and p in read]
    seen = sum(1 for a, n in texts.items() if n > 1)
    year.checked["articles edited"], year.checked["edits seen"] = len(edited), seen
    (unread,) = c.execute(
        "SELECT count(*) FROM revisions r WHERE NOT EXISTS (SELECT 1 FROM scans s WHERE s.revision_id = r.id)"
    ).fetchone()
    (twice,) = c.execute(
        "SELECT count(*) FROM (SELECT 1 FROM assessments GROUP BY claim_version_id, revision_id, matcher HAVING count(*) > 1)"
    ).fetchone()
    (unpublished,) = c.execute("SELECT count(*) FROM assessments WHERE edition_id IS NULL").fetchone()
    year.checked["texts"] = sum(texts.values())
    for what, count in (("not matched", unread), ("matched twice", twice), ("not published", unpublished)):
        if count:
            year.wrong.append(f"texts {what}: {count}")


def _check_coverage(year: Year, c: sqlite3.Connection) -> None:
    """What the days' accounts add up to is what was found."""
    (counted,) = c.execute("SELECT sum(new) FROM coverage").fetchone()
    (found,) = c.execute("SELECT count(*) FROM discoveries").fetchone()
    year.checked["articles found, by the days' accounts"] = counted or 0
    if counted != found:
        year.wrong.append(f"coverage: the days' accounts add up to {counted} new articles, {found} were found")


def _check_messages(year: Year, moments: Sequence[datetime], messages: Sequence[str]) -> None:
    """One digest for every day that is over, whatever the clocks did; where many messages waited, it stands among them in one."""
    first, last = moments[0].date(), moments[-1].date()
    over = [first + timedelta(days=i) for i in range((last - first).days)]
    for day in over:
        count = sum(message.count(f"Alnmoor, {day}:") for message in messages)
        if count != 1:
            year.wrong.append(f"{day}: {count} digests")
    year.checked["messages"], year.checked["digests"] = len(messages), len(over)


# --- Telling --------------------------------------------------------------------------------------------------------


def table(year: Year) -> Iterator[str]:
    yield "month  runs  wall s  CPU s   MB  requests/run  304  unasked  new/run  changes   db MB  bytes MB  articles  db/article"
    for month in year.months():
        yield _line_of(month, year)


def _line_of(month: str, year: Year) -> str:
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


def main() -> None:
    parser = argparse.ArgumentParser(description="A year of daily runs over many sources, in accelerated time.")
    parser.add_argument("--days", type=int, default=Plan.days)
    parser.add_argument("--sources", type=int, default=Plan.sources)
    parser.add_argument("--first", type=date.fromisoformat, default=Plan.first)
    parser.add_argument("--cron", default=Plan.cron)
    parser.add_argument("--timezone", default=Plan.timezone)
    parser.add_argument("--bytes-days", type=int, default=Plan.bytes_days)
    parser.add_argument("--folder", type=Path, help="Where the database is kept; else it is gone afterwards.")
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
