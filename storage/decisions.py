"""People's words: append-only, signed, bound to what was seen, and published with what follows from them in one transaction.

Two people who decide at once both are heard: each is a row, the later one holds. `undo` closes a decision by another row. What a
decision does to positions is `storage.effective`'s business.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import EvidenceError, UnknownName, UsageError
from claimline.evidence import anchor
from claimline.models import Cause, OutletSpec, Stance, Status
from storage import assessments, clusters, codec, erased, outlets, pins, readings
from storage import tables as t
from storage.engine import Database
from storage.publish import Fold, publish_in
from storage.records import NewDecision, Recorded, StoredDecision
from storage.sql import actor_id, insert_id, stable_key, topics_of_article, touch
from storage.stood import stood

__all__ = [
    "decision",
    "decisions",
    "judged_again",
    "of_articles",
    "record",
    "record_in",
    "reopened",
    "taken_back",
    "undo",
    "undo_in",
    "weigh",
]

_OF_A_PAIR = frozenset({"stance", "accept", "reject", "evidence"})


def record(
    db: Database, asked: Sequence[NewDecision], *, by: str, now: datetime, batch: str | None = None, fold: Fold | None = None
) -> Recorded:
    """Store decisions and publish what follows, all or nothing. `batch` names several that are undone as one."""
    return db.write(lambda s: record_in(s, asked, by=by, now=now, batch=batch, fold=fold))


def undo(db: Database, name: str, *, by: str, now: datetime, client_id: str, fold: Fold | None = None) -> Recorded:
    """Take back a decision or a batch of them (by client id or batch), and publish what follows."""
    return db.write(lambda s: undo_in(s, name, by=by, now=now, client_id=client_id, fold=fold))


def weigh(db: Database, topic_id: int, spec: OutletSpec, *, by: str, now: datetime) -> Recorded:
    """Name (accept) a publisher or weigh it anew, and publish what follows, all or nothing; no decision's row is made."""
    if not by.strip():
        raise UsageError("a decision needs a name: who decides?")

    def work(s: Session) -> Recorded:
        outlets.set_outlet(s, topic_id, spec, now=now, by=by)
        return Recorded((), _publish(s, {topic_id}, by, now, None))

    return db.write(work)


def record_in(
    s: Session, asked: Sequence[NewDecision], *, by: str, now: datetime, batch: str | None = None, fold: Fold | None = None
) -> Recorded:
    if not by.strip():
        raise UsageError("a decision needs a name: who decides?")
    actor = actor_id(s, "person", by, now)
    ids = []
    topics: set[int] = set()
    for one in asked:
        held = s.execute(sa.select(t.decisions.c.id).where(t.decisions.c.client_id == one.client_id)).scalar()
        if held is not None:
            ids.append(int(held))
            continue
        seen = _checked(s, one)
        ids.append(_insert(s, seen, actor, batch, now))
        topics |= _touch(s, seen.kind, seen.claim_id, seen.article_id, seen.topic_id, now)
    return Recorded(tuple(ids), _publish(s, topics, by, now, fold))


def undo_in(s: Session, name: str, *, by: str, now: datetime, client_id: str, fold: Fold | None = None) -> Recorded:
    d = t.decisions
    if s.execute(sa.select(d.c.id).where(d.c.client_id == client_id)).scalar() is not None:
        return Recorded((), ())
    named = (d.c.client_id == name) | (d.c.batch == name)
    rows = s.execute(sa.select(d).where(named, d.c.undone_by.is_(None), d.c.kind != "undo")).mappings().all()
    if not rows:
        raise UnknownName("decision that stands", name)
    if not by.strip():
        raise UsageError("taking back needs a name: who decides?")
    actor = actor_id(s, "person", by, now)
    topics: set[int] = set()
    ids = []
    for i, row in enumerate(rows):
        own = client_id if i == 0 else f"{client_id}/{i}"
        values = {"client_id": own, "kind": "undo", "note": f"undo {row['client_id']}", "actor_id": actor, "at": now}
        undoing = insert_id(s, d, **values, topic_id=row["topic_id"], claim_id=row["claim_id"], article_id=row["article_id"])
        s.execute(sa.update(d).where(d.c.id == row["id"]).values(undone_by=undoing))
        ids.append(undoing)
        topics |= _touch(s, row["kind"], row["claim_id"], row["article_id"], row["topic_id"], now, back=True)
    return Recorded(tuple(ids), _publish(s, topics, by, now, fold))


