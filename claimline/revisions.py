"""Is this text new, and what changed? A pure decision over what is known of an article and what was read now.

Nothing is stored here. The current text is that of the latest sighting, so A, B, A is three sightings of two revisions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rapidfuzz.distance import Indel

from claimline.models import Cleaned, DateBasis, DateFinding


class Kind(StrEnum):
    FIRST = "first"
    SAME = "same"  # the current text again
    TRIVIAL = "trivial"  # only counters or related links differ: counts as the current text again
    EDITED = "edited"
    BACK = "back"  # an earlier text stands again
    RECLEANED = "recleaned"  # the same page as another cleaner reads it


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """One known revision of an article; `last_seen` is its latest sighting, `valid_from` its day where it is certain."""

    key: str
    text: str
    text_sha256: str
    cleaner: str
    last_seen: datetime
    valid_from: date | None = None
    modified: date | None = None


@dataclass(frozen=True, slots=True)
class RevisionDecision:
    """What to do: store a new revision (`new`), or note a sighting of the known one `matches`.

    `dated` is the valid day of a new revision: uncertain where the article's own day is.
    """

    kind: Kind
    matches: str | None = None
    previous: str | None = None
    dated: DateFinding | None = None

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


def decide(known: Sequence[RevisionLine], cleaned: Cleaned, *, seen_at: datetime) -> RevisionDecision:
    """What the text read at `seen_at` is to the known revisions."""
    if not known:
        return RevisionDecision(Kind.FIRST, dated=cleaned.published)
    current = max(known, key=lambda line: line.last_seen)
    ours = sorted((line for line in known if line.cleaner == cleaned.cleaner), key=lambda line: line.last_seen, reverse=True)
    for line in ours:
        if line.text_sha256 == cleaned.text_sha256:
            return RevisionDecision(Kind.SAME if line.key == current.key else Kind.BACK, line.key, current.key)
    if current.cleaner != cleaned.cleaner and _much_alike(current.text, cleaned.text):
        return RevisionDecision(Kind.RECLEANED, previous=current.key, dated=_day_of(current, cleaned))
    if current.cleaner == cleaned.cleaner and substance(current.text) == substance(cleaned.text):
        return RevisionDecision(Kind.TRIVIAL, current.key, current.key)
    return RevisionDecision(Kind.EDITED, previous=current.key, dated=valid_day(cleaned, current, seen_at=seen_at))


def valid_day(cleaned: Cleaned, earlier: RevisionLine, *, seen_at: datetime) -> DateFinding:
    """The day on which an edit stood in print: the modified date where it is plausible, else the day it was first seen.

    Plausible is a new stamp, not before the earlier revision's day and not after `seen_at` plus one day: an edit never
    reaches back.
    """
    modified = cleaned.modified
    if modified is not None and modified.certain and modified.day is not None and modified.day != earlier.modified:
        not_before = earlier.valid_from or earlier.last_seen.date()
        if not_before <= modified.day <= seen_at.date() + timedelta(days=1):
            return modified
    day = seen_at.date()
    if earlier.valid_from is not None and earlier.valid_from > day:
        day = earlier.valid_from
    return DateFinding(day, DateBasis.FIRST_SEEN, words=day.isoformat())


def _day_of(line: RevisionLine, cleaned: Cleaned) -> DateFinding:
    """Another cleaner's text is as old as the text it stands for."""
    if line.valid_from is None or cleaned.published.day == line.valid_from:
        return cleaned.published
    return DateFinding(line.valid_from, DateBasis.FIRST_SEEN, words=line.valid_from.isoformat())


def _much_alike(a: str, b: str) -> bool:
    return Indel.normalized_similarity(a.split(), b.split()) >= 0.9


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
    r"|^\W*(?:last )?(?:updated|aktualisiert|обновлено|güncelleme|güncellendi|mis à jour|actualizado|aggiornato|"
    r"atualizado|bijgewerkt|"
    r"aktualizacja|оновлено)\b.{0,60}\d.{0,30}$"
    r"|^\W*\d+\s*(?:minutes?|hours?|days?|mins?|hrs?)\s+ago\W*$",
    re.I,
)
_RELATED = re.compile(
    r"^\W*(?:read (?:also|more|next)|related(?: (?:articles|stories|news|topics))?|more (?:on this|stories|from|"
    r"news)|see also|most (?:read|popular)|"
    r"trending|latest(?: news)?|recommended|you may also like|don['’]t miss|share this|advertisement|advertising|"
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
        if bare and not related and not _COUNTER.match(bare):
            kept.append(bare)
    return "\n".join(kept)


_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def word_diff(old: str, new: str) -> tuple[Part, ...]:
    """What changed from `old` to `new`, word by word. The olds joined are `old`, the news joined are `new`."""
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
