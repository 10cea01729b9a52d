"""The demo: a small newsroom on this machine, looked at on seven days from 2017 to 2021, and what came of a claim.

Everything that a real topic goes through is gone through here: feeds, pages, copies, an edit, failures. Nothing is staged but
the newsroom and its clock; the planted failures are the only outcome that is checked.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app import newsroom as newsrooms
from app import opening, out
from app.newsroom import Newsroom, Plant
from app.newsroom_server import SimulatedClock, Site, serve
from claimline import labels
from claimline.errors import UnknownName, UsageError
from claimline.models import Skip, Topic
from claimline.settings import Settings

if TYPE_CHECKING:
    from flows.desk import Desk
    from flows.steps import TrackReport

CLAIM = "s400-integration"


@dataclass(frozen=True, slots=True)
class Compared:
    """The failures of a look beside the planted ones: `expected` (with what was seen), `unplanned`, `missing`."""

    expected: tuple[tuple[Plant, Skip], ...]
    unplanned: tuple[Skip, ...]
    missing: tuple[Plant, ...]

    @property
    def as_planted(self) -> bool:
        return not (self.unplanned or self.missing)


def play(db: str | None, *, keep: bool) -> int:
    """Runs the demo; 0 where exactly the planted failures occurred. `db` keeps the database, `keep` the newsroom."""
    newsroom = newsrooms.load()
    clock = SimulatedClock(newsroom.looks[0].at)
    with _settings(db) as settings, serve(newsroom, clock) as site:
        url = settings.effective_database_url
        out.say(_opening(newsroom, site))
        began = time.perf_counter()
        as_planted = _track(settings, site, clock)
        out.say(f"\n{len(newsroom.looks)} days tracked in {time.perf_counter() - began:.0f} seconds.\n")
        _show(url, site.topic())
        out.say(_ending(db, as_planted))
        if keep:
            _wait(site, url)
    return 0 if as_planted else 1


def compared(skips: Sequence[Skip], planted: Sequence[Plant], site: Site) -> Compared:
    """What failed at a look beside what was planted for it. A page that is gone counts as a failure too."""
    failed = {site.path_of(s.where): s for s in skips if s.failed or s.reason == "gone"}
    wanted = {p.path: p for p in planted}
    return Compared(
        tuple((p, failed[path]) for path, p in wanted.items() if path in failed),
        tuple(s for path, s in failed.items() if path not in wanted),
        tuple(p for path, p in wanted.items() if path not in failed),
    )


# --- Tracking -------------------------------------------------------------------------------------------------------


@contextmanager
def _settings(db: str | None) -> Iterator[Settings]:
    """The user's settings with the database asked for, or with a folder for everything that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="claimline-demo-", ignore_cleanup_errors=True) as folder:
        url = db or f"sqlite:///{Path(folder) / 'demo.db'}"
        # The newsroom answers at once or never: waiting before another try would only make the demo longer.
        yield opening.settings(url).model_copy(update={"data_dir": Path(folder), "retries": 0})


def _track(settings: Settings, site: Site, clock: SimulatedClock) -> bool:
    """The tracking flow on every day; whether exactly the planted failures occurred."""
    from flows import steps
    from flows.desk import open_desk
    from flows.track import track_in_process

    as_planted = True
    with out.progress() as step, open_desk(settings, now=clock, progress=step, actor="demo") as desk:
        topic = site.topic()
        _refuse_second_play(desk, topic)
        steps.import_topic(desk, topic)
        last: datetime | None = None
        for look in site.newsroom.looks:
            clock.set(look.at)
            out.say(f"\n{look.at:%Y-%m-%d}  {look.what}", style="bold")
            (report,) = track_in_process(desk, [topic.slug])
            found = compared(report.tally.skips, site.newsroom.planted(look.at, since=last), site)
            _tell(report, found)
            as_planted, last = as_planted and found.as_planted, look.at
    return as_planted


