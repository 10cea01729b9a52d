"""A newsroom installs another matcher and goes on: its daily runs lose no day, and move nothing that was told before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from claimline.models import Examples, Name, Person, Stance, Topic
from flows import intake, judging, replaying, steps
from flows.desk import Desk
from flows.steps import Hands
from flows.tally import Tally
from storage import articles, assessments, claims, decisions, ledger, pins, replay, revisions
from storage.engine import open_database
from storage.records import NewDecision, StoredTopic
from tests.fakes import plain_settings
from tests.storage_world import R, S, U, World, cleaned, day, judgement, make_topic

TAUGHT = Examples(supports=("The bridge is open now.",), refutes=("The bridge is shut.",))


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    db = open_database(sqlite_url)
    yield World(db).start()
    db.dispose()


def desk_of(w: World) -> Desk:
    return Desk(w.db, plain_settings(), now=w.tick)


def reads(stance: Stance) -> Hands:
    """Each text takes this side, whatever it says; the installed matcher signs."""

    def assess(desk: Desk, topic: StoredTopic, ids: Sequence[int], run_id: int | None) -> Tally:
        with desk.db.read() as s:
            texts, versions = revisions.revisions(s, ids), claims.claim_versions(s, topic.version_id)
        matcher = judging.installed_hash(desk, topic)
        for text in texts:
            given = [judgement("open", stance, text.text, confidence=0.99)]
            at = desk.now()
            desk.db.write(
                lambda s, text=text, given=given, at=at: assessments.save_scan(
                    s, text.id, topic.version_id, matcher, given, run_id=run_id, now=at, claim_versions=versions
                )
            )
        return Tally()

    return replace(steps.PLAIN, assess=assess, consult=lambda *_: Tally())


def teach(w: World) -> None:
    """Examples make another matcher of the installed one."""
    topic: Topic = make_topic()
    w.start(replace(topic, claims=tuple(replace(c, examples=TAUGHT) for c in topic.claims)))


def arrives(w: World, url: str, published: str) -> None:
    w.capture(url, cleaned(f"{url} says so", day(published)))


def test_a_run_with_another_matcher_counts_the_new_day_and_moves_no_old_one(world: World) -> None:
    w, desk = world, desk_of(world)
    arrives(w, "https://a.example/1", "2020-02-01")
    first = steps.assess(desk, "bridge", hands=reads(S))
    assert "another-matcher" not in [skip.reason for skip in first.tally.skips]
    teach(w)
    arrives(w, "https://b.example/1", "2020-03-01")
    second = steps.assess(desk, "bridge", hands=reads(R))
    assert w.history() == [
        ("2020-02-01", "unreported > supported", "new article"),
        ("2020-03-01", "supported > contested", "new article"),
    ]
    (told,) = [skip.detail for skip in second.tally.skips if skip.reason == "another-matcher"]
    assert told.startswith("1 new text was judged by matcher ")
    assert "claimline replay --topic bridge" in told
    assert (second.tally.counts["stood-in"], second.partial) == (1, False)


def test_other_names_and_people_move_nothing_that_was_told_until_a_replay_is_accepted(world: World) -> None:
    w, desk = world, desk_of(world)
    arrives(w, "https://a.example/1", "2020-02-01")
    steps.assess(desk, "bridge", hands=reads(S))
    w.start(replace(make_topic(), names=(Name("The bridge"),), people=(Person("anna-berg", "Anna Berg"),)))
    arrives(w, "https://b.example/1", "2020-03-01")
    second = steps.assess(desk, "bridge", hands=reads(R))
    assert [change for change, *_ in w.history()] == ["2020-02-01", "2020-03-01"]
    assert "another-matcher" in [skip.reason for skip in second.tally.skips]
    topic = intake.stored_topic(desk, "bridge")
    assert len(judging.unread(desk, topic, judging.installed_hash(desk, topic))) == 1, "the past waits for a replay"


def test_the_next_run_reads_nothing_again(world: World) -> None:
    w, desk = world, desk_of(world)
    arrives(w, "https://a.example/1", "2020-02-01")
    steps.assess(desk, "bridge", hands=reads(S))
    teach(w)
    arrives(w, "https://b.example/1", "2020-03-01")
    steps.assess(desk, "bridge", hands=reads(R))
    topic = steps.intake.stored_topic(desk, "bridge")
    assert judging.to_read(desk, topic, judging.installed_hash(desk, topic)) == ()
    assert judging.to_read(desk, topic, "a third one") == ()
    again = steps.assess(desk, "bridge", hands=reads(S))
    assert (again.tally.counts["stood-in"], again.published.edition_id) == (0, None)


def test_a_replay_names_the_matcher_that_the_claims_are_pinned_to(world: World) -> None:
    w, desk = world, desk_of(world)
    arrives(w, "https://a.example/1", "2020-02-01")
    steps.assess(desk, "bridge", hands=reads(S))
    with w.db.read() as s:
        pinned = pins.live(s, w.topic_id)[w.claim_id()].matcher
    teach(w)
    arrives(w, "https://b.example/1", "2020-03-01")
    steps.assess(desk, "bridge", hands=reads(R))
    report = replaying.replay_topic(desk, "bridge", by="Ada")
    assert report.matcher_before == pinned
    assert report.matcher_after != pinned
    assert report.revisions == 1
    replaying.accept(desk, report.edition_id, by="Ada")
    after = steps.assess(desk, "bridge", hands=reads(R))
    assert "another-matcher" not in [skip.reason for skip in after.tally.skips]


def decided(w: World, stance: Stance) -> int:
    """An article that the pinned model and a person have spoken on; returns its revision."""
    url = "https://a.example/1"
    revision_id = w.say(url, day("2020-02-01"), S)
    w.publish()
    with w.db.read() as s:
        article_id = articles.article_by_url(s, url).id
    asked = NewDecision("stance", "d1", claim_id=w.claim_id(), article_id=article_id, stance=stance)
    decisions.record(w.db, [asked], by="Ben", now=w.tick())
    return revision_id


def agreement(w: World, matcher: str = "m2") -> tuple[int, int, int]:
    """People's verdicts that the machine shares: now, in a replay with this matcher, and of how many."""
    desk = desk_of(w)
    edition = w.db.write(lambda s: replay.open_shadow(s, w.topic_id, matcher=matcher, by="Ada", now=w.tick()))
    topic = intake.stored_topic(desk, "bridge")
    (told,) = replaying.describe(desk, topic, edition, topic.claims)[5]
    return told.agreed


