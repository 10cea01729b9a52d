"""One claim over three years: where the machine's history stands beside that of the same fold over hand labels, month by month.

    python -m benchmarks.timeline [--json]

120 dated reports in twelve languages (`benchmarks/timeline/`) come in through the real intake and storage, into SQLite files of
their own. They come month by month, the second half before the first, and in random orders: the ledger must be the same, and
what was told at any known time must stay told.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from benchmarks.figures import Figures, figures, lines_of
from benchmarks.stance import read_jsonl
from claimline import evidence, sources, topics
from claimline.matching.matcher import Matcher
from claimline.matching.people import key_of
from claimline.models import (
    Discovered,
    Entry,
    Judgement,
    Person,
    Position,
    Quote,
    Speaker,
    SpeakerBasis,
    Stance,
    Topic,
    Validators,
)
from claimline.settings import Settings
from flows import intake, judging, steps
from flows.desk import Desk
from flows.intake import Asked
from storage import assessments, claims, ledger, revisions
from storage.engine import Database, Session, open_database
from storage.records import StoredRevision

DATA = Path(__file__).parent / "timeline"
CLAIM = "kotor-antonello"
# Of every sentence that the hand points at; a common factor moves no status.
SURE = 0.9
FIVE = tuple(stance.value for stance in Stance)
MIDDLE = date(2020, 8, 31)
# So many known times are asked again after each arrival, and all of them at the end: each after each takes quadratic time.
RECENT = 2
AFTER = datetime(2022, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Hand:
    """What the labels say of one report: a label and the sentences that decide it, each with whoever says it."""

    label: Stance
    quotes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One report as it comes in. `seen` is also when it was captured, as in an archive, so that an edit knows its place."""

    id: str
    seen: date
    entry: Entry
    hand: Hand


@dataclass(frozen=True, slots=True)
class Read:
    judgements: tuple[Judgement, ...]
    outcome: str = "read"


class Reader(Protocol):
    """Whoever answers for texts: the matcher or the hand."""

    hash: str

    def read(self, texts: Sequence[StoredRevision]) -> list[Read]: ...


# --- The data -------------------------------------------------------------------------------------------------------


def load_topic() -> Topic:
    return topics.anchored(topics.load(DATA / "topic.yaml"), DATA)


def load_reports(topic: Topic) -> list[Report]:
    """In the order in which they were seen. The texts are those that the topic's own source names."""
    found = sources.discover(topic.sources[0], None, validators=Validators(), settings=Settings(), now=AFTER, base_dir=DATA)
    hands = {row["article_id"]: _hand(row) for row in _rows()}
    reports = []
    for row, entry in zip(read_jsonl(DATA / "articles.jsonl"), found.entries, strict=True):
        seen = date.fromisoformat(row["seen"])
        captured = replace(entry, fetched_at=datetime.combine(seen, time(12), UTC))
        reports.append(Report(row["id"], seen, captured, hands[row["id"]]))
    return reports


def _rows() -> Iterator[dict[str, str]]:
    head, *lines = (DATA / "labels.tsv").read_text(encoding="utf-8").splitlines()
    names = head.split("\t")
    for line in lines:
        yield dict(zip(names, line.split("\t") + [""] * len(names), strict=False))


def _hand(row: Mapping[str, str]) -> Hand:
    pairs = ((row["quote"], row["speaker"]), (row["quote_against"], row["speaker_against"]))
    return Hand(Stance(row["label"]), tuple((quote, speaker) for quote, speaker in pairs if quote))


# --- Who reads ------------------------------------------------------------------------------------------------------


