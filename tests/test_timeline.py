"""A hundred dated reports in twelve languages on one claim, answered by hand labels: in whatever order they come in, the ledger
is the same, and what was told stays told. How the machine reads them is `benchmarks.timeline`'s matter."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from benchmarks import timeline
from benchmarks.timeline import Arrival, HandReader, Newsroom, Report, Told, halves, in_turns, shuffled
from claimline.models import Stance, Topic
from storage.engine import Database, open_database
from storage.verify import differences, fold_differences

EDITED = "/news/kotor-036"


@pytest.fixture(scope="module")
def topic() -> Topic:
    return timeline.load_topic()


@pytest.fixture(scope="module")
def reports(topic: Topic) -> list[Report]:
    return timeline.load_reports(topic)


@pytest.fixture(scope="module")
def room(
    topic: Topic, reports: list[Report], sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Newsroom]:
    """Where every report came in with its half-year."""
    path = tmp_path_factory.mktemp("timeline") / "in-order.db"
    path.write_bytes(sqlite_template.read_bytes())
    db = open_database(f"sqlite:///{path}")
    yield timeline.newsroom(db, topic, HandReader(topic, reports)).take(timeline.as_seen(reports, months=6))
    db.dispose()


@pytest.fixture(scope="module")
def in_order(room: Newsroom) -> Told:
    return room.ledger()


def test_the_timeline_is_what_its_page_says(topic: Topic, reports: list[Report]) -> None:
    assert (len(reports), len({r.entry.outlet for r in reports})) == (120, 27)
    langs = [r.entry.lang for r in reports]
    assert (langs.count("en"), len(set(langs))) == (59, 12)
    texts = [r.entry.text or "" for r in reports]
    assert len(reports) - len(set(texts)) == 18
    assert {r.hand.label for r in reports} == set(Stance)
    spoken = {speaker for r in reports for _, speaker in r.hand.quotes} - {""}
    assert {p.canonical for p in topic.people} < spoken
    for report, text in zip(reports, texts, strict=True):
        wanted = {Stance.UNRELATED: 0, Stance.MIXED: 2}.get(report.hand.label, 1)
        assert [quote in text for quote, _ in report.hand.quotes] == [True] * wanted, report.id


def test_month_by_month_the_affair_is_opened_supported_contested_and_refuted(room: Newsroom) -> None:
    assert [(c["day"], c["after"]) for c in room.changes()] == [
        ("2019-05-13", "open"),
        ("2019-09-17", "supported"),
        ("2020-09-10", "contested"),
        ("2021-05-06", "refuted"),
    ]
    months = room.months(date(2019, 1, 1), date(2022, 4, 30))
    assert list(Counter(months.values()).items()) == [
        ("unreported", 4),
        ("open", 4),
        ("supported", 12),
        ("contested", 8),
        ("refuted", 12),
    ]


def test_a_report_without_a_sure_date_is_not_folded_and_an_edit_ends_what_it_takes_back(
    reports: list[Report], in_order: Told
) -> None:
    positions, _ = in_order
    taken = {r.entry.url for r in reports if r.hand.quotes}
    unsure = taken - {p.article for p in positions}
    assert {r.entry.published for r in reports if r.entry.url in unsure} == {None, "06/07/2020"}
    edited = [(p.stance, str(p.valid_from), str(p.valid_to)) for p in positions if p.article.endswith(EDITED)]
    assert sorted(edited) == [
        (Stance.REFUTES, "2021-09-10", "None"),
        (Stance.SUPPORTS, "2020-03-12", "2021-09-10"),
    ]


def test_what_was_told_of_a_month_is_told_of_it_three_years_later(room: Newsroom) -> None:
    assert len(room.told) == 7
    assert room.broken == set()
    with room.db.read() as s:
        assert [fold_differences(s, room.claim_id, at) for at in room.told] == [()] * len(room.told)


@pytest.mark.slow
@pytest.mark.parametrize("late", ["the first half", "the second half"])
def test_either_half_may_come_late(database: Database, topic: Topic, reports: list[Report], in_order: Told, late: str) -> None:
    one, two = halves(reports)
    check(database, topic, reports, in_turns([two, one] if late == "the first half" else [one, two]), in_order)


@pytest.mark.slow
def test_reports_in_a_random_order_make_the_same_ledger(
    sqlite_url: str, topic: Topic, reports: list[Report], in_order: Told
) -> None:
    db = open_database(sqlite_url)
    check(db, topic, reports, shuffled(reports, 5, random.Random(1)), in_order)
    db.dispose()


@pytest.mark.slow
def test_reports_that_come_in_month_by_month_make_the_same_ledger(
    database: Database, topic: Topic, reports: list[Report], in_order: Told
) -> None:
    check(database, topic, reports, timeline.as_seen(reports), in_order)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_reports_in_any_random_order_make_the_same_ledger(
    database: Database, topic: Topic, reports: list[Report], in_order: Told, seed: int
) -> None:
    check(database, topic, reports, shuffled(reports, 12, random.Random(seed)), in_order)


def check(db: Database, topic: Topic, reports: list[Report], arrivals: list[Arrival], in_order: Told) -> None:
    """The same ledger; what was told before an arrival is told after it; all of it is the fold of what was known."""
    room = timeline.newsroom(db, topic, HandReader(topic, reports)).take(arrivals)
    assert room.ledger() == in_order
    assert (len(room.told), room.broken) == (len(arrivals), set())
    with db.read() as s:
        assert differences(s, 1) == ()
        assert [fold_differences(s, room.claim_id, at) for at in room.told] == [()] * len(room.told)
