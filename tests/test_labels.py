"""The words for people."""

from __future__ import annotations

from claimline import labels
from claimline.models import Figures


def test_a_voice_without_a_name_is_not_told_as_nobody_speaking() -> None:
    unnamed = Figures(voices_supports=2, voices_refutes=1)
    assert labels.voices(unnamed) == "2 for, 1 against, no named speaker"
    assert labels.voices(Figures(voices_supports=2, voices_refutes=1, speakers=1)) == "2 for, 1 against, 1 named speaker"
    assert labels.voices(Figures()) == "no voices"