class HandReader:
    """Answers with the hand labels; each sentence proves itself in the stored text."""

    hash = "hand"

    def __init__(self, topic: Topic, reports: Sequence[Report]) -> None:
        self._people: Mapping[str, Person] = {p.canonical: p for p in topic.people}
        self._hands: dict[str, list[Hand]] = {}
        for report in reports:
            self._hands.setdefault(report.entry.url, []).append(report.hand)

    def read(self, texts: Sequence[StoredRevision]) -> list[Read]:
        return [self._read(text) for text in texts]

    def of(self, text: StoredRevision) -> Hand:
        """The label of this text: of an edited report that whose sentences stand in it."""
        return next(h for h in self._hands[text.url] if all(words in text.text for words, _ in h.quotes))

    def _read(self, text: StoredRevision) -> Read:
        hand = self.of(text)
        if hand.label is Stance.UNRELATED:
            return Read(())
        sides = (Stance.SUPPORTS, Stance.REFUTES) if hand.label is Stance.MIXED else (hand.label,)
        quotes = tuple(self._quote(text.text, *said, side) for said, side in zip(hand.quotes, sides, strict=True))
        probabilities = {hand.label: SURE, Stance.UNRELATED: 1 - SURE}
        return Read((Judgement(CLAIM, hand.label, True, probabilities, quotes),))

    def _quote(self, text: str, words: str, speaker: str, side: Stance) -> Quote:
        start = text.index(words)
        return evidence.quote(text, start, start + len(words), stance=side, confidence=SURE, speaker=self._speaker(speaker))

    def _speaker(self, name: str) -> Speaker | None:
        if not name:
            return None
        known = self._people.get(name)
        return Speaker(name, known.key if known else key_of(name), SpeakerBasis.PERSON_LIST if known else SpeakerBasis.TEXT)


