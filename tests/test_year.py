"""A year of daily runs, made small: across a clock change and a kill, nothing is lost and nothing counted twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from benchmarks import year
from benchmarks.local_web import Site, Web
from benchmarks.year_record import Held, Kept, Plan, Run, Year
from claimline.models import SourceReport
from flows import intake
from flows.desk import Desk
from storage import runs
from storage.engine import Database
from tests.fakes import plain_settings
from tests.prefect_world import until
from tests.storage_world import World

CONFIG = Path(__file__).parent.parent / "prefect.yaml"
PLAN = Plan(days=12, sources=20, first=date(2025, 10, 19), kills=((0.3, "articles"),), light=True)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Year:
    return year.simulate(PLAN, tmp_path_factory.mktemp("year"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_or_doubled_over_a_clock_change_and_a_kill(small: Year) -> None:
    assert small.wrong == []
    assert [run.killed_at is not None for run in small.runs].count(True) == 1
    assert small.checked["runs done"] == small.checked["runs due"] == PLAN.days
    assert small.checked["days of 23 or 25 hours"] == 1
    assert small.checked["articles held"] == small.checked["articles named"] > 100


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_has_nothing_new_costs_no_body(small: Year) -> None:
    last = small.runs[-1]
    assert last.figures["not_modified"] >= last.requests["list 304"] > 0
    assert last.requests["page 304"] > last.requests["page 200"]


def test_the_web_tells_the_same_at_the_same_moment_and_goes_on() -> None:
    web, at = Web(30, PLAN.start, 30), PLAN.start + timedelta(days=3)
    again = Web(30, PLAN.start, 30)
    assert [web.listing(o, 80, at) for o in web.outlets] == [again.listing(o, 80, at) for o in again.outlets]
    assert {o.manner for o in web.outlets} == {"slow", "dead", "silent", "flapping", "moving", "well"}
    new = [set(web.listed(o, at + timedelta(days=1))) - set(web.listed(o, at)) for o in web.outlets]
    assert sum(map(bool, new)) < len(new), "some have nothing new"
    assert sum(map(len, new)) > 0


def test_what_was_done_is_kept_and_gone_on_with(tmp_path: Path) -> None:
    plan, moment = Plan(days=3, sources=2), PLAN.start
    kept = Kept(plan, tmp_path)
    assert kept.year() == (Year(plan), None)
    run = Run(moment, {"seconds": 1.5}, Counter({"page 200": 3}), "articles 24")
    held = Held({"claimline.db": 10}, {"articles": 2}, {"articles": 4096})
    for number in (0, 1):
        kept.begun(number)
        if number == 0:
            kept.run(run)
            kept.held(" 1", held)
    year, under_way = Kept(plan, tmp_path).year()
    assert (year.runs, year.held, under_way) == ([run], {" 1": held}, 1)
    with pytest.raises(ValueError, match="another simulation"):
        Kept(Plan(days=4, sources=2), tmp_path).year()


def test_a_web_that_was_ended_goes_on_with_what_it_told(tmp_path: Path) -> None:
    journal = tmp_path / "web.jsonl"
    site = Site(Web(2, PLAN.start, 3), PLAN.start, journal=journal)
    site.note("ports", [1, 2])
    site.note(1, [4, 5])
    site.note(1, [6])
    site.note("message", "A digest")
    again = Site(Web(2, PLAN.start, 3), PLAN.start, journal=journal)
    again.go_on()
    assert (again.ports, again.told, again.messages) == ([1, 2], {1: {4, 5, 6}}, ["A digest"])


INTERRUPTED = """
import sys
from datetime import date
from pathlib import Path
from benchmarks import year

plan = year.Plan(days=4, sources=8, first=date(2025, 10, 19), kills=(), light=True)
done = year.simulate(plan, Path(sys.argv[1]))
print([run.killed_at for run in done.runs], done.wrong)
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_simulation_that_was_interrupted_in_a_run_goes_on_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "year")]
    env = {**os.environ, "PYTHONPATH": str(CONFIG.parent)}
    kept = tmp_path / "year" / "year.jsonl"
    with subprocess.Popen(command, env=env, start_new_session=True) as first:
        until(lambda: True if kept.exists() and '"begun": 2' in kept.read_text() else None, 600)
        os.killpg(first.pid, signal.SIGKILL)
    second = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert second.stdout.splitlines()[-1] == "[None, None, 'interrupted from outside', None] []"


# --- What the year found --------------------------------------------------------------------------------------------


def test_the_day_of_a_killed_run_tells_what_it_had_found(database: Database) -> None:
    w = World(database).start()
    source = w.source_id()
    begin(w)
    for i in range(3):
        w.article(f"https://news.example/{i}")  # and then it is killed
    w.tick(minutes=20)
    second = begin(w)
    w.article("https://news.example/3")
    report = SourceReport(source, "https://news.example/feed", answered=True, found=4, new=1)
    figures: dict[str, Any] = {"counts": {}, "coverage": [report], "sufficient": True}
    database.write(lambda s: runs.finish(s, second, now=w.tick(), **figures))
    begin(w)
    with database.read() as s:
        (day,) = runs.coverage(s, w.topic_id)
        assert [r.state for r in runs.runs(s)] == ["running", "done", "abandoned"]
        assert runs.first_started_at(s, w.topic_id) == min(r.started_at for r in runs.runs(s))
    assert (day.asked, day.answered, day.new) == (2, 2, 4)


