"""Is this text new, what changed, and since when? Pure decisions over what is known of an article and what was read now.

Nothing is stored here. The current text is that of the latest sighting, so A, B, A is three sightings of two revisions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256

from claimline.models import Cleaned, DateFinding


class Kind(StrEnum):
    FIRST = "first"
    SAME = "same"  # the current text again
    TRIVIAL = "trivial"  # only counters or related links differ: counts as the current text again
    EDITED = "edited"
    BACK = "back"  # an earlier text stands again
    RECLEANED = "recleaned"  # the same page as another cleaner reads it


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """One known revision of an article. `fingerprint` outlives a text that retention took (None: not known)."""

    id: int
    cleaner: str
    text_sha256: str
    body_sha256: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class RevisionDecision:
    """What to do: store a new revision (`new`), or note that the known one `matches` was seen."""

    kind: Kind
    matches: int | None = None

    @property
    def new(self) -> bool:
        return self.matches is None


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a word diff: equal (`old == new`), deleted (`new` is empty), inserted or replaced."""

    old: str
    new: str

    @property
    def equal(self) -> bool:
        return self.old == self.new


def decide(
    known: Sequence[RevisionLine], current: int | None, cleaned: Cleaned, *, body_sha256: str | None = None
) -> RevisionDecision:
    """What the text read now is to the known revisions; `current` is the one that was seen last (None: the first text)."""
    if not known:
        return RevisionDecision(Kind.FIRST)
    ours = [line for line in known if line.cleaner == cleaned.cleaner]
    same = [line for line in ours if line.text_sha256 == cleaned.text_sha256]
    if same:
        return RevisionDecision(Kind.SAME if same[0].id == current else Kind.BACK, same[0].id)
    substance_ = fingerprint(cleaned)
    alike = [line for line in ours if line.fingerprint == substance_] if substance_ else []
    if any(line.id == current for line in alike):
        return RevisionDecision(Kind.TRIVIAL, current)
    if alike:
        return RevisionDecision(Kind.BACK, alike[-1].id)
    held = next((line for line in known if line.id == current), None)
    if held is None:
        return RevisionDecision(Kind.FIRST)
    read = RevisionLine(0, cleaned.cleaner, cleaned.text_sha256, body_sha256, substance_)
    return RevisionDecision(Kind.RECLEANED if recleaned(held, read) else Kind.EDITED)


def recleaned(before: RevisionLine, after: RevisionLine) -> bool:
    """Whether two texts in a row are one page as two cleaners read it: the same bytes, or the same substance."""
    if before.cleaner == after.cleaner:
        return False
    return before.body_sha256 == after.body_sha256 is not None or before.fingerprint == after.fingerprint is not None


def valid_day(
    modified: DateFinding | None, *, borne: Collection[date | None], before: date, last_seen: datetime, seen_at: datetime
) -> date:
    """The day on which an edit stood in print: its modified date where it is new and plausible, else the day it was first seen.

    New is a stamp that none of the article's earlier texts bore (`borne`): sites stamp a page once and edit it again. Plausible
    is one not before the day on which the earlier text was still seen (`last_seen`) nor after the day on which this one was. An
    edit never reaches back before the text that it replaces (`before`).
    """
    day = modified.day if modified is not None and modified.certain else None
    if day is None or day in borne or not last_seen.date() <= day <= seen_at.date():
        day = seen_at.date()
    return max(before, day)


# --- What changed ---------------------------------------------------------------------------------------------------

