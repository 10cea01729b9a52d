"""From a published change to messages and events: each once, corrected when it no longer holds, none for a backfill."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from claimline.models import Discovered, NotifyRule, SourceReport, Stance
from flows import outbox as handing
from flows.desk import Desk
from flows.events import as_event, event_id
from storage import articles, decisions, ledger, notices, purge, runs
from storage import outbox as stored
from storage.engine import Database
from storage.records import NewDecision, StoredTopic
from tests.fakes import plain_settings
from tests.storage_world import N, R, S, World, make_topic

DESK, NIGHT = "CLAIMLINE_TEST_DESK", "CLAIMLINE_TEST_NIGHT"
D1, D2, D3 = date(2021, 1, 1), date(2021, 1, 2), date(2021, 1, 3)


@dataclass
class Newsroom:
    """A world, its desk, and what arrived at its targets."""

    world: World
    desk: Desk
    came: list[dict[str, Any]] = field(default_factory=list)
    refuses: bool = False

    def topic(self) -> StoredTopic:
        from flows.intake import stored_topic

        return stored_topic(self.desk, "bridge")

    def deliver(self) -> list[str]:
        """Delivers and returns the titles that arrived."""
        before = len(self.came)
        handing.deliver(self.desk, self.topic())
        return [m["title"] for m in self.came[before:]]

    def events(self) -> list[str]:
        with self.desk.db.read() as s:
            return [str(i.payload["event"]) for i in stored.outbox(s, kinds=(handing.EVENT,))]


@pytest.fixture
def newsroom(db: Database, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    world = World(db)
    room = Newsroom(world, Desk(db, plain_settings(), now=lambda: world.now))

    def take(request: Request) -> Response:
        if room.refuses:
            return Response("no", status=500)
        room.came.append({"path": request.path, **json.loads(request.data)})
        return Response("ok")

    for name in (DESK, NIGHT):
        httpserver.expect_request(f"/{name}").respond_with_handler(take)
        monkeypatch.setenv(name, f"json://{httpserver.host}:{httpserver.port}/{name}")
    return room


def start(room: Newsroom, *rules: NotifyRule, claims: tuple[str, ...] = ("open",)) -> World:
    return room.world.start(replace(make_topic(*claims), notify=rules))


def test_a_change_is_told_once_however_often_it_is_delivered(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("change", DESK), NotifyRule("first refutation", DESK))
    world.say("https://a.example/1", D1, R)
    world.publish()
    assert newsroom.deliver() == ["open: Reported as false"]
    assert newsroom.deliver() == []
    world.publish()
    assert newsroom.deliver() == []
    assert newsroom.events() == ["claimline.claim.changed"]


def test_more_of_the_same_is_no_news(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("change", DESK))
    world.say("https://a.example/1", D1, R)
    world.publish()
    newsroom.deliver()
    world.say("https://b.example/2", D2, R)
    world.publish()
    assert newsroom.deliver() == []


def test_a_superseded_alert_is_corrected(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("change", DESK))
    world.say("https://a.example/1", D1, R)
    world.publish()
    newsroom.deliver()
    world.say("https://b.example/2", D1, S, confidence=0.9)
    world.publish()
    assert newsroom.deliver() == ["Correction: open: Sources disagree"]
    assert "we had told “Reported as false”" in newsroom.came[-1]["message"]


def test_a_change_that_did_not_happen_is_taken_back(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("change", DESK))
    world.say("https://a.example/2", D2, R)
    world.publish()
    assert newsroom.deliver() == ["open: Reported as false"]
    world.say("https://b.example/1", D1, R)
    world.publish()
    assert newsroom.deliver() == ["Correction: open: no change on 2021-01-02", "open: Reported as false"]


def test_what_was_not_yet_told_is_not_corrected_but_replaced(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("change", DESK))
    newsroom.refuses = True
    world.say("https://a.example/1", D1, R)
    world.publish()
    newsroom.deliver()
    world.say("https://b.example/2", D1, S)
    world.publish()
    newsroom.refuses = False
    assert newsroom.deliver() == ["open: Sources disagree"]


def test_a_first_refutation_is_told_and_a_second_is_not(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("first refutation", DESK))
    world.say("https://a.example/1", D1, N)
    world.publish()
    assert newsroom.deliver() == []
    world.say("https://a.example/2", D2, R)
    world.publish()
    assert newsroom.deliver() == ["open: Reported as false"]
    for i in range(4):
        world.say(f"https://c{i}.example/3", D3, S)
    world.publish()
    assert newsroom.deliver() == []


def test_a_new_voice_is_told_once_and_its_repetition_is_not(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("a new voice", DESK), NotifyRule("new voice", NIGHT, ("another",)))
    world.say("https://a.example/1", D1, R, speaker="mayor")
    world.publish()
    assert newsroom.deliver() == []  # a claim's first edition tells where it stands
    world.tick(days=2)
    world.say("https://b.example/2", D1, R, speaker="mayor")  # the same voice again
    world.say("https://c.example/3", D2, N, speaker="bishop")  # takes no side
    world.publish()
    assert newsroom.deliver() == []
    world.say("https://d.example/4", D3, R, speaker="engineer", text="It is shut, the engineer said.")
    world.publish()
    assert newsroom.deliver() == ["open: a new voice refutes it"]
    assert newsroom.came[-1]["path"] == f"/{DESK}"
    assert "Said by engineer." in newsroom.came[-1]["message"]
    assert "“It is shut, the engineer said.” https://d.example/4" in newsroom.came[-1]["message"]
    assert newsroom.events()[-1] == "claimline.voice.new"
    world.say("https://e.example/5", D3, R, speaker="engineer")
    world.publish()
    assert newsroom.deliver() == []


def test_a_voice_that_only_the_past_or_a_person_brings_is_not_told(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("new voice", DESK))
    world.say("https://a.example/1", D1, R, speaker="mayor")
    world.publish()
    decide(world, "https://a.example/1", S)
    db = newsroom.desk.db
    run = db.write(lambda s: runs.start(s, topic_id=world.topic_id, flow="backfill", holder="h", now=world.tick()))
    world.say("https://b.example/2", D2, S, speaker="engineer")
    ledger.publish(db, world.topic_id, run_id=run, actor="track", now=world.tick())
    assert newsroom.deliver() == []


def test_an_edit_of_a_decided_article_is_told_once_for_each_text(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("a decided article edited", DESK))
    url = "https://a.example/1"
    world.say(url, D1, R, text="It is shut. Nobody may pass.")
    world.say("https://b.example/2", D1, R)
    world.publish()
    decide(world, url, R)
    world.say("https://b.example/2", D1, S, text="An edit on which nobody has decided.")
    world.publish()
    assert newsroom.deliver() == []
    world.say(url, D1, S, text="It is open again. Everybody may pass.")
    world.publish()
    assert newsroom.deliver() == ["open: a decided article was edited"]
    body = newsroom.came[-1]["message"]
    assert "zoe had decided “refutes”" in body
    assert "Its quote no longer stands in the new text: “It is shut. Nobody may pass.”" in body
    assert url in body
    assert newsroom.events()[-1] == "claimline.decided.edited"
    world.publish()
    assert newsroom.deliver() == []


def test_a_purged_person_is_in_no_message_about_a_voice(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("new voice", DESK))
    world.say("https://a.example/1", D1, R, speaker="mayor")
    world.publish()
    world.say("https://b.example/2", D2, S, speaker="Ann Smith")
    world.publish()
    newsroom.deliver()
    assert "Ann Smith" in newsroom.came[-1]["message"]
    purge.purge(newsroom.desk.db, "person", "Ann Smith", reason="asked", by="zoe", now=world.tick())
    with newsroom.desk.db.read() as s:
        held = stored.history(s, world.topic_id, (handing.NOTICE, handing.EVENT, notices.VOICE))
    assert "Ann Smith" not in json.dumps([dict(item.payload) for item in held])


def decide(world: World, url: str, stance: Stance) -> None:
    with world.db.read() as s:
        article = articles.article_by_url(s, url).id
    said = NewDecision("stance", f"d-{url}", claim_id=world.claim_id(), article_id=article, stance=stance)
    decisions.record(world.db, [said], by="zoe", now=world.tick())


def test_a_failed_message_is_named_and_tried_again(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("change", DESK))
    world.say("https://a.example/1", D1, R)
    world.publish()
    newsroom.refuses = True
    tally = handing.deliver(newsroom.desk, newsroom.topic())
    assert [(s.where, s.reason) for s in tally.skips] == [(DESK, "not-told")]
    newsroom.refuses = False
    assert newsroom.deliver() == ["open: Reported as false"]


def test_a_kill_between_mark_and_sending_never_tells_twice(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("change", DESK))
    world.say("https://a.example/1", D1, R)
    world.publish()
    handing.take_apart(newsroom.desk, newsroom.topic())
    with newsroom.desk.db.read() as s:
        (waiting,) = stored.outbox(s, kinds=(handing.NOTICE,))
    assert newsroom.desk.db.write(lambda s: stored.claim_to_send(s, waiting.id, now=world.now))
    assert newsroom.deliver() == []
    assert not newsroom.desk.db.write(lambda s: stored.claim_to_send(s, waiting.id, now=world.now))


def test_a_backfill_alerts_nobody_and_says_so_in_its_event(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("change", DESK))
    db = newsroom.desk.db
    run = db.write(lambda s: runs.start(s, topic_id=world.topic_id, flow="backfill", holder="h", now=world.tick()))
    world.say("https://a.example/1", D1, R)
    ledger.publish(db, world.topic_id, run_id=run, actor="track", now=world.tick())
    assert newsroom.deliver() == []
    assert newsroom.events() == ["claimline.claim.backfilled"]


def test_a_broken_source_is_told_once_an_outage(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("source silent", DESK))
    for _ in range(handing.SILENT_AFTER):
        assert newsroom.deliver() == []
        newsroom.desk.db.write(lambda s: runs.source_failed(s, world.source_id(), "timeout", now=world.tick()))
    assert newsroom.deliver() == ["A bridge: a source is broken"]
    newsroom.desk.db.write(lambda s: runs.source_failed(s, world.source_id(), "timeout", now=world.tick()))
    assert newsroom.deliver() == []


def test_a_source_that_breaks_is_one_event_an_outage_whatever_the_rules(newsroom: Newsroom) -> None:
    world = start(newsroom)

    def fails() -> None:
        newsroom.desk.db.write(lambda s: runs.source_failed(s, world.source_id(), "timeout", now=world.tick()))
        newsroom.deliver()

    for _ in range(handing.SILENT_AFTER - 1):
        fails()
    assert newsroom.events() == []
    for _ in range(3):
        fails()
    assert newsroom.events() == ["claimline.source.broken"]
    read_nothing(newsroom, world)
    for _ in range(handing.SILENT_AFTER):
        fails()
    assert newsroom.events() == ["claimline.source.broken"] * 2
    with newsroom.desk.db.read() as s:
        first, second = (as_event(item) for item in stored.outbox(s, kinds=(handing.EVENT,)))
    assert first.id != second.id
    assert first.resource.id == second.resource.id
    assert first.resource["prefect.resource.name"] == "https://news.example/feed"
    assert (first.payload["failures"], first.payload["error"]) == (handing.SILENT_AFTER, "timeout")


def test_a_source_that_falls_silent_is_one_event_and_a_paused_one_is_none(newsroom: Newsroom) -> None:
    world = start(newsroom)
    for number in range(6):
        world.article(f"https://a.example/{number}")
        world.tick(hours=6)
    for _ in range(3):
        world.tick(days=4)
        read_nothing(newsroom, world)
        newsroom.deliver()
    assert newsroom.events() == ["claimline.source.silent"]
    world.article("https://a.example/new")
    newsroom.desk.db.write(lambda s: articles.set_paused(s, world.topic_id, world.source_id(), True))
    for _ in range(handing.SILENT_AFTER):
        newsroom.desk.db.write(lambda s: runs.source_failed(s, world.source_id(), "timeout", now=world.tick()))
    newsroom.deliver()
    assert newsroom.events() == ["claimline.source.silent"]


def test_a_source_with_nothing_new_against_its_habit_is_told_once_until_it_speaks_again(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("source silent", DESK))
    for number in range(6):
        world.article(f"https://a.example/{number}")
        world.tick(hours=6)
    assert newsroom.deliver() == []
    for _ in range(2):
        world.tick(days=4)
        read_nothing(newsroom, world)
    assert newsroom.deliver() == ["A bridge: a source is silent"]
    read_nothing(newsroom, world)
    assert newsroom.deliver() == []
    world.article("https://a.example/new")
    assert newsroom.deliver() == []


def read_nothing(room: Newsroom, world: World) -> None:
    """The source answers without an article."""
    room.desk.db.write(lambda s: articles.save_discovery(s, world.source_id(), world.topic_id, Discovered(()), now=world.tick()))


def test_a_gap_is_told_once(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("nothing read", DESK))
    read(newsroom, world)
    world.tick(hours=20)
    assert newsroom.deliver() == []
    world.tick(hours=7)
    assert newsroom.deliver() == ["A bridge: nothing read"]
    world.tick(hours=7)
    assert newsroom.deliver() == []


def test_a_gap_is_one_event_whatever_the_rules(newsroom: Newsroom) -> None:
    world = start(newsroom)
    read(newsroom, world)
    for _ in range(3):
        world.tick(hours=20)
        newsroom.deliver()
    assert newsroom.events() == ["claimline.topic.unread"]
    with newsroom.desk.db.read() as s:
        (item,) = stored.outbox(s, kinds=(handing.EVENT,))
    event = as_event(item)
    assert event.resource.id == "claimline.topic.bridge"
    assert event.payload["last_sufficient_at"] is not None


def test_a_digest_comes_once_for_each_day_that_is_over(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("digest", NIGHT))
    read(newsroom, world)
    world.say("https://a.example/1", D1, R)
    today = world.publish().recorded_at
    assert today is not None
    assert newsroom.deliver() == []
    world.tick(days=1)
    assert newsroom.deliver() == [f"A bridge, {today.date()}: 1 change"]
    assert newsroom.came[-1]["path"] == f"/{NIGHT}"
    world.tick(hours=1)
    assert newsroom.deliver() == []


def test_a_day_after_which_nothing_ran_is_told_by_the_next_digest(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("digest", NIGHT))
    read(newsroom, world)
    newsroom.deliver()
    world.tick(days=1)
    assert len(newsroom.deliver()) == 1
    world.say("https://a.example/1", D1, R)
    today = world.publish().recorded_at
    assert today is not None
    world.tick(days=3)
    assert newsroom.deliver() == [
        f"A bridge, {today.date()}: 1 change",
        f"A bridge, {(today + timedelta(days=2)).date()}: no change",
    ]
    assert newsroom.deliver() == []


def test_a_digest_that_is_asked_for_now_says_nothing_of_the_days_before(newsroom: Newsroom) -> None:
    world = start(newsroom)
    read(newsroom, world)
    world.say("https://a.example/1", D1, R)
    world.publish()
    world.tick(days=4)
    newsroom.deliver()
    world.start(replace(world.topic, notify=(NotifyRule("digest", NIGHT),)))
    assert [title.rpartition(": ")[2] for title in newsroom.deliver()] == ["no change"]


def test_what_a_backfill_found_is_counted_and_not_told(newsroom: Newsroom) -> None:
    world = start(newsroom, NotifyRule("digest", NIGHT))
    read(newsroom, world)
    db = newsroom.desk.db
    run = db.write(lambda s: runs.start(s, topic_id=world.topic_id, flow="backfill", holder="h", now=world.tick()))
    world.say("https://a.example/1", D1, R)
    ledger.publish(db, world.topic_id, run_id=run, actor="track", now=world.tick())
    today = world.now.date()
    world.tick(days=1)
    assert newsroom.deliver() == [f"A bridge, {today}: no change"]
    assert "A backfill found 1 change in the past" in newsroom.came[-1]["message"]


def test_what_was_told_before_is_read_once_for_many_changes(newsroom: Newsroom) -> None:
    slugs = tuple(f"claim-{i}" for i in range(6))
    world = start(newsroom, NotifyRule("change", DESK), NotifyRule("change", NIGHT), claims=slugs)
    for slug in slugs:
        world.say(f"https://a.example/{slug}", D1, R, claim=slug)
    world.publish()
    asked: list[str] = []
    sa.event.listen(newsroom.desk.db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    handing.take_apart(newsroom.desk, newsroom.topic())
    history = [statement for statement in asked if "sent_at" in statement and statement.lstrip().startswith("SELECT outbox")]
    assert len([statement for statement in history if "LIMIT" not in statement]) == 1


def test_years_of_news_at_once_are_one_message(newsroom: Newsroom) -> None:
    slugs = tuple(f"claim-{i}" for i in range(handing.MANY + 2))
    world = start(newsroom, NotifyRule("change", DESK), claims=slugs)
    for slug in slugs:
        world.say(f"https://a.example/{slug}", D1, R, claim=slug)
    world.publish()
    assert newsroom.deliver() == [f"A bridge: {len(slugs)} messages"]
    assert all(f"{slug}: Reported as false" in newsroom.came[-1]["message"] for slug in slugs)
    world.say("https://b.example/1", D1, S, claim=slugs[0])
    world.publish()
    assert newsroom.deliver() == [f"Correction: {slugs[0]}: Sources disagree"]


def test_an_event_is_the_same_event_every_time(newsroom: Newsroom) -> None:
    world = start(newsroom)
    world.say("https://a.example/1", D1, R)
    published = world.publish()
    handing.take_apart(newsroom.desk, newsroom.topic())
    with newsroom.desk.db.read() as s:
        (item,) = stored.outbox(s, kinds=(handing.EVENT,))
    event = as_event(item)
    assert event.id == event_id(published.changes[0].key) == as_event(item).id
    assert event.resource.id == "claimline.claim.bridge.open"
    assert event.payload["to"] == "refuted"
    assert event.occurred - world.now < timedelta(seconds=5)


def read(room: Newsroom, world: World) -> None:
    """A sufficient run in which every source answered."""
    with room.desk.db.read() as s:
        (source,) = articles.sources(s, world.topic_id)
    run = room.desk.db.write(lambda s: runs.start(s, topic_id=world.topic_id, flow="track", holder="h", now=world.tick()))
    report = SourceReport(source.id, source.locator, answered=True)
    room.desk.db.write(lambda s: runs.finish(s, run, counts={}, coverage=[report], sufficient=True, now=world.tick()))
