"""Our corpus as training and measuring read it: without the topics of train that tell of a held-out affair."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from training import readings


def read(path: Path) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def sisters(path: Path) -> dict[str, set[str]]:
    """Topics of train to the held-out ones that tell of the same affair: lines of ``topic, TAB, held-out topic``."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in path.read_text(encoding="utf-8").splitlines():
        topic, held = line.split("\t")
        found[topic].add(held)
    return found


def passages(corpus: Path) -> list[dict[str, Any]]:
    """The passages of all splits."""
    return _kept(corpus, read(corpus / "passages.jsonl"))


def articles(corpus: Path, data: Path | None = None) -> list[dict[str, Any]]:
    """The articles of all splits and, where their texts are at hand in ``data`` (the public rows), the real ones that we read."""
    return _kept(corpus, read(corpus / "articles.jsonl") + (readings.articles(corpus / "readings.jsonl", data) if data else []))


def held_out_affairs(corpus: Path) -> set[str]:
    """The held-out topics whose affair stands in train too: models before the list was made were trained on it."""
    return {held for ones in sisters(corpus / "sisters.tsv").values() for held in ones}


def _kept(corpus: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    left_out = sisters(corpus / "sisters.tsv")
    return [r for r in rows if r["split"] != "train" or r["topic"] not in left_out]
