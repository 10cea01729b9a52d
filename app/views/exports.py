"""What is on the screen as rows and feeds: the same reads, the same filters, machine words instead of people's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.reading import claim_row
from app.views import claim as claim_views
from app.views import claims as claims_views
from app.views.reading import Moment, Reading
from claimline import labels
from claimline.exports.claimreview import Review, claim_review
from claimline.exports.feed import Entry
from claimline.models import Voice
from storage import claims as claim_reads
from storage import decisions, ledger, pages
from storage.records import ClaimStatus, StoredChange, StoredClaim

CLAIM_COLUMNS = (
    "topic",
    "claim",
    "statement",
    "status",
    "since",
    "first_reported",
    "voices_supports",
    "voices_refutes",
    "voices_neutral",
    "speakers",
    "single_report",
    "machine",
    "review",
    "cause",
    "recorded_at",
    "changes",
    "tags",
    "contradicts",
)
REPORT_COLUMNS = (
    "topic",
    "claim",
    "voice",
    "valid_from",
    "date_basis",
    "stance",
    "confidence",
    "quote",
    "speaker",
    "speaker_key",
    "said_on",
    "via",
    "modality",
    "outlet",
    "outlet_type",
    "outlet_weight",
    "lang",
    "title",
    "url",
    "decided_by",
    "revision",
    "evidence",
)
FEED_ENTRIES = 60


def claim_rows(r: Reading, moment: Moment, f: claims_views.Filters) -> list[dict[str, Any]]:
    """Every claim that fits the filters, in the order of the screen, not only one page of them."""
    every = claims_views.fitting(r, moment, f)
    against = claims_views.contradicts(r, moment)
    rows = []
    for at in every:
        row = claim_row(at, against.get((at.claim.topic_slug, at.claim.slug), ()))
        voices = row.pop("voices")
        rows.append(row | {f"voices_{k}": v for k, v in voices.items()} | {"tags": at.claim.spec.tags})
    return rows


def report_rows(r: Reading, claim: StoredClaim, moment: Moment, f: claim_views.RowFilters) -> list[dict[str, Any]]:
    """Every report behind the voices that fit the filters: a row a quote, its voice named."""
    held = claim_views.folded_positions(r, claim.id, moment)
    voices = claim_views.matching_voices(r, claim, held, f, moment)
    found = claim_views.reports(r, claim, [p.key for v in voices for p in v.reports], moment)
    told = [v.frozen() for v in voices]
    return [_report_row(claim, v, found[k]) for v in told for k in v.positions if k in found]


def _report_row(claim: StoredClaim, voice: Voice, report: claim_views.Report) -> dict[str, Any]:
    d = report.detail
    return {
        "topic": claim.topic_slug,
        "claim": claim.slug,
        "voice": voice.key,
        "valid_from": d.valid_from,
        "date_basis": str(d.published.basis),
        "stance": str(d.stance),
        "confidence": round(d.confidence, 4),
        "quote": d.quote,
        "speaker": d.speaker_written,
        "speaker_key": d.speaker,
        "said_on": d.said_on,
        "via": d.via,
        "modality": d.modality,
        "outlet": d.outlet,
        "outlet_type": str(report.outlet.type),
        "outlet_weight": d.weight,
        "lang": d.lang,
        "title": d.title,
        "url": d.url,
        "decided_by": d.actor,
        "revision": d.revision_key,
        "evidence": d.key,
    }


# --- feeds and reviews ----------------------------------------------------------------------------------------------


def entries(changes: Sequence[StoredChange], claims: Sequence[StoredClaim], base: str) -> list[Entry]:
    """Changes of these claims as feed entries, those that were learned last first."""
    statements = {(c.topic_slug, c.slug): c.statement for c in claims}  # two topics may have a claim of one name
    newest = sorted(changes, key=lambda c: (c.recorded_at, c.change.valid_from, c.key), reverse=True)[:FEED_ENTRIES]
    return [_entry(c, statements.get((c.topic, c.claim), c.claim), base) for c in newest]


def _entry(c: StoredChange, statement: str, base: str) -> Entry:
    words = [
        f"{labels.status(c.change.before)} \u2192 {labels.status(c.change.after)} from {c.change.valid_from}.",
        f"{labels.voices(c.change.figures)}. Because: {c.cause}." + (f" {c.review}." if c.review else ""),
    ]
    words += [f"\u201c{p.quote}\u201d {p.speaker_written or ''} {p.article}".rstrip() for p in c.quotes[:3]]
    link = f"{base}{claims_views.claim_path(c.topic, c.claim)}#change-{c.key}"
    title = f"{labels.status(c.change.after)}: {statement}"
    return Entry(c.key, title, "\n".join(words), link, c.recorded_at, str(c.change.after))


def changes_of(r: Reading, claims: Sequence[StoredClaim], moment: Moment) -> list[StoredChange]:
    return [c for x in claims for c in ledger.changes(r.s, x.id, as_of=moment.as_of, known_at=moment.known_at)]


def reviews(r: Reading, claims: Sequence[ClaimStatus], moment: Moment, base: str, publisher: str) -> list[dict[str, Any]]:
    """ClaimReviews of those claims whose present status a person stands behind."""
    found = []
    for at in claims:
        if not at.review or at.since is None or at.recorded_at is None:
            continue
        claim = at.claim
        changes = ledger.changes(r.s, claim.id, as_of=moment.as_of, known_at=moment.known_at)
        ruled = decisions.rulings(r.s, claim.id, as_of=moment.as_of, known_at=moment.known_at)
        # A ruling that agrees makes no change: the review is as new as the ruling.
        told = max([at.recorded_at, *(d.at for d in ruled[:1] if d.status is at.status)])
        link = f"{base}/c/{pages.permanent_key(r.s, claim.id)}"
        quotes = changes[-1].quotes if changes else ()
        made = claim_review(Review(claim.statement, at.status, at.review, told, link, publisher, quotes))
        found += [made] if made else []
    return found


def live_claims(r: Reading, topic: str = "") -> list[StoredClaim]:
    return list(claim_reads.claims(r.s, topic or None))
