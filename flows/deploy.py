"""Registers the deployments of prefect.yaml with a Prefect server, with all that they need around them.

That is `prefect deploy --all` itself, with CLAIMLINE_HOME set and the work pool there, and what it does not do: schedules that
are no longer in the file are removed, and a watchdog marks runs that died with their worker as crashed. Running it again changes
nothing. It starts no server and no worker; it says how.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, DoNothing
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, PREFECT_UI_URL, temporary_settings
from prefect.workers.process import ProcessWorker

from claimline.errors import ClaimlineError
from claimline.settings import Settings
from storage.engine import parse_url

USUAL_URL = "http://127.0.0.1:4200/api"
POOL = "claimline"
TAG = "claimline"
WATCHDOG = "claimline: runs whose worker died"
QUIET_DAY = "claimline: no run has ended for 26 hours"
# As long as `doctor --max-age` and the rule `nothing read` wait.
QUIET_FOR = timedelta(hours=26)
# Three beats of 30 seconds missed.
SILENCE = timedelta(seconds=90)
QUIET = "DO_NOT_TRACK=1 PREFECT_SERVER_ANALYTICS_ENABLED=false"
LEASES = "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE=prefect.server.concurrency.lease_storage.filesystem"
HEARTBEAT = "prefect.flow-run.heartbeat"
# Events are named after states; Partial and Skipped are names of completed ones (see flows.running).
ENDS = ("Completed", "Partial", "Skipped", "Failed", "Cancelled", "Crashed")


class NoPrefectServer(ClaimlineError):
    def __init__(self, url: str, configured: bool) -> None:
        start = f"{QUIET} {LEASES} {_program('prefect')} server start"
        hint = "" if configured else f", and set PREFECT_API_URL={USUAL_URL}"
        super().__init__(f"no Prefect server answers at {url}; start one with `{start}`{hint}")


class DeployFailed(ClaimlineError):
    pass


def deploy_all(pool: str, settings: Settings) -> Iterable[str]:
    """Deploys everything and returns the lines to say next. Raises NoPrefectServer or DeployFailed."""
    url = PREFECT_API_URL.value() or USUAL_URL
    with temporary_settings({PREFECT_API_URL: url}):
        _check_server(url, configured=bool(os.environ.get("PREFECT_API_URL")))
        home = home_folder(settings)
        config = with_pool(prefect_file().read_text(encoding="utf-8"), pool)
        with get_client(sync_client=True) as client:
            created = _ensure_pool(client, pool)
            _prefect_deploy(config, home, url)
            removed = _remove_vanished_schedules(client, config)
            _ensure_watchdog(client)
            _ensure_quiet_day(client)
        ui = PREFECT_UI_URL.value() or url.removesuffix("/api")
    return list(_lines(config, pool, created, removed, url, ui, settings))


def prefect_file() -> Path:
    """The deployments: beside the code in a checkout, within the package where it is installed."""
    package = Path(str(resources.files("claimline")))
    for path in (package.parent / "prefect.yaml", package / "_data" / "prefect.yaml"):
        if path.is_file():
            return path
    raise DeployFailed("prefect.yaml is not there; install claimline again")


def home_folder(settings: Settings) -> Path:
    """Where runs stand, and read a .env: CLAIMLINE_HOME, else the checkout, else the data folder."""
    named = os.environ.get("CLAIMLINE_HOME")
    beside = prefect_file().parent
    home = Path(named) if named else beside if (beside / "pyproject.toml").is_file() else settings.data_dir
    home = home.expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True)
    return home


def with_pool(text: str, pool: str) -> dict[str, Any]:
    """The file's content with every deployment on the pool."""
    config: dict[str, Any] = yaml.safe_load(text)
    config.pop("definitions", None)
    for deployment in config["deployments"]:
        deployment["work_pool"] = {**deployment.get("work_pool", {}), "name": pool}
    return config


def wanted_schedules(config: Mapping[str, Any]) -> dict[str, set[str]]:
    """Deployment name -> the slugs of its schedules."""
    return {d["name"]: {s["slug"] for s in d.get("schedules") or ()} for d in config["deployments"]}


def _check_server(url: str, *, configured: bool) -> None:
    with get_client(sync_client=True) as client:
        if client.api_healthcheck() is not None:
            raise NoPrefectServer(url, configured)


def _ensure_pool(client: SyncPrefectClient, name: str) -> bool:
    """True where the pool was made now."""
    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(WorkPoolCreate(name=name, type="process", base_job_template=template))
        return True
    return False


