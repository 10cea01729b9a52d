"""What a source's `store` allows, and that the ledger and people's words outlive the texts."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from claimline.models import ClaimSpec, SourceSpec, Stance
from flows import judging
from flows.desk import Desk
from flows.intake import stored_topic
from storage import (
    articles,
    assessments,
    claims,
    clusters,
    decisions,
    ledger,
    pins,
    purge,
    replay,
    retention,
    sketches,
    stand_ins,
    tables,
)
from storage.engine import Database
from storage.records import NewDecision
from storage.retention import Retained
from storage.verify import differences
from tests.fakes import plain_settings
from tests.storage_world import R, S, World, cleaned, day, judgement, make_topic

URL = "https://a.example/1"


def bound_world(database: Database, store: str = "quotes") -> World:
    spec = SourceSpec("feed", "https://news.example/feed", store=store)
    return World(database).start(replace(make_topic("open"), sources=(spec,)))


def compare(w: World, *revisions: int) -> None:
    w.db.write(lambda s: clusters.save_edges(s, [], revisions, now=w.tick()))


def obey(w: World, limit: int | None = None) -> Retained:
    return w.db.write(lambda s: retention.by_source(s, limit=limit))


def touch_all(w: World) -> None:
    """Everything is computed anew from what is still there."""
    from storage.sql import touch

    w.db.write(lambda s: touch(s, w.topic_id, "changed setting", w.tick()))
    w.publish()


def read(w: World, text: str, stance: Stance = S, *quotes: str) -> int:
    saved = w.capture(URL, cleaned(text, day("2020-03-01"), outlet="a.example"))
    w.scan(saved.revision_id or 0, judgement("open", stance, text, *quotes))
    compare(w, saved.revision_id or 0)
    return saved.revision_id or 0


def told(w: World) -> list[tuple[str, str, str | None, str]]:
    with w.db.read() as s:
        found = ledger.positions(s, w.claim_id())
    return sorted((p.key, str(p.valid_from), str(p.valid_to) if p.valid_to else None, p.stance.value) for p in found)


def test_nothing_is_owed_where_every_source_is_kept_in_full(database: Database) -> None:
    w = World(database).start()
    read(w, "It is open.")
    w.publish()
    with database.read() as s:
        assert (retention.bound(s), retention.owes(s)) == (False, False)


def test_a_text_waits_until_it_is_read_compared_and_published(database: Database) -> None:
    w = bound_world(database)
    saved = w.capture(URL, cleaned("It is open.", day("2020-03-01"), outlet="a.example"))
    rev = saved.revision_id or 0
    assert obey(w).texts == 0
    w.scan(rev, judgement("open", S, "It is open."))
    assert obey(w).texts == 0
    compare(w, rev)
    assert obey(w).texts == 0
    w.publish()
    assert obey(w).texts == 1
    with database.read() as s:
        assert not retention.owes(s)


def test_a_text_waits_for_every_topic_that_looks_at_it(database: Database) -> None:
    w = bound_world(database)
    read(w, "It is open.")
    w.publish()
    spec = ClaimSpec("shut", "The bridge is shut")
    second = World(database, topic=replace(w.topic, slug="second", claims=(spec,)), now=w.now).start()
    second.article(URL)
    assert obey(w).texts == 0
    with database.read() as s:
        rev = articles.article_by_url(s, URL).revision_id or 0
    second.scan(rev)
    compare(second, rev)
    assert obey(w).texts == 1


def test_a_pair_that_waits_for_an_answer_keeps_its_text(database: Database) -> None:
    w = bound_world(database)
    saved = w.capture(URL, cleaned("It is open.", day("2020-03-01"), outlet="a.example"))
    rev = saved.revision_id or 0
    w.scan(rev, replace(judgement("open", S, "It is open."), failed="timeout", quotes=()))
    compare(w, rev)
    w.publish()
    assert obey(w).texts == 0
    given, versions = [judgement("open", S, "It is open.")], {}
    with database.read() as s:
        versions = claims.claim_versions(s, w.version_id)
    w.db.write(lambda s: assessments.save_judgements(s, rev, "m1", given, run_id=None, now=w.tick(), claim_versions=versions))
    w.publish()
    assert obey(w).texts == 1
    assert w.status() == "supported"


def test_the_answers_of_a_replay_that_nobody_accepted_keep_no_text(database: Database) -> None:
    w = bound_world(database)
    rev = read(w, "It is open.")
    w.publish()
    w.scan(rev, judgement("open", R, "It is open."), matcher="m2")
    assert obey(w).texts == 1


def test_no_more_goes_at_once_than_is_allowed(database: Database) -> None:
    w = bound_world(database)
    ids = [w.say(f"https://a.example/{i}", day("2020-03-01"), S) for i in range(5)]
    compare(w, *ids)
    w.publish()
    assert [obey(w, limit=2).texts for _ in range(4)] == [2, 2, 1, 0]


def test_bytes_go_when_their_source_is_no_longer_kept_in_full(database: Database) -> None:
    w = World(database).start()
    read(w, "It is open.")
    w.publish()
    bound = replace(w.topic.sources[0], store="quotes")
    w.start(replace(w.topic, sources=(bound,)))
    assert obey(w) == Retained(bodies=1, texts=1)


def test_an_edited_article_is_told_alike_when_its_texts_are_gone(database: Database) -> None:
    w = bound_world(database)
    read(w, "It is open. So they say.", S, "It is open.")
    w.publish()
    w.tick(days=3)
    read(w, "It is open. So they said.", S, "It is open.")
    w.publish()
    w.tick(days=3)
    read(w, "It is shut.", R, "It is shut.")
    w.publish()
    before = told(w)
    assert obey(w).texts == 3
    touch_all(w)
    assert told(w) == before
    with database.read() as s:
        assert differences(s, w.topic_id) == ()


@pytest.mark.parametrize("store", ["quotes", "link"])
@pytest.mark.parametrize("kind", ["stance", "reject", "evidence"])
def test_what_people_said_outlives_the_text(database: Database, store: str, kind: str) -> None:
    w = bound_world(database, store)
    rev = read(w, "It is open. It is shut.", S, "It is open.")
    w.publish()
    with database.read() as s:
        article_id = articles.article_by_url(s, URL).id
    more: dict[str, object] = {
        "stance": {"stance": R},
        "reject": {"quote": "It is open."},
        "evidence": {"quote": "It is shut.", "stance": R},
    }[kind]
    asked = NewDecision(kind, "d1", claim_id=w.claim_id(), article_id=article_id, revision_id=rev, **more)  # type: ignore[arg-type]
    decisions.record(w.db, [asked], by="Ada", now=w.tick())
    before, status = told(w), w.status()
    assert obey(w).texts == 1
    touch_all(w)
    assert (told(w), w.status()) == (before, status)


def test_the_same_page_again_is_known_without_its_text(database: Database) -> None:
    w = bound_world(database)
    read(w, "It is open.\n12 comments")
    w.publish()
    obey(w)
    with database.read() as s:
        assert s.execute(sa.select(tables.revision_texts)).all() == []
    page = cleaned("It is open.\n13 comments", day("2020-03-01"), outlet="a.example", title="It is open.\n12 comments"[:20])
    assert w.capture(URL, page).kind == "unchanged"


def test_what_a_lost_text_said_stays_when_another_model_is_let_in(database: Database) -> None:
    w = bound_world(database)
    read(w, "It is open.")
    w.publish()
    assert obey(w).texts == 1
    shadow = database.write(lambda s: replay.open_shadow(s, w.topic_id, matcher="m2", by="Ada", now=w.tick()))
    database.write(lambda s: assessments.ensure_matcher(s, "m2", now=w.tick()))
    replay.accept(database, shadow, by="Ada", now=w.tick())
    assert w.status() == "supported"
    assert [x[3] for x in told(w)] == ["supports"]


def reword(w: World, suffix: str) -> World:
    return w.start(replace(make_topic("open", suffix=suffix), sources=w.topic.sources))


def test_what_a_lost_text_said_stays_when_the_claim_is_reworded(database: Database) -> None:
    w = bound_world(database)
    read(w, "It is open.")
    w.publish()
    obey(w)
    before = told(w)
    reword(w, " to all")
    w.publish()
    assert (w.status(), told(w)) == ("supported", before)
    with database.read() as s:
        pin = pins.of_claim(s, w.claim_id())
        assert pin is not None
        assert pin.claim_version_id == claims.claim(s, "open").version_id, "what comes counts by the new words"
        assert differences(s, w.topic_id) == ()
    w.say("https://b.example/1", day("2020-05-01"), R, confidence=0.99)
    w.publish()
    assert w.status() == "contested"


def test_of_a_lost_text_the_newest_wording_that_was_read_tells_even_by_silence(database: Database) -> None:
    w = bound_world(database)
    rev = read(w, "It is open.")
    w.publish()
    reword(w, " to all")
    w.scan(rev)
    w.publish()
    assert w.status() == "unreported"
    obey(w)
    reword(w, " to everybody")
    w.publish()
    assert w.status() == "unreported"


def test_what_stood_in_for_the_pinned_model_on_a_lost_text_stays_too(database: Database) -> None:
    w = bound_world(database)
    w.say("https://b.example/1", day("2020-02-01"), S)
    w.publish()
    w.matcher = "m2"
    read(w, "It is shut.", R)
    database.write(lambda s: stand_ins.stand_in(s, w.topic_id, "m2", now=w.tick()))
    w.publish()
    before = told(w)
    assert len(before) == 2
    database.write(lambda s: s.execute(sa.delete(tables.revision_texts)))
    reword(w, " to all")
    w.publish()
    assert told(w) == before


def test_runs_name_the_texts_that_were_read_for_other_words_until_a_person_has_decided(database: Database) -> None:
    w = bound_world(database)
    read(w, "It is open.")
    w.publish()
    obey(w)
    assert notes(w) == []
    reword(w, " to all")
    w.publish()
    (said,) = notes(w)
    assert "1 text" in said
    assert "open" in said
    with database.read() as s:
        article_id = articles.article_by_url(s, URL).id
    asked = NewDecision("accept", "d1", claim_id=w.claim_id(), article_id=article_id)
    decisions.record(database, [asked], by="Ada", now=w.tick())
    assert w.status() == "supported"
    assert notes(w) == []


def notes(w: World) -> list[str]:
    """What a run says of texts that nobody can read for today's words."""
    desk = Desk(w.db, plain_settings(), now=w.tick)
    tally = judging.stand_in(desk, stored_topic(desk, "bridge"), w.matcher)
    return [skip.detail for skip in tally.skips if skip.reason == "read-for-other-words"]


