"""prefect.yaml and `claimline deploy`, as far as they go without a server."""

from __future__ import annotations

import inspect
import socket
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.events.schemas.automations import Posture
from prefect.exceptions import ParameterTypeError
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import deploy
from flows.backfill import backfill
from tests.fakes import plain_settings

FILE: dict[str, Any] = yaml.safe_load(deploy.prefect_file().read_text(encoding="utf-8"))
BY_NAME = {d["name"]: d for d in FILE["deployments"]}


@pytest.mark.parametrize("name", BY_NAME)
def test_each_entrypoint_is_a_module_path_that_leads_to_a_flow(name: str) -> None:
    module, _, function = str(BY_NAME[name]["entrypoint"]).rpartition(".")
    assert "/" not in module
    assert isinstance(getattr(import_module(module), function), Flow)


@pytest.mark.parametrize("name", BY_NAME)
def test_parameters_are_topics_and_days_never_paths_or_databases(name: str) -> None:
    module, _, function = str(BY_NAME[name]["entrypoint"]).rpartition(".")
    flow = getattr(import_module(module), function)
    assert set(inspect.signature(flow.fn).parameters) <= {"topics", "topic", "date_from", "date_to", "everything"}


def test_the_daily_run_has_a_schedule_with_a_timezone_and_runs_alone() -> None:
    daily = BY_NAME["daily"]
    assert [(s["cron"], s["timezone"], s["active"]) for s in daily["schedules"]] == [("0 5 * * *", "UTC", True)]
    assert daily["concurrency_limit"]["limit"] == 1
    assert daily["concurrency_limit"]["collision_strategy"] in {"ENQUEUE", "CANCEL_NEW"}


def test_no_flow_retries_as_a_whole_because_that_crashes_under_a_concurrency_limit() -> None:
    for deployment in FILE["deployments"]:
        module, _, function = str(deployment["entrypoint"]).rpartition(".")
        assert getattr(import_module(module), function).retries == 0


def test_the_pull_step_stands_in_claimline_home() -> None:
    assert FILE["pull"] == [{"prefect.deployments.steps.set_working_directory": {"directory": "{{ $CLAIMLINE_HOME }}"}}]


def test_every_run_beats_and_sends_no_telemetry() -> None:
    for deployment in FILE["deployments"]:
        env = deployment["work_pool"]["job_variables"]["env"]
        assert env["DO_NOT_TRACK"] == "1"
        assert env["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
        assert int(env["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"]) * 3 <= deploy.SILENCE.total_seconds()


def test_another_pool_is_used_by_every_deployment() -> None:
    config = deploy.with_pool(deploy.prefect_file().read_text(encoding="utf-8"), "night")
    assert {d["work_pool"]["name"] for d in config["deployments"]} == {"night"}
    assert all(d["work_pool"]["job_variables"] for d in config["deployments"])


def test_without_a_server_one_line_says_how_to_start_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (
        temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{port}/api"}),
        pytest.raises(deploy.NoPrefectServer, match="server start") as error,
    ):
        deploy.deploy_all("claimline", plain_settings())
    assert "\n" not in str(error.value)


def test_the_worker_command_shows_no_password() -> None:
    settings = plain_settings(database_url="postgresql://me:s3cret@db.example/claimline")
    command = deploy.worker_command("claimline", deploy.USUAL_URL, settings)
    assert "s3cret" not in command
    assert "env --default-signal=INT" in command
    assert "--pool claimline" in command


def test_runs_stand_in_claimline_home_where_it_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLAIMLINE_HOME", str(tmp_path / "desk"))
    assert deploy.home_folder(plain_settings()) == (tmp_path / "desk").resolve()
    assert (tmp_path / "desk").is_dir()


def test_the_watchdog_minds_only_our_runs() -> None:
    trigger = deploy.watchdog().trigger
    assert "prefect.tag.claimline" in str(trigger.match_related)  # type: ignore[union-attr]
    assert all("claimline" in d["tags"] for d in FILE["deployments"])


class Automations:
    """The part of Prefect's client that keeps automations."""

    def __init__(self) -> None:
        self.made: list[Any] = []

    def read_automations_by_name(self, name: str) -> list[Any]:
        return [a for a in self.made if a.name == name]

    def create_automation(self, automation: Any) -> None:
        self.made.append(automation)


def test_where_nothing_runs_at_all_an_automation_fires_and_whom_it_tells_is_left_alone() -> None:
    server: Any = Automations()
    for _ in range(2):
        deploy._ensure_quiet_day(server)
    (made,) = server.made
    assert (made.trigger.posture, made.trigger.within) == (Posture.Proactive, timedelta(hours=26))
    assert made.trigger.expect == {"prefect.flow-run.Completed", "prefect.flow-run.Partial"}
    assert not made.trigger.after


def test_a_backfill_checks_its_days() -> None:
    with pytest.raises(ParameterTypeError, match="date_from"):
        backfill.validate_parameters({"topic": "t", "date_from": "2020-13-45", "date_to": "2020-01-01"})
