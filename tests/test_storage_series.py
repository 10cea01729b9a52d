"""A past day is looked up: the figures of every day of a claim, kept in the cache, are those of the fold, or are passed over."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from claimline.history import FOLD_VERSION, fold
from claimline.models import Figures, Status
from storage import articles, codec, decisions, ledger, pages, series, stood, weeks
from storage import tables as t
from storage.engine import Database, open_database
from storage.records import NewDecision
from tests.storage_world import N, R, S, World, day, make_topic

CLAIMS = ("open", "painted", "sold")
FIRST = date(2019, 12, 30)


def some_news(w: World, chance: Random, count: int) -> None:
    """Reports of all sides by known and unknown speakers, some of them edited later."""
    for _ in range(count):
        claim = chance.choice(CLAIMS)
        url = f"https://{chance.choice('abcde')}.example/{chance.randrange(9)}"
        printed = date(2020, 1, 1) + timedelta(days=chance.randrange(60))
        speaker = chance.choice([None, "ann", "bob", "cem"])
        sure = chance.choice([0.6, 0.75, 0.9])
        w.say(url, printed, chance.choice([S, R, N]), claim=claim, text=f"{url} of {w.now}", speaker=speaker, confidence=sure)


def assert_told_as_folded(db: Database, known_at: datetime | None = None) -> None:
    """Every fourth day of every claim, beside a fold of its own; nothing that was folded before is at hand."""
    with db.read() as s:
        stored = {c.claim.id: c.claim for c in ledger.statuses(s)}
        known = {i: (ledger.positions(s, i, known_at=known_at), ledger.rulings(s, i, known_at=known_at)) for i in stored}
        for n in range(0, 75, 4):
            when = FIRST + timedelta(days=n)
            stood.forget()
            for at in ledger.statuses(s, as_of=when, known_at=known_at):
                anew = fold(*known[at.claim.id], until=when)
                assert (at.status, at.machine) == (anew.status, anew.machine), (when, at.claim.slug)
                assert at.figures == codec.load_figures(codec.dump_figures(anew.figures)), (when, at.claim.slug)


def at_hand(db: Database) -> int:
    """How many claims have a series that is made from what the ledger holds now."""
    with db.read() as s:
        ids = [c.claim.id for c in ledger.statuses(s)]
        return len(series.looked_up(s, series.stamps(s, ids), FIRST))


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_every_day_is_looked_up_as_it_would_be_folded(database: Database, seed: int) -> None:
    w, chance = World(database).start(make_topic(*CLAIMS)), Random(seed)
    times = []
    for _ in range(2):
        some_news(w, chance, 10)
        times.append(w.publish().recorded_at)
        assert at_hand(database) == len(CLAIMS)
        assert_told_as_folded(database)
    assert_told_as_folded(database, times[0])


def test_a_persons_word_leaves_the_series_behind_and_the_next_edition_makes_it_anew(database: Database) -> None:
    w = World(database).start(make_topic(*CLAIMS))
    some_news(w, Random(3), 12)
    w.publish()
    with database.read() as s:
        article = articles.article_by_url(s, "https://a.example/1").id
    asked = NewDecision("date", "d1", article_id=article, valid_from=day("2020-01-20"))
    decisions.record(database, [asked], by="Ada", now=w.tick())
    assert at_hand(database) < len(CLAIMS)
    assert_told_as_folded(database)
    ruling = NewDecision(
        "ruling", "r1", w.claim_id(), status=Status.OPEN, valid_from=day("2020-01-05"), valid_to=day("2020-01-15")
    )
    decisions.record(database, [ruling], by="Ada", now=w.tick())
    assert_told_as_folded(database)
    w.say("https://z.example/1", day("2020-02-02"), S)
    w.publish()
    assert at_hand(database) == len(CLAIMS)
    assert_told_as_folded(database)


def test_a_series_is_looked_up_and_not_folded(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    w = World(db).start()
    w.say("https://a.example/1", day("2020-01-01"), S)
    last = w.say("https://b.example/1", day("2020-03-01"), R) and w.publish().recorded_at
    monkeypatch.setattr(stood, "_fold", lambda *_: pytest.fail("it was folded anew"))
    with db.read() as s:
        for known_at in (None, last):  # that nothing was learned since makes a known time as good as now
            found = ledger.status(s, w.claim_id(), as_of=day("2020-02-01"), known_at=known_at)
            assert found.figures == Figures(0.9, 0, 1, 0, 0, 0)
            assert ledger.status(s, w.claim_id(), as_of=day("2019-02-01"), known_at=known_at).figures == Figures()


def test_an_edition_makes_anew_the_series_of_the_claims_that_it_touched(database: Database) -> None:
    w = World(database).start(make_topic(*CLAIMS))
    for n, claim in enumerate(CLAIMS):
        w.say(f"https://{claim}.example/{n}", day("2020-01-01"), S, claim=claim)
    first = w.publish().recorded_at
    w.say("https://b.example/1", day("2020-03-01"), R, claim="sold")
    database.write(lambda s: ledger.publish_in(s, w.topic_id, run_id=None, actor="track", now=w.tick()))
    assert at_hand(database) == len(CLAIMS) - 1
    with database.read() as s:
        known = {i: stamp.is_known_by(first) for i, stamp in series.stamps(s, [w.claim_id(c) for c in CLAIMS]).items()}
    assert known == {w.claim_id(c): c != "sold" for c in CLAIMS}
    assert series.fill(database) == 1


def test_without_a_cache_it_is_folded_and_the_series_comes_back(db: Database) -> None:
    w = World(db).start(make_topic(*CLAIMS))
    some_news(w, Random(4), 10)
    w.publish()
    db.cache.clear()
    assert at_hand(db) == 0
    assert_told_as_folded(db)
    assert (series.fill(db), series.fill(db)) == (len(CLAIMS), 0)
    assert_told_as_folded(db)


def test_the_weeks_that_are_kept_are_those_that_would_be_counted(database: Database) -> None:
    w, chance = World(database).start(make_topic(*CLAIMS)), Random(5)
    some_news(w, chance, 14)
    known_at = w.publish().recorded_at
    for _ in range(2):
        with database.read() as s:
            ids = [c.claim.id for c in ledger.statuses(s)]
            assert len(series.weeks_held(s, series.stamps(s, ids), None)) == len(CLAIMS)
            for n in range(0, 75, 2):
                when = FIRST + timedelta(days=n)
                assert pages.weekly(s, ids, as_of=when) == weeks.counted(s, ids, until=when), when
            assert pages.weekly(s, ids) == weeks.counted(s, ids)
            assert pages.weekly(s, ids, known_at=known_at) == weeks.counted(s, ids, known_at=known_at)
        some_news(w, chance, 8)
        w.publish()


def test_weeks_of_another_time_and_weeks_without_a_cache_are_counted(db: Database) -> None:
    w = World(db).start(make_topic(*CLAIMS))
    some_news(w, Random(6), 12)
    w.publish()
    with db.read() as s:
        ids = [c.claim.id for c in ledger.statuses(s)]
        article = articles.article_by_url(s, s.execute(sa.select(t.articles.c.url).limit(1)).scalar_one()).id
    asked = NewDecision("date", "d1", article_id=article, valid_from=day("2020-01-20"))
    decisions.record(db, [asked], by="Ada", now=w.tick())
    for _ in range(2):
        with db.read() as s:
            assert len(series.weeks_held(s, series.stamps(s, ids), None)) < len(CLAIMS)
            assert pages.weekly(s, ids) == weeks.counted(s, ids)
            assert pages.weekly(s, ids, as_of=day("2020-01-22")) == weeks.counted(s, ids, until=day("2020-01-22"))
        db.cache.clear()


def test_the_cache_of_another_ledger_is_passed_over(sqlite_template: Path, tmp_path: Path) -> None:
    """Somebody deletes the database, leaves its cache, and begins anew, with as many reports at the very same times."""
    path = tmp_path / "claimline.db"
    for side in (S, R):
        path.write_bytes(sqlite_template.read_bytes())
        db = open_database(f"sqlite:///{path}")
        w = World(db).start()
        w.say("https://a.example/1", day("2020-01-01"), side)
        w.say("https://b.example/1", day("2020-03-01"), side)
        db.write(lambda s, w=w: ledger.publish_in(s, w.topic_id, run_id=None, actor="track", now=w.tick()))
        if side is S:
            series.fill(db)
        with db.read() as s:
            found = ledger.status(s, w.claim_id(), as_of=day("2020-02-01")).figures
            (week, *_) = pages.weekly(s, [w.claim_id()])[w.claim_id()]
        assert (week.supports, week.refutes) == ((1, 0) if side is S else (0, 1))
        assert (found.voices_supports, found.voices_refutes) == ((1, 0) if side is S else (0, 1))
        db.dispose()
        for name in ("claimline.db", "claimline.db-wal", "claimline.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)


def test_a_series_is_of_one_version_of_the_fold() -> None:
    assert f"days of fold {FOLD_VERSION}" == series.KIND
