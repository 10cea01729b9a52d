"""Replay: the stored past read again by the installed cleaner and matcher, as a shadow edition beside the live ledger.

Nothing that a replay does is seen by any other read until it is accepted; discarding it leaves only its row.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from claimline.errors import UsageError
from claimline.models import Cause, Change, Position, Stance
from flows import intake, judging, rereading
from flows.desk import Desk
from flows.tally import Tally
from storage import answers, ledger, replay, rereadings
from storage import pins as held
from storage.engine import Session
from storage.records import Published, StoredClaim, StoredDecision, StoredTopic
from storage.rereadings import Account


@dataclass(frozen=True, slots=True)
class Moved:
    """One article whose side differs between the live ledger and the shadow (None: says nothing)."""

    article: str
    before: Stance | None
    after: Stance | None


@dataclass(frozen=True, slots=True)
class ClaimDiff:
    """What a replay would change of one claim. `agreed`: people's verdicts that the machine shares (before, after, all)."""

    claim: str
    gone: tuple[Change, ...]
    new: tuple[Change, ...]
    moved: tuple[Moved, ...]
    agreed: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ReplayReport:
    edition_key: str
    edition_id: int
    topic: str
    matcher_before: str | None
    matcher_after: str
    claims: tuple[ClaimDiff, ...]
    revisions: int
    pairs: int
    seconds: float
    judge_asked: int = 0
    judge_tokens: int = 0
    judge_price: float = 0.0
    cleaner_before: str | None = None
    cleaner_after: str | None = None  # None: the texts stay as they are
    texts: Account | None = None

    @property
    def flips(self) -> int:
        return sum(len(c.new) + len(c.gone) for c in self.claims)


def replay_topic(
    desk: Desk,
    slug: str,
    *,
    claims: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    by: str,
    settings: Mapping[str, str] | None = None,
) -> ReplayReport:
    """Judges what the installed matcher has not read and opens a shadow edition with it.

    Where the topic is pinned to another cleaner than the installed one, the stored bytes are read again first; not where only
    some claims are asked for, since a text is one text for all of them.

    `since` and `until` bound the difference that is told, not what is judged: a history is folded from its beginning. `settings`:
    what was chosen for this replay alone, kept with it.
    """
    topic = intake.stored_topic(desk, slug)
    chosen = [c for c in topic.claims if not c.retired and (not claims or c.slug in claims)]
    if missing := set(claims) - {c.slug for c in chosen}:
        raise UsageError(f"topic {slug} has no claim {', '.join(sorted(missing))}")
    began = time.perf_counter()
    matcher = judging.installed_hash(desk, topic)
    tally = Tally()
    coming = None if claims else rereading.reread(desk, topic)
    with desk.db.read() as s:
        texts = rereadings.account(s, topic.id, coming.cleaner, coming.made_by) if coming else None
        pinned = held.live(s, topic.id)
    todo = judging.unread(desk, topic, matcher, coming=coming)
    if todo:
        tally = judging.assess(desk, topic, judging.open_matcher(desk, topic), todo, run_id=None)
    tally.add(judging.judge_undecided(desk, topic, None, matcher=matcher, only=[c.slug for c in chosen], coming=coming))
    judge = judging.installed_judge(desk, topic)
    wordings = {c.id: c.version_id for c in chosen}  # a claim may have been reworded while its past was read
    machines = {(pin.matcher, pin.judge) for claim_id, pin in pinned.items() if claim_id in wordings}
    only_cleaner = coming is not None and all(m == matcher and judge in (None, j) for m, j in machines)
    edition = desk.db.write(
        lambda s: replay.open_shadow(
            s,
            topic.id,
            matcher=matcher,
            judge=judge,
            claims=list(wordings),
            wordings=wordings,
            coming=coming,
            cause=Cause.NEW_CLEANER if only_cleaner else None,
            by=by,
            now=desk.now(),
            settings=settings,
        )
    )
    report = describe(desk, topic, edition, chosen, since=since, until=until)
    return ReplayReport(
        *report,
        revisions=len(todo),
        pairs=tally.counts["pairs-judged"],
        seconds=time.perf_counter() - began,
        judge_asked=tally.counts["judge-asked"],
        judge_tokens=tally.counts["judge-tokens-in"] + tally.counts["judge-tokens-out"],
        judge_price=tally.cost.get("judge-price", 0.0),
        cleaner_before=held.usual_cleaner(pinned),
        cleaner_after=coming.cleaner if coming else None,
        texts=texts,
    )


