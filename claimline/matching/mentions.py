"""Who is named in a text: known people, runs of capitalised words, offices ("the NATO chief"), bodies, pronouns.

A mention is a span that may speak; whether it does is `claimline.matching.speech`'s matter, who it is `people`'s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from claimline import agencies
from claimline.day_words import month_number, weekday_number
from claimline.matching.grammars import Grammar
from claimline.matching.lands import is_land
from claimline.matching.names import NameFinder, fold
from claimline.models import Name, Person

_PARTICLES = frozenset("de da di del della van von der den la le bin ben al el ter ibn dos das do du y zu av".split())
_WORD = re.compile(r"[^\W\d_]+(?:[-’'`][^\W\d_]+)*")
_ELIDED = re.compile(r"(?:[^\W\d_]['’])?([^\W\d_]+(?:-[^\W\d_]+)*)")
_SENTENCE_START = re.compile(r"(?:\A|[.!?…:;\n\x01«»“”\"„—–-])[\s\x01«“\"„(]*$")
_APPOSED = re.compile(r"\s*,\s*")
_OF = {
    "en": r"of|for|at|to", "fr": r"de|du|des|de la|de l|d|à la|auprès de", "de": r"der|des|von|vom|für|im|in|bei", "es": r"de|del|de la|para|ante",
    "it": r"di|del|della|dell|dei|degli|delle|per", "pt": r"de|do|da|dos|das|para", "nl": r"van|voor|bij", "ar": r"",
}  # fmt: skip
_GENITIVE = frozenset({"ru", "uk", "pl"})  # the genitive follows without a preposition


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
    closed: bool = False  # an apposition that a comma closes


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    word: str
    capital: bool
    first: bool  # of a sentence


def find(masked: str, grammar: Grammar, lang: str, people: Sequence[Person]) -> list[Mention]:
    """Every mention in a text whose quotes are masked, in order; apposed names and offices are one mention."""
    known = _known(masked, people)
    tokens = _tokens(masked, lang)
    runs = _runs(tokens, masked, grammar, lang)
    offices = _offices(masked, tokens, grammar, lang)
    found = _reconciled(known, [m for m in runs if not _inside(m, known)])
    found += [m for m in offices if not _inside(m, known)]
    found += [
        Mention(m.start(), m.end(), "pronoun", m[0]) for m in re.finditer(rf"(?<![\w-])(?:{grammar.pronouns})(?![\w-])", masked)
    ]
    return _joined(sorted(found, key=lambda m: (m.start, -m.end)), masked, lang)


def _reconciled(known: Sequence[Mention], runs: Sequence[Mention]) -> list[Mention]:
    """A run that ends in a known name is that person, unless its first name is another's ("Ali Akar")."""
    found = list(known)
    for run in runs:
        hits = [k for k in found if k.person is not None and k.start < run.end and run.start < k.end]
        last = next((k for k in hits if k.end >= run.end), None)
        if last is None or last.person is None or run.kind != "name":
            if not hits:
                found.append(run)
            continue
        if _another(run.name, last.person):
            found = [k for k in found if k not in hits] + [run]
        else:
            start = min(run.start, *(k.start for k in hits))
            found = [k for k in found if k not in hits] + [replace(last, start=start, office=run.office)]
    return found


def _another(name: str, person: Person) -> bool:
    """True where the words before the surname are in none of the person's names."""
    own = {fold(word)[:3] for variant in (person.canonical, *person.variants) for word in variant.split()}
    return any(fold(word)[:3] not in own and len(word.strip(".")) > 2 for word in name.split()[:-1])


def _inside(mention: Mention, others: Sequence[Mention]) -> bool:
    return any(o.start <= mention.start and mention.end <= o.end for o in others)


# --- The topic's people ---------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _finder(people: tuple[Person, ...]) -> NameFinder:
    return NameFinder([Name(person.key, (person.canonical, *person.variants, *_surnames(person))) for person in people])


def _surnames(person: Person) -> list[str]:
    """The last word of each full name; a variant that is an office ("NATO chief") has none."""
    names = [person.canonical, *(v for v in person.variants if all(word[:1].isupper() for word in v.split()))]
    last = [name.split()[-1] for name in names if len(name.split()) > 1]
    return [word for word in last if len(word) > 3 and not word.isupper() and word.lower() not in _OFFICE_WORDS]


