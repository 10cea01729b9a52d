"""What needs a person, most valuable first: what decides a status and nobody has confirmed comes before what merely is unsure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Figures, Stance
from storage import answers, codec, pins, relations
from storage import tables as t
from storage.decisions import reopened
from storage.records import StoredAssessment, StoredDecision
from storage.sql import chunks

CONFLICT = "related claims conflict"
UNDATED = "uncertain date"
# Worth of a look, by reason; a case with several reasons has their sum.
WORTH = {
    "reopened decision": 100.0,
    "model and judge disagree": 60.0,
    "single report": 50.0,
    CONFLICT: 45.0,
    "decides a status": 40.0,
    UNDATED: 35.0,
    "undecided": 30.0,
    "mixed": 20.0,
}


_MOST = 2_000


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One case: an article and a claim, why it needs a person, and what it is worth."""

    answer: StoredAssessment
    reasons: tuple[str, ...]
    worth: float
    decision: StoredDecision | None = None  # the one that is reopened


def review_queue(
    s: Session, topic_id: int, *, claim_id: int | None = None, lang: str | None = None, limit: int = 50
) -> tuple[ReviewItem, ...]:
    """Cases that no decision settles, or of which the date is left to settle, most valuable first.

    Of what merely is unsure only the newest thousands are looked at.
    """
    again = {(d.claim_id, d.article_id): d for d in reopened(s, topic_id) if d.kind != "ruling"}
    tipping = _tipping(s, topic_id)
    disputed = _disputed(s, topic_id)
    conflict = frozenset().union(*relations.disputed_evidence(s, topic_id).values())
    items = []
    articles = {article_id for _, article_id in again if article_id is not None} | _articles_behind(s, topic_id, tipping)
    articles |= _unsure(s, topic_id, claim_id, {revision for _, revision in disputed})
    for answer in answers.answers(s, topic_id, claim_id=claim_id, article_ids=articles):
        decision = again.get((answer.claim_id, answer.article_id))
        if lang is not None and answer.lang != lang:
            continue
        settled = answer.decision is not None and decision is None
        reasons = _of_settled(answer) if settled else _reasons(answer, decision, tipping, disputed, conflict)
        if reasons:
            items.append(ReviewItem(answer, tuple(reasons), sum(WORTH[r] for r in reasons), decision))
    items.sort(key=lambda i: (-i.worth, _sureness(i.answer), i.answer.claim_id, i.answer.article_id))
    return tuple(items[:limit])


def expired_rulings(s: Session, topic_id: int, *, now: datetime) -> tuple[StoredDecision, ...]:
    """Rulings whose `review_by` has passed, and those that newer reports contradict."""
    from storage.decisions import decisions

    every = decisions(s, topic_id=topic_id, kinds=("ruling",), limit=None)
    due = [d for d in every if d.review_by and d.review_by <= now.date()]
    contradicted = {d.client_id: d for d in reopened(s, topic_id) if d.kind == "ruling"}
    return (*(contradicted.pop(d.client_id, d) for d in due), *contradicted.values())


def _articles_behind(s: Session, topic_id: int, keys: Iterable[str]) -> set[int]:
    p, c = t.positions, t.claims
    found: set[int] = set()
    mine = sa.select(c.c.id).where(c.c.topic_id == topic_id)
    for batch in chunks(keys):
        query = sa.select(p.c.article_id).where(p.c.claim_id.in_(mine), p.c.key.in_(batch), p.c.known_to.is_(None))
        found |= set(s.execute(query).scalars())
    return found


def _unsure(s: Session, topic_id: int, claim_id: int | None, disputed: Iterable[int]) -> set[int]:
    """Articles with an unsure or a two-sided answer, with no sure date, or on which machines differ; the newest first."""
    a, r = t.assessments, t.revisions
    mine = sa.select(t.claims.c.id).where(t.claims.c.topic_id == topic_id)
    answered = a.c.claim_id == claim_id if claim_id is not None else a.c.claim_id.in_(mine)
    unsure = sa.select(a.c.article_id).where(answered, a.c.decided.is_(False) | (a.c.stance == Stance.MIXED.value))
    undated = (
        sa.select(a.c.article_id)
        .join(r, r.c.id == a.c.revision_id)
        .where(answered, r.c.published_day.is_(None))
        .order_by(a.c.id.desc())
    )
    found = set(s.execute(unsure.order_by(a.c.id.desc()).limit(_MOST)).scalars())
    found |= set(s.execute(undated.limit(_MOST)).scalars())
    for batch in chunks(disputed):
        found |= set(s.execute(sa.select(r.c.article_id).where(r.c.id.in_(batch))).scalars())
    return found


def _of_settled(answer: StoredAssessment) -> list[str]:
    """A person's word on an article without a sure day counts for nothing until somebody settles the day."""
    about = answer.decision is not None and answer.decision.stance is not Stance.UNRELATED
    return [UNDATED] if about and not answer.published.certain else []


def _reasons(
    answer: StoredAssessment,
    decision: StoredDecision | None,
    tipping: dict[str, Figures],
    disputed: frozenset[tuple[int, int]],
    conflict: frozenset[str],
) -> list[str]:
    figures = [tipping[q.key] for q in answer.quotes if q.key in tipping]
    found = ["reopened decision"] if decision is not None else []
    found += ["model and judge disagree"] if (answer.claim_id, answer.revision_id) in disputed else []
    found += ["single report"] if any(f.single_report for f in figures) else []
    found += [CONFLICT] if any(q.key in conflict for q in answer.quotes) else []
    found += ["decides a status"] if figures else []
    found += [UNDATED] if not answer.published.certain else []
    found += ["undecided"] if not answer.decided else []
    return found + (["mixed"] if answer.stance is Stance.MIXED else [])


def _sureness(answer: StoredAssessment) -> float:
    return abs(answer.confidence - 0.5)


def _tipping(s: Session, topic_id: int) -> dict[str, Figures]:
    """Position keys that tipped a live change of status -> its figures."""
    c = t.status_changes
    query = (
        sa.select(c.c.tipped_by, c.c.figures)
        .join(t.claims, t.claims.c.id == c.c.claim_id)
        .where(t.claims.c.topic_id == topic_id, c.c.known_to.is_(None))
        .order_by(c.c.id)
    )
    return {key: codec.load_figures(row.figures) for row in s.execute(query) for key in row.tipped_by}


def _disputed(s: Session, topic_id: int) -> frozenset[tuple[int, int]]:
    """(claim, revision) pairs on which the pinned judge and the matcher's answer that counts both are sure and differ."""
    model, judge, p = t.assessments.alias("model"), t.assessments.alias("judge"), t.pins
    query = (
        sa.select(p.c.claim_id, model.c.revision_id)
        .select_from(p)
        .join(model, (model.c.claim_version_id == p.c.claim_version_id) & pins.of_matcher(model, p.c.matcher))
        .join(judge, (judge.c.claim_version_id == p.c.claim_version_id) & (judge.c.matcher == p.c.judge))
        .join(t.claims, t.claims.c.id == p.c.claim_id)
        .where(judge.c.revision_id == model.c.revision_id, p.c.known_to.is_(None), t.claims.c.topic_id == topic_id)
        .where(model.c.stance != judge.c.stance, model.c.decided.is_(True), judge.c.decided.is_(True))
    )
    return frozenset((row.claim_id, row.revision_id) for row in s.execute(query))
