"""What a machine answered about a revision, kept until an edition publishes it.

A pair that is not listed in a scan is *unrelated*; a pair that failed is pending, never a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Cause, Judgement, Quote, Stance
from storage import pins, readings
from storage import tables as t
from storage.records import PendingCounts, PendingPair
from storage.revisions import count_unscanned
from storage.sql import chunks, insert_id, insert_many, insert_new, touch
from storage.stands import RETRACTION

MAX_PAIR_ATTEMPTS = 5


def ensure_matcher(
    s: Session, matcher_hash: str, *, now: datetime, kind: str = "model", about: Mapping[str, object] | None = None
) -> None:
    """Register a matcher (or a judge) by its hash; `about` is what made the hash."""
    insert_new(s, t.matchers, [{"hash": matcher_hash, "kind": kind, "about": dict(about or {}), "created_at": now}])


def save_scan(
    s: Session,
    revision_id: int,
    topic_version_id: int,
    matcher_hash: str,
    judgements: Sequence[Judgement],
    *,
    run_id: int | None,
    now: datetime,
    claim_versions: Mapping[str, int],
    kind: str = "model",
    outcome: str = "read",
) -> tuple[int, ...]:
    """A revision was looked at; `judgements` are the pairs that are not unrelated. Returns the ids of their assessments.

    Saying the same twice changes nothing. Pairs with `failed` become pending. `kind="judge"` saves a judge's answers, which
    make no scan. `outcome` is `language-not-read` where the matcher does not read the language.
    """
    ensure_matcher(s, matcher_hash, now=now, kind=kind)
    fresh = kind == "judge" or _new_scan(s, revision_id, topic_version_id, matcher_hash, run_id, outcome, now)
    ids = save_judgements(
        s, revision_id, matcher_hash, judgements, run_id=run_id, now=now, claim_versions=claim_versions, kind=kind
    )
    if fresh and not ids:
        _touch_silence(s, revision_id, topic_version_id, matcher_hash, now)
    return ids


def save_judgements(
    s: Session,
    revision_id: int,
    matcher_hash: str,
    judgements: Sequence[Judgement],
    *,
    run_id: int | None,
    now: datetime,
    claim_versions: Mapping[str, int],
    kind: str = "model",
) -> tuple[int, ...]:
    """Answers for a revision that was scanned before (a retry of pending pairs); part of `save_scan`."""
    article_id = s.execute(sa.select(t.revisions.c.article_id).where(t.revisions.c.id == revision_id)).scalar_one()
    claim_of = _claims_of(s, claim_versions.values())
    ids = []
    settled = False
    for judgement in judgements:
        version_id = claim_versions[judgement.claim]
        where = {"claim_version_id": version_id, "revision_id": revision_id, "matcher": matcher_hash}
        if judgement.failed is not None:
            _save_pending(s, claim_of[version_id], where, judgement.failed, now)
            continue
        settled |= _clear_pending(s, where)
        if judgement.stance is Stance.UNRELATED and kind != "judge":  # a judge makes no scan: its "unrelated" is kept as said
            continue
        signed = where | {"claim_id": claim_of[version_id], "article_id": article_id, "actor": kind, "run_id": run_id}
        assessment_id, is_new = _save_assessment(s, signed, judgement, now)
        ids.append(assessment_id)
        settled |= is_new
    if settled:
        for topic_id in _topics_of(s, claim_of.values()):
            _touch_if_it_counts(s, revision_id, topic_id, matcher_hash, kind, now)
    return tuple(ids)


def unjudged_claims(s: Session, revision_id: int, topic_version_id: int, matcher_hash: str) -> tuple[int, ...]:
    """The wordings of this topic version that this matcher was not asked about for this revision, under any version."""
    tc, k = t.topic_claims, t.scans
    asked = (
        sa.select(tc.c.claim_version_id)
        .join(k, k.c.topic_version_id == tc.c.topic_version_id)
        .where(k.c.revision_id == revision_id, k.c.matcher == matcher_hash)
    )
    query = sa.select(tc.c.claim_version_id).where(tc.c.topic_version_id == topic_version_id, tc.c.claim_version_id.not_in(asked))
    return tuple(s.execute(query.order_by(tc.c.claim_version_id)).scalars())


def pending_pairs(s: Session, topic_id: int, *, limit: int = 500, given_up: bool = False) -> tuple[PendingPair, ...]:
    """Pairs that failed and are to be asked again (or, `given_up`, that never will be)."""
    p, c = t.pending_pairs, t.claims
    query = (
        sa.select(p.c.claim_id, c.c.slug, p.c.revision_id, p.c.matcher, p.c.reason, p.c.attempts, p.c.given_up)
        .join(c, c.c.id == p.c.claim_id)
        .where(c.c.topic_id == topic_id, p.c.given_up.is_(given_up))
        .order_by(p.c.id)
        .limit(limit)
    )
    return tuple(PendingPair(*row) for row in s.execute(query).tuples())


def pending(s: Session, topic_id: int, *, matcher_hash: str | None = None) -> PendingCounts:
    """What is still owed for a topic; `matcher_hash` None: the pinned one."""
    p, c, a, ta = t.pending_pairs, t.claims, t.assessments, t.topic_articles
    mine = sa.select(c.c.id).where(c.c.topic_id == topic_id)
    version = s.execute(sa.select(t.topics.c.current_version_id).where(t.topics.c.id == topic_id)).scalar()
    matcher = matcher_hash or pinned_matcher(s, topic_id)
    failed = s.execute(sa.select(p.c.given_up, sa.func.count()).where(p.c.claim_id.in_(mine)).group_by(p.c.given_up)).tuples()
    by_end = {bool(given_up): n for given_up, n in failed}
    count = sa.select(sa.func.count()).select_from(a).where(a.c.claim_id.in_(mine))
    answered = count.where(pins.of_matcher(a, matcher) & pins.of_told_text(a) if matcher else sa.false())
    uncertain = (
        sa.select(sa.func.count(sa.distinct(t.articles.c.id)))
        .select_from(t.articles)
        .join(ta, ta.c.article_id == t.articles.c.id)
        .join(t.revisions, t.revisions.c.id == readings.current(topic_id))
        .where(ta.c.topic_id == topic_id, t.revisions.c.published_day.is_(None), ~_dated())
    )
    return PendingCounts(
        unscanned=count_unscanned(s, version, matcher) if version and matcher else 0,
        failed=by_end.get(False, 0),
        given_up=by_end.get(True, 0),
        undecided=s.execute(answered.where(a.c.decided.is_(False), ~_judged())).scalar_one(),
        uncertain_dates=s.execute(uncertain).scalar_one(),
        unpublished=s.execute(count.where(a.c.edition_id.is_(None))).scalar_one(),
    )


def pinned_matcher(s: Session, topic_id: int) -> str | None:
    """The matcher that answers for this topic: that of most of its claims; None before the first edition."""
    query = (
        sa.select(t.pins.c.matcher, sa.func.count().label("n"))
        .join(t.claims, t.claims.c.id == t.pins.c.claim_id)
        .where(t.claims.c.topic_id == topic_id, t.pins.c.known_to.is_(None))
        .group_by(t.pins.c.matcher)
        .order_by(sa.desc("n"), t.pins.c.matcher)
    )
    found = s.execute(query).first()
    return str(found.matcher) if found else None


def _judged() -> sa.ColumnElement[bool]:
    """A judge has settled what the matcher was unsure of."""
    a, j = t.assessments, t.assessments.alias("judged")
    same = (j.c.claim_version_id == a.c.claim_version_id) & (j.c.revision_id == a.c.revision_id)
    return sa.exists().where(same, j.c.actor == "judge", j.c.decided.is_(True))


def _dated() -> sa.ColumnElement[bool]:
    d = t.decisions
    return sa.exists().where(d.c.kind == "date", d.c.undone_by.is_(None), d.c.article_id == t.articles.c.id)


def _new_scan(
    s: Session, revision_id: int, topic_version_id: int, matcher: str, run_id: int | None, outcome: str, now: datetime
) -> bool:
    same = {"revision_id": revision_id, "topic_version_id": topic_version_id, "matcher": matcher}
    if s.execute(_SCAN, same).first() is not None:
        return False
    insert_many(s, t.scans, [{**same, "run_id": run_id, "outcome": outcome, "scanned_at": now}])
    return True


_SCAN = sa.select(t.scans.c.id).where(
    *(t.scans.c[name] == sa.bindparam(name) for name in ("revision_id", "topic_version_id", "matcher"))
)


def _stands_in_at(s: Session, revision_id: int, matcher: str, claim_version_id: object = None) -> datetime | None:
    """Since when this matcher's reading of the text stands in for the pinned one's (of this wording)."""
    k, tc = t.scans, t.topic_claims
    query = sa.select(sa.func.min(k.c.stands_in_at)).where(k.c.revision_id == revision_id, k.c.matcher == matcher)
    if claim_version_id is not None:
        query = query.join(tc, tc.c.topic_version_id == k.c.topic_version_id).where(tc.c.claim_version_id == claim_version_id)
    return s.execute(query).scalar()


def _claims_of(s: Session, version_ids: Iterable[int]) -> dict[int, int]:
    cv = t.claim_versions
    found: dict[int, int] = {}
    for batch in chunks(version_ids):
        rows = s.execute(sa.select(cv.c.id, cv.c.claim_id).where(cv.c.id.in_(batch)))
        found.update({row.id: row.claim_id for row in rows})
    return found


def _save_assessment(s: Session, signed: Mapping[str, object], judgement: Judgement, now: datetime) -> tuple[int, bool]:
    a = t.assessments
    same = [a.c[name] == signed[name] for name in ("claim_version_id", "revision_id", "matcher")]
    held = s.execute(sa.select(a.c.id).where(*same)).scalar()
    if held is not None:
        return int(held), False
    revision_id, matcher = cast(int, signed["revision_id"]), str(signed["matcher"])
    stands_in = _stands_in_at(s, revision_id, matcher, signed["claim_version_id"])
    assessment_id = insert_id(
        s,
        a,
        **signed,
        stance=judgement.stance.value,
        decided=judgement.decided,
        confidence=judgement.confidence,
        probabilities={k.value: v for k, v in judgement.probabilities.items()},
        created_at=now,
        stands_in_at=now if stands_in is not None else None,
    )
    buried = buried_people(s)
    rows = [_evidence(assessment_id, q) for q in judgement.quotes if not (buried and _speaker_is_buried(q, buried))]
    insert_many(s, t.evidence, list({(r["start"], r["end"]): r for r in rows}.values()))
    return assessment_id, True


def buried_people(s: Session) -> frozenset[str]:
    """Hashes of the people of whom the law wants nothing kept."""
    return frozenset(s.execute(sa.select(t.tombstones.c.subject_sha256).where(t.tombstones.c.kind == "person")).scalars())


def _speaker_is_buried(q: Quote, buried: frozenset[str]) -> bool:
    names = (q.speaker.key, q.speaker.written) if q.speaker else ()
    return any(is_buried(name, buried) for name in names)


def is_buried(name: str, buried: frozenset[str]) -> bool:
    """Whether the name is one of whom the law wants nothing kept."""
    return sha256(name.casefold().encode()).hexdigest() in buried


def _evidence(assessment_id: int, q: Quote) -> dict[str, object]:
    return {
        "assessment_id": assessment_id,
        "start": q.start,
        "end": q.end,
        "quote": q.quote,
        "quote_sha256": sha256(q.quote.encode()).hexdigest(),
        "stance": q.stance.value,
        "confidence": q.confidence,
        "speaker_written": q.speaker.written if q.speaker else None,
        "speaker_key": q.speaker.key if q.speaker else None,
        "speaker_basis": q.speaker.basis.value if q.speaker else None,
        "said_on": q.said.day if q.said else None,
        "said_words": q.said.words if q.said else None,
        "said_precision": q.said.precision.value if q.said else None,
        "via": q.via,
        "modality": q.modality,
    }


def _save_pending(s: Session, claim_id: int, where: Mapping[str, object], reason: str, now: datetime) -> None:
    p = t.pending_pairs
    same = [p.c[name] == value for name, value in where.items()]
    held = s.execute(sa.select(p.c.attempts).where(*same)).scalar()
    if held is None:
        s.execute(sa.insert(p).values(**where, claim_id=claim_id, reason=reason, attempts=1, given_up=False, last_at=now))
        return
    values = {"attempts": held + 1, "given_up": held + 1 >= MAX_PAIR_ATTEMPTS, "reason": reason, "last_at": now}
    s.execute(sa.update(p).where(*same).values(**values))


def _clear_pending(s: Session, where: Mapping[str, object]) -> bool:
    p = t.pending_pairs
    found = s.execute(sa.delete(p).where(*[p.c[name] == value for name, value in where.items()]))
    return bool(found.rowcount)  # type: ignore[attr-defined]


def _topics_of(s: Session, claim_ids: Iterable[int]) -> list[int]:
    c = t.claims
    query = sa.select(c.c.topic_id).where(c.c.id.in_(sorted(set(claim_ids)))).distinct().order_by(c.c.topic_id)
    return list(s.execute(query).scalars())


def _touch_if_it_counts(s: Session, revision_id: int, topic_id: int, matcher: str, kind: str, now: datetime) -> None:
    """An answer is work for the next edition, unless no claim is pinned to its matcher and it stands in for none."""
    if not readings.is_shown(s, topic_id, revision_id):
        return  # a replay's
    pinned = {pin.matcher for pin in pins.live(s, topic_id).values()}
    if kind == "judge" or not pinned or matcher in pinned or _stands_in_at(s, revision_id, matcher) is not None:
        cause, article_id = news(s, revision_id)
        touch(s, topic_id, cause, now, article_id=article_id)


def _touch_silence(s: Session, revision_id: int, topic_version_id: int, matcher: str, now: datetime) -> None:
    """Silence is work for the next edition where an older text of the article said something."""
    v, p = t.topic_versions, t.positions
    article_id = sa.select(t.revisions.c.article_id).where(t.revisions.c.id == revision_id).scalar_subquery()
    spoke = sa.select(p.c.id).where(p.c.article_id == article_id, p.c.known_to.is_(None)).limit(1)
    if s.execute(spoke).first() is not None:
        topic_id = s.execute(sa.select(v.c.topic_id).where(v.c.id == topic_version_id)).scalar_one()
        _touch_if_it_counts(s, revision_id, topic_id, matcher, "model", now)


def news(s: Session, revision_id: int) -> tuple[Cause, int]:
    """What a text is to its article: its first, an edit of it, the same page read by another cleaner, or its retraction."""
    r = t.revisions
    own = s.execute(sa.select(r.c.article_id, r.c.body_sha256, r.c.notice).where(r.c.id == revision_id)).one()
    before = sa.select(r.c.body_sha256).where(r.c.article_id == own.article_id, r.c.id < revision_id)
    bodies = s.execute(before).scalars().all()
    if not bodies:
        return Cause.NEW_ARTICLE, own.article_id
    if own.notice == RETRACTION:
        return Cause.RETRACTED, own.article_id
    return Cause.NEW_CLEANER if own.body_sha256 in bodies else Cause.EDITED_ARTICLE, own.article_id
