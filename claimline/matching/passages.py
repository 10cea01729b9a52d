"""A text cut into passages with exact offsets: a sentence, with what stands before it as its context.

`text[p.start:p.end] == p.text` for every passage. The cutter knows no claim; its version is part of a matcher's hash.
"""

from __future__ import annotations

import re
from itertools import pairwise

import sentencex

from claimline.models import Passage

VERSION = "2"
MAX_CHARS = 480
MIN_CHARS = 24
CONTEXT_CHARS = 240
_COLUMN = (45, 100)
_ENDS = ".!?…:;\"”»')]؟。"
_CLAUSE = re.compile(r"(?<=[;:،؛,])\s+|\s+(?=[–—-]\s)")


def split(text: str, *, lang: str | None = None, title: str | None = None) -> tuple[Passage, ...]:
    """The passages of a text in order. A very short sentence joins the one after it; a very long one is cut at a clause.

    The context is the sentence before, or the title for the first one.
    """
    passages: list[Passage] = []
    before = (title or "").strip()
    for start, end in _spans(text, lang or "en"):
        words = text[start:end]
        passages.append(Passage(start, end, words, before[-CONTEXT_CHARS:]))
        before = words
    return tuple(passages)


def _spans(text: str, lang: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for par_start, par_end in _paragraphs(text):
        paragraph = text[par_start:par_end]
        cut = [(b["start_index"], b["end_index"]) for b in sentencex.get_sentence_boundaries(lang, paragraph)]
        for start, end in _join_short(paragraph, [_trim(paragraph, s, e) for s, e in cut]):
            spans += [(par_start + s, par_start + e) for s, e in _cut_long(paragraph, start, end)]
    return spans


def _paragraphs(text: str) -> list[tuple[int, int]]:
    """Blocks between blank lines where the text is hard-wrapped, else lines: a page's headline and date stand on their own."""
    block = r"[^\n]+(?:\n(?!\n)[^\n]+)*" if _is_wrapped(text) else r"[^\n]+"
    return [(m.start(), m.end()) for m in re.finditer(block, text) if m.group().strip()]


def _is_wrapped(text: str) -> bool:
    """Whether lines end where a column ends and not where a thought does: most are of column length and unfinished."""
    lines = [line.strip() for line in text.split("\n")]
    followed = [line for line, after in pairwise(lines) if line and after]
    unfinished = [line for line in followed if _COLUMN[0] <= len(line) <= _COLUMN[1] and line[-1] not in _ENDS]
    return len(followed) >= 3 and len(unfinished) > 0.6 * len(followed)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _join_short(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Joins a fragment ("Mr.", "St.") to the sentence after it."""
    joined: list[tuple[int, int]] = []
    held: int | None = None
    for start, end in spans:
        if start == end:
            continue
        begin = held if held is not None else start
        if end - begin < MIN_CHARS and (start, end) != spans[-1]:
            held = begin
            continue
        joined.append(_trim(text, begin, end))
        held = None
    if held is not None:
        joined.append(_trim(text, held, spans[-1][1]))
    return joined


def _cut_long(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cuts a sentence of more than MAX_CHARS at its clauses, or at blanks where it has none."""
    spans: list[tuple[int, int]] = []
    while end - start > MAX_CHARS:
        window = text[start : start + MAX_CHARS]
        cuts = [m.end() for m in _CLAUSE.finditer(window) if m.end() > MAX_CHARS // 3]
        blank = window.rfind(" ")
        cut = start + (cuts[-1] if cuts else blank if blank > MAX_CHARS // 3 else MAX_CHARS)
        spans.append(_trim(text, start, cut))
        start, end = _trim(text, cut, end)
    return [*spans, (start, end)]
