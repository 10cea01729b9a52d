"""The law: what has to go goes, from every table, file, index and cache; a tombstone stays that knows it only by its hash.

This is the one exception to "append, never edit". The ledger still explains itself: changes, stances, days and weights stay as
they were known; the words, the addresses and the names are gone, and what followed from them is refolded as *legal removal*.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline import notify
from claimline.errors import DatabaseBusy, UnknownName, UsageError
from claimline.models import Cause, Person
from storage import clusters, codec, erased, pins, purged_topics, search, sketches
from storage import tables as t
from storage.article_keys import article_key, digest
from storage.blobs import SqliteBlobs, blobs_of
from storage.effective import PURGED
from storage.engine import Database, sqlite_path
from storage.publish import Fold, publish_in
from storage.records import Brought, Published
from storage.run_records import Tombstone
from storage.sql import actor_id, chunks, stable_key, topics_of_article, touch


@dataclass(frozen=True, slots=True)
class Purged(Brought):
    """`left_in`: topics in whose own words (a claim, a name) a removed person still stands; those only a person can reword.
    `again`: it had been removed before, as the tombstone says; only the files were swept again.
    """

    tombstone: Tombstone
    published: tuple[Published, ...]
    left_in: tuple[str, ...] = ()
    again: bool = False


def purge(
    db: Database, kind: str, subject: str, *, reason: str, by: str, now: datetime, fold: Fold | None = None, wait_s: float = 15.0
) -> Purged:
    """Remove a url, a host or a person; raises UnknownName where nothing of it was ever held. One transaction, then the files.

    The words of a person are removed with the texts that hold them, and the person with every version of a topic's `people`. What
    is removed is not taken in again. To ask for the same again sweeps the files again: where somebody reads for longer than
    `wait_s`, the log cannot be emptied (DatabaseBusy).
    """
    if kind not in ("url", "host", "person"):
        raise UsageError(f"{kind!r} cannot be purged; say url, host or person")
    if not reason.strip() or not by.strip():
        raise UsageError("a purge needs a reason and a name")
    if subject.strip() and erased.folded(subject) in erased.folded(reason):
        raise UsageError("the reason is kept: say it without naming what is to go")
    done = db.write(lambda s: _purge_in(s, kind, subject, reason, by, now, fold))
    db.cache.clear()
    _sweep(db, wait_s)
    return done


def tombstones(s: Session) -> tuple[Tombstone, ...]:
    """What was removed, newest first."""
    return _tombstones(s, sa.true())


def _tombstones(s: Session, where: sa.ColumnElement[bool]) -> tuple[Tombstone, ...]:
    b = t.tombstones
    query = sa.select(b, t.actors.c.name).join(t.actors, t.actors.c.id == b.c.actor_id).where(where).order_by(b.c.id.desc())
    return tuple(
        Tombstone(r["kind"], r["subject_sha256"], r["reason"], r["name"], r["at"], r["counts"])
        for r in s.execute(query).mappings()
    )


class _NothingHeld(Exception):
    """Nothing of the subject stands in the database; `name` is the hash by which a tombstone would know it."""

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.kind = name, kind


def _purge_in(s: Session, kind: str, subject: str, reason: str, by: str, now: datetime, fold: Fold | None) -> Purged:
    if s.get_bind().dialect.name == "sqlite":
        s.execute(sa.text("PRAGMA secure_delete=ON"))
    b = t.tombstones
    left: tuple[str, ...] = ()
    try:
        if kind == "person":
            name, counts, touched, left = _person(s, subject, now, by)
        else:
            name, counts, touched, left = _articles(s, kind, subject, now, by)
    except _NothingHeld as nothing:
        held = _tombstones(s, (b.c.kind == kind) & (b.c.subject_sha256 == nothing.name))
        if not held:
            raise UnknownName(nothing.kind, subject) from None
        _erase_again(s, now, by)
        return Purged(held[0], (), again=True)
    actor = actor_id(s, "person", by, now)
    row = {"kind": kind, "subject_sha256": name, "reason": reason, "actor_id": actor, "at": now, "counts": counts}
    s.execute(sa.delete(b).where(b.c.kind == kind, b.c.subject_sha256 == name))
    s.execute(sa.insert(b).values(**row))
    told = [topic_id for topic_id in sorted(touched) if pins.live(s, topic_id)]
    published = tuple(publish_in(s, one, run_id=None, actor=by, actor_kind="person", now=now, fold=fold) for one in told)
    _hide_speakers(s)  # after the edition that closes their positions
    return Purged(Tombstone(kind, name, reason, by, now, counts), published, left)


def _erase_again(s: Session, now: datetime, by: str) -> None:
    """What an earlier version left of the articles that are gone."""
    ids = list(s.execute(sa.select(t.articles.c.id).where(t.articles.c.state == PURGED)).scalars())
    for batch in chunks(ids):
        _erase_texts(s, batch)
        _erase_words(s, t.evidence.c.assessment_id.in_(_assessments_of(batch)), batch, now, by)
        _erase_addresses(s, batch)
    _hide_speakers(s)


# --- addresses ------------------------------------------------------------------------------------------------------


def _articles(
    s: Session, kind: str, subject: str, now: datetime, by: str
) -> tuple[str, dict[str, int], set[int], tuple[str, ...]]:
    host = subject.lower().strip("./")
    if kind == "url":
        key = article_key(s, None)(subject)
        found = set(s.execute(sa.select(t.aliases.c.article_id).where(t.aliases.c.key == key)).scalars())
        name = digest(key)
    else:
        found = {r.article_id for r in s.execute(sa.select(t.aliases)) if erased.is_of(r.key, host)}
        found |= {r.id for r in s.execute(_published()) if erased.is_of(r.outlet, host)}
        name = digest(host)
    ids = sorted(found)
    named = purged_topics.forget_host(s, host, now, by) if kind == "host" else {}
    if not ids and not named:
        raise _NothingHeld(name, f"article of this {kind}")
    _bury_aliases(s, found, now, but_of=host if kind == "host" else None)
    topics = {topic for i in ids for topic in topics_of_article(s, i)}
    for article_id in ids:
        for topic_id in topics_of_article(s, article_id):
            for one in (article_id, *clusters.copies_of(s, topic_id, article_id)):  # a decision on it bears on its copies
                touch(s, topic_id, Cause.LEGAL_REMOVAL, now, article_id=one)
    words = _erase_words(s, t.evidence.c.assessment_id.in_(_assessments_of(ids)), ids, now, by)
    counts = _erase_texts(s, ids) | words
    _erase_addresses(s, ids)
    if kind == "host":
        erased.scrub(s, (*erased.TOLD, *erased.REPORTED), erased.of_host(host))
        purged_topics.erase_outlet(s, host, now)
    left = purged_topics.left_in(s, [host]) if kind == "host" else ()
    return name, counts | {"articles": len(ids)} | named, topics, left


def _published() -> sa.Select[tuple[int, str]]:
    """Articles with their publishers: what a host printed is found elsewhere, too."""
    return sa.select(t.articles.c.id, t.articles.c.outlet).where(t.articles.c.outlet.is_not(None))


def _bury_aliases(s: Session, article_ids: set[int], now: datetime, *, but_of: str | None) -> None:
    """The articles' other addresses are refused as well as what was named (which keeps out those of its host already)."""
    for batch in chunks(sorted(article_ids)):
        for key in s.execute(sa.select(t.aliases.c.key).where(t.aliases.c.article_id.in_(batch))).scalars().all():
            if but_of is None or not erased.is_of(key, but_of):
                _bury(s, "url", key, now)