# --- copies of texts that are gone ----------------------------------------------------------------------------------

WIRE = (
    "The harbour bridge of Aldwater is open to lorries again, the port authority said on Monday after two weeks of repairs. "
    "Engineers had closed both lanes when an inspection found cracks in a bearing of the eastern pier. Traffic was led over the "
    "old ferry road, where hauliers waited up to five hours. The authority expects no further works before the summer."
)
OTHER = "Hauliers complain about the ferry road, which was never built for so many heavy lorries, and ask the city for money."


def come(w: World, url: str, text: str, published: str = "2020-03-01") -> int:
    saved = w.capture(url, cleaned(text, day(published), outlet=url.split("/")[2]))
    rev = saved.revision_id or 0
    w.scan(rev, judgement("open", S, text))
    return rev


def a_run(w: World) -> None:
    """What a run does once its texts are read: compare, publish, take away what may not be kept."""
    desk = Desk(w.db, plain_settings(), now=w.tick)
    judging.group_copies(desk, stored_topic(desk, "bridge"))
    w.publish()
    obey(w)


def voices(w: World) -> int:
    with w.db.read() as s:
        return ledger.status(s, w.claim_id()).figures.voices_supports


def texts_kept(w: World) -> int:
    with w.db.read() as s:
        return s.execute(sa.select(sa.func.count()).select_from(tables.revision_texts)).scalar_one()


