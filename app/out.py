"""How the terminal speaks: data on stdout (JSON Lines or tables), logs and progress on stderr, one line an error.

Tables are drawn only where somebody looks; NO_COLOR and a pipe are obeyed (rich does both).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from claimline.errors import UsageError

# A pipe has no width: tables for it are drawn as wide as a large terminal, unless COLUMNS says how wide.
out = Console(soft_wrap=False, highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 140)
err = Console(stderr=True, highlight=False)


def json_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line, keys as given, Unicode as it is."""
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def say(message: str, *, style: str | None = None) -> None:
    """A line for the person at the terminal, on stderr."""
    err.print(Text(safe(message)), style=style, soft_wrap=True)


def safe(text: str) -> str:
    """Fetched text is hostile: no control or bidirectional-override character reaches the terminal."""
    return "".join(c if c == "\n" or c.isprintable() or c in "\u200d\u200c" else " " for c in text.replace("\t", " "))


def agreed(question: str) -> bool:
    """Whether the person at the terminal says yes. Asked on stderr, to the last blank: stdout is for data (click's is not)."""
    while True:
        typer.echo(f"{safe(question)} [y/N]: ", nl=False, err=True)
        answer = sys.stdin.readline()
        if not answer:
            raise typer.Abort
        if answer.strip().lower() in _ANSWERS:
            return _ANSWERS[answer.strip().lower()]


_ANSWERS = {"y": True, "yes": True, "n": False, "no": False, "": False}


def count(n: int, one: str, many: str = "") -> str:
    """A number with its word: 1 case, 2 cases."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def indented(text: str, *, style: str = "") -> None:
    """A line of prose on stdout, two columns in; on a terminal its further lines are too, in a pipe it stays one line."""
    if out.is_terminal:
        out.print(Padding(Text(safe(text), style=style), (0, 0, 0, 2)))
    else:
        out.print(Text(f"  {safe(text)}", style=style), soft_wrap=True)


def table(
    title: str | None,
    columns: Sequence[str | tuple[str, dict[str, Any]]],
    rows: Iterable[Sequence[object]],
    *,
    empty: str = "nothing",
) -> None:
    """A table on stdout; cells are plain text, never markup. Without rows there is none, and `empty` is said on stderr."""
    rows = list(rows)
    if not rows:
        say(empty)
        return
    drawn = Table(title=title, title_justify="left", header_style="bold", expand=False, pad_edge=False, show_edge=False)
    for column in columns:
        name, options = column if isinstance(column, tuple) else (column, {})
        # A slug or a day that is cut off cannot be typed again: what is too long goes on in the next line.
        drawn.add_column(name, **({"overflow": "fold", "min_width": 10 if name in _DAYS else None} | options))
    for row in rows:
        drawn.add_row(*[cell if isinstance(cell, Text) else Text(safe("" if cell is None else str(cell))) for cell in row])
    out.print(drawn)


_DAYS = ("day", "since", "changed on")  # columns of days: never broken


@contextmanager
def progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A progress line on a terminal, nothing elsewhere."""
    if not err.is_terminal:
        yield lambda _what, _done, _total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=err, transient=True
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def step(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield step


# --- Days and moments -----------------------------------------------------------------------------------------------


def day(value: str | None, option: str) -> date | None:
    """A day: YYYY-MM-DD, `today` or `yesterday`."""
    if value is None:
        return None
    today = datetime.now(UTC).date()
    if value in ("today", "yesterday"):
        return today if value == "today" else today - timedelta(days=1)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise UsageError(f"{option} {value!r} is not a day; write it as 2020-12-29") from None


def moment(value: str | None, option: str) -> datetime | None:
    """A moment; a day alone means its end, UTC."""
    if value is None:
        return None
    try:
        if len(value) <= 10:
            found = day(value, option)
            return datetime.combine(found, time.max, UTC) if found else None
        parsed = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise UsageError(f"{option} {value!r} is not a time; write it as 2020-12-29 or 2020-12-29T13:00Z") from None
    if parsed.tzinfo is None:
        return parsed.replace(tzinfo=UTC)
    try:
        return parsed.astimezone(UTC)
    except OverflowError:
        raise UsageError(f"{option} {value!r} lies beyond the calendar") from None


def age(text: str, option: str) -> timedelta:
    """A duration such as 26h, 90m, 3d."""
    units = {"m": "minutes", "h": "hours", "d": "days"}
    try:
        found = timedelta(**{units[text[-1:]]: float(text[:-1])})
    except (KeyError, ValueError, OverflowError):
        found = timedelta(0)
    if found <= timedelta(0):
        raise UsageError(f"{option} {text!r} is not a duration; write it as 26h, 90m or 3d")
    return found


DB = typer.Option(
    None, "--db", metavar="URL", help="Database: a file or a URL. Default: CLAIMLINE_DATABASE_URL, or the user's data folder."
)
NO_DB = typer.Option(None, "--db", metavar="URL", help="Taken by every command; this one reads no database.")
TOPIC = typer.Option(None, "--topic", "-t", metavar="SLUG", help="Only this topic.")
JSON = typer.Option(False, "--json", help="JSON Lines on stdout.")
AS_OF = typer.Option(None, "--as-of", metavar="DAY", help="As it stood in print at the end of this day, UTC.")
KNOWN_AT = typer.Option(None, "--known-at", metavar="DAY|TIME", help="As we knew it then; a day means its end, UTC.")
