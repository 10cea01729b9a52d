"""How sources that a person gives come into a topic: compared with what it has, checked as a topic file is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app import opening, out
from claimline import topics as topic_files
from claimline.errors import NoDatabase, StorageError, TopicError, UsageError
from claimline.models import ClaimSpec, SourceSpec, Topic
from claimline.sources import kinds

if TYPE_CHECKING:
    from storage.engine import Session


@dataclass(frozen=True, slots=True)
class Added:
    """How many sources are new, what became of those that the topic had, and all of them as the topic has them now."""

    new: int
    changed: tuple[str, ...]
    specs: tuple[SourceSpec, ...]

    def words(self) -> str:
        return "".join(f"; {change}" for change in self.changed)


def add(db: str | None, topic: str, specs: Sequence[SourceSpec], *, anew: bool = True) -> Added:
    """Adds what the topic does not have yet in any spelling, and (with `anew`) what is said anew of those it has, as a new
    version of it.
    """
    from flows import steps
    from storage import claims

    if specs:
        refuse_invalid(specs)
    with opening.desk(db, actor="command line") as desk:
        with desk.db.read() as s:
            held = claims.topic(s, topic).topic
        sources, added = merged(held.sources, specs, anew=anew)
        if sources != held.sources:
            steps.import_topic(desk, replace(held, sources=sources))
    return added


def merged(held: tuple[SourceSpec, ...], specs: Sequence[SourceSpec], *, anew: bool) -> tuple[tuple[SourceSpec, ...], Added]:
    """A topic's sources with those that are given, and what became of each; none that is held is lost or moved."""
    own = {_key(x): x for x in reversed(held)}
    known = dict(own)
    changed: list[str] = []
    for spec in specs:
        before = known.get(_key(spec))
        if before is None:
            known[_key(spec)] = spec
        elif anew:
            known[_key(spec)], said = _said_anew(before, spec)
            changed += said
    # Two sources of a topic file may be spellings of one: both stay.
    kept = [known[_key(x)] if own[_key(x)] is x else x for x in held]
    new = [spec for key, spec in known.items() if key not in own]
    return (*kept, *new), Added(len(new), tuple(changed), tuple(known[_key(x)] for x in specs))


def _key(spec: SourceSpec) -> tuple[str, str]:
    return kinds.same_source(spec.kind, spec.locator)


def _said_anew(before: SourceSpec, spec: SourceSpec) -> tuple[SourceSpec, list[str]]:
    """A source that is there with what is said of it now, and the words for it."""
    words = [] if spec.locator == before.locator else [f"as {before.locator}"]
    hosts = [h for h in spec.allow_private if h not in before.allow_private]
    words += [f"{', '.join(hosts)} may be read from now on"] if hosts else []
    now = replace(before, allow_private=(*before.allow_private, *hosts))
    if spec.lang and spec.lang != before.lang:
        now = replace(now, lang=spec.lang)
        words.append(f"its language is {spec.lang} from now on" + (f" ({before.lang} before)" if before.lang else ""))
    if spec.title and spec.title != before.title:
        now = replace(now, title=spec.title)
        words.append(f"its title is {spec.title!r} from now on")
    return now, words


def refuse_invalid(specs: Sequence[SourceSpec]) -> None:
    """What a topic file may not say is not given by hand either: its export must be valid. Raises UsageError."""
    claim = ClaimSpec("open", "The harbour bridge is open")
    try:
        topic_files.parse(topic_files.dump(Topic("one", "One", (claim,), tuple(specs))))
    except TopicError as error:
        raise UsageError("; ".join(dict.fromkeys(f"{_option(p.key)}{p.message}" for p in error.problems))) from None


_OPTIONS: Mapping[str, str] = {"sources.lang": "--lang ", "sources.allow_private": "--allow-private "}


def _option(key: str) -> str:
    """The option that says what a topic file has under this key."""
    return _OPTIONS.get(key, "")


@dataclass(frozen=True, slots=True)
class Held:
    """A source as a topic has it."""

    topic: str
    spec: SourceSpec


def held(db: str | None, topic: str | None, where: str, kind: str | None) -> tuple[Held, ...]:
    """The sources of the stored topics (of one topic) that are at this place, in any spelling; none where nothing is stored.

    That a database cannot be read is told, and an error only where a topic is named.
    """
    try:
        with opening.database(db, create=False) as opened, opened.read() as s:
            return _held(s, topic, where, kind)
    except StorageError as error:
        if topic:
            raise
        if not isinstance(error, NoDatabase):
            out.say(f"not looked up among the stored sources: {error}")
        return ()


def _held(s: Session, topic: str | None, where: str, kind: str | None) -> tuple[Held, ...]:
    from storage import articles, claims

    topics = [claims.topic(s, topic)] if topic else claims.topics(s)
    places = {where, kinds.as_path(where)}
    mine = [Held(t.slug, x.spec) for t in topics for x in articles.sources(s, t.id) if kind in (None, x.kind)]
    return tuple(h for h in mine if _key(h.spec) in {kinds.same_source(h.spec.kind, place) for place in places})
