"""The review queue as the page needs it: every open case as a few numbers, so that a queue of thousands is one read.

The reasons and what they are worth are those of `storage.queue`; a case's words are read only when it is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import pins, relations
from storage import tables as t
from storage.decisions import decisions, reopened
from storage.pages import undated_answers
from storage.queue import CONFLICT, WORTH
from storage.records import StoredDecision
from storage.sql import chunks

MOST = 5_000  # cases of one reason; the newest first


@dataclass(frozen=True, slots=True)
class Case:
    """An article's current text and a claim, why it needs a person, and what it is worth."""

    topic_id: int
    claim_id: int
    article_id: int
    revision_id: int
    lang: str | None
    confidence: float
    reasons: tuple[str, ...]

    @property
    def worth(self) -> float:
        return sum(WORTH[reason] for reason in self.reasons)


def stamp(s: Session) -> tuple[int, ...]:
    """Changes when there is more to review; a decision only takes away, see `decided_since`."""
    tables = (t.assessments, t.revisions, t.topic_versions)
    return tuple(int(s.execute(sa.select(sa.func.coalesce(sa.func.max(x.c.id), 0))).scalar_one()) for x in tables)


def cases(s: Session, topic_id: int) -> tuple[Case, ...]:
    """The open cases of a topic, most valuable first."""
    reasons: dict[tuple[int, int], list[str]] = {}
    again = {(d.claim_id, d.article_id) for d in reopened(s, topic_id) if d.kind != "ruling"}
    for pair in again:
        if pair[0] is not None and pair[1] is not None:
            reasons.setdefault((pair[0], pair[1]), []).append("reopened decision")
    texts: dict[tuple[int, int], tuple[int, str | None, float]] = {}
    for name, where in _reasons().items():
        for claim_id, article_id, revision_id, lang, confidence in s.execute(_pinned(topic_id, where)).tuples().all():
            reasons.setdefault((claim_id, article_id), []).append(name)
            texts[claim_id, article_id] = (revision_id, lang, confidence)
    for pair, names in _tipping(s, topic_id).items():
        reasons.setdefault(pair, []).extend(names)
    for claim_id, _, article_id in _behind(s, relations.disputed_evidence(s, topic_id)):
        reasons.setdefault((claim_id, article_id), []).append(CONFLICT)
    said = _said(s, topic_id) - again
    open_pairs = {pair: tuple(dict.fromkeys(names)) for pair, names in reasons.items() if pair not in said}
    texts |= _texts(s, [pair for pair in open_pairs if pair not in texts])
    found = []
    for pair, why in open_pairs.items():
        if pair in texts:
            revision_id, lang, confidence = texts[pair]
            found.append(Case(topic_id, *pair, revision_id, lang, confidence, why))
    return tuple(sorted(found, key=lambda c: (-c.worth, abs(c.confidence - 0.5), c.claim_id, c.article_id)))


def _reasons() -> dict[str, sa.ColumnElement[bool]]:
    a, d = t.assessments, t.decisions
    dated = sa.exists().where(d.c.kind == "date", d.c.undone_by.is_(None), d.c.article_id == a.c.article_id)
    return {
        "uncertain date": a.c.id.in_(undated_answers()) & ~dated,
        "undecided": a.c.decided.is_(False),
        "mixed": (a.c.stance == sa.literal_column("'mixed'")) & a.c.decided.is_(True),  # written out: there is an index of these
    }


def _pinned(topic_id: int, where: sa.ColumnElement[bool]) -> sa.Select[tuple[int, int, int, str | None, float]]:
    """Answers that count, on the text that the article carries now; with the text's language and how sure the answer is."""
    a, pin, r = t.assessments, t.pins, t.revisions
    return (
        sa.select(a.c.claim_id, a.c.article_id, a.c.revision_id, r.c.lang, a.c.confidence)
        .join(r, r.c.id == a.c.revision_id)
        .join(pin, (pin.c.claim_id == a.c.claim_id) & pin.c.known_to.is_(None) & (pin.c.claim_version_id == a.c.claim_version_id))
        .join(t.claims, t.claims.c.id == a.c.claim_id)
        .join(t.articles, (t.articles.c.id == a.c.article_id) & (t.articles.c.current_revision_id == a.c.revision_id))
        .where(t.claims.c.topic_id == topic_id, t.claims.c.retired_at.is_(None))
        .where(pins.counts(a, pin), where)
        .order_by(a.c.id.desc())
        .limit(MOST)
    )


