"""`claimline claims import`, and `topics import-claims`: claims out of CSV, XLSX or ClaimReview, with errors by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import typer

from app import opening, out
from app.commands.reads import claims_group
from app.commands.topics import group
from claimline import topics as topic_files
from claimline.errors import UsageError


def add_to(_app: typer.Typer) -> None:
    group.command("import-claims")(import_claims)
    claims_group.command("import")(import_claims)


def import_claims(
    topic: str = typer.Argument(..., metavar="TOPIC", help="The topic that the claims go into."),
    file: Path = typer.Argument(..., metavar="FILE", help="CSV, XLSX, or ClaimReview as JSON; the first row names the columns."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only say what would be taken."),
    near: bool = typer.Option(False, "--near", help="Take claims too that are nearly the same as one that is there."),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Take claims out of a file into a topic. Exit code 3 where some rows were left out."""
    from claimline import claim_files
    from storage import claims

    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    with opening.database(db, create=False) as opened:
        with opened.read() as s:
            held = claims.topic(s, topic)
        rows = claim_files.read(file.name, data, held.topic.claims)
        taken = [r for r in rows if r.spec and (near or not r.near)]
        if taken and not dry_run:
            specs = tuple(r.spec for r in taken if r.spec)
            made = topic_files.parse(topic_files.dump(replace(held.topic, claims=(*held.topic.claims, *specs))), path=str(file))
            digest, text = topic_files.digest(made), topic_files.dump(made)
            opened.write(
                lambda s: claims.import_topic(
                    s, made, digest=digest, yaml=text, now=datetime.now(UTC), by="command line", force=True
                )
            )
    for r in rows:
        row = {
            "row": r.row,
            "statement": r.statement,
            "claim": r.spec.slug if r.spec else None,
            "taken": r in taken and not dry_run,
            "problem": r.problem or None,
            "near": r.near or None,
        }
        if as_json:
            out.json_lines([row])
        elif r.problem or (r.near and r not in taken):
            out.say(f"{file.name}:{r.row}: {r.problem or f'nearly the same as {r.near}; take it all the same with --near'}")
    out.say(f"{topic}: {len(taken)} of {len(rows)} rows {'would be taken' if dry_run else 'taken'}")
    raise typer.Exit(0 if len(taken) == len(rows) else 3)