class MachineReader:
    """Answers with the matcher. A text is read once: how texts are batched moves the last digits of a confidence."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self.hash = matcher.hash
        self.answers: dict[str, tuple[StoredRevision, Read]] = {}

    def read(self, texts: Sequence[StoredRevision]) -> list[Read]:
        new = [t for t in texts if t.key not in self.answers]
        for text, answer in zip(new, self._matcher.answer([judging.as_text(t) for t in new]), strict=True):
            self.answers[text.key] = text, Read(answer.judgements, answer.skipped or "read")
        return [self.answers[t.key][1] for t in texts]


# --- Coming in ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrival:
    """Reports that come in together, and when."""

    at: datetime
    reports: tuple[Report, ...]


def as_seen(reports: Sequence[Report], *, months: int = 1) -> list[Arrival]:
    """The reports of each month (of so many) together, on the first of the next."""
    turns = groupby(sorted(reports, key=lambda r: r.seen), key=lambda r: (r.seen.year * 12 + r.seen.month - 1) // months)
    return [Arrival(_first_of((turn + 1) * months), tuple(batch)) for turn, batch in turns]


def in_turns(batches: Sequence[Sequence[Report]]) -> list[Arrival]:
    """One batch a day, after everything was seen."""
    return [Arrival(AFTER + timedelta(days=n), tuple(batch)) for n, batch in enumerate(batches)]


def halves(reports: Sequence[Report]) -> tuple[list[Report], list[Report]]:
    middle = len(reports) // 2
    return list(reports[:middle]), list(reports[middle:])


def shuffled(reports: Sequence[Report], batches: int, chance: random.Random) -> list[Arrival]:
    mixed = chance.sample(reports, len(reports))
    return in_turns([mixed[n::batches] for n in range(batches)])


def _first_of(month: int) -> datetime:
    """Of the month with this number, counted from the year 0."""
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


Told = tuple[Any, ...]


@dataclass(slots=True)
class Newsroom:
    """One database into which reports come, and what it told at each known time."""

    db: Database
    topic: Topic
    reader: Reader
    told: dict[datetime, Told]
    broken: set[datetime]
    claim_id: int = 0

    def take(self, arrivals: Sequence[Arrival]) -> Newsroom:
        """Takes them in one after the other. After each, what was told of late is asked again; in the end all that was."""
        steps.import_topic(self._desk(arrivals[0].at), self.topic)
        with self.db.read() as s:
            self.claim_id = claims.claim(s, CLAIM).id
        for arrival in arrivals:
            self._take(arrival)
            self._ask_again(list(self.told)[-RECENT:])
            self.told[arrival.at] = self._tells(arrival.at)
        self._ask_again(list(self.told))
        return self

    def _ask_again(self, times: Sequence[datetime]) -> None:
        self.broken |= {at for at in times if self._tells(at) != self.told[at]}

    def _desk(self, at: datetime) -> Desk:
        return Desk(self.db, Settings(), now=lambda: at)

    def _take(self, arrival: Arrival) -> None:
        desk = self._desk(arrival.at)
        topic = intake.stored_topic(desk, self.topic.slug)
        (source,) = intake.due_sources(desk, topic)
        entries = Discovered(tuple(r.entry for r in arrival.reports))
        intake.store_answer(desk, topic, Asked(source, entries))
        judging.group_copies(desk, topic)
        self._judge(topic.version_id, arrival.at)
        ledger.publish(self.db, topic.id, run_id=None, actor="benchmark", now=arrival.at, matcher=self.reader.hash)

    def _judge(self, version_id: int, now: datetime) -> None:
        with self.db.read() as s:
            todo = revisions.unscanned(s, version_id, self.reader.hash, limit=10_000)
            texts, versions = revisions.revisions(s, todo), claims.claim_versions(s, version_id)
        answers = self.reader.read(texts)

        def save(s: Session) -> None:
            assessments.ensure_matcher(s, self.reader.hash, now=now)
            for text, read in zip(texts, answers, strict=True):
                scan = (text.id, version_id, self.reader.hash, read.judgements)
                assessments.save_scan(s, *scan, run_id=None, now=now, claim_versions=versions, outcome=read.outcome)

        self.db.write(save)

    # --- what it tells ---

    def _tells(self, known_at: datetime) -> Told:
        """Every answer of a known time: evidence, changes with their causes, and where the claim stood."""
        with self.db.read() as s:
            stood = [ledger.status(s, self.claim_id, as_of=day, known_at=known_at) for day in (MIDDLE, None)]
            told = ledger.positions(s, self.claim_id, known_at=known_at), ledger.changes(s, self.claim_id, known_at=known_at)
        return (*told, *((x.status, x.machine, x.since, x.figures, x.cause) for x in stood))

    def ledger(self) -> Told:
        """The live rows by their natural keys: without ids, times and causes, which tell of the order."""
        with self.db.read() as s:
            return ledger.positions(s, self.claim_id), tuple(c.change for c in ledger.changes(s, self.claim_id))

    def changes(self) -> list[dict[str, str]]:
        with self.db.read() as s:
            return [
                {
                    "day": str(c.change.valid_from),
                    "before": c.change.before.value,
                    "after": c.change.after.value,
                    "tipped_by": "; ".join(_cited(q) for q in c.quotes[:2]),
                }
                for c in ledger.changes(s, self.claim_id)
            ]

    def months(self, first: date, last: date) -> dict[str, str]:
        """The status at the end of each month, as known today."""
        found = {}
        with self.db.read() as s:
            for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
                ends = _first_of(month + 1).date() - timedelta(days=1)
                found[f"{ends:%Y-%m}"] = ledger.status(s, self.claim_id, as_of=ends).status.value
        return found


def newsroom(db: Database, topic: Topic, reader: Reader) -> Newsroom:
    return Newsroom(db, topic, reader, {}, set())


def _cited(q: Position) -> str:
    return f"{q.speaker or 'nobody named'}: {q.quote}"


# --- The report -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """What came of one order of arrival."""

    name: str
    arrivals: int
    same_ledger: bool
    answers_changed: int


@dataclass(frozen=True, slots=True)
class TimelineReport:
    hand: Mapping[str, str]
    machine: Mapping[str, str]
    hand_changes: Sequence[Mapping[str, str]]
    machine_changes: Sequence[Mapping[str, str]]
    labels: Figures
    undecided: int
    orders: Sequence[Order]

    @property
    def agreeing(self) -> int:
        return sum(self.machine[month] == status for month, status in self.hand.items())

    def rows(self) -> Iterator[tuple[str, str]]:
        yield "months in which the status is the hand's", f"{self.agreeing} of {len(self.hand)}"
        yield "reports, labels", f"{self.labels.n}, accuracy {self.labels.accuracy:.2f}, macro-F1 {self.labels.macro_f1:.2f}"
        yield "  of them undecided", str(self.undecided)
        for order in self.orders:
            same = "the same ledger" if order.same_ledger else "ANOTHER LEDGER"
            yield order.name, f"{same}; {order.answers_changed} past answers changed, {order.arrivals} arrivals"

    def lines(self) -> Iterator[str]:
        yield f"{'month':<9}{'hand':<12}machine"
        for month, status in self.hand.items():
            mine = self.machine[month]
            yield f"{month:<9}{status:<12}{mine}{'' if mine == status else '  <'}"
        for name, changes in (("hand", self.hand_changes), ("machine", self.machine_changes)):
            yield f"\nchanges, {name}"
            for c in changes:
                yield f"  {c['day']}  {c['before']} > {c['after']:<10} {c['tipped_by'][:180]}"
        yield ""
        yield from lines_of(self.labels)
        for what, how_much in self.rows():
            yield f"{what:<44} {how_much}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"agreeing": self.agreeing, "months": len(self.hand)}


def compare(topic: Topic, reports: Sequence[Report], machine: MachineReader, *, draws: int = 3, seed: int = 0) -> TimelineReport:
    """Both histories, and the machine's in other orders of arrival."""
    first, last = min(r.seen for r in reports), max(r.seen for r in reports)
    with tempfile.TemporaryDirectory() as folder:

        def run(name: str, reader: Reader, arrivals: Sequence[Arrival], look: Callable[[Newsroom], Any]) -> Any:
            db = open_database(f"sqlite:///{Path(folder) / name}.db")
            try:
                return look(newsroom(db, topic, reader).take(arrivals))
            finally:
                db.dispose()

        def history(room: Newsroom) -> tuple[Any, ...]:
            return room.months(first, last), room.changes(), room.ledger(), len(room.broken)

        hand = run("hand", HandReader(topic, reports), as_seen(reports), history)
        in_order = run("machine", machine, as_seen(reports), history)
        one, two = halves(reports)
        chance = random.Random(seed)
        others = {"the second half, then the first": in_turns([two, one])}
        others |= {f"a random order ({n + 1})": shuffled(reports, 12, chance) for n in range(draws)}
        orders = [Order("month by month", len(as_seen(reports)), True, in_order[3])]
        for n, (name, arrivals) in enumerate(others.items()):
            same, changed = run(str(n), machine, arrivals, lambda room: (room.ledger() == in_order[2], len(room.broken)))
            orders.append(Order(name, len(arrivals), same, changed))
    labels, undecided = _labels(HandReader(topic, reports), machine.answers.values())
    return TimelineReport(hand[0], in_order[0], hand[1], in_order[1], labels, undecided, orders)


def _labels(hand: HandReader, answers: Iterable[tuple[StoredRevision, Read]]) -> tuple[Figures, int]:
    """How the machine's answers stand to the labels, text by text."""
    gold, given, undecided = [], [], 0
    for text, read in answers:
        judgement = next(iter(read.judgements), None)
        gold.append(hand.of(text).label.value)
        given.append(judgement.stance.value if judgement else Stance.UNRELATED.value)
        undecided += judgement is not None and not judgement.decided
    return figures(gold, given, FIVE), undecided


def measure() -> Iterator[tuple[str, str]]:
    """The figures, as (what, how much)."""
    yield from _measured().rows()


def _measured() -> TimelineReport:
    from claimline.matching.retrieve import shared_embedder
    from claimline.matching.stance import load_engine

    topic = load_topic()
    return compare(topic, load_reports(topic), MachineReader(Matcher(topic, load_engine(), shared_embedder())))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.timeline", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="The same as JSON.")
    report = _measured()
    if parser.parse_args().json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
        return
    for line in report.lines():
        print(line)


if __name__ == "__main__":
    main()
