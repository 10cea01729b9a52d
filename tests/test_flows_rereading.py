"""A newsroom installs a new cleaner and goes on: its runs move nothing that was told, and a replay shows what would move."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import pytest
from typer.testing import CliRunner

from app.cli import app
from claimline import clean, page_text
from claimline.models import ClaimSpec, SourceSpec, Topic
from claimline.web.client import open_client
from flows import judging, replaying, steps
from flows.desk import Desk
from flows.tally import Tally
from storage import answers, articles, assessments, claims, ledger, retention, revisions
from storage.engine import Database, open_database
from tests.fakes import FakeClock, FakeSite, feed, plain_settings
from tests.schemas import schema
from tests.storage_world import M, R, S, judgement

FEED, URL, NEXT = "https://news.example/feed", "https://news.example/bridge", "https://news.example/next"
STORY = "The bridge is open, the council said on Monday, after two years of work on both of its banks."
ROW = "Elsewhere the bridge is shut, as readers of this column have been told for many a week."


def page(*paragraphs: str, nonce: int = 0) -> str:
    told = "".join(f"<p>{p}</p>" for p in paragraphs)
    day = '<meta property="article:published_time" content="2020-01-02T08:00:00Z">'
    return f"<html><head><title>The bridge</title>{day}</head><body><!-- {nonce} --><article>{told}</article></body></html>"


def assess(desk: Desk, topic, _matcher, ids: Sequence[int], *, run_id: int | None) -> Tally:  # type: ignore[no-untyped-def]
    """A text that says "is open" supports, one that says "is shut" refutes."""
    with desk.db.read() as s:
        texts, versions = revisions.revisions(s, ids), claims.claim_versions(s, topic.version_id)
    for text in texts:
        sides = [(S, "bridge is open")] if "is open" in text.text else []
        sides += [(R, "bridge is shut")] if "is shut" in text.text else []
        stance = M if len(sides) > 1 else sides[0][0]
        given = [judgement("open", stance, text.text, *[words for _, words in sides])]
        desk.db.write(
            lambda s, text=text, given=given: assessments.save_scan(  # type: ignore[misc]
                s, text.id, topic.version_id, "m1", given, run_id=run_id, now=desk.now(), claim_versions=versions
            )
        )
    return Tally()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> FakeSite:
    monkeypatch.setattr(judging, "assess", assess)
    monkeypatch.setattr(judging, "open_matcher", lambda *_: None)
    monkeypatch.setattr(judging, "installed_hash", lambda *_: "m1")
    return FakeSite({FEED: feed(URL), URL: page(STORY, ROW)})


def install_a_new_cleaner(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the row below an article for what it is."""
    before = page_text.text_of

    def text_of(*args: object) -> str | None:
        found = before(*args)  # type: ignore[arg-type]
        return found.replace(ROW, "").strip() if found else found

    monkeypatch.setattr(page_text, "text_of", text_of)
    monkeypatch.setattr(clean, "CLEANER", "clean-2")


def desk_of(db: Database, site: FakeSite, clock: FakeClock) -> Desk:
    client = partial(open_client, transport=site, sleep=clock.sleep, monotonic=clock.monotonic)
    return Desk(db, plain_settings(), now=clock.now, client=client)


def told(desk: Desk, url: str = URL) -> list[object]:
    with desk.db.read() as s:
        claim = claims.claim(s, "open")
        article = articles.article_by_url(s, url)
        found = [a for a in answers.answers(s, claim.topic_id) if a.url == url]
        return [ledger.changes(s, claim.id), found, [r.text for r in revisions.revisions_of(s, article.id)]]


def begin(db: Database, site: FakeSite) -> tuple[Desk, FakeClock]:
    clock = FakeClock(datetime(2020, 1, 5, 12, tzinfo=UTC))
    desk = desk_of(db, site, clock)
    topic = Topic("bridge", "The bridge", (ClaimSpec("open", "The bridge is open"),), (SourceSpec("feed", FEED),))
    steps.import_topic(desk, topic)
    steps.track(desk, "bridge")
    clock.pass_(5 * 86_400)
    return desk, clock


