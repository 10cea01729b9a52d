"""`claimline track|runs|deploy|doctor|demo|serve`: what runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app import opening, out, reading, skips
from app.commands.decide import BY, by_name
from app.commands.reads import how_far
from claimline import labels
from claimline.errors import UsageError

if TYPE_CHECKING:
    from flows.desk import Desk
    from flows.steps import TrackReport
    from storage.run_records import StoredRun


def add_to(app: typer.Typer) -> None:
    for command in (track, backfill, runs, doctor, demo, deploy):
        app.command(command.__name__)(command)


def track(
    topic: list[str] = typer.Option([], "--topic", "-t", metavar="SLUG|FILE", help="Topics, by slug or as files. Default: all."),
    plain: bool = typer.Option(False, "--plain", help="Compose the steps without Prefect."),
    force: bool = typer.Option(False, "--force", help="Import even an older version of a topic file."),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Look for news, match them to the claims and record what changed. Exit code 3: done in part."""
    with out.progress() as step, opening.desk(db, progress=step, actor="command line") as desk:
        slugs = _topics(desk, topic, force)
        reports = [_track_plainly(desk, slug) for slug in slugs] if plain else _track_with_prefect(desk, slugs)
    for report in reports:
        print_report(report, as_json=as_json)
    raise typer.Exit(exit_code(reports))


def _topics(desk: Desk, names: Sequence[str], force: bool) -> list[str]:
    """The slugs to track; files among the names are imported first."""
    from flows import steps
    from storage import claims

    slugs = []
    for name in names:
        if opening.looks_like_a_file(name):
            loaded = opening.topic_from_file(Path(name))
            steps.import_topic(desk, loaded, force=force)
            slugs.append(loaded.slug)
        else:
            with desk.db.read() as s:
                slugs.append(claims.topic(s, name).slug)
    if not names:
        with desk.db.read() as s:
            slugs = [t.slug for t in claims.topics(s)]
    if not slugs:
        raise UsageError("there is no topic yet; write one with `claimline new`, then `claimline track --topic FILE`")
    return list(dict.fromkeys(slugs))


def _track_plainly(desk: Desk, slug: str) -> TrackReport:
    from flows import steps

    return steps.track(desk, slug)


def _track_with_prefect(desk: Desk, slugs: Sequence[str]) -> list[TrackReport]:
    from flows.track import track_in_process

    return track_in_process(desk, slugs)


