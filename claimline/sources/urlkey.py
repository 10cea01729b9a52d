"""The key under which an address is known: two spellings of one address get one key.

A key is only a key. It is never fetched: what is fetched is the address as the source wrote it. A relative file path (the
address of a file without one) is its own key.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit, urlunsplit

from tld import get_fld
from w3lib.url import canonicalize_url

from claimline.remembered import remembered

_WEB = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
_WWW = re.compile(r"^www\d?\.(?=[^.]+\.)")
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)
_BLANK = re.compile(r"[\t\r\n]+")
# Parameters that name the way a reader came, not what is read. Narrow on purpose: two articles under one key is a worse
# error than one article under two (courlan's list takes every `uid`, `cid` and `?12345`, which are article numbers somewhere).
_TRACKERS = re.compile(
    r"^(?:(?:utm|mtm|pk|piwik|hsa|ga|gs|mc|mkt|ml|oly|vero|itm|at|ns|sc|soc|guce|ref|ir|trk|nr_email|amp|hmb)_\w+"
    r"|(?:fbc|gc|dc|twc|yc|ysc|msclk|ttc|gbra|wbra)l?id|_?g[al]|_hs(?:enc|mi)|__tn__|__twitter_impression|amp|cmpid|cmp"
    r"|campaign_?id|ceid|dicbo|echobox|ef_id|epik|guccounter|icid|igshi?d?|ito|jsessionid|phpsessid|linkid|mbid|ncid|ocid"
    r"|partner|r?ref|referr?er|refurl|rss|s_cid|sessionid|share|shared|smid|smtyp|spm|sr_share|taid|traffic_source|tsource"
    r"|via|wt\.?(?:mc|tsrc|zmc)\w*|wickedid|xtor|yptr|li_fat_id|source|src)$",
    re.IGNORECASE,
)
# Trackers on some sites, article numbers on others: dropped only where the value is not a number.
_DOUBTFUL = re.compile(r"^(?:cid|mod|oc|feed|from|share_?id)=(?!\d+$)", re.IGNORECASE)

# Trackers on an article's address; on a feed's they choose among the feeds of a site (`/?feed=rss2`, `/rss?source=sport`).
_CHOOSERS = re.compile(r"^(?:feed|rss|source|src|partner|from|mod|oc|cid)=", re.IGNORECASE)


def is_web(url: str) -> bool:
    """Whether this is an address on the web (with or without its scheme), not a file's relative path."""
    return bool(_WEB.match(url))


@remembered(8192)  # asked of an entry when its source is read, and when it is stored
def url_key(url: str) -> str:
    """The key of an address.

    Folded: scheme, `www.`, port 80 and 443, credentials, letter case and encoding of the host, percent encoding, dot segments,
    fragment, trailing slash, order of the query, tracking parameters. Applying it twice changes nothing. What cannot be
    read as an address is its own key.
    """
    return _key(url, _kept)


def source_key(locator: str) -> str:
    """The key of a feed's or another source's address: as `url_key`, but parameters that choose among a site's feeds stay."""
    return _key(locator, _kept_of_source)


def _key(url: str, kept: Callable[[str], Iterator[str]]) -> str:
    if not is_web(url):
        return unicodedata.normalize("NFC", url.strip()).replace("\\", "/").removeprefix("./")
    written = _BLANK.sub("", url.strip())
    try:
        parts = _split(written)
        query = "&".join(kept(parts.query))
        path = _SESSION.sub("", _without_dots(parts.path)).rstrip("/")
        fragment = parts.fragment if parts.fragment.startswith(("!", "/")) else ""
        joined = urlunsplit(("https", _netloc(parts), path, query, ""))
        key = str(canonicalize_url(joined, keep_blank_values=True))
    except ValueError:
        return written
    head, mark, tail = key.partition("?")
    return head.rstrip("/") + mark + tail + (f"#{fragment}" if fragment else "")


def domain(url: str) -> str:
    """The host without `www.`, with its port where that is not the usual one; empty for a file's relative path."""
    if not is_web(url):
        return ""
    try:
        return _netloc(_split(url.strip()))
    except ValueError:
        return ""


def site(url: str) -> str:
    """What one publisher holds: the registrable domain (`bbc.co.uk` of `www.news.bbc.co.uk`), else the whole host and port."""
    host = domain(url)
    if not host or ":" in host or _is_address(host):
        return host
    return get_fld(f"https://{host}", fail_silently=True) or host


def same_site(a: str, b: str) -> bool:
    """Whether both addresses belong to one publisher."""
    return bool(site(a)) and site(a) == site(b)


def is_led_by(url: str, other: str) -> bool:
    """Whether what is secret at `url` may be told to `other`: the same host and port, and never less protected."""
    return bool(domain(url)) and domain(url) == domain(other) and not (_is_secure(url) and not _is_secure(other))


def _is_secure(url: str) -> bool:
    return url.strip().lower().startswith("https:")


def _split(url: str) -> SplitResult:
    return urlsplit(url if "://" in url.split("?", 1)[0] else f"https:{url}")


def _netloc(parts: SplitResult) -> str:
    host = _host(parts.hostname or "")
    if not host:
        raise ValueError("no host")
    port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    return host + port


def _host(written: str) -> str:
    if ":" in written:
        return f"[{ip_address(written)}]"
    folded = unicodedata.normalize("NFKC", written).lower().rstrip(".")
    with contextlib.suppress(UnicodeError):
        folded = folded.encode("idna").decode("ascii")
    return _WWW.sub("", folded)


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _kept(query: str) -> Iterator[str]:
    for part in re.split(r"&(?:amp;)?", query):
        if part and not _TRACKERS.match(part.partition("=")[0]) and not _DOUBTFUL.match(part):
            yield part


def _kept_of_source(query: str) -> Iterator[str]:
    kept = frozenset(_kept(query))
    for part in re.split(r"&(?:amp;)?", query):
        if part in kept or _CHOOSERS.match(part):
            yield part


def _without_dots(path: str) -> str:
    """Dot segments resolved (RFC 3986, 5.2.4); empty segments stay, for some sites mean something by them."""
    out: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if len(out) > 1:
                out.pop()
        elif segment != ".":
            out.append(segment)
    return "/".join(out)