# --- storing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the person had before them."""

    stance: str | None
    matcher: str | None
    quote: str | None


def _checked(s: Session, one: NewDecision) -> NewDecision:
    """The decision with its topic and the text that was seen; raises UsageError where it says too little."""
    if one.kind in _OF_A_PAIR:
        if one.claim_id is None or one.article_id is None:
            raise UsageError(f"a decision of kind {one.kind} needs an article and a claim")
        return _checked_pair(s, one, one.claim_id)
    if one.kind == "ruling":
        if one.claim_id is None or one.status is None or one.valid_from is None:
            raise UsageError("a ruling needs a claim, a status and a first day")
        if one.valid_to is not None and one.valid_to < one.valid_from:
            raise UsageError(f"the ruling would end on {one.valid_to}, before it begins on {one.valid_from}")
        return replace(one, topic_id=_topic_of_claim(s, one.claim_id))
    if one.kind == "date":
        if one.article_id is None or one.valid_from is None:
            raise UsageError("a date needs an article and a day")
        return one
    if one.kind == "separate":
        if one.article_id is None or one.topic_id is None:
            raise UsageError("taking an article out of its copies needs the article and the topic")
        return one
    raise UsageError(f"no decision is of kind {one.kind!r}; use stance, accept, reject, evidence, ruling, date or separate")


def _checked_pair(s: Session, one: NewDecision, claim_id: int) -> NewDecision:
    topic_id = _topic_of_claim(s, claim_id)
    revision_id = one.revision_id or _current_revision(s, topic_id, one.article_id)
    one = replace(one, revision_id=revision_id, topic_id=topic_id)
    seen = _seen(s, claim_id, revision_id)
    if one.kind == "accept":
        if seen.stance is None:
            raise UsageError("there is no answer of the machine to accept for this article and claim")
        one = replace(one, stance=Stance(seen.stance))
    if one.kind in ("stance", "evidence") and one.stance is None:
        raise UsageError(f"a decision of kind {one.kind} needs a stance")
    if one.kind in ("reject", "evidence") and not one.quote:
        raise UsageError(f"a decision of kind {one.kind} needs the quote")
    if one.quote is None:
        one = replace(one, quote=seen.quote)
    if one.kind != "evidence":
        return one
    if one.speaker is not None and assessments.is_buried(one.speaker, assessments.buried_people(s)):
        raise UsageError("the law wants nothing kept of this speaker: the quote stands without a name, or not at all")
    return _proved(s, one)


def _proved(s: Session, one: NewDecision) -> NewDecision:
    """Added evidence proves itself in the text that was seen; what is kept are the text's own words and line breaks."""
    text = s.execute(sa.select(t.revision_texts.c.text).where(t.revision_texts.c.revision_id == one.revision_id)).scalar()
    quote = one.quote or ""
    start = one.start if one.start is not None else (text or "").find(quote)
    if text is not None and start < 0 and (span := anchor(quote, text)) is not None:
        start, quote = span[0], text[span[0] : span[1]]
    if text is None or start < 0 or text[start : start + len(quote)] != quote:
        raise EvidenceError(f"the quote does not stand in the article: {quote[:80]!r}")
    return replace(one, quote=quote, start=start, end=start + len(quote))


def _current_revision(s: Session, topic_id: int, article_id: int | None) -> int:
    found = s.execute(sa.select(readings.current(topic_id)).where(t.articles.c.id == article_id)).scalar()
    if found is None:
        raise UsageError("the article has no text yet; decide on it when it has been read")
    return int(found)


def _topic_of_claim(s: Session, claim_id: int) -> int:
    return int(s.execute(sa.select(t.claims.c.topic_id).where(t.claims.c.id == claim_id)).scalar_one())


