"""What the commands say at a desk: errors that name the thing and what to do, words that a person can read, codes that tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import out
from app.cli import app, main

ROOT = Path(__file__).parent.parent
OPENED = (
    '<html lang="en"><head><title>Lindholm bridge opens to lorries</title>'
    '<meta property="article:published_time" content="2026-03-02T09:00:00Z"></head><body><article>'
    "<h1>Lindholm bridge opens to lorries</h1><p>The Lindholm bridge is now open to lorries, the harbour authority said.</p>"
    '<p>"The Lindholm bridge is open to lorries," said Ada Brandt, the city engineer, on the quay on Monday.</p></article></body>'
)


@dataclass
class Told:
    code: int
    out: str
    err: str


@dataclass
class Desk:
    folder: Path

    @property
    def db(self) -> str:
        return str(self.folder / "claims.db")

    def run(self, *args: str, db: bool = True) -> Told:
        result = CliRunner().invoke(app, [*args, *(("--db", self.db) if db else ())])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            error = result.exception
            return Told(getattr(error, "exit_code", 1), result.stdout, f"{result.stderr}{error}")
        return Told(result.exit_code, result.stdout, result.stderr)

    def rows(self, *args: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.run(*args, "--json").out.splitlines()]


@pytest.fixture(scope="module")
def desk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A topic read twice: its one article was changed between."""
    folder = tmp_path_factory.mktemp("words")
    (folder / "news").mkdir()
    (folder / "bridge.yaml").write_text(
        "title: The bridge\nnames: [Lindholm bridge]\npeople: [{name: Ada Brandt, variants: [Brandt]}]\n"
        "claims:\n  - {slug: open, statement: The Lindholm bridge is open to lorries}\nsources:\n  - files: news\n",
        encoding="utf-8",
    )
    made = Desk(folder)
    Path(made.db).write_bytes(sqlite_template.read_bytes())
    page = folder / "news" / "opened.html"
    page.write_text(OPENED, encoding="utf-8")
    made.run("track", "--plain", "--topic", str(folder / "bridge.yaml"))
    changed = OPENED.replace("is now open to lorries", "is not open to lorries").replace(
        "is open to lorries,", "is closed to lorries,"
    )
    page.write_text(changed, encoding="utf-8")
    made.run("track", "--plain", "--topic", "bridge")
    return made


