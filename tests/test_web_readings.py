"""The page of an article that two topics read, one of them by another cleaner's reading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import pytest
from starlette.testclient import TestClient

from app.web import create_app
from claimline.models import ClaimSpec, SourceSpec, Topic
from storage import replay, rereadings, revisions
from storage.engine import Database
from storage.readings import Coming
from tests.fakes import plain_settings
from tests.storage_world import M, R, S, World, cleaned, day, judgement, make_topic

URL = "https://a.example/1"
OLD = "The bridge is open. Read also: the bridge is shut."
NEW = "The bridge is open."
PORT = Topic("port", "The port", (ClaimSpec("reached", "Lorries reach the port"),), (SourceSpec("feed", "https://p.example/f"),))


@dataclass
class Page:
    """`old` is told for the bridge, `new` for the port."""

    client: TestClient
    old: str
    new: str

    def cards(self, key: str, **params: str) -> dict[str, str]:
        """Claim -> what its card says."""
        html = self.client.get(f"/articles/{key}", params=params).text
        found = re.findall(r'<section class="panel claim-card.*?</section>', html, re.DOTALL)
        told = [" ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in found]
        return {"port" if "Lorries reach the port" in one else "bridge": one for one in told}


@pytest.fixture
def page(database: Database) -> Iterator[Page]:
    bridge = World(database).start(make_topic("open"))
    port = World(database, now=bridge.tick()).start(PORT)
    text = cleaned(OLD, day("2020-03-01"), cleaner="c1", outlet="a.example")
    old = bridge.capture(URL, text).revision_id or 0
    port.tick(hours=1)
    port.capture(URL, text)
    bridge.scan(old, judgement("open", M, OLD, NEW, "the bridge is shut."))
    port.scan(old, judgement("reached", R, OLD, "the bridge is shut."))
    bridge.publish()
    port.publish()
    with database.read() as s:
        due = rereadings.due(s, port.topic_id, "c2")
    made = [(one, cleaned(NEW, day("2020-03-01"), cleaner="c2", outlet="a.example")) for one in due]
    database.write(lambda s: rereadings.save(s, made, now=port.tick()))
    port.scan(old + 1, judgement("reached", S, NEW))
    coming = Coming("c2", port.tick())
    edition = database.write(lambda s: replay.open_shadow(s, port.topic_id, coming=coming, by="Ada", now=port.tick()))
    replay.accept(database, edition, by="Ada", now=port.tick())
    with database.read() as s:
        keys = [revisions.revision(s, i).key for i in (old, old + 1)]
    with TestClient(create_app(plain_settings(), db=database), base_url="http://127.0.0.1") as client:
        yield Page(client, *keys)


def test_each_topics_claims_are_told_by_its_own_reading_whichever_text_is_shown(page: Page) -> None:
    for key in (page.old, page.new):
        cards = page.cards(key)
        assert "Topic: A bridge" in cards["bridge"]
        assert "Topic: The port" in cards["port"]
        assert re.search(r"The machine: \S+ gives both sides", cards["bridge"])
        assert re.search(r"The machine: \S+ supports", cards["port"])
        assert "The machine: ✕ refutes" not in cards["port"]
    own, other = page.cards(page.new), page.cards(page.old)
    assert "another reading" not in own["port"] + other["bridge"]
    assert "another reading of the page , cleaned by c2" in other["port"]
    assert re.search(r"The machine \(not the one that counts\): \S+ refutes \S+ on the text here", other["port"])


def test_one_topic_can_be_asked_for(page: Page) -> None:
    assert set(page.cards(page.old, topic="port")) == {"port"}
    assert page.client.get(f"/articles/{page.old}", params={"topic": "none"}).status_code == 404
    for topic, key in (("bridge", page.old), ("port", page.new)):
        led = page.client.get("/articles", params={"url": URL, "topic": topic})
        assert str(led.url).endswith(f"/articles/{key}?topic={topic}")


def test_a_text_that_any_topic_tells_is_not_called_an_older_one(page: Page) -> None:
    for key in (page.old, page.new):
        assert "an older text" not in page.client.get(f"/articles/{key}").text
