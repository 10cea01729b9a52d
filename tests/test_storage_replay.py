"""Replays: a better machine is tried on the whole past, and changes nothing until it is accepted."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from claimline.errors import UsageError
from claimline.models import Stance, Status
from storage import claims, decisions, ledger, pins, purge, replay, stand_ins
from storage import tables as t
from storage.assessments import ensure_matcher
from storage.engine import Database
from storage.records import NewDecision
from storage.verify import differences
from tests.storage_world import N, R, S, World, cleaned, day, judgement, make_topic

URL = "https://a.example/1"


def shadow(w: World, stance: Stance = R) -> int:
    """The past read again by m2, which sees the other side."""
    rev = w.say(URL, day("2020-03-01"), S)
    other = w.say("https://b.example/1", day("2020-02-01"), N)
    w.publish()
    edition = w.db.write(lambda s: replay.open_shadow(s, w.topic_id, matcher="m2", by="Ada", now=w.tick()))
    w.scan(rev, judgement("open", stance, f"{URL} says that it supports"), matcher="m2")
    w.scan(other, matcher="m2")
    return edition


def test_a_shadow_is_seen_by_nobody_who_does_not_ask_for_it(database: Database) -> None:
    w = World(database).start()
    edition = shadow(w)
    assert w.publish().edition_id is None
    assert w.status() == "supported"
    with database.read() as s:
        assert replay.shadow_fold(s, w.claim_id(), edition).status is Status.REFUTED
        assert [p.stance for p in ledger.positions(s, w.claim_id(), edition=edition)] == [R]


def test_accepting_makes_it_live_as_one_edition(database: Database) -> None:
    w = World(database).start()
    edition = shadow(w)
    before = w.now
    done = replay.accept(database, edition, by="Ada", now=w.tick())
    assert done.edition_id == edition
    assert w.history() == [("2020-03-01", "unreported > refuted", "new model")]
    assert w.status(known_at=before) == "supported"
    with database.read() as s:
        pin = pins.of_claim(s, w.claim_id())
        assert ledger.editions(s, w.topic_id)[0].id == edition
    assert pin is not None
    assert pin.matcher == "m2"
    with pytest.raises(UsageError, match="already"):
        replay.accept(database, edition, by="Ada", now=w.tick())


@pytest.mark.parametrize(("engine", "cause"), [("a", "changed setting"), ("b", "new model")])
def test_the_same_model_with_other_names_is_a_changed_setting(database: Database, engine: str, cause: str) -> None:
    w = World(database).start()
    for name, about in (("m1", {"engine": "a", "names": "1"}), ("m2", {"engine": engine, "names": "2"})):
        w.db.write(lambda s, name=name, about=about: ensure_matcher(s, name, now=w.tick(), about=about))
    replay.accept(database, shadow(w), by="Ada", now=w.tick())
    assert w.history() == [("2020-03-01", "unreported > refuted", cause)]


def test_a_discarded_shadow_stays_nothing(database: Database) -> None:
    w = World(database).start()
    edition = shadow(w)
    database.write(lambda s: replay.discard(s, edition))
    assert w.publish().edition_id is None
    assert w.status() == "supported"
    with pytest.raises(UsageError, match="discarded"):
        replay.accept(database, edition, by="Ada", now=w.tick())


def test_a_replay_that_found_nothing_to_read_can_be_accepted(database: Database) -> None:
    w = World(database).start()
    w.say(URL, day("2020-03-01"), S)
    w.publish()
    purge.purge(database, "url", URL, reason="asked", by="Ada", now=w.tick())
    edition = database.write(lambda s: replay.open_shadow(s, w.topic_id, matcher="m2", judge="j2", by="Ada", now=w.tick()))
    replay.accept(database, edition, by="Ada", now=w.tick())
    with database.read() as s:
        pin = pins.of_claim(s, w.claim_id())
    assert pin is not None
    assert (pin.matcher, pin.judge) == ("m2", "j2")


def test_a_decision_survives_the_new_model(database: Database) -> None:
    w = World(database).start()
    edition = shadow(w)
    with database.read() as s:
        (article_id,) = {a.article_id for a in _answers(s, w) if a.url == URL}
    asked = NewDecision("accept", "d1", claim_id=w.claim_id(), article_id=article_id)
    decisions.record(database, [asked], by="Ben", now=w.tick())
    replay.accept(database, edition, by="Ada", now=w.tick())
    assert w.status() == "supported"


def _answers(s, w):  # type: ignore[no-untyped-def]
    from storage.answers import answers

    return answers(s, w.topic_id)


def test_news_that_comes_while_a_shadow_is_open_is_not_lost(database: Database) -> None:
    w = World(database).start()
    edition = shadow(w)
    rev = w.say("https://c.example/1", day("2020-04-01"), S, confidence=0.99)
    w.publish()
    w.scan(rev, judgement("open", R, "https://c.example/1 says that it supports"), matcher="m2")
    replay.accept(database, edition, by="Ada", now=w.tick())
    with database.read() as s:
        assert ledger.status(s, w.claim_id()).figures.voices_refutes == 2


def test_what_only_the_old_model_has_read_meanwhile_stays_told(database: Database) -> None:
    w = World(database).start()
    edition = shadow(w, N)
    w.say("https://c.example/1", day("2020-05-01"), R, confidence=0.99)
    w.publish()
    before = w.now
    with database.read() as s:
        coming = replay.shadow_positions(s, w.claim_id(), edition)
    done = replay.accept(database, edition, by="Ada", now=w.tick())
    assert w.history()[-1] == ("2020-05-01", "open > refuted", "new model")
    with database.read() as s:
        assert ledger.positions(s, w.claim_id()) == coming, "the replay's page has told so"
        assert differences(s, w.topic_id) == ()
        assert [c.change.valid_from for c in done.changes if c.change.after == "unreported"] == []
    assert w.status(known_at=before) == "contested"
    assert database.write(lambda s: stand_ins.stand_in(s, w.topic_id, "m1", now=w.tick())) == 0
    assert w.publish().edition_id is None


def test_an_edit_that_only_the_old_model_has_read_meanwhile_closes_the_old_text(database: Database) -> None:
    w = World(database).start()
    edition = shadow(w, S)
    w.tick(days=30)
    page = cleaned("It is shut after all.", day("2020-03-01"), modified=day("2021-01-20"))
    w.scan(int(w.capture(URL, page).revision_id or 0), judgement("open", R, page.text))
    w.publish()
    with database.read() as s:
        coming = replay.shadow_positions(s, w.claim_id(), edition)
    replay.accept(database, edition, by="Ada", now=w.tick())
    assert w.status() == "refuted"
    with database.read() as s:
        assert ledger.positions(s, w.claim_id()) == coming
        assert differences(s, w.topic_id) == ()


def test_the_new_model_is_heard_once_it_has_read_what_came_meanwhile(database: Database) -> None:
    w = World(database).start()
    edition = shadow(w, S)
    rev = w.say("https://c.example/1", day("2020-05-01"), R, confidence=0.99)
    replay.accept(database, edition, by="Ada", now=w.tick())
    assert w.status() == "contested"
    w.scan(rev, matcher="m2")
    w.publish()
    assert w.status() == "supported"


def test_a_replay_of_other_words_than_those_of_today_is_not_accepted(database: Database) -> None:
    w = World(database).start()
    edition = shadow(w)
    w.start(make_topic(suffix=" to all"))
    with pytest.raises(UsageError, match=r"other words than those of today \(open\)"):
        replay.accept(database, edition, by="Ada", now=w.tick())
    assert w.status() == "supported"
    with database.read() as s:
        assert replay.shadow_fold(s, w.claim_id(), edition).status is Status.REFUTED, "what it has read can still be looked at"
    database.write(lambda s: replay.discard(s, edition))


def test_a_replay_that_did_not_keep_its_words_is_held_to_those_of_its_day(database: Database) -> None:
    w = World(database).start()
    edition = shadow(w)
    with database.read() as s:
        (found,) = s.execute(sa.select(t.editions.c.spec).where(t.editions.c.id == edition)).scalars()
    spec = {key: value for key, value in found.items() if key != "wordings"}
    database.write(lambda s: s.execute(sa.update(t.editions).where(t.editions.c.id == edition).values(spec=spec)))
    w.start(make_topic(suffix=" to all"))
    with pytest.raises(UsageError, match="other words"):
        replay.accept(database, edition, by="Ada", now=w.tick())
    with database.read() as s:
        assert replay.shadow_fold(s, w.claim_id(), edition).status is Status.REFUTED


def test_a_claim_reworded_while_its_past_was_read_is_not_taken_for_read(database: Database) -> None:
    w = World(database).start()
    rev = w.say(URL, day("2020-03-01"), S)
    w.publish()
    with database.read() as s:
        read = {c.id: c.version_id for c in claims.topic_by_id(s, w.topic_id).claims}
    w.scan(rev, judgement("open", R, f"{URL} says that it supports"), matcher="m2")
    w.start(make_topic(suffix=" to all"))
    edition = database.write(lambda s: replay.open_shadow(s, w.topic_id, matcher="m2", wordings=read, by="Ada", now=w.tick()))
    with pytest.raises(UsageError, match="other words"):
        replay.accept(database, edition, by="Ada", now=w.tick())
    assert w.status() == "supported"
