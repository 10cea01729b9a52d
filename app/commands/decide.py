"""`claimline decide|accept|reject|rule|date|undo|decisions|outlets`: people's word."""

from __future__ import annotations

import getpass
import json
import re
import uuid
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from app import opening, out, reading
from app.commands.reads import evidence_group
from claimline import labels
from claimline.errors import UsageError
from claimline.models import OutletSpec, OutletType, Stance, Status
from storage.engine import Database
from storage.records import NewDecision, Recorded, StoredDecision


def add_to(app: typer.Typer) -> None:
    for command in (decide, accept, reject, rule, undo, decisions, outlets, separate):
        app.command(command.__name__)(command)
    app.command("date")(settle_date)
    evidence_group.command("add")(add_evidence)


_DOMAIN = re.compile(r"^[^\s/:]+\.[^\s/:]+$")
BY = typer.Option(None, "--by", metavar="NAME", help="Who decides. Default: the user's name.")
NOTE = typer.Option("", "--note", help="Why.")
ARTICLE = typer.Argument(..., metavar="ARTICLE", help="The article's URL (or path).")
CLAIM = typer.Argument(..., metavar="CLAIM", help="The claim's slug.")


def by_name(name: str | None) -> str:
    return name or getpass.getuser()


def _one_of(value: str, kind: type[Stance] | type[Status], what: str) -> str:
    allowed = [str(k) for k in kind]
    if value not in allowed:
        raise UsageError(f"{value!r} is no {what}; choose one of {', '.join(allowed)}")
    return value


def _pair(db: Database, article: str, claim: str, topic: str | None) -> tuple[int, int]:
    from storage import articles, claims

    with db.read() as s:
        return claims.claim(s, claim, topic).id, articles.article_by_url(s, article).id


def _record(db: Database, decision: NewDecision, by: str | None) -> None:
    from storage import decisions as stored

    _say(stored.record(db, [decision], by=by_name(by), now=datetime.now(UTC)), decision.client_id)


def _say(done: Recorded, client_id: str) -> None:
    changes = [c for p in done.published for c in p.changes]
    for c in changes:
        line = f"{c.change.valid_from}  {c.claim}: {labels.status(c.change.before)} -> {labels.status(c.change.after)}"
        out.out.print(Text(out.safe(line)), soft_wrap=True)
    out.say(
        f"recorded as {client_id}"
        + ("" if changes else "; no status changes")
        + f"; take it back with: claimline undo {client_id}"
    )


def _new_id() -> str:
    return uuid.uuid4().hex[:12]


def _not_later_than_today(day: date | None) -> date | None:
    if day is not None and day > datetime.now(UTC).date():
        raise UsageError(f"{day} is in the future; give the day on which the article was published")
    return day


def _machine_quote(db: Database, claim_id: int, article_id: int, written: str) -> str:
    """The quote of the machine that is meant, whatever its line breaks; raises UsageError, naming those that there are."""
    from storage import answers, claims

    with db.read() as s:
        found = answers.answers(s, claims.claim_by_id(s, claim_id).topic_id, claim_id=claim_id, article_id=article_id)
    quotes = [q.quote.quote for a in found for q in a.quotes]
    same = [q for q in quotes if q.split() == written.split()]
    if same:
        return same[0]
    if not quotes:
        raise UsageError("the machine quotes nothing of this article for this claim: there is nothing to reject")
    raise UsageError(f"no quote of this article reads {written!r}; its quotes:\n  " + "\n  ".join(quotes))


def decide(
    article: str = ARTICLE,
    claim: str = CLAIM,
    stance: str = typer.Argument(..., metavar="supports|refutes|neutral|mixed|unrelated"),
    note: str = NOTE,
    by: str | None = BY,
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
) -> None:
    """Say what an article says of a claim; it survives every rerun and every model."""
    value = Stance(_one_of(stance, Stance, "stance"))
    with opening.database(db, create=False) as opened:
        claim_id, article_id = _pair(opened, article, claim, topic)
        _record(opened, NewDecision("stance", _new_id(), claim_id, article_id, stance=value, note=note), by)


def accept(
    article: str = ARTICLE,
    claim: str = CLAIM,
    note: str = NOTE,
    by: str | None = BY,
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
) -> None:
    """Confirm what the machine says of this article and claim."""
    with opening.database(db, create=False) as opened:
        claim_id, article_id = _pair(opened, article, claim, topic)
        _record(opened, NewDecision("accept", _new_id(), claim_id, article_id, note=note), by)


