"""What storage hands out: frozen values with ids, beside the nouns of `claimline.models`.

Rows never leave `storage`; these do. Nothing here touches a database. Integer ids are for calls back into storage, `key` fields
are the stable hashes that other programs may see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from claimline.models import (
    Cause,
    Change,
    ClaimSpec,
    DateFinding,
    Entry,
    Figures,
    OutletType,
    Position,
    Quote,
    SourceSpec,
    Stance,
    Status,
    Topic,
    Validators,
)

# --- topics and claims ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TopicImport:
    """What an import did; the tuples hold claim slugs. `created` is true for a new topic, `changed` for a new version."""

    topic_id: int
    version_id: int
    created: bool
    changed: bool
    added: tuple[str, ...] = ()
    reworded: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredClaim:
    id: int
    topic_id: int
    topic_slug: str
    slug: str
    statement: str
    version_id: int  # the newest wording
    n: int
    retired: bool
    spec: ClaimSpec


@dataclass(frozen=True, slots=True)
class StoredTopic:
    id: int
    slug: str
    version_id: int
    topic: Topic
    digest: str
    yaml: str
    claims: tuple[StoredClaim, ...]


# --- from a source to a revision ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredSource:
    id: int
    kind: str
    locator: str
    spec: SourceSpec
    validators: Validators
    paused: bool
    failures: int  # in a row
    last_answered_at: datetime | None
    next_due_at: datetime | None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class DiscoverySaved:
    """Article ids in the order of the entries; `refused` counts entries that a tombstone keeps out."""

    new: tuple[int, ...]
    known: tuple[int, ...]
    refused: int = 0


@dataclass(frozen=True, slots=True)
class ToFetch:
    article_id: int
    url: str
    entry: Entry
    source_id: int
    source_kind: str
    spec: SourceSpec
    validators: Validators
    attempts: int


@dataclass(frozen=True, slots=True)
class CaptureSaved:
    """`kind`: new | revised | unchanged | failed | not-modified | gone."""

    revision_id: int | None
    new_revision: bool
    kind: str


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """One clean text with its dates after people's decisions. `text` is empty where retention or the law removed it."""

    id: int
    key: str
    article_id: int
    url: str
    outlet: str | None
    title: str | None
    text: str
    lang: str | None
    cleaner: str
    text_sha256: str
    published: DateFinding
    modified: DateFinding | None
    first_seen: datetime  # of the article
    seen_at: datetime  # of this revision
    valid_from: date | None
    uncertain: bool
    authors: tuple[str, ...] = ()
    via: str | None = None
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class StoredArticle:
    id: int
    key: str
    url: str
    outlet: str | None
    title: str | None
    state: str  # new | captured | failing | left (our choice) | given-up | gone | purged
    first_seen: datetime
    attempts: int
    last_error: str | None
    revision_id: int | None  # the current one


@dataclass(frozen=True, slots=True)
class SearchHit:
    revision_id: int
    article_id: int
    url: str
    title: str | None
    outlet: str | None
    snippet: str


# --- copies ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edge:
    """Two revisions that tell one story in nearly the same words."""

    a: int
    b: int
    similarity: float


@dataclass(frozen=True, slots=True)
class Membership:
    revision_id: int
    article_id: int
    cluster: str


# --- assessments ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredQuote:
    """One evidence: `key` is the same hash as the key of the position that it makes."""

    id: int
    key: str
    quote: Quote
    rejected_by: str | None = None
    added_by: str | None = None


@dataclass(frozen=True, slots=True)
class StoredAssessment:
    id: int
    claim_id: int
    claim: str
    claim_version_id: int
    revision_id: int
    article_id: int
    url: str
    outlet: str | None
    lang: str | None
    published: DateFinding
    valid_from: date | None
    matcher: str
    actor: str  # model | judge
    stance: Stance
    decided: bool
    confidence: float
    probabilities: Mapping[Stance, float]
    quotes: tuple[StoredQuote, ...]
    cluster: str | None
    edition_key: str | None
    decision: StoredDecision | None = None  # what a person says of it, where one has
    revision: str = ""  # the text's permanent id
    added: tuple[StoredQuote, ...] = ()  # what people pointed at that no machine had seen
    told: Stance | None = None  # what the ledger tells of the article, where a person's word bears on it

    @property
    def settled(self) -> bool:
        """The machine is sure, or a person's word stands on the article or on a copy of it."""
        return self.decided or self.decision is not None or self.told not in (None, Stance.UNRELATED)

    @property
    def effective(self) -> Stance:
        """What the ledger tells (*unrelated*: all of it was rejected), else a person's word, else the machine's."""
        if self.told is not None:
            return self.told
        return self.decision.stance if self.decision and self.decision.stance else self.stance


@dataclass(frozen=True, slots=True)
class PendingPair:
    claim_id: int
    claim: str
    revision_id: int
    matcher: str
    reason: str
    attempts: int
    given_up: bool


