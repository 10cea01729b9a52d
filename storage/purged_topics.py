"""What a purge takes out of topics: people, sources and outlets of every version of them, and wordings that taught a claim.

Only what a topic keeps as such goes. A name in its own words (a claim, a name to look for) only a person can reword: `left_in`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.models import ClaimSpec, Examples, SourceSpec, Topic
from storage import claims, codec, erased
from storage import tables as t
from storage.sql import chunks, stable_key


def rewrite(s: Session, without: Callable[[Topic], Topic], now: datetime, by: str) -> int:
    """Write every version of every topic anew, and make what was current a new one; returns how many had something to lose."""
    from claimline import topics as files

    v, changed = t.topic_versions, 0
    for row in s.execute(sa.select(t.topics.c.id, t.topics.c.current_version_id)).all():
        for version in s.execute(sa.select(v.c.id, v.c.spec).where(v.c.topic_id == row.id)).all():
            held = codec.load_topic(version.spec)
            kept = without(held)
            if kept == held:
                continue
            values = {"spec": codec.dump(kept), "yaml": files.dump(kept)}
            s.execute(sa.update(v).where(v.c.id == version.id).values(**values))
            changed += 1
            if version.id == row.current_version_id:
                text = files.dump(kept)
                claims.import_topic(s, kept, digest=files.digest(kept), yaml=text, now=now, by=by, force=True)
    return changed


def unteach(s: Session, quotes: set[str], article_ids: Sequence[int], now: datetime, by: str) -> None:
    """Wordings that were taken from these articles to teach a claim go from every version of it."""
    specs = [row.spec for row in s.execute(sa.select(t.claims.c.spec)).all()]
    specs += [one for row in s.execute(sa.select(t.topic_versions.c.spec)).all() for one in row.spec.get("claims", ())]
    taught = {words for spec in specs for words in _wordings(codec.load_claim_spec(spec))}
    if not taught:
        return
    r, x, d = t.revisions, t.revision_texts, t.decisions
    held = [*quotes]
    for batch in chunks(article_ids):
        texts = sa.select(x.c.text).join(r, r.c.id == x.c.revision_id).where(r.c.article_id.in_(batch))
        held += s.execute(texts).scalars().all()
        held += [q for q in s.execute(sa.select(d.c.quote).where(d.c.article_id.in_(batch))).scalars() if q]
    flat = [" ".join(text.split()) for text in held]
    gone = {words for words in taught if any(" ".join(words.split()) in text for text in flat)}
    gone |= {words for words in taught if any(erased.find(words, q) == 0 for q in held if erased.is_mark(q))}
    if not gone:
        return
    rewrite(s, lambda topic: replace(topic, claims=tuple(_untaught(c, gone) for c in topic.claims)), now, by)
    c = t.claims
    for row in s.execute(sa.select(c.c.id, c.c.spec)).all():
        spec = codec.load_claim_spec(row.spec)
        if (kept := _untaught(spec, gone)) != spec:
            s.execute(sa.update(c).where(c.c.id == row.id).values(spec=codec.dump(kept)))


def _wordings(spec: ClaimSpec) -> tuple[str, ...]:
    x = spec.examples
    return (*x.supports, *x.refutes, *x.neutral)


def _untaught(spec: ClaimSpec, gone: set[str]) -> ClaimSpec:
    sides = (spec.examples.supports, spec.examples.refutes, spec.examples.neutral)
    return replace(spec, examples=Examples(*(tuple(words for words in side if words not in gone) for side in sides)))


def left_in(s: Session, names: Iterable[str]) -> tuple[str, ...]:
    """The topics in whose own words the name still stands."""
    v = t.topic_versions
    held = sa.select(t.topics.c.slug, v.c.yaml).join(v, v.c.id == t.topics.c.current_version_id).order_by(t.topics.c.slug)
    return tuple(row.slug for row in s.execute(held) if any(name in erased.folded(row.yaml) for name in names))


def forget_host(s: Session, host: str, now: datetime, by: str) -> dict[str, int]:
    """Take the sources and the publishers of a host out of every version of every topic, and its addresses out of the sources.

    Nothing that a source of it finds would be taken in again. A topic's file that still names it brings its own words back.
    """
    src, link = t.sources, t.topic_sources
    versions = rewrite(s, lambda topic: _without_host(topic, host), now, by)
    found = [row for row in s.execute(sa.select(src.c.id, src.c.locator)).all() if erased.is_of(row.locator, host)]
    for row in found:
        gone = f"{erased.MARKED}{stable_key(row.locator)}"
        nothing = dict.fromkeys(("etag", "last_modified", "body_sha256", "last_error", "next_due_at"))
        s.execute(sa.update(src).where(src.c.id == row.id).values(locator=gone, **nothing))
        for held in s.execute(sa.select(link.c.topic_id, link.c.spec).where(link.c.source_id == row.id)).all():
            mine = (link.c.source_id == row.id) & (link.c.topic_id == held.topic_id)
            spec = codec.dump(SourceSpec(codec.load_source_spec(held.spec).kind, gone))
            s.execute(sa.update(link).where(mine).values(spec=spec))
    return {name: n for name, n in (("topic versions", versions), ("sources", len(found))) if n}


def _without_host(topic: Topic, host: str) -> Topic:
    sources = tuple(one for one in topic.sources if not erased.is_of(one.locator, host))
    return replace(topic, sources=sources, outlets=tuple(o for o in topic.outlets if not erased.is_of(o.domain, host)))


def erase_outlet(s: Session, host: str, now: datetime) -> None:
    """What people and files said of the publisher."""
    w = t.outlet_weights
    for row in s.execute(sa.select(w.c.id, w.c.domain, w.c.closed_at)).all():
        if erased.is_of(row.domain, host):
            gone = {
                "domain": f"{erased.MARKED}{stable_key(row.domain)}",
                "title": "",
                "country": None,
                "closed_at": row.closed_at or now,
            }
            s.execute(sa.update(w).where(w.c.id == row.id).values(**gone))
