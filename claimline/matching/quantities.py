"""The quantities that a text names: how many people, what sum, how long, as intervals in a base unit, in twelve languages.

`read` finds them. Who dies and who is hurt are counted apart; a part ("among them 12 children"), an age, the number of a type
("Leopard 2 tanks") are left out. What one quantity says of another is `relations`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from claimline import day_words
from claimline.matching import quantity_words as words
from claimline.remembered import remembered

VERSION = "1"
_ABOUT = 0.1


@dataclass(frozen=True, slots=True)
class Quantity:
    """`text[start:end]`: between `low` and `high` (inclusive) of a unit. `value` is the number as written, in the base unit."""

    start: int
    end: int
    low: float
    high: float
    value: float
    unit: str
    bound: str = ""  # min | more | max | less | about | vague | range
    fate: str = ""
    fraction: bool = False


_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫٬", "01234567890123456789.,")
_SPACE = " \u00a0\u202f\u2009"
# Not the 400 of S-400 nor the 19 of COVID-19; the 15 of 10-15 is one.
_BEGINS = r"(?<![\w.,])(?<![^\W\d]-)(?<!\s-)"
_NUMBER = re.compile(rf"{_BEGINS}(?:\d{{1,3}}(?:[{_SPACE}.,’']\d{{3}})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)(?!\d)")
_RANGE = re.compile(
    rf"{_BEGINS}(\d[\d.,]*(?:[{_SPACE}]\d{{3}})*)[{_SPACE}]?(?:[-–—]|(?:to|and|bis|und|à|et|до|и|і|ile|ila|a|y|e|do|tot|en|إلى|و)(?!\w))[{_SPACE}]?$"
)
_PREFIX = re.compile(r"(US ?\$|\$|€|£|¥|₽|₺|₴|%|yüzde|EUR|USD|GBP)\s?$", re.I)
_PREFIXED = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₽": "RUB",
    "₺": "TRY",
    "₴": "UAH",
    "%": "percent",
    "yüzde": "percent",
}
_PART = re.compile(rf"(?:{words.PART})\W{{0,3}}(?:\w+\W{{1,3}}){{0,2}}$", re.I)
_SHORT_SCALE = re.compile(r"(m|bn|k)\b", re.I)
_SHORT_SCALES = {"m": 1e6, "bn": 1e9, "k": 1e3}
_TENS = re.compile(r"(?:dozen|decenas|decine|dezenas|dizaines|douzaines|docenas|dutzend|десятк\w+)\b", re.I)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_GAP = re.compile(rf"[{_SPACE}-]+(?:d['’])?", re.I)
_STOP = frozenset(words.STOP.split())
_UNITS = tuple((kind, re.compile(rf"(?:{pattern})(?!\w)", re.I), factor) for kind, pattern, factor in words.UNITS)
_FATES = tuple((fate, re.compile(pattern, re.I)) for fate, pattern in words.FATES)
_SCALES = tuple((re.compile(rf"(?:{pattern})(?!\w)", re.I), factor) for pattern, factor in words.SCALES)
_BILLION = re.compile(rf"(?:{words.BILLION})(?!\w)", re.I)
_BEFORE = {
    k: re.compile(rf"(?<!\w)(?:{p})\W{{0,2}}(?:the |a |den |de |US ?)?[$€£¥₽₺₴%]?\s?(?:yüzde\s)?$", re.I)
    for k, p in words.BEFORE.items()
}
_AFTER = {k: re.compile(rf"\s?(?:{p})(?!\w)", re.I) for k, p in words.AFTER.items()}
_VAGUE = tuple((re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.I), value) for pattern, value in words.VAGUE)
_OLD = re.compile(r"[-\s]old\b|-летн|-річн|[-\s]jährig", re.I)
_NO_NAME = frozenset(
    {"the", "its", "his", "her", "their", "our", "these", "those", "all", "some", "with", "and", "of", "in", "on", "at"}
)
_IRREGULAR = frozenset({"people", "men", "women", "children", "police", "cattle"})


@remembered(4096)
def read(text: str, lang: str = "en") -> tuple[Quantity, ...]:
    """Every quantity with a unit that a text names, in order."""
    text = text.translate(_DIGITS)
    found = [
        q for start, end, value, fraction in _numbers(text, lang) if (q := _quantity(text, start, end, value, fraction, lang))
    ]
    found += [
        q for pattern, value in _VAGUE for m in pattern.finditer(text) if (q := _vague(text, m.end(), m.start(), value, lang))
    ]
    found.sort(key=lambda q: (q.start, -q.end))
    return tuple(_with_ranges(text, found, lang))


def counts(text: str, at: int) -> bool:
    """Whether the very next word is a unit (but of time): "2000 people" is a number, "2000" a year."""
    gap = _GAP.match(text, at)
    start = gap.end() if gap else at
    return any(kind not in ("months", "hours") and pattern.match(text, start) for kind, pattern, _ in _UNITS)


# --- Reading --------------------------------------------------------------------------------------------------------


def _numbers(text: str, lang: str) -> Iterator[tuple[int, int, float, bool]]:
    """(start, end, value, whether it has decimals) of each number in digits or words, its scale included."""
    for m in _NUMBER.finditer(text):
        value, fraction = _value(m[0], lang)
        if re.fullmatch(r"(?:19|20)\d\d", m[0]) and not (counts(text, m.end()) or _scale(text, m.end(), lang)[1] > 1):
            continue
        end, factor = _scale(text, m.end(), lang, money=_PREFIX.search(text, 0, m.start()) is not None)
        yield m.start(), end, value * factor, fraction and factor == 1
    numerals = words.NUMERALS.get(lang, {})
    at = 0
    for m in _WORD.finditer(text):
        if m.start() < at:
            continue
        spelled = _spelled(m[0].lower(), numerals)
        if spelled is None:
            continue
        end, factor = _scale(text, m.end(), lang, hundred=lang == "en")
        yield m.start(), end, spelled * factor, False
        at = end


def _value(written: str, lang: str) -> tuple[float, bool]:
    """A number in digits: which mark groups and which one divides depends on the language where it is not plain."""
    plain = re.sub(rf"[{_SPACE}’']", "", written)
    grouped = re.fullmatch(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*(?:[.,]\d+)?", plain)
    marks = [c for c in plain if c in ".,"]
    point = "." if lang == "en" else ","
    if len(set(marks)) == 2:
        point = marks[-1]
    elif grouped and len(marks) > 1:
        point = "," if marks[0] == "." else "."
    elif marks and not grouped:
        point = marks[0]
    group = "," if point == "." else "."
    number = plain.replace(group, "").replace(point, ".")
    return float(number), "." in number


def _spelled(word: str, numerals: dict[str, float]) -> float | None:
    if word in numerals:
        return numerals[word]
    tens, _, unit = word.partition("-")
    if tens in numerals and (unit in numerals or unit == "one") and numerals[tens] >= 20:
        return numerals[tens] + numerals.get(unit, 1.0)
    return None


def _scale(text: str, at: int, lang: str, *, money: bool = False, hundred: bool = False) -> tuple[int, float]:
    """Where the number's scale word ends, and what it stands for; (at, 1) where there is none."""
    gap = _GAP.match(text, at)
    start = gap.end() if gap else at
    if money and (short := _SHORT_SCALE.match(text, start)):
        return short.end(), _SHORT_SCALES[short[1].lower()]
    if gap and (m := _TENS.match(text, start)):
        return m.end(), 12.0 if m[0].lower().startswith(("doz", "douz", "doc", "dutz")) else 10.0
    if hundred and (m := re.compile(r"hundred\b").match(text, start)):
        end, more = _scale(text, m.end(), lang)
        return end, 100.0 * more
    if m := _BILLION.match(text, start):
        return m.end(), 1e9 if lang in words.SHORT_SCALE or m[0].lower() == "bn" else 1e12
    for pattern, factor in _SCALES:
        if gap and (m := pattern.match(text, start)):
            return m.end(), factor
    return at, 1.0


