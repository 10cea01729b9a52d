"""Shadow editions: what the ledger would say if another machine had read the past. Nothing is live until `accept`.

A shadow's answers are ordinary assessments of another matcher, or of re-readings (`storage.readings`), that no edition has
published; its positions and statuses are computed when asked for. Accepting pins the matcher and the cleaner and publishes the
difference as one edition; discarding leaves only the row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import UnknownName, UsageError
from claimline.models import Cause, FoldResult, Position, Stance
from storage import clusters, ledger_rows, pins, position_rows, readings, rereadings, stand_ins
from storage import tables as t
from storage.assessments import ensure_matcher
from storage.effective import articles_of_claim, effective
from storage.engine import Database
from storage.facts import facts_of, shared
from storage.publish import Fold, default_fold, publish_in
from storage.readings import Coming
from storage.records import Pin, Published
from storage.rereadings import Account
from storage.sql import actor_id, chunks, insert_id, stable_key

OF_A_TOPIC = frozenset({"taught", "names"})  # what a topic adds to the model that reads it, in a matcher's `about`


def open_shadow(
    s: Session,
    topic_id: int,
    *,
    matcher: str | None = None,
    judge: str | None = None,
    claims: Sequence[int] = (),
    cause: Cause | None = None,
    by: str,
    now: datetime,
    run_id: int | None = None,
    settings: Mapping[str, object] | None = None,
    wordings: Mapping[int, int] | None = None,
    coming: Coming | None = None,
) -> int:
    """Begin a replay of these claims (none: all) with another matcher, judge or cleaner; returns its id.

    `wordings`: the versions of the claims that were read for it, by claim (None: the newest). `cause` (None): *changed setting*
    where the same model reads with another topic's examples, names or people than before, else *new model*. `coming`: the
    re-readings that it takes (None: the texts stay as they are).
    """
    held = pins.live(s, topic_id)
    wanted = list(claims) or sorted(held)
    if not wanted:
        raise UsageError("there is nothing to replay: this topic has no edition yet")
    versions = _newest(s, wanted) | dict(wordings or {})
    spec: dict[str, Any] = {"matcher": matcher, "judge": judge, "claims": wanted, "settings": dict(settings or {})}
    if coming is not None:
        spec |= {"cleaner": coming.cleaner, "reread_by": coming.made_by.isoformat()}
    spec["wordings"] = [[claim_id, versions[claim_id]] for claim_id in sorted(versions)]
    for machine, kind in ((matcher, "model"), (judge, "judge")):  # it may have found nothing to read
        if machine is not None:
            ensure_matcher(s, machine, now=now, kind=kind)
    slug = s.execute(sa.select(t.topics.c.slug).where(t.topics.c.id == topic_id)).scalar_one()
    taken = s.execute(sa.select(sa.func.count()).select_from(t.editions).where(t.editions.c.topic_id == topic_id)).scalar_one()
    return insert_id(
        s,
        t.editions,
        key=stable_key("shadow", slug, now.isoformat(), taken),
        topic_id=topic_id,
        state="shadow",
        cause=(cause or _cause(s, [held[i].matcher for i in wanted if i in held], matcher)).value,
        actor_id=actor_id(s, "person", by, now),
        run_id=run_id,
        fold_version="",
        spec=spec,
        created_at=now,
    )


def _cause(s: Session, pinned: Iterable[str], matcher: str | None) -> Cause:
    m, before = t.matchers, set(pinned)
    if matcher is None or before <= {matcher}:
        return Cause.NEW_MODEL
    rows = s.execute(sa.select(m.c.about).where(m.c.hash.in_([matcher, *before]))).scalars()
    models = [{name: value for name, value in about.items() if name not in OF_A_TOPIC} for about in rows]
    return Cause.CHANGED_SETTING if models[0] and all(one == models[0] for one in models) else Cause.NEW_MODEL


def shadow_pins(s: Session, edition_id: int) -> dict[int, Pin]:
    """The pins that a shadow would set, by claim."""
    row = _shadow(s, edition_id)
    held = pins.live(s, row.topic_id)
    found = {}
    for claim_id, version_id in _wordings(s, row).items():
        pin = held.get(claim_id)
        matcher = row.spec["matcher"] or (pin.matcher if pin else None)
        if matcher is None:
            continue
        judge = row.spec["judge"] or (pin.judge if pin else None)
        cleaner = row.spec.get("cleaner") or (pin.cleaner if pin else pins.usual_cleaner(held))
        base = pin or Pin(claim_id, version_id, matcher, judge)
        found[claim_id] = replace(base, claim_version_id=version_id, matcher=matcher, judge=judge, cleaner=cleaner)
    return found


def _coming(row: sa.Row[Any]) -> Coming | None:
    """The re-readings that a shadow takes."""
    cleaner = row.spec.get("cleaner")
    return Coming(cleaner, datetime.fromisoformat(row.spec["reread_by"])) if cleaner else None


def read_again(s: Session, edition_id: int) -> Account | None:
    """What the cleaner of a shadow made of the topic's texts; None where the shadow leaves them as they are."""
    row = _shadow(s, edition_id)
    coming = _coming(row)
    return rereadings.account(s, row.topic_id, coming.cleaner, coming.made_by) if coming else None


def _newest(s: Session, claim_ids: Iterable[int]) -> dict[int, int]:
    c = t.claims
    found: dict[int, int] = {}
    for batch in chunks(sorted(set(claim_ids))):
        found.update(s.execute(sa.select(c.c.id, c.c.current_version_id).where(c.c.id.in_(batch))).tuples().all())
    return found


