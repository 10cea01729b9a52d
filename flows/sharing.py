"""Which run fetches a page that several want at the same time: one does, the others wait for it and look again.

A run takes its pages together, in one write, and gives each back in the write that stores what came of it. It waits only while it
holds none, so that no two wait for each other. Pages of a run that was killed are free as its leases are (`storage.leases`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flows.desk import Desk, holder_name
from storage import articles, runs
from storage.engine import Session
from storage.records import ToFetch

# How long a run waits for another one that stores none of the pages that both want, before it leaves them to that one.
PATIENCE_S = 600.0
POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Share:
    """The pages that this run has for itself while it fetches them; at the `others` is another run."""

    holder: str
    mine: tuple[ToFetch, ...]
    others: tuple[ToFetch, ...]

    def give_back(self, s: Session, article_ids: Iterable[int]) -> None:
        """In the write that stores what came of them."""
        runs.release_all(s, map(_name, article_ids), self.holder)


def in_shares(
    desk: Desk,
    wanted: Sequence[ToFetch],
    fetch: Callable[[Share], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> tuple[ToFetch, ...]:
    """Has `fetch` fetch and store the wanted pages, share by share, until all are looked at, by this run or by another.

    Returns those that another run holds and has been at for too long.
    """
    holder, left, until = holder_name(), tuple(wanted), monotonic() + PATIENCE_S
    while left:
        share = desk.db.write(lambda s, left=left: _take(s, desk, holder, left))  # type: ignore[misc]
        if share.mine:
            with runs.renewed(desk.db, holder, now=desk.now):
                fetch(share)
        elif share.others:
            if len(share.others) == len(left) and monotonic() >= until:
                break
            sleep(POLL_S)
        if len(share.others) < len(left):
            until = monotonic() + PATIENCE_S
        left = share.others
    return left


def _take(s: Session, desk: Desk, holder: str, wanted: Sequence[ToFetch]) -> Share:
    """Under the writer's lock: nothing is stored or taken between the look and the taking."""
    now = desk.now()
    due = articles.still_due(s, [w.article_id for w in wanted], now=now)
    free = runs.take_free(s, [_name(article_id) for article_id in due], holder, now=now)
    mine = tuple(w for w in wanted if _name(w.article_id) in free)
    return Share(holder, mine, tuple(w for w in wanted if w.article_id in due and _name(w.article_id) not in free))


def _name(article_id: int) -> str:
    return f"page:{article_id}"
