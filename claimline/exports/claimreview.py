"""ClaimReview (schema.org, JSON-LD) of what a person has confirmed. What only the machine says is never put out as a review."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    recorded_at: datetime
    link: str
    publisher: str
    quotes: Sequence[Position] = ()


def claim_review(r: Review) -> dict[str, Any] | None:
    """The review as JSON-LD; None where the status is no verdict."""
    if r.status not in RATING:
        return None
    made = [p for p in r.quotes if p.stance is Stance.SUPPORTS]
    item: dict[str, Any] = {"@type": "Claim"}
    # Where the claim appears, who makes it and when: what refutes it is what the review rests on.
    if made:
        item["datePublished"] = min(p.valid_from for p in made).isoformat()
    if appearances := _works(made):
        item["appearance"] = appearances
    if speaker := next((p.speaker_written for p in made if p.speaker_written), None):
        item["author"] = {"@type": "Person", "name": speaker}
    cited = _works(p for p in r.quotes if p.stance is not Stance.SUPPORTS)
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": r.link,
        "claimReviewed": r.statement,
        "datePublished": r.recorded_at.date().isoformat(),
        "author": {"@type": "Organization", "name": r.publisher},
        "reviewBody": r.review,
        "itemReviewed": item,
        **({"citation": cited} if cited else {}),
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": RATING[r.status],
            "bestRating": 5,
            "worstRating": 1,
            "alternateName": labels.status(r.status),
        },
    }


def _works(quotes: Iterable[Position]) -> list[dict[str, str]]:
    """The articles of these quotes that have an address on the web, each once."""
    urls = dict.fromkeys(p.article for p in quotes if p.article.startswith(("http://", "https://")))
    return [{"@type": "CreativeWork", "url": url} for url in urls]
