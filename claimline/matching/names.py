"""Where a text names a thing, in any script, spelling or inflection. Offsets are those of the text given.

Folding keeps the length of the text, so that a match in the folded text is a span of the original. It knows nothing of
claims; who speaks is `attribution`'s question.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from claimline.models import Name, Person

_DASHES = "‐‑‒–—―−﹣－"
_QUOTES = "’‘`´ʼ＇"
_SPELLED = str.maketrans(dict.fromkeys(_DASHES, "-") | dict.fromkeys(_QUOTES, "'") | {"ı": "i", "İ": "i", "ё": "е", "Ё": "е"})
# How a letter of a designator ("S-400", "F-35") is written in Cyrillic and spelled out in Arabic.
_CYRILLIC = dict(zip("ABCDEFGHIKLMNOPRSTUVXYZ", "АБЦДЕФГХИКЛМНОПРСТУВХЮЗ", strict=True))
_ARABIC = {
    "S": "إس",
    "F": "إف",
    "M": "إم",
    "B": "بي",
    "T": "تي",
    "C": "سي",
    "K": "كي",
    "X": "إكس",
    "A": "إيه",
    "R": "آر",
    "L": "إل",
}
_DESIGNATOR = re.compile(r"^([A-Za-z]{1,4})[-\s]?(\d{1,5})([A-Za-z]?)$")
_GAP = r"[\s\-./]{0,3}"


@dataclass(frozen=True, slots=True)
class Mention:
    """A span that names `name` (its canonical form)."""

    start: int
    end: int
    name: str


def fold(text: str) -> str:
    """Case, accents, dashes and quotes folded, one character for one: `len(fold(t)) == len(t)`."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_char, text))


def digest(names: Sequence[Name], people: Sequence[Person]) -> str:
    """A hash of what a topic calls its things and people, in whatever order; empty where it names nothing and nobody."""
    things = ["\x1f".join(("name", n.canonical, *sorted(n.variants))) for n in names]
    persons = ["\x1f".join(("person", p.key, p.canonical, p.role, *sorted(p.variants))) for p in people]
    rows = sorted(things + persons)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16] if rows else ""


@lru_cache(maxsize=8192)
def _fold_char(char: str) -> str:
    char = char.translate(_SPELLED)
    base = unicodedata.normalize("NFKD", char)
    base = "".join(c for c in base if not unicodedata.combining(c)) or char
    low = base.casefold()
    return low[0] if len(low) == 1 else (low[0] if low else char)


class NameFinder:
    """Finds the names of a topic in a text; compiled once, used for every article."""

    def __init__(self, names: Iterable[Name]) -> None:
        self._names = tuple(names)
        groups = [f"(?P<n{i}>{'|'.join(_patterns(name))})" for i, name in enumerate(self._names)]
        self._regexes = [re.compile(g) for g in groups]

    def find(self, text: str) -> tuple[Mention, ...]:
        """Every mention, in order of its start; mentions of different names may overlap."""
        folded = fold(text)
        found = [
            Mention(m.start(), m.end(), name.canonical)
            for name, regex in zip(self._names, self._regexes, strict=True)
            for m in regex.finditer(folded)
        ]
        return tuple(sorted(found, key=lambda m: (m.start, m.end)))

    def named(self, text: str) -> frozenset[str]:
        """The canonical names that the text mentions."""
        folded = fold(text)
        return frozenset(n.canonical for n, r in zip(self._names, self._regexes, strict=True) if r.search(folded))


def _patterns(name: Name) -> list[str]:
    written = {name.canonical, *name.variants}
    for form in tuple(written):
        written |= _other_scripts(form)
    return sorted({_pattern(form) for form in written if form.strip()}, key=len, reverse=True)


def _other_scripts(form: str) -> set[str]:
    """A designator in the scripts that respell it: S-400 -> С-400, إس-400."""
    match = _DESIGNATOR.match(form.strip())
    if not match or match[3]:
        return set()
    letters, digits = match[1].upper(), match[2]
    spelled = {"".join(_CYRILLIC.get(c, c) for c in letters) + "-" + digits}
    if len(letters) == 1 and letters in _ARABIC:
        spelled.add(f"{_ARABIC[letters]}-{digits}")
    return spelled


def _pattern(form: str) -> str:
    words = [w for w in re.split(r"[\s\-./]+", fold(form)) if w]
    parts = [_word(word, last=i == len(words) - 1) for i, word in enumerate(words)]
    if len(words) == 1 and (m := re.match(r"^([^\W\d]{1,4})(\d+)$", words[0])):
        parts = [re.escape(m[1]), _word(m[2], last=True)]
    start = r"(?<!\w)" if not _is_arabic(words[0]) else r"(?<!\w)(?:[وفبلك]|ال|وال|بال|لل|فال){0,2}"
    return start + _GAP.join(parts)


def _word(word: str, *, last: bool) -> str:
    """One word of a name with the endings that inflection gives it."""
    if any(c.isdigit() for c in word):
        # "S-400s", "S-400'ler", "С-400х": an ending of letters, never further digits.
        return re.escape(word) + (r"(?!\d)(?:s|'?[^\W\d]{0,5})?(?!\w)" if last else "")
    if _is_arabic(word):
        return re.escape(word) + r"[^\W\d]{0,2}"
    if len(word) >= 5 and _is_cyrillic(word):
        return re.escape(word[: len(word) - (2 if word[-1] in "аеиоуыэюяйь" and len(word) > 5 else 1)]) + r"[^\W\d]{0,4}(?!\w)"
    ending = r"(?:'[^\W\d]{1,6}|[^\W\d]{0,4})" if len(word) >= 6 else r"(?:'[^\W\d]{1,6}|s)?"
    return re.escape(word) + ending + r"(?!\w)"


def _is_cyrillic(word: str) -> bool:
    return "\u0400" <= word[0] <= "\u04ff"


def _is_arabic(word: str) -> bool:
    return "\u0600" <= word[0] <= "\u06ff"
