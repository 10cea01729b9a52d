"""A made newsroom for the page's tests and for looking at it: claims, articles in several languages, copies, edits, all invented.

Everything goes through storage's functions, as a run does.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from claimline.evidence import quote
from claimline.models import (
    ClaimSpec,
    Cleaned,
    DateBasis,
    DateFinding,
    Discovered,
    Entry,
    Fetched,
    Judgement,
    Name,
    OutletSpec,
    OutletType,
    Person,
    Said,
    Skip,
    SourceReport,
    SourceSpec,
    Speaker,
    Stance,
    Topic,
)
from claimline.topics import digest, dump
from storage import articles, assessments, claims, clusters, ledger, runs
from storage.engine import Database
from storage.records import Edge
from tests.kept import kept

S, R, N, M, U = Stance.SUPPORTS, Stance.REFUTES, Stance.NEUTRAL, Stance.MIXED, Stance.UNRELATED
MATCHER = "5a17c0ffee00beef"
HOSTILE = '"><script>window.hit=1</script><img src=x onerror="window.hit=1">{{7*7}}\u202e=cmd|x'

TOPIC = Topic(
    slug="harbour-bridge",
    title="The harbour bridge of Aldwater",
    claims=(
        ClaimSpec(
            "bridge-safe", "The harbour bridge of Aldwater is safe for lorries over 40 tonnes", tags=("safety", "transport")
        ),
        ClaimSpec("bridge-cost", "Repairing the harbour bridge will cost more than 300 million crowns", tags=("money",)),
        ClaimSpec("bridge-closed", "The harbour bridge will be closed to all traffic from March 2021", tags=("transport",)),
        ClaimSpec("bridge-inspection", "The city skipped the inspection of the bridge in 2018", tags=("safety",)),
        ClaimSpec("bridge-tunnel", "A tunnel will replace the harbour bridge"),
    ),
    sources=(
        SourceSpec("feed", "https://www.aldwater-courier.example/feed.xml", title="Aldwater Courier", lang="en"),
        SourceSpec("feed", "https://hafenbote.example/rss", title="Hafenbote", lang="de"),
        SourceSpec("feed", "https://almina.example/rss", title="Al-Mina", lang="ar"),
        SourceSpec("feed", "https://silent.example/rss", title="The Silent Post", lang="en"),
    ),
    names=(Name("harbour bridge", ("Hafenbrücke", "جسر الميناء")),),
    people=(
        Person("mara-lindqvist", "Mara Lindqvist", ("Lindqvist", "ليندكفيست"), "City engineer of Aldwater"),
        Person("joost-keller", "Joost Keller", ("Keller",), "Mayor of Aldwater until 2020"),
    ),
    outlets=(
        OutletSpec("aldwater-courier.example", "Aldwater Courier", OutletType.OUTLET, "AW"),
        OutletSpec("northwire.example", "Northwire", OutletType.AGENCY, "AW"),
        OutletSpec("city.aldwater.example", "City of Aldwater", OutletType.OFFICIAL, "AW"),
        OutletSpec("statetv.example", "State TV", OutletType.STATE_MEDIA, "ST", 0.5),
    ),
)

STORIES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "web_stories.json").read_text(encoding="utf-8"))


class Newsroom:
    """Drives a database day by day; `at` is the moment of the next step."""

    def __init__(self, db: Database, topic: Topic = TOPIC, start: datetime = datetime(2021, 1, 11, 6, tzinfo=UTC)) -> None:
        self.db, self.topic, self.at = db, topic, start
        self.imported = db.write(
            lambda s: claims.import_topic(s, topic, digest=digest(topic), yaml=dump(topic), now=self.tick(), by="test")
        )
        with db.read() as s:
            self.sources = [x.id for x in articles.sources(s, self.imported.topic_id)]
            self.versions = claims.claim_versions(s, self.imported.version_id)

    def tick(self, **delta: float) -> datetime:
        self.at += timedelta(**(delta or {"seconds": 3}))
        return self.at

    def article(
        self,
        url: str,
        title: str,
        text: str,
        day: date | None,
        *,
        lang: str = "en",
        outlet: str = "",
        source: int = 0,
        via: str | None = None,
        modified: date | None = None,
    ) -> tuple[int, int]:
        """An article with one text; returns (article, revision)."""
        entry = Entry(url, title=title, published=str(day) if day else "sometime last week", lang=lang)
        self.db.write(
            lambda s: articles.save_discovery(
                s, self.sources[source], self.imported.topic_id, Discovered((entry,)), now=self.tick()
            )
        )
        basis = DateBasis.METADATA if day else DateBasis.UNCERTAIN
        near = () if day else (date(2020, 11, 3), date(2020, 3, 11))
        published = DateFinding(day, basis, words=str(day) if day else "03/11", candidates=near)
        edited = DateFinding(modified, DateBasis.METADATA, words=str(modified)) if modified else None
        where = outlet or url.split("/")[2]
        hashed = sha256(text.encode()).hexdigest()
        page = Cleaned(text, hashed, "trafilatura-2.0/1", title, where, (), lang, 0.99, published, modified=edited, via=via)
        with self.db.read() as s:
            article_id = articles.article_by_url(s, url).id
        now = self.tick()
        fetched = Fetched(url, url, 200, now, f"<p>{text}</p>".encode())
        saved = self.db.write(
            lambda s: articles.save_capture(s, article_id, fetched, page, source_id=self.sources[source], now=now)
        )
        assert saved.revision_id is not None
        return article_id, saved.revision_id

    def judge(self, revision: int, *judgements: Judgement) -> None:
        self.db.write(
            lambda s: assessments.save_scan(
                s,
                revision,
                self.imported.version_id,
                MATCHER,
                judgements,
                run_id=None,
                now=self.tick(),
                claim_versions=self.versions,
            )
        )

    def publish(self, actor: str = "track") -> None:
        ledger.publish(self.db, self.imported.topic_id, run_id=None, actor=actor, now=self.tick())

    def run(self, day: datetime, *, silent: tuple[int, ...] = (3,), new: int = 1) -> None:
        """A run's row with what each source answered."""
        self.at = max(self.at, day)
        topic = self.imported.topic_id
        run_id = self.db.write(lambda s: runs.start(s, topic_id=topic, flow="track", holder="desk:1:abc", now=self.tick()))
        reports = [
            SourceReport(i, spec.locator, n not in silent, found=2, new=new, error="timeout" if n in silent else None)
            for n, (i, spec) in enumerate(zip(self.sources, self.topic.sources, strict=True))
        ]
        skips = (Skip("https://silent.example/rss", "timeout", "no answer in 20 s", failed=True),) if silent else ()
        counts = {"articles-new": new, "revisions-read": new, "assessments": new, "changes": 0}
        heard = len(silent) * 2 < len(self.sources)
        cost = {"seconds-fetch": 2.4, "seconds-match": 5.1}
        self.db.write(
            lambda s: runs.finish(
                s, run_id, counts=counts, skips=skips, cost=cost, coverage=reports, sufficient=heard, now=self.tick(seconds=9)
            )
        )