def _refuse_second_play(desk: Desk, topic: Topic) -> None:
    """Time would run backwards for a database that has seen the end."""
    from storage import claims

    try:
        with desk.db.read() as s:
            claims.topic(s, topic.slug)
    except UnknownName:
        return
    raise UsageError("this database has seen the demo already; name another one with --db, or leave it out")


# --- Telling --------------------------------------------------------------------------------------------------------


def _opening(newsroom: Newsroom, site: Site) -> str:
    languages = sorted({o.lang for o in newsroom.outlets})
    return (
        f"A newsroom is open at {site.root}: {newsroom.articles} articles of {len(newsroom.outlets)} outlets in "
        f"{len(languages)} languages ({', '.join(languages)}). Its clock begins in {newsroom.looks[0].at:%B %Y}."
    )


def _tell(report: TrackReport, found: Compared) -> None:
    counts = report.tally.counts
    out.say(
        f"  {report.answered} of {len(report.sources)} feeds answered, {out.count(counts['articles-new'], 'new article')}, "
        f"{counts['revised']} edited, {out.count(counts['copies-found'], 'pair')} of copies, "
        f"{out.count(counts['assessments'], 'position')} read"
    )
    for stored in report.changes:
        change = stored.change
        out.say(
            f"  {stored.claim}: {labels.status(change.before)} -> {labels.status(change.after)}"
            f" from {change.valid_from} ({stored.cause})"
        )
    for plant, skip in found.expected:
        out.say(f"  planted: {plant.path}: {plant.what}: {_why(skip)}", style="dim")
    for skip in found.unplanned:
        out.say(f"  NOT PLANTED: {skip.where}: {_why(skip)}", style="red")
    for plant in found.missing:
        out.say(f"  PLANTED, BUT DID NOT HAPPEN: {plant.path}: {plant.what}", style="red")


def _why(skip: Skip) -> str:
    return skip.reason + (f" ({skip.detail})" if skip.detail else "")


def _show(url: str, topic: Topic) -> None:
    """The claims and the history of the integration claim, as `claimline claims` and `claimline history` show them."""
    from app.commands import reads

    reads.claims(topic=topic.slug, as_of=None, known_at=None, db=url, as_json=False)
    out.out.print()
    reads.history(CLAIM, topic=topic.slug, as_of=None, known_at=None, db=url, as_json=False)


def _ending(db: str | None, as_planted: bool) -> str:
    verdict = "Exactly the planted failures occurred." if as_planted else "Something failed that was not planted, see above."
    claimline = _called()
    kept = (
        f"""{claimline} history {CLAIM} --db "{db}" --as-of 2018-01-01
      how the claim stood on that day"""
        if db
        else f"""{claimline} demo --db demo.db
      keeps the database: history, evidence, articles with --as-of and --known-at"""
    )
    return f"""
{verdict}

What next:
  {kept}
  {claimline} new "The bridge over the strait has been closed" --source https://example.org/feed.xml
      writes a topic file: your claim, your feeds
  {claimline} track --topic topics/the-bridge-over-the-strait-has-been-closed.yaml
      looks for news; run it every day, or see `{claimline} deploy`
  {claimline} claims
      where your claims stand"""


def _called() -> str:
    """The command as it can be pasted here: with its place where the shell finds none of that name, or another one."""
    own, found = Path(sys.argv[0]), shutil.which("claimline")
    if own.name != "claimline" or not own.exists() or (found and own.samefile(found)):
        return "claimline"
    place = own.absolute()
    return str(place.relative_to(Path.cwd())) if place.is_relative_to(Path.cwd()) else str(place)


def _wait(site: Site, url: str) -> None:
    """Until Ctrl-C: the newsroom stays open on its last day."""
    out.say(f"\nThe newsroom stays open at {site.root}, its database is {url}; Ctrl-C closes it.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        out.say("closed")
