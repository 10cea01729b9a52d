"""Days as people write them: "Tuesday, December 29", "10 октября 2017", "29 Aralık Salı", "03.04.2020".

`mentions` finds every mention with its offsets and what it says (day, month, year, weekday); it does not decide which
year is meant nor which mention dates the article: that is `claimline.dates`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

# Month names by number; the first row is English, then one row a language. Inflected and short forms count.
_MONTH_ROWS = """
en: january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sept sep|
    october oct|november nov|december dec
ru: января январь январе янв|февраля февраль феврале фев февр|марта март марте мар|апреля апрель апреле апр|
    мая май мае|июня июнь июне июн|июля июль июле июл|августа август августе авг|
    сентября сентябрь сентябре сен сент|октября октябрь октябре окт|ноября ноябрь ноябре ноя нояб|
    декабря декабрь декабре дек
uk: січня січень січні|лютого лютий лютому|березня березень березні|квітня квітень квітні|травня травень травні|
    червня червень червні|липня липень липні|серпня серпень серпні|вересня вересень вересні|жовтня жовтень жовтні|
    листопада листопад листопаді|грудня грудень грудні
tr: ocak|şubat|mart|nisan|mayıs|haziran|temmuz|ağustos|eylül|ekim|kasım|aralık
fr: janvier janv|février fevrier févr|mars|avril avr|mai|juin|juillet juil|août aout|septembre|octobre|novembre|
    décembre decembre déc
de: januar jänner|februar feber|märz|april|mai|juni|juli|august|september|oktober okt|november|dezember dez
es: enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre setiembre|octubre|noviembre|diciembre dic
it: gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre
pt: janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro
nl: januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december
pl: stycznia styczeń styczniu|lutego luty lutym|marca marzec marcu|kwietnia kwiecień kwietniu|maja maj maju|
    czerwca czerwiec czerwcu|lipca lipiec lipcu|sierpnia sierpień sierpniu|września wrzesień wrześniu|
    października październik październiku|listopada listopad listopadzie|grudnia grudzień grudniu
cs: ledna leden|února únor|března březen|dubna duben|května květen|června červen|července červenec|srpna srpen|
    září|října říjen|listopadu|prosince prosinec
sv: januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december
ro: ianuarie|februarie|martie|aprilie|mai|iunie|iulie|august|septembrie|octombrie|noiembrie|decembrie
el: ιανουαρίου|φεβρουαρίου|μαρτίου|απριλίου|μαΐου|ιουνίου|ιουλίου|αυγούστου|σεπτεμβρίου|οκτωβρίου|νοεμβρίου|δεκεμβρίου
ar: يناير|فبراير|مارس|أبريل ابريل إبريل|مايو|يونيو|يوليو|أغسطس اغسطس|سبتمبر|أكتوبر اكتوبر|نوفمبر|ديسمبر
ar: كانون_الثاني|شباط|آذار|نيسان|أيار|حزيران|تموز|آب|أيلول|تشرين_الأول|تشرين_الثاني|كانون_الأول
ar: جانفي|فيفري|_|أفريل|_|جوان|جويلية|أوت|_|_|_|_
fa: ژانویه|فوریه|مارس|آوریل|مه|ژوئن|ژوئیه|اوت|سپتامبر|اکتبر|نوامبر|دسامبر
"""

# Weekday names, Monday first.
_WEEKDAY_ROWS = """
en: monday mon|tuesday tue tues|wednesday wed|thursday thu thurs|friday fri|saturday sat|sunday sun
ru: понедельник понедельника|вторник вторника|среда среду среды|четверг четверга|пятница пятницу пятницы|
    суббота субботу субботы|воскресенье воскресенья
uk: понеділок понеділка|вівторок вівторка|середа середу середи|четвер четверга|
    п'ятниця п'ятницю п’ятниця п’ятницю|субота суботу суботи|неділя неділю неділі
tr: pazartesi|salı|çarşamba|perşembe|cuma|cumartesi|pazar
fr: lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche
de: montag montagabend montagmorgen montagnachmittag|dienstag dienstagabend dienstagmorgen dienstagnachmittag|
    mittwoch mittwochabend mittwochmorgen mittwochnachmittag|
    donnerstag donnerstagabend donnerstagmorgen donnerstagnachmittag|
    freitag freitagabend freitagmorgen freitagnachmittag|samstag sonnabend samstagabend|sonntag sonntagabend
