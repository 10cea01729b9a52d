"""The command line as a person and a program use it: real commands over a real small topic."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.cli import app, main
from tests.schemas import schema

ROOT = Path(__file__).parent.parent
NEWS = [
    {
        "url": "https://harbour.example/news/1",
        "title": "Bridge opens to lorries",
        "published": "2024-03-04",
        "lang": "en",
        "outlet": "harbour.example",
        "text": "The harbour bridge was opened to lorries on Monday, the mayor, Anna Berg, said. "
        '"Lorries can use the bridge from today," Berg said. The fish market moves next week.',
    },
    {
        "url": "https://harbour.example/news/2",
        "title": "Weather",
        "published": "2024-03-05",
        "lang": "en",
        "outlet": "harbour.example",
        "text": "Rain is expected all week over the islands, the weather office said. Gales may follow at the weekend.",
    },
]


@dataclass
class Desk:
    """A database with a tracked topic, and a way to call commands on it."""

    db: Path
    topic: Path

    def run(self, *args: str, code: int | None = 0) -> str:
        result = CliRunner().invoke(app, [*args, "--db", str(self.db)], catch_exceptions=False)
        assert code is None or result.exit_code == code, result.output
        return result.stdout

    def rows(self, *args: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.run(*args, "--json").splitlines()]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("cli")
    news = folder / "news"
    news.mkdir()
    (news / "all.jsonl").write_text("".join(json.dumps(n) + "\n" for n in NEWS), encoding="utf-8")
    topic = folder / "bridge.yaml"
    topic.write_text(
        "title: The bridge\nnames: [{name: harbour bridge, variants: [bridge]}]\n"
        "claims:\n  - {slug: bridge-open, statement: The harbour bridge is open to lorries}\nsources:\n  - files: news\n",
        encoding="utf-8",
    )
    made = Desk(folder / "claims.db", topic)
    made.run("track", "--plain", "--topic", str(topic))
    return made


def test_every_command_has_help_and_takes_a_database() -> None:
    def walk(command: typer.core.TyperGroup, path: list[str]) -> Iterator[tuple[list[str], object]]:
        for name, sub in getattr(command, "commands", {}).items():
            yield [*path, name], sub
            yield from walk(sub, [*path, name])

    found = list(walk(typer.main.get_command(app), []))  # type: ignore[arg-type]
    assert len(found) > 30
    assert [path for path, sub in found if not (sub.help or "").strip()] == []  # type: ignore[attr-defined]
    leaves = [(path, {o for p in sub.params for o in p.opts}) for path, sub in found if not hasattr(sub, "commands")]  # type: ignore[attr-defined]
    assert [path for path, options in leaves if "--db" not in options] == []


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_printed_without_a_command(option: str) -> None:
    result = CliRunner().invoke(app, [option])
    assert (result.exit_code, result.stdout) == (0, f"claimline {version('claimline')}\n")


@pytest.mark.parametrize("name", ["claims", "articles", "evidence", "runs"])
def test_json_lines_follow_their_schema(desk: Desk, name: str) -> None:
    rows = desk.rows(name)
    assert rows
    for row in rows:
        schema(name).validate(row)


def test_history_lines_follow_their_schema_and_quote_the_text(desk: Desk) -> None:
    desk.run("decide", NEWS[0]["url"], "bridge-open", "supports", "--by", "ann", "--note", "plain")
    rows = desk.rows("history", "bridge-open")
    assert rows
    for row in rows:
        schema("history").validate(row)
    quotes = [q for row in rows for q in row["quotes"]]  # type: ignore[union-attr]
    assert quotes
    for q in quotes:
        assert NEWS[0]["text"][q["start"] : q["end"]] == q["quote"]
    assert rows[-1]["to"] == "supported"


def test_a_decision_survives_a_rerun_and_can_be_taken_back(desk: Desk) -> None:
    desk.run("decide", NEWS[1]["url"], "bridge-open", "refutes", "--by", "ann")
    made = desk.rows("decisions")[0]
    assert (made["by"], made["stance"]) == ("ann", "refutes")
    desk.run("track", "--plain", "--topic", str(desk.topic))
    assert [r["stance"] for r in desk.rows("articles") if r["url"] == NEWS[1]["url"]] == ["refutes"]
    desk.run("undo", str(made["id"]), "--by", "ann")
    assert [r for r in desk.rows("articles") if r["url"] == NEWS[1]["url"]] == []


def test_a_second_run_changes_nothing(desk: Desk) -> None:
    before = [desk.rows(*read) for read in (["claims"], ["history", "bridge-open"], ["articles"], ["evidence"])]
    desk.run("track", "--plain", "--topic", str(desk.topic))
    assert [desk.rows(*read) for read in (["claims"], ["history", "bridge-open"], ["articles"], ["evidence"])] == before


def test_nothing_is_known_before_it_was_recorded_or_printed(desk: Desk) -> None:
    assert desk.rows("history", "bridge-open", "--as-of", "2024-03-03") == []
    assert desk.rows("history", "bridge-open", "--known-at", "2020-01-01") == []


def test_a_backup_answers_byte_for_byte_as_the_database(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    desk.run("db", "backup", str(file))
    again = Desk(tmp_path / "again.db", desk.topic)
    again.run("db", "restore", str(file))
    assert again.run("history", "bridge-open", "--json") == desk.run("history", "bridge-open", "--json")


def test_reasons_and_traces_can_be_read(desk: Desk) -> None:
    assert "without 1 voice" in desk.run("why", "bridge-open")
    assert "dated" in desk.run("trace", NEWS[0]["url"], "--claim", "bridge-open")
    assert desk.rows("why", "bridge-open")[0]["status"] == "supported"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["history", "no-such-claim"], "no claim named"),
        (["history", "bridge-open", "--as-of", "soon"], "is not a day"),
        (["track", "--topic", "missing.yaml"], "cannot be read"),
        (["decide", "https://harbour.example/news/1", "bridge-open", "maybe"], "is no stance"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_two(
    desk: Desk, args: list[str], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["claimline", *args, "--db", str(desk.db)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert words in told.err
    assert "Traceback" not in told.err + told.out
    assert len(told.err.strip().splitlines()) == 1


@pytest.mark.slow  # starts a process; of `main` the test before says the same
def test_a_process_ends_with_the_code_and_the_line_too(desk: Desk) -> None:
    command = [sys.executable, "-m", "app.cli", "history", "no-such-claim", "--db", str(desk.db)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert "no claim named" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_read_imports_neither_prefect_nor_models_nor_the_dialect_of_another_database(sqlite_file: Path) -> None:
    heavy = ("prefect", "numpy", "trafilatura", "onnxruntime", "fastapi", "alembic", "sqlalchemy.dialects.postgresql")
    code = (
        "import sys; sys.argv = ['claimline', 'claims', '--db', sys.argv[1]]\n"
        "from app.start import main\n"
        "try: main()\n"
        f"finally: print('loaded:', [m for m in {heavy} if m in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(sqlite_file)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert "loaded: []" in done.stdout, done.stdout + done.stderr


def test_new_writes_a_topic_that_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    db = ("--db", str(tmp_path / "none.db"))
    result = CliRunner().invoke(app, ["new", "The harbour bridge is open to lorries", "--out", str(path), *db])
    assert result.exit_code == 0
    assert CliRunner().invoke(app, ["topics", "check", str(path), *db]).exit_code == 0
    assert [p.name for p in tmp_path.iterdir()] == ["t.yaml"]