# --- what goes wrong ------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_written_is_named_and_is_no_internal_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    target = tmp_path / "file" / "topic.yaml"
    monkeypatch.setattr(sys, "argv", ["claimline", "new", "The pier is closed to cars", "--out", str(target)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert str(tmp_path / "file") in told
    assert "internal error" not in told
    assert len(told.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("sentence", "source", "words"),
    [
        ("The pier is closed to cars", "ftp://pier.example/feed", "not an http(s) address"),
        ("The pier is closed to cars", "no/such/folder", "no such folder"),
        ("Is the pier closed?", "https://pier.example/feed", "is a question"),
        ("", "https://pier.example/feed", "is missing"),
    ],
)
def test_new_writes_nothing_where_the_topic_would_not_be_valid(
    desk: Desk, tmp_path: Path, sentence: str, source: str, words: str
) -> None:
    file = tmp_path / "t.yaml"
    told = desk.run("new", sentence, "--source", source, "--out", str(file), db=False)
    assert told.code == 2
    assert words in told.err
    assert str(file) not in told.err
    assert not file.exists()


def test_a_source_that_a_topic_file_could_not_hold_is_not_added_by_hand(desk: Desk) -> None:
    for wrong in (["sources", "add", "bridge", "ftp://x.example/feed"], ["add", "not an address", "--topic", "bridge"]):
        told = desk.run(*wrong)
        assert told.code == 2
        assert "not an http(s) address" in told.err
    assert desk.run("sources", "add", "bridge", "no/such/folder").code == 2
    assert len(desk.rows("sources")) == 1


def test_an_address_that_was_asked_for_and_not_read_is_a_failure(tmp_path: Path) -> None:
    own = Desk(tmp_path)
    (tmp_path / "t.yaml").write_text(
        "title: T\nclaims: [The pier is closed to cars]\nsources:\n  - {feed: 'https://pier.example/f', paused: yes}\n",
        encoding="utf-8",
    )
    assert own.run("topics", "import", str(tmp_path / "t.yaml")).code == 0
    told = own.run("add", "http://127.0.0.1:9/a.html", "--topic", "t")
    assert told.code == 1
    assert "private-address" in told.err


def test_only_a_quote_of_the_machine_can_be_rejected(desk: Desk) -> None:
    before = desk.rows("decisions")
    told = desk.run("reject", "opened.html", "open", "--quote", "words that nobody wrote", "--by", "ann")
    assert told.code == 2
    assert "its quotes:" in told.err
    assert desk.rows("decisions") == before


def test_a_quote_is_rejected_whatever_the_blanks_between_its_words(desk: Desk) -> None:
    quote = str(desk.rows("evidence")[0]["quote"])
    assert desk.run("reject", "opened.html", "open", "--quote", quote.replace(" ", "\n "), "--by", "ann").code == 0
    made = desk.rows("decisions")[0]
    assert made["quote"] == quote
    desk.run("undo", str(made["id"]), "--by", "ann")


def test_a_day_of_publication_cannot_lie_in_the_future(desk: Desk) -> None:
    told = desk.run("date", "opened.html", (datetime.now(UTC).date() + timedelta(days=2)).isoformat())
    assert told.code == 2
    assert "in the future" in told.err


def test_added_evidence_takes_one_position(desk: Desk) -> None:
    told = desk.run("evidence", "add", "opened.html", "open", "--quote", "lorries", "--stance", "mixed")
    assert told.code == 2
    assert "supports, refutes, neutral" in told.err


def test_a_publisher_is_accepted_by_its_domain_only(desk: Desk) -> None:
    told = desk.run("outlets", "bridge", "--accept", "https://ledger.example/x")
    assert told.code == 2
    assert "is no domain" in told.err


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["trace", "nowhere.html"], "claimline articles"),
        (["undo", "0000"], "claimline decisions"),
        (["replay", "accept", "0000"], "claimline replay list"),
    ],
)
def test_an_unknown_name_says_where_the_known_ones_are(desk: Desk, args: list[str], hint: str) -> None:
    told = desk.run(*args)
    assert told.code == 2
    assert hint in told.err


# --- what is told ---------------------------------------------------------------------------------------------------


def test_a_diff_without_colours_marks_what_went_and_what_came(desk: Desk) -> None:
    told = desk.run("diff", "opened.html").out
    assert "{+not+}" in told or "{+ not+}" in told
    assert "[-" in told
    (row,) = desk.rows("diff", "opened.html")
    assert {"old": "now", "new": "not"} in row["changes"] or any("not" in c["new"] for c in row["changes"])  # type: ignore[union-attr,index,operator]


def test_a_trace_says_until_when_words_stood_that_an_edit_took_away(desk: Desk) -> None:
    told = desk.run("trace", "opened.html").out
    assert "when the text was changed" in told


def test_decisions_name_the_article_that_they_are_about(desk: Desk) -> None:
    desk.run("decide", "opened.html", "open", "refutes", "--by", "ann", "--note", "seen")
    told = desk.run("decisions").out
    assert "opened.html" in told
    assert "refutes" in told
    desk.run("undo", str(desk.rows("decisions")[0]["id"]), "--by", "ann")
    assert "taken back" in desk.run("decisions", "--undone").out
    assert "nobody has decided anything" in desk.run("decisions").err


def test_a_time_before_the_first_run_is_no_topic_that_was_never_read(desk: Desk) -> None:
    told = desk.run("claims", "--known-at", "2020-01-01").err
    assert "nothing had been read yet on 2020-01-01 23:59 UTC" in told
    assert "never read" not in told


def test_why_takes_the_day_as_every_other_read_does(desk: Desk) -> None:
    a, b = desk.rows("why", "open", "--as-of", "2026-03-03"), desk.rows("why", "open", "--on", "2026-03-03")
    assert a == b
    assert a[0]["on"] == "2026-03-03"


def test_speakers_have_the_names_that_the_topic_gives_them(desk: Desk) -> None:
    assert "Ada Brandt" in desk.run("speakers", "open", "--as-of", "2026-03-05").out