es: lunes|martes|miércoles miercoles|jueves|viernes|sábado sabado|domingo
it: lunedì lunedi|martedì martedi|mercoledì mercoledi|giovedì giovedi|venerdì venerdi|sabato|domenica
pt: segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado|domingo
nl: maandag maandagavond maandagochtend|dinsdag dinsdagavond dinsdagochtend|woensdag woensdagavond|
    donderdag donderdagavond|vrijdag vrijdagavond|zaterdag|zondag
pl: poniedziałek|wtorek|środa środę|czwartek|piątek|sobota sobotę|niedziela niedzielę
cs: pondělí|úterý|středa středu|čtvrtek|pátek|sobota sobotu|neděle neděli
sv: måndag måndagen måndags|tisdag tisdagen tisdags|onsdag onsdagen onsdags|torsdag torsdagen torsdags|
    fredag fredagen fredags|lördag lördagen lördags|söndag söndagen söndags
el: δευτέρα|τρίτη|τετάρτη|πέμπτη|παρασκευή|σάββατο|κυριακή
ar: الاثنين الإثنين|الثلاثاء|الأربعاء الاربعاء|الخميس|الجمعة|السبت|الأحد الاحد
zh: 星期一 周一|星期二 周二|星期三 周三|星期四 周四|星期五 周五|星期六 周六|星期日 星期天 周日
ja: 月曜日|火曜日|水曜日|木曜日|金曜日|土曜日|日曜日
ko: 월요일|화요일|수요일|목요일|금요일|토요일|일요일
"""


def _numbered(rows: str) -> dict[str, int]:
    words: dict[str, int] = {}
    for row in rows.replace("\n    ", "").strip().splitlines():
        for number, forms in enumerate(row.partition(": ")[2].split("|")):
            for form in forms.split():
                words.setdefault(form.replace("_", " "), number)
    words.pop(" ", None)
    words.pop("", None)
    return words


_MONTHS = {word: number + 1 for word, number in _numbered(_MONTH_ROWS).items()}
WEEKDAYS = _numbered(_WEEKDAY_ROWS)
# In English prose these are also a verb, a noun, a planet: they name a month or a day only with a capital.
_CAPITAL = frozenset({"may", "march", "mar", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "sep", "dec", "jan", "pazar"})


_SHORT = frozenset({"mon", "tue", "tues", "wed", "thu", "thurs", "fri", "sat", "sun"})  # a day only beside a date


def _words(table: dict[str, int]) -> str:
    return "|".join(re.escape(word) for word in sorted(table, key=len, reverse=True))


_M, _W = rf"(?P<month>{_words(_MONTHS)})(?!\w)", _words(WEEKDAYS)
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
_AFTER = r"(?:st|nd|rd|th|er|ème|º|ª|°|\.|-го|-е)?"
_PATTERNS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"(?<![\d.,/-])(?P<day>\d{{1,2}}){_AFTER}\s*(?:de\s+|of\s+|d['’]|من\s+)?{_M}\.?(?:(?:\s*,\s*|"
        rf"\s+)(?:de\s+|del\s+|عام\s+)?{_YEAR})?",
        rf"(?<!\w){_M}\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]|[.,]\d)(?:(?:\s*,\s*|\s+){_YEAR})?",
        r"(?<![\d/.-])(?P<year>(?:19|20)\d\d)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?![\d/-])",
        r"(?P<year>(?:19|20)\d\d)\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日일]",
        r"(?<![\d年년])(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日일]",
        rf"(?<![\d/.-])(?P<a>\d{{1,2}})(?P<sep>[/.-])(?P<b>\d{{1,2}})(?P=sep){_YEAR}",
    )
)
_WEEKDAY_BEFORE = re.compile(
    rf"(?<!\w)(?P<weekday>{_W})[,.]?\s*(?:,\s*)?(?:the\s+|le\s+|den\s+|dem\s+|el\s+|dia\s+|día\s+|il\s+|dne\s+|"
    rf"الموافق\s+)?$",
    re.I,
)
_WEEKDAY_AFTER = re.compile(rf"^(?:\s*,\s*(?:on\s+|во?\s+|у\s+|w\s+|am\s+)?|\s*\(|\s+)(?P<weekday>{_W})(?!\w)", re.I)
_WEEKDAY_ALONE = re.compile(rf"(?<!\w)(?:{_W})(?!\w)", re.I)

# Arabic and Persian digits, one for one.
DIGITS = {zero + n: str(n) for zero in (0x0660, 0x06F0) for n in range(10)}

# Day before month everywhere but in the United States; English alone does not tell which English it is.
_DAY_FIRST = frozenset(
    {
        *("ru", "uk", "tr", "fr", "de", "es", "it", "pt", "nl", "pl", "cs", "sv", "ro", "el", "ar", "fa", "da", "no"),
        *("fi", "bg", "sr", "hr", "sk", "sl", "id", "vi", "he", "en-gb", "en-au", "en-ie", "en-in"),
    }
)


@dataclass(frozen=True, slots=True)
class DayMention:
    """`text[start:end]` names a day. `year` and `weekday` (Monday is 0) are None where the words do not tell them;
    `swapped` is the other reading of an ambiguous 03/04/2020, as (day, month).
    """

    start: int
    end: int
    words: str
    day: int
    month: int
    year: int | None = None
    weekday: int | None = None
    swapped: tuple[int, int] | None = None

    def days(self, years: range | None = None) -> list[date]:
        """The days that the words can mean, newest first: the calendar and the weekday must fit."""
        choices = [self.year] if self.year is not None else list(years or ())
        pairs = [(self.day, self.month)] + ([self.swapped] if self.swapped else [])
        found = {day for year in choices for d, m in pairs if (day := calendar_day(year, m, d)) is not None}
        return sorted((day for day in found if self.weekday in (None, day.weekday())), reverse=True)


def calendar_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def weekday_number(word: str) -> int | None:
    return WEEKDAYS.get(_folded(word))


def month_number(word: str) -> int | None:
    return _MONTHS.get(_folded(word))


def month_pattern() -> str:
    """A regex group `month` that matches any month's name."""
    return _M


