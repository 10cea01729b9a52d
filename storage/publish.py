"""Publishing an edition: everything that touched a topic since the last one becomes known in one transaction.

Only what was touched is looked at again: the positions of touched articles, then the fold of the claims whose positions changed.
Nothing here decides what an answer is worth (`storage.effective`) or what follows from it (`claimline.history`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import SIDES, Cause, Change, FoldResult, Position, Ruling
from storage import causes, codec, pins, position_rows
from storage import tables as t
from storage.effective import PositionRow, articles_of_claim, claim_key, effective
from storage.engine import Database
from storage.ledger_rows import rulings, stored_changes
from storage.records import Pin, Published
from storage.sql import actor_id, chunks, insert_id, insert_many, stable_key

Fold = Callable[[Iterable[Position], Iterable[Ruling]], FoldResult]
CauseOf = Callable[[causes.Context], Cause]

CHANGED = "claimline.claim.changed"
WITHDRAWN = "claimline.claim.withdrawn"
# Of what touches a whole claim, these bear on its positions; a ruling or other rules only on the fold.
_WEIGHED_ANEW = frozenset({Cause.CHANGED_SETTING, Cause.CLAIM_REWORDED, Cause.NEW_MODEL, Cause.NEW_CLEANER})


def publish(
    db: Database,
    topic_id: int,
    *,
    run_id: int | None,
    actor: str,
    now: datetime,
    cause_of: CauseOf = causes.cause_of,
    fold: Fold | None = None,
    matcher: str | None = None,
) -> Published:
    """Publish what is new of a topic as one edition; nothing new, no edition.

    `matcher` is the one to pin for claims that have none yet (None: the one that scanned last). `actor` signs.
    """
    return db.write(
        lambda s: publish_in(s, topic_id, run_id=run_id, actor=actor, now=now, cause_of=cause_of, fold=fold, matcher=matcher)
    )


def publish_in(
    s: Session,
    topic_id: int,
    *,
    run_id: int | None,
    actor: str,
    now: datetime,
    actor_kind: str = "program",
    cause_of: CauseOf = causes.cause_of,
    fold: Fold | None = None,
    matcher: str | None = None,
    edition_id: int | None = None,
    moves: Mapping[int, Pin] | None = None,
    cause: Cause | None = None,
) -> Published:
    """The same within a transaction that has more to write (a decision, an accepted replay: `edition_id`, `moves`)."""
    folding = fold or default_fold()
    work = _gather(s, topic_id, matcher, moves or {}, _fold_version(fold), cause)
    if edition_id is None and not work.anything:
        return Published(None, None, None)
    for claim in work.claims.values():
        _prepare(s, claim, folding)
    at = _recorded_at(s, topic_id, now)
    overall = cause or causes.dominant([x.cause for c in work.claims.values() for x in c.touched])
    edition = _open_edition(
        s, topic_id, edition_id, overall, actor_id(s, actor_kind, actor, now), run_id, work.fold_version, at, now
    )
    for claim in work.claims.values():
        _write_claim(s, claim, edition, at, cause_of, cause if claim.moved else None)
    _stamp(s, topic_id, edition)
    s.execute(sa.delete(t.touches).where(t.touches.c.id.in_(work.touch_ids)))
    return _told(s, topic_id, edition, at, work)


def default_fold() -> Fold:
    from claimline.history import fold  # numpy is imported only where something is folded

    return fold


def _fold_version(fold: Fold | None) -> str:
    if fold is not None:
        return str(getattr(fold, "version", "given"))
    from claimline.history import FOLD_VERSION

    return FOLD_VERSION


# --- what has to be looked at ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Claim:
    """One claim's part of an edition."""

    pin: Pin
    moved: bool
    touched: list[causes.Touched]
    articles: set[int] | None  # None: all of them
    refold: bool
    told_until: date | None = None
    spoke_before: frozenset[int] = frozenset()
    add: list[PositionRow] = field(default_factory=list)
    close: list[PositionRow] = field(default_factory=list)
    result: FoldResult | None = None
    new_changes: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Work:
    claims: dict[int, _Claim]
    touch_ids: list[int]
    fold_version: str
    unpublished: bool

    @property
    def anything(self) -> bool:
        return bool(self.claims) or self.unpublished


