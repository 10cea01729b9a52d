"""From answers to positions: which one answer counts for a claim and an article, and on which days it stood.

Person before judge before matcher (rule 5); a decision holds for later texts and for copies with the same quote (rule 7); an edit
closes what the older text said and keeps what still stands in the new one. The result is what an edition would write now;
nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import SIDES, Stance
from storage import outlets, stands
from storage import tables as t
from storage.records import Pin
from storage.sql import chunks, stable_key

VERDICTS = ("stance", "accept")
PURGED = "purged"


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A position as it is stored, without its editions; two equal ones are the same position."""

    key: str
    article_id: int
    revision_id: int
    evidence_id: int | None
    stance: Stance
    confidence: float
    valid_from: date
    valid_to: date | None
    speaker: str | None
    speaker_written: str | None
    said_on: date | None
    cluster: str | None
    weight: float
    actor: str
    start: int
    end: int
    quote: str | None  # only where no evidence row holds it


@dataclass(frozen=True, slots=True)
class _Quote:
    evidence_id: int | None
    start: int
    end: int
    text: str
    stance: Stance
    speaker: str | None = None
    speaker_written: str | None = None
    said_on: date | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """A machine's answer for one revision."""

    stance: Stance
    decided: bool
    confidence: float
    actor: str
    quotes: tuple[_Quote, ...]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """A person's word on a pair, and the text on which it was given."""

    id: int
    kind: str
    article_id: int
    revision_id: int | None
    cluster: str | None
    stance: Stance | None
    quote: str | None


@dataclass(slots=True)
class _Facts:
    """All that bears on a batch of articles for one claim."""

    key: tuple[str, str]  # topic, first slug of the claim
    standing: Mapping[int, stands.Standing]
    answers: Mapping[int, _Answer]
    unread: frozenset[int]
    clusters: Mapping[int, str]
    verdicts: Sequence[_Verdict]
    weights: outlets.Weights
    outlet: Mapping[int, str | None]
    article_key: Mapping[int, str]
    text_hash: Mapping[int, str]
    texts: dict[int, str] = field(default_factory=dict)


def effective(s: Session, pin: Pin, article_ids: Iterable[int]) -> list[PositionRow]:
    """The positions that these articles take on the pinned claim, in the order of their keys."""
    found: list[PositionRow] = []
    shared = _shared(s, pin)
    for batch in chunks(sorted(set(article_ids))):
        facts = _facts(s, pin, batch, *shared)
        for article_id, standing in facts.standing.items():
            found += _article(facts, article_id, standing)
    return sorted(found, key=lambda row: row.key)


def articles_of_claim(s: Session, claim_id: int) -> list[int]:
    """Every article that any machine or person has said something about for this claim."""
    judged = sa.select(t.assessments.c.article_id).where(t.assessments.c.claim_id == claim_id)
    decided = sa.select(t.decisions.c.article_id).where(t.decisions.c.claim_id == claim_id, t.decisions.c.article_id.is_not(None))
    return sorted(s.execute(judged.union(decided)).scalars())


def position_key(
    key: tuple[str, str], article_key: str, text_hash: str, start: int, end: int, stance: str, again: int = 0
) -> str:
    """The stable key of a position: topic, claim, article, text, span, side (and how often the text has come back)."""
    return stable_key(*key, article_key, text_hash, start, end, stance, again or None)


# --- one article ----------------------------------------------------------------------------------------------------


def _article(facts: _Facts, article_id: int, standing: stands.Standing) -> list[PositionRow]:
    if standing.uncertain:
        return []
    closed: list[PositionRow] = []
    current: list[PositionRow] = []
    for stand in _read(facts, standing.stands):
        new = _rows(facts, article_id, stand)
        kept = [row for row in current if _still_said(facts, row, stand, new)]
        closed += [replace(row, valid_to=stand.valid_from) for row in current if row not in kept]
        current = kept + [row for row in new if not any(_same_word(row, k) for k in kept)]
    return [row for row in closed if row.valid_to and row.valid_from < row.valid_to] + current


def _read(facts: _Facts, spans: Sequence[stands.Stand]) -> list[stands.Stand]:
    """The stands that count: a text that is not read yet leaves the one before it standing; of a day's texts the last counts."""
    told = {v.revision_id for v in facts.verdicts}
    read = [x for i, x in enumerate(spans) if i == 0 or x.revision_id not in facts.unread or x.revision_id in told]
    ended = [replace(x, valid_to=y.valid_from) for x, y in pairwise(read)]
    return [x for x in [*ended, *read[-1:]] if x.valid_to is None or x.valid_to != x.valid_from]


