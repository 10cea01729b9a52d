"""The words for people."""

from __future__ import annotations

from claimline import labels
from claimline.matching import modality
from claimline.models import Figures


def test_a_voice_without_a_name_is_not_told_as_nobody_speaking() -> None:
    unnamed = Figures(voices_supports=2, voices_refutes=1)
    assert labels.voices(unnamed) == "2 for, 1 against, no named speaker"
    assert labels.voices(Figures(voices_supports=2, voices_refutes=1, speakers=1)) == "2 for, 1 against, 1 named speaker"
    assert labels.voices(Figures()) == "no voices"


def test_every_way_to_put_a_thing_has_words() -> None:
    for kind in (*modality._WORDS, "has-not-asked"):
        assert "-" not in labels.modality(kind)
    assert labels.modality("has-not-asked") == "not asked for"
