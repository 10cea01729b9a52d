"""What the law takes away is nowhere any more: a word is planted wherever one can get to, and looked for everywhere."""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from claimline.errors import DatabaseBusy, UnknownName, UsageError
from claimline.models import (
    Discovered,
    Entry,
    Examples,
    Fetched,
    Judgement,
    NotifyRule,
    OutletSpec,
    Position,
    Quote,
    Skip,
    SourceSpec,
    Speaker,
    Stance,
    Topic,
)
from claimline.topics import digest, dump
from flows import outbox as way_out
from storage import articles, claims, clusters, decisions, ledger, outlets, pages, purge, retention, runs, search
from storage import tables as t
from storage.answers import answers
from storage.engine import Database, open_database, sqlite_path
from storage.records import Edge, NewDecision
from storage.sql import touch
from storage.verify import differences
from tests.storage_world import R, S, World, cleaned, day, judgement, make_topic

URL = "https://sub.zebedee.example/zebedee-1"
OTHER = "https://b.example/1"
OWN = "It is open, said Zebedee Vault on Monday."
NAMED = "Zebedee Vault has lied to all, said Ann Smith."
ADDED = "Nobody but Zebedee Vault has a key."
REJECTED = "Zebedee Vault has been seen there."
TEXT = f"{OWN} {NAMED} {ADDED} {REJECTED}"
COPIED = f"{TEXT} So we read elsewhere."
WORD = "zebedee"


def taught(topic: Topic) -> Topic:
    """The topic with wordings that a person took from the article."""
    own = Examples(supports=(OWN, "The bridge can be used."), refutes=("Nobody has a key to it.",))
    return replace(topic, claims=(replace(topic.claims[0], examples=own),), notify=(NotifyRule("new voice", "DESK"),))


def imported(w: World, topic: Topic) -> World:
    w.topic = topic
    w.imported = w.db.write(
        lambda s: claims.import_topic(s, topic, digest=digest(topic), yaml=dump(topic), now=w.tick(), by="file")
    )
    return w


def planted(database: Database, *, copied: bool = False) -> World:
    """A word in every place that a text, a name or a host of one article gets to; another article says something else."""
    w = imported(World(database), taught(make_topic("open")))
    w.say(OTHER, day("2020-03-03"), S, text="Others say that it is open.", speaker="Ann Smith")
    w.publish()
    entry = Entry(
        URL, title=f"Zebedee: {OWN}", published="Monday, says Zebedee", outlet="zebedee.example", authors=("Zebedee Vault",)
    )
    entry = replace(entry, seen_words="seen by Zebedee")
    database.write(lambda s: articles.save_discovery(s, w.source_id(), w.topic_id, Discovered((entry,)), now=w.tick()))
    run_id = w.db.write(lambda s: runs.start(s, topic_id=w.topic_id, flow="track", holder="h", now=w.tick()))
    page = cleaned(TEXT, day("2020-03-01"), modified=day("2020-03-02"), outlet="zebedee.example", authors=("Zebedee Vault",))
    page = replace(page, title="Zebedee speaks", via="Zebedee Press")
    page = replace(page, published=replace(page.published, words="a Zebedee Monday"))
    page = replace(page, modified=replace(page.modified, words="a Zebedee Tuesday")) if page.modified else page
    with database.read() as s:
        article_id = articles.article_by_url(s, URL).id
    came = Fetched(URL, f"{URL}?from=zebedee", 200, w.tick(), TEXT.encode())
    saved = database.write(
        lambda s: articles.save_capture(
            s, article_id, came, page, source_id=w.source_id(), now=w.tick(), alias="https://www.zebedee.example/other"
        )
    )
    w.scan(saved.revision_id or 0, *_said())
    copy = (
        w.capture("https://c.example/1", cleaned(COPIED, day("2020-03-05"), outlet="c.example")).revision_id if copied else None
    )
    if copy is not None:
        w.scan(copy)
        edge = Edge(saved.revision_id or 0, copy, 0.95)
        database.write(lambda s: clusters.save_edges(s, [edge], [edge.a, edge.b], now=w.tick()))
    ledger.publish(database, w.topic_id, run_id=run_id, actor="track", now=w.tick())
    _decide(w, article_id)
    skips = (Skip(URL, "robots", f"asked at {URL}"), Skip("https://zebedee.example/never-read", "robots"))
    error = f"{URL} did not answer"
    w.db.write(lambda s: runs.finish(s, run_id, counts={}, skips=skips, coverage=(), sufficient=True, error=error, now=w.tick()))
    _report(w, article_id, saved.revision_id or 0)
    with database.read() as s:
        assert search.search(s, WORD)  # it is in the index
    database.cache.put_many("robots", {"zebedee.example": b"Zebedee"})
    return w


