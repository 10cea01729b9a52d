"""What is held out stays held out: no claim of dev or test is trained on under another topic's name."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

from training.corpus_files import sisters

CORPUS = Path(__file__).parent.parent / "training" / "corpus"


def claims_by_split() -> tuple[dict[str, dict[str, set[str]]], dict[str, str]]:
    """A split to its claims (letters and digits alone) to the topics that have them; a topic to its split."""
    found: dict[str, dict[str, set[str]]] = {s: defaultdict(set) for s in ("train", "dev", "test")}
    splits: dict[str, str] = {}
    for name in ("articles", "passages"):
        with (CORPUS / f"{name}.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                splits[row["topic"]] = row["split"]
                for claim in row["claims"].values() if name == "articles" else [row["claim"]]:
                    found[row["split"]][re.sub(r"\W+", " ", claim).strip().lower()].add(row["topic"])
    return found, splits


def test_no_claim_that_is_held_out_is_trained_on() -> None:
    found, splits = claims_by_split()
    left_out = sisters(CORPUS / "sisters.tsv")
    for topic, held in left_out.items():
        assert splits[topic] == "train", topic
        assert {splits[h] for h in held} <= {"dev", "test"}, topic
    for split in ("dev", "test"):
        for claim in found[split].keys() & found["train"].keys():
            assert found["train"][claim] <= left_out.keys(), f"{claim!r} of {found[split][claim]}"
