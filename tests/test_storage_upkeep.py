"""Upkeep on both databases: search, purge, retention, runs, coverage, leases, the outbox."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from claimline.errors import LeaseHeld, UnknownName, UsageError
from claimline.models import ClaimSpec, Discovered, Entry, NotifyRule, Person, Skip, SourceReport, SourceSpec, Topic
from claimline.topics import digest, dump, parse
from storage import (
    articles,
    claims,
    clusters,
    ledger,
    outbox,
    pages,
    purge,
    relations,
    retention,
    revisions,
    runs,
    tables,
    verify,
)
from storage.engine import Database, open_database
from storage.search import search, texts_of_claim
from tests.storage_world import START, R, S, U, World, cleaned, day, judgement, make_topic

SECRET = "Zebediah confessed that the vault is open."


# --- search ---------------------------------------------------------------------------------------------------------


def urls(w: World, query: str, **more: int) -> list[str]:
    with w.db.read() as s:
        return [hit.url for hit in search(s, query, **more)]


def test_search_finds_words_phrases_and_beginnings_in_many_scripts(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, text="The bridge over the Neva is open to traffic.")
    w.say("https://b.example/1", day("2020-03-01"), U, text="Мост через Неву открыт для движения.")
    assert urls(w, "bridge traffic") == ["https://a.example/1"]
    assert urls(w, '"over the Neva"') == ["https://a.example/1"]
    assert urls(w, '"the over Neva"') == []
    assert urls(w, "откры") == ["https://b.example/1"]
    assert urls(w, "nothing-like-it") == []
    assert urls(w, "bridge", claim_id=w.claim_id()) == ["https://a.example/1"]
    assert urls(w, "Неву", claim_id=w.claim_id()) == []


@pytest.mark.parametrize("query", ["", '"', "a' OR 1=1 --", "NEAR(", "x:*", "& | !", "(((", "col:word", "-"])
def test_search_takes_any_words_as_words(database: Database, query: str) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    assert isinstance(urls(w, query), list)


def test_a_claims_filter_finds_every_text_with_the_words_and_none_of_another_claim_alone(database: Database) -> None:
    w = World(database).start(make_topic("open", "safe"))
    names = ("Ada", "Zoe", "Emil")
    mine = [
        w.say(f"https://a.example/{i}", day("2020-03-01"), S, text=f"The bridge over the Нева is open, says {i}.") for i in names
    ]
    other = w.say("https://b.example/1", day("2020-03-01"), S, claim="safe", text="The bridge is safe.")
    w.publish()

    def found(query: str) -> set[int]:
        with database.read() as s:
            return set(texts_of_claim(s, query, w.claim_id())) - {other}  # whoever asks knows which texts are the claim's

    assert found("bridge нев") == set(mine)
    assert found('"bridge over" says zo') == {mine[1]}
    assert found("bridge tunnel") == found("(((") == set()


def test_search_shows_an_article_once_with_its_newest_text(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, text="The bridge is open.")
    w.say("https://a.example/1", day("2020-03-01"), S, text="The bridge is open again.")
    with database.read() as s:
        (hit,) = search(s, "bridge")
    assert "again" in hit.snippet


# --- the law --------------------------------------------------------------------------------------------------------


def everything(w: World, tmp: Path) -> bytes:
    """All that the database's files, or a dump of its tables, hold."""
    if w.db.is_sqlite:
        w.db.engine.dispose()
        return b"".join(p.read_bytes() for p in sorted(tmp.iterdir()) if p.is_file())
    with w.db.read() as s:
        return repr([s.execute(sa.select(x)).all() for x in tables.METADATA.sorted_tables]).encode()


