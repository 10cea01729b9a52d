"""Two people, or a person and a run, at the same moment in processes of their own: every word is kept, the ledger is whole."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from claimline.errors import UnknownName
from storage import articles, claims, decisions, ledger, replay
from storage.engine import Database, open_database
from storage.records import NewDecision
from storage.verify import differences
from tests.storage_world import N, R, S, World, day, judgement

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["storage.decisions", "claimline.history", "psycopg", "sqlalchemy.dialects.sqlite"])
ROUNDS = 6
A, B = "https://a.example/1", "https://b.example/1"


@dataclass(frozen=True, slots=True)
class Says:
    """One person's verdicts on the same article, one after the other; the last is the one that the person means."""

    name: str
    batch: str | None = None

    def __call__(self, db: Database, n: int) -> None:
        with db.read() as s:
            claim_id = claims.claim(s, "open").id
            ids = [articles.article_by_url(s, url).id for url in ((A, B) if self.batch else (A,))]
        side = R if n % 2 else S
        asked = [NewDecision("stance", f"{self.name}-{n}-{one}", claim_id, one, stance=side) for one in ids]
        decisions.record(db, asked, by=self.name, now=db.clock(), batch=self.batch and f"{self.batch}-{n}")


class SaysTheSame:
    """A browser that sends one form twice."""

    def __call__(self, db: Database, n: int) -> None:
        with db.read() as s:
            claim_id, one = claims.claim(s, "open").id, articles.article_by_url(s, A).id
        asked = [NewDecision("stance", f"same-{n}-{i}", claim_id, one, stance=R) for i in range(3)]
        decisions.record(db, asked, by="Ada", now=db.clock(), batch=f"same-{n}")


class Publishes:
    """A run that brings new articles and publishes them."""

    def __call__(self, db: Database, n: int) -> None:
        w = joined(db)
        w.say(f"https://new{n}.example/1", day("2020-03-05"), N)
        w.publish()


class TakesBack:
    """Takes back whatever stands at the moment."""

    def __call__(self, db: Database, n: int) -> None:
        with db.read() as s:
            standing = decisions.decisions(s)
        for one in standing[:1]:
            try:
                decisions.undo(db, one.client_id, by="Cid", now=db.clock(), client_id=f"undo-{n}")
            except UnknownName:
                assert one.client_id not in [d.client_id for d in decisions_of(db)]  # another one was first


class AcceptsReplays:
    """Replays that are made and accepted while people decide."""

    def __call__(self, db: Database, n: int) -> None:
        w = joined(db)
        with db.read() as s:
            texts = [articles.article_by_url(s, url).revision_id for url in (A, B)]
        for revision_id in texts:
            w.scan(revision_id or 0, judgement("open", S, "says so"), matcher=f"m{n + 2}")
        made = db.write(lambda s: replay.open_shadow(s, w.topic_id, matcher=f"m{n + 2}", by="Ada", now=w.now))
        replay.accept(db, made, by="Ada", now=w.now)


RACES: dict[str, Sequence[Callable[[Database, int], None]]] = {
    "the same article": (Says("Ada"), Says("Ben")),
    "the same cases as batches": (Says("Ada", "a"), Says("Ben", "b")),
    "one form sent twice": (SaysTheSame(), SaysTheSame()),
    "a word and a run": (Says("Ada"), Publishes()),
    "a word and its undoing": (Says("Ada"), TakesBack()),
    "two who take back": (TakesBack(), TakesBack(), Says("Ada")),
    "a word and a replay": (Says("Ada"), AcceptsReplays()),
}


@pytest.mark.parametrize("race", RACES)
def test_nobody_is_overheard(race: str, database: Database) -> None:
    w = World(database).start()
    for url in (A, B):
        w.say(url, day("2020-03-01"), N, text=f"{url} says so")
    w.publish()
    start, told = _PROCESSES.Barrier(len(RACES[race])), _PROCESSES.Queue()
    racers = [_PROCESSES.Process(target=_run, args=(database.url, who, start, told)) for who in RACES[race]]
    for one in racers:
        one.start()
    ended = [told.get(timeout=300) for _ in racers]
    for one in racers:
        one.join(60)
    assert ended == [None] * len(racers)
    check(w, race)


def check(w: World, race: str) -> None:
    said = decisions_of(w.db, undone=True)
    with w.db.read() as s:
        assert differences(s, w.topic_id) == ()
        recorded = [e.recorded_at for e in ledger.editions(s, w.topic_id, limit=1_000)]
        standing = [d for d in decisions.decisions(s) if d.url == A]
        live = ledger.positions(s, w.claim_id())
    people = [who for who in RACES[race] if isinstance(who, Says)]
    each = [f"{p.name}-{n}-" for p in people for n in range(ROUNDS)]
    assert [sum(d.client_id.startswith(prefix) for d in said) for prefix in each] == [
        2 if p.batch else 1 for p in people for _ in range(ROUNDS)
    ]
    assert len({d.client_id for d in said}) == len(said)
    assert len(set(recorded)) == len(recorded), "each edition has a moment of its own"
    assert sum("new" in p.article for p in live) == (ROUNDS if any(isinstance(who, Publishes) for who in RACES[race]) else 0)
    if standing:  # the newest first: the last word that was stored is the one that holds
        assert {p.stance for p in live if p.article == A} == {standing[0].stance}
    if race == "one form sent twice":
        assert len(said) == 3 * ROUNDS


def _run(url: str, work: Callable[[Database, int], None], start: Any, told: Any) -> None:
    try:
        db = open_database(url, create=False)
        for n in range(ROUNDS):
            start.wait(120)
            work(db, n)
        db.dispose()
    except BaseException as error:  # noqa: BLE001  # the test tells which
        start.abort()
        told.put(repr(error))
    else:
        told.put(None)


def decisions_of(db: Database, *, undone: bool = False) -> tuple[Any, ...]:
    with db.read() as s:
        return decisions.decisions(s, undone=undone)


def joined(db: Database) -> World:
    """The same world from another process."""
    return World(db, now=db.clock()).start()
