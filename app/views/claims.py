"""The list of claims: each with where it stands, on whose word, since when, and what it still waits for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from app.views import charts
from app.views.reading import Moment, Reading
from claimline.models import Position, Status
from storage import ledger, pages, relations, runs
from storage.pages import Owed
from storage.records import ClaimStatus, StoredChange, StoredClaim
from storage.run_records import ReadState
from storage.weeks import WeekCount

PAGE = 50
STALE = timedelta(hours=36)
NO_WEEKS: tuple[WeekCount, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    q: str = ""
    topic: str = ""
    status: str = ""
    tag: str = ""
    since: date | None = None
    sort: str = "changed"  # changed | name | voices | owed
    page: int = 1

    @property
    def params(self) -> dict[str, object]:
        since = self.since.isoformat() if self.since else ""
        sort = "" if self.sort == "changed" else self.sort
        return {"q": self.q, "topic": self.topic, "status": self.status, "tag": self.tag, "since": since, "sort": sort}


@dataclass(frozen=True, slots=True)
class Line:
    """One claim in the list."""

    at: ClaimStatus
    change: StoredChange | None
    quote: Position | None
    owed: Owed
    spark: charts.Spark
    against: tuple[StoredClaim, ...] = ()  # related claims beside which it cannot stand as it does

    @property
    def href(self) -> str:
        return claim_path(self.at.claim.topic_slug, self.at.claim.slug)


@dataclass(frozen=True, slots=True)
class ReadLine:
    """How far a topic has been read; `worry` where that is not far enough to rely on silence."""

    topic: str
    title: str
    state: ReadState
    worry: str


@dataclass(frozen=True, slots=True)
class ClaimsPage:
    lines: tuple[Line, ...]
    total: int
    every: int
    filters: Filters
    topics: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    counts: tuple[tuple[Status, int], ...]
    reads: tuple[ReadLine, ...]
    pages: int


def claim_path(topic: str, slug: str) -> str:
    return f"/claims/{topic}/{slug}"


def all_statuses(r: Reading, moment: Moment) -> tuple[ClaimStatus, ...]:
    """Where every claim stands; on what figures a day in the past is told only of those that are shown (`told`)."""
    a, k = moment.as_of, moment.known_at
    return r.once(lambda: ledger.statuses(r.s, as_of=a, known_at=k, figures=False), "statuses", a, k)


def told(r: Reading, moment: Moment, some: Sequence[ClaimStatus]) -> tuple[ClaimStatus, ...]:
    """These claims with their figures."""
    if moment.as_of is None:
        return tuple(some)
    return ledger.with_figures(r.s, some, as_of=moment.as_of, known_at=moment.known_at)


def owed_of(r: Reading, some: Iterable[ClaimStatus]) -> dict[int, Owed]:
    return r.of_claims([c.claim.id for c in some], lambda few: pages.owed(r.s, few), Owed(), "owed")


def contradicts(r: Reading, moment: Moment) -> dict[tuple[str, str], tuple[str, ...]]:
    """(topic, claim) -> the related claims beside which it cannot stand as it does."""
    topics = dict.fromkeys((c.claim.topic_id, c.claim.topic_slug) for c in all_statuses(r, moment))
    return {claim: others for topic in topics for claim, others in _contradicts(r, topic, moment).items()}


def _contradicts(r: Reading, topic: tuple[int, str], moment: Moment) -> dict[tuple[str, str], tuple[str, ...]]:
    a, k = moment.as_of, moment.known_at
    return r.once(lambda: relations.against(r.s, [topic], as_of=a, known_at=k), "against", topic, a, k)


def beside(r: Reading, claim: StoredClaim, moment: Moment) -> tuple[StoredClaim, ...]:
    """Those claims themselves, for one claim."""
    others = _contradicts(r, (claim.topic_id, claim.topic_slug), moment).get((claim.topic_slug, claim.slug))
    if not others:
        return ()  # where every claim stands need not be known
    return tuple(c.claim for c in all_statuses(r, moment) if c.claim.topic_id == claim.topic_id and c.claim.slug in others)


def fitting(r: Reading, moment: Moment, filters: Filters) -> list[ClaimStatus]:
    """Every claim that fits the filters, in their order, with its figures."""
    return _told_once(r, moment, _fitting(r, moment, filters), filters)


def _told_once(r: Reading, moment: Moment, some: list[ClaimStatus], filters: Filters) -> list[ClaimStatus]:
    """With their figures; those that were put in order by them have them."""
    return some if filters.sort == "voices" else list(told(r, moment, some))


def _fitting(r: Reading, moment: Moment, filters: Filters) -> list[ClaimStatus]:
    kept = [c for c in all_statuses(r, moment) if _kept(c, filters) and (not filters.status or c.status == filters.status)]
    if filters.sort == "voices":
        kept = list(told(r, moment, kept))
    return _sorted(kept, filters.sort, owed_of(r, kept) if filters.sort == "owed" else {})


def claims_page(r: Reading, moment: Moment, filters: Filters, *, now: datetime) -> ClaimsPage:
    every = all_statuses(r, moment)
    topics = pages.topic_names(r.s)
    kept = [c for c in every if _kept(c, filters)]
    shown = _fitting(r, moment, filters)
    count = max(1, -(-len(shown) // PAGE))
    at = min(max(1, filters.page), count)
    some = _told_once(r, moment, shown[(at - 1) * PAGE : at * PAGE], filters)
    counts = tuple((status, sum(c.status is status for c in kept)) for status in Status)
    return ClaimsPage(
        tuple(
            replace(line, against=beside(r, line.at.claim, moment))
            for line in lines(r, moment, some, until=moment.as_of or moment.known_day or now.date())
        ),
        len(shown),
        len(every),
        filters,
        tuple((t.slug, t.title) for t in topics),
        tuple(sorted({tag for c in every for tag in c.claim.spec.tags}, key=str.casefold)),
        tuple(pair for pair in counts if pair[1]),
        tuple(_read_line(r, t.id, t.slug, t.title, moment, now) for t in topics),
        count,
    )


def lines(r: Reading, moment: Moment, some: Sequence[ClaimStatus], *, until: date) -> tuple[Line, ...]:
    ids = tuple(c.claim.id for c in some)
    a, k = moment.as_of, moment.known_at
    weekly = r.of_claims(ids, lambda few: pages.weekly(r.s, few, as_of=a, known_at=k), NO_WEEKS, "weekly", a, k)
    last: dict[int, StoredChange | None] = r.of_claims(
        ids, lambda few: dict(pages.last_changes(r.s, few, as_of=a, known_at=k)), None, "last", a, k
    )
    owed = owed_of(r, some)
    found = []
    for c in some:
        change = last[c.claim.id]
        quote = next((p for p in change.quotes if p.quote), None) if change else None
        drawn = charts.spark(weekly[c.claim.id], until)
        found.append(Line(c, change, quote, owed[c.claim.id], drawn))
    return tuple(found)


def folded(text: str) -> str:
    """Text as it is searched: without case and without marks."""
    if text.isascii():
        return text.lower()
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in split if not unicodedata.combining(c))


def _kept(c: ClaimStatus, f: Filters) -> bool:
    if f.topic and c.claim.topic_slug != f.topic:
        return False
    if f.tag and f.tag not in c.claim.spec.tags:
        return False
    if f.since and (c.since is None or c.since < f.since):
        return False
    words = folded(f.q).split()
    text = folded(f"{c.claim.statement} {c.claim.slug} {c.claim.topic_slug} {' '.join(c.claim.spec.tags)}")
    return all(word in text for word in words)


def _sorted(some: Iterable[ClaimStatus], by: str, owed: dict[int, Owed]) -> list[ClaimStatus]:
    named = sorted(some, key=lambda c: (c.claim.statement.casefold(), c.claim.id))
    if by == "name":
        return named
    if by == "voices":
        return sorted(named, key=lambda c: -(c.figures.voices_supports + c.figures.voices_refutes))
    if by == "owed":
        return sorted(named, key=lambda c: -owed.get(c.claim.id, Owed()).undecided)
    return sorted(named, key=lambda c: (c.since or date.min, c.recorded_at.timestamp() if c.recorded_at else 0.0), reverse=True)


def _read_line(r: Reading, topic_id: int, slug: str, title: str, moment: Moment, now: datetime) -> ReadLine:
    state = r.once(lambda: runs.read_state(r.s, topic_id, known_at=moment.known_at), "read", topic_id, moment.known_at)
    return ReadLine(slug, title, state, _worry(state, moment.known_at or now))


def _worry(state: ReadState, now: datetime) -> str:
    if state.last_run_at is None:
        return "never read"
    if state.last_sufficient_at is None or state.last_sufficient_at < state.last_run_at:
        return "the last run was not sufficient"
    if now - state.last_sufficient_at > STALE:
        return "not read lately"
    return "some sources were silent" if state.silent else ""
