"""The shapes that reads give to other programs: plain rows for JSON Lines. Their schema is app/schemas/*.json, tested.

Keys and machine words here are a contract; words for people come from the labels file instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from app.out import count
from claimline.models import Change, Figures, Position

if TYPE_CHECKING:
    from claimline.why import SpeakerLine
    from flows.tracing import TraceStep
    from storage.outlets import Publisher
    from storage.pages_article import ArticleAnswer, Copy
    from storage.queue import ReviewItem
    from storage.records import (
        ClaimStatus,
        StoredAssessment,
        StoredChange,
        StoredDecision,
        StoredOutlet,
        StoredRevision,
        StoredSource,
        StoredTopic,
    )
    from storage.relations import Related
    from storage.rereadings import Account
    from storage.run_records import CoverageDay, ReadState, StoredRun

Row = dict[str, Any]


def when(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z") if moment else None


def iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def voices(figures: Figures) -> Row:
    return {"supports": figures.voices_supports, "refutes": figures.voices_refutes, "neutral": figures.voices_neutral}


def quote_row(p: Position) -> Row:
    return {
        "quote": p.quote,
        "start": p.start,
        "end": p.end,
        "stance": str(p.stance),
        "speaker": p.speaker_written,
        "said_on": iso(p.said_on),
        "url": p.article,
        "revision": p.revision,
    }


def history_row(stored: StoredChange) -> Row:
    """One line of `history --json`: a contract, which has these keys and no others."""
    c = stored.change
    return {
        "claim": stored.claim,
        "from": str(c.before),
        "to": str(c.after),
        "valid_from": iso(c.valid_from),
        "recorded_at": when(stored.recorded_at),
        "cause": str(stored.cause),
        "voices": voices(c.figures),
        "review": stored.review,
        "quotes": [quote_row(p) for p in stored.quotes],
    }


def change_row(stored: StoredChange) -> Row:
    """A change wherever else it is told: with the status without rulings, a note, and whether its quotes stood in print."""
    c = stored.change
    quotes = [quote_row(p) | {"in_print": in_print(p, c)} for p in stored.quotes]
    return history_row(stored) | {"machine": str(c.machine), "note": stored.note, "quotes": quotes}


def in_print(p: Position, change: Change) -> bool:
    """Whether the words that tipped a change stood in print from then on; else it was tipped by their going."""
    return p.valid_to is None or p.valid_to > change.valid_from


def claim_row(s: ClaimStatus, contradicts: Iterable[str] | None = None) -> Row:
    """One line of `claims --json`. `contradicts`: related claims with which it cannot stand as it does (None: not looked at)."""
    row = {
        "topic": s.claim.topic_slug,
        "claim": s.claim.slug,
        "statement": s.claim.statement,
        "status": str(s.status),
        "machine": str(s.machine),
        "since": iso(s.since),
        "first_reported": iso(s.first_reported),
        "voices": voices(s.figures),
        "speakers": s.figures.speakers,
        "single_report": s.figures.single_report,
        "changes": s.changes,
        "review": s.review,
        "cause": str(s.cause) if s.cause else None,
        "recorded_at": when(s.recorded_at),
    }
    return row if contradicts is None else row | {"contradicts": sorted(set(contradicts))}


def relation_row(r: Related) -> Row:
    """A relation of `why --json`."""
    return {
        "claim": r.claim,
        "relation": r.relation,
        "other": r.other,
        "status": str(r.status),
        "other_status": str(r.other_status),
        "contradictory": r.contradictory,
    }


def article_row(a: StoredAssessment, voice: str | None) -> Row:
    """One line of `articles --json`: a contract, which has these keys and no others.

    `stance` is the best label even where `decided` is false.
    """
    return {
        "claim": a.claim,
        "url": a.url,
        "stance": str(a.effective),
        "decided": a.settled,
        "confidence": round(a.confidence, 4),
        "published_on": iso(a.published.day),
        "date_basis": str(a.published.basis),
        "outlet": a.outlet,
        "lang": a.lang,
        "voice": voice,
    }


def text_article_row(a: StoredAssessment, voice: str | None) -> Row:
    """The same with the permanent id of the text that was read: what the API's further calls take."""
    return article_row(a, voice) | {"revision": a.revision}


