"""The composition that both ways share, and what a flow run makes of its topics. The real server is in test_flows_server.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from prefect.client.schemas.objects import State
from prefect.states import Failed

from claimline.errors import DatabaseBusy, LeaseHeld, SourceError, UsageError
from claimline.models import ClaimSpec, Discovered, Entry, Skip, SourceReport, SourceSpec, Topic
from flows import archive, intake, running, steps, tasks
from flows.desk import Desk
from flows.intake import Asked
from flows.outbox import EVENT
from flows.reporting import changes_markdown, claim_rows
from flows.steps import Hands, TrackReport
from flows.tally import Tally
from storage import articles, ledger, outbox, runs, tables
from storage.engine import Database
from storage.records import StoredSource, StoredTopic
from tests.fakes import plain_settings
from tests.storage_world import R, World

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
FEEDS = tuple(SourceSpec("feed", f"https://news{i}.example/feed") for i in range(3))
ARCHIVE = SourceSpec("gdelt", "bridge")


@pytest.fixture
def desk(db: Database) -> Desk:
    return Desk(db, plain_settings(), now=lambda: NOW)


class Script:
    """Hands that do nothing but say what they were given; sources answer from a table."""

    def __init__(self, **answers: Discovered | SourceError) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.spans: list[Any] = []

    def ask(self, _desk: Desk, _topic: StoredTopic, sources: Sequence[StoredSource]) -> Iterator[Asked]:
        for source in sources:
            self.asked.append(source.locator)
            self.spans.append(archive.span_of(source))
            answer = self.answers.get(source.kind, Discovered(()))
            if isinstance(answer, SourceError):
                yield Asked(source, None, Skip(source.locator, answer.reason, failed=True))
            else:
                yield Asked(source, answer)

    def hands(self) -> Hands:
        return replace(steps.PLAIN, ask=self.ask, fetch=lambda *_: Tally(), assess=lambda *_: Tally(), consult=lambda *_: Tally())


def start(desk: Desk, *sources: SourceSpec) -> str:
    topic = Topic("bridge", "The bridge", (ClaimSpec("open", "The bridge is open"),), sources or FEEDS)
    steps.import_topic(desk, topic)
    return topic.slug


def test_a_run_leaves_its_row_with_counts_and_what_each_source_answered(desk: Desk) -> None:
    slug = start(desk)
    found = Discovered((Entry("https://news.example/1", title="One"),), (Skip("https://news.example/2", "too-old"),))
    report = steps.track(desk, slug, hands=Script(feed=found).hands(), params={"prefect_flow_run": "abc"})
    with desk.db.read() as s:
        (run,) = runs.runs(s)
        days = runs.coverage(s, run.topic_id or 0)
    assert (run.state, run.sufficient, run.params["prefect_flow_run"]) == ("done", True, "abc")
    assert run.counts["articles-named"] == 3
    assert run.counts["skipped-too-old"] == 3
    assert [d.answered for d in days] == [1, 1, 1]
    assert report.answered == 3
    assert not report.partial


def test_a_run_in_which_most_sources_fail_is_not_sufficient(desk: Desk) -> None:
    slug = start(desk)
    report = steps.track(desk, slug, hands=Script(feed=SourceError("x", "timeout")).hands())
    with desk.db.read() as s:
        (run,) = runs.runs(s)
    assert not run.sufficient
    assert report.partial


def test_matching_alone_does_not_say_that_we_have_read(desk: Desk) -> None:
    slug = start(desk)
    steps.assess(desk, slug, hands=Script().hands())
    with desk.db.read() as s:
        (run,) = runs.runs(s)
        assert runs.read_state(s, run.topic_id or 0).last_sufficient_at is None


def test_a_run_that_dies_tells_what_waits_and_its_own_error_is_the_news(desk: Desk) -> None:
    slug = start(desk)
    told: list[str] = []

    def dies(*_: Any) -> Tally:
        raise ValueError("no model")

    def tells(_desk: Desk, topic: StoredTopic) -> Tally:
        with desk.db.read() as s:
            told.append(f"{topic.slug} {runs.runs(s)[0].state}")
        raise OSError("no network")

    with pytest.raises(ValueError, match="no model"):
        steps.track(desk, slug, hands=replace(Script().hands(), assess=dies, group=dies, tell=tells))
    assert told == ["bridge failed"]


def test_five_days_of_runs_that_die_are_told_as_nothing_read_once(desk: Desk) -> None:
    slug = start(desk)

    def dies(*_: Any) -> Tally:
        raise ValueError("no model")

    for days in range(5):
        at = replace(desk, now=lambda d=days: NOW + timedelta(days=d))  # type: ignore[misc]
        with pytest.raises(ValueError, match="no model"):
            steps.track(at, slug, hands=replace(Script().hands(), group=dies))
    with desk.db.read() as s:
        waiting = [item.payload["event"] for item in outbox.outbox(s, kinds=(EVENT,))]
    assert waiting == ["claimline.topic.unread"]


def read_far(desk: Desk) -> tuple[list[bool | None], datetime | None]:
    """What the runs say of how far we have read, oldest first; when the last sufficient one ended."""
    with desk.db.read() as s:
        found = runs.runs(s)
        return [r.sufficient for r in reversed(found)], runs.read_state(s, found[0].topic_id or 0).last_sufficient_at


def test_runs_that_ask_nobody_or_about_the_past_or_one_source_do_not_tell_how_far_we_have_read(desk: Desk) -> None:
    slug = start(desk, *FEEDS, ARCHIVE)
    steps.track(desk, slug, hands=Script().hands())
    soon = replace(desk, now=lambda: NOW + timedelta(minutes=5))
    steps.track(soon, slug, hands=(script := Script()).hands(), everything=False)
    assert script.asked == []
    steps.assess(soon, slug, hands=Script().hands())
    archive.backfill(soon, slug, date(2020, 1, 1), date(2020, 1, 2), hands=Script().hands())
    later = replace(desk, now=lambda: NOW + timedelta(days=5))
    steps.track(later, slug, hands=Script().hands(), only=FEEDS[0].locator)
    told, last = read_far(desk)
    assert set(told[1:]) == {None}
    assert (told[0], last) == (True, NOW)


def test_the_sources_that_were_not_due_count_by_their_last_answer(desk: Desk) -> None:
    slug = start(desk, *FEEDS)
    with desk.db.read() as s:
        first = articles.sources(s, intake.stored_topic(desk, slug).id)[0]
    steps.track(desk, slug, hands=Script().hands())
    soon = replace(desk, now=lambda: NOW + timedelta(minutes=5))
    desk.db.write(lambda s: s.execute(sa.update(tables.sources).where(tables.sources.c.id == first.id).values(next_due_at=NOW)))
    steps.track(soon, slug, hands=(one := Script(feed=SourceError("x", "timeout"))).hands(), everything=False)
    assert one.asked == [first.locator]
    assert read_far(desk)[0] == [True, True]
    others = tables.sources.c.id != first.id
    desk.db.write(lambda s: s.execute(sa.update(tables.sources).where(others).values(failures=1)))
    steps.track(replace(desk, now=lambda: NOW + timedelta(minutes=30)), slug, hands=Script().hands(), everything=False)
    assert read_far(desk)[0] == [True, True, False]


def test_a_topic_that_another_run_is_at_is_refused_by_name(desk: Desk) -> None:
    slug = start(desk)
    with runs.lease(desk.db, f"topic:{slug}", "elsewhere:1:x", now=desk.now), pytest.raises(LeaseHeld, match="elsewhere"):
        steps.track(desk, slug, hands=Script().hands())


def test_a_run_that_dies_says_why_in_its_row_and_frees_the_topic(desk: Desk) -> None:
    slug = start(desk)

    def dies(*_: Any) -> Tally:
        raise MemoryError("too much")

    with pytest.raises(MemoryError):
        steps.track(desk, slug, hands=replace(Script().hands(), group=dies))
    with desk.db.read() as s:
        (run,) = runs.runs(s)
        assert runs.leases(s) == ()
    assert (run.state, run.error) == ("failed", "MemoryError: too much")


def test_answers_are_stored_in_the_order_of_the_sources_whatever_comes_first(desk: Desk) -> None:
    """Else which feed's words date an article would be a matter of chance."""
    slug = start(desk)

    class Client:
        def __enter__(self) -> Client:
            return self

        def __exit__(self, *_: Any) -> None: ...

    topic = intake.stored_topic(desk, slug)
    quiet = replace(desk, client=lambda *_a, **_k: Client())
    asked = list(steps.ask_all(quiet, topic, intake.due_sources(quiet, topic)))
    assert [a.source.locator for a in asked] == [f.locator for f in FEEDS]
    assert all(a.error is not None and a.error.reason == "crash" for a in asked)


