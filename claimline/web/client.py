"""The one door to the network: a polite, bounded, guarded GET, and a POST of JSON for the judge and for messages.

It decides nothing about what is read. Whatever goes wrong leaves as FetchRefused (not allowed), FetchFailed (the network or the
server; with its status where there was one) or BodyTooLarge. One client serves many threads.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import httpx

from claimline.errors import FetchFailed, FetchRefused
from claimline.models import Fetched, Validators
from claimline.remembered import remembered
from claimline.settings import Settings
from claimline.web import bodies, deadline, guard, headers, reservations
from claimline.web.failures import as_fetch_errors
from claimline.web.manners import Manners
from claimline.web.pace import Limits

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_HOSTS_FAULT = frozenset({"no-connection", "certificate", "timeout", "too-slow", "broken-connection", "bad-answer"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5"


def open_client(
    settings: Settings,
    *,
    allow_private: Collection[str] = (),
    transport: httpx.BaseTransport | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
    manners: Manners | None = None,
) -> Client:
    """A client for one run; use it as a context manager.

    `allow_private` names the hosts (or host:port) on private addresses that the topic's owner allowed; they are his own, so
    no pace is kept there. `clock` stamps what was fetched; `sleep` and `monotonic` serve pace and patience. The clients of
    one run should share one `manners`: else each keeps its own pace, and reads robots.txt again.
    """
    allowed = guard.Allowed(allow_private)
    door = transport or guard.guarded_transport(allowed, connections=max(settings.fetch_concurrency * 2, 16))
    manners = manners or Manners(settings, clock=clock, sleep=sleep, monotonic=monotonic)
    return Client(settings, allowed, door, clock, monotonic, manners)


class Client:
    """See `open_client`."""

    def __init__(
        self,
        settings: Settings,
        allowed: guard.Allowed,
        transport: httpx.BaseTransport,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        manners: Manners,
    ) -> None:
        self._settings, self._allowed, self._transport = settings, allowed, transport
        self._clock, self._monotonic = clock, monotonic
        self._hosts, self._robots = manners.hosts, manners.robots
        self._timeout = httpx.Timeout(settings.timeout_s, connect=settings.connect_timeout_s)

    def __enter__(self) -> Client:
        self._transport.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._transport.__exit__(kind, error, trace)

    def get(
        self,
        url: str,
        *,
        validators: Validators | None = None,
        max_bytes: int | None = None,
        accept: str | None = None,
        robots: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched:
        """What stands at an address: status 2xx with its body, or 304 where the validators still hold.

        Redirects are followed, each hop under the same rules; `headers` (credentials) go to the first host only, and never from
        an encrypted connection to an open one. With `robots`, what robots.txt disallows or a text-and-data-mining reservation
        withholds is refused.
        """
        fetched = self._get(url, validators, max_bytes, accept, headers or {}, robots=robots)
        if robots and self._settings.obey_robots:
            reservations.check_page(fetched)
        return fetched

    def post_json(
        self, url: str, payload: Any, headers: Mapping[str, str] | None = None, *, timeout_s: float | None = None
    ) -> Fetched:
        """Send JSON and return the answer. Redirects are not followed; only what surely was not received is sent again."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        sent = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        target = _parsed(url)
        guard.check_url(target, self._allowed)
        for left in reversed(range(self._settings.retries + 1)):
            try:
                return self._exchange(target, "POST", sent, self._settings.max_body_bytes, body, timeout_s)
            except FetchFailed as failed:
                if not left or not (failed.status == 429 or failed.reason == "no-connection"):
                    raise
                self._wait(target, failed, self._settings.retries - left)
        raise AssertionError("unreachable")

    def slow_down(self, url: str, interval_s: float) -> None:
        """From now on at least so many seconds between two requests to this address' host."""
        host = host_of(url)
        self._hosts.slow_down(host, self._limits(host), interval_s)

    def ready_in(self, url: str) -> float:
        """After how many seconds this address' host may be asked next, as far as is known now."""
        return self._hosts.ready_in(host_of(url))

    def bears(self, host: str) -> int:
        """How many requests at once a host (`host_of`) bears."""
        return self._limits(host).concurrency

    # --- one address, with its redirects ---------------------------------------------------------------------------

    def _plain_get(self, url: str, max_bytes: int) -> Fetched:
        """For robots.txt and tdmrep.json: a GET that asks nobody for permission."""
        return self._get(url, None, max_bytes, "*/*", {}, robots=False)

    def _get(
        self,
        url: str,
        validators: Validators | None,
        max_bytes: int | None,
        accept: str | None,
        extra: Mapping[str, str],
        *,
        robots: bool,
    ) -> headers.Answer:
        target, first, cookies = _parsed(url), url, httpx.Cookies()
        sent = {"Accept": accept or _ACCEPT, **headers.conditional(validators), **extra}
        seen: set[tuple[str, str]] = set()
        for _ in range(self._settings.max_redirects + 1):
            guard.check_url(target, self._allowed)
            if robots and self._settings.obey_robots:
                self._ask_permission(target)
            answer = self._patient(target, {**sent, **headers.cookie(cookies, target)}, max_bytes)
            if answer.status not in _REDIRECTS:
                headers.check_is_answer(answer, validators)
                return headers.renamed(headers.merged(answer, validators), first)
            following = _next_hop(target, answer)
            cookies.extract_cookies(headers.as_response(answer, target))
            step = (str(following), headers.cookie(cookies, following).get("Cookie", ""))
            if step in seen:
                raise FetchRefused(first, "redirect-loop", str(following))
            seen.add(step)
            if not _is_led_by(target, following):
                sent = {"Accept": sent["Accept"]}
            if not self._is_own(target):
                # A page of the open web must not lead us to a private host, though its owner let us in by the front door.
                guard.check_led_to(following, self._allowed)
            target = following
        raise FetchRefused(first, "too-many-redirects", f"more than {self._settings.max_redirects}")

    def _ask_permission(self, target: httpx.URL) -> None:
        delay = self._robots.check(str(target), self._plain_get, own=self._is_own(target))
        if delay:
            self.slow_down(str(target), delay)

    def _patient(self, target: httpx.URL, sent: Mapping[str, str], max_bytes: int | None) -> headers.Answer:
        """One hop, tried again while it is worth it; the waits together stay under the cap of Retry-After."""
        waited, tries, before = 0.0, self._settings.retries, None
        for attempt in range(tries + 1):
            try:
                return self._exchange(target, "GET", sent, max_bytes or self._settings.max_body_bytes)
            except FetchFailed as failed:
                if failed.reason == "host-resting" and before is not None:
                    # Others have failed there meanwhile; what happened here is the better reason.
                    raise before from failed
                if attempt == tries or not _worth_another_try(failed) or waited >= self._settings.retry_after_cap_s:
                    raise
                waited, before = waited + self._wait(target, failed, attempt), failed
        raise AssertionError("unreachable")

    def _wait(self, target: httpx.URL, failed: FetchFailed, attempt: int) -> float:
        """Sleep before another try. A host that asks for more than our cap is left alone and the failure stands."""
        asked = failed.retry_after_s
        if asked is not None and asked > self._settings.retry_after_cap_s:
            self._hosts.block(_name(target), self._limits(_name(target)), asked)
            raise failed
        seconds = asked if asked is not None else random.uniform(0.5, 1.0) * 2**attempt  # noqa: S311  # jitter
        self._hosts.defer(_name(target), self._limits(_name(target)), seconds)
        return seconds

    # --- one request -----------------------------------------------------------------------------------------------

    def _exchange(
        self,
        target: httpx.URL,
        method: str,
        sent: Mapping[str, str],
        max_bytes: int,
        body: bytes | None = None,
        timeout_s: float | None = None,
    ) -> headers.Answer:
        url, name = str(target), _name(target)
        limits = self._limits(name)
        with self._hosts.turn(name, limits, url):
            try:
                answer = self._ask(target, method, sent, max_bytes, body, timeout_s)
            except FetchFailed as failed:
                if failed.reason in _HOSTS_FAULT:
                    self._hosts.failed(name, limits, failed.reason)
                raise
            if answer.status >= 500:
                self._hosts.failed(name, limits, f"http-{answer.status}")
            else:
                self._hosts.answered(name, limits)
        if answer.status >= 400:
            raise headers.failure(url, answer)
        return answer

    def _ask(
        self,
        target: httpx.URL,
        method: str,
        sent: Mapping[str, str],
        max_bytes: int,
        body: bytes | None,
        timeout_s: float | None,
    ) -> headers.Answer:
        url = str(target)
        timeout = httpx.Timeout(timeout_s) if timeout_s else self._timeout
        request = httpx.Request(
            method,
            target,
            headers={
                "User-Agent": self._settings.effective_user_agent,
                "Accept-Encoding": bodies.ACCEPT_ENCODING,
                **sent,
            },
            content=body,
            extensions={"timeout": timeout.as_dict()},
        )
        seconds = max(self._settings.total_timeout_s, timeout_s or 0.0)
        ends = self._monotonic() + seconds
        try:
            with as_fetch_errors(url, allowable=True), deadline.within(seconds):
                response = self._transport.handle_request(request)
                try:
                    return headers.read(url, response, max_bytes, self._clock(), lambda: self._monotonic() > ends)
                finally:
                    response.close()
        except FetchFailed as failed:
            if failed.reason == "timeout" and self._monotonic() >= ends:
                # Another try would take as long again.
                raise FetchFailed(url, "too-slow", f"not answered within {seconds:.0f} s") from failed
            raise

    def _is_own(self, url: httpx.URL) -> bool:
        return (url.host, guard.port_of(url)) in self._allowed

    def _limits(self, name: str) -> Limits:
        settings = self._settings
        host, _, port = name.rpartition(":")
        own = port.isdigit() and (host, int(port)) in self._allowed
        return Limits(
            interval_s=0.0 if own or settings.host_requests_per_s <= 0 else 1.0 / settings.host_requests_per_s,
            concurrency=settings.fetch_concurrency if own else settings.host_concurrency,
            budget=10**9 if own else settings.host_requests_per_run,
        )


