"""Text-and-data-mining reservations that a page itself declares, in the header `tdm-reservation: 1` or as a meta element."""

from __future__ import annotations

import re

from claimline.errors import FetchRefused
from claimline.web.headers import Answer

_META = re.compile(rb"<meta\b[^>]{0,500}>", re.IGNORECASE)
_NAME = re.compile(rb"name\s*=\s*[\"']?tdm-reservation[\"'\s/>]", re.IGNORECASE)
_HELD = re.compile(rb"content\s*=\s*[\"']?1[\"'\s/>]", re.IGNORECASE)
_HEAD_BYTES = 200_000


def check_page(fetched: Answer) -> None:
    """Raise FetchRefused for a page whose publisher reserves the right."""
    if (fetched.reservation or "").strip() == "1" or _in_head(fetched):
        raise FetchRefused(fetched.url, "tdm-reserved", "the page reserves text and data mining", status=fetched.status)


def _in_head(fetched: Answer) -> bool:
    head = fetched.body[:_HEAD_BYTES]
    return b"tdm-reservation" in head and any(_NAME.search(tag) and _HELD.search(tag) for tag in _META.findall(head))