def _seen(s: Session, claim_id: int, revision_id: int) -> _Seen:
    """The machine's answer as shown: the one that counts, else the newest."""
    a, e = t.assessments, t.evidence
    pin = pins.of_claim(s, claim_id)
    judge, matcher = (pin.judge, pin.matcher) if pin else (None, "")
    rank = sa.case((a.c.matcher == judge, 0), (a.c.matcher == matcher, 1), (pins.of_matcher(a, matcher), 2), else_=3)
    query = (
        sa.select(a.c.id, a.c.stance, a.c.matcher)
        .where(a.c.claim_id == claim_id, a.c.revision_id == revision_id)
        .order_by(rank, a.c.id.desc())
        .limit(1)
    )
    row = s.execute(query).first()
    if row is None:
        return _Seen(None, pin.matcher if pin else None, None)
    best = sa.select(e.c.quote).where(e.c.assessment_id == row.id).order_by((e.c.stance != row.stance), e.c.start).limit(1)
    return _Seen(row.stance, row.matcher, s.execute(best).scalar())


def _insert(s: Session, one: NewDecision, actor: int, batch: str | None, now: datetime) -> int:
    seen = _seen(s, one.claim_id, one.revision_id) if one.claim_id and one.revision_id else _Seen(None, None, None)
    version = sa.select(t.claims.c.current_version_id).where(t.claims.c.id == one.claim_id)
    return insert_id(
        s,
        t.decisions,
        client_id=one.client_id,
        batch=batch,
        kind=one.kind,
        topic_id=one.topic_id,
        claim_id=one.claim_id,
        claim_version_id=s.execute(version).scalar() if one.claim_id else None,
        article_id=one.article_id,
        revision_id=one.revision_id,
        stance=one.stance.value if one.stance else None,
        start=one.start,
        end=one.end,
        quote=one.quote,
        **_spoken_by(s, one),
        seen_stance=seen.stance,
        seen_matcher=seen.matcher,
        status=one.status.value if one.status else None,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        review_by=one.review_by,
        note=one.note,
        actor_id=actor,
        at=now,
    )


def _spoken_by(s: Session, one: NewDecision) -> dict[str, str | None]:
    """The speaker whom the person names, as somebody of the topic's people where it has them."""
    written = " ".join((one.speaker or "").split())
    if one.kind != "evidence" or not written:
        return {}
    from claimline.matching.people import known_as  # the grammars of many languages, for this alone

    v = t.topic_versions
    spec = sa.select(v.c.spec).join(t.topics, t.topics.c.current_version_id == v.c.id).where(t.topics.c.id == one.topic_id)
    who = known_as(written, codec.load_topic(s.execute(spec).scalar_one()).people)
    return {"speaker_written": who.written, "speaker_key": who.key}


def _touch(
    s: Session,
    kind: str,
    claim_id: int | None,
    article_id: int | None,
    topic_id: int | None,
    now: datetime,
    *,
    back: bool = False,
) -> set[int]:
    """Note what the decision bears on (`back`: it is taken back); returns the topics to publish."""
    if kind == "ruling" and topic_id is not None:
        touch(s, topic_id, Cause.PERSON, now, claim_id=claim_id)
        return {topic_id}
    if article_id is None:
        return set()
    if kind == "date":
        topics = topics_of_article(s, article_id)
        for one in topics:
            touch(s, one, Cause.DATE_CORRECTED, now, article_id=article_id)
        return set(topics)
    if topic_id is None:
        return set()
    if kind == "separate":
        _regroup(s, topic_id, article_id, Cause.COPIES_GROUPED if back else Cause.COPIES_SEPARATED, now)
        return {topic_id}
    for one in (article_id, *clusters.copies_of(s, topic_id, article_id)):
        touch(s, topic_id, Cause.PERSON, now, claim_id=claim_id, article_id=one)
    return {topic_id}


def _regroup(s: Session, topic_id: int, article_id: int, cause: Cause, now: datetime) -> None:
    """Find the groups again of all that were, or by their edges would be, with the article."""
    m, r, e = t.copy_memberships, t.revisions, t.copy_edges
    mine = set(s.execute(sa.select(r.c.id).where(r.c.article_id == article_id)).scalars())
    groups = sa.select(m.c.cluster).where(m.c.topic_id == topic_id, m.c.closed_at.is_(None), m.c.revision_id.in_(mine))
    live = (m.c.topic_id == topic_id) & m.c.closed_at.is_(None) & m.c.cluster.in_(groups)
    around = set(s.execute(sa.select(m.c.revision_id).where(live)).scalars())
    for near, far in ((e.c.a, e.c.b), (e.c.b, e.c.a)):
        around |= set(s.execute(sa.select(far).where(e.c.topic_id == topic_id, near.in_(mine))).scalars())
    clusters.regroup(s, topic_id, mine | around, cause, now)


