"""From answers to positions: which one answer counts for a claim and an article, and on which days it stood.

Person before judge before matcher (rule 5); a decision holds for later texts and for copies with the same quote (rule 7); an edit
closes what the older text said and keeps what still stands in the new one. The result is what an edition would write now;
nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import SIDES, Stance
from storage import erased, stands
from storage import tables as t
from storage.erased import sha256_of
from storage.facts import PURGED, VERDICTS, Answer, Facts, Quote, Verdict, claim_key, facts_of, shared
from storage.readings import Coming
from storage.records import Pin
from storage.sql import chunks, stable_key

__all__ = ["PURGED", "VERDICTS", "PositionRow", "articles_of_claim", "claim_key", "effective", "position_key"]


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A position as it is stored, without its editions; two equal ones are the same position."""

    key: str
    article_id: int
    revision_id: int
    evidence_id: int | None
    stance: Stance
    confidence: float
    valid_from: date
    valid_to: date | None
    speaker: str | None
    speaker_written: str | None
    said_on: date | None
    cluster: str | None
    weight: float
    actor: str
    start: int
    end: int
    quote: str | None  # only where no evidence row holds it


def effective(
    s: Session, pin: Pin, article_ids: Iterable[int], *, handed_over: str | None = None, coming: Coming | None = None
) -> list[PositionRow]:
    """The positions that these articles take on the pinned claim, in the order of their keys.

    `handed_over`: the matcher that this pin would replace; what only that one has read still counts. `coming`: the readings of
    their texts that a replay would take.
    """
    found: list[PositionRow] = []
    common = shared(s, pin)
    for batch in chunks(sorted(set(article_ids))):
        facts = facts_of(s, pin, batch, *common, handed_over=handed_over, coming=coming)
        for article_id, standing in facts.standing.items():
            found += _article(facts, article_id, standing)
    return sorted(found, key=lambda row: row.key)


def articles_of_claim(s: Session, claim_id: int) -> list[int]:
    """Every article that any machine or person has said something about for this claim, and the copies of those decided on."""
    judged = sa.select(t.assessments.c.article_id).where(t.assessments.c.claim_id == claim_id)
    decided = sa.select(t.decisions.c.article_id).where(t.decisions.c.claim_id == claim_id, t.decisions.c.article_id.is_not(None))
    return sorted(s.execute(judged.union(decided, _copies_of_decided(claim_id))).scalars())


def _copies_of_decided(claim_id: int) -> sa.Select[tuple[int]]:
    d, c, r = t.decisions, t.claims, t.revisions
    mine, other = t.copy_memberships.alias("mine"), t.copy_memberships.alias("other")
    live = mine.c.closed_at.is_(None) & other.c.closed_at.is_(None)
    return (
        sa.select(r.c.article_id)
        .join(other, other.c.revision_id == r.c.id)
        .join(mine, (mine.c.topic_id == other.c.topic_id) & (mine.c.cluster == other.c.cluster) & live)
        .join(d, d.c.revision_id == mine.c.revision_id)
        .join(c, (c.c.id == d.c.claim_id) & (c.c.topic_id == mine.c.topic_id))
        .where(d.c.claim_id == claim_id)
    )


def position_key(
    key: tuple[str, str], article_key: str, text_hash: str, start: int, end: int, stance: str, again: int = 0
) -> str:
    """The stable key of a position: topic, claim, article, text, span, side (and how often the text has come back)."""
    return stable_key(*key, article_key, text_hash, start, end, stance, again or None)


# --- one article ----------------------------------------------------------------------------------------------------


def _article(facts: Facts, article_id: int, standing: stands.Standing) -> list[PositionRow]:
    if standing.uncertain:
        return []
    closed: list[PositionRow] = []
    current: list[PositionRow] = []
    for stand in _read(facts, standing.stands):
        new = _rows(facts, article_id, stand)
        kept = [row for row in current if _still_said(facts, row, stand, new)]
        closed += [replace(row, valid_to=stand.valid_from) for row in current if row not in kept]
        current = kept + [row for row in new if not any(_same_word(row, k) for k in kept)]
    return [row for row in closed if row.valid_to and row.valid_from < row.valid_to] + current


def _read(facts: Facts, spans: Sequence[stands.Stand]) -> list[stands.Stand]:
    """The stands that count: a text that is not read yet leaves the one before it standing; of a day's texts the last counts."""
    told = {v.revision_id for v in facts.verdicts}
    read = [x for i, x in enumerate(spans) if i == 0 or x.revision_id not in facts.unread or x.revision_id in told]
    ended = [replace(x, valid_to=y.valid_from) for x, y in pairwise(read)]
    return [x for x in [*ended, *read[-1:]] if x.valid_to is None or x.valid_to != x.valid_from]


