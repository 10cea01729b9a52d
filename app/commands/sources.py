"""`claimline sources` and `claimline add`: the places to look, and one address by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from app import adding, opening, out, skips
from app.commands.reads import how_far
from claimline.errors import SourceError, UnknownName, UsageError
from claimline.models import Discovered, SourceSpec
from claimline.sources import kinds

if TYPE_CHECKING:
    from flows.desk import Desk
    from flows.steps import TrackReport
    from storage.engine import Session
    from storage.records import StoredArticle

group = typer.Typer(rich_markup_mode=None, help="The places to look: list, test, add, pause, OPML in and out.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="sources")
    app.command("add")(add_url)


TOPIC_ARGUMENT = typer.Argument(..., metavar="TOPIC")
WHERE = typer.Argument(..., metavar="URL|FOLDER")
KIND = typer.Option(None, "--kind", help="feed, sitemap, page, gdelt, warc, urls ... Default: told from the address.")
ALLOW = typer.Option([], "--allow-private", metavar="HOST", help="A host on a private address that is yours.")


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
        states = [] if as_json else _states(s, topic)
        far = how_far(s, topic)
    if as_json:
        out.json_lines(rows)
    else:
        columns = ["topic", "kind", "source", "state", "last answered (UTC)", "error"]
        cells = [_cells(r, state) for r, state in zip(rows, states, strict=True)]
        out.table(None, columns, cells, empty="no sources yet: `claimline sources add`")
    out.say(far)


def _states(s: Session, topic: str | None) -> list[str]:
    """The state of each source, in the words of the page and in the order of the rows."""
    from app import health, reads
    from storage import articles, pages

    today = datetime.now(UTC).date()
    found = []
    for t in reads.topics(s, topic):
        days = pages.source_days(s, t.id, since=today)
        mine = articles.sources(s, t.id)
        found += [health.state_of(s, x, days[x.id].last_new, today)[0] for x in mine]
    return found


def _cells(r: dict[str, Any], state: str) -> list[object]:
    answered = str(r["last_answered_at"] or "never")[:16].replace("T", " ")
    return [r["topic"], r["kind"], r["source"], state, answered, r["error"]]


@group.command("test")
def try_source(
    where: str = WHERE,
    topic: str | None = typer.Option(
        None, "--topic", "-t", metavar="SLUG", help="As this topic has it. Default: as any topic has it, if one does."
    ),
    kind: str | None = KIND,
    allow_private: list[str] = ALLOW,
    limit: int = typer.Option(15, "--limit", "-n", min=1),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Show what would be read from a source, without storing anything; a topic's source with its options and credentials."""
    spec = _tried(db, topic, where, kind, allow_private)
    spec, found = _asked(spec, may_be_sitemap=kind is None)
    rows = [{"published": e.published, "title": e.title, "url": e.url} for e in found.entries[:limit]]
    if as_json:
        out.json_lines(rows)
    elif rows:
        out.table(None, ["published", "title", ("url", {"overflow": "fold"})], [list(r.values()) for r in rows])
    skips.say(found.skips, at_most=limit)
    shown = f" ({limit} shown)" if len(found.entries) > limit else ""
    out.say(f"{spec.kind}: {out.count(len(found.entries), 'article')}{shown}, {len(found.skips)} left out")


def _tried(db: str | None, topic: str | None, where: str, kind: str | None, allow_private: list[str]) -> SourceSpec:
    """The source to try: as a topic has it, else as it is written here."""
    held = adding.held(db, topic, where, kind)
    if not held and topic:
        raise UsageError(f"topic {topic} has no source {where!r}; see `claimline sources --topic {topic}`")
    if held:
        first = held[0].spec
        spec = replace(first, allow_private=(*first.allow_private, *allow_private))
        if any(h.spec != first for h in held):
            out.say(f"other topics have it otherwise ({', '.join(h.topic for h in held[1:])}): --topic chooses")
        out.say(f"as topic {held[0].topic} has it: {_said(first)}")
    else:
        chosen, locator = kinds.told(where, kind)
        spec = SourceSpec(chosen, locator, allow_private=tuple(allow_private))
    adding.refuse_invalid([spec])
    return spec


