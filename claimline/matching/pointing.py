"""Sentences that only say who said what stands elsewhere: "This was announced on Tuesday by the minister, Interfax reports."

Such a sentence cannot be the quote of a position, for it holds none; what it points at stands in its own sentence.
"""

from __future__ import annotations

import re

VERSION = "1"
MOST_WORDS = 32

_ANNOUNCED = r"announced|reported|stated|said|told|confirmed|disclosed|revealed|declared|explained|written"
_FORMS = (
    # en: This was announced on Tuesday by ... / He said this in an interview
    rf"(?:this|that|it)\s+(?:was|is|has\s+been|had\s+been|were)\s+(?:{_ANNOUNCED})\b",
    rf"(?:he|she|they|the\s+\w+)\s+(?:{_ANNOUNCED})\s+(?:this|so)\b",
    # ru, uk
    r"об\s+этом\s+(?:\w+\s+){0,6}?(?:сообщ|заяв|говор|пиш|расска|объяв|изве|стало)\w*",
    r"про\s+це\s+(?:\w+\s+){0,6}?(?:повідом|заяв|йдеться|пиш|розпов|оголос|стало)\w*",
    # de, nl
    r"(?:das|dies)\s+(?:teilte|sagte|berichtet\w*|meldet\w*|erklärte|gab|kündigte|bestätigte)\b",
    r"(?:dat|dit)\s+(?:meldt|meldde|zegt|zei|maakte|liet|bevestigde|schrijft)\b",
    # fr, es, pt, it
    r"c['’]est\s+ce\s+qu['’e]\s?\w*\s+(?:\w+\s+){0,3}?(?:annonc|déclar|indiqu|affirm|rapport|confirm)\w*",
    r"(?:así\s+)?lo\s+(?:anunci|inform|confirm|dij|declar|asegur|señal)\w*",
    r"a\s+informação\s+foi\s+(?:divulgad|anunciad|confirmad)\w*",
    r"lo\s+ha\s+(?:annunciat|dichiarat|dett|riferit|confermat|rivelat|reso)\w*",
    # pl, tr, ar
    r"(?:poinformował\w*|informuje|powiedział\w*|oświadczył\w*)\s+o\s+tym\b|o\s+tym\s+(?:poinformował|powiedział|donosi)\w*",
    r"bunu\b.{0,120}\b(?:açıkladı|duyurdu|bildirdi|söyledi)\W*$",
    r"جاء\s+ذلك\b|أعلن\s+ذلك\b|صرح\s+بذلك\b",
)
_POINTS = re.compile(r"^\W*(?:" + "|".join(_FORMS) + ")", re.IGNORECASE)
# What follows one of these is told here and not elsewhere.
_TELLS = re.compile(
    r"\bthat\b|[,:]\s*(?:что|що|dass|dat|que|che|że)\b|:\s|\bأن\b|\bdiye\b|\bbecause\b|\bafter\b|\bbut\b", re.IGNORECASE
)


def only_points(sentence: str) -> bool:
    """Whether a sentence tells nothing but who announced what another sentence says."""
    found = _POINTS.match(sentence)
    return bool(found and len(sentence.split()) <= MOST_WORDS and not _TELLS.search(sentence, found.end()))
