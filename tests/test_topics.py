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


@pytest.mark.parametrize(
    "text", ["", "3", "- a\n- b", "title: [", "a: b: c", "\0", "title: *missing", "!!python/object:x {}", "[" * 5000]
)
def test_what_is_no_topic_is_refused_with_one_clear_line(text: str) -> None:
    assert problems(text)


def test_a_file_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_bytes(b"title: ok\nclaims:\n  - caf\xe9 is open now\n")
    with pytest.raises(TopicError, match=r"t\.yaml:3: is not UTF-8"):
        topics.load(path)


def test_languages_and_description_are_kept_and_a_code_that_is_none_is_named() -> None:
    topic = topics.parse(SMALL + "languages: [en, pt-BR]\ndescription: What became of the bridge.\n")
    assert (topic.languages, topic.description) == (("en", "pt-BR"), "What became of the bridge.")
    assert topics.parse(topics.dump(topic)) == topic
    assert problems(SMALL + "languages: [en, all of them]\n") == [(6, "languages")]


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


def _problems(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(TopicError) as wrong:
        topics.parse(text)
    return [(p.line, p.key, p.message) for p in wrong.value.problems]


_CLAIM_ONLY = "title: The bridge\nclaims:\n  - The bridge is open to cars\nsources:\n"


@pytest.mark.parametrize(
    ("source", "key", "words"),
    [
        ("gdelt: bridge\n    options: {from: 2026-13-40}", "options.from", "'2026-13-40' is not a day"),
        ("sitemap: https://a.example/s.xml\n    options: {days: many}", "options.days", "'many' is not a whole number"),
        ("feed: https://a.example/f\n    options: {dayz: 3}", "dayz", "is not a key of a feed source's options"),
        ("page: https://a.example/\n    options: {match: '('}", "options.match", "is not a regular expression"),
        ("files: ./x\n    options: {encoding: klingon}", "options.encoding", "is no encoding"),
    ],
)
def test_a_sources_options_are_checked_before_anything_runs(source: str, key: str, words: str) -> None:
    ((line, found, message),) = _problems(f"{_CLAIM_ONLY}  - {source}\n")
    assert (line, found) == (6, key)
    assert words in message


def test_options_that_a_kind_takes_are_taken() -> None:
    text = f"{_CLAIM_ONLY}  - sitemap: https://a.example/s.xml\n    options: {{from: 2026-01-01, undated: yes, embargo: yes}}\n"
    assert topics.parse(text).sources[0].options == {"from": "2026-01-01", "undated": "yes", "embargo": "yes"}


def test_a_source_that_stands_twice_is_told_with_both_lines() -> None:
    text = f"{_CLAIM_ONLY}  - feed: https://a.example/f\n  - feed: https://a.example/g\n  - feed: https://a.example/f\n"
    assert _problems(text) == [(7, "sources.feed", "https://a.example/f stands twice (also in line 5)")]


def test_a_tab_is_called_a_tab() -> None:
    assert _problems("title: The bridge\nclaims:\n\t- The bridge is open to cars\n") == [(3, "", "has a tab; indent with spaces")]


def test_a_relation_to_no_claim_is_told_at_the_claim_that_has_it() -> None:
    text = (
        "title: The bridge\nclaims:\n  - The bridge is open to cars\n"
        "  - {slug: two, statement: The bridge is closed to cars, negation_of: nine}\nsources:\n  - feed: https://a.example/f\n"
    )
    assert _problems(text) == [(4, "claims.two.negation_of", "'nine' is not another claim of this topic")]


def test_an_open_search_holds_outlets_that_nobody_has_named_unless_the_file_says_otherwise() -> None:
    asked = SMALL.replace("sources:", "sources:\n  - gdelt: bridge", 1)
    assert (topics.parse(SMALL).unknown_outlets, topics.parse(asked).unknown_outlets) == ("count", "hold")
    counted = topics.parse(asked + "unknown_outlets: count\n")
    assert counted.unknown_outlets == "count"
    for topic in (topics.parse(asked), counted):
        assert topics.parse(topics.dump(topic)) == topic
