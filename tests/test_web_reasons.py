"""Reasons on a claim's page and in its dossier: a ruling's note, the machine beside it, words that are out of print or gone."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from claimline.models import Status
from storage import decisions, purge
from storage.engine import Database
from storage.records import NewDecision
from tests.storage_world import S, World, cleaned, day
from tests.test_web_relations import text_of

A, B = "https://a.example/1", "https://b.example/1"


@pytest.mark.parametrize("path", ["/claims/bridge/open", "/claims/bridge/open/dossier"])
def test_each_change_says_what_it_rests_on(db: Database, page: TestClient, path: str) -> None:
    w = World(db).start()
    w.say(A, day("2020-03-01"), S, text="It is open.")
    w.publish()
    ruling = NewDecision(
        "ruling", "r1", w.claim_id(), status=Status.REFUTED, valid_from=day("2020-03-05"), note="the audit failed"
    )
    decisions.record(db, [ruling], by="Ada", now=w.tick())
    shown = text_of(page.get(path).text)
    assert "ruling by Ada" in shown
    assert "the audit failed" in shown
    assert "the machine says Reported as true" in shown
    decisions.undo(db, "r1", by="Ada", now=w.tick(), client_id="u1")
    saved = w.capture(A, cleaned("Nothing is said.", day("2020-03-01"), outlet="a.example"), at=w.tick(days=3))
    w.scan(saved.revision_id or 0)
    w.publish()
    assert "no longer in print" in text_of(page.get(path).text)
    before = w.now
    purge.purge(db, "url", A, reason="asked", by="Ada", now=w.tick(days=1))
    assert "(no quote kept)" in text_of(page.get(path, params={"known_at": before.isoformat()}).text)
