"""`claimline why|trace|speakers|diff-history`: reasons, for an editor, a lawyer and an opponent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from app import opening, out, reading
from app.commands.reads import change_lines, how_far, outlet_words, relation_lines
from claimline import labels
from claimline.errors import UnknownName

if TYPE_CHECKING:
    from app.reads import Why
    from claimline.why import SpeakerLine


def add_to(app: typer.Typer) -> None:
    app.command("why")(why)
    app.command("trace")(trace)
    app.command("speakers")(speakers)
    app.command("diff-history")(diff_history)


SLUG = typer.Argument(..., metavar="SLUG", help="The claim's slug, as `claimline claims` shows it.")


def why(
    claim: str = SLUG,
    on: str | None = typer.Option(None, "--as-of", "--on", metavar="DAY", help="The day asked about. Default: today."),
    topic: str | None = out.TOPIC,
    known_at: str | None = out.KNOWN_AT,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Why a claim stands where it stands on a day: what tipped it, since when we know, and what would flip it."""
    from app import reads
    from storage import claims

    day, known = out.day(on, "--as-of"), out.moment(known_at, "--known-at")
    with opening.database(db, create=False) as opened, opened.read() as s:
        found = claims.claim(s, claim, topic)
        w = reads.why(s, found, day, known)
        far = how_far(s, found.topic_slug, known)
    if as_json:
        today = datetime.now(UTC)
        out.json_lines([reads.why_row(found, day or min(today, known or today).date(), w)])
    else:
        _tell_why(w, day)
    out.say(far)


def _tell_why(w: Why, day: date | None) -> None:
    standing, last = w.standing, w.change
    out.out.print(Text(w.at.claim.statement, style="bold"))
    if last is None:
        out.out.print(f"{labels.status('unreported')}: no change is recorded" + (f" up to {day}" if day else ""))
        return
    f = standing.figures
    out.out.print(f"{labels.status(standing.status)}: {labels.voices(f)}; weight {f.supports:.2f} for, {f.refutes:.2f} against")
    ruled = standing.status is not standing.machine
    aside = f"; {labels.mark('machine', status=labels.status(standing.machine))}" if ruled else ""
    out.out.print(out.safe(f"{w.at.review or 'not confirmed by a person'}{aside}"))
    relation_lines(w.related)
    change_lines(last, w.printed_by)
    if w.before:
        out.out.print(Text("\nbefore that:", style="dim"))
        change_lines(w.before, w.printed_by)
    out.out.print("\nvoices that stand:")
    _voice_lines(w)
    if (more := f.voices_supports + f.voices_refutes + f.voices_neutral - len(standing.voices)) > 0:
        out.out.print(f"  ... and {more} more")
    words = "a person's ruling holds it: no evidence would change it" if ruled else _flip_words(w)
    out.out.print(Text(out.safe(words)), soft_wrap=True)


def _voice_lines(w: Why) -> None:
    for v in w.standing.voices:
        if (p := w.firsts.get(v.key)) is None:
            continue
        who = p.speaker_written or "no speaker named"
        reports = out.count(len(v.positions), "report")
        where = outlet_words(p, w.printed_by) if p.outlet else p.article
        out.indented(f"{v.valid_from}  {labels.stance(v.stance)}  weight {v.weight:.2f}  {who}, {where}, {reports}")


def _flip_words(w: Why) -> str:
    if w.flip is None:
        return "no small set of voices was found whose removal would change it"
    called = [(w.called(v), v.valid_from) for v in w.flip.removed]
    often = Counter(name for name, _ in called)
    names = ", ".join(name if often[name] == 1 else f"{name} on {since}" for name, since in called)
    voices = out.count(len(called), "voice")
    return (
        f"without {voices} ({names}) it would be: {labels.status(w.flip.becomes)} "
        "(found greedily, the heaviest first: another few voices may do it too)"
    )


def speakers(
    claim: str = SLUG,
    topic: str | None = out.TOPIC,
    as_of: str | None = out.AS_OF,
    known_at: str | None = out.KNOWN_AT,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Each speaker's latest position, and when it changed."""
    from app import reads
    from storage import claims

    day, known = out.day(as_of, "--as-of"), out.moment(known_at, "--known-at")
    with opening.database(db, create=False) as opened, opened.read() as s:
        found = claims.claim(s, claim, topic)
        lines = reads.speakers(s, found, day, known)
        names = {p.key: p.canonical for p in claims.topic_by_id(s, found.topic_id).topic.people}
        far = how_far(s, found.topic_slug, known)
    if as_json:
        out.json_lines(reading.speaker_row(found.slug, line) for line in lines)
    else:
        _speaker_table(lines, names)
    out.say(far)


def _speaker_table(lines: Sequence[SpeakerLine], names: Mapping[str, str]) -> None:
    rows = [
        [
            names.get(line.speaker, line.written or line.speaker),
            labels.stance(line.stance),
            line.since,
            line.changed_on,
            line.reports,
            line.latest.quote,
        ]
        for line in lines
    ]
    quote: tuple[str, dict[str, Any]] = ("latest words", {"max_width": 60, "overflow": "fold"})
    out.table(
        None, ["speaker", "position", "since", "changed on", "reports", quote], rows, empty="nobody is named who takes a position"
    )


def diff_history(
    claim: str = SLUG,
    known_at: list[str] = typer.Option(..., "--known-at", metavar="DAY|TIME", help="Give it twice: from and to."),
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """What we learned about the past between two days."""
    from app import reads
    from claimline.errors import UsageError
    from storage import claims, outlets

    if len(known_at) != 2:
        raise UsageError("give --known-at twice: the earlier and the later time")
    a, b = sorted(m for m in (out.moment(k, "--known-at") for k in known_at) if m)
    with opening.database(db, create=False) as opened, opened.read() as s:
        found = claims.claim(s, claim, topic)
        both = reads.diff_history(s, found.id, a, b)
        printed_by = outlets.publishers(s, [found.id], known_at=b)[found.id]
        far = how_far(s, found.topic_slug, b)
    if as_json:
        out.json_lines(map(reads.diff_row, both))
    elif not both:
        out.out.print("nothing: the past was told in the same way")
    for x in both if not as_json else ():
        back = x.closed
        since = f", since {back.recorded_at:%Y-%m-%d %H:%M} UTC ({back.cause}, by {back.actor})" if back else ""
        out.out.print(Text(out.safe(f"\n{x.word}{since}:"), style="bold"), soft_wrap=True)
        change_lines(x.change, printed_by)
    out.say(far)


def trace(
    url: str = typer.Argument(..., metavar="URL"),
    claim: str | None = typer.Option(
        None, "--claim", "-c", metavar="SLUG", help="Only this claim: its passages, alone and together."
    ),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Where an article stopped on its way: found, fetched, cleaned, copied, retrieved, judged, folded."""
    from flows.tracing import trace_article

    with opening.desk(db) as desk:
        steps = trace_article(desk, url, claim)
        with desk.db.read() as s:
            far = how_far(s, None)
    if not steps:
        raise UnknownName("article", url)
    if as_json:
        out.json_lines(map(reading.step_row, steps))
    for step in steps if not as_json else ():
        mark = Text("ok   " if step.ok else "STOP ", style="green" if step.ok else "red")
        out.out.print(Text.assemble(mark, (f"{step.name:<10}", "bold"), out.safe(step.detail)), soft_wrap=True)
    out.say(far)
