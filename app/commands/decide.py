"""`claimline decide|accept|reject|rule|date|undo|decisions|outlets`: people's word."""

from __future__ import annotations

import getpass
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from app import opening, out, reading
from app.commands.reads import evidence_group, how_far
from claimline import labels
from claimline.errors import UsageError
from claimline.models import OutletSpec, OutletType, Stance, Status
from storage.engine import Database
from storage.records import NewDecision, StoredChange, StoredClaim, StoredDecision


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
ALSO = typer.Option(
    [],
    "--also",
    metavar="copies|quote|outlet",
    help="Say the same of the article's copies, of those quoted with the same words, or of the outlet's others, where nobody "
    "has decided; one undo takes all back.",
)


def by_name(name: str | None) -> str:
    return getpass.getuser() if name is None else name


def _one_of(value: str, kind: type[Stance] | type[Status], what: str) -> str:
    allowed = [str(k) for k in kind]
    if value not in allowed:
        raise UsageError(f"{value!r} is no {what}; choose one of {', '.join(allowed)}")
    return value


@dataclass(frozen=True, slots=True)
class _Pair:
    topic: str
    claim_id: int
    article_id: int


def _pair(db: Database, article: str, claim: str, topic: str | None) -> _Pair:
    from storage import articles, claims

    with db.read() as s:
        found = claims.claim(s, claim, topic)
        _say_if_retired(found)
        return _Pair(found.topic_slug, found.id, articles.article_by_url(s, article).id)


def _say_if_retired(claim: StoredClaim) -> None:
    """A word on a claim that left its topic counts for its history; that nobody reads for it any more must be known."""
    if claim.retired:
        out.say(f"the claim {claim.slug} is retired: what you say counts for its history, and no run reads for it any more")


def _record(db: Database, decision: NewDecision, by: str | None, *, topic: str | None, as_json: bool) -> None:
    """Store the decision and tell what follows; `topic` is the one that it is about, None where it is about all."""
    _record_all(db, [(decision, topic)], by, as_json=as_json)


def _record_all(db: Database, asked: Sequence[tuple[NewDecision, str | None]], by: str | None, *, as_json: bool) -> None:
    """The same for several that stand together or not at all, each with its topic."""
    from storage import decisions as stored

    done = stored.record(db, [one for one, _ in asked], by=by_name(by), now=datetime.now(UTC))
    for decision, topic in asked:
        changes = [c for c in done.changes if topic in (None, c.topic)]
        _tell(db, decision, changes, [c for c in done.withdrawn if topic in (None, c.topic)], topic, as_json=as_json)


def _record_alike(db: Database, one: NewDecision, also: Sequence[str], by: str | None, *, topic: str, as_json: bool) -> None:
    """One word, and the same on what is like it, as a batch that one undo takes back."""
    from app import reads
    from storage import claims
    from storage import decisions as stored

    if wrong := [name for name in also if name not in reads.ALSO]:
        raise UsageError(f"--also {wrong[0]!r} is none of {', '.join(reads.ALSO)}")
    with db.read() as s:
        others = reads.alike(s, claims.claim_by_id(s, one.claim_id or 0), one.article_id or 0, also) if also else []
    if not others:
        _record(db, one, by, topic=topic, as_json=as_json)
        return
    asked = [one, *(replace(one, client_id=f"{one.client_id}-{n}", article_id=i) for n, i in enumerate(others, 1))]
    batch = f"{one.client_id}-all"
    done = stored.record(db, asked, by=by_name(by), now=datetime.now(UTC), batch=batch)
    if as_json:
        with db.read() as s:
            rows = [stored.decision(s, x.client_id) for x in asked]
        out.json_lines(reading.decided_row(d, topic, done.changes, done.withdrawn) for d in rows)
    else:
        tell_changes(done.changes, done.withdrawn)
    brought = "" if done.changes or done.withdrawn else "; no status changes"
    out.say(f"recorded on {out.count(len(asked), 'article')} as {batch}{brought}; take all back with: claimline undo {batch}")