def judgement(
    text: str,
    words: str,
    claim: str,
    stance: Stance,
    sure: float,
    speaker: str | None = None,
    *,
    decided: bool = True,
    said: date | None = None,
) -> Judgement:
    start = text.index(words)
    rest = (1 - sure) / 4
    probabilities = {s: sure if s is stance else rest for s in (S, R, N, M, U)}
    who = Speaker(speaker.replace("-", " ").title(), speaker) if speaker else None
    when = Said(said, "on Thursday") if said else None
    made = quote(
        text, start, start + len(words), stance=stance if stance is not M else S, confidence=sure, speaker=who, said=when
    )
    quotes = (made,)
    if stance is M:
        half = replace(made, stance=R, start=made.start, end=made.end)
        quotes = (made, half)
    return Judgement(claim, stance, decided, probabilities, quotes)


_ENDING = "The next council meeting is on the ninth of the month. More than two hundred people live beside the quay."


@kept
def build(db: Database, *, hostile: bool = False) -> Newsroom:
    """The newsroom with its stories, found over a few days in January 2021."""
    room = Newsroom(db)
    begin = date(2019, 1, 1)
    for i, story in enumerate(STORIES):
        day = begin + timedelta(days=story["after"])
        words, lang, outlet = story["words"], story["lang"], story["outlet"]
        text = f"{story['before']}\n\n{words} {story['rest']}\n\n{_ENDING}"
        url = f"https://{outlet}/{day:%Y/%m}/story-{i}"
        via = "Northwire" if i == 10 else None
        _, revision = room.article(url, story["title"], text, day, lang=lang, outlet=outlet, source=i % 3, via=via)
        speaker, claim, stance = story["speaker"], story["claim"], Stance(story["stance"])
        said = begin + timedelta(days=431) if speaker == "mara-lindqvist" and claim == "bridge-safe" else None
        room.judge(revision, judgement(text, words, claim, stance, story["sure"], speaker, decided=story["decided"], said=said))
        if i == 9:
            room.run(datetime(2021, 1, 12, 6, tzinfo=UTC))
            room.publish()
    _uncertain(room)
    _copies(room)
    _edited(room)
    if hostile:
        add_hostile(room)
    for n in range(13, 20):
        room.run(datetime(2021, 1, n, 6, tzinfo=UTC), silent=(0, 1, 2, 3) if n in (15, 16) else (3,), new=n % 3)
    room.publish()
    return room


