"""What people are told: which rule hears what, in which words, and that an address never leaks."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from claimline import notify
from claimline.errors import NotifyFailed
from claimline.models import NotifyRule
from claimline.notify import Message, Reading

TOLD: dict[str, Any] = {
    "claim": "integration",
    "from": "open",
    "to": "refuted",
    "valid_from": "2020-12-29",
    "cause": "new article",
    "review": None,
    "quotes": [{"quote": "It cannot be integrated.", "url": "https://news.example/1", "stance": "refutes"}],
}


@pytest.mark.parametrize("written", ["first refutation", "first-refutation", "First_Refutation", "a first refutation"])
def test_a_rule_may_be_written_with_spaces_hyphens_or_underscores(written: str) -> None:
    assert notify.kind(NotifyRule(written, "DESK")) == notify.FIRST_REFUTATION


def test_a_change_rule_hears_every_change_of_its_claims() -> None:
    assert notify.hears(NotifyRule("change", "DESK"), TOLD, first_against=False)
    assert notify.hears(NotifyRule("change", "DESK", ("integration",)), TOLD, first_against=False)
    assert not notify.hears(NotifyRule("change", "DESK", ("other",)), TOLD, first_against=False)


def test_a_first_refutation_is_heard_once() -> None:
    rule = NotifyRule("first refutation", "DESK")
    assert notify.hears(rule, TOLD, first_against=True)
    assert not notify.hears(rule, TOLD, first_against=False)


def test_a_rule_that_nobody_knows_hears_nothing() -> None:
    assert not notify.hears(NotifyRule("full moon", "DESK"), TOLD, first_against=True)


def test_a_rule_for_some_claims_has_no_target_for_the_others() -> None:
    rules = [NotifyRule("new voice", "DESK", ("integration",)), NotifyRule("a new voice", "NIGHT")]
    assert notify.targets(rules, {notify.NEW_VOICE}, "integration") == ("DESK", "NIGHT")
    assert notify.targets(rules, {notify.NEW_VOICE}, "other") == ("NIGHT",)


def test_a_target_of_two_rules_is_told_once() -> None:
    rules = [NotifyRule("change", "DESK"), NotifyRule("first refutation", "DESK"), NotifyRule("digest", "NIGHT")]
    assert notify.targets(rules, {notify.CHANGE, notify.FIRST_REFUTATION}) == ("DESK",)


def test_a_change_is_told_in_the_words_for_people_with_its_quote() -> None:
    message = notify.of_change(TOLD, "It can be integrated")
    assert message.title == "integration: Reported as false"
    assert "Mentioned, no position taken -> Reported as false, since 2020-12-29" in message.body
    assert "“It cannot be integrated.” https://news.example/1" in message.body
    assert "No person has confirmed it." in message.body


def test_a_correction_says_what_had_been_told() -> None:
    message = notify.of_change({**TOLD, "to": "contested"}, "It can be integrated", instead_of=TOLD)
    assert message.title.startswith("Correction: ")
    assert "we had told “Reported as false”" in message.body


def test_fetched_words_cannot_break_the_line() -> None:
    quotes = [{"quote": "a\n\x1b[31mb\u202e", "url": "https://x.example/\r\nY", "stance": "refutes"}]
    body = notify.of_change({**TOLD, "quotes": quotes}, "s").body
    assert "\x1b" not in body
    assert "\u202e" not in body
    assert "\r" not in body


def test_a_digest_without_changes_still_says_how_far_we_have_read() -> None:
    reading = Reading(5, 4, datetime(2026, 1, 2, 5, tzinfo=UTC), ("https://dead.example/feed",))
    message = notify.of_day("A bridge", date(2026, 1, 1), [], reading)
    assert message.title == "A bridge, 2026-01-01: no change"
    assert "Read up to 2026-01-02 05:00 UTC; 4 of 5 sources answered." in message.body
    assert "No answer: https://dead.example/feed" in message.body


def test_a_message_goes_out_through_apprise(httpserver: HTTPServer) -> None:
    came: list[dict[str, Any]] = []

    def take(request: Request) -> Response:
        came.append(json.loads(request.data))
        return Response("ok")

    httpserver.expect_request("/desk").respond_with_handler(take)
    notify.send("DESK", f"json://{httpserver.host}:{httpserver.port}/desk", Message("A title", "A body"))
    assert [(m["title"], m["message"]) for m in came] == [("A title", "A body")]


def test_a_refused_message_fails_without_showing_the_address(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/s3cret").respond_with_response(Response("no", status=500))
    with pytest.raises(NotifyFailed) as failed:
        notify.send("DESK", f"json://user:passw0rd@{httpserver.host}:{httpserver.port}/s3cret", Message("A title", "A body"))
    assert "DESK" in str(failed.value)
    assert "s3cret" not in str(failed.value)
    assert "passw0rd" not in str(failed.value)


@pytest.mark.parametrize(("address", "reason"), [(None, "not set"), ("nonsense", "not one that apprise understands")])
def test_a_target_without_a_good_address_is_named(address: str | None, reason: str) -> None:
    with pytest.raises(NotifyFailed, match=reason):
        notify.send("DESK", address, Message("A title", "A body"))