def _still_said(facts: Facts, row: PositionRow, stand: stands.Stand, new: Sequence[PositionRow]) -> bool:
    return any(n.stance is row.stance for n in new) and facts.says(stand.revision_id, *_words(facts, row))


def _same_word(row: PositionRow, kept: PositionRow) -> bool:
    return row.stance is kept.stance and row.speaker == kept.speaker


def _words(facts: Facts, row: PositionRow) -> tuple[str, str]:
    """The row's quote and its hash."""
    if row.quote is not None:
        return row.quote, sha256_of(row.quote)
    answer = facts.answers.get(row.revision_id)
    return next(((q.text, q.sha256) for q in answer.quotes if q.evidence_id == row.evidence_id), ("", "")) if answer else ("", "")


def _rows(facts: Facts, article_id: int, stand: stands.Stand) -> list[PositionRow]:
    if stand.retracted or stand.valid_from is None:
        return []
    verdicts = [v for v in facts.verdicts if _applies(facts, v, article_id, stand.revision_id)]
    answer = _without_rejected(facts.answers.get(stand.revision_id), verdicts)
    said = max((v for v in verdicts if v.kind in VERDICTS), key=lambda v: v.id, default=None)
    if said is not None:
        rows = _by_person(facts, article_id, stand, said, answer)
    else:
        rows = _by_machine(facts, article_id, stand, answer)
    for added in (v for v in verdicts if v.kind == "evidence" and v.stance is not None):
        if sha256_of(added.quote or "") in _rejected_later(facts, article_id, stand, added):
            continue
        rows.append(_row(facts, article_id, stand, _located(facts, article_id, stand, added), added.stance, 1.0, "person"))  # type: ignore[arg-type]
    return list({row.key: row for row in rows}.values())


def _by_machine(facts: Facts, article_id: int, stand: stands.Stand, answer: Answer | None) -> list[PositionRow]:
    if answer is None or not answer.decided or answer.stance is Stance.UNRELATED:
        return []
    share = 0.5 if answer.stance is Stance.MIXED else 1.0
    return [
        _row(facts, article_id, stand, quote, side, answer.confidence * share, answer.actor)
        for side in _sides(answer.stance)
        for quote in _quotes_for(answer.quotes, side)
    ]


def _by_person(facts: Facts, article_id: int, stand: stands.Stand, said: Verdict, answer: Answer | None) -> list[PositionRow]:
    """`answer` is without the quotes that a person rejected; a side of which nothing else was seen goes with them."""
    if said.stance is None or said.stance is Stance.UNRELATED:
        return []
    quotes = answer.quotes if answer else ()
    rejected = _rejected_later(facts, article_id, stand, said)
    pointed: list[tuple[Stance, Quote | None]] = []
    for side in _sides(said.stance):
        found: list[Quote | None] = [q for q in quotes if q.stance is side]
        if not found and said.stance is not Stance.MIXED and sha256_of(said.quote or "") not in rejected:
            found = [q for q in [_located(facts, article_id, stand, said)] if q is not None]
        if not found and not _lost(facts, article_id, stand, side, said, rejected):
            found = [None]  # the person's word holds, but no words of another side are told as its own
        pointed += [(side, q) for q in found]
    share = 0.5 if len({side for side, _ in pointed}) > 1 else 1.0
    return [_row(facts, article_id, stand, q, side, share, "person") for side, q in pointed]


def _rejected_later(facts: Facts, article_id: int, stand: stands.Stand, said: Verdict) -> frozenset[str]:
    """Hashes of the quotes of the article, or of its copies, that a person rejected after this was said."""
    cluster = facts.clusters.get(stand.revision_id)
    later = (v for v in facts.verdicts if v.kind == "reject" and v.quote and v.id > said.id)
    near = (v for v in later if v.article_id == article_id or (cluster is not None and v.cluster == cluster))
    return frozenset(sha256_of(v.quote or "") for v in near)


def _lost(facts: Facts, article_id: int, stand: stands.Stand, side: Stance, said: Verdict, rejected: frozenset[str]) -> bool:
    """Whether all that a side was seen to rest on is rejected: the machine's quotes on it, else the quote that was decided on."""
    texts = (stand.revision_id, said.revision_id if said.article_id == article_id else None)
    answers = [facts.answers[i] for i in texts if i is not None and i in facts.answers]
    seen = [{q.sha256 for q in answer.quotes if q.stance is side} for answer in answers]
    if any(seen):
        return any(own and own <= rejected for own in seen)
    return bool(said.quote) and sha256_of(said.quote or "") in rejected


