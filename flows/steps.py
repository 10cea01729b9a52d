"""The steps, composed plainly: no Prefect here; the flows wrap the same functions with retries and a schedule.

`track` is a day's work for one topic: ask the sources, fetch, group copies, match, publish an edition, hand on the messages.
Driven by what the database has not seen, never by a date: any run that survives does all that is left to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claimline.models import SourceReport, Topic
from claimline.topics import digest, dump
from flows import intake, judging
from flows.desk import Desk
from flows.tally import Tally
from storage import claims, ledger, runs
from storage.records import OutboxItem, Published, StoredChange, StoredTopic, TopicImport

FETCH_BATCH = 400


@dataclass(frozen=True, slots=True)
class TrackReport:
    """What one run did. `partial`: something failed and the rest was done."""

    topic: str
    run_id: int
    sources: tuple[SourceReport, ...]
    tally: Tally
    published: Published

    @property
    def answered(self) -> int:
        return sum(r.answered for r in self.sources)

    @property
    def failures(self) -> int:
        return sum(s.failed for s in self.tally.skips)

    @property
    def partial(self) -> bool:
        return self.failures > 0

    @property
    def changes(self) -> tuple[StoredChange, ...]:
        return self.published.changes


def import_topic(desk: Desk, topic: Topic, *, force: bool = False) -> TopicImport:
    """Brings a topic into the database; the same one again changes nothing."""
    return desk.db.write(
        lambda s: claims.import_topic(
            s, topic, digest=digest(topic), yaml=dump(topic), now=desk.now(), by=desk.actor, force=force
        )
    )


def track(desk: Desk, slug: str, *, params: dict[str, object] | None = None) -> TrackReport:
    """One run for one topic under its lease; raises LeaseHeld where another run is at it."""
    topic = intake.stored_topic(desk, slug)
    with runs.lease(desk.db, f"topic:{slug}", desk.holder, now=desk.now):
        run_id = start_run(desk, topic, "track", params or {})
        tally = Tally()
        reports: list[SourceReport] = []
        try:
            for source in intake.due_sources(desk, topic):
                report, part = intake.ingest_source(desk, topic, source)
                reports.append(report)
                tally.add(part)
            tally.add(fetch_all(desk, topic))
            tally.add(judging.group_copies(desk, topic))
            tally.add(assess_all(desk, topic, run_id))
            published = publish(desk, topic, run_id, tally)
        except BaseException as error:
            finish_run(desk, run_id, reports, tally, error=f"{type(error).__name__}: {error}")
            raise
        finish_run(desk, run_id, reports, tally)
    return TrackReport(topic.slug, run_id, tuple(reports), tally, published)


def fetch_all(desk: Desk, topic: StoredTopic) -> Tally:
    """Fetches in rounds until nothing is due; what fails is due again later, never in the same run."""
    tally = Tally()
    tried: set[int] = set()
    while todo := [w for w in intake.articles_to_fetch(desk, topic, limit=FETCH_BATCH) if w.article_id not in tried]:
        tried |= {w.article_id for w in todo}
        tally.add(intake.fetch_articles(desk, topic, todo))
    return tally


def assess_all(desk: Desk, topic: StoredTopic, run_id: int | None) -> Tally:
    """Matches everything that the matcher has not read; with nothing new no model is loaded."""
    matcher = judging.installed_hash(desk)
    todo = judging.unread(desk, topic, matcher)
    if not todo:
        return Tally()
    return judging.assess(desk, topic, judging.open_matcher(desk, topic), todo, run_id=run_id)


def publish(desk: Desk, topic: StoredTopic, run_id: int | None, tally: Tally) -> Published:
    """One edition with everything that is new, in one transaction; none where nothing is."""
    with tally.timed("publish"):
        published = ledger.publish(desk.db, topic.id, run_id=run_id, actor=desk.actor, now=desk.now())
    tally.counts["changes"] += len(published.changes)
    return published


# --- Runs -----------------------------------------------------------------------------------------------------------


def start_run(desk: Desk, topic: StoredTopic, flow: str, params: dict[str, object]) -> int:
    """A run's row; runs of this topic that were killed are marked abandoned."""
    return desk.db.write(lambda s: runs.start(s, topic_id=topic.id, flow=flow, holder=desk.holder, params=params, now=desk.now()))


def finish_run(desk: Desk, run_id: int, reports: Sequence[SourceReport], tally: Tally, *, error: str | None = None) -> None:
    """Closes the run's row with its counts, its skips and what each source answered."""
    asked = len(reports)
    answered = sum(r.answered for r in reports)
    sufficient = error is None and (asked == 0 or answered / asked >= desk.settings.sufficient_share)
    desk.db.write(
        lambda s: runs.finish(
            s,
            run_id,
            counts=dict(tally.counts),
            skips=tally.skips,
            cost={f"seconds-{k}": round(v, 3) for k, v in tally.seconds.items()},
            coverage=reports,
            sufficient=sufficient,
            error=error,
            now=desk.now(),
        )
    )


def messages(desk: Desk, *, limit: int = 500) -> tuple[OutboxItem, ...]:
    """What is still to be told, oldest first."""
    with desk.db.read() as s:
        return runs.outbox(s, limit=limit)
