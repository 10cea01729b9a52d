"""What the page of one claim reads: what stands behind the rows that are shown, which rows fit a filter, what can be chosen.

A claim may have tens of thousands of positions and shows fifty: whole rows are read only for those, the rest is asked in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import DateFinding, Stance
from storage import codec, position_rows
from storage import tables as t
from storage.sql import chunks


@dataclass(frozen=True, slots=True)
class Detail:
    """One position with what stands behind it: its article, how its date is known, and the words about the words."""

    key: str
    stance: Stance
    confidence: float
    weight: float
    actor: str
    valid_from: date
    speaker: str | None
    speaker_written: str | None
    said_on: date | None
    article_id: int
    revision_id: int
    revision_key: str
    url: str
    title: str | None
    lang: str | None
    outlet: str | None
    published: DateFinding
    quote: str
    start: int
    end: int
    said_words: str | None = None
    via: str | None = None
    modality: str | None = None


def details(s: Session, claim_id: int, keys: Iterable[str], *, known_at: datetime | None = None) -> dict[str, Detail]:
    """What stands behind these positions of a claim as they were known, by key."""
    found: dict[str, Detail] = {}
    for batch in chunks(keys):
        where = (t.positions.c.claim_id == claim_id) & t.positions.c.key.in_(batch) & position_rows.known(t.positions, known_at)
        found.update({d.key: d for d in _details(s, where)})
    return found


def _details(s: Session, where: sa.ColumnElement[bool]) -> list[Detail]:
    p, r, a, x, e = t.positions, t.revisions, t.articles, t.revision_texts, t.evidence
    own = ("key", "stance", "confidence", "weight", "actor", "valid_from", "speaker", "speaker_written", "said_on")
    query = (
        sa.select(*(p.c[name] for name in own), p.c.article_id, p.c.revision_id, p.c.start, p.c.end)
        .add_columns(r.c.key.label("revision_key"), r.c.lang, r.c.published, a.c.url, a.c.outlet, x.c.title)
        .add_columns(sa.func.coalesce(p.c.quote, e.c.quote, "").label("quote"))
        .add_columns(e.c.said_words, sa.func.coalesce(e.c.via, r.c.via).label("via"), e.c.modality)
        .join(r, r.c.id == p.c.revision_id)
        .join(a, a.c.id == p.c.article_id)
        .outerjoin(x, x.c.revision_id == r.c.id)
        .outerjoin(e, e.c.id == p.c.evidence_id)
        .where(where)
    )
    rows = [dict(row) for row in s.execute(query).mappings()]
    return [Detail(**{**row, "stance": Stance(row["stance"]), "published": codec.load_date(row["published"])}) for row in rows]


# --- which rows -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sieve:
    """What a position has to be like; what is blank lets everything through."""

    stance: str = ""
    speaker: str = ""
    outlet: str = ""
    lang: str = ""
    since: date | None = None
    until: date | None = None


def fitting(s: Session, claim_id: int, sieve: Sieve, *, known_at: datetime | None = None) -> frozenset[str]:
    """The keys of the claim's positions that fit."""
    return frozenset(s.execute(_sieved(sieve, claim_id, known_at, t.positions.c.key)).scalars())


def words_of(
    s: Session, claim_id: int, *, as_of: date | None = None, known_at: datetime | None = None
) -> list[tuple[str, str, str]]:
    """(key, key of the text, the words of the row) of the claim's positions: quote, speaker, outlet and title."""
    p, r, a, x, e = t.positions, t.revisions, t.articles, t.revision_texts, t.evidence
    shown = (sa.func.coalesce(p.c.quote, e.c.quote), p.c.speaker_written, a.c.outlet, x.c.title)
    query = (
        _sieved(Sieve(until=as_of), claim_id, known_at, p.c.key, r.c.key.label("text"), *shown)
        .outerjoin(x, x.c.revision_id == p.c.revision_id)
        .outerjoin(e, e.c.id == p.c.evidence_id)
    )
    return [(key, text, " ".join(filter(None, words))) for key, text, *words in s.execute(query).tuples().all()]


def _sieved(f: Sieve, claim_id: int, known_at: datetime | None, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    p, r, a = t.positions, t.revisions, t.articles
    query = sa.select(*columns).select_from(p).where(p.c.claim_id == claim_id, position_rows.known(p, known_at))
    query = query.join(a, a.c.id == p.c.article_id).join(r, r.c.id == p.c.revision_id)
    for column, wanted in ((p.c.stance, f.stance), (p.c.speaker, f.speaker), (a.c.outlet, f.outlet), (r.c.lang, f.lang)):
        query = query.where(column == wanted) if wanted else query
    query = query.where(p.c.valid_from >= f.since) if f.since else query
    return query.where(p.c.valid_from <= f.until) if f.until else query


def texts_with(s: Session, claim_id: int, words: Sequence[str], *, limit: int = 20_000) -> frozenset[str]:
    """The keys of the claim's texts that hold every one of these words (in any case), title included."""
    p, r, x = t.positions, t.revisions, t.revision_texts
    mine = sa.select(p.c.revision_id).where(p.c.claim_id == claim_id).distinct()
    query = sa.select(r.c.key).join(x, x.c.revision_id == r.c.id).where(r.c.id.in_(mine))
    for word in words:
        query = query.where(x.c.text.icontains(word, autoescape=True) | x.c.title.icontains(word, autoescape=True))
    return frozenset(s.execute(query.limit(limit)).scalars())


def keys_of(s: Session, revision_ids: Iterable[int]) -> frozenset[str]:
    found: set[str] = set()
    for few in chunks(revision_ids):
        found |= set(s.execute(sa.select(t.revisions.c.key).where(t.revisions.c.id.in_(few))).scalars())
    return frozenset(found)


# --- what can be chosen ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facets:
    """Who speaks on a claim (by key, with the name as it was written), where and in which languages."""

    speakers: Mapping[str, str]
    outlets: tuple[str, ...]
    langs: tuple[str, ...]


def facets(s: Session, claim_id: int, *, as_of: date | None = None, known_at: datetime | None = None) -> Facets:
    p, r, a = t.positions, t.revisions, t.articles
    where = (p.c.claim_id == claim_id) & position_rows.known(p, known_at)
    if as_of is not None:
        where &= p.c.valid_from <= as_of
    named = sa.select(p.c.speaker, sa.func.max(p.c.speaker_written)).where(where, p.c.speaker != "").group_by(p.c.speaker)
    places = (
        sa.select(a.c.outlet, r.c.lang)
        .select_from(p)
        .join(a, a.c.id == p.c.article_id)
        .join(r, r.c.id == p.c.revision_id)
        .where(where)
        .distinct()
    )
    found = s.execute(places).tuples().all()
    return Facets(
        {key: written or key for key, written in s.execute(named).tuples()},
        tuple(sorted({outlet for outlet, _ in found if outlet})),
        tuple(sorted({lang for _, lang in found if lang})),
    )
