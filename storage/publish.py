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
_CAUSES = {cause.value: cause for cause in Cause}
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
    if work is None:
        return Published(None, None, None)
    overall = cause or causes.dominant([x.cause for c in work.claims.values() for x in c.touched])
    edition = _Edition(s, topic_id, edition_id, overall, (actor_kind, actor), run_id, work.fold_version, now)
    if edition_id is not None or work.unpublished:
        edition.open()
    for claim in work.claims.values():
        _prepare(s, claim, folding)
        _write_claim(s, claim, edition, cause_of, cause if claim.moved else None)
    for batch in chunks(work.touch_ids):
        s.execute(sa.delete(t.touches).where(t.touches.c.id.in_(batch)))
    if not edition.is_open:
        return Published(None, None, None)
    _stamp(s, topic_id, edition.id)
    return _told(s, topic_id, edition, work)


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
    new_changes: list[str] = field(default_factory=list)
    refolded: bool = False
    added: int = 0
    closed: int = 0

    def forget(self) -> None:
        """Keep only the counts: an edition of many claims must not hold all their positions at once."""
        self.refolded, self.added, self.closed = self.result is not None, len(self.add), len(self.close)
        self.add, self.close, self.result, self.spoke_before = [], [], None, frozenset()


@dataclass(slots=True)
class _Work:
    claims: dict[int, _Claim]
    touch_ids: list[int]
    fold_version: str
    unpublished: bool


def _gather(
    s: Session, topic_id: int, matcher: str | None, moves: Mapping[int, Pin], fold_version: str, cause: Cause | None
) -> _Work | None:
    """What the edition is about; None before any machine has read anything: then all waits for the first edition."""
    touches = s.execute(sa.select(t.touches).where(t.touches.c.topic_id == topic_id).order_by(t.touches.c.id)).all()
    held = pins.live(s, topic_id)
    moved = dict(moves) or pins.due(s, topic_id, held, matcher)
    current = {**held, **moved}
    if not current:
        return None
    rules_changed = _last_fold_version(s, topic_id) not in (None, fold_version)
    concerned = _concerned(s, topic_id, {x.article_id for x in touches if x.article_id is not None}, set(current))
    mine: dict[int, list[causes.Touched]] = {claim_id: [] for claim_id in current}
    for x in touches:
        bears_on = concerned.get(x.article_id, set()) if x.article_id is not None else set(current)
        for claim_id in bears_on if x.claim_id is None else bears_on & {x.claim_id}:
            mine[claim_id].append(causes.Touched(_CAUSES[x.cause], x.article_id))
    for claim_id in moved:
        why = cause or _moved_cause(held.get(claim_id), moved[claim_id])
        mine[claim_id] += [causes.Touched(why, None)] if why else []
    if rules_changed:
        for touched in mine.values():
            touched.append(causes.Touched(Cause.RULES_CHANGED, None))
    found = {
        claim_id: _part(pin, mine[claim_id], moved=claim_id in moved)
        for claim_id, pin in sorted(current.items())
        if mine[claim_id] or claim_id in moved
    }
    return _Work(found, [x.id for x in touches], fold_version, _has_unpublished(s, topic_id))


def _part(pin: Pin, touched: list[causes.Touched], *, moved: bool) -> _Claim:
    whole = moved or any(x.article_id is None and x.cause in _WEIGHED_ANEW for x in touched)
    articles = None if whole else {x.article_id for x in touched if x.article_id is not None}
    return _Claim(pin, moved, touched, articles, refold=moved or any(x.article_id is None for x in touched))


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


class _Edition:
    """The edition that is being written; it comes to be when the first row asks for it."""

    def __init__(
        self,
        s: Session,
        topic_id: int,
        shadow: int | None,
        cause: Cause,
        actor: tuple[str, str],
        run_id: int | None,
        fold_version: str,
        now: datetime,
    ) -> None:
        self._s, self._topic_id, self._shadow, self._now = s, topic_id, shadow, now
        self._signed = {"cause": cause.value, "run_id": run_id, "fold_version": fold_version}
        self._actor = actor
        self._made: tuple[int, datetime, str] | None = None

    @property
    def is_open(self) -> bool:
        return self._made is not None

    @property
    def id(self) -> int:
        return self.open()[0]

    @property
    def at(self) -> datetime:
        return self.open()[1]

    @property
    def key(self) -> str:
        return self.open()[2]

    def open(self) -> tuple[int, datetime, str]:
        """Its id, its `recorded_at` and its key."""
        if self._made is None:
            at = self._recorded_at()
            self._made = self._accepted(self._shadow, at) if self._shadow is not None else self._new(at)
        return self._made

    def _recorded_at(self) -> datetime:
        topic = t.topics.c.id == self._topic_id
        last = self._s.execute(sa.select(t.topics.c.last_recorded_at).where(topic)).scalar()
        at = self._now if last is None else max(self._now, last + timedelta(microseconds=1))
        self._s.execute(sa.update(t.topics).where(topic).values(last_recorded_at=at))
        return at

    def _accepted(self, edition_id: int, at: datetime) -> tuple[int, datetime, str]:
        e = t.editions
        self._s.execute(sa.update(e).where(e.c.id == edition_id).values(state="live", recorded_at=at))
        return edition_id, at, self._s.execute(sa.select(e.c.key).where(e.c.id == edition_id)).scalar_one()

    def _new(self, at: datetime) -> tuple[int, datetime, str]:
        slug = self._s.execute(sa.select(t.topics.c.slug).where(t.topics.c.id == self._topic_id)).scalar_one()
        key = stable_key("edition", slug, at.isoformat())
        values = self._signed | {"actor_id": actor_id(self._s, *self._actor, self._now), "spec": {}, "state": "live"}
        times = {"created_at": self._now, "recorded_at": at}
        return insert_id(self._s, t.editions, key=key, topic_id=self._topic_id, **values, **times), at, key


