"""Review: the queue, and every form by which a person's word comes in. Each word is signed by the visitor and stored once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from fastapi import APIRouter, Depends, Form
from starlette.responses import Response

from app import out
from app.views import review as views
from app.web.shell import Visit, reader, reviewer
from claimline.errors import ClaimlineError, UsageError
from claimline.evidence import anchor
from claimline.models import Stance, Status
from storage import claims, decisions, pages_review, revisions
from storage.engine import Session
from storage.records import NewDecision, Recorded, StoredClaim, StoredRevision

router = APIRouter(prefix="/review")
NOTE_CHARS = 2_000
SPEAKER_CHARS = 200


class Overtaken(ClaimlineError):
    """A colleague has decided in the meantime."""


@router.get("")
def queue(topic: str = "", claim: str = "", lang: str = "", reason: str = "", visit: Visit = Depends(reader)) -> Response:
    with visit.shell.read() as r:
        page = views.review_page(r, visit.shell.queue, views.Filters(topic, claim, lang, reason), now=visit.now)
    return visit.render("review.html", page=page)


# --- one case -------------------------------------------------------------------------------------------------------


@router.post("/decide")
def decide(
    topic: str = Form(),
    claim: str = Form(),
    revision: str = Form(),
    verdict: str = Form(),
    client_id: str = Form(),
    seen: str = Form(""),
    note: str = Form(""),
    back: str = Form(""),
    visit: Visit = Depends(reviewer),
) -> Response:
    """A person's word on a pair, unless a colleague has spoken since the page was drawn: then that is shown.

    `back`: the page that the form stands on, to be drawn anew; blank for the queue, where the case alone is.
    """
    with visit.db.read() as s:
        found, text = claims.claim(s, claim, topic), revisions.revision_by_key(s, revision)
    asked = _verdict(found, text, verdict, _client_id(client_id), note)
    try:
        _record(visit, [(asked, seen)])
    except Overtaken as overtaken:
        if back or not visit.is_htmx:
            raise UsageError(str(overtaken)) from None
        return _case(visit, found, revision, 409, conflict=True)
    if back or not visit.is_htmx:
        return visit.redirect(back or "/review")
    return _case(visit, found, revision, 200, done=True, undo=asked.client_id)


def _verdict(claim: StoredClaim, text: StoredRevision, verdict: str, client_id: str, note: str) -> NewDecision:
    base = NewDecision("accept", client_id, claim.id, text.article_id, text.id, note=note.strip()[:NOTE_CHARS])
    if verdict == "accept":
        return base
    if verdict not in views.VERDICTS:
        raise UsageError(f"{verdict!r} is no verdict; use accept, {', '.join(views.VERDICTS)}")
    return replace(base, kind="stance", stance=Stance(verdict))


def check_seen(s: Session, one: NewDecision, seen: str) -> None:
    """Raises Overtaken where another decision than the one that was seen stands on the pair."""
    pair = (one.claim_id or 0, one.article_id or 0)
    held = pages_review.settled(s, [pair]).get(pair)
    if held is not None and held.client_id not in (seen, one.client_id):
        raise Overtaken(f"{held.by} has decided on this in the meantime; look at it again")


def _record(visit: Visit, asked: Sequence[tuple[NewDecision, str]], *, batch: str | None = None) -> Recorded:
    """Store and publish in one transaction, in which nobody else can have spoken after the look."""

    def work(s: Session) -> Recorded:
        for one, seen in asked:
            check_seen(s, one, seen)
        return decisions.record_in(s, [one for one, _ in asked], by=visit.visitor.name, now=visit.now, batch=batch)

    return visit.db.write(work)


def _case(visit: Visit, claim: StoredClaim, revision: str, status: int, **state: object) -> Response:
    with visit.shell.read() as r:
        case = views.one_case(r, claim, revision)
    return visit.render("case.html", status, case=replace(case, **state))  # type: ignore[arg-type]


def _client_id(text: str) -> str:
    if not 8 <= len(text) <= 80 or not text.replace("-", "").isalnum():
        raise UsageError("the form has no proper id; load the page again")
    return text


# --- several cases --------------------------------------------------------------------------------------------------


@router.post("/several")
def several(
    case: list[str] = Form([]),
    verdict: str = Form(),
    note: str = Form(""),
    client_id: str = Form(),
    back: str = Form("/review"),
    visit: Visit = Depends(reviewer),
) -> Response:
    """One word on several cases, taken back as one."""
    if not case:
        raise UsageError("no case is selected")
    batch = _client_id(client_id)
    asked = []
    with visit.db.read() as s:
        for i, name in enumerate(case[:500]):
            where, _, rest = name.partition("|")
            revision, _, seen = rest.partition("|")
            topic, _, slug = where.partition("/")
            pair = claims.claim(s, slug, topic), revisions.revision_by_key(s, revision)
            asked.append((_verdict(*pair, verdict, f"{batch}-{i}", note), seen))
    try:
        _record(visit, asked, batch=batch)
    except Overtaken as overtaken:
        raise UsageError(str(overtaken)) from None
    return visit.redirect(back, undo=batch)


@router.post("/undo")
def undo(undo: str = Form(), back: str = Form(""), visit: Visit = Depends(reviewer)) -> Response:
    """Take back a decision or a batch; on a case it is open again."""
    with visit.db.read() as s:
        taken = _named(s, undo)
    decisions.undo(visit.db, undo, by=visit.visitor.name, now=visit.now, client_id=f"undo-{uuid4().hex}")
    if visit.is_htmx and taken is not None and not back:
        return _case(visit, *taken, 200)
    return visit.redirect(back or "/review")


def _named(s: Session, client_id: str) -> tuple[StoredClaim, str] | None:
    """The claim and the text of a single decision."""
    try:
        one = decisions.decision(s, client_id)
    except UsageError:
        return None
    if one.claim_id is None or one.revision_id is None:
        return None
    return claims.claim_by_id(s, one.claim_id), revisions.revision(s, one.revision_id).key


# --- other words ----------------------------------------------------------------------------------------------------


@router.post("/reject")
def reject(
    topic: str = Form(),
    claim: str = Form(),
    revision: str = Form(),
    quote: str = Form(),
    client_id: str = Form(),
    visit: Visit = Depends(reviewer),
) -> Response:
    """That quote does not count; the article's others stay."""
    with visit.db.read() as s:
        found, text = claims.claim(s, claim, topic), revisions.revision_by_key(s, revision)
    asked = NewDecision("reject", _client_id(client_id), found.id, text.article_id, text.id, quote=quote.replace("\r\n", "\n"))
    _store(visit, asked)
    return visit.redirect(f"/articles/{text.key}", claim=found.slug)