@pytest.mark.parametrize(("kind", "subject"), [("url", "https://a.example/zebediah"), ("host", "a.example")])
def test_a_purge_leaves_no_word_and_the_ledger_explains_itself(
    database: Database, tmp_path: Path, kind: str, subject: str
) -> None:
    w = World(database).start()
    w.say("https://a.example/zebediah", day("2020-03-01"), S, text=SECRET)
    before = w.publish().recorded_at
    assert urls(w, "Zebediah") == ["https://a.example/zebediah"]
    assert b"Zebediah" in everything(w, tmp_path)
    purge.purge(database, kind, subject, reason="court order 7", by="Ada", now=w.tick())
    assert b"ebediah" not in everything(w, tmp_path)
    assert w.status() == "unreported"
    assert w.history(known_at=before) == [("2020-03-01", "unreported > supported", "new article")]
    with database.read() as s:
        assert urls(w, "Zebediah") == []
        (stone,) = purge.tombstones(s)
        (old,) = ledger.changes(s, w.claim_id(), known_at=before)
        (edition, *_) = ledger.editions(s, w.topic_id)
    assert (stone.kind, stone.reason, stone.by) == (kind, "court order 7", "Ada")
    assert [q.quote for q in old.quotes] == [""]
    assert edition.cause.value == "legal removal"
    entry = Entry("https://a.example/zebediah")
    found = Discovered((entry,))
    saved = database.write(lambda s: articles.save_discovery(s, w.source_id(), w.topic_id, found, now=w.tick()))
    assert (saved.refused, saved.new, saved.known) == (1, (), ())


def test_a_person_is_removed_with_the_texts_that_hold_the_words(database: Database, tmp_path: Path) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, text=SECRET, speaker="Zebediah")
    w.say("https://b.example/1", day("2020-03-02"), S, text="Others say that it is open.")
    w.publish()
    purge.purge(database, "person", "zebediah", reason="asked", by="Ada", now=w.tick())
    assert b"ebediah" not in everything(w, tmp_path)
    with database.read() as s:
        assert all(p.speaker is None for p in ledger.positions(s, w.claim_id()))
        assert verify.differences(s, w.topic_id) == ()
        assert ledger.status(s, w.claim_id()).figures.speakers == 0
    rev = w.capture("https://c.example/1", cleaned(SECRET, day("2020-04-01"), outlet="c.example")).revision_id
    w.scan(rev or 0, judgement("open", S, SECRET, speaker="Zebediah"))
    with database.read() as s:
        assert s.execute(sa.select(tables.evidence.c.id).where(tables.evidence.c.speaker_written == "Zebediah")).first() is None


PEOPLE = (
    Person("zebediah-stone", "Zebediah Stone", ("Stone", "Зебедия Стоун")),
    Person("ada-stone", "Ada Stone", ("Stone",)),
)


@pytest.mark.parametrize("subject", ["Zebediah Stone", "зебедия  стоун", "zebediah-stone"])
def test_a_purged_person_leaves_the_topics_people_in_every_version(database: Database, tmp_path: Path, subject: str) -> None:
    first = replace(make_topic("open"), people=PEOPLE)
    w = World(database)
    import_file(w, first)
    import_file(w, replace(first, title="The bridge", notify=(NotifyRule("change", "DESK"),)))
    text = "Zebediah Stone confessed that the vault is open."
    w.say("https://a.example/1", day("2020-03-01"), S, text=text, speaker="zebediah-stone")
    w.say("https://b.example/1", day("2020-03-02"), S, text="Stone says that it is open.", speaker="ada-stone")
    told = w.publish()
    body = {"target": "DESK", "title": "open", "body": f"“{text}” https://a.example/1", "data": None}
    database.write(lambda s: outbox.post(s, w.topic_id, "notice", "n1", body, now=w.tick()))
    done = purge.purge(database, "person", subject, reason="asked", by="Ada", now=w.tick())
    assert (done.tombstone.counts["topic versions"], done.left_in) == (2, ())
    assert b"ebediah" not in everything(w, tmp_path)
    assert "Стоун".encode() not in everything(w, tmp_path)
    with database.read() as s:
        held = claims.topic(s, "bridge")
        speakers = [p.speaker for p in ledger.positions(s, w.claim_id())]
        assert s.execute(sa.select(sa.func.max(tables.topic_versions.c.n))).scalar() == 3
        assert revisions.unscanned(s, held.version_id, "m1") == ()
    assert held.topic.people == PEOPLE[1:]
    assert parse(held.yaml).people == PEOPLE[1:]
    assert "ada-stone" in speakers  # another's name is another's
    assert told.edition_id is not None


