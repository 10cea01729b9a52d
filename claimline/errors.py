"""The errors, one tree; each carries its subject and reads as one line that says what to do.

ClaimlineError
|- UsageError                 the caller asked for something that cannot be (exit code 2)
|  |- TopicError              a topic file is wrong; holds every problem with its line
|  |- UnknownName             no such topic, claim, article ...
|  '- StaleTopic              the file is older than what the database holds; holds the diff
|- StorageError               (exit code 1)
|  |- SchemaTooNew / SchemaTooOld
|  |- NoDatabase              nothing is there yet
|  '- DatabaseBusy / LeaseHeld
|- FetchError                 we could not look; holds the URL
|  |- FetchRefused            not allowed: robots, private address, scheme, too many redirects
|  |- FetchFailed             the network or the server failed
|  '- BodyTooLarge
|- SourceError                a source's answer cannot be read; holds the locator
|- CleanError                 no text came out; holds the reason
|- NotifyFailed               a message could not be sent; holds the target's name, never its address
|- EvidenceError              a span does not prove itself
|- JudgeUnavailable           no verdict could be had; never a verdict
|- TranslationFailed          no translation could be had (claimline.translation)
'- ModelError                 a model is missing, broken, or not what its hash says
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class ClaimlineError(Exception):
    """The root. `str()` is one line fit for a person; `exit_code` is what a command ends with."""

    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors cross processes; Exception's own way would call `__init__` with the finished line alone."""
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[ClaimlineError], args: tuple[Any, ...], state: dict[str, Any]) -> ClaimlineError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class UsageError(ClaimlineError):
    exit_code = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file, with its line (from 1) and key."""

    line: int
    key: str
    message: str


class TopicError(UsageError):
    def __init__(self, path: str, problems: Sequence[Problem]) -> None:
        self.path = path
        self.problems = tuple(problems)
        super().__init__(
            "\n".join(
                f"{path}:{p.line}: {p.key}: {p.message}" if p.key else f"{path}:{p.line}: {p.message}" for p in self.problems
            )
        )


class UnknownName(UsageError):
    def __init__(self, kind: str, name: str, known: Sequence[str] = ()) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        hint = f"; known: {', '.join(self.known[:8])}" if self.known else _WHERE_TO_LOOK.get(kind, "")
        super().__init__(f"no {kind} named {name!r}{hint}")


_WHERE_TO_LOOK = {
    "topic": "; there is none yet: `claimline track --topic FILE` takes one in",
    "claim": "; there is none yet: `claimline track --topic FILE` takes some in",
    "article": "; give its address as `claimline articles` shows it",
    "decision that stands": "; `claimline decisions` shows their ids",
    "edition": "; `claimline replay list TOPIC` shows those that wait",
}


class StaleTopic(UsageError):
    def __init__(self, slug: str, diff: str) -> None:
        self.slug, self.diff = slug, diff
        super().__init__(
            f"topic {slug}: the file is an older version than the database holds; export it first with "
            f"`claimline topics export {slug}`, or import it anyway with --force\n{diff}"
        )


class StorageError(ClaimlineError):
    pass


class SchemaTooNew(StorageError):
    def __init__(self, url: str, revision: str) -> None:
        super().__init__(f"{url}: the database has schema {revision}, which this version does not know; update claimline")


class SchemaTooOld(StorageError):
    def __init__(self, url: str, revision: str) -> None:
        super().__init__(f"{url}: the database has the older schema {revision}; run `claimline db upgrade`")


class NoDatabase(StorageError):
    def __init__(self, url: str) -> None:
        super().__init__(f"{url}: there is no database yet; `claimline track` creates it")


class DatabaseBusy(StorageError):
    pass


class LeaseHeld(StorageError):
    def __init__(self, name: str, holder: str) -> None:
        self.name, self.holder = name, holder
        super().__init__(f"{name} is being worked on by {holder}; try again when it has finished")


class FetchError(ClaimlineError):
    """`status` is the answer's, where there was one; `retry_after_s` what the host asked for."""

    def __init__(
        self, url: str, reason: str, detail: str = "", *, status: int | None = None, retry_after_s: float | None = None
    ) -> None:
        self.url, self.reason, self.detail = url, reason, detail
        self.status, self.retry_after_s = status, retry_after_s
        super().__init__(f"{url}: {reason}" + (f" ({detail})" if detail else ""))


class FetchRefused(FetchError):
    pass


class FetchFailed(FetchError):
    pass


class BodyTooLarge(FetchError):
    pass


class SourceError(ClaimlineError):
    """`retry_after_s`: how long the host asked us to stay away."""

    def __init__(self, locator: str, reason: str, detail: str = "", *, retry_after_s: float | None = None) -> None:
        self.locator, self.reason, self.detail = locator, reason, detail
        self.retry_after_s = retry_after_s
        super().__init__(f"{locator}: {reason}" + (f" ({detail})" if detail else ""))


class CleanError(ClaimlineError):
    def __init__(self, where: str, reason: str, detail: str = "") -> None:
        self.where, self.reason, self.detail = where, reason, detail
        super().__init__(f"{where}: {reason}" + (f" ({detail})" if detail else ""))


class NotifyFailed(ClaimlineError):
    def __init__(self, target: str, reason: str) -> None:
        self.target, self.reason = target, reason
        super().__init__(f"could not tell {target}: {reason}")


class EvidenceError(ClaimlineError):
    pass


class JudgeUnavailable(ClaimlineError):
    def __init__(self, claim: str, revision: str, reason: str) -> None:
        self.claim, self.revision, self.reason = claim, revision, reason
        super().__init__(f"no verdict on {claim} for {revision}: {reason}")


class ModelError(ClaimlineError):
    pass
