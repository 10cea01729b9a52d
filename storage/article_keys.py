"""How addresses become keys, and which the law keeps out."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import tables as t

UrlKey = Callable[[str], str]


def article_key(s: Session, source_id: int | None, url_key: UrlKey | None = None) -> UrlKey:
    """How this source's addresses become keys: a path is only an address within its own folder."""
    if url_key is None:
        from claimline.sources.urlkey import url_key as default

        url_key = default
    key_of = url_key
    source = sa.select(t.sources.c.kind, t.sources.c.locator).where(t.sources.c.id == source_id)
    scope = s.execute(source).first() if source_id is not None else None

    def key(url: str) -> str:
        if "://" in url or url.startswith("//") or scope is None:
            return key_of(url)
        return f"{scope.kind}:{scope.locator}#{key_of(url)}"

    return key


def refusals(s: Session) -> Callable[[str], bool]:
    """Whether the law keeps an address out; addresses are only known here by their hash."""
    rows = s.execute(sa.select(t.tombstones.c.kind, t.tombstones.c.subject_sha256)).all()
    buried = {(r.kind, r.subject_sha256) for r in rows}

    def refuses(key: str) -> bool:
        if not buried:
            return False
        host = key.split("://", 1)[-1].split("/", 1)[0].lower()
        parents = [host.split(".", i)[-1] for i in range(host.count(".") + 1)]
        return ("url", digest(key)) in buried or any(("host", digest(h)) in buried for h in parents)

    return refuses


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
