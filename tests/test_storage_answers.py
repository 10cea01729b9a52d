"""What articles say, at (as_of, known_at): nothing that was learned later shows, and an old text shows on its own days."""

from __future__ import annotations

import json
from datetime import date, datetime

from typer.testing import CliRunner

from app.cli import app
from claimline.models import DateBasis
from storage import articles, clusters, decisions
from storage.answers import answers
from storage.engine import Database
from storage.records import Edge, NewDecision, StoredAssessment
from tests.storage_world import N, R, S, U, World, cleaned, day, judgement

A, B, C = "https://a.example/1", "https://b.example/1", "https://c.example/1"


def told(w: World, *, as_of: date | None = None, known_at: datetime | None = None) -> dict[str, StoredAssessment]:
    with w.db.read() as s:
        return {a.url: a for a in answers(s, w.topic_id, as_of=as_of, known_at=known_at)}


def decide(w: World, kind: str, url: str, **said: object) -> None:
    with w.db.read() as s:
        article_id = articles.article_by_url(s, url).id
    claim_id = None if kind in ("date", "separate") else w.claim_id()
    topic_id = w.topic_id if kind == "separate" else None
    one = NewDecision(kind, f"{kind}-1", claim_id, article_id=article_id, topic_id=topic_id, **said)  # type: ignore[arg-type]
    decisions.record(w.db, [one], by="Ada", now=w.tick(days=1))


def test_a_date_that_a_person_gives_later_was_not_known_before(database: Database) -> None:
    w = World(database).start()
    w.say(A, None, R)
    w.say(B, day("2020-01-01"), N)
    before = w.publish().recorded_at
    decide(w, "date", A, valid_from=day("2020-05-05"))
    given = w.now
    assert told(w, known_at=before)[A].published.basis is DateBasis.UNCERTAIN
    assert A not in told(w, as_of=day("2020-06-01"), known_at=before)
    decisions.undo(w.db, "date-1", by="Ada", now=w.tick(days=1), client_id="u1")
    assert told(w, known_at=given)[A].published.day == day("2020-05-05")
    assert A in told(w, as_of=day("2020-06-01"), known_at=given)
    assert told(w)[A].published.day is None


def test_what_people_said_shows_from_when_it_was_said_until_it_was_taken_back(database: Database) -> None:
    w = World(database).start()
    w.say(A, day("2020-01-01"), S)
    w.say(B, day("2020-01-01"), U)
    before = w.publish().recorded_at
    decide(w, "stance", A, stance=R)
    decide(w, "evidence", B, stance=S, quote=f"{B} says")
    said = w.now
    decisions.undo(w.db, "stance-1", by="Ada", now=w.tick(days=1), client_id="u1")
    decisions.undo(w.db, "evidence-1", by="Ada", now=w.tick(days=1), client_id="u2")

    def effective(known_at: datetime | None) -> dict[str, str]:
        return {url: a.effective.value for url, a in told(w, known_at=known_at).items()}

    assert effective(before) == effective(None) == {A: "supports"}
    assert effective(said) == {A: "refutes", B: "supports"}


def test_a_word_that_rested_on_a_quote_goes_with_the_quote(database: Database) -> None:
    w = World(database).start()
    w.say(A, day("2020-01-01"), S, text="It is open.")
    w.say(B, day("2020-01-01"), N, text="It is new.")
    w.publish()
    decide(w, "accept", A)
    accepted = w.now
    decide(w, "evidence", B, stance=R, quote="It is")
    with w.db.read() as s:
        article_id = articles.article_by_url(s, A).id
    rejected = NewDecision("reject", "reject-1", w.claim_id(), article_id, quote="It is open.")
    decisions.record(w.db, [rejected], by="Ben", now=w.tick(days=1))

    def effective(**at: object) -> dict[str, str]:
        return {url: a.effective.value for url, a in told(w, **at).items()}  # type: ignore[arg-type]

    assert effective() == effective(as_of=day("2020-02-01")) == {A: "unrelated", B: "refutes"}
    assert effective(known_at=accepted) == {A: "supports", B: "neutral"}
    decisions.undo(w.db, "reject-1", by="Ada", now=w.tick(days=1), client_id="u1")
    assert effective()[A] == "supports"


def test_a_rejected_quote_counts_for_nothing_in_its_copies_either(database: Database) -> None:
    w = World(database).start()
    story, more = "It is open, the mayor said.", "It is open, the mayor said. More on page two."
    a, b, c = (w.say(url, day("2020-01-01"), S, text=text) for url, text in ((A, story), (B, more), (C, "It is open.")))
    w.db.write(lambda s: clusters.save_edges(s, [Edge(a, b, 0.9), Edge(b, c, 0.9)], [a, b, c], now=w.tick()))
    w.scan(b, judgement("open", S, more, story), matcher="m2")
    w.matcher = "m2"
    w.scan(a, judgement("open", S, story))
    w.scan(c, judgement("open", S, "It is open."))
    before = w.publish().recorded_at
    decide(w, "reject", A, revision_id=a, quote=story)

    def shown(**at: object) -> dict[str, tuple[str, str, str | None]]:
        found = told(w, **at)  # type: ignore[arg-type]
        return {u: (x.effective.value, x.stance.value, x.quotes[0].rejected_by) for u, x in found.items()}

    gone, stays = ("unrelated", "supports", "Ada"), ("supports", "supports", None)
    assert shown() == {A: gone, B: gone, C: stays}, "another quote of the same story stays"
    assert set(shown(known_at=before).values()) == {stays}
    decisions.undo(w.db, "reject-1", by="Ada", now=w.tick(days=1), client_id="u1")
    assert set(shown().values()) == {stays}


