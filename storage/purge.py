"""The law: what has to go goes, from every table, file, index and cache; a tombstone stays that knows it only by its hash.

This is the one exception to "append, never edit". The ledger still explains itself: changes, stances, days and weights stay as
they were known; the words, the addresses and the names are gone, and what followed from them is refolded as *legal removal*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline import notify
from claimline.errors import UnknownName, UsageError
from claimline.models import Cause, Person
from storage import claims, clusters, codec, pins, search, sketches
from storage import tables as t
from storage.article_keys import article_key, digest
from storage.blobs import blobs_of
from storage.effective import PURGED
from storage.engine import Database
from storage.publish import Fold, publish_in
from storage.records import Published, Tombstone
from storage.sql import actor_id, chunks, stable_key, topics_of_article, touch


@dataclass(frozen=True, slots=True)
class Purged:
    """`left_in`: topics in whose own words (a claim, a name) a removed person still stands; those only a person can reword."""

    tombstone: Tombstone
    published: tuple[Published, ...]
    left_in: tuple[str, ...] = ()


def purge(db: Database, kind: str, subject: str, *, reason: str, by: str, now: datetime, fold: Fold | None = None) -> Purged:
    """Remove a url, a host or a person; raises UnknownName where nothing of it is held. One transaction, then the files.

    The words of a person are removed with the texts that hold them, and the person with every version of a topic's `people`. What
    is removed is not taken in again.
    """
    if kind not in ("url", "host", "person"):
        raise UsageError(f"{kind!r} cannot be purged; say url, host or person")
    if not reason.strip() or not by.strip():
        raise UsageError("a purge needs a reason and a name")
    done = db.write(lambda s: _purge_in(s, kind, subject, reason, by, now, fold))
    db.cache.clear()
    _sweep(db)
    return done


def tombstones(s: Session) -> tuple[Tombstone, ...]:
    """What was removed, newest first."""
    b = t.tombstones
    query = sa.select(b, t.actors.c.name).join(t.actors, t.actors.c.id == b.c.actor_id).order_by(b.c.id.desc())
    return tuple(
        Tombstone(r["kind"], r["subject_sha256"], r["reason"], r["name"], r["at"], r["counts"])
        for r in s.execute(query).mappings()
    )


def _purge_in(s: Session, kind: str, subject: str, reason: str, by: str, now: datetime, fold: Fold | None) -> Purged:
    if s.get_bind().dialect.name == "sqlite":
        s.execute(sa.text("PRAGMA secure_delete=ON"))
    left: tuple[str, ...] = ()
    if kind == "person":
        name, counts, touched, left = _person(s, subject, now, by)
    else:
        name, counts, touched = _articles(s, kind, subject, now)
    actor = actor_id(s, "person", by, now)
    row = {"kind": kind, "subject_sha256": name, "reason": reason, "actor_id": actor, "at": now, "counts": counts}
    b = t.tombstones
    s.execute(sa.delete(b).where(b.c.kind == kind, b.c.subject_sha256 == name))
    s.execute(sa.insert(b).values(**row))
    told = [topic_id for topic_id in sorted(touched) if pins.live(s, topic_id)]
    published = tuple(publish_in(s, one, run_id=None, actor=by, actor_kind="person", now=now, fold=fold) for one in told)
    return Purged(Tombstone(kind, name, reason, by, now, counts), published, left)


# --- addresses ------------------------------------------------------------------------------------------------------


def _articles(s: Session, kind: str, subject: str, now: datetime) -> tuple[str, dict[str, int], set[int]]:
    if kind == "url":
        key = article_key(s, None)(subject)
        found = s.execute(sa.select(t.aliases.c.article_id).where(t.aliases.c.key == key)).scalars().all()
        name = digest(key)
        _bury_aliases(s, set(found), now)
    else:
        host = subject.lower().strip("./")
        found = [r.article_id for r in s.execute(sa.select(t.aliases)) if _is_of(r.key, host)]
        name = digest(host)
    ids = sorted(set(found))
    if not ids:
        raise UnknownName(f"article of this {kind}", subject)
    topics = {topic for i in ids for topic in topics_of_article(s, i)}
    for article_id in ids:
        for topic_id in topics_of_article(s, article_id):
            for one in (article_id, *clusters.copies_of(s, topic_id, article_id)):  # a decision on it bears on its copies
                touch(s, topic_id, Cause.LEGAL_REMOVAL, now, article_id=one)
    counts = _erase_texts(s, ids) | _erase_words(s, t.evidence.c.assessment_id.in_(_assessments_of(ids)))
    _erase_addresses(s, ids)
    return name, counts | {"articles": len(ids)}, topics


def _bury_aliases(s: Session, article_ids: set[int], now: datetime) -> None:
    """The article's other addresses are refused as well as the one that was named."""
    for key in s.execute(sa.select(t.aliases.c.key).where(t.aliases.c.article_id.in_(article_ids))).scalars().all():
        _bury(s, "url", key, now)


