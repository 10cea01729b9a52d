"""`claimline replay`: the stored past judged again, told as a difference, and accepted or discarded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.text import Text

from app import opening, out, reading
from app.commands.decide import BY, by_name, tell_changes
from claimline import labels
from claimline.errors import UsageError
from claimline.models import Change

if TYPE_CHECKING:
    from flows.replaying import ReplayReport
    from storage.rereadings import Account

MOST_MOVED = 20  # articles of a claim, for people
group = typer.Typer(rich_markup_mode=None, help="Judge the stored past again; nothing changes until it is accepted.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="replay")


@group.callback(invoke_without_command=True)
def replay(
    context: typer.Context,
    topic: str | None = out.TOPIC,
    claim: list[str] = typer.Option([], "--claim", "-c", metavar="SLUG", help="Only these claims."),
    since: str | None = typer.Option(None, "--from", metavar="DAY", help="Tell only differences from this day on."),
    until: str | None = typer.Option(None, "--to", metavar="DAY", help="Tell only differences up to this day."),
    matcher: str | None = typer.Option(None, "--matcher", metavar="MODEL", help="Another model. Default: the installed one."),
    setting: list[str] = typer.Option([], "--set", metavar="KEY=VALUE", help="Another value of a setting, for this replay."),
    by: str | None = BY,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Judge the stored past with the installed matcher (or another) and print what would change.

    Where a new cleaner is installed, the stored pages are read again by it first (not with --claim).
    """
    if context.invoked_subcommand is not None:
        return
    from flows.desk import open_desk
    from flows.replaying import replay_topic
    from storage import claims

    chosen = _pairs(setting) | ({"model": matcher} if matcher else {})
    settings = opening.settings(db, **chosen)
    with out.progress() as step, open_desk(settings, progress=step) as desk:
        with desk.db.read() as s:
            slugs = [topic] if topic else [t.slug for t in claims.topics(s)]
        for slug in slugs:
            first, last = out.day(since, "--from"), out.day(until, "--to")
            kept = _answering(chosen)
            report = replay_topic(desk, slug, claims=claim, since=first, until=last, by=by_name(by), settings=kept)
            if as_json:
                out.json_lines(_rows(report))
                if report.texts:
                    out.say(_cleaned(report, report.texts))
            else:
                _print(report)
            out.say(f"replay {report.edition_key}: `claimline replay accept {report.edition_key}`, or `discard`")


def _pairs(written: list[str]) -> dict[str, str]:
    bad = [w for w in written if "=" not in w]
    if bad:
        raise UsageError(f"--set {bad[0]!r} is not KEY=VALUE")
    return dict(w.split("=", 1) for w in written)


def _answering(chosen: dict[str, str]) -> dict[str, str]:
    """Those that bear on the answers, and no address: they are kept with the replay."""
    return {
        key: value for key, value in chosen.items() if key.startswith(("model", "judge_")) and not key.endswith(("_url", "_dir"))
    }


def _rows(report: ReplayReport) -> list[dict[str, object]]:
    """A line a claim, then one for the whole: how it was read, and what it cost."""
    return [*_claim_rows(report), _whole_row(report)]


def _whole_row(report: ReplayReport) -> dict[str, object]:
    texts = report.texts
    cleaner = texts and {
        "before": report.cleaner_before,
        "after": report.cleaner_after,
        "again": texts.again,
        "otherwise": texts.otherwise,
        "gone": texts.gone,
        "refused": texts.refused,
    }
    return {
        "done": "replay",
        "replay": report.edition_key,
        "topic": report.topic,
        "flips": report.flips,
        "matcher": {"before": report.matcher_before, "after": report.matcher_after},
        "cleaner": cleaner,
        "texts": report.revisions,
        "pairs": report.pairs,
        "seconds": round(report.seconds, 3),
        "judge": {"asked": report.judge_asked, "tokens": report.judge_tokens, "price": report.judge_price},
    }


def _claim_rows(report: ReplayReport) -> list[dict[str, object]]:
    return [
        {
            "replay": report.edition_key,
            "claim": c.claim,
            "gone": [_change(x) for x in c.gone],
            "new": [_change(x) for x in c.new],
            "moved": [{"url": m.article, "before": m.before, "after": m.after} for m in c.moved],
            "agreed": {"before": c.agreed[0], "after": c.agreed[1], "decisions": c.agreed[2]},
        }
        for c in report.claims
    ]


