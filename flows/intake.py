"""Intake: sources are asked, articles fetched, cleaned and stored. Read (session closed), work, write.

Each step may run twice and be killed anywhere: what is written is written whole, and the next run goes on from what the
database has not seen. It counts and names everything that it skipped; it raises only where nothing of it could be done.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from claimline import sources as source_kinds
from claimline.errors import FetchFailed, SourceError, StorageError
from claimline.models import Discovered, Fetched, Skip, SourceReport, Validators
from claimline.sources import polling
from claimline.sources.urlkey import url_key
from flows import pipeline, rereading, sharing
from flows.desk import Desk
from flows.pipeline import Got, Wanted
from flows.tally import Tally
from storage import articles, claims, runs
from storage.articles import Arrival
from storage.engine import Session
from storage.records import StoredSource, StoredTopic, ToFetch

INLINE_BATCH = 96
WRITE_BATCH = 96
WRITE_WITHIN_S = 2.0
FETCH_ROUND = 2_000
GONE = frozenset({404, 410})
EARLY = timedelta(minutes=5)


def stored_topic(desk: Desk, slug: str) -> StoredTopic:
    with desk.db.read() as s:
        return claims.topic(s, slug)


def allowed_hosts(topic: StoredTopic) -> tuple[str, ...]:
    """The hosts on private addresses that the topic's owner allowed."""
    return tuple(sorted({host for spec in topic.topic.sources for host in spec.allow_private}))


# --- Sources --------------------------------------------------------------------------------------------------------


def due_sources(desk: Desk, topic: StoredTopic, *, everything: bool = True) -> tuple[StoredSource, ...]:
    """The sources to ask now: none that is paused; with `everything` false only those whose turn it is.

    An address by hand that is taken in is none, where the topic has other sources: it would answer though the network is down.
    """
    known = awake_sources(desk, topic)
    watched = tuple(k for k in known if not articles.is_taken_in(k)) or known
    now = desk.now()
    return tuple(k for k in watched if everything or _is_due(k, now))


def awake_sources(desk: Desk, topic: StoredTopic) -> tuple[StoredSource, ...]:
    """Those that are not paused."""
    with desk.db.read() as s:
        return tuple(k for k in articles.sources(s, topic.id) if not k.paused)