def _said() -> list[Judgement]:
    made = judgement("open", S, TEXT, OWN, speaker="Zebedee Vault", said=day("2020-02-28"))
    (quote,) = made.quotes
    quote = replace(quote, via="Zebedee Press", modality="Zebedee may", said=replace(quote.said, words="on Zebedee's day"))  # type: ignore[type-var]
    start = TEXT.index(NAMED)
    other = Quote(start, start + len(NAMED), NAMED, S, 0.9, speaker=Speaker("Ann Smith", "ann-smith"))
    start = TEXT.index(REJECTED)
    third = Quote(start, start + len(REJECTED), REJECTED, S, 0.9)
    return [replace(made, quotes=(quote, other, third))]


def _decide(w: World, article_id: int) -> None:
    more: list[dict[str, object]] = [
        {"kind": "evidence", "quote": ADDED, "stance": R},
        {"kind": "reject", "quote": REJECTED},
    ]
    for i, one in enumerate(more):
        asked = NewDecision(client_id=f"d{i}", claim_id=w.claim_id(), article_id=article_id, note="Zebedee lies", **one)  # type: ignore[arg-type]
        decisions.record(w.db, [asked], by="Ben", now=w.tick())


def _report(w: World, article_id: int, revision_id: int) -> None:
    """What is told and reported in passing."""
    from flows.desk import Desk
    from tests.fakes import plain_settings

    desk = Desk(w.db, plain_settings(), now=w.tick)
    with w.db.read() as s:
        held = claims.topic(s, "bridge")
    way_out.take_apart(desk, held)
    version = {"claim_version_id": held.claims[0].version_id, "revision_id": revision_id, "matcher": "m1"}
    pending = {"claim_id": w.claim_id(), "reason": "unreadable: Zebedee", "attempts": 1, "last_at": w.tick(), **version}

    def report(s):  # type: ignore[no-untyped-def]
        s.execute(sa.insert(t.pending_pairs).values(**pending))
        s.execute(sa.update(t.articles).where(t.articles.c.id == article_id).values(etag="zebedee", last_error=f"{URL}: late"))
        s.execute(sa.update(t.captures).where(t.captures.c.article_id == article_id).values(detail=f"moved to {URL}"))
        s.execute(sa.update(t.outbox).values(error=f"the service knows no {URL}"))
        outlets.set_outlet(s, w.topic_id, OutletSpec("zebedee.example", title="The Zebedee", weight=0.5), now=w.tick(), by="Ben")

    w.db.write(report)
    w.publish()


def left(w: World, folder: Path, word: str = WORD) -> list[str]:
    """Where the word still stands: columns by name, and files with their bytes."""
    with w.db.read() as s:
        found = [
            f"{table.name}.{column.name}"
            for table in t.METADATA.sorted_tables
            for column in table.columns
            if any(word in repr(x).lower() for x in s.execute(sa.select(column)).scalars())
        ]
    if w.db.is_sqlite:
        w.db.engine.dispose()
        files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
        packed = zlib.compress(TEXT.encode(), 3)
        found += [p.name for p in files if word.encode() in p.read_bytes().lower() or packed in p.read_bytes()]
    return found


PLANTED = {
    "articles.key", "articles.url", "articles.outlet", "articles.last_error", "articles.etag", "aliases.key", "aliases.url",
    "discoveries.entry", "captures.final_url", "captures.detail", "revisions.outlet", "revisions.authors", "revisions.via",
    "revisions.published", "revisions.modified", "revision_texts.title", "revision_texts.text", "evidence.quote",
    "evidence.speaker_written", "evidence.speaker_key", "evidence.said_words", "evidence.via", "evidence.modality",
    "decisions.quote", "decisions.note", "positions.quote", "positions.speaker", "positions.speaker_written", "outbox.payload",
    "outbox.error", "runs.skips", "runs.error", "pending_pairs.reason", "claims.spec", "topic_versions.spec",
    "topic_versions.yaml", "outlet_weights.domain", "outlet_weights.title",
}  # fmt: skip
# A person's removal leaves the addresses, the publisher and what a run reported of them.
ADDRESSES = {
    "articles.key", "articles.url", "articles.outlet", "articles.last_error", "articles.etag", "aliases.key", "aliases.url",
    "discoveries.entry", "captures.final_url", "captures.detail", "revisions.outlet", "outbox.payload", "outbox.error",
    "runs.skips", "runs.error", "outlet_weights.domain", "outlet_weights.title",
}  # fmt: skip
# One address' removal leaves what is known of its host.
HOSTS = {"runs.skips", "outlet_weights.domain", "outlet_weights.title"}


