"""What may be written of a source, in a topic file and on the command line alike: value -> what is wrong with it, or None."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from datetime import date
from urllib.parse import urlsplit

Check = Callable[[str], str | None]

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE)
_HOST = re.compile(r"(?:\[[0-9a-f:.%]+\]|[^\s/:@?#\[\]]+)(?::\d{1,5})?|[0-9a-f]*:[0-9a-f:.%]+", re.IGNORECASE)


def no_language(value: str) -> str | None:
    """A language's code, as pages write it (BCP 47)."""
    return None if _LANGUAGE.fullmatch(value) else "is not the code of a language; write it as en, tr or pt-BR"


def no_host(value: str) -> str | None:
    """A host, with its port where only that one is meant."""
    if _HOST.fullmatch(value):
        return None
    try:
        parts = urlsplit(value if "://" in value else f"//{value}")
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    meant = host if _HOST.fullmatch(host) else "127.0.0.1 or 127.0.0.1:8080"
    return f"is not a host; write it without http:// and without a path: {meant}"


def of_option(name: str) -> Check:
    """The check of a kind's option."""
    return _OPTIONS.get(name, _anything)


def _anything(_value: str) -> None:
    return None


def _no_number(value: str) -> str | None:
    return None if value.isascii() and value.isdigit() else "is not a whole number"


def _no_day(value: str) -> str | None:
    try:
        date.fromisoformat(value)
    except ValueError:
        return "is not a day; write it as 2020-12-29"
    return None


def _no_pattern(value: str) -> str | None:
    try:
        re.compile(value)
    except re.error as error:
        return f"is not a regular expression: {error}"
    return None


def _no_encoding(value: str) -> str | None:
    try:
        codecs.lookup(value)
    except LookupError:
        return "is no encoding that is known; for example windows-1251"
    return None


_OPTIONS: Mapping[str, Check] = {
    **dict.fromkeys(("days", "pages", "sitemaps", "requests"), _no_number),
    **dict.fromkeys(("from", "to"), _no_day),
    **dict.fromkeys(("match", "not_match"), _no_pattern),
    "encoding": _no_encoding,
}