def _gather(
    s: Session, topic_id: int, matcher: str | None, moves: Mapping[int, Pin], fold_version: str, cause: Cause | None
) -> _Work:
    touches = s.execute(sa.select(t.touches).where(t.touches.c.topic_id == topic_id).order_by(t.touches.c.id)).all()
    held = pins.live(s, topic_id)
    moved = dict(moves) or pins.due(s, topic_id, held, matcher)
    current = {**held, **moved}
    rules_changed = _last_fold_version(s, topic_id) not in (None, fold_version)
    concerned = _concerned(s, topic_id, {x.article_id for x in touches if x.article_id is not None}, set(current))
    found: dict[int, _Claim] = {}
    for claim_id, pin in sorted(current.items()):
        mine = [
            causes.Touched(Cause(x.cause), x.article_id)
            for x in touches
            if x.claim_id in (None, claim_id) and (x.article_id is None or claim_id in concerned.get(x.article_id, ()))
        ]
        if claim_id in moved:
            why = cause or _moved_cause(held.get(claim_id), pin)
            mine += [causes.Touched(why, None)] if why else []
        if rules_changed:
            mine.append(causes.Touched(Cause.RULES_CHANGED, None))
        if mine or claim_id in moved:
            whole = claim_id in moved or any(x.article_id is None and x.cause in _WEIGHED_ANEW for x in mine)
            articles = None if whole else {x.article_id for x in mine if x.article_id is not None}
            refold = any(x.article_id is None for x in mine) or claim_id in moved
            found[claim_id] = _Claim(pin, claim_id in moved, mine, articles, refold=refold)
    return _Work(found, [x.id for x in touches], fold_version, _has_unpublished(s, topic_id))


def _moved_cause(before: Pin | None, after: Pin) -> Cause | None:
    """Why a claim is answered by another wording or machine; None for a claim's first."""
    if before is None:
        return None
    return Cause.CHANGED_SETTING if before.claim_version_id == after.claim_version_id else Cause.CLAIM_REWORDED


def _concerned(s: Session, topic_id: int, article_ids: set[int], claim_ids: set[int]) -> dict[int, set[int]]:
    """Article -> the claims on which anybody said something about it."""
    found: dict[int, set[int]] = {}
    for batch in chunks(sorted(article_ids)):
        for table in (t.assessments, t.decisions, t.positions):
            query = sa.select(table.c.article_id, table.c.claim_id).where(table.c.article_id.in_(batch)).distinct()
            for article_id, claim_id in s.execute(query).tuples():
                if claim_id in claim_ids:
                    found.setdefault(article_id, set()).add(claim_id)
        _add_decided_copies(s, topic_id, batch, claim_ids, found)
    return found


def _add_decided_copies(
    s: Session, topic_id: int, article_ids: Sequence[int], claim_ids: set[int], found: dict[int, set[int]]
) -> None:
    """A decision on one copy bears on the others."""
    m, other, r, d = t.copy_memberships, t.copy_memberships.alias(), t.revisions, t.decisions
    query = (
        sa.select(r.c.article_id, d.c.claim_id)
        .join(m, m.c.revision_id == r.c.id)
        .join(other, (other.c.topic_id == m.c.topic_id) & (other.c.cluster == m.c.cluster))
        .join(d, d.c.revision_id == other.c.revision_id)
        .where(r.c.article_id.in_(article_ids), m.c.topic_id == topic_id, m.c.closed_at.is_(None), other.c.closed_at.is_(None))
        .distinct()
    )
    for article_id, claim_id in s.execute(query).tuples():
        if claim_id in claim_ids:
            found.setdefault(article_id, set()).add(claim_id)


def _last_fold_version(s: Session, topic_id: int) -> str | None:
    e = t.editions
    query = sa.select(e.c.fold_version).where(e.c.topic_id == topic_id, e.c.state == "live")
    return s.execute(query.order_by(e.c.recorded_at.desc()).limit(1)).scalar()


def _has_unpublished(s: Session, topic_id: int) -> bool:
    return any(s.execute(sa.select(sa.exists().where(where))).scalar() for _, where in _unpublished(s, topic_id))


