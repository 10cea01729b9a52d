"""Whatever happens in whatever order: the ledger is the fold of what it knows, and what was known stays known."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from claimline.errors import UnknownName, UsageError
from claimline.history import fold
from claimline.models import Fetched, OutletSpec, Stance, Status, Topic
from storage import articles, claims, clusters, codec, decisions, ledger, pins, purge, replay, revisions, stand_ins
from storage import tables as t
from storage.answers import answers
from storage.engine import Database, open_database
from storage.records import Edge, NewDecision
from storage.verify import differences, fold_differences
from tests.postgres_world import Databases
from tests.storage_world import M, N, R, S, U, World, cleaned, digest_of, judgement, make_topic

SIDES = st.sampled_from([S, R, N, M, U])
DAYS = st.dates(date(2020, 1, 1), date(2020, 3, 1))
SITES = st.sampled_from(["a", "b", "c", "d", "e"])


class Ledger(RuleBasedStateMachine):
    """Articles, edits, retractions, removed pages, copies, decisions, replays, purges, topic files and reads in any order, on a
    fresh database."""

    fresh: Callable[[], AbstractContextManager[str]]

    @initialize()
    def begin(self) -> None:
        self.open = ExitStack()
        db = open_database(self.open.enter_context(type(self).fresh()))
        self.open.callback(db.dispose)
        self.w = World(db).start()
        self.said: dict[str, int] = {}
        self.told: dict[datetime, object] = {}
        self.shadows: list[int] = []
        self.taken_back: set[str] = set()  # articles whose newest text says that it is retracted
        self.purged: set[str] = set()  # addresses, and hosts
        self.count = self.wordings = 0
        self.retired = False
        self.law: datetime | None = None  # when a person was last removed

    def teardown(self) -> None:
        self.open.close()

    # --- what happens ---

    @rule(site=SITES, day=st.none() | DAYS, stance=SIDES, speaker=st.sampled_from([None, "ann", "bob"]), sure=st.booleans())
    def an_article_is_read(self, site: str, day: date | None, stance: Stance, speaker: str | None, sure: bool) -> None:
        self._article(site, day, stance, speaker, sure, self.w.matcher)

    @rule(site=SITES, day=DAYS, stance=SIDES, name=st.sampled_from(["x1", "x2"]), pinned_too=st.sampled_from([None, S, R, U]))
    def an_article_is_read_by_another_model(
        self, site: str, day: date, stance: Stance, name: str, pinned_too: Stance | None
    ) -> None:
        """One that is installed and not let in; the pinned one may read the text later, and say otherwise."""
        revision_id = self._article(site, day, stance, None, True, name)
        self.w.db.write(lambda s: stand_ins.stand_in(s, self.w.topic_id, name, now=self.w.tick()))
        if revision_id is not None and pinned_too is not None:
            self.w.publish()
            self._remember()
            self._scan(revision_id, pinned_too)

    def _article(self, site: str, day: date | None, stance: Stance, speaker: str | None, sure: bool, matcher: str) -> int | None:
        self.count += 1
        url = f"https://{site}.example/{self.count % 7}"
        if {url, f"{site}.example"} & self.purged:  # what the law took away is not found again
            return None
        first, second = f"Part {self.count} of {site} opens. ", f"Part {self.count} closes."
        text = first + second
        saved = self.w.capture(url, cleaned(text, day, outlet=f"{site}.example"))
        if saved.revision_id is None:
            return None
        quotes = (first, second) if stance is M else (first,)
        silent = stance is U or self.retired
        given = [] if silent else [judgement("open", stance, text, *quotes, speaker=speaker, decided=sure)]
        self.w.scan(saved.revision_id, *given, matcher=matcher)
        self.said[url] = saved.revision_id
        self.taken_back.discard(url)
        return saved.revision_id

    @precondition(lambda self: self.said)
    @rule(pick=st.randoms(use_true_random=False))
    def an_article_goes_back_to_an_older_text(self, pick: Random) -> None:
        url = pick.choice(sorted(self.said))
        self.w.tick(days=1)
        saved = self.w.capture(url, cleaned("The first words.", date(2020, 1, 5), outlet="a.example"))
        if saved.revision_id is not None:
            self.w.scan(saved.revision_id)
            self.taken_back.discard(url)

    @precondition(lambda self: self.said)
    @rule(pick=st.randoms(use_true_random=False), days=st.integers(1, 40), keeps=st.booleans(), retracted=st.booleans())
    def an_article_is_edited(self, pick: Random, days: int, keeps: bool, retracted: bool) -> None:
        """It keeps its words or drops them, and may say that it is retracted; what the machine reads in it may change."""
        url = pick.choice(sorted(self.said))
        self.w.tick(days=days)
        self.count += 1
        text = f"{self._text(self.said[url]) if keeps else 'Other words.'} Edit {self.count}."
        notice = "retraction" if retracted else None
        stamp = (self.w.now - timedelta(days=pick.choice([0, 1]))).date()
        page = cleaned(text, date(2020, 1, 5), modified=stamp, outlet=url.split("/")[2], notice=notice)
        saved = self.w.capture(url, page)
        if saved.revision_id is not None:
            self.said[url] = saved.revision_id
            (self.taken_back.add if retracted else self.taken_back.discard)(url)
            self._scan(saved.revision_id, pick.choice([S, R, N, U]))

    @precondition(lambda self: self.said)
    @rule(pick=st.randoms(use_true_random=False), status=st.sampled_from([404, 410]))
    def a_page_is_removed_at_its_source(self, pick: Random, status: int) -> None:
        """It is only marked: nothing follows for the ledger."""
        url = pick.choice(sorted(self.said))
        with self.w.db.read() as s:
            article_id = articles.article_by_url(s, url).id
        gone = Fetched(url, url, status, self.w.tick(), b"")
        saved = self.w.db.write(lambda s: articles.save_capture(s, article_id, gone, None, source_id=None, now=self.w.now))
        assert saved.kind == "gone"

    @precondition(lambda self: len(self.said) > 1)
    @rule(pick=st.randoms(use_true_random=False))
    def two_are_copies(self, pick: Random) -> None:
        a, b = (self.said[url] for url in pick.sample(sorted(self.said), 2))
        self.w.db.write(lambda s: clusters.save_edges(s, [Edge(a, b, 0.9)], [a, b], now=self.w.tick()))

    def _scan(self, revision_id: int, stance: Stance, matcher: str | None = None) -> None:
        """A text is read; one that is gone, or on a claim that is retired, says nothing."""
        text = self._text(revision_id)
        if not text or stance is U or self.retired:
            self.w.scan(revision_id, matcher=matcher)
        else:
            given = judgement("open", stance, text, *([text[:4], text[5:]] if stance is M else []))
            self.w.scan(revision_id, given, matcher=matcher)

    @precondition(lambda self: self.said)
    @rule(
        pick=st.randoms(use_true_random=False),
        kind=st.sampled_from(["stance", "accept", "accept", "date", "separate", "evidence", "reject", "reject"]),
        stance=SIDES,
        day=DAYS,
        speaker=st.sampled_from([None, "ann", "Carl Day"]),
    )
    def a_person_decides(self, pick: Random, kind: str, stance: Stance, day: date, speaker: str | None) -> None:
        url = pick.choice(sorted(self.said))
        with self.w.db.read() as s:
            try:
                article = articles.article_by_url(s, url)
            except UnknownName:
                return
        quote = "opens. " if kind == "evidence" else self._quote(pick, article.id)
        if kind == "evidence" and not self._stands(article.revision_id, quote):
            return
        if (kind == "accept" and self._quote(pick, article.id) is None) or (kind == "reject" and quote is None):
            return
        pair = self.w.claim_id() if kind in ("stance", "accept", "evidence", "reject") else None
        asked = NewDecision(
            kind,
            f"d{self.w.now.isoformat()}",
            claim_id=pair,
            article_id=article.id,
            stance=stance if kind in ("stance", "evidence") else None,
            quote=quote if kind in ("evidence", "reject") else None,
            valid_from=day if kind == "date" else None,
            topic_id=self.w.topic_id if kind == "separate" else None,
            speaker=speaker if kind == "evidence" and (self.law is None or speaker != "ann") else None,
        )
        if kind != "evidence" or stance not in (M, U):
            decisions.record(self.w.db, [asked], by="Ada", now=self.w.tick())
            self._remember()

    def _quote(self, pick: Random, article_id: int) -> str | None:
        """Words that a machine quotes of the article's current text."""
        with self.w.db.read() as s:
            found = answers(s, self.w.topic_id, claim_id=self.w.claim_id(), article_id=article_id)
        quotes = [q.quote.quote for a in found if a.id for q in a.quotes if q.quote.quote]
        return pick.choice(quotes) if quotes else None

    def _stands(self, revision_id: int | None, quote: str) -> bool:
        with self.w.db.read() as s:
            return revision_id is not None and quote in revisions.revision(s, revision_id).text

    @precondition(lambda self: len(self.said) > 1)
    @rule(pick=st.randoms(use_true_random=False), stance=SIDES, taken_back=st.booleans())
    def a_person_decides_on_several_at_once(self, pick: Random, stance: Stance, taken_back: bool) -> None:
        """As one word, that is taken back as one."""
        some = pick.sample(sorted(self.said), min(3, len(self.said)))
        with self.w.db.read() as s:
            ids = [articles.article_by_url(s, url).id for url in some]
        batch, claim_id = f"b{self.w.now.isoformat()}", self.w.claim_id()
        asked = [NewDecision("stance", f"{batch}-{n}", claim_id, one, stance=stance) for n, one in enumerate(ids)]
        done = decisions.record(self.w.db, asked, by="Ada", now=self.w.tick(), batch=batch)
        self._remember()
        assert len(done.ids) == len(some)
        if taken_back:
            back = decisions.undo(self.w.db, batch, by="Ben", now=self.w.tick(), client_id=f"u{batch}")
            assert len(back.ids) == len(some)
            self._remember()

    @rule(status=st.sampled_from(list(Status)), day=DAYS, length=st.none() | st.integers(0, 20))
    def a_person_rules(self, status: Status, day: date, length: int | None) -> None:
        until = None if length is None else day + timedelta(days=length)
        asked = NewDecision(
            "ruling", f"r{self.w.now.isoformat()}", claim_id=self.w.claim_id(), status=status, valid_from=day, valid_to=until
        )
        decisions.record(self.w.db, [asked], by="Ben", now=self.w.tick())
        self._remember()

    @rule(pick=st.randoms(use_true_random=False))
    def a_decision_is_taken_back(self, pick: Random) -> None:
        with self.w.db.read() as s:
            standing = decisions.decisions(s)
        if standing:
            name = pick.choice(standing).client_id
            decisions.undo(self.w.db, name, by="Ada", now=self.w.tick(), client_id=f"u{self.w.now.isoformat()}")
            self._remember()

    @rule(site=SITES, weight=st.sampled_from([0.0, 0.3, 1.0]))
    def an_outlet_is_weighed(self, site: str, weight: float) -> None:
        decisions.weigh(self.w.db, self.w.topic_id, OutletSpec(f"{site}.example", weight=weight), by="Ada", now=self.w.tick())
        self._remember()

    @rule(site=SITES, weight=st.sampled_from([0.0, 0.5]))
    def a_file_weighs_an_outlet(self, site: str, weight: float) -> None:
        """What the file says waits for the next edition."""
        self._import(replace(self.w.topic, outlets=(OutletSpec(f"{site}.example", weight=weight),)))

    @precondition(lambda self: not self.retired)
    @rule(stance=SIDES, read=st.booleans())
    def the_claim_is_reworded(self, stance: Stance, read: bool) -> None:
        """Its past is read for the new words at once, or later, or never."""
        self.wordings += 1
        self._import(replace(make_topic(suffix=f" {self.wordings}"), outlets=self.w.topic.outlets))
        if read:
            with self.w.db.read() as s:
                unread = revisions.unscanned(s, self.w.version_id, self.w.matcher, limit=1_000)
            for revision_id in unread:
                self._scan(revision_id, stance)
            self.w.publish()
            self._remember()

    @rule()
    def the_claim_is_retired_or_brought_back(self) -> None:
        self.retired = not self.retired
        own = make_topic("shut") if self.retired else make_topic(suffix=f" {self.wordings}" if self.wordings else "")
        self._import(replace(own, outlets=self.w.topic.outlets))

    def _import(self, topic: Topic) -> None:
        digest, self.w.topic = digest_of(topic), topic
        self.w.imported = self.w.db.write(
            lambda s: claims.import_topic(s, topic, digest=digest, yaml=digest, now=self.w.tick(), by="file", force=True)
        )

    @precondition(lambda self: self.told)
    @rule(stance=SIDES)
    def a_replay_is_tried(self, stance: Stance) -> None:
        name = f"m{len(self.shadows) + 2}"
        self.shadows.append(
            self.w.db.write(lambda s: replay.open_shadow(s, self.w.topic_id, matcher=name, by="Ada", now=self.w.tick()))
        )
        for revision_id in sorted(set(self.said.values())):
            self._scan(revision_id, stance, name)

    def _text(self, revision_id: int) -> str:
        with self.w.db.read() as s:
            return revisions.revision(s, revision_id).text

    @precondition(lambda self: self.shadows)
    @rule(accepted=st.booleans())
    def a_replay_is_settled(self, accepted: bool) -> None:
        edition = self.shadows.pop()
        if accepted:
            try:
                replay.accept(self.w.db, edition, by="Ada", now=self.w.tick())
            except UsageError as refused:
                assert "other words" in str(refused)  # noqa: PT017  # a claim was reworded since
                return
            with self.w.db.read() as s:
                pin = pins.of_claim(s, self.w.claim_id())
            self.w.matcher = pin.matcher if pin else self.w.matcher
            self._remember()
        else:
            self.w.db.write(lambda s: replay.discard(s, edition))

    @precondition(lambda self: self.said)
    @rule(pick=st.randoms(use_true_random=False))
    def an_article_is_purged(self, pick: Random) -> None:
        url = pick.choice(sorted(self.said))
        del self.said[url]
        self.purged.add(url)
        purge.purge(self.w.db, "url", url, reason="asked", by="Ada", now=self.w.tick())
        self._remember()

    @rule(site=SITES)
    def a_host_is_purged(self, site: str) -> None:
        host = f"{site}.example"
        try:
            purge.purge(self.w.db, "host", host, reason="asked", by="Ada", now=self.w.tick())
        except UnknownName:
            return
        self.purged.add(host)
        for url in [url for url in self.said if not self._is_held(url)]:  # what the host printed elsewhere, too
            self.purged.add(url)
            del self.said[url]
        self._remember()

    def _is_held(self, url: str) -> bool:
        with self.w.db.read() as s:
            try:
                return bool(articles.article_by_url(s, url))
            except UnknownName:
                return False

    @rule(name=st.sampled_from(["ann", "Carl Day"]))
    def a_person_is_removed(self, name: str) -> None:
        """The law takes names out of what was known, and so may make one voice of two there: only that may differ."""
        try:
            purge.purge(self.w.db, "person", name, reason="asked", by="Ben", now=self.w.tick())
        except UnknownName:
            return
        self.law = self.w.now
        self.told = {at: self._known(at) for at in self.told}
        self._remember()

    @rule()
    def an_edition_is_published(self) -> None:
        self.w.publish()
        assert self.w.publish().edition_id is None
        self._remember()

    # --- what must hold ---

    def _remember(self) -> None:
        """Keep what is known now; a purge may blank words, so they are not compared."""
        with self.w.db.read() as s:
            editions = ledger.editions(s, self.w.topic_id, limit=1)
        if editions and editions[0].recorded_at is not None:
            self.told.setdefault(editions[0].recorded_at, self._known(editions[0].recorded_at))

    def _known(self, at: datetime) -> object:
        with self.w.db.read() as s:
            claim_id = self.w.claim_id()
            changes = ledger.changes(s, claim_id, known_at=at, quotes=False)
            positions = ledger.positions(s, claim_id, known_at=at)
            as_of = ledger.status(s, claim_id, as_of=date(2020, 2, 1), known_at=at)
        told = [(c.key, c.change, c.recorded_at, c.cause, c.edition_key, c.review) for c in changes]
        stood = [(p.key, p.stance, p.confidence, p.valid_from, p.valid_to, p.weight, p.cluster) for p in positions]
        return told, stood, as_of.status, as_of.figures

    @invariant()
    def the_ledger_is_what_it_must_be(self) -> None:
        if hasattr(self, "w"):
            with self.w.db.read() as s:
                assert differences(s, self.w.topic_id) == ()

    @invariant()
    def every_day_is_told_as_the_fold_of_that_day(self) -> None:
        if hasattr(self, "w"):
            as_of = date(2020, 1, 1) + timedelta(days=(7 * self.count) % 60)
            with self.w.db.read() as s:
                claim_id = self.w.claim_id()
                at = ledger.status(s, claim_id, as_of=as_of)
                folded = fold(ledger.positions(s, claim_id), ledger.rulings(s, claim_id), until=as_of)
            if self.told:
                assert at.machine is folded.machine
                assert at.figures == codec.load_figures(codec.dump_figures(folded.figures))

    @invariant()
    def what_was_known_stays_known(self) -> None:
        for at, known in getattr(self, "told", {}).items():
            assert self._known(at) == known
            if self.law is None or at > self.law:
                with self.w.db.read() as s:
                    assert fold_differences(s, self.w.claim_id(), at) == ()

    @invariant()
    def no_word_of_a_person_is_lost(self) -> None:
        """The newest verdict on an article is what the ledger tells of it, until a quote is rejected or a copy is decided on."""
        if not hasattr(self, "w"):
            return
        with self.w.db.read() as s:
            said = decisions.decisions(s, claim_id=self.w.claim_id())
            live = ledger.positions(s, self.w.claim_id())
            waits = bool(s.execute(sa.select(t.touches.c.id).limit(1)).first())
            told = {a.article_id: a for a in answers(s, self.w.topic_id, claim_id=self.w.claim_id())}
            copies = {d.article_id: clusters.copies_of(s, self.w.topic_id, d.article_id) for d in said if d.article_id}
            begun = pins.of_claim(s, self.w.claim_id()) is not None  # one that was retired before waits until it is back
        for one in said if not waits and self.told and begun else ():
            later = [d for d in said if d.id > one.id]
            near = {one.article_id, *copies.get(one.article_id or 0, ())}
            outdone = any(d.kind == "reject" or d.article_id in near for d in later)
            if one.kind not in ("stance", "accept") or outdone or one.article_id not in told or one.url in self.taken_back:
                continue
            if told[one.article_id].valid_from is None or one.stance in (None, U):
                continue
            sides = {p.stance for p in live if p.article == one.url and p.valid_to is None and p.actor == "person"}
            assert sides >= ({S, R} if one.stance is M else {one.stance}), one


