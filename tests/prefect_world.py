"""A real Prefect server and workers of their own home and port, for the few tests that need them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings

from claimline.models import ClaimSpec, SourceSpec, Topic

T = TypeVar("T")
PREFECT = str(Path(sys.executable).with_name("prefect"))
QUIET = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_SERVER_UI_ENABLED": "false"}
LEASES = "prefect.server.concurrency.lease_storage.filesystem"


@dataclass(frozen=True)
class Server:
    """A server that runs, and where its workers and our runs keep their things."""

    url: str
    folder: Path

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.folder / 'claimline.db'}"

    def environment(self) -> Mapping[str, str]:
        mine = {
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_API_URL": self.url,
            "CLAIMLINE_HOME": str(self.folder),
            "CLAIMLINE_DATA_DIR": str(self.folder),
            "CLAIMLINE_DATABASE_URL": self.database_url,
        }
        return {**os.environ, **QUIET, **mine}

    @contextmanager
    def client(self) -> Iterator[SyncPrefectClient]:
        with temporary_settings({PREFECT_API_URL: self.url}), get_client(sync_client=True) as client:
            yield client

    def deployment_id(self, name: str) -> UUID:
        with self.client() as client:
            return client.read_deployment_by_name(name).id

    def start(self, name: str, **parameters: Any) -> UUID:
        with self.client() as client:
            return client.create_flow_run_from_deployment(self.deployment_id(name), parameters=parameters).id

    def runs(self, name: str) -> list[FlowRun]:
        mine = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[self.deployment_id(name)]))
        with self.client() as client:
            return client.read_flow_runs(flow_run_filter=mine)

    def run(self, run_id: UUID) -> FlowRun:
        with self.client() as client:
            return client.read_flow_run(run_id)

    def finished(self, run_id: UUID, *, within_s: float = 300) -> FlowRun:
        return until(lambda: run if (run := self.run(run_id)).state and run.state.is_final() else None, within_s)

    def entered(self, run_id: UUID, state: str, *, within_s: float = 300) -> FlowRun:
        return until(lambda: run if (run := self.run(run_id)).state_name == state else None, within_s)

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """A worker with all its runs in one process group, so that a test can kill them together."""
        command = [PREFECT, "worker", "start", "--pool", "claimline", "--type", "process", "--limit", "2"]
        env = {**self.environment(), "PREFECT_WORKER_QUERY_SECONDS": "1"}
        with (self.folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(command, env=env, cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
        try:
            yield process
        finally:
            kill_group(process)


def kill_group(process: subprocess.Popen[bytes], how: int = signal.SIGKILL) -> None:
    """Ends a process that a test started, with everything that it started."""
    for pid in (*children(process.pid), process.pid):
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            continue
    process.wait(timeout=30)


def children(pid: int) -> list[int]:
    """All descendants, from /proc."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found: list[int] = []
    todo = [pid]
    while todo:
        below = parents.get(todo.pop(), [])
        found += below
        todo += below
    return found


def until(look: Callable[[], T | None], within_s: float, *, every_s: float = 0.3) -> T:
    """The first answer that is one; fails after a while."""
    end = time.monotonic() + within_s
    while (answer := look()) is None:
        assert time.monotonic() < end, f"not within {within_s:.0f} s"
        time.sleep(every_s)
    return answer


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Server(f"http://127.0.0.1:{port}/api", folder)
    env = {**server.environment(), "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES}
    env.pop("PREFECT_API_URL")
    command = [PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        until(lambda: _answers(server.url) or None, 240)
        yield server
    finally:
        kill_group(process, signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def bridge_topic(folder: Path) -> Topic:
    """A topic of one claim over a folder of one article, which it writes."""
    news = folder / "news"
    news.mkdir()
    article = {
        "url": "https://news.example/1",
        "title": "The bridge over the Aln is closed",
        "published": "2021-03-04",
        "lang": "en",
        "outlet": "news.example",
        "text": "The bridge over the Aln is closed to all traffic, the mayor said on Thursday. Nobody may cross it.",
    }
    (news / "day.jsonl").write_text(json.dumps(article) + "\n", encoding="utf-8")
    claim = ClaimSpec("closed", "The bridge over the Aln is closed")
    return Topic("bridge", "The bridge", (claim,), (SourceSpec("files", str(news)),))
