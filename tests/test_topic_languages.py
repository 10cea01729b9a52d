"""A topic that names its languages reads those and no others; what is left out is counted, not lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from claimline.matching.matcher import Matcher, Text, matcher_hash
from claimline.matching.stance import Pair, PairReader, StanceProbs
from claimline.models import ClaimSpec, Topic
from tests.test_fewshot import Words

SURE = StanceProbs(0.97, 0.01, 0.01, 0.01)
CLAIM = ClaimSpec("open", "The Brenner tunnel is open")


class Believer(PairReader):
    """Reads English and Turkish, and everything as support."""

    matcher_hash, languages, folder = "fake", frozenset({"en", "tr"}), Path("nowhere")

    def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
        return [SURE] * len(pairs)


def topic(*languages: str) -> Topic:
    return Topic("t", "T", (CLAIM,), (), languages=languages)


@pytest.mark.parametrize(
    ("languages", "lang", "skipped"),
    [
        ((), "tr", None),
        (("tr",), "tr", None),
        (("tr-TR", "en"), "tr", None),
        (("en",), "tr", "language not read"),
        (("en", "fi"), "fi", "language not read"),  # the topic wants it, the model does not know it
    ],
)
def test_a_text_is_read_where_topic_and_model_both_read_its_language(
    languages: tuple[str, ...], lang: str, skipped: str | None
) -> None:
    text = Text("r", "The Brenner tunnel is open, the ministry said on Monday in a note.", "", lang, None)
    [answer] = Matcher(topic(*languages), Believer(), Words()).answer([text])  # type: ignore[arg-type]
    assert answer.skipped == skipped
    assert bool(answer.judgements) is (skipped is None)


def test_the_languages_are_in_the_hash_and_only_where_they_are_named() -> None:
    plain, one = matcher_hash(Believer(), topic()), matcher_hash(Believer(), topic("en"))
    assert plain == matcher_hash(Believer(), Topic("other", "Other", (CLAIM,), ()))
    assert plain != one
    assert one == matcher_hash(Believer(), topic("en-GB"))