def _unpublished(s: Session, topic_id: int) -> list[tuple[sa.Table, sa.ColumnElement[bool]]]:
    a, m, d = t.assessments, t.copy_memberships, t.decisions
    mine = sa.select(t.claims.c.id).where(t.claims.c.topic_id == topic_id)
    machines = {x for pin in pins.live(s, topic_id).values() for x in (pin.matcher, pin.judge) if x}
    answers = a.c.edition_id.is_(None) & a.c.claim_id.in_(mine) & a.c.matcher.in_(sorted(machines))
    return [
        (a, answers),
        (m, m.c.edition_id.is_(None) & (m.c.topic_id == topic_id)),
        (d, d.c.edition_id.is_(None) & (d.c.topic_id == topic_id)),
    ]


# --- the difference -------------------------------------------------------------------------------------------------


def _prepare(s: Session, claim: _Claim, fold: Fold) -> None:
    claim_id = claim.pin.claim_id
    before = position_rows.live_rows(s, claim_id, claim.articles)
    wanted = articles_of_claim(s, claim_id) if claim.articles is None else claim.articles
    after = {row.key: row for row in effective(s, claim.pin, wanted)}
    claim.close = [row for key, row in before.items() if after.get(key) != row]
    claim.add = [row for key, row in after.items() if before.get(key) != row]
    claim.spoke_before = frozenset(row.article_id for row in before.values())
    claim.refold = claim.refold or bool(claim.add or claim.close)
    if claim.refold:
        newest = sa.select(sa.func.max(t.positions.c.valid_from)).where(
            t.positions.c.claim_id == claim_id, t.positions.c.known_to.is_(None)
        )
        claim.told_until = s.execute(newest).scalar()
        claim.result = fold(_after(s, claim), rulings(s, claim_id, None))


def _after(s: Session, claim: _Claim) -> list[Position]:
    """The claim's positions as they will be when the edition is written."""
    gone = {row.key for row in claim.close}
    stay = position_rows.positions(s, claim.pin.claim_id, None, quotes=False)
    return [p for p in stay if p.key not in gone] + position_rows.as_positions(s, claim.add)


def _recorded_at(s: Session, topic_id: int, now: datetime) -> datetime:
    last = s.execute(sa.select(t.topics.c.last_recorded_at).where(t.topics.c.id == topic_id)).scalar()
    at = now if last is None else max(now, last + timedelta(microseconds=1))
    s.execute(sa.update(t.topics).where(t.topics.c.id == topic_id).values(last_recorded_at=at))
    return at


def _open_edition(
    s: Session,
    topic_id: int,
    edition_id: int | None,
    cause: Cause,
    actor: int,
    run_id: int | None,
    fold_version: str,
    at: datetime,
    now: datetime,
) -> int:
    if edition_id is not None:
        s.execute(sa.update(t.editions).where(t.editions.c.id == edition_id).values(state="live", recorded_at=at))
        return edition_id
    slug = s.execute(sa.select(t.topics.c.slug).where(t.topics.c.id == topic_id)).scalar_one()
    values: dict[str, Any] = {"topic_id": topic_id, "cause": cause.value, "actor_id": actor, "run_id": run_id, "spec": {}}
    key = stable_key("edition", slug, at.isoformat())
    return insert_id(s, t.editions, key=key, state="live", fold_version=fold_version, created_at=now, recorded_at=at, **values)


# --- writing --------------------------------------------------------------------------------------------------------


def _write_claim(s: Session, claim: _Claim, edition_id: int, at: datetime, cause_of: CauseOf, cause: Cause | None) -> None:
    claim_id = claim.pin.claim_id
    if claim.moved:
        pins.move(s, claim.pin, edition_id, at)
    position_rows.close(s, claim_id, [row.key for row in claim.close], edition_id, at)
    position_rows.add(s, claim_id, claim.add, edition_id, at)
    if claim.result is not None:
        _write_changes(s, claim, claim.result, edition_id, at, cause_of, cause)
        _write_state(s, claim_id, claim.result, edition_id, at)


