"""`claimline serve` and `claimline users`: the page, and who may use it."""

from __future__ import annotations

import secrets
import sys
from datetime import UTC, datetime

import typer

from app import opening, out
from claimline.errors import UsageError

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Who may use the page.")

NAME = typer.Argument(..., metavar="NAME")
ROLE = typer.Option("review", "--role", metavar="ROLE", help="read, review or admin.")
STDIN = typer.Option(False, "--password-stdin", help="Read the password from the first line of stdin.")


def add_to(app: typer.Typer) -> None:
    app.command("serve")(serve)
    app.add_typer(group, name="users")


def serve(
    host: str = typer.Option("127.0.0.1", "--host", help="The address to listen at. Any but this machine's own needs users."),
    port: int = typer.Option(8765, "--port", "-p", min=0, max=65535),
    login: bool = typer.Option(False, "--login", help="Ask for a login at this machine too."),
    allow_host: list[str] = typer.Option(
        [], "--allow-host", metavar="NAME", help="A name that the page answers to, as in its address."
    ),
    proxy: bool = typer.Option(False, "--behind-proxy", help="Believe X-Forwarded-For and -Proto of a proxy on this machine."),
    db: str | None = out.DB,
) -> None:
    """Open the review page in the browser: how each claim evolved, its quotes, and your decisions."""
    import uvicorn

    from app.auth import is_loopback
    from app.web import create_app
    from app.web.warmth import settle
    from storage import users
    from storage.engine import open_database

    settings = opening.settings(db)
    needs_login = login or not is_loopback(host)
    database = open_database(settings.effective_database_url)
    try:
        with database.read() as s:
            nobody = not users.users(s)
        if needs_login and nobody:
            raise UsageError(
                f"at {host} everybody has to log in, and there is no user yet: `claimline users add NAME --role admin`"
            )
        page = create_app(settings, db=database, login_required=needs_login, hosts=tuple(allow_host), read_ahead=True)
        settle()
        out.say(f"http://{host if ':' not in host else f'[{host}]'}:{port}/  (stop with Ctrl-C)")
        uvicorn.run(
            page,
            host=host,
            port=port,
            log_level="warning",
            server_header=False,
            proxy_headers=proxy,
            timeout_graceful_shutdown=3,
        )
    finally:
        database.dispose()


@group.command("add")
def add(name: str = NAME, role: str = ROLE, password_stdin: bool = STDIN, db: str | None = out.DB) -> None:
    """Add a user; asks for a password, or makes one and prints it where nobody can be asked."""
    from app import auth
    from storage import users

    password, made = _password(name, password_stdin)
    hashed = auth.hash_password(password)
    with opening.database(db) as opened:
        opened.write(lambda s: users.add(s, name, role, hashed, now=datetime.now(UTC)))
    typer.echo(f"{name}: added, may {role}" + (f"; password: {password}" if made else ""))


@group.command("list")
def list_users(db: str | None = out.DB, as_json: bool = out.JSON) -> None:
    """The users and their roles."""
    from storage import users

    with opening.database(db, create=False) as opened, opened.read() as s:
        found = users.users(s)
    rows = [{"user": u.name, "role": u.role, "since": u.created_at} for u in found]
    if as_json:
        out.json_lines(rows)
    else:
        out.table(None, ["user", "role", "since"], [[u.name, u.role, f"{u.created_at:%Y-%m-%d}"] for u in found])


@group.command("passwd")
def passwd(name: str = NAME, password_stdin: bool = STDIN, db: str | None = out.DB) -> None:
    """Give a user a new password; ends every session of theirs."""
    from app import auth
    from storage import users

    password, made = _password(name, password_stdin)
    hashed = auth.hash_password(password)
    with opening.database(db, create=False) as opened:
        opened.write(lambda s: users.change(s, name, password_hash=hashed))
    typer.echo(f"{name}: new password set" + (f": {password}" if made else ""))


@group.command("role")
def set_role(
    name: str = NAME,
    role: str = typer.Argument(..., metavar="ROLE", help="read, review or admin."),
    db: str | None = out.DB,
) -> None:
    """Change what a user may do."""
    from storage import users

    with opening.database(db, create=False) as opened:
        opened.write(lambda s: users.change(s, name, role=role))
    typer.echo(f"{name}: may {role}")


@group.command("remove")
def remove(name: str = NAME, db: str | None = out.DB) -> None:
    """Let a user in no more; what was signed stays signed."""
    from storage import users

    with opening.database(db, create=False) as opened:
        opened.write(lambda s: users.remove(s, name, now=datetime.now(UTC)))
    typer.echo(f"{name}: removed")


def _password(name: str, from_stdin: bool) -> tuple[str, bool]:
    """A password and whether it was made here."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        return str(typer.prompt(f"Password for {name}", hide_input=True, confirmation_prompt=True, err=True)), False
    return secrets.token_urlsafe(12), True
