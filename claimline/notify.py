"""Changes -> messages: which rule of a topic wants to hear what, in which words, and the way out through apprise.

Nothing here remembers what was told; that is the outbox's part. An address stands in an environment variable and is never
shown: errors carry the variable's name.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from claimline import labels
from claimline.errors import NotifyFailed
from claimline.models import NotifyRule, Stance, Status

CHANGE = "change"
FIRST_REFUTATION = "first refutation"
NEW_VOICE = "new voice"
DECIDED_EDITED = "decided article edited"
SOURCE_SILENT = "source silent"
NOTHING_READ = "nothing read"
DIGEST = "digest"
KINDS: Mapping[str, str] = {
    CHANGE: "a claim's status changes",
    FIRST_REFUTATION: "a claim is reported as false, or disputed, for the first time",
    NEW_VOICE: "an article brings a voice that takes a side and was not heard before",
    DECIDED_EDITED: "an article on which a person has decided is edited",
    SOURCE_SILENT: "a source is broken (no answer three times in a row) or silent (nothing new for far longer than usual)",
    NOTHING_READ: "no sufficient run for 26 hours",
    DIGEST: "once a day: yesterday's changes and how far we have read",
}
AGAINST = frozenset({Status.REFUTED.value, Status.CONTESTED.value})
MAX_QUOTE = 280


@dataclass(frozen=True, slots=True)
class Message:
    """What a person reads: a title of one line and a plain text."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a topic was read, for the digest."""

    sources: int
    answered: int
    last_sufficient_at: datetime | None
    silent: Sequence[str] = ()


def kind(rule: NotifyRule) -> str:
    """The rule's `on` as one of KINDS; `a first-refutation` and `first_refutation` are the same. Others stay as written."""
    return " ".join(rule.on.replace("-", " ").replace("_", " ").lower().split()).removeprefix("a ")


def hears(rule: NotifyRule, told: Mapping[str, Any], *, first_against: bool) -> bool:
    """Whether a rule wants this change; `told` is the change as the outbox holds it."""
    if rule.claims and told["claim"] not in rule.claims:
        return False
    wanted = kind(rule)
    return wanted == CHANGE or (wanted == FIRST_REFUTATION and first_against)


def targets(rules: Iterable[NotifyRule], kinds: Collection[str], claim: str | None = None) -> tuple[str, ...]:
    """The environment variables of the rules of these kinds (that want to hear of this claim), each once, in order."""
    mine = (r for r in rules if kind(r) in kinds and (claim is None or not r.claims or claim in r.claims))
    return tuple(dict.fromkeys(rule.target_env for rule in mine))


# --- The words ------------------------------------------------------------------------------------------------------


def of_change(told: Mapping[str, Any], statement: str, *, instead_of: Mapping[str, Any] | None = None) -> Message:
    """A change; `instead_of` is what was told of the same claim and day before, and holds no longer."""
    now = labels.status(told["to"])
    lines = [f"“{statement}”", f"{labels.status(told['from'])} -> {now}, since {told['valid_from']} ({told['cause']})"]
    if instead_of is not None:
        lines.insert(0, f"Correction: we had told “{labels.status(instead_of['to'])}” for {instead_of['valid_from']}.")
    lines += [_quoted(q) for q in told.get("quotes", ())][:3]
    lines.append(told.get("review") or "No person has confirmed it.")
    title = f"{'Correction: ' if instead_of is not None else ''}{told['claim']}: {now}"
    return Message(_line(title), _text(lines))


def of_withdrawal(told: Mapping[str, Any], statement: str) -> Message:
    """What was told holds no longer, and nothing stands in its place."""
    was = f"{labels.status(told['from'])} -> {labels.status(told['to'])} on {told['valid_from']}"
    lines = [f"“{statement}”", f"We had told: {was}. With what we know now, this change did not happen."]
    return Message(_line(f"Correction: {told['claim']}: no change on {told['valid_from']}"), _text(lines))


def of_voice(told: Mapping[str, Any], statement: str) -> Message:
    side = labels.stance(told["stance"])
    lines = [f"“{statement}”", f"A voice that was not heard before {side} it, in print since {told['valid_from']}."]
    lines += [told["said_by"]] if told.get("said_by") else []
    lines += [_quoted(q) for q in told.get("quotes", ()) if q["quote"]]
    return Message(_line(f"{told['claim']}: a new voice {side} it"), _text(lines))


def said_by(speaker: str) -> str:
    """Who speaks, as a message says it: a purge of the person looks for these words."""
    return f"Said by {' '.join(speaker.split())}."


