"""Sources and runs: whether they answer, why not, what was done and what it cost; replays that wait for a word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app import health, reading, skips
from app.views.charts import Bar
from app.views.reading import Reading
from app.web.background import Progress
from claimline import labels
from claimline.models import Change
from flows import replaying
from flows.desk import Desk
from flows.replaying import Moved
from storage import articles, assessments, claims, ledger, pages, pins, replay, runs
from storage.engine import Session
from storage.pages import SourceDays
from storage.records import (
    PendingCounts,
    Pin,
    StoredClaim,
    StoredEdition,
    StoredSource,
    StoredTopic,
)
from storage.run_records import ReadState, StoredRun

STRIP = 30


@dataclass(frozen=True, slots=True)
class SourceLine:
    source: StoredSource
    days: SourceDays
    state: str  # of `app.health`
    reason: str
    strip: tuple[Bar, ...]
    strip_words: str
    left_out: str = ""  # what was not read in these days, and why

    @property
    def title(self) -> str:
        return self.source.spec.title or self.source.locator


@dataclass(frozen=True, slots=True)
class TopicSources:
    topic: StoredTopic
    state: ReadState
    lines: tuple[SourceLine, ...]
    pending: PendingCounts


def topic_sources(r: Reading, *, only: str, now: datetime) -> tuple[TopicSources, ...]:
    found = []
    for topic in claims.topics(r.s):
        if only and topic.slug != only:
            continue
        today = now.date()
        days = pages.source_days(r.s, topic.id, since=today - timedelta(days=STRIP - 1))
        lines = tuple(_line(r.s, x, days.get(x.id, SourceDays(x.id, 0)), today) for x in articles.sources(r.s, topic.id))
        pending = r.once(lambda t=topic.id: assessments.pending(r.s, t), "pending", topic.id)  # type: ignore[misc]
        found.append(TopicSources(topic, runs.read_state(r.s, topic.id), lines, pending))
    return tuple(found)


def _line(s: Session, source: StoredSource, days: SourceDays, today: date) -> SourceLine:
    state, reason = health.state_of(s, source, days.last_new, today)
    strip = []
    heard = 0
    for i in range(STRIP):
        day = today - timedelta(days=STRIP - 1 - i)
        read = days.days.get(day)
        kind = "day-none" if read is None else "day-heard" if read.answered else "day-silent"
        heard += kind == "day-heard"
        words = {"day-none": labels.mark("not_watched"), "day-heard": "answered", "day-silent": labels.mark("could_not_look")}
        strip.append(Bar(i * 6.0, 0, 5, 16, kind, f"{day}: {words[kind]}"))
    told = f"answered on {heard} of the last {STRIP} days"
    return SourceLine(source, days, state, reason, tuple(strip), told, left_out(days.reasons))


def left_out(reasons: Mapping[str, int]) -> str:
    """Why articles were not read, the most frequent reason first; that nothing had changed is none."""
    parts = []
    for kind, words in (("skipped-", "left out"), ("failed-", "failed"), ("date-", "counted once a person says when")):
        mine = sorted((-n, reason) for reason, n in reasons.items() if reason.startswith(kind) and n)
        names = [f"{(reason if kind == 'date-' else reason.removeprefix(kind)).replace('-', ' ')} ({-n:,})" for n, reason in mine]
        parts += [f"{words}: {', '.join(names)}"] if names else []
    return "; ".join(parts)


# --- runs -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunsPage:
    runs: tuple[StoredRun, ...]
    topics: tuple[StoredTopic, ...]
    progress: tuple[Progress, ...]
    shadows: tuple[tuple[StoredTopic, StoredEdition], ...]
    topic: str


def runs_page(r: Reading, *, topic: str, progress: Sequence[Progress]) -> RunsPage:
    topics = claims.topics(r.s)
    shadows = [(t, e) for t in topics for e in ledger.editions(r.s, t.id, state="shadow")]
    return RunsPage(runs.runs(r.s, topic=topic or None, limit=50), topics, tuple(progress), tuple(shadows), topic)


def took(run: StoredRun) -> str:
    if run.finished_at is None:
        return ""
    seconds = (run.finished_at - run.started_at).total_seconds()
    return f"{seconds:.1f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def not_read(run: StoredRun) -> int:
    """What could not be read or judged; a message that was not told is none."""
    return sum(bool(x.get("failed")) and x["reason"] not in skips.NOT_READING for x in run.skips)


def not_told(run: StoredRun) -> int:
    return sum(x["reason"] == skips.NOT_TOLD for x in run.skips)


_COUNTS = {
    "articles-named": "articles named by the sources",
    "articles-new": "new articles",
    "new": "texts that are new",
    "revised": "texts that were edited",
    "unchanged": "texts that are as they were",
    "not-modified": "pages that were not sent again, being the same",
    "date-uncertain": "texts without a sure date",
    "copies-found": "pairs of copies",
    "revisions-read": "texts read",
    "revisions-off-topic": "texts without a name of the topic",
    "pairs-judged": "passages judged for a claim",
    "assessments": "answers on a claim",
    "undecided": "answers that the machine is unsure of",
    "stood-in": "texts read by a model that stands in",
    "changes": "changes of status",
    "told": "messages sent",
    "events": "events handed to Prefect",
    "bodies-removed": "pages removed, their time being over",
    "texts-removed": "texts removed, their time being over",
    "quotes-removed": "quotes removed, their time being over",
    "skips-not-listed": "left out beyond those listed here",
}
# What the list of what was left out says, each with its place.
_LISTED = re.compile(r"(failed|skipped|gone|no-text)(-.*)?")


def did(run: StoredRun) -> dict[str, float]:
    """What a run did, in words."""
    kept = {name: n for name, n in run.counts.items() if not _LISTED.fullmatch(name)}
    known = {_COUNTS[name]: kept[name] for name in _COUNTS if name in kept}
    return known | {name.replace("-", " "): n for name, n in kept.items() if name not in _COUNTS}


def cost(run: StoredRun) -> dict[str, str]:
    """What a run cost, in words: `seconds-fetch` are seconds."""
    spent = {}
    for name, value in run.cost.items():
        what = name.removeprefix("seconds-")
        spent[what.replace("-", " ")] = f"{value:,.1f} s" if what != name else f"{value:,.2f}"
    return spent


def left_out_words(reason: str) -> str:
    return reason.replace("-", " ")


# --- a replay -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimTurn:
    """What a replay would change of one claim."""

    claim: StoredClaim
    gone: tuple[Change, ...]
    new: tuple[Change, ...]
    moved: tuple[Moved, ...]
    agreed: tuple[int, int, int]  # people's decisions that the machine shares: now, then, of all


@dataclass(frozen=True, slots=True)
class ReplayPage:
    """`machines`: who answers now and who would, each as "model (judge)"; empty once the replay is settled. `texts`: what a new
    cleaner made of the stored pages, where one came.
    """

    edition: StoredEdition
    topic: StoredTopic
    turns: tuple[ClaimTurn, ...]
    machines: tuple[str, str] | None
    flips: int
    moved: int
    texts: str = ""

    @property
    def state(self) -> str:
        return {"shadow": "waits to be accepted or discarded", "live": "accepted"}.get(self.edition.state, self.edition.state)


def replay_page(desk: Desk, key: str) -> ReplayPage:
    with desk.db.read() as s:
        edition = ledger.edition(s, key)
        topic = claims.topic_by_id(s, edition.topic_id)
        waits = edition.state == "shadow"
        machines = _machines(s, topic, edition) if waits else None
        texts = replay.read_again(s, edition.id) if waits else None
    if machines is None:
        return ReplayPage(edition, topic, (), None, 0, 0)
    known = {c.slug: c for c in topic.claims}
    diffs = replaying.describe(desk, topic, edition.id, [c for c in topic.claims if not c.retired])[5]
    turns = tuple(ClaimTurn(known[d.claim], d.gone, d.new, d.moved, d.agreed) for d in diffs if d.new or d.gone or d.moved)
    return ReplayPage(
        edition,
        topic,
        turns,
        machines,
        sum(len(t.new) + len(t.gone) for t in turns),
        len({x.article for t in turns for x in t.moved}),
        reading.read_again(texts) if texts else "",
    )


def _machines(s: Session, topic: StoredTopic, edition: StoredEdition) -> tuple[str, str]:
    held, coming = pins.live(s, topic.id), replay.shadow_pins(s, edition.id)
    both = [(held.get(i), coming[i]) for i in sorted(coming)][:1]
    before, after = both[0] if both else (None, None)
    cleaners = before is not None and after is not None and before.cleaner != after.cleaner
    return _machine(before, cleaner=cleaners), _machine(after, cleaner=cleaners)


def _machine(pin: Pin | None, *, cleaner: bool) -> str:
    if pin is None:
        return "no model"
    judge = f" and judge {pin.judge[:10]}" if pin.judge else ""
    return f"model {pin.matcher[:10]}{judge}" + (f" (pages cleaned by {pin.cleaner})" if cleaner else "")
