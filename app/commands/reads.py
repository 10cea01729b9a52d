"""`claimline claims|history|evidence|articles`: what is known, at any day, as known at any time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import typer
from rich.text import Text

from app import opening, out, reading
from claimline import labels
from claimline.models import Position
from storage.engine import Session
from storage.outlets import Publishers
from storage.records import ClaimStatus, StoredChange
from storage.relations import Related

claims_group = typer.Typer(
    rich_markup_mode=None, help="The claims, each with its status. `import` takes more of them out of a file."
)
evidence_group = typer.Typer(rich_markup_mode=None, help="The quotes: who said what, when and where. `add` one that was missed.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(claims_group, name="claims")
    for command in (history, articles):
        app.command(command.__name__)(command)
    app.add_typer(evidence_group, name="evidence")


def how_far(s: Session, topic: str | None, known_at: datetime | None = None) -> str:
    """Every read says how far we have read, for each topic that it speaks of (None: for all)."""
    from storage import claims as stored
    from storage import runs

    if topic is not None:
        stored.topic(s, topic)  # a name that is none is no topic without claims
    ids = {c.topic_slug: c.topic_id for c in stored.claims(s, topic, known_at=known_at)}
    lines = {slug: reading.read_state(runs.read_state(s, i, known_at=known_at), known_at) for slug, i in ids.items()}
    if len(set(lines.values())) <= 1:
        return next(iter(lines.values()), "no claims yet: `claimline track --topic FILE`")
    return "\n".join(f"{slug}: {line}" for slug, line in lines.items())


@claims_group.callback(invoke_without_command=True)
def claims_or_more(
    context: typer.Context,
    topic: str | None = out.TOPIC,
    as_of: str | None = out.AS_OF,
    known_at: str | None = out.KNOWN_AT,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """The claims, each with its status, since when, and on how many voices."""
    if context.invoked_subcommand is None:
        claims(topic, as_of, known_at, db, as_json=as_json)


def claims(topic: str | None, as_of: str | None, known_at: str | None, db: str | None, *, as_json: bool) -> None:
    from storage import ledger, relations

    day, known = out.day(as_of, "--as-of"), out.moment(known_at, "--known-at")
    with opening.database(db, create=False) as opened, opened.read() as s:
        found = ledger.statuses(s, topic, as_of=day, known_at=known)
        topics = dict.fromkeys((c.claim.topic_id, c.claim.topic_slug) for c in found)
        against = relations.against(s, topics, as_of=day, known_at=known)
        far = how_far(s, topic, known)
    if as_json:
        out.json_lines(reading.claim_row(c, against.get((c.claim.topic_slug, c.claim.slug), ())) for c in found)
    else:
        rows = [[_claim_cell(c), _status_cell(str(c.status)), c.since, _on_cell(c)] for c in found]
        for row, c in zip(rows, found, strict=True):
            for other in against.get((c.claim.topic_slug, c.claim.slug), ()):
                row[3] = f"{row[3]}\n{labels.mark('contradicts')} {other}"
        if rows:
            out.table(None, [("claim", {"ratio": 1}), "status", ("since", {"no_wrap": True}), "on"], rows)
    out.say(far)


_STYLES = {"supported": "green", "refuted": "red", "contested": "yellow", "open": "cyan", "unreported": "dim"}


def _claim_cell(c: ClaimStatus) -> Text:
    return Text.assemble((c.claim.slug, "bold"), "\n", out.safe(c.claim.statement))


def _on_cell(c: ClaimStatus) -> str:
    return labels.voices(c.figures) + (f"\n{c.review}" if c.review else "")


def _status_cell(status: str) -> Text:
    return Text(labels.status(status), style=_STYLES[status])


def relation_lines(found: Sequence[Related]) -> None:
    """What the claim is to others; where both cannot be right, in words that say so."""
    for r in found:
        line = f"{r.claim} is {_RELATIONS[r.relation]} {r.other}: {labels.status(r.status)}; {labels.status(r.other_status)}"
        if r.contradictory:
            out.out.print(Text(f"{line}. Both cannot be right: look at both.", style="yellow"), soft_wrap=True)
        else:
            out.out.print(Text(line, style="dim"), soft_wrap=True)


_RELATIONS = {"negation of": "the negation of", "narrower than": "narrower than", "superseded by": "superseded by"}


def history(
    claim: str = typer.Argument(..., metavar="SLUG", help="The claim's slug, as `claimline claims` shows it."),
    topic: str | None = out.TOPIC,
    as_of: str | None = out.AS_OF,
    known_at: str | None = out.KNOWN_AT,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """How a claim evolved: every change with its day, its cause and the quote that tipped it, oldest first."""
    from app import reads
    from storage import claims as stored
    from storage import ledger, outlets
    from storage import relations as related

    day, known = out.day(as_of, "--as-of"), out.moment(known_at, "--known-at")
    with opening.database(db, create=False) as opened, opened.read() as s:
        found = stored.claim(s, claim, topic)
        printed_by = outlets.publishers(s, [found.id], known_at=known)[found.id]
        changes = ledger.changes(s, found.id, as_of=day, known_at=known)
        status = ledger.status(s, found.id, as_of=day, known_at=known)
        relations = related.of_claim(s, found, as_of=day, known_at=known)
        far = how_far(s, found.topic_slug, known)
        blind = reads.in_a_row(reads.blind_days(s, found.topic_id, changes, day, known))
    far = "\n".join(filter(None, (far, "we could not look on " + ", ".join(map(_span, blind)) if blind else "")))
    if as_json:
        out.json_lines(map(reading.history_row, changes))
        out.say(far)
        return
    out.out.print(Text(status.claim.statement, style="bold"))
    now = Text.assemble(_status_cell(str(status.status)), f" ({labels.voices(status.figures)})")
    if status.since:
        now.append(f", since {status.since}")
    if status.review:
        now.append(f"; {status.review}")
    if status.machine is not status.status:
        now.append(f"; {labels.mark('machine', status=labels.status(status.machine))}")
    out.out.print(now)
    relation_lines(relations)
    for stored_change in changes:
        change_lines(stored_change, printed_by)
    out.say(far)


def _span(days: tuple[date, date]) -> str:
    first, last = days
    return f"{first}" if first == last else f"{first} to {last}"


def change_lines(stored: StoredChange, printed_by: Publishers, *, quotes: int = 3) -> None:
    """One change for people: day, step, cause, then its quotes, each with who said it, and where it stands."""
    c = stored.change
    step = Text.assemble((f"\n{c.valid_from}  ", "bold"), labels.status(c.before), " -> ", _status_cell(str(c.after)))
    step.append(f"   {labels.voices(c.figures)}; {stored.cause}, recorded {stored.recorded_at:%Y-%m-%d %H:%M} UTC", style="dim")
    if stored.review:
        step.append(f"; {out.safe(stored.review)}", style="dim")
    if c.machine is not c.after:
        step.append(f"; {labels.mark('machine', status=labels.status(c.machine))}", style="dim")
    out.out.print(step, soft_wrap=True)
    if stored.note:
        out.indented(stored.note)
    for p in stored.quotes[:quotes]:
        out.indented(quoted(p.quote, p.article))
        who = p.speaker_written or "no speaker named"
        said = f", said {p.said_on}" if p.said_on else ""
        where = f"{outlet_words(p, printed_by)} {p.article}".lstrip()
        gone = "" if reading.in_print(p, c) else f"; no longer in print on {c.valid_from}"
        out.indented(f"{who}{said}; {labels.stance(p.stance)}{gone}; {where}", style="dim")
    if len(stored.quotes) > quotes:
        out.out.print(Text(f"  ... and {len(stored.quotes) - quotes} more", style="dim"))


def quoted(words: str, url: str) -> str:
    """A quote for people; one of which the words went says so."""
    if words.strip():
        return f"\u201c{words.strip()}\u201d"
    from storage.erased import MARKED

    return "(the law took the words away)" if url.startswith(MARKED) else "(the words are not kept)"


def outlet_words(p: Position, printed_by: Publishers) -> str:
    """A report's outlet with what is held of it, and the weight with which the report was folded."""
    held = printed_by.of(p.outlet)
    return f"{p.outlet or 'no outlet named'} ({labels.outlet(held.type, held.country, p.weight)})"