def _publish(s: Session, topics: set[int], by: str, now: datetime, fold: Fold | None) -> tuple[Any, ...]:
    told = [topic_id for topic_id in sorted(topics) if pins.live(s, topic_id)]  # before the first edition it waits for that
    return tuple(publish_in(s, topic_id, run_id=None, actor=by, actor_kind="person", now=now, fold=fold) for topic_id in told)


# --- reading --------------------------------------------------------------------------------------------------------


def decisions(
    s: Session,
    *,
    topic_id: int | None = None,
    claim_id: int | None = None,
    article_id: int | None = None,
    kinds: Collection[str] | None = None,
    known_at: datetime | None = None,
    undone: bool = False,
    limit: int | None = 1_000,
) -> tuple[StoredDecision, ...]:
    """What people said, newest first; those that were taken back only if asked for. `known_at`: what was published by then."""
    d = t.decisions
    where = [d.c.kind != "undo" if kinds is None else d.c.kind.in_(kinds)]
    where += [_of_topic(topic_id)] if topic_id is not None else []
    where += [d.c.claim_id == claim_id] if claim_id is not None else []
    where += [d.c.article_id == article_id] if article_id is not None else []
    where += [] if undone else [told_by(known_at)]
    return _decisions(s, sa.and_(*where), limit)


def _of_topic(topic_id: int) -> sa.ColumnElement[bool]:
    """A date is of no topic by itself: it bears on every one that has the article."""
    d, ta = t.decisions, t.topic_articles
    own = sa.select(ta.c.article_id).where(ta.c.topic_id == topic_id)
    return (d.c.topic_id == topic_id) | (d.c.topic_id.is_(None) & d.c.article_id.in_(own))


def rulings(
    s: Session, claim_id: int, *, as_of: date | None = None, known_at: datetime | None = None
) -> tuple[StoredDecision, ...]:
    """The rulings on a claim that begin by a day, as they were known, newest first; one that was taken back later was known."""
    d = t.decisions
    where = [d.c.claim_id == claim_id, d.c.kind == "ruling", told_by(known_at)]
    where += [d.c.valid_from <= as_of] if as_of is not None else []
    return _decisions(s, sa.and_(*where), None)


def told_by(known_at: datetime | None) -> sa.ColumnElement[bool]:
    """The decisions that an edition had told by then and none had taken back; None: those that hold now, told or not."""
    d, e = t.decisions, t.editions
    if known_at is None:
        return d.c.undone_by.is_(None)
    told = sa.select(e.c.id).where(e.c.recorded_at <= known_at)
    return d.c.edition_id.in_(told) & (d.c.undone_edition_id.is_(None) | d.c.undone_edition_id.not_in(told))


def of_articles(s: Session, article_ids: Collection[int], kinds: Collection[str]) -> tuple[StoredDecision, ...]:
    """What people said of these articles in one of these ways, newest first; what was taken back is left out."""
    d = t.decisions
    where = d.c.article_id.in_(article_ids) & d.c.kind.in_(kinds) & d.c.undone_by.is_(None)
    return _decisions(s, where, None)


def taken_back(s: Session, undoing: Collection[int]) -> tuple[StoredDecision, ...]:
    """The decisions that these rows (`Recorded.ids` of an `undo`) took back, newest first."""
    return _decisions(s, t.decisions.c.undone_by.in_(undoing), None)


def decision(s: Session, client_id: str) -> StoredDecision:
    found = _decisions(s, t.decisions.c.client_id == client_id, 1)
    if not found:
        raise UnknownName("decision", client_id)
    return found[0]