def _quantity(text: str, start: int, end: int, value: float, fraction: bool, lang: str) -> Quantity | None:
    if _PART.search(text, max(0, start - 40), start) or _OLD.match(text, end):
        return None
    after = next(((k, m.end()) for k, p in _AFTER.items() if (m := p.match(text, end))), ("", end))
    unit = _prefixed(text, start, end) or _unit(text, after[1], lang) or _left_out(text, after[1])
    if unit is None:
        return None
    kind, factor, unit_end = unit
    if _OLD.match(text, unit_end):
        return None
    bound = after[0] or _bound(text, start) or _bound_behind(text, unit_end)
    if not bound and _is_type_number(text, start, kind):
        return None
    amount = value * factor
    low, high = _interval(amount, bound)
    return Quantity(start, unit_end, low, high, amount, kind, bound, _fate(text, start, unit_end), fraction)


def _is_type_number(text: str, start: int, kind: str) -> bool:
    """The 2 of "Leopard 2 tanks" and the 737 of "Boeing 737 planes": a name stands right before it."""
    before = re.search(r"(?<!\w)([A-ZА-ЯЁ][\w-]+)\s$", text[max(0, start - 30) : start])
    named = kind in ("tanks", "aircraft", "helicopters", "missiles", "drones", "ships", "vehicles") or kind.startswith("noun ")
    return named and before is not None and before[1].lower() not in _NO_NAME and day_words.weekday_number(before[1]) is None