def _still_said(facts: _Facts, row: PositionRow, stand: stands.Stand, new: Sequence[PositionRow]) -> bool:
    words = _words(facts, row)
    return bool(words) and any(n.stance is row.stance for n in new) and words in facts.texts.get(stand.revision_id, "")


def _same_word(row: PositionRow, kept: PositionRow) -> bool:
    return row.stance is kept.stance and row.speaker == kept.speaker


def _words(facts: _Facts, row: PositionRow) -> str:
    if row.quote is not None:
        return row.quote
    answer = facts.answers.get(row.revision_id)
    return next((q.text for q in answer.quotes if q.evidence_id == row.evidence_id), "") if answer else ""


def _rows(facts: _Facts, article_id: int, stand: stands.Stand) -> list[PositionRow]:
    if stand.retracted or stand.valid_from is None:
        return []
    verdicts = [v for v in facts.verdicts if _applies(facts, v, article_id, stand.revision_id)]
    answer = _without_rejected(facts.answers.get(stand.revision_id), verdicts)
    said = max((v for v in verdicts if v.kind in VERDICTS), key=lambda v: v.id, default=None)
    if said is not None:
        rows = _by_person(facts, article_id, stand, said, answer)
    else:
        rows = _by_machine(facts, article_id, stand, answer)
    for added in (v for v in verdicts if v.kind == "evidence" and v.stance is not None):
        rows.append(_row(facts, article_id, stand, _located(facts, stand, added), added.stance, 1.0, "person"))  # type: ignore[arg-type]
    return list({row.key: row for row in rows}.values())


def _by_machine(facts: _Facts, article_id: int, stand: stands.Stand, answer: _Answer | None) -> list[PositionRow]:
    if answer is None or not answer.decided or answer.stance is Stance.UNRELATED:
        return []
    share = 0.5 if answer.stance is Stance.MIXED else 1.0
    return [
        _row(facts, article_id, stand, quote, side, answer.confidence * share, answer.actor)
        for side in _sides(answer.stance)
        for quote in _quotes_for(answer.quotes, side)
    ]


def _by_person(facts: _Facts, article_id: int, stand: stands.Stand, said: _Verdict, answer: _Answer | None) -> list[PositionRow]:
    if said.stance is None or said.stance is Stance.UNRELATED:
        return []
    share = 0.5 if said.stance is Stance.MIXED else 1.0
    quotes = answer.quotes if answer else ()
    rows = []
    for side in _sides(said.stance):
        pointed: list[_Quote | None] = [q for q in quotes if q.stance is side]
        if not pointed:
            pointed = [_located(facts, stand, said) or next(iter(quotes), None)]
        rows += [_row(facts, article_id, stand, q, side, share, "person") for q in pointed]
    return rows


def _without_rejected(answer: _Answer | None, verdicts: Sequence[_Verdict]) -> _Answer | None:
    rejected = {v.quote for v in verdicts if v.kind == "reject"}
    if answer is None or not rejected:
        return answer
    left = tuple(q for q in answer.quotes if q.text not in rejected)
    if len(left) == len(answer.quotes):
        return answer
    sides = {q.stance for q in left if q.stance in SIDES}
    if not left or (answer.stance in SIDES and answer.stance not in sides):
        return None
    if answer.stance is Stance.MIXED and len(sides) == 1:
        return replace(answer, stance=sides.pop(), quotes=left)
    return replace(answer, quotes=left)


def _sides(stance: Stance) -> tuple[Stance, ...]:
    return (Stance.SUPPORTS, Stance.REFUTES) if stance is Stance.MIXED else (stance,)


def _quotes_for(quotes: Sequence[_Quote], side: Stance) -> list[_Quote | None]:
    """The quotes on this side; where the machine gave none, the position still counts once."""
    own: list[_Quote | None] = [q for q in quotes if q.stance is side]
    return own or (list(quotes[:1]) if side is Stance.NEUTRAL else []) or [None]


def _located(facts: _Facts, stand: stands.Stand, verdict: _Verdict) -> _Quote | None:
    text, quote = facts.texts.get(stand.revision_id, ""), verdict.quote or ""
    start = text.find(quote) if quote else -1
    if start < 0:
        return None
    return _Quote(None, start, start + len(quote), quote, verdict.stance or Stance.NEUTRAL)


