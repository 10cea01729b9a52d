"""What commands that change something answer to a program, by schema; and how the doctor mends a ledger of an earlier version."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from app import out
from app.cli import app
from claimline.errors import UsageError
from claimline.models import OutletSpec, OutletType, SourceSpec
from storage import ledger, outlets, tables, verify
from storage.engine import Database, open_database
from tests.kept import kept
from tests.schemas import SCHEMAS, schema, text_of
from tests.storage_world import R, S, World, day, make_topic

YES, NO = "https://a.example/1", "https://b.example/1"
QUOTE = "The bridge is open, Zebediah said."
# warcio leaves closing its buffers to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")


def answers(*args: str, follow: str, code: int = 0) -> tuple[list[dict[str, Any]], str]:
    """The lines that a command writes on stdout with --json, each checked by its schema, and what it says on stderr."""
    done = CliRunner().invoke(app, [*args, "--json"], catch_exceptions=False)
    assert done.exit_code == code, done.output
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    for row in rows:
        schema(follow).validate(row)
    return rows, done.stderr


@kept
def bridge(db: Database) -> World:
    """A bridge of which one article says that it is open, and one that it is not."""
    w = World(db).start()
    w.say(YES, day("2020-03-01"), S, text=QUOTE, speaker="Zebediah")
    w.say(NO, day("2020-03-02"), R, text="The bridge is shut. It stays shut.")
    w.publish()
    return w


@pytest.fixture
def world(db: Database) -> World:
    return bridge(db)


def at(w: World) -> tuple[str, str]:
    w.db.engine.dispose()
    return "--db", w.db.url


# --- outlets beside quotes ------------------------------------------------------------------------------------------


@kept
def named_agency(db: Database) -> World:
    """A named agency, an outlet that nobody has named, and a name of the agency that came after both were read."""
    w = World(db).start(make_topic(outlets=[OutletSpec("wire.example", "Wire", OutletType.AGENCY, "AW", 0.5)]))
    w.say("https://en.wire.example/1", day("2020-03-01"), S, text=QUOTE, speaker="Zebediah", outlet="en.wire.example")
    w.say("https://b.example/1", day("2020-03-02"), R, text="The bridge is shut.")
    w.publish()
    return w


@pytest.fixture
def wire(db: Database) -> World:
    return named_agency(db)


@pytest.mark.parametrize("command", [("history", "open"), ("evidence",), ("why", "open")])
@pytest.mark.parametrize("width", ["60", "200"])
def test_type_country_and_weight_stand_beside_every_quote(
    wire: World, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], width: str
) -> None:
    monkeypatch.setattr(out.out, "width", int(width))
    told = " ".join(CliRunner().invoke(app, [*command, *at(wire)], catch_exceptions=False).stdout.replace("|", " ").split())
    assert "agency, AW, weight 0.5" in told
    assert "type not given, weight 1" in told


def test_a_voice_without_a_speaker_is_called_by_its_outlet_and_day(wire: World) -> None:
    told = " ".join(CliRunner().invoke(app, ["why", "open", *at(wire)]).stdout.split())
    assert "without 1 voice (b.example of 2020-03-02) it would be: Reported as true" in told
    assert "copies:" not in told


def test_programs_are_told_the_outlets_of_quotes(wire: World) -> None:
    rows, _ = answers("evidence", *at(wire), follow="evidence")
    beside = {r["outlet"]: (r["outlet_type"], r["outlet_country"], r["outlet_weight"]) for r in rows}
    assert beside == {"en.wire.example": ("agency", "AW", 0.5), "b.example": (None, None, 1.0)}
    (row,) = [json.loads(x) for x in CliRunner().invoke(app, ["why", "open", "--json", *at(wire)]).stdout.splitlines()]
    agency = {"outlet": "en.wire.example", "type": "agency", "country": "AW", "weight": 0.5}
    assert row["outlets"]["https://en.wire.example/1"] == agency


def test_an_outlet_is_what_it_was_held_for_at_a_known_time(wire: World) -> None:
    before = wire.tick()
    changed = OutletSpec("wire.example", "Wire", OutletType.STATE_MEDIA, "AW", 0.1)
    wire.db.write(lambda s: outlets.set_outlet(s, wire.topic_id, changed, now=wire.tick(), by="ann"))
    with wire.db.read() as s:
        then, now = (
            outlets.publishers(s, [wire.claim_id()], known_at=k)[wire.claim_id()].of("wire.example") for k in (before, None)
        )
    assert [(str(p.type), p.weight) for p in (then, now)] == [("agency", 0.5), ("state media", 0.1)]


# --- what a program is told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["decide", NO, "open", "supports"], {"done": "decide", "stance": "supports", "url": NO}),
        (["accept", YES, "open"], {"done": "accept", "stance": "supports", "url": YES}),
        (["reject", YES, "open", "--quote", QUOTE], {"done": "reject", "quote": QUOTE}),
        (
            ["evidence", "add", NO, "open", "--quote", "It stays shut.", "--stance", "refutes", "--speaker", "Anna Berg"],
            {"done": "evidence add", "quote": "It stays shut.", "speaker": "Anna Berg"},
        ),
        (["rule", "open", "supported", "--from", "2020-03-05"], {"done": "rule", "status": "supported", "from": "2020-03-05"}),
        (["separate", NO], {"done": "separate", "claim": None, "url": NO}),
        (["date", NO, "2020-03-09"], {"done": "date", "topic": None, "from": "2020-03-09"}),
    ],
)
def test_a_decision_answers_with_its_id_and_what_it_changed(world: World, command: list[str], told: dict[str, Any]) -> None:
    (row,), words = answers(*command, "--by", "ann", "--note", "why not", *at(world), follow="decided")
    assert told.items() <= row.items()
    assert (row["by"], row["note"]) == ("ann", "why not")
    assert row["id"] in words
    if row["done"] != "date":
        assert row["topic"] == "bridge"
    (kept,), _ = answers("decisions", *at(world), follow="decisions")
    assert kept.items() <= row.items()


def test_an_added_quote_is_listed_with_who_added_it_and_who_says_it(world: World) -> None:
    words = ("--quote", "It stays shut.", "--stance", "refutes", "--speaker", "Zoe Fell")
    answers("evidence", "add", NO, "open", *words, "--by", "ann", *at(world), follow="decided")
    rows, _ = answers("evidence", *at(world), follow="evidence")
    (added,) = [row for row in rows if row["added_by"]]
    assert (added["added_by"], added["speaker"], added["speaker_key"], added["stance"]) == (
        "ann",
        "Zoe Fell",
        "zoe-fell",
        "refutes",
    )
    assert added["quote"] == "It stays shut."


def test_the_changes_of_a_decision_are_those_that_the_history_then_tells(world: World) -> None:
    (row,), _ = answers("rule", "open", "refuted", "--from", "2020-03-05", *at(world), follow="decided")
    history, _ = answers("history", "open", *at(world), follow="history")
    assert [c["to"] for c in row["changes"]] == ["refuted"]
    (brought,), (told,) = row["changes"], history[-1:]
    # The history's line is a contract; a decision's answer says more of the same change.
    quotes = [{k: v for k, v in q.items() if k != "in_print"} for q in brought["quotes"]]
    assert {k: v for k, v in brought.items() if k in told} | {"quotes": quotes} == told


def test_a_change_that_is_told_no_longer_is_told_as_withdrawn(world: World) -> None:
    (made,), _ = answers("rule", "open", "refuted", "--from", "2020-03-05", "--by", "ann", *at(world), follow="decided")
    assert made["withdrawn"] == []
    (row,), words = answers("undo", made["id"], "--by", "bob", *at(world), follow="undo")
    assert row["withdrawn"] == made["changes"]
    assert row["changes"] == []
    assert "1 change of status" in words


def test_who_takes_back_the_only_words_reads_what_is_no_longer_told(world: World) -> None:
    answers("rule", "open", "refuted", "--from", "2020-03-05", "--by", "ann", *at(world), follow="decided")
    (made,), _ = answers("decisions", *at(world), follow="decisions")
    told = CliRunner().invoke(app, ["undo", made["id"], "--by", "bob", *at(world)])
    assert told.stdout == "2020-03-05  open: no longer Sources disagree -> Reported as false\n"


def test_an_undoing_answers_with_what_it_took_back(world: World) -> None:
    (made,), _ = answers("decide", NO, "open", "supports", "--by", "ann", *at(world), follow="decided")
    (row,), words = answers("undo", made["id"], "--by", "bob", *at(world), follow="undo")
    assert (row["done"], row["by"]) == ("undo", "bob")
    assert row["id"] != made["id"]
    assert [(d["id"], d["by"], d["undone"]) for d in row["decisions"]] == [(made["id"], "ann", True)]
    assert [(c["from"], c["to"]) for c in row["changes"]] == [("supported", "contested")]
    assert "is taken back" in words


def test_a_purge_answers_with_counts_and_a_hash_and_never_with_the_name(world: World) -> None:
    (row,), words = answers("purge", "Zebediah", "--reason", "asked", "--yes", *at(world), follow="purge")
    assert (row["done"], row["kind"], row["reason"], row["counts"]["quotes"]) == ("purge", "person", "asked", 1)
    assert "ebediah" not in json.dumps(row)
    assert "erased" in words
    (row,), _ = answers("purge", NO, "--reason", "asked", "--yes", *at(world), follow="purge")
    assert [(c["from"], c["to"]) for c in row["changes"]] == []
    assert row["kind"] == "url"


def test_a_purge_tells_what_is_no_longer_told_for_it(world: World) -> None:
    (row,), words = answers("purge", NO, "--reason", "asked", "--yes", "--by", "ann", *at(world), follow="purge")
    assert (row["changes"], row["again"]) == ([], False)
    assert [(c["claim"], c["valid_from"], c["from"], c["to"]) for c in row["withdrawn"]] == [
        ("open", "2020-03-02", "supported", "contested")
    ]
    assert [q["quote"] for q in row["withdrawn"][0]["quotes"]] == [""]
    assert "1 change of status" in words


def test_who_purges_reads_what_is_no_longer_told_and_a_second_time_that_nothing_was_left(world: World) -> None:
    purge = ("purge", "b.example", "--reason", "asked", "--yes", "--by", "ann", *at(world))
    told = CliRunner().invoke(app, [*purge])
    assert told.stdout.startswith("2020-03-02  open: no longer Reported as true -> Sources disagree\nerased: ")
    assert "1 change of status" in told.stdout
    told = CliRunner().invoke(app, [*purge])
    assert told.stdout.startswith("erased before, on ")
    assert "by ann (asked)" in told.stdout
    (row,), _ = answers(*purge, follow="purge")
    assert (row["again"], row["changes"], row["withdrawn"]) == (True, [], [])


def test_a_name_that_is_blank_signs_nothing(world: World) -> None:
    for command in (["decide", NO, "open", "supports"], ["outlets", "bridge", "--accept", "a.example"]):
        done = CliRunner().invoke(app, [*command, "--by", "", *at(world)])
        assert isinstance(done.exception, UsageError), done.output
        assert "who decides?" in str(done.exception)


@pytest.mark.parametrize(("said", "code", "rows"), [("y\n", 0, 1), ("perhaps\nYES\n", 0, 1), ("n\n", 1, 0), ("", 1, 0)])
def test_a_question_stands_on_stderr_and_leaves_no_blank_before_the_answer(world: World, said: str, code: int, rows: int) -> None:
    done = CliRunner().invoke(app, ["purge", NO, "--reason", "asked", "--json", *at(world)], input=said)
    assert done.exit_code == code
    assert done.stdout == "".join(line + "\n" for line in done.stdout.split("\n") if line.startswith("{"))
    assert done.stdout.count("\n") == rows
    assert done.stderr.count("this cannot be undone [y/N]: ") == max(1, said.count("\n"))


def test_every_prompt_of_the_commands_stands_on_stderr() -> None:
    for file in SCHEMAS.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
            assert name not in ("confirm", "input"), file  # click's leave a blank on stdout; `out.agreed` does not
            if name == "prompt" and isinstance(node, ast.Call):
                assert "err" in [keyword.arg for keyword in node.keywords], file


def test_retention_answers_with_what_was_removed(world: World) -> None:
    (row,), words = answers("retain", "--bytes-days", "0", *at(world), follow="retain")
    assert (row["done"], row["bytes_days"], row["text_days"]) == ("retain", 0, None)
    assert "removed" in words


@pytest.mark.slow  # through Prefect; the steps of a backfill are in test_flows.py
def test_a_backfill_answers_with_the_changes_as_a_run_does(tmp_path: Path) -> None:
    page = (
        "<html lang='en'><head><title>Harbour bridge opens to lorries</title></head><body><article>"
        "<h1>Harbour bridge opens to lorries</h1><p>The harbour bridge is open to lorries, the harbour authority said.</p>"
        "<p>&quot;The harbour bridge is open to lorries,&quot; said Ada Brandt, the city engineer, on Monday.</p></article>"
    )
    with (tmp_path / "a.warc").open("wb") as file:
        writer = WARCWriter(file, gzip=False)
        headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
        record = writer.create_warc_record(
            "https://h.example/2024/03/04/bridge",
            "response",
            payload=BytesIO(page.encode()),
            http_headers=headers,
            warc_headers_dict={"WARC-Date": "2024-03-04T08:00:00Z"},
        )
        writer.write_record(record)
    topic = tmp_path / "bridge.yaml"
    topic.write_text(
        "title: The bridge\nnames: [harbour bridge]\nclaims:\n"
        "  - {slug: open, statement: The harbour bridge is open to lorries}\nsources:\n  - warc: a.warc\n",
        encoding="utf-8",
    )
    db = ("--db", str(tmp_path / "c.db"))
    assert CliRunner().invoke(app, ["topics", "import", str(topic), *db]).exit_code == 0
    span = ("--topic", "bridge", "--from", "2024-03-01", "--to", "2024-03-10")
    rows, words = answers("backfill", *span, *db, follow="history")
    assert [(r["claim"], r["to"], r["valid_from"]) for r in rows] == [("open", "supported", "2024-03-04")]
    assert "1 new article" in words
    assert answers("backfill", *span, *db, follow="history")[0] == []


def test_a_check_answers_for_each_file_with_every_problem_and_its_line(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("title: T\nclaims: [The pier is closed to cars]\nsources:\n  - files: nowhere\n", encoding="utf-8")
    bad.write_text("title: T\nclaims: ['Is the pier closed?']\n", encoding="utf-8")
    (fine, wrong), words = answers("topics", "check", str(good), str(bad), follow="topics-check", code=2)
    assert (fine["file"], fine["ok"], fine["topic"], fine["claims"]) == (str(good), True, "good", 1)
    assert any("no such file or folder" in hint for hint in fine["hints"])
    assert (wrong["ok"], wrong["topic"]) == (False, None)
    assert {p["key"] for p in wrong["problems"]} >= {"sources"}
    assert all(f"{bad}:{p['line']}:" in words for p in wrong["problems"])


def test_the_schemas_say_of_a_change_what_that_of_the_history_says() -> None:
    own = ("type", "required", "properties", "additionalProperties")
    told = text_of("decided")["$defs"]["change"]  # the contract's keys, and what people see beside them
    for name in ("undo", "purge", "why", "replay-accept"):
        assert text_of(name)["$defs"]["change"] == told
    history = {k: v for k, v in text_of("history")["properties"].items() if k != "quotes"}
    assert history.items() <= told["properties"].items()
    assert set(told["required"]) - set(text_of("history")["required"]) == {"machine", "note"}
    assert told["properties"].items() <= text_of("diff-history")["properties"].items()
    decision = {k: v for k, v in text_of("decisions").items() if k in own}
    assert text_of("undo")["$defs"]["decision"] == decision
    assert decision["properties"].items() <= text_of("decided")["properties"].items()


# --- a ledger of an earlier version ---------------------------------------------------------------------------------


def purged_by_an_earlier_version(db: Database) -> World:
    """Two reports of one speaker whose name is gone from the rows that are folded, and no fold since."""
    w = World(db).start()
    for host in "ab":
        text = f"The bridge is open, {host} says that Zebediah said."
        w.say(f"https://{host}.example/1", day("2020-03-01"), S, text=text, speaker="Zebediah")
    w.publish()
    nobody = {"speaker_written": None, "speaker_key": None, "speaker_basis": None}
    db.write(lambda s: s.execute(sa.update(tables.evidence).values(**nobody)))
    db.write(lambda s: s.execute(sa.update(tables.positions).values(speaker=None, speaker_written=None)))
    return w


def test_claims_that_an_earlier_version_folded_otherwise_are_folded_again_as_an_edition(database: Database) -> None:
    w = purged_by_an_earlier_version(database)
    with database.read() as s:
        (found,) = verify.differences(s, w.topic_id)
        before = ledger.editions(s, w.topic_id)
    assert (found.claim_id, found.mendable) == (w.claim_id(), True)
    done = database.write(lambda s: verify.mend(s, w.topic_id, by="Ada", now=w.tick()))
    with database.read() as s:
        assert verify.differences(s, w.topic_id) == ()
        (edition, *earlier) = ledger.editions(s, w.topic_id)
        status = ledger.status(s, w.claim_id())
        known = ledger.status(s, w.claim_id(), known_at=before[0].recorded_at)
    assert (edition.key, edition.cause.value, edition.actor) == (done.edition_key, "rules changed", "Ada")
    assert tuple(earlier) == before
    assert (status.figures.speakers, known.figures.speakers) == (0, 1)
    again = database.write(lambda s: verify.mend(s, w.topic_id, by="Ada", now=w.tick()))
    assert again.edition_id is None


def test_a_claim_whose_changes_are_right_and_whose_standing_is_not_is_found_and_mended(database: Database) -> None:
    w = World(database).start()
    w.say(YES, day("2020-03-01"), S, text=QUOTE)
    w.publish()
    database.write(lambda s: s.execute(sa.update(tables.claim_states).values(status="refuted")))
    with database.read() as s:
        (found,) = verify.differences(s, w.topic_id)
    assert "where it stands" in found.what
    database.write(lambda s: verify.mend(s, w.topic_id, by="Ada", now=w.tick()))
    with database.read() as s:
        assert verify.differences(s, w.topic_id) == ()


def test_positions_that_are_not_what_was_answered_are_not_folded_into_the_ledger(database: Database) -> None:
    w = purged_by_an_earlier_version(database)
    database.write(lambda s: s.execute(sa.update(tables.positions).values(confidence=0.1)))
    with database.read() as s:
        found = verify.differences(s, w.topic_id)
    assert [d.mendable for d in found] == [False, False]
    assert database.write(lambda s: verify.mend(s, w.topic_id, by="Ada", now=w.tick())).edition_id is None


def test_the_doctor_names_the_command_that_mends_and_it_does(sqlite_url: str) -> None:
    db = open_database(sqlite_url)
    w = purged_by_an_earlier_version(db)

    def doctor(*more: str) -> list[str]:
        told = CliRunner().invoke(app, ["doctor", *more, *at(w)], env={"COLUMNS": "400"})
        return [line for line in f"{told.stdout}{told.exception or ''}".splitlines() if "fold" in line or "--mend" in line]

    (line,) = doctor("--ledger")
    assert line.startswith(
        "FAIL  bridge: an earlier version folded otherwise: open; `claimline doctor --ledger --mend --topic bridge`"
    )
    assert "--mend goes with --ledger" in doctor("--mend")[-1]
    (line,) = doctor("--ledger", "--mend", "--topic", "bridge", "--by", "Ada")
    assert line.startswith("ok    bridge: 1 of the claims folded again")
    assert doctor("--ledger") == []
    with db.read() as s:
        assert verify.differences(s, w.topic_id) == ()
    db.dispose()


@pytest.mark.parametrize("command", [("claims", "import"), ("topics", "import-claims")])
def test_claims_are_taken_out_of_a_file_under_either_name(sqlite_url: str, tmp_path: Path, command: tuple[str, str]) -> None:
    db = open_database(sqlite_url)
    World(db).start()
    (tmp_path / "more.csv").write_text("statement\nThe tunnel is closed\n", encoding="utf-8")
    told = CliRunner().invoke(app, [*command, "bridge", str(tmp_path / "more.csv"), "--db", sqlite_url])
    assert told.exit_code == 0, told.output
    listed = CliRunner().invoke(app, ["claims", "--json", "--db", sqlite_url])
    assert {json.loads(line)["statement"] for line in listed.stdout.splitlines()} == {
        "The bridge is open",
        "The tunnel is closed",
    }
    db.dispose()


def test_a_decision_on_an_article_without_a_sure_day_says_what_it_waits_for(world: World) -> None:
    undated = "https://c.example/1"
    world.say(undated, None, R)
    world.publish()
    _, said = answers("decide", undated, "open", "refutes", *at(world), follow="decided")
    assert "no sure day" in said
    _, said = answers("decide", NO, "open", "refutes", *at(world), follow="decided")
    assert "no sure day" not in said


def test_an_article_is_taken_out_of_its_copies_in_the_topics_that_have_it(world: World) -> None:
    elsewhere = (SourceSpec("feed", "https://ferries.example/feed"),)
    w = World(world.db, now=world.now).start(replace(make_topic("shut"), slug="ferry", title="A ferry", sources=elsewhere))
    assert w.topic_id != world.topic_id
    rows, _ = answers("separate", NO, *at(world), follow="decided")
    assert [row["topic"] for row in rows] == ["bridge"]
