"""What the page of one claim reads: what stands behind the rows that are shown, which rows fit a filter, what can be chosen.

A claim may have tens of thousands of positions and shows fifty: whole rows are read only for those, the rest is asked in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

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


def fitting(s: Session, claim_id: int, *, outlet: str = "", lang: str = "", known_at: datetime | None = None) -> frozenset[str]:
    """The keys of the claim's positions from this outlet, in this language; what is blank lets everything through."""
    p, r, a = t.positions, t.revisions, t.articles
    query = sa.select(p.c.key).where(p.c.claim_id == claim_id, position_rows.known(p, known_at))
    if outlet:
        query = query.join(a, a.c.id == p.c.article_id).where(a.c.outlet == outlet)
    if lang:
        query = query.join(r, r.c.id == p.c.revision_id).where(r.c.lang == lang)
    return frozenset(s.execute(query).scalars().all())


def words_of(
    s: Session, claim_id: int, *, as_of: date | None = None, known_at: datetime | None = None
) -> list[tuple[str, int, str]]:
    """(key, id of the text, the words of the row) of the claim's positions: quote, speaker, outlet and title."""
    p, a, x, e = t.positions, t.articles, t.revision_texts, t.evidence
    shown = (sa.func.coalesce(p.c.quote, e.c.quote), p.c.speaker_written, a.c.outlet, x.c.title)
    words: sa.ColumnElement[str] = sa.literal("")
    for column in shown:
        words = words + " " + sa.func.coalesce(column, "")
    query = (
        # As one text: thousands of rows of six columns take a third longer.
        sa.select(p.c.key, p.c.revision_id, words)
        .join(a, a.c.id == p.c.article_id)
        .outerjoin(x, x.c.revision_id == p.c.revision_id)
        .outerjoin(e, e.c.id == p.c.evidence_id)
        .where(p.c.claim_id == claim_id, position_rows.known(p, known_at))
    )
    if as_of is not None:
        query = query.where(p.c.valid_from <= as_of)
    return [(key, text, words) for key, text, words in s.execute(query).tuples().all()]


def texts_with(s: Session, claim_id: int, words: Sequence[str], *, limit: int = 20_000) -> frozenset[int]:
    """The ids of the claim's texts that hold every one of these words (in any case), title included."""
    p, x = t.positions, t.revision_texts
    mine = sa.select(p.c.revision_id).where(p.c.claim_id == claim_id).distinct()
    query = sa.select(x.c.revision_id).where(x.c.revision_id.in_(mine))
    for word in words:
        query = query.where(x.c.text.icontains(word, autoescape=True) | x.c.title.icontains(word, autoescape=True))
    return frozenset(s.execute(query.limit(limit)).scalars().all())


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
    # Each of its own: looked up in the order of their ids, they cost half of what joining both to each position does.
    if as_of is not None:
        where &= p.c.valid_from <= as_of
    named = sa.select(p.c.speaker, sa.func.max(p.c.speaker_written)).where(where, p.c.speaker != "").group_by(p.c.speaker)
    outlets = sa.select(a.c.outlet).where(a.c.id.in_(sa.select(p.c.article_id).where(where)), a.c.outlet != "").distinct()
    langs = sa.select(r.c.lang).where(r.c.id.in_(sa.select(p.c.revision_id).where(where)), r.c.lang != "").distinct()
    return Facets(
        {key: written or key for key, written in s.execute(named).tuples().all()},
        tuple(sorted(s.execute(outlets).scalars())),
        tuple(sorted(s.execute(langs).scalars())),
    )
