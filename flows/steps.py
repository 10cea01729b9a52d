"""The steps, composed plainly: no Prefect here; the flows wrap the same functions with retries and a schedule.

`track` is a day's work for one topic: ask the sources, fetch, group copies, match, publish an edition, hand on the messages.
Driven by what the database has not seen, never by a date: any run that survives does all that is left to do. Who carries out a
batch is an argument (`Hands`): the function itself, or a task around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice

from claimline.errors import ClaimlineError
from claimline.models import Skip, SourceReport, Topic
from claimline.topics import digest, dump
from flows import intake, judging, manners, outbox, rereading
from flows.desk import Desk
from flows.easing import eased
from flows.intake import Asked
from flows.retaining import retain
from flows.tally import Tally
from storage import claims, ledger, runs
from storage.articles import CARRIED
from storage.records import Published, StoredChange, StoredSource, StoredTopic, ToFetch, TopicImport

FETCH_BATCH = 2_500
ASSESS_BATCH = 240
STORE_BATCH = 25
# A source that says that there is more is asked on, so often in one run; a backfill as well.
MOST_PARTS = 400
NOTHING_PUBLISHED = Published(None, None, None)


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
    def said(self) -> str:
        """How many of the sources that were asked answered, in words."""
        return f"{self.answered} of {len(self.sources)} sources answered" if self.sources else "no source was asked"

    @property
    def failures(self) -> int:
        return sum(s.failed for s in self.tally.skips)

    @property
    def partial(self) -> bool:
        return self.failures > 0

    @property
    def changes(self) -> tuple[StoredChange, ...]:
        return self.published.changes


# --- Who carries out a batch ----------------------------------------------------------------------------------------


def ask_all(desk: Desk, topic: StoredTopic, sources: Sequence[StoredSource]) -> Iterator[Asked]:
    """Asks sources side by side and yields their answers in the order given, so that what is stored does not depend on chance.

    A folder is read when its turn comes: its answer carries the articles themselves.
    """
    distant = [s for s in sources if s.kind not in CARRIED]
    with ThreadPoolExecutor(max(1, min(desk.settings.fetch_concurrency, len(distant))), thread_name_prefix="ask") as pool:
        asked = {s.id: pool.submit(ask_safely, desk, topic, s) for s in distant}
        for source in sources:
            yield asked.pop(source.id).result() if source.id in asked else ask_safely(desk, topic, source)


def ask_safely(desk: Desk, topic: StoredTopic, source: StoredSource) -> Asked:
    """One source's trouble stays its own, whatever it is."""
    try:
        return intake.ask_source(desk, topic, source)
    except Exception as error:  # noqa: BLE001 -- the edge of a task: counted and named in the run's row
        return crashed(source, error)


def crashed(source: StoredSource, error: BaseException) -> Asked:
    return Asked(source, None, Skip(source.locator, "crash", f"{type(error).__name__}: {error}"[:200], failed=True))


def store_answers(desk: Desk, topic: StoredTopic, asked: Sequence[Asked]) -> list[tuple[SourceReport, Tally]]:
    return [intake.store_answer(desk, topic, one) for one in asked]


def assess_batch(desk: Desk, topic: StoredTopic, revision_ids: Sequence[int], run_id: int | None) -> Tally:
    return judging.assess(desk, topic, judging.open_matcher(desk, topic), revision_ids, run_id=run_id)


def publish(desk: Desk, topic: StoredTopic, run_id: int | None) -> Published:
    """One edition with everything that is new, in one transaction; none where nothing is."""
    matcher = judging.installed_hash(desk, topic)
    return ledger.publish(desk.db, topic.id, run_id=run_id, actor=desk.actor, now=desk.now(), matcher=matcher)


def tell(desk: Desk, topic: StoredTopic) -> Tally:
    """Hands on the messages that need no Prefect; its events wait for a run that has one."""
    return outbox.deliver(desk, topic)


@dataclass(frozen=True, slots=True)
class Hands:
    """Who carries out each batch: here the functions themselves; `flows.track` puts a task with retries around each."""

    ask: Callable[[Desk, StoredTopic, Sequence[StoredSource]], Iterable[Asked]] = ask_all
    store: Callable[[Desk, StoredTopic, Sequence[Asked]], list[tuple[SourceReport, Tally]]] = store_answers
    fetch: Callable[[Desk, StoredTopic, Sequence[ToFetch]], Tally] = intake.fetch_articles
    group: Callable[[Desk, StoredTopic], Tally] = judging.group_copies
    assess: Callable[[Desk, StoredTopic, Sequence[int], int | None], Tally] = assess_batch
    consult: Callable[[Desk, StoredTopic, int | None], Tally] = judging.judge_undecided
    publish: Callable[[Desk, StoredTopic, int | None], Published] = publish
    tell: Callable[[Desk, StoredTopic], Tally] = tell


PLAIN = Hands()


