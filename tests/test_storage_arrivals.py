"""Many captures at once leave the rows that one after the other would; so do many discoveries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from claimline.models import Discovered, Entry, Fetched, Skip, Stance, Validators
from storage import articles
from storage import tables as t
from storage.articles import Arrival, save_capture, save_captures
from storage.engine import Database, open_database
from tests.storage_world import START, World, cleaned

DAY = date(2021, 1, 1)
NOW = START + timedelta(days=2)
SITE = "https://news.example/"
NAMES = ("new", "dated", "link", "failing", "edited", "same", "gone", "refused", "twice", "unchanged", "empty", "late")


@pytest.fixture
def other(sqlite_url: str, tmp_path: Any) -> Iterator[Database]:
    """A second database, for the same things done one by one."""
    db = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    yield db
    db.dispose()


def prepared(db: Database) -> World:
    w = World(db).start()
    for name in NAMES:
        w.article(SITE + name)
    for name in ("edited", "same", "unchanged", "late"):
        w.capture(SITE + name, cleaned(f"The bridge is as it was: {name}.", DAY))
    w.capture(SITE + "silent", cleaned("The bridge is silent.", DAY))
    for words in ("The bridge was painted.", "The bridge was sold, says the mayor, who had painted it."):
        w.capture(SITE + "turned", cleaned(words, DAY))
    w.say(SITE + "live", DAY, Stance.NEUTRAL)
    w.publish()
    w.capture(SITE + "purged", cleaned("The bridge is nobody's business.", DAY))
    w.db.write(lambda s: s.execute(sa.update(t.articles).where(t.articles.c.url == SITE + "purged").values(state="purged")))
    failed = Skip(SITE + "failing", "timeout", failed=True)
    w.db.write(lambda s: save_capture(s, of(w, "failing"), failed, None, source_id=w.source_id(), now=w.tick()))
    return w


def of(w: World, name: str) -> int:
    with w.db.read() as s:
        return articles.article_by_url(s, SITE + name).id


def fetched(name: str, body: str, *, status: int = 200, minutes: int = 0) -> Fetched:
    at = NOW + timedelta(minutes=minutes)
    return Fetched(SITE + name, SITE + name, status, at, body.encode(), "text/html", Validators(f'"{name}"', "yesterday"))


def arrivals(w: World) -> list[Arrival]:
    def one(name: str, came: Fetched | Skip, text: str | None, **more: Any) -> Arrival:
        page = cleaned(text, DAY, authors=("Ada",)) if text else None
        return Arrival(of(w, name), came, page, w.source_id(), **more)

    dated = replace(cleaned("The bridge has a date.", None), notice="correction", via="AFP")
    return [
        one("new", fetched("new", "<p>new"), "The bridge is new."),
        Arrival(of(w, "dated"), fetched("dated", "<p>dated"), dated, w.source_id(), store="quotes"),
        one("link", fetched("link", "<p>link"), "The bridge is linked.", alias=SITE + "other-address", store="link"),
        one("failing", fetched("failing", "<p>at last"), "The bridge is read at last."),
        one("edited", fetched("edited", "<p>edited"), "The bridge is another one altogether, says the mayor."),
        one("same", fetched("same", "", status=304), None),
        one("silent", replace(fetched("silent", "", status=304), validators=Validators()), None),
        one("turned", fetched("turned", "", status=304), None),
        one("live", fetched("live", "", status=304), None),
        one("purged", fetched("purged", "", status=304), None),
        one("gone", fetched("gone", "", status=404), None),
        one("refused", Skip(SITE + "refused", "robots"), None),
        one("twice", fetched("twice", "<p>one"), "The bridge is told once."),
        one("twice", fetched("twice", "<p>two", minutes=5), "The bridge is told twice, and otherwise."),
        one("unchanged", fetched("unchanged", "<p>same"), "The bridge is as it was: unchanged."),
        one("empty", fetched("empty", "<p>"), None),
        replace(one("late", fetched("late", "<p>older"), "The bridge was older then."), came=fetched("late", "x", minutes=-9999)),
    ]


def rows(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """What stands of articles, by their addresses and without ids."""
    a, r, c, g, x = t.articles, t.revisions, t.captures, t.sightings, t.revision_texts
    skip = {"id", "article_id", "current_revision_id", "revision_id", "capture_id", "source_id"}

    def plain(table: sa.Table) -> list[sa.Column[Any]]:
        return [column for column in table.c if column.name not in skip]

    queries = {
        "articles": sa.select(*plain(a), r.c.key).outerjoin(r, r.c.id == a.c.current_revision_id),
        "aliases": sa.select(t.aliases.c.key, t.aliases.c.url, a.c.key).join(a, a.c.id == t.aliases.c.article_id),
        "revisions": sa.select(*plain(r), x.c.title, x.c.text).join(x, x.c.revision_id == r.c.id),
        "captures": sa.select(*plain(c), a.c.key).join(a, a.c.id == c.c.article_id),
        "sightings": sa.select(g.c.seen_at, r.c.key, c.c.fetched_at)
        .join(r, r.c.id == g.c.revision_id)
        .join(c, c.c.id == g.c.capture_id),
        "touches": sa.select(a.c.key, t.touches.c.cause).join(a, a.c.id == t.touches.c.article_id),
        "discoveries": sa.select(a.c.key, t.discoveries.c.entry).join(a, a.c.id == t.discoveries.c.article_id),
        "topic": sa.select(a.c.key).join(t.topic_articles, t.topic_articles.c.article_id == a.c.id),
    }
    with db.read() as s:
        found = {name: sorted((tuple(row) for row in s.execute(query)), key=repr) for name, query in queries.items()}
        found["bytes"] = [(name, db.blobs.get(s, name)) for name in sorted(db.blobs.hashes(s))]
    return found


def test_captures_stored_together_leave_the_rows_of_captures_stored_one_by_one(database: Database, other: Database) -> None:
    together, apart = prepared(database), prepared(other)
    many = database.write(lambda s: save_captures(s, arrivals(together), now=NOW))
    one_by_one = [
        other.write(
            lambda s, x=x: save_capture(
                s, x.article_id, x.came, x.cleaned, source_id=x.source_id, now=NOW, alias=x.alias, store=x.store
            )
        )
        for x in arrivals(apart)
    ]
    assert [(x.kind, x.new_revision) for x in many] == [(x.kind, x.new_revision) for x in one_by_one]
    assert rows(database) == rows(other)


def test_what_has_not_changed_is_looked_at_again_in_its_time(database: Database) -> None:
    w = prepared(database)
    same, live = (of(w, name) for name in ("same", "live"))
    late = START + timedelta(days=40)
    came = [Arrival(article, fetched("x", "", status=304), None, w.source_id()) for article in (same, live)]
    assert [x.kind for x in database.write(lambda s: save_captures(s, came, now=late))] == ["not-modified"] * 2
    with database.read() as s:
        due = dict(s.execute(sa.select(t.articles.c.id, t.articles.c.next_fetch_at)).tuples().all())
        assert dict(s.execute(sa.select(t.captures.c.article_id, t.captures.c.checks)).tuples().all())[same] == 2
    assert due[same] is None, "what has stood for a month mostly stays"
    assert due[live] > late, "but not where its claim is open"


def test_nothing_that_comes_back_is_nothing_to_store(database: Database) -> None:
    assert database.write(lambda s: save_captures(s, [], now=NOW)) == []


def test_entries_named_together_leave_the_rows_of_entries_named_one_by_one(database: Database, other: Database) -> None:
    entries = [
        Entry(SITE + "fresh", title="Fresh"),
        Entry(SITE + "same", title=SITE + "same"),
        Entry(SITE + "fresh?utm_source=feed", title="Fresh, told again", updated="2021-01-03"),
        Entry(SITE + "edited", title="Edited", updated="2021-01-03"),
        Entry(SITE + "another", title="Another"),
    ]
    together, apart = prepared(database), prepared(other)
    saved = database.write(
        lambda s: articles.save_discovery(s, together.source_id(), together.topic_id, Discovered(tuple(entries)), now=NOW)
    )
    for entry in entries:
        other.write(lambda s, e=entry: articles.save_discovery(s, apart.source_id(), apart.topic_id, Discovered((e,)), now=NOW))
    assert (len(saved.new), len(saved.known), saved.refused) == (2, 3, 0)
    assert rows(database) == rows(other)