def _prefect_deploy(config: Mapping[str, Any], home: Path, url: str) -> None:
    """`prefect deploy --all`, which resolves CLAIMLINE_HOME into the pull step."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prefect.yaml"
        path.write_text(yaml.safe_dump(dict(config), sort_keys=False), encoding="utf-8")
        command = [sys.executable, "-P", "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(path)]
        env = {**os.environ, "CLAIMLINE_HOME": str(home), "PREFECT_API_URL": url, "NO_COLOR": "1", "COLUMNS": "160"}
        done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        if os.environ.get("CLAIMLINE_DEBUG"):
            sys.stderr.write(done.stdout + done.stderr)
        last = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()][-1:]
        raise DeployFailed(f"`prefect deploy --all` failed: {''.join(last)}")


def _remove_vanished_schedules(client: SyncPrefectClient, config: Mapping[str, Any]) -> list[str]:
    """Schedules of our deployments that the file does not know, deployments that it no longer names included."""
    wanted = wanted_schedules(config)
    removed = []
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    for deployment in client.read_deployments(deployment_filter=ours):
        for schedule in client.read_deployment_schedules(deployment.id):
            if schedule.slug not in wanted.get(deployment.name, set()):
                client.delete_deployment_schedule(deployment.id, schedule.id)
                removed.append(f"{deployment.name}: {schedule.slug or 'unnamed'}")
    return removed


def _ensure_watchdog(client: SyncPrefectClient) -> None:
    wanted = watchdog()
    held = client.read_automations_by_name(WATCHDOG)
    if held:
        client.update_automation(held[0].id, wanted)
    else:
        client.create_automation(wanted)


def _ensure_quiet_day(client: SyncPrefectClient) -> None:
    """Made once and then left alone: whom it tells is the desk's to add."""
    if not client.read_automations_by_name(QUIET_DAY):
        client.create_automation(quiet_day())


def quiet_day() -> AutomationCore:
    """Fires where nothing of ours has run to its end for so long (no worker, no schedule): no run could tell that."""
    return AutomationCore(
        name=QUIET_DAY,
        description="Add an action that tells you, such as a notification: no worker, or no schedule, and nothing is read.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Completed", "prefect.flow-run.Partial"},
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            match_related=ResourceSpecification({"prefect.resource.id": f"prefect.tag.{TAG}"}),
            posture=Posture.Proactive,
            threshold=1,
            within=QUIET_FOR,
        ),
        actions=[DoNothing()],
    )


def watchdog() -> AutomationCore:
    """A run of ours that has beaten once and then neither beats nor ends is crashed: its worker is gone."""
    return AutomationCore(
        name=WATCHDOG,
        description="Marks runs as crashed that no longer send a heartbeat; the next run does what they left.",
        trigger=EventTrigger(
            after={HEARTBEAT},
            expect={HEARTBEAT, *(f"prefect.flow-run.{state}" for state in ENDS)},
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            match_related=ResourceSpecification({"prefect.resource.id": f"prefect.tag.{TAG}"}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENCE,
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="no heartbeat: its worker is gone")],
    )


def _lines(
    config: Mapping[str, Any], pool: str, created: bool, removed: list[str], url: str, ui: str, settings: Settings
) -> Iterator[str]:
    if created:
        yield f"work pool {pool}: created"
    for deployment in config["deployments"]:
        when = ", ".join(f"{s.get('cron')} {s.get('timezone', 'UTC')}" for s in deployment.get("schedules") or ())
        flow = str(deployment["entrypoint"]).rpartition(".")[2]
        yield f"deployed {flow}/{deployment['name']}" + (f" (cron {when})" if when else "")
    for name in removed:
        yield f"schedule removed: {name}"
    yield f"watchdog: {WATCHDOG}"
    yield f"automation: {QUIET_DAY} (add whom it tells)"
    yield "Next, keep a worker running:"
    yield f"  {worker_command(pool, url, settings)}"
    yield "(`env --default-signal=INT` lets Ctrl-C reach a worker that a script started with &.)"
    yield f"By hand: {_program('prefect')} deployment run track/manual -p 'topics=[\"SLUG\"]'"
    yield f"The page: {ui}"


def worker_command(pool: str, url: str, settings: Settings) -> str:
    """The line that starts a worker with what it needs to find server and database; a password is not shown."""
    database = ""
    if settings.database_url:
        shown = parse_url(settings.database_url).render_as_string(hide_password=True)
        database = f" CLAIMLINE_DATABASE_URL='{shown}'"
    start = f"{_program('prefect')} worker start --pool {pool} --type process"
    return f"{QUIET} PREFECT_API_URL={url}{database} env --default-signal=INT {start}"


def _program(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.is_file() else name
