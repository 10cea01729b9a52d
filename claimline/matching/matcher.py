"""The matcher: one revision and a topic's claims in, judgements with their quotes out. Pure but for the models it holds.

Order: passages -> retrieve -> stance -> examples -> figures -> aggregate -> quotes with speaker, day said, via and modality. What
is not listed in the answer is unrelated. A text in a language that the model does not read is never judged (`LanguageNotRead`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from claimline import evidence
from claimline.matching import aggregate, attribution, fewshot, figures, names, passages, pointing, retrieve
from claimline.matching.retrieve import Candidate, Embedder, Retriever
from claimline.matching.stance import LOOK_AGAIN, Reading, StanceEngine, StanceProbs, Together, Told
from claimline.models import Judgement, Passage, Person, Quote, Stance, Topic

VERSION = "5"
# The title is read with the first run of a claim. It stands outside the text, so it is weighed but cannot be quoted.
TITLE = Candidate(-1, 0.0)
UNRELATED = StanceProbs(0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Text:
    """What the matcher reads of a revision."""

    key: str
    text: str
    title: str | None
    lang: str | None
    published: date | None


@dataclass(frozen=True, slots=True)
class WindowTrace:
    """Why: one candidate passage with the retriever's score and the model's probabilities."""

    start: int
    end: int
    retrieval: float
    probs: StanceProbs
    note: str = ""  # where a number or a date in the passage is not the claim's, or it only points at another sentence


@dataclass(frozen=True, slots=True)
class Answer:
    """The matcher's answer for one revision: judgements for every pair that is not unrelated, and how it came to them."""

    key: str
    judgements: tuple[Judgement, ...]
    skipped: str | None = None  # "language not read", "off topic"
    windows: tuple[tuple[str, tuple[WindowTrace, ...]], ...] = ()
    pairs: int = 0
    together: tuple[tuple[str, Together], ...] = ()  # of each claim what its windows say together, where that counted


class Matcher:
    """Compiled for one topic; holds the models."""

    def __init__(self, topic: Topic, engine: StanceEngine, embedder: Embedder) -> None:
        self._topic = topic
        self._engine = engine
        self._params = aggregate.params_of(engine.folder)
        self._embedder = embedder
        self._retriever = Retriever(topic.claims, topic.names, embedder)
        self.taught = fewshot.teach(topic.claims, engine, embedder)
        wanted = _languages(topic)
        self._languages = engine.languages & wanted if wanted else engine.languages

    @property
    def hash(self) -> str:
        return matcher_hash(self._engine, self._topic)

    @property
    def about(self) -> dict[str, object]:
        """What the hash is made of, for the database's list of matchers."""
        taught = {slug: t.on for slug, t in self.taught.items()}
        told = names.digest(self._topic.names, self._topic.people)
        made: dict[str, object] = {"engine": self._engine.matcher_hash, "embedder": Embedder.name, "version": VERSION}
        if self._topic.languages:
            made["languages"] = sorted(self._languages)
        return made | {"taught": taught, "names": told}

    def answer(self, texts: Sequence[Text]) -> list[Answer]:
        """Answers each text, in order; the sentences of all texts go to the model together."""
        plans = [self._plan(t) for t in texts]
        asked = [readings for plan in plans for readings in plan.readings]
        told = iter(self._engine.read(asked) if asked else ())
        return [self._answer(plan, [next(told) for _ in plan.readings]) for plan in plans]

    def _plan(self, text: Text) -> _Plan:
        if text.lang is None or text.lang not in self._languages:
            return _Plan(text, (), (), (), "language not read")
        if not self._retriever.touches_topic(text.text, text.title):
            return _Plan(text, (), (), (), "off topic")
        cut = passages.split(text.text, lang=text.lang, title=text.title)
        runs = self._retriever.runs(cut)
        title = (text.title or "").strip()
        if cut and cut[0].text == title:
            title = ""  # it is read as a sentence already
        readings = [
            [_reading(claim.statement, title, cut, run, asks_title=bool(title) and n == 0) for n, run in enumerate(mine)]
            for claim, mine in zip(self._topic.claims, runs, strict=True)
        ]
        led = [TITLE] if title else []
        candidates = [led + [c for run in mine for c in run] if mine else [] for mine in runs]
        return _Plan(text, cut, candidates, readings, None)

    def _answer(self, plan: _Plan, told: Sequence[Told]) -> Answer:
        judgements: list[Judgement] = []
        traces: list[tuple[str, tuple[WindowTrace, ...]]] = []
        counted: list[tuple[str, Together]] = []
        for claim, candidates, mine in zip(self._topic.claims, plan.candidates, told, strict=False):
            probs = self._corrected(claim.slug, plan, candidates, mine.sentences)
            windows, trace, final = _windows(claim.statement, plan, candidates, probs, self._retriever.names)
            traces.append((claim.slug, trace))
            # The answer for all together does not know that a sentence's was corrected.
            corrected = any(p != f and p.unrelated < LOOK_AGAIN for p, f in zip(mine.sentences, final, strict=True))
            together = None if corrected else mine.together
            if together and self._params.together:
                counted.append((claim.slug, together))
            outcome = aggregate.aggregate(windows, together, params=self._params)
            if outcome.stance != "unrelated":
                judgements.append(self._judgement(plan.text, claim.slug, windows, outcome))
        read = sum(len(t.sentences) for t in told)
        return Answer(plan.text.key, tuple(judgements), plan.skipped, tuple(traces), read, tuple(counted))

    def _corrected(
        self, slug: str, plan: _Plan, candidates: Sequence[Candidate], probs: Sequence[StanceProbs]
    ) -> Sequence[StanceProbs]:
        """The model's answers after what the claim's examples teach, where they teach anything."""
        taught = self.taught.get(slug)
        near = [
            i
            for i, (c, p) in enumerate(zip(candidates, probs, strict=True))
            if taught is not None and taught.on and c is not TITLE and p.unrelated < fewshot.UNRELATED
        ]
        if taught is None or not near:
            return probs
        vectors = self._embedder.embed([plan.passages[candidates[i].passage].text for i in near])
        moved = {i: taught.corrected(probs[i], vector) for i, vector in zip(near, vectors, strict=True)}
        return [moved.get(i, p) for i, p in enumerate(probs)]

    def _judgement(
        self, text: Text, slug: str, windows: Sequence[aggregate.WindowScore], outcome: aggregate.Outcome
    ) -> Judgement:
        stance = Stance(outcome.stance)
        confidence = outcome.probabilities[outcome.stance]
        quotes = tuple(self._quote(text, windows[i], stance, confidence) for i in outcome.deciding)
        probabilities = {Stance(k): v for k, v in outcome.probabilities.items()}
        return Judgement(slug, stance, outcome.decided, probabilities, quotes)

    def _quote(self, text: Text, window: aggregate.WindowScore, stance: Stance, confidence: float) -> Quote:
        side = stance
        if stance is Stance.MIXED:
            side = Stance.SUPPORTS if window.probs.supports >= window.probs.refutes else Stance.REFUTES
        return attributed(text, window.start, window.end, side, confidence, self._topic.people)


