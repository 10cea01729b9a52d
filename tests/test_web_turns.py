"""Many hosts in turns: fair, bounded, complete."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from claimline.web.turns import in_turns


def host_of(item: str) -> str:
    return item[0]


def test_every_item_is_done_exactly_once() -> None:
    items = [f"{host}{i}" for host in "abcdef" for i in range(50)]
    done = list(in_turns(items, str.upper, host_of=host_of, threads=8, bears=lambda _: 2))
    assert sorted(done) == sorted(item.upper() for item in items)


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(in_turns([], str.upper, host_of=host_of, threads=8, bears=lambda _: 2)) == []


def test_no_host_has_more_at_once_than_it_bears() -> None:
    lock, now, most = threading.Lock(), Counter[str](), Counter[str]()

    def work(item: str) -> str:
        with lock:
            now[item[0]] += 1
            most[item[0]] = max(most[item[0]], now[item[0]])
        time.sleep(0.002)
        with lock:
            now[item[0]] -= 1
        return item

    items = [f"{host}{i}" for host in "abc" for i in range(20)]
    assert len(list(in_turns(items, work, host_of=host_of, threads=16, bears=lambda _: 2))) == 60
    assert max(most.values()) <= 2


def test_a_slow_host_does_not_hold_up_the_others() -> None:
    waiting = threading.Event()

    def work(item: str) -> str:
        if item[0] == "s":
            waiting.wait(10)
        return item

    items = [f"s{i}" for i in range(50)] + [f"{host}{i}" for host in "abcd" for i in range(10)]
    done = in_turns(items, work, host_of=host_of, threads=4, bears=lambda _: 2)
    first = [next(done) for _ in range(40)]
    assert all(item[0] != "s" for item in first)
    waiting.set()
    assert len(list(done)) == 50


def test_the_host_that_may_be_asked_soonest_is_served_first() -> None:
    done = list(
        in_turns(
            ["a1", "b1", "c1"],
            str,
            host_of=host_of,
            threads=1,
            bears=lambda _: 1,
            ready_in=lambda i: {"a": 9.0, "b": 5.0}.get(i[0], 0.0),
        )
    )
    assert done == ["c1", "b1", "a1"]


def test_a_reader_who_is_slow_holds_up_the_fetching() -> None:
    started: list[str] = []
    items = [f"{i % 10}-{i}" for i in range(200)]
    done = in_turns(items, lambda i: started.append(i) or i, host_of=host_of, threads=4, bears=lambda _: 2, ahead=8)
    next(done)
    time.sleep(0.1)
    assert len(started) <= 8 + 4 + 2
    assert len(list(done)) == 199


def test_what_the_work_raises_is_raised_and_the_rest_is_left() -> None:
    def work(item: str) -> str:
        if item == "a3":
            raise ValueError("broken")
        return item

    items = [f"a{i}" for i in range(100)]
    done: list[str] = []
    with pytest.raises(ValueError, match="broken"):
        done.extend(in_turns(items, work, host_of=host_of, threads=1, bears=lambda _: 1))
    assert threading.active_count() < 10


def test_whoever_stops_reading_stops_the_work() -> None:
    started: list[str] = []
    done = in_turns(
        [f"a{i}" for i in range(1000)], lambda i: started.append(i) or i, host_of=host_of, threads=2, bears=lambda _: 2, ahead=4
    )
    next(done)
    done.close()
    assert len(started) < 50
