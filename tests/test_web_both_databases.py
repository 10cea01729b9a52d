"""The pages' own reads mean the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from app.web import create_app
from claimline.settings import Settings
from storage.engine import Database
from tests.web_data import build

CLAIM = "/claims/harbour-bridge/bridge-safe"


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL).split())


def test_every_page_is_drawn_from_either_database(database: Database) -> None:
    build(database)
    with TestClient(create_app(Settings(), db=database), base_url="http://127.0.0.1") as client:
        listed = words_of(client.get("/").text)
        assert "3 for, 2 against, 2 without position, 2 named speakers" in listed
        told = words_of(client.get(CLAIM, params={"q": "piers", "as_of": "2020-12-31"}).text)
        assert "1 voice of 7" in told
        assert "2 more reports of this voice" in told
        article = re.search(r"/articles/[0-9a-f]{16}", client.get(CLAIM).text)
        assert article
        paths = ["/review", "/sources", "/runs", "/topics/harbour-bridge", f"{CLAIM}/dossier", f"{CLAIM}/flip", article.group()]
        paths += [f"/export{CLAIM}.csv", "/export/claims.jsonl", "/api/v1/claims"]
        assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)
        spark = re.search(r'aria-label="(\d+) reports for and (\d+) against', client.get("/", params={"q": "lorries"}).text)
        assert spark
        assert spark.groups() == ("4", "6")
