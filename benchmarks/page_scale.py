"""The pages over a large ledger: time on the server and bytes over the wire, page by page.

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

from starlette.testclient import TestClient

from app.web import create_app
from claimline.settings import Settings

LARGEST = "/claims/scale/claim-0"
USUAL = "/claims/scale/claim-40"


def measure(client: TestClient, path: str, times: int = 5) -> dict[str, object]:
    """Processor time of the first answer and of the middle of the next ones, and the size as it travels."""
    spent = []
    size = 0
    for _ in range(times + 1):
        began = time.process_time()
        answer = client.get(path)
        spent.append((time.process_time() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
        size = len(gzip.compress(answer.content, 5))
    return {
        "page": path,
        "first_ms": round(spent[0], 1),
        "median_ms": round(statistics.median(spent[1:]), 1),
        "wire_kB": round(size / 1000, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", default="sqlite:////tmp/scale.db")
    app = create_app(Settings(database_url=parser.parse_args().url))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        pages = ["/", "/?page=3", "/?q=number+7", "/?as_of=2023-06-01", USUAL, f"{USUAL}?as_of=2023-06-01", f"{USUAL}?page=3"]
        pages += [LARGEST, f"{LARGEST}?stance=refutes", "/review", "/sources", "/runs", "/topics", "/topics/scale"]
        for page in pages:
            print(json.dumps(measure(client, page)), flush=True)
        found = re.search(r"/articles/[0-9a-f]{16}", client.get(USUAL).text)
        if found:
            print(json.dumps(measure(client, found.group())), flush=True)
        print(json.dumps(step(client)), flush=True)


def step(client: TestClient, times: int = 5) -> dict[str, object]:
    """One decision in the queue, from the key to the answer."""
    spent = []
    for _ in range(times):
        html = client.get("/review").text
        form = re.search(r'<form class="decide".*?</form>', html, re.DOTALL)
        assert form
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form.group())) | {"verdict": "refutes"}
        began = time.perf_counter()
        answer = client.post("/review/decide", data=fields, headers={"hx-request": "true"})
        spent.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
    return {"page": "a decision", "first_ms": round(spent[0], 1), "median_ms": round(statistics.median(spent[1:]), 1)}


if __name__ == "__main__":
    main()