def _change(c: Change) -> dict[str, str]:
    return {"valid_from": c.valid_from.isoformat(), "from": str(c.before), "to": str(c.after)}


def _print(report: ReplayReport) -> None:
    for c in report.claims:
        if not (c.gone or c.new or c.moved):
            continue
        out.out.print(Text(c.claim, style="bold"))
        for word, changes in (("no longer", c.gone), ("now", c.new)):
            for x in changes:
                out.out.print(f"  {word:<9} {x.valid_from}  {labels.status(x.before)} -> {labels.status(x.after)}")
        for m in c.moved[:MOST_MOVED]:
            out.out.print(Text(out.safe(f"  {m.before or 'nothing'} -> {m.after or 'nothing'}  {m.article}")), soft_wrap=True)
        if (more := len(c.moved) - MOST_MOVED) > 0:
            out.out.print(f"  ... and {more} more articles, see --json")
        if c.agreed[2]:
            out.out.print(f"  people's decisions that the machine shares: {c.agreed[0]} -> {c.agreed[1]} of {c.agreed[2]}")
    out.out.print(
        f"{out.count(report.flips, 'change')} of status would be other; "
        f"matcher {report.matcher_before} -> {report.matcher_after}; "
        f"{report.revisions} texts, {report.pairs} pairs, {report.seconds:.1f} s"
    )
    if report.texts:
        out.out.print(Text(_cleaned(report, report.texts)), soft_wrap=True)
    if report.judge_asked:
        price = f", price {report.judge_price:.4f}" if report.judge_price else ""
        out.out.print(f"the judge was asked about {out.count(report.judge_asked, 'pair')}: {report.judge_tokens:,} tokens{price}")


def _cleaned(report: ReplayReport, texts: Account) -> str:
    return f"cleaner {report.cleaner_before} -> {report.cleaner_after}: {reading.read_again(texts)}"


@group.command("list")
def replay_list(topic: str = typer.Argument(..., metavar="TOPIC"), db: str | None = out.DB, as_json: bool = out.JSON) -> None:
    """The replays that wait to be accepted or discarded."""
    from storage import claims, ledger

    with opening.database(db, create=False) as opened, opened.read() as s:
        found = ledger.editions(s, claims.topic(s, topic).id, state="shadow")
    if as_json:
        out.json_lines({"replay": e.key, "made_at": reading.when(e.created_at), "by": e.actor} for e in found)
        return
    cells = [[e.key, f"{e.created_at:%Y-%m-%d %H:%M}", e.actor] for e in found]
    out.table(None, ["replay", "made (UTC)", "by"], cells, empty="no replay waits")


@group.command("accept")
def replay_accept(
    key: str = typer.Argument(..., metavar="ID"), by: str | None = BY, db: str | None = out.DB, as_json: bool = out.JSON
) -> None:
    """Make a replay live, as one edition."""
    from flows import replaying
    from storage import ledger

    name = by_name(by)
    with opening.desk(db) as desk:
        with desk.db.read() as s:
            edition = ledger.edition(s, key)
        done = replaying.accept(desk, edition.id, by=name)
    if as_json:
        head = {"done": "replay accept", "replay": edition.key, "by": name, "at": reading.when(done.recorded_at)}
        out.json_lines([head | reading.brought(done.changes, done.withdrawn)])
    else:
        tell_changes(done.changes, done.withdrawn)
    out.say(f"{edition.key} is live: {out.count(len(done.changes) + len(done.withdrawn), 'change')} of status")


@group.command("discard")
def replay_discard(key: str = typer.Argument(..., metavar="ID"), db: str | None = out.DB, as_json: bool = out.JSON) -> None:
    """Drop a replay."""
    from flows import replaying
    from storage import ledger

    with opening.desk(db) as desk:
        with desk.db.read() as s:
            edition = ledger.edition(s, key)
        replaying.discard(desk, edition.id)
    if as_json:
        out.json_lines([{"done": "replay discard", "replay": edition.key}])
    out.say(f"{edition.key} is discarded")