def _without_rejected(answer: Answer | None, verdicts: Sequence[Verdict]) -> Answer | None:
    rejected = {sha256_of(v.quote) for v in verdicts if v.kind == "reject" and v.quote}
    if answer is None or not rejected:
        return answer
    left = tuple(q for q in answer.quotes if q.sha256 not in rejected)
    if len(left) == len(answer.quotes):
        return answer
    sides = {q.stance for q in left if q.stance in SIDES}
    if not left or (answer.stance in SIDES and answer.stance not in sides):
        return None
    if answer.stance is Stance.MIXED and len(sides) == 1:
        return replace(answer, stance=sides.pop(), quotes=left)
    return replace(answer, quotes=left)


def _sides(stance: Stance) -> tuple[Stance, ...]:
    return (Stance.SUPPORTS, Stance.REFUTES) if stance is Stance.MIXED else (stance,)


def _quotes_for(quotes: Sequence[Quote], side: Stance) -> list[Quote | None]:
    """The quotes on this side; where the machine gave none, the position still counts once."""
    own: list[Quote | None] = [q for q in quotes if q.stance is side]
    return own or (list(quotes[:1]) if side is Stance.NEUTRAL else []) or [None]


def _located(facts: Facts, article_id: int, stand: stands.Stand, verdict: Verdict) -> Quote | None:
    """The words that a person points at, on the person's side, said by whom the person names."""
    found = _found(facts, article_id, stand, verdict)
    if found is None or verdict.speaker is None:
        return found
    return replace(found, speaker=verdict.speaker, speaker_written=verdict.speaker_written)


def _found(facts: Facts, article_id: int, stand: stands.Stand, verdict: Verdict) -> Quote | None:
    """The words where they stand; who says them, and when, as a machine found of the same words."""
    text, quote = facts.texts.get(stand.revision_id), verdict.quote or ""
    if not quote:
        return None
    side, sha256 = verdict.stance or Stance.NEUTRAL, sha256_of(quote)
    here = _quoted(facts, stand.revision_id, sha256)
    if here is not None:
        return replace(here, stance=side)
    start = erased.find(text, quote) if text else -1
    if text is None and verdict.revision_id == stand.revision_id and verdict.start is not None:
        start = verdict.start  # where it stood before retention took the text
    if start < 0:
        return None
    seen = _quoted(facts, verdict.revision_id, sha256) if verdict.article_id == article_id else None
    end, words = start + erased.length(quote), erased.readable(quote) or ""
    found = seen or Quote(None, start, end, words, side, sha256)
    return replace(found, evidence_id=None, start=start, end=end, text=words, stance=side)


def _quoted(facts: Facts, revision_id: int | None, sha256: str) -> Quote | None:
    answer = facts.answers.get(revision_id) if revision_id is not None else None
    return next((q for q in answer.quotes if q.sha256 == sha256), None) if answer else None


def _applies(facts: Facts, verdict: Verdict, article_id: int, revision_id: int) -> bool:
    """On the text that was seen and those after it; on older texts and on copies where they hold the same quote."""
    if verdict.article_id == article_id:
        later = verdict.revision_id is None or facts.is_later(revision_id, verdict.revision_id)
        if later and verdict.kind in VERDICTS:
            return True
    elif verdict.cluster is None or facts.clusters.get(revision_id) != verdict.cluster:
        return False
    if not verdict.quote:
        return False
    on_it = verdict.revision_id == revision_id and revision_id not in facts.texts
    return on_it or facts.says(revision_id, verdict.quote, sha256_of(verdict.quote))


def _row(
    facts: Facts, article_id: int, stand: stands.Stand, q: Quote | None, side: Stance, confidence: float, actor: str
) -> PositionRow:
    start, end = (q.start, q.end) if q else (0, 0)
    text_hash = facts.text_hash[stand.revision_id]
    article_key = facts.article_key[article_id]
    assert stand.valid_from is not None  # noqa: S101
    return PositionRow(
        key=position_key(facts.key, article_key, text_hash, start, end, side, stand.occurrence),
        article_id=article_id,
        revision_id=stand.revision_id,
        evidence_id=q.evidence_id if q else None,
        stance=side,
        confidence=confidence,
        valid_from=stand.valid_from,
        valid_to=None,
        speaker=q.speaker if q else None,
        speaker_written=q.speaker_written if q else None,
        said_on=q.said_on if q else None,
        cluster=facts.clusters.get(stand.revision_id),
        weight=facts.weights.of(facts.outlet[article_id]),
        actor=actor,
        start=start,
        end=end,
        quote=q.text if q and q.evidence_id is None else None,
    )