# --- Backfill -------------------------------------------------------------------------------------------------------


def test_chunks_cover_the_span_once_and_lie_on_one_grid() -> None:
    whole = list(archive.chunks(date(2020, 1, 1), date(2020, 12, 31)))
    days = [a + timedelta(days=i) for a, b in whole for i in range((b - a).days + 1)]
    assert days == [date(2020, 1, 1) + timedelta(days=i) for i in range(366)]
    assert set(whole[1:-1]) <= set(archive.chunks(date(2019, 5, 5), date(2021, 5, 5)))


def test_a_backfill_asks_only_archives_and_once_for_each_chunk(desk: Desk) -> None:
    slug = start(desk, *FEEDS, ARCHIVE)
    script = Script()
    first, last = date(2020, 1, 1), date(2020, 2, 29)
    archive.backfill(desk, slug, first, last, hands=script.hands())
    assert set(script.asked) == {ARCHIVE.locator}
    assert script.spans == list(archive.chunks(first, last))
    archive.backfill(desk, slug, first, last, hands=script.hands())
    assert len(script.spans) == len(list(archive.chunks(first, last)))


def test_a_chunk_that_got_no_answer_is_walked_again(desk: Desk) -> None:
    slug = start(desk, ARCHIVE)
    first, last = date(2020, 1, 1), date(2020, 1, 2)
    archive.backfill(desk, slug, first, last, hands=Script(gdelt=SourceError("x", "timeout")).hands())
    again = Script()
    archive.backfill(desk, slug, first, last, hands=again.hands())
    assert again.spans == [(first, last)]


