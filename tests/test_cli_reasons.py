"""Reasons as the commands tell them: to an editor, to a lawyer and to an opponent, and to programs in the same words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from app import out
from app.cli import app
from claimline.models import ClaimSpec, Fetched, Person
from storage import articles, clusters, ledger, purge, replay, revisions, tables
from storage.engine import open_database
from storage.records import Edge
from tests.schemas import schema
from tests.storage_world import N, R, S, World, cleaned, day, judgement, make_topic

A, B, C, D = (f"https://{name}.example/1" for name in "abcd")


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """Ann Berg says yes twice, a week apart; somebody says no."""
    db = open_database(sqlite_url)
    w = World(db).start(replace(make_topic(), people=(Person("ann-berg", "Ann Berg", ("Berg",)),)))
    w.say(A, day("2020-03-01"), S, text="It is open, Berg said.", speaker="ann-berg")
    w.say(B, day("2020-03-09"), S, text="It is open still, Berg said.", speaker="ann-berg")
    w.say(C, day("2020-03-10"), N, text="A bridge is a bridge.")
    w.publish()
    yield w
    db.dispose()


def told(w: World, *args: str) -> str:
    w.db.engine.dispose()
    done = CliRunner().invoke(app, [*args, "--db", w.db.url], catch_exceptions=False, env={"COLUMNS": "300"})
    assert done.exit_code == 0, done.output
    return done.stdout


def rows(w: World, *args: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in told(w, *args, "--json").splitlines()]


def by_schema(name: str, found: list[dict[str, object]]) -> list[dict[str, object]]:
    for row in found:
        schema(name).validate(row)
    return found


def test_what_would_flip_a_status_is_found_greedily_and_called_so_and_nobody_is_named_twice(world: World) -> None:
    words = told(world, "why", "open")
    assert "without 2 voices (Ann Berg on 2020-03-09, Ann Berg on 2020-03-01) it would be" in words
    assert "found greedily" in words
    (row,) = by_schema("why", rows(world, "why", "open"))
    flip, standing = row["flip"], row["standing"]
    assert isinstance(flip, dict)
    assert isinstance(standing, list)
    assert (flip["called"], flip["how"]) == (["Ann Berg", "Ann Berg"], "found greedily")
    assert [(v["stance"], v["since"], v["speaker_key"], v["reports"]) for v in standing] == [
        ("supports", "2020-03-09", "ann-berg", 1),
        ("neutral", "2020-03-10", None, 1),
    ]
    assert [v["url"] for v in standing] == [B, C]


def test_a_ruling_is_told_with_its_note_and_with_what_the_machine_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told(world, "rule", "open", "refuted", "--from", "2020-03-05", "--by", "ann", "--note", "the audit was withdrawn")
    for command in ("why", "history"):
        words = told(world, command, "open")
        assert "ruling by ann" in words
        assert "the machine says Reported as true" in words
        assert "the audit was withdrawn" in words
    assert "a person's ruling holds it" in told(world, "why", "open")
    (why,) = by_schema("why", rows(world, "why", "open"))
    change = why["change"]
    assert isinstance(change, dict)
    assert (change["machine"], change["note"], change["quotes"]) == ("supported", "the audit was withdrawn", [])
    told(world, "rule", "open", "refuted", "--from", "2020-03-20", "--review-by", "2020-04-01", "--by", "ann")
    monkeypatch.setattr(out.out, "width", 300)
    assert "look again by 2020-04-01" in told(world, "decisions")


def test_words_whose_going_tipped_a_status_are_told_as_gone(world: World) -> None:
    for url in (A, B):
        world.tick(days=1)
        saved = world.capture(url, cleaned(f"Nothing is said in {url}.", day("2020-03-01"), outlet=url.split("/")[2]))
        world.scan(saved.revision_id or 0)
    world.publish()
    words = told(world, "history", "open")
    assert words.count("no longer in print") == 1
    (why,) = by_schema("why", rows(world, "why", "open"))
    assert [[q["in_print"] for q in why[one]["quotes"]] for one in ("before", "change")] == [[True], [False]]  # type: ignore[index]
    before = (world.now - timedelta(days=5)).date().isoformat()
    assert "no longer in print" not in told(world, "history", "open", "--as-of", before)


def test_a_speaker_whose_words_were_taken_back_has_the_position_before_them(world: World) -> None:
    world.say(D, day("2020-03-12"), R, text="It is shut, Berg said.", speaker="ann-berg")
    world.publish()
    (line,) = rows(world, "speakers", "open")
    assert (line["stance"], line["changed_on"]) == ("refutes", "2020-03-12")
    world.tick(days=2)
    saved = world.capture(D, cleaned("We retract this.", day("2020-03-12"), outlet="d.example", notice="retraction"))
    world.scan(saved.revision_id or 0)
    world.publish()
    (line,) = rows(world, "speakers", "open")
    assert (line["stance"], line["changed_on"]) == ("supports", None)
    (line,) = rows(world, "speakers", "open", "--as-of", "2020-03-12")
    assert line["stance"] == "refutes"


def test_words_that_the_law_took_are_not_told_as_empty_quotes(world: World) -> None:
    before = world.now
    purge.purge(world.db, "url", A, reason="asked", by="ann", now=world.tick(days=1))
    for command in (["history", "open"], ["why", "open"], ["evidence"]):
        words = told(world, *command, "--known-at", before.isoformat())
        assert "(the law took the words away)" in words
        assert "“”" not in words


def test_what_is_no_longer_told_says_since_when_and_why(world: World) -> None:
    before = world.now
    world.say(D, day("2020-02-01"), N, text="There is a bridge.")
    world.publish()
    known = ("--known-at", before.isoformat(), "--known-at", world.now.isoformat())
    words = told(world, "diff-history", "open", *known)
    assert f"no longer, since {world.now:%Y-%m-%d %H:%M} UTC (new article, by track):" in words
    learned = by_schema("diff-history", rows(world, "diff-history", "open", *known))
    closed = {str(row["is"]): row["closed"] for row in learned}
    assert closed["now"] is None
    assert (closed["no longer"]["cause"], closed["no longer"]["by"]) == ("new article", "track")  # type: ignore[index]


def test_a_decision_on_an_older_wording_says_so_wherever_it_is_listed(world: World) -> None:
    told(world, "decide", A, "open", "neutral", "--by", "ann")
    world.start(replace(make_topic(suffix=" to all"), people=world.topic.people))
    for url in (A, B):
        with world.db.read() as s:
            revision = articles.article_by_url(s, url).revision_id
        text = "It is open, Berg said." if url == A else "It is open still, Berg said."
        world.scan(revision or 0, judgement("open", S, text))
    world.publish()
    (row,) = by_schema("decisions", rows(world, "decisions"))
    assert row["reopened"] == "the claim was reworded"
    assert "(look again: the claim was reworded)" in told(world, "decisions")
    (case,) = [c for c in by_schema("review", rows(world, "review")) if c["url"] == A]
    assert (case["decision"], case["reopened"]) == (row["id"], "the claim was reworded")
    assert "ann said on" in told(world, "review")


# --- several cases at once ------------------------------------------------------------------------------------------


def test_one_word_on_an_article_and_what_is_like_it_is_taken_back_as_one(world: World) -> None:
    words = "It is open, Berg said."
    copy, other = "https://e.example/1", "https://a.example/2"
    texts = [
        world.say(copy, day("2020-03-02"), S, text=f"{words} (Wire)"),
        world.say(other, day("2020-03-03"), R, text="Not so."),
    ]
    with world.db.read() as s:
        texts.append(articles.article_by_url(s, A).revision_id or 0)
    world.db.write(lambda s: clusters.save_edges(s, [Edge(texts[0], texts[2], 0.9)], texts, now=world.tick()))
    world.publish()
    told(world, "decide", C, "open", "neutral", "--by", "bob")
    done = by_schema(
        "decided", rows(world, "decide", A, "open", "refutes", "--also", "copies", "--also", "outlet", "--by", "ann")
    )
    assert {str(d["url"]) for d in done} == {A, copy, other}
    (batch,) = {str(d["batch"]) for d in done}
    assert {str(d["url"]): d["stance"] for d in rows(world, "articles")} == {
        A: "refutes",
        copy: "refutes",
        other: "refutes",
        B: "supports",
        C: "neutral",
    }
    (back,) = by_schema("undo", rows(world, "undo", batch, "--by", "ann"))
    assert len(back["decisions"]) == 3  # type: ignore[arg-type]
    assert [d["by"] for d in rows(world, "decisions")] == ["bob"]


def test_the_same_words_elsewhere_are_accepted_with_them_and_another_persons_word_stays(world: World) -> None:
    same = "https://e.example/1"
    world.say(same, day("2020-03-03"), S, text="It is open, Berg said.", speaker="ann-berg")
    world.publish()
    told(world, "decide", same, "open", "refutes", "--by", "bob")
    (alone,) = rows(world, "accept", A, "open", "--also", "quote", "--by", "ann")
    assert (alone["url"], alone["batch"]) == (A, None)
    told(world, "undo", str(alone["id"]), "--by", "ann")
    (bob,) = rows(world, "decisions")
    told(world, "undo", str(bob["id"]), "--by", "bob")
    done = rows(world, "accept", A, "open", "--also", "quote", "--by", "ann")
    assert {d["url"] for d in done} == {A, same}
    result = CliRunner().invoke(app, ["accept", A, "open", "--also", "friends", "--db", world.db.url])
    assert "'friends' is none of copies, quote, outlet" in str(result.exception)


# --- where an article stopped ---------------------------------------------------------------------------------------


def test_a_trace_tells_of_a_page_that_is_gone_and_refuses_a_claim_that_is_none(world: World) -> None:
    with world.db.read() as s:
        article_id = articles.article_by_url(s, A).id
    gone = Fetched(A, A, 410, world.tick(), b"")
    world.db.write(lambda s: articles.save_capture(s, article_id, gone, None, source_id=None, now=world.now))
    steps = {str(row["step"]): row for row in by_schema("trace", rows(world, "trace", A))}
    assert "gone at its source" in str(steps["fetched"]["detail"])
    result = CliRunner().invoke(app, ["trace", A, "--claim", "nosuch", "--db", world.db.url])
    assert "no claim named 'nosuch'; known: open" in str(result.exception)


def test_a_trace_of_a_text_that_is_not_kept_tells_what_was_found_in_it(world: World) -> None:
    world.db.write(lambda s: s.execute(sa.delete(tables.revision_texts)))
    world.db.write(lambda s: s.execute(sa.update(tables.evidence).values(quote="")))
    steps = by_schema("trace", rows(world, "trace", A, "--claim", "open"))
    assert [str(x["step"]) for x in steps] == ["found", "fetched", "cleaned", "dated", "copied", "judged", "folded"]
    assert "not kept" in str(steps[2]["detail"])
    assert (steps[-1]["stance"], steps[-1]["weight"]) == ("supports", 0.9)
    result = CliRunner().invoke(app, ["reject", A, "open", "--quote", "It is open", "--db", world.db.url])
    assert "not kept" in str(result.exception)


# --- a replay -------------------------------------------------------------------------------------------------------


@pytest.fixture
def replayed(world: World) -> str:
    """A replay in which another model reads the other side; its key."""
    edition = world.db.write(lambda s: replay.open_shadow(s, world.topic_id, matcher="m2", by="ann", now=world.tick()))
    with world.db.read() as s:
        texts = [revisions.revision(s, articles.article_by_url(s, url).revision_id or 0) for url in (A, B, C)]
        key = next(e.key for e in ledger.editions(s, world.topic_id, state="shadow") if e.id == edition)
    for text in texts:
        world.scan(text.id, judgement("open", R, text.text), matcher="m2")
    return key


def test_an_accepted_replay_answers_with_what_it_changed(world: World, replayed: str) -> None:
    (row,) = by_schema("replay-accept", rows(world, "replay", "accept", replayed, "--by", "ann"))
    assert (row["done"], row["replay"], row["by"], row["withdrawn"]) == ("replay accept", replayed, "ann", [])
    (change,) = row["changes"]  # type: ignore[misc]
    assert (change["valid_from"], change["to"], change["cause"]) == ("2020-03-01", "refuted", "new model")
    (line,) = rows(world, "history", "open")
    told_beside = {"machine", "note", "quotes"}
    assert {k: v for k, v in change.items() if k not in told_beside} == {k: v for k, v in line.items() if k not in told_beside}
    assert (change["machine"], change["note"]) == ("refuted", "")


def test_who_accepts_a_replay_reads_each_change_and_a_discarded_one_is_named(world: World, replayed: str) -> None:
    words = told(world, "replay", "accept", replayed, "--by", "ann")
    assert words == "2020-03-01  open: Nothing found -> Reported as false\n"
    other = world.db.write(lambda s: replay.open_shadow(s, world.topic_id, matcher="m3", by="ann", now=world.tick()))
    with world.db.read() as s:
        key = next(e.key for e in ledger.editions(s, world.topic_id, state="shadow") if e.id == other)
    assert by_schema("replay-discard", rows(world, "replay", "discard", key)) == [{"done": "replay discard", "replay": key}]


def test_an_accepted_outlet_says_what_it_changed(world: World) -> None:
    world.db.engine.dispose()
    accept = ["outlets", "bridge", "--accept", "a.example", "--by", "ann", "--db", world.db.url]
    done = CliRunner().invoke(app, [*accept, "--weight", "0"], catch_exceptions=False)
    assert "2020-03-01  open: no longer Nothing found -> Reported as true" in done.stderr
    again = CliRunner().invoke(app, [*accept, "--weight", "0"], catch_exceptions=False)
    assert "no status changes" in again.stderr
    full = by_schema("outlets", rows(world, "outlets", "bridge", "--accept", "a.example", "--by", "ann", "--weight", "1"))
    (own,) = [row for row in full if "changes" in row]
    assert own["domain"] == "a.example"
    assert "2020-03-09" in json.dumps(own["withdrawn"])
    assert '"to": "supported"' in json.dumps(own["changes"])


def test_a_word_on_a_retired_claim_is_taken_and_says_that_nobody_reads_for_it(world: World) -> None:
    without = replace(world.topic, claims=(ClaimSpec("painted", "The bridge has been painted"),))
    world.start(without)
    for command in (("decide", A, "open", "supports"), ("rule", "open", "open", "--from", "2020-05-01")):
        done = CliRunner().invoke(app, [*command, "--by", "ann", "--db", world.db.url], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        assert "the claim open is retired" in done.stderr
