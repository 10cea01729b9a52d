"""Why the ledger says something new: one cause out of what touched the claim since its last edition. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from claimline.models import Cause, Change

# Where several things happened at once, the first of these that bears on the change is its cause.
ORDER = (
    Cause.LEGAL_REMOVAL,
    Cause.RETRACTED,
    Cause.NEW_MODEL,
    Cause.NEW_CLEANER,
    Cause.CLAIM_REWORDED,
    Cause.PERSON,
    Cause.DATE_CORRECTED,
    Cause.COPIES_SEPARATED,
    Cause.EDITED_ARTICLE,
    Cause.LATE_ARTICLE,
    Cause.NEW_ARTICLE,
    Cause.COPIES_GROUPED,
    Cause.CHANGED_SETTING,
    Cause.RULES_CHANGED,
)
# A report that is a day behind the others is how news arrives; one that is further behind is late.
LATE_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Touched:
    """Something that happened: to one article, or (None) to the whole claim."""

    cause: Cause
    article_id: int | None


@dataclass(frozen=True, slots=True)
class Context:
    """A change that an edition brings, and what is known of its reasons."""

    change: Change
    touched: Sequence[Touched]  # all that bears on the claim
    tipping: frozenset[int]  # the articles that tipped it
    spoke_before: frozenset[int]  # of those, the ones that had a position before this edition
    told_until: date | None  # the newest report that the edition before knew; None: this is the claim's first


def cause_of(context: Context) -> Cause:
    """The default: what happened to the tipping articles, else to any; an article that comes after its day is late."""
    if context.change.ruling is not None:
        return Cause.PERSON
    whole = {x.cause for x in context.touched if x.article_id is None}
    near = {x.cause for x in context.touched if x.article_id in context.tipping} | whole
    causes = near or {x.cause for x in context.touched}
    if not causes:
        return Cause.RULES_CHANGED
    late = _late(context)
    fresh = bool(context.tipping) and not context.tipping & context.spoke_before
    if fresh and causes & {Cause.NEW_ARTICLE} and not causes & set(ORDER[:7]):
        grouped = late and Cause.COPIES_GROUPED in causes
        return Cause.COPIES_GROUPED if grouped else Cause.LATE_ARTICLE if late else Cause.NEW_ARTICLE
    first = next(c for c in ORDER if c in causes)
    return Cause.LATE_ARTICLE if first is Cause.NEW_ARTICLE and late else first


def dominant(causes: Sequence[Cause]) -> Cause:
    """The cause of an edition as a whole."""
    return next((c for c in ORDER if c in causes), Cause.NEW_ARTICLE)


def _late(context: Context) -> bool:
    return context.told_until is not None and context.change.valid_from < context.told_until - LATE_AFTER
