"""Many reports of one voice, and many voices: what a page does not show it leads to."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from html import unescape

import pytest
from starlette.testclient import TestClient

from app.web import create_app
from app.web import exports as export_routes
from claimline.models import Stance
from claimline.settings import Settings
from storage.engine import Database
from tests.web_data import Newsroom, judgement

CLAIM = "/claims/harbour-bridge/bridge-safe"
REPORTS = 11


@pytest.fixture(scope="module")
def page(room_db: Database) -> Iterator[TestClient]:
    """One voice of eleven reports, and two of one report each."""
    room = Newsroom(room_db)
    for i in range(REPORTS):
        words = f"The bridge is safe for lorries, Lindqvist said; paper {i} was there."
        _, revision = room.article(f"https://paper-{i}.example/a", f"Paper {i}", words, date(2020, 3, 1))
        room.judge(revision, judgement(words, words, "bridge-safe", Stance.SUPPORTS, 0.9, "mara-lindqvist"))
    for i, speaker in enumerate(("joost-keller", "ada-brandt")):
        words = f"The bridge is not safe, number {i} said."
        _, revision = room.article(f"https://other-{i}.example/a", f"Other {i}", words, date(2020, 4, 1 + i))
        room.judge(revision, judgement(words, words, "bridge-safe", Stance.REFUTES, 0.9, speaker))
    room.publish()
    with TestClient(create_app(Settings(), db=room_db), base_url="http://127.0.0.1") as client:
        yield client


def papers(html: str) -> int:
    return len(set(re.findall(r"(?i)paper[ -](\d+)", html)))


@pytest.mark.parametrize("path", [CLAIM, f"{CLAIM}/dossier"])
def test_the_reports_of_a_voice_beyond_the_seventh_can_be_opened(page: TestClient, path: str) -> None:
    html = page.get(path, params={"as_of": "2020-12-31"}).text
    more = re.search(r'href="([^"#]+)#voices">and 4 more</a>', html)
    assert more
    address = unescape(more.group(1))
    assert "as_of=2020-12-31" in address
    one = page.get(address).text
    assert papers(one) == REPORTS
    assert "1 voice of 3" in one
    assert "number 0" not in re.sub(r'(?s).*id="rows"', "", one)


def test_the_export_of_one_voice_holds_its_reports(page: TestClient) -> None:
    rows = list(csv.DictReader(io.StringIO(page.get(f"/export{CLAIM}.csv").text.lstrip("\ufeff"))))
    assert len(rows) == REPORTS + 2
    voice = next(r["voice"] for r in rows if r["speaker_key"] == "mara-lindqvist")
    mine = page.get(f"/export{CLAIM}.csv", params={"voice": voice}).text
    assert len(list(csv.DictReader(io.StringIO(mine)))) == REPORTS


def test_a_dossier_says_where_it_stops(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "are printed here" not in page.get(f"{CLAIM}/dossier").text
    monkeypatch.setattr(export_routes, "DOSSIER_VOICES", 2)
    html = page.get(f"{CLAIM}/dossier").text
    assert "Only the newest 2 are printed here" in html
    assert f'href="/export{CLAIM}.csv"' in html