def _is_due(source: StoredSource, now: datetime) -> bool:
    """A little early is in time: else a feed that is due every hour would miss every hourly run by the length of the last, and
    one that is left alone for two days would be left for three, where a day has 23 hours.
    """
    if source.next_due_at is None:
        return True
    if source.failures:
        wait = polling.next_due(polling.Asked(now, failures=source.failures)) - now
    else:
        wait = source.next_due_at - source.last_answered_at if source.last_answered_at else timedelta(0)
    return source.next_due_at <= now + max(EARLY, wait / 10)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a source answered, or why it could not be read; nothing of it is stored yet."""

    source: StoredSource
    found: Discovered | None
    error: Skip | None = None
    seconds: float = 0.0


def ask_source(desk: Desk, topic: StoredTopic, source: StoredSource) -> Asked:
    """Asks one source what it names; writes nothing, so that many may be asked at once."""
    began = time.perf_counter()
    try:
        with desk.open_client(allowed_hosts(topic)) as client:
            found = source_kinds.discover(
                source.spec,
                client,
                validators=source.validators,
                settings=desk.settings,
                now=desk.now(),
                base_dir=desk.base_dir,
            )
    except SourceError as error:
        skip = Skip(source.locator, error.reason, error.detail, failed=True, retry_after_s=error.retry_after_s)
        return Asked(source, None, skip, time.perf_counter() - began)
    return Asked(source, found, None, time.perf_counter() - began)


def ingest_source(desk: Desk, topic: StoredTopic, source: StoredSource) -> tuple[SourceReport, Tally]:
    """Asks one source and stores what it named; articles that it carried are cleaned and stored at once."""
    return store_answer(desk, topic, ask_source(desk, topic, source))


def store_answer(desk: Desk, topic: StoredTopic, asked: Asked) -> tuple[SourceReport, Tally]:
    """Stores what a source named, with the articles that it carried; a source that failed is asked again later."""
    tally = Tally()
    source = asked.source
    report = SourceReport(source.id, source.locator, answered=False)
    tally.spent("discover", asked.seconds)
    if asked.found is None:
        error = asked.error or Skip(source.locator, "no answer", failed=True)
        reason = f"{error.reason}" + (f": {error.detail}" if error.detail else "")
        tally.skip(error, source.id)
        desk.db.write(lambda s: runs.source_failed(s, source.id, reason, retry_after_s=error.retry_after_s, now=desk.now()))
        return replace(report, error=reason), tally
    found = asked.found
    for skip in found.skips:
        tally.skip(skip, source.id)
    if found.not_modified:
        tally.of_source(source.id, "not-modified")
    saved = _store(desk, topic, source, found, tally)
    return (
        replace(
            report,
            answered=True,
            not_modified=found.not_modified,
            found=len(found.entries),
            new=saved["new"],
            revised=tally.counts["revised"],
            unchanged=tally.counts["unchanged"],
            skips=tuple(tally.skips),
            seconds=dict(tally.seconds),
            at_least_s=_at_least(source, found),
        ),
        tally,
    )


def _at_least(source: StoredSource, found: Discovered) -> float | None:
    """How long the publisher asks us to wait. A "not modified" need not repeat it: then the pause is at least what it was."""
    if found.at_least_s is not None or not found.not_modified:
        return found.at_least_s
    if source.failures or source.next_due_at is None or source.last_answered_at is None:
        return None
    return (source.next_due_at - source.last_answered_at).total_seconds()


def _store(desk: Desk, topic: StoredTopic, source: StoredSource, found: Discovered, tally: Tally) -> Counter[str]:
    """Discoveries first or with their captures, the validators last: a kill in between costs a second look, nothing else."""
    counted: Counter[str] = Counter()
    carried = [e for e in found.entries if e.text is not None or e.body is not None]
    named = [e for e in found.entries if e.text is None and e.body is None]
    with desk.cleaner(expected=len(carried)) as pool:
        wanted = [Wanted(index, source.id, e.url, e, Validators(), desk.now()) for index, e in enumerate(carried)]
        done = 0
        for round_ in pipeline.batched(pipeline.clean_inline(wanted, pool), INLINE_BATCH // pipeline.CLEAN_BATCH):
            batch = [got for part in round_ for got in part]
            _reread_carried(desk, source, batch)
            with tally.timed("record"):
                part_tally = desk.db.write(lambda s, b=batch: _save_carried(s, desk, topic, source, b))  # type: ignore[misc]
            tally.add(part_tally)
            counted["new"] += part_tally.counts["articles-new"]
            done += len(batch)
            desk.progress(source.locator, done, len(carried))
    last = Discovered(tuple(named), (), found.validators, found.not_modified)
    saved = desk.db.write(lambda s: articles.save_discovery(s, source.id, topic.id, last, now=desk.now()))
    counted["new"] += len(saved.new)
    tally.counts["articles-named"] += len(found.entries)
    tally.counts["articles-new"] += len(saved.new)
    return counted


def _reread_carried(desk: Desk, source: StoredSource, batch: Sequence[Got]) -> None:
    with desk.db.read() as s:
        ids = articles.article_ids(s, source.id, [got.wanted.url for got in batch])
    known = [got for got in batch if got.wanted.url in ids]
    rereading.reread_edited(desk, known, [ids[got.wanted.url] for got in known])


def _save_carried(s: Session, desk: Desk, topic: StoredTopic, source: StoredSource, batch: Sequence[Got]) -> Tally:
    """One transaction: the entries as discoveries and their texts as captures."""
    entries = tuple(got.wanted.entry for got in batch)
    saved = articles.save_discovery(s, source.id, topic.id, Discovered(entries), now=desk.now())
    ids = articles.article_ids(s, source.id, [e.url for e in entries])
    known = [replace(g, wanted=replace(g.wanted, article_id=ids[g.wanted.url])) for g in batch if g.wanted.url in ids]
    tally = _save_batch(s, desk, known, {g.wanted.article_id: source.spec.store for g in known})
    tally.counts["articles-new"] += len(saved.new)
    return tally


# --- Articles -------------------------------------------------------------------------------------------------------


def articles_to_fetch(desk: Desk, topic: StoredTopic, *, recheck: bool = True, limit: int = FETCH_ROUND) -> tuple[ToFetch, ...]:
    """What was named and never read, what failed and is due again, and what may have changed."""
    with desk.db.read() as s:
        new = articles.pending_fetch(s, topic.id, now=desk.now(), limit=limit)
        again = articles.due_for_recheck(s, topic.id, now=desk.now(), limit=max(0, limit - len(new))) if recheck else ()
    return (*new, *again)


def fetch_articles(desk: Desk, topic: StoredTopic, wanted: Sequence[ToFetch]) -> Tally:
    """Fetches, cleans and stores a batch of articles; every failure is counted under its reason and retried later.

    What another run is fetching is waited for, and fetched only where that run did not.
    """
    tally = Tally()
    for one in sharing.in_shares(desk, wanted, lambda share: tally.add(_fetch(desk, topic, share))):
        tally.skip(Skip(one.url, "another-run", "it has been at this page for long"), one.source_id)
    return tally


def _fetch(desk: Desk, topic: StoredTopic, share: sharing.Share) -> Tally:
    tally, wanted = Tally(), share.mine
    todo = [
        Wanted(w.article_id, w.source_id, w.url, w.entry, w.validators, desk.now(), w.spec.options.get("robots") != "ignore")
        for w in wanted
    ]
    store = {w.article_id: w.spec.store for w in wanted}
    done = 0
    with desk.open_client(allowed_hosts(topic)) as client:

        def get(one: Wanted) -> Fetched:
            try:
                return client.get(one.url, validators=one.validators, robots=one.robots)  # type: ignore[no-any-return]
            except FetchFailed as error:
                if error.status in GONE:
                    return Fetched(one.url, one.url, error.status, desk.now(), b"")
                raise

        # What has a validator was read before, and most of it stands as it stood.
        new = sum(not (w.validators.etag or w.validators.last_modified) for w in todo)
        with desk.cleaner(expected=new, perhaps=len(todo) - new) as pool, tally.timed("fetch-and-clean"):
            came = pipeline.fetch_and_clean(todo, get, pool, threads=desk.settings.fetch_concurrency, manners=client)
            for batch in pipeline.gathered(came, WRITE_BATCH, within_s=WRITE_WITHIN_S):
                rereading.reread_edited(desk, batch, [got.wanted.article_id for got in batch])
                with tally.timed("record"):
                    tally.add(desk.db.write(lambda s, b=batch: _save_share(s, desk, share, b, store)))  # type: ignore[misc]
                done += len(batch)
                desk.progress("articles", done, len(todo))
    return tally


def _save_share(s: Session, desk: Desk, share: sharing.Share, batch: Sequence[Got], store: Mapping[int, str]) -> Tally:
    share.give_back(s, [got.wanted.article_id for got in batch])
    return _save_batch(s, desk, batch, store)


def _save_batch(s: Session, desk: Desk, batch: Sequence[Got], store: Mapping[int, str]) -> Tally:
    told = [_told(got) for got in batch]
    arrivals = [
        Arrival(
            got.wanted.article_id,
            came,
            got.cleaned,
            source_id=got.wanted.source_id,
            alias=_alias(got),
            store=store.get(got.wanted.article_id, "full"),
        )
        for got, (came, _) in zip(batch, told, strict=True)
    ]
    tally = Tally()
    saved = articles.save_captures(s, arrivals, now=desk.now())
    for got, (_, skip), one in zip(batch, told, saved, strict=True):
        tally.saw(one, skip, got.wanted.source_id)
        if got.cleaned is not None and one.new_revision and not got.cleaned.published.certain:
            tally.counts["date-uncertain"] += 1
            tally.of_source(got.wanted.source_id, "date-uncertain")
    return tally


def _told(got: Got) -> tuple[Fetched | Skip, Skip | None]:
    """What is stored of it, and what is told where there was nothing to read."""
    if got.fetched is not None and got.fetched.status in GONE:
        return got.fetched, Skip(got.wanted.url, "gone", str(got.fetched.status))
    if got.skip is not None:
        return got.skip, got.skip
    if got.fetched is None:
        raise StorageError(f"{got.wanted.url}: neither an answer nor a reason")
    return got.fetched, None


def _alias(got: Got) -> str | None:
    """Another address of the same article: the canonical one, or where a redirect led."""
    if got.fetched is None or got.cleaned is None:
        return None
    other = got.cleaned.canonical_url or got.fetched.final_url
    return other if other != got.wanted.url and url_key(other) != url_key(got.wanted.url) else None
