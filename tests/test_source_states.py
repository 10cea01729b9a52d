"""A source that breaks, and one that falls silent: the page, the doctor and the events call them by the same words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli import app
from app.reading import read_state
from app.web import create_app
from claimline.models import Discovered, Entry, SourceReport, SourceSpec, Validators
from claimline.settings import Settings
from storage import articles, assessments, runs
from storage.engine import Database
from storage.run_records import ReadState
from tests.storage_world import S, World, cleaned, judgement, make_topic

FEED = "https://news.example/feed"


def hourly(db: Database) -> World:
    """A feed that has named something every six hours."""
    world = World(db).start()
    for number in range(6):
        world.article(f"https://a.example/{number}")
        report = SourceReport(world.source_id(), FEED, answered=True, found=1, new=1)
        world.db.write(lambda s: runs.cover(s, [report], now=world.now))  # noqa: B023
        world.tick(hours=6)
    return world


def answers(world: World) -> None:
    """The source is asked, and has nothing new."""
    empty = Discovered(())
    world.db.write(lambda s: articles.save_discovery(s, world.source_id(), world.topic_id, empty, now=world.tick()))


def fails(world: World) -> None:
    world.db.write(lambda s: runs.source_failed(s, world.source_id(), "timeout", now=world.tick()))


def state(world: World, topic: str = "bridge") -> str:
    """What the page of sources says, in small letters."""
    from app.views.operations import topic_sources
    from app.views.reading import Cache, Reading

    with world.db.read() as s:
        (shown,) = topic_sources(Reading(s, Cache()), only=topic, now=world.now)
    (line,) = shown.lines
    return f"{line.state}: {line.reason}"


def listed(world: World) -> str:
    """The state that `claimline sources` says."""
    told = CliRunner().invoke(app, ["sources", "--db", world.db.url], catch_exceptions=False, env={"COLUMNS": "400"})
    return next(line.split("\u2502")[3].strip() for line in told.stdout.splitlines() if FEED in line)


def doctor(world: World) -> list[str]:
    told = CliRunner().invoke(app, ["doctor", "--db", world.db.url], catch_exceptions=False, env={"COLUMNS": "400"})
    return [line for line in told.stdout.splitlines() if FEED in line]


def test_a_feed_that_is_quiet_for_six_days_against_its_habit_is_silent_everywhere(db: Database) -> None:
    world = hourly(db)
    assert (state(world), listed(world)) == ("fine: ", "not asked lately")  # the terminal's day is today
    assert doctor(world) == []
    world.tick(days=6)
    answers(world)
    assert state(world) == "silent: answers, but nothing new since 2 Jan 2021, far longer than usual"
    assert listed(world) == "silent"
    (line,) = doctor(world)
    assert line.startswith(f"ok    bridge: {FEED} is silent: answers, but nothing new since 2021-01-02")
    assert "`claimline sources test`" in line


def test_a_source_that_fails_is_broken_from_the_third_time_on(db: Database) -> None:
    world = hourly(db)
    fails(world)
    assert (state(world), listed(world)) == ("not answering: timeout; once", "not answering")
    assert doctor(world) == []
    fails(world)
    fails(world)
    assert (state(world), listed(world)) == ("broken: timeout; 3 times in a row", "broken")
    (line,) = doctor(world)
    assert line.startswith(f"FAIL  bridge: {FEED} is broken: failed 3 times (timeout); check the address")


def test_a_source_with_rare_news_is_quiet_everywhere_and_one_that_nobody_asks_is_not_called_so(db: Database) -> None:
    world = World(db, now=datetime.now(UTC) - timedelta(days=20)).start()
    world.article("https://a.example/1")
    report = SourceReport(world.source_id(), FEED, answered=True, found=1, new=1)
    db.write(lambda s: runs.cover(s, [report], now=world.now))
    named = world.now
    assert (state(world), listed(world)) == ("fine: ", "not asked lately")
    world.tick(days=20)
    said = f"not asked lately: answered on {named.day} {named:%b %Y}, not asked since"
    assert state(world) == said
    answers(world)
    assert state(world) == f"quiet: answers, but nothing new since {named.day} {named:%b %Y}"
    assert listed(world) == "quiet"


def test_an_address_by_hand_is_called_so_once_it_is_taken_in_by_the_list_as_by_the_page(db: Database) -> None:
    one = SourceSpec("one", FEED)
    world = World(db, now=datetime.now(UTC) - timedelta(minutes=5), topic=replace(make_topic(), sources=(one,))).start()
    assert (state(world), listed(world)) == ("never asked: ", "never asked")
    fails(world)
    assert (state(world), listed(world)) == ("not answering: timeout; once", "not answering")
    answer = Discovered((Entry(FEED),), validators=Validators(body_sha256="x"))
    db.write(lambda s: articles.save_discovery(s, world.source_id(), world.topic_id, answer, now=world.tick()))
    assert state(world).startswith("by hand: one page")
    assert listed(world) == "by hand"


def test_a_paused_source_is_neither(db: Database) -> None:
    world = hourly(db)
    world.tick(days=6)
    answers(world)
    db.write(lambda s: articles.set_paused(s, world.topic_id, world.source_id(), True))
    assert state(world) == "paused: not asked until it is resumed"
    assert doctor(world) == []


def test_the_page_marks_what_is_broken(db: Database) -> None:
    world = hourly(db)
    for _ in range(3):
        fails(world)
    with TestClient(create_app(Settings(), db=db), base_url="http://127.0.0.1") as page:
        assert '<span class="tag tag-single">broken</span>' in page.get("/sources").text


def test_pairs_that_wait_or_are_given_up_come_with_advice(db: Database) -> None:
    world = World(db).start()
    saved = world.capture("https://a.example/1", cleaned("It is open.", world.now.date()))
    failed = replace(judgement("open", S, "It is open."), failed="timeout", quotes=())

    def line() -> str:
        told = CliRunner().invoke(app, ["doctor", "--db", db.url], catch_exceptions=False, env={"COLUMNS": "400"})
        return next(line for line in told.stdout.splitlines() if "for an answer" in line)

    world.scan(saved.revision_id or 0, failed)
    assert line() == "ok    bridge: 1 pair waits for an answer, 0 given up; those that wait are asked by the next run"
    for _ in range(assessments.MAX_PAIR_ATTEMPTS):
        world.scan(saved.revision_id or 0, failed)
    assert line().startswith("FAIL  bridge: 0 pairs wait for an answer, 1 given up; `claimline runs --json` names the reasons")


def test_how_many_answered_is_said_of_the_run_that_they_answered_in() -> None:
    at = datetime(2026, 12, 10, 2, tzinfo=UTC)
    assert read_state(ReadState(at, at, 1, 1)) == "read up to 2026-12-10 02:00 UTC, 1 of 1 sources answered"
    last = "the last run (2026-12-10 09:00) was not sufficient (on that day 0 of 1 sources answered)"
    assert read_state(ReadState(at + timedelta(hours=7), at, 1, 0)) == f"read up to 2026-12-10 02:00 UTC; {last}"


def test_the_doctor_says_in_which_run_nobody_answered(db: Database) -> None:
    world = World(db).start()
    for ok in (True, False):
        started = world.tick()
        run = db.write(lambda s: runs.start(s, topic_id=world.topic_id, flow="track", holder="t", params={}, now=started))  # noqa: B023
        report = SourceReport(world.source_id(), FEED, answered=ok)
        finish = partial(runs.finish, run_id=run, counts={}, skips=(), cost={}, coverage=[report], reasons=None, error=None)
        db.write(lambda s: finish(s, sufficient=ok, now=world.tick(days=1)))  # noqa: B023
    told = CliRunner().invoke(app, ["doctor", "--max-age", "9999d", "--db", db.url], env={"COLUMNS": "400"}).stdout
    assert "bridge: last sufficient run" in told
    assert "UTC, on the day of the last run 0 of 1 source answered" in told