def _assessments_of(article_ids: Sequence[int]) -> sa.Select[tuple[int]]:
    return sa.select(t.assessments.c.id).where(t.assessments.c.article_id.in_(article_ids))


def _erase_texts(s: Session, article_ids: Sequence[int]) -> dict[str, int]:
    """Texts, titles and bytes of these articles."""
    r, c = t.revisions, t.captures
    revisions = list(s.execute(sa.select(r.c.id).where(r.c.article_id.in_(article_ids))).scalars())
    bodies = set(s.execute(sa.select(c.c.body_sha256).where(c.c.article_id.in_(article_ids), c.c.bytes_kept)).scalars())
    others = set(
        s.execute(
            sa.select(c.c.body_sha256).where(c.c.article_id.not_in(article_ids), c.c.bytes_kept, c.c.body_sha256.in_(bodies))
        ).scalars()
    )
    blobs_of(s).delete(s, sorted(h for h in bodies - others if h))
    s.execute(sa.update(c).where(c.c.article_id.in_(article_ids)).values(bytes_kept=False))
    for batch in chunks(revisions):
        s.execute(sa.delete(t.revision_texts).where(t.revision_texts.c.revision_id.in_(batch)))
        s.execute(sa.update(r).where(r.c.id.in_(batch)).values(authors=[], via=None))
        for row in s.execute(sa.select(r.c.id, r.c.published, r.c.modified).where(r.c.id.in_(batch))).all():
            dates = {name: {**held, "words": ""} for name in ("published", "modified") if (held := getattr(row, name))}
            s.execute(sa.update(r).where(r.c.id == row.id).values(**dates))
        waiting = t.pending_pairs.c.revision_id.in_(batch)
        s.execute(sa.update(t.pending_pairs).where(waiting).values(reason="removed", given_up=True))
    search.forget(s, revisions)
    sketches.forget(s, revisions)
    return {"texts": len(revisions), "bodies": len(bodies)}