def _tell(
    db: Database,
    decision: NewDecision,
    changes: Sequence[StoredChange],
    withdrawn: Sequence[StoredChange],
    topic: str | None,
    *,
    as_json: bool,
) -> None:
    from storage import decisions as stored

    if as_json:
        with db.read() as s:
            out.json_lines([reading.decided_row(stored.decision(s, decision.client_id), topic, changes, withdrawn)])
    else:
        tell_changes(changes, withdrawn)
    out.say(
        f"recorded as {decision.client_id}"
        + ("" if changes or withdrawn else "; no status changes")
        + f"; take it back with: claimline undo {decision.client_id}"
    )
    if _waits_for_a_date(db, decision):
        out.say("the article has no sure day and counts for nothing until you settle it: claimline date ARTICLE DAY")


def tell_changes(changes: Sequence[StoredChange], withdrawn: Sequence[StoredChange]) -> None:
    """What the ledger tells otherwise now, and what it no longer tells: a line each on stdout."""
    for line in changed_lines(changes, withdrawn):
        out.out.print(Text(out.safe(line)), soft_wrap=True)


def changed_lines(changes: Sequence[StoredChange], withdrawn: Sequence[StoredChange]) -> list[str]:
    lines = [f"{c.change.valid_from}  {c.claim}: {_step(c)}" for c in changes]
    return lines + [f"{c.change.valid_from}  {c.claim}: no longer {_step(c)}" for c in withdrawn]


def _step(c: StoredChange) -> str:
    return f"{labels.status(c.change.before)} -> {labels.status(c.change.after)}"


def _waits_for_a_date(db: Database, decision: NewDecision) -> bool:
    from storage import claims, stands

    if decision.kind not in ("stance", "accept", "evidence") or decision.article_id is None or decision.claim_id is None:
        return False
    if decision.stance is Stance.UNRELATED:
        return False
    with db.read() as s:
        topic_id = claims.claim_by_id(s, decision.claim_id).topic_id
        found = stands.load(s, [decision.article_id], topic_id=topic_id).get(decision.article_id)
    return found is not None and found.uncertain


def _new_id() -> str:
    return uuid.uuid4().hex[:12]


def _not_later_than_today(day: date | None) -> date | None:
    if day is not None and day > datetime.now(UTC).date():
        raise UsageError(f"{day} is in the future; give the day on which the article was published")
    return day


