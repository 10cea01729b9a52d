"""One claim: where it stands and why, how it got there, and the history table, a row a voice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

from app.views import charts
from app.views.claims import NO_WEEKS, beside, claim_path, folded
from app.views.reading import Moment, Reading
from claimline import labels
from claimline.history import heard
from claimline.models import Position, Stance, Status, Topic, Voice
from claimline.voices import Heard
from claimline.why import flip_of
from storage import decisions, ledger, pages, pages_claim, runs
from storage.pages import OutletCard, Owed, Uncounted
from storage.pages_claim import Detail, Facets
from storage.records import ClaimStatus, StoredChange, StoredClaim, StoredDecision
from storage.run_records import ReadState
from storage.search import texts_of_claim

PAGE = 50
SHOWN_REPORTS = 6
OF_ONE_VOICE = 500  # where one voice is looked at; more of them are in the export
FLIP_AT_ONCE = 2_000  # reports up to which a page may try it while it is drawn
LOOKED_THROUGH = 3_000
SIDES = (Stance.SUPPORTS, Stance.REFUTES)


@dataclass(frozen=True, slots=True)
class RowFilters:
    q: str = ""
    stance: str = ""
    speaker: str = ""
    outlet: str = ""
    lang: str = ""
    since: date | None = None
    until: date | None = None
    sort: str = "new"  # new | old | weight
    page: int = 1
    voice: str = ""  # a voice's key: only this one

    @property
    def params(self) -> dict[str, object]:
        days = {"from": self.since.isoformat() if self.since else "", "to": self.until.isoformat() if self.until else ""}
        sort = "" if self.sort == "new" else self.sort
        words = {"q": self.q, "stance": self.stance, "speaker": self.speaker, "outlet": self.outlet, "lang": self.lang}
        return {**words, **days, "sort": sort, "voice": self.voice}

    @property
    def any(self) -> bool:
        return any((self.q, self.stance, self.speaker, self.outlet, self.lang, self.since, self.until))

    def lets(self, p: Position) -> bool:
        """Whether a position fits as far as it tells by itself: not its outlet, its language and its words."""
        if (self.stance and p.stance != self.stance) or (self.speaker and p.speaker != self.speaker):
            return False
        return (self.since is None or p.valid_from >= self.since) and (self.until is None or p.valid_from <= self.until)


@dataclass(frozen=True, slots=True)
class Report:
    """One position behind a voice."""

    detail: Detail
    outlet: OutletCard

    @property
    def href(self) -> str:
        return f"/articles/{self.detail.revision_key}"


@dataclass(frozen=True, slots=True)
class Row:
    """One voice: the report that brought it, and the others that carry it."""

    voice: Voice
    first: Report
    others: tuple[Report, ...]
    more: int
    speaker: str | None  # the name by which the topic knows the speaker
    superseded: bool  # the speaker has said something else since


@dataclass(frozen=True, slots=True)
class SpeakerLine:
    """A speaker's latest position, and where it stood before."""

    key: str
    name: str
    role: str
    stance: Stance
    since: date
    voices: int
    before: Stance | None


@dataclass(frozen=True, slots=True)
class Why:
    """What holds the status: the weights of both sides, and how far it is from turning."""

    supports: float
    refutes: float
    share: float  # of the supporting side, 0 to 1
    words: str


@dataclass(frozen=True, slots=True)
class Choices:
    speakers: tuple[tuple[str, str], ...]
    outlets: tuple[str, ...]
    langs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimPage:
    claim: StoredClaim
    key: str
    topic_title: str
    at: ClaimStatus
    review: str | None  # who stands behind the status
    owed: Owed
    changes: tuple[StoredChange, ...]  # newest first
    line: charts.Timeline
    drawing: charts.Drawing
    chart: dict[str, object]
    rows: tuple[Row, ...]
    voices: int
    matching: int
    filters: RowFilters
    choices: Choices
    pages: int
    why: Why
    flip: str | None
    speakers: tuple[SpeakerLine, ...]
    held: int  # positions that weigh nothing, since nobody has accepted their outlet
    uncounted: tuple[Uncounted, ...]
    rulings: tuple[StoredDecision, ...]
    state: ReadState
    names: Mapping[str, str]
    against: tuple[StoredClaim, ...]  # related claims beside which it cannot stand as it does

    @property
    def href(self) -> str:
        return claim_path(self.claim.topic_slug, self.claim.slug)


