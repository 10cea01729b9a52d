"""`claimline db upgrade|backup|restore|where`: the database as a thing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

from app import opening, out

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The database: where it is, upgrade, backup, restore.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="db")


@group.command("where")
def where(db: str | None = out.DB) -> None:
    """Print the database that would be used."""
    from storage.engine import parse_url

    typer.echo(parse_url(opening.settings(db).effective_database_url).render_as_string(hide_password=True))


@group.command("upgrade")
def upgrade(
    db: str | None = out.DB,
    backup_to: Path | None = typer.Option(
        None, "--backup", metavar="FILE", help="Where the backup goes. Default: beside the database."
    ),
) -> None:
    """Bring an older database to this version's schema, after a backup."""
    from storage import backup as backups
    from storage.engine import upgrade_database

    url = opening.settings(db).effective_database_url
    saved = backups.backup_before_upgrade(url, backup_to, now=datetime.now(UTC))
    before, after = upgrade_database(url)
    if saved:
        out.say(f"backup: {saved}")
    typer.echo(f"schema {before or 'none'} -> {after}" if before != after else f"schema {after}: nothing to do")


@group.command("backup")
def backup(
    file: Path = typer.Argument(..., metavar="FILE", help="Where to write; must not be there yet."), db: str | None = out.DB
) -> None:
    """Copy everything into one file, while others go on reading and writing."""
    from storage import backup as backups

    with opening.database(db, create=False) as opened:
        counted = backups.backup(opened, file)
    typer.echo(f"{file}: {counted:,} rows")


@group.command("restore")
def restore(
    file: Path = typer.Argument(..., metavar="FILE", help="A file that `db backup` wrote."), db: str | None = out.DB
) -> None:
    """Fill an empty database from a backup; it then answers exactly as before."""
    from storage import backup as backups

    counted = backups.restore(opening.settings(db).effective_database_url, file)
    typer.echo(f"{counted:,} rows restored")
