"""What a claim's sentence has to be, in any script, wherever it comes from: long enough to say something, and no question."""

from __future__ import annotations

import re

MAX_CHARS = 500
# Scripts that put no space between words, and how many of their letters make about a word. Korean puts spaces.
_UNSPACED = (
    (re.compile(r"[\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]"), 5 / 3),  # Han, kana
    (re.compile(r"[\u0e00-\u0eff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17ff]"), 3),  # Thai, Lao, Tibetan, Burmese, Khmer
)
_LATIN_OR_GREEK = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u03ff\u1e00-\u1fff]")
_QUESTION = ("?", "\uff1f", "\u061f", "\u037e")  # as such, of full width, in Arabic, in Greek


def is_too_short(words: str) -> bool:
    """Whether a sentence has more words: three, or two where "is" is left out as a rule (Arabic, Hebrew, Russian).

    Latin letters are asked for three in every language, or nothing would be refused. Where no spaces part the words, their number
    is told by the letters.
    """
    number, spaced = 0.0, words
    for script, letters in _UNSPACED:
        spaced, found = script.subn(" ", spaced)
        number += found / letters
    rest = [word for word in spaced.split() if any(char.isalnum() for char in word)]
    least = 3 if number or _LATIN_OR_GREEK.search(words) else 2
    return number + len(rest) < least


def is_question(words: str) -> bool:
    return words.endswith(_QUESTION)
