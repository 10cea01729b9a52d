"""Errors say one line, and survive the way from one process to another."""

from __future__ import annotations

import copy
import pickle

import pytest

from claimline import errors as e

ERRORS = [
    e.UsageError("no"),
    e.TopicError("t.yaml", [e.Problem(3, "claims", "is missing")]),
    e.UnknownName("topic", "x", ["y"]),
    e.StaleTopic("x", "- a\n+ b"),
    e.SchemaTooNew("sqlite://", "9"),
    e.LeaseHeld("topic x", "host:1"),
    e.FetchFailed("https://x.test/", "http-503", "busy", status=503, retry_after_s=9.0),
    e.FetchRefused("https://x.test/", "robots"),
    e.BodyTooLarge("https://x.test/", "too-large"),
    e.SourceError("feed", "broken-xml", "line 2"),
    e.CleanError("a.html", "empty"),
    e.JudgeUnavailable("claim", "revision", "no answer"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_after_it_crossed_processes(error: e.ClaimlineError) -> None:
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is type(error)
        assert str(other) == str(error)
        assert vars(other) == vars(error)
        assert other.exit_code == error.exit_code
