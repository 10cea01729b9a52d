"""Killed at any moment and finished by the next run: the same tables as a run that nobody disturbed, through Prefect too."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.local_news import News
from storage import answers, articles, claims, ledger, runs
from storage.engine import open_database
from tests.news_world import served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

ROOT = Path(__file__).parent.parent
# How many runs are killed, each at another moment; CLAIMLINE_KILLS=10 asks for more than the suite has time for.
KILLS = int(os.environ.get("CLAIMLINE_KILLS", "2"))
NEWS = News(articles=30, claims=4)
RUN = """
import sys
from flows import steps
from flows.desk import open_desk
from benchmarks.local_news import News

with open_desk() as desk:
    steps.import_topic(desk, News(30, 4).topic(int(sys.argv[2])))
    print("begun", flush=True)
    if sys.argv[1] == "plain":
        steps.track(desk, "spine")
    else:
        from flows.track import track_in_process
        track_in_process(desk, ["spine"])
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(NEWS) as at:
        yield at


@pytest.fixture(scope="module")
def undisturbed(port: int, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("undisturbed")
    finish("plain", folder, port)
    return tables(folder)


@pytest.mark.parametrize(("way", "seed"), [*(("plain", n + 1) for n in range(KILLS)), ("prefect", 0)])
def test_a_run_that_was_killed_and_finished_ends_in_the_same_tables(
    way: str, seed: int, port: int, undisturbed: dict[str, object], tmp_path: Path
) -> None:
    kill_somewhere(way, tmp_path, port, random.Random(seed))
    finish(way, tmp_path, port)
    assert tables(tmp_path) == undisturbed
    with open_database(url(tmp_path)).read() as s:
        states = [r.state for r in runs.runs(s)]
    assert states[0] == "done"
    assert set(states[1:]) <= {"abandoned", "done"}


def kill_somewhere(way: str, folder: Path, port: int, chance: random.Random) -> None:
    """Kills a run at some moment after it has begun to fetch (or lets it finish, where the moment comes too late)."""
    process = begin(way, folder, port)
    try:
        wanted = chance.randint(0, NEWS.articles)
        end = time.monotonic() + 300
        while process.poll() is None and captured(folder) < wanted and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(chance.random() * 3)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def finish(way: str, folder: Path, port: int) -> None:
    assert begin(way, folder, port).wait(timeout=900) == 0


def begin(way: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    mine = {"CLAIMLINE_DATA_DIR": str(folder), "CLAIMLINE_DATABASE_URL": url(folder), "PYTHONPATH": str(ROOT)}
    env = {**os.environ, **mine}
    env.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-c", RUN, way, str(port)]
    return subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL)


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'claimline.db'}"


def captured(folder: Path) -> int:
    if not (folder / "claimline.db").exists():
        return 0
    try:
        db = open_database(url(folder), create=False)
        with db.read() as s:
            found = articles.articles(s, claims.topic(s, "spine").id, states=("captured",))
    except Exception:  # noqa: BLE001 -- the run is just making it
        return 0
    return len(found)


def tables(folder: Path) -> dict[str, object]:
    """The live rows by their natural keys, without ids, times and fetch state."""
    db = open_database(url(folder))
    with db.read() as s:
        topic = claims.topic(s, "spine")
        stored = articles.articles(s, topic.id)
        found = {
            "articles": sorted((a.url, a.title or "", a.outlet or "", a.state) for a in stored),
            "answers": sorted(
                (x.claim, x.url, x.stance, x.decided, round(x.confidence, 6), tuple(q.key for q in x.quotes))
                for a in stored
                for x in answers.assessments_of(s, article_id=a.id)
            ),
            "positions": {
                c.slug: [(p.key, p.stance, p.valid_from, p.cluster) for p in ledger.positions(s, c.id)] for c in topic.claims
            },
            "changes": {
                c.slug: [(x.change.valid_from, x.change.before, x.change.after, x.cause) for x in ledger.changes(s, c.id)]
                for c in topic.claims
            },
        }
    db.dispose()
    return found