def _is_of(key: str, host: str) -> bool:
    found = key.split("://", 1)[-1].split("/", 1)[0].split("?", 1)[0].lower()
    return found == host or found.endswith(f".{host}")


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
    search.forget(s, revisions)
    sketches.forget(s, revisions)
    return {"texts": len(revisions), "bodies": len(bodies)}


def _erase_words(s: Session, which: sa.ColumnElement[bool]) -> dict[str, int]:
    """The quotes of these evidences, wherever they were repeated; their hashes stay."""
    e, p, d = t.evidence, t.positions, t.decisions
    rows = s.execute(sa.select(e.c.id, e.c.quote, e.c.assessment_id).where(which, e.c.quote != "")).all()
    for batch in chunks([row.id for row in rows]):
        s.execute(sa.update(e).where(e.c.id.in_(batch)).values(quote="", said_words=None, via=None, modality=None))
        s.execute(sa.update(p).where(p.c.evidence_id.in_(batch)).values(quote=None))
    words = {row.quote for row in rows}
    for batch in chunks(sorted(words)):
        s.execute(sa.update(d).where(d.c.quote.in_(batch)).values(quote=None, note=""))
        s.execute(sa.update(p).where(p.c.quote.in_(batch)).values(quote=None))
    _scrub(s, t.outbox, t.outbox.c.payload, words)
    return {"quotes": len(rows)}


def _erase_addresses(s: Session, article_ids: Sequence[int]) -> None:
    a, d = t.articles, t.discoveries
    known = s.execute(sa.select(t.aliases).where(t.aliases.c.article_id.in_(article_ids))).all()
    urls = {row.url for row in known} | {row.key for row in known}
    for row in s.execute(sa.select(a.c.id, a.c.key, a.c.url).where(a.c.id.in_(article_ids))).all():
        urls |= {row.url, row.key}
        gone = f"removed:{stable_key(row.key)}"
        values: dict[str, Any] = {"key": gone, "url": gone, "state": PURGED, "etag": None, "last_error": None}
        s.execute(sa.update(a).where(a.c.id == row.id).values(**values, next_fetch_at=None, last_modified=None))
    finals = sa.select(t.captures.c.final_url).where(t.captures.c.article_id.in_(article_ids))
    urls |= {url for url in s.execute(finals).scalars() if url}
    s.execute(sa.delete(t.aliases).where(t.aliases.c.article_id.in_(article_ids)))
    s.execute(sa.update(d).where(d.c.article_id.in_(article_ids)).values(entry={"url": ""}))
    gone_capture = {"final_url": None, "detail": None}
    s.execute(sa.update(t.captures).where(t.captures.c.article_id.in_(article_ids)).values(**gone_capture))
    told = t.decisions.c.article_id.in_(article_ids)
    quotes = set(s.execute(sa.select(t.decisions.c.quote).where(told, t.decisions.c.quote.is_not(None))).scalars())
    s.execute(sa.update(t.decisions).where(told).values(quote=None, note=""))
    s.execute(sa.update(t.positions).where(t.positions.c.article_id.in_(article_ids)).values(quote=None))
    _scrub(s, t.outbox, t.outbox.c.payload, urls | quotes)
    _scrub(s, t.runs, t.runs.c.skips, urls)


def _scrub(s: Session, table: sa.Table, column: sa.Column[Any], words: Iterable[str]) -> None:
    """Take these words out of a JSON column, wherever they stand in it; in a message also as it shortens a quote."""
    gone: set[str] = set()
    for word in words:
        if flat := " ".join(word.split()):
            gone |= {word, flat, notify.shortened(flat)}
    if not gone:
        return
    longest_first = sorted(gone, key=len, reverse=True)
    for row in s.execute(sa.select(table.c.id, column)).all():
        cleaned = _without(row[1], longest_first)
        if cleaned != row[1]:
            s.execute(sa.update(table).where(table.c.id == row[0]).values({column: cleaned}))


def _without(value: Any, words: Sequence[str]) -> Any:
    if isinstance(value, str):
        for word in words:
            if word in value:
                value = value.replace(word, "")
        return value
    if isinstance(value, list):
        return [_without(item, words) for item in value]
    if isinstance(value, dict):
        return {key: _without(item, words) for key, item in value.items()}
    return value


# --- people ---------------------------------------------------------------------------------------------------------


