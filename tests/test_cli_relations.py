"""Related claims that cannot both be right, and who confirmed what, as the commands tell it."""

from __future__ import annotations

import json
from dataclasses import replace

import sqlalchemy as sa
from typer.testing import CliRunner

from app.cli import app
from claimline.models import Status
from storage import decisions, tables
from storage.engine import Database
from storage.records import NewDecision
from tests.schemas import schema
from tests.storage_world import R, S, World, day, make_topic


def told(db: Database, *args: str, code: int | None = 0) -> str:
    db.engine.dispose()
    result = CliRunner().invoke(app, [*args, "--db", db.url], catch_exceptions=False, env={"COLUMNS": "400"})
    assert code is None or result.exit_code == code, result.output
    return " ".join(result.stdout.split())


def rows(db: Database, *args: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(app, [*args, "--json", "--db", db.url], catch_exceptions=False)
    return [json.loads(line) for line in result.stdout.splitlines()]


def bridge(db: Database) -> World:
    """A bridge that is reported as shut, and as open at night."""
    topic = make_topic("open", "open-at-night")
    wide, narrow = topic.claims
    w = World(db).start(replace(topic, claims=(wide, replace(narrow, narrower_than="open"))))
    w.say("https://a.example/1", day("2020-03-01"), S, claim="open-at-night")
    w.say("https://b.example/1", day("2020-03-05"), R, claim="open")
    w.publish()
    return w


def test_two_claims_that_cannot_both_be_right_are_flagged_wherever_one_is_told(db: Database) -> None:
    bridge(db)
    assert "cannot stand so beside open-at-night" in told(db, "claims")
    for command in ("history", "why"):
        for claim in ("open", "open-at-night"):
            words = told(db, command, claim)
            assert "open-at-night is narrower than open: Reported as true; Reported as false" in words
            assert "Both cannot be right" in words
    assert "both cannot be right; see `claimline why open-at-night`" in told(db, "doctor", code=None)
    contradicts = {row["claim"]: row["contradicts"] for row in rows(db, "claims")}
    assert contradicts == {"open": ["open-at-night"], "open-at-night": ["open"]}
    for row in rows(db, "claims"):
        schema("claims").validate(row)
    (why,) = rows(db, "why", "open")
    assert why["related"] == [
        {
            "claim": "open-at-night",
            "relation": "narrower than",
            "other": "open",
            "status": "supported",
            "other_status": "refuted",
            "contradictory": True,
        }
    ]


def test_a_relation_that_holds_is_told_without_alarm(db: Database) -> None:
    bridge(db)
    assert "cannot stand so" not in told(db, "claims", "--as-of", "2020-03-02")
    words = told(db, "history", "open-at-night", "--as-of", "2020-03-02")
    assert "open-at-night is narrower than open" in words
    assert "Both cannot be right" not in words


def test_why_and_the_claims_say_who_has_confirmed_a_status(db: Database) -> None:
    w = bridge(db)
    assert "not confirmed by a person" in told(db, "why", "open")
    ruling = NewDecision("ruling", "r1", claim_id=w.claim_id(), status=Status.REFUTED, valid_from=day("2020-03-06"))
    decisions.record(db, [ruling], by="Ada", now=w.tick())
    assert "confirmed by Ada" in told(db, "why", "open")
    assert "confirmed by Ada" in told(db, "claims")
    assert rows(db, "why", "open")[0]["review"] == "confirmed by Ada"


def test_the_doctor_computes_the_ledger_anew_when_asked(db: Database) -> None:
    w = bridge(db)
    assert "the ledger is what its evidence" in told(db, "doctor", "--ledger", code=None)
    assert "the ledger" not in told(db, "doctor", code=None)
    db.write(lambda s: s.execute(sa.update(tables.positions).values(confidence=0.1)))
    words = told(db, "doctor", "--ledger", code=1)
    assert f"claim {w.claim_id()}: 1 positions differ from the stored answers" in words
