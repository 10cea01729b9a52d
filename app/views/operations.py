"""Sources and runs: whether they answer, why not, what was done and what it cost; replays that wait for a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.views.charts import Bar
from app.views.reading import Reading
from app.web.background import Progress
from claimline import labels
from storage import articles, assessments, claims, ledger, pages, runs
from storage.pages import SourceDays
from storage.records import PendingCounts, ReadState, StoredEdition, StoredRun, StoredSource, StoredTopic

STRIP = 30
QUIET_AFTER = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class SourceLine:
    source: StoredSource
    days: SourceDays
    state: str  # fine | quiet | silent | never asked | paused
    reason: str
    strip: tuple[Bar, ...]
    strip_words: str

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
        lines = tuple(_line(x, days.get(x.id, SourceDays(x.id, 0)), today) for x in articles.sources(r.s, topic.id))
        pending = r.once(lambda t=topic.id: assessments.pending(r.s, t), "pending", topic.id)  # type: ignore[misc]
        found.append(TopicSources(topic, runs.read_state(r.s, topic.id), lines, pending))
    return tuple(found)


def _line(source: StoredSource, days: SourceDays, today: date) -> SourceLine:
    state, reason = _state(source, days, today)
    strip = []
    heard = 0
    for i in range(STRIP):
        day = today - timedelta(days=STRIP - 1 - i)
        read = days.days.get(day)
        kind = "day-none" if read is None else "day-heard" if read.answered else "day-silent"
        heard += kind == "day-heard"
        words = {"day-none": labels.mark("not_watched"), "day-heard": "answered", "day-silent": labels.mark("could_not_look")}
        strip.append(Bar(i * 6.0, 0, 5, 16, kind, f"{day}: {words[kind]}"))
    return SourceLine(source, days, state, reason, tuple(strip), f"answered on {heard} of the last {STRIP} days")


def _state(source: StoredSource, days: SourceDays, today: date) -> tuple[str, str]:
    if source.paused:
        return "paused", "not asked until it is resumed"
    if source.failures:
        return "silent", f"{source.last_error or 'no answer'}; {source.failures} times in a row"
    if source.last_answered_at is None:
        return "never asked", ""
    if days.last_new is None or today - days.last_new > QUIET_AFTER:
        since = f"nothing new since {days.last_new}" if days.last_new else "has never named anything new"
        return "quiet", f"answers, but {since}"
    return "fine", ""


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
