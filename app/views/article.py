"""One article: its words with the quotes marked, what it says of every claim, its copies, its texts over time, its way to us."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.views.reading import Reading
from claimline.models import Stance
from claimline.revisions import Part, word_diff
from storage import articles, claims, decisions, pages, pages_article, revisions
from storage.engine import Session
from storage.pages import OutletCard
from storage.pages_article import ArticleAnswer, Came, Copy, Found, Read
from storage.records import StoredArticle, StoredClaim, StoredDecision, StoredRevision

DIFF_CHARS = 60_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text under the same marks; `keys` are the quotes that it is part of, `first` those that begin here."""

    text: str
    stance: str = ""
    keys: tuple[str, ...] = ()
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    start: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Highlight:
    """A span to be marked: `key` is the id by which the page links to it."""

    key: str
    start: int
    end: int
    stance: str


@dataclass(frozen=True, slots=True)
class ClaimCard:
    """What the article says of one claim: the machines' answers, and the person's word that counts before them."""

    claim: StoredClaim
    answers: tuple[ArticleAnswer, ...]
    verdict: StoredDecision | None
    rejected: frozenset[str]
    added: tuple[StoredDecision, ...]
    said: tuple[StoredDecision, ...]  # every word that stands on the pair, the newest first

    @property
    def main(self) -> ArticleAnswer | None:
        return self.answers[0] if self.answers else None

    @property
    def stance(self) -> str:
        if self.verdict and self.verdict.stance:
            return str(self.verdict.stance)
        if self.main is None:
            return str(Stance.UNRELATED)
        return str(self.main.stance) if self.main.decided else "undecided"


@dataclass(frozen=True, slots=True)
class Version:
    """One text of the article; `diff` against the one before, unless both are `too_long` to be compared while a page is drawn."""

    revision: StoredRevision
    diff: tuple[Part, ...]
    current: bool
    too_long: bool = False


@dataclass(frozen=True, slots=True)
class ArticlePage:
    revision: StoredRevision
    article: StoredArticle
    outlet: OutletCard
    paragraphs: tuple[Paragraph, ...]
    cards: tuple[ClaimCard, ...]
    others: tuple[StoredClaim, ...]  # claims of its topics that it says nothing of
    versions: tuple[Version, ...]
    copies: tuple[Copy, ...]
    found: tuple[Found, ...]
    came: tuple[Came, ...]
    reads: tuple[Read, ...]
    failed: tuple[tuple[str, str, int, bool], ...]
    dates: tuple[StoredDecision, ...]
    outdated: bool
    translator: str = ""  # who could translate it, where somebody could


def article_page(r: Reading, key: str) -> ArticlePage:
    revision = revisions.revision_by_key(r.s, key)
    article = articles.article(r.s, revision.article_id)
    said = decisions.decisions(r.s, article_id=article.id)
    answers = pages_article.answers(r.s, [revision.id])
    topics = pages_article.topics_of(r.s, article.id)
    live = [c for c in claims.claims(r.s) if c.topic_id in topics]
    cards = tuple(_cards(live, answers, said))
    mentioned = {card.claim.id for card in cards}
    outlets = pages.outlet_cards(r.s, topics[0]) if topics else {}
    return ArticlePage(
        revision,
        article,
        outlets.get(revision.outlet or "", OutletCard(revision.outlet or "")),
        paragraphs(revision.text, highlights(cards, revision.text)),
        cards,
        tuple(c for c in live if c.id not in mentioned),
        _versions(revisions.revisions_of(r.s, article.id), article.revision_id),
        pages_article.copies(r.s, revision.id),
        pages_article.found_by(r.s, article.id),
        pages_article.came(r.s, article.id),
        pages_article.reads(r.s, revision.id),
        pages_article.failed_pairs(r.s, revision.id),
        tuple(d for d in said if d.kind == "date"),
        article.revision_id is not None and article.revision_id != revision.id,
    )


def claim_cards(s: Session, revision: StoredRevision) -> tuple[ClaimCard, ...]:
    """What a text says of each claim of the article's topics that it says anything of."""
    topics = pages_article.topics_of(s, revision.article_id)
    live = [c for c in claims.claims(s) if c.topic_id in topics]
    said = decisions.decisions(s, article_id=revision.article_id)
    return tuple(_cards(live, pages_article.answers(s, [revision.id]), said))


def _cards(live: Sequence[StoredClaim], answers: Sequence[ArticleAnswer], said: Sequence[StoredDecision]) -> Iterable[ClaimCard]:
    for claim in live:
        mine = tuple(a for a in answers if a.claim_id == claim.id)
        words = [d for d in said if d.claim_id == claim.id]
        if not mine and not words:
            continue
        verdict = next((d for d in words if d.kind in ("stance", "accept")), None)
        rejected = frozenset(d.quote for d in words if d.kind == "reject" and d.quote)
        added = tuple(d for d in words if d.kind == "evidence")
        yield ClaimCard(claim, mine, verdict, rejected, added, tuple(words))


# --- the text -------------------------------------------------------------------------------------------------------


def quote_id(claim: str, start: int, end: int) -> str:
    return f"q-{claim}-{start}-{end}"


def highlights(cards: Iterable[ClaimCard], text: str) -> list[Highlight]:
    """The quotes of the answers that count and those that people added; only where they prove themselves in this text."""
    found = []
    for card in cards:
        spans = [(q.start, q.end, q.quote, q.stance) for q in (card.main.quotes if card.main else ())]
        spans += [
            (d.start, d.end, d.quote or "", d.stance or Stance.NEUTRAL) for d in card.added if d.start is not None and d.end
        ]
        for start, end, quote, stance in spans:
            if quote and text[start:end] == quote and quote not in card.rejected:
                found.append(Highlight(quote_id(card.claim.slug, start, end), start, end, str(stance)))
    return found


def paragraphs(text: str, marks: Sequence[Highlight]) -> tuple[Paragraph, ...]:
    """The text cut at its lines and at the borders of the quotes."""
    found = []
    at = 0
    for line in text.split("\n"):
        end = at + len(line)
        if line.strip():
            found.append(Paragraph(at, tuple(_pieces(text, at, end, marks))))
        at = end + 1
    return tuple(found)


def _pieces(text: str, start: int, end: int, marks: Sequence[Highlight]) -> Iterable[Piece]:
    inside = [m for m in marks if m.start < end and m.end > start]
    cuts = sorted({start, end, *(max(start, m.start) for m in inside), *(min(end, m.end) for m in inside)})
    for a, b in pairwise(cuts):
        over = [m for m in inside if m.start <= a and m.end >= b]
        sides = {m.stance for m in over}
        stance = sides.pop() if len(sides) == 1 else "mixed" if sides else ""
        first = tuple(dict.fromkeys(m.key for m in over if max(m.start, start) == a))
        yield Piece(text[a:b], stance, tuple(dict.fromkeys(m.key for m in over)), first if a >= start else ())


def _versions(every: Sequence[StoredRevision], current: int | None) -> tuple[Version, ...]:
    """All texts, the newest first, each with what changed against the one before it."""
    found = []
    for i, one in enumerate(every):
        before = every[i - 1].text if i else ""
        both = bool(before and one.text)
        small = len(before) + len(one.text) < DIFF_CHARS
        found.append(Version(one, word_diff(before, one.text) if both and small else (), one.id == current, both and not small))
    return tuple(reversed(found))
