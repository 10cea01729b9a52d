"""Topic files: every error at once, with its line; what is written can be read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimline import topics
from claimline.errors import TopicError

ROOT = Path(__file__).parent.parent
SMALL = "title: T\nclaims:\n  - The bridge is open\nsources:\n  - feed: https://example.org/feed\n"
TEN_ERRORS = """\
titel: Ferries
slug: Not A Slug
claims:
  - slug: Big Letters
    statement: The ferry sails again
  - is it open?
  - statement: short
  - The harbour has been closed
  - The harbour has been closed
sources:
  - fed: https://example.org/a
  - feed: not-a-url
  - {kind: telepathy, url: "https://example.org"}
outlets:
  - {domain: "https://example.org/x"}
  - {domain: example.org, weight: heavy}
names: 3
"""


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(TopicError) as caught:
        topics.parse(text, path="t.yaml")
    return [(p.line, p.key) for p in caught.value.problems]


def test_a_title_a_claim_and_a_source_are_enough() -> None:
    topic = topics.parse(SMALL, default_slug="bridge")
    assert (topic.slug, topic.claims[0].slug, topic.sources[0].kind) == ("bridge", "the-bridge-is-open", "feed")


def test_every_error_is_reported_at_once_with_its_line() -> None:
    found = problems(TEN_ERRORS)
    assert len(found) >= 10
    assert {line for line, _ in found} >= {1, 2, 4, 6, 7, 9, 11, 12, 13, 15, 16, 17}


def test_a_wrong_key_is_answered_with_the_right_one() -> None:
    with pytest.raises(TopicError, match="did you mean 'title'"):
        topics.parse("titel: x\n")


@pytest.mark.parametrize("text", ["", "3", "- a\n- b", "title: [", "a: b: c", "\0", "title: *missing", "!!python/object:x {}"])
def test_what_is_no_topic_is_refused_with_one_clear_line(text: str) -> None:
    assert problems(text)


def test_a_file_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_bytes(b"title: ok\nclaims:\n  - caf\xe9 is open now\n")
    with pytest.raises(TopicError, match=r"t\.yaml:3: is not UTF-8"):
        topics.load(path)


def test_json_is_a_topic_file_too() -> None:
    text = '{"title": "T", "claims": ["The bridge is open"], "sources": [{"files": "news"}]}'
    assert topics.parse(text).sources[0].locator == "news"


@pytest.mark.parametrize("path", sorted((ROOT / "topics").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_topic_of_the_project_is_valid_and_comes_back_as_it_was(path: Path) -> None:
    topic = topics.load(path)
    assert topics.parse(topics.dump(topic)) == topic


def test_layout_and_comments_do_not_change_the_digest() -> None:
    assert topics.digest(topics.parse(SMALL)) == topics.digest(
        topics.parse("# a comment\n" + SMALL.replace("title: T", 'title: "T"'))
    )


def test_the_s400_topic_has_its_eight_claims() -> None:
    assert len(topics.load(ROOT / "topics" / "s400-nato.yaml").claims) == 8
