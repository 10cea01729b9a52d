"""Arabic noun phrases that may speak: an office with its articled words, and the name of its holder after them.

Arabic has no capitals, so a name is what stands after an office, or after a verb of speech (which is `word_order`'s matter).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import lru_cache

from claimline import agencies
from claimline.day_words import weekday_number
from claimline.matching.grammars import Grammar
from claimline.matching.mention import Mention
from claimline.matching.offices import is_named, told

_ARTICLED = re.compile(r"(?:وال|بال|لل|ال)\w")
_STOP = re.compile(r"[،,:\x01.(«\"؛\n]")
_LONGEST = 7


def read(text: str, start: int, end: int, grammar: Grammar) -> Mention | None:
    """The phrase that opens `text[start:end]`: a name, an office, a body or somebody unnamed."""
    words = text[start:end].split()[:_LONGEST]
    words = list(itertools.takewhile(lambda word: weekday_number(word) is None, words))
    if not words:
        return None
    at = text.index(words[0], start)
    opens = " ".join(words)
    if len(words) > 1 and (agency := agencies.canonical(words[1])) is not None and words[0] in ("وكالة", "الوكالة"):
        return Mention(at, at + len(opens), "agency", agency)
    generic = re.match(rf"(?:{grammar.generic})(?!\w)", opens)
    kinds = ((kind, re.match(rf"(?:{nouns})(?!\w)", opens)) for kind, nouns in grammar.heads.items())
    kind, head = next(((k, len(m[0].split())) for k, m in kinds if m), (None, 1))
    office = told(kind, words[0].removeprefix("ال")) if kind else None
    phrase, holder = _noun_phrase(words, kind, head)
    if holder:
        return Mention(at, at + len(phrase), "name", holder, office=office, at=at + len(phrase) - len(holder))
    if kind == "spokesperson" and any(re.fullmatch(rf"ال(?:{grammar.heads['body']})", word) for word in words[1:3]):
        return Mention(at, at + len(phrase), "generic", phrase, office=office)  # "متحدث باسم الشركة"
    what = "generic" if generic else "body" if kind == "body" else "office" if kind else "name"
    bare = not is_named("", phrase, phrase.partition(" ")[2]) and phrase.startswith("ال" if kind == "body" else "")
    indefinite = bare and not phrase.startswith("ال")
    return Mention(at, at + len(phrase), what, phrase, office=office, indefinite=indefinite, bare=bare)


def holders(text: str, grammar: Grammar, known: Sequence[Mention]) -> list[Mention]:
    """Everybody whom the text names after an office ("وزير الخارجية المصري سامح شكري")."""
    found: list[Mention] = []
    for match in _people(tuple(grammar.heads.items())).finditer(text):
        if (found and match.start() < found[-1].end) or any(m.start < match.end() and match.start() < m.end for m in known):
            continue
        mention = read(text, match.start(), _limit(text, match.start(), grammar), grammar)
        if (
            mention is not None
            and mention.kind == "name"
            and not any(m.start < mention.end and mention.start < m.end for m in known)
        ):
            found.append(mention)
    return found


def _limit(text: str, start: int, grammar: Grammar) -> int:
    stop = _STOP.search(text, start)
    end = stop.start() if stop else len(text)
    broken = re.compile(rf"(?<!\w)(?:{grammar.breaks})(?!\w)").search(text, start, end)
    return broken.start() if broken else end


@lru_cache(maxsize=4)
def _people(heads: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    nouns = "|".join(pattern for kind, pattern in heads if kind != "body")
    return re.compile(rf"(?<!\w)(?:{nouns})(?!\w)")


def _noun_phrase(words: Sequence[str], kind: str | None, head: int) -> tuple[str, str | None]:
    """The noun phrase that opens `words`, and the name in it: a head with its articled words ("وزير الدفاع التركي"), then a
    name of up to three words without the article ("خلوصي أكار"). Without an office the first two or three words.
    """
    if kind is None:
        return " ".join(words[: 3 if len(words) == 3 else 2]), None
    end = head
    while end < len(words) and _belongs(words, end):
        end += 1
    told = end > 1 or words[0].startswith("ال")
    while words[end:] and words[-1] in ("نفسه", "نفسها", "ذاته", "ذاتها"):
        words = words[:-1]
    name = words[end : end + 3] if kind != "body" and told and 1 <= len(words) - end <= 3 else []
    return " ".join(words[: end + len(name)]), " ".join(name) or None


def _belongs(words: Sequence[str], at: int) -> bool:
    """A word of the office's phrase; "ل" opens one ("لشؤون") and a name ("ليلى حداد"), which is of two words."""
    if _ARTICLED.match(words[at]) or words[at] in ("باسم", "لشؤون", "عام"):
        return True
    return words[at].startswith("ل") and len(words) - at > 2
