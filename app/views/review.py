"""The review queue: which cases are open, and one case with the words around its quote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from operator import attrgetter

from app.views.reading import Cache, Reading
from claimline.models import DateFinding, Stance
from storage import claims as claim_reads
from storage import pages, pages_article, pages_review, revisions
from storage.pages_article import AnswerQuote, ArticleAnswer
from storage.pages_review import Case
from storage.queue import expired_rulings
from storage.records import StoredClaim, StoredDecision, StoredRevision

PAGE = 12
AROUND = 260


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A quote with what stands around it."""

    before: str
    words: str
    after: str
    stance: str
    speaker: str | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case as it is shown; `decision` is the word that holds now, whoever gave it."""

    claim: StoredClaim
    revision: StoredRevision
    reasons: tuple[str, ...]
    answer: ArticleAnswer | None
    excerpts: tuple[Excerpt, ...]
    decision: StoredDecision | None
    done: bool = False
    undo: str = ""
    conflict: bool = False

    @property
    def id(self) -> str:
        return f"case-{self.claim.id}-{self.revision.key}"

    @property
    def name(self) -> str:
        """What a form sends back: the claim, the text, and the decision that was seen."""
        seen = self.decision.client_id if self.decision else ""
        return f"{self.claim.topic_slug}/{self.claim.slug}|{self.revision.key}|{seen}"

    @property
    def published(self) -> DateFinding:
        return self.revision.published


@dataclass(frozen=True, slots=True)
class Filters:
    topic: str = ""
    claim: str = ""  # topic/slug
    lang: str = ""
    reason: str = ""

    @property
    def params(self) -> dict[str, object]:
        return {"topic": self.topic, "claim": self.claim, "lang": self.lang, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class ReviewPage:
    cases: tuple[CaseView, ...]
    open: int
    filters: Filters
    topics: tuple[tuple[str, str], ...]
    langs: tuple[str, ...]
    reasons: tuple[tuple[str, int], ...]
    rulings: tuple[StoredDecision, ...]
    recent: tuple[StoredDecision, ...]


class Queue:
    """Open cases by topic. What is unsure is found again only when there is something new to review; a word or an edition just
    makes the cases anew of it, since it may open cases as well as settle them."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def open(self, r: Reading, topic_id: int) -> Sequence[Case]:
        """Most valuable first."""
        stamps = pages_review.stamps(r.s)

        def made() -> tuple[Case, ...]:
            key = ("unsure", topic_id, stamps.answers)
            return pages_review.cases(r.s, topic_id, self._cache.get(key, lambda: pages_review.unsure(r.s, topic_id)))

        return self._cache.get(("queue", topic_id, stamps), made)


def review_page(r: Reading, queue: Queue, f: Filters, *, now: datetime) -> ReviewPage:
    topics = pages.topic_names(r.s)
    topic, _, slug = f.claim.partition("/")
    claim = claim_reads.claim(r.s, slug, topic) if slug else None
    chosen = [t for t in topics if not f.topic or t.slug == f.topic]
    every = [c for t in chosen if claim is None or t.id == claim.topic_id for c in queue.open(r, t.id)]
    if claim is not None:
        every = [c for c in every if c.claim_id == claim.id]
    some = every
    if f.lang or f.reason:
        some = [c for c in every if (not f.lang or c.lang == f.lang) and (not f.reason or f.reason in c.reasons)]
    first = nsmallest(PAGE, some, key=attrgetter("less"))
    counts: Counter[str] = Counter()
    for reasons, n in Counter(map(attrgetter("reasons"), every)).items():
        counts.update(dict.fromkeys(reasons, n))
    return ReviewPage(
        tuple(case_views(r, first)),
        len(some),
        f,
        tuple((t.slug, t.title) for t in topics),
        tuple(sorted(filter(None, set(map(attrgetter("lang"), every))))),
        tuple(sorted(counts.items(), key=lambda x: -x[1])),
        tuple(d for t in chosen for d in expired_rulings(r.s, t.id, now=now)),
        (),
    )


def case_views(r: Reading, some: Sequence[Case]) -> list[CaseView]:
    texts = {x.id: x for x in revisions.revisions(r.s, [c.revision_id for c in some])}
    answers = pages_article.answers(r.s, [c.revision_id for c in some])
    claims = claim_reads.claims_by_id(r.s, {c.claim_id for c in some})
    settled = pages_review.settled(r.s, [(c.claim_id, c.article_id) for c in some])
    return [
        _view(claims[c.claim_id], texts[c.revision_id], answers, c.reasons, settled.get((c.claim_id, c.article_id)))
        for c in some
        if c.revision_id in texts
    ]


def one_case(r: Reading, claim: StoredClaim, revision_key: str) -> CaseView:
    """The case of a pair, whether it is open or not."""
    revision = revisions.revision_by_key(r.s, revision_key)
    pair = (claim.id, revision.article_id)
    return _view(claim, revision, pages_article.answers(r.s, [revision.id]), (), pages_review.settled(r.s, [pair]).get(pair))


def _view(
    claim: StoredClaim,
    revision: StoredRevision,
    answers: Sequence[ArticleAnswer],
    reasons: tuple[str, ...],
    decision: StoredDecision | None,
) -> CaseView:
    mine = [a for a in answers if a.claim_id == claim.id and a.revision_id == revision.id and a.pinned]
    answer = mine[0] if mine else None
    quotes = sorted(answer.quotes, key=lambda q: -q.confidence)[:2] if answer else []
    return CaseView(claim, revision, reasons, answer, tuple(_excerpt(revision.text, q) for q in quotes), decision)


def _excerpt(text: str, q: AnswerQuote) -> Excerpt:
    """The quote between what stands before and after it; cut at words."""
    if text[q.start : q.end] != q.quote:
        return Excerpt("", q.quote, "", str(q.stance), q.speaker)
    before, after = text[max(0, q.start - AROUND) : q.start], text[q.end : q.end + AROUND]
    if q.start > AROUND:
        before = "\u2026" + before.partition(" ")[2]
    if q.end + AROUND < len(text):
        after = after.rpartition(" ")[0] + "\u2026"
    return Excerpt(before, q.quote, after, str(q.stance), q.speaker)


VERDICTS = {s.value: s for s in Stance}