def backfill(
    topic: str = typer.Option(..., "--topic", "-t", metavar="SLUG"),
    since: str = typer.Option(..., "--from", metavar="DAY", help="The first day."),
    until: str = typer.Option(..., "--to", metavar="DAY", help="The last day."),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Read the past of a topic from the sources that keep archives; it can be stopped and goes on, and alerts nobody."""
    from flows import archive

    first, last = out.day(since, "--from"), out.day(until, "--to")
    if first is None or last is None:
        raise UsageError("give both --from and --to")
    archive.check_span(first, last)
    with out.progress() as step, opening.desk(db, progress=step, actor="command line") as desk:
        report = archive.backfill(desk, topic, first, last)
    print_report(report, as_json=as_json)
    if not report.sources:
        out.say(f"  all of {first} to {last} has been read before")
    raise typer.Exit(exit_code([report]))


def exit_code(reports: Sequence[TrackReport]) -> int:
    """0 all done, 3 done in part, 1 where sources were asked and none answered."""
    asked = [r for report in reports for r in report.sources]
    if asked and not any(r.answered for r in asked):
        return 1
    return 3 if any(r.partial for r in reports) else 0


def print_report(report: TrackReport, *, as_json: bool = False) -> None:
    """What a run did: changes on stdout, the rest on stderr."""
    if as_json:
        out.json_lines(reading.history_row(c) for c in report.changes)
    else:
        for change in report.changes:
            c = change.change
            line = f"{c.valid_from}  {change.claim}: {labels.status(c.before)} -> {labels.status(c.after)}  ({change.cause})"
            out.out.print(out.safe(line), soft_wrap=True, markup=False)
    counts = report.tally.counts
    out.say(
        f"{report.topic}: {report.said}; "
        f"{out.count(counts['articles-new'], 'new article')}, {out.count(counts['revisions-read'], 'text')} read, "
        f"{out.count(counts['assessments'], 'position')} on a claim ({counts['undecided']} unsure), "
        f"{out.count(len(report.changes), 'change')}"
    )
    skips.say(report.tally.skips, indent="  ", more="claimline runs --json has them all")


def runs(
    topic: str | None = out.TOPIC,
    limit: int = typer.Option(20, "--limit", "-n", min=1),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """What ran, did, skipped and cost; newest first."""
    from storage import runs as stored

    with opening.database(db, create=False) as opened, opened.read() as s:
        found = stored.runs(s, topic=topic, limit=limit)
        far = how_far(s, topic)
    if as_json:
        out.json_lines(reading.run_row(r) for r in found)
    else:
        _run_table(found)
    out.say(far)


def _run_table(found: Iterable[StoredRun]) -> None:
    rows = []
    for r in found:
        took = f"{(r.finished_at - r.started_at).total_seconds():.1f} s" if r.finished_at else ""
        failed = sum(1 for s in r.skips if s.get("failed"))
        rows.append(
            [
                f"{r.started_at:%Y-%m-%d %H:%M}",
                r.topic,
                r.flow,
                r.state,
                took,
                r.counts.get("articles-new", 0),
                failed,
                r.error or "",
            ]
        )
    columns = ["started (UTC)", "topic", "flow", "state", "took", "new", "failed", "error"]
    out.table(None, columns, rows, empty="nothing has run yet: `claimline track`")


def doctor(
    max_age: str = typer.Option("26h", "--max-age", metavar="26h", help="How old the last sufficient run may be."),
    ledger: bool = typer.Option(False, "--ledger", help="Also compute every claim anew and compare; takes a while."),
    mend: bool = typer.Option(False, "--mend", help="Also fold the claims again that an earlier version folded otherwise."),
    by: str | None = BY,
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Say what is wrong and what to do; fails when we have not read lately."""
    from app.doctor import examine

    limit = out.age(max_age, "--max-age")
    if mend and not ledger:
        raise UsageError("--mend goes with --ledger: it mends what that finds")
    mended_by = by_name(by) if mend else None
    findings = examine(
        opening.settings(db), topic=topic, max_age=limit, now=datetime.now(UTC), ledger=ledger, mended_by=mended_by
    )
    if as_json:
        out.json_lines({"ok": f.ok, "what": f.what, "advice": f.advice} for f in findings)
    else:
        for f in findings:
            out.out.print(
                out.safe(f"{'ok  ' if f.ok else 'FAIL'}  {f.what}" + (f"; {f.advice}" if f.advice else "")), soft_wrap=True
            )
    raise typer.Exit(0 if all(f.ok for f in findings) else 1)


def demo(
    db: str | None = typer.Option(None, "--db", metavar="URL", help="Keep the demo's database here. Default: a temporary one."),
    keep: bool = typer.Option(False, "--keep", help="Leave the newsroom running until Ctrl-C."),
) -> None:
    """Track a claim over a small local newsroom, day by day, and show how it evolved."""
    from app.demo import play

    raise typer.Exit(play(db, keep=keep))


def deploy(
    work_pool: str = typer.Option("claimline", "--pool", metavar="NAME", help="The work pool to create or use."),
    db: str | None = out.DB,
) -> None:
    """Register the deployments of prefect.yaml with the Prefect server, with pool and watchdog; says what to run next."""
    from flows.deploy import deploy_all

    for line in deploy_all(work_pool, opening.settings(db)):
        out.out.print(line, soft_wrap=True, markup=False)
