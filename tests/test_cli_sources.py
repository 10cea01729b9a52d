"""Sources by the command line: GDELT is asked for the topic's own names."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from app.cli import app
from claimline.models import ClaimSpec, Name, SourceSpec, Topic
from flows import intake, steps
from flows.desk import Desk
from storage.engine import open_database
from tests.fakes import plain_settings


def test_gdelt_needs_no_query_and_every_other_kind_a_place(tmp_path: Path) -> None:
    path = tmp_path / "claimline.db"
    db = open_database(f"sqlite:///{path}")
    desk = Desk(db, plain_settings())
    names = (Name("Harbour bridge", ("Hafenbrücke",)),)
    claims = (ClaimSpec("open", "The bridge is open"),)
    steps.import_topic(desk, Topic("bridge", "The bridge", claims, (SourceSpec("feed", "https://a.example/feed"),), names))
    added = CliRunner().invoke(app, ["sources", "add", "bridge", "--kind", "gdelt", "--db", str(path)])
    assert added.exit_code == 0, added.output
    refused = CliRunner().invoke(app, ["sources", "add", "bridge", "--db", str(path)])
    assert refused.exit_code != 0
    sources = intake.stored_topic(desk, "bridge").topic.sources
    assert [(s.kind, s.locator) for s in sources][1:] == [("gdelt", '("Harbour bridge" OR "Hafenbrücke")')]
    db.dispose()