_OFFICE_WORDS = frozenset(
    "general chief minister president chancellor secretary secretary-general spokesman sekreteri bakanı başkanı".split()
)


def _known(masked: str, people: Sequence[Person]) -> list[Mention]:
    if not people:
        return []
    by_key = {person.key: person for person in people}
    found: list[Mention] = []
    for hit in _finder(tuple(people)).find(masked):
        if found and hit.start < found[-1].end:
            if hit.end - hit.start > found[-1].end - found[-1].start:
                found.pop()
            else:
                continue
        words = masked[hit.start : hit.end]
        found.append(
            Mention(hit.start, hit.end, "known", _bare(words), by_key[hit.name], oblique=_is_oblique(words), at=hit.start)
        )
    return found


def _bare(words: str) -> str:
    """Without the ending that an apostrophe sets off: Stoltenberg's, Erdoğan'ın."""
    return (
        re.sub(r"['’](?:s|\w{1,6})$", "", words.strip()) if not re.search(r"^[^\W\d_]['’]", words.split()[-1]) else words.strip()
    )


def _is_oblique(words: str) -> bool:
    return bool(re.search(r"[^\W\d_]{2,}['’](?:s|n?[ıiuü]n|y?[aeıiuü]|n?[dt][ae]n?|y?l[ae])?$", words))


# --- Runs of capitalised words --------------------------------------------------------------------------------------


def _tokens(masked: str, lang: str) -> list[_Token]:
    pattern = _ELIDED if lang in ("fr", "it") else _WORD
    tokens: list[_Token] = []
    for match in pattern.finditer(masked):
        start, end = match.span(1) if lang in ("fr", "it") else match.span()
        first = bool(_SENTENCE_START.search(masked, max(0, match.start() - 6), match.start()))
        tokens.append(_Token(start, end, masked[start:end], masked[start].isupper(), first))
    return tokens


def _runs(tokens: Sequence[_Token], masked: str, grammar: Grammar, lang: str) -> list[Mention]:
    found: list[Mention] = []
    run: list[_Token] = []
    for i, token in enumerate([*tokens, _Token(len(masked), len(masked), "", False, False)]):
        if run and not _continues(run[-1], token, masked, tokens[i + 1 :]):
            found += _from_run(run, masked, grammar, lang)
            run = []
        if (token.capital or run) and not (not run and _opens_sentence(token, grammar)):
            run.append(token)
    return found


def _opens_sentence(token: _Token, grammar: Grammar) -> bool:
    return token.word in grammar.starts


def _continues(last: _Token, token: _Token, masked: str, rest: Sequence[_Token]) -> bool:
    gap = masked[last.end : token.start]
    if gap not in (" ", "\u00a0", "-") and not (gap == ". " and len(last.word) == 1):
        return False
    if token.capital:
        return True
    if token.word not in _PARTICLES or not rest or not rest[0].capital or masked[token.end : rest[0].start] != " ":
        return False
    return not _NOUN.search(last.word)  # "nach Angaben von Stoltenberg" is no name


def _from_run(run: Sequence[_Token], masked: str, grammar: Grammar, lang: str) -> list[Mention]:
    """The person at the end of a run ("Turkish President Recep Tayyip Erdogan"), or the body that the run names."""
    while run and run[0].word in grammar.starts:
        run = run[1:]
    run = [t for t in run if month_number(t.word) is None and weekday_number(t.word) is None]
    if not run:
        return []
    start, end = run[0].start, run[-1].end
    words = masked[start:end]
    if (agency := _agency(words)) is not None:
        return [Mention(start, end, "agency", agency)]
    cut = max((i + 1 for i, t in enumerate(run) if _no_name(t, grammar)), default=0)
    name = _without_body(run[cut:], masked, start, lang)
    after_office = bool(cut) and office_kind(run[cut - 1].word, grammar) not in (None, "body")
    ours = not cut or after_office or _office_before(masked, start, grammar)
    if not name or name[0].word in _PARTICLES or (len(name) == 1 and not ours):  # "Turkish Airlines", "Ministério da Energia"
        return [Mention(start, end, "body", _bare(words), oblique=_is_oblique(words))]
    if grammar.generic and re.fullmatch(grammar.generic, words, re.I):
        return [Mention(start, end, "generic", words, oblique=_is_oblique(words))]
    if honorific := _HONORIFIC.search(masked, max(0, start - 12), start):
        start = honorific.start()
    office = next((kind for t in reversed(run[:cut]) if (kind := office_kind(t.word, grammar))), None)
    written = masked[name[0].start : end]
    single = len(name) == 1
    if single and office is None and lang == "de" and not _german_name(name[0], masked):
        return []
    return [
        Mention(
            start,
            end,
            "name",
            _bare(written),
            office=office,
            oblique=_is_oblique(written),
            single=single and office is None,
            at=name[0].start,
        )  # fmt: skip
    ]


