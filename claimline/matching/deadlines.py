# ruff: noqa: E501 -- tables of words are easier to read in long rows
"""Dates in a claim and in a passage as spans of days, and whether the one allows the other: 2029 is not "by the end of 2027".

Reads days, months with a year, years, and "next year", with what binds them (by, before, after) in twelve languages. No stance
here: that is `figures`. When something was *said* is another question (`said_days`).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from claimline import day_words
from claimline.matching import quantities
from claimline.matching.relations import Relation
from claimline.remembered import remembered

VERSION = "1"


@dataclass(frozen=True, slots=True)
class Moment:
    """`text[start:end]`: some time from `first` to `last` (days, inclusive). `bound` is by, before, after or nothing."""

    start: int
    end: int
    first: date
    last: date
    bound: str = ""


# "By": at the latest then. "Before": earlier than it begins. "After": not before it begins.
_BEFORE_WORDS = {
    "by": r"by|by (?:the )?(?:end|close) of|no later than|not later than|at the latest (?:in|by)|until|before the end of|within"
    r"|до конца|к концу|до|к|не позднее|не позже|до кінця|до|не пізніше|d['’]ici(?: à)?(?: la fin(?: d[e'’])?)?|avant (?:la )?fin(?: de)?"
    r"|au plus tard (?:en|le|fin)|bis(?: zum)?(?: (?:ende|jahresende))?|spätestens(?: (?:bis|im|am|ende))?|vor (?:dem )?ende"
    r"|antes d(?:e(?: que termine| finales de)?|el (?:fin(?:al)?|término) de)|a más tardar(?: en)?|hasta|para(?: (?:el )?(?:fin(?:al(?:es)?)?) de)?"
    r"|entro(?: la fine del?)?(?: il)?|até(?: (?:ao? |o )?(?:fim|final) de)?|antes do (?:fim|final) de|o mais tardar em|tegen(?: eind)?"
    r"|uiterlijk(?: (?:in|op|eind))?|(?:voor|vóór) (?:het )?eind(?:e)?(?: van)?|do(?: końca)?|najpóźniej(?: (?:w|do))?|przed końcem"
    r"|بحلول(?: نهاية)?(?: عام)?|قبل نهاية(?: عام)?|حتى(?: نهاية)?(?: عام)?|في موعد أقصاه",
    "before": r"before|prior to|ahead of|earlier than|раньше|ранее|перед|раніше|avant|vor|antes de|prima del?|vóór|przed|قبل(?: عام)?",
    # "From 2026 on" tells when a thing begins, so it is no "after".
    "after": r"after|not before|no(?:t)? (?:earlier|sooner) than|not until|beyond|после|не ранее|не раньше|після|не раніше|pas avant|après"
    r"|nicht vor|frühestens(?: im)?|nach|no antes de|después de|non prima del?|dopo(?: il)?|não antes de|depois de|niet (?:voor|vóór)|na"
    r"|nie wcześniej niż(?: w)?|po|ليس قبل(?: عام)?|بعد(?: عام)?",
}
_AFTER_WORDS = {
    "by": r"['’]?[yn]?[eaıiuü]? (?:kadar|dek)|(?:['’]?[ıiuü]n)? ?(?:yılı(?:nın)? )?sonuna (?:kadar|dek)",
    "before": r"['’]?[dt][ae]n önce",
    "after": r"['’]?[dt][ae]n sonra",
}
# Of several bounds the longest stands: "not before" is no "before".
_FILLER = r"(?:the |an? |den |dem |der |das |le |la |el |l['’]|il |o |het |den |dniem |року |года |год |roku |jaar |jahr |año |année |anno |ano |year |early |late |end of |mid-|spring |summer |autumn |winter |Frühjahr |Sommer |Herbst |عام |سنة )*"
_BEFORE = {k: re.compile(rf"(?<!\w)(?:{p})\s+{_FILLER}$", re.I) for k, p in _BEFORE_WORDS.items()}
_AFTER = {k: re.compile(rf"(?:{p})(?!\w)", re.I) for k, p in _AFTER_WORDS.items()}
_MONTH_YEAR = re.compile(
    rf"(?<!\w){day_words.month_pattern()}\.?\s*,?\s+(?:de |of |del |d['’]|من )?(?:عام |سنة )?(?P<year>(?:19|20)\d\d)(?!\d)", re.I
)
_YEAR = re.compile(r"(?<![\w.,$€£/-])(?P<year>(?:19|20)\d\d)(?![\d%]|[.,]\d|[-–]\d|\s[A-Z]{1,2}\d)")
# Years that are told from the article's own day.
_RELATIVE = (
    (0, r"this year|в этом году|текущего года|цього року|bu yıl|cette année|dieses jahr|in diesem jahr|este año|quest['’]anno|este ano|dit jaar"
     r"|w tym roku|هذا العام|العام الجاري|(?:by |at )?(?:the )?(?:end of the year|year['’]s end|year-end)|до конца года|до кінця року|yıl sonu\w*"
     r"|(?:d['’]ici |avant )?la fin de l['’]année|bis jahresende|ende des jahres|fin de año|fine (?:dell['’])?anno|fim do ano|eind dit jaar"
     r"|końca roku|نهاية العام"),
    (1, r"next year|в следующем году|следующего года|наступного року|gelecek yıl|önümüzdeki yıl|l['’]an(?:née)? prochaine?|nächste[sn]? jahr(?:es)?"
     r"|kommende[sn]? jahr(?:es)?|el próximo año|el año que viene|l['’]anno prossimo|próximo ano|ano que vem|volgend jaar|w przyszłym roku"
     r"|العام المقبل|العام القادم"),
    (-1, r"last year|в прошлом году|прошлого года|минулого року|торік|geçen yıl|l['’]an(?:née)? derni[eè]re?|letzte[sn]? jahr(?:es)?|vergangene[sn]? jahr"
     r"|vorige[sn]? jahr|el año pasado|l['’]anno scorso|ano passado|vorig jaar|w zeszłym roku|العام الماضي"),
)  # fmt: skip
_RELATIVE_WORDS = tuple((years, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.I)) for years, pattern in _RELATIVE)
# "Will not open before 2032" is no "before". Turkish says so in the verb that follows.
_NOT = re.compile(
    r"(?<!\w)(?:not|never|cannot|nicht|kein\w*|pas|no|non|não|niet|nie|не|ليس|لن|لا)(?!\w)[^.;:,]{0,40}$|n['’]t\b[^.;:,]{0,40}$",
    re.I,
)
_NOT_BEHIND = re.compile(r"['’]?[dt][ae]n önce\s(?:\w+\s){0,3}\w*m[aeıiuü](?:y[ae]ca|z|dı|di|du|dü|yor)\w*", re.I)
_EARLIEST, _LATEST = date.min, date.max


@remembered(4096)
def read(text: str, lang: str | None, published: date | None) -> tuple[Moment, ...]:
    """Every time that a text names, in order; what cannot be told without the article's day is left out where there is none."""
    spans = list(_spans(text, lang, published))
    spans.sort(key=lambda span: (span[0], span[0] - span[1]))
    found: list[Moment] = []
    for start, end, first, last in spans:
        if not found or start >= found[-1].end:
            found.append(_bound(text, start, end, first, last))
    return tuple(found)


