"""Judging: copies are grouped, revisions that this matcher has not read are matched to claims. Read, work, write, in batches.

What a model could not answer stays pending and is counted; a text in a language that it does not read is counted too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from claimline import clusters as near
from claimline.matching.matcher import Answer, Matcher, Text, matcher_hash
from claimline.matching.retrieve import shared_embedder
from claimline.matching.stance import load_engine
from claimline.models import Skip
from flows.desk import Desk
from flows.tally import Tally
from storage import assessments, claims, clusters, revisions
from storage.records import Edge, StoredRevision, StoredTopic

ASSESS_BATCH = 24


def open_matcher(desk: Desk, topic: StoredTopic) -> Matcher:
    """The matcher for a topic's live claims; the models are loaded once a process."""
    engine = load_engine(desk.settings.model, models_dir=desk.settings.models_dir)
    live = tuple(c.spec for c in topic.claims if not c.retired)
    return Matcher(replace(topic.topic, claims=live), engine, shared_embedder())


def installed_hash(desk: Desk) -> str:
    """The hash of the matcher that is installed and chosen."""
    return matcher_hash(load_engine(desk.settings.model, models_dir=desk.settings.models_dir))


def unread(desk: Desk, topic: StoredTopic, matcher: str, *, limit: int = 1_000_000) -> tuple[int, ...]:
    """The revisions that this matcher has not looked at for this topic version, oldest first."""
    with desk.db.read() as s:
        return revisions.unscanned(s, topic.version_id, matcher, limit=limit)


def assess(desk: Desk, topic: StoredTopic, matcher: Matcher, revision_ids: Sequence[int], *, run_id: int | None) -> Tally:
    """Matches a batch of revisions to the topic's claims and stores the answers; nothing becomes visible before an edition."""
    tally = Tally()
    with desk.db.read() as s:
        versions = claims.claim_versions(s, topic.version_id)
    for at in range(0, len(revision_ids), ASSESS_BATCH):
        with desk.db.read() as s:
            batch = revisions.revisions(s, revision_ids[at : at + ASSESS_BATCH])
        with tally.timed("match"):
            answers = matcher.answer([as_text(r) for r in batch])
        with tally.timed("record"):
            desk.db.write(_saver(desk, topic, matcher, batch, answers, versions, run_id))
        for revision, answer in zip(batch, answers, strict=True):
            _count(tally, revision, answer)
        desk.progress("claims", min(at + ASSESS_BATCH, len(revision_ids)), len(revision_ids))
    return tally


def as_text(revision: StoredRevision) -> Text:
    return Text(revision.key, revision.text, revision.title, revision.lang, revision.published.day)


def _saver(
    desk: Desk,
    topic: StoredTopic,
    matcher: Matcher,
    batch: Sequence[StoredRevision],
    answers: Sequence[Answer],
    versions: dict[str, int],
    run_id: int | None,
) -> Callable[..., None]:
    def save(s: clusters.Session) -> None:
        assessments.ensure_matcher(s, matcher.hash, now=desk.now(), about=matcher.about)
        for revision, answer in zip(batch, answers, strict=True):
            assessments.save_scan(
                s,
                revision.id,
                topic.version_id,
                matcher.hash,
                answer.judgements,
                run_id=run_id,
                now=desk.now(),
                claim_versions=versions,
                outcome=answer.skipped or "read",
            )

    return save


def _count(tally: Tally, revision: StoredRevision, answer: Answer) -> None:
    tally.counts["revisions-read"] += 1
    tally.counts["pairs-judged"] += answer.pairs
    if answer.skipped == "language not read":
        tally.skip(Skip(revision.url, "language-not-read", revision.lang or "unknown"))
    elif answer.skipped:
        tally.counts["revisions-off-topic"] += 1
    for judgement in answer.judgements:
        if judgement.failed:
            tally.skip(Skip(revision.url, "not-judged", f"{judgement.claim}: {judgement.failed}", failed=True))
        else:
            tally.counts["assessments"] += 1
            tally.counts["undecided"] += 0 if judgement.decided else 1


# --- Copies ---------------------------------------------------------------------------------------------------------


def group_copies(desk: Desk, topic: StoredTopic) -> Tally:
    """Looks for copies among the revisions not yet compared and stores the pairs found; groups are their components."""
    tally = Tally()
    with tally.timed("copies"):
        with desk.db.read() as s:
            new = clusters.unclustered(s, topic.id)
            around = clusters.comparable(s, topic.id, new) if new else ()
        if not new:
            return tally
        texts = {r.id: near.ClusterText(r.text, r.published.day, r.via) for r in _load(desk, (*new, *around))}
        signatures = {str(i): near.signature(text.text) for i, text in texts.items()}
        pairs = near.candidate_pairs(signatures, [str(i) for i in new])
        edges = [edge for a, b in sorted(pairs) if (edge := _edge(texts, int(a), int(b))) is not None]
    with tally.timed("record"):
        desk.db.write(lambda s: clusters.save_edges(s, edges, new, now=desk.now()))
    tally.counts["copies-found"] += len(edges)
    return tally


def _load(desk: Desk, ids: Sequence[int]) -> tuple[StoredRevision, ...]:
    with desk.db.read() as s:
        return revisions.revisions(s, sorted(set(ids)))


def _edge(texts: dict[int, near.ClusterText], a: int, b: int) -> Edge | None:
    similarity = near.is_copy(texts[a], texts[b])
    return Edge(a, b, similarity) if similarity is not None else None
