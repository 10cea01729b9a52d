"""`claimline replay` killed at any moment: nothing that was told has moved, and the next one ends as an undisturbed one."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import NamedTuple

import pytest

from claimline.models import Status
from storage import claims, ledger
from storage.engine import open_database
from tests.killed import Command, Ended, perform
from tests.what_stands import live, what_was_known

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

# How many replays are killed before one is let through; CLAIMLINE_KILLS=40 asks for more than the suite has time for.
KILLS = int(os.environ.get("CLAIMLINE_KILLS", "2"))
TEXTS = 30  # more than a batch, so that a replay can die between two of them
TOPIC = """
title: The bridge
names: [{name: harbour bridge, variants: [bridge]}]
claims:
  - slug: open
    statement: The harbour bridge is open to lorries
"""
TAUGHT = """    examples:
      supports: [The harbour bridge was opened to lorries on Monday.]
      refutes: [The harbour bridge is shut.]
"""
SOURCES = "sources:\n  - files: news\n"


class Room(NamedTuple):
    """A folder with the topic's two files, and what an undisturbed replay came to."""

    folder: Path
    undisturbed: Ended
    after: dict[str, object]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Room:
    folder = tmp_path_factory.mktemp("replayed")
    (folder / "news").mkdir()
    (folder / "news" / "all.jsonl").write_text("".join(json.dumps(report(n)) + "\n" for n in range(TEXTS)), encoding="utf-8")
    (folder / "bridge.yaml").write_text(TOPIC + SOURCES, encoding="utf-8")
    (folder / "taught").mkdir()
    (folder / "taught" / "bridge.yaml").write_text(TOPIC + TAUGHT + SOURCES.replace("news", "../news"), encoding="utf-8")
    path = folder / "undisturbed.db"
    path.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{path}"
    told(folder, url)
    undisturbed = replayed(url)
    assert undisturbed.code == 0
    return Room(folder, undisturbed, accepted(url))


def report(n: int) -> dict[str, str]:
    said = "was opened to lorries on Monday" if n % 3 else "is shut and will not be opened to lorries"
    text = f'"The harbour bridge {said}," the mayor of part {n} of the town said. The fish market moves next week.'
    day = f"2024-03-{n % 27 + 1:02}"
    return {"url": f"https://paper{n}.example/1", "title": f"Bridge {n}", "published": day, "lang": "en", "text": text}


def told(folder: Path, url: str) -> None:
    """A tracked topic whose claim has been taught since: another matcher is installed than the one that answers."""
    assert perform(Command(url, ("track", "--plain", "--topic", str(folder / "bridge.yaml")))).code == 0
    assert perform(Command(url, ("topics", "import", str(folder / "taught" / "bridge.yaml")))).code == 0


def replayed(url: str, *, kill_at: int | None = None, kill_after_s: float | None = None) -> Ended:
    return perform(Command(url, ("replay", "--topic", "bridge", "--by", "Ada")), kill_at=kill_at, kill_after_s=kill_after_s)


def accepted(url: str) -> dict[str, object]:
    """Accepts the newest replay, drops the others, and tells what stands then."""
    db = open_database(url)
    with db.read() as s:
        newest, *others = (e.key for e in ledger.editions(s, claims.topic(s, "bridge").id, state="shadow"))
    for key in others:
        assert perform(Command(url, ("replay", "discard", key))).code == 0
    assert perform(Command(url, ("replay", "accept", newest, "--by", "Ada"))).code == 0
    found = live(db)
    db.dispose()
    return found | {"replays": ()}


def test_a_killed_replay_moves_nothing_and_the_next_one_ends_as_an_undisturbed_one(room: Room, database_url: str) -> None:
    told(room.folder, database_url)
    chance = random.Random(database_url[:4])
    db = open_database(database_url)
    before, known = live(db), what_was_known(db)
    with db.read() as s:
        assert ledger.status(s, claims.claim(s, "open").id).status is not Status.UNREPORTED
    for n in range(KILLS):
        if n % 2:
            replayed(database_url, kill_after_s=chance.uniform(0, 4))
        else:
            replayed(database_url, kill_at=chance.randint(room.undisturbed.first_write, room.undisturbed.statements - 1))
        assert live(db) | {"replays": ()} == before | {"replays": ()}
        assert what_was_known(db, known) == known
    assert replayed(database_url).code == 0
    assert accepted(database_url) == room.after
    assert what_was_known(db, known) == known
    db.dispose()
