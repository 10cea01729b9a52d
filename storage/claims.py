"""Topics and claims: importing a topic file, and reading what the database holds.

The database holds the topic; a file is a version of it, known by its digest. Nothing is deleted: what leaves the file is retired.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import StaleTopic, UnknownName, UsageError
from claimline.models import Cause, ClaimSpec, Topic
from storage import codec, outlets
from storage import tables as t
from storage.article_keys import digest as digest_of_name
from storage.records import StoredClaim, StoredTopic, TopicImport
from storage.sql import chunks, insert_id, insert_new, touch


def import_topic(s: Session, topic: Topic, *, digest: str, yaml: str, now: datetime, by: str, force: bool = False) -> TopicImport:
    """Take in a topic; the digest that is held already changes nothing, that of an older version is refused (StaleTopic).

    So is one that names a person whom a purge removed (UsageError).
    """
    _refuse_buried(s, topic)
    row = s.execute(sa.select(t.topics).where(t.topics.c.slug == topic.slug)).mappings().first()
    if row is None:
        topic_id = insert_id(s, t.topics, slug=topic.slug, created_at=now)
        return _adopt(s, topic, topic_id, _new_version(s, topic_id, topic, digest, yaml, by, now), True, now, by)
    topic_id = row["id"]
    held = _version(s, row["current_version_id"])
    if held.digest == digest:
        return TopicImport(topic_id, held.id, created=False, changed=False)
    same = (t.topic_versions.c.topic_id == topic_id) & (t.topic_versions.c.digest == digest)
    older = s.execute(sa.select(t.topic_versions.c.id).where(same)).scalar()
    if older is not None and not force:
        raise StaleTopic(topic.slug, _diff(held.yaml, yaml))
    version_id = older if older is not None else _new_version(s, topic_id, topic, digest, yaml, by, now)
    return _adopt(s, topic, topic_id, version_id, False, now, by)


def topic(s: Session, slug: str) -> StoredTopic:
    """The topic as it is now; raises UnknownName."""
    return _topic(s, slug)


def _topic(s: Session, slug: str) -> StoredTopic:
    for found in _topics(s, t.topics.c.slug == slug):
        return found
    raise UnknownName("topic", slug, list(s.execute(sa.select(t.topics.c.slug).order_by(t.topics.c.slug)).scalars()))


def topic_by_id(s: Session, topic_id: int) -> StoredTopic:
    for found in _topics(s, t.topics.c.id == topic_id):
        return found
    raise UnknownName("topic", str(topic_id))


def topics(s: Session) -> tuple[StoredTopic, ...]:
    return tuple(_topics(s, sa.true()))


def claims(
    s: Session, topic: str | None = None, *, retired: bool = False, known_at: datetime | None = None
) -> tuple[StoredClaim, ...]:
    """Every claim (of a topic), in the order of their topics' files; `known_at`: with those that were retired only after it."""
    where = sa.true() if topic is None else t.topics.c.slug == topic
    return tuple(c for c in _claims(s, where, known_at) if retired or not c.retired)


def claim(s: Session, slug: str, topic: str | None = None) -> StoredClaim:
    """The claim of that slug, or that once had it; raises UnknownName, naming the topics where several have one."""
    within = sa.true() if topic is None else t.topics.c.slug == topic
    found = _claims(s, within & (t.claims.c.slug == slug))
    if not found:
        former = sa.select(t.claim_slugs.c.claim_id).where(t.claim_slugs.c.slug == slug)
        found = _claims(s, within & t.claims.c.id.in_(former))
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(c.topic_slug for c in found)
        raise UnknownName("claim", slug, [f"say which topic with --topic: {names}"])
    if topic is not None:
        _topic(s, topic)
    known = [c.slug for c in _claims(s, within)]
    close = difflib.get_close_matches(slug, known, n=5, cutoff=0.4)
    raise UnknownName("claim", slug, close or known)


def claim_by_id(s: Session, claim_id: int) -> StoredClaim:
    for found in _claims(s, t.claims.c.id == claim_id):
        return found
    raise UnknownName("claim", str(claim_id))


def claims_by_id(s: Session, ids: Iterable[int]) -> dict[int, StoredClaim]:
    """Those of these that there are."""
    return {claim.id: claim for few in chunks(ids) for claim in _claims(s, t.claims.c.id.in_(few))}


def claim_versions(s: Session, topic_version_id: int) -> dict[str, int]:
    """Claim slug -> the id of the wording that this topic version asks about."""
    cv = t.claim_versions
    query = (
        sa.select(t.claims.c.slug, cv.c.id)
        .join(cv, cv.c.claim_id == t.claims.c.id)
        .join(t.topic_claims, t.topic_claims.c.claim_version_id == cv.c.id)
        .where(t.topic_claims.c.topic_version_id == topic_version_id)
    )
    return {row.slug: row.id for row in s.execute(query)}


# --- importing ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Report:
    added: list[str]
    reworded: list[str]
    retired: list[str]
    renamed: list[str]


