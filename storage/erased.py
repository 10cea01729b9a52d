"""Words that had to go: what stands in their place where a person had quoted them, and how they are taken out of what is kept.

A person's quote that must not be kept leaves its hash and its length: a decision on it still holds for what it was said of, and
is found again in a text that is still there, and nobody can read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline import notify
from storage import tables as t
from storage.sql import chunks

MARKED = "removed:"  # so begins what stands in place of words, addresses and names that the law took away
_MARK = re.compile(rf"{MARKED}([0-9a-f]{{64}}):(\d+)")
Cleaner = Callable[[str], str]

# Where addresses, names and quotes are told or reported in passing, not kept as what they are.
TOLD = (t.outbox.c.payload, t.outbox.c.error)
REPORTED = (
    t.runs.c.skips,
    t.runs.c.params,
    t.runs.c.error,
    t.coverage.c.error,
    t.sources.c.last_error,
    t.articles.c.last_error,
    t.captures.c.detail,
)


def folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def is_of(address: str, host: str) -> bool:
    """Whether an address, its key or a domain is of a host or of one below it."""
    found = address.split("://", 1)[-1].split("/", 1)[0].split("?", 1)[0].lower().partition(":")[0]
    return found == host or found.endswith(f".{host}")


# --- people's quotes ------------------------------------------------------------------------------------------------


def mark(quote: str) -> str:
    """What stands in the place of a quote; of a mark, itself."""
    return quote if is_mark(quote) else f"{MARKED}{sha256_of(quote)}:{len(quote)}"


def is_mark(quote: str) -> bool:
    return _MARK.fullmatch(quote) is not None


def readable(quote: str | None) -> str | None:
    """The quote for people: nothing where its words are gone."""
    return None if quote is None or is_mark(quote) else quote


def sha256_of(quote: str) -> str:
    """The hash of a quote, as evidence rows keep it; its mark has the same."""
    found = _MARK.fullmatch(quote)
    return found[1] if found else sha256(quote.encode()).hexdigest()


def length(quote: str) -> int:
    found = _MARK.fullmatch(quote)
    return int(found[2]) if found else len(quote)


def find(text: str, quote: str) -> int:
    """Where a quote, or what it was before it became a mark, stands in a text; -1 where it does not."""
    found = _MARK.fullmatch(quote)
    if found is None:
        return text.find(quote) if quote else -1
    wanted, length = found[1], int(found[2])
    spans = range(len(text) - length + 1)
    return next((i for i in spans if sha256(text[i : i + length].encode()).hexdigest() == wanted), -1)


def forget_quotes(s: Session, decision_ids: Iterable[int]) -> set[str]:
    """Put marks in the place of what these decisions quote; returns the quotes. They hold as before."""
    d, p = t.decisions, t.positions
    gone: set[str] = set()
    for batch in chunks(decision_ids):
        query = sa.select(d.c.id, d.c.quote, d.c.article_id, d.c.claim_id).where(d.c.id.in_(batch), d.c.quote.is_not(None))
        for row in s.execute(query).all():
            if not row.quote or is_mark(row.quote):
                continue
            gone.add(row.quote)
            s.execute(sa.update(d).where(d.c.id == row.id).values(quote=mark(row.quote)))
            s.execute(sa.update(p).where(p.c.claim_id == row.claim_id, p.c.quote == row.quote).values(quote=""))
    return gone


# --- taking out -----------------------------------------------------------------------------------------------------


def of_words(words: Iterable[str]) -> Cleaner:
    """Takes these words out, as they are and as a message shows them."""
    forms: set[str] = set()
    for word in words:
        if flat := " ".join(word.split()):
            forms |= {word, flat, *(_printable(form) for form in (flat, notify.shortened(flat)))}
    longest_first = sorted(forms, key=len, reverse=True)

    def clean(value: str) -> str:
        for word in longest_first:
            if word in value:
                value = value.replace(word, "")
        return value

    return clean


def of_urls(urls: Iterable[str]) -> Cleaner:
    """Takes these addresses out, and leaves longer ones that begin with them."""
    own = {url: re.compile(rf"(?<![\w.-]){re.escape(url)}(?![\w/?&=%#~+-]|\.\w)") for url in urls if url}

    def clean(value: str) -> str:
        for url, pattern in own.items():
            if url in value:
                value = pattern.sub("", value)
        return value

    return clean


def of_host(host: str) -> Cleaner:
    """Takes a host out, those below it, and every address on them."""
    own = re.compile(
        rf"(?:https?://)?(?<![\w.@-])(?:[\w-]+\.)*{re.escape(host)}(?![\w-]|\.\w)(?:[/:?#][^\s\"”]*)?", re.IGNORECASE
    )

    def clean(value: str) -> str:
        return own.sub("", value) if host in value.lower() else value

    return clean


def of_names(names: Iterable[str]) -> Cleaner:
    """Takes names out where they stand as words."""
    own = [re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE) for name in sorted(names, key=len, reverse=True) if name]

    def clean(value: str) -> str:
        for pattern in own:
            value = pattern.sub("", value)
        return value

    return clean


def scrub(s: Session, columns: Iterable[sa.Column[Any]], clean: Cleaner, beside: Cleaner | None = None) -> None:
    """Clean these columns, JSON or text, of every row; what is cleaned is cleaned of what stands `beside` too."""
    for column in columns:
        table = column.table
        keys = list(table.primary_key)
        for row in s.execute(sa.select(column, *keys).where(column.is_not(None))).all():
            cleaned = _walk(row[0], clean)
            if cleaned == row[0]:
                continue
            if beside is not None:
                cleaned = _walk(cleaned, beside)
            where = sa.and_(*(key == held for key, held in zip(keys, row[1:], strict=True)))
            s.execute(sa.update(table).where(where).values({column: cleaned}))


def _walk(value: Any, clean: Cleaner) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_walk(item, clean) for item in value]
    if isinstance(value, dict):
        return {key: _walk(item, clean) for key, item in value.items()}
    return value


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