def test_the_word_gets_everywhere(database: Database, tmp_path: Path) -> None:
    w = planted(database)
    assert set(left(w, tmp_path)) >= PLANTED
    with database.read() as s:
        payloads = repr(s.execute(sa.select(t.outbox.c.kind, t.outbox.c.payload)).all())
    assert "Said by Zebedee Vault." in payloads
    assert differences_of(w) == ()


def test_a_host_that_is_a_source_and_an_outlet_leaves_every_version_of_the_topic(database: Database, tmp_path: Path) -> None:
    feed, outlet = (
        SourceSpec("feed", "https://www.zebedee.example/feed", title="Zebedee"),
        OutletSpec("zebedee.example", "Zebedee"),
    )
    first = make_topic("open")
    named = replace(first, sources=(*first.sources, feed), outlets=(outlet,))
    w = World(database)
    for topic in (named, replace(named, title="The bridge, again"), replace(first, title="The bridge")):
        imported(w, topic)
    w.say(OTHER, day("2020-03-03"), S)
    w.publish()
    done = purge.purge(database, "host", "zebedee.example", reason="court order 7", by="Ada", now=w.tick())
    assert (done.tombstone.counts["sources"], done.tombstone.counts["topic versions"], done.left_in) == (1, 2, ())
    assert left(w, tmp_path) == []
    assert w.status() == "supported"
    with database.read() as s:
        assert [x.locator for x in articles.sources(s, w.topic_id)] == ["https://news.example/feed"]


def test_a_host_that_is_watched_now_is_watched_no_more(database: Database, tmp_path: Path) -> None:
    first = make_topic("open")
    w = imported(World(database), replace(first, sources=(*first.sources, SourceSpec("feed", "https://zebedee.example/feed"))))
    w.publish()
    purge.purge(database, "host", "zebedee.example", reason="court order 7", by="Ada", now=w.tick())
    assert left(w, tmp_path) == []
    with database.read() as s:
        assert [x.locator for x in claims.topic(s, "bridge").topic.sources] == ["https://news.example/feed"]
        assert [x.locator for x in articles.sources(s, w.topic_id)] == ["https://news.example/feed"]
    with pytest.raises(UnknownName):
        purge.purge(database, "host", "nowhere.example", reason="court order 7", by="Ada", now=w.tick())


@pytest.mark.parametrize(
    ("kind", "subject", "word", "stays"),
    [
        pytest.param("url", URL, WORD, HOSTS, id="url"),
        pytest.param("host", "zebedee.example", WORD, set(), id="host", marks=pytest.mark.slow),
        pytest.param("person", "Zebedee Vault", WORD, ADDRESSES, id="person"),
    ],
)
def test_a_purge_leaves_the_word_nowhere(
    database: Database, tmp_path: Path, kind: str, subject: str, word: str, stays: set[str]
) -> None:
    w = planted(database)
    before = w.now
    changes = w.history(known_at=before)
    purge.purge(database, kind, subject, reason="court order 7", by="Ada", now=w.tick())
    columns = {name for name in left(w, tmp_path, word) if "." in name and not name.endswith((".db", "-wal", "-shm"))}
    assert columns - stays == set()
    if not stays:
        assert left(w, tmp_path, word) == []
    for spoken in (
        "zebedee vault",
        "zebedee lies",
        "zebedee press",
        "a zebedee",
        "nobody but",
        "has lied",
        "been seen",
        "on monday",
    ):
        assert left(w, tmp_path, spoken) == [], spoken
    assert w.history(known_at=before) == changes
    assert differences_of(w) == ()
    with database.read() as s:
        (stone,) = [x for x in purge.tombstones(s) if x.reason == "court order 7"]
        (edition, *_) = ledger.editions(s, w.topic_id)
        held = claims.topic(s, "bridge")
        assert search.search(s, word) == ()
    assert (stone.kind, stone.by, edition.cause.value) == (kind, "Ada", "legal removal")
    assert held.topic.claims[0].examples == Examples(("The bridge can be used.",), ("Nobody has a key to it.",))
    assert any(p.article == OTHER and p.speaker for p in positions(w))  # what others said elsewhere stands