def _applies(facts: _Facts, verdict: _Verdict, article_id: int, revision_id: int) -> bool:
    """On the text that was seen and those after it; on older texts and on copies where they hold the same quote."""
    if verdict.article_id == article_id:
        later = verdict.revision_id is None or revision_id >= verdict.revision_id
        if later and verdict.kind in VERDICTS:
            return True
    elif verdict.cluster is None or facts.clusters.get(revision_id) != verdict.cluster:
        return False
    return bool(verdict.quote) and str(verdict.quote) in facts.texts.get(revision_id, "")


def _row(
    facts: _Facts, article_id: int, stand: stands.Stand, q: _Quote | None, side: Stance, confidence: float, actor: str
) -> PositionRow:
    start, end = (q.start, q.end) if q else (0, 0)
    text_hash = facts.text_hash[stand.revision_id]
    article_key = facts.article_key[article_id]
    assert stand.valid_from is not None  # noqa: S101
    return PositionRow(
        key=position_key(facts.key, article_key, text_hash, start, end, side, stand.occurrence),
        article_id=article_id,
        revision_id=stand.revision_id,
        evidence_id=q.evidence_id if q else None,
        stance=side,
        confidence=confidence,
        valid_from=stand.valid_from,
        valid_to=None,
        speaker=q.speaker if q else None,
        speaker_written=q.speaker_written if q else None,
        said_on=q.said_on if q else None,
        cluster=facts.clusters.get(stand.revision_id),
        weight=facts.weights.of(facts.outlet[article_id]),
        actor=actor,
        start=start,
        end=end,
        quote=q.text if q and q.evidence_id is None else None,
    )


# --- gathering ------------------------------------------------------------------------------------------------------


def _shared(s: Session, pin: Pin) -> tuple[tuple[str, str], outlets.Weights, list[_Verdict]]:
    first = sa.select(sa.func.min(t.claim_slugs.c.id)).where(t.claim_slugs.c.claim_id == pin.claim_id).scalar_subquery()
    row = s.execute(
        sa.select(t.topics.c.id, t.topics.c.slug, t.claim_slugs.c.slug.label("first_slug"))
        .join(t.claims, t.claims.c.topic_id == t.topics.c.id)
        .join(t.claim_slugs, t.claim_slugs.c.id == first)
        .where(t.claims.c.id == pin.claim_id)
    ).one()
    return (row.slug, row.first_slug), outlets.weights(s, row.id), _verdicts(s, pin.claim_id, row.id)


def claim_key(s: Session, claim_id: int) -> tuple[str, str]:
    """What stands for a claim in stable keys: its topic and the slug that it had first."""
    return _shared(s, Pin(claim_id, 0, "", None))[0]


def _verdicts(s: Session, claim_id: int, topic_id: int) -> list[_Verdict]:
    d, m = t.decisions, t.copy_memberships
    query = (
        sa.select(d.c.id, d.c.kind, d.c.article_id, d.c.revision_id, m.c.cluster, d.c.stance, d.c.quote)
        .outerjoin(m, (m.c.revision_id == d.c.revision_id) & (m.c.topic_id == topic_id) & m.c.closed_at.is_(None))
        .where(d.c.claim_id == claim_id, d.c.undone_by.is_(None), d.c.kind.in_([*VERDICTS, "reject", "evidence"]))
        .order_by(d.c.id)
    )
    return [
        _Verdict(r.id, r.kind, r.article_id, r.revision_id, r.cluster, Stance(r.stance) if r.stance else None, r.quote)
        for r in s.execute(query)
    ]


def _facts(
    s: Session,
    pin: Pin,
    article_ids: Sequence[int],
    key: tuple[str, str],
    weights: outlets.Weights,
    verdicts: Sequence[_Verdict],
) -> _Facts:
    standing = stands.load(s, article_ids)
    a, r = t.articles, t.revisions
    names = s.execute(sa.select(a.c.id, a.c.key, a.c.outlet, a.c.state).where(a.c.id.in_(article_ids))).all()
    for row in names:
        if row.state == PURGED:
            standing.pop(row.id, None)
    hashes = s.execute(sa.select(r.c.id, r.c.text_sha256).where(r.c.article_id.in_(article_ids))).all()
    clusters = _clusters(s, key[0], article_ids)
    facts = _Facts(
        key=key,
        standing=standing,
        answers=_answers(s, pin, article_ids),
        unread=_unread(s, pin, standing),
        clusters=clusters,
        verdicts=_bearing(verdicts, article_ids, clusters),
        weights=weights,
        outlet={row.id: row.outlet for row in names},
        article_key={row.id: row.key for row in names},
        text_hash={row.id: row.text_sha256 for row in hashes},
    )
    facts.texts = _texts(s, facts)
    return facts


