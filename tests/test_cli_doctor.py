"""The doctor names what is missing for a topic's sources and messages, and fails where something failed for it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from flows import intake, steps
from flows.desk import Desk
from flows.outbox import NOTICE
from storage import outbox
from storage.engine import open_database
from tests.fakes import plain_settings

FILE = """
title: The bridge
slug: bridge
claims: [{slug: open, statement: The harbour bridge is open to lorries}]
sources: [{feed: 'https://paid.example/feed', options: {auth_env: BRIDGE_TOKEN}}]
notify: [{on: change, target_env: BRIDGE_DESK}, {on: digest, target_env: BRIDGE_DESK}]
"""


def _doctor(path: Path) -> tuple[int, list[str]]:
    done = CliRunner().invoke(app, ["doctor", "--db", str(path)])
    return done.exit_code, [line for line in done.stdout.splitlines() if "bridge:" in line]


@pytest.fixture
def path(tmp_path: Path, sqlite_file: Path) -> Path:
    (tmp_path / "bridge.yaml").write_text(FILE, encoding="utf-8")
    done = CliRunner().invoke(app, ["topics", "import", str(tmp_path / "bridge.yaml"), "--db", str(sqlite_file)])
    assert done.exit_code == 0, done.output
    return sqlite_file


def test_variables_that_are_not_set_are_named_before_anything_failed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, lines = _doctor(path)
    assert any(x.startswith("ok") and "https://paid.example/feed needs BRIDGE_TOKEN, which is not set here" in x for x in lines)
    assert sum(x.startswith("ok") and "`notify` tells BRIDGE_DESK, which is not set here" in x for x in lines) == 1
    monkeypatch.setenv("BRIDGE_TOKEN", "x")
    monkeypatch.setenv("BRIDGE_DESK", "json://localhost")
    assert not any("not set here" in x for x in _doctor(path)[1])


def test_a_source_and_a_message_that_failed_for_want_of_one_fail_the_doctor(path: Path) -> None:
    db = open_database(f"sqlite:///{path}")
    desk = Desk(db, plain_settings())
    steps.track(desk, "bridge")
    topic, now = intake.stored_topic(desk, "bridge"), datetime.now(UTC)
    message = {"target": "BRIDGE_DESK", "title": "t", "body": "b"}
    db.write(lambda s: outbox.post(s, topic.id, NOTICE, "one", message, now=now))
    with db.read() as s:
        (item,) = outbox.outbox(s, topic_id=topic.id, kinds=(NOTICE,))
    db.write(lambda s: outbox.mark_failed(s, item.id, "not set"))
    db.dispose()
    code, lines = _doctor(path)
    assert code == 1
    failed = [x for x in lines if x.startswith("FAIL")]
    assert any("https://paid.example/feed could not be asked without BRIDGE_TOKEN, which is not set here" in x for x in failed)
    assert any("1 message waits for BRIDGE_DESK, which is not set here" in x for x in failed)
    assert any("no sufficient run yet, 0 of 1 source answered" in x for x in failed), failed
