"""A temporary Prefect server for a run in this process: one a process, on a free port, gone when the process is, however it ends.

Prefect's own temporary server makes the caller import the whole server first (seconds of work twice over), stays for ever when
its caller is killed, and shares the person's Prefect database with whatever version wrote it. This one has a database in our data
folder, and forgets runs after thirty days. Run as a program it is the server itself.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from claimline.errors import ClaimlineError

if TYPE_CHECKING:
    from collections.abc import Mapping

STARTUP_S = 120.0
HOST = "127.0.0.1"
FACTORY = "prefect.server.api.server:create_app"
# No page, no scheduler, no workers to look after: only what records runs, artifacts and events.
SPARE = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_UI_ENABLED": "false",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 86400),
}


class NoServer(ClaimlineError):
    def __init__(self, reason: str) -> None:
        super().__init__(f"Prefect's temporary server did not start ({reason}); try again, or use --plain to run without Prefect")


@cache
def temporary_server(home: Path) -> str:
    """The address of this process's temporary server; starts it on the first call. Raises NoServer."""
    home.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    command = [sys.executable, "-P", "-m", "flows.server", str(os.getpid())]
    process = subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    atexit.register(_stop, process)
    if process.stdout is None:
        raise AssertionError("a pipe was asked for")
    port = process.stdout.readline().strip()
    url = f"http://{HOST}:{port}/api"
    while not _answers(url):
        if process.poll() is not None:
            raise NoServer(f"it ended with {process.returncode}")
        if time.monotonic() - began > STARTUP_S:
            _stop(process)
            raise NoServer(f"no answer for {STARTUP_S:.0f} s")
        time.sleep(0.1)
    return url


def environment(home: Path) -> Mapping[str, str]:
    """The server's: ours, with its database in `home` unless the person chose one."""
    mine = dict(os.environ)
    for name in ("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_PROFILE"):
        mine.pop(name, None)
    mine.setdefault("PREFECT_HOME", str(home))
    return {**mine, **SPARE}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:  # noqa: S310 -- our own server
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# --- The server itself ----------------------------------------------------------------------------------------------


def serve(parent: int) -> None:
    """Serves until the parent is gone. Prints its port first."""
    import uvicorn

    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    listening = socket.create_server((HOST, 0))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(FACTORY, factory=True, host=HOST, log_level="critical", lifespan="on")
    uvicorn.Server(config).run(sockets=[listening])


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
