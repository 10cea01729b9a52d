"""Reads that the pages need and nobody else: counts by week, the last change of many claims, what a claim waits for.

Each is a few statements over indexed columns and returns frozen values; nothing is folded, decided or written here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import UnknownName
from claimline.models import DateFinding, OutletType, Stance, Topic
from storage import claims as claim_reads
from storage import codec, ledger_rows, outlets, pins, position_rows, readings, series, weeks
from storage import tables as t
from storage.effective import claim_key as first_names
from storage.records import StoredChange, StoredClaim
from storage.sql import chunks, stable_key, today
from storage.weeks import WeekCount

_JUDGED, _OF_UNDATED = t.assessments.alias("judged"), t.assessments.alias("of_undated")  # made once: it copies all columns


@dataclass(frozen=True, slots=True)
class Owed:
    """What a claim still waits for: answers that the machine is unsure of, pairs that failed, articles without a sure date."""

    undecided: int = 0
    failed: int = 0
    undated: int = 0


@dataclass(frozen=True, slots=True)
class DayRead:
    """What the topic's sources answered on a day."""

    day: date
    asked: int
    answered: int


@dataclass(frozen=True, slots=True)
class OutletCard:
    """What is shown of a publisher beside a quote."""

    domain: str
    title: str = ""
    type: OutletType = OutletType.OUTLET
    country: str | None = None
    weight: float = 1.0
    named: bool = False


def stamp(s: Session) -> tuple[int, ...]:
    """A value that is the same as long as nothing that pages show has changed (but for fetch state), on one day."""
    # An accepted replay is an edition of old, with new pins.
    tables = (t.editions, t.pins, t.decisions, t.assessments, t.runs, t.topic_versions, t.outlet_weights)
    query = sa.select(*[sa.select(sa.func.coalesce(sa.func.max(x.c.id), 0)).scalar_subquery() for x in tables])
    return today(s).toordinal(), last_purge(s), *(int(n) for n in s.execute(query).one())


def last_purge(s: Session) -> int:
    """When the law last took words out of rows that stay, in microseconds: an id may come back with a repeated removal."""
    at: datetime | None = s.execute(sa.select(sa.func.max(t.tombstones.c.at))).scalar()
    return 0 if at is None else int(at.timestamp() * 1_000_000)


def claim_stamps(s: Session) -> tuple[tuple[int, ...], dict[int, tuple[int, int]]]:
    """The same, claim by claim: what concerns all of them, and for each its newest state and its newest decision.

    A person's word on a pair changes one claim; what was read of all the others stays good.
    """
    e, d, m = t.editions, t.decisions, t.claim_states
    newest = [sa.select(sa.func.max(e.c.id)).where(e.c.cause != "person").scalar_subquery()]
    newest += [sa.select(sa.func.max(d.c.id)).where(d.c.claim_id.is_(None)).scalar_subquery()]
    others = (t.pins, t.assessments, t.runs, t.topic_versions, t.outlet_weights)
    newest += [sa.select(sa.func.max(x.c.id)).scalar_subquery() for x in others]
    shared = today(s).toordinal(), last_purge(s), *(int(n or 0) for n in s.execute(sa.select(*newest)).one())
    last = sa.select(m.c.claim_id, sa.func.max(m.c.id)).group_by(m.c.claim_id)
    states: dict[int, int] = dict(s.execute(last).tuples().all())
    words = sa.select(d.c.claim_id, sa.func.max(d.c.id)).where(d.c.claim_id.is_not(None)).group_by(d.c.claim_id)
    said: dict[int, int] = dict(s.execute(words).tuples().all())
    return shared, {i: (states.get(i, 0), said.get(i, 0)) for i in states.keys() | said.keys()}


# --- claims ---------------------------------------------------------------------------------------------------------


class TopicName(NamedTuple):
    """A topic as a list to choose from shows it: without its claims, sources and people, which take long to read."""

    id: int
    slug: str
    title: str


def topic_names(s: Session) -> tuple[TopicName, ...]:
    """Every topic, by its short name."""
    topic, v = t.topics, t.topic_versions
    query = sa.select(topic.c.id, topic.c.slug, v.c.spec["title"].as_string())
    rows = s.execute(query.join(v, v.c.id == topic.c.current_version_id).order_by(topic.c.slug)).tuples().all()
    return tuple(map(TopicName._make, rows))


def topic_spec(s: Session, topic_id: int) -> Topic:
    """What the topic's file says now, without the claims as they are stored."""
    topic, v = t.topics, t.topic_versions
    query = sa.select(v.c.spec).join(topic, v.c.id == topic.c.current_version_id).where(topic.c.id == topic_id)
    return codec.load_topic(s.execute(query).scalar_one())


def permanent_key(s: Session, claim_id: int) -> str:
    """The id of a claim that never changes, whatever it is called."""
    return stable_key("claim", *first_names(s, claim_id))


def claim_by_key(s: Session, key: str) -> StoredClaim:
    for claim in claim_reads.claims(s, retired=True):
        if permanent_key(s, claim.id) == key:
            return claim
    raise UnknownName("claim", key)