def test_a_backfill_says_nothing_about_how_far_we_have_read_and_keeps_the_sources_validators(desk: Desk) -> None:
    slug = start(desk, ARCHIVE)
    archive.backfill(desk, slug, date(2020, 1, 1), date(2020, 1, 2), hands=Script().hands())
    with desk.db.read() as s:
        topic = intake.stored_topic(desk, slug)
        assert runs.read_state(s, topic.id).last_sufficient_at is None
        assert runs.coverage(s, topic.id) == ()
        (source,) = articles.sources(s, topic.id)
    assert source.spec.options.get("from") is None


def test_a_backfill_needs_a_source_that_can_be_asked_by_date(desk: Desk) -> None:
    slug = start(desk)
    with pytest.raises(UsageError, match="gdelt"):
        archive.backfill(desk, slug, date(2020, 1, 1), date(2020, 1, 2), hands=Script().hands())
    with pytest.raises(UsageError, match="after"):
        archive.backfill(desk, slug, date(2020, 1, 2), date(2020, 1, 1), hands=Script().hands())


# --- What a flow run makes of it ------------------------------------------------------------------------------------


def report(*skips: Skip) -> TrackReport:
    source = SourceReport(1, "https://news.example/feed", answered=True)
    return TrackReport("bridge", 1, (source,), Tally(skips=list(skips)), steps.NOTHING_PUBLISHED)


def test_the_state_of_a_run_tells_done_in_part_left_and_failed_apart() -> None:
    held = LeaseHeld("topic:bridge", "elsewhere")
    done = running.Outcome([report()]).state()
    part = running.Outcome([report(Skip("x", "timeout", failed=True))]).state()
    left = running.Outcome(left=[held]).state()
    failed = running.Outcome([report()], failed=[UsageError("no topic named 'x'")]).state()
    assert [(s.type.value, s.name) for s in (done, part, left, failed)] == [
        ("COMPLETED", "Completed"),
        ("COMPLETED", "Partial"),
        ("COMPLETED", "Skipped"),
        ("FAILED", "Failed"),
    ]
    assert left.message is not None
    assert "is being worked on by elsewhere" in left.message


def test_a_deployed_run_waits_for_the_one_that_is_at_the_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "POLL_S", 0.01)
    monkeypatch.setattr(running, "get_run_logger", lambda: __import__("logging").getLogger("test"))
    tries = iter([LeaseHeld("topic:bridge", "elsewhere"), LeaseHeld("topic:bridge", "elsewhere"), report()])

    def do() -> TrackReport:
        answer = next(tries)
        if isinstance(answer, LeaseHeld):
            raise answer
        return answer

    assert running._patiently(do, 30.0).topic == "bridge"


@pytest.mark.parametrize(
    ("error", "again"),
    [(DatabaseBusy("busy"), True), (ConnectionResetError(), True), (UsageError("no"), False), (KeyError("x"), False)],
)
def test_only_what_may_pass_is_tried_again(error: Exception, again: bool) -> None:
    state: State[Any] = Failed(data=error)
    assert tasks.is_transient(tasks.publish, None, state) is again  # type: ignore[arg-type]


def test_a_lent_desk_is_used_and_given_back(desk: Desk) -> None:
    assert not tasks.at_lent_desk()
    with tasks.at_desk(desk), tasks.desk_here() as here:
        assert here is desk
        assert tasks.at_lent_desk()
    assert not tasks.at_lent_desk()


