"""`claimline why|trace|speakers|diff-history`: reasons, for an editor, a lawyer and an opponent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import typer
from rich.text import Text

from app import opening, out, reading
from app.commands.reads import change_lines, outlet_words, relation_lines
from claimline import labels
from claimline.errors import UnknownName
from claimline.models import Position, Voice
from storage.outlets import Publishers
from storage.records import StoredChange


def add_to(app: typer.Typer) -> None:
    app.command("why")(why)
    app.command("trace")(trace)
    app.command("speakers")(speakers)
    app.command("diff-history")(diff_history)


SLUG = typer.Argument(..., metavar="SLUG", help="The claim's slug, as `claimline claims` shows it.")
MOST_VOICES = 20  # shown of those that stand


def why(
    claim: str = SLUG,
    on: str | None = typer.Option(None, "--as-of", "--on", metavar="DAY", help="The day asked about. Default: today."),
    topic: str | None = out.TOPIC,
    known_at: str | None = out.KNOWN_AT,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Why a claim stands where it stands on a day: what tipped it, since when we know, and what would flip it."""
    from claimline import why as reasons
    from storage import claims, ledger, outlets
    from storage import relations as related

    day, known = out.day(on, "--as-of"), out.moment(known_at, "--known-at")
    with opening.database(db, create=False) as opened, opened.read() as s:
        found = claims.claim(s, claim, topic)
        changes = ledger.changes(s, found.id, as_of=day, known_at=known)
        rulings = ledger.standing_rulings(s, found.id, as_of=day, known_at=known)
        at = ledger.status(s, found.id, as_of=day, known_at=known)
        relations = related.of_claim(s, found, as_of=day, known_at=known)
        weighed = ledger.weighed(s, found.id, known_at=known)
        standing, flip = reasons.explained(weighed, rulings, until=day, most_voices=0 if as_json else MOST_VOICES)
        first = [v.positions[0] for v in standing.voices]
        positions = ledger.positions(s, found.id, known_at=known, keys=first)
        printed_by = outlets.publishers(s, [found.id], known_at=known)[found.id]
    last = changes[-1] if changes else None
    earlier = changes[-2] if len(changes) > 1 else None
    if as_json:
        row: dict[str, Any] = {
            "claim": found.slug,
            "on": reading.iso(day or datetime.now(UTC).date()),
            "status": str(standing.status),
            "machine": str(standing.machine),
            "figures": {"supports": standing.figures.supports, "refutes": standing.figures.refutes},
            "voices": reading.voices(standing.figures),
            "speakers": standing.figures.speakers,
            "review": at.review,
            "related": [reading.relation_row(r) for r in relations],
            "change": reading.change_row(last) if last else None,
            "before": reading.change_row(earlier) if earlier else None,
            "outlets": _outlet_rows([last, earlier], printed_by),
            "flip": None
            if flip is None
            else {"removed": [v.key for v in flip.removed], "becomes": str(flip.becomes), "how": "found greedily"},
        }
        out.json_lines([row])
        return
    out.out.print(Text(at.claim.statement, style="bold"))
    if last is None:
        out.out.print(f"{labels.status('unreported')}: no change is recorded" + (f" up to {day}" if day else ""))
        return
    f = standing.figures
    out.out.print(f"{labels.status(standing.status)}: {labels.voices(f)}; weight {f.supports:.2f} for, {f.refutes:.2f} against")
    out.out.print(out.safe(at.review or "not confirmed by a person"))
    relation_lines(relations)
    change_lines(last, printed_by)
    if earlier:
        out.out.print(Text("\nbefore that:", style="dim"))
        change_lines(earlier, printed_by)
    out.out.print("\nvoices that stand:")
    positions_of = {p.key: p for p in positions}
    _voice_lines(standing.voices, positions_of, printed_by)
    if (more := f.voices_supports + f.voices_refutes + f.voices_neutral - len(standing.voices)) > 0:
        out.out.print(f"  ... and {more} more")
    spoken = {v.key: _called(v, positions_of[v.positions[0]]) for v in standing.voices if v.positions[0] in positions_of}
    out.out.print(Text(_flip_words(flip, spoken)), soft_wrap=True)


def _outlet_rows(changes: Sequence[StoredChange | None], printed_by: Publishers) -> dict[str, Any]:
    """The outlets of the changes' quotes, by the address that is quoted."""
    quoted = {p.article: p.outlet for change in changes if change for p in change.quotes}
    return {url: {"outlet": outlet, **reading.publisher_row(printed_by.of(outlet))} for url, outlet in quoted.items()}


