"""Connections are kept by host: few hosts stay connected, and none that is in use is closed."""

from __future__ import annotations

from typing import Any, cast

import httpcore

from claimline.web.connections import PoolByHost


class Line:
    """A connection; busy until its answer is read."""

    def __init__(self) -> None:
        self.busy = False

    def is_idle(self) -> bool:
        return not self.busy

    def is_closed(self) -> bool:
        return False


class Pool:
    """A pool of one host, with one connection."""

    def __init__(self) -> None:
        self.connections = [Line()]
        self.asked: list[bytes] = []
        self.closed = False

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        assert not self.closed
        self.asked.append(request.url.host)
        return httpcore.Response(200)

    def close(self) -> None:
        self.closed = True


class World:
    def __init__(self, kept: int) -> None:
        self.made: list[Pool] = []
        self.pool = PoolByHost(self._new, kept=kept)

    def _new(self) -> httpcore.ConnectionPool:
        self.made.append(Pool())
        return cast("Any", self.made[-1])  # type: ignore[no-any-return]

    def ask(self, *hosts: str) -> None:
        for host in hosts:
            self.pool.handle_request(httpcore.Request("GET", f"https://{host}.example/"))

    def closed(self) -> list[bool]:
        return [each.closed for each in self.made]


def test_a_host_is_asked_over_its_own_connections() -> None:
    w = World(kept=8)
    w.ask("a", "b", "a", "a")
    assert [each.asked for each in w.made] == [[b"a.example"] * 3, [b"b.example"]]


def test_ports_and_schemes_are_hosts_of_their_own() -> None:
    w = World(kept=8)
    for url in ("http://a.example/", "https://a.example/", "http://a.example:8080/", "http://a.example/other"):
        w.pool.handle_request(httpcore.Request("GET", url))
    assert len(w.made) == 3


def test_the_hosts_that_were_asked_last_stay_connected() -> None:
    w = World(kept=2)
    w.ask("a", "b", "a", "c")
    assert w.closed() == [False, True, False]
    w.ask("b")  # anew
    assert [each.asked for each in w.made][-1] == [b"b.example"]


def test_what_is_being_read_is_not_closed() -> None:
    w = World(kept=1)
    w.ask("a")
    w.made[0].connections[0].busy = True
    w.ask("b", "c")
    assert w.closed() == [False, True, False]
    w.made[0].connections[0].busy = False
    w.ask("c")
    assert w.closed() == [True, True, False]


def test_at_the_end_all_are_closed() -> None:
    w = World(kept=8)
    with w.pool:
        w.ask("a", "b")
    assert w.closed() == [True, True]
