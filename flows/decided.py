"""What people decided, with the texts that they saw: to measure a matcher on, to train one with, to teach a claim by.

Reads only; a decision that was taken back, or was made on an older wording of its claim, is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from claimline.matching.fewshot import SIDES
from claimline.matching.matcher import Text
from claimline.models import ClaimSpec, Examples, Stance, Topic
from flows.desk import Desk
from flows.judging import as_text, open_matcher
from storage import decisions, revisions
from storage.records import StoredDecision, StoredTopic

_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Decided:
    """A person's word on one claim and article. `quote` is empty where none was pointed at or seen."""

    claim: str
    statement: str
    stance: Stance
    quote: str
    url: str
    text: Text
    seen: Stance | None  # what the machine had said
    by: str


def decided(desk: Desk, topic: StoredTopic) -> tuple[Decided, ...]:
    """One for each (claim, article) of live claims that a person settled, by claim and URL."""
    held: dict[tuple[str | None, int | None], StoredDecision] = {}
    for one in _standing(desk, topic):  # the newest first
        if one.kind in ("stance", "accept") and one.stance is not None and not one.reworded:
            held.setdefault((one.claim, one.article_id), one)
    return _decided(desk, topic, list(held.values()))


def _standing(desk: Desk, topic: StoredTopic) -> list[StoredDecision]:
    """What people said of live claims, the newest first."""
    live = {c.slug for c in topic.claims if not c.retired}
    with desk.db.read() as s:
        return [d for d in decisions.decisions(s, topic_id=topic.id, limit=_ALL) if d.claim in live]


def _decided(desk: Desk, topic: StoredTopic, held: Sequence[StoredDecision]) -> tuple[Decided, ...]:
    """Those of these decisions whose texts are kept."""
    statements = {c.slug: c.statement for c in topic.claims}
    with desk.db.read() as s:
        texts = {r.id: r for r in revisions.revisions(s, [d.revision_id for d in held if d.revision_id])}
    rows = [
        Decided(
            d.claim or "",
            statements[d.claim or ""],
            d.stance or Stance.UNRELATED,
            d.quote or "",
            d.url or "",
            as_text(texts[d.revision_id]),
            d.seen_stance,
            d.by,
        )
        for d in held
        if d.revision_id in texts and texts[d.revision_id].text
    ]
    return tuple(sorted(rows, key=lambda r: (r.claim, r.url)))


def pointed(desk: Desk, topic: StoredTopic) -> tuple[Decided, ...]:
    """One for each quote that a person added, by claim and URL."""
    return _decided(desk, topic, [d for d in _standing(desk, topic) if d.kind == "evidence" and d.quote and not d.reworded])


def of_older_wordings(desk: Desk, topic: StoredTopic) -> int:
    """How many words of people on articles were said on an older wording of their claim: they teach nothing of this one."""
    return sum(d.reworded for d in _standing(desk, topic) if d.kind in ("stance", "accept", "evidence"))


def machine_says(desk: Desk, topic: StoredTopic, rows: Sequence[Decided]) -> list[Stance]:
    """What the installed matcher says of the same pairs, in their order; undecided answers are its best guess."""
    texts = {r.text.key: r.text for r in rows}
    answers = open_matcher(desk, topic).answer(list(texts.values()))
    said = {(a.key, j.claim): j.stance for a in answers for j in a.judgements}
    return [said.get((r.text.key, r.claim), Stance.UNRELATED) for r in rows]


def training_pairs(rows: Sequence[Decided]) -> list[dict[str, str]]:
    """Premise, hypothesis and label of each decision that points at words; a mixed article has no one label and is left out."""
    return [
        {
            "premise": r.quote,
            "hypothesis": r.statement,
            "label": str(r.stance),
            "lang": r.text.lang or "",
            "src": "decisions",
            "claim": r.claim,
            "url": r.url,
            "by": r.by,
        }
        for r in rows
        if r.quote and r.stance is not Stance.MIXED
    ]


def with_examples(topic: Topic, rows: Sequence[Decided]) -> Topic:
    """The topic with the quotes of these decisions among its claims' examples, each wording once."""
    return replace(topic, claims=tuple(_taught(c, [r for r in rows if r.claim == c.slug]) for c in topic.claims))


def without_examples(topic: Topic, claims: Sequence[str]) -> Topic:
    """The topic with these claims' examples taken away."""
    return replace(topic, claims=tuple(replace(c, examples=Examples()) if c.slug in claims else c for c in topic.claims))


def _taught(claim: ClaimSpec, rows: Sequence[Decided]) -> ClaimSpec:
    sides = {}
    for side in SIDES:
        new = [r.quote for r in rows if r.stance == side and r.quote]
        sides[side] = tuple(dict.fromkeys([*getattr(claim.examples, side), *new]))
    return replace(claim, examples=Examples(**sides))