def test_a_run_with_a_new_cleaner_moves_nothing_that_was_told(
    database: Database, site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, _ = begin(database, site)
    before = told(desk)
    install_a_new_cleaner(monkeypatch)
    site.pages[URL] = page(STORY, ROW, nonce=1)  # other bytes, as nearly every page has
    run = steps.track(desk, "bridge")
    assert site.articles_asked().count(URL) == 2
    assert run.tally.counts["unchanged"] == 1
    assert (run.published.edition_id, told(desk)) == (None, before)
    (advice,) = [skip.detail for skip in run.tally.skips if skip.reason == "another-cleaner"]
    assert "claimline replay --topic bridge" in advice


@pytest.mark.slow
def test_what_comes_counts_at_once_though_only_the_new_cleaner_read_it(
    database: Database, site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, clock = begin(database, site)
    install_a_new_cleaner(monkeypatch)
    site.pages |= {FEED: feed(URL, NEXT), URL: page(STORY.replace("open", "shut"), ROW), NEXT: page(STORY, ROW)}
    steps.track(desk, "bridge")
    with database.read() as s:
        claim = claims.claim(s, "open")
        assert {a.url: a.stance for a in answers.answers(s, claim.topic_id)} == {URL: R, NEXT: S}
        dropped = [p for p in ledger.positions(s, claim.id) if p.article == URL and p.valid_to is not None]
    assert [(p.stance, p.valid_to) for p in dropped] == [(S, clock.now().date())]


@pytest.mark.slow
def test_a_replay_reads_the_stored_bytes_again_and_counts_once_it_is_accepted(
    database: Database, site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, clock = begin(database, site)
    before = told(desk)
    install_a_new_cleaner(monkeypatch)
    report = replaying.replay_topic(desk, "bridge", by="Ada")
    assert (report.texts.again, report.texts.otherwise, report.texts.gone) == (1, 1, 0)
    assert report.cleaner_after == "clean-2"
    assert report.flips == 2
    assert told(desk) == before
    known = clock.now()
    clock.pass_(60)
    replaying.accept(desk, report.edition_id, by="Ada")
    with database.read() as s:
        claim = claims.claim(s, "open")
        assert [(c.change.after.value, c.cause.value) for c in ledger.changes(s, claim.id)] == [("supported", "new cleaner")]
        assert [c.change.after.value for c in ledger.changes(s, claim.id, known_at=known)] == ["contested"]
    after = told(desk)
    again = steps.track(desk, "bridge")
    assert (again.published.edition_id, told(desk)) == (None, after)
    assert "another-cleaner" not in [skip.reason for skip in again.tally.skips]
    assert replaying.replay_topic(desk, "bridge", by="Ada").cleaner_after is None


def test_a_replay_of_some_claims_leaves_the_texts(database: Database, site: FakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, _ = begin(database, site)
    install_a_new_cleaner(monkeypatch)
    report = replaying.replay_topic(desk, "bridge", claims=["open"], by="Ada")
    assert (report.cleaner_after, report.flips) == (None, 0)


@pytest.mark.slow
def test_the_command_says_how_many_texts_were_read_again_and_how_many_are_gone(
    sqlite_url: str, site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = open_database(sqlite_url)
    desk, clock = begin(db, site)
    clock.pass_(400 * 86_400)
    db.write(lambda s: retention.apply(s, now=clock.now(), bytes_days=365, text_days=None))
    site.pages |= {FEED: feed(NEXT), NEXT: page(STORY, ROW)}
    steps.track(desk, "bridge")
    db.dispose()
    install_a_new_cleaner(monkeypatch)
    done = CliRunner().invoke(app, ["replay", "--topic", "bridge", "--by", "Ada", "--db", sqlite_url])
    assert done.exit_code == 0, done.output
    assert "clean-2: 1 text read again, 1 of them otherwise; 1 text kept as they are, since their bytes are gone" in done.output
    asked = ["replay", "--topic", "bridge", "--by", "Ada", "--json", "--db", sqlite_url]
    claim, whole = [json.loads(line) for line in CliRunner().invoke(app, asked, catch_exceptions=False).stdout.splitlines()]
    for row in (claim, whole):
        schema("replay").validate(row)
    assert [(c["from"], c["to"]) for c in (*claim["gone"], *claim["new"])] == [
        ("unreported", "contested"),
        ("unreported", "supported"),
    ]
    assert (whole["flips"], {k: whole["cleaner"][k] for k in ("again", "gone")}) == (2, {"again": 1, "gone": 1})