def _write_changes(
    s: Session,
    claim: _Claim,
    result: FoldResult,
    edition_id: int,
    at: datetime,
    cause_of: CauseOf,
    cause: Cause | None,
) -> None:
    c, claim_id = t.status_changes, claim.pin.claim_id
    live = sa.select(c).where(c.c.claim_id == claim_id, c.c.known_to.is_(None))
    before = {row["valid_from"]: dict(row) for row in s.execute(live).mappings()}
    known = _Tipping(s, claim)
    after = {change.valid_from: _content(change, known) for change in result.changes}
    stale = [row["id"] for day, row in before.items() if not _same(row, after.get(day))]
    for batch in chunks(stale):
        s.execute(sa.update(c).where(c.c.id.in_(batch)).values(known_to=at, closed_by=edition_id))
    key = claim_key(s, claim_id)
    rows = []
    for change in result.changes:
        day, content = change.valid_from, after[change.valid_from]
        old = before.get(day)
        if old is not None and _same(old, content):
            continue
        why = _kept_cause(old, content) or cause or cause_of(known.context(change))
        signed = {"claim_id": claim_id, "edition_id": edition_id, "known_from": at, "cause": why.value}
        row = {"key": stable_key(*key, day, at.isoformat()), **signed, **content}
        rows.append(row)
        if old is None or (old["before"], old["after"]) != (content["before"], content["after"]):
            claim.new_changes.append(row)
    insert_many(s, c, rows)
    _withdraw(s, claim, [row for day, row in before.items() if day not in after], edition_id, at)


def _content(change: Change, known: _Tipping) -> dict[str, Any]:
    return {
        "valid_from": change.valid_from,
        "before": change.before.value,
        "after": change.after.value,
        "machine": change.machine.value,
        "figures": codec.dump_figures(change.figures),
        "tipped_by": list(change.tipped_by),
        "ruling": change.ruling,
        "review": known.review(change),
    }


def _same(row: Mapping[str, Any], content: Mapping[str, Any] | None) -> bool:
    return content is not None and all(row[name] == value for name, value in content.items())


def _kept_cause(old: Mapping[str, Any] | None, content: Mapping[str, Any]) -> Cause | None:
    """A change of which only the figures moved keeps the cause for which it is known."""
    names = ("before", "after", "tipped_by", "ruling", "review")
    if old is not None and all(old[name] == content[name] for name in names):
        return Cause(old["cause"])
    return None


class _Tipping:
    """Who tipped a change: the articles, and the people, behind the keys."""

    def __init__(self, s: Session, claim: _Claim) -> None:
        self._s = s
        self._claim = claim
        self._fresh = {row.key: row for row in [*claim.close, *claim.add]}
        self._names: dict[str, str] | None = None

    def rows(self, keys: Sequence[str]) -> list[tuple[int, str]]:
        """(article, actor) of these positions."""
        found = [(self._fresh[k].article_id, self._fresh[k].actor) for k in keys if k in self._fresh]
        p = t.positions
        for batch in chunks([k for k in keys if k not in self._fresh]):
            where = (p.c.claim_id == self._claim.pin.claim_id) & p.c.key.in_(batch) & p.c.known_to.is_(None)
            found += [(r.article_id, r.actor) for r in self._s.execute(sa.select(p.c.article_id, p.c.actor).where(where))]
        return found

    def context(self, change: Change) -> causes.Context:
        tipping = frozenset(article_id for article_id, _ in self.rows(change.tipped_by))
        spoke = self._claim.spoke_before
        return causes.Context(change, self._claim.touched, tipping, spoke, self._claim.told_until)

    def review(self, change: Change) -> str | None:
        """Whether a person stands behind it, in the words that are shown."""
        if change.ruling is not None:
            return f"ruling by {self._ruling_by(change.ruling)}"
        people = sorted({a for a, actor in self.rows(change.tipped_by) if actor == "person"})
        if not people:
            return None
        return f"confirmed by {', '.join(self._signers(people))}"

    def _ruling_by(self, key: str) -> str:
        if self._names is None:
            self._names = {r.key: r.by for r in rulings(self._s, self._claim.pin.claim_id, None)}
        return self._names.get(key, "a person")

    def _signers(self, article_ids: Sequence[int]) -> list[str]:
        d, a = t.decisions, t.actors
        query = (
            sa.select(a.c.name)
            .join(d, d.c.actor_id == a.c.id)
            .where(d.c.claim_id == self._claim.pin.claim_id, d.c.undone_by.is_(None), d.c.article_id.in_(article_ids))
            .distinct()
            .order_by(a.c.name)
        )
        return list(self._s.execute(query).scalars()) or ["a person"]


