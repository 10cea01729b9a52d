"""Prefect's telemetry is off: a whole run in process, its temporary server included, connects to nothing but this machine."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.prefect_world import until

ROOT = Path(__file__).parent.parent
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# In every Python that the run starts: who is looked up and connected to.
WATCH = """
import os, sys

def heard(event, arguments):
    if event == "socket.getaddrinfo":
        told("lookup", arguments[0])
    elif event == "socket.connect":
        address = arguments[1]
        told("connect", address[0] if isinstance(address, tuple) else "unix")

def told(what, host):
    if isinstance(host, bytes):
        host = host.decode()
    with open(os.environ["WATCH_LOG"], "a") as log:
        log.write(f"{what} {host}\\n")

sys.addaudithook(heard)
"""

RUN = """
import sys
from pathlib import Path
from claimline.models import ClaimSpec, SourceSpec, Topic
from flows import steps
from flows.desk import open_desk

with open_desk() as desk:
    topic = Topic("bridge", "The bridge", (ClaimSpec("closed", "The bridge is closed"),), (SourceSpec("files", sys.argv[1]),))
    steps.import_topic(desk, topic)
    from flows.server import temporary_server
    from flows.track import track_in_process
    reports = [track_in_process(desk, ["bridge"])[0] for _ in range(int(sys.argv[2]))]
    print([(r.answered, r.tally.counts["articles-new"]) for r in reports], flush=True)
    print(temporary_server(desk.settings.data_dir / "prefect"), flush=True)
    if len(sys.argv) > 3:
        sys.stdin.read()
"""


def environment(folder: Path) -> dict[str, str]:
    """As on a fresh machine: nothing says that telemetry is off, and no sign of CI (where Prefect would be silent anyway)."""
    (folder / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH")}
    return {
        **kept,
        "HOME": str(folder),
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "WATCH_LOG": str(folder / "watched.log"),
        "CLAIMLINE_DATA_DIR": str(folder / "data"),
    }


def news(folder: Path) -> Path:
    path = folder / "news"
    path.mkdir()
    article = {"url": "https://news.example/1", "title": "The bridge", "published": "2021-03-04", "lang": "en"}
    (path / "day.jsonl").write_text(json.dumps({**article, "text": "The bridge is closed, the mayor said."}), encoding="utf-8")
    return path


def test_a_run_in_process_is_quiet_and_connects_to_nobody_else(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(news(tmp_path)), "2"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[0] == "[(1, 1), (1, 0)]"
    assert "prefect" not in done.stderr.lower()
    watched = set((tmp_path / "watched.log").read_text(encoding="utf-8").split("\n")) - {""}
    assert "connect 127.0.0.1" in watched
    assert {line.split()[1] for line in watched} <= {"127.0.0.1", "localhost", "::1", "unix", "None"}


def test_the_temporary_server_goes_when_the_run_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RUN, str(news(tmp_path)), "1", "wait"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, env=environment(tmp_path), text=True, **pipes) as process:
        assert process.stdout is not None
        process.stdout.readline()
        port = int(process.stdout.readline().split(":")[2].split("/")[0])
        assert _listens(port)
        process.kill()
    until(lambda: True if not _listens(port) else None, 30)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