def test_sources_have_a_list_as_topics_models_and_replays_have(desk: Desk) -> None:
    assert desk.rows("sources", "list") == desk.rows("sources")
    assert desk.rows("replay", "list", "bridge") == []


def test_a_table_without_rows_is_a_line_instead(tmp_path: Path) -> None:
    empty = Desk(tmp_path)
    empty.run("topics", "list")
    for args in (["runs"], ["topics", "list"], ["decisions"], ["coverage"], ["sources"], ["claims"], ["articles"], ["evidence"]):
        told = empty.run(*args)
        assert (told.code, told.out) == (0, "")
        assert told.err.strip()


def test_one_is_not_counted_in_the_plural(desk: Desk) -> None:
    assert "1 claim, 1 source" in desk.run("topics", "check", str(desk.folder / "bridge.yaml"), db=False).out
    assert out.count(1, "case") == "1 case"
    assert out.count(2_000, "case") == "2,000 cases"


def test_a_ruling_that_wants_another_look_is_told_once_with_its_reason(desk: Desk) -> None:
    desk.run("rule", "open", "supported", "--from", "2026-03-10", "--review-by", "2026-04-01", "--by", "ann")
    told = desk.run("review").err
    assert told.count("wants another look") == 1
    assert "2026-04-01" in told
    desk.run("undo", str(desk.rows("decisions")[0]["id"]), "--by", "ann")


# --- what a shell sees ----------------------------------------------------------------------------------------------


def _interrupted(*_args: object, **_named: object) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_says_that_it_can_go_on_and_has_the_code_of_shells(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["claimline", "claims", "--db", desk.db])
    monkeypatch.setattr("storage.ledger.statuses", _interrupted)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert "stopped; what was finished is kept" in capsys.readouterr().err


def test_a_reader_that_has_gone_is_no_failure(desk: Desk) -> None:
    code = (
        "import sys; from app import cli, out\n"
        "sys.argv = ['claimline', 'articles', '--json', '--db', sys.argv[1]]\n"
        "def gone(rows): list(rows); raise BrokenPipeError(32, 'Broken pipe')\n"
        "out.json_lines = gone\n"
        "cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code, desk.db], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_columns_says_how_wide_a_table_is_in_a_pipe(desk: Desk) -> None:
    command = [sys.executable, "-m", "app.cli", "claims", "--db", desk.db]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, env={**os.environ, "COLUMNS": "50"})
    assert max(map(len, done.stdout.splitlines())) <= 50


def test_a_narrow_table_breaks_no_day_and_cuts_off_no_slug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(out.out, "width", 40)
    slug = "the-harbour-bridge-is-open-to-lorries"
    out.table(None, ["claim", "since", "changed on", "on"], [[slug, "2026-03-02", "2026-03-09", "3 for, 2 against"]])
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 40
    assert "2026-03-02" in told
    assert "2026-03-09" in told
    assert "\u2026" not in told
    assert "".join(line[: line.find("│")].strip() for line in told.splitlines()[2:]) == slug


def test_articles_on_a_narrow_terminal_have_addresses_that_can_be_copied(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (wide,) = {str(row["url"]) for row in desk.rows("articles")}
    monkeypatch.setattr(out.out, "width", 40)
    assert f" {wide}\n" in desk.run("articles").out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not json", ":1: is no JSON"),
        ('{"premise": "a", "label": "supports"}', ":1: needs premise, hypothesis and label"),
        ('{"premise": "a", "hypothesis": "b", "label": "yes"}', "1 row with other labels"),
    ],
)
def test_a_bench_of_what_is_no_pair_names_the_row(desk: Desk, tmp_path: Path, line: str, words: str) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text(line + "\n", encoding="utf-8")
    told = desk.run("bench", "pairs", str(file), db=False)
    assert told.code == 2
    assert words in told.err


def test_ctrl_c_while_the_command_is_loading_is_no_traceback() -> None:
    code = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'app.cli': raise KeyboardInterrupt\n"
        "from app import start\n"
        "sys.meta_path.insert(0, Stop())\n"
        "start.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (130, "claimline: stopped\n")