def test_a_purged_person_does_not_come_back_with_a_file(database: Database) -> None:
    first = replace(make_topic("open"), people=PEOPLE)
    w = World(database)
    import_file(w, first)
    purge.purge(database, "person", "Zebediah Stone", reason="asked", by="Ada", now=w.tick())  # nobody has quoted them
    with pytest.raises(UsageError, match="removed by a purge"):
        import_file(w, replace(first, title="A newer file"))
    import_file(w, replace(first, title="A newer file", people=PEOPLE[1:]))


def test_a_purge_tells_where_only_a_person_can_reword(database: Database) -> None:
    w = World(database)
    spec = ClaimSpec("met", "Zebediah Stone met the mayor")
    import_file(w, replace(make_topic("open"), claims=(spec,), people=PEOPLE))
    done = purge.purge(database, "person", "Zebediah Stone", reason="asked", by="Ada", now=w.tick())
    assert done.left_in == ("bridge",)


def import_file(w: World, topic: Topic) -> None:
    w.topic = topic
    w.imported = w.db.write(
        lambda s: claims.import_topic(s, topic, digest=digest(topic), yaml=dump(topic), now=w.tick(), by="file")
    )


def test_a_purge_says_what_it_lacks(database: Database) -> None:
    w = World(database).start()
    with pytest.raises(UnknownName):
        purge.purge(database, "url", "https://nowhere.example/1", reason="r", by="Ada", now=w.tick())
    with pytest.raises(UsageError, match="reason"):
        purge.purge(database, "url", "https://nowhere.example/1", reason=" ", by="Ada", now=w.tick())
    with pytest.raises(UsageError, match="url, host or person"):
        purge.purge(database, "planet", "x", reason="r", by="Ada", now=w.tick())


def test_retention_removes_old_bytes_and_idle_texts_only(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, text="It is open.")
    w.say("https://b.example/1", day("2020-03-01"), U, text="The weather is fine.")
    w.publish()
    later = w.now + timedelta(days=400)
    done = database.write(lambda s: retention.apply(s, now=later, bytes_days=365, text_days=90))
    assert (done.bodies, done.texts, done.quotes) == (2, 1, 0)
    again = database.write(lambda s: retention.apply(s, now=later, bytes_days=365, text_days=90))
    assert (again.bodies, again.texts, again.quotes) == (0, 0, 0)
    with database.read() as s:
        assert [p.quote for p in ledger.positions(s, w.claim_id())] == ["It is open."]
    assert urls(w, "weather") == []


@pytest.mark.parametrize(("store", "quote", "texts"), [("full", "It is open.", 1), ("quotes", "It is open.", 0), ("link", "", 0)])
def test_a_source_is_stored_as_it_allows(database: Database, store: str, quote: str, texts: int) -> None:
    spec = SourceSpec("feed", "https://news.example/feed", store=store)
    w = World(database).start(replace(make_topic("open"), sources=(spec,)))
    rev = w.say("https://a.example/1", day("2020-03-01"), S, text="It is open.")
    database.write(lambda s: clusters.save_edges(s, [], [rev], now=w.tick()))
    w.publish()
    database.write(lambda s: retention.apply(s, now=w.now, bytes_days=None, text_days=None))
    with database.read() as s:
        assert [p.quote for p in ledger.positions(s, w.claim_id())] == [quote]
        assert len(s.execute(sa.select(tables.revision_texts)).all()) == texts
    assert w.status() == "supported"


# --- runs, coverage, leases, outbox ---------------------------------------------------------------------------------


