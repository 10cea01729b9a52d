"""Looking at a past moment: nothing that was learned, ruled or worded later shows there, and no page says more than it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli import app
from app.views.charts import timeline
from app.web import create_app
from claimline.models import Stance, Status
from claimline.settings import Settings
from claimline.topics import digest, dump
from storage import claims, decisions, ledger
from storage.engine import Database
from storage.pages import DayRead
from storage.records import NewDecision
from tests.storage_world import S, World, day, make_topic
from tests.web_data import TOPIC, Newsroom, judgement

CLAIM = "/claims/harbour-bridge/bridge-safe"
NOTE = "the city has published the survey"
WORDS = "The harbour bridge is safe for heavy lorries, the city said."
LATER = "The harbour bridge of Aldwater is safe for every lorry"
REWORDED = replace(TOPIC, claims=(replace(TOPIC.claims[0], statement=LATER), *TOPIC.claims[1:]))


@pytest.fixture(scope="module")
def room(room_db: Database) -> Newsroom:
    """A report of 2019 found on 11 January, a ruling on it of the 22nd, taken back on the 28th, new words on 1 February."""
    db = room_db
    room = Newsroom(db)
    _, revision = room.article("https://a.example/1", "Safe", WORDS, date(2019, 3, 1))
    room.judge(revision, judgement(WORDS, WORDS, "bridge-safe", Stance.SUPPORTS, 0.9))
    room.publish()
    with db.read() as s:
        claim = claims.claim(s, "bridge-safe")
    ruling = NewDecision("ruling", "ruling-1", claim.id, status=Status.REFUTED, valid_from=date(2021, 1, 20), note=NOTE)
    decisions.record(db, [ruling], by="Zoe", now=datetime(2021, 1, 22, 9, tzinfo=UTC))
    decisions.undo(db, "ruling-1", by="Zoe", now=datetime(2021, 1, 28, 9, tzinfo=UTC), client_id="undo-1")
    now = datetime(2021, 2, 1, 9, tzinfo=UTC)
    db.write(lambda s: claims.import_topic(s, REWORDED, digest=digest(REWORDED), yaml=dump(REWORDED), now=now, by="test"))
    return room


@pytest.fixture(scope="module")
def page(room: Newsroom) -> Iterator[TestClient]:
    def now() -> datetime:
        return datetime(2021, 3, 1, 12, tzinfo=UTC)

    with TestClient(create_app(Settings(), db=room.db, now=now), base_url="http://127.0.0.1") as client:
        yield client


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def told(page: TestClient, path: str, **moment: str) -> str:
    answer = page.get(path, params=moment)
    assert answer.status_code == 200
    return text_of(answer.text)


@pytest.mark.parametrize("path", [CLAIM, f"{CLAIM}/dossier"])
def test_a_ruling_shows_from_when_it_was_made_until_it_was_taken_back(page: TestClient, path: str) -> None:
    assert NOTE not in told(page, path, known_at="2021-01-19")
    assert NOTE in told(page, path, known_at="2021-01-25")
    assert NOTE not in told(page, path, known_at="2021-01-25", as_of="2021-01-19")
    assert NOTE not in told(page, path, known_at="2021-01-29")
    assert NOTE not in told(page, path)


@pytest.mark.parametrize(
    "path", ["/", CLAIM, f"{CLAIM}/dossier", "/export/claims.csv", "/export/claims/harbour-bridge/bridge-safe.atom"]
)
def test_a_claim_is_told_in_the_words_that_it_had(page: TestClient, path: str) -> None:
    assert LATER in told(page, path)
    assert LATER in told(page, path, known_at="2021-02-02")
    before = told(page, path, known_at="2021-01-25")
    assert LATER not in before
    assert TOPIC.claims[0].statement in before


@pytest.mark.parametrize("command", ["history", "why", "claims"])
def test_so_do_the_commands(room: Newsroom, command: str) -> None:
    asked = [command, *([] if command == "claims" else ["bridge-safe"]), "--db", room.db.url]
    runner, wide = CliRunner(), {"COLUMNS": "200"}
    assert LATER in runner.invoke(app, asked, env=wide).stdout
    before = runner.invoke(app, [*asked, "--known-at", "2021-01-25"], env=wide).stdout
    assert LATER not in before
    assert TOPIC.claims[0].statement in before


def test_after_a_moment_that_is_looked_at_we_know_of_no_blindness() -> None:
    read = (DayRead(date(2021, 1, 1), 1, 1), DayRead(date(2021, 1, 20), 1, 0))
    until = date(2021, 3, 1)
    assert timeline((), (), read, until=until).blind == ((date(2021, 1, 2), date(2021, 3, 2)),)
    assert timeline((), (), read, until=until, known=date(2021, 1, 10)).blind == ((date(2021, 1, 2), date(2021, 1, 11)),)
    assert timeline((), (), read, until=until, known=date(2021, 1, 3)).blind == ()


def test_the_words_of_a_claim_go_back_and_forth_with_its_topic(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    first = w.tick()
    again = World(database, now=w.now).start(make_topic("open", suffix=" again"))
    second = again.tick()
    again.tick()
    with database.read() as s:
        claim = again.claim_id()

        def words(at: datetime | None) -> str:
            return ledger.status(s, claim, known_at=at).claim.statement

        assert words(first) == "The bridge is open"
        assert words(second) == words(None) == "The bridge is open again"
        assert words(datetime(2020, 1, 1, tzinfo=UTC)) == "The bridge is open"


def test_a_page_that_tells_of_now_does_not_say_that_it_tells_of_a_past_day(page: TestClient) -> None:
    moment = {"as_of": "2019-12-31", "known_at": "2021-01-25"}
    article = re.search(r"/articles/[0-9a-f]{16}", page.get(CLAIM).text)
    assert article
    for path in ("/", CLAIM):
        assert "You are looking at what stood in print by 31 Dec 2019" in told(page, path, **moment)
    for path in (article.group(), "/review", "/sources", "/runs", "/topics", "/topics/harbour-bridge"):
        words = told(page, path, **moment)
        assert "You are looking at" not in words, path
        assert "This page shows everything as of now, not what stood in print by 31 Dec 2019" in words, path
        assert "as of now" not in told(page, path), path


def test_the_permanent_link_pins_day_and_known_time_without_a_script(page: TestClient) -> None:
    def link(**moment: str) -> str:
        found = re.search(r'href="(/c/[^"]+)" data-copy', page.get(CLAIM, params=moment).text)
        assert found
        return unescape(found.group(1))

    assert link().partition("?")[2] == "as_of=2021-03-01&known_at=2021-03-01T12%3A00%3A00Z"
    past = link(known_at="2021-01-25T09:00Z")
    assert past.partition("?")[2] == "as_of=2021-01-25&known_at=2021-01-25T09%3A00%3A00Z"
    shown = page.get(past)
    assert (shown.status_code, shown.url.path) == (200, CLAIM)
    assert NOTE in text_of(shown.text)
