"""What a database with the tests' topic says, in a form that two databases, or two moments, can be compared by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage import claims, clusters, decisions, ledger, outlets
from storage import tables as t
from storage.engine import Database, Session
from storage.records import StoredTopic
from storage.verify import differences, fold_differences


def rows(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table as it is."""
    with db.read() as s:
        return {name: sorted(map(tuple, s.execute(sa.select(table))), key=repr) for name, table in t.METADATA.tables.items()}


def live(db: Database) -> dict[str, object]:
    """What stands, by natural keys, without ids and times; what was said twice is said. The ledger is checked by the way."""
    with db.read() as s:
        topic = claims.topic(s, "bridge")
        assert differences(s, topic.id) == ()
        return _ledger(s, topic) | {
            "waiting": s.execute(sa.select(sa.func.count()).select_from(t.touches)).scalar(),
            "untold": s.execute(sa.select(sa.func.count()).where(_untold())).scalar(),
            "decisions": {
                (d.kind, d.by, d.claim, d.url, d.stance, d.quote, d.status, d.valid_from, d.undone)
                for d in decisions.decisions(s, undone=True)
            },
            "copies": [(m.article_id, m.cluster) for m in clusters.members(s, topic.id)],
            "outlets": [(o.domain, o.weight, o.named) for o in outlets.outlets(s, topic.id)],
            "replays": tuple(e.state for e in ledger.editions(s, topic.id, state=None) if e.spec),
            "messages": {(m.kind, *sorted(map(str, (m.payload.get(n) for n in _TOLD)))) for m in s.execute(sa.select(t.outbox))},
        }


_TOLD = ("from", "to", "valid_from", "cause")


def _ledger(s: Session, topic: StoredTopic) -> dict[str, object]:
    ids = {c.slug: c.id for c in topic.claims}
    pins = sa.select(t.pins.c.claim_id, t.pins.c.matcher).where(t.pins.c.known_to.is_(None))
    return {
        "changes": {
            slug: [(c.change.valid_from, c.change.after, c.cause, c.review) for c in ledger.changes(s, i)]
            for slug, i in ids.items()
        },
        "positions": {
            slug: [(p.key, p.stance, p.confidence, p.weight, p.cluster) for p in ledger.positions(s, i)]
            for slug, i in ids.items()
        },
        "statuses": [(x.claim.slug, x.status, x.machine, x.figures) for x in ledger.statuses(s)],
        "pins": sorted(s.execute(pins).tuples()),
    }


def _untold() -> sa.ColumnElement[bool]:
    d = t.decisions
    return d.c.edition_id.is_(None) & d.c.topic_id.is_not(None) & (d.c.kind != "undo")


def what_was_known(db: Database, asked: dict[datetime, object] | None = None) -> dict[datetime, object]:
    """What was told at the moment of each edition (or at these moments), which no later word changes."""
    with db.read() as s:
        topic = claims.topic(s, "bridge")
        moments = list(asked) if asked is not None else [e.recorded_at for e in ledger.editions(s, topic.id) if e.recorded_at]
        for moment in moments:
            assert [x for c in topic.claims for x in fold_differences(s, c.id, moment)] == []
        return {
            m: [(c.key, c.change) for claim in topic.claims for c in ledger.changes(s, claim.id, known_at=m)] for m in moments
        }
