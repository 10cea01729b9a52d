"""Copies of one story count once: which texts tell it in nearly the same words?

Pure: texts in, edges and group keys out. Candidates come from MinHash bands over word shingles (cheap, may err on the side of
too many); every candidate is then verified on the shingles themselves. A copy may be shortened, retitled, given a new first or
last paragraph, or lightly edited; the same event in a reporter's own words is no copy, nor is one item in a round-up, tomorrow's
bulletin from the same template, or a text from another time. Translations are not looked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import numpy as np
from rensa import RMinHash

from claimline.remembered import remembered

# Stored beside the signatures: another version or seed makes them incomparable.
VERSION = f"copies-1+rensa-{RMinHash.ALGORITHM_VERSION}"
SEED = 20171010
DAYS_APART = 4

# Shares of shingles. Reporters' own words about one event share below 0.1, edited copies above 0.6 (tests/data/copies.jsonl).
_NEEDED, _NEEDED_ONE_AGENCY, _NEEDED_TWO_AGENCIES = 0.35, 0.25, 0.6
_COVERED, _BEGINS = 0.3, 0.3
# What two sketches share is known to within some 0.04: a text that is gone asks for that much more.
_ESTIMATED = 0.05
# A stock phrase in two briefs is no copy; one sentence, told again as it stands, is.
_FEWEST_SHARED, _NEARLY_WHOLE = 10, 0.8

# Bands of two rows: texts that share a fifth of their shingles meet with a chance of 0.98, of a tenth with 0.62.
_PERMUTATIONS, _HEAD_PERMUTATIONS = 192, 64
_LENGTH = _PERMUTATIONS + _HEAD_PERMUTATIONS
_HEAD_WORDS = 60
_WORDS, _CHARACTERS = 3, 6
_FEWEST_SHINGLES = 5
_MOST_IN_A_BUCKET = 64

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]|\w+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_QUOTED = re.compile(r"[\"“”„«]([^\"“”„«»]{25,600})[\"”“»]")


@dataclass(frozen=True, slots=True)
class ClusterText:
    """A revision as it is compared. `published` is None where it is not known; `via` the agency whose byline it carries."""

    text: str
    published: date | None = None
    via: str | None = None


@dataclass(frozen=True, slots=True)
class _Profile:
    """`order` are the narrative shingles from the beginning on; quotations are told by several outlets and prove nothing."""

    order: tuple[str, ...]
    shingles: frozenset[str]
    numbers: Counter[str]


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a text that may not be kept: enough to know a copy of it by, and no word of it.

    `signature` finds candidates, `narrative` (of the narrative shingles, of which there were `shingles`) tells how much two texts
    share; `numbers` counts the hashes of the numbers. Both signatures are empty for a text too short to be compared.
    """

    signature: tuple[int, ...]
    narrative: tuple[int, ...]
    shingles: int
    numbers: Mapping[str, int]
    published: date | None = None
    via: str | None = None


def sketch(text: ClusterText) -> Sketch:
    """The sketch of a text; it cannot be turned back into words."""
    profile = _read(text.text)  # asked once a text: nothing to remember
    enough = len(profile.order) >= _FEWEST_SHINGLES
    numbers = {_hashed(number): count for number, count in sorted(profile.numbers.items())}
    made = _signed(list(profile.order)) if enough else ()
    return Sketch(signature(text.text), made, len(profile.shingles), numbers, text.published, text.via)


def _hashed(number: str) -> str:
    return sha256(number.encode()).hexdigest()[:8]


def signature(text: str) -> tuple[int, ...]:
    """MinHash of the whole text, then of its beginning (a shortened copy shares little with a long text, but begins as it does).

    Empty for a text too short to be compared.
    """
    shingles = _shingles(_tokens(text))
    return _signed(shingles) if len(shingles) >= _FEWEST_SHINGLES else ()


def _signed(shingles: list[str]) -> tuple[int, ...]:
    return (*_minhash(shingles, _PERMUTATIONS), *_minhash(shingles[:_HEAD_WORDS], _HEAD_PERMUTATIONS))


def candidate_pairs(signatures: Mapping[str, tuple[int, ...]], new: Collection[str]) -> set[tuple[str, str]]:
    """Pairs (smaller key first) that share a band, at least one of them in `new`.

    Of a band with very many texts each new one is paired with its first few only: they are boilerplate, or copies that one
    edge each joins as well as all edges would.
    """
    keys = sorted(key for key, signed in signatures.items() if len(signed) == _LENGTH)
    fresh = np.array([key in new for key in keys], dtype=bool)
    if not fresh.any():
        return set()
    bands = np.array([signatures[key] for key in keys], dtype=np.uint32).view(np.uint64)
    pairs: set[tuple[str, str]] = set()
    for band in bands.T:
        rows = np.flatnonzero(np.isin(band, band[fresh]))
        rows = rows[np.argsort(band[rows], kind="stable")]
        for bucket in np.split(rows, np.flatnonzero(np.diff(band[rows])) + 1):
            if len(bucket) > 1:
                pairs.update(_pairs([(keys[row], bool(fresh[row])) for row in bucket]))
    return pairs