@pytest.mark.parametrize("store", ["quotes", "link"])
def test_a_copy_that_comes_in_a_later_run_is_known_though_the_text_is_gone(database: Database, store: str) -> None:
    w = bound_world(database, store)
    come(w, "https://a.example/1", WIRE)
    a_run(w)
    assert texts_kept(w) == 0
    come(w, "https://b.example/1", f"{WIRE} More soon.", "2020-03-02")
    come(w, "https://c.example/1", OTHER, "2020-03-02")
    a_run(w)
    assert texts_kept(w) == 0
    assert voices(w) == 2
    come(w, "https://d.example/1", WIRE, "2020-03-03")  # and one more, when both are gone
    a_run(w)
    assert voices(w) == 2
    come(w, "https://e.example/1", WIRE, "2020-03-20")  # the same words, weeks later
    a_run(w)
    assert voices(w) == 3


def sketched(w: World) -> int:
    with w.db.read() as s:
        return s.execute(sa.select(sa.func.count()).select_from(tables.copy_sketches)).scalar_one()


def test_a_sketch_goes_with_a_purge_and_with_age(database: Database) -> None:
    w = bound_world(database)
    come(w, "https://a.example/1", WIRE)
    come(w, "https://b.example/1", OTHER)
    a_run(w)
    assert sketched(w) == 2
    database.write(lambda s: sketches.keep(s, [1, 2]))  # nothing is left to sketch
    purge.purge(database, "url", "https://a.example/1", reason="asked", by="Ada", now=w.tick())
    assert sketched(w) == 1
    later = w.tick(days=40)
    database.write(lambda s: retention.by_age(s, now=later, bytes_days=None, text_days=30))
    assert sketched(w) == 0


def test_a_sketch_of_another_version_compares_with_nothing(database: Database) -> None:
    w = bound_world(database)
    come(w, "https://a.example/1", WIRE)
    a_run(w)
    database.write(lambda s: s.execute(sa.update(tables.copy_sketches).values(version="of old")))
    come(w, "https://b.example/1", WIRE)
    a_run(w)
    assert voices(w) == 2
