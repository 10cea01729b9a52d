"""A person's word, a replay accepted, a purge: killed at any moment, all of it stands or nothing; asked again, it stands."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage import articles, claims, clusters, decisions, ledger, replay
from storage.engine import Database, open_database
from storage.records import Edge, NewDecision
from tests.kept import kept
from tests.killed import Command, Ended, perform
from tests.postgres_world import Databases
from tests.storage_world import N, R, S, World, cleaned, day, judgement, make_topic
from tests.what_stands import live, rows, what_was_known

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

# How many times each act is killed; CLAIMLINE_KILLS=40 asks for more than the suite has time for, and for all acts on PostgreSQL.
KILLS = int(os.environ.get("CLAIMLINE_KILLS", "2"))
A, B, C, D, E, F = (f"https://{name}.example/1" for name in "abcdef")
WORDS = "The bridge can be used. "
BATCH, UNDOABLE, SHADOW = "batch-1", "decision-1", "@shadow"


@dataclass(frozen=True, slots=True)
class Several:
    """One word on three cases, as the review page sends it."""

    url: str

    def __call__(self) -> None:
        db = open_database(self.url, create=False)
        with db.read() as s:
            claim_id = claims.claim(s, "open").id
            ids = [articles.article_by_url(s, url).id for url in (A, B, D)]
        asked = [NewDecision("stance", f"several-{i}", claim_id, one, stance=R) for i, one in enumerate(ids)]
        decisions.record(db, asked, by="Ada", now=datetime.now(UTC), batch="several")
        db.dispose()


ACTS: dict[str, tuple[str, ...]] = {
    "decide": ("decide", A, "open", "refutes", "--by", "Ada"),
    "accept": ("accept", F, "open", "--by", "Ada"),
    "reject": ("reject", B, "open", "--quote", WORDS.strip(), "--by", "Ada"),
    "evidence": ("evidence", "add", A, "shut", "--quote", "says so", "--stance", "supports", "--by", "Ada"),
    "rule": ("rule", "open", "refuted", "--from", "2020-03-02", "--by", "Ada"),
    "date": ("date", C, "2020-03-05", "--by", "Ada"),
    "separate": ("separate", E, "--by", "Ada"),
    "undo": ("undo", UNDOABLE, "--by", "Ada"),
    "undo a batch": ("undo", BATCH, "--by", "Ada"),
    "weigh an outlet": ("outlets", "bridge", "--accept", "a.example", "--weight", "0.25", "--by", "Ada"),
    "accept a replay": ("replay", "accept", SHADOW, "--by", "Ada"),
    "discard a replay": ("replay", "discard", SHADOW),
    "purge": ("purge", B, "--reason", "asked", "--yes", "--by", "Ada"),
    "several": (),
}
# What says so in one line, and ends with a code of its own, where it was done before.
ONCE = {"undo", "undo a batch", "accept a replay", "discard a replay"}


ON_POSTGRES = ACTS if "CLAIMLINE_KILLS" in os.environ else ("several", "undo a batch", "accept a replay")


@pytest.mark.parametrize(
    ("kind", "act"),
    [("sqlite", act) for act in ACTS] + [pytest.param("postgres", act, marks=pytest.mark.postgres) for act in ON_POSTGRES],
)
def test_a_killed_act_is_whole_or_nothing_and_asked_again_it_stands(
    kind: str, act: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with a_world(kind, request, tmp_path / "undisturbed.db") as db:
        undisturbed, known = perform(the(act, db)), what_was_known(db)
        assert undisturbed.code == 0
        assert what_was_known(db, known) == known
        after = live(db)
    chance = random.Random(act)
    with a_world(kind, request, tmp_path / "killed.db") as db:
        before, stored, known = live(db), rows(db), what_was_known(db)
        assert before != after
        landed = False
        for n in range(KILLS):
            kill(the(act, db), undisturbed, chance, planted=n % 2 == 0)
            landed = rows(db) != stored
            assert live(db) == (after if landed else before)
            assert what_was_known(db, known) == known
            if landed:
                break
        assert perform(the(act, db)).code in ((1, 2) if landed and act in ONCE else (0,))
        assert live(db) == after
        assert what_was_known(db, known) == known


def kill(work: Any, undisturbed: Ended, chance: random.Random, *, planted: bool) -> None:
    """At a statement of the write or soon after it, or at any moment."""
    if planted:
        assert perform(work, kill_at=chance.randint(undisturbed.first_write, undisturbed.statements - 1)).code is None
    else:
        perform(work, kill_after_s=chance.uniform(0, 0.3))


def the(act: str, db: Database) -> Any:
    if act == "several":
        return Several(db.url)
    return Command(db.url, tuple(shadow_key(db) if word == SHADOW else word for word in ACTS[act]))


def shadow_key(db: Database) -> str:
    with db.read() as s:
        return next(e.key for e in ledger.editions(s, claims.topic(s, "bridge").id, state=None) if e.spec)


# --- the world ------------------------------------------------------------------------------------------------------


@contextmanager
def a_world(kind: str, request: pytest.FixtureRequest, path: Path) -> Iterator[Database]:
    """A database of this kind with the same small world in it."""
    if kind == "sqlite":
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield from opened(f"sqlite:///{path}")
        return
    databases: Databases = request.getfixturevalue("postgres")
    with databases.fresh() as url:
        yield from opened(url)


def opened(url: str) -> Iterator[Database]:
    db = open_database(url)
    small_world(db)
    yield db
    db.dispose()


@kept
def small_world(db: Database) -> World:
    """Reports, copies, an uncertain date, an unsure answer, a decision, a batch of them, and a replay that waits."""
    w = World(db).start(make_topic("open", "shut"))
    texts = {}
    for url, published, stance in ((A, "2020-03-01", S), (B, "2020-03-02", S), (C, None, R), (D, "2020-03-03", N)):
        texts[url] = report(w, url, published, stance)
    copied = report(w, E, "2020-03-04", S)
    unsure = report(w, F, "2020-03-06", R, decided=False)
    w.db.write(lambda s: clusters.save_edges(s, [Edge(texts[B], copied, 0.9)], [texts[B], copied], now=w.tick()))
    w.publish()
    say(w, [(D, R)], UNDOABLE)
    say(w, [(A, S), (D, S)], BATCH, batch=BATCH)
    shadow = w.db.write(lambda s: replay.open_shadow(s, w.topic_id, matcher="m2", by="Ada", now=w.tick()))
    assert shadow
    for revision_id in (*texts.values(), copied, unsure):
        w.scan(revision_id, judgement("open", R, WORDS, WORDS.strip()), matcher="m2")
    return w


def report(w: World, url: str, published: str | None, stance: Any, *, decided: bool = True) -> int:
    text = f"{WORDS}{url} says so."
    saved = w.capture(url, cleaned(text, day(published) if published else None, outlet=url.split("/")[2]))
    assert saved.revision_id is not None
    w.scan(saved.revision_id, judgement("open", stance, text, WORDS.strip(), decided=decided))
    return saved.revision_id


def say(w: World, said: list[tuple[str, Any]], name: str, *, batch: str | None = None) -> None:
    with w.db.read() as s:
        ids = [articles.article_by_url(s, url).id for url, _ in said]
    asked = [
        NewDecision("stance", name if n == 0 else f"{name}-{n}", w.claim_id(), one, stance=stance)
        for n, (one, (_, stance)) in enumerate(zip(ids, said, strict=True))
    ]
    decisions.record(w.db, asked, by="Ben", now=w.tick(), batch=batch)
