"""`claimline sources` and `claimline add`: the places to look, and one address by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from app import opening, out
from claimline.errors import SourceError, UnknownName, UsageError
from claimline.models import SourceSpec, Topic

if TYPE_CHECKING:
    from flows.desk import Desk
    from flows.steps import TrackReport
    from storage.records import StoredArticle

group = typer.Typer(rich_markup_mode=None, help="The places to look: list, test, add, pause, OPML in and out.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="sources")
    app.command("add")(add_url)


TOPIC_ARGUMENT = typer.Argument(..., metavar="TOPIC")
WHERE = typer.Argument(..., metavar="URL|FOLDER")
KIND = typer.Option(None, "--kind", help="feed, sitemap, page, gdelt, warc, urls ... Default: told from the address.")
ALLOW = typer.Option([], "--allow-private", metavar="HOST", help="A host on a private address that is yours.")


def _kind(where: str, kind: str | None) -> str:
    from claimline import sources as kinds

    chosen = kind or ("feed" if "://" in where else "files")
    if chosen not in kinds.SOURCES:
        raise UsageError(f"--kind {chosen!r} is none of {', '.join(kinds.SOURCES)}")
    return chosen


@group.callback(invoke_without_command=True)
def sources(context: typer.Context, topic: str | None = out.TOPIC, db: str | None = out.DB, as_json: bool = out.JSON) -> None:
    """The places to look, with their health."""
    if context.invoked_subcommand is None:
        list_sources(topic, db, as_json)


@group.command("list")
def list_sources(topic: str | None = out.TOPIC, db: str | None = out.DB, as_json: bool = out.JSON) -> None:
    """The places to look, with their health; the same as `sources` alone."""
    from app import reads

    with opening.database(db, create=False) as opened, opened.read() as s:
        rows = reads.source_rows(s, topic)
    if as_json:
        out.json_lines(rows)
        return
    cells = [_cells(r) for r in rows]
    out.table(
        None,
        ["topic", "kind", "source", "state", "last answered", "error"],
        cells,
        empty="no sources yet: `claimline sources add`",
    )


def _cells(r: dict[str, Any]) -> list[object]:
    answered = str(r["last_answered_at"] or "never")[:16].replace("T", " ")
    return [r["topic"], r["kind"], r["source"], "paused" if r["paused"] else "watched", answered, r["error"]]


@group.command("test")
def try_source(
    where: str = WHERE,
    kind: str | None = KIND,
    allow_private: list[str] = ALLOW,
    limit: int = typer.Option(15, "--limit", "-n", min=1),
    as_json: bool = out.JSON,
) -> None:
    """Show what would be read from a source, without storing anything."""
    from claimline import sources as kinds
    from claimline.models import Validators
    from claimline.web.client import open_client

    settings = opening.settings()
    spec = SourceSpec(_kind(where, kind), where, allow_private=tuple(allow_private))
    with open_client(settings, allow_private=allow_private) as client:
        try:
            found = kinds.discover(
                spec, client, validators=Validators(), settings=settings, now=datetime.now(UTC), base_dir=Path.cwd()
            )
        except SourceError as error:
            raise SourceError(error.locator, error.reason, error.detail + _or_here(error.reason, error.detail)) from None
    rows = [{"published": e.published, "title": e.title, "url": e.url} for e in found.entries[:limit]]
    if as_json:
        out.json_lines(rows)
    elif rows:
        out.table(None, ["published", "title", ("url", {"overflow": "fold"})], [list(r.values()) for r in rows])
    for skip in found.skips[:limit]:
        out.say(f"left out: {skip.where}: {skip.reason} {skip.detail}".rstrip())
    shown = f" ({limit} shown)" if len(found.entries) > limit else ""
    out.say(f"{out.count(len(found.entries), 'article')}{shown}, {len(found.skips)} left out")


def _or_here(reason: str, detail: str) -> str:
    """What a command that has --allow-private adds to the refusal of a host that may be allowed."""
    return ", or name it here with --allow-private" if reason == "private-address" and "allow_private" in detail else ""


@group.command("add")
def add(
    topic: str = TOPIC_ARGUMENT,
    where: str | None = typer.Argument(
        None, metavar="[URL|FOLDER|QUERY]", help="With --kind gdelt it may be left out: the topic's names are asked for."
    ),
    kind: str | None = KIND,
    title: str = typer.Option("", "--title"),
    lang: str | None = typer.Option(None, "--lang", metavar="CODE"),
    allow_private: list[str] = ALLOW,
    db: str | None = out.DB,
) -> None:
    """Add a source to a topic."""
    if where is None:
        if kind != "gdelt":
            raise UsageError("say where to look: an address, a folder, or `--kind gdelt` for the topic's names")
        where = _query(db, topic)
    chosen = _kind(where, kind)
    locator = where if "://" in where or chosen == "gdelt" else str(_there(where))
    spec = SourceSpec(chosen, locator, title=title, lang=lang, allow_private=tuple(allow_private))
    added = _add(db, topic, [spec])
    typer.echo(f"{topic}: {f'{added.new} added' if added.new else 'is there already'}{added.words()}")


def _there(where: str) -> Path:
    path = Path(where).expanduser().resolve()
    if not path.exists():
        raise UsageError(f"{where}: no such file or folder; an address begins with https://")
    return path


def _query(db: str | None, topic: str) -> str:
    """What GDELT is asked for a topic."""
    from claimline.sources import gdelt
    from storage import claims

    with opening.database(db, create=False) as opened, opened.read() as s:
        return gdelt.query_for(claims.topic(s, topic).topic)


@dataclass(frozen=True, slots=True)
class _Added:
    """How many sources are new, and the private hosts that others allow from now on."""

    new: int
    allowed: tuple[str, ...]

    def words(self) -> str:
        return f"; {', '.join(self.allowed)} may be read from now on" if self.allowed else ""


def _add(db: str | None, topic: str, specs: Sequence[SourceSpec]) -> _Added:
    """Adds what the topic does not have yet, hosts that a source allows included, as a new version of the topic."""
    from flows import steps
    from storage import claims

    with opening.desk(db, actor="command line") as desk:
        with desk.db.read() as s:
            held = claims.topic(s, topic).topic
        known = {(x.kind, x.locator): x for x in held.sources}
        new = [x for x in specs if (x.kind, x.locator) not in known]
        hosts: list[str] = []
        for spec in specs:
            if before := known.get((spec.kind, spec.locator)):
                more = [h for h in spec.allow_private if h not in before.allow_private]
                known[spec.kind, spec.locator] = replace(before, allow_private=(*before.allow_private, *more))
                hosts += more
        if new:
            _refuse_invalid(replace(held, sources=tuple(new)))
        if new or hosts:
            steps.import_topic(desk, replace(held, sources=(*known.values(), *new)))
    return _Added(len(new), tuple(hosts))


def _refuse_invalid(topic: Topic) -> None:
    """What a topic file may not say is not added by hand either: its export must be valid. Raises UsageError."""
    from claimline import topics as topic_files
    from claimline.errors import TopicError

    try:
        topic_files.parse(topic_files.dump(topic))
    except TopicError as error:
        raise UsageError("; ".join(p.message for p in error.problems)) from None


@group.command("import")
def import_opml(
    topic: str = TOPIC_ARGUMENT, file: Path = typer.Argument(..., metavar="FILE.opml"), db: str | None = out.DB
) -> None:
    """Add the feeds of an OPML file, as any feed reader writes it."""
    from claimline.sources import opml

    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    specs, skips = opml.read(str(file), file.read_bytes())
    for skip in skips:
        out.say(f"left out: {skip.where}: {skip.reason} {skip.detail}".rstrip())
    typer.echo(f"{topic}: {_add(db, topic, specs).new} of {len(specs)} feeds are new")


@group.command("export")
def export_opml(topic: str = TOPIC_ARGUMENT, db: str | None = out.DB) -> None:
    """Write the topic's feeds as OPML on stdout."""
    from claimline.sources import opml
    from storage import claims

    with opening.database(db, create=False) as opened, opened.read() as s:
        held = claims.topic(s, topic).topic
    typer.echo(opml.write(held.title, held.sources, now=datetime.now(UTC)), nl=False)


