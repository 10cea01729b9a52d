"""A source that has more than one answer holds is asked on, in the daily run and in a backfill, and reported once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from claimline.models import ClaimSpec, Discovered, Entry, SourceSpec, Topic, Validators
from flows import archive, intake, steps
from flows.desk import Desk
from flows.intake import Asked
from flows.steps import Hands
from flows.tally import Tally
from storage import articles, runs
from storage.engine import open_database
from storage.records import StoredSource, StoredTopic
from tests.fakes import plain_settings

PARTS = 5
NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    db = open_database(sqlite_url)
    yield Desk(db, plain_settings(), now=lambda: NOW)
    db.dispose()


def ask(_desk: Desk, _topic: StoredTopic, sources: Sequence[StoredSource]) -> Iterator[Asked]:
    """Five parts of two articles each; the validators say how many were given."""
    for source in sources:
        n = int(source.validators.etag or 0)
        entries = tuple(Entry(f"https://news.example/{n}/{i}") for i in range(2))
        yield Asked(source, Discovered(entries, validators=Validators(etag=str(n + 1)), more=n + 1 < PARTS))


HANDS: Hands = replace(steps.PLAIN, ask=ask, fetch=lambda *_: Tally(), assess=lambda *_: Tally(), consult=lambda *_: Tally())


def start(desk: Desk) -> StoredTopic:
    topic = Topic("bridge", "The bridge", (ClaimSpec("open", "The bridge is open"),), (SourceSpec("gdelt", "bridge"),))
    steps.import_topic(desk, topic)
    return intake.stored_topic(desk, "bridge")


def test_a_run_reads_every_part_and_reports_the_source_once(desk: Desk) -> None:
    topic = start(desk)
    report = steps.track(desk, "bridge", hands=HANDS)
    assert [(s.found, s.new, s.answered) for s in report.sources] == [(2 * PARTS, 2 * PARTS, True)]
    with desk.db.read() as s:
        (source,) = articles.sources(s, topic.id)
        assert source.validators.etag == str(PARTS)
        assert runs.coverage(s, topic.id)[0].asked == 1


def test_a_backfill_reads_every_part_and_keeps_the_sources_own_place(desk: Desk) -> None:
    topic = start(desk)
    report = archive.backfill(desk, "bridge", date(2020, 1, 1), date(2020, 1, 2), hands=HANDS)
    assert report.tally.counts["articles-new"] == 2 * PARTS
    with desk.db.read() as s:
        assert articles.sources(s, topic.id)[0].validators == Validators()


def test_a_source_that_never_ends_is_left_and_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    start(desk)
    monkeypatch.setattr(steps, "MOST_PARTS", 2)
    report = steps.track(desk, "bridge", hands=HANDS)
    assert [s.reason for s in report.tally.skips] == ["more-left"]
    assert report.sources[0].found == 6