def decide(
    article: str = ARTICLE,
    claim: str = CLAIM,
    stance: str = typer.Argument(..., metavar="supports|refutes|neutral|mixed|unrelated"),
    also: list[str] = ALSO,
    note: str = NOTE,
    by: str | None = BY,
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Say what an article says of a claim; it survives every rerun and every model."""
    value = Stance(_one_of(stance, Stance, "stance"))
    with opening.database(db, create=False) as opened:
        pair = _pair(opened, article, claim, topic)
        decision = NewDecision("stance", _new_id(), pair.claim_id, pair.article_id, stance=value, note=note)
        _record_alike(opened, decision, also, by, topic=pair.topic, as_json=as_json)


def accept(
    article: str = ARTICLE,
    claim: str = CLAIM,
    also: list[str] = ALSO,
    note: str = NOTE,
    by: str | None = BY,
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Confirm what the machine says of this article and claim."""
    with opening.database(db, create=False) as opened:
        pair = _pair(opened, article, claim, topic)
        decision = NewDecision("accept", _new_id(), pair.claim_id, pair.article_id, note=note)
        _record_alike(opened, decision, also, by, topic=pair.topic, as_json=as_json)


def reject(
    article: str = ARTICLE,
    claim: str = CLAIM,
    quote: str = typer.Option(..., "--quote", help="The quote that does not count, as the machine gives it."),
    note: str = NOTE,
    by: str | None = BY,
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Say that one quote does not count; the article's other quotes stay."""
    from app import reads
    from storage import claims

    with opening.database(db, create=False) as opened:
        pair = _pair(opened, article, claim, topic)
        with opened.read() as s:
            meant = reads.machine_quote(s, claims.claim_by_id(s, pair.claim_id), pair.article_id, quote)
        decision = NewDecision("reject", _new_id(), pair.claim_id, pair.article_id, quote=meant, note=note)
        _record(opened, decision, by, topic=pair.topic, as_json=as_json)


def add_evidence(
    article: str = ARTICLE,
    claim: str = CLAIM,
    quote: str = typer.Option(..., "--quote", help="The words, verbatim as they stand in the article."),
    stance: str = typer.Option(..., "--stance", metavar="supports|refutes|neutral"),
    speaker: str | None = typer.Option(None, "--speaker", metavar="NAME", help="Who says it: the quote counts as that voice."),
    note: str = NOTE,
    by: str | None = BY,
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Add a quote that the machine missed; it must stand in the article."""
    if stance not in (one_side := ("supports", "refutes", "neutral")):
        raise UsageError(f"--stance {stance!r} is none of {', '.join(one_side)}: a quote takes one position")
    value = Stance(stance)
    with opening.database(db, create=False) as opened:
        pair = _pair(opened, article, claim, topic)
        decision = NewDecision("evidence", _new_id(), pair.claim_id, pair.article_id, stance=value, quote=quote, note=note)
        _record(opened, replace(decision, speaker=speaker), by, topic=pair.topic, as_json=as_json)


def separate(
    article: str = ARTICLE,
    note: str = NOTE,
    by: str | None = BY,
    topic: str | None = out.TOPIC,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Take an article out of its group of copies: it tells a story of its own."""
    from storage import articles, claims
    from storage.sql import topics_of_article

    with opening.database(db, create=False) as opened:
        with opened.read() as s:
            article_id = articles.article_by_url(s, article).id
            own = topics_of_article(s, article_id)
            topics = [claims.topic(s, topic)] if topic else [one for one in claims.topics(s) if one.id in own]
        asked = [NewDecision("separate", _new_id(), article_id=article_id, topic_id=one.id, note=note) for one in topics]
        _record_all(opened, [(one, t.slug) for one, t in zip(asked, topics, strict=True)], by, as_json=as_json)


def settle_date(
    article: str = ARTICLE,
    day: str = typer.Argument(..., metavar="DAY", help="The day of publication, as 2020-12-29."),
    note: str = NOTE,
    by: str | None = BY,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Settle an uncertain date: the article counts from then on."""
    from storage import articles

    found = _not_later_than_today(out.day(day, "DAY"))
    with opening.database(db, create=False) as opened:
        with opened.read() as s:
            article_id = articles.article_by_url(s, article).id
        decision = NewDecision("date", _new_id(), article_id=article_id, valid_from=found, note=note)
        _record(opened, decision, by, topic=None, as_json=as_json)


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
    as_json: bool = out.JSON,
) -> None:
    """Rule on a status; the machine's own opinion stays visible beside it."""
    from storage import claims

    with opening.database(db, create=False) as opened:
        with opened.read() as s:
            about = claims.claim(s, claim, topic)
        _say_if_retired(about)
        decision = NewDecision(
            "ruling",
            _new_id(),
            about.id,
            status=Status(_one_of(status, Status, "status")),
            valid_from=out.day(since, "--from"),
            valid_to=out.day(until, "--to"),
            review_by=out.day(review_by, "--review-by"),
            note=note,
        )
        _record(opened, decision, by, topic=about.topic_slug, as_json=as_json)


def undo(
    decision: str = typer.Argument(..., metavar="ID", help="A decision's id, or that of a batch."),
    by: str | None = BY,
    db: str | None = out.DB,
    as_json: bool = out.JSON,
) -> None:
    """Take back a decision, or several that were made as one."""
    from storage import decisions as stored

    client_id, now = _new_id(), datetime.now(UTC)
    with opening.database(db, create=False) as opened:
        done = stored.undo(opened, decision, by=by_name(by), now=now, client_id=client_id)
        with opened.read() as s:
            taken_back = stored.taken_back(s, done.ids)
    if as_json:
        out.json_lines([reading.undo_row(client_id, now, by_name(by), taken_back, done.changes, done.withdrawn)])
    else:
        tell_changes(done.changes, done.withdrawn)
    out.say(f"{decision} is taken back; {out.count(len(done.changes) + len(done.withdrawn), 'change')} of status")


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
    from app import reads

    with opening.database(db, create=False) as opened, opened.read() as s:
        found = reads.decided(s, topic, undone=undone)
        far = how_far(s, topic)
    if as_json:
        out.json_lines(reading.decision_row(d) for d in found)
        out.say(far)
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
    out.say(far)


def _note(d: StoredDecision) -> str:
    again = f"(look again: {d.reopened})" if d.reopened else ""
    return " ".join(filter(None, (d.note, "(taken back)" if d.undone else again)))


def _says(d: StoredDecision) -> str:
    """What a decision says, in words for people."""
    if d.status:
        ends = (f" to {d.valid_to}" if d.valid_to else "") + (f", look again by {d.review_by}" if d.review_by else "")
        return f"{labels.status(d.status)} from {d.valid_from}{ends}"
    if d.kind == "reject":
        return f"not: {d.quote or '(the words are not kept)'}"
    if d.kind == "separate":
        return "no copy"
    if d.kind == "evidence" and d.stance:
        said = f", {d.speaker} says" if d.speaker else ""
        return f"{labels.stance(d.stance)}{said}: {d.quote or '(the words are not kept)'}"
    return labels.stance(d.stance) if d.stance else str(d.valid_from or "")


def _export_pairs(file: Path, topic: str | None, db: str | None) -> None:
    from flows import decided as said
    from storage import claims

    with opening.desk(db) as desk:
        with desk.db.read() as s:
            topics = [claims.topic(s, topic)] if topic else list(claims.topics(s))
        rows = [row for one in topics for row in (*said.decided(desk, one), *said.pointed(desk, one))]
        older = sum(said.of_older_wordings(desk, one) for one in topics)
    pairs = said.training_pairs(rows)
    file.write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in pairs), encoding="utf-8")
    typer.echo(f"{file}: {out.count(len(pairs), 'pair')}")
    if left := len(rows) - len(pairs):
        out.say(f"{out.count(left, 'decision')} left out: of mixed articles, or pointing at no words")
    if older:
        out.say(f"{out.count(older, 'decision')} left out: made on an older wording of the claim")


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
    from storage import claims
    from storage import decisions as said
    from storage import outlets as stored

    accepted: tuple[str, reading.Row] = ("", {})
    with opening.database(db, create=False) as opened:
        with opened.read() as s:
            topic_id = claims.topic(s, topic).id
        if accept_domain:
            if kind not in list(OutletType):
                raise UsageError(f"--type {kind!r} is none of {', '.join(OutletType)}")
            if not _DOMAIN.match(accept_domain):
                raise UsageError(f"--accept {accept_domain!r} is no domain; write it as example.org, without https:// and path")
            spec = OutletSpec(accept_domain.lower(), type=OutletType(kind), country=country, weight=weight)
            done = said.weigh(opened, topic_id, spec, by=by_name(by), now=datetime.now(UTC))
            accepted = (spec.domain, reading.brought(done.changes, done.withdrawn))
            for line in changed_lines(done.changes, done.withdrawn) or ["no status changes"]:
                out.say(line)
        with opened.read() as s:
            found = stored.outlets(s, topic_id)
            far = how_far(s, topic)
    if as_json:
        domain, changes = accepted
        out.json_lines(reading.outlet_row(o) | (changes if o.domain == domain else {}) for o in found)
        out.say(far)
        return
    rows = [[o.domain, o.type, o.country, f"{o.weight:g}", "" if o.named else "nobody has named it", o.articles] for o in found]
    out.table(None, ["domain", "type", "country", "weight", "", "articles"], rows, empty="no publisher is known yet")
    out.say(far)
