"""The review queue as the page needs it: every open case as a few numbers, so that a queue of thousands is one read.

The reasons and what they are worth are those of `storage.queue`; a case's words are read only when it is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Stance
from storage import pins, readings, relations
from storage import tables as t
from storage.decisions import of_articles, reopened
from storage.facts import VERDICTS
from storage.pages import last_purge, undated_answers
from storage.queue import CONFLICT, UNDATED, WORTH
from storage.records import StoredDecision
from storage.sql import chunks, today

MOST = 5_000  # cases of one reason; the newest first


class Case(NamedTuple):
    """An article's current text and a claim, and why they need a person. A tuple that sorts by itself: there may be thousands."""

    less: float  # the worth, negative: most valuable first
    unsureness: float  # then what a machine is least sure of
    claim_id: int
    article_id: int
    topic_id: int
    revision_id: int
    lang: str | None
    reasons: tuple[str, ...]

    @property
    def worth(self) -> float:
        return -self.less


Pair = tuple[int, int]  # claim, article
_NAMES = ("reopened decision", "uncertain date", "undecided", "mixed", "decides a status", "single report", CONFLICT)
_BIT = {name: 1 << i for i, name in enumerate(_NAMES)}  # reasons as a number, told in this order


class Stamps(NamedTuple):
    """Values that are the same as long as nothing that bears on the cases has changed."""

    answers: tuple[int, ...]  # of what is unsure: `unsure`
    words: tuple[int, ...]  # of what people said, and what followed from it


def stamps(s: Session) -> Stamps:
    e = t.editions
    newest = [sa.func.max(x.c.id) for x in (t.assessments, t.revisions, t.sightings, t.topic_versions, t.pins)]
    query = [sa.select(n).scalar_subquery() for n in newest]
    query += [sa.select(sa.func.max(e.c.id)).where(e.c.cause != "person").scalar_subquery()]
    query += [sa.select(sa.func.max(x.c.id)).scalar_subquery() for x in (e, t.decisions)]
    *answers, edition, decision = [int(n or 0) for n in s.execute(sa.select(*query)).one()]
    return Stamps((last_purge(s), *answers), (today(s).toordinal(), edition, decision))


def cases(s: Session, topic_id: int, answered: Mapping[str, Sequence[Answered]] | None = None) -> tuple[Case, ...]:
    """The open cases of a topic, most valuable first. `answered`: what `unsure` told, where it is at hand."""
    again = {(d.claim_id, d.article_id) for d in reopened(s, topic_id) if d.kind != "ruling"}
    more: dict[Pair, int] = {(c, a): _BIT["reopened decision"] for c, a in again if c is not None and a is not None}
    for pair, bits in _tipping(s, topic_id).items():
        more[pair] = more.get(pair, 0) | bits
    for claim_id, _, article_id in _behind(s, relations.disputed_evidence(s, topic_id)):
        pair = (claim_id, article_id)
        more[pair] = more.get(pair, 0) | _BIT[CONFLICT]
    found: dict[Pair, tuple[int, int, str | None, float]] = {}  # the reasons; the text, its language, how sure the answer is
    dated = _dated(s)
    for name, answers in (unsure(s, topic_id) if answered is None else answered).items():
        bit = _BIT[name]
        for claim_id, article_id, revision_id, lang, sure in answers:
            if name == UNDATED and article_id in dated:
                continue
            pair = (claim_id, article_id)
            held = found.get(pair)
            found[pair] = (bit if held is None else held[0] | bit, revision_id, lang, sure)
    for pair, text in _texts(s, topic_id, [pair for pair in more if pair not in found]).items():
        found[pair] = (0, *text)
    for pair, bits in more.items():
        if pair in found:
            had, revision_id, lang, sure = found[pair]
            found[pair] = (had | bits, revision_id, lang, sure)
    _settle(found, {pair: stance for pair, stance in _said(s, topic_id).items() if pair not in again})
    told = {bits: _told(bits) for bits in {held[0] for held in found.values()}}
    made, cases = Case._make, []
    for (claim_id, article_id), (bits, revision_id, lang, sure) in found.items():
        less, names = told[bits]
        cases.append(made((less, abs(sure - 0.5), claim_id, article_id, topic_id, revision_id, lang, names)))
    return tuple(sorted(cases))


