"""The API's reads of articles: what they say of claims, and of one its text, its answers, its copies and its way to us."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from app import reading, reads
from app.reading import Row
from app.views import article as article_views
from app.web.calls import MOMENT, MOST, OfClaim, Offset, OfTopic, caller
from app.web.shell import Visit
from storage import pages_article, revisions

router = APIRouter(prefix="/api/v1/articles", tags=["reads"])
Text = Annotated[str, Path(description="The permanent id of a text, as in the address of the article's page.")]


@router.get("", dependencies=MOMENT)
def get_articles(
    topic: OfTopic = "",
    claim: OfClaim = "",
    limit: Annotated[int, Query(ge=1, le=10_000, description=MOST)] = 1_000,
    offset: Offset = 0,
    visit: Visit = Depends(caller),
) -> list[Row]:
    """What each article says of a claim; one for each pair that is not unrelated, by claim and day."""
    with visit.db.read() as s:
        found = reads.articles_on(s, topic or None, claim or None, visit.moment.as_of, visit.moment.known_at)
    return [reading.text_article_row(a, voice) for a, voice in found[offset : offset + limit]]


@router.get("/{revision}")
def get_article(revision: Text, visit: Visit = Depends(caller)) -> Row:
    """One text of an article."""
    with visit.db.read() as s:
        return reading.text_row(revisions.revision_by_key(s, revision))


@router.get("/{revision}/answers")
def get_answers(revision: Text, visit: Visit = Depends(caller)) -> list[Row]:
    """What this text says of each claim: the machines' answers with probabilities and quotes, beside people's decisions."""
    with visit.db.read() as s:
        cards = article_views.claim_cards(s, revisions.revision_by_key(s, revision))
    return [
        {
            "topic": c.claim.topic_slug,
            "claim": c.claim.slug,
            "statement": c.claim.statement,
            "stance": c.stance,
            "machine": [reading.answer_row(a) for a in c.answers],
            "decisions": [reading.decision_row(d) for d in c.said],
        }
        for c in cards
    ]


@router.get("/{revision}/copies")
def get_copies(revision: Text, visit: Visit = Depends(caller)) -> list[Row]:
    """The other articles that tell the same story in nearly the same words: they count once."""
    with visit.db.read() as s:
        return [reading.copy_row(c) for c in pages_article.copies(s, revisions.revision_by_key(s, revision).id)]


@router.get("/{revision}/trace")
def get_trace(
    revision: Text,
    claim: Annotated[str, Query(description="Only this claim, with the passages that were read for it.")] = "",
    visit: Visit = Depends(caller),
) -> list[Row]:
    """Where the article stopped on its way, from where it was found to the ledger; the model reads it anew."""
    from flows.tracing import trace_article

    with visit.db.read() as s:
        url = revisions.revision_by_key(s, revision).url
    return [reading.step_row(step) for step in trace_article(visit.shell.background.desk(), url, claim or None)]
