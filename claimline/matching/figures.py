"""Numbers and dates that differ are no support: the stance model's answer for one passage, checked against the figures in it.

The model reads words well and figures badly ("12 dead" looks like "at least 40 dead"). Where a claim has a quantity or a date
and the passage has another one of the same thing, what the model calls support becomes refutation (it is the same thing, and the
figure excludes the claim), or *neutral* and doubt (the figure says too little, or may belong to something else). Nothing else is
ever touched: a figure that fits supports nothing by itself. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache

from claimline.matching import deadlines, quantities, relations
from claimline.matching.relations import Relation
from claimline.matching.stance import StanceProbs

VERSION = f"1/{quantities.VERSION}/{relations.VERSION}/{deadlines.VERSION}"
# Below this much support there is nothing to take away.
FLOOR = 0.1
# Only where the model is sure that a passage states the claim's fact does another figure turn it into its refutation.
SURE = 0.5
# What becomes of the support: the shares that it keeps and that go to refutes, neutral, unrelated.
SHARES: dict[Relation, tuple[float, float, float, float]] = {
    Relation.SHORT: (0.15, 0.0, 0.85, 0.0),
    Relation.DIFFERS: (0.2, 0.2, 0.4, 0.2),
    Relation.CONTRADICTS: (0.05, 0.8, 0.1, 0.05),
}
_ORDER = list(Relation)


@lru_cache(maxsize=1024)
def has_figures(claim: str) -> bool:
    """Whether a claim has a quantity or a date at all."""
    return bool(quantities.read(claim, script(claim)) or deadlines.read(claim, script(claim), None))


def checked(claim: str, passage: str, probs: StanceProbs, *, lang: str | None, published: date | None) -> tuple[StanceProbs, str]:
    """The probabilities after the check, and in a few words what was found (empty where nothing was changed)."""
    if probs.supports < FLOOR or not has_figures(claim):
        return probs, ""
    number = relations.relation(claim, passage, lang=lang or "en", claim_lang=script(claim))
    day = deadlines.relation(claim, passage, lang=lang, published=published, claim_lang=script(claim))
    verdict, words = max(number, day, key=lambda found: _ORDER.index(found[0]))
    if verdict not in SHARES:
        return probs, ""
    if verdict is Relation.CONTRADICTS and probs.supports < SURE:
        verdict = Relation.DIFFERS
    kept, refutes, neutral, unrelated = SHARES[verdict]
    s = probs.supports
    moved = replace(
        probs,
        supports=s * kept,
        refutes=probs.refutes + s * refutes,
        neutral=probs.neutral + s * neutral,
        unrelated=probs.unrelated + s * unrelated,
    )
    return moved, f"{verdict}: {words}"


def script(claim: str) -> str:
    """The language in which a claim's numbers are read: told by its letters; claims in Latin script are read as English."""
    if any("\u0400" <= c <= "\u04ff" for c in claim):
        return "uk" if any(c in "іїєґІЇЄҐ" for c in claim) else "ru"
    return "ar" if any("\u0600" <= c <= "\u06ff" for c in claim) else "en"
