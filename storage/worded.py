"""What people's words come to, pair by pair: the side that the ledger tells, the quotes that they added, those they rejected.

A word on one copy of a story bears on the others (rule 7 of docs/design.md); on which side, the ledger says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import SIDES, Quote, Speaker, Stance
from storage import clusters, erased, position_rows
from storage import tables as t
from storage.decisions import told_by
from storage.effective import claim_key, position_key
from storage.records import StoredAssessment, StoredQuote
from storage.sql import chunks


def told(
    s: Session, topic_id: int, pairs: Sequence[tuple[int, int]], as_of: date | None, known_at: datetime | None
) -> dict[tuple[int, int], Stance]:
    """What the ledger tells of those of these pairs on which a person's word bears and is published: the sides that stand."""
    p, wanted = t.positions, set(pairs)
    sides: dict[tuple[int, int], set[str]] = {pair: set() for pair in _worded(s, topic_id, wanted, known_at)}
    where = position_rows.known(p, known_at)
    if as_of is None:
        where &= p.c.valid_to.is_(None)
    else:
        where &= (p.c.valid_from <= as_of) & (p.c.valid_to.is_(None) | (p.c.valid_to > as_of))
    query = sa.select(p.c.claim_id, p.c.article_id, p.c.stance).where(where)
    for batch in chunks(sorted({article_id for _, article_id in sides})):
        for claim_id, article_id, side in s.execute(query.where(p.c.article_id.in_(batch))).tuples():
            sides.get((claim_id, article_id), set()).add(side)
    return {pair: _as_one(found) for pair, found in sides.items()}


def _worded(s: Session, topic_id: int, pairs: set[tuple[int, int]], known_at: datetime | None) -> set[tuple[int, int]]:
    """The pairs of which a person spoke, and those of the copies of such articles, as far as editions tell of them."""
    d, r = t.decisions, t.revisions
    said = (
        sa.select(d.c.claim_id, d.c.article_id)
        .where(d.c.topic_id == topic_id, d.c.kind.in_(["stance", "accept", "reject", "evidence"]))
        .where(told_by(known_at), d.c.edition_id.is_not(None))
        .distinct()
    )
    mine, other, same = _copies(topic_id, known_at)
    copied = said.with_only_columns(d.c.claim_id, r.c.article_id).join(mine, mine.c.revision_id == d.c.revision_id)
    copied = copied.join(other, same).join(r, r.c.id == other.c.revision_id).where(other.c.edition_id.is_not(None))
    found = [*s.execute(said).tuples(), *s.execute(copied).tuples()]
    return pairs & {(claim_id, article_id) for claim_id, article_id in found}


def _copies(topic_id: int, known_at: datetime | None) -> tuple[sa.FromClause, sa.FromClause, sa.ColumnElement[bool]]:
    """Memberships of two texts, and when these are of one story."""
    mine, other = t.copy_memberships.alias("mine"), t.copy_memberships.alias("other")
    same = (other.c.topic_id == topic_id) & (mine.c.topic_id == topic_id) & (mine.c.cluster == other.c.cluster)
    return mine, other, same & clusters.as_known(mine, known_at) & clusters.as_known(other, known_at)


def _as_one(sides: set[str]) -> Stance:
    """An article that takes both sides is mixed; neutral words beside a side take nothing from it."""
    taken = sorted(Stance(side) for side in sides if Stance(side) in SIDES)
    if len(taken) > 1:
        return Stance.MIXED
    return taken[0] if taken else Stance.NEUTRAL if sides else Stance.UNRELATED


def added(
    s: Session, topic_id: int, found: Sequence[StoredAssessment], known_at: datetime | None
) -> dict[tuple[int, int], tuple[StoredQuote, ...]]:
    """The quotes that people added to these pairs, where they stand in the text that is told, by when they were added."""
    shown = {(a.claim_id, a.article_id): a.revision_id for a in found}
    fallen = rejects(s, topic_id, {claim_id for claim_id, _ in shown}, known_at)
    quotes: dict[tuple[int, int], tuple[StoredQuote, ...]] = {}
    for row in s.execute(_additions(topic_id, known_at)).all():
        pair = (row.claim_id, row.article_id)
        if pair not in shown:
            continue
        reject = fallen.of(*pair, shown[pair], row.quote)
        if (quote := _in_text(s, row, shown[pair], reject)) is not None:
            quotes[pair] = (*quotes.get(pair, ()), quote)
    return quotes


def _additions(topic_id: int, known_at: datetime | None) -> sa.Select[Any]:
    d, a = t.decisions, t.articles
    return (
        sa.select(d, t.actors.c.name, a.c.key.label("article_key"))
        .join(t.actors, t.actors.c.id == d.c.actor_id)
        .join(a, a.c.id == d.c.article_id)
        .where(d.c.topic_id == topic_id, d.c.kind == "evidence", d.c.stance.is_not(None), d.c.quote.is_not(None))
        .where(told_by(known_at))
        .order_by(d.c.id)
    )


def _in_text(s: Session, row: sa.Row[Any], revision_id: int, reject: tuple[int, str] | None) -> StoredQuote | None:
    """An added quote where this text has it; None where it has not."""
    x, r = t.revision_texts, t.revisions
    query = sa.select(r.c.text_sha256, x.c.text).outerjoin(x, x.c.revision_id == r.c.id).where(r.c.id == revision_id)
    text = s.execute(query).one()
    start = row.start if row.revision_id == revision_id else erased.find(text.text or "", row.quote)
    if start is None or start < 0:
        return None
    end = start + erased.length(row.quote)
    who = Speaker(row.speaker_written, row.speaker_key or "") if row.speaker_written else None
    key = position_key(claim_key(s, row.claim_id), row.article_key, text.text_sha256, start, end, row.stance)
    quote = Quote(start, end, erased.readable(row.quote) or "", Stance(row.stance), 1.0, speaker=who)
    by = reject[1] if reject is not None and reject[0] > row.id else None
    return StoredQuote(0, key, quote, rejected_by=by, added_by=row.name)


@dataclass(frozen=True, slots=True)
class Rejects:
    """The newest reject of each quote, with who said so: by claim and article, and by claim and the text of a copy."""

    own: Mapping[tuple[int, int, str], tuple[int, str]]
    copied: Mapping[tuple[int, int, str], tuple[int, str]]

    def of(self, claim_id: int, article_id: int, revision_id: int, quote: str) -> tuple[int, str] | None:
        found = self.own.get((claim_id, article_id, quote)), self.copied.get((claim_id, revision_id, quote))
        return max(filter(None, found), default=None)


def rejects(s: Session, topic_id: int, claim_ids: set[int], known_at: datetime | None) -> Rejects:
    """What people rejected for these claims, which holds for copies with the same quote."""
    d = t.decisions
    query = (
        sa.select(d.c.id, d.c.claim_id, d.c.article_id, d.c.quote, t.actors.c.name)
        .join(t.actors, t.actors.c.id == d.c.actor_id)
        .where(d.c.kind == "reject", told_by(known_at), d.c.claim_id.in_(sorted(claim_ids)))
        .order_by(d.c.id)
    )
    own = {(r.claim_id, r.article_id, r.quote): (r.id, r.name) for r in s.execute(query)}
    mine, other, same = _copies(topic_id, known_at)
    copies = query.add_columns(other.c.revision_id).join(mine, mine.c.revision_id == d.c.revision_id).join(other, same)
    return Rejects(own, {(r.claim_id, r.revision_id, r.quote): (r.id, r.name) for r in s.execute(copies)})
