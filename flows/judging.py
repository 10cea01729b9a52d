"""Judging: copies are grouped, revisions that this matcher has not read are matched to claims. Read, work, write, in batches.

What a model could not answer stays pending and is counted; a text in a language that it does not read is counted too. Where a
judge is configured, it is asked about the pairs on which the matcher is unsure.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from urllib.parse import urlsplit

from claimline import clusters as near
from claimline.errors import ClaimlineError
from claimline.matching.judge import Judge, Opinion, Question, judge_hash
from claimline.matching.matcher import Answer, Matcher, Text, matcher_hash
from claimline.matching.retrieve import shared_embedder
from claimline.matching.stance import load_engine
from claimline.models import Skip, Topic
from flows.desk import Desk
from flows.tally import Tally
from storage import assessments, claims, clusters, judge_pairs, pins, revisions, sketches, stand_ins
from storage.judge_pairs import JudgePair
from storage.readings import Coming
from storage.records import Edge, StoredRevision, StoredTopic

ASSESS_BATCH = 24
# So many questions in a row on which the endpoint itself failed end a run's asking; what is left is asked in the next run.
OUTAGES = 3


def open_matcher(desk: Desk, topic: StoredTopic) -> Matcher:
    """The matcher for a topic's live claims; the models are loaded once a process."""
    engine = load_engine(desk.settings.model, models_dir=desk.settings.effective_models_dir)
    return Matcher(_live(topic), engine, shared_embedder())


def installed_hash(desk: Desk, topic: StoredTopic) -> str:
    """The hash of the matcher that is installed and chosen, with this topic's examples, names and people."""
    return matcher_hash(load_engine(desk.settings.model, models_dir=desk.settings.effective_models_dir), _live(topic))


def _live(topic: StoredTopic) -> Topic:
    """The topic as it is matched: without its retired claims."""
    return replace(topic.topic, claims=tuple(c.spec for c in topic.claims if not c.retired))


def to_read(desk: Desk, topic: StoredTopic, matcher: str) -> tuple[int, ...]:
    """What a daily run with this matcher reads: texts without an answer that counts. The past is read again only by a replay."""
    todo = unread(desk, topic, matcher)
    with desk.db.read() as s:
        pinned = assessments.pinned_matcher(s, topic.id)
    if not todo or pinned in (None, matcher):
        return todo
    with desk.db.read() as s:
        unknown = set(revisions.unscanned(s, topic.version_id, str(pinned), limit=1_000_000, or_stood_in=True))
    return tuple(i for i in todo if i in unknown)


def unread(desk: Desk, topic: StoredTopic, matcher: str, *, coming: Coming | None = None) -> tuple[int, ...]:
    """The revisions that this matcher has not looked at for this topic version, oldest first; `coming`: as a replay has them."""
    with desk.db.read() as s:
        return revisions.unscanned(s, topic.version_id, matcher, limit=1_000_000, coming=coming)


def stand_in(desk: Desk, topic: StoredTopic, matcher: str) -> Tally:
    """Lets what this matcher has read count where the pinned one has not read it; says so while they are two."""
    tally = Tally()
    with desk.db.read() as s:
        for claim, count in stand_ins.read_for_other_words(s, topic.id).items():
            lost = "1 text that is gone tells" if count == 1 else f"{count} texts that are gone tell"
            why = f"{claim}: {lost} of it by what was read for earlier words; look whether that still holds (`claimline decide`)"
            tally.skip(Skip(claim, "read-for-other-words", why))
        pinned = sorted({pin.matcher for pin in pins.live(s, topic.id).values()} - {matcher})
    if not pinned:
        return tally
    texts = desk.db.write(lambda s: stand_ins.stand_in(s, topic.id, matcher, now=desk.now()))
    tally.counts["stood-in"] += texts
    told = "1 new text was" if texts == 1 else f"{texts} new texts were"
    told += f" judged by matcher {matcher[:12]} while claims are pinned to {', '.join(p[:12] for p in pinned)}"
    advice = f"{told}; they count at once, and `claimline replay --topic {topic.slug}` compares the two on the past"
    tally.skip(Skip(topic.slug, "another-matcher", advice))
    return tally