def _erase_words(s: Session, which: sa.ColumnElement[bool], article_ids: Sequence[int], now: datetime, by: str) -> dict[str, int]:
    """The quotes of these evidences, wherever they were repeated; their hashes stay. Before the articles' texts go."""
    e, p, d = t.evidence, t.positions, t.decisions
    rows = s.execute(sa.select(e.c.id, e.c.quote).where(which)).all()
    for batch in chunks([row.id for row in rows]):
        s.execute(sa.update(e).where(e.c.id.in_(batch)).values(quote="", said_words=None, via=None, modality=None))
        s.execute(sa.update(p).where(p.c.evidence_id.in_(batch)).values(quote=None))
    words = {row.quote for row in rows if row.quote}
    own = sa.select(d.c.quote).where(d.c.article_id.in_(article_ids))
    words |= {quote for quote in s.execute(own).scalars() if quote and not erased.is_mark(quote)}
    for batch in chunks(sorted(words)):
        for row_ids in chunks(_resting_on(s, d, batch, article_ids)):
            s.execute(sa.update(d).where(d.c.id.in_(row_ids)).values(quote=None, note=""))
        for row_ids in chunks(_resting_on(s, p, batch, article_ids)):
            s.execute(sa.update(p).where(p.c.id.in_(row_ids)).values(quote=None))
    purged_topics.unteach(s, words, article_ids, now, by)
    erased.scrub(s, erased.TOLD, erased.of_words(words), beside=erased.of_names(_heard(s, which)))
    return {"quotes": sum(bool(row.quote) for row in rows)}


def _resting_on(s: Session, table: sa.Table, quotes: Sequence[str], article_ids: Sequence[int]) -> list[int]:
    """The rows that quote these words out of the articles that go; another article that prints the same words keeps its own."""
    x, gone = t.revision_texts, set(article_ids)
    query = sa.select(table.c.id, table.c.article_id, table.c.quote, x.c.text)
    query = query.outerjoin(x, x.c.revision_id == table.c.revision_id).where(table.c.quote.in_(quotes))
    return [row.id for row in s.execute(query) if row.article_id in gone or row.quote not in (row.text or "")]


def _heard(s: Session, which: sa.ColumnElement[bool]) -> set[str]:
    """Who speaks in these evidences, as written."""
    e = t.evidence
    return {name for name in s.execute(sa.select(e.c.speaker_written).where(which).distinct()).scalars() if name}