def case_row(item: ReviewItem) -> Row:
    """One line of `review --json`: a case that needs a person, why, and what it is worth."""
    said = item.decision  # the one that is reopened
    again = {"decision": said.client_id if said else None, "reopened": said.reopened if said else None}
    return text_article_row(item.answer, None) | {"reasons": list(item.reasons), "worth": round(item.worth, 2), **again}


def publisher_row(p: Publisher) -> Row:
    """An outlet of `why --json`."""
    return {"type": p.type and str(p.type), "country": p.country, "weight": p.weight}


def evidence_rows(a: StoredAssessment, publisher: Publisher) -> Iterable[Row]:
    """The lines of `evidence --json`: one for each quote. `outlet_type` is null where nobody has named the outlet."""
    for stored in (*a.quotes, *a.added):
        q = stored.quote
        yield {
            "claim": a.claim,
            "url": a.url,
            "outlet": a.outlet,
            **{f"outlet_{name}": value for name, value in publisher_row(publisher).items()},
            "lang": a.lang,
            "published_on": iso(a.published.day),
            "stance": str(q.stance),
            "decided": a.decided or stored.added_by is not None,
            "confidence": round(q.confidence, 4),
            "quote": q.quote,
            "start": q.start,
            "end": q.end,
            "speaker": q.speaker.written if q.speaker else None,
            "speaker_key": q.speaker.key if q.speaker else None,
            "said_on": iso(q.said.day) if q.said else None,
            "via": q.via,
            "modality": q.modality,
            "evidence": stored.key,
            "rejected_by": stored.rejected_by,
            "added_by": stored.added_by,
            "revision": a.revision,
        }


def speaker_row(claim: str, line: SpeakerLine) -> Row:
    """One line of `speakers --json`."""
    return {
        "claim": claim,
        "speaker": line.speaker,
        "written": line.written,
        "stance": str(line.stance),
        "since": iso(line.since),
        "changed_on": iso(line.changed_on),
        "before": str(line.before) if line.before else None,
        "reports": line.reports,
        "quote": quote_row(line.latest),
    }


# --- an article -----------------------------------------------------------------------------------------------------


def text_row(x: StoredRevision) -> Row:
    """One text of an article."""
    return {
        "revision": x.key,
        "url": x.url,
        "title": x.title,
        "text": x.text,
        "lang": x.lang,
        "outlet": x.outlet,
        "published_on": iso(x.published.day),
        "date_basis": str(x.published.basis),
        "first_seen": when(x.first_seen),
        "seen_at": when(x.seen_at),
    }


def answer_row(a: ArticleAnswer) -> Row:
    """What one machine says of one claim in one text; `counts`: it is the one that the ledger goes by."""
    return {
        "matcher": a.matcher,
        "actor": a.actor,
        "counts": a.pinned,
        "stance": str(a.stance),
        "decided": a.decided,
        "confidence": round(a.confidence, 4),
        "probabilities": {str(stance): round(p, 4) for stance, p in a.probabilities.items()},
        "reworded": a.reworded,
        "quotes": [
            {
                "quote": q.quote,
                "start": q.start,
                "end": q.end,
                "stance": str(q.stance),
                "confidence": round(q.confidence, 4),
                "speaker": q.speaker,
                "said_on": iso(q.said_on),
                "said_words": q.said_words,
                "via": q.via,
                "modality": q.modality,
            }
            for q in a.quotes
        ],
    }


def copy_row(c: Copy) -> Row:
    """Another article that tells the same story in nearly the same words."""
    return {
        "revision": c.revision_key,
        "url": c.url,
        "title": c.title,
        "outlet": c.outlet,
        "lang": c.lang,
        "published_on": iso(c.published.day),
        "date_basis": str(c.published.basis),
    }


def step_row(step: TraceStep) -> Row:
    """One line of `trace --json`."""
    return {"step": step.name, "ok": step.ok, "detail": step.detail, **step.figures}


# --- people's word --------------------------------------------------------------------------------------------------

_COMMANDS = {"stance": "decide", "evidence": "evidence add", "ruling": "rule"}  # those that are not named as their kind


def decision_row(d: StoredDecision) -> Row:
    """One line of `decisions --json`."""
    return {
        "id": d.client_id,
        "batch": d.batch,
        "at": when(d.at),
        "by": d.by,
        "kind": d.kind,
        "claim": d.claim,
        "url": d.url,
        "stance": str(d.stance) if d.stance else None,
        "status": str(d.status) if d.status else None,
        "from": iso(d.valid_from),
        "to": iso(d.valid_to),
        "review_by": iso(d.review_by),
        "quote": d.quote,
        "speaker": d.speaker,
        "note": d.note,
        "undone": d.undone,
        "reopened": d.reopened,
    }


