"""Writing an edition: its row, each claim's difference, the stamps and the messages. All within the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import Cause, Change, FoldResult
from storage import causes, codec, notices, pins, position_rows, prepared
from storage import tables as t
from storage.effective import claim_key
from storage.ledger_rows import rulings, stored_changes
from storage.records import Published, StoredChange
from storage.sql import actor_id, chunks, insert_id, insert_many, stable_key
from storage.touched import ClaimWork, Work, unpublished

CauseOf = Callable[[causes.Context], Cause]

CHANGED = "claimline.claim.changed"
WITHDRAWN = "claimline.claim.withdrawn"


class Edition:
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


def write_claim(s: Session, claim: ClaimWork, edition: Edition, cause_of: CauseOf, cause: Cause | None) -> None:
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
    s: Session, claim: ClaimWork, result: FoldResult, edition: Edition, cause_of: CauseOf, cause: Cause | None
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

    def __init__(self, s: Session, claim: ClaimWork) -> None:
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
        """Who decided on these articles, or on what they are copies of."""
        d, a, r, m = t.decisions, t.actors, t.revisions, t.copy_memberships
        live = m.c.closed_at.is_(None)
        groups = (
            sa.select(m.c.topic_id, m.c.cluster).join(r, r.c.id == m.c.revision_id).where(live, r.c.article_id.in_(article_ids))
        )
        group = groups.subquery()
        copies = (
            sa.select(m.c.revision_id)
            .join(group, (group.c.topic_id == m.c.topic_id) & (group.c.cluster == m.c.cluster))
            .where(live, m.c.topic_id == d.c.topic_id)
        )
        query = (
            sa.select(a.c.name)
            .join(d, d.c.actor_id == a.c.id)
            .where(d.c.claim_id == self._claim.pin.claim_id, d.c.undone_by.is_(None), d.c.kind != "undo")
            .where(d.c.article_id.in_(article_ids) | d.c.revision_id.in_(copies))
            .distinct()
            .order_by(a.c.name)
        )
        return list(self._s.execute(query).scalars()) or ["a person"]


def state_content(result: FoldResult) -> dict[str, Any]:
    """Where a claim stands by a fold, as its row says it."""
    return {
        "status": result.status.value,
        "machine": result.machine.value,
        "figures": codec.dump_figures(result.figures),
        "newest": result.newest,
    }


def _write_state(s: Session, claim_id: int, result: FoldResult, edition: Edition) -> None:
    c = t.claim_states
    content = state_content(result)
    live = (c.c.claim_id == claim_id) & c.c.known_to.is_(None)
    held = s.execute(sa.select(c).where(live)).mappings().first()
    if held is not None and _same(dict(held), content):
        return
    s.execute(sa.update(c).where(live).values(known_to=edition.at, closed_by=edition.id))
    s.execute(sa.insert(c).values(claim_id=claim_id, edition_id=edition.id, known_from=edition.at, **content))


def _withdraw(s: Session, claim: ClaimWork, rows: Sequence[Mapping[str, Any]], edition: Edition) -> None:
    """A change that the ledger no longer tells is told too."""
    if not rows:
        return
    topic_id = s.execute(sa.select(t.claims.c.topic_id).where(t.claims.c.id == claim.pin.claim_id)).scalar_one()
    topic, slug = claim_key(s, claim.pin.claim_id)
    for row in rows:
        claim.withdrawn.append(row["key"])
        payload = {"claim": slug, "topic": topic, "from": row["before"], "to": row["after"]}
        payload |= {"valid_from": row["valid_from"].isoformat(), "recorded_at": edition.at.isoformat(), "change": row["key"]}
        _post(s, topic_id, WITHDRAWN, stable_key(WITHDRAWN, row["key"], edition.key), payload, edition.at)


def _post(s: Session, topic_id: int, kind: str, key: str, payload: Mapping[str, Any], at: datetime) -> None:
    values = {"key": key, "topic_id": topic_id, "kind": kind, "payload": dict(payload), "created_at": at}
    s.execute(sa.insert(t.outbox).values(**values, attempts=0))


def stamp(s: Session, topic_id: int, edition_id: int) -> None:
    about = {**unpublished(s, topic_id), "edition": edition_id}
    for query in (*prepared.STAMPS, prepared.STAMP_UNDONE):
        s.execute(query, about)


def told(s: Session, topic_id: int, edition: Edition, work: Work) -> Published:
    changes = _changes_by_key(s, [key for claim in work.claims.values() for key in claim.new_changes], edition.at)
    before = edition.at - timedelta(microseconds=1)
    withdrawn = _changes_by_key(s, [key for claim in work.claims.values() for key in claim.withdrawn], before)
    quotes = iter(notices.told_quotes(s, [q for change in changes for q in change.quotes[:3]]))
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
            "quotes": list(islice(quotes, len(change.quotes[:3]))),
        }
        _post(s, topic_id, CHANGED, change.key, payload, edition.at)
    return Published(
        edition.id,
        edition.key,
        edition.at,
        changes,
        withdrawn,
        claims_refolded=sum(claim.refolded for claim in work.claims.values()),
        positions_added=sum(claim.added for claim in work.claims.values()),
        positions_closed=sum(claim.closed for claim in work.claims.values()),
    )


def _changes_by_key(s: Session, keys: Sequence[str], known_at: datetime) -> tuple[StoredChange, ...]:
    return tuple(
        change for batch in chunks(keys) for change in stored_changes(s, t.status_changes.c.key.in_(batch), known_at=known_at)
    )