def _decisions(s: Session, where: sa.ColumnElement[bool], limit: int | None) -> tuple[StoredDecision, ...]:
    d, c, a = t.decisions, t.claims, t.articles
    query = (
        sa.select(d, t.actors.c.name, c.c.slug, c.c.current_version_id, a.c.url)
        .join(t.actors, t.actors.c.id == d.c.actor_id)
        .outerjoin(c, c.c.id == d.c.claim_id)
        .outerjoin(a, a.c.id == d.c.article_id)
        .where(where)
        .order_by(d.c.id.desc())
        .limit(limit)
    )
    return tuple(_decision(dict(row)) for row in s.execute(query).mappings())


def _decision(r: dict[str, Any]) -> StoredDecision:
    return StoredDecision(
        id=r["id"],
        client_id=r["client_id"],
        batch=r["batch"],
        kind=r["kind"],
        by=r["name"],
        at=r["at"],
        note=r["note"],
        claim_id=r["claim_id"],
        claim=r["slug"],
        article_id=r["article_id"],
        url=r["url"],
        revision_id=r["revision_id"],
        stance=Stance(r["stance"]) if r["stance"] else None,
        quote=erased.readable(r["quote"]),
        start=r["start"],
        end=r["end"],
        seen_stance=Stance(r["seen_stance"]) if r["seen_stance"] else None,
        undone=r["undone_by"] is not None,
        speaker=r["speaker_written"],
        reworded=r["claim_version_id"] is not None and r["claim_version_id"] != r["current_version_id"],
        status=Status(r["status"]) if r["status"] else None,
        valid_from=r["valid_from"],
        valid_to=r["valid_to"],
        review_by=r["review_by"],
    )


def reopened(s: Session, topic_id: int) -> tuple[StoredDecision, ...]:
    """Decisions that should be looked at again, each with its reason; they hold until a person says otherwise (rule 7)."""
    return tuple(one for one in judged_again(s, decisions(s, topic_id=topic_id, limit=100_000)) if one.reopened)


def judged_again(s: Session, some: Sequence[StoredDecision]) -> tuple[StoredDecision, ...]:
    """The same, each with why it should be looked at again, where it should."""
    return tuple(one if one.undone else replace(one, reopened=_why_reopened(s, one)) for one in some)


def _why_reopened(s: Session, one: StoredDecision) -> str | None:
    if one.kind == "ruling":
        return _ruling_contradicted(s, one)
    if one.reworded:
        return "the claim was reworded"
    if one.kind not in ("stance", "accept") or one.article_id is None or one.claim_id is None:
        return None
    topic_id = _topic_of_claim(s, one.claim_id)
    current = s.execute(sa.select(readings.current(topic_id)).where(t.articles.c.id == one.article_id)).scalar()
    if current is None or current == one.revision_id:
        return None
    text = s.execute(sa.select(t.revision_texts.c.text).where(t.revision_texts.c.revision_id == current)).scalar() or ""
    said = _seen(s, one.claim_id, current).stance
    if one.quote and one.quote in text:
        return None
    changed = said != (one.seen_stance.value if one.seen_stance else None)
    return "the text and the machine's answer have changed" if changed else None


def _ruling_contradicted(s: Session, one: StoredDecision) -> str | None:
    """By what is printed on the days of the ruling, and what the machine makes of the last of them."""
    p, m = t.positions, t.claim_states
    state = s.execute(sa.select(m.c.machine, m.c.newest).where(m.c.claim_id == one.claim_id, m.c.known_to.is_(None))).first()
    if one.status is None or one.claim_id is None or state is None:
        return None
    machine = Status(state.machine)
    newer = (p.c.claim_id == one.claim_id) & p.c.known_to.is_(None) & (p.c.known_from > one.at)
    newer &= p.c.stance.in_([Stance.SUPPORTS.value, Stance.REFUTES.value])
    newer &= p.c.valid_to.is_(None) | (p.c.valid_to > one.valid_from)
    if one.valid_to is not None:
        newer &= p.c.valid_from <= one.valid_to
        then = stood(s, {one.claim_id: state.newest}, [one.claim_id], one.valid_to, None).get(one.claim_id)
        machine = then.machine if then else machine
    if machine is one.status:
        return None
    return "newer reports say otherwise" if s.execute(sa.select(p.c.id).where(newer).limit(1)).first() else None


def permanent_key(one: StoredDecision) -> str:
    """The id of a decision for other programs."""
    return stable_key("decision", one.client_id)
