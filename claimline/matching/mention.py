"""A mention: a span of a text that may speak, and the words that texts are cut into to find it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from claimline.models import Person

_WORD = re.compile(r"[^\W\d_]+(?:[-’'`][^\W\d_]+)*")
_ELIDED = re.compile(r"(?:[^\W\d_]['’])?([^\W\d_]+(?:-[^\W\d_]+)*)")
_START = re.compile(r"(?:\A|[.!?…:;\n\x01«»“”\"„—–-])[\s\x01«“\"„(]*$")
GENITIVE_FOLLOWS = frozenset({"ru", "uk", "pl"})  # the genitive follows without a preposition
SLAVIC_GENITIVE = re.compile(r"[аяыи]$|(?:ого|его|ой|ей|ego|ej|[auy])$")


@dataclass(frozen=True, slots=True)
class Mention:
    """`start:end` is the whole phrase with office and apposition; `name` the words to show.

    kind: known | name | office | body | pronoun | generic | agency. `oblique`: in a case that cannot be a subject.
    """

    start: int
    end: int
    kind: str
    name: str
    person: Person | None = None
    office: str | None = None
    oblique: bool = False
    indefinite: bool = False
    bare: bool = False  # an office without a body or land: "the minister"
    single: bool = False  # one capitalised word: a name only beside a verb of speech
    at: int = -1  # where the name itself begins
    governed: bool = False  # after a preposition
    closed: bool = False  # an apposition that a comma closes


@dataclass(frozen=True, slots=True)
class Token:
    start: int
    end: int
    word: str
    capital: bool
    first: bool  # of a sentence


def tokens_of(masked: str, lang: str) -> list[Token]:
    pattern = _ELIDED if lang in ("fr", "it") else _WORD
    tokens: list[Token] = []
    for match in pattern.finditer(masked):
        start, end = match.span(1) if lang in ("fr", "it") else match.span()
        first = opens_sentence(masked, match.start())
        tokens.append(Token(start, end, masked[start:end], masked[start].isupper(), first))
    return tokens


def bare(words: str) -> str:
    """Without the ending that an apostrophe sets off: Stoltenberg's, Erdoğan'ın."""
    return (
        re.sub(r"['’](?:s|\w{1,6})$", "", words.strip()) if not re.search(r"^[^\W\d_]['’]", words.split()[-1]) else words.strip()
    )


def is_oblique(words: str) -> bool:
    return bool(re.search(r"[^\W\d_]{2}['’](?:s|n?[ıiuü]n|y?[aeıiuü]|n?[dt][ae]n?|y?l[ae])?$", words))


def opens_sentence(masked: str, place: int) -> bool:
    """True where a word at `place` has its capital because a sentence, a line or a quotation begins."""
    return bool(_START.search(masked, max(0, place - 6), place))
