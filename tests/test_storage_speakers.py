"""Who says a quote that a person added: its voice is that speaker's, it is shown, and the law takes the name away."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from claimline.errors import UsageError
from claimline.models import Person
from storage import articles, decisions, ledger, purge
from storage import tables as t
from storage.answers import answers
from storage.engine import Database
from storage.records import NewDecision
from storage.verify import differences
from tests.storage_world import N, R, S, World, day, make_topic

A, B = "https://a.example/1", "https://b.example/1"
BERG = Person("anna-berg", "Anna Berg", ("Berg", "A. Berg"))
WORDS = "It is shut, the mayor said."


def world(database: Database) -> World:
    w = World(database).start(replace(make_topic(), people=(BERG,)))
    w.say(A, day("2020-01-01"), N, text=WORDS)
    w.say(B, day("2020-01-02"), R, text="Of the bridge.", speaker="anna-berg")
    w.publish()
    return w


def add(w: World, speaker: str | None, name: str = "e1") -> None:
    with w.db.read() as s:
        article_id = articles.article_by_url(s, A).id
    one = NewDecision("evidence", name, w.claim_id(), article_id, stance=R, quote="It is shut", speaker=speaker)
    decisions.record(w.db, [one], by="Ada", now=w.tick())


@pytest.mark.parametrize(
    ("written", "shown", "voices"), [("a. berg ", "Anna Berg", 1), ("Carl Day", "Carl Day", 2), (None, None, 2)]
)
def test_an_added_quote_is_the_voice_of_whom_the_person_names(
    database: Database, written: str | None, shown: str | None, voices: int
) -> None:
    w = world(database)
    add(w, written)
    with database.read() as s:
        (added,) = [q for a in answers(s, w.topic_id) if a.url == A for q in a.added]
        (position,) = [p for p in ledger.positions(s, w.claim_id()) if p.article == A and p.stance is R]
        assert ledger.status(s, w.claim_id()).figures.voices_refutes == voices
        assert differences(s, w.topic_id) == ()
        (said,) = decisions.decisions(s)
    assert (added.added_by, added.key, added.quote.quote) == ("Ada", position.key, "It is shut")
    assert (added.quote.speaker.written if added.quote.speaker else None) == position.speaker_written == said.speaker == shown


def test_a_person_who_is_removed_is_no_longer_the_speaker_and_cannot_be_named_again(database: Database) -> None:
    w = world(database)
    add(w, "Carl Day")
    purge.purge(database, "person", "Carl Day", reason="asked", by="Ada", now=w.tick())
    with database.read() as s:
        rows = [*s.execute(sa.select(t.decisions)), *s.execute(sa.select(t.positions)), *s.execute(sa.select(t.outbox))]
        assert not [row for row in rows if "carl" in repr(row).lower()]
        assert differences(s, w.topic_id) == ()
    with pytest.raises(UsageError, match="nothing kept"):
        add(w, "carl day", "e2")


def test_a_removed_article_keeps_no_speaker_that_was_named_for_it(database: Database) -> None:
    w = world(database)
    add(w, "Carl Day")
    purge.purge(database, "url", A, reason="asked", by="Ada", now=w.tick())
    with database.read() as s:
        rows = [*s.execute(sa.select(t.decisions)), *s.execute(sa.select(t.positions)), *s.execute(sa.select(t.outbox))]
    assert not [row for row in rows if "carl" in repr(row).lower()]


def test_only_added_quotes_have_a_named_speaker(database: Database) -> None:
    w = world(database)
    with database.read() as s:
        article_id = articles.article_by_url(s, B).id
    decisions.record(
        database, [NewDecision("stance", "d1", w.claim_id(), article_id, stance=S, speaker="Carl Day")], by="Ada", now=w.tick()
    )
    with database.read() as s:
        assert decisions.decision(s, "d1").speaker is None


def test_an_added_quote_that_is_rejected_later_falls_and_one_that_is_added_later_stands(database: Database) -> None:
    w = world(database)
    with database.read() as s:
        article_id = articles.article_by_url(s, A).id
    add(w, None)
    reject = NewDecision("reject", "r1", w.claim_id(), article_id, quote="It is shut")
    decisions.record(database, [reject], by="Ben", now=w.tick())

    def stands() -> tuple[int, list[str | None]]:
        with database.read() as s:
            shown = [q.rejected_by for a in answers(s, w.topic_id) if a.url == A for q in a.added]
            return sum(p.article == A and p.stance is R for p in ledger.positions(s, w.claim_id())), shown

    assert stands() == (0, ["Ben"])
    add(w, None, "e2")
    assert stands() == (1, ["Ben", None])
