"""What an edition tells beside its changes: voices that are new, and decided articles that were edited. In its own transaction.

Each is told once, whatever comes and goes: a voice by its key, an edit by the decision and the text. A backfill tells neither.
Voices are looked for only where a rule of the topic asks for them, and not in a claim's first edition, which tells its status.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline import notify
from claimline.models import SIDES, Cause, NotifyRule, Position, Voice
from storage import erased, outbox, readings, retention
from storage import tables as t
from storage.effective import claim_key
from storage.sql import chunks, stable_key
from storage.touched import ClaimWork, Work

VOICE = "claimline.voice.new"
EDITED = "claimline.decided.edited"
_BROUGHT_BY = frozenset({Cause.NEW_ARTICLE, Cause.LATE_ARTICLE, Cause.EDITED_ARTICLE})
NewVoices = tuple[tuple[Voice, Position], ...]
_DECIDED = ("stance", "accept", "reject", "evidence")


def told_quotes(s: Session, reports: Iterable[Position]) -> list[dict[str, str]]:
    """The quotes of a message, each with its address and side; without its words where only the link may be told on."""
    told = list(reports)
    linked = retention.only_linked(s, [p.article for p in told])
    return [{"quote": "" if p.article in linked else p.quote, "url": p.article, "stance": p.stance.value} for p in told]


def asked_for(s: Session, topic_id: int) -> frozenset[str]:
    """The kinds of the topic's rules."""
    v = t.topic_versions
    current = (
        sa.select(v.c.spec["notify"]).join(t.topics, t.topics.c.current_version_id == v.c.id).where(t.topics.c.id == topic_id)
    )
    return frozenset(notify.kind(NotifyRule(rule["on"], "")) for rule in s.execute(current).scalar() or ())


def is_told(s: Session, run_id: int | None) -> bool:
    """Whether what this run publishes is news."""
    return s.execute(sa.select(t.runs.c.flow).where(t.runs.c.id == run_id)).scalar() != "backfill"


# --- voices ---------------------------------------------------------------------------------------------------------


def new_voices(claim: ClaimWork, before: Sequence[Position], after: Sequence[Position]) -> NewVoices:
    """The voices that take a side and that articles brought, each with its first report; `before` and `after` the edition."""
    held = {p.key for p in before}
    brought = {x.article_id for x in claim.touched if x.cause in _BROUGHT_BY}
    fresh = {row.key for row in claim.add if row.article_id in brought and row.stance in SIDES} - held
    if not fresh or (claim.moved and claim.told_until is None):
        return ()
    from claimline.history import group_voices  # numpy: only where voices are asked for

    known = {v.key for v in group_voices(before)}
    found = [v for v in group_voices(after) if v.key not in known and fresh.issuperset(v.positions)]
    reports = {p.key: p for p in after if p.key in fresh}
    return tuple((v, reports[v.positions[0]]) for v in found)


def post_voices(s: Session, topic_id: int, claim_id: int, voices: NewVoices, at: datetime) -> None:
    c, own = t.claims, t.topics
    query = sa.select(own.c.slug, c.c.slug).join(own, own.c.id == c.c.topic_id).where(c.c.id == claim_id)
    topic, claim = s.execute(query).tuples().one()
    quotes = told_quotes(s, [first for _, first in voices])
    for (voice, first), quote in zip(voices, quotes, strict=True):
        payload = {
            "claim": claim,
            "topic": topic,
            "stance": voice.stance.value,
            "valid_from": voice.valid_from.isoformat(),
            "reports": len(voice.positions),
            "said_by": notify.said_by(first.speaker_written) if first.speaker_written else None,
            "quotes": [quote],
        }
        outbox.post(s, topic_id, VOICE, stable_key(VOICE, *claim_key(s, claim_id), voice.key), payload, now=at)


# --- decisions ------------------------------------------------------------------------------------------------------


def post_edited(s: Session, topic_id: int, work: Work, now: datetime) -> None:
    """For each decision that stands on another text of its article than the one in print now."""
    edited = {x.article_id for c in work.claims.values() for x in c.touched if x.cause is Cause.EDITED_ARTICLE and x.article_id}
    rows = list(_decided_on_another_text(s, topic_id, edited))
    linked = retention.only_linked(s, [row["url"] for row in rows])
    for row in rows:
        quote, text = str(row["quote"] or ""), row["text"]
        payload = {
            "claim": row["claim"],
            "topic": row["topic"],
            "url": row["url"],
            "decided": row["stance"] or row["kind"],
            "by": row["by"],
            "at": row["at"].isoformat(),
            "quote": "" if row["url"] in linked else erased.readable(quote) or "",
            "still_says_so": erased.find(text, quote) >= 0 if quote and text is not None else None,
        }
        key = stable_key(EDITED, row["client_id"], row["revision"])
        outbox.post(s, topic_id, EDITED, key, payload, now=now)


def _decided_on_another_text(s: Session, topic_id: int, article_ids: Collection[int]) -> Iterable[Mapping[str, Any]]:
    d, a, r, x, c = t.decisions, t.articles, t.revisions, t.revision_texts, t.claims
    told = (a.c.url, c.c.slug.label("claim"), t.topics.c.slug.label("topic"), t.actors.c.name.label("by"))
    query = (
        sa.select(d.c.client_id, d.c.kind, d.c.stance, d.c.quote, d.c.at, r.c.key.label("revision"), x.c.text, *told)
        .select_from(d)
        .join(a, a.c.id == d.c.article_id)
        .join(r, r.c.id == readings.current(topic_id))
        .outerjoin(x, x.c.revision_id == r.c.id)
        .join(c, c.c.id == d.c.claim_id)
        .join(t.topics, t.topics.c.id == c.c.topic_id)
        .join(t.actors, t.actors.c.id == d.c.actor_id)
        .where(d.c.topic_id == topic_id, d.c.kind.in_(_DECIDED), d.c.undone_by.is_(None))
        .where(d.c.revision_id.is_not(None), d.c.revision_id != r.c.id)
        .order_by(d.c.id)
    )
    for batch in chunks(sorted(article_ids)):
        yield from (dict(row) for row in s.execute(query.where(d.c.article_id.in_(batch))).mappings())