def place(outlet: str | None, url: str) -> str:
    """Where an article stands: its outlet, where it has one, and its address."""
    return f"{outlet} {url}" if outlet else url


CLAIM = typer.Option(None, "--claim", "-c", metavar="SLUG", help="Only this claim.")


@evidence_group.callback(invoke_without_command=True)
def evidence(
    context: typer.Context,
    claim: str | None = CLAIM,
    topic: str | None = out.TOPIC,
    as_of: str | None = out.AS_OF,
    known_at: str | None = out.KNOWN_AT,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """The quotes: who said what, when, where, and how sure the reading is."""
    if context.invoked_subcommand is not None:
        return
    from app import reads

    day, known = out.day(as_of, "--as-of"), out.moment(known_at, "--known-at")
    with opening.database(db, create=False) as opened, opened.read() as s:
        rows = reads.evidence(s, topic, claim, day, known)
        far = how_far(s, topic, known)
    if as_json:
        out.json_lines(rows)
    elif rows and out.out.width < _TABLE_OF_QUOTES:
        _quote_lines(rows)
    else:
        quote: tuple[str, dict[str, Any]] = ("quote", {"max_width": 70, "overflow": "fold"})
        cells = [[*_told(r), r["speaker"], _words(r), f"{r['outlet'] or ''}\n{_held(r)}".strip()] for r in rows]
        out.table(None, ["day", "claim", "stance", "speaker", quote, "outlet"], cells, empty="no quotes")
    out.say(far)


_TABLE_OF_QUOTES = 100  # columns; with fewer a quote would stand in a column of single words, and no address could be copied


def _words(r: reading.Row) -> str:
    return str(r["quote"]).strip() or quoted("", r["url"])


def _quote_lines(rows: Sequence[reading.Row]) -> None:
    for r in rows:
        out.out.print(Text(out.safe("  ".join(_told(r))), style="bold"))
        out.indented(quoted(r["quote"], r["url"]))
        where = f"{r['outlet'] or 'no outlet named'} ({_held(r)}) {r['url']}"
        out.indented(f"{r['speaker'] or 'no speaker named'}; {where}\n", style="dim")


def _article_lines(rows: Sequence[reading.Row]) -> None:
    for r in rows:
        out.out.print(Text(out.safe("  ".join((*_told(r), f"{r['confidence']:.2f}", r["lang"] or ""))), style="bold"))
        out.out.print(Text(out.safe(f"  {place(r['outlet'], r['url'])}"), style="dim"), soft_wrap=True)


def _told(r: reading.Row) -> tuple[str, str, str]:
    return r["published_on"] or labels.mark("uncertain_date"), r["claim"], labels.stance(r["stance"], decided=r["decided"])


def _held(r: reading.Row) -> str:
    return labels.outlet(r["outlet_type"], r["outlet_country"], r["outlet_weight"])


def articles(
    topic: str | None = out.TOPIC,
    claim: str | None = CLAIM,
    as_of: str | None = out.AS_OF,
    known_at: str | None = out.KNOWN_AT,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """The articles and what each says of a claim; one line for each pair that is not unrelated."""
    from app import reads

    day, known = out.day(as_of, "--as-of"), out.moment(known_at, "--known-at")
    with opening.database(db, create=False) as opened, opened.read() as s:
        rows = [reading.article_row(a, voice) for a, voice in reads.articles_on(s, topic, claim, day, known)]
        far = how_far(s, topic, known)
    if as_json:
        out.json_lines(rows)
    elif rows and out.out.width < _TABLE_OF_QUOTES:
        _article_lines(rows)
    else:
        cells = [[*_told(r), f"{r['confidence']:.2f}", r["outlet"], r["lang"], r["url"]] for r in rows]
        columns: list[str | tuple[str, dict[str, Any]]] = ["day", "claim", "says", "sure", "outlet", "lang"]
        out.table(None, [*columns, ("url", {"overflow": "fold"})], cells, empty="no article says anything of a claim")
    out.say(far)
