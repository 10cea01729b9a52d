"""Speakers by a common noun that no grammar lists ("the baker said"): an article, a noun, and a verb of speech beside them.

Only in languages with articles; elsewhere a noun cannot be told from an adverb or an object without a dictionary.
"""

from __future__ import annotations

import re
from functools import lru_cache

from claimline.matching.grammars import GRAMMARS
from claimline.matching.mention import Mention
from claimline.matching.quoted import Span

_ARTICLES = {
    "en": r"the|an?|his|her|their|one|another",
    "fr": r"les?|la|l['’]|une?|des|son|sa|ses|leurs?",
    "es": r"el|la|l[oa]s|un[oa]?s?|sus?",
    "it": r"il|lo|la|i|gli|le|l['’]|un['’]|un[oa]?",
    "pt": r"os?|as?|uma?|uns|umas|seus?|suas?",
    "de": r"der|die|das|eine?|seine?|ihre?",
    "nl": r"de|het|een|zijn|haar|hun",
}
_DEFINITE = re.compile(r"the|l[eao]|l['’]|el|il|[oa]|der|die|das|de|het", re.I)
_TIMES = re.compile(
    r"(?:semana|lunes|martes|miércoles|jueves|viernes|sábado|domingo|día|dia|mes|año|ano|noche|noite|tarde|mañana|manhã|vez|"
    r"settimana|giorno|mese|anno|notte|sera|mattina|volta|semaine|jour|mois|année|soir|matin|fois|veille|lendemain|"
    r"week|day|month|year|night|morning|time|woche|tag|monat|jahr|nacht|abend|morgen|mal|dag|maand|jaar|avond|ochtend|keer)s?",
    re.I,
)
_CONTENT = re.compile(r"\s*(?::|,|(?:that|que|qu['’]|che|dass|dat)(?!\w))")
_PLAIN = re.compile(r"said|says|told|dijo|dice|disse|diz|sagte|sagt|zei|zegt", re.I)


def after(text: str, verb: Span, lang: str) -> Mention | None:
    """ "..., said the baker": the article and its noun right after a verb."""
    if lang not in _ARTICLES:
        return None
    return _mention(_patterns(lang)[1].match(text, verb.end), lang)


def before(text: str, verb: Span, start: int, lang: str) -> Mention | None:
    """ "The baker said that": a clause that opens with an article and a noun, and goes on with a verb of speech."""
    if lang not in _ARTICLES or not (_CONTENT.match(text, verb.end) or _PLAIN.fullmatch(text, verb.start, verb.end)):
        return None
    return _mention(_patterns(lang)[0].search(text, max(start, verb.start - 60), verb.start), lang)


def _mention(found: re.Match[str] | None, lang: str) -> Mention | None:
    if found is None:
        return None
    words = found["noun"].split()
    grammar = GRAMMARS[lang]
    others = re.compile(rf"(?:{grammar.verbs})|(?:{grammar.breaks})|(?:{grammar.prepositions})|(?:{grammar.pronouns})", re.I)
    if any(_TIMES.fullmatch(word) or others.fullmatch(word) for word in words):
        return None
    start = found.start("article")
    # "A" is indefinite in English, and the article of women in Portuguese.
    definite = _DEFINITE.fullmatch(found["article"]) and (lang != "en" or found["article"].lower() == "the")
    return Mention(start, found.end("noun"), "generic", found.string[start : found.end("noun")], indefinite=not definite)


@lru_cache(maxsize=16)
def _patterns(lang: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    article = rf"(?P<article>(?i:{_ARTICLES[lang]}))(?:\s+|(?<=['’]))"
    word = r"[^\W\d_A-Z][\w’'-]+"
    noun = rf"(?P<noun>(?:{word}\s+)?[A-ZÄÖÜ][\w-]+)" if lang == "de" else rf"(?P<noun>{word}(?:\s+{word})?)"
    left = re.compile(rf"(?:^|(?<=[,;:.–—\x01!?])|(?<=[,;:.–—\x01!?]\s)|(?<=\n)){article}{noun}\s+$")
    right = re.compile(rf"\s+{article}{noun}(?=\s*(?:[,.;\x01]|$|\s(?:{GRAMMARS[lang].prepositions}|who|que|qui|che)\s))")
    return left, right
