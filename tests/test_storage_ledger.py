"""The ledger on both databases: what an edition publishes, and what is read back at (as_of, known_at)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from claimline.history import fold
from claimline.models import Figures, OutletSpec, Status
from storage import articles, codec, decisions, ledger, outlets, pages, queue, tables
from storage.engine import Database, Session
from storage.records import ClaimStatus, NewDecision
from tests.storage_world import N, R, S, World, cleaned, day, make_topic


def test_an_article_takes_the_claim_from_unreported_to_supported(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    published = w.publish()
    assert [c.change.after for c in published.changes] == ["supported"]
    assert w.history() == [("2020-03-01", "unreported > supported", "new article")]
    with database.read() as s:
        change = ledger.changes(s, w.claim_id())[0]
    assert [q.quote for q in change.quotes] == ["https://a.example/1 says that it supports"]
    assert change.review is None


def test_publishing_twice_changes_nothing(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    assert w.publish().edition_id is not None
    assert w.publish().edition_id is None


def test_late_news_changes_the_past_but_not_what_was_known(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), N)
    w.say("https://b.example/1", day("2020-06-01"), R)
    first = w.publish()
    w.tick(days=3)
    w.say("https://c.example/1", day("2020-02-01"), S, confidence=0.5)
    second = w.publish()
    assert second.recorded_at is not None
    assert second.recorded_at > first.recorded_at  # type: ignore[operator]
    assert w.history(known_at=first.recorded_at) == [
        ("2020-03-01", "unreported > open", "new article"),
        ("2020-06-01", "open > refuted", "new article"),
    ]
    assert w.history()[0] == ("2020-02-01", "unreported > supported", "late article")
    assert w.status(as_of=day("2020-02-15")) == "supported"
    assert w.status(as_of=day("2020-02-15"), known_at=first.recorded_at) == "unreported"


def test_known_time_only_grows_even_if_the_clock_does_not(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    first = w.publish()
    w.say("https://b.example/1", day("2020-03-02"), R)
    second = w.publish(now=w.now - timedelta(days=5))
    assert first.recorded_at is not None
    assert second.recorded_at == first.recorded_at + timedelta(microseconds=1)


# --- where a claim stood on a past day ------------------------------------------------------------------------------


def stood(w: World, as_of: str) -> ClaimStatus:
    with w.db.read() as s:
        return ledger.status(s, w.claim_id(), as_of=day(as_of))


def test_a_neutral_article_of_june_is_no_voice_in_february(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-01-01"), R)
    w.say("https://b.example/1", day("2020-06-01"), N)
    w.publish()
    assert stood(w, "2020-02-01").figures.voices_neutral == 0
    assert stood(w, "2020-06-01").figures.voices_neutral == 1


def test_voices_that_changed_no_status_count_on_the_day_that_is_asked_for(database: Database) -> None:
    w = World(database).start()
    for i, printed in enumerate(["2020-01-01", *["2020-02-01"] * 5, "2020-08-01"]):
        w.say(f"https://{i}.example/1", day(printed), S)
    w.publish()
    asked = ["2019-12-31", "2020-01-01", "2020-03-01", "2020-08-01"]
    assert [stood(w, d).figures.voices_supports for d in asked] == [0, 1, 6, 7]
    assert [stood(w, d).figures.single_report for d in asked] == [False, True, False, False]


def test_a_side_that_was_taken_back_later_stood_until_then(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-01-01"), S)
    w.say("https://b.example/1", day("2020-01-01"), R, text="old words: no")
    w.publish()
    edited = cleaned("entirely other words now", day("2020-01-01"), modified=day("2020-12-20"))
    w.scan(w.capture("https://b.example/1", edited).revision_id or 0)
    w.publish()
    at = stood(w, "2020-06-01")
    assert (at.status, at.machine) == (Status.CONTESTED, Status.CONTESTED)
    assert (at.figures.voices_supports, at.figures.voices_refutes) == (1, 1)
    assert stood(w, "2021-01-01").machine is Status.SUPPORTED


@pytest.mark.parametrize("ruled", [False, True])
def test_every_day_is_told_as_the_fold_of_that_day(database: Database, ruled: bool) -> None:
    w = World(database).start()
    for i, (printed, side, who) in enumerate(
        [(1, S, "ann"), (3, R, None), (3, N, None), (9, R, "ann"), (9, R, None), (12, S, "bob"), (20, S, "ann"), (24, N, "bob")]
    ):
        w.say(f"https://{i}.example/1", date(2020, 3, printed), side, speaker=who)
    w.publish()
    if ruled:
        asked = NewDecision(
            "ruling", "r1", w.claim_id(), status=Status.OPEN, valid_from=day("2020-03-05"), valid_to=day("2020-03-15")
        )
        decisions.record(database, [asked], by="Ada", now=w.tick())
    with database.read() as s:
        known, rulings = ledger.positions(s, w.claim_id()), ledger.rulings(s, w.claim_id())
        for n in range(30):
            d = date(2020, 2, 28) + timedelta(days=n)
            at, folded = ledger.status(s, w.claim_id(), as_of=d), fold(known, rulings, until=d)
            assert (at.status, at.machine) == (folded.status, folded.machine), d
            assert at.figures == codec.load_figures(codec.dump_figures(folded.figures)), d
            assert ledger.with_figures(s, ledger.statuses(s, as_of=d, figures=False), as_of=d, known_at=None) == (at,)


def test_a_past_day_is_folded_anew_once_other_things_are_known_of_it(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-01-01"), S)
    w.say("https://z.example/1", day("2020-08-01"), S)
    first = w.publish().recorded_at
    assert stood(w, "2020-03-01").figures.voices_supports == 1
    w.say("https://b.example/1", day("2020-02-01"), S, outlet="b.example")
    w.publish()
    assert stood(w, "2020-03-01").figures.voices_supports == 2
    w.db.write(lambda s: outlets.set_outlet(s, w.topic_id, OutletSpec("b.example", weight=0.0), now=w.tick(), by="Ada"))
    w.publish()
    assert stood(w, "2020-03-01").figures.voices_supports == 1
    with database.read() as s:
        article = articles.article_by_url(s, "https://a.example/1").id
    later = NewDecision("date", "d1", article_id=article, valid_from=day("2020-04-01"))
    decisions.record(database, [later], by="Ada", now=w.tick())
    assert stood(w, "2020-03-01").figures == Figures()
    with database.read() as s:
        known = ledger.status(s, w.claim_id(), as_of=day("2020-03-01"), known_at=first)
    assert known.figures.voices_supports == 1


def test_a_writer_that_gives_up_leaves_no_figures_behind(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-01-01"), S)
    w.say("https://z.example/1", day("2020-08-01"), S)
    w.publish()
    w.say("https://b.example/1", day("2020-02-01"), S)
    seen = []

    def given_up(s) -> None:  # type: ignore[no-untyped-def]
        ledger.publish_in(s, w.topic_id, run_id=None, actor="track", now=w.tick())
        seen.append(ledger.status(s, w.claim_id(), as_of=day("2020-03-01")).figures.voices_supports)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        w.db.write(given_up)
    assert seen == [2]
    assert stood(w, "2020-03-01").figures.voices_supports == 1


# --- what was known stays known -------------------------------------------------------------------------------------


def test_a_ruling_to_come_gives_the_same_answer_of_a_known_time_on_every_later_day(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-01-01"), S)
    w.publish()
    asked = NewDecision("ruling", "r1", w.claim_id(), status=Status.REFUTED, valid_from=day("2021-06-01"))
    decisions.record(database, [asked], by="Ada", now=w.tick())

    def told(known_at: datetime | None) -> tuple[Status, str | None, int, int, Status]:
        with database.read() as s:
            at = ledger.status(s, w.claim_id(), known_at=known_at)
            standing = ledger.standing_rulings(s, w.claim_id(), known_at=known_at)
            changes = ledger.changes(s, w.claim_id(), known_at=known_at)
            last = pages.last_changes(s, [w.claim_id()], known_at=known_at)[w.claim_id()]
        return at.status, at.review, len(changes), len(standing), last.change.after

    before = (Status.SUPPORTED, None, 1, 0, Status.SUPPORTED)
    after = (Status.REFUTED, "ruling by Ada", 2, 1, Status.REFUTED)
    for now, today in ((day("2021-02-01"), before), (day("2021-07-01"), after)):
        database.clock = lambda now=now: datetime.combine(now, time(12), UTC)  # type: ignore[misc]
        assert told(w.now) == before
        assert told(None) == today
    assert told(datetime(2021, 6, 2, tzinfo=UTC)) == after


def test_a_ruling_that_ends_later_holds_for_whoever_looks_back(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-01-01"), S)
    w.publish()
    ends = {"valid_from": day("2020-06-01"), "valid_to": day("2021-03-01")}
    decisions.record(database, [NewDecision("ruling", "r1", w.claim_id(), status=Status.OPEN, **ends)], by="Ada", now=w.tick())
    for now in ("2021-02-01", "2021-07-01"):
        database.clock = lambda now=now: datetime.combine(day(now), time(12), UTC)  # type: ignore[misc]
        assert (w.status(known_at=w.now), len(w.history(known_at=w.now))) == ("open", 2)


def test_a_ruling_that_is_made_later_hides_nothing_that_was_known(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2021-01-02"), S)
    known = w.publish().recorded_at
    assert known is not None
    assert known.date() == day("2021-01-01"), "the article is dated a day ahead, as in a zone to the east"
    assert len(w.history(known_at=known)) == 1
    asked = NewDecision("ruling", "r1", w.claim_id(), status=Status.REFUTED, valid_from=day("2021-06-01"))
    decisions.record(database, [asked], by="Ada", now=w.tick())
    assert (w.status(known_at=known), len(w.history(known_at=known))) == ("supported", 1)


def test_a_claim_that_is_retired_later_is_told_of_the_time_before(database: Database) -> None:
    w = World(database).start(make_topic("open", "safe"))
    w.say("https://a.example/1", day("2020-03-01"), S)
    known = w.publish().recorded_at
    w.tick(days=1)
    w.start(make_topic("safe"))
    with database.read() as s:
        before = {x.claim.slug: (x.status, x.claim.retired) for x in ledger.statuses(s, "bridge", known_at=known)}
        assert [x.claim.slug for x in ledger.statuses(s, "bridge")] == ["safe"]
        assert [x.claim.slug for x in ledger.statuses(s, "bridge", known_at=w.now)] == ["safe"]
    assert before == {"open": (Status.SUPPORTED, False), "safe": (Status.UNREPORTED, False)}


# --- rulings that should be looked at again -------------------------------------------------------------------------


def rule(w: World, status: Status, begins: str, ends: str | None = None, review_by: str | None = None) -> None:
    days = {
        "valid_from": day(begins),
        "valid_to": day(ends) if ends else None,
        "review_by": day(review_by) if review_by else None,
    }
    decisions.record(w.db, [NewDecision("ruling", "r1", w.claim_id(), status=status, **days)], by="Ada", now=w.tick())


def flagged(w: World) -> list[str | None]:
    with w.db.read() as s:
        return [d.reopened for d in decisions.reopened(s, w.topic_id)]


def test_a_ruling_on_past_days_is_not_contradicted_by_later_ones(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2018-01-01"), S)
    w.publish()
    rule(w, Status.SUPPORTED, "2018-01-01", "2018-12-31")
    for site in "bcd":
        w.say(f"https://{site}.example/1", day("2020-12-01"), R, confidence=0.99)
    w.publish()
    assert w.status() == "refuted"
    assert flagged(w) == []
    for site in "efg":
        w.say(f"https://{site}.example/1", day("2018-06-01"), R, confidence=0.99)
    w.publish()
    assert flagged(w) == ["newer reports say otherwise"], "late reports of the ruling's own days"


def test_a_ruling_on_past_days_is_contradicted_though_today_agrees_with_it(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2018-01-01"), S)
    w.say("https://z.example/1", day("2018-01-01"), S, speaker="ann")
    w.publish()
    rule(w, Status.SUPPORTED, "2018-01-01", "2018-12-31")
    w.tick(days=1)
    for site in "bcde":
        w.say(f"https://{site}.example/1", day("2018-06-01"), R, confidence=0.99, speaker=site)
        w.say(f"https://{site}.example/2", day("2020-06-01"), S, confidence=0.99, speaker=site)
    w.publish()
    assert (w.status(as_of=day("2019-06-01")), w.status()) == ("refuted", "supported")
    assert flagged(w) == ["newer reports say otherwise"]


def test_a_ruling_that_is_due_is_asked_about_however_much_was_decided_since(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2018-01-01"), S)
    w.publish()
    rule(w, Status.SUPPORTED, "2018-01-01", review_by="2020-01-01")
    with database.read() as s:
        article = articles.article_by_url(s, "https://a.example/1").id
    done = decisions.record(database, [NewDecision("accept", "x", w.claim_id(), article_id=article)], by="Ada", now=w.tick())
    d = tables.decisions

    def again_and_again(s: Session) -> None:  # the row that was written, a thousand times: to record each takes half a minute
        found = s.execute(sa.select(d).where(d.c.id == done.ids[0])).mappings().one()
        row = {name: value for name, value in found.items() if name != "id"}
        s.execute(sa.insert(d), [{**row, "client_id": f"x{i}"} for i in range(1_000)])

    database.write(again_and_again)
    with database.read() as s:
        assert [d.client_id for d in queue.expired_rulings(s, w.topic_id, now=w.now)] == ["r1"]