def _refuse_buried(s: Session, topic: Topic) -> None:
    b = t.tombstones
    buried = set(s.execute(sa.select(b.c.subject_sha256).where(b.c.kind == "person")).scalars())
    for person in topic.people if buried else ():
        names = (person.key, person.canonical, *(v for v in person.variants if " " in v.strip()))  # a surname may be another's
        if any(digest_of_name(" ".join(name.split()).casefold()) in buried for name in names):
            raise UsageError(
                f"topic {topic.slug}: `people` names {person.canonical}, who was removed by a purge; take the entry out"
            )


def _version(s: Session, version_id: int) -> sa.Row[tuple[int, str, str]]:
    v = t.topic_versions
    return s.execute(sa.select(v.c.id, v.c.digest, v.c.yaml).where(v.c.id == version_id)).one()


def _diff(held: str, given: str) -> str:
    return "\n".join(difflib.unified_diff(held.splitlines(), given.splitlines(), "database", "file", lineterm="", n=1))


def _new_version(s: Session, topic_id: int, topic: Topic, digest: str, yaml: str, by: str, now: datetime) -> int:
    v = t.topic_versions
    last = s.execute(sa.select(sa.func.max(v.c.n)).where(v.c.topic_id == topic_id)).scalar() or 0
    spec = codec.dump(topic)
    return insert_id(s, v, topic_id=topic_id, n=last + 1, digest=digest, yaml=yaml, spec=spec, by=by, created_at=now)


def _adopt(s: Session, topic: Topic, topic_id: int, version_id: int, created: bool, now: datetime, by: str) -> TopicImport:
    report = _Report([], [], [], [])
    before = _held(s, topic_id)
    if before is not None and before.unknown_outlets != topic.unknown_outlets:
        _touch_all(s, topic_id, now)
    if not _private_hosts(topic) <= (_private_hosts(before) if before else frozenset()):
        _ask_private_hosts_again(s, topic_id, now)
    s.execute(sa.update(t.topics).where(t.topics.c.id == topic_id).values(current_version_id=version_id))
    held = {r["slug"]: dict(r) for r in s.execute(sa.select(t.claims).where(t.claims.c.topic_id == topic_id)).mappings()}
    kept: set[int] = set()
    for spec in topic.claims:
        kept.add(_adopt_claim(s, topic_id, version_id, spec, held, report, now))
    for row in held.values():
        if row["id"] not in kept and row["retired_at"] is None:
            s.execute(sa.update(t.claims).where(t.claims.c.id == row["id"]).values(retired_at=now))
            report.retired.append(row["slug"])
    _adopt_sources(s, topic, topic_id, now)
    outlets.adopt(s, topic_id, topic.outlets, before=before.outlets if before else (), now=now, by=by)
    lists = [tuple(x) for x in (report.added, report.reworded, report.retired, report.renamed)]
    return TopicImport(topic_id, version_id, created, True, *lists)


def _held(s: Session, topic_id: int) -> Topic | None:
    """The topic as it was until now."""
    v = t.topic_versions
    current = sa.select(t.topics.c.current_version_id).where(t.topics.c.id == topic_id).scalar_subquery()
    held = s.execute(sa.select(v.c.spec).where(v.c.id == current)).scalar()
    return codec.load_topic(held) if held is not None else None


def _touch_all(s: Session, topic_id: int, now: datetime) -> None:
    """Whether unknown outlets count bears on every position of the topic."""
    for claim_id in s.execute(sa.select(t.claims.c.id).where(t.claims.c.topic_id == topic_id)).scalars().all():
        touch(s, topic_id, Cause.CHANGED_SETTING, now, claim_id=claim_id)


def _private_hosts(topic: Topic) -> frozenset[str]:
    return frozenset(host for spec in topic.sources for host in spec.allow_private)


def _ask_private_hosts_again(s: Session, topic_id: int, now: datetime) -> None:
    """What was left because it stands on a private host may be allowed now: the next run asks again."""
    a, ta = t.articles, t.topic_articles
    mine = sa.select(ta.c.article_id).where(ta.c.topic_id == topic_id)
    left = (a.c.state == "left") & a.c.last_error.startswith("private-address") & a.c.id.in_(mine)
    s.execute(sa.update(a).where(left).values(next_fetch_at=now))


def _adopt_claim(
    s: Session,
    topic_id: int,
    version_id: int,
    spec: ClaimSpec,
    held: dict[str, dict[str, object]],
    report: _Report,
    now: datetime,
) -> int:
    row = held.get(spec.slug)
    if row is None and spec.renamed_from and spec.renamed_from in held and held[spec.renamed_from]["slug"] != spec.slug:
        row = held.pop(spec.renamed_from)
        held[spec.slug] = row | {"slug": spec.slug}
        report.renamed.append(spec.slug)
        _remember_slug(s, int(str(row["id"])), spec.slug, now)
    if row is None:
        claim_id = insert_id(s, t.claims, topic_id=topic_id, slug=spec.slug, spec=codec.dump(spec), created_at=now)
        _remember_slug(s, claim_id, spec.slug, now)
        report.added.append(spec.slug)
    else:
        claim_id = int(str(row["id"]))
        values = {"slug": spec.slug, "spec": codec.dump(spec), "retired_at": None}
        s.execute(sa.update(t.claims).where(t.claims.c.id == claim_id).values(**values))
    _adopt_wording(s, version_id, claim_id, spec, report, now)
    return claim_id