def differences_of(w: World) -> tuple[object, ...]:
    with w.db.read() as s:
        return differences(s, w.topic_id)


def positions(w: World) -> list[Position]:
    with w.db.read() as s:
        return list(ledger.positions(s, w.claim_id()))


# --- only the link may be kept ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["accept", "evidence", "reject"])
def test_of_a_source_of_which_only_the_link_is_kept_nobody_keeps_a_quote(database: Database, tmp_path: Path, kind: str) -> None:
    source = SourceSpec("feed", "https://news.example/feed", store="link")
    w = World(database).start(replace(make_topic("open"), sources=(source,)))
    words = "A snorkel says that it is open."
    text = f"{words} A snorkel says so twice."
    article = w.capture(OTHER, cleaned(text, day("2020-03-01"), outlet="b.example", title="News"))
    w.scan(article.revision_id or 0, judgement("open", S, text, words))
    database.write(lambda s: clusters.save_edges(s, [], [article.revision_id or 0], now=w.tick()))
    w.publish()
    with database.read() as s:
        assert "snorkel" not in repr(s.execute(sa.select(t.outbox.c.payload)).all())  # it is not told at all
        article_id = articles.article_by_url(s, OTHER).id
    more = {"accept": {}, "evidence": {"quote": "A snorkel says so twice.", "stance": R}, "reject": {"quote": words}}[kind]
    asked = NewDecision(kind, "d1", claim_id=w.claim_id(), article_id=article_id, **more)  # type: ignore[arg-type]
    decisions.record(database, [asked], by="Ada", now=w.tick())
    status, before = w.status(), [p._replace(quote="") for p in positions(w)]
    assert database.write(lambda s: retention.by_source(s)).texts == 1
    columns = {name for name in left(w, tmp_path, "snorkel") if "." in name and not name.startswith("claimline")}
    assert columns == set()
    w.db.write(lambda s: touch(s, w.topic_id, "changed setting", w.tick()))
    w.publish()
    assert (w.status(), [p._replace(quote="") for p in positions(w)]) == (status, before)
    assert differences_of(w) == ()
    with database.read() as s:
        assert not retention.owes(s)
        (said,) = decisions.decisions(s)
    assert said.quote is None


# --- the files -------------------------------------------------------------------------------------------------------


def test_a_purge_changes_the_stamps_of_the_pages(database: Database) -> None:
    w = World(database).start()
    w.say(OTHER, day("2020-03-01"), S)
    w.publish()
    w.say("https://c.example/1", day("2020-03-01"), Stance.UNRELATED)  # nobody says anything of it
    w.publish()
    stamps = stamps_of(w)
    done = purge.purge(database, "url", "https://c.example/1", reason="asked", by="Ada", now=w.tick())
    assert all(one.edition_id is None for one in done.published)
    assert all(a != b for a, b in zip(stamps, stamps_of(w), strict=True))
    stamps = stamps_of(w)
    assert stamps == stamps_of(w)


def stamps_of(w: World) -> tuple[object, object]:
    with w.db.read() as s:
        return pages.stamp(s), pages.claim_stamps(s)[0]


def test_what_was_deleted_before_is_not_left_in_free_pages(sqlite_url: str, tmp_path: Path) -> None:
    database = open_database(sqlite_url)
    w = World(database).start()
    w.say(OTHER, day("2020-03-01"), Stance.UNRELATED, text=" ".join(f"A zebedee of {i} kinds." for i in range(2_000)))
    w.publish()
    own = sqlite3.connect(sqlite_path(sa.make_url(sqlite_url)), isolation_level=None)
    own.execute("PRAGMA secure_delete=OFF")  # as SQLite is built in many places
    own.execute("DELETE FROM revision_texts")
    own.close()
    assert left(w, tmp_path) == ["claimline.db"]
    purge.purge(database, "url", OTHER, reason="asked", by="Ada", now=w.tick())
    assert left(w, tmp_path) == []
    database.dispose()


