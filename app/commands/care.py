"""`claimline review|purge|retain|coverage|diff`: looking after what is watched and what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from app import opening, out, reading
from app.commands.decide import BY, by_name, tell_changes
from app.commands.reads import how_far, place, quoted
from claimline import labels

if TYPE_CHECKING:
    from storage.purge import Purged
    from storage.records import StoredRevision


def add_to(app: typer.Typer) -> None:
    for command in (review, purge, retain, coverage, diff):
        app.command(command.__name__)(command)


def review(
    topic: str | None = out.TOPIC,
    claim: str | None = typer.Option(None, "--claim", "-c", metavar="SLUG", help="Only this claim."),
    lang: str | None = typer.Option(None, "--lang", metavar="CODE", help="Only texts in this language."),
    limit: int = typer.Option(20, "--limit", "-n", min=1),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """What needs a person, most valuable first; settle a case with decide, accept, reject or date."""
    from app import reads

    with opening.database(db, create=False) as opened, opened.read() as s:
        items = reads.review(s, topic, claim, lang, limit)
        due = reads.due_rulings(s, topic, claim, datetime.now(UTC))
        far = how_far(s, topic)
    if as_json:
        out.json_lines(map(reading.case_row, items))
        out.say(far)
        return
    for d in due:
        why = d.reopened or f"its day for that was {d.review_by}"
        out.say(f"the ruling of {d.by} on {d.claim} ({d.status} from {d.valid_from}) wants another look: {why}")
    for i in items:
        a = i.answer
        head = f"{a.published.day or 'date uncertain'}  {labels.stance(a.stance, decided=a.decided)} ({a.confidence:.2f})"
        out.out.print(Text.assemble((a.claim, "bold"), f"  {head}  ", (", ".join(i.reasons), "yellow")), soft_wrap=True)
        if (said := i.decision) is not None:
            word = labels.stance(said.stance) if said.stance else said.kind
            out.indented(f"{said.by} said on {said.at:%Y-%m-%d}: {word}; {said.reopened}")
        for q in a.quotes[:2]:
            out.indented(quoted(q.quote.quote, a.url))
        out.out.print(Text(out.safe(f"  {place(a.outlet, a.url)}"), style="dim"), soft_wrap=True)
    more = "; there may be more: --limit" if len(items) == limit else ""
    out.say(out.count(len(items), "case") + (more if items else ": nothing needs a person"))
    if items:
        out.say("settle one: claimline accept URL CLAIM; decide URL CLAIM supports|refutes|neutral|mixed|unrelated; date URL DAY")
    out.say(far)


def purge(
    what: str = typer.Argument(..., metavar="URL|HOST|PERSON"),
    kind: str | None = typer.Option(None, "--kind", metavar="url|host|person", help="What it is, where it cannot be told."),
    reason: str = typer.Option(..., "--reason", help="Why; it is kept."),
    by: str | None = BY,
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Erase bytes, texts and quotes for good; a hashed tombstone with the reason stays and keeps it out."""
    from storage import purge as law

    guessed = kind or ("url" if "://" in what else "host" if "." in what and " " not in what else "person")
    if not yes and not out.agreed(f"erase everything of {guessed} {what!r}? this cannot be undone"):
        raise typer.Exit(1)
    with opening.database(db, create=False) as opened:
        done = law.purge(opened, guessed, what, reason=reason, by=by_name(by), now=datetime.now(UTC))
    if not as_json:
        tell_changes(done.changes, done.withdrawn)
    _told(_purged_words(done), _purged_row(done) if as_json else None)
    for slug in done.left_in:
        out.say(f"the name still stands in the words of topic {slug} (a claim, a name): export it, reword it, import it again")


def _purged_words(done: Purged) -> str:
    stone = done.tombstone
    if done.again:
        return f"erased before, on {stone.at:%Y-%m-%d %H:%M} UTC by {stone.by} ({stone.reason}); the files were swept again"
    counted = ", ".join(f"{n} {name}" for name, n in stone.counts.items() if n)
    return f"erased: {counted or 'nothing was left'}; {out.count(len(done.changes) + len(done.withdrawn), 'change')} of status"


def _purged_row(done: Purged) -> dict[str, Any]:
    """What a purge did. What was removed is named by its hash alone: a program keeps what it is told."""
    stone = done.tombstone
    return {
        "done": "purge",
        "kind": stone.kind,
        "subject_sha256": stone.subject_sha256,
        "reason": stone.reason,
        "by": stone.by,
        "at": reading.when(stone.at),
        "again": done.again,
        "counts": dict(stone.counts),
        "left_in": list(done.left_in),
    } | reading.brought(done.changes, done.withdrawn)


def _told(words: str, row: dict[str, Any] | None) -> None:
    """What was done: the words on stdout, or the row there and the words on stderr."""
    if row is None:
        typer.echo(words)
    else:
        out.json_lines([row])
        out.say(words)


