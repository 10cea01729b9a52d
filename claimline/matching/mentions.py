"""Who is named in a text: known people, names, offices, bodies and pronouns, with an office and its holder as one mention.

Whether a mention speaks is `claimline.matching.speech`'s matter, who it is `people`'s.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from claimline import agencies
from claimline.matching import arabic_phrases, name_runs, offices
from claimline.matching.grammars import Grammar
from claimline.matching.grammars.grammar import words
from claimline.matching.mention import GENITIVE_FOLLOWS, SLAVIC_GENITIVE, Mention, bare, is_oblique, tokens_of
from claimline.matching.names import NameFinder
from claimline.matching.people import sound as people_sound
from claimline.models import Name, Person

_AGENCY_NAME = re.compile(r"(?:[^\W\d_]+[\s-]){1,3}?[«\"“„]?(?P<name>[^\W\d_]+(?:[ -][^\W\d_]+)?)[»\"”“]?(?!\w)")
_APPOSED = re.compile(r"\s*,\s*")
_OFFICE_WORDS = words(
    "general chief minister president chancellor secretary secretary-general spokesman sekreteri bakanı başkanı"
)


def find(masked: str, grammar: Grammar, lang: str, people: Sequence[Person]) -> list[Mention]:
    """Every mention in a text whose quotes are masked, in order; apposed names and offices are one mention."""
    known = _known(masked, people)
    tokens = tokens_of(masked, lang)
    runs = name_runs.find(tokens, masked, grammar, lang)
    posts = offices.find(masked, tokens, grammar, lang)
    found = _reconciled(known, [m for m in runs if not _inside(m, known)], people)
    if lang == "ar":
        found = sorted([*found, *arabic_phrases.holders(masked, grammar, found)], key=lambda m: m.start)
    found += [_as_agency(m, masked) for m in posts if not _inside(m, known)]
    found += [
        Mention(m.start(), m.end(), "pronoun", m[0]) for m in re.finditer(rf"(?<![\w-])(?:{grammar.pronouns})(?![\w-])", masked)
    ]
    joined = _joined(sorted(found, key=lambda m: (m.start, -m.end)), masked, lang)
    after = re.compile(rf"(?<!\w)(?:{grammar.prepositions})\s+$", re.I)
    return [replace(m, governed=True) if after.search(masked, max(0, m.start - 16), m.start) else m for m in joined]


def _respelled(run: Mention, people: Sequence[Person]) -> Mention:
    """A name that sounds like a topic's person in another alphabet or romanisation is that person's."""
    if run.kind != "name" or not people:
        return run
    *given, surname = run.name.split()
    person = _sounds(tuple(people)).get(people_sound(surname))
    if person is None or (given and _another(run.name, person)):
        return run
    return replace(run, kind="known", person=person)


@lru_cache(maxsize=16)
def _sounds(people: tuple[Person, ...]) -> dict[str, Person]:
    """Every person by the sound of the surname; one that two people share is nobody's."""
    heard: dict[str, Person | None] = {}
    for person in people:
        for surname in {people_sound(name) for name in _surnames(person)}:
            heard[surname] = person if heard.get(surname, person) is person else None
    return {surname: person for surname, person in heard.items() if person is not None and len(surname) > 4}


def _as_agency(mention: Mention, masked: str) -> Mention:
    """ "агентство «Анадолу»", "persbureau ANP": the agency itself."""
    named = _AGENCY_NAME.match(masked, mention.start)
    name = agencies.canonical(named["name"]) if named and mention.office == "body" else None
    return replace(mention, kind="agency", name=name, end=named.end()) if named and name else mention


def _reconciled(known: Sequence[Mention], runs: Sequence[Mention], people: Sequence[Person]) -> list[Mention]:
    """A run that ends in a known name is that person, unless its first name is another's ("Ali Akar")."""
    found, gone = list(known), set[int]()
    for run in runs:
        at = bisect_right(known, run.start, key=lambda other: other.start)
        near = known[max(0, at - 1) : at + 6]
        hits = [k for k in near if k.start < run.end and run.start < k.end]
        last = next((k for k in hits if k.end >= run.end), None)
        if last is None or last.person is None or run.kind != "name":
            if not hits:
                found.append(_respelled(run, people))
            continue
        if _another(run.name, last.person):
            kept = run
        else:
            kept = replace(last, start=min(run.start, *(k.start for k in hits)), office=run.office)
        gone.update(id(k) for k in hits)
        found.append(kept)
    return sorted((m for m in found if id(m) not in gone), key=lambda m: m.start)


def _another(name: str, person: Person) -> bool:
    """True where the words before the surname are in none of the person's names."""
    own = {people_sound(word)[:3] for variant in (person.canonical, *person.variants) for word in variant.split()}
    return any(people_sound(word)[:3] not in own and len(word.strip(".")) > 2 for word in name.split()[:-1])


def _inside(mention: Mention, others: Sequence[Mention]) -> bool:
    """True where a mention lies within one of the others, which are sorted and do not overlap."""
    at = bisect_right(others, mention.start, key=lambda other: other.start) - 1
    return at >= 0 and mention.end <= others[at].end


@lru_cache(maxsize=16)
def _finder(people: tuple[Person, ...]) -> NameFinder:
    return NameFinder([Name(person.key, (person.canonical, *person.variants, *_surnames(person))) for person in people])


