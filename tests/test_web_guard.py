"""No request reaches a private address, however it is written, resolved or redirected to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from claimline.errors import FetchError, FetchFailed, FetchRefused
from claimline.web import guard
from claimline.web.client import Client, open_client
from tests.fakes import fake_client, plain_settings, redirect

HOSTILE = [
    "http://127.0.0.1/",
    "http://127.0.0.1:8080/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.255.255.254/",
    "http://0/",
    "http://0.0.0.0/",
    "http://00000177.0.0.1/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://0x7f000001/",
    "http://0X7F.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://127。0。0。1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://１２７.0.0.1/",
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/v2/credentials",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://100.100.100.200/",
    "http://100.64.0.1/",
    "http://192.0.0.192/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://239.255.255.250:1900/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[0000::0001]:80/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[::7f00:1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:c0a8:101::1]/",
    "http://[2001:0:7f00:1::]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://localhost/",
    "http://LOCALHOST:11434/",
    "http://localhost./",
    "http://foo.localhost/",
    "http://ip6-localhost.localdomain/",
    "http://metadata.google.internal/",
    "http://printer.local/",
    "http://user:pw@127.0.0.1/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1\\@example.com/",
    "http://127.0.0.1%00.example.com/",
    "http://127.0.0.1%2f.example.com/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:6379/_INFO",
    "dict://127.0.0.1:11211/stats",
    "unix:///var/run/docker.sock",
    "data:text/html,hi",
    "javascript:alert(1)",
    "//127.0.0.1/",
    "http:///etc/passwd",
    "http://",
    "",
]


class Listening:
    """A server on the loopback that remembers who came."""

    def __init__(self) -> None:
        self.came: list[str] = []
        listening = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listening.came.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"secret")

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listening() -> Iterator[Listening]:
    server = Listening()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that anything tries to connect to; none is reached."""
    tried: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        tried.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


def real_client(*allow: str, **settings: object) -> Client:
    return open_client(plain_settings(retries=0, timeout_s=2.0, connect_timeout_s=2.0, **settings), allow_private=allow)


@pytest.mark.parametrize("url", HOSTILE)
def test_no_form_of_a_private_address_is_connected_to(url: str, no_socket: list[Any]) -> None:
    with real_client() as client, pytest.raises(FetchRefused):
        client.get(url, robots=False)
    assert no_socket == []


@pytest.mark.parametrize("url", [url for url in HOSTILE if url.startswith("http://")])
def test_nor_is_it_by_a_redirect(url: str) -> None:
    client, site, _ = fake_client({"https://news.test/": redirect(url)})
    with contextlib.suppress(FetchError):
        client.get("https://news.test/")
    assert {request.url.host for request in site.requests} <= {"news.test", "example.com"}


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fd00::1",
        "0.0.0.0",
    ],
)
def test_a_name_that_resolves_to_a_private_address_is_refused_at_the_moment_of_connecting(
    address: str, no_socket: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    end = (address, 80, 0, 0) if ":" in address else (address, 80)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [(family, socket.SOCK_STREAM, 6, "", end)])
    with real_client() as client, pytest.raises(FetchRefused, match="private-address"):
        client.get("http://innocent.example.org/", robots=False)
    assert no_socket == []


def test_a_name_with_a_public_and_a_private_answer_is_refused(no_socket: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.216.34", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: both)
    with real_client() as client, pytest.raises(FetchRefused):
        client.get("http://rebinding.example.org/", robots=False)
    assert no_socket == []


def test_a_name_that_changes_between_check_and_connection_changes_nothing(
    no_socket: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 80))])
    with real_client() as client, pytest.raises(FetchFailed):
        client.get("http://rebinding.example.org/", robots=False)
    assert no_socket == [("93.184.216.34", 80)]


def test_a_host_that_the_owner_allowed_is_read_and_its_neighbour_is_not(listening: Listening) -> None:
    url = f"http://127.0.0.1:{listening.port}/page"
    for allowed in ("127.0.0.1", f"127.0.0.1:{listening.port}"):
        with real_client(allowed) as client:
            assert client.get(url).body == b"secret"
    came = len(listening.came)
    for allowed in ("127.0.0.1:1", "localhost", "127.0.0.2", "example.org"):
        with real_client(allowed) as client, pytest.raises(FetchRefused):
            client.get(url)
    assert len(listening.came) == came


@pytest.mark.parametrize("host", ["127.0.0.1", "wiki.newsroom.test", "news.test:8080"])
def test_the_open_web_cannot_lead_us_to_a_private_host_that_was_allowed(host: str) -> None:
    pages = {"https://news.test/": redirect(f"http://{host}/admin"), f"http://{host}/admin": "secret"}
    client, _, _ = fake_client(pages, allow_private=[host])
    with pytest.raises(FetchRefused, match="private-address"):
        client.get("https://news.test/")
    assert client.get(f"http://{host}/admin").body == b"secret"


def test_a_local_name_may_be_allowed_by_its_name(listening: Listening) -> None:
    with real_client(f"localhost:{listening.port}") as client:
        assert client.get(f"http://localhost:{listening.port}/").body == b"secret"


def test_a_proxy_of_the_environment_is_not_used(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listening.port}")
    with real_client() as client, pytest.raises(FetchRefused):
        client.get("http://10.0.0.1/", robots=False)
    assert listening.came == []


def test_public_addresses_pass_the_check() -> None:
    for url in (
        "https://example.org/a?b=1",
        "http://93.184.216.34:8080/",
        "https://[2606:4700:4700::1111]/",
        "https://пример.рф/",
    ):
        guard.check_url(httpx.URL(url), guard.Allowed())
