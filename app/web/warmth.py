"""Keeps the first page after a run as quick as any other: reads ahead what the list and the queue need, when something is new."""

from __future__ import annotations

import gc
import threading

from app.views import claims, review
from app.views.reading import Moment, Reading
from app.web.shell import Shell
from claimline.errors import ClaimlineError
from storage import pages, series

LOOK_EVERY_S = 5.0
PAGES = 10  # of the list; further ones are read when somebody asks


def settle() -> None:
    """Once in a process that only serves, when all is imported.

    Python's collector of cycles looks through all that lives whenever some hundred objects more have been made: a page over
    thousands of reports waits a tenth of a second for it. What the imports made is there to stay, and the rest can wait a little.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


class Warmth:
    """A thread of its own; a database that is busy or away is tried again later."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reading ahead", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(2)

    def _run(self) -> None:
        seen: object = None
        while True:
            try:
                seen = self.read_ahead(seen)
            except ClaimlineError:
                seen = None
            if self._stop.wait(LOOK_EVERY_S):
                return

    def read_ahead(self, seen: object) -> object:
        """Read where the stamp is another than `seen`; returns the new one."""
        with self._shell.db.read() as s:
            stamp = pages.claim_stamps(s)[0]
        if stamp != seen:
            series.fill(self._shell.db)
            with self._shell.read() as r:
                self._lists(r)
                review.review_page(r, self._shell.queue, review.Filters(), now=self._shell.now())
        return stamp

    def _lists(self, r: Reading) -> None:
        for page in range(1, PAGES + 1):
            drawn = claims.claims_page(r, Moment(), claims.Filters(page=page), now=self._shell.now())
            if page == drawn.pages or self._stop.is_set():
                return
