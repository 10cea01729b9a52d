"""Another model is installed: new articles count at once, the past stays as it was until a replay is accepted."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import pytest

from claimline.models import ClaimSpec, Stance, Topic
from storage import (
    answers,
    assessments,
    decisions,
    judge_pairs,
    ledger,
    pages,
    pages_article,
    pages_review,
    pins,
    queue,
    replay,
    revisions,
    stand_ins,
)
from storage.engine import Database
from storage.records import NewDecision
from storage.verify import differences
from tests.storage_world import N, R, S, U, World, cleaned, day, judgement, make_topic

OLD, NEW = "https://old.example/1", "https://new.example/1"


def install(w: World, matcher: str = "m2") -> World:
    """From here on this model reads what comes; the claims stay pinned to the one before."""
    w.matcher = matcher
    return w


def run(w: World, matcher: str | None = None) -> int:
    """What a daily run does once it has read: marks what stands in, publishes; returns how many texts it marked."""
    marked = w.db.write(lambda s: stand_ins.stand_in(s, w.topic_id, matcher or w.matcher, now=w.tick()))
    w.publish()
    return marked


def begun(database: Database) -> World:
    """A newsroom whose first model has told of one article; then another model is installed."""
    w = World(database).start()
    w.say(OLD, day("2020-02-01"), S)
    w.publish()
    return install(w)


def checked(w: World) -> World:
    with w.db.read() as s:
        assert differences(s, w.topic_id) == ()
    return w


def stances(w: World, known_at: datetime | None = None) -> dict[str, Stance]:
    with w.db.read() as s:
        return {a.url: a.stance for a in answers.answers(s, w.topic_id, known_at=known_at)}


def read_again(w: World, url: str, *given: Stance, matcher: str) -> None:
    with w.db.read() as s:
        (rev,) = [i for i in revisions.current_revisions(s, w.topic_id) if revisions.revision(s, i).url == url]
        text = revisions.revision(s, rev).text
    w.scan(rev, *[judgement("open", stance, text) for stance in given], matcher=matcher)


def test_a_new_article_counts_at_once_and_the_past_stays(database: Database) -> None:
    w = begun(database)
    w.say(NEW, day("2020-03-01"), R, confidence=0.99)
    assert run(w) == 1
    assert w.history() == [
        ("2020-02-01", "unreported > supported", "new article"),
        ("2020-03-01", "supported > contested", "new article"),
    ]
    assert stances(checked(w)) == {OLD: S, NEW: R}
    with database.read() as s:
        pin = pins.of_claim(s, w.claim_id())
    assert pin is not None
    assert pin.matcher == "m1"


def test_what_waited_since_before_is_taken_in(database: Database) -> None:
    w = begun(database)
    w.say(NEW, day("2020-03-01"), R, confidence=0.99)
    w.publish()  # a run of the version before, that marked nothing
    assert w.status() == "supported"
    assert run(w) == 1
    assert w.status() == "contested"


def test_nothing_is_marked_twice(database: Database) -> None:
    w = begun(database)
    w.say(NEW, day("2020-03-01"), R)
    assert run(w) == 1
    assert run(w) == 0
    with database.read() as s:
        assert len(ledger.editions(s, w.topic_id)) == 2


def test_a_replay_of_the_past_marks_nothing(database: Database) -> None:
    w = begun(database)
    read_again(w, OLD, R, matcher="m2")
    assert run(w) == 0
    assert w.status() == "supported"
    assert stances(w) == {OLD: S}


def test_the_pinned_matcher_wins_once_it_has_read_the_text(database: Database) -> None:
    w = begun(database)
    w.say(NEW, day("2020-03-01"), R, confidence=0.99)
    run(w)
    before = w.now
    read_again(install(w, "m1"), NEW, S, matcher="m1")
    run(w)
    assert w.status() == "supported"
    assert w.status(known_at=before) == "contested"
    assert stances(checked(w)) == {OLD: S, NEW: S}
    assert stances(w, known_at=before) == {OLD: S, NEW: R}


def test_silence_of_the_pinned_matcher_wins_too(database: Database) -> None:
    w = begun(database)
    w.say(NEW, day("2020-03-01"), R, confidence=0.99)
    run(w)
    before = w.now
    read_again(install(w, "m1"), NEW, matcher="m1")
    run(w)
    assert w.status() == "supported"
    assert stances(checked(w)) == {OLD: S}
    assert stances(w, known_at=before) == {OLD: S, NEW: R}


def test_what_was_known_before_stays_known(database: Database) -> None:
    w = begun(database)
    before = w.now
    w.say(NEW, day("2020-03-01"), R, confidence=0.99)
    run(w)
    assert w.status(known_at=before) == "supported"
    assert stances(w, known_at=before) == {OLD: S}


def test_an_accepted_replay_counts_nothing_twice(database: Database) -> None:
    w = begun(database)
    w.say(NEW, day("2020-03-01"), S)
    run(w)
    edition = database.write(lambda s: replay.open_shadow(s, w.topic_id, matcher="m2", by="Ada", now=w.tick()))
    read_again(w, OLD, S, matcher="m2")
    with database.read() as s:
        assert [p.article for p in replay.shadow_positions(s, w.claim_id(), edition)].count(NEW) == 1
    replay.accept(database, edition, by="Ada", now=w.tick())
    with database.read() as s:
        assert sorted(p.article for p in ledger.positions(s, w.claim_id())) == [NEW, OLD]
        assert ledger.status(s, w.claim_id()).figures.voices_supports == 2
    checked(w)


def test_a_discarded_replay_leaves_what_stands_in(database: Database) -> None:
    w = begun(database)
    w.say(NEW, day("2020-03-01"), R, confidence=0.99)
    run(w)
    edition = database.write(lambda s: replay.open_shadow(s, w.topic_id, matcher="m2", by="Ada", now=w.tick()))
    read_again(w, OLD, R, matcher="m2")
    database.write(lambda s: replay.discard(s, edition))
    assert run(w) == 0
    assert stances(checked(w)) == {OLD: S, NEW: R}
    assert w.status() == "contested"


def test_one_text_is_told_by_one_stand_in(database: Database) -> None:
    w = begun(database)
    w.say(NEW, day("2020-03-01"), R, confidence=0.99)
    run(w)
    install(w, "m3")
    read_again(w, NEW, S, matcher="m3")
    w.say("https://third.example/1", day("2020-03-02"), N)
    assert run(w) == 1
    assert stances(checked(w)) == {OLD: S, NEW: R, "https://third.example/1": N}


def test_what_only_a_replay_has_read_is_seen_by_nobody(database: Database) -> None:
    w = begun(database)
    w.say(NEW, day("2020-03-01"), R, confidence=0.99)
    assert run(w, "m1") == 0, "the run of a desk where the pinned model is the installed one"
    assert w.status() == "supported"
    assert stances(checked(w)) == {OLD: S}


def test_going_back_after_a_replay_loses_no_day(database: Database) -> None:
    """The old model read a day's news before the new one's replay was accepted, and is still the installed one."""
    w = begun(database)
    read_again(w, OLD, S, matcher="m2")
    edition = database.write(lambda s: replay.open_shadow(s, w.topic_id, matcher="m2", by="Ada", now=w.tick()))
    install(w, "m1").say(NEW, day("2020-03-01"), R, confidence=0.99)
    run(w)
    replay.accept(database, edition, by="Ada", now=w.tick())
    assert stances(checked(w)) == {OLD: S, NEW: R}
    assert run(w) == 0, "accepting has taken in what only the old model had read"
    assert w.status() == "contested"


def test_an_edit_that_only_the_new_model_has_read_closes_what_the_old_text_said(database: Database) -> None:
    w = begun(database)
    w.tick(days=30)
    saved = w.capture(OLD, cleaned("Nothing is said about it any more.", day("2020-02-01"), modified=day("2021-01-20")))
    w.scan(int(saved.revision_id or 0))
    assert run(w) == 1
    assert w.history()[-1] == ("2021-01-20", "supported > unreported", "edited article")
    checked(w)


def test_an_edit_that_the_new_model_could_not_judge_leaves_the_old_text_standing(database: Database) -> None:
    w = begun(database)
    w.tick(days=30)
    words = "It is said with more words now."
    saved = w.capture(OLD, cleaned(words, day("2020-02-01"), modified=day("2021-01-20")))
    rev = int(saved.revision_id or 0)
    w.scan(rev, dataclasses.replace(judgement("open", R, words), failed="no answer"))
    run(w)
    assert w.status() == "supported"
    w.scan(rev, judgement("open", R, words))
    run(w)
    assert w.status() == "refuted"
    checked(w)


def test_a_judge_is_asked_what_the_stand_in_is_unsure_of_and_is_heard(database: Database) -> None:
    w = begun(database)
    rev = w.say(NEW, day("2020-03-01"), R, decided=False)
    with database.read() as s:
        ask = judge_pairs.judge_pairs(s, w.version_id, "j1", matcher="m1")
    assert ask == (), "before the run has let it in"
    run(w)
    with database.read() as s:
        assert [p.revision_id for p in judge_pairs.judge_pairs(s, w.version_id, "j1", matcher="m1")] == [rev]
        assert assessments.pending(s, w.topic_id).undecided == 1
    w.scan(rev, judgement("open", R, f"{NEW} says that it refutes", confidence=0.99), matcher="j1", kind="judge")
    w.publish()
    assert w.status() == "contested"
    checked(w)


def test_every_page_shows_what_stands_in(database: Database) -> None:
    w = begun(database)
    rev = w.say(NEW, day("2020-03-01"), R, decided=False)
    run(w)
    with database.read() as s:
        claim_id = w.claim_id()
        assert [a.pinned for a in pages_article.answers(s, [rev])] == [True]
        assert [i.answer.url for i in queue.review_queue(s, w.topic_id) if "undecided" in i.reasons] == [NEW]
        assert [c.revision_id for c in pages_review.cases(s, w.topic_id) if "undecided" in c.reasons] == [rev]
        assert pages.owed(s, [claim_id])[claim_id].undecided == 1
        assert [u.url for u in pages.uncounted(s, claim_id)] == [NEW]
        assert assessments.pending(s, w.topic_id).unscanned == 0
    read_again(w, OLD, R, matcher="m2")
    with database.read() as s:
        old = [i for i in revisions.current_revisions(s, w.topic_id) if i != rev]
        assert [(a.matcher, a.pinned) for a in pages_article.answers(s, old)] == [("m1", True), ("m2", False)]


def test_a_decision_is_bound_to_the_answer_that_counted(database: Database) -> None:
    w = begun(database)
    w.say(NEW, day("2020-03-01"), R, confidence=0.99)
    run(w)
    read_again(w, NEW, S, matcher="m3")  # a replay's, that is newer and counts for nothing
    with database.read() as s:
        (article,) = {a.article_id for a in answers.answers(s, w.topic_id) if a.url == NEW}
    decisions.record(database, [NewDecision("accept", "d1", claim_id=w.claim_id(), article_id=article)], by="Ben", now=w.tick())
    with database.read() as s:
        (one,) = decisions.decisions(s)
    assert one.seen_stance is R
    checked(w)


def test_of_two_claims_each_keeps_its_own_matcher(database: Database) -> None:
    w = World(database).start(make_topic("open", "painted"))
    first = w.capture(OLD, cleaned(OLD, day("2020-02-01")))
    w.scan(int(first.revision_id or 0), judgement("open", S, OLD), judgement("painted", S, OLD))
    w.publish()
    install(w)
    w.scan(int(first.revision_id or 0), judgement("open", R, OLD), judgement("painted", R, OLD))
    edition = database.write(
        lambda s: replay.open_shadow(s, w.topic_id, matcher="m2", claims=[w.claim_id()], by="Ada", now=w.tick())
    )
    replay.accept(database, edition, by="Ada", now=w.tick())
    second = w.capture(NEW, cleaned(NEW, day("2020-03-01")))
    w.scan(int(second.revision_id or 0), judgement("open", R, NEW), judgement("painted", R, NEW))
    run(w)
    assert (w.status("open"), w.status("painted")) == ("refuted", "contested")
    with database.read() as s:
        assert len(ledger.positions(s, w.claim_id("open"))) == 2
    checked(w)


def reworded(w: World, statement: str, *more: ClaimSpec) -> World:
    return w.start(Topic("bridge", "A bridge", (ClaimSpec("open", statement), *more), w.topic.sources))


def published_by(w: World, matcher: str) -> None:
    """As the daily run publishes: it names the installed matcher."""
    w.db.write(lambda s: stand_ins.stand_in(s, w.topic_id, matcher, now=w.tick()))
    ledger.publish(w.db, w.topic_id, run_id=None, actor="track", now=w.tick(), matcher=matcher)


def test_a_new_claim_is_answered_by_the_matcher_that_has_read_the_past_for_it(database: Database) -> None:
    w = begun(database)
    reworded(w, "The bridge is open", ClaimSpec("painted", "The bridge is painted"))
    with database.read() as s:
        (rev,) = revisions.unscanned(s, w.version_id, "m2")
        text = revisions.revision(s, rev).text
    w.scan(rev, judgement("open", R, text), judgement("painted", S, text))
    published_by(w, "m2")
    assert (w.status("open"), w.status("painted")) == ("supported", "supported")
    checked(w)


def test_a_new_wording_is_answered_by_the_matcher_that_has_read_the_past_for_it(database: Database) -> None:
    w = begun(database)
    reworded(w, "The bridge is open to all")
    published_by(w, "m2")
    assert w.status() == "supported", "the old words stand until the past is read for the new ones"
    with database.read() as s:
        (rev,) = revisions.unscanned(s, w.version_id, "m2")
        text = revisions.revision(s, rev).text
    w.scan(rev, judgement("open", R, text))
    published_by(w, "m2")
    assert w.history() == [("2020-02-01", "unreported > refuted", "claim reworded")]
    checked(w)


@pytest.mark.parametrize("given", [U, N])
def test_a_stand_in_that_takes_no_side_moves_no_side(database: Database, given: Stance) -> None:
    w = begun(database)
    w.say(NEW, day("2020-03-01"), given)
    run(w)
    assert w.status() == "supported"
    checked(w)
