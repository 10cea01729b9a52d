"""A server that does everything wrong, over real sockets: one clear failure each, never a hang."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from claimline.errors import BodyTooLarge, FetchError, FetchFailed, FetchRefused
from claimline.web.client import Client, host_of, open_client
from claimline.web.turns import in_turns
from tests.fakes import plain_settings

OK = b"HTTP/1.1 200 OK\r\n"
Speak = Callable[[socket.socket], None]


def say(*parts: bytes, pause: float = 0.0) -> Speak:
    def speak(peer: socket.socket) -> None:
        for part in parts:
            peer.sendall(part)
            time.sleep(pause)

    return speak


def for_ever(part: bytes, pause: float = 0.0, first: bytes = b"") -> Speak:
    def speak(peer: socket.socket) -> None:
        peer.sendall(first)
        while True:
            peer.sendall(part)
            time.sleep(pause)

    return speak


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def silent(peer: socket.socket) -> None:
    time.sleep(3)


BOMB = gzip.compress(bytes(60_000_000))

WRONG: dict[str, tuple[Speak, type[FetchError]]] = {
    "nothing": (say(b""), FetchFailed),
    "reset": (reset, FetchFailed),
    "silent": (silent, FetchFailed),
    "rubbish": (say(b"\x00\x01\x02 hello\r\n\r\n"), FetchFailed),
    "old": (say(b"<html>HTTP/0.9</html>"), FetchFailed),
    "status": (say(b"HTTP/1.1 999999 What\r\n\r\n"), FetchFailed),
    "zero-status": (say(b"HTTP/1.1 000 What\r\nContent-Length: 0\r\n\r\n"), FetchFailed),
    "header-drip": (for_ever(b"x", 0.05, OK + b"X-Long: "), FetchFailed),
    "headers-for-ever": (for_ever(b"X-Header: " + b"y" * 1000 + b"\r\n", 0.0, OK), FetchFailed),
    "one-long-header": (say(OK + b"X: " + b"y" * 2_000_000 + b"\r\n\r\n"), FetchFailed),
    "continue-for-ever": (for_ever(b"HTTP/1.1 100 Continue\r\n\r\n", 0.01), FetchFailed),
    "short-body": (say(OK + b"Content-Length: 100\r\n\r\nhalf"), FetchFailed),
    "bad-length": (say(OK + b"Content-Length: -5\r\n\r\nhalf"), FetchFailed),
    "two-lengths": (say(OK + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\nhello"), FetchFailed),
    "bad-chunks": (say(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello"), FetchFailed),
    "cut-chunks": (say(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel"), FetchFailed),
    "body-drip": (for_ever(b"x", 0.05, OK + b"\r\n"), FetchFailed),
    "body-for-ever": (for_ever(b"x" * 60_000, 0.0, OK + b"\r\n"), BodyTooLarge),
    "long-body": (say(OK + b"Content-Length: 999999999999\r\n\r\n"), BodyTooLarge),
    "bomb": (say(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB), BodyTooLarge),
    "brotli": (say(OK + b"Content-Encoding: br\r\nContent-Length: 4\r\n\r\nabcd"), FetchFailed),
    "loop": (say(b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n"), FetchRefused),
    "nowhere": (say(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), FetchFailed),
    "astray": (say(b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"), FetchRefused),
    "other-protocol": (say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"), FetchFailed),
    "ssh": (say(b"SSH-2.0-OpenSSH_9.0\r\n"), FetchFailed),
}


class Wrong:
    """Speaks as the path of the request tells."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.asked: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer:
            try:
                path = peer.recv(65_536).split(b" ")[1].decode().strip("/")
                self.asked.append(path)
                if path in WRONG:
                    WRONG[path][0](peer)
                elif path.startswith("good"):
                    peer.sendall(OK + b"Content-Length: 4\r\nConnection: close\r\n\r\ngood")
                else:
                    peer.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except (OSError, IndexError):
                pass


@pytest.fixture(scope="module")
def wrong() -> Iterator[Wrong]:
    server = Wrong()
    yield server
    server.listener.close()


def impatient(*, retries: int = 0) -> Client:
    settings = plain_settings(
        retries=retries, timeout_s=0.6, connect_timeout_s=1.0, total_timeout_s=1.0, max_body_bytes=2_000_000
    )
    return open_client(settings, allow_private=["127.0.0.1"])


@pytest.mark.parametrize("name", WRONG)
def test_whatever_the_server_does_is_one_failure_in_time(name: str, wrong: Wrong) -> None:
    began = time.monotonic()
    with impatient() as client, pytest.raises(WRONG[name][1]) as error:
        client.get(f"http://127.0.0.1:{wrong.port}/{name}")
    assert time.monotonic() - began < 3
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("name", ["header-drip", "body-drip"])
def test_a_server_that_drips_is_not_asked_again(name: str, wrong: Wrong) -> None:
    before = wrong.asked.count(name)
    with impatient(retries=3) as client, pytest.raises(FetchFailed, match="too-slow"):
        client.get(f"http://127.0.0.1:{wrong.port}/{name}")
    assert wrong.asked.count(name) == before + 1


def test_all_of_it_at_once_loses_nothing_and_counts_nothing_twice(wrong: Wrong) -> None:
    names = [*WRONG, *(f"good{i}" for i in range(40))]

    def work(name: str) -> tuple[str, str]:
        try:
            return name, client.get(f"http://127.0.0.1:{wrong.port}/{name}").body.decode()
        except FetchError as error:
            return name, error.reason

    # Patience with a failing host is for one host; here each path stands for a host of its own.
    settings = plain_settings(retries=0, timeout_s=0.6, total_timeout_s=1.0, max_body_bytes=2_000_000)
    with open_client(settings, allow_private=["127.0.0.1"]) as client:
        client._hosts.failed = lambda name, limits, reason: None  # type: ignore[method-assign]
        done = list(in_turns(names, work, host_of=host_of, bears=lambda _: 16, threads=16))
    assert sorted(name for name, _ in done) == sorted(names)
    answers = dict(done)
    assert [answers[f"good{i}"] for i in range(40)] == ["good"] * 40
    assert all(answers[name] != "good" for name in WRONG)


def test_a_port_where_nobody_listens_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with impatient() as client, pytest.raises(FetchFailed) as error:
        client.get(f"http://127.0.0.1:{port}/", robots=False)
    assert error.value.reason == "no-connection"


def test_a_name_that_does_not_exist_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with impatient() as client, pytest.raises(FetchFailed) as error:
        client.get("http://no-such-name.example.org/", robots=False)
    assert error.value.reason == "no-connection"
