"""Which pairs a judge is still to be asked about: those that it has not answered and that were not given up. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import pins, readings
from storage import tables as t
from storage.sql import chunks


@dataclass(frozen=True, slots=True)
class JudgePair:
    """A wording and a text, with the spans in which the matcher found words on it."""

    claim: str
    statement: str
    revision_id: int
    spans: tuple[tuple[int, int], ...] = ()


def pinned_judge(s: Session, topic_id: int) -> str | None:
    """The judge that answers for this topic; None where none has been let in yet."""
    found = {pin.judge for pin in pins.live(s, topic_id).values() if pin.judge}
    return min(found) if found else None


def judge_pairs(
    s: Session,
    topic_version_id: int,
    judge: str,
    *,
    matcher: str,
    claims: Collection[str] = (),
    everything: bool = False,
    limit: int = 500,
    coming: readings.Coming | None = None,
) -> tuple[JudgePair, ...]:
    """Pairs of these claims (none: all) on which the matcher, or one that stands in for it, is undecided or, with `everything`,
    that it lists at all. `coming`: of the texts as a replay would have them.

    Those that were never asked come first, so that an endpoint in trouble does not use up the same pairs' tries every day.
    """
    a, c, v, tc, p, x = t.assessments, t.claims, t.claim_versions, t.topic_claims, t.pending_pairs, t.revision_texts
    mine = a.alias("mine")
    answered = sa.exists().where(
        mine.c.claim_version_id == a.c.claim_version_id, mine.c.revision_id == a.c.revision_id, mine.c.matcher == judge
    )
    waiting = (p.c.claim_version_id == a.c.claim_version_id) & (p.c.revision_id == a.c.revision_id) & (p.c.matcher == judge)
    query = (
        sa.select(a.c.id, c.c.slug, v.c.statement, a.c.revision_id)
        .join(c, c.c.id == a.c.claim_id)
        .join(v, v.c.id == a.c.claim_version_id)
        .join(tc, (tc.c.claim_version_id == v.c.id) & (tc.c.topic_version_id == topic_version_id))
        .join(x, x.c.revision_id == a.c.revision_id)
        .outerjoin(p, waiting)
        .where(pins.of_matcher(a, matcher), ~answered)
        .where(readings.shown(a.c.revision_id, readings.topic_of(a.c.claim_id), coming=coming))
        .where(p.c.id.is_(None) | p.c.given_up.is_(False))
        .order_by(sa.func.coalesce(p.c.attempts, 0), a.c.id)
        .limit(limit)
    )
    if not everything:
        query = query.where(a.c.decided.is_(False))
    if claims:
        query = query.where(c.c.slug.in_(sorted(claims)))
    rows = s.execute(query).all()
    spans = _spans(s, [row.id for row in rows])
    return tuple(JudgePair(row.slug, row.statement, row.revision_id, spans.get(row.id, ())) for row in rows)


def _spans(s: Session, assessment_ids: list[int]) -> dict[int, tuple[tuple[int, int], ...]]:
    e = t.evidence
    found: dict[int, tuple[tuple[int, int], ...]] = {}
    for batch in chunks(assessment_ids):
        for row in s.execute(sa.select(e.c.assessment_id, e.c.start, e.c.end).where(e.c.assessment_id.in_(batch))):
            found[row.assessment_id] = (*found.get(row.assessment_id, ()), (row.start, row.end))
    return found
