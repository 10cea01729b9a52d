"""`claimline` as a user has it: a process of its own, its own folders, nothing of this machine's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
# Runs commands in turn and prints what each has printed.
_SEVERAL = """
import contextlib, io, json, sys
from app.cli import app

def printed(arguments):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        app(arguments, standalone_mode=False)
    return out.getvalue()

print(json.dumps([printed(arguments) for arguments in json.loads(sys.argv[1])]))
"""
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The JSON Lines on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    def lines_about(self, what: str) -> list[str]:
        """The lines on stderr that name something."""
        return [line for line in self.err.splitlines() if what in line]


@dataclass(frozen=True)
class Claimline:
    """A user with a home of his own; `settings` are environment variables."""

    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.home / "claimline.db"

    def __call__(self, *arguments: str, timeout: float = 240) -> Ran:
        return self._python("-m", "app.cli", *arguments, timeout=timeout)

    def _python(self, *arguments: str, timeout: float) -> Ran:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.home,
            env=self._environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def answers(self, *claims: str) -> dict[str, str]:
        """Everything that other programs read, as it is printed; one process reads it all."""
        reads = [*(["history", claim, "--json"] for claim in claims), ["articles", "--json"]]
        done = self._python("-c", _SEVERAL, json.dumps(reads), timeout=240)
        assert done.code == 0, done.err
        return dict(zip(map(" ".join, reads), json.loads(done.out), strict=True))

    def _environment(self) -> dict[str, str]:
        passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        own = {
            "HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "500",
            "CLAIMLINE_DATA_DIR": str(self.home),
            "CLAIMLINE_DATABASE_URL": f"sqlite:///{self.database}",
        }
        return {**passed, **own, **self.settings}
