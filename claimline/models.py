"""The nouns: frozen values that the rooms hand to one another.

Nothing here reads a clock, a file or a database. All times are aware UTC; a day is a UTC day; offsets count Unicode code
points of a revision's normalised text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple


class Stance(StrEnum):
    """What an article says of a claim."""

    SUPPORTS = "supports"
    REFUTES = "refutes"
    NEUTRAL = "neutral"
    MIXED = "mixed"
    UNRELATED = "unrelated"


SIDES = frozenset({Stance.SUPPORTS, Stance.REFUTES})


class Status(StrEnum):
    """Where a claim stands on a day."""

    UNREPORTED = "unreported"
    OPEN = "open"
    SUPPORTED = "supported"
    REFUTED = "refuted"
    CONTESTED = "contested"


class Cause(StrEnum):
    """Why the ledger says something new (design.md, rule 4)."""

    NEW_ARTICLE = "new article"
    LATE_ARTICLE = "late article"
    EDITED_ARTICLE = "edited article"
    DATE_CORRECTED = "date corrected"
    COPIES_GROUPED = "copies grouped"
    COPIES_SEPARATED = "copies separated"
    CLAIM_REWORDED = "claim reworded"
    NEW_MODEL = "new model"
    NEW_CLEANER = "new cleaner"
    CHANGED_SETTING = "changed setting"
    RULES_CHANGED = "rules changed"
    PERSON = "person"
    RETRACTED = "retracted"
    LEGAL_REMOVAL = "legal removal"


class Precision(StrEnum):
    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class DateBasis(StrEnum):
    """Where a date was read; the order is the order of trust (a person's word comes before all)."""

    PERSON = "person"
    RECORD = "record"  # the jsonl field
    METADATA = "metadata"
    FEED = "feed"
    URL = "url"
    TEXT = "text"
    INFERRED = "inferred"  # a day without a year, one year fits
    UNCERTAIN = "uncertain"  # several readings, none, or in the future
    FIRST_SEEN = "first seen"  # only ever for an edit, never for a publication


class OutletType(StrEnum):
    AGENCY = "agency"
    OUTLET = "outlet"
    OFFICIAL = "official"
    STATE_MEDIA = "state media"
    OPINION = "opinion"
    SATIRE = "satire"
    AGGREGATOR = "aggregator"


class SpeakerBasis(StrEnum):
    PERSON_LIST = "people"  # matched to the topic's `people`
    TEXT = "text"  # as the article writes it
    UNKNOWN = "unknown"


# --- Topics ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """A thing with every way it is written; `any script` means variants may be in any alphabet."""

    canonical: str
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may speak: `key` is a slug of the canonical name."""

    key: str
    canonical: str
    variants: tuple[str, ...] = ()
    role: str = ""


@dataclass(frozen=True, slots=True)
class Examples:
    """Wordings that teach a claim (few-shot)."""

    supports: tuple[str, ...] = ()
    refutes: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimSpec:
    slug: str
    statement: str
    tags: tuple[str, ...] = ()
    examples: Examples = field(default_factory=Examples)
    renamed_from: str | None = None
    negation_of: str | None = None
    narrower_than: str | None = None
    superseded_by: str | None = None


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A place to look. `kind` is a key of `claimline.sources.SOURCES`; `locator` a URL or a path.

    `options` are the kind's own; `allow_private` names hosts on private addresses that the topic's owner allows.
    """

    kind: str
    locator: str
    title: str = ""
    lang: str | None = None
    outlet: str | None = None
    allow_private: tuple[str, ...] = ()
    store: str = "full"  # full | quotes | link
    paused: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutletSpec:
    domain: str
    title: str = ""
    type: OutletType = OutletType.OUTLET
    country: str | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class NotifyRule:
    """Whom to tell of what; `target_env` names the environment variable that holds an apprise URL."""

    on: str
    target_env: str
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    slug: str
    title: str
    claims: tuple[ClaimSpec, ...]
    sources: tuple[SourceSpec, ...]
    names: tuple[Name, ...] = ()
    people: tuple[Person, ...] = ()
    outlets: tuple[OutletSpec, ...] = ()
    languages: tuple[str, ...] = ()  # none: every language that the model reads
    unknown_outlets: str = "count"  # count | hold: weigh nothing until accepted
    notify: tuple[NotifyRule, ...] = ()
    description: str = ""


# --- From a source to a revision ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Validators:
    """What a conditional GET sends back."""

    etag: str | None = None
    last_modified: str | None = None
    body_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a source says of one article. Where the source carries the article itself (`files`, WARC), `body` or `text`
    holds it and nothing is fetched. `url` is the address (or the relative path of a file without one).
    """

    url: str
    title: str | None = None
    published: str | None = None  # the source's own words
    updated: str | None = None
    lang: str | None = None
    outlet: str | None = None
    authors: tuple[str, ...] = ()
    text: str | None = None  # jsonl: the text is given, not extracted
    body: bytes | None = None
    content_type: str | None = None
    fetched_at: datetime | None = None  # WARC: when it was captured
    seen_words: str | None = None  # e.g. GDELT's crawl time: never a publication date


@dataclass(frozen=True, slots=True)
class Skip:
    """Something that was looked at and left, with its reason; `where` names the file and line, or the URL."""

    where: str
    reason: str  # a slug: empty, binary, too-large, not-utf8, bad-json, loop, robots, paywall, consent, too-old ...
    detail: str = ""
    failed: bool = False  # True: we could not look; False: we chose not to
    retry_after_s: float | None = None  # how long the host asked us to stay away


@dataclass(frozen=True, slots=True)
class Discovered:
    """The answer of one source: entries, what was skipped, and the validators to send next time.

    With `more`, there is more than one answer holds: asked again with these validators, the source goes on from here.
    `at_least_s`: how long the publisher asks us to wait before we ask again.
    """

    entries: tuple[Entry, ...]
    skips: tuple[Skip, ...] = ()
    validators: Validators = field(default_factory=Validators)
    not_modified: bool = False
    more: bool = False
    at_least_s: float | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back for one request; `max_age_s`: for how long it says that it stays as it is."""

    url: str
    final_url: str
    status: int
    fetched_at: datetime
    body: bytes
    content_type: str | None = None
    validators: Validators = field(default_factory=Validators)
    retry_after_s: float | None = None
    max_age_s: float | None = None

    @property
    def not_modified(self) -> bool:
        return self.status == 304


@dataclass(frozen=True, slots=True)
class DateFinding:
    """A date as found: `day` is None where it is uncertain; then `candidates` are its readings, newest first."""

    day: date | None
    basis: DateBasis
    words: str = ""
    precision: Precision = Precision.DAY
    at: datetime | None = None
    candidates: tuple[date, ...] = ()

    @property
    def certain(self) -> bool:
        return self.day is not None and self.basis is not DateBasis.UNCERTAIN


@dataclass(frozen=True, slots=True)
class Cleaned:
    """One clean text. `text` is normalised (NFC, no control characters but newline, no trailing blanks)."""

    text: str
    text_sha256: str
    cleaner: str
    title: str | None
    outlet: str | None  # a domain, or the name that the source gave
    authors: tuple[str, ...]
    lang: str | None
    lang_confidence: float
    published: DateFinding
    modified: DateFinding | None = None
    canonical_url: str | None = None
    via: str | None = None  # the agency whose byline it carries
    notice: str | None = None  # retraction | correction, where the page announces one


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a revision: `text[start:end]` of the core sentence; `context` is what stands before it (title included)."""

    start: int
    end: int
    text: str
    context: str = ""
    in_title: bool = False


# --- Assessments and evidence ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says so: as written, and as a known person (`key`) where the name is in the topic or resolved in the article."""

    written: str
    key: str
    basis: SpeakerBasis = SpeakerBasis.TEXT


@dataclass(frozen=True, slots=True)
class Said:
    """The day on which words were said, relative to the article ("on Monday")."""

    day: date
    words: str
    precision: Precision = Precision.DAY


@dataclass(frozen=True, slots=True)
class Quote:
    """A quoted position. Build it with `claimline.evidence.quote`, which refuses a span that does not prove itself."""

    start: int
    end: int
    quote: str
    stance: Stance
    confidence: float
    speaker: Speaker | None = None
    said: Said | None = None
    via: str | None = None
    modality: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a matcher answers for one (claim, revision): the best label, whether it is decided, five probabilities, quotes.

    `failed` carries the reason where no answer could be had: a failure is not a verdict.
    """

    claim: str
    stance: Stance
    decided: bool
    probabilities: Mapping[Stance, float]
    quotes: tuple[Quote, ...] = ()
    failed: str | None = None

    @property
    def confidence(self) -> float:
        return self.probabilities.get(self.stance, 0.0)


# --- History --------------------------------------------------------------------------------------------------------


class Position(NamedTuple):
    """One piece of folded evidence: what one revision says of one claim, on one side, in one quote.

    It stands from `valid_from` until `valid_to` (exclusive; an edit or a retraction closes it). `said_on` never enters
    the fold as a time; it only tells which reports carry one and the same statement. `weight` is the outlet's.

    A tuple, since a claim may have many thousands: a frozen dataclass takes eight times as long to make.
    """

    key: str  # stable: hash of claim, article, revision text, span
    article: str  # the article's URL
    revision: str  # the revision's stable key
    stance: Stance  # supports | refutes | neutral
    confidence: float  # half for each side of a mixed article
    valid_from: date
    valid_to: date | None = None
    speaker: str | None = None  # the speaker's key
    said_on: date | None = None
    cluster: str | None = None  # stable key of the group of copies
    weight: float = 1.0
    actor: str = "model"  # model | judge | person
    quote: str = ""
    start: int = 0
    end: int = 0
    speaker_written: str | None = None
    outlet: str | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's word on a status from a day to a day (inclusive; None: until further notice)."""

    status: Status
    valid_from: date
    valid_to: date | None
    by: str
    key: str


@dataclass(frozen=True, slots=True)
class Voice:
    """What counts once: see docs/history.md. `positions` are the keys of all reports that carry it, the first one first."""

    key: str
    stance: Stance
    valid_from: date
    weight: float  # before recency
    speaker: str | None
    positions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers behind a status."""

    supports: float = 0.0
    refutes: float = 0.0
    voices_supports: int = 0
    voices_refutes: int = 0
    voices_neutral: int = 0
    speakers: int = 0

    @property
    def single_report(self) -> bool:
        return self.voices_supports + self.voices_refutes == 1


@dataclass(frozen=True, slots=True)
class Change:
    """One change of status on one day. `machine` is what the fold says without rulings."""

    valid_from: date
    before: Status
    after: Status
    machine: Status
    figures: Figures
    tipped_by: tuple[str, ...]  # position keys
    ruling: str | None = None


@dataclass(frozen=True, slots=True)
class FoldResult:
    """`voices`: those that stand at the end. `newest`: the day of the newest of them that takes a side."""

    changes: tuple[Change, ...]
    status: Status
    machine: Status
    figures: Figures
    voices: tuple[Voice, ...]
    newest: date | None = None


# --- Runs -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one source answered in one run."""

    source_id: int
    locator: str
    answered: bool
    not_modified: bool = False
    found: int = 0
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    skips: tuple[Skip, ...] = ()
    error: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    at_least_s: float | None = None  # how long the publisher asks us to wait
