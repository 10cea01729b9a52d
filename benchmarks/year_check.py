"""What is held at the end of a simulated year, and whether it is what the web told and the schedule asked for."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.year_record import INTERRUPTED, Held, Year


def database(folder: Path) -> Path:
    return folder / "claimline.db"


def held(folder: Path) -> Held:
    files = {path.name: path.stat().st_size for path in sorted(folder.glob("claimline*.db*"))}
    with _reading(folder) as c:
        tables = [name for (name,) in c.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0")]
        rows = {name: c.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}
        sizes: Counter[str] = Counter()
        try:
            of = dict(c.execute("SELECT name, tbl_name FROM sqlite_master"))
            for name, size in c.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"):
                sizes[of.get(name, name)] += size
        except sqlite3.OperationalError:
            pass  # an SQLite without dbstat
    return Held(files, rows, dict(sizes))


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{database(folder)}?mode=ro", uri=True)
    try:
        yield connection
    finally:
        connection.close()


def check(
    year: Year, moments: Sequence[datetime], folder: Path, told: Mapping[int, Sequence[int]], messages: Sequence[str]
) -> None:
    """Holds what is stored to what the web told and to the schedule; what is not as it should be stands in `year.wrong`."""
    with _reading(folder) as c:
        _check_runs(year, moments, c)
        _check_articles(year, c, told)
        _check_coverage(year, c)
    _check_messages(year, moments, messages)


def _check_runs(year: Year, moments: Sequence[datetime], c: sqlite3.Connection) -> None:
    """Every moment one finished run, begun within the hour; a killed one was marked and finished by the next start."""
    rows = c.execute("SELECT started_at, state FROM runs ORDER BY started_at").fetchall()
    begun = [(datetime.fromisoformat(at).replace(tzinfo=UTC), state) for at, state in rows]
    kills = sum(run.killed_at not in (None, INTERRUPTED) for run in year.runs)
    interrupted = sum(run.killed_at == INTERRUPTED for run in year.runs)
    states = Counter(state for _, state in begun)
    year.checked["runs due"], year.checked["runs done"], year.checked["runs killed"] = len(moments), states["done"], kills
    if set(states) - {"done", "abandoned"} or not kills <= states["abandoned"] <= kills + 2 * interrupted:
        year.wrong.append(f"runs: {dict(states)} for {len(moments)} moments, {kills} kills and {interrupted} interruptions")
    done = [at for at, state in begun if state == "done"]
    for moment in moments:
        mine = [at for at in done if moment <= at < moment + timedelta(hours=1)]
        if len(mine) != 1:
            year.wrong.append(f"{moment:%Y-%m-%d %H:%M} UTC: {len(mine)} finished runs")
    zone = ZoneInfo(year.plan.timezone)
    by_day = Counter(at.astimezone(zone).date() for at in done)
    year.checked["days of 23 or 25 hours"] = sum(_hours(day, zone) != 24 for day in by_day)


def _hours(day: date, zone: ZoneInfo) -> float:
    begins = [datetime(d.year, d.month, d.day, tzinfo=zone).astimezone(UTC) for d in (day, day + timedelta(days=1))]
    return (begins[1] - begins[0]).total_seconds() / 3600


def _check_articles(year: Year, c: sqlite3.Connection, told: Mapping[int, Sequence[int]]) -> None:
    """What was named is held, once; what could be read was read, and each text is one revision."""
    web = year.plan.web
    named = {
        f"{outlet.number}{web.path(outlet, number)}": web.fate(outlet, number)
        for outlet in web.outlets
        for number in told.get(outlet.number, ())
    }
    # What goes may be gone before it is named (by an outlet that was dead meanwhile).
    readable = {path for path, fate in named.items() if fate in ("stays", "edited")}
    unreadable = {path for path, fate in named.items() if fate in ("never", "broken")}
    port_of = {
        loc.split(":")[2].split("/")[0]: i for i, (loc,) in enumerate(c.execute("SELECT locator FROM sources ORDER BY id"))
    }
    rows = c.execute("SELECT id, url, current_revision_id FROM articles").fetchall()
    of = {article: f"{port_of[url.split(':')[2].split('/')[0]]}/{url.split('/', 3)[3]}" for article, url, _ in rows}
    paths = Counter(of.values())
    read = {of[article] for article, _, revision in rows if revision is not None}
    year.checked["articles named"], year.checked["articles held"] = len(named), len(rows)
    year.checked["articles that stay"], year.checked["of them read"] = len(readable), len(read & readable)
    for what, found in (
        ("named and not held", set(named) - set(paths)),
        ("held and never named", set(paths) - set(named)),
        ("held twice", {p for p, n in paths.items() if n > 1}),
        ("could be read and were not", readable - read),
        ("could not be read and were", unreadable & read),
    ):
        if found:
            year.wrong.append(f"articles {what}: {len(found)}, such as {sorted(found)[0]}")
    texts = dict(c.execute("SELECT article_id, count(*) FROM revisions GROUP BY article_id").fetchall())
    extra = [of[a] for a, n in texts.items() if n > (2 if named.get(of[a]) == "edited" else 1)]
    if extra:
        year.wrong.append(f"texts counted twice: {len(extra)}, such as {sorted(extra)[0]}")
    edited = [p for p, fate in named.items() if fate == "edited" and p in read]
    seen = sum(1 for a, n in texts.items() if n > 1)
    year.checked["articles edited"], year.checked["edits seen"] = len(edited), seen
    (unread,) = c.execute(
        "SELECT count(*) FROM revisions r WHERE NOT EXISTS (SELECT 1 FROM scans s WHERE s.revision_id = r.id)"
    ).fetchone()
    (twice,) = c.execute(
        "SELECT count(*) FROM (SELECT 1 FROM assessments GROUP BY claim_version_id, revision_id, matcher HAVING count(*) > 1)"
    ).fetchone()
    (unpublished,) = c.execute("SELECT count(*) FROM assessments WHERE edition_id IS NULL").fetchone()
    year.checked["texts"] = sum(texts.values())
    for what, count in (("not matched", unread), ("matched twice", twice), ("not published", unpublished)):
        if count:
            year.wrong.append(f"texts {what}: {count}")


def _check_coverage(year: Year, c: sqlite3.Connection) -> None:
    """What the days' accounts add up to is what was found."""
    (counted,) = c.execute("SELECT sum(new) FROM coverage").fetchone()
    (found,) = c.execute("SELECT count(*) FROM discoveries").fetchone()
    year.checked["articles found, by the days' accounts"] = counted or 0
    if counted != found:
        year.wrong.append(f"coverage: the days' accounts add up to {counted} new articles, {found} were found")


def _check_messages(year: Year, moments: Sequence[datetime], messages: Sequence[str]) -> None:
    """One digest for every day that is over, whatever the clocks did; where many messages waited, it stands among them in one."""
    first, last = moments[0].date(), moments[-1].date()
    over = [first + timedelta(days=i) for i in range((last - first).days)]
    for day in over:
        count = sum(message.count(f"Alnmoor, {day}:") for message in messages)
        if count != 1:
            year.wrong.append(f"{day}: {count} digests")
    year.checked["messages"], year.checked["digests"] = len(messages), len(over)
