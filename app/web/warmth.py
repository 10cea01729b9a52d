"""Keeps the first page after a run as quick as any other: reads ahead what the list and the queue need, when something is new."""

from __future__ import annotations

import threading

from app.views import claims, review
from app.views.reading import Moment
from app.web.shell import Shell
from claimline.errors import ClaimlineError
from storage import pages

LOOK_EVERY_S = 5.0


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
            with self._shell.read() as r:
                claims.claims_page(r, Moment(), claims.Filters(), now=self._shell.now())
                review.review_page(r, self._shell.queue, review.Filters(), now=self._shell.now())
        return stamp