def _settle(found: dict[Pair, tuple[int, int, str | None, float]], said: Mapping[Pair, str | None]) -> None:
    """Take out what people settled; what has no sure day waits for one, since it counts for nothing until then."""
    for pair in said.keys() & found.keys():
        bits, revision_id, lang, sure = found.pop(pair)
        if bits & _BIT[UNDATED] and said[pair] != Stance.UNRELATED.value:
            found[pair] = (_BIT[UNDATED], revision_id, lang, sure)


def _told(bits: int) -> tuple[float, tuple[str, ...]]:
    """What reasons together are worth (negative), and their names."""
    names = tuple(name for name, bit in _BIT.items() if bits & bit)
    return -sum(WORTH[name] for name in names), names


Answered = tuple[int, int, int, str | None, float]  # claim, article, text, its language, how sure the answer is


def unsure(s: Session, topic_id: int) -> dict[str, Sequence[Answered]]:
    """Answers that count, on the text that the article carries now, by what makes them unsure, whatever people said of them."""
    a = t.assessments
    undated = _counting(topic_id, a.c.id.in_(undated_answers()) & _of_topic(topic_id)).limit(MOST)
    mixed = (a.c.stance == sa.literal_column("'mixed'")) & a.c.decided.is_(True)  # written out: there is an index of these
    return {
        UNDATED: s.execute(undated).tuples().all(),
        "undecided": _newest(s, topic_id, a.c.decided.is_(False)),
        "mixed": _newest(s, topic_id, mixed),
    }


def _newest(s: Session, topic_id: int, where: sa.ColumnElement[bool]) -> Sequence[Answered]:
    """Of many thousands only the newest are looked up: which those are an index tells, and mostly the first few suffice."""
    a = t.assessments
    numbers = sa.func.aggregate_strings(sa.cast(a.c.id, sa.String), ",")  # as one text: a row each would take twice as long
    text = s.execute(sa.select(numbers).where(_of_topic(topic_id), where)).scalar()
    ids = sorted(map(int, text.split(",")), reverse=True) if text else []
    found: list[Answered] = []
    for skip in range(0, len(ids), MOST):
        some = ids[skip : skip + MOST]
        between = a.c.id.between(some[-1], some[0])
        found += s.execute(_counting(topic_id, _of_topic(topic_id) & where & between)).tuples().all()
        if len(found) >= MOST:
            break
    return found[:MOST]


def _of_topic(topic_id: int) -> sa.ColumnElement[bool]:
    mine = sa.select(t.claims.c.id).where(t.claims.c.topic_id == topic_id, t.claims.c.retired_at.is_(None))
    return t.assessments.c.claim_id.in_(mine)


def _counting(topic_id: int, which: sa.ColumnElement[bool]) -> sa.Select[Answered]:
    """Those of these answers that count, the newest first."""
    a, pin, r = t.assessments, t.pins, t.revisions
    return (
        sa.select(a.c.claim_id, a.c.article_id, a.c.revision_id, r.c.lang, a.c.confidence)
        .join(r, r.c.id == a.c.revision_id)
        .join(pin, (pin.c.claim_id == a.c.claim_id) & pin.c.known_to.is_(None) & (pin.c.claim_version_id == a.c.claim_version_id))
        .join(t.articles, t.articles.c.id == a.c.article_id)
        .where(which, readings.current(topic_id) == a.c.revision_id, pins.counts(a, pin))
        .order_by(a.c.id.desc())
    )