def _uncertain(room: Newsroom) -> None:
    text = "An undated page.\n\nThe bridge cannot carry heavy lorries, an engineer told this page."
    _, revision = room.article("https://undated.example/a", "Undated: bridge cannot carry lorries", text, None, source=1)
    room.judge(
        revision, judgement(text, "The bridge cannot carry heavy lorries, an engineer told this page.", "bridge-safe", R, 0.88)
    )


def _copies(room: Newsroom) -> None:
    words = "Divers found that two piers are cracked, and heavy lorries put the bridge at risk."
    text = f"ALDWATER - Divers looked at the piers.\n\n{words}\n\nThe city is silent."
    ids = []
    for i, host in enumerate(("northwire.example", "aldwater-courier.example", "valley-news.example")):
        _, revision = room.article(
            f"https://{host}/divers",
            "Divers find cracks in bridge piers",
            text,
            date(2020, 8, 4 + i),
            outlet=host,
            via="Northwire" if i else None,
        )
        room.judge(revision, judgement(text, words, "bridge-safe", R, 0.89))
        ids.append(revision)
    edges = [Edge(ids[0], ids[1], 0.98), Edge(ids[0], ids[2], 0.97)]
    room.db.write(lambda s: clusters.save_edges(s, edges, ids, now=room.tick(), topic_id=room.imported.topic_id))


def _edited(room: Newsroom) -> None:
    url = "https://aldwater-courier.example/tunnel"
    first = (
        "The port wants to grow.\n\nA tunnel will replace the harbour bridge, the port's director said.\n\nNo money is set aside."
    )
    words = "A tunnel will replace the harbour bridge, the port's director said."
    _, revision = room.article(url, "Tunnel instead of bridge", first, date(2020, 9, 1))
    room.judge(revision, judgement(first, words, "bridge-tunnel", S, 0.87))
    room.publish()
    words = "A tunnel will not replace the harbour bridge, the port's director said, correcting an earlier report."
    second = f"The port wants to grow.\n\n{words}\n\nNo money is set aside."
    _, revision = room.article(url, "No tunnel instead of bridge", second, date(2020, 9, 1), modified=date(2020, 10, 12))
    room.judge(revision, judgement(second, words, "bridge-tunnel", R, 0.9))


def add_hostile(room: Newsroom) -> None:
    """An article that tries everything in every field."""
    text = f"{HOSTILE} begins.\n\nThe bridge is safe {HOSTILE} said.\n\njavascript:alert(1)"
    words = f"The bridge is safe {HOSTILE} said."
    _, revision = room.article(
        "https://evil.example/%22%3E%3Cscript%3E", HOSTILE, text, date(2020, 12, 1), outlet=HOSTILE, lang='x" onload="alert(1)'
    )
    room.judge(revision, judgement(text, words, "bridge-safe", S, 0.7, HOSTILE))
