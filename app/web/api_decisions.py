"""The API's decisions: a person's word by a program, signed with the name of the token's user."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Body, Depends, HTTPException, Path, Query
from pydantic import BaseModel, Field

from app import reading, reads
from app.reading import Row
from app.web import review
from app.web.calls import MOST, OfTopic, caller, deciding
from app.web.shell import Visit
from claimline.errors import UsageError
from claimline.models import Stance, Status
from storage import articles, claims, decisions, revisions
from storage.engine import Session
from storage.records import NewDecision, Recorded, StoredClaim, StoredTopic
from storage.sql import topics_of_article

router = APIRouter(prefix="/api/v1/decisions", tags=["decisions"])
_ONE_SIDE = (Stance.SUPPORTS, Stance.REFUTES, Stance.NEUTRAL)


@router.get("")
def get_decisions(
    topic: OfTopic = "",
    undone: Annotated[bool, Query(description="Those that were taken back too.")] = False,
    limit: Annotated[int, Query(ge=1, le=1_000, description=MOST)] = 1_000,
    visit: Visit = Depends(caller),
) -> list[Row]:
    """What people decided, newest first."""
    with visit.db.read() as s:
        return [reading.decision_row(d) for d in reads.decided(s, topic or None, undone=undone, limit=limit)]


ClientId = Annotated[
    str, Field(max_length=80, pattern=r"^[A-Za-z0-9._-]*$", description="An id of yours: sent twice, stored once.")
]


class Asked(BaseModel):
    """A person's word. `client_id` makes asking twice store it once."""

    kind: Literal["stance", "accept", "reject", "evidence", "ruling", "date", "separate"] = Field(
        description="stance: what the article says of the claim; accept: as the machine says; reject: a quote does not count; "
        "evidence: a quote that was missed; ruling: the claim's status; date: the article's day; separate: it is no copy."
    )
    topic: str = Field("", description="The topic's short name; needed where two topics have the claim, or the article.")
    claim: str = Field("", description="The claim's short name; not for a date, and not to separate.")
    revision: str = Field("", description="The permanent id of the text that was seen; not for a ruling.")
    article: str = Field("", max_length=4_000, description="Instead of `revision`: the article's address, for its newest text.")
    stance: Stance | None = Field(None, description="For a stance or added evidence.")
    quote: str | None = Field(None, max_length=10_000, description="The words, to reject them or to add them as evidence.")
    speaker: str | None = Field(
        None, max_length=review.SPEAKER_CHARS, description="Who says an added quote; none: whom the machine found."
    )
    status: Status | None = Field(None, description="For a ruling.")
    valid_from: date | None = Field(None, description="The ruling's first day, or the article's date.")
    valid_to: date | None = Field(None, description="The ruling's last day; none: until further notice.")
    review_by: date | None = Field(None, description="When the ruling is to be looked at again.")
    note: str = Field("", max_length=review.NOTE_CHARS, description="Why.")
    seen: str | None = Field(
        None,
        max_length=80,
        description="For a stance: the id of the decision that you saw on this pair, or empty for none. Where another "
        "one stands, nothing is stored and the answer is 409. Left out: yours replaces whatever stands.",
    )
    client_id: ClientId = ""


class Several(BaseModel):
    """Several words as one: all are stored or none, and undoing takes back all."""

    decisions: list[Asked] = Field(min_length=1, max_length=500, description="Each as one alone would be sent.")
    client_id: ClientId = ""


@router.post("", status_code=201)
def post_decision(asked: Annotated[Asked, Body()], visit: Visit = Depends(deciding)) -> Row:
    """Decide. The answer is the line of the command's `--json`: the decision with its id, and what it changed and what is
    no longer told for it."""
    client_id = asked.client_id or f"api-{uuid4().hex}"
    done, topics = _record(visit, [(asked, client_id)], None)
    with visit.db.read() as s:
        return reading.decided_row(decisions.decision(s, client_id), topics[0], done.changes, done.withdrawn)


@router.post("/batch", status_code=201)
def post_several(several: Annotated[Several, Body()], visit: Visit = Depends(deciding)) -> Row:
    """Decide on several cases as one, all or nothing."""
    batch = several.client_id or f"api-{uuid4().hex}"
    named = [(asked, asked.client_id or f"{batch}-{i}") for i, asked in enumerate(several.decisions)]
    done, _ = _record(visit, named, batch)
    with visit.db.read() as s:
        rows = [reading.decision_row(decisions.decision(s, client_id)) for _, client_id in named]
    return {"id": batch, "decisions": rows} | reading.brought(done.changes, done.withdrawn)