def decided_row(d: StoredDecision, topic: str | None, changes: Iterable[StoredChange], withdrawn: Iterable[StoredChange]) -> Row:
    """What deciding answers: the decision, the topic that it is about (None: all that hold the article), what it brought and what
    is no longer told for it."""
    head = {"done": _COMMANDS.get(d.kind, d.kind), "topic": topic}
    return head | decision_row(d) | brought(changes, withdrawn)


def brought(changes: Iterable[StoredChange], withdrawn: Iterable[StoredChange]) -> Row:
    return {"changes": [change_row(c) for c in changes], "withdrawn": [change_row(c) for c in withdrawn]}


def undo_row(
    client_id: str,
    now: datetime,
    by: str,
    taken_back: Iterable[StoredDecision],
    changes: Iterable[StoredChange],
    withdrawn: Iterable[StoredChange],
) -> Row:
    """The line of `undo --json`."""
    return {
        "done": "undo",
        "id": client_id,
        "at": when(now),
        "by": by,
        "decisions": [decision_row(d) for d in taken_back],
    } | brought(changes, withdrawn)


# --- what is watched ------------------------------------------------------------------------------------------------


def topic_row(t: StoredTopic) -> Row:
    """One line of `topics list --json`."""
    return {"topic": t.slug, "title": t.topic.title, "claims": len(t.claims), "sources": len(t.topic.sources)}


def outlet_row(o: StoredOutlet) -> Row:
    """One line of `outlets --json`."""
    own = {"domain": o.domain, "type": str(o.type), "country": o.country, "weight": o.weight}
    return own | {"named": o.named, "articles": o.articles}


def source_row(topic: str, x: StoredSource) -> Row:
    """One line of `sources --json`."""
    return {
        "topic": topic,
        "kind": x.kind,
        "source": x.locator,
        "paused": x.paused,
        "failures": x.failures,
        "last_answered_at": when(x.last_answered_at),
        "error": x.last_error,
    }


def coverage_row(topic: str, c: CoverageDay) -> Row:
    """One line of `coverage --json`: what a source answered on a day."""
    return {
        "topic": topic,
        "day": iso(c.day),
        "source": c.locator,
        "asked": c.asked,
        "answered": c.answered,
        "found": c.found,
        "new": c.new,
        "error": c.error,
        "reasons": dict(c.reasons),
    }


def run_row(r: StoredRun) -> Row:
    """One line of `runs --json`."""
    return {
        "run": r.key,
        "topic": r.topic,
        "flow": r.flow,
        "state": r.state,
        "started_at": when(r.started_at),
        "finished_at": when(r.finished_at),
        "sufficient": r.sufficient,
        "counts": dict(r.counts),
        "cost": dict(r.cost),
        "skips": [dict(s) for s in r.skips],
        "error": r.error,
    }


def read_again(texts: Account) -> str:
    """What a replay's new cleaner made of the stored pages, for people."""
    told = f"{count(texts.again, 'text')} read again, {texts.otherwise} of them otherwise"
    if texts.gone:
        told += f"; {count(texts.gone, 'text')} kept as they are, since their bytes are gone"
    if texts.refused:
        told += f"; {count(texts.refused, 'text')} kept as they are, since this cleaner makes nothing of them"
    return told


def read_state(state: ReadState, known_at: datetime | None = None) -> str:
    """How far we have read (by `known_at`), for people: every read says it."""
    if state.last_run_at is None and known_at is not None:
        return f"nothing had been read yet on {known_at.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'minutes')} UTC"
    if state.last_run_at is None:
        return "never read: run `claimline track`"
    answered = f"{state.answered} of {state.sources} sources answered"
    at = state.last_sufficient_at or state.last_run_at
    if state.last_sufficient_at is None or state.last_sufficient_at < state.last_run_at:
        last = f"the last run ({state.last_run_at:%Y-%m-%d %H:%M}) was not sufficient (on that day {answered})"
        return f"read up to {at:%Y-%m-%d %H:%M} UTC; {last}"
    return f"read up to {at:%Y-%m-%d %H:%M} UTC, {answered}"