@contextmanager
def _fresh_sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "claimline.db"
        path.write_bytes(_template())
        yield f"sqlite:///{path}"


_TEMPLATE: list[bytes] = []


def _template() -> bytes:
    if not _TEMPLATE:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "template.db"
            open_database(f"sqlite:///{path}").dispose()
            _TEMPLATE.append(path.read_bytes())
    return _TEMPLATE[0]


class OnSqlite(Ledger):
    fresh = staticmethod(_fresh_sqlite)


# How many examples each database is led through; more by hand.
EXAMPLES = int(os.environ.get("CLAIMLINE_EXAMPLES", "0")) or max(2, settings.default.max_examples // 10)
STEPS = int(os.environ.get("CLAIMLINE_STEPS", "14"))
AS_LONG = settings(
    max_examples=EXAMPLES,  # ten in the thorough profile
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
TestLedger = OnSqlite.TestCase
TestLedger.settings = AS_LONG


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(1500)
def test_the_same_on_postgresql(postgres: Databases) -> None:
    class OnPostgres(Ledger):
        fresh = staticmethod(postgres.fresh)

    run_state_machine_as_test(OnPostgres, settings=AS_LONG)


@pytest.mark.slow
def test_halves_in_any_order_end_in_the_same_ledger(database: Database, tmp_path: Path) -> None:
    chance = Random(3)
    reports = [
        (
            f"https://{chance.choice('abcdef')}{i}.example/1",
            date(2020, 1, 1) + timedelta(days=chance.randrange(300)),
            chance.choice([S, R, N]),
        )
        for i in range(24)
    ]
    ends = []
    for n, order in enumerate([lambda r: r, lambda r: r[::-1], lambda r: r[12:] + r[:12]]):
        ordered: Callable[[list[object]], list[object]] = order  # type: ignore[assignment]
        w = World(database if n == 0 else open_database(f"sqlite:///{tmp_path}/{n}.db")).start()
        for i, (url, day, stance) in enumerate(ordered(list(reports))):  # type: ignore[misc]
            w.say(url, day, stance, text=f"{url} tells its own story")
            if i % 7 == 0:
                w.publish()
        w.publish()
        with w.db.read() as s:
            ends.append([(c.change) for c in ledger.changes(s, w.claim_id())])
        if n:
            w.db.dispose()
    assert ends[0] == ends[1] == ends[2]
