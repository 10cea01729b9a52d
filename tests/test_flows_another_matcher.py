"""A newsroom installs another matcher and goes on: its daily runs lose no day, and move nothing that was told before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from claimline.models import Examples, Stance, Topic
from flows import judging, replaying, steps
from flows.desk import Desk
from flows.steps import Hands
from flows.tally import Tally
from storage import assessments, claims, pins, revisions
from storage.engine import open_database
from storage.records import StoredTopic
from tests.fakes import plain_settings
from tests.storage_world import R, S, World, cleaned, day, judgement, make_topic

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