def assess(desk: Desk, topic: StoredTopic, matcher: Matcher, revision_ids: Sequence[int], *, run_id: int | None) -> Tally:
    """Matches a batch of revisions to the topic's claims and stores the answers; nothing becomes visible before an edition."""
    tally = Tally()
    with desk.db.read() as s:
        versions = claims.claim_versions(s, topic.version_id)
    for at in range(0, len(revision_ids), ASSESS_BATCH):
        with desk.db.read() as s:
            batch = revisions.revisions(s, revision_ids[at : at + ASSESS_BATCH])
        with tally.timed("match"):
            read, answers = _answers(matcher, batch, tally)
        with tally.timed("record"):
            desk.db.write(_saver(desk, topic, matcher, read, answers, versions, run_id))
        for revision, answer in zip(read, answers, strict=True):
            _count(tally, revision, answer)
        desk.progress("claims", min(at + ASSESS_BATCH, len(revision_ids)), len(revision_ids))
    return tally


def _answers(matcher: Matcher, batch: Sequence[StoredRevision], tally: Tally) -> tuple[list[StoredRevision], list[Answer]]:
    """The texts that were answered, with their answers. One on which the matcher breaks is left to the next run."""
    try:
        return list(batch), matcher.answer([as_text(r) for r in batch])
    except ClaimlineError:
        raise  # no model, no database: that is nothing of one text's
    except Exception as error:  # noqa: BLE001 -- the edge of a task: counted and named in the run's row
        if len(batch) == 1:
            tally.skip(Skip(batch[0].url, "crash", f"matching: {type(error).__name__}: {error}"[:200], failed=True))
            return [], []
    read: list[StoredRevision] = []
    answers: list[Answer] = []
    for one in batch:
        texts, found = _answers(matcher, [one], tally)
        read, answers = [*read, *texts], [*answers, *found]
    return read, answers


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


# --- The judge ------------------------------------------------------------------------------------------------------


def installed_judge(desk: Desk, topic: StoredTopic) -> str | None:
    """The hash of the judge that the settings name, with this topic's people; None where they name none."""
    settings = desk.settings
    return judge_hash(settings.judge_model, topic.topic.people) if settings.judge_base_url and settings.judge_model else None


def judge_undecided(
    desk: Desk,
    topic: StoredTopic,
    run_id: int | None,
    *,
    matcher: str | None = None,
    only: Collection[str] = (),
    coming: Coming | None = None,
) -> Tally:
    """Asks the configured judge about the pairs on which the matcher is unsure (or all that it lists); stores what it answers.

    A pair without a proper answer stays pending and is asked again in later runs, up to a limit. A judge that is not the pinned
    one is not asked but for a replay (of this `matcher`, the claims `only` and the texts `coming`): its answers would count for
    nothing.
    """
    tally = Tally()
    judge = installed_judge(desk, topic)
    if judge is None:
        return tally
    settings = desk.settings
    with desk.db.read() as s:
        pinned = judge_pairs.pinned_judge(s, topic.id)
        if pinned not in (None, judge) and matcher is None:
            tally.skip(Skip(str(settings.judge_model), "judge-not-let-in", "`claimline replay` tries it on the stored past"))
            return tally
        pairs = judge_pairs.judge_pairs(
            s,
            topic.version_id,
            judge,
            matcher=matcher or assessments.pinned_matcher(s, topic.id) or installed_hash(desk, topic),
            claims=only,
            everything=settings.judge_scope == "all",
            limit=settings.judge_pairs_per_run,
            coming=coming,
        )
    if pairs:
        with tally.timed("judge"):
            _ask_judge(desk, topic, pairs, run_id, tally)
    return tally


def _ask_judge(desk: Desk, topic: StoredTopic, pairs: Sequence[JudgePair], run_id: int | None, tally: Tally) -> None:
    settings = desk.settings
    base_url, model = str(settings.judge_base_url), str(settings.judge_model)
    with desk.db.read() as s:
        versions = claims.claim_versions(s, topic.version_id)
    # The endpoint is of the owner's own choosing, often on the same machine.
    with desk.open_client((urlsplit(base_url).netloc,)) as client:
        key, people = os.environ.get(settings.judge_api_key_env, ""), topic.topic.people
        judge = Judge(base_url, model, post=client.post_json, people=people, key=key, timeout_s=settings.judge_timeout_s)
        waiting, outages = iter(pairs), 0
        while outages < OUTAGES and (batch := list(islice(waiting, max(1, settings.judge_concurrency)))):
            for question, opinion in _opinions(desk, judge, batch):
                _store_opinion(desk, topic, judge, question, opinion, versions, run_id)
                _count_opinion(tally, desk, question, opinion)
                outages = outages + 1 if opinion.outage else 0
            desk.progress("judge", tally.counts["judge-asked"], len(pairs))
    tally.counts["judge-not-asked"] += len(pairs) - tally.counts["judge-asked"]