def _wordings(s: Session, row: sa.Row[Any]) -> dict[int, int]:
    """The versions of its claims that a shadow has read, by claim; where it did not keep them, those of its day."""
    if "wordings" in row.spec:
        return dict(row.spec["wordings"])
    v = t.claim_versions
    of_its_day = sa.select(v.c.claim_id, sa.func.max(v.c.id)).where(v.c.created_at <= row.created_at).group_by(v.c.claim_id)
    held = dict(s.execute(of_its_day).tuples().all())
    return {claim_id: held[claim_id] for claim_id in row.spec["claims"] if claim_id in held}


def shadow_positions(s: Session, claim_id: int, edition_id: int) -> tuple[Position, ...]:
    """The claim's positions as the shadow would have them; the live ones for a claim that it leaves alone."""
    pin = shadow_pins(s, edition_id).get(claim_id)
    if pin is None:
        return tuple(sorted(position_rows.positions(s, claim_id, None), key=lambda p: p.key))
    coming = _coming(_shadow(s, edition_id))
    rows = effective(s, pin, articles_of_claim(s, claim_id), handed_over=_handed_over(s, pin), coming=coming)
    return tuple(position_rows.as_positions(s, rows))


def shadow_sides(s: Session, claim_id: int, edition_id: int, article_ids: Collection[int]) -> dict[int, Stance]:
    """What the shadow's machines say of these articles' texts, by the text that is told now; of one that is left out they say
    nothing."""
    row = _shadow(s, edition_id)
    pin, coming = shadow_pins(s, edition_id).get(claim_id) or pins.of_claim(s, claim_id), _coming(row)
    if pin is None:
        return {}
    common, found = shared(s, pin), dict[int, Stance]()
    moved = readings.differing(s, row.topic_id, coming, article_ids).values() if coming else ()
    for batch in chunks(sorted(set(article_ids))):
        known = facts_of(s, pin, batch, *common, handed_over=_handed_over(s, pin)).answers
        found |= {revision_id: answer.stance for revision_id, answer in known.items()}
    for now, then in moved:
        found[now] = found.get(then, Stance.UNRELATED)
    return found


def _handed_over(s: Session, pin: Pin) -> str | None:
    """The matcher that this pin would replace."""
    held = pins.of_claim(s, pin.claim_id)
    return held.matcher if held is not None and held.matcher != pin.matcher else None


def shadow_fold(s: Session, claim_id: int, edition_id: int, *, fold: Fold | None = None) -> FoldResult:
    """The claim's history as the shadow would have it."""
    folding = fold or default_fold()
    return folding(shadow_positions(s, claim_id, edition_id), ledger_rows.rulings(s, claim_id, None))


def accept(
    db: Database, edition_id: int, *, by: str, now: datetime, fold: Fold | None = None, run_id: int | None = None
) -> Published:
    """Make a shadow live as one edition; raises UsageError where a claim was reworded since it was made.

    What came meanwhile and only the matcher before has read goes on counting until the new one has read it. Texts that a new
    cleaner read otherwise are told so from then on.
    """
    return db.write(lambda s: accept_in(s, edition_id, by=by, now=now, fold=fold, run_id=run_id))


def accept_in(
    s: Session, edition_id: int, *, by: str, now: datetime, fold: Fold | None = None, run_id: int | None = None
) -> Published:
    row = _shadow(s, edition_id)
    _refuse_reworded(s, row)
    moves = shadow_pins(s, edition_id)
    if (coming := _coming(row)) is not None:
        taken = readings.take(s, row.topic_id, coming, edition_id)
        clusters.stand_for(s, row.topic_id, taken, Cause.NEW_CLEANER, now)
    stand_ins.hand_over(s, row.topic_id, moves, now=now)
    from claimline.history import FOLD_VERSION

    s.execute(sa.update(t.editions).where(t.editions.c.id == edition_id).values(fold_version=FOLD_VERSION))
    return publish_in(
        s,
        row.topic_id,
        run_id=run_id,
        actor=by,
        actor_kind="person",
        now=now,
        fold=fold,
        edition_id=edition_id,
        moves=moves,
        cause=Cause(row.cause),
    )


def _refuse_reworded(s: Session, row: sa.Row[Any]) -> None:
    """A pin to words that nobody has read would empty the claim's history."""
    read = _wordings(s, row)
    newest = _newest(s, read)
    if others := sorted(claim_id for claim_id, version_id in read.items() if newest[claim_id] != version_id):
        c = t.claims
        slugs = ", ".join(s.execute(sa.select(c.c.slug).where(c.c.id.in_(others[:10])).order_by(c.c.slug)).scalars())
        raise UsageError(f"replay {row.key} has read other words than those of today ({slugs}): discard it and replay again")


def discard(s: Session, edition_id: int) -> None:
    """Drop a shadow; its answers stay unpublished and count for nothing."""
    row = _shadow(s, edition_id)
    s.execute(sa.update(t.editions).where(t.editions.c.id == row.id).values(state="discarded"))


def _shadow(s: Session, edition_id: int) -> sa.Row[tuple[Any, ...]]:
    row = s.execute(sa.select(t.editions).where(t.editions.c.id == edition_id)).first()
    if row is None:
        raise UnknownName("replay", str(edition_id))
    if row.state != "shadow":
        raise UsageError(f"replay {row.key} is {row.state} already")
    return row