def reject(
    article: str = ARTICLE,
    claim: str = CLAIM,
    quote: str = typer.Option(..., "--quote", help="The quote that does not count, as the machine gives it."),
    note: str = NOTE,
    by: str | None = BY,
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
) -> None:
    """Say that one quote does not count; the article's other quotes stay."""
    with opening.database(db, create=False) as opened:
        claim_id, article_id = _pair(opened, article, claim, topic)
        meant = _machine_quote(opened, claim_id, article_id, quote)
        _record(opened, NewDecision("reject", _new_id(), claim_id, article_id, quote=meant, note=note), by)


def add_evidence(
    article: str = ARTICLE,
    claim: str = CLAIM,
    quote: str = typer.Option(..., "--quote", help="The words, verbatim as they stand in the article."),
    stance: str = typer.Option(..., "--stance", metavar="supports|refutes|neutral"),
    note: str = NOTE,
    by: str | None = BY,
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
) -> None:
    """Add a quote that the machine missed; it must stand in the article."""
    if stance not in (one_side := ("supports", "refutes", "neutral")):
        raise UsageError(f"--stance {stance!r} is none of {', '.join(one_side)}: a quote takes one position")
    value = Stance(stance)
    with opening.database(db, create=False) as opened:
        claim_id, article_id = _pair(opened, article, claim, topic)
        _record(opened, NewDecision("evidence", _new_id(), claim_id, article_id, stance=value, quote=quote, note=note), by)


def separate(
    article: str = ARTICLE,
    note: str = NOTE,
    by: str | None = BY,
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
) -> None:
    """Take an article out of its group of copies: it tells a story of its own."""
    from storage import articles, claims

    with opening.database(db, create=False) as opened:
        with opened.read() as s:
            article_id = articles.article_by_url(s, article).id
            topics = [claims.topic(s, topic)] if topic else list(claims.topics(s))
        for one in topics:
            _record(opened, NewDecision("separate", _new_id(), article_id=article_id, topic_id=one.id, note=note), by)


def settle_date(
    article: str = ARTICLE,
    day: str = typer.Argument(..., metavar="DAY", help="The day of publication, as 2020-12-29."),
    note: str = NOTE,
    by: str | None = BY,
    db: str | None = out.DB,
) -> None:
    """Settle an uncertain date: the article counts from then on."""
    from storage import articles

    found = _not_later_than_today(out.day(day, "DAY"))
    with opening.database(db, create=False) as opened:
        with opened.read() as s:
            article_id = articles.article_by_url(s, article).id
        _record(opened, NewDecision("date", _new_id(), article_id=article_id, valid_from=found, note=note), by)


def rule(
    claim: str = CLAIM,
    status: str = typer.Argument(..., metavar="supported|refuted|contested|open|unreported"),
    since: str = typer.Option(..., "--from", metavar="DAY", help="From this day."),
    until: str | None = typer.Option(None, "--to", metavar="DAY", help="To this day (inclusive). Default: until further notice."),
    review_by: str | None = typer.Option(None, "--review-by", metavar="DAY", help="Ask again by this day."),
    note: str = NOTE,
    by: str | None = BY,
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
) -> None:
    """Rule on a status; the machine's own opinion stays visible beside it."""
    from storage import claims

    with opening.database(db, create=False) as opened:
        with opened.read() as s:
            claim_id = claims.claim(s, claim, topic).id
        decision = NewDecision(
            "ruling",
            _new_id(),
            claim_id,
            status=Status(_one_of(status, Status, "status")),
            valid_from=out.day(since, "--from"),
            valid_to=out.day(until, "--to"),
            review_by=out.day(review_by, "--review-by"),
            note=note,
        )
        _record(opened, decision, by)


def undo(
    decision: str = typer.Argument(..., metavar="ID", help="A decision's id, or that of a batch."),
    by: str | None = BY,
    db: str | None = out.DB,
) -> None:
    """Take back a decision, or several that were made as one."""
    from storage import decisions as stored

    with opening.database(db, create=False) as opened:
        done = stored.undo(opened, decision, by=by_name(by), now=datetime.now(UTC), client_id=_new_id())
    changes = sum(len(p.changes) for p in done.published)
    out.say(f"{decision} is taken back; {out.count(changes, 'change')} of status")