def _voice_lines(voices: Sequence[Voice], positions: Mapping[str, Position], printed_by: Publishers) -> None:
    for v in voices:
        p = positions[v.positions[0]]
        who = p.speaker_written or "no speaker named"
        reports = out.count(len(v.positions), "report")
        where = outlet_words(p, printed_by) if p.outlet else p.article
        out.indented(f"{v.valid_from}  {labels.stance(v.stance)}  weight {v.weight:.2f}  {who}, {where}, {reports}")


def _called(voice: Voice, first: Position) -> str:
    """A voice for people: who speaks, as written, else where and when it was first printed."""
    return first.speaker_written or f"{first.outlet or first.article} of {voice.valid_from}"


def _flip_words(flip: Any, spoken: Mapping[str, str]) -> str:
    """`spoken`: how the voices that were shown are called."""
    if flip is None:
        return "no small set of voices was found whose removal would change it"
    names = ", ".join(spoken.get(v.key) or v.speaker or v.key for v in flip.removed)
    voices = out.count(len(flip.removed), "voice")
    return f"without {voices} ({out.safe(names)}) it would be: {labels.status(flip.becomes)} (another few voices may do it too)"


def speakers(
    claim: str = SLUG,
    topic: str | None = out.TOPIC,
    as_of: str | None = out.AS_OF,
    known_at: str | None = out.KNOWN_AT,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Each speaker's latest position, and when it changed."""
    from claimline import why as reasons
    from storage import claims, ledger

    day, known = out.day(as_of, "--as-of"), out.moment(known_at, "--known-at")
    with opening.database(db, create=False) as opened, opened.read() as s:
        found = claims.claim(s, claim, topic)
        lines = reasons.speakers(ledger.positions(s, found.id, known_at=known), until=day)
        names = {p.key: p.canonical for p in claims.topic_by_id(s, found.topic_id).topic.people}
    if as_json:
        out.json_lines(
            {
                "claim": found.slug,
                "speaker": line.speaker,
                "written": line.written,
                "stance": str(line.stance),
                "since": reading.iso(line.since),
                "changed_on": reading.iso(line.changed_on),
                "before": str(line.before) if line.before else None,
                "reports": line.reports,
                "quote": reading.quote_row(line.latest),
            }
            for line in lines
        )
        return
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
    from claimline.errors import UsageError
    from storage import claims, ledger, outlets

    if len(known_at) != 2:
        raise UsageError("give --known-at twice: the earlier and the later time")
    a, b = sorted(m for m in (out.moment(k, "--known-at") for k in known_at) if m)
    with opening.database(db, create=False) as opened, opened.read() as s:
        found = claims.claim(s, claim, topic)
        was = {_key(c): c for c in ledger.changes(s, found.id, known_at=a)}
        now = {_key(c): c for c in ledger.changes(s, found.id, known_at=b)}
        printed_by = outlets.publishers(s, [found.id], known_at=b)[found.id]
    gone = [("no longer", c) for k, c in was.items() if k not in now]
    new = [("now", c) for k, c in now.items() if k not in was]
    both = sorted(gone + new, key=lambda pair: (pair[1].change.valid_from, pair[0] == "now"))
    if as_json:
        out.json_lines({"is": word, **reading.change_row(c)} for word, c in both)
        return
    if not both:
        out.out.print("nothing: the past was told in the same way")
    for word, c in both:
        out.out.print(Text(f"\n{word}:", style="bold"))
        change_lines(c, printed_by)


def _key(stored: Any) -> tuple[date, str, str, tuple[str, ...]]:
    return stored.change.valid_from, str(stored.change.before), str(stored.change.after), stored.change.tipped_by


def trace(
    url: str = typer.Argument(..., metavar="URL"),
    claim: str | None = typer.Option(None, "--claim", "-c", metavar="SLUG", help="Only this claim, with its passages."),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Where an article stopped on its way: found, fetched, cleaned, copied, retrieved, judged, folded."""
    from flows.tracing import trace_article

    with opening.desk(db) as desk:
        steps = trace_article(desk, url, claim)
    if not steps:
        raise UnknownName("article", url)
    if as_json:
        out.json_lines({"step": step.name, "ok": step.ok, "detail": step.detail, **step.figures} for step in steps)
        return
    for step in steps:
        mark = Text("ok   " if step.ok else "STOP ", style="green" if step.ok else "red")
        out.out.print(Text.assemble(mark, (f"{step.name:<10}", "bold"), out.safe(step.detail)), soft_wrap=True)
