"""How a source does, in one word and its reason: one rule for the page and for the terminal."""

from __future__ import annotations

from datetime import date, timedelta

from flows import outbox
from storage import articles
from storage.engine import Session
from storage.records import StoredSource

LONG = timedelta(days=14)  # without anything new, or without being asked


def state_of(s: Session, source: StoredSource, last_new: date | None, today: date) -> tuple[str, str]:
    """In the words of the events: *broken* does not answer, *silent* answers with nothing new for far longer than usual.

    `last_new`: the last day on which it named something new. The word is one of: paused, broken, not answering, never asked,
    by hand, silent, not asked lately, quiet, fine.
    """
    if source.paused:
        return "paused", "not asked until it is resumed"
    if source.failures:
        state = "broken" if source.failures >= outbox.SILENT_AFTER else "not answering"
        times = "once" if source.failures == 1 else f"{source.failures} times in a row"
        return state, f"{source.last_error or 'no answer'}; {times}"
    if source.last_answered_at is None:
        return "never asked", ""
    if articles.is_taken_in(source):
        return "by hand", "one page; it is read again as its text may change, and names nothing new"
    if (since := outbox.silent_since(s, source)) is not None:
        return "silent", f"answers, but nothing new since {_day(since.date())}, far longer than usual"
    answered = source.last_answered_at.date()
    if today - answered > LONG:
        # What it holds since then nobody knows: that is our silence, not its own.
        return "not asked lately", f"answered on {_day(answered)}, not asked since"
    if last_new is None:
        return "quiet", "answers, but has never named anything new"
    if answered - last_new > LONG:
        return "quiet", f"answers, but nothing new since {_day(last_new)}"
    return "fine", ""


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
