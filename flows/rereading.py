"""Reading again: bytes that are kept, by the cleaner that is installed. What comes of it counts once a replay is accepted.

An article whose bytes are gone keeps its text. A page that comes back while another cleaner is pinned is compared with what this
cleaner makes of the bytes before, so that only what the page itself changed is an edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from hashlib import sha256

from claimline import clean, revisions
from claimline.clean import CleanJob
from claimline.models import Cleaned, Fetched, Skip
from flows.desk import Desk
from flows.pipeline import CLEAN_BATCH, Got, batched
from flows.tally import Tally
from storage import rereadings
from storage.readings import Coming
from storage.records import StoredTopic
from storage.rereadings import ToReread


def reread(desk: Desk, topic: StoredTopic) -> Coming | None:
    """Reads the topic's past again where it is pinned to another cleaner; None where it is not."""
    cleaner = clean.CLEANER
    with desk.db.read() as s:
        if not rereadings.others(s, topic.id, cleaner):
            return None
        todo = rereadings.due(s, topic.id, cleaner)
    _reread(desk, todo)
    desk.db.write(lambda s: rereadings.stand_by_own(s, topic.id, cleaner, now=desk.now()))
    return Coming(cleaner, desk.now())


def reread_edited(desk: Desk, batch: Sequence[Got], article_ids: Iterable[int]) -> None:
    """Before these pages are stored: reads the texts that they may replace again, where another cleaner had read them."""
    came = {
        i: _known_by(got.fetched, got.cleaned) for i, got in zip(article_ids, batch, strict=True) if got.fetched and got.cleaned
    }
    if came:
        with desk.db.read() as s:
            todo = rereadings.in_doubt(s, came, clean.CLEANER)
        _reread(desk, todo)


def _known_by(fetched: Fetched, cleaned: Cleaned) -> tuple[str, str | None]:
    return sha256(fetched.body).hexdigest(), revisions.fingerprint(cleaned)


def _reread(desk: Desk, todo: Sequence[ToReread]) -> None:
    """What this cleaner refuses is left as it was read."""
    if not todo:
        return
    with desk.cleaner(expected=len(todo)) as pool:
        done = 0
        for part in batched(todo, CLEAN_BATCH * pool.batches_ahead):
            with desk.db.read() as s:
                bodies = rereadings.bodies(s, part)
            kept = [one for one in part if one.revision_id in bodies]
            batches = [[_job(one, bodies) for one in some] for some in batched(kept, CLEAN_BATCH)]
            answers = [(jobs, pool.submit(jobs)) for jobs in batches]
            results: list[Cleaned | Skip] = [result for jobs, answer in answers for result in pool.cleaned(jobs, answer)]
            read = [(one, result) for one, result in zip(kept, results, strict=True) if isinstance(result, Cleaned)]
            desk.db.write(partial(rereadings.save, read=read, now=desk.now()))
            done += len(part)
            desk.progress("texts read again", done, len(todo))


def _job(one: ToReread, bodies: dict[int, bytes]) -> CleanJob:
    body = bodies[one.revision_id]
    return CleanJob(rereadings.entry_of(one, body), body, one.content_type, one.url, one.fetched_at)


def another_cleaner(desk: Desk, topic: StoredTopic) -> Tally:
    """Says so while the topic's claims are pinned to another cleaner than the one that reads what comes."""
    tally = Tally()
    with desk.db.read() as s:
        pinned = rereadings.others(s, topic.id, clean.CLEANER)
    if pinned:
        told = f"what comes is read by cleaner {clean.CLEANER} while claims are pinned to {', '.join(pinned)}; it counts at once"
        advice = f"{told}, and `claimline replay --topic {topic.slug}` reads the past again"
        tally.skip(Skip(topic.slug, "another-cleaner", advice))
    return tally