def _adopt_wording(s: Session, version_id: int, claim_id: int, spec: ClaimSpec, report: _Report, now: datetime) -> None:
    cv = t.claim_versions
    found = s.execute(sa.select(cv.c.id, cv.c.n, cv.c.statement).where(cv.c.claim_id == claim_id).order_by(cv.c.n)).all()
    wording = next((r.id for r in found if r.statement == spec.statement), None)
    if wording is None:
        values = {"claim_id": claim_id, "statement": spec.statement, "topic_version_id": version_id, "created_at": now}
        wording = insert_id(s, cv, n=len(found) + 1, **values)
    current = s.execute(sa.select(t.claims.c.current_version_id).where(t.claims.c.id == claim_id)).scalar()
    if current is not None and current != wording:
        report.reworded.append(spec.slug)  # the next edition takes it in, once the stored past is read (storage.pins)
    s.execute(sa.update(t.claims).where(t.claims.c.id == claim_id).values(current_version_id=wording))
    insert_new(s, t.topic_claims, [{"topic_version_id": version_id, "claim_version_id": wording}])


def _remember_slug(s: Session, claim_id: int, slug: str, now: datetime) -> None:
    insert_id(s, t.claim_slugs, claim_id=claim_id, slug=slug, created_at=now)


def _adopt_sources(s: Session, topic: Topic, topic_id: int, now: datetime) -> None:
    kept: list[int] = []
    for position, spec in enumerate(topic.sources):
        where = (t.sources.c.kind == spec.kind) & (t.sources.c.locator == spec.locator)
        source_id = s.execute(sa.select(t.sources.c.id).where(where)).scalar()
        if source_id is None:
            source_id = insert_id(s, t.sources, kind=spec.kind, locator=spec.locator, failures=0, created_at=now)
        if source_id in kept:
            raise UsageError(f"topic {topic.slug}: the source {spec.locator} stands in it twice")
        kept.append(source_id)
        link = (t.topic_sources.c.topic_id == topic_id) & (t.topic_sources.c.source_id == source_id)
        values = {"position": position, "spec": codec.dump(spec), "paused": spec.paused, "retired_at": None}
        if s.execute(sa.update(t.topic_sources).where(link).values(**values)).rowcount == 0:  # type: ignore[attr-defined]
            s.execute(sa.insert(t.topic_sources).values(topic_id=topic_id, source_id=source_id, **values))
            _share_articles(s, topic_id, source_id, now)
    gone = (t.topic_sources.c.topic_id == topic_id) & t.topic_sources.c.source_id.not_in(kept)
    s.execute(sa.update(t.topic_sources).where(gone, t.topic_sources.c.retired_at.is_(None)).values(retired_at=now))


def _share_articles(s: Session, topic_id: int, source_id: int, now: datetime) -> None:
    """What a source found for another topic belongs to this one too."""
    ids = s.execute(sa.select(t.discoveries.c.article_id).where(t.discoveries.c.source_id == source_id)).scalars().all()
    insert_new(s, t.topic_articles, [{"topic_id": topic_id, "article_id": i, "added_at": now} for i in ids])


# --- reading --------------------------------------------------------------------------------------------------------


def _topics(s: Session, where: sa.ColumnElement[bool]) -> list[StoredTopic]:
    v = t.topic_versions
    query = (
        sa.select(t.topics.c.id, t.topics.c.slug, v.c.id.label("version_id"), v.c.spec, v.c.digest, v.c.yaml)
        .join(v, v.c.id == t.topics.c.current_version_id)
        .where(where)
        .order_by(t.topics.c.slug)
    )
    rows = s.execute(query).all()
    held = _claims(s, where) if rows else []
    return [
        StoredTopic(
            r.id,
            r.slug,
            r.version_id,
            codec.load_topic(r.spec),
            r.digest,
            r.yaml,
            tuple(c for c in held if c.topic_id == r.id),
        )
        for r in rows
    ]


def _claims(s: Session, where: sa.ColumnElement[bool], known_at: datetime | None = None) -> Sequence[StoredClaim]:
    return [
        StoredClaim(
            r["id"],
            r["topic_id"],
            r["topic_slug"],
            r["slug"],
            r["statement"],
            r["version_id"],
            r["n"],
            r["retired_at"] is not None and (known_at is None or r["retired_at"] <= known_at),
            codec.load_claim_spec(r["spec"]),
        )
        for r in s.execute(_CLAIMS.where(where)).mappings()
    ]


_CLAIMS = (
    sa.select(
        t.claims,
        t.topics.c.slug.label("topic_slug"),
        t.claim_versions.c.statement,
        t.claim_versions.c.n,
        t.claim_versions.c.id.label("version_id"),
    )
    .join(t.topics, t.topics.c.id == t.claims.c.topic_id)
    .join(t.claim_versions, t.claim_versions.c.id == t.claims.c.current_version_id)
    .order_by(t.topics.c.slug, t.claims.c.id)
)