def test_a_purge_says_where_the_log_could_not_be_emptied_and_can_be_repeated(sqlite_url: str, tmp_path: Path) -> None:
    database = open_database(sqlite_url)
    w = planted(database)
    reader = sqlite3.connect(sqlite_path(sa.make_url(sqlite_url)), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM articles").fetchone()
    with pytest.raises(DatabaseBusy, match="run the same purge again"):
        purge.purge(database, "host", "zebedee.example", reason="asked", by="Ada", now=w.tick(), wait_s=0.1)
    assert any(name.endswith("-wal") for name in left(w, tmp_path))
    reader.close()
    again = purge.purge(database, "host", "zebedee.example", reason="asked once more", by="Zoe", now=w.tick())
    assert (again.tombstone.reason, again.tombstone.by, again.published) == ("asked", "Ada", ())
    assert left(w, tmp_path) == []
    database.dispose()


def test_a_second_purge_takes_what_an_earlier_version_had_left(database: Database, tmp_path: Path) -> None:
    w = planted(database)
    purge.purge(database, "url", URL, reason="asked", by="Ada", now=w.tick())
    gone = t.articles.c.state == "purged"
    database.write(lambda s: s.execute(sa.update(t.articles).where(gone).values(outlet="zebedee.example")))
    database.write(lambda s: s.execute(sa.update(t.evidence).where(t.evidence.c.quote == "").values(speaker_written="Zebedee")))
    purge.purge(database, "url", URL, reason="asked", by="Ada", now=w.tick())
    assert {name for name in left(w, tmp_path) if "." in name and not name.endswith((".db", "-wal", "-shm"))} <= HOSTS


def test_what_is_gone_is_told_only_of_the_time_before_and_without_its_words(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.say(OTHER, day("2020-03-02"), R)
    w.publish()
    before = w.now
    done = purge.purge(database, "url", OTHER, reason="asked", by="Ada", now=w.tick(days=1))
    assert [(c.change.before.value, c.change.after.value) for c in done.withdrawn] == [("supported", "contested")]
    assert done.changes == ()
    after = w.now
    w.tick(days=1)
    with database.read() as s:
        told = {at: [(a.url, a.effective.value) for a in answers(s, w.topic_id, known_at=at)] for at in (before, after, None)}
        words = [q.quote.quote for a in answers(s, w.topic_id, known_at=before) for q in a.quotes]
    assert told[after] == told[None] == [("https://a.example/1", "supports")]
    assert [stance for _, stance in told[before]] == ["supports", "refutes"]
    assert told[before][1][0].startswith("removed:")
    assert words[1] == ""


def test_the_same_words_in_another_article_stay_that_articles(database: Database) -> None:
    """A person added them to both; the law takes one of the two."""
    w = World(database).start()
    for url in ("https://a.example/1", OTHER):
        w.say(url, day("2020-03-01"), Stance.UNRELATED, text=f"{url} opens. So it is.")
    w.publish()
    for url in ("https://a.example/1", OTHER):
        with database.read() as s:
            article_id = articles.article_by_url(s, url).id
        one = NewDecision("evidence", url, w.claim_id(), article_id, stance=S, quote="opens.", note="seen")
        decisions.record(database, [one], by="Ada", now=w.tick())
    purge.purge(database, "url", OTHER, reason="asked", by="Ben", now=w.tick())
    with database.read() as s:
        assert differences(s, w.topic_id) == ()
        kept = decisions.decisions(s)[-1]
        assert (kept.url, kept.quote, kept.note) == ("https://a.example/1", "opens.", "seen")
        assert [(p.article, p.quote) for p in ledger.positions(s, w.claim_id())] == [("https://a.example/1", "opens.")]
        assert (decisions.decisions(s)[0].quote, decisions.decisions(s)[0].note) == (None, "")


def test_what_was_never_held_is_not_purged(database: Database) -> None:
    w = World(database).start()
    for kind in ("url", "host", "person"):
        with pytest.raises(UnknownName):
            purge.purge(database, kind, "https://nobody.example/1", reason="asked", by="Ada", now=w.tick())


def test_the_reason_does_not_name_what_goes(database: Database) -> None:
    w = planted(database)
    with pytest.raises(UsageError, match="without naming"):
        purge.purge(database, "person", "Zebedee Vault", reason="zebedee vault asked us", by="Ada", now=w.tick())