def _write_state(s: Session, claim_id: int, result: FoldResult, edition_id: int, at: datetime) -> None:
    c = t.claim_states
    newest = max((v.valid_from for v in result.voices if v.stance in SIDES), default=None)
    content = {
        "status": result.status.value,
        "machine": result.machine.value,
        "figures": codec.dump_figures(result.figures),
        "newest": newest,
    }
    live = (c.c.claim_id == claim_id) & c.c.known_to.is_(None)
    held = s.execute(sa.select(c).where(live)).mappings().first()
    if held is not None and _same(dict(held), content):
        return
    s.execute(sa.update(c).where(live).values(known_to=at, closed_by=edition_id))
    s.execute(sa.insert(c).values(claim_id=claim_id, edition_id=edition_id, known_from=at, **content))


def _withdraw(s: Session, claim: _Claim, rows: Sequence[Mapping[str, Any]], edition_id: int, at: datetime) -> None:
    """A change that the ledger no longer tells is told too."""
    if not rows:
        return
    topic_id = s.execute(sa.select(t.claims.c.topic_id).where(t.claims.c.id == claim.pin.claim_id)).scalar_one()
    topic, slug = claim_key(s, claim.pin.claim_id)
    for row in rows:
        payload = {"claim": slug, "topic": topic, "from": row["before"], "to": row["after"]}
        payload |= {"valid_from": row["valid_from"].isoformat(), "recorded_at": at.isoformat(), "change": row["key"]}
        _post(s, topic_id, WITHDRAWN, stable_key(WITHDRAWN, row["key"], edition_id), payload, at)


def _post(s: Session, topic_id: int, kind: str, key: str, payload: Mapping[str, Any], at: datetime) -> None:
    values = {"key": key, "topic_id": topic_id, "kind": kind, "payload": dict(payload), "created_at": at}
    s.execute(sa.insert(t.outbox).values(**values, attempts=0))


def _stamp(s: Session, topic_id: int, edition_id: int) -> None:
    for table, where in _unpublished(s, topic_id):
        s.execute(sa.update(table).where(where).values(edition_id=edition_id))
    d = t.decisions
    undone = d.c.undone_by.is_not(None) & d.c.undone_edition_id.is_(None) & (d.c.topic_id == topic_id)
    s.execute(sa.update(d).where(undone).values(undone_edition_id=edition_id))


def _told(s: Session, topic_id: int, edition_id: int, at: datetime, work: _Work) -> Published:
    keys = [row["key"] for claim in work.claims.values() for row in claim.new_changes]
    changes = stored_changes(s, t.status_changes.c.key.in_(keys), known_at=at) if keys else ()
    for change in changes:
        payload = {
            "claim": change.claim,
            "topic": change.topic,
            "from": change.change.before.value,
            "to": change.change.after.value,
            "valid_from": change.change.valid_from.isoformat(),
            "recorded_at": change.recorded_at.isoformat(),
            "cause": change.cause.value,
            "edition": change.edition_key,
            "change": change.key,
            "review": change.review,
            "quotes": [{"quote": q.quote, "url": q.article, "stance": q.stance.value} for q in change.quotes[:3]],
        }
        _post(s, topic_id, CHANGED, change.key, payload, at)
    edition_key = s.execute(sa.select(t.editions.c.key).where(t.editions.c.id == edition_id)).scalar_one()
    return Published(
        edition_id,
        edition_key,
        at,
        changes,
        claims_refolded=sum(claim.result is not None for claim in work.claims.values()),
        positions_added=sum(len(claim.add) for claim in work.claims.values()),
        positions_closed=sum(len(claim.close) for claim in work.claims.values()),
    )