# --- A run ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Work:
    """A run under way: what the phases add to."""

    desk: Desk
    topic: StoredTopic
    run_id: int
    hands: Hands
    tally: Tally = field(default_factory=Tally)
    reports: list[SourceReport] = field(default_factory=list)
    published: Published = NOTHING_PUBLISHED

    def report(self) -> TrackReport:
        return TrackReport(self.topic.slug, self.run_id, tuple(self.reports), self.tally, self.published)


Phase = Callable[[Work], None]
Params = Mapping[str, object]


def track(
    desk: Desk,
    slug: str,
    *,
    hands: Hands = PLAIN,
    params: Params | None = None,
    only: str | None = None,
    everything: bool = True,
) -> TrackReport:
    """One run for one topic under its lease; raises LeaseHeld where another run is at it.

    `only`: ask this source alone. With `everything` false, only the sources whose turn it is are asked.
    """

    def first(work: Work) -> None:
        look(work, only, everything=everything)

    phases = (first, read, compare, judge, settle)
    return at_work(desk, slug, "track", phases, hands=hands, params=params, judged=only is None)


def ingest(desk: Desk, slug: str, *, hands: Hands = PLAIN, params: Params | None = None) -> TrackReport:
    """The first half: sources and articles; nothing is matched or published."""
    return at_work(desk, slug, "ingest", (look, read), hands=hands, params=params)


def assess(desk: Desk, slug: str, *, hands: Hands = PLAIN, params: Params | None = None) -> TrackReport:
    """The second half: what was stored and not yet matched, then an edition."""
    return at_work(desk, slug, "assess", (compare, judge, settle), hands=hands, params=params)


def at_work(
    desk: Desk,
    slug: str,
    flow: str,
    phases: Sequence[Phase],
    *,
    hands: Hands = PLAIN,
    params: Params | None = None,
    covers: bool = True,
    judged: bool = True,
) -> TrackReport:
    """The phases one after the other, with a run row around them and the messages after.

    `covers`: whether what the sources answered goes into the day's account (a backfill's questions are about the past).
    `judged`: whether it tells how far we have read (one source that a person asks for does not).
    """
    desk = desk.for_run()
    topic = intake.stored_topic(desk, slug)
    with eased(desk.db), runs.lease(desk.db, f"topic:{slug}", desk.holder, now=desk.now):
        work = Work(desk, topic, start_run(desk, topic, flow, params or {}), hands)
        try:
            for phase in phases:
                phase(work)
        except BaseException as error:
            finish_run(work, covers=covers, judged=judged, error=_one_line(error))
            if isinstance(error, Exception):
                # What waits is told all the same, and that nothing was read for long; the run's own error is the news here.
                with suppress(Exception):
                    hands.tell(desk, topic)
            raise
        finally:
            if desk.manners:
                manners.keep(desk.db.cache, desk.manners)
            if desk.helpers:
                desk.helpers.close()
        finish_run(work, covers=covers, judged=judged)
        work.tally.add(hands.tell(desk, topic))
    return work.report()


def look(work: Work, only: str | None = None, *, everything: bool = True) -> None:
    """Asks every source that is not paused (or the one at `only`, or those that are due)."""
    if only is None:
        sources = intake.due_sources(work.desk, work.topic, everything=everything)
    else:
        sources = tuple(s for s in intake.awake_sources(work.desk, work.topic) if s.locator == only)
    answers = iter(work.hands.ask(work.desk, work.topic, sources))
    while batch := list(islice(answers, 1 if len(sources) <= STORE_BATCH else STORE_BATCH)):
        for report, part in store_whole(work, batch):
            work.reports.append(report)
            work.tally.add(part)
        work.desk.progress("sources", len(work.reports), len(sources))


def store_whole(
    work: Work, batch: Sequence[Asked], kept: Callable[[Asked], Asked] = lambda asked: asked
) -> Iterator[tuple[SourceReport, Tally]]:
    """Stores the answers; a source that has more than one answer holds is asked on, and reported once.

    `kept` makes of an answer what is stored of it.
    """
    stored = work.hands.store(work.desk, work.topic, [kept(asked) for asked in batch])
    for asked, (report, tally) in zip(batch, stored, strict=True):
        yield _asked_on(work, asked, report, tally, kept), tally


def _asked_on(work: Work, asked: Asked, report: SourceReport, tally: Tally, kept: Callable[[Asked], Asked]) -> SourceReport:
    """The rest of what a source has, part by part; each is stored before the next is asked for."""
    for _ in range(MOST_PARTS):
        found = asked.found
        if found is None or not found.more or found.validators == asked.source.validators:
            return report
        onward = replace(asked.source, validators=found.validators)
        (asked,) = work.hands.ask(work.desk, work.topic, [onward])
        ((part, spent),) = work.hands.store(work.desk, work.topic, [kept(asked)])
        report = _both(report, part)
        tally.add(spent)
    if asked.found is not None and asked.found.more:
        advice = f"{MOST_PARTS} parts were read; the next run, or a backfill of fewer days, reads on"
        tally.skip(Skip(report.locator, "more-left", advice, failed=True))
    return report