def attributed(
    text: Text, start: int, end: int, stance: Stance, confidence: float, people: Sequence[Person], *, expected: str | None = None
) -> Quote:
    """The quote at a span with who says it, when, by which agency, in which modality; another span is refused."""
    lang = text.lang or "en"
    return evidence.quote(
        text.text,
        start,
        end,
        stance=stance,
        confidence=confidence,
        expected=expected,
        speaker=attribution.speaker(text.text, start, end, lang=lang, people=people),
        said=attribution.said(text.text, start, end, lang=lang, published=text.published, people=people),
        via=attribution.via(text.text, lang),
        modality=attribution.modality(text.text[start:end], lang),
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is read of a text: for each claim its ``candidates``, and the ``readings`` in which they stand one after another."""

    text: Text
    passages: Sequence[Passage]
    candidates: Sequence[Sequence[Candidate]]
    readings: Sequence[Sequence[Reading]]
    skipped: str | None


def _reading(claim: str, title: str, cut: Sequence[Passage], run: Sequence[Candidate], *, asks_title: bool) -> Reading:
    first = run[0].passage
    before = cut[first - 1].text if first else ""
    return Reading(claim, tuple(cut[c.passage].text for c in run), title, before, asks_title)


def _windows(
    claim: str, plan: _Plan, candidates: Sequence[Candidate], probs: Sequence[StanceProbs], found: names.NameFinder
) -> tuple[list[aggregate.WindowScore], tuple[WindowTrace, ...], list[StanceProbs]]:
    """One claim's windows after a look at the figures in them, what there is to tell of them, and the answers as they stand."""
    windows, traces, final = [], [], []
    read = plan.text
    for candidate, told in zip(candidates, probs, strict=True):
        if candidate is TITLE:
            sure, _ = figures.checked(claim, (read.title or "").strip(), told, lang=read.lang, published=read.published)
            windows.append(aggregate.WindowScore(0, 0, sure, 0.0, True))
            final.append(sure)
            continue
        p = plan.passages[candidate.passage]
        before = plan.passages[candidate.passage - 1].text if candidate.passage else ""
        if why := _said_of_nothing(p.text, before, claim, found):
            sure, note = UNRELATED, why
        else:
            sure, note = figures.checked(claim, p.text, told, lang=read.lang, published=read.published)
            windows.append(aggregate.WindowScore(p.start, p.end, sure, candidate.score, p.in_title))
        traces.append(WindowTrace(p.start, p.end, candidate.score, sure, note))
        final.append(sure)
    return windows, tuple(traces), final


def _said_of_nothing(passage: str, before: str, claim: str, found: names.NameFinder) -> str:
    """Why a passage says nothing of the claim whatever the model reads in it; empty where it may."""
    if pointing.only_points(passage):
        return "tells only who said what stands elsewhere"
    return "speaks of two other things" if pointing.of_two_others(passage, before, claim, found) else ""


def _languages(topic: Topic) -> frozenset[str]:
    """The languages that a topic says it reads, without their regions; none: all that the model reads."""
    return frozenset(code.partition("-")[0].lower() for code in topic.languages)


def _own(topic: Topic) -> tuple[str, ...]:
    """What of a topic can change an answer; empty texts where it says nothing."""
    told = names.digest(topic.names, topic.people)
    return fewshot.digest(topic.claims), told, " ".join(sorted(_languages(topic)))


def matcher_hash(engine: StanceEngine, topic: Topic | None = None) -> str:
    """Everything that can change an answer, under one hash (16 hex digits).

    Of the topic: what its claims' examples teach, its names and people (which texts it looks at, and whose voice a quote is), and
    the languages that it reads.
    """
    floors = f"{retrieve.TOPIC_FLOOR}/{retrieve.CLAIM_FLOOR}/{retrieve.PASSAGE_FLOOR}/{retrieve.BUDGET}"
    parts = (
        VERSION,
        engine.matcher_hash,
        passages.VERSION,
        retrieve.VERSION,
        Embedder.name,
        floors,
        figures.VERSION,
        pointing.VERSION,
    )
    own = () if topic is None else _own(topic)
    return hashlib.sha256("\n".join((*parts, *filter(None, own))).encode()).hexdigest()[:16]
