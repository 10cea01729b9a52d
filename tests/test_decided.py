"""What people decided, put to use: measured on, exported as training pairs, taught by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.fewshot import learning_curve
from claimline.matching.stance import Pair, PairReader, StanceProbs
from claimline.models import Examples, Stance
from flows import decided, intake
from flows.desk import Desk
from storage import articles, decisions
from storage.engine import open_database
from storage.records import NewDecision
from tests.fakes import plain_settings
from tests.storage_world import N, R, S, U, World, make_topic

OPENED = "The harbour bridge was opened to traffic on Monday, the mayor said."
CLOSED = "The harbour bridge remains closed to all traffic, the port said."
TALKS = "Talks about the harbour bridge go on, the council said in a note."


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    db = open_database(sqlite_url)
    yield World(db).start()
    db.dispose()


def desk_of(world: World) -> Desk:
    return Desk(world.db, plain_settings(), now=world.tick)


def decide(
    world: World, url: str, text: str, machine: Stance, person: Stance, *, quote: str | None = None, name: str = "d"
) -> None:
    revision = world.say(url, date(2020, 12, 1), machine, text=text)
    world.publish()
    with world.db.read() as s:
        article = articles.article_by_url(s, url).id
    one = NewDecision("stance", f"{name}-{url[-1]}", world.claim_id(), article, revision, stance=person, quote=quote)
    decisions.record(world.db, [one], by="ada", now=world.tick())


def rows_of(world: World) -> tuple[decided.Decided, ...]:
    desk = desk_of(world)
    return decided.decided(desk, intake.stored_topic(desk, "bridge"))


def test_a_decision_becomes_a_training_pair_with_its_quote(world: World) -> None:
    decide(world, "https://a.example/1", CLOSED, S, R)
    (pair,) = decided.training_pairs(rows_of(world))
    assert pair["premise"] == CLOSED, "the quote that was seen"
    assert (pair["hypothesis"], pair["label"], pair["lang"], pair["by"]) == ("The bridge is open", "refutes", "en", "ada")


def test_what_points_at_no_words_or_both_ways_is_no_training_pair(world: World) -> None:
    decide(world, "https://a.example/1", CLOSED, U, R)
    decide(world, "https://a.example/2", OPENED, S, Stance.MIXED)
    assert len(rows_of(world)) == 2
    assert decided.training_pairs(rows_of(world)) == []


def test_of_two_decisions_the_later_holds_and_one_that_was_taken_back_does_not(world: World) -> None:
    decide(world, "https://a.example/1", CLOSED, S, R)
    decide(world, "https://a.example/1", CLOSED, S, N, name="later")
    assert [r.stance for r in rows_of(world)] == [N]
    decisions.undo(world.db, "later-1", by="ada", now=world.tick(), client_id="u1")
    assert [r.stance for r in rows_of(world)] == [R]


def test_decided_quotes_become_examples_once_and_can_be_taken_away(world: World) -> None:
    decide(world, "https://a.example/1", CLOSED, S, R)
    decide(world, "https://a.example/2", OPENED, S, S)
    rows = rows_of(world)
    taught = decided.with_examples(world.topic, rows)
    assert taught.claims[0].examples == Examples((OPENED,), (CLOSED,), ())
    assert decided.with_examples(taught, rows) == taught
    assert decided.without_examples(taught, ["open"]) == world.topic


def test_the_pairs_are_written_as_json_lines(world: World, tmp_path: Path) -> None:
    from app.cli import app

    decide(world, "https://a.example/1", CLOSED, S, R)
    decide(world, "https://a.example/2", OPENED, U, S)
    file = tmp_path / "pairs.jsonl"
    done = CliRunner().invoke(app, ["decisions", "--export-pairs", str(file), "--db", world.db.url])
    assert done.exit_code == 0, done.output
    assert [json.loads(line)["label"] for line in file.read_text().splitlines()] == ["refutes"]


def test_quotes_that_people_added_are_training_pairs_too_and_older_wordings_are_told(world: World, tmp_path: Path) -> None:
    from app.cli import app

    world.say("https://a.example/1", date(2020, 12, 1), N, text=f"{TALKS} {CLOSED}")
    world.publish()
    with world.db.read() as s:
        article = articles.article_by_url(s, "https://a.example/1").id
    added = NewDecision("evidence", "e1", world.claim_id(), article, stance=R, quote=CLOSED)
    decisions.record(world.db, [added], by="ada", now=world.tick())
    file = tmp_path / "pairs.jsonl"
    export = ["decisions", "--export-pairs", str(file), "--db", world.db.url]
    assert CliRunner().invoke(app, export).exit_code == 0
    (pair,) = [json.loads(line) for line in file.read_text().splitlines()]
    assert (pair["premise"], pair["label"], pair["by"]) == (CLOSED, "refutes", "ada")
    assert rows_of(world) == (), "it is no word on the article"
    world.start(make_topic(suffix=" today"))
    done = CliRunner().invoke(app, export)
    assert file.read_text() == ""
    assert "1 decision left out: made on an older wording of the claim" in done.stderr


# --- The learning curve -----------------------------------------------------------------------------------------------


class Words:
    name = "words"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.full((len(texts), 4), 0.2, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:3] += [float(w in text.lower()) for w in ("opened", "closed", "talks")]
            row /= np.linalg.norm(row)
        return rows


class Engine(PairReader):
    matcher_hash, languages = "fake", frozenset({"en"})

    def __init__(self) -> None:
        self.asked = 0

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        self.asked += len(pairs)
        return [StanceProbs(0.34, 0.31, 0.3, 0.05)] * len(pairs)


def test_the_learning_curve_rises_where_wordings_come_back(tmp_path: Path) -> None:
    sides = {"supports": OPENED, "refutes": CLOSED, "neutral": TALKS}
    rows = [(f"a{i}", side) for i, side in enumerate([*sides] * 12)]
    texts, claims, labels = (tmp_path / name for name in ("a.jsonl", "c.tsv", "l.tsv"))
    texts.write_text(
        "".join(
            json.dumps({"id": k, "text": f"Report {k}: {sides[s]}", "lang": "en", "published": "2020-12-01"}) + "\n"
            for k, s in rows
        )
    )
    claims.write_text("claim_id\ttopic\tstatement\nC1\tB\tThe harbour bridge is open.\n")
    labels.write_text("article_id\tclaim_id\tlabel\n" + "".join(f"{k}\tC1\t{s}\n" for k, s in rows))
    curve = learning_curve(texts, claims, labels, Engine(), Words(), (0, 10), draws=2)  # type: ignore[arg-type]
    none, ten = curve.points
    assert curve.held_out == 18
    assert (none.given, none.on, ten.given, ten.on) == (0, 0, 10, 1)
    assert ten.accuracy > 0.9 > 0.5 > none.accuracy
    assert [line.split()[0] for line in curve.lines()][2:] == ["0", "10"]