def weekly(
    s: Session, claim_ids: Iterable[int], *, as_of: date | None = None, known_at: datetime | None = None
) -> dict[int, tuple[WeekCount, ...]]:
    """Reports by week and side for these claims, weeks without one left out: looked up where they are kept, else counted."""
    ids = list(claim_ids)
    made_from = series.stamps(s, ids)
    kept = series.weeks_held(s, {i: stamp for i, stamp in made_from.items() if stamp.is_known_by(known_at)}, as_of)
    counted = weeks.counted(s, [i for i in ids if i not in kept], until=as_of, known_at=known_at)
    return counted | {i: found for i, found in kept.items() if found}


def last_changes(
    s: Session, claim_ids: Iterable[int], *, as_of: date | None = None, known_at: datetime | None = None
) -> dict[int, StoredChange]:
    """The newest change of each claim, with one of the quotes that tipped it."""
    c = t.status_changes
    ids: dict[int, int] = {}
    for batch in chunks(claim_ids):
        where = c.c.claim_id.in_(batch) & position_rows.known(c, known_at) & ledger_rows.by_day(s, as_of, known_at)
        for row in s.execute(sa.select(c.c.id, c.c.claim_id).where(where).order_by(c.c.valid_from)):
            ids[row.claim_id] = row.id
    found: dict[int, StoredChange] = {}
    names = {ids[k]: k for k in ids}
    for few in chunks(names):
        rows = s.execute(sa.select(c.c.id, c.c.key).where(c.c.id.in_(few))).all()
        by_key = {row.key: names[row.id] for row in rows}
        for change in ledger_rows.stored_changes(s, c.c.id.in_(few), known_at=known_at):
            found[by_key[change.key]] = change
    return found


def owed(s: Session, claim_ids: Iterable[int]) -> dict[int, Owed]:
    """What each of these claims waits for; those that wait for nothing are left out. A person's word settles a pair."""
    found: dict[int, Owed] = {}
    for few in chunks(claim_ids):
        found.update(_owed(s, few))
    return found


def _owed(s: Session, claim_ids: Sequence[int]) -> dict[int, Owed]:
    a, pin, p, d = t.assessments, t.pins, t.pending_pairs, t.decisions
    within = a.c.claim_id.in_(claim_ids)
    pinned = (pin.c.claim_id == a.c.claim_id) & pin.c.known_to.is_(None) & pins.of_matcher(a, pin.c.matcher)
    pinned &= a.c.claim_version_id == pin.c.claim_version_id
    said = sa.exists().where(
        d.c.claim_id == a.c.claim_id,
        d.c.article_id == a.c.article_id,
        d.c.kind.in_(["stance", "accept"]),
        d.c.undone_by.is_(None),
    )
    current = readings.current(readings.topic_of(a.c.claim_id)) == a.c.revision_id
    j = _JUDGED  # what the pinned judge has settled is unsure no more
    judged = sa.exists().where(
        j.c.claim_version_id == a.c.claim_version_id,
        j.c.revision_id == a.c.revision_id,
        j.c.matcher == pin.c.judge,
        j.c.decided.is_(True),
    )
    unsure = (
        sa.select(a.c.claim_id, sa.func.count().label("n"))
        .join(pin, pinned)
        .join(t.articles, (t.articles.c.id == a.c.article_id) & current)
        .where(a.c.decided.is_(False), ~said, ~judged, within)
        .group_by(a.c.claim_id)
    )
    dated = sa.exists().where(d.c.kind == "date", d.c.undone_by.is_(None), d.c.article_id == a.c.article_id)
    undated = (
        sa.select(a.c.claim_id, sa.func.count(sa.distinct(a.c.article_id)).label("n"))
        .join(pin, pinned)
        .where(a.c.id.in_(undated_answers()), ~dated, within, pins.of_told_text(a))
        .group_by(a.c.claim_id)
    )
    failed = sa.select(p.c.claim_id, sa.func.count().label("n")).where(p.c.claim_id.in_(claim_ids)).group_by(p.c.claim_id)
    counts = [dict(s.execute(query).tuples().all()) for query in (unsure, failed, undated)]
    ids = set().union(*counts)
    return {i: Owed(counts[0].get(i, 0), counts[1].get(i, 0), counts[2].get(i, 0)) for i in ids}


def undated_answers() -> sa.Select[tuple[int]]:
    """The answers on texts of which the day is not sure: from the few texts to their answers, not through all answers."""
    x, r = _OF_UNDATED, t.revisions
    return sa.select(x.c.id).join(r, r.c.id == x.c.revision_id).where(r.c.published_day.is_(None))


# --- one claim ------------------------------------------------------------------------------------------------------


def outlet_cards(s: Session, topic_id: int) -> dict[str, OutletCard]:
    """The named publishers of a topic, by domain."""
    w = t.outlet_weights
    rows = s.execute(sa.select(w).where(w.c.topic_id == topic_id, w.c.closed_at.is_(None))).mappings()
    return {
        r["domain"]: OutletCard(r["domain"], r["title"], OutletType(r["type"]), r["country"], r["weight"], True) for r in rows
    }


