"""`claimline bench pairs|articles|decisions`: how good the matcher is, on anybody's labels."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from app import opening, out
from claimline.errors import UsageError

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="How good the matcher is, on anybody's labels.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="bench")


MODEL = typer.Option(None, "--model", metavar="NAME", help="Default: the one that is installed and chosen.")


def _there(*paths: Path) -> None:
    for path in paths:
        if not path.is_file():
            raise UsageError(f"{path}: no such file")


@group.command("pairs")
def pairs(
    file: Path = typer.Argument(..., metavar="FILE.jsonl[.gz]", help="Rows of premise, hypothesis, label (and src)."),
    source: str | None = typer.Option(None, "--src", metavar="NAME", help="Only rows of this source."),
    limit: int | None = typer.Option(None, "--limit", "-n", min=1),
    model: str | None = MODEL,
    as_json: bool = out.JSON,
) -> None:
    """Accuracy, macro-F1, each label's F1, calibration and pairs a second, on labelled pairs."""
    from benchmarks import stance
    from claimline.matching.stance import load_engine

    _there(file)
    settings = opening.settings()
    report = stance.pairs(
        file, load_engine(model or settings.model, models_dir=settings.effective_models_dir), source=source, limit=limit
    )
    if as_json:
        typer.echo(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        for line in report.lines():
            typer.echo(line)


@group.command("articles")
def articles(
    articles_file: Path = typer.Option(..., "--articles", metavar="F.jsonl", help="Articles: id, title, published, lang, text."),
    claims: Path = typer.Option(..., "--claims", metavar="claims.tsv", help="claim_id, topic, statement."),
    labels_file: Path = typer.Option(..., "--labels", metavar="labels.tsv", help="article_id, claim_id, label."),
    errors: bool = typer.Option(False, "--errors", help="Each miss with its passages and probabilities."),
    model: str | None = MODEL,
    as_json: bool = out.JSON,
) -> None:
    """Macro-F1 over five labels on whole articles, with bootstrap intervals and a confusion table."""
    from benchmarks import stance
    from claimline.matching.matcher import Matcher
    from claimline.matching.retrieve import shared_embedder
    from claimline.matching.stance import load_engine

    _there(articles_file, claims, labels_file)
    settings = opening.settings()
    engine = load_engine(model or settings.model, models_dir=settings.effective_models_dir)
    report = stance.articles(
        articles_file, claims, labels_file, lambda topic, texts: Matcher(topic, engine, shared_embedder()).answer(texts)
    )
    if as_json:
        typer.echo(json.dumps(report.as_dict(), ensure_ascii=False))
        return
    for line in report.lines(errors=errors):
        typer.echo(out.safe(line))
