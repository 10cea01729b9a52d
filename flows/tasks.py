"""The steps as Prefect tasks: batches with retries, ids as parameters, each with its own short sessions.

Take the decorators off and `flows.steps` remains. A task finds its desk in the run's context; where it runs elsewhere (another
process or machine) it opens one from the settings. What a killed or retried task had stored is not done twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.exceptions import PrefectException
from prefect.tasks import Task
from prefect.utilities.annotations import quote

from claimline.errors import DatabaseBusy, UnknownName
from claimline.models import SourceReport, Validators
from flows import archive, events, intake, judging, outbox, steps
from flows.archive import Span
from flows.desk import Desk, open_desk
from flows.intake import Asked
from flows.steps import Hands
from flows.tally import Tally
from storage.articles import CARRIED
from storage.records import Published, StoredSource, StoredTopic, ToFetch

TRANSIENT = (DatabaseBusy, BrokenProcessPool, ConnectionError, TimeoutError)
_desk: ContextVar[Desk | None] = ContextVar("claimline_desk", default=None)


@contextmanager
def at_desk(desk: Desk) -> Iterator[Desk]:
    """Lends a desk to the flows and tasks called within."""
    token = _desk.set(desk)
    try:
        yield desk
    finally:
        _desk.reset(token)


def at_lent_desk() -> bool:
    return _desk.get() is not None


@contextmanager
def desk_here() -> Iterator[Desk]:
    """The desk that was lent, or one from the settings for as long as the block lasts."""
    lent = _desk.get()
    if lent is not None:
        yield lent
        return
    with open_desk(actor="scheduled run") as desk, at_desk(desk):
        yield desk


def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether trying again may help: the database was busy, a helper process died, a connection broke."""
    try:
        state.result()
    except TRANSIENT:
        return True
    except Exception:  # noqa: BLE001 -- every other error is the task's own answer
        return False
    return False


retried: dict[str, Any] = {
    "retries": 2,
    "retry_delay_seconds": [1, 5],
    "retry_condition_fn": is_transient,
    "cache_policy": NO_CACHE,
}


# --- Tasks ----------------------------------------------------------------------------------------------------------


@task(name="ask-source", task_run_name="ask-source-{source_id}", **retried)
def ask_source(topic: str, source_id: int, span: Span | None = None, after: Validators | None = None) -> Asked:
    """`span`: the days that are asked about, where a backfill asks; `after`: where the answer before this one stopped."""
    with desk_here() as desk:
        stored = intake.stored_topic(desk, topic)
        source = _source(desk, stored, source_id)
        return intake.ask_source(desk, stored, archive.about(source, span, after) if span else source)


@task(name="store-answers", **retried)
def store_answers(topic: str, asked: Sequence[Asked]) -> list[tuple[SourceReport, Tally]]:
    with desk_here() as desk:
        return steps.store_answers(desk, intake.stored_topic(desk, topic), asked)


@task(name="fetch-articles", **retried)
def fetch_articles(topic: str, article_ids: Sequence[int]) -> Tally:
    """Those of the articles that are still due: a second try leaves out what the first had stored."""
    with desk_here() as desk:
        stored = intake.stored_topic(desk, topic)
        due = intake.articles_to_fetch(desk, stored, limit=2 * steps.FETCH_BATCH)
        mine = frozenset(article_ids)
        return intake.fetch_articles(desk, stored, [w for w in due if w.article_id in mine])


@task(name="group-copies", **retried)
def group_copies(topic: str) -> Tally:
    with desk_here() as desk:
        return judging.group_copies(desk, intake.stored_topic(desk, topic))


@task(name="match-texts", **retried)
def match_texts(topic: str, revision_ids: Sequence[int], run_id: int | None) -> Tally:
    with desk_here() as desk:
        return steps.assess_batch(desk, intake.stored_topic(desk, topic), revision_ids, run_id)


@task(name="consult-judge", **retried)
def consult_judge(topic: str, run_id: int | None) -> Tally:
    with desk_here() as desk:
        return judging.judge_undecided(desk, intake.stored_topic(desk, topic), run_id)


@task(name="publish", **retried)
def publish(topic: str, run_id: int | None) -> Published:
    with desk_here() as desk:
        return steps.publish(desk, intake.stored_topic(desk, topic), run_id)


@task(name="tell", **{**retried, "retry_condition_fn": None})
def tell(topic: str) -> Tally:
    """Messages first, then the events of all that was published and not yet emitted, from plain runs too."""
    with desk_here() as desk:
        stored = intake.stored_topic(desk, topic)
        tally = outbox.deliver(desk, stored)
        tally.add(events.emit_waiting(desk, stored))
        return tally


def _source(desk: Desk, topic: StoredTopic, source_id: int) -> StoredSource:
    for source in intake.awake_sources(desk, topic):
        if source.id == source_id:
            return source
    raise UnknownName("source", str(source_id))


# --- The same as hands ----------------------------------------------------------------------------------------------


def _ask(_desk: Desk, topic: StoredTopic, sources: Sequence[StoredSource]) -> Iterator[Asked]:
    """Distant sources side by side, answers in the order given; a folder in its turn."""
    spans = {s.id: archive.span_of(s) for s in sources}
    distant = [s for s in sources if s.kind not in CARRIED]
    asked = {s.id: ask_source.submit(topic.slug, s.id, spans[s.id], _after(s, spans)) for s in distant}
    for source in sources:
        try:
            held = asked.pop(source.id, None)
            answer = held.result() if held else ask_source(topic.slug, source.id, spans[source.id], _after(source, spans))
            # The task reads the source from the database; whoever asks on goes from what was asked here.
            yield replace(answer, source=source)
        except PrefectException:
            raise
        except Exception as error:  # noqa: BLE001 -- the edge of a task: counted and named in the run's row
            yield steps.crashed(source, error)


def _after(source: StoredSource, spans: Mapping[int, Span | None]) -> Validators | None:
    """Without a span the database knows where to go on."""
    return source.validators if spans[source.id] else None


def _consult(desk: Desk, topic: StoredTopic, run_id: int | None) -> Tally:
    return consult_judge(topic.slug, run_id) if judging.installed_judge(desk, topic) else Tally()


def _tell(_desk: Desk, topic: StoredTopic) -> Tally:
    """What could not be told waits in the outbox; the run is no less done for it."""
    try:
        return tell(topic.slug)
    except Exception as error:  # noqa: BLE001 -- the edge of a task
        return events.not_told(error)


TASKS = Hands(
    ask=_ask,
    # Quoted: Prefect would walk through every entry to look for futures.
    store=lambda _desk, topic, asked: store_answers(topic.slug, quote(list(asked))),
    fetch=lambda _desk, topic, wanted: fetch_articles(topic.slug, _ids(wanted)),
    group=lambda _desk, topic: group_copies(topic.slug),
    assess=lambda _desk, topic, ids, run_id: match_texts(topic.slug, list(ids), run_id),
    consult=_consult,
    publish=lambda _desk, topic, run_id: publish(topic.slug, run_id),
    tell=_tell,
)


def _ids(wanted: Sequence[ToFetch]) -> list[int]:
    return [w.article_id for w in wanted]