def is_copy(a: ClusterText, b: ClusterText) -> float | None:
    """The share of the shorter narrative that stands in the other, where both are one story; None where they are not."""
    if _far_apart(a.published, b.published):
        return None
    one, two = _profile(a.text), _profile(b.text)
    short, long = sorted((one, two), key=lambda profile: (len(profile.shingles), profile.order))
    if not short.shingles:
        return 1.0 if _same(a.text, b.text) else None
    shared = len(short.shingles & long.shingles)
    contained = shared / len(short.shingles)
    if contained < _needed(a.via, b.via) or _other_numbers(one, two):
        return None
    if shared < _FEWEST_SHARED and contained < _NEARLY_WHOLE:
        return None
    covered = shared / len(long.shingles)
    begins = _begins(short, long)
    # In a round-up, or a long report that lends a paragraph, the longer text neither begins with the shorter nor is filled by it.
    return contained if covered >= _COVERED or begins >= _BEGINS else None


def is_copy_by_sketch(a: Sketch, b: Sketch) -> float | None:
    """The same as `is_copy` as well as two sketches tell it: an estimate, that asks for a little more likeness."""
    if _far_apart(a.published, b.published) or not a.narrative or not b.narrative:
        return None
    alike = _alike(a.narrative[:_PERMUTATIONS], b.narrative[:_PERMUTATIONS])
    few, many = sorted((a.shingles, b.shingles))
    shared = min(float(few), alike / (1 + alike) * (few + many))
    contained = shared / few
    if contained < _needed(a.via, b.via) + _ESTIMATED or _other_counts(Counter(a.numbers), Counter(b.numbers)):
        return None
    if shared < _FEWEST_SHARED and contained < _NEARLY_WHOLE:
        return None
    heads = _alike(a.narrative[_PERMUTATIONS:], b.narrative[_PERMUTATIONS:])
    return contained if shared / many >= _COVERED or 2 * heads / (1 + heads) >= _BEGINS else None


def _alike(a: Sequence[int], b: Sequence[int]) -> float:
    """The share of two sets' union that both hold, from their signatures."""
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def components(edges: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each key -> the least key of its group, whatever the order of the edges."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for a, b in edges:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return {key: root(key) for key in sorted(parent)}


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def _shingles(tokens: list[str]) -> list[str]:
    """Runs of three words, or of six characters where a script writes no spaces."""
    unspaced = sum(1 for token in tokens if _UNSPACED.match(token))
    size = _CHARACTERS if unspaced * 2 > len(tokens) else _WORDS
    return [" ".join(tokens[i : i + size]) for i in range(len(tokens) - size + 1)]


def _minhash(shingles: list[str], permutations: int) -> list[int]:
    made = RMinHash(num_perm=permutations, seed=SEED)
    made.update(shingles)
    digest: list[int] = made.digest()
    return digest


def _pairs(bucket: list[tuple[str, bool]]) -> Iterator[tuple[str, str]]:
    """The bucket is sorted by key, so the partners in a crowded one do not depend on who came first."""
    partners = bucket[:_MOST_IN_A_BUCKET]
    for key, fresh in bucket:
        if fresh:
            for other, _ in partners:
                if other != key:
                    yield (key, other) if key < other else (other, key)


@remembered(4096)
def _profile(text: str) -> _Profile:
    """Remembered while texts are compared, each with several others, until `forget`."""
    return _read(text)


def _read(text: str) -> _Profile:
    narrative = _shingles(_tokens(_QUOTED.sub(" \u2026 ", text)))
    every = _shingles(_tokens(text))
    order = tuple(narrative) if len(narrative) * 3 >= len(every) else tuple(every)
    return _Profile(order, frozenset(order), Counter(_NUMBER.findall(text.replace(",", "."))))


def forget() -> None:
    """Lets go of the texts that were compared: each weighs some 80 kB, and the next run's are others."""
    _profile.cache_clear()


def _far_apart(a: date | None, b: date | None) -> bool:
    return a is not None and b is not None and abs((a - b).days) > DAYS_APART


def _needed(a: str | None, b: str | None) -> float:
    """One agency's byline under both makes less likeness enough; two different agencies ask for more."""
    if a and b:
        return _NEEDED_ONE_AGENCY if a.casefold() == b.casefold() else _NEEDED_TWO_AGENCIES
    return _NEEDED


def _other_numbers(a: _Profile, b: _Profile) -> bool:
    """A bulletin from a template: the words of yesterday with the figures of today."""
    return _other_counts(a.numbers, b.numbers)


def _other_counts(a: Counter[str], b: Counter[str]) -> bool:
    few = min(a.total(), b.total())
    shared = (a & b).total()
    return few >= 4 and shared / few < 0.5


def _begins(short: _Profile, long: _Profile) -> float:
    """How much of the longer text's beginning (as long as the shorter text) stands in the shorter one."""
    head = long.order[: len(short.order)]
    return sum(1 for shingle in head if shingle in short.shingles) / len(head)


def _same(a: str, b: str) -> bool:
    return bool(_tokens(a)) and _tokens(a) == _tokens(b)
