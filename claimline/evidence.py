"""A quote proves itself: spans that are verbatim, and found again in a later revision.

`quote` is the only way to build a Quote: it refuses a span that does not say what it is said to say. `anchor` never
accepts a span whose words differ in more than a misprint, since one word can turn a position round.
"""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from claimline.errors import EvidenceError
from claimline.models import Quote, Said, Speaker, Stance

_MIN_RATIO = 92.0  # of the whole span
_MIN_WORD_RATIO = 0.85  # of each word that differs: a misprint, not another form
_FOLDS = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "‑": "-", "−": "-"}
)
_WORD = re.compile(r"\w+")


def quote(
    text: str,
    start: int,
    end: int,
    *,
    stance: Stance,
    confidence: float,
    expected: str | None = None,
    speaker: Speaker | None = None,
    said: Said | None = None,
    via: str | None = None,
    modality: str | None = None,
) -> Quote:
    """The quote at `text[start:end]`, blanks at its ends left out.

    Raises EvidenceError where the span lies outside the text, is blank, or is not `expected`.
    """
    if not 0 <= start < end <= len(text):
        raise EvidenceError(f"the span {start}-{end} lies outside a text of {len(text)} characters")
    if expected is not None and text[start:end] != expected:
        raise EvidenceError(f"the span {start}-{end} reads {text[start:end][:60]!r}, not {expected[:60]!r}")
    start, end = _trimmed(text, start, end)
    if start == end:
        raise EvidenceError(f"the span at {start} is blank")
    return Quote(start, end, text[start:end], stance, confidence, speaker, said, via, modality)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


# --- Finding a quote again ------------------------------------------------------------------------------------------


def anchor(quote: str, text: str, near: int | None = None) -> tuple[int, int] | None:
    """Where `quote` stands in another revision: verbatim, else in other typography, else with a misprint mended.

    Of several places the one nearest to `near` (else the first). None where it is no longer said.
    """
    if not quote.strip():
        return None
    found = _occurrences(quote, text)
    if not found:
        folded, places = _folded(text)
        needle = _folded(quote)[0].strip()
        found = [(places[start], places[end - 1] + 1) for start, end in _occurrences(needle, folded)]
    if found:
        return min(found, key=lambda span: abs(span[0] - near)) if near is not None else found[0]
    return _misprinted(quote, text)


def _occurrences(needle: str, text: str) -> list[tuple[int, int]]:
    return [(m.start(), m.end()) for m in re.finditer(re.escape(needle), text)] if needle else []


def _folded(text: str) -> tuple[str, list[int]]:
    """The text without differences of case, quotes, dashes and blanks, and for each character where it came from."""
    chars: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        if char.isspace():
            if chars and chars[-1] != " ":
                chars.append(" ")
                places.append(place)
            continue
        for folded in unicodedata.normalize("NFKC", char.translate(_FOLDS)).casefold():
            chars.append(folded)
            places.append(place)
    return "".join(chars), places


def _misprinted(quote: str, text: str) -> tuple[int, int] | None:
    if len(quote) < 20 or len(text) < len(quote) // 2:
        return None
    alignment = fuzz.partial_ratio_alignment(quote, text, score_cutoff=_MIN_RATIO)
    if alignment is None:
        return None
    span = _whole_words(text, alignment.dest_start, alignment.dest_end)
    return span if _same_words(quote, text[span[0] : span[1]]) else None


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The span widened to word boundaries."""
    while start > 0 and text[start - 1].isalnum() and text[start : start + 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    return _trimmed(text, start, end)


def _same_words(a: str, b: str) -> bool:
    """Word by word the same but for misprints: no word more or less, no other number, no other beginning ("im-")."""
    ours, theirs = _WORD.findall(a.casefold()), _WORD.findall(b.casefold())
    return len(ours) == len(theirs) and all(x == y or _misprint(x, y) for x, y in zip(ours, theirs, strict=True))


def _misprint(x: str, y: str) -> bool:
    if min(len(x), len(y)) < 5 or any(char.isdigit() for char in x + y):
        return False
    return x[:2] == y[:2] and Indel.normalized_similarity(x, y) >= _MIN_WORD_RATIO
