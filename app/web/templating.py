"""Templates: escaped without exception, with the words of the labels file and links that are http(s) or nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app import reading
from app.views.charts import Bar
from app.web import static
from claimline import labels
from claimline.models import DateFinding

FOLDER = Path(__file__).resolve().parent.parent / "templates"
_RTL = frozenset({"ar", "fa", "he", "ur", "ps", "yi", "dv", "ckb"})
_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$")
_LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian",
    "sr": "Serbian", "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
_REASONS = {"undecided": "machine unsure"}  # the others are words for people already
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


@cache
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.globals.update(asset=static.address, status_words=labels.status, stance_words=labels.stance, mark=labels.mark)
    env.globals.update(
        voices=labels.voices,
        speakers=labels.speakers,
        date_basis=labels.date_basis,
        modality=labels.modality,
        in_print=reading.in_print,
        plural=plural,
        reason_words=reason_words,
    )
    env.filters.update(
        when=when, day=day, outside=outside, at_quote=at_quote, host=host, plain=plain, data=data, direction=direction
    )
    env.filters.update(rectangles=rectangles)
    env.filters.update(share=share, fragment=fragment, language=language, language_name=language_name, dated=dated, count=count)
    return env


def render(template: str, **context: Any) -> str:
    return environment().get_template(template).render(**context)


# --- words ----------------------------------------------------------------------------------------------------------


def plural(n: int, one: str, many: str | None = None) -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def count(n: float) -> str:
    return f"{n:,}" if isinstance(n, int) or float(n).is_integer() else f"{n:,.2f}"


def share(value: float) -> str:
    """A probability for people; never a certainty that it is not."""
    return "over 99 %" if value > 0.995 else "under 1 %" if value < 0.005 else f"{value * 100:.0f} %"


def day(value: date | None, *, year: bool = True) -> str:
    return f"{value.day} {value:%b}" + (f" {value.year}" if year else "") if value else ""


def when(value: datetime | None) -> Markup:
    """A moment: UTC where there is no script, the reader's own zone where there is."""
    if value is None:
        return Markup("")
    utc = value.astimezone(UTC)
    return Markup('<time datetime="{}" title="{} UTC" data-when>{} UTC</time>').format(
        utc.isoformat(timespec="seconds").replace("+00:00", "Z"), f"{utc:%Y-%m-%d %H:%M:%S}", f"{utc.day} {utc:%b %Y, %H:%M}"
    )


def dated(finding: DateFinding) -> str:
    """A date with how it is known, in one line."""
    if not finding.certain:
        readings = ", ".join(day(d) for d in finding.candidates[:3])
        return labels.mark("uncertain_date") + (f" ({readings}?)" if readings else "")
    return f"{day(finding.day)}, {labels.date_basis(finding.basis)}"


def plain(text: str | None) -> str:
    """Fetched words without characters that would reorder or hide others on the screen."""
    return _CONTROL.sub(" ", text or "")


def language(lang: str | None) -> str:
    """A language tag that browsers know the form of; else nothing."""
    return lang if lang and _LANGUAGE.match(lang) else ""


def language_name(lang: str | None) -> str:
    """A language for people; a tag that has no name here stays what it is."""
    return _LANGUAGES.get((lang or "").split("-")[0].lower(), plain(lang))


def reason_words(reason: str) -> str:
    """Why a case is open, for people."""
    return _REASONS.get(reason, reason)


def direction(lang: str | None) -> str:
    return "rtl" if (lang or "").split("-")[0].lower() in _RTL else "auto"


# --- links ----------------------------------------------------------------------------------------------------------


def outside(url: str | None) -> str:
    """The address where it is http(s) with a host and nothing odd in it; else nothing."""
    text = (url or "").strip()
    if not text or _CONTROL.search(text) or any(c.isspace() for c in text) or "\\" in text:
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.hostname and not parts.username else ""


def host(url: str | None) -> str:
    try:
        return urlsplit(url or "").hostname or ""
    except ValueError:
        return ""


def at_quote(url: str | None, words: str | None) -> str:
    """The address with a text fragment, so that the source opens at the quote."""
    safe = outside(url)
    tokens = (words or "").split()
    if not safe or not tokens:
        return safe
    ends = [" ".join(tokens)] if len(tokens) <= 8 else [" ".join(tokens[:4]), " ".join(tokens[-4:])]
    directive = ",".join(quote(end, safe="").replace("-", "%2D") for end in ends)
    return f"{safe.split('#', 1)[0]}#:~:text={directive}"


def fragment(key: str) -> str:
    """An id within a page."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", key)


def data(value: Any) -> Markup:
    """A value as JSON within a script element that is only data."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 -- every character that could end the element is written as an escape


def rectangles(bars: Iterable[Bar]) -> Markup:
    """The bars of a drawing; a page has thousands of their numbers, which a template would escape one by one."""
    drawn = [f'<rect class="fill-{b.kind}" x="{b.x}" y="{b.y}" width="{b.w}" height="{b.h}"/>' for b in bars]
    return Markup("".join(drawn))  # noqa: S704 -- numbers, and kinds that are words of ours


def encoded_name(name: str) -> str:
    return quote(name, safe="")


def decoded_name(value: str) -> str:
    name = unquote(value).strip()
    return name if name.isprintable() and 0 < len(name) <= 80 else ""
