"""Which addresses may be connected to: none that is private, unless the topic's owner named the host.

The decision falls twice: on the address as written, before anything is asked (`check_url`, every hop of a redirect too), and on
what the name resolved to, at the moment of connecting (`guarded_transport`): the socket is opened to the very address that was
checked, so that a name which changes between check and connection (DNS rebinding) changes nothing. Loopback, link-local,
metadata, multicast, NAT64, 6to4 and Teredo wrappings are ssrfguard's table.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Collection, Iterable
from functools import cache
from ipaddress import ip_address

import httpcore
import httpx
from ssrfguard import BlockedAddressError, Policy, SSRFGuardError
from ssrfguard.httpx import SafeBackend

from claimline.errors import FetchRefused
from claimline.web.connections import PoolByHost
from claimline.web.deadline import TimedStream

_PORTS = frozenset(range(1, 65536))
_CLOSED = Policy(allowed_ports=_PORTS)
_OPEN = Policy(allowed_ports=_PORTS, allowed_networks=("0.0.0.0/0", "::/0"))  # type: ignore[arg-type]  # takes strings
_NUMERIC = re.compile(r"^(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}\.?$", re.IGNORECASE)
_INTERNAL = re.compile(r"(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|private|home\.arpa)\.?$")


class Allowed:
    """The hosts that may stand on private addresses: `host` (any port) or `host:port`."""

    def __init__(self, hosts: Collection[str] = ()) -> None:
        self._hosts = frozenset(host.strip().lower().rstrip(".") for host in hosts)

    def __contains__(self, origin: object) -> bool:
        """Whether (host, port) was named."""
        if not isinstance(origin, tuple):
            return False
        host, port = str(origin[0]).lower().rstrip(".").strip("[]"), origin[1]
        return bool({host, f"[{host}]", f"{host}:{port}", f"[{host}]:{port}"} & self._hosts)


def check_url(url: httpx.URL, allowed: Allowed, *, allowable: bool = True) -> None:
    """Refuse what can be refused without looking a name up. Raises FetchRefused; of a private address that says how to allow it,
    unless it cannot be (`allowable`: led to by others).
    """
    written = str(url)
    if url.scheme not in ("http", "https"):
        raise FetchRefused(written, "scheme", f"{url.scheme or 'none'} is not http or https")
    if not url.host:
        raise FetchRefused(written, "bad-url", "no host")
    if url.userinfo:
        raise FetchRefused(_without_userinfo(url), "credentials-in-url")
    if (url.host, port_of(url)) in allowed:
        return
    # `127.1`, `0x7f000001` and `017700000001` are addresses to the system's resolver, whatever they look like.
    if _NUMERIC.match(url.host) and not _is_dotted_quad(url.host):
        raise FetchRefused(written, "private-address", _why("an encoded address", url, allowable))
    if _INTERNAL.search(url.host.lower()):
        raise FetchRefused(written, "private-address", _why("a local name", url, allowable))
    try:
        if _is_address(url.host):
            _CLOSED.check_address(url.host)
        _CLOSED.check_url(written)
    except BlockedAddressError as refused:
        raise FetchRefused(written, "private-address", _why(refused.reason, url, allowable)) from refused
    except (SSRFGuardError, ValueError) as refused:
        raise FetchRefused(written, "bad-url", str(refused)) from refused


def check_led_to(url: httpx.URL, allowed: Allowed) -> None:
    """Refuse what a page of the open web may not lead to: private addresses, and the owner's own hosts, for whether a name stands
    for a private address shows only at connecting, where the owner's word would count. Raises FetchRefused.
    """
    if (url.host, port_of(url)) in allowed:
        raise FetchRefused(str(url), "private-address", f"the open web led to one of the topic's own hosts: {url.host}")
    check_url(url, Allowed(), allowable=False)


def _why(reason: str, url: httpx.URL, allowable: bool) -> str:
    return f"{reason}; {how_to_allow(url.host)}" if allowable else f"{reason}: {url.host}"


def how_to_allow(host: str) -> str:
    """What the owner of a private host writes, so that it is read."""
    named = f"'{host}'" if ":" in host else host
    return f"only if it is yours, allow it at a source of the topic file: `allow_private: [{named}]`"


def port_of(url: httpx.URL) -> int:
    """The port that is connected to."""
    return url.port or (443 if url.scheme == "https" else 80)


def guarded_transport(allowed: Allowed, *, connections: int) -> httpx.BaseTransport:
    """A transport which connects only to addresses that it has checked. It knows no proxy: a proxy would resolve names itself."""
    transport = httpx.HTTPTransport(verify=_ssl_context(), trust_env=False)
    transport._pool.close()
    backend = _Backend(allowed)

    def new_pool() -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=_ssl_context(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=10.0,
            network_backend=backend,
        )

    transport._pool = PoolByHost(new_pool, kept=connections)  # type: ignore[assignment]  # has the few methods that are called
    return transport


@cache
def _ssl_context() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than many a request."""
    return httpx.create_ssl_context(trust_env=True)


class _Backend(httpcore.NetworkBackend):
    """ssrfguard's backend, with the open policy for the hosts that the owner allowed."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._closed = SafeBackend(policy=_CLOSED)
        self._open = SafeBackend(policy=_OPEN)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        backend = self._open if (host, port) in self._allowed else self._closed
        return TimedStream(backend.connect_tcp(host, port, timeout, local_address, socket_options))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_dotted_quad(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == 4 and all(p.isdigit() and (p == "0" or not p.startswith("0")) and int(p) < 256 for p in parts)


def _without_userinfo(url: httpx.URL) -> str:
    return str(url.copy_with(username=None, password=None))
