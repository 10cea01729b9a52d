"""Offices and bodies in a text, with all that belongs to them: "the NATO chief", "министр обороны Турции"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from claimline.day_words import weekday_number
from claimline.matching.grammars import Grammar
from claimline.matching.grammars.grammar import words
from claimline.matching.lands import is_land
from claimline.matching.mention import GENITIVE_FOLLOWS, Mention, Token, bare, is_oblique, opens_sentence
from claimline.matching.names import fold

_OF = {
    "en": r"of|for|at|to",
    "fr": r"de|du|des|de la|de l|d|à la|auprès de",
    "de": r"der|des|von|vom|für|im|in|bei",
    "es": r"de|del|de la|para|ante",
    "it": r"di|del|della|dell|dei|degli|delle|per",
    "pt": r"de|do|da|dos|das|para",
    "nl": r"van|voor|bij",
}
PERSON = "person"
PROPER = re.compile(
    r"kreml\w*|pentagon\w*|bundes\w+|weiße[nrs]? haus\w*|white house|casa (?:bianca|blanca|"
    r"branca)|maison.blanche|beyaz saray|"
    r"witte huis|biały dom|кремл\w*|пентагон\w*|бел\w+ дом\w*|біл\w+ дім\w*|госдеп\w*|держдеп\w*|мид|мзс|élysée|"
    r"البيت الأبيض|الكرملين|البنتاغون",
    re.I,
)
_SLAVIC_CASE = re.compile(r"(?:ам|ям|ами|ями|ом|ем|ём|у|ю|ому|ему|ах|ях|ыми|ими)$")
_PAST = re.compile(r"(?:ло|[иыуа]ли|[иыуї]ла|л[аио]сь|[иа]лся)$")  # a verb, though it ends as a genitive may
_ABLATIVE = re.compile(r"(?:(?<=[ıiuü])n|(?<=[^\W\d_])['’])?(?<=\w)[dt][ae]n$|['’]\w{1,6}$")
_DETERMINERS = words(
    "the a an its his her their one another le la les l un une der die das den dem des ein eine einer einem el los las una unos "
    "il lo gli i o os as um uma de het een bir"
)
_INDEFINITE = words("a an one another un une ein eine einer einem una um uma een bir some several")


@lru_cache(maxsize=32)
def _heads(grammar_id: int, grammar_heads: tuple[tuple[str, str], ...]) -> re.Pattern[str]:  # noqa: ARG001
    groups = "|".join(f"(?P<h{i}>{pattern})" for i, (_, pattern) in enumerate(grammar_heads))
    return re.compile(rf"(?<![\w-])(?:[^\W\d_]+-)?(?:{groups})s?(?!\w|-\w)", re.I)  # "EMA-Chefin", "ex-ministro"


def told(kind: str, noun: str) -> str:
    """The office as it is told of somebody: its kind, and for the many trades of a person the noun, so that "the neighbour" is
    not the expert who was named before.
    """
    return f"{PERSON}:{fold(noun)[:5]}" if kind == PERSON else kind


def without_case(phrase: str, lang: str) -> str:
    """A phrase without the ending of its case, where an ending is told from the word by rule."""
    return _ABLATIVE.sub("", phrase) if lang == "tr" else bare(phrase)


def office_kind(word: str, grammar: Grammar) -> str | None:
    """The kind of office that a word names, or None."""
    heads = tuple(grammar.heads.items())
    pattern = _heads(id(grammar), heads)
    match = pattern.fullmatch(word) or pattern.fullmatch(word.rpartition("-")[2])  # "EMA-Chefin", "NAVO-baas"
    return heads[_group(match)][0] if match else None


def _group(match: re.Match[str]) -> int:
    return int((match.lastgroup or "h0")[1:])


def find(masked: str, tokens: Sequence[Token], grammar: Grammar, lang: str) -> list[Mention]:
    heads = tuple(grammar.heads.items())
    starts = {token.start: i for i, token in enumerate(tokens)}
    found: list[Mention] = []
    for match in _heads(id(grammar), heads).finditer(masked):
        if found and match.start() < found[-1].end:
            continue
        start, indefinite = _widen_left(masked, match.start(), grammar, lang)
        end, tail = _widen_right(masked, match.end(), tokens, starts, grammar, lang)
        kind = heads[_group(match)][0]
        phrase = masked[start:end]
        generic = bool(grammar.generic and re.fullmatch(rf"(?:.*\s)?(?:{grammar.generic})(?:\s.*)?", phrase, re.I | re.S))
        proper = lang != "de" and match[0][0].isupper() and not opens_sentence(masked, match.start())
        if lang == "de":  # every noun has a capital: "die Sprecherin der Polizei" names nobody
            if re.fullmatch(r"\s+(?:de[rsm]|vom|im|beim)\s+[A-ZÄÖÜ][a-zäöüß]+", tail) and not is_land(tail.split()[-1]):
                tail = tail if PROPER.fullmatch(tail.split()[-1]) else ""  # "eine Sprecherin des Verlags"
            tail = " ".join(word for word in tail.split() if office_kind(word, grammar) is None or PROPER.fullmatch(word))
        whose = bool(re.match(r"[A-ZÄÖÜ]{2,}-", match[0])) and kind != PERSON  # "EMA-Chefin"
        named = proper or whose or is_named(masked[start : match.start()], match[0], tail)
        found.append(
            Mention(
                start,
                end,
                "generic" if generic and not named else "body" if kind == "body" else "office",
                without_case(phrase, lang),
                office=told(kind, match[0]),
                indefinite=indefinite,
                bare=not named,
                oblique=is_oblique(phrase)
                or (lang == "tr" and bool(_ABLATIVE.search(match[0])))
                or (lang in ("ru", "uk") and bool(_SLAVIC_CASE.search(match[0]))),
            )
        )
    return found


def is_named(before: str, head: str, after: str) -> bool:
    """True where the phrase tells whose office it is ("the NATO chief") or is a name itself ("the Kremlin")."""
    told = any(word[0].isupper() and word.lower() not in _DETERMINERS for word in before.split())
    tail = any(word[0].isupper() or word[0] > "\u0590" for word in re.findall(r"[^\W\d_]+", after))
    return told or tail or bool(PROPER.fullmatch(head))


def _widen_left(masked: str, start: int, grammar: Grammar, lang: str) -> tuple[int, bool]:
    """Adjectives, bodies and the article before an office."""
    modifiers = re.compile(rf"(?:{grammar.modifiers or '$^'})", re.I)
    for _ in range(6):
        before = re.search(r"([^\W\d_][\w’'.-]*)(?:\s|(?<=['’]))$", masked[max(0, start - 40) : start])
        if before is None:
            break
        word = before[1]
        low = word.lower().rstrip("'’")
        if low in _DETERMINERS and lang not in ("ru", "uk", "pl", "ar"):
            return start - len(before[0]), low in _INDEFINITE
        opens = bool(opens_sentence(masked, start - len(before[0])))
        named = is_land(word) or word.endswith(("'s", "’s")) or (len(word) > 1 and word.isupper())
        capital = word[0].isupper() and word not in grammar.starts and (named or not opens)
        if word.islower() and not modifiers.fullmatch(word) and lang == "en" and _article_before(masked, start - len(before[0])):
            return start - len(before[0]) - _article_before(masked, start - len(before[0])), False  # "a port worker"
        if not (capital or modifiers.fullmatch(word)) or weekday_number(word) is not None:
            break
        start -= len(before[0])
    return start, False


def _article_before(masked: str, place: int) -> int:
    """How long the English article is that ends at a place; 0 where there is none."""
    found = re.search(r"\b(?:the|an?)\s+$", masked[max(0, place - 6) : place], re.I)
    return len(found[0]) if found else 0


def _widen_right(
    masked: str, end: int, tokens: Sequence[Token], starts: dict[int, int], grammar: Grammar, lang: str
) -> tuple[int, str]:
    """ "of the North Atlantic Alliance"; in Slavic languages the genitive after an office."""
    if lang in GENITIVE_FOLLOWS:
        return _genitive(masked, end, grammar)
    pattern = _OF.get(lang)
    if not pattern:
        return end, ""
    begin = end
    adjective = re.match(r"\s+([^\W\d_]+)", masked[end : end + 25]) if lang in ("fr", "es", "it", "pt") else None
    if adjective and adjective[1].islower() and _describes(adjective[1], masked[end + adjective.end() :][:4], grammar):
        end += adjective.end()
    match = re.match(
        rf"\s+(?:{pattern})(?:\s+|['’])(?:(?:the|la|le|les|el|los|las|die|der|das|den|dem|het|de|il|l)(?:\s+|['’]))?",
        masked[end : end + 30],
    )
    at = starts.get(end + match.end()) if match else None
    if at is None:
        return end, masked[begin:end]
    last = tokens[at]
    for token in tokens[at + 1 : at + 7]:
        gap = masked[last.end : token.start]
        if gap not in (" ", "-", "'", "’") or not (token.capital or token.word in ("of", "and", "de", "del", "for", "la", "the")):
            break
        last = token
    end = last.end
    if lang in ("en", "fr", "es", "it", "pt") and (
        more := re.match(r"\s[^\W\d_A-Z][^\W\d_]*(?=,\s[^\W\d_])", masked[end : end + 30])
    ):
        end += more.end()  # "le ministre des Affaires étrangères, Israël Katz"
    return end, masked[begin:end]


def _describes(word: str, after: str, grammar: Grammar) -> bool:
    """A word between an office and a name is an adjective: "la première ministre danoise, Mette Frederiksen"."""
    if is_land(word):
        return True
    leads = re.match(r",?\s([^\W\d_])", after)
    others = f"(?:{grammar.verbs})|{grammar.prepositions}|{grammar.breaks}"
    return leads is not None and leads[1].isupper() and not re.fullmatch(others, word)


def _genitive(masked: str, end: int, grammar: Grammar) -> tuple[int, str]:
    verbs = re.compile(rf"(?:{grammar.verbs})", re.I)
    start = end
    for _ in range(4):
        if quoted := re.match(r"\s+[«\"“„][^»\"”“]{2,30}[»\"”“]", masked[end : end + 36]):
            return end + quoted.end(), masked[start : end + quoted.end()]
        match = re.match(r"\s+([^\W\d_][\w-]*)", masked[end : end + 40])
        if not match or verbs.fullmatch(match[1]) or re.fullmatch(grammar.prepositions + "|" + grammar.breaks, match[1], re.I):
            break
        name_follows = re.match(r"\s[^\W\d_a-zа-яёіїєґ]", masked[end + match.end() :][:3])  # "kustosz muzeum Anna Król"
        ending = re.search(r"(?:[аяыиуюойіїє]|го|их|їх|ых|ов|ів|їв|ев|ел|[auyówiej])$", match[1])
        if match[1][0].islower() and ((not ending and not name_follows) or _PAST.search(match[1])):
            break
        proper = is_land(match[1]) or match[1].isupper() or match[1].lower().startswith(("кремл", "kreml"))
        goes_on = re.match(r"\s[^\W\d_]", masked[end + match.end() :][:3])  # "голови Офісу президента"
        if match[1][0].isupper() and not proper and not (goes_on and goes_on[0][1].islower()):
            break
        end += match.end()
    return end, masked[start:end]
