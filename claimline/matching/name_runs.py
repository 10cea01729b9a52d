"""Runs of capitalised words: the person at the end of "Turkish President Recep Tayyip Erdogan", or the body that a run names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from claimline import agencies
from claimline.day_words import month_number, weekday_number
from claimline.matching.grammars import Grammar
from claimline.matching.grammars.grammar import words
from claimline.matching.lands import is_land
from claimline.matching.mention import GENITIVE_FOLLOWS, SLAVIC_GENITIVE, Mention, Token, bare, is_oblique
from claimline.matching.offices import PROPER, office_kind, told, without_case

PARTICLES = words(
    "de da di del della van von der den la le bin ben al el ter ibn dos das do du y zu av фон дер ван де аль бен оглы фан"
)
_HONORIFIC = re.compile(
    r"(?<!\w)(?:Dr|Mr|Mrs|Ms|Prof|Sen|Gen|Gov|Rep|Col|Sgt|Rev|Lt|M|Mme|Sr|Sra|Dra|Hr|Fr|Ing|Doç|Av|д-р|проф)\.?\s$"
)
_BODY_WORDS = words(
    "house union states alliance council office court party bank university institute corporation company group "
    "force forces army committee organization "
    "organisation association department agency commission ministry bundestag kremlin kreml pentagon congress "
    "parliament senate embassy post times "
    "news journal guardian state foreign defense defence prime deputy vice interior treasury health world united "
    "north atlantic south east west new "
    "yardımcısı genel sekreteri sekreter devlet başkanı millî milli savunma dışişleri içişleri sağlık maliye hazine "
    "ticaret eski "
    "european federal national international central general supreme saint media press"
)
_TO_A_PAPER = re.compile(r"«\w+(?:ам|ям|у|ю)»")  # "рассказал «Известиям» источник"
_LOCATIVE = re.compile(r"['’][dt][ae](?:ki)?$")
_LOCATIVE_OR_FROM = re.compile(r"['’](?:[dt][ae]n|y?[ae])$")
_NOUN = re.compile(r"(?:ung|heit|keit|schaft|tion|ismus|tag|ium|ität|en|er[ns]|nis|tum|ment)$")


def find(tokens: Sequence[Token], masked: str, grammar: Grammar, lang: str) -> list[Mention]:
    found: list[Mention] = []
    run: list[Token] = []
    for i, token in enumerate([*tokens, Token(len(masked), len(masked), "", False, False)]):
        if run and not _continues(run[-1], token, masked, tokens[i + 1 : i + 4]):
            found += _from_run(run, masked, grammar, lang)
            run = []
        if (token.capital or run) and not (not run and _opens_sentence(token, grammar)):
            run.append(token)
    return found


def _is_common(token: Token, grammar: Grammar, lang: str) -> bool:
    """A noun of an office or a body whose capital is that of its sentence's first word, or of every German noun."""
    return (token.first or lang == "de") and office_kind(token.word, grammar) is not None and not PROPER.fullmatch(token.word)


def _opens_sentence(token: Token, grammar: Grammar) -> bool:
    return token.word in grammar.starts


def _continues(last: Token, token: Token, masked: str, rest: Sequence[Token]) -> bool:
    gap = masked[last.end : token.start]
    if _LOCATIVE.search(token.word) or (_LOCATIVE_OR_FROM.search(token.word) and is_land(re.sub(r"['’].*$", "", token.word))):
        return False  # "Fatih Karahan Ankara'da konuştu"
    if gap not in (" ", "\u00a0", "-") and not (gap == ". " and len(last.word) == 1):
        return False
    if token.capital:
        return True
    if token.word not in PARTICLES or not _leads_to_capital(token, masked, rest):
        return False
    return not _NOUN.search(last.word)  # "nach Angaben von Stoltenberg" is no name


def _in_a_name(run: Sequence[Token], i: int) -> bool:
    """A month that is a name: "Jan Nowak", "Theresa May"."""
    return (run[i].word == "Jan" and i + 1 < len(run)) or (run[i].word == "May" and i > 0)


def _leads_to_capital(token: Token, masked: str, rest: Sequence[Token]) -> bool:
    """ "von der Leyen": particles up to a capitalised word, with nothing but blanks between."""
    for following in rest:
        if masked[token.end : following.start] != " ":
            return False
        if following.capital:
            return True
        if following.word not in PARTICLES:
            return False
        token = following
    return False