def _person(s: Session, subject: str, now: datetime, by: str) -> tuple[str, dict[str, int], set[int], tuple[str, ...]]:
    e, a, p = t.evidence, t.assessments, t.positions
    name = _folded(subject)
    person = _identified(s, name)
    keys, written = _speakers(s, person)
    mine = e.c.speaker_key.in_(sorted(keys)) | ((e.c.speaker_key == "") & e.c.speaker_written.in_(sorted(written)))
    query = sa.select(a.c.article_id).join(e, e.c.assessment_id == a.c.id).where(mine).distinct()
    ids = sorted(s.execute(query).scalars())
    versions = _erase_from_topics(s, person, now, by)
    if not ids and not versions:
        raise UnknownName("speaker or person of a topic", subject)
    topics = {topic for i in ids for topic in topics_of_article(s, i)}
    for article_id in ids:
        for topic_id in topics_of_article(s, article_id):
            touch(s, topic_id, Cause.LEGAL_REMOVAL, now, article_id=article_id)
    evidence_ids = list(s.execute(sa.select(e.c.id).where(mine)).scalars())
    called = s.execute(sa.select(e.c.speaker_written).where(mine, e.c.speaker_written.is_not(None)).distinct()).scalars()
    _scrub(s, t.outbox, t.outbox.c.payload, [notify.said_by(one) for one in called])
    counts = _erase_texts(s, ids) | _erase_words(s, mine)
    nobody = {"speaker_written": None, "speaker_key": None, "speaker_basis": None}
    for batch in chunks(evidence_ids):
        s.execute(sa.update(e).where(e.c.id.in_(batch)).values(**nobody))
        s.execute(sa.update(p).where(p.c.evidence_id.in_(batch)).values(speaker=None, speaker_written=None))
    s.execute(sa.update(p).where(p.c.speaker.in_(sorted(keys))).values(speaker=None, speaker_written=None))
    for other in sorted((person.names | {_folded(k) for k in keys}) - {name}):
        _bury(s, "person", other, now)
    return digest(name), counts | {"articles": len(ids), "topic versions": versions}, topics, _left_in(s, person.names)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


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
    return {_folded(x) for x in (person.key, person.canonical, *person.variants)}


def _speakers(s: Session, person: _Identified) -> tuple[set[str], set[str]]:
    """The keys under which this person speaks in the evidence, and the names as written of speakers without a key."""
    e = t.evidence
    query = sa.select(e.c.speaker_key, e.c.speaker_written).where(e.c.speaker_key.is_not(None)).distinct()
    keys, written = set(person.keys), set()
    for key, name in s.execute(query).tuples():
        if key in person.others or not {_folded(key), _folded(name or "")} & person.names:
            continue
        if key:
            keys.add(key)
        elif name:
            written.add(name)
    return keys, written


def _erase_from_topics(s: Session, person: _Identified, now: datetime, by: str) -> int:
    """The person is no longer among a topic's people: every version is written anew, and what was current becomes a new one."""
    from claimline import topics as files

    v, changed = t.topic_versions, 0
    for row in s.execute(sa.select(t.topics.c.id, t.topics.c.current_version_id)).all():
        for version in s.execute(sa.select(v.c.id, v.c.spec).where(v.c.topic_id == row.id)).all():
            held = codec.load_topic(version.spec)
            kept = replace(held, people=tuple(p for p in held.people if not person.is_(p)))
            if kept == held:
                continue
            values = {"spec": codec.dump(kept), "yaml": files.dump(kept)}
            s.execute(sa.update(v).where(v.c.id == version.id).values(**values))
            changed += 1
            if version.id == row.current_version_id:
                text = files.dump(kept)
                claims.import_topic(s, kept, digest=files.digest(kept), yaml=text, now=now, by=by, force=True)
    return changed


def _left_in(s: Session, names: Iterable[str]) -> tuple[str, ...]:
    """The topics in whose own words the name still stands."""
    v = t.topic_versions
    held = sa.select(t.topics.c.slug, v.c.yaml).join(v, v.c.id == t.topics.c.current_version_id).order_by(t.topics.c.slug)
    return tuple(row.slug for row in s.execute(held) if any(name in _folded(row.yaml) for name in names))


def _bury(s: Session, kind: str, name: str, now: datetime) -> None:
    """Another name of what is removed is refused as well."""
    b = t.tombstones
    values = {"kind": kind, "subject_sha256": digest(name), "reason": "another name of what was removed", "at": now}
    same = (b.c.kind == kind) & (b.c.subject_sha256 == values["subject_sha256"])
    if s.execute(sa.select(b.c.id).where(same)).first() is None:
        s.execute(sa.insert(b).values(**values, actor_id=actor_id(s, "program", "purge", now), counts={}))


# --- files ----------------------------------------------------------------------------------------------------------


def _sweep(db: Database) -> None:
    """Nothing of it may be left in free pages or in the log."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if db.is_sqlite:
            raw: Any = connection.connection.dbapi_connection
            raw.rollback()
            raw.execute("PRAGMA query_only=OFF")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            connection.exec_driver_sql("VACUUM revision_texts, evidence, positions, articles, discoveries, outbox, blobs")