_HONORIFIC = re.compile(
    r"(?<!\w)(?:Dr|Mr|Mrs|Ms|Prof|Sen|Gen|Gov|Rep|Col|Sgt|Rev|Lt|M|Mme|Sr|Sra|Dra|Hr|Fr|Ing|Doç|Av|д-р|проф)\.?\s$"
)
_SLAVIC_GENITIVE = re.compile(r"[аяыи]$|(?:ого|его|ой|ей|ego|ej|[auy])$")


def _without_body(run: Sequence[_Token], masked: str, start: int, lang: str) -> Sequence[_Token]:
    """ "глава Рособоронэкспорта Александр Михеев": the genitive after an office is no part of the name."""
    theme = re.search(
        r"[a-zé]\s(?:des|de la|du|della|dei|delle|degli|do|da|dos|das|der|del)\s$", masked[max(0, start - 12) : start]
    )
    if theme and len(run) == 3:
        return run[1:]  # "la ministre des Armées Florence Parly"
    slavic = lang in _GENITIVE and re.search(r"[а-яёіїєa-ząęółśżźćń]\s$", masked[max(0, start - 2) : start])
    while slavic and len(run) > 2 and _SLAVIC_GENITIVE.search(run[0].word) and not _SLAVIC_GENITIVE.search(run[1].word):
        run = run[1:]
    return run


def _office_before(masked: str, start: int, grammar: Grammar) -> bool:
    before = re.search(r"([^\W\d_][\w-]*)\s(?:of\s|de\s|di\s|von\s)?$", masked[max(0, start - 35) : start])
    return before is not None and office_kind(before[1], grammar) not in (None, "body")


def _agency(words: str) -> str | None:
    return agencies.canonical(re.sub(r"['’]\w*$", "", words))


def _no_name(token: _Token, grammar: Grammar) -> bool:
    word = re.sub(r"['’].*$", "", token.word)
    acronym = len(word) > 1 and word.isupper() and len(word) <= 5
    return acronym or bool(is_land(word)) or office_kind(word, grammar) is not None or word.lower() in _BODY_WORDS


_BODY_WORDS = frozenset(
    "house union states alliance council office court party bank university institute corporation company group force forces army committee organization "
    "organisation association department agency commission ministry bundestag kremlin kreml pentagon congress parliament senate embassy post times "
    "news journal guardian state foreign defense defence prime deputy vice interior treasury health world united north atlantic south east west new "
    "yardımcısı genel sekreteri sekreter devlet başkanı millî milli savunma dışişleri içişleri sağlık maliye hazine ticaret eski "
    "european federal national international central general supreme saint media press rostec".split()
)


_NOUN = re.compile(r"(?:ung|heit|keit|schaft|tion|ismus|tag|ium|ität|en|er[ns]|nis|tum|ment)$")


def _german_name(token: _Token, masked: str) -> bool:
    """A single capitalised word in German is a noun unless it stands without an article and does not look like one."""
    before = re.search(r"(\w+)\s+$", masked[max(0, token.start - 25) : token.start])
    noun = _NOUN.search(token.word)
    articles = r"(?:der|die|das|den|dem|des|eine?[mnrs]?|kein\w*|ihr\w*|sein\w*|diese\w*|\w+(?:e|en|er|es|em))"
    if before and re.fullmatch(articles, before[1]) and not before[1][0].isupper():
        return bool(re.fullmatch(r"(?:sagte|erklärte|betonte|warnte|meinte|\w+te)", before[1])) and not noun
    return not noun


