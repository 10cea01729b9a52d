"""All that bears on a batch of articles for one claim, gathered in a few reads; `storage.effective` says what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Stance
from storage import erased, outlets, pins, prepared, readings, stands
from storage import tables as t
from storage.records import Pin
from storage.sql import chunks

VERDICTS = ("stance", "accept")
_KINDS = (*VERDICTS, "reject", "evidence")
PURGED = "purged"
STOOD_IN = "*"  # whoever stands in for a matcher


@dataclass(frozen=True, slots=True)
class Quote:
    """`text` is empty where it was removed; `sha256` still tells whether two quotes are the same words."""

    evidence_id: int | None
    start: int
    end: int
    text: str
    stance: Stance
    sha256: str
    speaker: str | None = None
    speaker_written: str | None = None
    said_on: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A machine's answer for one revision."""

    stance: Stance
    decided: bool
    confidence: float
    actor: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's word on a pair, and the text on which it was given."""

    id: int
    kind: str
    article_id: int
    revision_id: int | None
    cluster: str | None
    stance: Stance | None
    quote: str | None
    start: int | None
    end: int | None
    speaker: str | None = None  # of an added quote, where the person named one
    speaker_written: str | None = None


@dataclass(slots=True)
class Facts:
    """All that bears on a batch of articles for one claim."""

    key: tuple[str, str]  # topic, first slug of the claim
    standing: Mapping[int, stands.Standing]
    answers: Mapping[int, Answer]
    unread: frozenset[int]
    clusters: Mapping[int, str]
    verdicts: Sequence[Verdict]
    weights: outlets.Weights
    outlet: Mapping[int, str | None]
    article_key: Mapping[int, str]
    text_hash: Mapping[int, str]
    bases: Mapping[int, int]  # re-reading -> the text in whose place it stands
    texts: dict[int, str] = field(default_factory=dict)

    def is_later(self, revision_id: int, than: int) -> bool:
        """Whether a text is this one or came after it; the same page as another cleaner read it came when it did."""
        return self.bases.get(revision_id, revision_id) >= self.bases.get(than, than)

    def says(self, revision_id: int, words: str, sha256: str) -> bool:
        """Whether a text holds these words. Where retention took the text, what its reading quoted is what is known of it."""
        text = self.texts.get(revision_id)
        if text is not None:
            return erased.find(text, words) >= 0
        answer = self.answers.get(revision_id)
        return answer is not None and any(q.sha256 == sha256 for q in answer.quotes)


def shared(s: Session, pin: Pin) -> tuple[tuple[str, str], outlets.Weights, list[Verdict]]:
    row = s.execute(prepared.NAMES, {"claim": pin.claim_id}).one()
    return (row.slug, row.first_slug), outlets.weights(s, row.topic_id), _verdicts(s, pin.claim_id, row.topic_id)


def claim_key(s: Session, claim_id: int) -> tuple[str, str]:
    """What stands for a claim in stable keys: its topic and the slug that it had first."""
    row = s.execute(prepared.NAMES, {"claim": claim_id}).one()
    return row.slug, row.first_slug


def _verdicts(s: Session, claim_id: int, topic_id: int) -> list[Verdict]:
    return [
        Verdict(
            r.id,
            r.kind,
            r.article_id,
            r.revision_id,
            r.cluster,
            Stance(r.stance) if r.stance else None,
            r.quote,
            r.start,
            r.end,
            r.speaker_key,
            r.speaker_written,
        )
        for r in s.execute(prepared.SAID, {"claim": claim_id, "topic": topic_id, "kinds": _KINDS})
    ]


