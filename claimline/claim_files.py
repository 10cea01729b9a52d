"""Claims out of other people's files: CSV, XLSX and ClaimReview (JSON-LD). Errors are told by row; nothing is stored here.

A row needs a statement; `slug` and `tags` are taken where they are there. A claim that is nearly one that is known is flagged,
not refused: two newsrooms may mean two things with one sentence.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from claimline.errors import UsageError
from claimline.models import ClaimSpec
from claimline.slugs import readable_slug
from claimline.statements import MAX_CHARS, is_question, is_too_short
from claimline.topics import SLUG

MAX_ROWS = 2_000
NEAR = 88.0
_COLUMNS = {
    "statement": ("statement", "claim", "claimreviewed", "text", "sentence"),
    "slug": ("slug", "id", "key"),
    "tags": ("tags", "tag", "topics", "keywords"),
}


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One row: the claim, or what is wrong with it; `near` names a claim that says nearly the same."""

    row: int
    statement: str
    spec: ClaimSpec | None
    problem: str = ""
    near: str = ""


def read(name: str, data: bytes, known: Sequence[ClaimSpec] = ()) -> tuple[ClaimRow, ...]:
    """The claims of a file, known by its name's ending; raises UsageError where it cannot be read at all."""
    readers = {"csv": _csv, "tsv": _csv, "xlsx": _xlsx, "json": _json, "jsonld": _json, "jsonl": _jsonl}
    ending = name.rsplit(".", 1)[-1].lower()
    if ending not in readers:
        raise UsageError(f"{name}: claims are read from CSV, XLSX, or ClaimReview as JSON; this is none of them")
    rows = list(readers[ending](name, data))
    if not rows:
        raise UsageError(f"{name}: no row with a claim in it; the first row names the columns, one of them `statement`")
    if len(rows) > MAX_ROWS:
        raise UsageError(f"{name}: {len(rows):,} rows; at most {MAX_ROWS:,} are taken at once")
    return tuple(_checked(rows, known))


def _checked(rows: Iterable[tuple[int, Mapping[str, str]]], known: Sequence[ClaimSpec]) -> Iterator[ClaimRow]:
    slugs = {c.slug for c in known}
    statements = {c.slug: c.statement for c in known}
    for number, row in rows:
        statement = " ".join(row.get("statement", "").split())
        problem = _problem(statement, row.get("slug", ""), slugs, statements)
        if problem:
            yield ClaimRow(number, statement, None, problem)
            continue
        slug = _free(row.get("slug") or readable_slug(statement, limit=48), slugs)
        near = process.extractOne(statement, statements, scorer=fuzz.token_sort_ratio, score_cutoff=NEAR)
        tags = tuple(dict.fromkeys(t.strip() for t in re.split(r"[,;|]", row.get("tags", "")) if t.strip()))
        spec = ClaimSpec(slug, statement, tags)
        slugs.add(slug)
        statements[slug] = statement
        yield ClaimRow(number, statement, spec, near=near[2] if near else "")


def _problem(statement: str, slug: str, slugs: set[str], statements: Mapping[str, str]) -> str:
    if not statement:
        return "has no statement"
    if len(statement) > MAX_CHARS:
        return f"the statement has {len(statement)} characters; at most {MAX_CHARS}"
    if is_too_short(statement):
        return "is no sentence that can be true or false"
    if is_question(statement):
        return "is a question; write it as a sentence that can be true or false"
    if slug and not SLUG.match(slug):
        return f"the slug {slug!r} has other characters than a-z, 0-9 and hyphens"
    if slug and slug in slugs:
        return f"the slug {slug!r} is taken"
    same = next((s for s, text in statements.items() if text.casefold() == statement.casefold()), None)
    return f"is there already as {same}" if same else ""


def _free(slug: str, taken: set[str]) -> str:
    found, n = slug, 2
    while found in taken:
        found, n = f"{slug}-{n}", n + 1
    return found


# --- the kinds of file ----------------------------------------------------------------------------------------------


def _text(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{name}: is not UTF-8; save the file as UTF-8") from None


def _csv(name: str, data: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    text = _text(name, data)
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        yield from _table(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise UsageError(f"{name}: {error}") from None


def _xlsx(name: str, data: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    import zipfile

    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(x.file_size for x in archive.infolist()) > 100_000_000:
                raise UsageError(f"{name}: unpacks to more than 100 MB")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [["" if c is None else str(c) for c in row] for row in sheet.iter_rows(values_only=True, max_row=MAX_ROWS + 2)]
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, OSError) as error:
        raise UsageError(f"{name}: is no XLSX file that can be read ({type(error).__name__})") from None
    yield from _table(rows)


def _table(rows: Iterable[Sequence[str]]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows under the first one, which names the columns."""
    places: dict[str, int] | None = None
    for number, row in enumerate(rows, start=1):
        if not any(cell.strip() for cell in row):
            continue
        if places is None:
            names = [cell.strip().casefold() for cell in row]
            places = {k: names.index(n) for k, options in _COLUMNS.items() for n in options[::-1] if n in names}
            if "statement" not in places:
                raise UsageError(f"row {number} names no column `statement` (or `claim`); the first row names the columns")
            continue
        yield number, {k: row[i].strip() for k, i in places.items() if i < len(row)}


def _json(name: str, data: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        yield from _reviews(json.loads(_text(name, data)))
    except (json.JSONDecodeError, RecursionError) as error:
        raise UsageError(f"{name}: is no JSON: {error}") from None


def _jsonl(name: str, data: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    for number, line in enumerate(_text(name, data).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = list(_reviews(json.loads(line)))
        except (json.JSONDecodeError, RecursionError):
            raise UsageError(f"{name}:{number}: is no JSON") from None
        yield from ((number, row) for _, row in found)


def _reviews(value: Any) -> Iterator[tuple[int, Mapping[str, str]]]:
    """ClaimReviews (or plain objects with a statement), alone, in a list, in a graph or in a feed."""
    if isinstance(value, Mapping):
        inner = value.get("@graph") or value.get("dataFeedElement") or value.get("claims")
        value = inner if isinstance(inner, list) else [value]
    for number, one in enumerate(value if isinstance(value, list) else [], start=1):
        item = one.get("item", one) if isinstance(one, Mapping) else {}
        for review in item if isinstance(item, list) else [item]:
            if isinstance(review, Mapping):
                row = {str(k).casefold(): v for k, v in review.items()}
                found = {k: _word(row[n]) for k, names in _COLUMNS.items() for n in names[::-1] if n in row}
                yield number, {k: v for k, v in found.items() if not (k == "slug" and not SLUG.match(v))}


def _word(value: Any) -> str:
    return ", ".join(str(v) for v in value) if isinstance(value, list) else str(value)
