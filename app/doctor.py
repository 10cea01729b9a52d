"""`claimline doctor`: what is wrong with an installation and its data, and what to do.

It only looks, unless it is asked to mend the ledger.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.out import count
from claimline import labels
from claimline.errors import ClaimlineError, ModelError
from claimline.settings import Settings
from storage.engine import Database, open_database
from storage.records import StoredSource, StoredTopic
from storage.run_records import ReadState


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `advice` says what to do where it is not well."""

    ok: bool
    what: str
    advice: str = ""


def examine(
    settings: Settings,
    *,
    topic: str | None,
    max_age: timedelta,
    now: datetime,
    ledger: bool = False,
    mended_by: str | None = None,
) -> list[Finding]:
    """Looks at the model, the database and, for each topic, at how far we have read and which sources are silent.

    `ledger`: also computes every claim anew from what is stored and compares; that takes as long as a first edition.
    `mended_by`: who has the claims folded again that an earlier version folded otherwise (None: nobody).
    """
    findings = [_model(settings)]
    try:
        db = open_database(settings.effective_database_url, create=False)
    except ClaimlineError as error:
        return [*findings, Finding(False, str(error))]
    try:
        findings.append(Finding(True, f"database {db.name}"))
        findings += _reading(db, topic, max_age, now, ledger=ledger, mended_by=mended_by)
        findings += _messages(db)
    finally:
        db.dispose()
    return findings


def _model(settings: Settings) -> Finding:
    from claimline.matching.stance import Pair, load_engine

    try:
        engine = load_engine(settings.model, models_dir=settings.effective_models_dir)
        engine.predict([Pair("The bridge is open.", "The bridge was opened on Monday.")])
    except ModelError as error:
        return Finding(False, str(error), "install claimline again, or choose another model with `claimline models use`")
    return Finding(True, f"stance model {engine.matcher_hash[:16]} answers; it reads {', '.join(sorted(engine.languages))}")


def _reading(
    db: Database, topic: str | None, max_age: timedelta, now: datetime, *, ledger: bool, mended_by: str | None
) -> Iterator[Finding]:
    from storage import articles, claims

    with db.read() as s:
        topics = [claims.topic(s, topic)] if topic else list(claims.topics(s))
    if not topics:
        yield Finding(False, "there is no topic", "write one with `claimline new`, then `claimline track --topic FILE`")
    for one in topics:
        with db.read() as s:
            awake = [x for x in articles.sources(s, one.id) if not x.paused]
        yield from _topic(db, one, awake, max_age, now)
        yield from _unset(db, one, awake)
        yield from _related(db, one)
        if mended_by:
            yield from _mended(db, one, now, mended_by)
        if ledger:
            yield from _ledger(db, one)


def _topic(
    db: Database, topic: StoredTopic, sources: Sequence[StoredSource], max_age: timedelta, now: datetime
) -> Iterator[Finding]:
    """`sources`: those that are not paused."""
    from flows import outbox
    from storage import articles, assessments, runs

    with db.read() as s:
        state = runs.read_state(s, topic.id)
        silent = [(x, since) for x in sources if (since := outbox.silent_since(s, x)) is not None]
        owed = assessments.pending(s, topic.id)
        lost = articles.given_up(s, topic.id)
    last = state.last_sufficient_at
    hours = f"{max_age.total_seconds() / 3600:g} h"
    if last is None:
        yield _never_sufficient(topic.slug, state)
    elif now - last > max_age:
        yield Finding(
            False,
            f"{topic.slug}: last sufficient run {last:%Y-%m-%d %H:%M} UTC, more than {hours} ago",
            "is the schedule running?",
        )
    else:
        later = "on the day of the last run " if state.last_run_at and last < state.last_run_at else ""
        answered = f"{later}{state.answered} of {count(state.sources, 'source')} answered"
        yield Finding(True, f"{topic.slug}: last sufficient run {last:%Y-%m-%d %H:%M} UTC, {answered}")
    for source in sources:
        if source.failures >= outbox.SILENT_AFTER:
            advice = "check the address, or pause it with `paused: true`"
            what = f"{source.locator} is broken: failed {source.failures} times ({source.last_error})"
            yield Finding(False, f"{topic.slug}: {what}", advice)
    for source, since in silent:
        advice = "look whether it has moved; `claimline sources test` shows what it holds"
        what = f"{source.locator} is silent: answers, but nothing new since {since:%Y-%m-%d}, far longer than usual"
        yield Finding(True, f"{topic.slug}: {what}", advice)
    if owed.failed or owed.given_up:
        advice = "those that wait are asked by the next run" if owed.failed else ""
        if owed.given_up:
            advice = "`claimline runs --json` names the reasons; settle those given up with `claimline decide`"
        yield Finding(
            owed.given_up == 0, f"{topic.slug}: {_wait(owed.failed, 'pair')} for an answer, {owed.given_up} given up", advice
        )
    if lost:
        advice = "`claimline trace URL` says why, and `claimline add URL` asks for one once more"
        yield Finding(
            True, f"{topic.slug}: given up after {articles.MAX_ATTEMPTS} tries and never read: {lost} of the articles", advice
        )
    if owed.uncertain_dates:
        yield Finding(
            True,
            f"{topic.slug}: not counted yet, since their date is uncertain: {owed.uncertain_dates} of the articles",
            "see `claimline review`, settle one with `claimline date`",
        )


