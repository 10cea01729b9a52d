"""How the terminal tells what was left out, could not be read or was not told: one line each, the same for every command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from app import out
from claimline.models import Skip

NOTES = frozenset({"another-matcher", "another-cleaner", "read-for-other-words"})  # what a run says though nothing was left out
NOT_TOLD = "not-told"  # a message that waits: nothing was to be read
NOT_READING = frozenset({NOT_TOLD, "not-removed"})  # what failed though nothing was to be read


def say(skips: Sequence[Skip], *, indent: str = "", at_most: int = 12, more: str = "") -> None:
    """One line each; many of one reason are counted, and `more` says where all of them stand."""
    by_reason = Counter((s.failed, s.reason) for s in skips)
    each = max(2, at_most // max(1, len(by_reason)))
    shown: Counter[tuple[bool, str]] = Counter()
    for skip in skips:
        shown[skip.failed, skip.reason] += 1
        if shown[skip.failed, skip.reason] <= each:
            out.say(indent + line(skip))
    for (_, reason), count in by_reason.items():
        if count > each:
            out.say(f"{indent}... and {count - each} more: {reason}{f' ({more})' if more else ''}")


def line(skip: Skip) -> str:
    """One thing with its reason."""
    if skip.reason == NOT_TOLD:
        return f"could not tell {skip.where}: {skip.detail}; it is tried again by the next run"
    word = "note" if skip.reason in NOTES else "could not read" if skip.failed else "left out"
    return f"{word}: {skip.where}: {skip.reason}" + (f" ({skip.detail})" if skip.detail else "")