def retain(
    bytes_days: int | None = typer.Option(
        None, "--bytes-days", min=0, max=36_500, help="Keep bytes so long. Default: the setting."
    ),
    text_days: int | None = typer.Option(
        None, "--text-days", min=0, max=36_500, help="Keep texts without evidence so long. Default: the setting."
    ),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Remove old bytes and texts that nothing refers to, and what a source's `store` does not allow."""
    from storage import retention

    settings = opening.settings(db)
    bytes_for = bytes_days if bytes_days is not None else settings.retention_days_bytes
    texts_for = text_days if text_days is not None else settings.retention_days_text
    with opening.database(db, create=False) as opened:
        done = opened.write(lambda s: retention.apply(s, now=datetime.now(UTC), bytes_days=bytes_for, text_days=texts_for))
    row = {"done": "retain", "bodies": done.bodies, "texts": done.texts, "quotes": done.quotes}
    row |= {"bytes_days": bytes_for, "text_days": texts_for}
    _told(f"removed: {done.bodies} bodies, {done.texts} texts, {done.quotes} quotes", row if as_json else None)


def coverage(
    topic: str | None = out.TOPIC,
    days: int = typer.Option(14, "--days", min=1, max=36_500, help="How many days back."),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """For each source and day: asked, answered, new, left out or failed and why; and which days we could not look."""
    from app import reads
    from storage import runs

    since = datetime.now(UTC).date() - timedelta(days=days - 1)
    with opening.database(db, create=False) as opened, opened.read() as s:
        rows = reads.coverage_rows(s, topic, since)
        looked = {(t.slug, d): runs.looked(s, t.id, d) for t in reads.topics(s, topic) for d in _days(since, days)}
        far = how_far(s, topic)
    if as_json:
        out.json_lines(rows)
        out.say(far)
        return
    cells = [[*({**r, "reasons": ", ".join(f"{n} {reason}" for reason, n in r["reasons"].items())}).values()] for r in rows]
    out.table(None, list(rows[0]) if rows else [], cells, empty=f"no source was asked in the last {out.count(days, 'day')}")
    blind = [f"{slug} {day}" for (slug, day), how in looked.items() if str(how) == "we could not look"]
    if blind:
        out.say("we could not look: " + ", ".join(blind))
    out.say(far)


def _days(since: date, count: int) -> Iterator[date]:
    yield from (since + timedelta(days=i) for i in range(count))


def diff(
    url: str = typer.Argument(..., metavar="URL"),
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """What changed in an article, word by word, from one text to the next; without colours as [-old-] and {+new+}."""
    from claimline import revisions as decide
    from storage import articles
    from storage import revisions as stored

    with opening.database(db, create=False) as opened, opened.read() as s:
        texts = stored.revisions_of(s, articles.article_by_url(s, url).id)
        far = how_far(s, None)
    if as_json:
        out.json_lines(_diff_row(url, old, new) for old, new in pairwise(texts))
    if not texts:
        out.say("no text yet: it has not been read; see `claimline trace`")
    elif len(texts) == 1:
        out.say("one text only: it has not changed since it was first seen")
    plain = out.out.color_system is None
    for old, new in pairwise(texts) if not as_json else ():
        out.out.print(Text(f"{old.seen_at:%Y-%m-%d %H:%M} -> {new.seen_at:%Y-%m-%d %H:%M} UTC", style="bold"))
        line = Text()
        for part in decide.word_diff(old.text, new.text):
            if part.old == part.new:
                kept = out.safe(part.old)
                line.append(kept if len(kept) < 160 else f"{kept[:70]} [...] {kept[-70:]}")
            else:
                _append_change(line, out.safe(part.old), out.safe(part.new), marked=plain)
        out.out.print(line, soft_wrap=plain)
    out.say(far)


def _append_change(line: Text, old: str, new: str, *, marked: bool) -> None:
    """Red and green where colours are seen, else the marks of `git diff --word-diff`, with the blanks after the words outside."""
    for words, style, (opening_mark, closing_mark) in ((old, "red strike", ("[-", "-]")), (new, "green", ("{+", "+}"))):
        if not words.strip():
            line.append(words)
        elif marked:
            core = words.rstrip()
            line.append(f"{opening_mark}{core}{closing_mark}{words[len(core) :]}")
        else:
            line.append(words, style=style)


def _diff_row(url: str, old: StoredRevision, new: StoredRevision) -> dict[str, Any]:
    from claimline import revisions as decide

    parts = [p for p in decide.word_diff(old.text, new.text) if p.old != p.new]
    return {
        "url": url,
        "from": reading.when(old.seen_at),
        "to": reading.when(new.seen_at),
        "revisions": [old.key, new.key],
        "changes": [{"old": p.old.strip(), "new": p.new.strip()} for p in parts],
    }
