"""A small world for storage's tests: a topic, articles with texts, answers to them, and a clock that is an argument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from claimline.clean import CLEANER
from claimline.models import (
    ClaimSpec,
    Cleaned,
    DateBasis,
    DateFinding,
    Discovered,
    Entry,
    Fetched,
    Judgement,
    OutletSpec,
    Quote,
    Said,
    SourceSpec,
    Speaker,
    Stance,
    Topic,
    Validators,
)
from storage import articles, assessments, claims, ledger
from storage.engine import Database
from storage.records import CaptureSaved, Published, TopicImport

START = datetime(2021, 1, 1, 9, tzinfo=UTC)
S, R, N, M, U = Stance.SUPPORTS, Stance.REFUTES, Stance.NEUTRAL, Stance.MIXED, Stance.UNRELATED


def make_topic(*slugs: str, outlets: Sequence[OutletSpec] = (), unknown_outlets: str = "count", suffix: str = "") -> Topic:
    specs = tuple(ClaimSpec(slug, f"The bridge is {slug}{suffix}") for slug in slugs or ("open",))
    source = SourceSpec("feed", "https://news.example/feed")
    return Topic("bridge", "A bridge", specs, (source,), outlets=tuple(outlets), unknown_outlets=unknown_outlets)


def digest_of(topic: Topic) -> str:
    return sha256(repr(topic).encode()).hexdigest()


def cleaned(text: str, published: date | None, *, modified: date | None = None, **more: object) -> Cleaned:
    basis = DateBasis.METADATA if published else DateBasis.UNCERTAIN
    finding = DateFinding(published, basis, words=str(published or ""))
    edit = DateFinding(modified, DateBasis.METADATA, words=str(modified)) if modified else None
    values: dict[str, object] = {"outlet": "news.example", "authors": (), "lang": "en", "title": text[:20]} | more
    return Cleaned(
        text=text,
        text_sha256=sha256(text.encode()).hexdigest(),
        cleaner=str(values.pop("cleaner", CLEANER)),
        lang_confidence=1.0,
        published=finding,
        modified=edit,
        **values,  # type: ignore[arg-type]
    )


def judgement(
    claim: str,
    stance: Stance,
    text: str,
    *quotes: str,
    confidence: float = 0.9,
    decided: bool = True,
    speaker: str | None = None,
    said: date | None = None,
) -> Judgement:
    """An answer whose quotes (none: the whole text) stand verbatim in the text; `mixed` needs two."""
    found = []
    for i, words in enumerate(quotes or (text,)):
        start = text.index(words)
        side = stance if stance is not M else (S, R)[i % 2]
        who = Speaker(speaker, speaker) if speaker else None
        when = Said(said, str(said)) if said else None
        found.append(Quote(start, start + len(words), words, side, confidence, speaker=who, said=when))
    return Judgement(claim, stance, decided, {stance: confidence, U: 1 - confidence}, tuple(found))


@dataclass
class World:
    """Drives one database the way a run does, one call a step."""

    db: Database
    now: datetime = START
    matcher: str = "m1"
    topic: Topic = field(default_factory=make_topic)
    imported: TopicImport | None = None

    def start(self, topic: Topic | None = None) -> World:
        self.topic = topic or self.topic
        digest = digest_of(self.topic)
        self.imported = self.db.write(
            lambda s: claims.import_topic(s, self.topic, digest=digest, yaml=digest, now=self.tick(), by="file")
        )
        return self

    @property
    def topic_id(self) -> int:
        assert self.imported is not None
        return self.imported.topic_id

    @property
    def version_id(self) -> int:
        assert self.imported is not None
        return self.imported.version_id

    def tick(self, **delta: float) -> datetime:
        self.now += timedelta(**(delta or {"seconds": 1}))
        return self.now

    def source_id(self) -> int:
        with self.db.read() as s:
            return articles.sources(s, self.topic_id)[0].id

    def article(self, url: str) -> int:
        entry = Entry(url, title=url)
        self.db.write(
            lambda s: articles.save_discovery(s, self.source_id(), self.topic_id, Discovered((entry,)), now=self.tick())
        )
        with self.db.read() as s:
            return articles.article_by_url(s, url).id

    def capture(self, url: str, page: Cleaned, *, body: bytes | None = None, at: datetime | None = None) -> CaptureSaved:
        article_id = self.article(url)
        now = at or self.tick()
        fetched = Fetched(url, url, 200, now, body if body is not None else page.text.encode(), validators=Validators())
        return self.db.write(lambda s: articles.save_capture(s, article_id, fetched, page, source_id=self.source_id(), now=now))

    def scan(self, revision_id: int, *judgements: Judgement, matcher: str | None = None, kind: str = "model") -> tuple[int, ...]:
        now = self.tick()

        def work(s):  # type: ignore[no-untyped-def]
            return assessments.save_scan(
                s,
                revision_id,
                self.version_id,
                matcher or self.matcher,
                judgements,
                run_id=None,
                now=now,
                claim_versions=claims.claim_versions(s, self.version_id),
                kind=kind,
            )

        return self.db.write(work)

    def say(
        self,
        url: str,
        published: date | None,
        stance: Stance,
        *,
        claim: str = "open",
        text: str | None = None,
        confidence: float = 0.9,
        speaker: str | None = None,
        outlet: str | None = None,
        decided: bool = True,
    ) -> int:
        """An article that takes a position, from discovery to scan; returns its revision."""
        words = text or f"{url} says that it {stance.value}"
        saved = self.capture(url, cleaned(words, published, outlet=outlet or url.split("/")[2]))
        assert saved.revision_id is not None
        given = [] if stance is U else [judgement(claim, stance, words, confidence=confidence, decided=decided, speaker=speaker)]
        self.scan(saved.revision_id, *given)
        return saved.revision_id

    def publish(self, now: datetime | None = None) -> Published:
        return ledger.publish(self.db, self.topic_id, run_id=None, actor="track", now=now or self.tick())

    def claim_id(self, slug: str = "open") -> int:
        with self.db.read() as s:
            return claims.claim(s, slug).id

    def history(
        self, slug: str = "open", *, as_of: date | None = None, known_at: datetime | None = None
    ) -> list[tuple[str, str, str]]:
        """(day, before > after, cause) of each change."""
        with self.db.read() as s:
            found = ledger.changes(s, self.claim_id(slug), as_of=as_of, known_at=known_at)
        return [(str(c.change.valid_from), f"{c.change.before} > {c.change.after}", str(c.cause)) for c in found]

    def status(self, slug: str = "open", *, as_of: date | None = None, known_at: datetime | None = None) -> str:
        with self.db.read() as s:
            return ledger.status(s, self.claim_id(slug), as_of=as_of, known_at=known_at).status.value


def day(text: str) -> date:
    return date.fromisoformat(text)
