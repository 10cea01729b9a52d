"""Coverage is data: what each source's answer and articles came to, by day and reason; and the days we were blind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from app import reads
from app.cli import app
from claimline.errors import FetchFailed, FetchRefused
from claimline.models import ClaimSpec, Discovered, Entry, Fetched, Skip, SourceReport, SourceSpec, Topic
from flows import intake, steps
from flows.desk import Desk
from flows.intake import Asked
from flows.tally import Tally
from storage import articles, claims, ledger, runs
from storage.engine import Database, open_database
from tests.fakes import plain_settings
from tests.schemas import schema
from tests.storage_world import R, S, World, make_topic

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
PAGE = (
    b"<html lang=en><body><article><h1>The bridge</h1>" + b"<p>The bridge is open, the mayor said today.</p>" * 9 + b"</article>"
)


class Web:
    """Refuses one page, fails with another, gives a page without a date for the rest."""

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *_: Any) -> None: ...

    def bears(self, _: str) -> int:
        return 2

    def ready_in(self, _: str) -> float:
        return 0.0

    def get(self, url: str, **_: Any) -> Fetched:
        if url.endswith("refused"):
            raise FetchRefused(url, "robots")
        if url.endswith("slow"):
            raise FetchFailed(url, "timeout")
        return Fetched(url, url, 200, NOW, PAGE, "text/html")


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    db = open_database(sqlite_url)
    yield Desk(db, plain_settings(), now=lambda: NOW, client=lambda *_a, **_k: Web())
    db.dispose()


def test_every_reason_stands_under_its_source_and_day(desk: Desk) -> None:
    specs = (SourceSpec("feed", "https://a.example/feed"), SourceSpec("feed", "https://b.example/feed"))
    steps.import_topic(desk, Topic("bridge", "The bridge", (ClaimSpec("open", "The bridge is open"),), specs))
    found = {
        "https://a.example/feed": Discovered(
            tuple(Entry(f"https://a.example/{x}") for x in ("refused", "slow", "read")), (Skip("x", "too-old"),)
        ),
        "https://b.example/feed": Discovered((), not_modified=True),
    }
    hands = replace(
        steps.PLAIN,
        ask=lambda _d, _t, sources: [Asked(s, found[s.locator]) for s in sources],
        group=lambda *_: Tally(),
        assess=lambda *_: Tally(),
        consult=lambda *_: Tally(),
    )
    for _ in range(2):
        steps.ingest(desk, "bridge", hands=hands)
    with desk.db.read() as s:
        one, two = runs.coverage(s, intake.stored_topic(desk, "bridge").id)
    assert one.reasons == {"date-uncertain": 1, "failed-timeout": 1, "skipped-robots": 1, "skipped-too-old": 2}
    assert two.reasons == {"not-modified": 2}
    assert (one.asked, one.day) == (2, NOW.date())


def test_days_on_which_nobody_answered_are_blind_and_those_without_a_run_are_not(database: Database) -> None:
    w = World(database).start()
    with database.read() as s:
        (source,) = articles.sources(s, w.topic_id)
    began = w.now
    for days, answered in ((0, True), (1, False), (2, False), (5, True)):
        report = SourceReport(source.id, source.locator, answered=answered)
        database.write(lambda s, r=report, d=days: runs.cover(s, [r], now=began + timedelta(days=d)))  # type: ignore[misc]
    with database.read() as s:
        blind = runs.blind_days(s, w.topic_id)
    assert blind == tuple((began + timedelta(days=d)).date() for d in (1, 2))


def test_days_in_a_row_are_one_span() -> None:
    days = [date(2026, 1, d) for d in (1, 2, 3, 7)]
    assert reads.in_a_row(days) == [(days[0], days[2]), (days[3], days[3])]


def test_a_history_tells_its_gaps_to_programs_and_those_of_a_claim_that_never_changed(sqlite_url: str) -> None:
    db = open_database(sqlite_url)
    w = World(db).start(make_topic("open", "wide"))
    w.say("https://a.example/1", w.now.date(), R)
    w.tick(days=9)
    w.say("https://a.example/2", w.now.date(), S, confidence=0.99)
    w.say("https://b.example/2", w.now.date(), S, confidence=0.99)
    w.say("https://c.example/2", w.now.date(), S, confidence=0.99)
    w.publish()
    report = SourceReport(w.source_id(), "https://news.example/feed", answered=False)
    for day in (-7, -6, 3):
        db.write(lambda s, d=day: runs.cover(s, [report], now=w.now + timedelta(days=d)))  # type: ignore[misc]

    def history(claim: str) -> tuple[list[dict[str, Any]], str]:
        told = CliRunner().invoke(app, ["history", claim, "--json", "--db", db.url], catch_exceptions=False)
        return [json.loads(line) for line in told.stdout.splitlines()], " ".join(told.stderr.split())

    rows, said = history("open")
    for row in rows:
        schema("history").validate(row)
    assert "we could not look on 2021-01-03 to 2021-01-04, 2021-01-13" in said
    with db.read() as s:
        claim = claims.claim(s, "open")
        told = list(reads.history_rows(s, claim, ledger.changes(s, claim.id), None, None))
    same = rows[0].keys() - {"quotes"}
    assert [{k: v for k, v in row.items() if k in same} for row in told] == [{k: row[k] for k in same} for row in rows]
    assert [row["could_not_look"] for row in told] == [
        [{"from": "2021-01-03", "to": "2021-01-04"}],
        [{"from": "2021-01-13", "to": "2021-01-13"}],
    ]
    assert history("wide")[0] == []
    assert "we could not look on 2021-01-03 to 2021-01-04, 2021-01-13" in history("wide")[1]
    db.dispose()
