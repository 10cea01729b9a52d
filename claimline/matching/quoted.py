"""Quotations and sentences of a text: where somebody's own words stand, and the text with them masked.

Masking keeps every offset: a quoted character becomes `\\x01`. A short scare quote ("utterly false") is left as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MASK = "\x01"
_CLOSERS = {"“": "”", "„": "“”", "«": "»", '"': '"', "‟": "”", "”": "”", "»": "«", "「": "」", "『": "』"}
_SCARE = 25
_LONGEST = 2500
_ENDS = re.compile(r"[.!?…؟。]+[\x01\"'”’»)\]]*(?=\s|$)|\n+")
_ABBREVIATED = re.compile(
    r"(?:\b[^\W\d_]|\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sen|Gen|Col|Lt|Gov|Rep|Adm|Sgt|Jr|Sr|No|vs|U\.S|U\.N|U\.K|bzw|ca|Nr|Abs|Hr|Fr|z\.B|u\.a|Doç|Av|Sn|"
    r"г|гг|им|ул|руб|млн|млрд|тыс|т\.е|т\.д|стр|p|ul|tzw|im|ww|m\.in|dhr|mevr|Sr|Sra|Dra|EE\.UU|Jan|Feb|Mar|Apr|Aug|Sept|Oct|Nov|Dec))\.$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int

    def overlap(self, other: Span) -> int:
        return max(0, min(self.end, other.end) - max(self.start, other.start))


def quotations(text: str) -> list[Span]:
    """The quoted stretches, marks included, paragraph by paragraph; one that is not closed ends with its paragraph."""
    found: list[Span] = []
    for paragraph in re.finditer(r"[^\n]+", text):
        at, end = paragraph.start(), paragraph.end()
        while at < end:
            closers = _CLOSERS.get(text[at])
            if closers is None or (text[at] in "”»" and not _opens(text, at)):
                at += 1
                continue
            stop = _closing(text, at, end, closers)
            if stop - at > _SCARE or text[stop - 2 : stop - 1] in ".!?," or _is_said(text, at, stop):
                found.append(Span(at, stop))
            at = stop
    return found


_BEFORE_SAID = re.compile(r":\s*$")
_AFTER_SAID = re.compile(r"\s*[,،–—-]\s*[^\W\d_A-ZА-ЯЁ]|\s+(?:dedi|diye|diyen|ifade\w*|şeklinde|sözler\w*)\b")


def _is_said(text: str, start: int, stop: int) -> bool:
    """A short quotation is speech, not a name or a scare quote, after a colon or before a comma and a verb."""
    inner = text[start + 1 : stop - 1].strip()
    if " " not in inner:
        return False
    return bool(
        _BEFORE_SAID.search(text, max(0, start - 4), start) or (not inner[:1].islower() and _AFTER_SAID.match(text, stop))
    )


def _opens(text: str, at: int) -> bool:
    """A closing mark that is used to open ("»Ja«", Swedish ”ja”): it stands before a word and after none."""
    return (at == 0 or text[at - 1].isspace()) and text[at + 1 : at + 2].isalnum()


def _closing(text: str, at: int, end: int, closers: str) -> int:
    nested = 0
    for place in range(at + 1, end):
        if text[place] == text[at] and text[at] not in closers:
            nested += 1
        elif text[place] in closers:
            if not nested:
                return place + 1
            nested -= 1
    return end


def masked(text: str, quotes: list[Span]) -> str:
    parts, at = [], 0
    for quote in quotes:
        parts += [text[at : quote.start], MASK * (quote.end - quote.start)]
        at = quote.end
    return "".join([*parts, text[at:]])


def sentences(masked_text: str) -> list[Span]:
    """The sentences of a masked text: a quotation of several sentences is part of the one that it stands in."""
    found: list[Span] = []
    start = 0
    for stop in _ENDS.finditer(masked_text):
        if stop[0][0] == "." and _goes_on(masked_text, stop.start(), stop.end()):
            continue
        found.append(_trimmed(masked_text, start, stop.end()))
        start = stop.end()
    found.append(_trimmed(masked_text, start, len(masked_text)))
    return [part for span in found if span.end > span.start for part in _in_bounds(masked_text, span)]


def _in_bounds(text: str, span: Span) -> list[Span]:
    """A sentence without an end is no sentence: cut at a blank, so that the rules see no more than a page of it."""
    parts: list[Span] = []
    start = span.start
    while span.end - start > _LONGEST:
        blank = text.rfind(" ", start + 1, start + _LONGEST)
        cut = blank if blank > start else start + _LONGEST
        parts.append(Span(start, cut))
        start = cut
    return [*parts, Span(start, span.end)]


def _goes_on(text: str, dot: int, end: int) -> bool:
    """An abbreviation, or a dot that no capital follows."""
    following = text[end : end + 2].lstrip()
    return bool(_ABBREVIATED.search(text[max(0, dot - 8) : dot + 1])) or (following[:1].islower() and text[end : end + 1] != "\n")


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
