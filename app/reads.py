"""What the command line and the API both read: from names and a moment to values, and to the rows of `app.reading`.

One read has one answer, whoever asks. Nothing is drawn or decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

from app import reading
from app.reading import Row
from claimline.errors import UsageError
from storage import answers, articles, claims, ledger, outlets, queue, relations, runs
from storage.engine import Session
from storage.outlets import Publishers
from storage.queue import ReviewItem
from storage.records import ClaimStatus, StoredAssessment, StoredChange, StoredClaim, StoredDecision, StoredTopic
from storage.relations import Related
from storage.voices import voices

if TYPE_CHECKING:
    from claimline.history import Stand
    from claimline.why import Flip, SpeakerLine


def topics(s: Session, topic: str | None) -> list[StoredTopic]:
    """The topic of that name, or all."""
    return [claims.topic(s, topic)] if topic else list(claims.topics(s))


# --- claims ---------------------------------------------------------------------------------------------------------


def history_rows(
    s: Session, claim: StoredClaim, changes: Sequence[StoredChange], as_of: date | None, known_at: datetime | None
) -> Iterator[Row]:
    """What the API tells of a history: the lines of the command, each with the days on which we could not look until the next."""
    blind = blind_days(s, claim.topic_id, changes, as_of, known_at)
    for one, after in zip_longest(changes, changes[1:]):
        until = after.change.valid_from if after else date.max
        days = [day for day in blind if one.change.valid_from <= day < until]
        gaps = [{"from": f"{a}", "to": f"{b}"} for a, b in in_a_row(days)]
        yield reading.change_row(one) | ({"could_not_look": gaps} if gaps else {})


def blind_days(
    s: Session, topic_id: int, changes: Sequence[StoredChange], as_of: date | None, known_at: datetime | None
) -> Sequence[date]:
    """The gaps in what we could see, from the first change on (all of them where none is known: the claim may have changed)."""
    ends = [d for d in (as_of, known_at.date() if known_at else None) if d is not None]
    since = min((c.change.valid_from for c in changes), default=None)
    return runs.blind_days(s, topic_id, since=since, until=min(ends, default=None))


def in_a_row(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days in a row as one span."""
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and (day - spans[-1][1]).days == 1:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


@dataclass(frozen=True, slots=True)
class Why:
    """What holds a claim where it stands on a day."""

    at: ClaimStatus
    standing: Stand
    flip: Flip | None
    change: StoredChange | None  # the last, and the one before it
    before: StoredChange | None
    related: tuple[Related, ...]
    printed_by: Publishers


def why(s: Session, claim: StoredClaim, as_of: date | None, known_at: datetime | None, *, most_voices: int | None = None) -> Why:
    """`most_voices`: of those that stand, no more than so many are told."""
    from claimline.why import explained  # numpy: only where something is folded

    changes = ledger.changes(s, claim.id, as_of=as_of, known_at=known_at)
    rulings = ledger.standing_rulings(s, claim.id, as_of=as_of, known_at=known_at)
    weighed = ledger.weighed(s, claim.id, known_at=known_at)
    standing, flip = explained(weighed, rulings, until=as_of, most_voices=most_voices)
    return Why(
        ledger.status(s, claim.id, as_of=as_of, known_at=known_at),
        standing,
        flip,
        changes[-1] if changes else None,
        changes[-2] if len(changes) > 1 else None,
        tuple(relations.of_claim(s, claim, as_of=as_of, known_at=known_at)),
        outlets.publishers(s, [claim.id], known_at=known_at)[claim.id],
    )


def why_row(claim: StoredClaim, on: date, w: Why) -> Row:
    """The line of `why --json`."""
    figures, flip = w.standing.figures, w.flip
    removed = None if flip is None else {"removed": [v.key for v in flip.removed], "becomes": str(flip.becomes)}
    return {
        "claim": claim.slug,
        "on": reading.iso(on),
        "status": str(w.standing.status),
        "machine": str(w.standing.machine),
        "figures": {"supports": figures.supports, "refutes": figures.refutes},
        "voices": reading.voices(figures),
        "speakers": figures.speakers,
        "review": w.at.review,
        "related": [reading.relation_row(r) for r in w.related],
        "change": reading.change_row(w.change) if w.change else None,
        "before": reading.change_row(w.before) if w.before else None,
        "outlets": _outlet_rows((w.change, w.before), w.printed_by),
        "flip": removed and removed | {"how": "found greedily"},
    }


def _outlet_rows(changes: Sequence[StoredChange | None], printed_by: Publishers) -> Row:
    """The outlets of the changes' quotes, by the address that is quoted."""
    quoted = {p.article: p.outlet for change in changes if change for p in change.quotes}
    return {url: {"outlet": outlet, **reading.publisher_row(printed_by.of(outlet))} for url, outlet in quoted.items()}