def _erase_addresses(s: Session, article_ids: Sequence[int]) -> None:
    """The articles' addresses, publisher and speakers, and what people said of them."""
    a, d, e, p = t.articles, t.discoveries, t.evidence, t.positions
    known = s.execute(sa.select(t.aliases).where(t.aliases.c.article_id.in_(article_ids))).all()
    urls = {row.url for row in known} | {row.key for row in known}
    for row in s.execute(sa.select(a.c.id, a.c.key, a.c.url).where(a.c.id.in_(article_ids), a.c.state != PURGED)).all():
        urls |= {row.url, row.key}
        gone = f"{erased.MARKED}{stable_key(row.key)}"
        values: dict[str, Any] = {"key": gone, "url": gone, "state": PURGED, "etag": None, "last_error": None}
        s.execute(sa.update(a).where(a.c.id == row.id).values(**values, next_fetch_at=None, last_modified=None))
    s.execute(sa.update(a).where(a.c.id.in_(article_ids)).values(outlet=None))
    s.execute(sa.update(t.revisions).where(t.revisions.c.article_id.in_(article_ids)).values(outlet=None))
    finals = sa.select(t.captures.c.final_url).where(t.captures.c.article_id.in_(article_ids))
    urls |= {url for url in s.execute(finals).scalars() if url}
    s.execute(sa.delete(t.aliases).where(t.aliases.c.article_id.in_(article_ids)))
    s.execute(sa.update(d).where(d.c.article_id.in_(article_ids)).values(entry={"url": ""}))
    gone_capture = {"final_url": None, "detail": None}
    s.execute(sa.update(t.captures).where(t.captures.c.article_id.in_(article_ids)).values(**gone_capture))
    nobody = {"speaker_written": None, "speaker_key": None}
    s.execute(sa.update(t.decisions).where(t.decisions.c.article_id.in_(article_ids)).values(quote=None, note="", **nobody))
    s.execute(sa.update(p).where(p.c.article_id.in_(article_ids)).values(quote=None, speaker_written=None))
    mine = e.c.assessment_id.in_(_assessments_of(article_ids))
    names = erased.of_names(_heard(s, mine))
    erased.scrub(s, erased.TOLD, erased.of_urls(urls), beside=names)
    erased.scrub(s, erased.REPORTED, erased.of_urls(urls))
    s.execute(sa.update(e).where(mine).values(speaker_written=None, speaker_key=None, speaker_basis=None))


def _hide_speakers(s: Session) -> None:
    """A speaker who is heard in removed articles alone has a number in the place of the name.

    Not nothing: the fold of what was known before must find the same voices. Whoever is heard elsewhere, too, keeps the key there
    and here, for the same reason.
    """
    p, a = t.positions, t.articles
    of_gone = sa.select(a.c.id).where(a.c.state == PURGED)
    held = sa.select(p.c.speaker).where(p.c.article_id.not_in(of_gone), p.c.speaker.is_not(None))
    named = (p.c.speaker != "") & ~p.c.speaker.startswith(erased.MARKED)
    query = sa.select(p.c.speaker, sa.func.min(p.c.id)).where(p.c.article_id.in_(of_gone), named, p.c.speaker.not_in(held))
    for speaker, number in s.execute(query.group_by(p.c.speaker)).tuples().all():
        s.execute(sa.update(p).where(p.c.speaker == speaker).values(speaker=f"{erased.MARKED}{number}"))


# --- people ---------------------------------------------------------------------------------------------------------


