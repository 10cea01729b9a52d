"""Rows as CSV, JSON Lines or XLSX: the same columns and the same order in each; a cell is never a formula.

A spreadsheet runs a cell that begins like a formula. Quotes and titles are other people's words, so in CSV such a cell gets an
apostrophe before it; in XLSX it is written as text; JSON Lines carries it as it is.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

Row = Mapping[str, Any]

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FORMULA = re.compile(r"^[\s\ufeff\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_CELL_CHARS = 32_000  # XLSX holds 32,767


def write(kind: str, columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """The table as a file of that kind, one of `TYPES`."""
    return {"csv": to_csv, "jsonl": to_jsonl, "xlsx": to_xlsx}[kind](columns, rows)


def to_csv(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """UTF-8 with a mark at its beginning, without which spreadsheets guess another encoding."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe(row.get(name)) for name in columns])
    return ("\ufeff" + out.getvalue()).encode("utf-8", "replace")


def to_jsonl(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    lines = [json.dumps({name: _plain(row.get(name)) for name in columns}, ensure_ascii=False) for row in rows]
    return "".join(line + "\n" for line in lines).encode("utf-8", "replace")


def to_xlsx(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet("Claimline")
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, columns, book.add_format({"bold": True}))
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for i, name in enumerate(columns):
        sheet.set_column(i, i, 48 if name in ("statement", "quote", "title") else 16, wrapped)
    for n, row in enumerate(rows, start=1):
        for i, name in enumerate(columns):
            value = _plain(row.get(name))
            if isinstance(value, bool) or not isinstance(value, int | float):
                sheet.write_string(n, i, _CONTROL.sub(" ", "" if value is None else str(value))[:_CELL_CHARS])
            else:
                sheet.write_number(n, i, value)
    book.close()
    return out.getvalue()


def safe(value: Any) -> str:
    """A cell of CSV that no spreadsheet runs; numbers stay numbers."""
    plain = _plain(value)
    if plain is None:
        return ""
    if isinstance(plain, int | float) and not isinstance(plain, bool):
        return str(plain)
    text = _CONTROL.sub(" ", str(plain)).replace("\r\n", "\n").replace("\r", "\n")
    return "'" + text if _FORMULA.match(text) or text.startswith(("\t", "\n")) else text


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode()
    if isinstance(value, list | tuple):
        return ", ".join(str(v) for v in value)
    return value
