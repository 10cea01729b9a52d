"""Passages: every span proves itself; headlines, fragments and long sentences."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from claimline.matching.passages import MAX_CHARS, split


def cut(text: str, lang: str = "en") -> list[str]:
    return [p.text for p in split(text, lang=lang)]


@given(st.text(alphabet=st.sampled_from("ab .!?\n,;АбС-4é🙂'\"")), st.sampled_from(["en", "ru", "ar", "tr", "de"]))
def test_every_passage_is_what_its_span_says(text: str, lang: str) -> None:
    passages = split(text, lang=lang, title="A title")
    for p in passages:
        assert text[p.start : p.end] == p.text
        assert p.text.strip() == p.text != ""
    assert all(a.end <= b.start for a, b in pairwise(passages))


def test_nothing_but_blanks_is_lost() -> None:
    text = "St. 400 was sold. Mr. Smith came. " + "word " * 300 + "\n\nThe end of it."
    assert "".join("".join(cut(text)).split()) == "".join(text.split())


def test_a_headline_and_a_date_line_stand_on_their_own() -> None:
    text = "Турция внесла аванс за С-400\n12 сентября 2017 года, в 14:00 по Москве\nКонтракт подписан, сообщил президент."
    assert cut(text, "ru")[0] == "Турция внесла аванс за С-400"
    assert cut(text, "ru")[-1].startswith("Контракт")


def test_a_hard_wrapped_text_is_read_by_sentences() -> None:
    lines = [
        "The harbour bridge, which was closed after the storm in March,",
        "was opened again to lorries on Monday morning, the mayor said",
        "in a statement. Fishermen had asked for weeks that it be opened",
        "since the detour costs them an hour each way and much fuel.",
    ]
    assert len(cut("\n".join(lines))) == 2


def test_a_very_long_sentence_is_cut_at_a_clause() -> None:
    long = ", ".join(["the committee heard another witness on the same question"] * 30) + "."
    assert all(len(p) <= MAX_CHARS for p in cut(long))


def test_a_text_of_one_endless_sentence_is_cut_however_long_it_is() -> None:
    passages = split("word " * 120_000, lang="en")
    assert len(passages) > 1000
    assert all(len(p.text) <= MAX_CHARS for p in passages)


def test_the_context_is_the_sentence_before_or_the_title() -> None:
    passages = split("The system was sold last year. It cannot be returned to its maker.", lang="en", title="A sale")
    assert [p.context for p in passages] == ["A sale", "The system was sold last year."]
