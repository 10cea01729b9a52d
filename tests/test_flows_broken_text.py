"""A text on which the matcher breaks: named in the run, tried again by the next one, and no trouble of its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from claimline.errors import ModelError
from claimline.matching.matcher import Answer, Text
from claimline.models import ClaimSpec, SourceSpec, Topic
from flows import judging, steps
from flows.desk import Desk
from flows.tally import Tally
from storage.engine import Database
from storage.records import StoredTopic
from tests.fakes import plain_settings

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


class Breaks:
    """Answers with nothing, and breaks on what holds the word."""

    def __init__(self, matcher: str, word: str = "", error: Exception | None = None) -> None:
        self.about: dict[str, object] = {}
        self.hash, self.word, self.error = matcher, word, error or RecursionError("maximum recursion depth exceeded")

    def answer(self, texts: Sequence[Text]) -> list[Answer]:
        if any(self.word in t.text for t in texts if self.word):
            raise self.error
        return [Answer(t.key, (), None) for t in texts]


def track(db: Database, folder: Path, word: str, error: Exception | None = None) -> steps.TrackReport:
    desk = Desk(db, plain_settings(), now=lambda: NOW, base_dir=folder)
    topic = Topic("bridge", "The bridge", (ClaimSpec("open", "The harbour bridge is open"),), (SourceSpec("files", "news"),))
    steps.import_topic(desk, topic)

    def assess(desk: Desk, topic: StoredTopic, ids: Sequence[int], run_id: int | None) -> Tally:
        matcher = Breaks(judging.installed_hash(desk, topic), word, error)
        return judging.assess(desk, topic, matcher, ids, run_id=run_id)  # type: ignore[arg-type]

    return steps.track(desk, "bridge", hands=replace(steps.PLAIN, assess=assess))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "news").mkdir()
    for n, what in enumerate(("open", "long", "quiet")):
        words = f"The harbour bridge was {what} on Monday, the harbour master said in the town hall."
        (tmp_path / "news" / f"{n}.txt").write_text(f"date 2026-02-0{n + 1} {words}", encoding="utf-8")
    return tmp_path


def test_a_text_that_breaks_the_matcher_is_named_and_the_run_goes_on(db: Database, folder: Path) -> None:
    report = track(db, folder, "was long")
    assert report.tally.counts["revisions-read"] == 2
    (skip,) = report.tally.skips
    assert (skip.where, skip.reason, skip.failed) == ("1.txt", "crash", True)
    assert skip.detail.startswith("matching: RecursionError")
    again = track(db, folder, "")
    assert (again.tally.counts["revisions-read"], again.tally.skips) == (1, [])


def test_a_model_that_cannot_be_loaded_is_no_trouble_of_one_text(db: Database, folder: Path) -> None:
    with pytest.raises(ModelError):
        track(db, folder, "was", ModelError("gone", "no such model"))
