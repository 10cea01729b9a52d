"""Topics and claims: the database holds them, a file is a version, nothing is ever deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claimline.errors import StaleTopic, UnknownName, UsageError
from claimline.models import Status, Topic
from storage import articles, claims, decisions, ledger
from storage.engine import Database
from storage.records import NewDecision, TopicImport
from storage.verify import fold_differences
from tests.storage_world import START, N, S, World, day, make_topic


def take_in(db: Database, topic: Topic, digest: str, *, force: bool = False) -> TopicImport:
    text = f"title: {topic.title}\nclaims: {[c.statement for c in topic.claims]}\n"
    return db.write(lambda s: claims.import_topic(s, topic, digest=digest, yaml=text, now=START, by="file", force=force))


def test_an_older_file_is_refused_with_the_difference(database: Database) -> None:
    take_in(database, make_topic("open"), "1")
    take_in(database, make_topic("open", "safe"), "2")
    with pytest.raises(StaleTopic, match="The bridge is safe") as refused:
        take_in(database, make_topic("open"), "1")
    assert "--force" in str(refused.value)
    back = take_in(database, make_topic("open"), "1", force=True)
    assert (back.changed, back.retired) == (True, ("safe",))


def test_a_claim_that_vanishes_is_retired_and_may_come_back(database: Database) -> None:
    first = take_in(database, make_topic("open", "safe"), "1")
    assert (first.created, first.added) == (True, ("open", "safe"))
    gone = take_in(database, make_topic("open"), "2")
    assert (gone.retired, gone.added) == (("safe",), ())
    with database.read() as s:
        assert [c.slug for c in claims.claims(s)] == ["open"]
        assert claims.claim(s, "safe").retired
    again = take_in(database, make_topic("open", "safe"), "3")
    assert (again.added, again.retired) == ((), ())
    with database.read() as s:
        assert not claims.claim(s, "safe").retired


def test_a_wording_that_returns_is_the_same_version(database: Database) -> None:
    take_in(database, make_topic("open"), "1")
    with database.read() as s:
        before = claims.claim(s, "open").version_id
    assert take_in(database, make_topic("open", suffix=" again"), "2").reworded == ("open",)
    with database.read() as s:
        assert (claims.claim(s, "open").n, claims.claim(s, "open").statement) == (2, "The bridge is open again")
    assert take_in(database, make_topic("open"), "3").reworded == ("open",)
    with database.read() as s:
        assert claims.claim(s, "open").version_id == before


def test_what_goes_in_comes_out(database: Database) -> None:
    topic = make_topic("open", "safe")
    take_in(database, topic, "1")
    with database.read() as s:
        stored = claims.topic(s, "bridge")
        assert stored.topic == topic
        assert [t.slug for t in claims.topics(s)] == ["bridge"]
        assert set(claims.claim_versions(s, stored.version_id)) == {"open", "safe"}


def test_an_unknown_name_says_what_there_is(database: Database) -> None:
    take_in(database, make_topic("open"), "1")
    take_in(database, replace(make_topic("open"), slug="tunnel"), "2")
    with database.read() as s:
        with pytest.raises(UnknownName, match="bridge, tunnel"):
            claims.topic(s, "bridges")
        with pytest.raises(UnknownName, match="open"):
            claims.claim(s, "opened")
        with pytest.raises(UnknownName, match="--topic: bridge, tunnel"):
            claims.claim(s, "open")
        assert claims.claim(s, "open", "tunnel").topic_slug == "tunnel"


def test_a_source_that_leaves_the_file_is_retired_and_one_that_stands_twice_refused(database: Database) -> None:
    topic = make_topic("open")
    first = take_in(database, topic, "1")
    other = replace(topic.sources[0], locator="https://other.example/feed", title="Other")
    take_in(database, replace(topic, sources=(other,)), "2")
    with database.read() as s:
        assert [x.locator for x in articles.sources(s, first.topic_id)] == [other.locator]
        assert len(articles.sources(s, first.topic_id, retired=True)) == 2
    with pytest.raises(UsageError, match="twice"):
        take_in(database, replace(topic, sources=(other, other)), "3")


def test_a_ruling_on_a_claim_that_is_retired_before_anything_was_told_waits_for_it(database: Database) -> None:
    w = World(database).start(make_topic("open", "shut"))
    w.start(make_topic("shut"))
    w.say("https://a.example/1", day("2020-03-01"), S, claim="shut")
    rules = NewDecision("ruling", "r1", w.claim_id(), status=Status.OPEN, valid_from=day("2020-02-01"))
    decisions.record(database, [rules], by="Ada", now=w.tick())
    retired = w.publish().recorded_at
    with database.read() as s:
        assert ledger.rulings(s, w.claim_id(), known_at=retired) == ()
        assert fold_differences(s, w.claim_id(), retired) == ()
    w.start(make_topic("open", "shut", suffix=" again"))
    w.say("https://b.example/1", day("2020-03-02"), N)
    w.publish()
    assert w.status() == "open"
    assert w.status(known_at=retired) == "unreported"
