"""A sentence in any script -> a slug that can be read, for what gets its first name. What has a name keeps it."""

from __future__ import annotations

from text_unidecode import unidecode

from claimline.matching.people import spelled
from claimline.topics import slugify


def readable_slug(text: str, *, limit: int = 60) -> str:
    """A slug in Latin letters, spelled as names are (`spelled`) and by unidecode's table where that knows no letter; a hash only
    where no letter is left.
    """
    latin = "".join(char if char.isascii() else _in_latin(char) for char in spelled(text))
    return slugify(latin if any(char.isalpha() for char in latin) else text, limit=limit)


def _in_latin(char: str) -> str:
    """Without the marks of soft signs and glottal stops, which would part a word."""
    return str(unidecode(char)).replace("'", "").replace("`", "")
