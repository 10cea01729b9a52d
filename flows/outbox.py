"""The outbox, handed on: each change becomes one event and one message a target; messages go out here, events in `flows.events`.

What a publication wrote (`claimline.claim.changed`, `...withdrawn`, new voices, edits of decided articles) is taken apart in one
transaction, so that a kill in between neither loses nor doubles a delivery. A message is marked before it is sent: told at most
once, and one that was cut off in the middle stays visible as "being sent". Backfilled changes alert nobody. A source that breaks
or falls silent is an event as well, and so is a topic of which nothing is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from claimline import notify
from claimline.errors import NotifyFailed, UnknownName
from claimline.models import NotifyRule, Skip
from claimline.notify import Message
from claimline.sources import polling
from flows.desk import Desk
from flows.tally import Tally
from storage import articles, claims, ledger, outbox, runs
from storage.engine import Session
from storage.notices import EDITED, VOICE
from storage.publish import CHANGED, WITHDRAWN
from storage.records import StoredChange, StoredSource, StoredTopic
from storage.run_records import OutboxItem
from storage.sql import stable_key

EVENT = "event"
NOTICE = "notice"
BACKFILLED = "claimline.claim.backfilled"
SOURCE_BROKEN = "claimline.source.broken"
SOURCE_SILENT = "claimline.source.silent"
NOTHING_READ = "claimline.topic.unread"
SILENT_AFTER = 3
# From here on, what waits for one target goes out as one message.
MANY = 10
STALE_AFTER = timedelta(hours=26)
# Where nothing ran for long, so many days before yesterday are still told.
LONGEST_DIGEST = timedelta(days=31)
Subject = tuple[str, ...]
_BESIDE: Mapping[str, tuple[str, Callable[[Mapping[str, Any], str], Message]]] = {
    VOICE: (notify.NEW_VOICE, notify.of_voice),
    EDITED: (notify.DECIDED_EDITED, notify.of_edit),
}


def deliver(desk: Desk, topic: StoredTopic) -> Tally:
    """Takes apart what was published and sends every message that is waiting; events are left for `flows.events`."""
    take_apart(desk, topic)
    desk.db.write(lambda s: _occasions(s, topic, desk.now()))
    return send_notices(desk, topic)


# --- Changes become deliveries --------------------------------------------------------------------------------------


def take_apart(desk: Desk, topic: StoredTopic) -> None:
    while desk.db.write(lambda s: _take_apart(s, topic, desk.now())):
        pass


def _take_apart(s: Session, topic: StoredTopic, now: datetime) -> int:
    published = outbox.outbox(s, topic_id=topic.id, kinds=(CHANGED, WITHDRAWN, *_BESIDE))
    notices = _Notices(s, topic)
    for item in published:
        flow = outbox.flow_of(s, topic.id, item.created_at)
        name = BACKFILLED if flow == "backfill" and item.kind == CHANGED else item.kind
        event = {"event": name, "id": item.key, "at": item.created_at.isoformat(), "data": dict(item.payload)}
        outbox.post(s, topic.id, EVENT, stable_key(EVENT, item.key), event, now=now)
        if item.kind in _BESIDE:
            _post_beside(s, topic, item, now)
        elif flow != "backfill":
            _post_notices(s, topic, item, notices, now)
    outbox.mark_sent(s, [item.id for item in published], now=now)
    return len(published)


def _post_beside(s: Session, topic: StoredTopic, item: OutboxItem, now: datetime) -> None:
    """What a publication tells beside its changes; its key lets it stand there once."""
    kind, words = _BESIDE[item.kind]
    claim = str(item.payload["claim"])
    message = words(item.payload, _statement(topic, claim))
    for target in notify.targets(topic.topic.notify, {kind}, claim):
        _post(s, topic, target, message, (item.kind, item.key), now)


def _post_notices(s: Session, topic: StoredTopic, item: OutboxItem, notices: _Notices, now: datetime) -> None:
    """A target that was told something else of this claim and day hears a correction; one not yet told hears only the new."""
    told = item.payload
    statement = _statement(topic, str(told["claim"]))
    for target in notify.targets(topic.topic.notify, notify.KINDS):
        before = notices.told_before(target, told)
        if before is not None and before.sent_at is None:
            outbox.mark_sent(s, [before.id], now=now)
            before = None
        was = _data(before) if before is not None else None
        if item.kind == WITHDRAWN:
            message = notify.of_withdrawal(was, statement) if was is not None else None
        elif was is not None or _is_heard(s, topic, target, told):
            message = notify.of_change(told, statement, instead_of=was)
        else:
            message = None
        if message is not None:
            _post(s, topic, target, message, (item.kind, item.key), now, data=told if item.kind == CHANGED else None, about=told)
            notices.posted(target, told)


class _Notices:
    """What the targets of a topic were told of its claims and days, read once for all changes that are taken apart together."""

    def __init__(self, s: Session, topic: StoredTopic) -> None:
        self._s, self._topic = s, topic
        self._last: dict[Subject, OutboxItem] | None = None
        self._since: set[Subject] = set()

    def told_before(self, target: str, told: Mapping[str, Any]) -> OutboxItem | None:
        """The last message to this target about this claim and day; None where that was a withdrawal."""
        subject = _subject(target, told)
        if self._last is None or subject in self._since:
            self._last, self._since = self._read(), set()
        item = self._last.get(subject)
        return item if item is not None and item.payload.get("data") else None

    def posted(self, target: str, told: Mapping[str, Any]) -> None:
        self._since.add(_subject(target, told))

    def _read(self) -> dict[Subject, OutboxItem]:
        held = outbox.history(self._s, self._topic.id, (NOTICE,))
        about = ((item, item.payload.get("subject")) for item in held)
        return {(str(item.payload["target"]), *map(str, subject)): item for item, subject in about if isinstance(subject, list)}


def _subject(target: str, told: Mapping[str, Any]) -> Subject:
    return (target, str(told["claim"]), str(told["valid_from"]))


def _data(item: OutboxItem) -> Mapping[str, Any]:
    data = item.payload["data"]
    return data if isinstance(data, Mapping) else {}


def _is_heard(s: Session, topic: StoredTopic, target: str, told: Mapping[str, Any]) -> bool:
    rules = [rule for rule in topic.topic.notify if rule.target_env == target]
    first = any(notify.kind(r) == notify.FIRST_REFUTATION for r in rules) and _is_first_against(s, topic, told)
    return any(notify.hears(rule, told, first_against=first) for rule in rules)


def _is_first_against(s: Session, topic: StoredTopic, told: Mapping[str, Any]) -> bool:
    """Whether the ledger knows of no other turn of this claim against its statement."""
    if told["to"] not in notify.AGAINST:
        return False
    try:
        claim = claims.claim(s, str(told["claim"]), topic.slug)
    except UnknownName:
        return False
    others = [
        c
        for c in ledger.changes(s, claim.id, quotes=False, to_come=True)
        if c.change.valid_from.isoformat() != told["valid_from"]
    ]
    return not any(c.change.after.value in notify.AGAINST for c in others)


def _statement(topic: StoredTopic, slug: str) -> str:
    return next((c.statement for c in topic.claims if c.slug == slug), slug)


def _post(
    s: Session,
    topic: StoredTopic,
    target: str,
    message: Message,
    key: Sequence[object],
    now: datetime,
    *,
    data: Mapping[str, Any] | None = None,
    about: Mapping[str, Any] | None = None,
    more: Mapping[str, object] | None = None,
) -> None:
    payload: dict[str, object] = {"target": target, **asdict(message), "data": dict(data) if data else None, **(more or {})}
    if about is not None:
        payload["subject"] = [about["claim"], about["valid_from"]]
    outbox.post(s, topic.id, NOTICE, stable_key(NOTICE, target, topic.slug, *key), payload, now=now)


# --- What is told without a change ----------------------------------------------------------------------------------


def _occasions(s: Session, topic: StoredTopic, now: datetime) -> None:
    rules = topic.topic.notify
    _silent_sources(s, topic, rules, now)
    _nothing_read(s, topic, rules, now)
    if rules:
        _digests(s, topic, rules, now.astimezone(UTC).date() - timedelta(days=1), now)


def _silent_sources(s: Session, topic: StoredTopic, rules: Sequence[NotifyRule], now: datetime) -> None:
    """An event, and a message to whom it concerns, once for each time that a source breaks or goes silent."""
    for source in articles.sources(s, topic.id):
        if source.paused:
            continue
        if source.failures >= SILENT_AFTER:
            message = notify.of_broken(topic.topic.title, source.locator, source.failures, source.last_error)
            told = {"failures": source.failures, "error": source.last_error, "last_answered_at": _iso(source.last_answered_at)}
            _post_of_source(s, topic, source, SOURCE_BROKEN, told, (source.last_answered_at,), now)
            key: tuple[object, ...] = ("silent", source.locator, source.last_answered_at)
        elif (since := silent_since(s, source)) is not None:
            message = notify.of_silent(topic.topic.title, source.locator, since)
            _post_of_source(s, topic, source, SOURCE_SILENT, {"nothing_new_since": _iso(since)}, (since,), now)
            key = ("quiet", source.locator, since)
        else:
            continue
        for target in notify.targets(rules, {notify.SOURCE_SILENT}):
            _post(s, topic, target, message, key, now)


def _post_of_source(
    s: Session,
    topic: StoredTopic,
    source: StoredSource,
    name: str,
    told: Mapping[str, object],
    key: Sequence[object],
    now: datetime,
) -> None:
    """One event an outage: its id follows from the source and the last time that all was well."""
    made = stable_key(EVENT, name, topic.slug, source.kind, source.locator, *key)
    data = {"source": source.locator, "kind": source.kind, "topic": topic.slug, **told}
    _post_event(s, topic, name, made, data, now)


def _post_event(s: Session, topic: StoredTopic, name: str, made: str, data: Mapping[str, object], now: datetime) -> None:
    outbox.post(s, topic.id, EVENT, made, {"event": name, "id": made, "at": now.isoformat(), "data": dict(data)}, now=now)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def silent_since(s: Session, source: StoredSource) -> datetime | None:
    """When a source that answers last had something new, where that is too long ago for it: the page and the doctor ask, too."""
    if source.last_answered_at is None or source.failures:
        return None
    news = runs.news_at(s, source.id)
    silence = polling.silent_for(polling.Asked(source.last_answered_at, news))
    return news[-1] if silence is not None else None


def _nothing_read(s: Session, topic: StoredTopic, rules: Sequence[NotifyRule], now: datetime) -> None:
    """An event, and a message to whom it concerns, once for each gap. Where nothing runs at all, nobody can tell from in here:
    that is what `doctor --max-age` is for.
    """
    state = runs.read_state(s, topic.id)
    since = state.last_sufficient_at or runs.first_started_at(s, topic.id)
    if since is None or now - since <= STALE_AFTER:
        return
    data = {"topic": topic.slug, "last_sufficient_at": _iso(state.last_sufficient_at)}
    _post_event(s, topic, NOTHING_READ, stable_key(EVENT, NOTHING_READ, topic.slug, since), data, now)
    for target in notify.targets(rules, {notify.NOTHING_READ}):
        message = notify.of_nothing_read(topic.topic.title, state.last_sufficient_at)
        _post(s, topic, target, message, ("nothing read", since), now)


def _digests(s: Session, topic: StoredTopic, rules: Sequence[NotifyRule], yesterday: date, now: datetime) -> None:
    """For each target the digest of yesterday, and of the days before it on which something became known and nobody told."""
    first = runs.first_started_at(s, topic.id)
    if first is None or first.date() > yesterday:
        return
    for target in notify.targets(rules, {notify.DIGEST}):
        told = outbox.latest_digest(s, topic.id, NOTICE, target)
        known = _known_by_day(s, topic, yesterday if told is None else max(told + timedelta(days=1), yesterday - LONGEST_DIGEST))
        for day in sorted({*known, yesterday}):
            if day <= yesterday and (told is None or day > told):
                _digest(s, topic, target, day, known.get(day, ()), now)


def _known_by_day(s: Session, topic: StoredTopic, since: date) -> dict[date, list[StoredChange]]:
    """The changes that became known on each day from this one on."""
    found: dict[date, list[StoredChange]] = {}
    began = datetime.combine(since, time.min, tzinfo=UTC)
    for claim in topic.claims:
        for change in ledger.changes(s, claim.id, quotes=False, to_come=True, since=began):
            found.setdefault(change.recorded_at.astimezone(UTC).date(), []).append(change)
    return found


def _digest(s: Session, topic: StoredTopic, target: str, day: date, changes: Sequence[StoredChange], now: datetime) -> None:
    flows = {at: outbox.flow_of(s, topic.id, at) for at in {c.recorded_at for c in changes}}
    new = [c for c in changes if flows[c.recorded_at] != "backfill"]
    rows = [
        {
            "claim": c.claim,
            "from": c.change.before.value,
            "to": c.change.after.value,
            "valid_from": c.change.valid_from.isoformat(),
            "cause": c.cause.value,
        }
        for c in sorted(new, key=lambda c: (c.claim, c.change.valid_from))
    ]
    state = runs.read_state(s, topic.id)
    reading = notify.Reading(state.sources, state.answered, state.last_sufficient_at, state.silent)
    message = notify.of_day(topic.topic.title, day, rows, reading, backfilled=len(changes) - len(new))
    _post(s, topic, target, message, ("digest", day), now, more={"digest": day.isoformat()})


# --- Sending --------------------------------------------------------------------------------------------------------


def send_notices(desk: Desk, topic: StoredTopic) -> Tally:
    """Sends what waits, oldest first; what fails is named and tried again with the next run, twenty times.

    Where much waits for one target (a topic's first run over years of news), one message names it all.
    """
    tally = Tally()
    with desk.db.read() as s:
        waiting = outbox.outbox(s, topic_id=topic.id, kinds=(NOTICE,))
    by_target: dict[str, list[OutboxItem]] = {}
    for item in waiting:
        by_target.setdefault(str(item.payload["target"]), []).append(item)
    for target, items in by_target.items():
        for batch in [items] if len(items) > MANY else [[item] for item in items]:
            tally.add(_send(desk, topic, target, batch))
    return tally


def _send(desk: Desk, topic: StoredTopic, target: str, items: Sequence[OutboxItem]) -> Tally:
    """One message for these items, those that somebody else has not marked."""
    tally = Tally()
    mine = [i for i in items if desk.db.write(lambda s, x=i: outbox.claim_to_send(s, x.id, now=desk.now()))]  # type: ignore[misc]
    if not mine:
        return tally
    messages = [Message(str(i.payload["title"]), str(i.payload["body"])) for i in mine]
    try:
        notify.send(target, os.environ.get(target), notify.together(topic.topic.title, messages))
    except Exception as error:  # noqa: BLE001 -- the edge: a service's plugin may raise anything
        reason = error.reason if isinstance(error, NotifyFailed) else type(error).__name__
        desk.db.write(lambda s: outbox.reopen(s, [i.id for i in mine], reason))
        tally.skip(Skip(target, "not-told", reason, failed=True))
    else:
        desk.db.write(lambda s: outbox.settle_sent(s, [i.id for i in mine]))
        tally.counts["told"] += len(mine)
    return tally
