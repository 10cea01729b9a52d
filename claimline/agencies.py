"""The news agency that a text carries or cites, in several scripts: "(Reuters)", "/TASS/", "сообщает Интерфакс".

`byline` reads what stands where agencies sign (dateline, last line, authors); `cited` reads what the prose says. Both
answer with one canonical name, or None. Who says something is `claimline.matching.attribution`'s matter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# canonical name -> ways of writing it; short forms that are also words count only where agencies sign.
_NAMES: dict[str, tuple[str, ...]] = {
    "Reuters": ("Reuters", "Рейтер", "Рейтерс", "Ройтерс", "رويترز", "路透社", "ロイター", "로이터"),
    "AFP": ("AFP", "Agence France-Presse", "Agence France Presse", "АФП", "Франс-Пресс", "فرانس برس", "أ ف ب", "法新社"),
    "AP": ("Associated Press", "The Associated Press", "Ассошиэйтед Пресс", "أسوشيتد برس", "美联社"),
    "dpa": ("dpa", "Deutsche Presse-Agentur", "Deutschen Presse-Agentur", "dpa-AFX", "د ب أ"),
    "TASS": ("TASS", "ТАСС", "ITAR-TASS", "ИТАР-ТАСС", "Tass", "تاس"),
    "Interfax": ("Interfax", "Интерфакс", "INTERFAX.RU", "Interfax.ru", "إنترفاكس"),
    "Interfax-Ukraine": ("Interfax-Ukraine", "Интерфакс-Украина", "Інтерфакс-Україна"),
    "RIA Novosti": ("RIA Novosti", "РИА Новости", "РИА «Новости»", "RİA Novosti", "RIA Nowosti", "نوفوستي"),
    "Sputnik": ("Sputnik", "Спутник", "سبوتنيك"),
    "Anadolu": ("Anadolu Agency", "Anadolu Ajansı", "Anadolu", "Анадолу", "الأناضول"),
    "ANSA": ("ANSA", "АНСА"),
    "EFE": ("EFE", "Agencia EFE", "ЭФЭ"),
    "PA": ("PA Media", "Press Association"),
    "UPI": ("UPI", "United Press International"),
    "Bloomberg": ("Bloomberg", "Блумберг", "بلومبرغ"),
    "Xinhua": ("Xinhua", "Синьхуа", "شينخوا", "新华社"),
    "Kyodo": ("Kyodo", "Kyodo News", "Киодо", "共同通信"),
    "Yonhap": ("Yonhap", "Ёнхап", "연합뉴스"),
    "Ukrinform": ("Ukrinform", "Укринформ", "Укрінформ"),
    "UNIAN": ("UNIAN", "УНИАН", "УНІАН"),
    "PAP": ("Polska Agencja Prasowa",),
    "Lusa": ("Agência Lusa", "Lusa"),
    "ANP": ("Algemeen Nederlands Persbureau",),
    "APA": ("Austria Presse Agentur",),
    "Belga": ("Belga",),
    "KEYSTONE-SDA": ("Keystone-SDA", "KEYSTONE-SDA"),
    "IRNA": ("IRNA", "ИРНА", "إرنا"),
    "SANA": ("Syrian Arab News Agency",),
    "DHA": ("Demirören Haber Ajansı",),
    "IHA": ("İhlas Haber Ajansı",),
    "PTI": ("Press Trust of India",),
    "Europa Press": ("Europa Press",),
    "Adnkronos": ("Adnkronos",),
}
# Signed only: in brackets, slashes or a credit line.
_SIGNED_ONLY: dict[str, tuple[str, ...]] = {
    "AP": ("AP", "АП"), "Anadolu": ("AA",), "PA": ("PA",), "PAP": ("PAP",), "ANP": ("ANP",), "APA": ("APA",),
    "KEYSTONE-SDA": ("SDA", "sda"),
    "DHA": ("DHA",), "IHA": ("İHA", "IHA"), "PTI": ("PTI",), "SANA": ("SANA",), "RIA Novosti": ("РИА",),
    "Reuters": ("RTRS",),
}  # fmt: skip

_CANONICAL = {form: name for table in (_SIGNED_ONLY, _NAMES) for name, forms in table.items() for form in forms}


def _either(forms: Sequence[str]) -> str:
    return "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in sorted(forms, key=len, reverse=True))


_PROSE = [form for forms in _NAMES.values() for form in forms]
_ALL = _either(list(_CANONICAL))
_ANY = _either(_PROSE)

# The names keep their case ("tass" is a cup, "AP" is not "ap"); only the words around them may vary in it.
_SIGNATURES = (
    re.compile(rf"[(/\[]\s*(?:[\w.]+\s*[/,-]\s*)?(?P<name>{_ALL})(?:\s*[/,+-]\s*[\w. ]{{2,20}})?\s*[)/\]]"),
    re.compile(rf"(?:^|[\s.,])(?P<name>{_ANY})\s*[-–—]\s", re.M),
    re.compile(rf"[-–—]\s*(?P<name>{_ALL})\s*[.:]?\s*$", re.M),
    re.compile(rf"\A[^\n]{{3,50}}\d[^\n]{{0,15}}[-–—]\s*(?P<name>{_ALL})\s*[.:]"),
    re.compile(rf"(?i:\b(?:source|quelle|источник|kaynak|fuente|fonte|bron|źródło|джерело)\s*:\s*)(?P<name>{_ALL})(?!\w)"),
    re.compile(rf"(?i:\b(?:reporting by|with|by|par|mit|avec|con)\s+)(?P<name>{_ALL})\s*\.?\s*$", re.M),
)
_REPORTS = (
    r"report(?:s|ed|ing)?|told|writes|wrote|сообща\w+|сообщил\w*|переда[её]т|передал\w*|пишет|повідомля\w+|"
    r"передає|bildir\w+|aktar\w+|yaz\w+|"
    r"rapporte\w*|indique|berichte\w*|meldet\w*|informa\w*|inform[óo]|riferi\w+|scrive|reporta|noticiou|meldt|"
    r"bericht|podaje|donosi|[وف]?(?:ذكرت|نقلت|أفادت|قالت)"
)
_AFTER_VERB = re.compile(
    rf"(?i:\b(?:{_REPORTS})\s+(?:the\s+|агентств\w+\s+|news\s+agency\s+|l['’]|die\s+|der\s+|agency\s+|agentur\s+|"
    rf"агентству\s+|وكالة\s+)?"
    rf"(?:nachrichtenagentur\s+|agence\s+|agencia\s+|agenzia\s+|agência\s+|"
    rf"state\s+news\s+agency\s+)?)[«\"“'’]?(?P<name>{_ANY})(?!\w)"
)
_BEFORE_VERB = re.compile(rf"(?<!\w)(?P<name>{_ANY})(?:['’]\w+)?[»\"”]?\s+(?:news\s+agency\s+)?(?i:{_REPORTS})(?!\w)")
_BY_WAY_OF = re.compile(
    r"(?i:\b(?:according to|citing|quoted by|interview (?:with|to)|со ссылкой на|по данным|как сообщ\w+|selon|"
    r"d'après|laut|nach angaben von|"
    r"según|secondo|segundo|volgens|według|за даними|نقلا عن|وفقا ل|بحسب)\s*)(?i:the\s+|l['’]|агентств\w+\s+|"
    r"die\s+|der\s+|agencia\s+|agence\s+|وكالة\s+)*"
    rf"[«\"“]?(?P<name>{_ANY})(?!\w)"
)
_TURKISH = re.compile(
    rf"(?<!\w)(?P<name>{_ANY}|AA)['’]?(?:ya|ye|nın|nin|ın|in|a|e|na|ne)?\s+(?:göre|konuş\w+|verdiği|haberine)(?!\w)"
)


# One word of each name, the longest: a text without any of them names no agency, and most texts are settled by that.
_TELLING = sorted({max(form.split(), key=len) for form in _PROSE})
_SIGNED = sorted({form for forms in _SIGNED_ONLY.values() for form in forms})
_NAMED = re.compile(rf"(?<![\w-])(?P<name>{_ANY})(?!\w)")
_SIGNED_NAMES = re.compile(rf"(?<![\w-])(?:{_either(_SIGNED)})(?![\w-])")
_TELLING_SIGNATURE = re.compile(rf"(?<!\w)(?:{_either(_SIGNED)})")


def byline(text: str, authors: Sequence[str] = ()) -> str | None:
    """The agency whose signature the article carries: among its authors, in its dateline, in its last lines."""
    for author in authors:
        if author.strip() in _CANONICAL:
            return _CANONICAL[author.strip()]
    head, tail = text[:400], text[-200:] if len(text) > 600 else ""
    for part in (head, tail):
        for pattern in _SIGNATURES:
            if found := pattern.search(part):
                return _canonical(found["name"])
    return None


def cited(text: str) -> str | None:
    """The first agency that the prose names as its source ("told Reuters", "reports Interfax",
    "со ссылкой на ТАСС")."""
    if not any(word in text for word in _TELLING) and not _may_sign(text):
        return None
    found = [
        match for pattern in (_AFTER_VERB, _BEFORE_VERB, _BY_WAY_OF, _TURKISH, _SIGNATURES[0]) if (match := pattern.search(text))
    ]
    return _canonical(min(found, key=lambda match: match.start())["name"]) if found else None


# Short forms that are no other word in the language of their agency.
_AT_HOME = {"PAP": "pl", "ANP": "nl", "APA": "de", "PTI": "en", "DHA": "tr", "İHA": "tr", "IHA": "tr", "AA": "tr", "SDA": "de"}


def named(text: str, lang: str) -> list[tuple[int, int, str]]:
    """Every agency that the text names in any way, as (start, end, canonical name); whether it is a source is not said."""
    if not any(word in text for word in _TELLING) and not _may_sign(text):
        return []
    found = [(m.start(), m.end(), _canonical(m["name"])) for m in _NAMED.finditer(text)]
    return found + [(m.start(), m.end(), _canonical(m[0])) for m in _SIGNED_NAMES.finditer(text) if _AT_HOME.get(m[0]) == lang]


def _may_sign(text: str) -> bool:
    return any(form in text for form in _SIGNED) and _TELLING_SIGNATURE.search(text) is not None


def canonical(written: str) -> str | None:
    """The agency that these very words name, or None."""
    return _CANONICAL.get(re.sub(r"\s+", " ", written.strip()))


def _canonical(written: str) -> str:
    return _CANONICAL[re.sub(r"\s+", " ", written)]
