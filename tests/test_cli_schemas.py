"""What commands tell programs: every `--json` has its schema and follows it, and every read says how far we have read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

from app.cli import app
from claimline.errors import ClaimlineError
from claimline.models import SourceReport
from storage import articles, claims, runs, users
from storage.engine import open_database
from tests.web_data import build

SCHEMAS = Path(__file__).parent.parent / "app" / "schemas"
OF_CLAIM = ("bridge-safe", "--topic", "harbour-bridge")
CONTRACTS = {
    "articles": "claim url stance decided confidence published_on date_basis outlet lang voice",
    "history": "claim from to valid_from recorded_at cause voices review quotes",
}
READS: dict[str, tuple[str, ...]] = {
    "claims": (),
    "history": OF_CLAIM,
    "why": OF_CLAIM,
    "speakers": OF_CLAIM,
    "diff-history": (*OF_CLAIM, "--known-at", "2021-01-12T06:01Z", "--known-at", "2021-02-01"),
    "evidence": (),
    "articles": (),
    "review": (),
    "decisions": (),
    "coverage": ("--days", "3"),
    "runs": (),
    "sources": (),
    "sources list": (),
    "outlets": ("harbour-bridge",),
    "topics list": (),
}
NEWS = {
    "url": "https://harbour.example/news/1",
    "title": "Bridge opens to lorries",
    "published": "2024-03-04",
    "lang": "en",
    "outlet": "harbour.example",
    "text": "The harbour bridge was opened to lorries on Monday. "
    '"Lorries can use the bridge from today," the mayor, Anna Berg, said.',
}


@cache
def schemas() -> dict[str, Any]:
    """Command -> schema, as their titles say."""
    found: dict[str, Any] = {}
    for path in SCHEMAS.glob("*.schema.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        named = re.fullmatch(r"claimline (.+) --json", schema["title"])
        assert named, path
        found |= dict.fromkeys(named[1].split("|"), schema)
    return found


def commands_with_json() -> set[str]:
    def walk(command: Any, path: str) -> Iterator[str]:
        for name, sub in getattr(command, "commands", {}).items():
            here = f"{path} {name}".strip()
            if any("--json" in getattr(p, "opts", ()) for p in sub.params):
                yield here
            yield from walk(sub, here)

    return set(walk(typer.main.get_command(app), ""))


@dataclass(frozen=True)
class Room:
    db: Path
    folder: Path

    def rows(self, command: str, *args: str, db: bool = True, code: int = 0) -> tuple[list[dict[str, Any]], str]:
        """The lines on stdout, each checked by the command's schema, and what is said on stderr."""
        named = ("--db", str(self.db)) if db else ()
        done = CliRunner().invoke(app, [*command.split(), *args, *named, "--json"], catch_exceptions=False)
        assert done.exit_code == code, done.output
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert rows, done.stderr
        for row in rows:
            jsonschema.validate(row, schemas()[command])
        return rows, " ".join(done.stderr.split())


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """A database with the made newsroom, and a run that asked its first source."""
    folder = tmp_path_factory.mktemp("schemas")
    db = open_database(f"sqlite:///{folder / 'room.db'}")
    build(db)
    with db.read() as s:
        topic_id = claims.topic(s, "harbour-bridge").id
        (source, *_) = articles.sources(s, topic_id)
    now = datetime.now(UTC)
    db.write(lambda s: runs.cover(s, [SourceReport(source.id, source.locator, answered=True, found=2, new=1)], now=now))
    db.write(lambda s: users.add(s, "ann", "admin", "x", now=now))
    db.dispose()
    made = Room(folder / "room.db", folder)
    CliRunner().invoke(app, ["rule", *OF_CLAIM[:1], "contested", "--from", "2020-05-01", "--by", "ann", "--db", str(made.db)])
    return made


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """A small topic over a folder, read once."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "news").mkdir()
    (folder / "news" / "all.jsonl").write_text(json.dumps(NEWS) + "\n", encoding="utf-8")
    (folder / "bridge.yaml").write_text(
        "title: The bridge\nnames: [{name: harbour bridge, variants: [bridge]}]\n"
        "claims:\n  - slug: bridge-open\n    statement: The harbour bridge is open to lorries\n"
        "    examples: {supports: [The harbour bridge was opened to lorries], refutes: [Lorries may not use the bridge]}\n"
        "sources:\n  - files: news\n",
        encoding="utf-8",
    )
    return Room(folder / "desk.db", folder)


def test_every_command_with_json_has_a_schema_and_every_schema_a_command() -> None:
    assert commands_with_json() == schemas().keys()
    for schema in schemas().values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("read", READS)
def test_every_read_follows_its_schema_and_says_how_far_we_have_read(room: Room, read: str) -> None:
    _, said = room.rows(read, *READS[read])
    assert re.search(r"read up to \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC, \d+ of \d+ sources answered", said), said


@pytest.mark.parametrize("read", CONTRACTS)
def test_a_contract_has_its_keys_in_their_order_and_no_others(room: Room, read: str) -> None:
    rows, _ = room.rows(read, *READS[read])
    assert {tuple(row) for row in rows} == {tuple(CONTRACTS[read].split())}


def test_reads_of_one_article_follow_their_schemas(room: Room) -> None:
    rows, _ = room.rows("articles")
    db = open_database(f"sqlite:///{room.db}")
    with db.read() as s:
        edited = next(r["url"] for r in rows if len(_texts(s, r["url"])) > 1)
    db.dispose()
    for read in ("diff", "trace"):
        _, said = room.rows(read, edited)
        assert "sources answered" in said


def _texts(s: Any, url: str) -> Any:
    from storage import revisions

    return revisions.revisions_of(s, articles.article_by_url(s, url).id)


def test_who_may_use_the_page_and_what_the_doctor_finds_follow_their_schemas(room: Room) -> None:
    room.rows("users list")
    room.rows("doctor", code=1)
    room.rows("models list", db=False)


def test_what_a_desk_does_follows_its_schemas(desk: Room) -> None:
    topic = str(desk.folder / "bridge.yaml")
    tracked, _ = desk.rows("track", "--plain", "--topic", topic)
    assert [r["claim"] for r in tracked] == ["bridge-open"]
    steps, _ = desk.rows("trace", NEWS["url"], "--claim", "bridge-open")
    assert {"retrieved", "passage", "judged", "folded"} <= {step["step"] for step in steps}
    desk.rows("sources test", str(desk.folder / "news"))
    desk.rows("teach", "bridge")
    desk.rows("replay", "--topic", "bridge", "--by", "ann")
    (waits,), _ = desk.rows("replay list", "bridge")
    desk.rows("replay accept", waits["replay"], "--by", "ann")
    desk.rows("replay", "--topic", "bridge", "--by", "ann")
    (waits,), _ = desk.rows("replay list", "bridge")
    desk.rows("replay discard", waits["replay"])
    claims_file = desk.folder / "more.csv"
    claims_file.write_text("statement\nThe harbour bridge is closed to cyclists\n", encoding="utf-8")
    desk.rows("claims import", "bridge", str(claims_file), "--dry-run")
    desk.rows("topics import-claims", "bridge", str(claims_file))


def test_what_is_measured_follows_its_schemas(desk: Room, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pair = {"premise": "The bridge was opened.", "hypothesis": "The bridge is open", "label": "supports", "src": "own"}
    pairs.write_text(json.dumps(pair) + "\n", encoding="utf-8")
    desk.rows("bench pairs", str(pairs), db=False)
    (tmp_path / "a.jsonl").write_text(json.dumps(NEWS | {"id": "1", "topic": "bridge"}) + "\n", encoding="utf-8")
    (tmp_path / "c.tsv").write_text(
        "claim_id\ttopic\tstatement\nc\tbridge\tThe harbour bridge is open to lorries\n", encoding="utf-8"
    )
    (tmp_path / "l.tsv").write_text("article_id\tclaim_id\tlabel\n1\tc\trefutes\n", encoding="utf-8")
    files = {"--articles": "a.jsonl", "--claims": "c.tsv", "--labels": "l.tsv"}
    desk.rows("bench articles", *(x for k, v in files.items() for x in (k, str(tmp_path / v))), db=False)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("claims", "--topic", "harbor-bridge"), "no topic named 'harbor-bridge'; known: harbour-bridge"),
        (("runs", "--topic", "harbor-bridge"), "no topic named 'harbor-bridge'; known: harbour-bridge"),
        (("history", "bridge-safe", "--topic", "harbor-bridge"), "no topic named 'harbor-bridge'; known: harbour-bridge"),
        (("claims", "--known-at", "9999-12-31T23:59:59-14:00"), "lies beyond the calendar"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_answered_by_nothing(room: Room, args: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(app, [*args, "--db", str(room.db)])
    assert isinstance(done.exception, ClaimlineError)
    assert words in str(done.exception)
    assert (done.exception.exit_code, done.stdout) == (2, "")


@pytest.mark.parametrize("args", ["coverage --days 999999999", "retain --bytes-days 99999999999", "retain --text-days 999999999"])
def test_a_number_of_days_beyond_the_calendar_is_refused(room: Room, args: str) -> None:
    done = CliRunner().invoke(app, [*args.split(), "--db", str(room.db)])
    assert done.exit_code == 2
    assert "Invalid value" in done.stderr