def of_edit(told: Mapping[str, Any], statement: str) -> Message:
    """A decided article was edited: does the new text still hold what was decided on?"""
    says = told.get("still_says_so")
    still = "The new text still holds its quote" if says else "Its quote no longer stands in the new text"
    decided = told["decided"]
    answer = labels.stance(decided) if decided in set(Stance) else decided
    lines = [f"“{statement}”", f"{told['by']} had decided “{answer}” on {str(told['at'])[:10]}; the decision holds.", told["url"]]
    quote = shortened(" ".join(str(told["quote"] or "").split()))
    lines += [] if says is None else [f"{still}: “{quote}”" if quote else f"{still}."]
    return Message(_line(f"{told['claim']}: a decided article was edited"), _text(lines))


def of_broken(topic: str, locator: str, failures: int, error: str | None) -> Message:
    reason = f" ({error})" if error else ""
    lines = [f"{locator} has not answered {failures} times in a row{reason}.", "`claimline doctor` says what to do."]
    return Message(_line(f"{topic}: a source is broken"), _text(lines))


def of_silent(topic: str, locator: str, since: datetime) -> Message:
    """It answers, and yet says nothing: moved, cut off, or closed."""
    lines = [f"{locator} answers, but has had nothing new since {since:%Y-%m-%d}, which is far longer than usual."]
    lines.append("Look whether it has moved; `claimline sources test` shows what it holds.")
    return Message(_line(f"{topic}: a source is silent"), _text(lines))


def of_nothing_read(topic: str, since: datetime | None) -> Message:
    last = f"The last sufficient run ended {since:%Y-%m-%d %H:%M} UTC." if since else "There has been no sufficient run yet."
    return Message(_line(f"{topic}: nothing read"), _text([last, "`claimline doctor` says what to do."]))


def of_day(title: str, day: date, changes: Sequence[Mapping[str, Any]], reading: Reading, *, backfilled: int = 0) -> Message:
    """The digest of one day: what became known on it, and how far we have read. What a backfill found is only counted."""
    lines = [
        f"{c['claim']}: {labels.status(c['from'])} -> {labels.status(c['to'])}, since {c['valid_from']} ({c['cause']})"
        for c in changes
    ] or ["No claim changed."]
    if backfilled:
        lines.append(
            f"A backfill found {backfilled} change{'' if backfilled == 1 else 's'} in the past; `claimline history` shows them."
        )
    until = f"{reading.last_sufficient_at:%Y-%m-%d %H:%M} UTC" if reading.last_sufficient_at else "never"
    lines.append(f"Read up to {until}; {reading.answered} of {reading.sources} sources answered.")
    lines += [f"No answer: {locator}" for locator in reading.silent[:10]]
    count = f"{len(changes)} change{'' if len(changes) == 1 else 's'}" if changes else "no change"
    return Message(_line(f"{title}, {day}: {count}"), _text(lines))


def together(title: str, messages: Sequence[Message], *, at_most: int = 100) -> Message:
    """Several messages as one; a single one stays as it is."""
    if len(messages) == 1:
        return messages[0]
    lines = [m.title for m in messages[:at_most]]
    if len(messages) > at_most:
        lines.append(f"... and {len(messages) - at_most} more")
    return Message(_line(f"{title}: {len(messages)} messages"), _text(lines))


def _quoted(quote: Mapping[str, Any]) -> str:
    words = shortened(" ".join(str(quote["quote"]).split()))
    return f"“{words}” {quote['url']}" if words else str(quote["url"])


def shortened(words: str) -> str:
    """A quote as a message shows it."""
    return words if len(words) <= MAX_QUOTE else words[: MAX_QUOTE - 1].rstrip() + "…"


def _line(text: str) -> str:
    """Fetched words may stand in it: one line, nothing that steers a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _text(lines: Iterable[str]) -> str:
    return "\n".join(_line(line) for line in lines)


# --- The way out ----------------------------------------------------------------------------------------------------


def send(target: str, address: str | None, message: Message) -> None:
    """Sends one message to the apprise address that stands in the environment variable `target`; raises NotifyFailed."""
    if not address:
        raise NotifyFailed(target, "the environment variable is not set")
    import apprise  # a second to import, and only needed where somebody is told

    service = apprise.Apprise()
    if not service.add(address):
        raise NotifyFailed(target, "its address is not one that apprise understands")
    with apprise.LogCapture(level=logging.WARNING) as log:  # type: ignore[no-untyped-call]
        if service.notify(title=message.title, body=message.body, body_format=apprise.NotifyFormat.TEXT):
            return
        lines = str(log.getvalue()).strip().splitlines()
    raise NotifyFailed(target, _without(address, lines[-1].strip()) if lines else "the service refused it")


def _without(address: str, text: str) -> str:
    """Apprise's own words, less anything of the address, which carries a secret."""
    for part in sorted({p for p in address.replace("/", " ").replace("@", " ").split() if len(p) > 3}, key=len, reverse=True):
        text = text.replace(part, "***")
    return text[:200]
