"""What a flow run shows on Prefect's page: its progress, a table of the claims, the day's changes in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from claimline import labels
from flows.desk import Desk
from flows.steps import TrackReport
from storage import ledger
from storage.records import ClaimStatus, StoredChange

EVERY_S = 2.0
# Where in a run's bar each phase begins and ends.
PHASES = {"sources": (0.0, 10.0), "articles": (10.0, 60.0), "claims": (60.0, 99.0), "texts": (60.0, 99.0)}


class Bar:
    """One progress bar a topic, moved at most every two seconds; `also` hears everything."""

    def __init__(self, topic: str, also: Callable[[str, int, int | None], None]) -> None:
        made = create_progress_artifact(0.0, key=f"progress-{topic}", description=f"The run of {topic}")
        self._id = made if isinstance(made, UUID) else None
        self._also = also
        self._at = time.monotonic()
        self._shown = 0.0

    def step(self, what: str, done: int, total: int | None) -> None:
        """A desk's `progress`."""
        self._also(what, done, total)
        low, high = PHASES.get(what, (0.0, 0.0))
        percent = round(low + (high - low) * done / total, 1) if total else low
        if percent > self._shown and time.monotonic() - self._at >= EVERY_S:
            self._show(percent)

    def finish(self) -> None:
        self._show(100.0)

    def _show(self, percent: float) -> None:
        if self._id is not None:
            update_progress_artifact(self._id, progress=percent)
        self._at, self._shown = time.monotonic(), percent


def publish_artifacts(desk: Desk, report: TrackReport) -> None:
    with desk.db.read() as s:
        statuses = ledger.statuses(s, report.topic)
    create_table_artifact(
        claim_rows(statuses), key=f"claims-{report.topic}", description=f"Where the claims of {report.topic} stand"
    )
    create_markdown_artifact(
        changes_markdown(report), key=f"changes-{report.topic}", description=f"What the run changed in {report.topic}"
    )


def claim_rows(statuses: Sequence[ClaimStatus]) -> list[dict[str, object]]:
    return [
        {
            "claim": x.claim.slug,
            "statement": x.claim.statement,
            "status": labels.status(x.status),
            "since": x.since.isoformat() if x.since else "",
            "voices": labels.voices(x.figures),
            "confirmed": x.review or "no",
        }
        for x in statuses
    ]


def changes_markdown(report: TrackReport) -> str:
    """The run in words; fetched text is shown as code so that it cannot draw anything."""
    head = f"# {report.topic}\n\n{report.said}"
    counts = report.tally.counts
    head += f", {counts['articles-new']} new articles, {counts['revisions-read']} texts read.\n"
    if not report.changes:
        return head + "\nNo claim changed.\n"
    return head + "".join(_change_markdown(c) for c in report.changes)


def _change_markdown(change: StoredChange) -> str:
    c = change.change
    lines = [f"\n## {change.claim}\n", f"{labels.status(c.before)} -> **{labels.status(c.after)}**, since {c.valid_from}"]
    lines.append(f"({change.cause.value}; {labels.voices(c.figures)})\n")
    for quote in change.quotes[:3]:
        words = " ".join(quote.quote.split()).replace("`", "'")[:400]
        speaker = (quote.speaker_written or quote.speaker or "no speaker named").replace("`", "'")
        lines.append(f"\n- `{words}`\n  ({labels.stance(quote.stance)}; `{speaker}`; `{quote.article.replace('`', '%60')}`)\n")
    return "\n".join(lines)