def _bearing(verdicts: Sequence[_Verdict], article_ids: Sequence[int], clusters: Mapping[int, str]) -> list[_Verdict]:
    ids, groups = set(article_ids), set(clusters.values())
    return [v for v in verdicts if v.article_id in ids or v.cluster in groups]


def _clusters(s: Session, topic: str, article_ids: Sequence[int]) -> dict[int, str]:
    m, r = t.copy_memberships, t.revisions
    topic_id = sa.select(t.topics.c.id).where(t.topics.c.slug == topic).scalar_subquery()
    query = (
        sa.select(m.c.revision_id, m.c.cluster)
        .join(r, r.c.id == m.c.revision_id)
        .where(m.c.topic_id == topic_id, m.c.closed_at.is_(None), r.c.article_id.in_(article_ids))
    )
    return {row.revision_id: row.cluster for row in s.execute(query)}


def _answers(s: Session, pin: Pin, article_ids: Sequence[int]) -> dict[int, _Answer]:
    a = t.assessments
    machines = [m for m in (pin.matcher, pin.judge) if m]
    query = sa.select(a.c.id, a.c.revision_id, a.c.matcher, a.c.actor, a.c.stance, a.c.decided, a.c.confidence).where(
        a.c.claim_id == pin.claim_id,
        a.c.article_id.in_(article_ids),
        a.c.claim_version_id == pin.claim_version_id,
        a.c.matcher.in_(machines),
    )
    chosen: dict[int, sa.Row[tuple[object, ...]]] = {}
    for row in s.execute(query):
        if row.revision_id not in chosen or row.matcher == pin.judge:
            chosen[row.revision_id] = row
    quotes = _quotes(s, [row.id for row in chosen.values()])
    return {
        revision_id: _Answer(Stance(row.stance), row.decided, row.confidence, row.actor, tuple(quotes.get(row.id, ())))
        for revision_id, row in chosen.items()
    }


def _quotes(s: Session, assessment_ids: Sequence[int]) -> dict[int, list[_Quote]]:
    e = t.evidence
    found: dict[int, list[_Quote]] = {}
    for batch in chunks(assessment_ids):
        for r in s.execute(sa.select(e).where(e.c.assessment_id.in_(batch)).order_by(e.c.assessment_id, e.c.start)):
            quote = _Quote(r.id, r.start, r.end, r.quote, Stance(r.stance), r.speaker_key, r.speaker_written, r.said_on)
            found.setdefault(r.assessment_id, []).append(quote)
    return found


def _unread(s: Session, pin: Pin, standing: Mapping[int, stands.Standing]) -> frozenset[int]:
    """Later texts that the pinned matcher has not answered for: not scanned, or the pair failed."""
    later = {x.revision_id for found in standing.values() if len(found.stands) > 1 for x in found.stands}
    read: set[int] = set()
    failed: set[int] = set()
    tc, k, p = t.topic_claims, t.scans, t.pending_pairs
    for batch in chunks(sorted(later)):
        read |= set(
            s.execute(
                sa.select(k.c.revision_id)
                .join(tc, tc.c.topic_version_id == k.c.topic_version_id)
                .where(
                    k.c.revision_id.in_(batch),
                    k.c.matcher == pin.matcher,
                    tc.c.claim_version_id == pin.claim_version_id,
                )
            ).scalars()
        )
        same = (p.c.matcher == pin.matcher) & (p.c.claim_version_id == pin.claim_version_id)
        failed |= set(s.execute(sa.select(p.c.revision_id).where(same, p.c.revision_id.in_(batch))).scalars())
    return frozenset((later - read) | (later & failed))


def _texts(s: Session, facts: _Facts) -> dict[int, str]:
    """Texts only where words have to be looked up in them: edited articles, and those that a person's word may bear on."""
    judged = {v.article_id for v in facts.verdicts}
    groups = {v.cluster for v in facts.verdicts if v.cluster}
    wanted = {
        x.revision_id
        for article_id, found in facts.standing.items()
        for x in found.stands
        if len(found.stands) > 1 or article_id in judged or facts.clusters.get(x.revision_id) in groups
    }
    texts: dict[int, str] = {}
    for batch in chunks(sorted(wanted)):
        x = t.revision_texts
        rows = s.execute(sa.select(x.c.revision_id, x.c.text).where(x.c.revision_id.in_(batch)))
        texts.update({row.revision_id: row.text for row in rows})
    return texts


def quote_hash(quote: str) -> str:
    return sha256(quote.encode()).hexdigest()