def _opinions(desk: Desk, judge: Judge, pairs: Sequence[JudgePair]) -> list[tuple[tuple[JudgePair, StoredRevision], Opinion]]:
    """Asks about a few pairs side by side; the answers come in the order of the pairs."""
    with desk.db.read() as s:
        texts = {r.id: r for r in revisions.revisions(s, [p.revision_id for p in pairs])}
    asked = [Question(p.claim, p.statement, as_text(texts[p.revision_id]), p.spans) for p in pairs]
    with ThreadPoolExecutor(len(asked), thread_name_prefix="judge") as pool:
        answered = list(pool.map(judge.ask, asked))
    return [((p, texts[p.revision_id]), opinion) for p, opinion in zip(pairs, answered, strict=True)]


def _store_opinion(
    desk: Desk,
    topic: StoredTopic,
    judge: Judge,
    question: tuple[JudgePair, StoredRevision],
    opinion: Opinion,
    versions: dict[str, int],
    run_id: int | None,
) -> None:
    def save(s: clusters.Session) -> None:
        assessments.ensure_matcher(s, judge.hash, now=desk.now(), kind="judge", about=judge.about)
        assessments.save_scan(
            s,
            question[1].id,
            topic.version_id,
            judge.hash,
            [opinion.judgement],
            run_id=run_id,
            now=desk.now(),
            claim_versions=versions,
            kind="judge",
        )

    desk.db.write(save)


def _count_opinion(tally: Tally, desk: Desk, question: tuple[JudgePair, StoredRevision], opinion: Opinion) -> None:
    settings, judgement = desk.settings, opinion.judgement
    tally.counts["judge-asked"] += 1
    tally.counts["judge-tokens-in"] += opinion.tokens_in
    tally.counts["judge-tokens-out"] += opinion.tokens_out
    price = opinion.tokens_in * settings.judge_price_in + opinion.tokens_out * settings.judge_price_out
    tally.cost["judge-price"] = round(tally.cost.get("judge-price", 0.0) + price / 1_000_000, 6)
    if judgement.failed:
        tally.skip(Skip(question[1].url, "judge-failed", f"{judgement.claim}: {judgement.failed}", failed=True))
    else:
        tally.counts["judge-answers"] += 1


# --- Copies ---------------------------------------------------------------------------------------------------------


def group_copies(desk: Desk, topic: StoredTopic) -> Tally:
    """Looks for copies among the revisions not yet compared and stores the pairs found; groups are their components."""
    tally = Tally()
    with tally.timed("copies"):
        with desk.db.read() as s:
            new = clusters.unclustered(s, topic.id)
            around = clusters.comparable(s, topic.id, new) if new else ()
            gone = sketches.around(s, topic.id, new) if new else {}
        if not new:
            return tally
        texts = {r.id: near.ClusterText(r.text, r.published.day, r.via) for r in _load(desk, (*new, *around))}
        signatures = {str(i): near.signature(text.text) for i, text in texts.items()}
        signatures |= {str(i): sketch.signature for i, sketch in gone.items()}
        pairs = near.candidate_pairs(signatures, [str(i) for i in new])
        edges = [edge for a, b in sorted(pairs) if (edge := _edge(texts, gone, int(a), int(b))) is not None]
        near.forget()
    with tally.timed("record"):
        desk.db.write(lambda s: clusters.save_edges(s, edges, new, now=desk.now()))
    tally.counts["copies-found"] += len(edges)
    return tally


def _load(desk: Desk, ids: Sequence[int]) -> tuple[StoredRevision, ...]:
    with desk.db.read() as s:
        return revisions.revisions(s, sorted(set(ids)))


def _edge(texts: dict[int, near.ClusterText], gone: dict[int, near.Sketch], a: int, b: int) -> Edge | None:
    if a in texts and b in texts:
        similarity = near.is_copy(texts[a], texts[b])
    else:
        similarity = near.is_copy_by_sketch(*(gone[i] if i in gone else near.sketch(texts[i]) for i in (a, b)))
    return Edge(a, b, similarity) if similarity is not None else None