def facts_of(
    s: Session,
    pin: Pin,
    article_ids: Sequence[int],
    key: tuple[str, str],
    weights: outlets.Weights,
    verdicts: Sequence[Verdict],
    *,
    handed_over: str | None = None,
    coming: readings.Coming | None = None,
) -> Facts:
    topic_id: int = s.execute(prepared.TOPIC_OF, {"claim": pin.claim_id}).scalar_one()
    standing = stands.load(s, article_ids, topic_id=topic_id, coming=coming)
    names = s.execute(prepared.ARTICLE_NAMES, {"articles": article_ids}).all()
    for row in names:
        if row.state == PURGED:
            standing.pop(row.id, None)
    hashes = s.execute(prepared.TEXT_HASHES, {"articles": article_ids}).all()
    bases = readings.bases(s, article_ids)
    clusters = _clusters(s, topic_id, article_ids)
    clusters = {reading: clusters[base] for reading, base in bases.items() if base in clusters} | clusters
    facts = Facts(
        key=key,
        standing=standing,
        answers=_answers(s, pin, article_ids, handed_over),
        unread=_unread(s, pin, standing, handed_over),
        clusters=clusters,
        verdicts=_bearing(verdicts, article_ids, clusters),
        weights=weights,
        outlet={row.id: row.outlet for row in names},
        article_key={row.id: row.key for row in names},
        text_hash={row.id: row.text_sha256 for row in hashes},
        bases=bases,
    )
    facts.texts = _texts(s, facts)
    return facts


def _bearing(verdicts: Sequence[Verdict], article_ids: Sequence[int], clusters: Mapping[int, str]) -> list[Verdict]:
    ids, groups = set(article_ids), set(clusters.values())
    return [v for v in verdicts if v.article_id in ids or v.cluster in groups]


def _clusters(s: Session, topic_id: int, article_ids: Sequence[int]) -> dict[int, str]:
    rows = s.execute(prepared.GROUPS, {"topic": topic_id, "articles": article_ids})
    return {row.revision_id: row.cluster for row in rows}


def _answers(s: Session, pin: Pin, article_ids: Sequence[int], handed_over: str | None) -> dict[int, Answer]:
    asked = {"claim": pin.claim_id, "wording": pin.claim_version_id, "articles": article_ids, "judge": pin.judge}
    if handed_over is None:
        rows = s.execute(prepared.ANSWERS, {**asked, "matcher": pin.matcher}).all()
    else:
        rows = s.execute(prepared.answers(pin.matcher, handed_over), asked).all()
    own = [row for machine in (pin.judge, pin.matcher) for row in rows if row.matcher == machine]
    stand_ins = [row for row in rows if row.matcher not in (pin.judge, pin.matcher)]
    chosen: dict[int, sa.Row[Any]] = {}
    for row in [*own, *_of_lost_texts(s, pin, article_ids), *stand_ins]:
        chosen.setdefault(row.revision_id, row)
    quotes = _quotes(s, [row.id for row in chosen.values()])
    return {
        revision_id: Answer(Stance(row.stance), row.decided, row.confidence, row.actor, tuple(quotes.get(row.id, ())))
        for revision_id, row in chosen.items()
    }


def _of_lost_texts(s: Session, pin: Pin, article_ids: Sequence[int]) -> list[sa.Row[Any]]:
    """What was told before about texts that are gone and that the pinned matcher never read for this wording.

    A text that may not be kept cannot be read again, by another model or for other words: what it was found to say stays,
    by the newest pin whose machine had read it. Judges come before matchers, and those before what stood in for them.
    """
    former = pins.former(s, pin)
    found: list[sa.Row[Any]] = []
    for batch in chunks(_gone(s, article_ids)) if former else ():
        told_by = _told_by(s, pin, former, batch)
        a = t.assessments
        query = sa.select(
            a.c.id,
            a.c.revision_id,
            a.c.matcher,
            a.c.actor,
            a.c.stance,
            a.c.decided,
            a.c.confidence,
            a.c.claim_version_id,
            a.c.stands_in_at,
        ).where(a.c.claim_id == pin.claim_id, a.c.revision_id.in_(sorted(told_by)))
        rows = s.execute(query.order_by(a.c.id)).all()
        own = {row: told_by[row.revision_id] for row in rows if row.claim_version_id == told_by[row.revision_id].claim_version_id}
        found += [row for row, p in own.items() if row.matcher == p.judge]
        found += [row for row, p in own.items() if row.matcher == p.matcher]
        found += [row for row, p in own.items() if row.matcher not in (p.judge, p.matcher) and row.stands_in_at is not None]
    return found