@router.post("/{client_id}/undo")
def post_undo(
    client_id: Annotated[str, Path(description="The id that deciding gave back.")], visit: Visit = Depends(deciding)
) -> Row:
    """Take back a decision, or a batch of them."""
    undo_id, now = f"undo-{uuid4().hex}", visit.now
    done = decisions.undo(visit.db, client_id, by=visit.visitor.name, now=now, client_id=undo_id)
    with visit.db.read() as s:
        taken_back = decisions.taken_back(s, done.ids)
        return reading.undo_row(undo_id, now, visit.visitor.name, taken_back, done.changes, done.withdrawn)


def _record(visit: Visit, named: list[tuple[Asked, str]], batch: str | None) -> tuple[Recorded, list[str | None]]:
    """Store them in one transaction, in which nobody else can have spoken after the look; each with the topic it is about."""

    def work(s: Session) -> tuple[Recorded, list[str | None]]:
        made = [_decision(s, asked, client_id, visit.now.date()) for asked, client_id in named]
        for (asked, _), (one, _) in zip(named, made, strict=True):
            if asked.seen is not None:
                review.check_seen(s, one, asked.seen)
        done = decisions.record_in(s, [one for one, _ in made], by=visit.visitor.name, now=visit.now, batch=batch)
        return done, [topic for _, topic in made]

    try:
        return visit.db.write(work)
    except review.Overtaken as error:
        raise HTTPException(409, str(error)) from None


def _decision(s: Session, asked: Asked, client_id: str, today: date) -> tuple[NewDecision, str | None]:
    """What is to be stored, and the name of the topic that it is about; raises UsageError where too little is said."""
    base = NewDecision(asked.kind, client_id, note=asked.note)
    if asked.kind == "ruling":
        claim = _claim(s, asked)
        ruling = replace(base, claim_id=claim.id, status=asked.status, valid_from=asked.valid_from, valid_to=asked.valid_to)
        return replace(ruling, review_by=asked.review_by), claim.topic_slug
    article_id, revision_id = _article(s, asked)
    base = replace(base, article_id=article_id)
    if asked.kind == "separate":
        topic = _topic(s, asked.topic, article_id)
        return replace(base, topic_id=topic.id), topic.slug
    if asked.kind == "date":
        if asked.valid_from is not None and asked.valid_from > today:
            raise UsageError(f"{asked.valid_from} is in the future; give the day on which the article was published")
        return replace(base, valid_from=asked.valid_from), None
    claim = _claim(s, asked)
    stance, quote = _said(s, asked, claim, article_id)
    said = replace(base, stance=stance, quote=quote, speaker=asked.speaker)
    return replace(said, claim_id=claim.id, revision_id=revision_id), claim.topic_slug


def _said(s: Session, asked: Asked, claim: StoredClaim, article_id: int) -> tuple[Stance | None, str | None]:
    """The stance and the words of a decision on a pair."""
    if asked.kind == "reject":
        return None, reads.machine_quote(s, claim, article_id, asked.quote or "")
    if asked.kind == "evidence":
        if asked.stance not in _ONE_SIDE:
            raise UsageError(f"a quote takes one position: {', '.join(_ONE_SIDE)}")
        return asked.stance, asked.quote
    return (asked.stance if asked.kind == "stance" else None), None


def _claim(s: Session, asked: Asked) -> StoredClaim:
    if not asked.claim:
        raise UsageError("say which claim")
    return claims.claim(s, asked.claim, asked.topic or None)


def _article(s: Session, asked: Asked) -> tuple[int, int | None]:
    """The article, and its text where that was named."""
    if asked.revision:
        text = revisions.revision_by_key(s, asked.revision)
        return text.article_id, text.id
    if not asked.article:
        raise UsageError("say which article: by the id of its text (`revision`) or its address (`article`)")
    return articles.article_by_url(s, asked.article).id, None


def _topic(s: Session, name: str, article_id: int) -> StoredTopic:
    """The topic in which an article is taken out of its copies: the one that has it, unless one is named."""
    own = topics_of_article(s, article_id)
    found = [t for t in reads.topics(s, name or None) if t.id in own]
    if len(found) != 1:
        raise UsageError(f"say in which topic: {len(found)} have this article")
    return found[0]
