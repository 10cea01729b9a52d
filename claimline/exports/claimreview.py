"""ClaimReview (schema.org, JSON-LD) of what a person has confirmed. What only the machine says is never put out as a review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from claimline import labels
from claimline.models import Position, Stance, Status

# The scale of the vocabulary's users: 5 true, 1 false, 3 in between.
RATING = {Status.SUPPORTED: 5, Status.REFUTED: 1, Status.CONTESTED: 3}


@dataclass(frozen=True, slots=True)
class Review:
    """A claim whose status a person stands behind; `review` is the mark that names the person."""

    statement: str
    status: Status
    review: str
    since: date
    recorded_at: datetime
    link: str
    publisher: str
    quotes: Sequence[Position] = ()


def claim_review(r: Review) -> dict[str, Any] | None:
    """The review as JSON-LD; None where the status is no verdict."""
    if r.status not in RATING:
        return None
    appearances = [{"@type": "CreativeWork", "url": p.article} for p in r.quotes if p.article.startswith(("http://", "https://"))]
    # Who refutes a claim is not its author.
    speaker = next((p.speaker_written for p in r.quotes if p.speaker_written and p.stance is Stance.SUPPORTS), None)
    item: dict[str, Any] = {"@type": "Claim", "datePublished": r.since.isoformat()}
    if appearances:
        item["appearance"] = appearances
    if speaker:
        item["author"] = {"@type": "Person", "name": speaker}
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": r.link,
        "claimReviewed": r.statement,
        "datePublished": r.recorded_at.date().isoformat(),
        "author": {"@type": "Organization", "name": r.publisher},
        "reviewBody": r.review,
        "itemReviewed": item,
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": RATING[r.status],
            "bestRating": 5,
            "worstRating": 1,
            "alternateName": labels.status(r.status),
        },
    }
