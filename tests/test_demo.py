"""The demo's newsroom: what stands where at which moment, and the demo's judgement of its own failures."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app import demo, newsroom
from app.newsroom import Newsroom, Outlet, Plant, Story
from app.newsroom_pages import Pages
from app.newsroom_server import SimulatedClock, Site, serve
from claimline import topics
from claimline.clean import clean
from claimline.errors import SourceError
from claimline.models import Entry, Fetched, Skip
from claimline.sources import feed
from tests.acceptance.command import Claimline

ROOT = "http://127.0.0.1:9"
LATE = datetime(2021, 12, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def room() -> Newsroom:
    return newsroom.load()


@pytest.fixture(scope="module")
def pages(room: Newsroom) -> Pages:
    return Pages(room, ROOT)


@pytest.fixture
def site(room: Newsroom) -> Site:
    return Site(room, ROOT, 10)


def every_story(room: Newsroom) -> Iterator[tuple[Outlet, Story]]:
    return ((outlet, story) for outlet in room.outlets for story in outlet.stories)


def test_the_newsroom_is_as_large_and_as_mixed_as_its_readme_says(room: Newsroom) -> None:
    readme = (newsroom.folder("samples") / "README.md").read_text(encoding="utf-8")
    assert f"ten fictional outlets, {room.articles} articles" in readme
    assert len(room.outlets) == 10
    assert {outlet.lang for outlet, _ in every_story(room)} == {"en", "fr", "ru", "tr"}


def test_every_page_gives_exactly_its_story_its_day_and_its_language(room: Newsroom, pages: Pages) -> None:
    for outlet, story in every_story(room):
        if story.failing:
            continue
        url, now = f"{ROOT}/{outlet.domain}/{story.slug}", story.at + timedelta(hours=12)
        answer = pages.answer(f"/{outlet.domain}/{story.slug}", now)
        read = clean(Entry(url), answer.body, answer.content_type, url=url, first_seen=now)
        paragraphs = story.versions[0].paragraphs
        assert read.text.endswith("\n".join(paragraphs)), url
        assert len(read.text) <= sum(map(len, paragraphs)) + len(paragraphs) + 150, f"{url}: more than the story"
        assert (read.published.day, read.lang, read.title) == (story.at.date(), outlet.lang, story.versions[0].title)


def test_a_feed_names_what_has_appeared_and_nothing_that_has_not(room: Newsroom, pages: Pages) -> None:
    for outlet in room.outlets:
        if not outlet.stories:
            continue
        for look in room.looks:
            found = feed.parse("x", _fetched(pages, outlet, look.at), 100).entries
            assert {e.url.rsplit("/", 1)[-1] for e in found} == {s.slug for s in outlet.stories if s.at <= look.at}


def _fetched(pages: Pages, outlet: Outlet, now: datetime) -> Fetched:
    answer = pages.answer(f"/{outlet.domain}/feed.xml", now)
    url = f"{ROOT}/{outlet.domain}/feed.xml"
    return Fetched(url, url, answer.status, now, answer.body, answer.content_type)


def test_the_broken_feed_yields_nothing(room: Newsroom, pages: Pages) -> None:
    broken = next(o for o in room.outlets if o.feed == newsroom.BROKEN)
    with pytest.raises(SourceError, match="broken-xml"):
        feed.parse("x", _fetched(pages, broken, LATE), 100)


def test_a_story_cannot_be_read_before_it_appears(room: Newsroom, pages: Pages) -> None:
    outlet, story = next(every_story(room))
    path = f"/{outlet.domain}/{story.slug}"
    assert pages.answer(path, story.at - timedelta(seconds=1)).status == 404
    assert pages.answer(path, story.at).status == 200


def test_an_edit_takes_a_quotation_out_of_the_page(room: Newsroom, pages: Pages) -> None:
    (outlet, story) = next((o, s) for o, s in every_story(room) if len(s.versions) > 1)
    before, after = (pages.answer(f"/{outlet.domain}/{story.slug}", v.since).body.decode() for v in story.versions)
    assert "formal request" in before
    assert "formal request" not in after
    assert "article:modified_time" in after


def test_a_reprint_differs_from_its_original_in_small_edits_only(room: Newsroom) -> None:
    texts = {s.slug: set(s.versions[0].paragraphs) for _, s in every_story(room)}
    assert len(texts["s-400-parts-arrive-in-turkey"] & texts["first-s-400-parts-land-near-ankara"]) == 2
    assert texts["s-400-parts-arrive-in-turkey"] != texts["first-s-400-parts-land-near-ankara"]


def test_a_page_that_is_gone_is_expected_to_fail_once_and_a_failing_one_until_it_recovers(room: Newsroom) -> None:
    press_conference, sanctions = room.looks[4].at, room.looks[5].at
    feeds = {"eveninglantern.example", "radiomeridian.example"}
    pages = {"courrierduport.example/agenda-culturel-d-octobre", "ufukhaber.example/cavusoglu-stoltenberg-gorusmesi"}
    assert {p.path for p in room.planted(press_conference, since=room.looks[3].at)} == feeds | pages
    assert {p.path for p in room.planted(sanctions, since=press_conference)} == feeds
    assert {p.path for p in room.planted(room.looks[0].at)} == feeds


def test_a_failure_that_was_not_planted_is_named_and_so_is_a_planted_one_that_did_not_happen(site: Site) -> None:
    skips = [
        Skip(f"{ROOT}/a.example/feed.xml", "broken-xml", failed=True),
        Skip(f"{ROOT}/a.example/gone", "gone"),
        Skip(f"{ROOT}/a.example/other", "timeout", failed=True),
        Skip(f"{ROOT}/a.example/chosen", "too-old"),
    ]
    found = demo.compared(skips, [Plant("a.example", "broken"), Plant("a.example/gone", "404"), Plant("b.example", "dead")], site)
    assert [p.path for p, _ in found.expected] == ["a.example", "a.example/gone"]
    assert [s.reason for s in found.unplanned] == ["timeout"]
    assert [p.path for p in found.missing] == ["b.example"]
    assert not found.as_planted


def test_the_demos_topic_is_the_projects_own_with_other_sources(site: Site) -> None:
    topic = site.topic()
    assert topics.parse(topics.dump(topic)) == topic
    assert {c.slug for c in topic.claims} >= {demo.CLAIM, "second-batch"}
    assert all(s.outlet and s.outlet.endswith(".example") for s in topic.sources)


def test_the_server_follows_its_clock_and_answers_conditional_requests(room: Newsroom) -> None:
    clock = SimulatedClock(room.looks[0].at)
    with serve(room, clock) as site:
        url = f"{site.root}/harborline.example/turkey-pays-deposit-on-s-400"
        with urllib.request.urlopen(url) as answer:
            etag = answer.headers["ETag"]
        with pytest.raises(urllib.error.HTTPError, match="304"):
            urllib.request.urlopen(urllib.request.Request(url, headers={"If-None-Match": etag}))
        later = f"{site.root}/harborline.example/delhi-signs-for-five-s-400-regiments"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(later)
        clock.set(room.looks[2].at)
        with urllib.request.urlopen(later) as answer:
            assert answer.status == 200


def test_nobody_answers_at_the_dead_feed(room: Newsroom) -> None:
    dead = next(o for o in room.outlets if o.feed == newsroom.DEAD)
    with (
        serve(room, SimulatedClock(room.looks[0].at)) as site,
        pytest.raises(urllib.error.URLError, match="refused"),
    ):
        urllib.request.urlopen(site.feed_url(dead))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Claimline, str, int]:
    run = Claimline(tmp_path_factory.mktemp("demo"))
    ran = run("demo", "--db", str(run.database), timeout=800)
    return run, ran.out + ran.err, ran.code


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_demo_ends_well_and_says_what_to_do_next(played: tuple[Claimline, str, int]) -> None:
    _, said, code = played
    assert code == 0, said
    assert "Exactly the planted failures occurred." in said
    assert "claimline new" in said
    assert "claimline track --topic" in said


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_in_the_demo_the_integration_claim_is_open_first_and_ends_refuted(played: tuple[Claimline, str, int]) -> None:
    rows = played[0]("history", demo.CLAIM, "--json").rows
    assert (rows[0]["to"], rows[0]["valid_from"]) == ("open", "2017-10-10")
    assert rows[-1]["to"] == "refuted"
    assert rows[-1]["quotes"][0]["speaker"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_database_that_has_seen_the_demo_does_not_see_it_again(played: tuple[Claimline, str, int]) -> None:
    again = played[0]("demo", "--db", str(played[0].database))
    assert again.code == 2
    assert again.lines_about("has seen the demo already")


def test_the_projects_folders_are_found_in_a_checkout() -> None:
    assert (newsroom.folder("samples") / "newsroom" / "days.yaml").is_file()
    assert (Path(newsroom.folder("topics")) / "s400-nato.yaml").is_file()


@pytest.mark.parametrize(("on_the_path", "called"), [(True, "claimline"), (False, ".venv/bin/claimline")])
def test_what_to_do_next_can_be_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_the_path: bool, called: str) -> None:
    script = tmp_path / ".venv" / "bin" / "claimline"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(script.parent if on_the_path else tmp_path))
    monkeypatch.setattr("sys.argv", [str(script), "demo"])
    ending = demo._ending(None, as_planted=True)
    assert f"\n  {called} new " in ending
    assert f"\n  {called} claims\n" in ending