def _person(s: Session, subject: str, now: datetime, by: str) -> tuple[str, dict[str, int], set[int], tuple[str, ...]]:
    e, a, p, d = t.evidence, t.assessments, t.positions, t.decisions
    name = erased.folded(subject)
    person = _identified(s, name)
    keys, written = _speakers(s, person)
    mine = e.c.speaker_key.in_(sorted(keys)) | ((e.c.speaker_key == "") & e.c.speaker_written.in_(sorted(written)))
    query = sa.select(a.c.article_id).join(e, e.c.assessment_id == a.c.id).where(mine).distinct()
    named = d.c.speaker_key.in_(sorted(keys)) | ((d.c.speaker_key == "") & d.c.speaker_written.in_(sorted(written)))
    pointed = sa.select(d.c.article_id).where(named, d.c.article_id.is_not(None))
    ids = sorted({*s.execute(query).scalars(), *s.execute(pointed).scalars()})
    versions = purged_topics.rewrite(
        s, lambda held: replace(held, people=tuple(p for p in held.people if not person.is_(p))), now, by
    )
    wrote = _erase_authors(s, person)
    if not ids and not versions and not wrote:
        raise _NothingHeld(digest(name), "speaker or person of a topic")
    topics = {topic for i in ids for topic in topics_of_article(s, i)}
    for article_id in ids:
        for topic_id in topics_of_article(s, article_id):
            for one in (article_id, *clusters.copies_of(s, topic_id, article_id)):
                touch(s, topic_id, Cause.LEGAL_REMOVAL, now, article_id=one)
    evidence_ids = list(s.execute(sa.select(e.c.id).where(mine)).scalars())
    heard = sa.select(e.c.speaker_written).where(mine, e.c.speaker_written.is_not(None))
    called = s.execute(heard.union(sa.select(d.c.speaker_written).where(named))).scalars().all()
    erased.scrub(s, erased.TOLD, erased.of_words([notify.said_by(one) for one in called]))
    _erase_said(s, ids)
    # Whoever else speaks in these texts may speak of the person: the words of all of them go.
    words = _erase_words(s, e.c.assessment_id.in_(_assessments_of(ids)), ids, now, by)
    counts = _erase_texts(s, ids) | words
    nobody = {"speaker_written": None, "speaker_key": None, "speaker_basis": None}
    for batch in chunks(evidence_ids):
        s.execute(sa.update(e).where(e.c.id.in_(batch)).values(**nobody))
        s.execute(sa.update(p).where(p.c.evidence_id.in_(batch)).values(speaker=None, speaker_written=None))
    s.execute(sa.update(p).where(p.c.speaker.in_(sorted(keys))).values(speaker=None, speaker_written=None))
    s.execute(sa.update(d).where(named).values(speaker_key=None, speaker_written=None))
    _erase_notes(s, person)
    for other in sorted((person.names | {erased.folded(k) for k in keys}) - {name}):
        _bury(s, "person", other, now)
    return (
        digest(name),
        counts | {"articles": len(ids), "topic versions": versions},
        topics,
        purged_topics.left_in(s, person.names),
    )


def _erase_said(s: Session, article_ids: Sequence[int]) -> None:
    """What people and sources said of these articles; the decisions hold, and the articles keep their addresses."""
    d, f = t.decisions, t.discoveries
    told = d.c.article_id.in_(article_ids)
    quotes = erased.forget_quotes(s, s.execute(sa.select(d.c.id).where(told)).scalars().all())
    s.execute(sa.update(d).where(told).values(note=""))
    s.execute(sa.update(t.positions).where(t.positions.c.article_id.in_(article_ids), t.positions.c.quote != "").values(quote=""))
    erased.scrub(s, erased.TOLD, erased.of_words(quotes))
    for row in s.execute(sa.select(f.c.id, f.c.entry).where(f.c.article_id.in_(article_ids))).all():
        entry = {name: held for name, held in row.entry.items() if name in _OF_AN_ADDRESS}
        s.execute(sa.update(f).where(f.c.id == row.id).values(entry=entry))


_OF_AN_ADDRESS = ("url", "lang", "outlet", "content_type")


def _erase_authors(s: Session, person: _Identified) -> int:
    """The person no longer stands among the authors of any text; how many had the name."""
    r, f, changed = t.revisions, t.discoveries, 0
    for row in s.execute(sa.select(r.c.id, r.c.authors)).all():
        authors = [name for name in row.authors if erased.folded(name) not in person.names]
        if authors != row.authors:
            changed += 1
            s.execute(sa.update(r).where(r.c.id == row.id).values(authors=authors))
    for row in s.execute(sa.select(f.c.id, f.c.entry)).all():
        held = row.entry.get("authors", [])
        authors = [name for name in held if erased.folded(name) not in person.names]
        if authors != held:
            changed += 1
            s.execute(sa.update(f).where(f.c.id == row.id).values(entry={**row.entry, "authors": authors}))
    return changed


