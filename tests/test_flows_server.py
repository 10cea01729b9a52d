"""A real Prefect server: deploy, a cron run that fires, runs by hand, two at once, a killed worker. Slow, and the real thing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from claimline.models import ClaimSpec, SourceSpec, Topic
from flows import deploy, steps
from flows.desk import open_desk
from storage import claims, ledger, runs
from storage.run_records import StoredRun
from tests.fakes import plain_settings
from tests.prefect_world import Server, bridge_topic, kill_group, running_server, until
from tests.storage_world import R, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


class SlowFeed:
    """A feed that can be made to take its time."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.asked = 0

    def __call__(self, _request: Request) -> Response:
        self.asked += 1
        end = time.monotonic() + self.delay_s
        while time.monotonic() < end and self.delay_s:
            time.sleep(0.1)
        return Response(
            "<?xml version='1.0'?><rss version='2.0'><channel><title>Feed</title></channel></rss>",
            content_type="application/rss+xml",
        )


@pytest.fixture(scope="module")
def feed(make_httpserver: HTTPServer) -> SlowFeed:
    slow = SlowFeed()
    make_httpserver.expect_request("/feed").respond_with_handler(slow)
    for path in ("/robots.txt", "/.well-known/tdmrep.json"):
        make_httpserver.expect_request(path).respond_with_data("", status=404)
    return slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, make_httpserver: HTTPServer, feed: SlowFeed) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with running_server(folder) as running:
        _import_topics(running, folder, f"http://{make_httpserver.host}:{make_httpserver.port}/feed", make_httpserver.host)
        _deploy(running)
        yield running


def _import_topics(server: Server, folder: Path, feed_url: str, host: str) -> None:
    bridge = bridge_topic(folder)
    feed = SourceSpec("feed", feed_url, allow_private=(host,))
    with open_desk(plain_settings(data_dir=folder, database_url=server.database_url)) as desk:
        steps.import_topic(desk, Topic("ferry", "The ferry", (ClaimSpec("runs", "The ferry runs"),), (feed,)))
        # A change that a run without Prefect published: its event waits for a run that has a server.
        world = World(desk.db, now=datetime.now(UTC), topic=bridge).start()
        world.say("https://paper.example/1", date(2021, 1, 1), R, claim="closed")
        world.publish()


def _deploy(server: Server) -> list[str]:
    settings = plain_settings(data_dir=server.folder, database_url=server.database_url)
    with pytest.MonkeyPatch.context() as patch, temporary_settings({PREFECT_API_URL: server.url}):
        for name, value in server.environment().items():
            patch.setenv(name, value)
        return list(deploy.deploy_all(deploy.POOL, settings))


def stored_runs(server: Server, topic: str) -> tuple[StoredRun, ...]:
    with open_desk(plain_settings(database_url=server.database_url)) as desk, desk.db.read() as s:
        return runs.runs(s, topic=topic)


def changes(server: Server, claim: str) -> list[str]:
    with open_desk(plain_settings(database_url=server.database_url)) as desk, desk.db.read() as s:
        return [c.key for c in ledger.changes(s, claims.claim(s, claim).id)]


def events(server: Server, name: str) -> list[dict[str, Any]]:
    with server.client() as client:
        found = client.request("POST", "/events/filter", json={"filter": {"event": {"name": [name]}}}).json()["events"]
    return list(found)


def beaten(server: Server) -> set[UUID]:
    """The runs that have sent a heartbeat."""
    return {UUID(e["resource"]["prefect.resource.id"].rpartition(".")[2]) for e in events(server, deploy.HEARTBEAT)}


def logged(server: Server, runs: Sequence[UUID]) -> list[str]:
    with server.client() as client:
        asked = {"logs": {"flow_run_id": {"any_": [str(run) for run in runs]}}}
        return [line["message"] for line in client.request("POST", "/logs/filter", json=asked).json()]


def test_deploying_again_changes_nothing_and_removes_what_is_no_longer_in_the_file(server: Server) -> None:
    daily = server.deployment_id("track/daily")
    # Not active: a scheduler that looks between here and there would leave runs of three o'clock behind.
    stray = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 3 * * *"), active=False, slug="stray")
    with server.client() as client:
        client.create_deployment_schedules(daily, [stray])
    lines = _deploy(server)
    assert "schedule removed: daily: stray" in lines or len(_slugs(server, "track/daily")) == 1
    assert _slugs(server, "track/daily") == ["every-morning"]
    assert server.deployment_id("track/daily") == daily
    with server.client() as client:
        assert {a.name for a in client.read_automations()} == {deploy.WATCHDOG, deploy.QUIET_DAY}
        deployment = client.read_deployment(daily)
    assert deployment.global_concurrency_limit is not None
    assert deployment.global_concurrency_limit.limit == 1
    assert deployment.pull_steps == [{"prefect.deployments.steps.set_working_directory": {"directory": str(server.folder)}}]
    assert any("worker start --pool claimline" in line for line in lines)


