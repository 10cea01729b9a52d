"""A trace: where an article stopped on its way to the ledger, step by step. It only looks; retrieval is asked again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from claimline.errors import UnknownName
from claimline.matching import aggregate
from claimline.matching.matcher import WindowTrace
from claimline.matching.stance import Together
from claimline.models import Position
from flows import judging
from flows.desk import Desk
from storage import answers, articles, claims, clusters, ledger, revisions
from storage.records import StoredArticle, StoredAssessment, StoredRevision, StoredTopic
from storage.stands import RETRACTION


@dataclass(frozen=True, slots=True)
class TraceStep:
    """`ok` false: the article went no further."""

    name: str
    ok: bool
    detail: str
    figures: Mapping[str, object] = field(default_factory=dict)


def trace_article(desk: Desk, url: str, claim: str | None = None) -> list[TraceStep]:
    """The steps for the article at `url` (or an alias), for every topic that has it; empty where it was never found.

    Raises UnknownName where none of these topics has the claim.
    """
    with desk.db.read() as s:
        try:
            article = articles.article_by_url(s, url)
        except UnknownName:
            return []
        texts = revisions.revisions_of(s, article.id)
        topics = [t for t in claims.topics(s) if any(a.id == article.id for a in articles.articles(s, t.id))]
    slugs = [c.slug for topic in topics for c in topic.claims]
    if claim is not None and claim not in slugs:
        raise UnknownName("claim", claim, slugs)
    steps = [TraceStep("found", True, f"{article.url}, first seen {article.first_seen:%Y-%m-%d %H:%M} UTC"), _fetched(article)]
    if not texts:
        return [*steps, TraceStep("cleaned", False, article.last_error or "no text yet")]
    current = next((r for r in texts if r.id == article.revision_id), texts[-1])
    steps += [_cleaned(current, len(texts)), _dated(current)]
    for topic in topics:
        steps += _in_topic(desk, topic, article, current, claim)
    return steps


def _fetched(article: StoredArticle) -> TraceStep:
    if article.state == "gone":
        return TraceStep("fetched", True, "captured; the page is gone at its source since, and what it said stands")
    ok = article.state not in ("new", "failing", "left", "given-up")
    return TraceStep("fetched", ok, article.state if ok else f"{article.state}: {article.last_error or 'not tried yet'}")


def _cleaned(r: StoredRevision, count: int) -> TraceStep:
    if not r.text:
        told = "the text is not kept (its source's `store`, its age, or the law); what was found in it stands"
        return TraceStep("cleaned", True, told, {"revision": r.key})
    detail = (
        f"{len(r.text):,} characters, language {r.lang or 'unknown'}, {r.cleaner}, {count} revision{'s' if count != 1 else ''}"
    )
    return TraceStep("cleaned", True, detail, {"revision": r.key})


def _dated(r: StoredRevision) -> TraceStep:
    d = r.published
    if d.day is not None and not r.uncertain:
        return TraceStep("dated", True, f"{d.day} ({d.basis}: {d.words!r})")
    options = ", ".join(map(str, d.candidates[:4])) or "no candidate"
    return TraceStep("dated", False, f"uncertain: {d.words!r}: {options}; settle it with `claimline date`")


def _folded(slug: str, p: Position, *, retracted: bool) -> TraceStep:
    """A position in the ledger; one whose words an edit or a retraction has taken away stood only until then."""
    what = "the article was retracted" if retracted else "the text was changed"
    stood = f"from {p.valid_from}" + (f" until {p.valid_to}, when {what}" if p.valid_to else "")
    weight = f"weight {p.confidence * p.weight:.2f}" if p.weight else "weight 0: its outlet does not count"
    days = {"valid_from": str(p.valid_from), "valid_to": str(p.valid_to) if p.valid_to else None}
    figures = {"claim": slug, "stance": str(p.stance), **days, "weight": p.confidence * p.weight}
    return TraceStep("folded", p.weight > 0, f"{slug}: {p.stance} {stood}, {weight}: {p.quote[:80]}", figures)


def _chances(probabilities: Mapping[str, float]) -> str:
    return " ".join(f"{stance} {p:.2f}" for stance, p in probabilities.items())


def _in_topic(
    desk: Desk, topic: StoredTopic, article: StoredArticle, revision: StoredRevision, only: str | None
) -> Iterator[TraceStep]:
    with desk.db.read() as s:
        others = clusters.copies_of(s, topic.id, article.id)
        judged = {a.claim: a for a in answers.answers(s, topic.id, article_id=article.id)}
        known = {c.slug: ledger.positions(s, c.id) for c in topic.claims if only in (None, c.slug)}
    copies = (
        f"{topic.slug}: told by {len(others)} other{'s' if len(others) != 1 else ''} too"
        if others
        else f"{topic.slug}: no copies"
    )
    yield TraceStep("copied", True, copies)
    if revision.text:
        answer = judging.open_matcher(desk, topic).answer([judging.as_text(revision)])[0]
        if answer.skipped:
            yield TraceStep("retrieved", False, answer.skipped)
            return
        read = {slug: _retrieved(slug, windows, revision, passages=only is not None) for slug, windows in answer.windows}
        if only is not None:
            read |= {slug: (*read[slug], _together(slug, together)) for slug, together in answer.together}
    else:
        read = dict.fromkeys(known, ())  # nothing to ask again
    for slug, steps in read.items():
        if slug in known:
            yield from steps
            mine = [p for p in known[slug] if p.article == article.url]
            yield from _judged(slug, judged.get(slug), mine, revision)


def _retrieved(slug: str, windows: Sequence[WindowTrace], revision: StoredRevision, *, passages: bool) -> tuple[TraceStep, ...]:
    """What was found for a claim, and each passage with its probabilities."""
    best = max((w.retrieval for w in windows), default=0.0)
    found = {"claim": slug, "passages": len(windows), "score": best}
    steps = [TraceStep("retrieved", bool(windows), f"{slug}: {len(windows)} passages, best score {best:.2f}", found)]
    for w in windows if passages else ():
        note = f"[{w.note}]  " if w.note else ""
        probabilities = asdict(w.probs)
        detail = f"{_chances(probabilities)}  {note}{revision.text[w.start : w.end][:140]}"
        span = {"claim": slug, "start": w.start, "end": w.end, "score": w.retrieval}
        steps.append(TraceStep("passage", True, detail, span | {"probabilities": probabilities, "note": w.note}))
    return tuple(steps)


def _together(slug: str, together: Together) -> TraceStep:
    """What the model says of the passages where it reads them together."""
    probabilities = aggregate.said_together(together)
    detail = f"{_chances(probabilities)}  all of them read together"
    return TraceStep("together", True, detail, {"claim": slug, "probabilities": probabilities})


def _judged(slug: str, held: StoredAssessment | None, mine: Sequence[Position], revision: StoredRevision) -> Iterator[TraceStep]:
    """What the machine says of the text, and what stands of it in the ledger."""
    if held is None:
        yield TraceStep("judged", False, f"{slug}: unrelated, or not published yet")
        return
    chances = ", ".join(f"{k} {v:.2f}" for k, v in held.probabilities.items())
    counts = held.decided or held.decision is not None
    said = f"{held.effective} ({chances})" if counts else f"unsure, so it does not count ({chances})"
    told = {"claim": slug, "stance": str(held.effective), "probabilities": {str(k): v for k, v in held.probabilities.items()}}
    yield TraceStep("judged", counts, f"{slug}: {said}", told)
    for p in mine:
        yield _folded(slug, p, retracted=revision.notice == RETRACTION)
    if not mine:
        yield TraceStep("folded", False, f"{slug}: not in the ledger: {_why_not(revision, counts=counts)}")


def _why_not(revision: StoredRevision, *, counts: bool) -> str:
    if revision.uncertain:
        return "its date is not settled"
    if revision.notice == RETRACTION:
        return "the article was retracted"
    return "its words were rejected, or wait for the next run" if counts else "the machine is unsure"