def decisions(
    topic: str | None = out.TOPIC,
    undone: bool = typer.Option(False, "--undone", help="Those that were taken back too."),
    export_pairs: Path | None = typer.Option(
        None, "--export-pairs", metavar="FILE", help="Write them as training pairs (JSONL)."
    ),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """What people decided, newest first."""
    if export_pairs is not None:
        _export_pairs(export_pairs, topic, db)
        return
    from storage import claims
    from storage import decisions as stored

    with opening.database(db, create=False) as opened, opened.read() as s:
        topic_id = claims.topic(s, topic).id if topic else None
        found = stored.decisions(s, topic_id=topic_id, undone=undone)
    rows = [
        {
            "id": d.client_id,
            "at": reading.when(d.at),
            "by": d.by,
            "kind": d.kind,
            "claim": d.claim,
            "url": d.url,
            "stance": str(d.stance) if d.stance else None,
            "status": str(d.status) if d.status else None,
            "from": reading.iso(d.valid_from),
            "to": reading.iso(d.valid_to),
            "quote": d.quote,
            "note": d.note,
            "undone": d.undone,
            "reopened": d.reopened,
        }
        for d in found
    ]
    if as_json:
        out.json_lines(rows)
        return
    cells = [
        [
            d.client_id,
            f"{d.at:%Y-%m-%d %H:%M}",
            d.by,
            d.kind,
            d.claim,
            _says(d),
            d.url,
            _note(d),
        ]
        for d in found
    ]
    columns: list[str | tuple[str, dict[str, Any]]] = [("id", {"no_wrap": True}), "at (UTC)", "by", "kind", "claim", "says"]
    out.table(None, [*columns, ("article", {"overflow": "fold"}), "note"], cells, empty="nobody has decided anything")


def _note(d: StoredDecision) -> str:
    return " ".join(filter(None, (d.note, "(taken back)" if d.undone else "")))


def _says(d: StoredDecision) -> str:
    """What a decision says, in words for people."""
    if d.status:
        return f"{labels.status(d.status)} from {d.valid_from}" + (f" to {d.valid_to}" if d.valid_to else "")
    if d.kind == "reject":
        return f"not: {d.quote}"
    return labels.stance(d.stance) if d.stance else str(d.valid_from or "")


def _export_pairs(file: Path, topic: str | None, db: str | None) -> None:
    from flows.decided import decided, training_pairs
    from storage import claims

    with opening.desk(db) as desk:
        with desk.db.read() as s:
            topics = [claims.topic(s, topic)] if topic else list(claims.topics(s))
        rows = [row for one in topics for row in decided(desk, one)]
    pairs = training_pairs(rows)
    file.write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in pairs), encoding="utf-8")
    typer.echo(f"{file}: {out.count(len(pairs), 'pair')}")
    if left := len(rows) - len(pairs):
        out.say(f"{out.count(left, 'decision')} left out: of mixed articles, or pointing at no words")


def outlets(
    topic: str = typer.Argument(..., metavar="TOPIC"),
    accept_domain: str | None = typer.Option(None, "--accept", metavar="DOMAIN", help="Name (accept) a publisher."),
    weight: float = typer.Option(1.0, "--weight", min=0.0, max=2.0, help="With --accept: how much its word weighs."),
    kind: str = typer.Option("outlet", "--type", help="With --accept: " + ", ".join(OutletType)),
    country: str | None = typer.Option(None, "--country", help="With --accept."),
    by: str | None = BY,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """The publishers with type, country and weight; --accept names one that nobody has named."""
    from storage import claims, ledger
    from storage import outlets as stored

    with opening.database(db, create=False) as opened:
        with opened.read() as s:
            topic_id = claims.topic(s, topic).id
        if accept_domain:
            if kind not in list(OutletType):
                raise UsageError(f"--type {kind!r} is none of {', '.join(OutletType)}")
            if not _DOMAIN.match(accept_domain):
                raise UsageError(f"--accept {accept_domain!r} is no domain; write it as example.org, without https:// and path")
            spec = OutletSpec(accept_domain.lower(), type=OutletType(kind), country=country, weight=weight)
            opened.write(lambda s: stored.set_outlet(s, topic_id, spec, now=datetime.now(UTC), by=by_name(by)))
            ledger.publish(opened, topic_id, run_id=None, actor=by_name(by), now=datetime.now(UTC))
        with opened.read() as s:
            found = stored.outlets(s, topic_id)
    if as_json:
        out.json_lines(
            {
                "domain": o.domain,
                "type": str(o.type),
                "country": o.country,
                "weight": o.weight,
                "named": o.named,
                "articles": o.articles,
            }
            for o in found
        )
        return
    rows = [[o.domain, o.type, o.country, f"{o.weight:g}", "" if o.named else "nobody has named it", o.articles] for o in found]
    out.table(None, ["domain", "type", "country", "weight", "", "articles"], rows, empty="no publisher is known yet")
