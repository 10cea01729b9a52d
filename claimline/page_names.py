"""The title and the authors that a page's markup states, as trafilatura finds them.

Its `extract_metadata` looks for a date, tags, a licence and a site name as well, in a third of an extraction's time; we have our
own dates and use none of the others. The order of its steps is kept, and a test holds the two together.
"""

from __future__ import annotations

from contextlib import suppress
from html import unescape

from lxml.html import HtmlElement
from trafilatura.metadata import examine_meta, extract_author, extract_meta_json, extract_title
from trafilatura.utils import line_processing

_LONGEST = 10_000


def title_and_authors(tree: HtmlElement) -> tuple[str | None, str | None]:
    """The title, and the authors in one line, parted by semicolons. Leaves the tree as it is."""
    found = examine_meta(tree)
    if found.author and " " not in found.author:
        found.author = None
    with suppress(Exception):  # as trafilatura does: whatever broken JSON does to its parser, the page is still read
        found = extract_meta_json(tree, found)
    return _tidy(found.title or extract_title(tree)), _tidy(found.author or extract_author(tree))


def _tidy(words: str | None) -> str | None:
    if not words:
        return None
    short = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
    return line_processing(unescape(short))
