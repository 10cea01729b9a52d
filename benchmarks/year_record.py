"""What a simulated year is to be, and what has come of it so far: kept in a file as it goes, so that it can be gone on with."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.local_web import Web

# Where in the year the process is killed, as a share of the runs, and after the first batch of what.
KILLS = ((0.15, "articles"), (0.4, "claims"))
AGAIN_AFTER = timedelta(minutes=20)
INTERRUPTED = "interrupted from outside"


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
            found[month_of(run.moment, self.plan)].append(run)
        return dict(found)


def month_of(moment: datetime, plan: Plan) -> str:
    """In a simulation of less than two months, weeks stand in for months."""
    days = (moment.astimezone(ZoneInfo(plan.timezone)).date() - plan.first).days
    size = 30 if plan.days > 60 else max(1, plan.days // 4)
    return f"{days // size + 1:>2}"


class Kept:
    """The year's own file, a line a thing, beside its database; without a folder nothing is kept."""

    def __init__(self, plan: Plan, folder: Path | None) -> None:
        self._plan, self._path = plan, folder / "year.jsonl" if folder else None

    def year(self) -> tuple[Year, int | None]:
        """What was kept, and the run that was under way when it was interrupted. Raises ValueError for another plan's file."""
        year, begun = Year(self._plan), None
        if self._path is None or not self._path.exists():
            self._note({"plan": _plan_of(self._plan)})
            return year, None
        for line in self._path.read_text().splitlines():
            ((what, told),) = json.loads(line).items()
            if what == "plan" and told != _plan_of(self._plan):
                raise ValueError(f"{self._path.parent} holds another simulation: {told}")
            if what == "begun":
                begun = told
            elif what == "run":
                year.runs.append(Run(datetime.fromisoformat(told.pop("moment")), **told))
                begun = None
            elif what == "held":
                month, held = told
                year.held[month] = Held(**held)
        return year, begun

    def begun(self, number: int) -> None:
        self._note({"begun": number})

    def run(self, run: Run) -> None:
        self._note({"run": {**vars(run), "moment": run.moment.isoformat()}})

    def held(self, month: str, held: Held) -> None:
        self._note({"held": [month, vars(held)]})

    def _note(self, what: Mapping[str, Any]) -> None:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a") as file:
                file.write(json.dumps(what) + "\n")


def _plan_of(plan: Plan) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(json.dumps(asdict(plan), default=str))
    return told
