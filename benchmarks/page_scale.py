"""The pages over a large ledger: time on the server and bytes over the wire, page by page.

Processor time, as `claimline serve` runs them: `cold` is a page of which nothing has been read since the last run (the templates
are loaded, and the run has left each claim's series of days), `warm` one that was read before. `bare` is a cold one of a past day
without those series, whose figures are folded anew. `--doubtful` makes one answer in eleven unsure, one in thirty mixed and one
text in forty undated first, since a generated ledger leaves nothing to review.

python -m benchmarks.ledger_scale --evidence 200000 --claims 200 --largest 8000 --url sqlite:////tmp/scale.db
python -m benchmarks.page_scale --url sqlite:////tmp/scale.db
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import statistics
import time

import sqlalchemy as sa
from starlette.testclient import TestClient

from app.web import create_app
from app.web.warmth import settle
from claimline.settings import Settings
from storage import series, stood
from storage import tables as t
from storage.engine import Database, Session, open_database

LARGEST = "/claims/scale/claim-0"
USUAL = "/claims/scale/claim-40"


def measure(client: TestClient, db: Database, path: str, times: int = 5) -> dict[str, object]:
    """The middle of several answers from nothing and of several of what was read, and the size as it travels."""
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    figures = {"cold_ms": _middle(client, path, times, forget=True), "warm_ms": _middle(client, path, times, forget=False)}
    if "as_of" in path:
        db.cache.clear()
        figures |= {"bare_ms": _middle(client, path, times, forget=True)}
        series.fill(db)
    return {"page": path, **figures, "wire_kB": round(len(gzip.compress(answer.content, 5)) / 1000, 1)}


def _middle(client: TestClient, path: str, times: int, *, forget: bool) -> float:
    spent = []
    for _ in range(times):
        if forget:
            client.app.state.shell.cache.clear()  # type: ignore[attr-defined]
            stood.forget()
        began = time.process_time()
        client.get(path)
        spent.append((time.process_time() - began) * 1000)
    return round(statistics.median(spent), 1)


def doubtful(s: Session) -> None:
    a, r = t.assessments, t.revisions
    s.execute(sa.update(a).where(a.c.id % 11 == 3).values(decided=False))
    s.execute(sa.update(a).where(a.c.id % 29 == 5, a.c.decided.is_(True)).values(stance="mixed"))
    s.execute(sa.update(r).where(r.c.id % 41 == 7).values(published_day=None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", default="sqlite:////tmp/scale.db")
    parser.add_argument("--doubtful", action="store_true")
    asked = parser.parse_args()
    db = open_database(asked.url)
    if asked.doubtful:
        db.write(doubtful)
    series.fill(db)
    app = create_app(Settings(database_url=asked.url), db=db)
    settle()
    with TestClient(app, base_url="http://127.0.0.1") as client:
        pages = [
            "/",
            "/?page=3",
            "/?q=number+7",
            "/?as_of=2023-06-01",
            "/?as_of=2024-06-01&sort=voices",
            USUAL,
            f"{USUAL}?as_of=2023-06-01",
            f"{USUAL}?page=3",
        ]
        pages += [LARGEST, f"{LARGEST}?as_of=2024-06-01", f"{LARGEST}?stance=refutes", f"{LARGEST}?q=thing+12", f"{LARGEST}/flip"]
        pages += [f"{LARGEST}/dossier", "/review", "/review?reason=mixed", f"/review?claim={LARGEST.removeprefix('/claims/')}"]
        pages += ["/sources", "/runs", "/topics", "/topics/scale"]
        for page in pages:
            print(json.dumps(measure(client, db, page)), flush=True)
        found = re.search(r"/articles/[0-9a-f]{16}", client.get(USUAL).text)
        if found:
            print(json.dumps(measure(client, db, found.group())), flush=True)
        for path in ("/review", f"/review?claim={LARGEST.removeprefix('/claims/')}"):
            print(json.dumps(step(client, path)), flush=True)
    db.dispose()


def step(client: TestClient, path: str, times: int = 7) -> dict[str, object]:
    """One decision in the queue, from the key to the answer; a queue that is empty is told as such."""
    spent: list[float] = []
    for _ in range(times):
        html = client.get(path).text
        form = re.search(r'<form class="decide".*?</form>', html, re.DOTALL)
        if form is None:
            break
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form.group())) | {"verdict": "refutes"}
        began = time.process_time()
        answer = client.post("/review/decide", data=fields, headers={"hx-request": "true"})
        spent.append((time.process_time() - began) * 1000)
        assert answer.status_code == 200, answer.text
    if not spent:
        return {"page": f"a decision at {path}", "cases": 0}
    return {"page": f"a decision at {path}", "first_ms": round(spent[0], 1), "median_ms": round(statistics.median(spent), 1)}


if __name__ == "__main__":
    main()