def weekday_words(text: str) -> Iterator[tuple[int, int, int]]:
    """Every weekday's name in a text: (start, end, number)."""
    for match in _WEEKDAY_ALONE.finditer(text):
        if len(match[0]) > 5 or not match[0].isascii() or _folded(match[0]) not in _SHORT:
            yield match.start(), match.end(), WEEKDAYS[_folded(match[0])]


def _folded(word: str) -> str:
    return re.sub(r"\s+", " ", word.replace("İ", "i").lower())


def _spelled(word: str) -> bool:
    """False for "may" the verb and "mon" the French pronoun."""
    return _folded(word) not in _CAPITAL or (word[:1].isupper() and (len(word) > 4 or not word.isupper()))


def mentions(text: str, lang: str | None = None) -> list[DayMention]:
    """Every mention of a day in `text`, in order; overlapping readings keep the longer one."""
    found: list[DayMention] = []
    plain = text if text.isascii() else text.translate(DIGITS)
    for pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            mention = _mention(text, match, lang)
            if mention is not None:
                found.append(mention)
    found.sort(key=lambda m: (m.start, -m.end))
    kept: list[DayMention] = []
    for mention in found:
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def _mention(text: str, match: re.Match[str], lang: str | None) -> DayMention | None:
    groups = match.groupdict()
    swapped = None
    if "sep" in groups:
        first, second = int(match["a"]), int(match["b"])
        (day, month), swapped = _numeric(first, second, match["sep"], lang)
    else:
        word = match["month"]
        if not word.isdigit() and not _spelled(word):
            return None
        day, month = int(match["day"]), int(word) if word.isdigit() else _MONTHS[_folded(word)]
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    year = int(groups["year"]) if groups.get("year") else None
    start, end, weekday = _weekday_around(text, match.start(), match.end())
    return DayMention(start, end, text[start:end], day, month, year, weekday, swapped)


def _numeric(first: int, second: int, sep: str, lang: str | None) -> tuple[tuple[int, int], tuple[int, int] | None]:
    """(day, month) of two numbers, and the other reading where nothing decides."""
    if first > 12 or second > 12:
        return ((first, second), None) if first > 12 else ((second, first), None)
    if lang and lang.lower() == "en-us":
        return (second, first), None
    if sep == "." or first == second or (lang and (lang.lower() in _DAY_FIRST or lang[:2].lower() in _DAY_FIRST)):
        return (first, second), None
    return (first, second), (second, first)


def _weekday_around(text: str, start: int, end: int) -> tuple[int, int, int | None]:
    before = _WEEKDAY_BEFORE.search(text, max(0, start - 40), start)
    if before and _spelled(before["weekday"]):
        return before.start(), end, WEEKDAYS[_folded(before["weekday"])]
    after = _WEEKDAY_AFTER.match(text[end : end + 40])
    if after and _spelled(after["weekday"]):
        return start, end + after.end(), WEEKDAYS[_folded(after["weekday"])]
    return start, end, None
