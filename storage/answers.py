"""What is said about claims, article by article: the one answer of the machine that counts, with a person's word beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import DateBasis, DateFinding, Precision, Quote, Said, Speaker, SpeakerBasis, Stance
from storage import clusters, codec, ledger_rows, pins, position_rows, readings, stands, worded
from storage import tables as t
from storage.decisions import decisions
from storage.effective import PURGED, claim_key, position_key
from storage.records import StoredAssessment, StoredDecision, StoredQuote
from storage.sql import chunks

_NO_DATE = DateFinding(None, DateBasis.UNCERTAIN)


def answers(
    s: Session,
    topic_id: int,
    *,
    claim_id: int | None = None,
    article_id: int | None = None,
    article_ids: Collection[int] | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> tuple[StoredAssessment, ...]:
    """One for each (claim, article) that is not unrelated: that of the article's current text, by claim and article.

    The pinned judge's before the pinned matcher's before that of one that stands in for it. An article of which only a person
    says something is there too, with the stance *unrelated* as the machine's. `article_ids`: only of these. `as_of`: of the text
    that stood in print at the end of that day, where we know one. `known_at`: what had been published by then, on the newest text
    that had an answer; dates, copies and people's words as they were known, too. What the law took away is told, without its
    words, only to whoever asks of a time when it was known.
    """
    published_by = None if known_at is None else ledger_rows.last_published(s, topic_id, known_at)
    if known_at is not None and published_by is None:
        return ()
    only = [article_id] if article_id is not None else None if article_ids is None else sorted(article_ids)
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for batch in [None] if only is None else chunks(only):
        found |= _chosen(s, topic_id, claim_id, batch, as_of, published_by)
    chosen = {pair: row for pair, row in found.items() if row["stance"] != Stance.UNRELATED.value}  # a judge may say so
    said = _said(s, topic_id, claim_id, article_id, published_by)
    if only is not None:
        said = {pair: one for pair, one in said.items() if pair[1] in set(only)}
    rows = [*chosen.values(), *_only_said(s, topic_id, said, chosen, as_of, published_by)]
    removed = _removed(s, {r["article_id"] for r in rows}, published_by)
    rows = [row for row in rows if row["article_id"] not in removed]
    rows.sort(key=lambda r: (r["claim_id"], r["article_id"]))
    page = rows[offset : None if limit is None else offset + limit]
    told = worded.told(s, topic_id, [(r["claim_id"], r["article_id"]) for r in page], as_of, published_by)
    stored = _stored(s, topic_id, page, as_of, published_by, said=said, told=told)
    added = worded.added(s, topic_id, stored, published_by)
    return tuple(replace(a, added=added.get((a.claim_id, a.article_id), ())) for a in stored)


def _removed(s: Session, article_ids: Collection[int], known_at: datetime | None) -> set[int]:
    """Those of these articles that the law had taken out of the ledger by then."""
    a, p = t.articles, t.positions
    gone: set[int] = set()
    for batch in chunks(sorted(article_ids)):
        gone |= set(s.execute(sa.select(a.c.id).where(a.c.id.in_(batch), a.c.state == PURGED)).scalars())
    if known_at is None or not gone:
        return gone
    counted = sa.select(p.c.article_id).where(p.c.article_id.in_(gone))
    ever = set(s.execute(counted).scalars())
    return ever - set(s.execute(counted.where(position_rows.known(p, known_at))).scalars())


def assessments_of(s: Session, *, revision_id: int | None = None, article_id: int | None = None) -> tuple[StoredAssessment, ...]:
    """Every answer of every machine about a revision or an article, published or not (for a trace)."""
    a = t.assessments
    where = a.c.revision_id == revision_id if revision_id is not None else a.c.article_id == article_id
    rows = [dict(r) for r in s.execute(_select().where(where).order_by(a.c.claim_id, a.c.id)).mappings()]
    found: list[StoredAssessment] = []
    for topic_id in sorted({r["topic_id"] for r in rows}):
        found += _stored(s, topic_id, [r for r in rows if r["topic_id"] == topic_id], None, None, said={}, told={})
    return tuple(found)


def _select() -> sa.Select[Any]:
    a = t.assessments
    return (
        sa.select(a, t.claims.c.slug, t.claims.c.topic_id, t.editions.c.key.label("edition_key"))
        .join(t.claims, t.claims.c.id == a.c.claim_id)
        .outerjoin(t.editions, t.editions.c.id == a.c.edition_id)
    )


def _chosen(
    s: Session,
    topic_id: int,
    claim_id: int | None,
    article_ids: Sequence[int] | None,
    as_of: date | None,
    known_at: datetime | None,
) -> dict[tuple[int, int], dict[str, Any]]:
    a, p = t.assessments, t.pins
    query = (
        _select()
        .add_columns(p.c.judge, p.c.matcher.label("pin_matcher"))
        .join(p, (p.c.claim_id == a.c.claim_id) & (p.c.claim_version_id == a.c.claim_version_id))
        .where(t.claims.c.topic_id == topic_id, position_rows.known(p, known_at))
        .where(pins.counts(a, p, known_at=known_at))
    )
    if known_at is None and as_of is None:
        current = t.articles.alias()
        told = (current.c.id == a.c.article_id) & (readings.current(topic_id, current) == a.c.revision_id)
        query = query.join(current, told)
    if known_at is not None:
        query = query.where(t.editions.c.recorded_at <= known_at, t.editions.c.state == "live")
    if claim_id is not None:
        query = query.where(a.c.claim_id == claim_id)
    if article_ids is not None:
        query = query.where(a.c.article_id.in_(article_ids))
    rows = [dict(row) for row in s.execute(query.order_by(a.c.revision_id, a.c.id)).mappings()]
    if as_of is not None:
        printed = _printed(s, topic_id, {row["article_id"] for row in rows}, as_of, known_at)
        rows = [row for row in rows if printed.get(row["article_id"]) == row["revision_id"]]
    elif known_at is not None:
        base = readings.as_known(s, topic_id, {row["revision_id"]: row["article_id"] for row in rows}, known_at)
        rows = [row for row in rows if row["revision_id"] in base]
        rows.sort(key=lambda row: (base[row["revision_id"]], row["id"]))
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for row in rows:
        pair = (row["claim_id"], row["article_id"])
        held = found.get(pair)
        if held is None or held["revision_id"] != row["revision_id"] or _rank(row) < _rank(held):
            found[pair] = row
    return found


def _printed(s: Session, topic_id: int, article_ids: Collection[int], as_of: date, known_at: datetime | None) -> dict[int, int]:
    """Article -> the text that it carried at the end of a day."""
    loaded = stands.load(s, article_ids, topic_id=topic_id, known_at=known_at)
    return {article_id: x.revision_id for article_id, held in loaded.items() if (x := held.on(as_of)) is not None}


def _rank(row: Mapping[str, Any]) -> int:
    """The judge's answer before the matcher's own before one that stands in for it."""
    return 0 if row["matcher"] == row["judge"] else 1 if row["matcher"] == row["pin_matcher"] else 2


def _said(
    s: Session, topic_id: int, claim_id: int | None, article_id: int | None, known_at: datetime | None
) -> dict[tuple[int, int], StoredDecision]:
    """The word that holds for each pair."""
    found: dict[tuple[int, int], StoredDecision] = {}
    for one in decisions(s, topic_id=topic_id, claim_id=claim_id, article_id=article_id, known_at=known_at, limit=None):
        if one.kind in ("stance", "accept", "evidence") and one.claim_id is not None and one.article_id is not None:
            pair = (one.claim_id, one.article_id)
            if pair not in found or found[pair].kind == "evidence":
                found[pair] = one
    return found


def _only_said(
    s: Session,
    topic_id: int,
    said: Mapping[tuple[int, int], StoredDecision],
    chosen: Mapping[tuple[int, int], Any],
    as_of: date | None,
    known_at: datetime | None,
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    alone = {pair: one for pair, one in said.items() if pair not in chosen and one.stance not in (None, Stance.UNRELATED)}
    printed = {} if as_of is None else _printed(s, topic_id, {article_id for _, article_id in alone}, as_of, known_at)
    for (_, article_id), one in alone.items():
        if as_of is not None and article_id not in printed:
            continue
        current = printed.get(article_id)
        if as_of is None and known_at is None:
            current = s.execute(sa.select(readings.current(topic_id)).where(t.articles.c.id == article_id)).scalar()
        rows.append(
            {
                "id": 0,
                "claim_id": one.claim_id,
                "slug": one.claim,
                "claim_version_id": 0,
                "revision_id": current or one.revision_id,
                "article_id": one.article_id,
                "matcher": "",
                "actor": "person",
                "stance": Stance.UNRELATED.value,
                "decided": True,
                "confidence": 0.0,
                "probabilities": {},
                "edition_key": None,
            }
        )
    return rows


def _stored(
    s: Session,
    topic_id: int,
    rows: Sequence[Mapping[str, Any]],
    as_of: date | None,
    known_at: datetime | None,
    *,
    said: Mapping[tuple[int, int], StoredDecision],
    told: Mapping[tuple[int, int], Stance],
) -> tuple[StoredAssessment, ...]:
    article_ids = {r["article_id"] for r in rows}
    standing = stands.load(s, article_ids, topic_id=topic_id, known_at=known_at)
    texts = _texts(s, {r["revision_id"] for r in rows})
    groups = _clusters(s, topic_id, {r["revision_id"] for r in rows}, known_at)
    quotes = _quotes(s, topic_id, rows, texts, known_at)
    found = []
    for r in rows:
        held = standing.get(r["article_id"])
        stand = _stand(held, r["revision_id"], as_of) if held else None
        pair = (r["claim_id"], r["article_id"])
        in_print = held is not None and not held.uncertain and stand is not None and not stand.retracted
        text, side = texts[r["revision_id"]], told.get(pair)
        bears = r["decided"] or pair in said or side not in (None, Stance.UNRELATED)  # else the machine is as unsure as before
        found.append(
            StoredAssessment(
                id=r["id"],
                claim_id=r["claim_id"],
                claim=r["slug"],
                claim_version_id=r["claim_version_id"],
                revision_id=r["revision_id"],
                article_id=r["article_id"],
                url=text.url,
                outlet=text.outlet,
                lang=text.lang,
                published=held.published if held else _NO_DATE,
                valid_from=stand.valid_from if stand else None,
                matcher=r["matcher"],
                actor=r["actor"],
                stance=Stance(r["stance"]),
                decided=r["decided"],
                confidence=r["confidence"],
                probabilities=codec.load_probabilities(r["probabilities"]),
                quotes=quotes.get(r["id"], ()),
                cluster=groups.get(r["revision_id"]),
                edition_key=r["edition_key"],
                decision=said.get(pair),
                revision=text.revision,
                told=side if in_print and bears else None,
            )
        )
    return tuple(found)


def _stand(held: stands.Standing, revision_id: int, as_of: date | None) -> stands.Stand | None:
    if as_of is not None:
        return held.on(as_of)
    return next((x for x in held.stands if x.revision_id == revision_id), None)


def _texts(s: Session, revision_ids: set[int]) -> dict[int, sa.Row[Any]]:
    r, a = t.revisions, t.articles
    columns = [r.c.id, r.c.lang, r.c.text_sha256, a.c.url, a.c.outlet, a.c.key, r.c.key.label("revision")]
    found: dict[int, sa.Row[Any]] = {}
    for batch in chunks(sorted(revision_ids)):
        query = sa.select(*columns).join(a, a.c.id == r.c.article_id).where(r.c.id.in_(batch))
        found.update({row.id: row for row in s.execute(query)})
    return found


def _clusters(s: Session, topic_id: int, revision_ids: set[int], known_at: datetime | None) -> dict[int, str]:
    m = t.copy_memberships
    live = clusters.as_known(m, known_at)
    found: dict[int, str] = {}
    for batch in chunks(sorted(revision_ids)):
        query = sa.select(m.c.revision_id, m.c.cluster).where(live, m.c.topic_id == topic_id, m.c.revision_id.in_(batch))
        found.update({x.revision_id: x.cluster for x in s.execute(query.order_by(m.c.id))})
    return found


def _quotes(
    s: Session, topic_id: int, rows: Sequence[Mapping[str, Any]], texts: Mapping[int, sa.Row[Any]], known_at: datetime | None
) -> dict[int, tuple[StoredQuote, ...]]:
    e = t.evidence
    by_id = {r["id"]: r for r in rows if r["id"]}
    keys = {claim_id: claim_key(s, claim_id) for claim_id in {r["claim_id"] for r in rows}}
    rejects = worded.rejects(s, topic_id, set(keys), known_at)
    found: dict[int, tuple[StoredQuote, ...]] = {}
    for batch in chunks(sorted(by_id)):
        for x in s.execute(sa.select(e).where(e.c.assessment_id.in_(batch)).order_by(e.c.assessment_id, e.c.start)):
            row = by_id[x.assessment_id]
            text = texts[row["revision_id"]]
            key = position_key(keys[row["claim_id"]], text.key, text.text_sha256, x.start, x.end, x.stance)
            reject = rejects.of(row["claim_id"], row["article_id"], row["revision_id"], x.quote)
            quote = StoredQuote(x.id, key, quote_of(x), reject[1] if reject else None)
            found[x.assessment_id] = (*found.get(x.assessment_id, ()), quote)
    return found


def quote_of(x: Any) -> Quote:
    """An evidence row as a quote."""
    speaker = Speaker(x.speaker_written or "", x.speaker_key, SpeakerBasis(x.speaker_basis)) if x.speaker_key else None
    said = Said(x.said_on, x.said_words or "", Precision(x.said_precision or "day")) if x.said_on else None
    quote = Quote(x.start, x.end, x.quote, Stance(x.stance), x.confidence, via=x.via, modality=x.modality)
    return replace(quote, speaker=speaker, said=said)