_COUNTER = re.compile(
    r"^\W*\d[\d.,\s ]*(?:k|m|тыс\.?|bin)?\s*(?:comments?|views?|shares?|likes?|reads?|min(?:ute)?s?\.? read|"
    r"comentarios?|commentaires?|partages?|"
    r"kommentare?|mal gelesen|aufrufe|комментари\w*|просмотр\w*|репост\w*|yorum|görüntülenme|okunma|paylaşım|"
    r"visualizzazioni|commenti|"
    r"visualizaciones|comentários|visualizações|reacties|komentarz\w*|wyświetle\w*|коментар\w*|перегляд\w*|"
    r"تعليق\w*|مشاهدة)\W*$"
    r"|^\W*(?:comments?|views?|shares?|просмотр\w*|комментари\w*|yorumlar|commentaires|kommentare|"
    r"comentarios)\s*[:(]?\s*\d[\d.,\s]*\)?\W*$"
    r"|^\W*\d+\s*(?:minutes?|hours?|days?|mins?|hrs?)\s+ago\W*$",
    re.I,
)
_STAMP = re.compile(
    r"^\W*(?:last )?(?:updated|modified|aktualisiert|обновлено|güncelleme|güncellendi|mis à jour|actualizado|aggiornato|"
    r"atualizado|bijgewerkt|aktualizacja|оновлено)\b(?P<rest>.{0,80})$",
    re.I,
)
_CLOCK = re.compile(
    r"a|ago|alle|am|as|at|by|ces?t|d|days?|de|del|e[ds]t|el|gmt|godz|h|hours?|hrs|ist|klo|l[ae]|m|mins?|minutes?|msk|[nr]d|o|of|om|"
    r"on|ore|p|pm|r|s|saat|st|th?|the|time|uhr|um|utc|z|à|às|в|г|года|год|час|мск|об?",
    re.I,
)
_RELATED = re.compile(
    r"^\W*(?:read (?:also|more|next)|related (?:articles|stories|news|topics)|more (?:on this|stories|from|"
    r"news)|see also|most (?:read|popular)|latest news|"
    # words that may as well begin a sentence count only where they stand as a label
    r"(?:related|trending|latest|recommended)(?=\W*$|\s*:)|"
    r"you may also like|don['’]t miss|share this|advertisement|advertising|"
    r"читайте также|по теме|смотрите также|другие новости|популярное|читайте також|ayrıca okuyun|ilgili haberler|"
    r"son haberler|çok okunanlar|"
    r"lire aussi|à lire aussi|sur le même sujet|les plus lus|lesen sie auch|mehr zum thema|meistgelesen|"
    r"das könnte sie auch interessieren|"
    r"lea también|más leídas|leggi anche|più letti|leia também|mais lidas|lees ook|meest gelezen|czytaj (?:też|"
    r"także|również)|zobacz (?:też|także)|"
    r"اقرأ أيضا|اقرأ أيضًا|مواضيع ذات صلة)\b\W*",
    re.I,
)
_SENTENCE = re.compile(r"[.!?…。؟][\"'”’»)\]]*$")


def substance(text: str) -> str:
    """The text without counters, "updated" stamps and blocks of related links: what an edit has to change to be one."""
    kept: list[str] = []
    related = False
    for line in text.split("\n"):
        bare = " ".join(line.split())
        if found := _RELATED.match(bare):
            related = len(bare) - found.end() < 160 and not _SENTENCE.search(bare[found.end() :])
            if related:
                continue
        if related and bare and (len(bare) > 160 or _SENTENCE.search(bare)):
            related = False
        if bare and not related and not _COUNTER.match(bare) and not _is_stamp(bare):
            kept.append(bare)
    return "\n".join(kept)


def fingerprint(cleaned: Cleaned) -> str | None:
    """A hash of what an edit has to change to be one: headline, substance, the page's word on its own fate.

    None for a text without substance: that two such texts are alike says nothing.
    """
    kept = substance(cleaned.text)
    headline = " ".join((cleaned.title or "").split())
    return sha256("\x1f".join((headline, cleaned.notice or "", kept)).encode()).hexdigest() if kept else None


def _is_stamp(line: str) -> bool:
    """ "Updated: 29 December, 14:00", and nothing that says more than a time."""
    found = _STAMP.match(line)
    if found is None or not re.search(r"\d", found["rest"]):
        return False
    from claimline.day_words import month_number, weekday_number  # its patterns cost a read that needs none of them

    words = re.findall(r"[^\W\d_]+", found["rest"])
    return all(_CLOCK.fullmatch(w) or month_number(w) is not None or weekday_number(w) is not None for w in words)


_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def word_diff(old: str, new: str) -> tuple[Part, ...]:
    """What changed from `old` to `new`, word by word. The olds joined are `old`, the news joined are `new`."""
    from rapidfuzz.distance import Indel  # only where a person looks at a diff

    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    parts: list[Part] = []
    removed = added = ""
    for step in Indel.opcodes(a, b):
        gone, come = "".join(a[step.src_start : step.src_end]), "".join(b[step.dest_start : step.dest_end])
        if step.tag != "equal":
            removed, added = removed + gone, added + come
            continue
        if removed or added:
            parts.append(Part(removed, added))
            removed = added = ""
        parts.append(Part(gone, come))
    if removed or added:
        parts.append(Part(removed, added))
    return tuple(parts)
