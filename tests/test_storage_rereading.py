"""A new cleaner reads the stored past again: nothing is told otherwise until its replay is accepted, and nothing new is lost."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from alembic import command

from claimline.models import Cause, Stance
from storage import (
    answers,
    articles,
    clusters,
    decisions,
    ledger,
    pages,
    pages_review,
    pins,
    purge,
    queue,
    replay,
    rereadings,
    retention,
    revisions,
    schema,
    search,
)
from storage import tables as t
from storage.engine import Database
from storage.readings import Coming
from storage.records import Edge, NewDecision
from storage.verify import differences
from tests.storage_world import M, N, R, S, U, World, cleaned, day, judgement, make_topic

URL, OTHER = "https://a.example/1", "https://b.example/1"
OLD = "The bridge is open. Read also: the bridge is shut."
NEW = "The bridge is open."


def world(database: Database, text: str = OLD) -> World:
    """A text whose cleaner took a link below the article for a part of it."""
    w = World(database).start()
    came(w, text, judgement("open", M, text, "The bridge is open.", "the bridge is shut."))
    w.publish()
    return w


def came(w: World, text: str, *said, url: str = URL, cleaner: str = "c1", body: bytes | None = None):  # type: ignore[no-untyped-def]
    page = cleaned(text, day("2020-03-01"), outlet=url.split("/")[2], cleaner=cleaner)
    saved = w.capture(url, page, body=body)
    if saved.new_revision:
        w.scan(saved.revision_id or 0, *said)
    return saved


def read_again(w: World, text: str = NEW, url: str = URL) -> int:
    """What c2 makes of the bytes of an article; returns the text."""
    with w.db.read() as s:
        article_id = articles.article_by_url(s, url).id
        todo = [one for one in rereadings.due(s, w.topic_id, "c2") if one.article_id == article_id]
    made = [(one, cleaned(text, day("2020-03-01"), outlet=url.split("/")[2], cleaner="c2")) for one in todo]
    w.db.write(lambda s: rereadings.save(s, made, now=w.tick()))
    with w.db.read() as s:
        again = t.rereadings.c
        query = sa.select(again.reading_id).where(again.revision_id.in_([one.revision_id for one in todo]))
        return int(s.execute(query.order_by(again.revision_id.desc()).limit(1)).scalar_one())


def shadow(w: World, reading: int | None = None) -> int:
    w.scan(reading or read_again(w), judgement("open", S, NEW))
    return w.db.write(
        lambda s: replay.open_shadow(s, w.topic_id, coming=Coming("c2", w.now), cause=Cause.NEW_CLEANER, by="Ada", now=w.tick())
    )


def told(w: World) -> list[object]:
    """All that people are shown."""
    with w.db.read() as s:
        article = articles.article_by_url(s, URL)
        return [
            w.history(),
            answers.answers(s, w.topic_id),
            ledger.positions(s, w.claim_id()),
            revisions.revisions_of(s, article.id),
            article,
            queue.review_queue(s, w.topic_id),
            pages.uncounted(s, w.claim_id()),
            pages.owed(s, [w.claim_id()]),
            search.search(s, "bridge", topic_id=w.topic_id),
            revisions.current_revisions(s, w.topic_id),
        ]


def accept(w: World, edition: int):  # type: ignore[no-untyped-def]
    return replay.accept(w.db, edition, by="Ada", now=w.tick())


def test_a_page_that_another_cleaner_reads_otherwise_is_no_edit(database: Database) -> None:
    w = world(database)
    before = told(w)
    assert came(w, NEW, cleaner="c2", body=OLD.encode()).kind == "unchanged", "the same bytes"
    read_again(w)
    assert came(w, NEW, cleaner="c2", body=b"other bytes of the page").kind == "unchanged", "the same words to the new cleaner"
    assert w.publish().edition_id is None
    assert told(w) == before


def test_what_the_page_itself_changed_counts_at_once(database: Database) -> None:
    w = world(database)
    read_again(w)
    text = "The bridge is shut."
    assert came(w, text, judgement("open", R, text), cleaner="c2").kind == "revised"
    w.publish()
    assert w.history()[-1][1:] == ("contested > refuted", "edited article")


def test_an_article_that_only_the_new_cleaner_read_counts_at_once(database: Database) -> None:
    w = world(database)
    shadow(w)
    came(w, "It is shut.", judgement("open", R, "It is shut."), url=OTHER, cleaner="c2")
    w.publish()
    with database.read() as s:
        assert {p.article for p in ledger.positions(s, w.claim_id())} == {URL, OTHER}


def test_a_replay_is_seen_by_nobody_until_it_is_accepted(database: Database) -> None:
    w = world(database)
    before = told(w)
    edition = shadow(w)
    assert w.publish().edition_id is None
    assert told(w) == before
    with database.read() as s:
        assert replay.shadow_fold(s, w.claim_id(), edition).status.value == "supported"
        assert revisions.unscanned(s, w.version_id, "m1") == ()
        assert clusters.unclustered(s, w.topic_id) == revisions.current_revisions(s, w.topic_id)
    w.db.write(lambda s: replay.discard(s, edition))
    assert w.publish().edition_id is None
    assert told(w) == before


def test_accepting_tells_the_texts_as_the_new_cleaner_reads_them(database: Database) -> None:
    w = world(database)
    with database.read() as s:
        old = answers.answers(s, w.topic_id)
    edition = shadow(w)
    before = w.now
    done = accept(w, edition)
    assert done.edition_id == edition
    assert w.history() == [("2020-03-01", "unreported > supported", "new cleaner")]
    with database.read() as s:
        article = articles.article_by_url(s, URL)
        assert [r.text for r in revisions.revisions_of(s, article.id)] == [NEW]
        assert [a.stance for a in answers.answers(s, w.topic_id)] == [S]
        assert [a.stance for a in answers.answers(s, w.topic_id, known_at=w.now)] == [S]
        assert pins.live(s, w.topic_id)[w.claim_id()].cleaner == "c2"
        assert {e.cause for e in ledger.editions(s, w.topic_id)[:1]} == {Cause.NEW_CLEANER}
        assert [hit.title for hit in search.search(s, "open", topic_id=w.topic_id)] == [NEW[:20]]
        assert search.search(s, "shut", topic_id=w.topic_id) == ()
        assert differences(s, w.topic_id) == ()
        for as_of in (None, day("2020-05-01")):
            known = answers.answers(s, w.topic_id, as_of=as_of, known_at=before)
            assert [replace(a, decision=None) for a in known] == list(old), "as it was known"
    assert w.history(known_at=before) == [("2020-03-01", "unreported > contested", "new article")]
    assert w.publish().edition_id is None


def test_what_pages_keep_of_their_reads_is_read_anew_once_a_replay_is_accepted(database: Database) -> None:
    w = world(database)
    edition = shadow(w)
    stamps = (pages.stamp, lambda s: pages.claim_stamps(s)[0], lambda s: pages_review.stamps(s).answers)
    with database.read() as s:
        before = [stamp(s) for stamp in stamps]
    accept(w, edition)
    with database.read() as s:
        assert all(stamp(s) != held for stamp, held in zip(stamps, before, strict=True))


def test_after_accepting_a_page_that_has_not_changed_is_no_edit(database: Database) -> None:
    w = world(database)
    accept(w, shadow(w))
    before = told(w)
    assert came(w, NEW, cleaner="c2", body=b"other bytes").kind == "unchanged"
    assert w.publish().edition_id is None
    assert told(w) == before


def test_the_cleaner_before_can_be_taken_back_by_a_replay(database: Database) -> None:
    w = world(database)
    before = told(w)
    accept(w, shadow(w))
    w.db.write(lambda s: rereadings.stand_by_own(s, w.topic_id, "c1", now=w.tick()))
    back = w.db.write(
        lambda s: replay.open_shadow(s, w.topic_id, coming=Coming("c1", w.now), cause=Cause.NEW_CLEANER, by="Ada", now=w.tick())
    )
    accept(w, back)
    after = told(w)
    assert [x[:2] for x in w.history()] == [("2020-03-01", "unreported > contested")]
    assert after[3:5] == before[3:5]


def decide(w: World, kind: str, stance: Stance, quote: str | None = None) -> None:
    with w.db.read() as s:
        article_id = articles.article_by_url(s, URL).id
    asked = NewDecision(kind, f"{kind}-{quote}", claim_id=w.claim_id(), article_id=article_id, stance=stance, quote=quote)
    decisions.record(w.db, [asked], by="Ben", now=w.tick())


def test_a_decision_holds_for_the_text_as_it_is_read_again(database: Database) -> None:
    w = world(database)
    decide(w, "stance", R)
    accept(w, shadow(w))
    assert w.status() == "refuted"
    with database.read() as s:
        (position,) = ledger.positions(s, w.claim_id())
        assert (position.actor, position.stance) == ("person", R)


def test_added_evidence_is_anchored_where_its_words_stand_in_the_text_that_is_read_again(database: Database) -> None:
    w = world(database, "Share. " + OLD)
    decide(w, "evidence", N, "bridge is open")
    accept(w, shadow(w))
    with database.read() as s:
        spans = {p.quote: p.start for p in ledger.positions(s, w.claim_id()) if p.actor == "person"}
    assert spans == {"bridge is open": NEW.index("bridge is open")}


def test_a_decision_on_an_edit_does_not_reach_back_to_the_text_before_it(database: Database) -> None:
    w = world(database)
    reading = read_again(w)
    w.tick(days=5)
    text = "The bridge is shut for good."
    came(w, text, judgement("open", S, text))
    w.publish()
    decide(w, "stance", R)
    accept(w, shadow(w, reading))
    assert w.status(as_of=day("2020-06-01")) == "supported"
    assert w.status() == "refuted"


def test_another_topic_keeps_the_text_until_its_own_replay_is_accepted(database: Database) -> None:
    w = world(database)
    other = World(database, now=w.now).start(replace(make_topic(), slug="ferry"))
    with database.read() as s:
        (text,) = revisions.current_revisions(s, other.topic_id) or (None,)
    if text is None:  # the topic looks at the same source and gets its articles with the next answer of it
        other.article(URL)
        with database.read() as s:
            (text,) = revisions.current_revisions(s, other.topic_id)
    other.scan(text, judgement("open", M, OLD, "The bridge is open.", "the bridge is shut."))
    other.publish()
    w.now = other.now
    accept(w, shadow(w))
    with database.read() as s:
        assert revisions.current_revisions(s, other.topic_id) == (text,)
        assert [a.stance for a in answers.answers(s, other.topic_id)] == [M]
        assert [a.stance for a in answers.answers(s, w.topic_id)] == [S]
        assert revisions.unscanned(s, other.version_id, "m1") == ()
    other.now = w.now
    assert other.publish().edition_id is None


def test_copies_stay_copies(database: Database) -> None:
    w = world(database)
    came(w, OLD, judgement("open", M, OLD, "The bridge is open.", "the bridge is shut."), url=OTHER, body=b"b")
    with database.read() as s:
        a, b = revisions.current_revisions(s, w.topic_id)
    w.db.write(lambda s: clusters.save_edges(s, [Edge(a, b, 1.0)], [a, b], now=w.tick(), topic_id=w.topic_id))
    w.publish()
    accept(w, shadow(w))
    with database.read() as s:
        (group,) = {p.cluster for p in ledger.positions(s, w.claim_id())}
        (new,) = clusters.unclustered(s, w.topic_id)
    assert group is not None
    w.db.write(lambda s: clusters.save_edges(s, [Edge(b, new, 1.0)], [new], now=w.tick(), topic_id=w.topic_id))
    assert w.publish().edition_id is None


def test_a_text_whose_bytes_are_gone_keeps_its_reading_and_is_counted(database: Database) -> None:
    w = world(database)
    w.tick(days=400)
    w.db.write(lambda s: retention.apply(s, now=w.now, bytes_days=365, text_days=None))
    came(w, "It is shut. Share", judgement("open", U, "It is shut. Share"), url=OTHER)
    read_again(w, "It is shut.", url=OTHER)
    with database.read() as s:
        assert rereadings.due(s, w.topic_id, "c2") == ()
        found = rereadings.account(s, w.topic_id, "c2", w.now)
    assert (found.again, found.otherwise, found.gone, found.refused) == (1, 1, 1, 0)


def test_what_a_cleaner_reads_the_same_is_stored_once(database: Database) -> None:
    w = world(database)
    with database.read() as s:
        (text,) = revisions.current_revisions(s, w.topic_id)
    assert read_again(w, OLD) == text
    with database.read() as s:
        assert rereadings.due(s, w.topic_id, "c2") == ()


def test_a_re_reading_that_nobody_took_goes_where_the_source_may_not_be_kept(database: Database) -> None:
    w = world(database)
    reading = read_again(w)
    spec = t.topic_sources.c.spec
    with database.read() as s:
        held = dict(s.execute(sa.select(spec)).scalar_one())
    database.write(lambda s: s.execute(sa.update(t.topic_sources).values(spec=held | {"store": "quotes"})))
    database.write(lambda s: retention.by_source(s))
    with database.read() as s:
        kept = s.execute(sa.select(t.revision_texts.c.revision_id)).scalars().all()
    assert reading not in kept


def test_a_page_that_goes_back_is_known_by_the_words_that_the_new_cleaner_reads(database: Database) -> None:
    w = world(database)
    first = read_again(w)
    w.tick(days=5)
    came(w, "The bridge is shut. Share", judgement("open", R, "The bridge is shut. Share"))
    w.publish()
    article_id = w.article(URL)
    with database.read() as s:
        base = t.rereadings.c
        (text,) = s.execute(sa.select(base.revision_id).where(base.reading_id == first)).scalars()
        (doubtful,) = rereadings.in_doubt(s, {article_id: ("other", "words")}, "c2")
    assert doubtful.revision_id == revision_now(w) != text, "the first text was read again already"
    back = came(w, NEW, cleaner="c2", body=b"other bytes")
    assert (back.kind, back.revision_id) == ("revised", text)


def revision_now(w: World) -> int:
    with w.db.read() as s:
        return revisions.current_revisions(s, w.topic_id)[0]


def test_a_re_reading_does_not_bring_back_a_name_that_the_law_took_out(database: Database) -> None:
    w = World(database).start()
    page = cleaned(OLD, day("2020-03-01"), outlet="a.example", cleaner="c1", authors=("Eve Doe",))
    text = w.capture(URL, page).revision_id or 0
    w.scan(text, judgement("open", R, OLD, "the bridge is shut.", speaker="Eve Doe"))
    w.publish()
    purge.purge(w.db, "person", "Eve Doe", reason="asked", by="Ada", now=w.tick())
    with w.db.read() as s:
        todo = rereadings.due(s, w.topic_id, "c2")
    read = [(one, replace(page, text=NEW, text_sha256="2", cleaner="c2")) for one in todo]
    w.db.write(lambda s: rereadings.save(s, read, now=w.tick()))
    with w.db.read() as s:
        assert s.execute(sa.select(t.revisions.c.authors)).scalars().all() in ([[]], [[], []])


def test_claims_that_were_pinned_before_have_the_cleaner_of_their_newest_text(database: Database) -> None:
    w = world(database)
    read_again(w)
    writer = database.engine.execution_options(claimline_write=True)
    with writer.begin() as connection:
        command.downgrade(schema.config_for(connection), "0010")
    with writer.begin() as connection:
        assert connection.execute(sa.text("SELECT cleaner FROM pins")).scalars().all() == [None]
        command.upgrade(schema.config_for(connection), "head")
    with database.read() as s:
        assert [pin.cleaner for pin in pins.live(s, w.topic_id).values()] == ["c1"]


def test_a_new_model_and_a_new_cleaner_are_replayed_together(database: Database) -> None:
    w = world(database)
    w.scan(read_again(w), judgement("open", S, NEW), matcher="m2")
    coming = Coming("c2", w.now)
    edition = w.db.write(lambda s: replay.open_shadow(s, w.topic_id, matcher="m2", coming=coming, by="Ada", now=w.tick()))
    came(w, "It is shut.", judgement("open", R, "It is shut."), url=OTHER, cleaner="c2")
    w.publish()
    assert accept(w, edition).edition_id == edition
    with database.read() as s:
        pin = pins.live(s, w.topic_id)[w.claim_id()]
        assert (pin.matcher, pin.cleaner) == ("m2", "c2")
        assert {(p.article, p.stance) for p in ledger.positions(s, w.claim_id())} == {(URL, S), (OTHER, R)}
        assert differences(s, w.topic_id) == ()
        assert [e.cause for e in ledger.editions(s, w.topic_id)][:1] == [Cause.NEW_MODEL]
