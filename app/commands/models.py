"""`claimline models list|pull|use|remove`: which stance model is used, and others from a hub."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from app import opening, out
from claimline.errors import UsageError

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Which stance model is used, and others from a hub.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="models")


@group.command("list")
def models_list(_db: str | None = out.NO_DB, as_json: bool = out.JSON) -> None:
    """The bundled model, those that were pulled, and some that are known to fit."""
    from claimline.matching import hub

    settings = opening.settings()
    held = hub.pulled(settings.effective_models_dir)
    used = settings.model or hub.BUNDLED
    rows = [
        {"model": hub.BUNDLED, "state": "here", "used": used == hub.BUNDLED, "revision": None, "what": "comes with claimline"}
    ]
    rows += [
        {"model": m.name, "state": "here", "used": used == m.name, "revision": m.revision, "what": f"{m.repo} of {m.hub}"}
        for m in held
    ]
    here = {m.repo for m in held}
    rows += [
        {"model": s.repo, "state": "to pull", "used": False, "revision": None, "what": f"{s.what}; {s.figures}"}
        for s in hub.SUGGESTIONS
        if s.repo not in here
    ]
    if as_json:
        out.json_lines(rows)
        return
    cells = [["*" if r["used"] else "", r["model"], r["state"], str(r["revision"] or "")[:12], r["what"]] for r in rows]
    out.table(None, ["", "model", "", "revision", "what"], cells)


@group.command("pull")
def models_pull(
    repo: str = typer.Argument(..., metavar="OWNER/NAME", help="A repository of the hub (setting `hub_url`)."),
    revision: str | None = typer.Option(None, "--revision", metavar="SHA", help="Default: the locked one, else the newest."),
    file: list[str] = typer.Option([], "--file", metavar="PATH", help="Which ONNX file (and what else it needs)."),
    sha256: list[str] = typer.Option([], "--sha256", metavar="FILE=HASH", help="What a file must be."),
    _db: str | None = out.NO_DB,
) -> None:
    """Fetch a model, check every file against its hash, and lock it. An interrupted pull goes on where it stopped."""
    from claimline.matching import hub

    if bad := [s for s in sha256 if "=" not in s]:
        raise UsageError(f"--sha256 {bad[0]!r} is not FILE=HASH")
    settings = opening.settings()
    proofs = dict(s.split("=", 1) for s in sha256)
    with out.progress() as step:
        model = hub.pull(settings, repo, revision=revision, files=file, sha256=proofs, progress=step)
    typer.echo(f"{model.name} at {model.revision[:12]}: {len(model.files)} files, checked and locked")
    out.say(f"use it with: claimline models use {model.name}")


@group.command("use")
def models_use(
    name: str = typer.Argument(..., metavar="NAME", help="A pulled model, or `bundled`."), _db: str | None = out.NO_DB
) -> None:
    """Choose the model for what is read from now on; the past changes only when a replay with it is accepted."""
    from claimline.matching import hub
    from claimline.matching.stance import load_engine

    settings = opening.settings()
    chosen = None if name == hub.BUNDLED else name
    if chosen is not None:
        hub.verify(settings.effective_models_dir, chosen)
    load_engine(chosen, models_dir=settings.effective_models_dir)
    file = settings_file()
    hub.choose(chosen, file)
    typer.echo(f"{name} is used from now on ({file})")
    if os.environ.get("CLAIMLINE_MODEL"):
        out.say("CLAIMLINE_MODEL is set in the environment and comes first")
    out.say("see what it would change with `claimline replay`; nothing told so far changes before that is accepted")


@group.command("remove")
def models_remove(name: str = typer.Argument(..., metavar="NAME"), _db: str | None = out.NO_DB) -> None:
    """Delete a pulled model."""
    from claimline.matching import hub

    settings = opening.settings()
    if settings.model == name:
        raise UsageError(f"{name} is in use; choose another one first: claimline models use {hub.BUNDLED}")
    hub.remove(settings.effective_models_dir, name)
    typer.echo(f"{name} is removed")


def settings_file() -> Path:
    """The file that `Settings` reads its choices from."""
    from claimline.settings import Settings

    return Path(str(Settings.model_config.get("toml_file")))