# --- Offices and bodies ---------------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def _heads(grammar_id: int, grammar_heads: tuple[tuple[str, str], ...]) -> re.Pattern[str]:  # noqa: ARG001
    groups = "|".join(f"(?P<h{i}>{pattern})" for i, (_, pattern) in enumerate(grammar_heads))
    return re.compile(rf"(?<![\w-])(?:{groups})s?(?!\w)", re.I)


def office_kind(word: str, grammar: Grammar) -> str | None:
    """The kind of office that a word names, or None."""
    heads = tuple(grammar.heads.items())
    match = _heads(id(grammar), heads).fullmatch(word)
    return heads[_group(match)][0] if match else None


def _group(match: re.Match[str]) -> int:
    return int((match.lastgroup or "h0")[1:])


def _offices(masked: str, tokens: Sequence[_Token], grammar: Grammar, lang: str) -> list[Mention]:
    heads = tuple(grammar.heads.items())
    starts = {token.start: i for i, token in enumerate(tokens)}
    found: list[Mention] = []
    for match in _heads(id(grammar), heads).finditer(masked):
        if found and match.start() < found[-1].end:
            continue
        start, indefinite = _widen_left(masked, match.start(), grammar, lang)
        end, tail = _widen_right(masked, match.end(), tokens, starts, grammar, lang)
        kind = heads[_group(match)][0]
        words = masked[start:end]
        generic = bool(grammar.generic and re.fullmatch(rf"(?:.*\s)?(?:{grammar.generic})(?:\s.*)?", words, re.I | re.S))
        named = (
            bool(_PROPER.fullmatch(match[0]))
            or bool(re.search(r"[^\W\d_]", tail))
            or any(
                w[0].isupper()
                for w in words[: match.start() - start].split()[0 if indefinite else 0 :]
                if w.lower() not in _DETERMINERS
            )
        )
        found.append(
            Mention(
                start,
                end,
                "generic" if generic and not named else "body" if kind == "body" else "office",
                _bare(words),
                office=kind,
                indefinite=indefinite,
                bare=not named,
                oblique=_is_oblique(words) or (lang in ("ru", "uk") and bool(_SLAVIC_CASE.search(match[0]))),
            )
        )
    return found


_PROPER = re.compile(
    r"kreml\w*|pentagon\w*|bundes(?:wehr|tag|rat|regierung)|weiße[nrs]? haus\w*|white house|casa (?:bianca|blanca|branca)|maison.blanche|beyaz saray|"
    r"witte huis|biały dom|кремл\w*|пентагон\w*|бел\w+ дом\w*|біл\w+ дім\w*|госдеп\w*|держдеп\w*|мид|мзс|élysée|البيت الأبيض|الكرملين|البنتاغون",
    re.I,
)
_SLAVIC_CASE = re.compile(r"(?:ам|ям|ами|ями|ом|ем|ём|у|ю|ому|ему|ах|ях|ыми|ими)$")
_DETERMINERS = frozenset(
    "the a an its his her their one another le la les l un une der die das den dem des ein eine einer einem el los las una unos il lo gli i o os as um uma de het een bir".split()
)
_INDEFINITE = frozenset("a an one another un une ein eine einer einem una um uma een bir some several".split())


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
        capital = (
            word[0].isupper() and word not in grammar.starts and not _SENTENCE_START.search(masked[: start - len(before[0])][-6:])
        )
        if not (capital or modifiers.fullmatch(word)) or weekday_number(word) is not None:
            break
        start -= len(before[0])
    return start, False


def _widen_right(
    masked: str, end: int, tokens: Sequence[_Token], starts: dict[int, int], grammar: Grammar, lang: str
) -> tuple[int, str]:
    """ "of the North Atlantic Alliance"; in Slavic languages the genitive after an office."""
    if lang in _GENITIVE:
        return _genitive(masked, end, grammar)
    pattern = _OF.get(lang)
    if not pattern:
        return end, ""
    begin = end
    adjective = re.match(r"\s+([^\W\d_]+)", masked[end : end + 25]) if lang in ("fr", "es", "it", "pt") else None
    if adjective and adjective[1].islower() and is_land(adjective[1]):
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
    return last.end, masked[begin : last.end]


