"""Answers that stand in: what another matcher read of texts that the pinned one has not read counts until that one has.

A newsroom that installs another model goes on: its new articles count at once, and what was told before stays as it was until a
replay is accepted. The mark is set by a daily run, never by a replay, and only where no other matcher stands in already, so that
one text is told by one machine. Accepting a replay marks what the matcher before had read and the new one has not. What a mark
means for a read is `storage.pins.of_matcher`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import pins, readings
from storage import tables as t
from storage.assessments import news
from storage.records import Pin
from storage.sql import chunks, touch


def stand_in(s: Session, topic_id: int, matcher: str, *, now: datetime) -> int:
    """Let what this matcher has read count where the pinned one has not read it; returns how many texts. Again: no more."""
    return _mark(s, topic_id, matcher, s.execute(_to_mark(topic_id, matcher)).all(), now)


def hand_over(s: Session, topic_id: int, coming: Mapping[int, Pin], *, now: datetime) -> int:
    """Before these pins are set: let what the matchers so far have read count where theirs have not; returns how many texts."""
    held = pins.live(s, topic_id)
    former = {held[i].matcher for i, pin in coming.items() if i in held and held[i].matcher != pin.matcher}
    wordings: dict[str, list[int]] = {}
    for pin in (held | dict(coming)).values():
        wordings.setdefault(pin.matcher, []).append(pin.claim_version_id)
    count = 0
    for matcher in sorted(former):
        found: list[sa.Row[Any]] = []
        for own, version_ids in wordings.items():
            for batch in chunks(sorted(version_ids)) if own != matcher else ():
                found += s.execute(_not_read(topic_id, matcher, own, batch)).all()
        count += _mark(s, topic_id, matcher, found, now)
    return count


def _mark(s: Session, topic_id: int, matcher: str, found: Sequence[sa.Row[Any]], now: datetime) -> int:
    for batch in chunks({row.id for row in found}):
        s.execute(sa.update(t.scans).where(t.scans.c.id.in_(batch)).values(stands_in_at=now))
    a = t.assessments
    wordings: dict[int, set[int]] = {}
    for row in found:
        wordings.setdefault(row.claim_version_id, set()).add(row.revision_id)
    for version_id, revision_ids in wordings.items():
        for batch in chunks(sorted(revision_ids)):
            mine = (a.c.claim_version_id == version_id) & (a.c.matcher == matcher) & a.c.revision_id.in_(batch)
            s.execute(sa.update(a).where(mine, a.c.stands_in_at.is_(None)).values(stands_in_at=now))
    texts = sorted({row.revision_id for row in found})
    for revision_id in texts:
        cause, article_id = news(s, revision_id)
        touch(s, topic_id, cause, now, article_id=article_id)
    return len(texts)


def _to_mark(topic_id: int, matcher: str) -> sa.Select[Any]:
    """This matcher's scans that asked about a wording of which neither the pinned matcher nor a stand-in has read the text."""
    k, tc, p, c = t.scans, t.topic_claims, t.pins, t.claims
    return (
        sa.select(k.c.id, k.c.revision_id, p.c.claim_version_id)
        .join(tc, tc.c.topic_version_id == k.c.topic_version_id)
        .join(p, (p.c.claim_version_id == tc.c.claim_version_id) & p.c.known_to.is_(None) & (p.c.matcher != matcher))
        .join(c, c.c.id == p.c.claim_id)
        .where(k.c.matcher == matcher, c.c.topic_id == topic_id, c.c.retired_at.is_(None))
        .where(~_read(k, p.c.claim_version_id, p.c.matcher).correlate(k, p).exists(), readings.shown(k.c.revision_id, topic_id))
    )


def _not_read(topic_id: int, matcher: str, own: str, version_ids: Sequence[int]) -> sa.Select[Any]:
    """The same for wordings that `own` will answer for."""
    k, tc = t.scans, t.topic_claims
    return (
        sa.select(k.c.id, k.c.revision_id, tc.c.claim_version_id)
        .join(tc, tc.c.topic_version_id == k.c.topic_version_id)
        .where(k.c.matcher == matcher, tc.c.claim_version_id.in_(version_ids))
        .where(~_read(k, tc.c.claim_version_id, own).correlate(k, tc).exists(), readings.shown(k.c.revision_id, topic_id))
    )


def _read(k: sa.Table, wording: sa.ColumnElement[int], own: str | sa.ColumnElement[str]) -> sa.Select[Any]:
    """The scans in which its own matcher, or a stand-in, has read the text of `k` for this wording."""
    other, asked = t.scans.alias("other"), t.topic_claims.alias("asked")
    return (
        sa.select(other.c.id)
        .join(asked, asked.c.topic_version_id == other.c.topic_version_id)
        .where(other.c.revision_id == k.c.revision_id, asked.c.claim_version_id == wording)
        .where((other.c.matcher == own) | other.c.stands_in_at.is_not(None))
    )


def read_for_other_words(s: Session, topic_id: int) -> dict[str, int]:
    """Claim -> how many texts that are gone tell of it by what was read for an earlier wording (`storage.facts`)."""
    p, e, a, c, x, held = t.positions, t.evidence, t.assessments, t.claims, t.revision_texts, t.pins
    reworded = sa.select(held.c.claim_id).group_by(held.c.claim_id).having(sa.func.count(held.c.claim_version_id.distinct()) > 1)
    query = (
        sa.select(c.c.slug, sa.func.count(p.c.revision_id.distinct()))
        .join(p, p.c.claim_id == c.c.id)
        .join(e, e.c.id == p.c.evidence_id)
        .join(a, a.c.id == e.c.assessment_id)
        .join(held, (held.c.claim_id == c.c.id) & held.c.known_to.is_(None))
        .where(c.c.topic_id == topic_id, c.c.retired_at.is_(None), c.c.id.in_(reworded))
        .where(p.c.known_to.is_(None), p.c.actor != "person", a.c.claim_version_id != held.c.claim_version_id)
        .where(~sa.exists().where(x.c.revision_id == p.c.revision_id))
        .group_by(c.c.slug)
        .order_by(c.c.slug)
    )
    return dict(s.execute(query).tuples().all())