# --- writing --------------------------------------------------------------------------------------------------------


def _write_claim(s: Session, claim: _Claim, edition: _Edition, cause_of: CauseOf, cause: Cause | None) -> None:
    claim_id = claim.pin.claim_id
    if claim.moved:
        pins.move(s, claim.pin, edition.id, edition.at)
    if claim.close:
        position_rows.close(s, claim_id, [row.key for row in claim.close], edition.id, edition.at)
    if claim.add:
        position_rows.add(s, claim_id, claim.add, edition.id, edition.at)
    if claim.result is not None:
        _write_changes(s, claim, claim.result, edition, cause_of, cause)
        _write_state(s, claim_id, claim.result, edition)
    claim.forget()


def _write_changes(
    s: Session, claim: _Claim, result: FoldResult, edition: _Edition, cause_of: CauseOf, cause: Cause | None
) -> None:
    c, claim_id = t.status_changes, claim.pin.claim_id
    live = sa.select(c).where(c.c.claim_id == claim_id, c.c.known_to.is_(None))
    before = {row["valid_from"]: dict(row) for row in s.execute(live).mappings()}
    known = _Tipping(s, claim)
    after = {change.valid_from: _content(change, known) for change in result.changes}
    for batch in chunks([row["id"] for day, row in before.items() if not _same(row, after.get(day))]):
        s.execute(sa.update(c).where(c.c.id.in_(batch)).values(known_to=edition.at, closed_by=edition.id))
    key = claim_key(s, claim_id)
    rows = []
    for change in result.changes:
        day, content = change.valid_from, after[change.valid_from]
        old = before.get(day)
        if old is not None and _same(old, content):
            continue
        why = _kept_cause(old, content) or cause or cause_of(known.context(change))
        signed = {"claim_id": claim_id, "edition_id": edition.id, "known_from": edition.at, "cause": why.value}
        row = {"key": stable_key(*key, day, edition.at.isoformat()), **signed, **content}
        rows.append(row)
        if old is None or (old["before"], old["after"]) != (content["before"], content["after"]):
            claim.new_changes.append(row["key"])
    insert_many(s, c, rows)
    _withdraw(s, claim, [row for day, row in before.items() if day not in after], edition)


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


def _write_state(s: Session, claim_id: int, result: FoldResult, edition: _Edition) -> None:
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
    s.execute(sa.update(c).where(live).values(known_to=edition.at, closed_by=edition.id))
    s.execute(sa.insert(c).values(claim_id=claim_id, edition_id=edition.id, known_from=edition.at, **content))


def _withdraw(s: Session, claim: _Claim, rows: Sequence[Mapping[str, Any]], edition: _Edition) -> None:
    """A change that the ledger no longer tells is told too."""
    if not rows:
        return
    topic_id = s.execute(sa.select(t.claims.c.topic_id).where(t.claims.c.id == claim.pin.claim_id)).scalar_one()
    topic, slug = claim_key(s, claim.pin.claim_id)
    for row in rows:
        payload = {"claim": slug, "topic": topic, "from": row["before"], "to": row["after"]}
        payload |= {"valid_from": row["valid_from"].isoformat(), "recorded_at": edition.at.isoformat(), "change": row["key"]}
        _post(s, topic_id, WITHDRAWN, stable_key(WITHDRAWN, row["key"], edition.key), payload, edition.at)


def _post(s: Session, topic_id: int, kind: str, key: str, payload: Mapping[str, Any], at: datetime) -> None:
    values = {"key": key, "topic_id": topic_id, "kind": kind, "payload": dict(payload), "created_at": at}
    s.execute(sa.insert(t.outbox).values(**values, attempts=0))


def _stamp(s: Session, topic_id: int, edition_id: int) -> None:
    for table, where in _unpublished(s, topic_id):
        s.execute(sa.update(table).where(where).values(edition_id=edition_id))
    d = t.decisions
    undone = d.c.undone_by.is_not(None) & d.c.undone_edition_id.is_(None) & (d.c.topic_id == topic_id)
    s.execute(sa.update(d).where(undone).values(undone_edition_id=edition_id))


def _told(s: Session, topic_id: int, edition: _Edition, work: _Work) -> Published:
    keys = [key for claim in work.claims.values() for key in claim.new_changes]
    changes = tuple(
        change for batch in chunks(keys) for change in stored_changes(s, t.status_changes.c.key.in_(batch), known_at=edition.at)
    )
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
        _post(s, topic_id, CHANGED, change.key, payload, edition.at)
    return Published(
        edition.id,
        edition.key,
        edition.at,
        changes,
        claims_refolded=sum(claim.refolded for claim in work.claims.values()),
        positions_added=sum(claim.added for claim in work.claims.values()),
        positions_closed=sum(claim.closed for claim in work.claims.values()),
    )