def _tipping(s: Session, topic_id: int) -> dict[Pair, int]:
    """(claim, article) of what tipped a live change of status, with the reasons why that is to be looked at."""
    c = t.status_changes
    query = sa.select(c.c.claim_id, c.c.tipped_by, c.c.figures).join(t.claims, t.claims.c.id == c.c.claim_id)
    query = query.where(t.claims.c.topic_id == topic_id, c.c.known_to.is_(None)).order_by(c.c.id.desc()).limit(MOST)
    keys: dict[int, dict[str, bool]] = {}
    for row in s.execute(query).all():
        alone = row.figures["voices_supports"] + row.figures["voices_refutes"] == 1
        keys.setdefault(row.claim_id, {}).update(dict.fromkeys(row.tipped_by, alone))
    found: dict[Pair, int] = {}
    for claim_id, key, article_id in _behind(s, keys):
        why = _BIT["decides a status"] | (_BIT["single report"] if keys[claim_id][key] else 0)
        found[claim_id, article_id] = found.get((claim_id, article_id), 0) | why
    return found


def _behind(s: Session, wanted: Mapping[int, Collection[str]]) -> Iterator[tuple[int, str, int]]:
    """(claim, key, article) of these live positions; several claims at once, since most have few."""
    p = t.positions
    where = p.c.claim_id.in_(sa.bindparam("claims", expanding=True)) & p.c.key.in_(sa.bindparam("keys", expanding=True))
    query = sa.select(p.c.claim_id, p.c.key, p.c.article_id).where(where, p.c.known_to.is_(None))
    for claims in chunks(wanted, 10):
        for few in chunks({key for claim_id in claims for key in wanted[claim_id]}):
            yield from s.execute(query, {"claims": claims, "keys": few}).tuples().all()


def _said(s: Session, topic_id: int) -> dict[Pair, str | None]:
    """The pairs that a person has settled, each with the stance that holds."""
    d = t.decisions
    query = sa.select(d.c.claim_id, d.c.article_id, d.c.stance).where(
        d.c.topic_id == topic_id, d.c.kind.in_(VERDICTS), d.c.undone_by.is_(None)
    )
    return {(claim, article): stance for claim, article, stance in s.execute(query.order_by(d.c.id)).tuples().all()}


def _texts(s: Session, topic_id: int, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[int, str | None, float]]:
    """The current text of each of these (claim, article) pairs, its language, and how sure a machine's answer is."""
    a, r, art = t.assessments, t.revisions, t.articles
    sure: dict[tuple[int, int], float] = {}
    texts: dict[int, tuple[int, str | None]] = {}
    for few in chunks({article for _, article in pairs}):
        query = sa.select(art.c.id, r.c.id.label("revision"), r.c.lang)
        query = query.select_from(art).join(r, r.c.id == readings.current(topic_id))
        found = s.execute(query.where(art.c.id.in_(few))).tuples().all()
        texts.update({article_id: (revision_id, lang) for article_id, revision_id, lang in found})
        answers = sa.select(a.c.claim_id, a.c.article_id, a.c.confidence).where(a.c.article_id.in_(few))
        sure.update({(claim_id, article): answer for claim_id, article, answer in s.execute(answers).tuples().all()})
    return {pair: (*texts[pair[1]], sure.get(pair, 0.5)) for pair in pairs if pair[1] in texts}


def settled(s: Session, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], StoredDecision]:
    """The word that holds now for each of these (claim, article) pairs."""
    wanted = set(pairs)
    found: dict[tuple[int, int], StoredDecision] = {}
    for few in chunks({article for _, article in pairs}):
        for one in of_articles(s, few, VERDICTS):
            pair = (one.claim_id or 0, one.article_id or 0)
            if pair in wanted:
                found.setdefault(pair, one)
    return found


def _dated(s: Session) -> frozenset[int]:
    """The articles of which a person settled the day."""
    d = t.decisions
    return frozenset(s.execute(sa.select(d.c.article_id).where(d.c.kind == "date", d.c.undone_by.is_(None))).scalars())
