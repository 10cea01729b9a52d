"""Topics: their claims, the form for one of them with its problems, and a trial of a wording on stored texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from claimline import topics as topic_files
from claimline.errors import TopicError, UsageError
from claimline.matching.passages import split
from claimline.matching.retrieve import Embedder, Retriever, shared_embedder
from claimline.models import ClaimSpec, Examples, Passage, Topic
from claimline.slugs import readable_slug
from storage import claims
from storage.engine import Database, Session
from storage.pages_topics import TextLine
from storage.records import StoredTopic, TopicImport

# A passage with this score speaks of the claim often enough to be worth a look; below it the machine still reads on.
NEAR = 0.62
PASSAGES_TRIED = 1_500
SHOWN = 10


@dataclass(frozen=True, slots=True)
class ClaimForm:
    """What stands in the form, as it was typed."""

    statement: str = ""
    slug: str = ""
    tags: str = ""
    supports: str = ""
    refutes: str = ""
    neutral: str = ""
    negation_of: str = ""
    narrower_than: str = ""
    digest: str = ""

    def spec(self, held: ClaimSpec | None) -> ClaimSpec:
        """The claim that the form describes; the slug of a claim that is held stays what it is."""
        statement = " ".join(self.statement.split())
        examples = Examples(_lines(self.supports), _lines(self.refutes), _lines(self.neutral))
        tags = tuple(dict.fromkeys(t.strip() for t in self.tags.split(",") if t.strip()))
        slug = held.slug if held else (self.slug.strip() or readable_slug(statement, limit=48))
        made = ClaimSpec(
            slug, statement, tags, examples, negation_of=self.negation_of or None, narrower_than=self.narrower_than or None
        )
        return replace(made, renamed_from=held.renamed_from, superseded_by=held.superseded_by) if held else made


def form_of(spec: ClaimSpec, digest: str) -> ClaimForm:
    e = spec.examples
    return ClaimForm(
        spec.statement,
        spec.slug,
        ", ".join(spec.tags),
        "\n".join(e.supports),
        "\n".join(e.refutes),
        "\n".join(e.neutral),
        spec.negation_of or "",
        spec.narrower_than or "",
        digest,
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def with_claim(topic: Topic, spec: ClaimSpec, *, new: bool) -> Topic:
    """The topic with the claim put in, checked as a file would be; raises UsageError with every problem."""
    if new and any(c.slug == spec.slug for c in topic.claims):
        raise UsageError(f"there is a claim with the slug {spec.slug!r} already; choose another")
    kept = (*topic.claims, spec) if new else tuple(spec if c.slug == spec.slug else c for c in topic.claims)
    return checked(replace(topic, claims=kept))


def checked(topic: Topic) -> Topic:
    try:
        return topic_files.parse(topic_files.dump(topic), path="the claim")
    except TopicError as error:
        raise UsageError("; ".join(f"{p.key}: {p.message}" if p.key else p.message for p in error.problems)) from None


def store(db: Database, held: StoredTopic, topic: Topic, *, digest: str, by: str, now: datetime) -> TopicImport:
    """Take the topic in, unless somebody changed it since the form was drawn."""

    def work(s: Session) -> TopicImport:
        if claims.topic(s, held.slug).digest != digest:
            raise UsageError("somebody changed the topic since this form was opened; open it again, your words are above")
        text, hashed = topic_files.dump(topic), topic_files.digest(topic)
        return claims.import_topic(s, topic, digest=hashed, yaml=text, now=now, by=by, force=True)

    return db.write(work)


# --- a trial --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hit:
    text: TextLine
    words: str
    score: float


@dataclass(frozen=True, slots=True)
class Trial:
    """How a wording does on stored texts: how many it would be read for, and the nearest."""

    tried: int
    stored: int
    near: int
    hits: tuple[Hit, ...]


def trial(spec: ClaimSpec, topic: Topic, texts: Sequence[TextLine], stored: int, *, embedder: Embedder | None = None) -> Trial:
    """The retriever asked about this wording alone, over the newest texts, as many passages as a person will wait for."""
    retriever = Retriever([spec], topic.names, embedder or shared_embedder(), budget=PASSAGES_TRIED)
    passages: list[Passage] = []
    owners: list[TextLine] = []
    tried = 0
    for text in texts:
        if len(passages) >= PASSAGES_TRIED:
            break
        mine = split(text.text, lang=text.lang, title=text.title)[:24]
        passages += mine
        owners += [text] * len(mine)
        tried += 1
    best: dict[str, Hit] = {}
    for candidate in retriever.candidates(passages)[0] if passages else ():
        owner = owners[candidate.passage]
        if owner.revision_key not in best:
            best[owner.revision_key] = Hit(owner, passages[candidate.passage].text, candidate.score)
    hits = sorted(best.values(), key=lambda h: -h.score)
    return Trial(tried, stored, sum(h.score >= NEAR for h in hits), tuple(hits[:SHOWN]))