def relation(
    claim: str, passage: str, *, lang: str | None, published: date | None, claim_lang: str = "en"
) -> tuple[Relation, str]:
    """How the passage's times stand to the claim's one, and the passage's words that tell (empty where nothing is wrong).

    A claim about what is still to come, seen from the article's day, is compared with the times still to come.
    """
    wanted = read(claim, claim_lang, None)
    told = read(passage, lang, published)
    if len(wanted) != 1 or not told:
        return Relation.SILENT, ""
    target = wanted[0]
    ahead = published is not None and target.last > published
    if ahead and published is not None:
        told = tuple(m for m in told if m.last > published)
        if not told:
            return Relation.SILENT, ""
    verdict = _compare(target, told, certain=ahead or target.bound == "by")
    said = ", ".join(passage[m.start : m.end] for m in told)
    return verdict, "" if verdict is Relation.AGREES else said


def _compare(wanted: Moment, told: Sequence[Moment], *, certain: bool) -> Relation:
    if any(m.first <= wanted.last and m.last >= wanted.first for m in told):
        inside = any(_within(m, wanted) for m in told)
        # "By 2030" leaves open what "by 2027" asserts; a plain "in 2027" for "by the end of 2027" does not.
        return Relation.AGREES if inside or wanted.bound != "by" else Relation.SHORT
    return Relation.CONTRADICTS if certain and len(told) == 1 else Relation.DIFFERS


def _within(m: Moment, wanted: Moment) -> bool:
    if wanted.bound == "by":
        return m.last <= wanted.last or (m.bound == "" and m.first <= wanted.last)
    return m.first <= wanted.last and m.last >= wanted.first


def _spans(text: str, lang: str | None, published: date | None) -> Iterator[tuple[int, int, date, date]]:
    years = range(published.year - 1, published.year + 2) if published else None
    for mention in day_words.mentions(text, lang):
        days = mention.days(years)
        if days:
            day = min(days, key=lambda d: abs((d - published).days)) if published else days[0]
            yield mention.start, mention.end, day, day
    for m in _MONTH_YEAR.finditer(text):
        number = day_words.month_number(m["month"])
        if number:
            year = int(m["year"])
            yield m.start(), m.end(), date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])
    for m in _YEAR.finditer(text):
        if quantities.counts(text, m.end()):
            continue
        yield m.start(), m.end(), date(int(m["year"]), 1, 1), date(int(m["year"]), 12, 31)
    if published:
        for more, pattern in _RELATIVE_WORDS:
            for m in pattern.finditer(text):
                yield m.start(), m.end(), date(published.year + more, 1, 1), date(published.year + more, 12, 31)


def _bound(text: str, start: int, end: int, first: date, last: date) -> Moment:
    hits = [(m.end() - m.start(), k) for k, p in _BEFORE.items() if (m := p.search(text, max(0, start - 60), start))]
    bound = max(hits)[1] if hits else next((k for k, p in _AFTER.items() if p.match(text, end)), "")
    if bound == "before" and (_NOT.search(text, max(0, start - 60), start) or _NOT_BEHIND.match(text, end)):
        bound = "after"
    match bound:
        case "by":
            return Moment(start, end, _EARLIEST, last, bound)
        case "before":
            return Moment(start, end, _EARLIEST, first - timedelta(days=1) if first > _EARLIEST else first, bound)
        case "after":
            return Moment(start, end, first, _LATEST, bound)
    return Moment(start, end, first, last)