def test_a_copy_of_what_a_person_decided_is_told_as_decided(database: Database) -> None:
    w = World(database).start()
    story = "It is open, the mayor said."
    a, b = w.say(A, day("2020-01-01"), S, text=story), w.say(B, day("2020-01-01"), S, text=story, decided=False)
    w.db.write(lambda s: clusters.save_edges(s, [Edge(a, b, 0.9)], [a, b], now=w.tick()))
    w.publish()
    assert not told(w)[B].settled
    decide(w, "stance", A, revision_id=a, stance=R, quote=story)
    assert {u: (x.effective, x.stance, x.settled) for u, x in told(w).items()} == {A: (R, S, True), B: (R, S, True)}
    done = CliRunner().invoke(app, ["articles", "--json", "--db", w.db.url])
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {(r["url"], r["stance"], r["decided"]) for r in rows} == {(A, "refutes", True), (B, "refutes", True)}


def test_copies_and_rejected_quotes_show_as_they_were_known(database: Database) -> None:
    w = World(database).start()
    a, b = w.say(A, day("2020-01-01"), S), w.say(B, day("2020-01-01"), S)
    alone = w.publish().recorded_at
    w.db.write(lambda s: clusters.save_edges(s, [Edge(a, b, 0.9)], [a, b], now=w.tick(days=1)))
    together = w.publish().recorded_at
    decide(w, "reject", A, quote=f"{A} says that it supports")
    decide(w, "separate", B)

    def shown(known_at: datetime | None) -> tuple[bool, str | None]:
        found = told(w, known_at=known_at)
        return found[A].cluster is not None and found[A].cluster == found[B].cluster, found[A].quotes[0].rejected_by

    assert shown(alone) == (False, None)
    assert shown(together) == (True, None)
    assert shown(None) == (False, "Ada")


def test_a_day_before_an_edit_shows_the_text_of_that_day(database: Database) -> None:
    w = World(database).start()
    w.say(A, day("2020-01-01"), S, text="It is open.")
    w.say(B, day("2020-01-01"), S)
    before = w.publish().recorded_at
    edited = w.capture(A, cleaned("It is shut now.", day("2020-01-01"), outlet="a.example"), at=w.tick(days=30)).revision_id
    w.scan(edited or 0, judgement("open", R, "It is shut now."))
    gone = w.capture(B, cleaned("Of another matter.", day("2020-01-01"), outlet="b.example")).revision_id
    w.scan(gone or 0)
    w.publish()

    def shown(**at: object) -> dict[str, tuple[str, str, str]]:
        found = told(w, **at)  # type: ignore[arg-type]
        return {u: (a.stance.value, a.quotes[0].quote.quote, str(a.valid_from)) for u, a in found.items() if u == A}

    new = {A: ("refutes", "It is shut now.", "2021-01-31")}
    old = {A: ("supports", "It is open.", "2020-01-01")}
    assert shown() == shown(as_of=day("2021-01-31")) == new
    assert shown(as_of=day("2021-01-30")) == shown(as_of=day("2020-01-01")) == old
    assert shown(as_of=day("2021-02-01"), known_at=before) == shown(known_at=before) == old
    assert not told(w, as_of=day("2019-12-31"))
    assert set(told(w, as_of=day("2020-06-01"))) == {A, B}
    assert set(told(w, as_of=day("2021-02-01"))) == set(told(w)) == {A}


def test_an_archive_that_is_read_later_was_not_known_before(database: Database) -> None:
    w = World(database).start()
    w.say(A, day("2020-03-01"), S, text="It is open.")
    before = w.publish().recorded_at
    early = w.capture(
        A, cleaned("It opens soon.", day("2020-02-01"), outlet="a.example"), at=datetime.fromisoformat("2020-02-02T09:00Z")
    )
    w.scan(early.revision_id or 0, judgement("open", N, "It opens soon."))
    w.publish()
    assert told(w, known_at=before)[A].published.day == day("2020-03-01")
    assert told(w, as_of=day("2020-02-15"))[A].stance is N
    assert not told(w, as_of=day("2020-02-15"), known_at=before)


def test_the_commands_show_the_text_of_the_day(sqlite_url: str) -> None:
    from storage.engine import open_database

    w = World(open_database(sqlite_url)).start()
    w.say(A, day("2020-01-01"), S, text="It is open.")
    w.publish()
    edited = w.capture(A, cleaned("It is shut now.", day("2020-01-01"), outlet="a.example"), at=w.tick(days=30)).revision_id
    w.scan(edited or 0, judgement("open", R, "It is shut now."))
    w.publish()
    w.db.dispose()
    for command, name, words in (("evidence", "quote", "It is open."), ("articles", "stance", "supports")):
        done = CliRunner().invoke(app, [command, "--db", sqlite_url, "--as-of", "2020-06-01", "--json"], catch_exceptions=False)
        assert [json.loads(line)[name] for line in done.stdout.splitlines()] == [words]
