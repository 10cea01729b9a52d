"""What the command line and the API both read: from names and a moment to values, and to the rows of `app.reading`.

One read has one answer, whoever asks. Nothing is drawn or decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

from app import reading
from app.reading import Row
from claimline.errors import UsageError
from claimline.models import Position, Voice
from storage import answers, articles, claims, decisions, ledger, outlets, queue, relations, runs
from storage.engine import Session
from storage.outlets import Publishers
from storage.queue import ReviewItem
from storage.records import (
    ClaimStatus,
    StoredAssessment,
    StoredChange,
    StoredClaim,
    StoredDecision,
    StoredEdition,
    StoredQuote,
    StoredTopic,
)
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
    """What the API tells of a history: changes as `why --json` tells them, each with the days until the next on
    which we could not look."""
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
    firsts: Mapping[str, Position]  # of each voice that is told or removed, by its key, the report that brought it
    names: Mapping[str, str]  # of the topic's people, by key

    def called(self, voice: Voice) -> str:
        """A voice for people: who speaks, else where and when it was first printed."""
        first = self.firsts.get(voice.key)
        if voice.speaker in self.names:
            return self.names[voice.speaker or ""]
        written = first.speaker_written if first else None
        return written or f"{(first and (first.outlet or first.article)) or 'a report'} of {voice.valid_from}"


MOST_VOICES = 20  # told of those that stand


def why(s: Session, claim: StoredClaim, as_of: date | None, known_at: datetime | None) -> Why:
    """Of the voices that stand the first MOST_VOICES are told."""
    from claimline.why import explained  # numpy: only where something is folded

    changes = ledger.changes(s, claim.id, as_of=as_of, known_at=known_at)
    rulings = ledger.standing_rulings(s, claim.id, as_of=as_of, known_at=known_at)
    weighed = ledger.weighed(s, claim.id, known_at=known_at)
    standing, flip = explained(weighed, rulings, until=as_of, most_voices=MOST_VOICES)
    voiced = {v.key: v.positions[0] for v in (*standing.voices, *(flip.removed if flip else ()))}
    reports = {p.key: p for p in ledger.positions(s, claim.id, known_at=known_at, keys=list(voiced.values()))}
    return Why(
        ledger.status(s, claim.id, as_of=as_of, known_at=known_at),
        standing,
        flip,
        changes[-1] if changes else None,
        changes[-2] if len(changes) > 1 else None,
        tuple(relations.of_claim(s, claim, as_of=as_of, known_at=known_at)),
        outlets.publishers(s, [claim.id], known_at=known_at)[claim.id],
        {key: reports[first] for key, first in voiced.items() if first in reports},
        {p.key: p.canonical for p in claims.topic_by_id(s, claim.topic_id).topic.people},
    )


def why_row(claim: StoredClaim, on: date, w: Why) -> Row:
    """The line of `why --json`."""
    figures, flip = w.standing.figures, w.flip
    removed = None if flip is None else {"removed": [v.key for v in flip.removed], "becomes": str(flip.becomes)}
    called = {"called": [w.called(v) for v in flip.removed]} if flip else {}
    return {
        "claim": claim.slug,
        "statement": w.at.claim.statement,
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
        "standing": [_voice_row(v, w) for v in w.standing.voices],
        "flip": removed and removed | called | {"how": "found greedily"},
    }


def _voice_row(v: Voice, w: Why) -> Row:
    """One of the voices that stand (the first MOST_VOICES of them), with the report that brought it."""
    first = w.firsts.get(v.key)
    where = {"outlet": first.outlet, "url": first.article, "quote": first.quote} if first else {}
    own = {"voice": v.key, "since": reading.iso(v.valid_from), "stance": str(v.stance), "weight": v.weight}
    who = {"speaker": first.speaker_written if first else None, "speaker_key": v.speaker}
    return own | who | {"reports": len(v.positions)} | where


def _outlet_rows(changes: Sequence[StoredChange | None], printed_by: Publishers) -> Row:
    """The outlets of the changes' quotes, by the address that is quoted."""
    quoted = {p.article: p.outlet for change in changes if change for p in change.quotes}
    return {url: {"outlet": outlet, **reading.publisher_row(printed_by.of(outlet))} for url, outlet in quoted.items()}


def speakers(s: Session, claim: StoredClaim, as_of: date | None, known_at: datetime | None) -> tuple[SpeakerLine, ...]:
    """Each speaker's latest position."""
    from claimline.why import speakers as lines

    return lines(ledger.positions(s, claim.id, known_at=known_at), until=as_of)


