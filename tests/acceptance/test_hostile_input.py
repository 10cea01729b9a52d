"""Input that means no good: one clear line each, and the run goes on to what can be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.acceptance.command import ROOT, Claimline, Ran
from tests.acceptance.hostile_site import GOOD, RUSSIAN, hostile_site, page

pytestmark = pytest.mark.slow

TEN_ERRORS = """\
titel: The bridge
slug: Not A Slug
claims:
  - slug: Big Letters
    statement: The bridge over the strait has been closed
  - is the bridge open?
  - The bridge has been repaired
  - The bridge has been repaired
sources:
  - fed: https://example.org/a
  - feed: not-an-address
  - {kind: telepathy, url: "https://example.org"}
outlets:
  - {domain: "https://example.org/x"}
  - {domain: example.org, weight: heavy}
names: 3
"""


@dataclass(frozen=True)
class World:
    run: Claimline
    topic: Path
    first: Ran


def _write_files(folder: Path) -> None:
    folder.mkdir()
    (folder / "good.html").write_text(page(GOOD, "2020-10-06"), encoding="utf-8")
    (folder / "empty.html").write_bytes(b"")
    (folder / "picture.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 30)
    (folder / "large.html").write_bytes(b"<p>" + b"word " * 80_000)
    (folder / "nul.txt").write_bytes(b"date 2020-10-07 Turkey has \0bought\0 the S-400 from Russia, officials said in Ankara.")
    (folder / "charset.html").write_bytes(
        page(RUSSIAN, "2020-10-06").replace("<head>", "<head><meta charset='utf-8'>").encode("cp1251")
    )
    (folder / "lines.jsonl").write_bytes(b'{"url": "x\n[1, 2]\n{"text": ""}\n')


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {"CLAIMLINE_MAX_BODY_BYTES": "300000", "CLAIMLINE_RETRIES": "0"}
    run = Claimline(tmp_path_factory.mktemp("hostile"), settings)
    _write_files(run.home / "files")
    with hostile_site() as root:
        data = yaml.safe_load((ROOT / "topics" / "s400-nato.yaml").read_text(encoding="utf-8"))
        data["sources"] = [{"files": "files"}, {"feed": f"{root}/feed-a", "allow_private": [root.removeprefix("http://")]}]
        topic = run.home / "topic.yaml"
        topic.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        yield World(run, topic, run("track", "--plain", "--topic", str(topic)))


def test_the_run_goes_on_and_says_that_it_was_done_in_part(world: World) -> None:
    assert world.first.code == 3, world.first.err
    assert "2 of 2 sources answered" in world.first.err
    assert "Traceback" not in world.first.err


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (" empty.html:", "empty"),
        (" picture.html:", "binary"),
        (" large.html:", "too-large"),
        (" nul.txt:", "binary"),
        (" lines.jsonl:1:", "bad-json"),
        (" lines.jsonl:2:", "bad-json"),
        (" lines.jsonl:3:", "empty"),
        ("/huge:", "large"),
        ("/bomb:", "large"),
        ("/circle:", "redirect-loop"),
        ("/empty:", "empty"),
        ("/binary:", "binary"),
        ("/feed-a:", "loop"),
    ],
)
def test_what_cannot_be_read_has_one_clear_line(world: World, what: str, why: str) -> None:
    lines = world.first.lines_about(what)
    assert len(lines) == 1, world.first.err
    assert why in lines[0]


def test_what_can_be_read_is_read_in_spite_of_its_neighbours(world: World) -> None:
    urls = {row["url"].rsplit("/", 1)[-1] for row in world.run("articles", "--json").rows}
    assert {"good.html", "good", "late", "charset", "charset.html", "nul"} <= urls


def test_nul_bytes_and_a_wrong_charset_leave_no_trace_in_quotes(world: World) -> None:
    out = world.run("evidence", "--json").out
    assert "Столтенберг" in out
    assert "\\u0000" not in out
    assert "�" not in out


def test_a_second_run_over_it_changes_nothing(world: World) -> None:
    before = world.run.answers("s400-integration", "delivered")
    again = world.run("track", "--plain", "--topic", str(world.topic))
    assert "0 changes" in again.err
    assert world.run.answers("s400-integration", "delivered") == before


@pytest.mark.parametrize("command", [("topics", "check"), ("track", "--plain", "--topic")], ids=["check", "track"])
def test_a_topic_file_with_ten_errors_names_each_with_its_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    run = Claimline(tmp_path)
    path = tmp_path / "bad.yaml"
    path.write_text(TEN_ERRORS, encoding="utf-8")
    ran = run(*command, str(path))
    named = {line.split("bad.yaml:")[1].split(":")[0] for line in ran.lines_about("bad.yaml:")}
    assert ran.code == 2
    assert len(ran.lines_about("bad.yaml:")) >= 10
    assert {"1", "2", "4", "6", "8", "10", "11", "12", "14", "15", "16"} <= named
    assert "Traceback" not in ran.err
