"""What the clients of one run know together of every host: pace, patience, spent budget, robots.txt."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from claimline.settings import Settings
from claimline.web.pace import Hosts
from claimline.web.robots import Robots, RobotsRecord


class Manners:
    """Made once a run and given to each of its clients.

    `robots_known` are the robots.txt of earlier runs, kept for a day; `robots_seen()` are those of this one.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        robots_known: Mapping[str, RobotsRecord] | None = None,
    ) -> None:
        self.hosts = Hosts(monotonic=monotonic, sleep=sleep)
        self.robots = Robots(settings.effective_user_agent, clock, {} if robots_known is None else robots_known)

    def robots_seen(self) -> Mapping[str, RobotsRecord]:
        """The robots.txt read in this run, by origin."""
        return self.robots.seen()

    def requests_by_host(self) -> Mapping[str, int]:
        """How many requests each host has had in this run."""
        return self.hosts.asked()