def speakers(s: Session, claim: StoredClaim, as_of: date | None, known_at: datetime | None) -> tuple[SpeakerLine, ...]:
    """Each speaker's latest position."""
    from claimline.why import speakers as lines

    return lines(ledger.positions(s, claim.id, known_at=known_at), until=as_of)


def diff_history(s: Session, claim_id: int, earlier: datetime, later: datetime) -> list[tuple[str, StoredChange]]:
    """What was told at the earlier time is `no longer` told, or is told `now`, at the later one; by day."""
    was = {_told(c): c for c in ledger.changes(s, claim_id, known_at=earlier)}
    now = {_told(c): c for c in ledger.changes(s, claim_id, known_at=later)}
    gone = [("no longer", c) for k, c in was.items() if k not in now]
    new = [("now", c) for k, c in now.items() if k not in was]
    return sorted(gone + new, key=lambda pair: (pair[1].change.valid_from, pair[0] == "now"))


def diff_row(word: str, stored: StoredChange) -> Row:
    """One line of `diff-history --json`."""
    return {"is": word, **reading.change_row(stored)}


def _told(stored: StoredChange) -> tuple[date, str, str, tuple[str, ...]]:
    return stored.change.valid_from, str(stored.change.before), str(stored.change.after), stored.change.tipped_by


# --- answers --------------------------------------------------------------------------------------------------------


def _answers(
    s: Session, topic: str | None, claim: str | None, as_of: date | None, known_at: datetime | None
) -> list[StoredAssessment]:
    """The answers that count, by claim, day and address; with `as_of` of the texts in print then."""
    one = claims.claim(s, claim, topic) if claim else None
    ids = [one.topic_id] if one else [t.id for t in topics(s, topic)]
    only = one.id if one else None
    found = [a for i in ids for a in answers.answers(s, i, claim_id=only, as_of=as_of, known_at=known_at)]
    return sorted(found, key=lambda a: (a.claim_id, a.published.day or date.max, a.url))


def evidence(s: Session, topic: str | None, claim: str | None, as_of: date | None, known_at: datetime | None) -> list[Row]:
    """The quotes: who said what, when, where, how sure the reading is, and how much the publisher's word counts."""
    found = _answers(s, topic, claim, as_of, known_at)
    printed_by = outlets.publishers(s, {a.claim_id for a in found}, known_at=known_at)
    return [row for a in found for row in reading.evidence_rows(a, printed_by[a.claim_id].of(a.outlet))]


def articles_on(
    s: Session, topic: str | None, claim: str | None, as_of: date | None, known_at: datetime | None
) -> list[tuple[StoredAssessment, str | None]]:
    """What each article says of a claim, with the voice that it carries; one for each pair that is not unrelated."""
    found = _answers(s, topic, claim, as_of, known_at)
    voice = voices(s, {a.claim_id for a in found}, as_of=as_of, known_at=known_at)
    related = [a for a in found if str(a.effective) != "unrelated"]
    return [(a, voice.get((a.claim_id, a.article_id))) for a in related]


def review(s: Session, topic: str | None, claim: str | None, lang: str | None, limit: int) -> list[ReviewItem]:
    """What needs a person, most valuable first."""
    one = claims.claim(s, claim, topic) if claim else None
    ids = [one.topic_id] if one else [t.id for t in topics(s, topic)]
    only = one.id if one else None
    items = [x for i in ids for x in queue.review_queue(s, i, claim_id=only, lang=lang, limit=limit)]
    return sorted(items, key=lambda x: -x.worth)[:limit]


def due_rulings(s: Session, topic: str | None, claim: str | None, now: datetime) -> list[StoredDecision]:
    """The rulings that want another look."""
    one = claims.claim(s, claim, topic) if claim else None
    found = [d for t in topics(s, topic) for d in queue.expired_rulings(s, t.id, now=now)]
    return [d for d in found if one is None or d.claim_id == one.id]


def machine_quote(s: Session, claim: StoredClaim, article_id: int, written: str) -> str:
    """The quote of the machine that is meant, whatever its line breaks; raises UsageError, naming those that there are."""
    found = answers.answers(s, claim.topic_id, claim_id=claim.id, article_id=article_id)
    quotes = [q.quote.quote for a in found for q in a.quotes]
    same = [q for q in quotes if q.split() == written.split()]
    if same:
        return same[0]
    if not quotes:
        raise UsageError("the machine quotes nothing of this article for this claim: there is nothing to reject")
    raise UsageError(f"no quote of this article reads {written!r}; its quotes:\n  " + "\n  ".join(quotes))


# --- what is watched ------------------------------------------------------------------------------------------------


def source_rows(s: Session, topic: str | None) -> list[Row]:
    """The places to look, with their health."""
    return [reading.source_row(t.slug, x) for t in topics(s, topic) for x in articles.sources(s, t.id)]


def coverage_rows(s: Session, topic: str | None, since: date) -> list[Row]:
    """For each source and day: asked, answered, new, left out or failed and why."""
    return [reading.coverage_row(t.slug, c) for t in topics(s, topic) for c in runs.coverage(s, t.id, since=since)]
