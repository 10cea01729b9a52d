"""The daily run obeys what a source's `store` and the settings say, and counts it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from claimline.models import SourceSpec
from flows import retaining, steps
from flows.desk import Desk
from flows.tally import Tally
from storage import clusters, runs, tables
from storage.engine import Database
from tests.fakes import plain_settings
from tests.storage_world import START, S, World, day, make_topic


def tracked(db: Database, store: str, at: datetime, **settings: object) -> Tally:
    """A run without sources' answers over what the world holds."""
    desk = Desk(db, plain_settings(**settings), now=lambda: at)
    hands = replace(
        steps.PLAIN,
        ask=lambda *_: iter(()),
        fetch=lambda *_: Tally(),
        assess=lambda *_: Tally(),
        consult=lambda *_: Tally(),
    )
    return steps.track(desk, "bridge", hands=hands).tally


def world(db: Database, store: str) -> World:
    spec = SourceSpec("feed", "https://news.example/feed", store=store)
    w = World(db).start(replace(make_topic("open"), sources=(spec,)))
    for i in range(3):
        w.say(f"https://a.example/{i}", day("2020-03-01"), S)
    return w


def texts(db: Database) -> int:
    with db.read() as s:
        return int(s.execute(sa.select(sa.func.count()).select_from(tables.revision_texts)).scalar_one())


@pytest.mark.parametrize(
    ("store", "kept", "counts"), [("full", 3, {}), ("quotes", 0, {"texts": 3}), ("link", 0, {"texts": 3, "quotes": 3})]
)
def test_a_run_keeps_of_a_source_what_it_allows(db: Database, store: str, kept: int, counts: dict[str, int]) -> None:
    w = world(db, store)
    tracked(db, store, w.tick())
    assert texts(db) == kept
    with db.read() as s:
        (run,) = runs.runs(s)
    removed = {name.removesuffix("-removed"): n for name, n in run.counts.items() if name.endswith("-removed")}
    bodies = {"bodies": 3} if store != "full" else {}
    assert removed == counts | bodies
    assert w.status() == "supported"
    again = tracked(db, store, w.tick())
    assert not [name for name in again.counts if name.endswith("-removed")]


def test_what_is_too_old_goes_once_a_day(db: Database) -> None:
    w = world(db, "full")
    later = datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert tracked(db, "full", START + timedelta(hours=1)).counts["bodies-removed"] == 0
    assert tracked(db, "full", later).counts["bodies-removed"] == 3
    db.write(lambda s: s.execute(sa.update(tables.captures).values(bytes_kept=True)))
    assert tracked(db, "full", later + timedelta(hours=1)).counts["bodies-removed"] == 0  # it was done today
    with db.read() as s:
        kept = s.execute(sa.select(sa.func.count()).where(tables.captures.c.bytes_kept)).scalar()
    assert kept == 3
    tracked(db, "full", later + timedelta(days=1))
    with db.read() as s:
        assert s.execute(sa.select(sa.func.count()).where(tables.captures.c.bytes_kept)).scalar() == 0
    assert w.status() == "supported"


def test_a_run_removes_no_more_than_its_share(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retaining, "MOST", 2)
    w = world(db, "quotes")
    assert tracked(db, "quotes", w.tick()).counts["texts-removed"] == 2
    assert tracked(db, "quotes", w.tick()).counts["texts-removed"] == 1


def test_a_text_that_was_compared_with_nothing_yet_is_compared_first(db: Database) -> None:
    w = world(db, "quotes")
    with db.read() as s:
        assert len(clusters.unclustered(s, w.topic_id)) == 3
    assert tracked(db, "quotes", w.tick()).counts["texts-removed"] == 3