def _gone(s: Session, article_ids: Sequence[int]) -> list[int]:
    r, x = t.revisions, t.revision_texts
    kept = sa.exists().where(x.c.revision_id == r.c.id)
    return list(s.execute(sa.select(r.c.id).where(r.c.article_id.in_(article_ids), ~kept).order_by(r.c.id)).scalars())


def _told_by(s: Session, pin: Pin, former: Sequence[Pin], revision_ids: Sequence[int]) -> dict[int, Pin]:
    """Text -> the newest of the former pins whose matcher, or a stand-in for it, had read it; not what the pin's own has read."""
    k, tc = t.scans, t.topic_claims
    wordings = sorted({p.claim_version_id for p in (pin, *former)})
    query = (
        sa.select(k.c.revision_id, tc.c.claim_version_id, k.c.matcher, k.c.stands_in_at)
        .join(tc, tc.c.topic_version_id == k.c.topic_version_id)
        .where(k.c.revision_id.in_(revision_ids), tc.c.claim_version_id.in_(wordings))
    )
    read: dict[int, set[tuple[int, str]]] = {}
    for row in s.execute(query):
        read.setdefault(row.revision_id, set()).add((row.claim_version_id, row.matcher))
        if row.stands_in_at is not None:
            read[row.revision_id].add((row.claim_version_id, STOOD_IN))
    found: dict[int, Pin] = {}
    for revision_id, by in read.items():
        if (pin.claim_version_id, pin.matcher) in by:
            continue
        wanted = (p for p in former if {(p.claim_version_id, p.matcher), (p.claim_version_id, STOOD_IN)} & by)
        newest = next(wanted, None)
        if newest is not None:
            found[revision_id] = newest
    return found


def _quotes(s: Session, assessment_ids: Sequence[int]) -> dict[int, list[Quote]]:
    e = t.evidence
    found: dict[int, list[Quote]] = {}
    for batch in chunks(assessment_ids):
        query = sa.select(e).where(e.c.assessment_id.in_(batch)).order_by(e.c.assessment_id, e.c.start)
        for r in s.execute(query).all():
            quote = Quote(
                r.id, r.start, r.end, r.quote, Stance(r.stance), r.quote_sha256, r.speaker_key, r.speaker_written, r.said_on
            )
            found.setdefault(r.assessment_id, []).append(quote)
    return found


def _unread(s: Session, pin: Pin, standing: Mapping[int, stands.Standing], handed_over: str | None) -> frozenset[int]:
    """Later texts that neither the pinned matcher nor one that stands in has answered for: not scanned, or the pair failed."""
    later = {x.revision_id for found in standing.values() if len(found.stands) > 1 for x in found.stands}
    reader: dict[int, str] = {}
    failed: set[int] = set()
    tc, k, p = t.topic_claims, t.scans, t.pending_pairs
    for batch in chunks(sorted(later)):
        scans = (
            sa.select(k.c.revision_id, k.c.matcher)
            .join(tc, tc.c.topic_version_id == k.c.topic_version_id)
            .where(k.c.revision_id.in_(batch), tc.c.claim_version_id == pin.claim_version_id)
            .where(k.c.matcher.in_([m for m in (pin.matcher, handed_over) if m]) | k.c.stands_in_at.is_not(None))
            .order_by(k.c.matcher != pin.matcher, k.c.stands_in_at.is_(None), k.c.id)
        )
        for row in s.execute(scans):
            reader.setdefault(row.revision_id, row.matcher)
        waits = sa.select(p.c.revision_id, p.c.matcher).where(p.c.claim_version_id == pin.claim_version_id)
        for row in s.execute(waits.where(p.c.revision_id.in_(batch))):
            if row.matcher == reader.get(row.revision_id, pin.matcher):
                failed.add(row.revision_id)
    return frozenset(_with_text(s, later - reader.keys()) | (later & failed))


def _with_text(s: Session, revision_ids: set[int]) -> set[int]:
    """A text that is gone had been read by an earlier matcher and waits for nobody."""
    x = t.revision_texts
    found: set[int] = set()
    for batch in chunks(sorted(revision_ids)):
        found |= set(s.execute(sa.select(x.c.revision_id).where(x.c.revision_id.in_(batch))).scalars())
    return found


def _texts(s: Session, facts: Facts) -> dict[int, str]:
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
