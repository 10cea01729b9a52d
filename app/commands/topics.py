"""`claimline topics check|import|export|list` and `claimline new`: the files that say what to watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from app import opening, out, reading
from app.commands.reads import how_far
from claimline import topics as topic_files
from claimline.errors import Problem, TopicError, UsageError
from claimline.models import ClaimSpec, SourceSpec, Topic
from claimline.sources import kinds

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The files that say what to watch.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="topics")
    app.command("new")(new)


@group.command("check")
def check(
    files: list[Path] = typer.Argument(..., metavar="FILE...", help="Topic files (YAML or JSON)."),
    _db: str | None = out.NO_DB,
    as_json: bool = out.JSON,
) -> None:
    """Check topic files; every error at once, with its line."""
    found = [_checked(path) for path in files]
    if as_json:
        out.json_lines(_checked_row(c) for c in found)
    for c in found:
        if c.topic is None:
            out.say(str(TopicError(str(c.file), c.problems)))
            continue
        if not as_json:
            counted = f"{out.count(len(c.topic.claims), 'claim')}, {out.count(len(c.topic.sources), 'source')}"
            out.out.print(f"{c.file}: fine: {counted}", soft_wrap=True, markup=False)
        for hint in c.hints:
            out.say(f"{c.file}: hint: {hint}")
    if wrong := sum(len(c.problems) for c in found):
        out.say(out.count(wrong, "problem"))
        raise typer.Exit(2)


@dataclass(frozen=True, slots=True)
class _Checked:
    """A topic file that was looked at: its topic, or its problems."""

    file: Path
    topic: Topic | None
    problems: Sequence[Problem] = ()
    hints: Sequence[str] = ()


def _checked(path: Path) -> _Checked:
    try:
        topic = topic_files.load(path)
    except TopicError as error:
        return _Checked(path, None, error.problems)
    return _Checked(path, topic, hints=_hints(topic, path.parent))


def _checked_row(c: _Checked) -> dict[str, Any]:
    return {
        "file": str(c.file),
        "ok": c.topic is not None,
        "topic": c.topic.slug if c.topic else None,
        "claims": len(c.topic.claims) if c.topic else None,
        "sources": len(c.topic.sources) if c.topic else None,
        "problems": [{"line": p.line, "key": p.key, "message": p.message} for p in c.problems],
        "hints": list(c.hints),
    }


def _hints(topic: Topic, folder: Path) -> list[str]:
    """What is allowed and will not work well."""
    here = topic_files.anchored(topic, folder).sources
    hints = [f"{s.locator}: no such file or folder" for s in here if _is_missing(s)]
    if not topic.names:
        hints.append("no `names`: give each thing with its spellings and scripts, or retrieval has only the claims' own words")
    hints += [f"claim {c.slug} joins two statements with 'and'; split it" for c in topic.claims if " and has " in c.statement]
    return hints


def _is_missing(source: SourceSpec) -> bool:
    return source.kind in topic_files.LOCAL_KINDS and "://" not in source.locator and not Path(source.locator).exists()


@group.command("list")
def list_topics(db: str | None = out.DB, as_json: bool = out.JSON) -> None:
    """The topics in the database."""
    from storage import claims

    with opening.database(db) as opened, opened.read() as s:
        found = claims.topics(s)
        far = how_far(s, None) if found else ""
    rows = [reading.topic_row(t) for t in found]
    if as_json:
        out.json_lines(rows)
    else:
        empty = "no topics yet: `claimline new`, then `claimline track --topic FILE`"
        out.table(None, ["topic", "title", "claims", "sources"], [list(r.values()) for r in rows], empty=empty)
    if far:
        out.say(far)


@group.command("import")
def import_file(
    file: Path = typer.Argument(..., metavar="FILE"),
    db: str | None = out.DB,
    force: bool = typer.Option(False, "--force", help="Import even an older version of the file."),
) -> None:
    """Bring a topic file into the database; an older version is refused with the difference."""
    from storage import claims

    topic = opening.topic_from_file(file)
    with opening.database(db) as opened:
        done = opened.write(
            lambda s: claims.import_topic(
                s,
                topic,
                digest=topic_files.digest(topic),
                yaml=topic_files.dump(topic),
                now=datetime.now(UTC),
                by="command line",
                force=force,
            )
        )
    changes = [f"{len(v)} {k}" for k in ("added", "reworded", "retired", "renamed") if (v := getattr(done, k))]
    out.out.print(f"{topic.slug}: {', '.join(changes) if changes else 'nothing new'}")


@group.command("export")
def export(topic: str = typer.Argument(..., metavar="TOPIC"), db: str | None = out.DB) -> None:
    """Write a topic as the database holds it, as YAML on stdout."""
    from storage import claims

    with opening.database(db, create=False) as opened, opened.read() as s:
        typer.echo(topic_files.dump(claims.topic(s, topic).topic), nl=False)


def new(
    sentence: str = typer.Argument(..., metavar="SENTENCE", help="The claim: one sentence that can be true or false."),
    title: str | None = typer.Option(None, "--title", help="The topic's title. Default: the sentence."),
    source: list[str] = typer.Option([], "--source", "-s", metavar="URL|FOLDER", help="A feed's address or a folder of files."),
    to: Path | None = typer.Option(None, "--out", "-o", metavar="FILE", help="Where to write. Default: topics/<slug>.yaml."),
    _db: str | None = out.NO_DB,
) -> None:
    """Write a valid topic file for one claim, to be edited and tracked."""
    from claimline.slugs import readable_slug

    slug = readable_slug(sentence)
    path = to or Path("topics") / f"{slug}.yaml"
    if path.exists():
        raise UsageError(f"{path} is there already; name another file with --out")
    first = SourceSpec("feed", "https://example.org/feed.xml", title="Replace me")
    sources = tuple(SourceSpec(*kinds.told(s)) for s in source) or (first,)
    topic = Topic(readable_slug(title or sentence), title or sentence, (ClaimSpec(slug, sentence),), sources)
    text = _HEAD + topic_files.dump(topic) + _TAIL
    try:
        topic_files.parse(text)  # refuses a sentence that is no claim, before anything is written
    except TopicError as error:
        raise UsageError("nothing is written: " + "; ".join(f"{p.key}: {p.message}" for p in error.problems)) from None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    out.out.print(f"{path}: written. Edit its sources and names, then: claimline track --topic {path}", soft_wrap=True)


_HEAD = "# What to watch. `claimline topics check FILE` tells what is wrong; topics/README.md tells how to write a good claim.\n"
_TAIL = """
# Each thing with the ways it is written, in any script; inflected forms are found by themselves:
# names:
#   - name: S-400
#     variants: [S400, С-400, Triumf]
# Who speaks, under one name:
# people:
#   - name: Jens Stoltenberg
#     variants: [Столтенберг, NATO Secretary General]
"""
