"""Two real articles as a folder: how the claims evolved comes out of them, and a second run changes nothing.

The articles are not ours to ship; where they are not at hand these tests are skipped.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from claimline.normal import normalise
from tests.acceptance.command import ROOT, Claimline, Ran

SEEDS = Path(os.environ.get("CLAIMLINE_SEEDS", ROOT.parent / "shared" / "seeds"))
FIRST, SECOND = "2017-10-10", "2020-12-29"
# claim -> (what the article of 2017 says of it, what that of 2020 says)
CELLS = {
    "s400-integration": ("neutral", "refutes"),
    "integration-request": ("refutes", "unrelated"),
    "threat-to-aircraft": ("unrelated", "supports"),
    "allied-systems": ("supports", "supports"),
    "us-sanctions": ("unrelated", "supports"),
    "delivered": ("neutral", "supports"),
    "second-batch": ("unrelated", "neutral"),
    "f35-removal": ("unrelated", "neutral"),
}
ENOUGH = 12

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not SEEDS.is_dir(), reason="the two articles are not at hand")]


@dataclass(frozen=True)
class World:
    run: Claimline
    topic: Path
    first: Ran


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    run = Claimline(tmp_path_factory.mktemp("two"))
    topic = run.home / "topic.yaml"
    data = yaml.safe_load((ROOT / "topics" / "s400-nato.yaml").read_text(encoding="utf-8"))
    topic.write_text(yaml.safe_dump({**data, "sources": [{"files": str(SEEDS)}]}, allow_unicode=True), encoding="utf-8")
    return World(run, topic, run("track", "--plain", "--topic", str(topic)))


def test_tracking_succeeds(world: World) -> None:
    assert world.first.code == 0, world.first.err
    assert "1 of 1 sources answered" in world.first.err


def test_the_integration_claim_goes_from_unreported_to_open_to_refuted(world: World) -> None:
    rows = world.run("history", "s400-integration", "--json").rows
    steps = [(r["from"], r["to"], r["valid_from"]) for r in rows]
    assert steps == [("unreported", "open", FIRST), ("open", "refuted", SECOND)]


def test_every_change_has_a_verbatim_quote_a_speaker_and_a_date(world: World) -> None:
    texts = _texts(world)
    rows = world.run("history", "s400-integration", "--json").rows
    assert [row["quotes"][0]["said_on"] for row in rows] == ["2017-10-09", SECOND]
    for row in rows:
        for quote in row["quotes"]:
            assert quote["quote"] in texts[quote["url"]]
            assert "Stoltenberg" in quote["speaker"]


def _texts(world: World) -> Mapping[str, str]:
    return {path.name: normalise(path.read_text(encoding="utf-8")) for path in SEEDS.glob("*.txt")}


def test_on_the_first_day_of_2018_it_is_open(world: World) -> None:
    rows = {row["claim"]: row for row in world.run("claims", "--json", "--as-of", "2018-01-01").rows}
    assert rows["s400-integration"]["status"] == "open"
    assert len(world.run("history", "s400-integration", "--json", "--as-of", "2018-01-01").rows) == 1


def test_most_cells_are_read_as_a_person_reads_them(world: World) -> None:
    said = {(r["claim"], r["published_on"]): r["stance"] for r in world.run("articles", "--json").rows}
    wrong = {
        (claim, day): (said.get((claim, day), "unrelated"), expected)
        for claim, cells in CELLS.items()
        for day, expected in zip((FIRST, SECOND), cells, strict=True)
        if said.get((claim, day), "unrelated") != expected
    }
    assert 2 * len(CELLS) - len(wrong) >= ENOUGH, wrong


def test_a_second_run_changes_nothing(world: World) -> None:
    before = world.run.answers(*CELLS)
    again = world.run("track", "--plain", "--topic", str(world.topic))
    assert again.code == 0, again.err
    assert "0 changes" in again.err
    assert world.run.answers(*CELLS) == before