def _slugs(server: Server, name: str) -> list[str | None]:
    with server.client() as client:
        return [x.slug for x in client.read_deployment_schedules(server.deployment_id(name))]


def test_a_cron_deployment_really_produces_scheduled_runs(server: Server) -> None:
    """With SQLAlchemy 2.1 Prefect schedules nothing and says nothing."""
    found = until(lambda: [r for r in server.runs("track/daily") if r.state_name == "Scheduled"] or None, 120)
    assert all(r.auto_scheduled for r in found)
    assert all(r.expected_start_time is not None and r.expected_start_time.hour == 5 for r in found)


def test_a_cron_run_fires(server: Server) -> None:
    daily = server.deployment_id("track/daily")
    with server.worker():
        # Every minute, at the second of it that comes in a moment: time enough for the scheduler, which looks every five.
        second = (datetime.now(UTC) + timedelta(seconds=15)).second
        every_minute = DeploymentScheduleCreate(schedule=CronSchedule(cron=f"* * * * * {second}"), active=True, slug="test")
        with server.client() as client:
            made = client.create_deployment_schedules(daily, [every_minute])
        done = until(lambda: [r for r in server.runs("track/daily") if r.state and r.state.is_final()] or None, 400)
        with server.client() as client:
            client.delete_deployment_schedule(daily, made[0].id)
    assert {r.state_name for r in done} <= {"Completed", "Partial"}
    assert done[0].auto_scheduled
    first = stored_runs(server, "bridge")[-1]
    assert first.state == "done"
    assert first.sufficient
    assert first.params["deployment"] == "daily"
    assert first.params["prefect_flow_run"] in {str(r.id) for r in done}


def test_a_run_by_hand_takes_topics_and_its_changes_are_events_once(server: Server) -> None:
    with server.worker():
        first = server.finished(server.start("track/manual", topics=["bridge"]))
        again = server.finished(server.start("track/manual", topics=["bridge"]))
        unknown = server.finished(server.start("track/manual", topics=["nonsense"]))
    assert first.state_name == "Completed"
    assert again.state_name == "Completed"
    assert unknown.state_name == "Failed"
    assert unknown.state is not None
    assert "no topic named 'nonsense'" in str(unknown.state.message)
    told = until(lambda: events(server, "claimline.claim.changed") or None, 60)
    assert sorted(e["payload"]["change"] for e in told) == sorted(changes(server, "closed"))
    with server.client() as client:
        artifacts = {a["key"]: a for a in client.request("POST", "/artifacts/filter", json={}).json()}
    assert {"claims-bridge", "changes-bridge", "progress-bridge"} <= set(artifacts)
    assert json.loads(artifacts["claims-bridge"]["data"])[0]["claim"] == "closed"


def test_of_two_runs_at_once_one_waits_for_the_other(server: Server, feed: SlowFeed) -> None:
    feed.delay_s = 600.0
    with server.worker():
        both = [server.start("track/manual", topics=["ferry"]) for _ in range(2)]
        until(lambda: True if any("; waiting up to" in line for line in logged(server, both)) else None, 300)
        feed.delay_s = 0.0
        states = [server.finished(run).state_name for run in both]
    assert states == ["Completed", "Completed"]
    later, earlier = stored_runs(server, "ferry")[:2]
    assert earlier.finished_at is not None
    assert later.started_at >= earlier.finished_at


@pytest.fixture
def impatient(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The watchdog misses a run after one beat and a bit; how long it really waits is in test_deploy."""
    with server.client() as client:
        (held,) = client.read_automations_by_name(deploy.WATCHDOG)
        with monkeypatch.context() as patch:
            patch.setattr(deploy, "SILENCE", timedelta(seconds=40))
            client.update_automation(held.id, deploy.watchdog())
        yield
        client.update_automation(held.id, deploy.watchdog())


def test_a_killed_worker_leaves_a_crashed_run_that_the_next_one_finishes(server: Server, feed: SlowFeed, impatient: None) -> None:
    feed.delay_s = 600.0
    before = feed.asked
    with server.worker() as worker:
        run = server.start("track/manual", topics=["ferry"])
        until(lambda: True if feed.asked > before else None, 300)
        until(lambda: True if run in beaten(server) else None, 60)
        kill_group(worker)
    feed.delay_s = 0.0
    assert server.entered(run, "Crashed", within_s=400).state_name == "Crashed"
    with server.worker():
        after = server.finished(server.start("track/manual", topics=["ferry"]))
    assert after.state_name == "Completed"
    states = [r.state for r in stored_runs(server, "ferry")]
    assert states[:2] == ["done", "abandoned"]
