"""`claimline`: the command line. It parses, calls one function of `flows` or `storage`, and prints; no logic of its own.

Exit codes: 0 done, 1 failed, 2 usage, 3 done in part, 130 stopped by Ctrl-C. No traceback reaches a user unless
CLAIMLINE_DEBUG is set.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version

import typer

from app import out
from app.commands import (
    bench,
    care,
    database,
    decide,
    explain,
    importing,
    models,
    reads,
    replay,
    run,
    serve,
    sources,
    teach,
    topics,
)
from claimline.errors import ClaimlineError

app = typer.Typer(
    name="claimline",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _print_version(asked: bool) -> None:
    if asked:
        out.out.print(f"claimline {version('claimline')}", highlight=False)
        raise typer.Exit


@app.callback()
def claimline(
    version: bool = typer.Option(False, "--version", "-V", help="Print the version.", callback=_print_version, is_eager=True),
) -> None:
    """Watches the news for what is being said about a set of claims, and keeps an auditable history of each."""


for family in (run, serve, reads, explain, topics, importing, decide, care, sources, replay, bench, models, teach, database):
    family.add_to(app)


def main() -> None:
    """The entry point; turns every failure into one line and an exit code."""
    try:
        app()
    except ClaimlineError as error:
        _fail(str(error), error.exit_code, error)
    except SystemExit as ended:
        # typer turns both into a bare exit of its own.
        if _came_of(ended, BrokenPipeError):
            _reader_has_gone()
        if _came_of(ended, KeyboardInterrupt):
            _stopped()
        raise
    except KeyboardInterrupt:
        _stopped()
    except BrokenPipeError:
        _reader_has_gone()
    except OSError as error:
        _fail(_os_words(error), 1, error)
    except Exception as error:  # noqa: BLE001 -- the outermost edge: a person gets a line, not a traceback
        _fail(f"internal error: {type(error).__name__}: {error}; set CLAIMLINE_DEBUG=1 for the traceback", 1, error)


def _came_of(error: BaseException, kind: type[BaseException]) -> bool:
    """Whether an error of that kind lies behind this one."""
    behind: BaseException | None = error
    while behind is not None and not isinstance(behind, kind):
        behind = behind.__cause__ or behind.__context__
    return behind is not None


def _stopped() -> None:
    """Ctrl-C: the code is the one that shells expect."""
    _fail("stopped; what was finished is kept, run it again to go on", 130, None)


def _reader_has_gone() -> None:
    """The reader (head, less) has what it wanted: that is no failure."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(0)


def _os_words(error: OSError) -> str:
    """A file that cannot be read or written, a disk that is full: the file and the reason."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason


def _fail(message: str, code: int, error: Exception | None) -> None:
    if error is not None and os.environ.get("CLAIMLINE_DEBUG"):
        raise error
    out.say(f"claimline: {message}")
    sys.exit(code)


if __name__ == "__main__":
    main()