def _surnames(person: Person) -> list[str]:
    """The last word of each full name; a variant that is an office ("NATO chief") has none."""
    names = [person.canonical, *(v for v in person.variants if all(word[:1].isupper() for word in v.split()))]
    last = [name.split()[-1] for name in names if len(name.split()) > 1]
    return [word for word in last if len(word) > 3 and not word.isupper() and word.lower() not in _OFFICE_WORDS]


def _known(masked: str, people: Sequence[Person]) -> list[Mention]:
    if not people:
        return []
    by_key = {person.key: person for person in people}
    found: list[Mention] = []
    for hit in _finder(tuple(people)).find(masked):
        if found and hit.start < found[-1].end:
            if hit.end - hit.start > found[-1].end - found[-1].start:
                found.pop()
            else:
                continue
        phrase = masked[hit.start : hit.end]
        found.append(
            Mention(hit.start, hit.end, "known", bare(phrase), by_key[hit.name], oblique=is_oblique(phrase), at=hit.start)
        )
    return found


def _joined(found: list[Mention], masked: str, lang: str) -> list[Mention]:
    """An office beside a name is that name's: "the NATO chief, Jens Stoltenberg", "Stoltenberg, the secretary general"."""
    joined: list[Mention] = []
    for mention in found:
        if joined and (merged := _merge(joined[-1], mention, masked, lang)) is not None:
            joined[-1] = merged
        else:
            joined.append(mention)
    return joined


def _merge(a: Mention, b: Mention, masked: str, lang: str) -> Mention | None:
    people, posts = ("known", "name"), ("office", "generic")
    if b.start < a.end:
        return _nested(a, b, masked)
    gap = masked[a.end : b.start]
    comma = bool(_APPOSED.fullmatch(gap))
    if a.kind == "office" and b.single and lang in GENITIVE_FOLLOWS and gap == " " and _is_of(a, b, masked):
        return replace(a, end=b.end, name=masked[a.start : b.end], bare=False)  # "глава Центра"
    if (
        a.kind in posts
        and b.kind in people
        and (gap in (" ", " «", " - ") or (comma and not b.single and not _governed(b, masked)))
    ):
        return replace(b, start=a.start, office=b.office or a.office, single=False, closed=comma)
    if a.kind == "body" and b.kind in people and comma and masked[b.end : b.end + 1] == "," and not _governed(b, masked):
        return replace(b, start=a.start, single=False, closed=True)  # "its maker, Novo Nordisk, said"
    if a.kind in people and b.kind in posts and not a.oblique and comma and not a.closed:
        return replace(a, end=b.end, office=b.office, single=False, closed=True)
    if a.kind == "body" and a.bare and b.kind in people and gap == " by ":  # "a report by Seymour Hersh"
        return replace(b, start=a.start, single=False)
    if lang == "tr" and a.kind in ("body", "name") and b.kind in ("office", "known") and gap == " ":
        return replace(b, start=a.start, bare=False)
    return None


def _is_of(office: Mention, name: Mention, masked: str) -> bool:
    """A genitive after an office in the nominative is what the office is of, not who holds it."""
    head = masked[office.start : office.end].split()[-1]
    if re.match(r"мешкан|жител|mieszkan", head, re.I):
        return True  # "мешканка Херсона"
    return bool(SLAVIC_GENITIVE.search(name.name)) and bool(
        re.search(r"[бвгджзйклмнпрстфхцчшщьłrnltkz]$|^(?:глава|голова|sędzia)$", head, re.I)
    )


def _governed(mention: Mention, masked: str) -> bool:
    return bool(
        re.search(r"(?:of|for|with|by|de|von|mit|с|от|di|del|da|van|met)\s$", masked[max(0, mention.start - 6) : mention.start])
    )


def _nested(a: Mention, b: Mention, masked: str) -> Mention:
    """A name within an office's phrase is the holder ("president of Turkey Erdogan"), unless it is what the office is of
    ("a spokesman for President Erdogan").
    """
    people, offices = ("known", "name"), ("office", "body", "generic")
    if a.kind in offices and b.kind in people and b.end >= a.end and not b.single:
        phrase = masked[a.start : b.at if b.at >= 0 else b.start]
        owned = re.search(
            r"(?:\b(?:of|for|to|at|de|du|des|von|vom|für|di|del|per|do|da|para|van|voor)|d['’])\s*(?:the\s+|der\s+|"
            r"la\s+)?$",
            masked[a.start : b.start],
        )
        if b.start > a.start and owned and phrase.rstrip() == masked[a.start : b.start].rstrip():
            return replace(a, end=b.end)
        if b.start > a.start and owned and b.office is not None and owned.start() > 0:  # not "des Gouverneurs X"
            return replace(a, end=b.end)
        return replace(b, start=a.start, office=b.office or (a.office if a.kind != "body" else None), single=False)
    if a.kind in people and a.oblique and b.kind == "office" and b.end > a.end:  # "Mr Johnson's spokesman"
        return replace(b, start=a.start, name=masked[a.start : b.end], bare=False)
    if a.kind in people and b.kind in offices:
        return replace(a, end=max(a.end, b.end), office=a.office or (b.office if b.kind == "office" else None))
    return a if a.end >= b.end else replace(a, end=b.end)
