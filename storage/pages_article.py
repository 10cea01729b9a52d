"""What the page of one article reads: every answer about it, its copies, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import DateFinding, Stance
from storage import codec, pins, readings
from storage import tables as t


@dataclass(frozen=True, slots=True)
class AnswerQuote:
    start: int
    end: int
    quote: str
    stance: Stance
    confidence: float
    speaker: str | None
    said_on: date | None
    said_words: str | None
    via: str | None
    modality: str | None


@dataclass(frozen=True, slots=True)
class ArticleAnswer:
    """What one machine says of one claim in one text; `pinned` where it is the one that counts, and on a text that the claim's
    topic tells.
    """

    id: int
    revision_id: int
    topic_id: int
    topic: str
    claim_id: int
    claim: str
    statement: str
    matcher: str
    actor: str
    stance: Stance
    decided: bool
    confidence: float
    probabilities: Mapping[Stance, float]
    pinned: bool
    reworded: bool  # asked about an older wording
    quotes: tuple[AnswerQuote, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """Another article that tells the same story in nearly the same words."""

    revision_key: str
    url: str
    title: str | None
    outlet: str | None
    lang: str | None
    published: DateFinding
    article_id: int


@dataclass(frozen=True, slots=True)
class Found:
    """A source named the article."""

    kind: str
    locator: str
    found_at: datetime
    title: str | None
    published_words: str | None


@dataclass(frozen=True, slots=True)
class Came:
    """What came back for the article at a moment."""

    fetched_at: datetime
    status: int | None
    reason: str | None
    detail: str | None
    checks: int
    last_checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Read:
    """A matcher looked at this text."""

    topic: str
    matcher: str
    outcome: str
    at: datetime


def answers(s: Session, revision_ids: Sequence[int]) -> tuple[ArticleAnswer, ...]:
    """Every answer about these texts, those that count first (the judge's before the matcher's)."""
    a, c, cv, pin = t.assessments, t.claims, t.claim_versions, t.pins
    told = readings.shown(a.c.revision_id, c.c.topic_id)
    query = (
        sa.select(a, c.c.slug, c.c.topic_id, c.c.current_version_id, cv.c.statement, t.topics.c.slug.label("topic"))
        .add_columns((sa.func.coalesce(pins.counts(a, pin), sa.false()) & told).label("pinned"))
        .join(c, c.c.id == a.c.claim_id)
        .join(t.topics, t.topics.c.id == c.c.topic_id)
        .join(cv, cv.c.id == a.c.claim_version_id)
        .outerjoin(pin, (pin.c.claim_id == a.c.claim_id) & pin.c.known_to.is_(None))
        .where(a.c.revision_id.in_(revision_ids))
        .order_by(t.topics.c.slug, c.c.id, a.c.actor, a.c.id.desc())
    )
    rows = s.execute(query).mappings().all()
    quotes = _quotes(s, [r["id"] for r in rows])
    found = [
        ArticleAnswer(
            id=r["id"],
            revision_id=r["revision_id"],
            topic_id=r["topic_id"],
            topic=r["topic"],
            claim_id=r["claim_id"],
            claim=r["slug"],
            statement=r["statement"],
            matcher=r["matcher"],
            actor=r["actor"],
            stance=Stance(r["stance"]),
            decided=r["decided"],
            confidence=r["confidence"],
            probabilities=codec.load_probabilities(r["probabilities"]),
            pinned=bool(r["pinned"]),
            reworded=r["claim_version_id"] != r["current_version_id"],
            quotes=tuple(quotes.get(r["id"], ())),
        )
        for r in rows
    ]
    return tuple(sorted(found, key=lambda x: not x.pinned))


def _quotes(s: Session, ids: list[int]) -> dict[int, list[AnswerQuote]]:
    e = t.evidence
    found: dict[int, list[AnswerQuote]] = {}
    for r in s.execute(sa.select(e).where(e.c.assessment_id.in_(ids)).order_by(e.c.start)).mappings():
        made = AnswerQuote(
            r["start"],
            r["end"],
            r["quote"],
            Stance(r["stance"]),
            r["confidence"],
            r["speaker_written"],
            r["said_on"],
            r["said_words"],
            r["via"],
            r["modality"],
        )
        found.setdefault(r["assessment_id"], []).append(made)
    return found


def copies(s: Session, revision_id: int) -> tuple[Copy, ...]:
    """The other articles of the groups that this text is in, the earliest first."""
    m, r, a, x = t.copy_memberships, t.revisions, t.articles, t.revision_texts
    mine = sa.select(m.c.topic_id, m.c.cluster).where(m.c.revision_id == revision_id, m.c.closed_at.is_(None)).subquery()
    article = sa.select(r.c.article_id).where(r.c.id == revision_id).scalar_subquery()
    query = (
        sa.select(r.c.key, a.c.url, x.c.title, a.c.outlet, r.c.lang, r.c.published, a.c.id)
        .join(m, m.c.revision_id == r.c.id)
        .join(mine, (mine.c.topic_id == m.c.topic_id) & (mine.c.cluster == m.c.cluster))
        .join(a, a.c.id == r.c.article_id)
        .outerjoin(x, x.c.revision_id == r.c.id)
        .where(m.c.closed_at.is_(None), a.c.id != article, readings.current(m.c.topic_id) == r.c.id)
        .order_by(r.c.published_day, r.c.id)
    )
    unique = {row.key: row for row in s.execute(query)}
    return tuple(Copy(k, v.url, v.title, v.outlet, v.lang, codec.load_date(v.published), v.id) for k, v in unique.items())


def found_by(s: Session, article_id: int) -> tuple[Found, ...]:
    d, src = t.discoveries, t.sources
    query = sa.select(src.c.kind, src.c.locator, d.c.found_at, d.c.entry).join(src, src.c.id == d.c.source_id)
    rows = s.execute(query.where(d.c.article_id == article_id).order_by(d.c.found_at))
    return tuple(Found(r.kind, r.locator, r.found_at, r.entry.get("title"), r.entry.get("published")) for r in rows)


def came(s: Session, article_id: int) -> tuple[Came, ...]:
    """The captures of an article, newest first."""
    c = t.captures
    columns = (c.c.fetched_at, c.c.status, c.c.reason, c.c.detail, c.c.checks, c.c.last_checked_at)
    rows = s.execute(sa.select(*columns).where(c.c.article_id == article_id).order_by(c.c.id.desc()).limit(50))
    return tuple(Came(*row) for row in rows.tuples())


def reads(s: Session, revision_id: int) -> tuple[Read, ...]:
    k, v = t.scans, t.topic_versions
    query = (
        sa.select(t.topics.c.slug, k.c.matcher, k.c.outcome, k.c.scanned_at)
        .join(v, v.c.id == k.c.topic_version_id)
        .join(t.topics, t.topics.c.id == v.c.topic_id)
        .where(k.c.revision_id == revision_id)
        .order_by(k.c.id.desc())
        .limit(20)
    )
    return tuple(Read(*row) for row in s.execute(query).tuples())


def topics_of(s: Session, article_id: int) -> tuple[int, ...]:
    ta = t.topic_articles
    return tuple(s.execute(sa.select(ta.c.topic_id).where(ta.c.article_id == article_id).order_by(ta.c.topic_id)).scalars())


def failed_pairs(s: Session, revision_id: int) -> tuple[tuple[str, str, int, bool], ...]:
    """(claim, reason, attempts, given up) of what could not be judged in this text."""
    p, c = t.pending_pairs, t.claims
    query = sa.select(c.c.slug, p.c.reason, p.c.attempts, p.c.given_up).join(c, c.c.id == p.c.claim_id)
    return tuple((r.slug, r.reason, r.attempts, r.given_up) for r in s.execute(query.where(p.c.revision_id == revision_id)))
