"""When which text of an article stood in print: sightings in, spans of days out.

Pure but for `load`. The rules are rule 2 of the design: the first text stands from the article's publication, an edit from its
modified date where that is plausible, else from the day it was first seen, and an edit never reaches back. Where the publication
is uncertain nothing stands until a person confirms a date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import DateBasis, DateFinding
from storage import codec
from storage import tables as t
from storage.sql import chunks

RETRACTION = "retraction"


@dataclass(frozen=True, slots=True)
class Seen:
    """One sighting of a revision, with what decides its day."""

    revision_id: int
    seen_at: datetime
    cleaner: str
    body_sha256: str | None
    published: DateFinding
    modified: DateFinding | None
    notice: str | None


@dataclass(frozen=True, slots=True)
class Stand:
    """A revision in print from a day until another (exclusive); `valid_from` is None where the date is uncertain.

    `occurrence` counts the times that the same text came back. `replaces` tells that a new cleaner read the same bytes.
    """

    revision_id: int
    occurrence: int
    valid_from: date | None
    valid_to: date | None
    retracted: bool
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """All that an article carried, oldest first; `published` is its publication after people's decisions."""

    published: DateFinding
    stands: tuple[Stand, ...]

    @property
    def uncertain(self) -> bool:
        return not self.published.certain


def standing(seen: Sequence[Seen], confirmed: date | None = None) -> Standing:
    """Spans of days for sightings in the order in which they were made."""
    runs = [s for i, s in enumerate(seen) if i == 0 or seen[i - 1].revision_id != s.revision_id]
    published = publication(runs, confirmed)
    times: dict[int, int] = {}
    found: list[Stand] = []
    day = published.day
    for i, run in enumerate(runs):
        occurrence = times[run.revision_id] = times.get(run.revision_id, -1) + 1
        same_page = i > 0 and _recleaned(runs[i - 1], run)
        if day is not None and i > 0 and not same_page:
            day = _edit_day(run, day, first=occurrence == 0)
        if found:
            found[-1] = replace(found[-1], valid_to=day)
        found.append(Stand(run.revision_id, occurrence, day, None, run.notice == RETRACTION, same_page))
    return Standing(published, tuple(found))


def publication(runs: Sequence[Seen], confirmed: date | None) -> DateFinding:
    """A person's word, else the first text's date, else the first certain one that a later text gives."""
    if confirmed is not None:
        return DateFinding(confirmed, DateBasis.PERSON)
    plausible = (r.published for r in runs if r.published.certain and _not_after(r.published, r.seen_at))
    fallback = runs[0].published
    if fallback.certain:
        days = (fallback.day,) if fallback.day else ()
        fallback = replace(fallback, day=None, basis=DateBasis.UNCERTAIN, candidates=days)
    return next(plausible, fallback)


def _recleaned(before: Seen, after: Seen) -> bool:
    return before.cleaner != after.cleaner and before.body_sha256 == after.body_sha256 is not None


def _edit_day(run: Seen, before: date, *, first: bool) -> date:
    modified = run.modified
    plausible = first and modified is not None and modified.certain and _not_after(modified, run.seen_at)
    if plausible and modified is not None and modified.day is not None and modified.day >= before:
        return modified.day
    return max(before, run.seen_at.date())


def _not_after(finding: DateFinding, seen_at: datetime) -> bool:
    return finding.day is not None and finding.day <= seen_at.date() + timedelta(days=1)


def load(s: Session, article_ids: Iterable[int]) -> dict[int, Standing]:
    """The standing of these articles; one without a text is left out."""
    found: dict[int, Standing] = {}
    for batch in chunks(sorted(set(article_ids))):
        confirmed = _confirmed(s, batch)
        for article_id, seen in _seen(s, batch).items():
            found[article_id] = standing(seen, confirmed.get(article_id))
    return found


def _confirmed(s: Session, article_ids: Sequence[int]) -> dict[int, date]:
    d = t.decisions
    query = (
        sa.select(d.c.article_id, d.c.valid_from)
        .where(d.c.kind == "date", d.c.undone_by.is_(None), d.c.article_id.in_(article_ids))
        .order_by(d.c.id)
    )
    return {row.article_id: row.valid_from for row in s.execute(query)}


def _seen(s: Session, article_ids: Sequence[int]) -> dict[int, list[Seen]]:
    g, r = t.sightings, t.revisions
    query = (
        sa.select(
            g.c.article_id,
            g.c.revision_id,
            g.c.seen_at,
            r.c.cleaner,
            t.captures.c.body_sha256,
            r.c.published,
            r.c.modified,
            r.c.notice,
        )
        .join(r, r.c.id == g.c.revision_id)
        .join(t.captures, t.captures.c.id == g.c.capture_id)
        .where(g.c.article_id.in_(article_ids))
        .order_by(g.c.article_id, g.c.seen_at, g.c.id)
    )
    found: dict[int, list[Seen]] = {}
    for row in s.execute(query).all():
        modified = codec.load_date(row.modified) if row.modified else None
        seen = Seen(
            row.revision_id,
            row.seen_at,
            row.cleaner,
            row.body_sha256,
            codec.load_date(row.published),
            modified,
            row.notice,
        )
        found.setdefault(row.article_id, []).append(seen)
    return found
