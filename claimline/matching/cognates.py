"""Words that many languages share: names and learned words, spelled in each in its own way ("chlorophyll", "clorofila",
"Chlorophyll", "хлорофилл"). Compared by a rough skeleton of their sounds; cheap, and wrong now and then."""

from __future__ import annotations

import re

from text_unidecode import unidecode

from claimline.matching.lands import is_land
from claimline.matching.names import fold
from claimline.remembered import remembered

# Longer words are cut here: what follows is inflection as often as not.
PREFIX = 7
_SHORTEST = 5
_WORD = re.compile(r"[^\W_]{3,}")
_SOUNDS = (
    ("sch", "s"),
    ("tch", "k"),
    ("ph", "f"),
    ("ch", "k"),
    ("kh", "k"),
    ("ck", "k"),
    ("qu", "k"),
    ("sh", "s"),
    ("th", "t"),
    ("x", "ks"),
    ("q", "k"),
    ("c", "k"),
    ("z", "s"),
    ("w", "v"),
    ("y", "i"),
    ("j", "i"),
    ("h", ""),
)
_DOUBLED = re.compile(r"(.)\1+")
_COMMON_ENDING = re.compile(r"(?:ing|ed|ion|ions|ly|ers?|ment|able|ive|al)$")


@remembered(16384)
def skeleton(word: str) -> str:
    """A word's sounds in Latin letters, roughly and cut short: `chlorophyll`, `clorofila`, `хлорофилл` -> `klorofi`."""
    letters = word if word.isascii() else unidecode(word)
    letters = re.sub(r"[^a-z0-9]", "", letters.lower())
    for written, sound in _SOUNDS:
        letters = letters.replace(written, sound)
    return _DOUBLED.sub(r"\1", letters)[:PREFIX]


def distinctive(statement: str) -> frozenset[str]:
    """The skeletons of a claim's words that hardly stand in a text on something else: names (lands and the first word of the
    sentence aside) and long learned words."""
    found = set()
    for number, match in enumerate(_WORD.finditer(statement)):
        word = match[0]
        named = word[0].isupper() and number > 0
        learned = len(word) >= 9 and not _COMMON_ENDING.search(word)
        if (named or learned) and not is_land(word) and len(skeleton(word)) >= _SHORTEST:
            found.add(skeleton(word))
    return frozenset(found)


def skeletons(text: str) -> frozenset[str]:
    """Those of a text's longer words."""
    return frozenset(skeleton(w) for w in set(_WORD.findall(fold(text))) if len(w) >= _SHORTEST)
