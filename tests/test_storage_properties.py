"""Whatever happens in whatever order: the ledger is the fold of what it knows, and what was known stays known."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from claimline.errors import UnknownName
from claimline.history import fold
from claimline.models import OutletSpec, Stance, Status
from storage import articles, clusters, codec, decisions, ledger, outlets, purge, replay, stand_ins
from storage.engine import Database, open_database
from storage.records import Edge, NewDecision
from storage.verify import differences, fold_differences
from tests.storage_world import M, N, R, S, U, World, cleaned, judgement

SIDES = st.sampled_from([S, R, N, M, U])
DAYS = st.dates(date(2020, 1, 1), date(2020, 3, 1))
SITES = st.sampled_from(["a", "b", "c", "d", "e"])


class Ledger(RuleBasedStateMachine):
    """Articles, edits, copies, decisions, replays, purges and reads in any order, on a fresh SQLite database."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        template = _template()
        path = Path(self.folder.name) / "claimline.db"
        path.write_bytes(template)
        self.w = World(open_database(f"sqlite:///{path}")).start()
        self.said: dict[str, int] = {}
        self.told: dict[datetime, object] = {}
        self.shadows: list[int] = []
        self.purged: set[str] = set()
        self.count = 0

    def teardown(self) -> None:
        self.w.db.dispose()
        self.folder.cleanup()

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
            given = [] if pinned_too is U else [judgement("open", pinned_too, self._text(revision_id))]
            self.w.scan(revision_id, *given)

    def _article(self, site: str, day: date | None, stance: Stance, speaker: str | None, sure: bool, matcher: str) -> int | None:
        self.count += 1
        url = f"https://{site}.example/{self.count % 7}"
        if url in self.purged:  # what the law took away is not found again
            return None
        first, second = f"Part {self.count} of {site} opens. ", f"Part {self.count} closes."
        text = first + second
        saved = self.w.capture(url, cleaned(text, day, outlet=f"{site}.example"))
        if saved.revision_id is None:
            return None
        quotes = (first, second) if stance is M else (first,)
        given = [] if stance is U else [judgement("open", stance, text, *quotes, speaker=speaker, decided=sure)]
        self.w.scan(saved.revision_id, *given, matcher=matcher)
        self.said[url] = saved.revision_id
        return saved.revision_id

    @precondition(lambda self: self.said)
    @rule(pick=st.randoms(use_true_random=False))
    def an_article_goes_back_to_an_older_text(self, pick: Random) -> None:
        url = pick.choice(sorted(self.said))
        self.w.tick(days=1)
        saved = self.w.capture(url, cleaned("The first words.", date(2020, 1, 5), outlet="a.example"))
        if saved.revision_id is not None:
            self.w.scan(saved.revision_id)

    @precondition(lambda self: len(self.said) > 1)
    @rule(pick=st.randoms(use_true_random=False))
    def two_are_copies(self, pick: Random) -> None:
        a, b = (self.said[url] for url in pick.sample(sorted(self.said), 2))
        self.w.db.write(lambda s: clusters.save_edges(s, [Edge(a, b, 0.9)], [a, b], now=self.w.tick()))

    @precondition(lambda self: self.said)
    @rule(
        pick=st.randoms(use_true_random=False),
        kind=st.sampled_from(["stance", "date", "separate", "evidence", "reject"]),
        stance=SIDES,
        day=DAYS,
    )
    def a_person_decides(self, pick: Random, kind: str, stance: Stance, day: date) -> None:
        url = pick.choice(sorted(self.said))
        with self.w.db.read() as s:
            try:
                article = articles.article_by_url(s, url)
            except UnknownName:
                return
        quote = "opens. " if kind == "evidence" else "Part 1 of a opens. "
        if kind == "evidence" and not self._stands(article.revision_id, quote):
            return
        pair = self.w.claim_id() if kind in ("stance", "evidence", "reject") else None
        asked = NewDecision(
            kind,
            f"d{self.w.now.isoformat()}",
            claim_id=pair,
            article_id=article.id,
            stance=stance if kind in ("stance", "evidence") else None,
            quote=quote if kind in ("evidence", "reject") else None,
            valid_from=day if kind == "date" else None,
            topic_id=self.w.topic_id if kind == "separate" else None,
        )
        if kind != "evidence" or stance not in (M, U):
            decisions.record(self.w.db, [asked], by="Ada", now=self.w.tick())
            self._remember()

    def _stands(self, revision_id: int | None, quote: str) -> bool:
        from storage import revisions

        with self.w.db.read() as s:
            return revision_id is not None and quote in revisions.revision(s, revision_id).text

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
        spec = OutletSpec(f"{site}.example", weight=weight)
        self.w.db.write(lambda s: outlets.set_outlet(s, self.w.topic_id, spec, now=self.w.tick(), by="Ada"))

    @precondition(lambda self: self.told)
    @rule(stance=SIDES)
    def a_replay_is_tried(self, stance: Stance) -> None:
        name = f"m{len(self.shadows) + 2}"
        self.shadows.append(
            self.w.db.write(lambda s: replay.open_shadow(s, self.w.topic_id, matcher=name, by="Ada", now=self.w.tick()))
        )
        for revision_id in sorted(set(self.said.values())):
            text = self._text(revision_id)
            if text and stance is not U:
                given = judgement("open", stance, text, *([text[:4], text[5:]] if stance is M else []))
                self.w.scan(revision_id, given, matcher=name)
            else:
                self.w.scan(revision_id, matcher=name)

    def _text(self, revision_id: int) -> str:
        from storage import revisions

        with self.w.db.read() as s:
            return revisions.revision(s, revision_id).text

    @precondition(lambda self: self.shadows)
    @rule(accepted=st.booleans())
    def a_replay_is_settled(self, accepted: bool) -> None:
        edition = self.shadows.pop()
        if accepted:
            replay.accept(self.w.db, edition, by="Ada", now=self.w.tick())
            with self.w.db.read() as s:
                from storage import pins

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
            with self.w.db.read() as s:
                assert fold_differences(s, self.w.claim_id(), at) == ()


_TEMPLATE: list[bytes] = []


def _template() -> bytes:
    if not _TEMPLATE:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "template.db"
            open_database(f"sqlite:///{path}").dispose()
            _TEMPLATE.append(path.read_bytes())
    return _TEMPLATE[0]


TestLedger = Ledger.TestCase
TestLedger.settings = settings(
    max_examples=max(4, settings.default.max_examples // 10),  # ten in the thorough profile
    stateful_step_count=14,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


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