@dataclass(frozen=True, slots=True)
class PendingCounts:
    """What the machine still owes, and what needs a person."""

    unscanned: int
    failed: int
    given_up: int
    undecided: int
    uncertain_dates: int
    unpublished: int


# --- the ledger -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredChange:
    """One live (at the time asked for) change of status; `quotes` are the positions that tipped it.

    `note`: where a ruling begins or ends with it, what the person who ruled said, or whose ruling ended.
    """

    key: str
    claim: str
    topic: str
    change: Change
    recorded_at: datetime
    cause: Cause
    edition_key: str
    review: str | None
    quotes: tuple[Position, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClaimStatus:
    """Where a claim stands at (as_of, known_at). `figures` are those of the asked day where the ledger keeps them (today:
    always), else of the last change before it.
    """

    claim: StoredClaim
    status: Status
    machine: Status
    figures: Figures
    since: date | None
    first_reported: date | None
    changes: int
    review: str | None
    cause: Cause | None
    recorded_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredEdition:
    id: int
    key: str
    topic_id: int
    state: str  # live | shadow | discarded
    cause: Cause
    actor: str
    run_id: int | None
    recorded_at: datetime | None
    created_at: datetime
    fold_version: str
    spec: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Published:
    """`edition_id` is None where nothing changed; `changes` are the new rows that say something else than before, `withdrawn`
    those that are no longer told, with none in their place on that day."""

    edition_id: int | None
    edition_key: str | None
    recorded_at: datetime | None
    changes: tuple[StoredChange, ...] = ()
    withdrawn: tuple[StoredChange, ...] = ()
    claims_refolded: int = 0
    positions_added: int = 0
    positions_closed: int = 0


@dataclass(frozen=True, slots=True)
class Pin:
    """Which wording and which machine answer for a claim."""

    claim_id: int
    claim_version_id: int
    matcher: str
    judge: str | None
    cleaner: str | None = None


# --- people ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A person's word. `kind`: stance | accept | reject | evidence | separate | ruling | date | outlet."""

    id: int
    client_id: str
    batch: str | None
    kind: str
    by: str
    at: datetime
    note: str
    claim_id: int | None
    claim: str | None
    article_id: int | None
    url: str | None
    revision_id: int | None
    stance: Stance | None
    quote: str | None
    start: int | None
    end: int | None
    seen_stance: Stance | None
    undone: bool
    speaker: str | None = None  # who says an added quote, as written, where the person said so
    reworded: bool = False  # made on an older wording of the claim
    reopened: str | None = None  # why it should be looked at again
    status: Status | None = None  # rulings
    valid_from: date | None = None  # rulings; the day of a date decision
    valid_to: date | None = None
    review_by: date | None = None


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A person's word that is to be stored. `client_id` is made by whoever asks, so that asking twice stores it once.

    stance: `stance` of the article; accept: as the machine says (`stance` is filled in); reject: the `quote` does not count;
    evidence: the `quote` (at `start`, `end`) takes `stance`, and `speaker` says it (None: whom a machine found); separate: the
    article is no copy; date: the article was published on `valid_from`; ruling: the claim is `status` from `valid_from` to
    `valid_to`.
    """

    kind: str
    client_id: str
    claim_id: int | None = None
    article_id: int | None = None
    revision_id: int | None = None  # the text that was seen; None: the current one
    stance: Stance | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    status: Status | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    review_by: date | None = None
    topic_id: int | None = None
    speaker: str | None = None
    note: str = ""


class Brought:
    """What several editions brought together."""

    __slots__ = ()
    published: tuple[Published, ...]

    @property
    def changes(self) -> tuple[StoredChange, ...]:
        return tuple(c for p in self.published for c in p.changes)

    @property
    def withdrawn(self) -> tuple[StoredChange, ...]:
        return tuple(c for p in self.published for c in p.withdrawn)


@dataclass(frozen=True, slots=True)
class Recorded(Brought):
    """Decision ids (those that were there already included) and the editions that they made."""

    ids: tuple[int, ...]
    published: tuple[Published, ...]


@dataclass(frozen=True, slots=True)
class StoredOutlet:
    domain: str
    title: str
    type: OutletType
    country: str | None
    weight: float
    named: bool  # False: nobody has named it; held or counted as the topic says
    accepted_by: str | None
    articles: int = 0


__all__ = [
    "CaptureSaved",
    "ClaimStatus",
    "DiscoverySaved",
    "Edge",
    "Membership",
    "NewDecision",
    "PendingCounts",
    "PendingPair",
    "Pin",
    "Published",
    "Recorded",
    "SearchHit",
    "StoredArticle",
    "StoredAssessment",
    "StoredChange",
    "StoredClaim",
    "StoredDecision",
    "StoredEdition",
    "StoredOutlet",
    "StoredQuote",
    "StoredRevision",
    "StoredSource",
    "StoredTopic",
    "ToFetch",
    "TopicImport",
]
