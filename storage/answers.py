"""What each article says of each claim: one live answer a pair, with its quotes and what a person says of it.

A read for tables and exports; the ledger's own reads are in `ledger`. Nothing leaks from after `known_at` or `as_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Precision, Quote, Said, Speaker, SpeakerBasis, Stance
from storage import claims as claim_reads
from storage import codec, position_rows, stands
from storage import tables as t
from storage.effective import claim_key, position_key
from storage.records import StoredAssessment, StoredClaim, StoredDecision, StoredQuote
from storage.sql import chunks


def assessments(
    s: Session,
    *,
    topic: str | None = None,
    claim: str | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> tuple[StoredAssessment, ...]:
    """The answers that counted at (as_of, known_at), by topic, claim, day and address.

    With `as_of` only texts that stood in print by then; without it texts of uncertain date are among them.
    """
    wanted = [claim_reads.claim(s, claim, topic)] if claim else list(claim_reads.claims(s, topic))
    found = [a for c in wanted for a in _of_claim(s, c, as_of, known_at)]
    return tuple(found)


def of_article(s: Session, article_id: int, *, known_at: datetime | None = None) -> tuple[StoredAssessment, ...]:
    """What one article says of every claim that it speaks of."""
    c = t.assessments.c
    ids = s.execute(sa.select(c.claim_id).where(c.article_id == article_id).distinct().order_by(c.claim_id)).scalars()
    return tuple(a for i in ids for a in _of_claim(s, claim_reads.claim_by_id(s, i), None, known_at, article_id))


def voices(
    s: Session, claim_ids: Iterable[int], *, as_of: date | None = None, known_at: datetime | None = None
) -> Mapping[tuple[int, int], str]:
    """(claim, article) -> the key of the voice that the article carries."""
    from claimline.history import group_voices

    found: dict[tuple[int, int], str] = {}
    for claim_id in sorted(set(claim_ids)):
        known = position_rows.positions(s, claim_id, known_at, quotes=False)
        by_position = {key: v.key for v in group_voices(known, until=as_of) for key in v.positions}
        p = t.positions
        where = (p.c.claim_id == claim_id) & position_rows.known(p, known_at)
        for key, article_id in s.execute(sa.select(p.c.key, p.c.article_id).where(where)).tuples():
            if key in by_position:
                found.setdefault((claim_id, article_id), by_position[key])
    return found


def _of_claim(
    s: Session, claim: StoredClaim, as_of: date | None, known_at: datetime | None, article_id: int | None = None
) -> list[StoredAssessment]:
    pins = t.pins
    query = sa.select(pins.c.claim_version_id, pins.c.matcher, pins.c.judge)
    pin = s.execute(query.where(pins.c.claim_id == claim.id, position_rows.known(pins, known_at))).first()
    if pin is None:
        return []
    rows = _answers(s, claim.id, pin.claim_version_id, [m for m in (pin.matcher, pin.judge) if m], known_at, article_id)
    standing = stands.load(s, {r["article_id"] for r in rows})
    rows = [r for r in _latest(rows, standing, as_of, known_at, pin.judge) if r is not None]
    quotes = _quotes(s, claim.id, rows)
    decided = _decisions(s, claim, known_at)
    groups = _clusters(s, claim.topic_id, [r["revision_id"] for r in rows], known_at)
    made = [_stored(r, claim, standing, quotes, decided, groups) for r in rows]
    return sorted(made, key=lambda a: (a.published.day or date.max, a.url))


def _answers(
    s: Session, claim_id: int, version_id: int, matchers: Sequence[str], known_at: datetime | None, article_id: int | None
) -> list[dict[str, Any]]:
    a, e, r, art = t.assessments, t.editions, t.revisions, t.articles
    query = (
        sa.select(
            a,
            e.c.key.label("edition_key"),
            r.c.lang,
            r.c.seen_at,
            r.c.text_sha256,
            art.c.url,
            art.c.outlet,
            art.c.key.label("akey"),
        )
        .join(e, e.c.id == a.c.edition_id)
        .join(r, r.c.id == a.c.revision_id)
        .join(art, art.c.id == a.c.article_id)
        .where(a.c.claim_id == claim_id, a.c.claim_version_id == version_id, a.c.matcher.in_(matchers), e.c.state == "live")
    )
    if known_at is not None:
        query = query.where(e.c.recorded_at <= known_at)
    if article_id is not None:
        query = query.where(a.c.article_id == article_id)
    return [dict(row) for row in s.execute(query.order_by(a.c.id)).mappings()]


def _latest(
    rows: Sequence[dict[str, Any]],
    standing: Mapping[int, stands.Standing],
    as_of: date | None,
    known_at: datetime | None,
    judge: str | None,
) -> list[dict[str, Any]]:
    """For each article the answer for the text that stood last; a judge's answer before the matcher's."""
    by_article: dict[int, dict[int, dict[str, Any]]] = {}
    for row in rows:
        held = by_article.setdefault(row["article_id"], {})
        if row["revision_id"] not in held or row["matcher"] == judge:
            held[row["revision_id"]] = row
    found = []
    for article_id, answers in by_article.items():
        order = [x.revision_id for x in standing[article_id].stands if _in_print(x, as_of)] if article_id in standing else []
        seen = [answers[i] for i in reversed(order) if i in answers and (known_at is None or answers[i]["seen_at"] <= known_at)]
        # A text that says nothing of the claim any more (an edit dropped it) leaves the article out.
        if seen and (order[-1] in answers or known_at is not None):
            found.append(seen[0])
    return found


def _in_print(stand: stands.Stand, as_of: date | None) -> bool:
    return as_of is None or (stand.valid_from is not None and stand.valid_from <= as_of)


def _quotes(s: Session, claim_id: int, rows: Sequence[Mapping[str, Any]]) -> dict[int, tuple[StoredQuote, ...]]:
    e = t.evidence
    key = claim_key(s, claim_id)
    by_id = {row["id"]: row for row in rows}
    found: dict[int, tuple[StoredQuote, ...]] = {}
    for batch in chunks(by_id):
        for q in s.execute(sa.select(e).where(e.c.assessment_id.in_(batch)).order_by(e.c.start)).mappings():
            row = by_id[q["assessment_id"]]
            stable = position_key(key, row["akey"], row["text_sha256"], q["start"], q["end"], q["stance"])
            found[row["id"]] = (*found.get(row["id"], ()), StoredQuote(q["id"], stable, _quote(dict(q))))
    return found


def _quote(q: Mapping[str, Any]) -> Quote:
    speaker = None
    if q["speaker_key"]:
        speaker = Speaker(q["speaker_written"] or q["speaker_key"], q["speaker_key"], SpeakerBasis(q["speaker_basis"] or "text"))
    said = Said(q["said_on"], q["said_words"] or "", Precision(q["said_precision"] or "day")) if q["said_on"] else None
    return Quote(q["start"], q["end"], q["quote"], Stance(q["stance"]), q["confidence"], speaker, said, q["via"], q["modality"])


def _decisions(s: Session, claim: StoredClaim, known_at: datetime | None) -> dict[int, StoredDecision]:
    d, a, art = t.decisions, t.actors, t.articles
    query = (
        sa.select(d, a.c.name, art.c.url)
        .join(a, a.c.id == d.c.actor_id)
        .outerjoin(art, art.c.id == d.c.article_id)
        .where(d.c.claim_id == claim.id, d.c.kind.in_(["stance", "accept"]), d.c.undone_by.is_(None))
        .order_by(d.c.id)
    )
    if known_at is not None:
        query = query.where(d.c.at <= known_at)
    return {row["article_id"]: _decision(row, claim.slug) for row in s.execute(query).mappings()}


def _decision(row: sa.RowMapping, slug: str) -> StoredDecision:
    stance = row["stance"] or row["seen_stance"]
    return StoredDecision(
        id=row["id"],
        client_id=row["client_id"],
        batch=row["batch"],
        kind=row["kind"],
        by=row["name"],
        at=row["at"],
        note=row["note"],
        claim_id=row["claim_id"],
        claim=slug,
        article_id=row["article_id"],
        url=row["url"],
        revision_id=row["revision_id"],
        stance=Stance(stance) if stance else None,
        quote=row["quote"],
        start=row["start"],
        end=row["end"],
        seen_stance=Stance(row["seen_stance"]) if row["seen_stance"] else None,
        undone=False,
    )


def _clusters(s: Session, topic_id: int, revision_ids: Sequence[int], known_at: datetime | None) -> dict[int, str]:
    m = t.copy_memberships
    found: dict[int, str] = {}
    for batch in chunks(revision_ids):
        where = (m.c.topic_id == topic_id) & m.c.revision_id.in_(batch)
        if known_at is None:
            where &= m.c.closed_at.is_(None)
        else:
            where &= (m.c.recorded_at <= known_at) & (m.c.closed_at.is_(None) | (m.c.closed_at > known_at))
        found.update(dict(s.execute(sa.select(m.c.revision_id, m.c.cluster).where(where)).tuples().all()))
    return found


def _stored(
    row: Mapping[str, Any],
    claim: StoredClaim,
    standing: Mapping[int, stands.Standing],
    quotes: Mapping[int, tuple[StoredQuote, ...]],
    decided: Mapping[int, StoredDecision],
    groups: Mapping[int, str],
) -> StoredAssessment:
    mine = standing[row["article_id"]]
    days = [x.valid_from for x in mine.stands if x.revision_id == row["revision_id"]]
    return StoredAssessment(
        id=row["id"],
        claim_id=claim.id,
        claim=claim.slug,
        claim_version_id=row["claim_version_id"],
        revision_id=row["revision_id"],
        article_id=row["article_id"],
        url=row["url"],
        outlet=row["outlet"],
        lang=row["lang"],
        published=mine.published,
        valid_from=days[0] if days else None,
        matcher=row["matcher"],
        actor=row["actor"],
        stance=Stance(row["stance"]),
        decided=row["decided"],
        confidence=row["confidence"],
        probabilities=codec.load_probabilities(row["probabilities"]),
        quotes=quotes.get(row["id"], ()),
        cluster=groups.get(row["revision_id"]),
        edition_key=row["edition_key"],
        decision=decided.get(row["article_id"]),
    )
