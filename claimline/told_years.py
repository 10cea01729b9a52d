"""The latest time that a text tells as past ("deliveries began in mid-July 2019"): an article cannot be older than that.

Only mentions with a sign of the past count, and none with a sign of plans ("by 2025", "hoped for in 2019"): a bound that
is missed leaves a date uncertain, one that is wrong would invent a year.
"""

from __future__ import annotations

import re
from datetime import date

from claimline.day_words import calendar_day, mentions, month_number, month_pattern

_YEAR = re.compile(r"(?<![\d.,/$€£№#+-])(?P<year>(?:19|20)\d\d)(?![\d%/]|[.,]\d|-\d|\s*(?:%|km|км|euro|usd|\$|€))")
_MONTH_BEFORE = re.compile(rf"(?<!\w){month_pattern()}\.?,?\s+(?:of\s+|de\s+|del\s+|ayı\s+)?$", re.I)
_SENTENCE_END = re.compile(r"[.!?…؟。]\s+(?=[^\W\d_a-zа-я])|\n|;")

_SINCE = re.compile(
    r"(?:\b(?:since|as early as|back in|began in|started in|ended in|seit|depuis|desde|sinds|dal|dall'|dalla|od|"
    r"из|с|со|з|із|від|ещё в|еще в|ще у)"
    r"|منذ)\s+(?:[\w’'-]+\s+){0,3}$",
    re.I,
)
_SINCE_AFTER = re.compile(r"^(?:\s+yılı\w*|['’]\w+)?(?:\s+\w+)?\s*(?:beri|bu yana)\b|^\s*(?:年以来|年から)", re.I)
_PAST = re.compile(
    r"\b(?:was|were|had|has been|have been|did|ago|last|began|took|made|held|sold|won|bought|came|went|fell|rose|"
    r"became|said|met|earlier|"
    r"previously|following|[a-z]{2,}ed"
    r"|был[аои]?|бул[аои]|стал[аои]?|прошл\w+|минул\w+|после|після|[а-яёіїє]{2,}(?:ал|ял|ил|ел|ул|ыл|ив|ав)(?:а|"
    r"о|и|ся|ась|ось|ись)?"
    r"|[а-яёіїє]{2,}(?:ла|ло|ли|лся|лась|лось|лись)"
    r"|\w{2,}(?:dı|di|du|dü|tı|ti|tu|tü)(?:lar|ler)?|sonra"
    r"|avai(?:t|ent)|était|étaient|fut|furent|a été|ont été|a|ont|\w{3,}ées?|après"
    r"|wurden?|hatten?|war|waren|begann|hat|haben|nach|\w*ge\w{3,}[tn]"
    r"|fue|fueron|había|habían|ha sido|tras|\w{2,}(?:ó|aron|ieron)|è stat[oa]|sono stat[ei]|aveva|hanno|dopo|foi|"
    r"foram|\w{2,}(?:ou|iu|aram|eram|iram)|após"
    r"|werd|werden|had|hadden|na|został[aoy]?|był[aoy]?|\w{2,}(?:ał|ił|ył)[aoi]?|po)\b"
    r"|\b(?:كان|كانت|بدأ|بدأت|تم|أعلن|أعلنت|وقع|قال|شهد|بعد)\b",
    re.I,
)
_PLAN = re.compile(
    r"\b(?:will|would|shall|to be|by(?= (?:the (?:end|beginning|start) of |early |mid-?|late |\w+ )?(?:19|"
    r"20)\d\d)|until|till|through|plan\w*|hop(?:e|es|ed|ing)|"
    r"expect\w*|schedul\w*|due|target\w*|goal|aim\w*|could|may|might|should|next|deadline|forecast\w*|"
    r"project(?:ed|ion)\w*|intend\w*|set to"
    r"|буд(?:е|у|ут|ет|уть)\w*|до|к|план\w*|ожида\w*|очіку\w*|намер\w*|намір\w*|долж\w*|может|могут|прогноз\w*|"
    r"предстоит|рассчитыва\w*|наде\w*"
    r"|\w+(?:acak|ecek|acağ|eceğ)\w*|kadar|plan\w*|bekle\w*|hedef\w*"
    r"|ser(?:a|ont|á|án|ão)|d['’]ici|jusqu\w*|prév\w*|prev\w*|espèr\w*|esper\w*|devrai\w*|deber\w*|dovr\w*|"
    r"dever\w*|hasta|até|entro|fino"
    r"|wird|soll\w*|bis|plant|planen|geplant|erwart\w*|hoff\w*|könnt\w*|zal|zullen|tot|verwacht\w*|będzie|będą|"
    r"oczekuj\w*|planuj\w*)\b"
    r"|(?:سوف|بحلول|حتى|المتوقع|المقرر|يتوقع)",
    re.I,
)


def latest_told(text: str, before: date) -> date | None:
    """The first day of the latest year, month or day not after `before` that the text tells as past."""
    ends = {mention.end: mention for mention in mentions(text) if mention.year is not None}
    latest: date | None = None
    for match in _YEAR.finditer(text):
        year = int(match["year"])
        if year > before.year or not _told_as_past(text, match.start(), match.end()):
            continue
        mention = ends.get(match.end())
        told = _earliest_meant(text, match, mention.days() if mention else [])
        if told <= before and (latest is None or told > latest):
            latest = told
    return latest


def _earliest_meant(text: str, match: re.Match[str], days: list[date]) -> date:
    if days:
        return min(days)
    year = int(match["year"])
    month = _MONTH_BEFORE.search(text, max(0, match.start() - 30), match.start())
    number = month_number(month["month"]) if month else None
    return calendar_day(year, number or 1, 1) or date(year, 1, 1)


def _told_as_past(text: str, start: int, end: int) -> bool:
    if _SINCE.search(text, max(0, start - 50), start) or _SINCE_AFTER.match(text[end : end + 30]):
        return True
    clause = _sentence(text, start, end)
    return bool(_PAST.search(clause)) and not _PLAN.search(clause)


def _sentence(text: str, start: int, end: int) -> str:
    """The sentence around a span, at most 200 characters to either side."""
    left, right = max(0, start - 200), min(len(text), end + 200)
    for stop in _SENTENCE_END.finditer(text, left, start):
        left = stop.end()
    stop_after = _SENTENCE_END.search(text, end, right)
    return text[left : stop_after.start() if stop_after else right]