@router.post("/evidence")
def evidence(
    claim: str = Form(),
    revision: str = Form(),
    quote: str = Form(),
    stance: str = Form(),
    start: str = Form(""),
    speaker: str = Form(""),
    note: str = Form(""),
    client_id: str = Form(),
    visit: Visit = Depends(reviewer),
) -> Response:
    """A passage that the machine missed; it proves itself in the text that was seen."""
    topic, _, slug = claim.partition("/")
    with visit.db.read() as s:
        found, text = claims.claim(s, slug, topic), revisions.revision_by_key(s, revision)
    if stance not in ("supports", "refutes", "neutral"):
        raise UsageError("say whether the passage supports, refutes, or takes no position")
    # A browser gives the selected words with its own line ends and blanks.
    span = anchor(quote.replace("\r\n", "\n").strip(), text.text, int(start) if start.isdigit() else None)
    if span is None:
        raise UsageError("these words do not stand in the article; select them within one paragraph")
    words = text.text[span[0] : span[1]]
    base = NewDecision("evidence", _client_id(client_id), found.id, text.article_id, text.id, Stance(stance))
    base = replace(base, speaker=speaker.strip()[:SPEAKER_CHARS] or None)
    _store(visit, replace(base, quote=words, start=span[0], end=span[1], note=note.strip()[:NOTE_CHARS]))
    return visit.redirect(f"/articles/{text.key}", claim=found.slug)


@router.post("/date")
def settle_date(
    revision: str = Form(), day: str = Form(""), other: str = Form(""), client_id: str = Form(), visit: Visit = Depends(reviewer)
) -> Response:
    found = out.day((day or other).strip() or None, "date")
    if found is None or found > visit.now.date():
        raise UsageError("choose the day on which it was published; it cannot lie in the future")
    with visit.db.read() as s:
        text = revisions.revision_by_key(s, revision)
    _store(visit, NewDecision("date", _client_id(client_id), article_id=text.article_id, valid_from=found))
    return visit.redirect(f"/articles/{text.key}")


@router.post("/separate")
def separate(revision: str = Form(), client_id: str = Form(), visit: Visit = Depends(reviewer)) -> Response:
    """The article tells a story of its own."""
    from storage import pages_article

    with visit.db.read() as s:
        text = revisions.revision_by_key(s, revision)
        topics = pages_article.topics_of(s, text.article_id)
    name = _client_id(client_id)
    asked = [NewDecision("separate", f"{name}-{i}", article_id=text.article_id, topic_id=t) for i, t in enumerate(topics)]
    decisions.record(visit.db, asked, by=visit.visitor.name, now=visit.now, batch=name)
    return visit.redirect(f"/articles/{text.key}")


@router.post("/rule")
def rule(
    topic: str = Form(),
    claim: str = Form(),
    status: str = Form(),
    since: str = Form("", alias="from"),
    until: str = Form("", alias="to"),
    review_by: str = Form(""),
    note: str = Form(""),
    client_id: str = Form(),
    visit: Visit = Depends(reviewer),
) -> Response:
    """A person's word on a status; the machine's own stays beside it."""
    with visit.db.read() as s:
        found = claims.claim(s, claim, topic)
    if status not in list(Status):
        raise UsageError(f"{status!r} is no status")
    days = [out.day(x or None, name) for x, name in ((since, "from"), (until, "to"), (review_by, "look again by"))]
    if days[0] is None:
        raise UsageError("a ruling needs the day from which it holds")
    ruling = NewDecision("ruling", _client_id(client_id), found.id, status=Status(status), valid_from=days[0], valid_to=days[1])
    _store(visit, replace(ruling, review_by=days[2], note=note.strip()[:NOTE_CHARS]))
    return visit.redirect(f"/claims/{found.topic_slug}/{found.slug}")


def _store(visit: Visit, asked: NewDecision) -> None:
    decisions.record(visit.db, [asked], by=visit.visitor.name, now=visit.now)