@group.command("pause")
def pause(
    topic: str = TOPIC_ARGUMENT,
    where: str = WHERE,
    resume: bool = typer.Option(False, "--resume", help="Ask it again from now on."),
    db: str | None = out.DB,
) -> None:
    """Stop asking a source, or go on."""
    from storage import articles, claims

    with opening.database(db, create=False) as opened:
        with opened.read() as s:
            topic_id = claims.topic(s, topic).id
            match = [x for x in articles.sources(s, topic_id) if x.locator == where]
        if not match:
            raise UsageError(f"topic {topic} has no source {where!r}; see `claimline sources --topic {topic}`")
        opened.write(lambda s: articles.set_paused(s, topic_id, match[0].id, not resume))
    typer.echo(f"{where}: {'asked again' if resume else 'paused'}")


def add_url(
    url: str = typer.Argument(..., metavar="URL"),
    topic: str = typer.Option(..., "--topic", "-t", metavar="SLUG"),
    allow_private: list[str] = ALLOW,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Read one article by its address, now, and match it to the topic's claims; what is known already is asked for again."""
    from app.commands.run import print_report
    from flows import steps
    from storage import articles

    _add(db, topic, [SourceSpec("one", url, allow_private=tuple(allow_private))])
    with out.progress() as step, opening.desk(db, progress=step, actor="command line") as desk:
        before = _article(desk, url)
        if before is not None:
            desk.db.write(lambda s: articles.ask_again(s, before.id, now=desk.now()))
        report = steps.track(desk, topic, only=url)
        after = _article(desk, url)
    print_report(report, as_json=as_json)
    if any(_or_here(skip.reason, skip.detail) for skip in report.tally.skips):
        out.say("  if the host is yours, --allow-private HOST lets this command read it, too")
    if before is not None and before.revision_id is not None and after == before:
        out.say(f"  is there already, and its text has not changed; `claimline trace {url}` tells what became of it")
    raise typer.Exit(_code_of(report, url, after))


def _article(desk: Desk, url: str) -> StoredArticle | None:
    from storage import articles

    with desk.db.read() as s:
        try:
            return articles.article_by_url(s, url)
        except UnknownName:
            return None


def _code_of(report: TrackReport, url: str, article: StoredArticle | None) -> int:
    """1 where the one thing asked for is not read; what a run does beside it (other pages that were due) is no part of that."""
    from app.commands.run import NOTES
    from claimline.sources import urlkey

    if article is None or article.revision_id is None:
        return 1
    own = {urlkey.url_key(url), urlkey.url_key(article.url)}
    skips = [s for s in report.tally.skips if s.reason not in NOTES]
    mine = [s for s in skips if not urlkey.is_web(s.where) or urlkey.url_key(s.where) in own]
    if any(not s.failed for s in mine):
        return 1
    return 3 if mine else 0