def outlet_card(cards: Mapping[str, OutletCard], outlet: str | None, weight: float = 1.0) -> OutletCard:
    """The publisher's card, or that of the domain above it; `weight`: of one that nobody has named."""
    return outlets.nearest(cards, outlet) or OutletCard(outlet or "", weight=weight)


def days_read(s: Session, topic_id: int) -> tuple[DayRead, ...]:
    """How many of the topic's sources were asked and answered on each watched day."""
    c, ts = t.coverage, t.topic_sources
    answered = sa.func.sum(sa.case((c.c.answered > 0, 1), else_=0))
    query = (
        sa.select(c.c.day, sa.func.count(), answered)
        .join(ts, (ts.c.source_id == c.c.source_id) & (ts.c.topic_id == topic_id))
        .where(c.c.asked > 0)
        .group_by(c.c.day)
        .order_by(c.c.day)
    )
    return tuple(DayRead(day, int(asked), int(heard)) for day, asked, heard in s.execute(query).tuples())


@dataclass(frozen=True, slots=True)
class Uncounted:
    """An answer that does not enter the fold, with why: unsure, date uncertain, held outlet, nothing on a side."""

    revision_key: str
    url: str
    title: str | None
    outlet: str | None
    lang: str | None
    published: DateFinding
    stance: Stance
    decided: bool
    confidence: float
    quote: str | None


def uncounted(s: Session, claim_id: int, *, limit: int = 50, offset: int = 0) -> tuple[Uncounted, ...]:
    """Answers of the matcher that count and made no position, newest first."""
    a, pin, p, r, x, e = t.assessments, t.pins, t.positions, t.revisions, t.revision_texts, t.evidence
    folded = sa.exists().where(p.c.claim_id == a.c.claim_id, p.c.article_id == a.c.article_id, p.c.known_to.is_(None))
    best = sa.select(e.c.quote).where(e.c.assessment_id == a.c.id).order_by(e.c.confidence.desc()).limit(1).scalar_subquery()
    query = (
        sa.select(r.c.key, t.articles.c.url, x.c.title, t.articles.c.outlet, r.c.lang, r.c.published)
        .add_columns(a.c.stance, a.c.decided, a.c.confidence, best.label("quote"))
        .select_from(a)
        .join(pin, (pin.c.claim_id == a.c.claim_id) & pin.c.known_to.is_(None) & pins.of_matcher(a, pin.c.matcher))
        .join(r, r.c.id == a.c.revision_id)
        .join(t.articles, t.articles.c.id == a.c.article_id)
        .outerjoin(x, x.c.revision_id == r.c.id)
        .where(a.c.claim_id == claim_id, ~folded, readings.current(readings.topic_of(a.c.claim_id)) == r.c.id)
        .order_by(a.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return tuple(
        Uncounted(
            row.key,
            row.url,
            row.title,
            row.outlet,
            row.lang,
            codec.load_date(row.published),
            Stance(row.stance),
            row.decided,
            row.confidence,
            row.quote,
        )
        for row in s.execute(query)
    )


@dataclass(frozen=True, slots=True)
class SourceDays:
    """A source's recent days, for the health strip; `articles` is all that it ever named, `reasons` counts what was left out in
    these days, or failed, and why."""

    source_id: int
    articles: int
    days: Mapping[date, DayRead] = field(default_factory=dict)
    last_new: date | None = None
    reasons: Mapping[str, int] = field(default_factory=dict)


def source_days(s: Session, topic_id: int, *, since: date) -> dict[int, SourceDays]:
    c, ts, d = t.coverage, t.topic_sources, t.discoveries
    mine = sa.select(ts.c.source_id).where(ts.c.topic_id == topic_id)
    named = {
        r.source_id: r.n
        for r in s.execute(
            sa.select(d.c.source_id, sa.func.count().label("n")).where(d.c.source_id.in_(mine)).group_by(d.c.source_id)
        )
    }
    last_new = {
        r.source_id: r.day
        for r in s.execute(
            sa.select(c.c.source_id, sa.func.max(c.c.day).label("day"))
            .where(c.c.source_id.in_(mine), c.c.new > 0)
            .group_by(c.c.source_id)
        )
    }
    days: dict[int, dict[date, DayRead]] = {}
    reasons: dict[int, Counter[str]] = {}
    recent = sa.select(c.c.source_id, c.c.day, c.c.asked, c.c.answered, c.c.reasons)
    for row in s.execute(recent.where(c.c.source_id.in_(mine), c.c.day >= since)):
        if row.asked:  # else its articles were read again, and the source was not asked
            days.setdefault(row.source_id, {})[row.day] = DayRead(row.day, row.asked, row.answered)
        reasons.setdefault(row.source_id, Counter()).update(row.reasons or {})
    return {
        i: SourceDays(i, named.get(i, 0), days.get(i, {}), last_new.get(i), reasons.get(i, {})) for i in s.execute(mine).scalars()
    }