def _said(spec: SourceSpec) -> str:
    options = [f"{name}: {value}" for name, value in sorted(spec.options.items())]
    return ", ".join([f"{spec.kind} {spec.locator}", *options])


def _asked(spec: SourceSpec, *, may_be_sitemap: bool) -> tuple[SourceSpec, Discovered]:
    """What the source answers, and as which kind: a sitemap at the address of a feed is read as one where no kind was said."""
    from claimline import sources
    from claimline.models import Validators
    from claimline.web.client import open_client

    settings = opening.settings()
    with open_client(settings, allow_private=spec.allow_private) as client:
        now = datetime.now(UTC)
        ask = partial(sources.discover, client=client, validators=Validators(), settings=settings, now=now, base_dir=Path.cwd())
        try:
            return spec, ask(spec)
        except SourceError as error:
            if may_be_sitemap and error.reason == kinds.A_SITEMAP:
                out.say("this is a sitemap, not a feed; `claimline sources add` takes it with --kind sitemap")
                sitemap = replace(spec, kind="sitemap", options={k: v for k, v in spec.options.items() if k != "pages"})
                return sitemap, ask(sitemap)
            raise SourceError(error.locator, error.reason, error.detail + _or_here(error.reason, error.detail)) from None


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
    chosen, locator = kinds.told(where, kind)
    spec = SourceSpec(chosen, locator, title=title, lang=lang, allow_private=tuple(allow_private))
    added = adding.add(db, topic, [spec])
    as_kind = "" if kind or chosen in ("feed", "files") else f" as {chosen}"
    typer.echo(f"{topic}: {f'{added.new} added{as_kind}' if added.new else 'is there already'}{added.words()}")


def _query(db: str | None, topic: str) -> str:
    """What GDELT is asked for a topic."""
    from claimline.sources import gdelt
    from storage import claims

    with opening.database(db, create=False) as opened, opened.read() as s:
        return gdelt.query_for(claims.topic(s, topic).topic)


@group.command("import")
def import_opml(
    topic: str = TOPIC_ARGUMENT, file: Path = typer.Argument(..., metavar="FILE.opml"), db: str | None = out.DB
) -> None:
    """Add the feeds of an OPML file, as any feed reader writes it. Exit code 3 where the file is broken and was read in part."""
    from claimline.sources import opml

    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    specs, left = opml.read(str(file), file.read_bytes())
    added = adding.add(db, topic, specs, anew=False)
    skips.say(left)
    typer.echo(f"{topic}: {added.new} of {out.count(len(specs), 'feed')} {'is' if added.new == 1 else 'are'} new")
    if any(skip.failed for skip in left):
        raise typer.Exit(3)


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

    places = {where, kinds.as_path(where)}

    with opening.database(db, create=False) as opened:
        with opened.read() as s:
            topic_id = claims.topic(s, topic).id
            mine = articles.sources(s, topic_id)
        match = [x for x in mine if x.locator in places] or [
            x for x in mine if kinds.same_source(x.kind, where) == kinds.same_source(x.kind, x.locator)
        ]
        if not match:
            raise UsageError(f"topic {topic} has no source {where!r}; see `claimline sources --topic {topic}`")
        opened.write(lambda s: articles.set_paused(s, topic_id, match[0].id, not resume))
    typer.echo(f"{match[0].locator}: {'asked again' if resume else 'paused'}")


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

    (asked,) = adding.add(db, topic, [SourceSpec("one", url, allow_private=tuple(allow_private))]).specs
    with out.progress() as step, opening.desk(db, progress=step, actor="command line") as desk:
        before = _article(desk, url)
        if before is not None:
            desk.db.write(lambda s: articles.ask_again(s, before.id, now=desk.now()))
        report = steps.track(desk, topic, only=asked.locator)
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
    from claimline.sources import urlkey

    if article is None or article.revision_id is None:
        return 1
    own = {urlkey.url_key(url), urlkey.url_key(article.url)}
    left = [s for s in report.tally.skips if s.reason not in skips.NOTES]
    mine = [s for s in left if not urlkey.is_web(s.where) or urlkey.url_key(s.where) in own]
    if any(not s.failed for s in mine):
        return 1
    return 3 if mine else 0