def _genitive(masked: str, end: int, grammar: Grammar) -> tuple[int, str]:
    verbs = re.compile(rf"(?:{grammar.verbs})", re.I)
    start = end
    for _ in range(4):
        if quoted := re.match(r"\s+[«\"“„][^»\"”“]{2,30}[»\"”“]", masked[end : end + 36]):
            return end + quoted.end(), masked[start : end + quoted.end()]
        match = re.match(r"\s+([^\W\d_][\w-]*)", masked[end : end + 40])
        if not match or verbs.fullmatch(match[1]) or re.fullmatch(grammar.prepositions + "|" + grammar.breaks, match[1], re.I):
            break
        if match[1][0].islower() and not re.search(r"(?:[аяыиуюой]|го|их|ых|ов|ев|ел|[auyówiej])$", match[1]):
            break
        if match[1][0].isupper() and not (
            is_land(match[1]) or match[1].isupper() or match[1].lower().startswith(("кремл", "kreml"))
        ):
            break
        end += match.end()
    return end, masked[start:end]


# --- Apposition -----------------------------------------------------------------------------------------------------


def _joined(found: list[Mention], masked: str, lang: str) -> list[Mention]:
    """An office beside a name is that name's: "the NATO chief, Jens Stoltenberg", "Stoltenberg, the secretary general"."""
    joined: list[Mention] = []
    for mention in found:
        if joined and (merged := _merge(joined[-1], mention, masked, lang)) is not None:
            joined[-1] = merged
        else:
            joined.append(mention)
    return joined


def _merge(a: Mention, b: Mention, masked: str, lang: str) -> Mention | None:
    people, posts = ("known", "name"), ("office", "generic")
    if b.start < a.end:
        return _nested(a, b, masked)
    gap = masked[a.end : b.start]
    comma = bool(_APPOSED.fullmatch(gap))
    if a.kind == "office" and b.single and lang in _GENITIVE and gap == " " and _is_of(a, b, masked):
        return replace(a, end=b.end, name=masked[a.start : b.end], bare=False)  # "глава Центра"
    if (
        a.kind in posts
        and b.kind in people
        and (gap in (" ", " «", " - ") or (comma and not b.single and not _governed(b, masked)))
    ):
        return replace(b, start=a.start, office=b.office or a.office, single=False, closed=comma)
    if a.kind in people and b.kind in posts and not a.oblique and comma and not a.closed:
        return replace(a, end=b.end, office=b.office, single=False, closed=True)
    if lang == "tr" and a.kind in ("body", "name") and b.kind in ("office", "known") and gap == " ":
        return replace(b, start=a.start, bare=False)
    return None


def _is_of(office: Mention, name: Mention, masked: str) -> bool:
    """A genitive after an office in the nominative is what the office is of, not who holds it."""
    head = masked[office.start : office.end].split()[-1]
    return bool(_SLAVIC_GENITIVE.search(name.name)) and bool(
        re.search(r"[бвгджзйклмнпрстфхцчшщьłrnltkz]$|^(?:глава|голова|sędzia)$", head, re.I)
    )


def _governed(mention: Mention, masked: str) -> bool:
    return bool(
        re.search(r"(?:of|for|with|by|de|von|mit|с|от|di|del|da|van|met)\s$", masked[max(0, mention.start - 6) : mention.start])
    )


def _nested(a: Mention, b: Mention, masked: str) -> Mention:
    """A name within an office's phrase is the holder ("president of Turkey Erdogan"), unless it is what the office is of
    ("a spokesman for President Erdogan").
    """
    people, offices = ("known", "name"), ("office", "body", "generic")
    if a.kind in offices and b.kind in people and b.end >= a.end and not b.single:
        phrase = masked[a.start : b.at if b.at >= 0 else b.start]
        owned = re.search(
            r"(?:\b(?:of|for|to|at|de|du|des|von|vom|für|di|del|per|do|da|para|van|voor)|d['’])\s*(?:the\s+|der\s+|la\s+)?$",
            masked[a.start : b.start],
        )
        if b.start > a.start and owned and phrase.rstrip() == masked[a.start : b.start].rstrip():
            return replace(a, end=b.end)
        if b.start > a.start and owned and b.office is not None:
            return replace(a, end=b.end)
        return replace(b, start=a.start, office=b.office or (a.office if a.kind != "body" else None), single=False)
    if a.kind in people and b.kind in offices:
        return replace(a, end=max(a.end, b.end), office=a.office or (b.office if b.kind == "office" else None))
    return a if a.end >= b.end else replace(a, end=b.end)