@dataclass(frozen=True, slots=True)
class Learned:
    """A change that one of two times tells and the other does not. `closed`: the edition that took it back."""

    word: str  # no longer | now
    change: StoredChange
    closed: StoredEdition | None


def diff_history(s: Session, claim_id: int, earlier: datetime, later: datetime) -> list[Learned]:
    """What was told at the earlier time is `no longer` told, or is told `now`, at the later one; by day."""
    was = {_told(c): c for c in ledger.changes(s, claim_id, known_at=earlier)}
    now = {_told(c): c for c in ledger.changes(s, claim_id, known_at=later)}
    gone = [c for k, c in was.items() if k not in now]
    closed = ledger.closings(s, gone)
    both = [Learned("no longer", c, closed.get(c.key)) for c in gone]
    both += [Learned("now", c, None) for k, c in now.items() if k not in was]
    return sorted(both, key=lambda x: (x.change.change.valid_from, x.word == "now"))


def diff_row(x: Learned) -> Row:
    """One line of `diff-history --json`."""
    edition = x.closed
    closed = edition and {"at": reading.when(edition.recorded_at), "cause": str(edition.cause), "by": edition.actor}
    return {"is": x.word, **reading.change_row(x.change), "closed": closed}


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


def decided(s: Session, topic: str | None, *, undone: bool, limit: int = 1_000) -> tuple[StoredDecision, ...]:
    """What people decided, newest first, each with why it should be looked at again, where it should."""
    topic_id = claims.topic(s, topic).id if topic else None
    return decisions.judged_again(s, decisions.decisions(s, topic_id=topic_id, undone=undone, limit=limit))


def due_rulings(s: Session, topic: str | None, claim: str | None, now: datetime) -> list[StoredDecision]:
    """The rulings that want another look."""
    one = claims.claim(s, claim, topic) if claim else None
    found = [d for t in topics(s, topic) for d in queue.expired_rulings(s, t.id, now=now)]
    return [d for d in found if one is None or d.claim_id == one.id]


ALSO = ("copies", "quote", "outlet")


def alike(s: Session, claim: StoredClaim, article_id: int, also: Sequence[str]) -> list[int]:
    """The other articles on which one word may be said as well: of those that no person has decided on, the copies of this one,
    those that are quoted with the same words, those of the same outlet."""
    found = answers.answers(s, claim.topic_id, claim_id=claim.id)
    mine = next((a for a in found if a.article_id == article_id), None)
    if mine is None:
        return []
    words = {_words(q) for q in mine.quotes} - {""}
    told: dict[str, Callable[[StoredAssessment], bool]] = {
        "copies": lambda a: a.cluster is not None and a.cluster == mine.cluster,
        "quote": lambda a: not words.isdisjoint(map(_words, a.quotes)),
        "outlet": lambda a: a.outlet is not None and a.outlet == mine.outlet,
    }
    free = [a for a in found if a.article_id != article_id and a.decision is None]
    return [a.article_id for a in free if any(told[name](a) for name in also)]


def _words(q: StoredQuote) -> str:
    return " ".join(q.quote.quote.split())


def machine_quote(s: Session, claim: StoredClaim, article_id: int, written: str) -> str:
    """The quote of the machine that is meant, whatever its line breaks; raises UsageError, naming those that there are."""
    found = answers.answers(s, claim.topic_id, claim_id=claim.id, article_id=article_id)
    quotes = [q.quote.quote for a in found for q in a.quotes]
    same = [q for q in quotes if q.split() == written.split()]
    if same:
        return same[0]
    if found and quotes and not any(quotes):
        raise UsageError("the words of its quotes are not kept, so none can be told apart: decide on the article")
    if not quotes:
        raise UsageError("the machine quotes nothing of this article for this claim: there is nothing to reject")
    raise UsageError(f"no quote of this article reads {written!r}; its quotes:\n  " + "\n  ".join(filter(None, quotes)))


# --- what is watched ------------------------------------------------------------------------------------------------


def source_rows(s: Session, topic: str | None) -> list[Row]:
    """The places to look, with their health."""
    return [reading.source_row(t.slug, x) for t in topics(s, topic) for x in articles.sources(s, t.id)]


def coverage_rows(s: Session, topic: str | None, since: date) -> list[Row]:
    """For each source and day: asked, answered, new, left out or failed and why."""
    return [reading.coverage_row(t.slug, c) for t in topics(s, topic) for c in runs.coverage(s, t.id, since=since)]