def _erase_notes(s: Session, person: _Identified) -> None:
    """Notes that name the person, on whatever they are."""
    d = t.decisions
    clean = erased.of_names(person.names)
    for row in s.execute(sa.select(d.c.id, d.c.note).where(d.c.note != "")).all():
        if clean(" ".join(row.note.split())) != " ".join(row.note.split()):
            s.execute(sa.update(d).where(d.c.id == row.id).values(note=""))


@dataclass(frozen=True, slots=True)
class _Identified:
    """Whom a name means: the `keys` in topics' `people`, and all that nobody else there is called (folded)."""

    keys: frozenset[str]
    names: frozenset[str]
    others: frozenset[str]  # the keys of the other people

    def is_(self, person: Person) -> bool:
        return person.key in self.keys


def _identified(s: Session, name: str) -> _Identified:
    people = {p for spec in s.execute(sa.select(t.topic_versions.c.spec)).scalars() for p in codec.load_topic(spec).people}
    keys = frozenset(p.key for p in people if name in _called(p))
    mine = {called for p in people if p.key in keys for called in _called(p)}
    shared = {called for p in people if p.key not in keys for called in _called(p)}
    return _Identified(keys, frozenset(mine - shared | {name}), frozenset(p.key for p in people if p.key not in keys))


def _called(person: Person) -> set[str]:
    return {erased.folded(x) for x in (person.key, person.canonical, *person.variants)}


def _speakers(s: Session, person: _Identified) -> tuple[set[str], set[str]]:
    """The keys under which this person speaks in the evidence, and the names as written of speakers without a key."""
    e, d = t.evidence, t.decisions
    by_people = sa.select(d.c.speaker_key, d.c.speaker_written).where(d.c.speaker_key.is_not(None))
    query = sa.select(e.c.speaker_key, e.c.speaker_written).where(e.c.speaker_key.is_not(None)).union(by_people)
    keys, written = set(person.keys), set()
    for key, name in s.execute(query).tuples():
        if key in person.others or not {erased.folded(key), erased.folded(name or "")} & person.names:
            continue
        if key:
            keys.add(key)
        elif name:
            written.add(name)
    return keys, written


def _bury(s: Session, kind: str, name: str, now: datetime) -> None:
    """Another name of what is removed is refused as well."""
    b = t.tombstones
    values = {"kind": kind, "subject_sha256": digest(name), "reason": "another name of what was removed", "at": now}
    same = (b.c.kind == kind) & (b.c.subject_sha256 == values["subject_sha256"])
    if s.execute(sa.select(b.c.id).where(same)).first() is None:
        s.execute(sa.insert(b).values(**values, actor_id=actor_id(s, "program", "purge", now), counts={}))


# --- files ----------------------------------------------------------------------------------------------------------


def _sweep(db: Database, wait_s: float) -> None:
    """Nothing of it may be left in free pages or in the log."""
    if db.is_sqlite:
        # What was overwritten or deleted before, by retention say, lies in free pages as well: only a new file has none of it.
        _empty(sqlite_path(sa.make_url(db.url)), db.name, wait_s, rewrite=True)
        if isinstance(db.blobs, SqliteBlobs) and db.blobs.path.exists():
            _empty(db.blobs.path, db.name, wait_s, rewrite=False)  # it deletes nothing without overwriting it
        return
    tables = ", ".join(table.name for table in t.METADATA.sorted_tables)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"VACUUM (ANALYZE) {tables}")  # the planner's statistics keep values, too


def _empty(path: Path, name: str, wait_s: float, *, rewrite: bool) -> None:
    again = "run the same purge again when nobody else is at work"
    with closing(sqlite3.connect(path, timeout=wait_s, isolation_level=None)) as own:
        try:
            if rewrite:
                own.execute("VACUUM")
            busy, _, _ = own.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            raise DatabaseBusy(f"{name}: erased, but free pages may still hold it ({error}); {again}") from error
    if busy:
        raise DatabaseBusy(f"{name}: erased, but the log of its file still holds it, since somebody reads it; {again}")
