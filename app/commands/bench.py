"""`claimline bench pairs|articles|decisions`: how good the matcher is, on anybody's labels."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app import opening, out
from claimline.errors import UsageError

if TYPE_CHECKING:
    from claimline.matching.stance import StanceEngine

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="How good the matcher is, on anybody's labels.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="bench")


MODEL = typer.Option(None, "--model", metavar="NAME", help="Default: the one that is installed and chosen.")


def _there(*paths: Path) -> None:
    for path in paths:
        if not path.is_file():
            raise UsageError(f"{path}: no such file")


def _wrong_row(file: Path) -> str | None:
    """The first row of a file of pairs that is none, with its line."""
    import gzip

    opened = gzip.open if file.suffix == ".gz" else open
    try:
        with opened(file, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = json.loads(line) if line.strip() else None
                except ValueError as error:
                    return f"{file}:{number}: is no JSON: {error}"
                if row is not None and not (isinstance(row, dict) and {"premise", "hypothesis", "label"} <= row.keys()):
                    return f"{file}:{number}: needs premise, hypothesis and label"
    except (ValueError, OSError, EOFError):
        return None
    return None


@group.command("pairs")
def pairs(
    file: Path = typer.Argument(..., metavar="FILE.jsonl[.gz]", help="Rows of premise, hypothesis, label (and src)."),
    source: str | None = typer.Option(None, "--src", metavar="NAME", help="Only rows of this source."),
    limit: int | None = typer.Option(None, "--limit", "-n", min=1),
    model: str | None = MODEL,
    _db: str | None = out.NO_DB,
    as_json: bool = out.JSON,
) -> None:
    """Accuracy, macro-F1, each label's F1, calibration and pairs a second, on labelled pairs."""
    from benchmarks import stance
    from claimline.matching.stance import load_engine

    _there(file)
    settings = opening.settings()
    engine = load_engine(model or settings.model, models_dir=settings.effective_models_dir)
    try:
        report = stance.pairs(file, engine, source=source, limit=limit)
    except (ValueError, KeyError, OSError, EOFError) as error:
        raise UsageError(_wrong_row(file) or f"{file}: cannot be read: {error}") from error
    if not report.figures.n:
        rows = f"{out.count(report.skipped, 'row')} with other labels" if report.skipped else "there are no rows"
        raise UsageError(f"{file}: nothing to measure: {rows}; use supports, refutes, neutral, unrelated or not_supports")
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
    shots: str | None = typer.Option(None, "--shots", metavar="0,2,5,10", help="The learning curve: examples a claim instead."),
    model: str | None = MODEL,
    _db: str | None = out.NO_DB,
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
    if shots is not None:
        _print_curve(articles_file, claims, labels_file, engine, _numbers(shots), as_json=as_json)
        return
    report = stance.articles(
        articles_file, claims, labels_file, lambda topic, texts: Matcher(topic, engine, shared_embedder()).answer(texts)
    )
    if as_json:
        typer.echo(json.dumps(report.as_dict(), ensure_ascii=False))
        return
    for line in report.lines(errors=errors):
        typer.echo(out.safe(line))


def _numbers(written: str) -> list[int]:
    try:
        return sorted({int(n) for n in written.split(",")})
    except ValueError:
        raise UsageError(f"--shots {written!r}: write numbers with commas, as 0,2,5,10") from None


def _print_curve(
    articles_file: Path, claims: Path, labels_file: Path, engine: StanceEngine, shots: list[int], *, as_json: bool
) -> None:
    from benchmarks.fewshot import learning_curve
    from claimline.matching.retrieve import shared_embedder

    curve = learning_curve(articles_file, claims, labels_file, engine, shared_embedder(), shots)
    if as_json:
        typer.echo(json.dumps(curve.as_dict()))
        return
    for line in curve.lines():
        typer.echo(line)


@group.command("decisions")
def decisions(
    topic: str | None = out.TOPIC,
    errors: bool = typer.Option(False, "--errors", help="Each pair on which the machine and a person differ."),
    model: str | None = MODEL,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """The installed matcher (or another) on what people decided."""
    from benchmarks.fewshot import FIVE
    from benchmarks.figures import figures, lines_of
    from flows.decided import decided, machine_says
    from flows.desk import open_desk
    from storage import claims

    gold, said, missed = [], [], []
    with open_desk(opening.settings(db, **({"model": model} if model else {}))) as desk:
        with desk.db.read() as s:
            topics = [claims.topic(s, topic)] if topic else list(claims.topics(s))
        for one in topics:
            rows = decided(desk, one)
            answers = machine_says(desk, one, rows) if rows else []
            gold += [str(r.stance) for r in rows]
            said += [str(a) for a in answers]
            missed += [(r, a) for r, a in zip(rows, answers, strict=True) if a is not r.stance]
    if not gold:
        raise UsageError(
            "nothing to measure on: no decision on an article of a claim, in its wording of today, whose text is kept; "
            "see `claimline review`"
        )
    found = figures(gold, said, FIVE)
    if as_json:
        typer.echo(json.dumps({**asdict(found), "table": {k: dict(v) for k, v in found.table.items()}}))
        return
    for line in lines_of(found):
        typer.echo(line)
    for row, answer in missed if errors else []:
        typer.echo(out.safe(f"{row.claim}: {row.stance} by {row.by}, the machine says {answer}  {row.url}\n  {row.quote[:200]}"))