def test_a_run_killed_before_midnight_is_accounted_on_its_own_day(database: Database) -> None:
    w = World(database).start()
    w.now = datetime(2026, 3, 1, 23, 50, tzinfo=UTC)
    begin(w)
    w.article("https://news.example/1")
    w.now = datetime(2026, 3, 2, 0, 10, tzinfo=UTC)
    begin(w)
    with database.read() as s:
        (day,) = runs.coverage(s, w.topic_id)
        assert runs.blind_days(s, w.topic_id) == ()
    assert (str(day.day), day.asked, day.answered, day.new) == ("2026-03-01", 1, 1, 1)


def test_a_killed_backfill_says_nothing_of_the_day(database: Database) -> None:
    w = World(database).start()
    begin(w, "backfill")
    w.article("https://news.example/1")
    begin(w, "backfill")
    with database.read() as s:
        assert runs.coverage(s, w.topic_id) == ()


def begin(w: World, flow: str = "track") -> int:
    return w.db.write(lambda s: runs.start(s, topic_id=w.topic_id, flow=flow, holder="here:1:a", now=w.tick()))


CLEANING = """
import multiprocessing, time
from datetime import UTC, datetime
from claimline.clean import CleanJob
from claimline.models import Entry
from flows.pipeline import POOL_FROM, Helpers

if __name__ == "__main__":
    job = CleanJob(Entry("https://a.example/1"), b"<p>A page", "text/html", "https://a.example/1", datetime.now(UTC))
    cleaner = Helpers().cleaner(2, expected=POOL_FROM)
    for answer in [cleaner.submit([job]) for _ in range(4)]:
        answer.result()
    print(*(p.pid for p in multiprocessing.active_children()), flush=True)
    time.sleep(600)
"""


@pytest.mark.slow
def test_what_helps_a_run_ends_when_the_run_is_killed(tmp_path: Path) -> None:
    (tmp_path / "cleaning.py").write_text(CLEANING)
    env = {**os.environ, "PYTHONPATH": str(CONFIG.parent)}
    with subprocess.Popen([sys.executable, tmp_path / "cleaning.py"], env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        helpers = [int(pid) for pid in process.stdout.readline().split()]
        assert len(helpers) == 2
        assert all(map(runs_on, helpers))
        process.kill()
    until(lambda: None if any(map(runs_on, helpers)) else True, 30)


def runs_on(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("hours", [47, 48, 49])
def test_a_source_that_is_left_alone_for_two_days_is_asked_again_after_two_days_whatever_the_clocks_do(
    database: Database, hours: int
) -> None:
    w = World(database).start()
    for _ in range(10):
        database.write(lambda s: runs.source_failed(s, w.source_id(), "timeout", now=w.now))
    began = w.now
    desk = Desk(database, plain_settings(), now=lambda: w.now)
    topic = intake.stored_topic(desk, w.topic.slug)
    w.now = began + timedelta(hours=24)
    assert intake.due_sources(desk, topic, everything=False) == ()
    w.now = began + timedelta(hours=hours)
    assert len(intake.due_sources(desk, topic, everything=False)) == 1


# --- The schedule ---------------------------------------------------------------------------------------------------


def cron_of_the_daily_run() -> tuple[str, str]:
    (schedule,) = next(d for d in yaml.safe_load(CONFIG.read_text())["deployments"] if d["name"] == "daily")["schedules"]
    return schedule["cron"], schedule["timezone"]


def scheduled(cron: str, timezone: str, first: date, days: int) -> list[datetime]:
    """What Prefect's scheduler makes of it, which asks again and again for what comes next and keeps each moment once."""
    from prefect.server.schemas.schedules import CronSchedule  # seconds of imports, in one process of two

    schedule, zone = CronSchedule(cron=cron, timezone=timezone), ZoneInfo(timezone)
    now = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
    last = first + timedelta(days=days)
    end = datetime(last.year, last.month, last.day, tzinfo=zone).astimezone(UTC)
    asked = [now + timedelta(minutes=90 * i) for i in range((end - now) // timedelta(minutes=90) + 1)]

    async def told() -> set[float]:
        return {
            moment.timestamp()
            for start in asked
            for moment in await schedule.get_dates(n=3, start=start, end=end - timedelta(seconds=1))
        }

    found = asyncio.run(told())
    return [datetime.fromtimestamp(at, zone) for at in sorted(found)]


@pytest.mark.parametrize("timezone", ["as in prefect.yaml", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("first", [date(2026, 3, 6), date(2026, 3, 27), date(2026, 10, 23), date(2026, 10, 30)])
def test_the_schedule_gives_one_run_a_day_at_one_hour_over_clock_changes(timezone: str, first: date) -> None:
    cron, own = cron_of_the_daily_run()
    moments = scheduled(cron, own if timezone.startswith("as") else timezone, first, 5)
    assert [at.date() for at in moments] == [first + timedelta(days=i) for i in range(5)]
    assert {at.hour for at in moments} == {5}


@pytest.mark.parametrize("cron", ["30 2 * * *", "0 2 * * *", "30 1 * * *"])
@pytest.mark.parametrize("first", [date(2026, 3, 27), date(2026, 10, 23)])
def test_an_hour_that_a_day_lacks_or_has_twice_is_one_run_all_the_same(cron: str, first: date) -> None:
    moments = scheduled(cron, "Europe/Berlin", first, 5)
    assert Counter(at.date() for at in moments) == {first + timedelta(days=i): 1 for i in range(5)}


def test_a_year_of_moments_is_one_a_local_day() -> None:
    moments = Plan().moments()
    days = [at.astimezone(ZoneInfo("Europe/Berlin")) for at in moments]
    assert [at.date() for at in days] == [Plan().first + timedelta(days=i) for i in range(365)]
    assert {at.hour for at in days} == {5}
    assert {b - a for a, b in pairwise(moments)} == {timedelta(hours=h) for h in (23, 24, 25)}