def _both(one: SourceReport, two: SourceReport) -> SourceReport:
    """Two parts of what one source has, as one report."""
    return replace(
        one,
        answered=one.answered and two.answered,
        not_modified=one.not_modified and two.not_modified,
        found=one.found + two.found,
        new=one.new + two.new,
        revised=one.revised + two.revised,
        unchanged=one.unchanged + two.unchanged,
        skips=(*one.skips, *two.skips),
        error=two.error,
        at_least_s=max((x for x in (one.at_least_s, two.at_least_s) if x), default=None),
        seconds={k: one.seconds.get(k, 0.0) + two.seconds.get(k, 0.0) for k in {*one.seconds, *two.seconds}},
    )


def read(work: Work) -> None:
    """Fetches in rounds until nothing is due; what fails is due again later, never in the same run."""
    tried: set[int] = set()
    while todo := [w for w in to_fetch(work.desk, work.topic) if w.article_id not in tried]:
        tried |= {w.article_id for w in todo}
        work.tally.add(work.hands.fetch(work.desk, work.topic, todo))
    if work.desk.helpers:
        work.desk.helpers.close()  # what is read next are models, which need the memory


def to_fetch(desk: Desk, topic: StoredTopic) -> tuple[ToFetch, ...]:
    return intake.articles_to_fetch(desk, topic, limit=FETCH_BATCH)


def compare(work: Work) -> None:
    work.tally.add(work.hands.group(work.desk, work.topic))


def judge(work: Work) -> None:
    """Matches everything that nobody has read yet, then asks the judge, where there is one, about what is unsure."""
    matcher = judging.installed_hash(work.desk, work.topic)
    todo = judging.to_read(work.desk, work.topic, matcher)
    for at in range(0, len(todo), ASSESS_BATCH):
        work.tally.add(work.hands.assess(work.desk, work.topic, todo[at : at + ASSESS_BATCH], work.run_id))
        work.desk.progress("texts", min(at + ASSESS_BATCH, len(todo)), len(todo))
    work.tally.add(judging.stand_in(work.desk, work.topic, matcher))
    work.tally.add(rereading.another_cleaner(work.desk, work.topic))
    work.tally.add(work.hands.consult(work.desk, work.topic, work.run_id))


def settle(work: Work) -> None:
    """One edition, then away with what may not be kept now that it is published."""
    with work.tally.timed("publish"):
        work.published = work.hands.publish(work.desk, work.topic, work.run_id)
    work.tally.counts["changes"] += len(work.published.changes)
    work.tally.add(retain(work.desk))


def import_topic(desk: Desk, topic: Topic, *, force: bool = False) -> TopicImport:
    """Brings a topic into the database; the same one again changes nothing."""
    return desk.db.write(
        lambda s: claims.import_topic(
            s, topic, digest=digest(topic), yaml=dump(topic), now=desk.now(), by=desk.actor, force=force
        )
    )


# --- The run's row --------------------------------------------------------------------------------------------------


def start_run(desk: Desk, topic: StoredTopic, flow: str, params: Params) -> int:
    """A run's row; runs of this topic that were killed are marked abandoned."""
    return desk.db.write(lambda s: runs.start(s, topic_id=topic.id, flow=flow, holder=desk.holder, params=params, now=desk.now()))


def finish_run(work: Work, *, covers: bool = True, judged: bool = True, error: str | None = None) -> None:
    """Closes the run's row with its counts, its skips and what each source answered."""
    desk, tally = work.desk, work.tally
    told = covers and judged
    sufficient = (False if error else _sufficient(work)) if told else None
    desk.db.write(
        lambda s: runs.finish(
            s,
            work.run_id,
            counts=dict(tally.counts),
            skips=tally.skips,
            cost={**{f"seconds-{k}": round(v, 3) for k, v in tally.seconds.items()}, **tally.cost},
            coverage=work.reports if covers else (),
            reasons=tally.reasons if covers else None,
            sufficient=sufficient,
            error=error,
            now=desk.now(),
        )
    )


def _sufficient(work: Work) -> bool | None:
    """Whether enough of the topic's sources answered when they were asked last; open where none was asked."""
    if not work.reports:
        return None
    now = {r.source_id: r.answered for r in work.reports}
    watched = intake.due_sources(work.desk, work.topic)
    answered = [now.get(s.id, s.last_answered_at is not None and not s.failures) for s in watched]
    return sum(answered) >= len(answered) * work.desk.settings.sufficient_share


def _one_line(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "stopped by hand"
    return str(error).splitlines()[0] if isinstance(error, ClaimlineError) else f"{type(error).__name__}: {error}"