def _from_run(run: Sequence[Token], masked: str, grammar: Grammar, lang: str) -> list[Mention]:
    """The person at the end of a run ("Turkish President Recep Tayyip Erdogan"), or the body that the run names."""
    while run and run[0].word in grammar.starts:
        run = run[1:]
    run = [
        t for i, t in enumerate(run) if _in_a_name(run, i) or (month_number(t.word) is None and weekday_number(t.word) is None)
    ]
    if not run:
        return []
    if len(run) == 1 and _is_common(run[0], grammar, lang):
        return []  # "Врач, лечивший пострадавших": the capital is the sentence's, and `offices` reads it
    start, end = run[0].start, run[-1].end
    phrase = masked[start:end]
    if (agency := _agency(phrase)) is not None:
        return [Mention(start, end, "agency", agency)]
    cut = max(
        (i + 1 for i, t in enumerate(run) if _no_name(t, grammar) and not _given_name(run, i, masked, grammar, lang)), default=0
    )
    name = _without_body(run[cut:], masked, start, lang)
    before = list(itertools.dropwhile(lambda t: is_land(t.word), reversed(run[:cut])))  # "Президент Туреччини Ердоган"
    after_office = bool(before) and office_kind(before[0].word, grammar) not in (None, "body")
    ours = not cut or after_office or _office_before(masked, start, grammar)
    if not name or name[0].word in PARTICLES or (len(name) == 1 and not ours):  # "Turkish Airlines", "Ministério da Energia"
        return [Mention(start, end, "body", without_case(phrase, lang), oblique=is_oblique(phrase))]
    if grammar.generic and re.fullmatch(grammar.generic, phrase, re.I):
        return [Mention(start, end, "generic", phrase, oblique=is_oblique(phrase))]
    if honorific := _HONORIFIC.search(masked, max(0, start - 12), start):
        start = honorific.start()
    office = next((told(kind, t.word) for t in reversed(run[:cut]) if (kind := office_kind(t.word, grammar))), None)
    written = masked[name[0].start : end]
    single = len(name) == 1
    if single and office is None and lang == "de" and not _german_name(name[0], masked):
        return []
    return [
        Mention(
            start,
            end,
            "name",
            bare(written),
            office=office,
            oblique=is_oblique(written)
            or (lang in ("ru", "uk") and bool(_TO_A_PAPER.search(masked[max(0, start - 1) : end + 1]))),
            single=single and office is None,
            at=name[0].start,
        )
    ]


def _without_body(run: Sequence[Token], masked: str, start: int, lang: str) -> Sequence[Token]:
    """ "глава Рособоронэкспорта Александр Михеев": the genitive after an office is no part of the name."""
    theme = re.search(
        r"[a-zé]\s(?:des|de la|du|della|dei|delle|degli|do|da|dos|das|der|del)\s$|[a-zé]\s(?:dell|de l)['’]$",
        masked[max(0, start - 12) : start],
    )
    if theme and len(run) == 3:
        return run[1:]  # "la ministre des Armées Florence Parly"
    slavic = lang in GENITIVE_FOLLOWS and re.search(r"[а-яёіїєa-ząęółśżźćń]\s$", masked[max(0, start - 2) : start])
    capitals = [token for token in run if token.capital]
    patronymic = len(capitals) > 2 and re.search(r"(?:ович|евич|овна|евна|івна|йович)", capitals[1].word)
    if slavic and len(capitals) > 2 and SLAVIC_GENITIVE.search(run[0].word) and not patronymic:
        return run[1:]
    return run


def _office_before(masked: str, start: int, grammar: Grammar) -> bool:
    before = re.search(r"([^\W\d_][\w-]*)\s(?:of\s|de\s|di\s|von\s)?$", masked[max(0, start - 35) : start])
    return before is not None and office_kind(before[1], grammar) not in (None, "body")


def _agency(phrase: str) -> str | None:
    return agencies.canonical(re.sub(r"['’]\w*$", "", phrase))


def _no_name(token: Token, grammar: Grammar) -> bool:
    word = re.sub(r"['’].*$", "", token.word)
    if office_kind(token.word, grammar) is not None:  # "прем'єр-міністр": the apostrophe is of the word
        return True
    acronym = len(word) > 1 and word.isupper() and len(word) <= 5
    return acronym or bool(is_land(word)) or office_kind(word, grammar) is not None or word.lower() in _BODY_WORDS


def _given_name(run: Sequence[Token], i: int, masked: str, grammar: Grammar, lang: str) -> bool:
    """A land that is a given name: "Foreign Minister Israel Katz", "le ministre, Israël Katz"."""
    if i + 2 != len(run) or not is_land(run[i].word) or lang in GENITIVE_FOLLOWS:
        return False
    after_office = i > 0 and office_kind(run[i - 1].word, grammar) not in (None, "body")
    return after_office or (i == 0 and masked[max(0, run[0].start - 2) : run[0].start] == ", ")


def _german_name(token: Token, masked: str) -> bool:
    """A single capitalised word in German is a noun unless it stands without an article and does not look like one."""
    before = re.search(r"(\w+)\s+$", masked[max(0, token.start - 25) : token.start])
    noun = _NOUN.search(token.word)
    articles = r"(?:der|die|das|den|dem|des|eine?[mnrs]?|kein\w*|ihr\w*|sein\w*|diese\w*|\w+(?:e|en|er|es|em))"
    if before and re.fullmatch(articles, before[1]) and not before[1][0].isupper():
        return bool(re.fullmatch(r"(?:sagte|erklärte|betonte|warnte|meinte|\w+te)", before[1])) and not noun
    return not noun