@remembered(4096)
def host_of(url: str) -> str:
    """The host and port of an address, as pace is kept; the address itself where it has none."""
    try:
        return _name(_url(url))
    except (httpx.InvalidURL, ValueError):
        return url


@remembered(512)  # asked several times on an address' way, and parsing one costs as much as a header
def _url(written: str) -> httpx.URL:
    return httpx.URL(written)


def _name(url: httpx.URL) -> str:
    return f"{url.host}:{guard.port_of(url)}"


def _parsed(url: str) -> httpx.URL:
    try:
        return _url(url.strip())
    except (httpx.InvalidURL, ValueError, TypeError) as bad:
        raise FetchRefused(url, "bad-url", str(bad)) from bad


def _next_hop(target: httpx.URL, answer: headers.Answer) -> httpx.URL:
    location = answer.location
    if not location:
        raise FetchFailed(str(target), "bad-redirect", "no address given", status=answer.status)
    try:
        following = target.join(location).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as bad:
        raise FetchRefused(str(target), "bad-redirect", str(bad)) from bad
    return following


def _is_led_by(url: httpx.URL, other: httpx.URL) -> bool:
    """Whether `other` may be told what `url` was told: the same host and port, or the same host's encrypted door."""
    upgraded = url.scheme == "http" and other.scheme == "https" and not url.port and not other.port
    return url.host == other.host and (upgraded or (url.scheme, url.port) == (other.scheme, other.port))


def _worth_another_try(failed: FetchFailed) -> bool:
    if failed.status is not None:
        return failed.status in _RETRIED
    return failed.reason in ("no-connection", "timeout", "broken-connection")