def test_a_replay_counts_no_verdict_as_shared_by_a_model_that_says_nothing(world: World) -> None:
    w = world
    w.scan(decided(w, S), matcher="m2")
    assert agreement(w) == (1, 0, 1)


def test_a_replay_counts_silence_as_shared_where_a_person_says_unrelated(world: World) -> None:
    w = world
    w.scan(decided(w, U), matcher="m2")
    assert agreement(w) == (0, 1, 1)


def test_a_replay_is_measured_by_its_own_model_and_not_by_the_newest(world: World) -> None:
    w = world
    revision_id = decided(w, S)
    text = "https://a.example/1 says that it supports"
    w.scan(revision_id, judgement("open", S, text), matcher="m2")
    w.scan(revision_id, judgement("open", R, text), matcher="m3")
    assert agreement(w) == (1, 1, 1)
    assert agreement(w, "m3") == (1, 0, 1)


def test_a_replay_keeps_the_settings_that_were_chosen_for_it(world: World) -> None:
    w, desk = world, desk_of(world)
    arrives(w, "https://a.example/1", "2020-02-01")
    steps.assess(desk, "bridge", hands=reads(S))
    report = replaying.replay_topic(desk, "bridge", by="Ada", settings={"judge_scope": "all"})
    with w.db.read() as s:
        assert ledger.edition(s, report.edition_key).spec["settings"] == {"judge_scope": "all"}
    assert (report.judge_asked, report.judge_price) == (0, 0.0)