@dataclass(frozen=True, slots=True)
class Folded:
    """The voices of a claim at a moment; what stands behind one is read when it is shown."""

    reports: int
    voices: tuple[Heard, ...]
    latest: Mapping[str, Heard]  # a speaker's last voice that took a side
    unweighed: int  # positions that weigh nothing, since nobody has accepted their outlet


def folded_positions(r: Reading, claim_id: int, moment: Moment) -> Folded:
    def make() -> Folded:
        known = ledger.weighed(r.s, claim_id, as_of=moment.as_of, known_at=moment.known_at)
        voices = tuple(heard(known, until=moment.as_of))
        return Folded(len(known), voices, _latest_by_speaker(voices), sum(p.weight == 0 for p in known))

    return r.of_claim(claim_id, make, "positions", moment.as_of, moment.known_at)


def claim_page(
    r: Reading, claim: StoredClaim, moment: Moment, filters: RowFilters, *, now: datetime, per_page: int = PAGE
) -> ClaimPage:
    topic = pages.topic_spec(r.s, claim.topic_id)
    a, k = moment.as_of, moment.known_at
    changes = ledger.changes(r.s, claim.id, as_of=moment.as_of, known_at=moment.known_at)
    held = folded_positions(r, claim.id, moment)
    weeks = r.of_claims([claim.id], lambda few: pages.weekly(r.s, few, as_of=a, known_at=k), NO_WEEKS, "weekly", a, k)[claim.id]
    read = r.once(lambda: pages.days_read(r.s, claim.topic_id), "days", claim.topic_id)
    line = charts.timeline(weeks, changes, read, until=a or moment.known_day or now.date(), known=moment.known_day)
    names, written = people(topic), _facets(r, claim.id, moment).speakers
    voices = matching_voices(r, claim, held, filters, moment)
    count = max(1, -(-len(voices) // per_page))
    at = min(max(1, filters.page), count)
    status = ledger.status(r.s, claim.id, as_of=moment.as_of, known_at=moment.known_at)
    return ClaimPage(
        claim=status.claim,
        key=pages.permanent_key(r.s, claim.id),
        topic_title=topic.title,
        at=status,
        review=status.review,
        owed=r.of_claims([claim.id], lambda few: pages.owed(r.s, few), Owed(), "owed")[claim.id],
        changes=tuple(reversed(changes)),
        line=line,
        drawing=charts.drawing(line),
        chart=charts.chart_data(line),
        rows=rows(
            r,
            claim,
            held,
            voices[(at - 1) * per_page : at * per_page],
            moment,
            names,
            shown=OF_ONE_VOICE if filters.voice else SHOWN_REPORTS,
        ),
        voices=len(held.voices),
        matching=len(voices),
        filters=filters,
        choices=choices(r, claim, moment, names),
        pages=count,
        why=why(status),
        flip=flip_words(r, claim, moment, at_once=True),
        speakers=r.of_claim(claim.id, lambda: speaker_lines(held, topic, written), "speakers", a, k),
        held=held.unweighed,
        uncounted=() if moment.past else r.of_claim(claim.id, lambda: pages.uncounted(r.s, claim.id, limit=20), "uncounted"),
        rulings=decisions.rulings(r.s, claim.id, as_of=a, known_at=k),
        state=runs.read_state(r.s, claim.topic_id, known_at=moment.known_at),
        names=names,
        against=beside(r, claim, moment),
    )


def people(topic: Topic) -> dict[str, str]:
    return {p.key: p.canonical for p in topic.people}


# --- the table ------------------------------------------------------------------------------------------------------


def matching_voices(r: Reading, claim: StoredClaim, held: Folded, f: RowFilters, moment: Moment) -> list[Heard]:
    """The voices that have a report which fits every filter, in the order asked for."""
    sort = f.sort if f.sort in ("old", "weight") else "new"
    voices = r.of_claim(claim.id, lambda: _in_order(held.voices, sort), "in order", sort, moment.as_of, moment.known_at)
    if f.voice:
        voices = [v for v in voices if v.frozen().key == f.voice]
    if not f.any:
        return voices
    fits = _fitting(r, claim, held, f, moment)
    if fits is None:
        return [v for v in voices if f.lets(v.first) or (v.more and any(map(f.lets, v.more)))]
    # Most voices of many thousands are one report: that one is looked at without a loop of its own.
    return [
        v
        for v in voices
        if (v.first.key in fits and f.lets(v.first)) or (v.more and any(p.key in fits and f.lets(p) for p in v.more))
    ]


def _in_order(voices: Sequence[Heard], sort: str) -> list[Heard]:
    """They come in the order in which they were heard, which is that of their days; sorting keeps it among equals."""
    if sort == "old":
        return list(voices)
    return sorted(voices, key=attrgetter("weight" if sort == "weight" else "day"), reverse=True)


def _fitting(r: Reading, claim: StoredClaim, held: Folded, f: RowFilters, moment: Moment) -> frozenset[str] | None:
    """The keys of the positions that fit by what stands behind them, None where nothing is asked of that: a row's own words are
    looked through without case and marks, its text by words."""
    found: frozenset[str] | None = None
    if f.outlet or f.lang:
        found = pages_claim.fitting(r.s, claim.id, outlet=f.outlet, lang=f.lang, known_at=moment.known_at)
    words = folded(f.q).split()
    if not words:
        return found
    in_text = _with_words(r, claim.id, f.q, held.reports)
    every = _said(r, claim.id, moment)
    fits = [row for row in every if row[1] in in_text] if in_text else []
    for word in words:  # one after another: most rows leave at the first
        every = [row for row in every if word in row[2]]
    said = frozenset([row[0] for row in (*fits, *every)])
    return said if found is None else said & found


def _said(r: Reading, claim_id: int, moment: Moment) -> list[tuple[str, int, str]]:
    """Key, text and own words of every row; kept, since whoever searches types letter by letter."""
    a, k = moment.as_of, moment.known_at

    def make() -> list[tuple[str, int, str]]:
        rows = pages_claim.words_of(r.s, claim_id, as_of=a, known_at=k)
        return [(key, text, folded(words)) for key, text, words in rows]

    return r.of_claim(claim_id, make, "words", a, k)


def _with_words(r: Reading, claim_id: int, query: str, size: int) -> frozenset[int]:
    """The texts that hold the words: looked through where there are few, through the index where there are many."""
    if size <= LOOKED_THROUGH:
        return pages_claim.texts_with(r.s, claim_id, query.split())
    return texts_of_claim(r.s, query, claim_id)


def _facets(r: Reading, claim_id: int, moment: Moment) -> Facets:
    a, k = moment.as_of, moment.known_at
    return r.of_claim(claim_id, lambda: pages_claim.facets(r.s, claim_id, as_of=a, known_at=k), "facets", a, k)


def rows(
    r: Reading,
    claim: StoredClaim,
    held: Folded,
    voices: Sequence[Heard],
    moment: Moment,
    names: Mapping[str, str],
    *,
    shown: int = SHOWN_REPORTS,
) -> tuple[Row, ...]:
    """The voices with the report that brought each, and as many of the others as are to be shown."""
    keys = [p.key for v in voices for p in v.reports[: shown + 1]]
    found = reports(r, claim, keys, moment)
    made = []
    for v in voices:
        mine = [found[p.key] for p in v.reports[: shown + 1] if p.key in found]
        if not mine:
            continue
        speaker = v.first.speaker or ""
        last = held.latest.get(speaker)
        name = names.get(speaker, mine[0].detail.speaker_written)
        more = len(v.reports) - len(mine)
        made.append(Row(v.frozen(), mine[0], tuple(mine[1:]), more, name, last is not None and last.day > v.day))
    return tuple(made)


def reports(r: Reading, claim: StoredClaim, keys: Iterable[str], moment: Moment) -> dict[str, Report]:
    details = pages_claim.details(r.s, claim.id, keys, known_at=moment.known_at)
    cards = r.once(lambda: pages.outlet_cards(r.s, claim.topic_id), "outlets", claim.topic_id)
    return {k: Report(d, pages.outlet_card(cards, d.outlet, d.weight)) for k, d in details.items()}


def _latest_by_speaker(voices: Iterable[Heard]) -> dict[str, Heard]:
    """Voices come in the order in which they were heard."""
    return {v.first.speaker: v for v in voices if v.first.speaker and v.first.stance in SIDES}


def choices(r: Reading, claim: StoredClaim, moment: Moment, names: Mapping[str, str]) -> Choices:
    found = _facets(r, claim.id, moment)
    speakers = {key: names.get(key, written) for key, written in found.speakers.items()}
    return Choices(tuple(sorted(speakers.items(), key=lambda x: x[1].casefold()))[:300], found.outlets[:300], found.langs)


# --- the panels -----------------------------------------------------------------------------------------------------


def speaker_lines(held: Folded, topic: Topic, written: Mapping[str, str], *, limit: int = 12) -> tuple[SpeakerLine, ...]:
    """Every speaker's latest position, the most recent first; `before` where it was another."""
    by_speaker: dict[str, list[Position]] = {}
    for v in held.voices:  # in the order in which they were heard
        if v.first.speaker:
            by_speaker.setdefault(v.first.speaker, []).append(v.first)
    known = {p.key: p for p in topic.people}
    found = []
    for key, said in by_speaker.items():
        last = said[-1]
        earlier = [v for v in said if v.stance is not last.stance]
        turned = max((v.valid_from for v in earlier), default=date.min)
        since = next(v.valid_from for v in said if v.stance is last.stance and v.valid_from >= turned)
        person = known.get(key)
        name = person.canonical if person else written.get(key, key)
        before = earlier[-1].stance if earlier else None
        found.append(SpeakerLine(key, name, person.role if person else "", last.stance, since, len(said), before))
    return tuple(sorted(found, key=lambda x: (x.since, x.name), reverse=True)[:limit])


def why(at: ClaimStatus) -> Why:
    """The rule of the fold in words, for the figures of this claim."""
    s, r = at.figures.supports, at.figures.refutes
    total = s + r
    if not total:
        words = "Nobody has taken a side." if at.machine is Status.OPEN else "Nothing has been found that speaks of it."
    elif at.machine is Status.SUPPORTED:
        words = _lead("for", "against", s, r)
    elif at.machine is Status.REFUTED:
        words = _lead("against", "for", r, s)
    else:
        words = "Neither side weighs twice as much as the other, so sources disagree."
    return Why(s, r, s / total if total else 0.5, words)


def flip_words(r: Reading, claim: StoredClaim, moment: Moment, *, at_once: bool = False) -> str | None:
    """What would have to be different: a few voices, found greedily. None where that takes longer than a page may, `at_once`."""
    if at_once and folded_positions(r, claim.id, moment).reports > FLIP_AT_ONCE:
        return None
    return r.of_claim(claim.id, lambda: _flip_words(r, claim, moment), "flip", moment.as_of, moment.known_at)


def _flip_words(r: Reading, claim: StoredClaim, moment: Moment) -> str:
    held = folded_positions(r, claim.id, moment)
    rulings = ledger.standing_rulings(r.s, claim.id, as_of=moment.as_of, known_at=moment.known_at)
    found = flip_of(held.voices, rulings, until=moment.as_of)
    if found is None:
        return "No small set of voices was found without which it would be otherwise."
    behind = reports(r, claim, [v.positions[0] for v in found.removed], moment)
    names = people(pages.topic_spec(r.s, claim.topic_id))
    who = [_name(v, behind.get(v.positions[0]), names) for v in found.removed]
    named = ", ".join(dict.fromkeys(who[:4])) + (" and others" if len(set(who)) > 4 else "")
    count = f"{len(found.removed)} voice{'' if len(found.removed) == 1 else 's'}"
    return f"Without {count} ({named}) it would be: {labels.status(found.becomes)}. A quick search finds no smaller set."


def _name(voice: Voice, behind: Report | None, names: Mapping[str, str]) -> str:
    if voice.speaker:
        return names.get(voice.speaker, (behind and behind.detail.speaker_written) or voice.speaker)
    return (behind and behind.detail.outlet) or "a report"


def _lead(ahead: str, behind: str, more: float, less: float) -> str:
    if less == 0:
        return f"Every voice that takes a side is {ahead} it. A status is taken at twice the weight of the other side."
    return (
        f"What is said {ahead} it weighs {more / less:.1f} times what is said {behind}. "
        "A status is taken at twice the weight, and kept until it falls below 1.25 times."
    )