def test_the_artifacts_say_it_in_the_words_for_people(db: Database) -> None:
    world = World(db).start()
    world.say("https://a.example/1", date(2021, 1, 1), R, text="The bridge `is` closed <script>", speaker="Ada Holt")
    published = world.publish()
    with db.read() as s:
        (row,) = claim_rows(ledger.statuses(s, "bridge"))
    assert (row["claim"], row["status"], row["voices"]) == ("open", "Reported as false", "single report")
    words = changes_markdown(replace(report(), published=published))
    assert "Nothing found -> **Reported as false**, since 2021-01-01" in words
    assert "`The bridge 'is' closed <script>`" in words
    assert "No claim changed." in changes_markdown(report())


def test_the_topics_of_a_run_are_slugs_each_once_and_none_means_all(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no topic yet"):
        running.slugs(desk, None)
    slug = start(desk)
    assert running.slugs(desk, None) == [slug]
    assert running.slugs(desk, [slug, slug]) == [slug]
    with pytest.raises(UsageError, match="no topic named"):
        running.slugs(desk, [str(tmp_path / "topic.yaml")])


# --- Whose turn it is -----------------------------------------------------------------------------------------------


def test_a_scheduled_run_asks_what_is_due_and_one_by_hand_asks_all(desk: Desk) -> None:
    slug = start(desk)
    steps.track(desk, slug, hands=Script().hands())

    def asked(minutes: int, *, everything: bool) -> int:
        script = Script()
        at = replace(desk, now=lambda: NOW + timedelta(minutes=minutes))
        steps.track(at, slug, hands=script.hands(), everything=everything)
        return len(script.asked)

    assert asked(20, everything=False) == 0
    assert asked(20, everything=True) == 3
    assert asked(85, everything=False) == 3


def test_a_daily_run_asks_a_source_of_a_daily_turn_every_day(desk: Desk) -> None:
    slug = start(desk, FEEDS[0])
    asked = 0
    for days in range(10):
        script = Script(feed=Discovered((Entry(f"https://news.example/{days}"),)))
        steps.track(replace(desk, now=lambda d=days: NOW + timedelta(days=d)), slug, hands=script.hands(), everything=False)  # type: ignore[misc]
        asked += len(script.asked)
    assert asked == 10


def test_a_source_that_fails_is_left_alone_for_a_while(desk: Desk) -> None:
    slug = start(desk, FEEDS[0])
    for _ in range(3):
        steps.track(desk, slug, hands=Script(feed=SourceError("x", "timeout")).hands())
    soon = replace(desk, now=lambda: NOW + timedelta(minutes=30))
    steps.track(soon, slug, hands=(script := Script()).hands(), everything=False)
    assert script.asked == []


def test_addresses_given_by_hand_do_not_make_up_for_sources_that_are_down(desk: Desk) -> None:
    feeds = [SourceSpec("feed", f"https://news.example/{i}.xml") for i in range(3)]
    by_hand = [SourceSpec("one", f"https://news.example/{i}.html") for i in range(4)]
    slug = start(desk, *feeds, *by_hand)
    hands = replace(Script(feed=SourceError("x", "timeout")).hands(), ask=_hand_given_ones_answer)
    for spec in by_hand:
        steps.track(desk, slug, hands=hands, only=spec.locator)
    report = steps.track(desk, slug, hands=hands)
    assert (report.answered, len(report.sources)) == (0, 3)
    with desk.db.read() as s:
        topic_id = runs.runs(s)[0].topic_id or 0
        state = runs.read_state(s, topic_id)
        assert (state.last_sufficient_at, state.answered, state.sources) == (None, 0, 3)
        assert runs.looked(s, topic_id, desk.now().date()) is runs.Looked.BLIND
        assert runs.blind_days(s, topic_id) == (desk.now().date(),)


def _hand_given_ones_answer(desk: Desk, topic: StoredTopic, sources: Sequence[StoredSource]) -> Iterator[Asked]:
    for source in sources:
        down = Skip(source.locator, "timeout", failed=True)
        yield steps.ask_safely(desk, topic, source) if source.kind == "one" else Asked(source, None, down)


def test_a_topic_of_addresses_by_hand_alone_is_read(desk: Desk) -> None:
    slug = start(desk, SourceSpec("one", "https://news.example/a.html"))
    hands = replace(Script().hands(), ask=steps.ask_all)
    assert [steps.track(desk, slug, hands=hands).answered for _ in range(2)] == [1, 1]
    with desk.db.read() as s:
        assert runs.runs(s)[0].sufficient
