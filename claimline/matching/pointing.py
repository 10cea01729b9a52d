"""Sentences that point elsewhere.

Some only say who said what stands elsewhere: "This was announced on Tuesday by the minister, Interfax reports." Such a sentence
cannot be the quote of a position, for it holds none; what it points at stands in its own sentence.

Others speak of two things that were named before ("both of these engines", "diese beiden"). They tell nothing of a third thing
that was named beside those two.
"""

from __future__ import annotations

import re

from claimline.matching.names import NameFinder

VERSION = "2"
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


_TWO = re.compile(
    r"\b(?:both\s+of\s+(?:these|those|them)|(?:these|those)\s+two"  # en
    r"|diese[rn]?\s+beiden|beide\s+dieser|deze\s+twee|beide\s+deze"  # de, nl
    r"|ces\s+deux|es(?:t[oa]|o|a)s\s+dos|est[ea]s\s+d(?:ois|uas)|ess[ea]s\s+d(?:ois|uas)|quest[ie]\s+due"  # fr, es, pt, it
    r"|об[ае]\s+эт\w+|эти\s+дв[аеу]\w*|обидв\w+\s+ці|ці\s+дв[аі]\w*|oba\s+te|obie\s+te|te\s+dwa|te\s+dwie"  # ru, uk, pl
    r"|bu\s+iki|her\s+iki)\b|هذين|هاتين",  # tr, ar
    re.IGNORECASE,
)
_AND = r"(?:and|or|und|oder|of\s+(?:de|het)|en|et|ou|y|o|e|и|или|та|і|або|i|oraz|lub|ve|veya|ile|as\s+well\s+as|sowie|أو)"
_JOINED_BEFORE = re.compile(rf"(?:\b{_AND}\s+|\bو|[,/&]\s+)(?:\S+\s+)?$", re.IGNORECASE)
_JOINED_AFTER = re.compile(rf"^\S*\s+(?:\S+\s+)?(?:{_AND}\b|و|[/&])", re.IGNORECASE)


def of_two_others(sentence: str, before: str, claim: str, names: NameFinder) -> bool:
    """Whether a sentence speaks of two things that stand in ``before``, neither of them the claim's.

    The claim's thing is the first of the topic's names in it. It may be one of the two where the sentence names it or where it is
    joined to another in ``before`` ("the A and the B"); where ``before`` does not name it either, nothing is known.
    """
    if not _TWO.search(sentence):
        return False
    things = names.find(claim)
    if not things or (thing := things[0].name) in names.named(sentence):
        return False
    here = [m for m in names.find(before) if m.name == thing]
    return bool(here) and not any(_JOINED_BEFORE.search(before[: m.start]) or _JOINED_AFTER.search(before[m.end :]) for m in here)