def begin(w: World, **more: object) -> int:
    return w.db.write(lambda s: runs.start(s, topic_id=w.topic_id, flow="track", holder="h:1:a", now=w.tick(), **more))  # type: ignore[arg-type]


def end(w: World, run_id: int, *reports: SourceReport, sufficient: bool | None = True, skips: tuple[Skip, ...] = ()) -> None:
    w.db.write(
        lambda s: runs.finish(s, run_id, counts={"new": 1}, skips=skips, coverage=reports, sufficient=sufficient, now=w.tick())
    )


def test_a_run_that_was_killed_is_marked_abandoned_by_the_next(database: Database) -> None:
    w = World(database).start()
    begin(w)
    end(w, begin(w), skips=(Skip("https://a.example/1", "robots"),))
    with database.read() as s:
        found = runs.runs(s, topic="bridge")
        assert runs.run(s, found[0].key[:8]) == found[0]
    assert [r.state for r in found] == ["done", "abandoned"]
    assert found[0].skips == ({"where": "https://a.example/1", "reason": "robots"},)


def test_no_news_not_watched_and_blind_are_three_answers(database: Database) -> None:
    w = World(database).start()
    source = w.source_id()
    end(w, begin(w), SourceReport(source, "feed", answered=True, found=0))
    today = w.now.date()
    w.tick(days=1)
    end(w, begin(w), SourceReport(source, "feed", answered=False, error="timeout"), sufficient=False)
    with database.read() as s:
        assert runs.looked(s, w.topic_id, today) is runs.Looked.READ
        assert runs.looked(s, w.topic_id, w.now.date()) is runs.Looked.BLIND
        assert runs.looked(s, w.topic_id, START.date() - timedelta(days=9)) is runs.Looked.NOT_WATCHED
        state = runs.read_state(s, w.topic_id)
        before = runs.read_state(s, w.topic_id, known_at=w.now - timedelta(hours=12))
    assert (state.answered, state.sources, state.silent) == (0, 1, ("https://news.example/feed",))
    assert state.last_sufficient_at == before.last_run_at
    assert before.answered == 1


def test_a_day_on_which_only_articles_were_read_again_is_not_watched(database: Database) -> None:
    w = World(database).start()
    run_id = begin(w)
    reasons = {w.source_id(): {"unchanged": 2}}
    database.write(lambda s: runs.finish(s, run_id, counts={}, reasons=reasons, sufficient=None, now=w.tick()))
    with database.read() as s:
        assert [row.reasons for row in runs.coverage(s, w.topic_id)] == [{"unchanged": 2}]
        assert pages.days_read(s, w.topic_id) == ()
        assert runs.looked(s, w.topic_id, w.now.date()) is runs.Looked.NOT_WATCHED
    end(w, begin(w), SourceReport(w.source_id(), "feed", answered=True))
    with database.read() as s:
        (read,) = pages.days_read(s, w.topic_id)
    assert (read.day, read.asked, read.answered) == (w.now.date(), 1, 1)


def test_a_run_that_does_not_tell_changes_nothing_of_how_far_we_have_read(database: Database) -> None:
    w = World(database).start()
    end(w, begin(w), SourceReport(w.source_id(), "feed", answered=True))
    with database.read() as s:
        before = runs.read_state(s, w.topic_id)
    w.tick(days=5)
    end(w, begin(w), sufficient=None)
    with database.read() as s:
        assert runs.read_state(s, w.topic_id) == before
    assert before.last_sufficient_at == before.last_run_at