def _tipping(s: Session, topic_id: int) -> dict[tuple[int, int], list[str]]:
    """(claim, article) of what tipped a live change of status."""
    c = t.status_changes
    query = sa.select(c.c.claim_id, c.c.tipped_by, c.c.figures).join(t.claims, t.claims.c.id == c.c.claim_id)
    query = query.where(t.claims.c.topic_id == topic_id, c.c.known_to.is_(None)).order_by(c.c.id.desc()).limit(MOST)
    keys: dict[int, dict[str, bool]] = {}
    for row in s.execute(query):
        alone = row.figures["voices_supports"] + row.figures["voices_refutes"] == 1
        keys.setdefault(row.claim_id, {}).update(dict.fromkeys(row.tipped_by, alone))
    found: dict[tuple[int, int], list[str]] = {}
    for claim_id, key, article_id in _behind(s, keys):
        names = found.setdefault((claim_id, article_id), [])
        names += ["decides a status", *(["single report"] if keys[claim_id][key] else [])]
    return found


def _behind(s: Session, wanted: Mapping[int, Collection[str]]) -> Iterator[tuple[int, str, int]]:
    """(claim, key, article) of these live positions; several claims at once, since most have few."""
    p = t.positions
    for claims in chunks(wanted, 10):
        for few in chunks({key for claim_id in claims for key in wanted[claim_id]}):
            where = p.c.claim_id.in_(claims) & p.c.key.in_(few) & p.c.known_to.is_(None)
            yield from s.execute(sa.select(p.c.claim_id, p.c.key, p.c.article_id).where(where)).tuples()


def _said(s: Session, topic_id: int) -> set[tuple[int, int]]:
    d = t.decisions
    query = sa.select(d.c.claim_id, d.c.article_id).where(
        d.c.topic_id == topic_id, d.c.kind.in_(["stance", "accept"]), d.c.undone_by.is_(None)
    )
    return {(row.claim_id, row.article_id) for row in s.execute(query)}


def _texts(s: Session, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[int, str | None, float]]:
    """The current text of each of these (claim, article) pairs, its language, and how sure a machine's answer is."""
    a, r, art = t.assessments, t.revisions, t.articles
    sure: dict[tuple[int, int], float] = {}
    texts: dict[int, tuple[int, str | None]] = {}
    for few in chunks({article for _, article in pairs}):
        query = sa.select(art.c.id, r.c.id.label("revision"), r.c.lang).join(r, r.c.id == art.c.current_revision_id)
        texts.update({row.id: (row.revision, row.lang) for row in s.execute(query.where(art.c.id.in_(few)))})
        answers = sa.select(a.c.claim_id, a.c.article_id, a.c.confidence).where(a.c.article_id.in_(few))
        sure.update({(row.claim_id, row.article_id): row.confidence for row in s.execute(answers)})
    return {pair: (*texts[pair[1]], sure.get(pair, 0.5)) for pair in pairs if pair[1] in texts}


def settled(s: Session, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], StoredDecision]:
    """The word that holds now for each of these (claim, article) pairs."""
    found: dict[tuple[int, int], StoredDecision] = {}
    for claim_id, article_id in pairs:
        for one in decisions(s, claim_id=claim_id, article_id=article_id, limit=20):
            if one.kind in ("stance", "accept"):
                found[claim_id, article_id] = one
                break
    return found


def decided_pairs(s: Session, topic_id: int) -> frozenset[tuple[int, int]]:
    """Every pair that a person has settled; read for each page, since colleagues are at work too."""
    return frozenset(_said(s, topic_id))


def dated_articles(s: Session) -> frozenset[int]:
    d = t.decisions
    return frozenset(s.execute(sa.select(d.c.article_id).where(d.c.kind == "date", d.c.undone_by.is_(None))).scalars())
