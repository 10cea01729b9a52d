"""Links of aggregators and wrappers -> the article's own address, as far as the link itself carries it.

Nothing is fetched: redirects are followed when the article is. What hides the address (Google News' newer links) is named as
such, so that an interstitial page is never taken for an article.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

_MAX_DEPTH = 3
# Host (and its subdomains) -> the parameters that carry the address.
_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "google.com": ("url", "q"),
    "bing.com": ("url",),
    "facebook.com": ("u",),
    "instagram.com": ("u",),
    "yandex.ru": ("url",),
    "vk.com": ("to",),
    "duckduckgo.com": ("uddg",),
    "linkedin.com": ("url",),
    "flipboard.com": ("url",),
    "safelinks.protection.outlook.com": ("url",),
    "urldefense.com": ("u",),
    "awstrack.me": ("url",),
    "feedproxy.google.com": ("url",),
    "getpocket.com": ("url",),
}
_REDIRECTORS = re.compile(
    r"/(?:url|l\.php|away(?:\.php)?|apiclick\.aspx|redirect|redir|clk|goto|save|newtab|share)?/?$", re.IGNORECASE
)
_AMP_CACHE = re.compile(r"^/(?:c|v|wp|i)/(?P<secure>s/)?(?P<rest>.+)$")
_GOOGLE_NEWS = re.compile(r"^/(?:rss/)?(?:articles|read|__i/rss/rd/articles)/(?P<id>[\w-]{20,})")
_ADDRESS = re.compile(rb"https?://[\x21-\x7e]+")


def resolve(url: str) -> str:
    """The address that a link carries inside, else the link itself."""
    for _ in range(_MAX_DEPTH):
        inner = _inner(url)
        if inner is None or inner == url:
            return url
        url = inner
    return url


def is_opaque(url: str) -> bool:
    """Whether this is an aggregator's own page, which only forwards a reader who runs its scripts."""
    parts = _split(url)
    return parts is not None and _is(parts, "news.google.com") and bool(_GOOGLE_NEWS.match(parts.path))


def _inner(url: str) -> str | None:
    parts = _split(url)
    if parts is None:
        return None
    if _is(parts, "news.google.com"):
        match = _GOOGLE_NEWS.match(parts.path)
        return _in_google_news(match["id"]) if match else None
    return _in_amp(parts) or _in_yahoo(parts) or _in_parameter(parts)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.hostname else None


def _is(parts: SplitResult, host: str) -> bool:
    return parts.hostname == host or (parts.hostname or "").endswith(f".{host}")


def _in_google_news(identifier: str) -> str | None:
    """The older links are a base64 of a record with the address; the newer ones hold a ticket."""
    try:
        record = base64.urlsafe_b64decode(identifier + "=" * (-len(identifier) % 4))
    except (binascii.Error, ValueError):
        return None
    found = _ADDRESS.search(record)
    if not found:
        return None
    # The address is preceded by its length (a varint); without it a following field would be read along.
    length = record[found.start() - 1] if found.start() else 0
    if length < 128 and found.start() >= 2 and record[found.start() - 2] >= 128:
        length = (length << 7) | (record[found.start() - 2] & 0x7F)
    address = found[0][:length] if 0 < length <= len(found[0]) else found[0]
    return address.decode("ascii")


def _in_amp(parts: SplitResult) -> str | None:
    if _is(parts, "cdn.ampproject.org") or _is(parts, "bing-amp.com"):
        match = _AMP_CACHE.match(parts.path)
        if match:
            return _web(f"{'https' if match['secure'] else 'http'}://{match['rest']}", parts.query)
    if _is(parts, "google.com") and parts.path.startswith("/amp/"):
        rest = parts.path.removeprefix("/amp/")
        secure = rest.startswith("s/")
        return _web(f"{'https' if secure else 'http'}://{rest.removeprefix('s/')}", parts.query)
    return None


def _in_yahoo(parts: SplitResult) -> str | None:
    found = re.search(r"/RU=([^/]+)/", parts.path) if _is(parts, "search.yahoo.com") else None
    return _web(unquote(found[1])) if found else None


def _in_parameter(parts: SplitResult) -> str | None:
    names = next((names for host, names in _PARAMETERS.items() if _is(parts, host)), ())
    if not names or not _REDIRECTORS.search(parts.path):
        return None
    query = parse_qs(parts.query, max_num_fields=50) if parts.query.count("&") < 50 else {}
    return next((web for name in names for value in query.get(name, ()) if (web := _web(value))), None)


def _web(address: str, query: str = "") -> str | None:
    whole = f"{address}?{query}" if query else address
    return whole if whole.lower().startswith(("http://", "https://")) and _split(whole) else None