def describe(
    desk: Desk,
    topic: StoredTopic,
    edition_id: int,
    claims: Sequence[StoredClaim],
    *,
    since: date | None = None,
    until: date | None = None,
) -> tuple[str, int, str, str | None, str, tuple[ClaimDiff, ...]]:
    """What the shadow would change, claim by claim."""
    with desk.db.read() as s:
        edition = next(e for e in ledger.editions(s, topic.id, state="shadow") if e.id == edition_id)
        pins = replay.shadow_pins(s, edition_id)
        before = [pin.matcher for claim_id, pin in sorted(held.live(s, topic.id).items()) if claim_id in pins]
        diffs = tuple(_diff(s, topic, claim, edition_id, since, until) for claim in claims if claim.id in pins)
    after = next((pin.matcher for pin in pins.values()), "")
    return edition.key, edition_id, topic.slug, next(iter(before), None), after, diffs


def _diff(
    s: Session, topic: StoredTopic, claim: StoredClaim, edition_id: int, since: date | None, until: date | None
) -> ClaimDiff:
    live = {_key(c.change): c.change for c in ledger.changes(s, claim.id, quotes=False, to_come=True)}
    shadow = {_key(c): c for c in replay.shadow_fold(s, claim.id, edition_id).changes}
    gone = tuple(c for k, c in live.items() if k not in shadow and _within(c, since, until))
    new = tuple(c for k, c in shadow.items() if k not in live and _within(c, since, until))
    positions = ledger.positions(s, claim.id), ledger.positions(s, claim.id, edition=edition_id)
    machine = _machine_sides(s, topic, claim, edition_id)
    return ClaimDiff(claim.slug, gone, new, _moved(*positions), machine)


def _key(change: Change) -> tuple[date, str, str]:
    return change.valid_from, change.before, change.after


def _within(change: Change, since: date | None, until: date | None) -> bool:
    return (since is None or change.valid_from >= since) and (until is None or change.valid_from <= until)


def _moved(before: Sequence[Position], after: Sequence[Position]) -> tuple[Moved, ...]:
    was, now = _sides(before), _sides(after)
    return tuple(Moved(url, was.get(url), now.get(url)) for url in sorted({*was, *now}) if was.get(url) != now.get(url))


def _sides(positions: Sequence[Position]) -> dict[str, Stance]:
    found: dict[str, Stance] = {}
    for p in positions:
        found[p.article] = p.stance if found.get(p.article, p.stance) is p.stance else Stance.MIXED
    return found


def _machine_sides(s: Session, topic: StoredTopic, claim: StoredClaim, edition_id: int) -> tuple[int, int, int]:
    """People's verdicts against the machine's answer now and in the shadow; what a machine does not list is unrelated."""
    decided = [a for a in answers.answers(s, topic.id, claim_id=claim.id) if _verdict(a.decision) is not None]
    sides = replay.shadow_sides(s, claim.id, edition_id, [a.article_id for a in decided])
    before = sum(a.stance is _verdict(a.decision) for a in decided)
    after = sum(sides.get(a.revision_id, Stance.UNRELATED) is _verdict(a.decision) for a in decided)
    return before, after, len(decided)


def _verdict(decision: StoredDecision | None) -> Stance | None:
    return decision.stance if decision is not None else None


def accept(desk: Desk, edition_id: int, *, by: str) -> Published:
    """Makes the shadow live as one edition."""
    return replay.accept(desk.db, edition_id, by=by, now=desk.now())


def discard(desk: Desk, edition_id: int) -> None:
    desk.db.write(lambda s: replay.discard(s, edition_id))