def test_two_at_work_on_one_thing_are_refused_and_a_dead_one_is_not_waited_for(database: Database) -> None:
    w = World(database).start()
    mine = f"{socket.gethostname()}:{os.getpid()}:a"
    with runs.lease(database, "topic:bridge", mine, now=lambda: w.now), pytest.raises(LeaseHeld, match="being worked on"):
        database.write(lambda s: runs.acquire(s, "topic:bridge", "other:1:b", now=w.now))
    with runs.lease(database, "topic:bridge", "other:1:b", now=lambda: w.now):
        pass
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    dead = f"{socket.gethostname()}:{child.pid}:x"
    database.write(lambda s: runs.acquire(s, "topic:bridge", dead, now=w.now))
    database.write(lambda s: runs.acquire(s, "topic:bridge", mine, now=w.now))
    with pytest.raises(LeaseHeld):
        database.write(lambda s: runs.acquire(s, "topic:bridge", "other:1:b", now=w.now + timedelta(seconds=60)))
    database.write(lambda s: runs.acquire(s, "topic:bridge", "other:1:b", now=w.now + timedelta(minutes=10)))


def test_each_change_is_told_once_and_so_is_its_withdrawal(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    with database.read() as s:
        (message,) = runs.outbox(s)
    assert message.kind == ledger.CHANGED
    assert (message.payload["from"], message.payload["to"]) == ("unreported", "supported")
    database.write(lambda s: runs.mark_sent(s, [message.id], now=w.tick()))
    w.say("https://b.example/1", day("2020-03-02"), S)  # only the figures move
    w.publish()
    with database.read() as s:
        assert runs.outbox(s) == ()
    purge.purge(database, "host", "a.example", reason="r", by="Ada", now=w.tick())
    with database.read() as s:
        assert {(m.kind, m.payload["valid_from"]) for m in runs.outbox(s)} == {
            (ledger.WITHDRAWN, "2020-03-01"),
            (ledger.CHANGED, "2020-03-02"),
        }


def test_a_shared_source_feeds_every_topic_that_looks_at_it(database: Database) -> None:
    w = World(database).start()
    article_id = w.article("https://a.example/1")
    second = World(database, topic=replace(make_topic("open"), slug="second")).start()
    with database.read() as s:
        assert [a.id for a in articles.articles(s, second.topic_id)] == [article_id]
    later = second.article("https://a.example/2")
    with database.read() as s:
        assert later in [a.id for a in articles.articles(s, w.topic_id)]


def test_related_claims_that_cannot_both_be_right_are_flagged(database: Database) -> None:
    topic = make_topic("open", "closed", "open-at-night")
    a, b, c = topic.claims
    related_claims = (a, replace(b, negation_of="open"), replace(c, narrower_than="open"))
    w = World(database).start(replace(topic, claims=related_claims))
    w.say("https://a.example/1", day("2020-03-01"), S, claim="closed")
    w.say("https://b.example/1", day("2020-03-01"), S, claim="open-at-night")
    w.publish()
    with database.read() as s:
        assert [r.contradictory for r in relations.related(s, "bridge")] == [False, False]
    w.say("https://c.example/1", day("2020-03-05"), R, claim="open")
    w.publish()
    with database.read() as s:
        flagged = [r.claim for r in relations.related(s, "bridge") if r.contradictory]
        before = [r.contradictory for r in relations.related(s, "bridge", as_of=day("2020-03-02"))]
    assert flagged == ["open-at-night"]  # nobody can cross at night a bridge that is shut; "closed" agrees
    assert before == [False, False]


def test_the_cache_keeps_what_it_is_given_and_may_be_lost(database: Database) -> None:
    database.cache.put_many("vectors-1", {f"k{i}": bytes([i]) for i in range(200)})
    database.cache.put_many("vectors-1", {"k1": b"new"})
    assert database.cache.get_many("vectors-1", ["k1", "k2", "none"]) == {"k1": b"new", "k2": b"\x02"}
    assert database.cache.get_many("vectors-2", ["k1"]) == {}
    database.cache.clear()
    assert database.cache.get_many("vectors-1", ["k1"]) == {}


def test_a_broken_cache_file_is_made_anew(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "claimline-cache.db").write_bytes(b"broken" * 1000)
    db = open_database(sqlite_url)
    db.cache.put_many("v", {"a": b"1"})
    assert db.cache.get_many("v", ["a"]) == {"a": b"1"}
    db.dispose()
