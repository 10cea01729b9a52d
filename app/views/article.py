"""One article: its words with the quotes marked, what it says of every claim, its copies, its texts over time, its way to us."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.views.reading import Reading
from claimline.errors import UnknownName
from claimline.models import Stance
from claimline.revisions import Part, word_diff
from storage import articles, claims, decisions, pages, pages_article, readings, revisions
from storage.engine import Session
from storage.pages import OutletCard, TopicName
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
    """What the article says of one claim: the machines' answers, and the person's word that counts before them.

    `told`: the text that the claim's topic tells in the place of the page's own, as another cleaner read the same page; its
    answers come first. None where they are one.
    """

    claim: StoredClaim
    answers: tuple[ArticleAnswer, ...]
    verdict: StoredDecision | None
    rejected: frozenset[str]
    added: tuple[StoredDecision, ...]
    said: tuple[StoredDecision, ...]  # every word that stands on the pair, the newest first
    told: StoredRevision | None = None

    @property
    def main(self) -> ArticleAnswer | None:
        return self.answers[0] if self.answers else None

    @property
    def here(self) -> ArticleAnswer | None:
        """The first of the answers about the page's own text."""
        return next((a for a in self.answers if self.told is None or a.revision_id != self.told.id), None)

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
    topics: tuple[TopicName, ...] = ()  # all that have the article
    asked: str = ""  # the only one of them that the page speaks of
    translator: str = ""  # who could translate it, where somebody could


def article_page(r: Reading, key: str, topic: str = "") -> ArticlePage:
    """The page of a text: what it says of each topic's claims, by that topic's own reading; `topic`: of that one alone."""
    revision = revisions.revision_by_key(r.s, key)
    article = articles.article(r.s, revision.article_id)
    said = decisions.decisions(r.s, article_id=article.id)
    having = set(pages_article.topics_of(r.s, article.id))
    topics = tuple(t for t in pages.topic_names(r.s) if t.id in having)
    asked = [t.id for t in topics if topic in ("", t.slug)]
    if topic and not asked:
        raise UnknownName("topic of this article", topic, [t.slug for t in topics])
    live = [c for c in claims.claims(r.s) if c.topic_id in asked]
    told = readings.by_topic(r.s, article.id, revision.id, asked)
    cards = _cards(r.s, revision, live, said, told)
    mentioned = {card.claim.id for card in cards}
    current = _current(r.s, article, having)
    return ArticlePage(
        revision,
        article,
        _outlet(r.s, asked, revision.outlet),
        paragraphs(revision.text, highlights(cards, revision.text)),
        cards,
        tuple(c for c in live if c.id not in mentioned),
        _versions(revisions.revisions_of(r.s, article.id), current),
        pages_article.copies(r.s, revision.id),
        pages_article.found_by(r.s, article.id),
        pages_article.came(r.s, article.id),
        pages_article.reads(r.s, revision.id),
        pages_article.failed_pairs(r.s, revision.id),
        tuple(d for d in said if d.kind == "date"),
        bool(current) and revision.id not in current,
        topics,
        topic,
    )


def _current(s: Session, article: StoredArticle, topics: Collection[int]) -> frozenset[int]:
    """The texts that the article carries now, as its topics tell it."""
    if article.revision_id is None:
        return frozenset()
    told = readings.by_topic(s, article.id, article.revision_id, topics)
    return frozenset(told.values() or [article.revision_id])


def _outlet(s: Session, topics: Sequence[int], domain: str | None) -> OutletCard:
    """The publisher as the first of the topics that names it does."""
    found = (pages.outlet_cards(s, topic_id).get(domain or "") for topic_id in topics)
    return next(filter(None, found), OutletCard(domain or ""))


def claim_cards(s: Session, revision: StoredRevision) -> tuple[ClaimCard, ...]:
    """What this very text says of each claim of the article's topics that it says anything of."""
    topics = pages_article.topics_of(s, revision.article_id)
    live = [c for c in claims.claims(s) if c.topic_id in topics]
    return _cards(s, revision, live, decisions.decisions(s, article_id=revision.article_id), {})


def _cards(
    s: Session,
    revision: StoredRevision,
    live: Sequence[StoredClaim],
    said: Sequence[StoredDecision],
    told: Mapping[int, int],
) -> tuple[ClaimCard, ...]:
    """`told`: the text that each topic tells in the place of this one."""
    others = {x.id: x for x in revisions.revisions(s, sorted({*told.values()} - {revision.id}))}
    answers = pages_article.answers(s, [revision.id, *others])
    cards = []
    for claim in live:
        own = others.get(told.get(claim.topic_id, revision.id))
        texts = (own.id, revision.id) if own else (revision.id,)
        mine = tuple(a for text in texts for a in answers if a.claim_id == claim.id and a.revision_id == text)
        words = [d for d in said if d.claim_id == claim.id]
        if mine or words:
            cards.append(_card(claim, mine, words, own))
    return tuple(cards)


def _card(
    claim: StoredClaim, answers: tuple[ArticleAnswer, ...], words: Sequence[StoredDecision], told: StoredRevision | None
) -> ClaimCard:
    verdict = next((d for d in words if d.kind in ("stance", "accept")), None)
    rejected = frozenset(d.quote for d in words if d.kind == "reject" and d.quote)
    added = tuple(d for d in words if d.kind == "evidence")
    return ClaimCard(claim, answers, verdict, rejected, added, tuple(words), told)


# --- the text -------------------------------------------------------------------------------------------------------


def quote_id(claim: str, start: int, end: int) -> str:
    return f"q-{claim}-{start}-{end}"


def highlights(cards: Iterable[ClaimCard], text: str) -> list[Highlight]:
    """The quotes of the answers that count and those that people added; only where they prove themselves in this text."""
    found = []
    for card in cards:
        spans = [(q.start, q.end, q.quote, q.stance) for q in (card.here.quotes if card.here else ())]
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


def _versions(every: Sequence[StoredRevision], current: Collection[int]) -> tuple[Version, ...]:
    """All texts, the newest first, each with what changed against the one before it."""
    found = []
    for i, one in enumerate(every):
        before = every[i - 1].text if i else ""
        both = bool(before and one.text)
        small = len(before) + len(one.text) < DIFF_CHARS
        found.append(Version(one, word_diff(before, one.text) if both and small else (), one.id in current, both and not small))
    return tuple(reversed(found))
