"""When which text of an article stood in print: sightings in, spans of days out.

Pure but for `load`. The rules are rule 2 of the design: the first text stands from the article's publication, an edit from the
day that `claimline.revisions.valid_day` finds. Where the publication is uncertain nothing stands until a person confirms a date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline import revisions
from claimline.models import DateBasis, DateFinding
from claimline.revisions import RevisionLine
from storage import codec, readings
from storage import tables as t
from storage.sql import any_of, chunks

RETRACTION = "retraction"


@dataclass(frozen=True, slots=True)
class Seen:
    """One sighting of a revision, with what decides its day."""

    text: RevisionLine  # with the bytes of this sighting
    seen_at: datetime
    last_seen: datetime  # it stood unchanged until then
    published: DateFinding
    modified: DateFinding | None
    notice: str | None

    @property
    def revision_id(self) -> int:
        return self.text.id


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

    def on(self, day: date) -> Stand | None:
        """What stood in print at the end of a day; None: nothing that we know the day of."""
        return next((x for x in reversed(self.stands) if x.valid_from is not None and x.valid_from <= day), None)


def standing(seen: Sequence[Seen], confirmed: date | None = None) -> Standing:
    """Spans of days for sightings in the order in which they were made."""
    runs = _runs(seen)
    published = publication(runs, confirmed)
    times: dict[int, int] = {}
    found: list[Stand] = []
    day = published.day
    for i, run in enumerate(runs):
        occurrence = times[run.revision_id] = times.get(run.revision_id, -1) + 1
        same_page = i > 0 and revisions.recleaned(runs[i - 1].text, run.text)
        if day is not None and i > 0 and not same_page:
            borne = {r.modified.day for r in runs[:i] if r.modified is not None}
            day = revisions.valid_day(run.modified, borne=borne, before=day, last_seen=runs[i - 1].last_seen, seen_at=run.seen_at)
        if found:
            found[-1] = replace(found[-1], valid_to=day)
        found.append(Stand(run.revision_id, occurrence, day, None, run.notice == RETRACTION, same_page))
    return Standing(published, tuple(found))


def _runs(seen: Sequence[Seen]) -> list[Seen]:
    """One for each time that the text became another; it was seen until the last sighting of it in a row."""
    runs: list[Seen] = []
    for one in seen:
        if runs and runs[-1].revision_id == one.revision_id:
            runs[-1] = replace(runs[-1], last_seen=max(runs[-1].last_seen, one.last_seen))
        else:
            runs.append(one)
    # A check that was made after another text had been seen (in an archive that was read late) says nothing of the days between.
    return [replace(a, last_seen=a.seen_at) if a.last_seen > b.seen_at else a for a, b in pairwise(runs)] + runs[-1:]


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


def _not_after(finding: DateFinding, seen_at: datetime) -> bool:
    return finding.day is not None and finding.day <= seen_at.date() + timedelta(days=1)


def load(
    s: Session,
    article_ids: Iterable[int],
    *,
    topic_id: int | None = None,
    known_at: datetime | None = None,
    coming: readings.Coming | None = None,
) -> dict[int, Standing]:
    """The standing of these articles; one without a text is left out. `known_at`: by what was known then.

    `topic_id`: by the readings that the topic took (None: as the texts were read when they came); `coming`: by those that a
    replay would take.
    """
    found: dict[int, Standing] = {}
    for batch in chunks(sorted(set(article_ids))):
        confirmed = _confirmed(s, batch, known_at)
        for article_id, seen in _seen(s, batch, topic_id, known_at, coming).items():
            found[article_id] = standing(seen, confirmed.get(article_id))
    return found


def _confirmed(s: Session, article_ids: Sequence[int], known_at: datetime | None) -> dict[int, date]:
    """A date is of no one topic, so that no edition tells since when it is known: it is since it was said."""
    d, query = t.decisions, _CONFIRMED_NOW
    if known_at is not None:
        undone = d.alias("undone")
        query = _CONFIRMED.outerjoin(undone, undone.c.id == d.c.undone_by).where(d.c.at <= known_at)
        query = query.where(undone.c.id.is_(None) | (undone.c.at > known_at))
    return {row.article_id: row.valid_from for row in s.execute(query, {"articles": article_ids})}


_CONFIRMED = (
    sa.select(t.decisions.c.article_id, t.decisions.c.valid_from)
    .where(t.decisions.c.kind == "date", t.decisions.c.article_id.in_(any_of("articles")))
    .order_by(t.decisions.c.id)
)
_CONFIRMED_NOW = _CONFIRMED.where(t.decisions.c.undone_by.is_(None))


def _stored_by(known_at: datetime) -> sa.ColumnElement[bool]:
    """The sightings that we knew of: an archive that is read later was seen long before, but is not scanned until then."""
    g, k = t.sightings, t.scans
    scanned = sa.exists().where(k.c.revision_id == g.c.revision_id)
    return (g.c.seen_at <= known_at) & (scanned.where(k.c.scanned_at <= known_at) | ~scanned)


def _seen(
    s: Session, article_ids: Sequence[int], topic_id: int | None, known_at: datetime | None, coming: readings.Coming | None
) -> dict[int, list[Seen]]:
    if known_at is None and coming is None and topic_id is not None:
        query = _SEEN_NOW
    else:
        read = t.sightings.c.revision_id
        query = _seen_as(read if topic_id is None else readings.as_read(read, topic_id, known_at=known_at, coming=coming))
    if known_at is not None:
        query = query.where(_stored_by(known_at))
    found: dict[int, list[Seen]] = {}
    for row in s.execute(query, {"articles": article_ids, "topic": topic_id}).all():
        seen = Seen(
            RevisionLine(row.revision_id, row.cleaner, row.text_sha256, row.body_sha256, row.fingerprint),
            row.seen_at,
            max(row.seen_at, row.last_checked_at or row.seen_at),
            codec.load_date(row.published),
            codec.load_date(row.modified) if row.modified else None,
            row.notice,
        )
        found.setdefault(row.article_id, []).append(seen)
    return found


def _seen_as(read: sa.ColumnElement[int]) -> sa.Select[Any]:
    """Each sighting with the text that is read there."""
    g, r, c = t.sightings, t.revisions, t.captures
    return (
        sa.select(
            g.c.article_id,
            r.c.id.label("revision_id"),
            g.c.seen_at,
            r.c.cleaner,
            r.c.text_sha256,
            c.c.body_sha256,
            r.c.fingerprint,
            c.c.last_checked_at,
            r.c.published,
            r.c.modified,
            r.c.notice,
        )
        .select_from(g)
        .join(r, r.c.id == read)
        .join(c, c.c.id == g.c.capture_id)
        .where(g.c.article_id.in_(any_of("articles")))
        .order_by(g.c.article_id, g.c.seen_at, g.c.id)
    )


_SEEN_NOW = _seen_as(readings.as_read(t.sightings.c.revision_id, sa.bindparam("topic")))
