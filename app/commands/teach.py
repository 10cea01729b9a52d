"""`claimline teach`: what a topic's example wordings teach the matcher, measured; people's decisions as examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from app import opening, out
from claimline.errors import UnknownName, UsageError

if TYPE_CHECKING:
    from claimline.matching.fewshot import Taught


def add_to(app: typer.Typer) -> None:
    app.command("teach")(teach)


def teach(
    topic: str = typer.Argument(..., metavar="TOPIC"),
    from_decisions: bool = typer.Option(False, "--from-decisions", help="Add the quotes that people decided on as examples."),
    forget: list[str] = typer.Option([], "--forget", metavar="CLAIM", help="Take this claim's examples away."),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """What each claim's examples teach: answered by one another, with and without them, and whether they are switched on."""
    if from_decisions and forget:
        raise UsageError("--from-decisions adds examples and --forget takes them away; give one of them")
    from flows import decided, intake, steps
    from flows.judging import open_matcher

    with opening.desk(db) as desk:
        stored = intake.stored_topic(desk, topic)
        if unknown := set(forget) - {c.slug for c in stored.claims}:
            raise UnknownName("claim", sorted(unknown)[0], [c.slug for c in stored.claims])
        changed = stored.topic
        if from_decisions:
            changed = decided.with_examples(stored.topic, decided.decided(desk, stored))
        elif forget:
            changed = decided.without_examples(stored.topic, forget)
        if changed != stored.topic:
            steps.import_topic(desk, changed, force=True)
            stored = intake.stored_topic(desk, topic)
            out.say(f"the topic has a new version; `claimline topics export {topic}` writes it, `claimline replay` tries it")
        taught = open_matcher(desk, stored).taught
    rows = [_row(slug, found) for slug, found in taught.items()]
    if as_json:
        out.json_lines(rows)
        return
    if not rows:
        out.say("no claim of this topic has examples; add them to its file, or with --from-decisions")
        return
    cells = [
        [
            r["claim"],
            r["examples"],
            f"{r['right_before']} -> {r['right_after']}",
            f"{r['loss_before']} -> {r['loss_after']}",
            r["state"],
        ]
        for r in rows
    ]
    out.table(None, ["claim", "examples", "right", "log-loss", "the correction is"], cells)


def _row(slug: str, found: Taught) -> dict[str, object]:
    gain = found.gain
    return {
        "claim": slug,
        "examples": gain.n,
        "right_before": gain.right_before,
        "right_after": gain.right_after,
        "loss_before": round(gain.loss_before, 3),
        "loss_after": round(gain.loss_after, 3),
        "strength": found.strength,
        "on": found.on,
        "state": "on" if found.on else "off: it would not help",
    }