def _vague(text: str, end: int, start: int, value: float, lang: str) -> Quantity | None:
    """ "dozens of people": an order of magnitude, where a unit follows."""
    rest = re.compile(r"\s+(?:of|de|d['’]|von|di|van)\s+").match(text, end)
    unit = _unit(text, rest.end() if rest else end, lang)
    if unit is None:
        return None
    kind, factor, unit_end = unit
    low, high = 2 * value * factor, 99 * value * factor
    return Quantity(start, unit_end, low, high, 10 * value * factor, kind, "vague", _fate(text, start, unit_end))


def _prefixed(text: str, start: int, end: int) -> tuple[str, float, int] | None:
    m = _PREFIX.search(text, 0, start)
    if m is None:
        return None
    sign = m[1].lower()
    return _PREFIXED.get(sign, "USD" if "$" in sign else m[1].upper()), 1.0, end


def _unit(text: str, at: int, lang: str) -> tuple[str, float, int] | None:
    """(kind, factor, end) of the unit at or shortly after a place: at most two words may stand between."""
    first = at
    for _ in range(3):
        gap = _GAP.match(text, at)
        start = gap.end() if gap else at
        hits = [(m.end(), kind, factor) for kind, pattern, factor in _UNITS if (m := pattern.match(text, start))]
        if hits:
            end, kind, factor = max(hits, key=lambda h: h[0])
            return kind, factor, end
        word = _WORD.match(text, start)
        if word is None or word[0].lower() in _STOP:
            break
        at = word.end()
    return _noun(text, first) if lang == "en" else None


def _left_out(text: str, at: int) -> tuple[str, float, int] | None:
    """ "120 were arrested", "ten of them": people, where only their fate is told."""
    if m := re.compile(
        r"\s+(?:of (?:them|those|whom)|из них|d['’]entre eux|von ihnen|de ellos|di loro|deles|van hen|z nich|منهم)"
    ).match(text, at):
        return "people", 1.0, m.end()
    gap = re.compile(r"(?:\s+[^\W\d]+){0,2}?\s+").match(text, at)
    near = min((m.start() for _, p in _FATES for m in p.finditer(text, at, at + 30)), default=None)
    return ("people", 1.0, at) if gap and near is not None and not re.search(r"[,.;:()\d]", text[at:near]) else None


def _noun(text: str, at: int) -> tuple[str, float, int] | None:
    """English: the first plural within three words is what is counted."""
    for _ in range(3):
        gap = _GAP.match(text, at)
        word = _WORD.match(text, gap.end()) if gap else None
        if word is None or word[0].lower() in _STOP:
            return None
        noun = word[0].lower()
        if (noun.endswith("s") and not noun.endswith(("ss", "'s", "’s")) and len(noun) > 3) or noun in _IRREGULAR:
            return f"noun {noun.rstrip('s')[:8]}", 1.0, word.end()
        at = word.end()
    return None


def _bound(text: str, start: int) -> str:
    """The longest of the bounds that end where the number begins ("no more than" before "more than")."""
    begin = max(0, start - 40)
    hits = [(m.end() - m.start(), kind) for kind, pattern in _BEFORE.items() if (m := pattern.search(text, begin, start))]
    return max(hits)[1] if hits else ""


def _bound_behind(text: str, end: int) -> str:
    """ "40 people or more", and Turkish "40 kişiden fazla", where the unit carries the case."""
    if re.search(r"[dt][ae]n$", text[:end], re.I) and (m := re.compile(r"\s(fazla|çok|az)\b").match(text, end)):
        return "less" if m[1] == "az" else "more"
    return next((k for k, p in _AFTER.items() if k in ("min", "max", "about") and p.match(text, end)), "")


def _interval(value: float, bound: str) -> tuple[float, float]:
    match bound:
        case "min":
            return value, math.inf
        case "more":
            return value * (1 + 1e-6), math.inf
        case "max":
            return -math.inf, value
        case "less":
            return -math.inf, value * (1 - 1e-6)
        case "about":
            return value * (1 - _ABOUT), value * (1 + _ABOUT)
    return value, value


def _fate(text: str, start: int, end: int) -> str:
    """What happened to those who are counted: the nearest word for it in the same sentence."""
    nearest = [
        (max(start - m.end(), m.start() - end, 0), fate)
        for fate, p in _FATES
        for m in p.finditer(text, max(0, start - 80), end + 80)
    ]
    return min(nearest)[1] if nearest else ""


def _with_ranges(text: str, found: Sequence[Quantity], lang: str) -> Iterator[Quantity]:
    """ "10 to 15 people" and "between 10 and 15 people" are one quantity; of two readings of one place the first stands."""
    at = 0
    for q in found:
        if q.start < at:
            continue
        lead = _RANGE.search(text, at, q.start) if not q.bound else None
        low = _value(lead[1].rstrip(".,"), lang)[0] if lead else math.inf
        written = _NUMBER.match(text, q.start)
        if lead and written and low < (upper := _value(written[0], lang)[0]):
            q = replace(q, start=lead.start(), low=q.value * low / upper, bound="range")
        yield q
        at = q.end