def _never_sufficient(slug: str, state: ReadState) -> Finding:
    what = f"{slug}: no sufficient run yet"
    if state.last_run_at is None:
        return Finding(False, what, "run `claimline track`, and see `claimline runs`")
    what += f", {state.answered} of {count(state.sources, 'source')} answered"
    return Finding(False, what, f"`claimline sources --topic {slug}` says why the others did not")


def _unset(db: Database, topic: StoredTopic, sources: Sequence[StoredSource]) -> Iterator[Finding]:
    """Environment variables that the topic names and that are not set here; a failure where something failed for it already."""
    from flows import outbox as telling
    from storage import outbox

    with db.read() as s:
        waiting = [x.payload["target"] for x in outbox.outbox(s, topic_id=topic.id, kinds=(telling.NOTICE,)) if x.attempts]
    advice = "set it where `claimline track` runs (for the worker, on a server)"
    for source in sources:
        name = source.spec.options.get("auth_env", "")
        if name and not os.environ.get(name):
            failed = (source.last_error or "").startswith("no-credentials")
            what = "could not be asked without" if failed else "needs"
            yield Finding(not failed, f"{topic.slug}: {source.locator} {what} {name}, which is not set here", advice)
    for name in dict.fromkeys(rule.target_env for rule in topic.topic.notify):
        if not os.environ.get(name):
            owed = waiting.count(name)
            what = f"{_wait(owed, 'message')} for {name}" if owed else f"`notify` tells {name}"
            yield Finding(not owed, f"{topic.slug}: {what}, which is not set here", advice)


def _wait(n: int, one: str) -> str:
    return f"{count(n, one)} {'waits' if n == 1 else 'wait'}"


def _related(db: Database, topic: StoredTopic) -> Iterator[Finding]:
    from storage import relations

    with db.read() as s:
        flags = relations.flagged(s, [(topic.id, topic.slug)])
    for _, r in flags:
        what = f"{topic.slug}: {r.claim} ({labels.status(r.status)}) is {r.relation} {r.other} ({labels.status(r.other_status)})"
        yield Finding(True, f"{what}: both cannot be right", f"see `claimline why {r.claim}` and `claimline why {r.other}`")


def _ledger(db: Database, topic: StoredTopic) -> Iterator[Finding]:
    """What the ledger says against a fresh computation."""
    from storage import verify

    with db.read() as s:
        wrong = verify.differences(s, topic.id)
    for d in wrong:
        if not d.mendable:
            advice = "keep a backup and report it: the ledger is not what its evidence makes it"
            yield Finding(False, f"{topic.slug}: {d.what}", advice)
    if folds := {d.claim_id for d in wrong if d.mendable}:
        slugs = {c.id: c.slug for c in topic.claims}
        names = ", ".join(slugs.get(i, f"claim {i}") for i in sorted(folds))
        advice = f"`claimline doctor --ledger --mend --topic {topic.slug}` folds them again, as an edition of its own"
        yield Finding(False, f"{topic.slug}: an earlier version folded otherwise: {names}", advice)
    if not wrong:
        yield Finding(True, f"{topic.slug}: the ledger is what its evidence and its decisions make it")


def _mended(db: Database, topic: StoredTopic, now: datetime, by: str) -> Iterator[Finding]:
    """The claims that were folded otherwise, folded again."""
    from storage import verify

    done = db.write(lambda s: verify.mend(s, topic.id, by=by, now=now))
    if done.edition_key:
        claims = f"{done.claims_refolded} of the claims folded again, {len(done.changes)} changes of status"
        yield Finding(True, f"{topic.slug}: {claims}; edition {done.edition_key}")


def _messages(db: Database) -> Iterator[Finding]:
    from storage import runs

    with db.read() as s:
        stuck = runs.stuck(s)
    if stuck:
        yield Finding(False, f"{count(stuck, 'message')} could not be sent", "see the addresses that the topic's `notify` names")
