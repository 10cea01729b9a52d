"""A large file, through the one door: streamed to disk, taken up again where it broke off, kept only if it is what it should be.

What is on its way stands beside its place as `NAME.part`; the place itself is filled in one step, after the check. The same guard
as every other request stands at each hop. Nothing is decided here about what to download.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol

import httpx

from claimline.errors import BodyTooLarge, FetchError, FetchFailed, FetchRefused
from claimline.settings import Settings
from claimline.web import guard
from claimline.web.failures import as_fetch_errors

_PIECE = 1 << 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Check(Protocol):
    """Whether a complete file is the one that was wanted; the text says what is wrong with it (empty: nothing)."""

    def __call__(self, path: Path, /) -> str: ...


def download(
    url: str,
    target: Path,
    settings: Settings,
    *,
    check: Check,
    size: int | None = None,
    max_bytes: int = 8 << 30,
    allow_private: Collection[str] = (),
    transport: httpx.BaseTransport | None = None,
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> str:
    """Fetch `url` into `target` and return its SHA-256. A connection that breaks is taken up again, now and in a later call.

    Raises FetchRefused (reason "not-what-it-should-be") where `check` finds fault, and then keeps nothing; FetchFailed where the
    network fails for good, and then keeps what came; BodyTooLarge past `max_bytes`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    allowed = guard.Allowed(allow_private)
    with transport or guard.guarded_transport(allowed, connections=2) as door:
        for left in reversed(range(settings.retries + 1)):
            try:
                _fetch(url, part, settings, door, allowed, size, max_bytes, progress)
                break
            except FetchFailed as failed:
                if not left or (failed.status is not None and failed.status < 500):
                    raise
    if wrong := check(part):
        part.unlink()
        raise FetchRefused(url, "not-what-it-should-be", wrong)
    part.replace(target)
    return sha256_of(target)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(
    url: str,
    part: Path,
    settings: Settings,
    door: httpx.BaseTransport,
    allowed: guard.Allowed,
    size: int | None,
    max_bytes: int,
    progress: Callable[[int, int | None], None],
) -> None:
    """What is still missing of the file, appended to `part`."""
    have = part.stat().st_size if part.is_file() else 0
    if size is not None and have > size:
        part.unlink()
        have = 0
    if size is not None and have == size:
        return
    with as_fetch_errors(url):
        response = _open(url, have, settings, door, allowed)
        try:
            _append(url, response, part, have, max_bytes, size, progress)
        finally:
            response.close()
    done = part.stat().st_size if part.is_file() else 0
    if size is not None and done < size:
        raise FetchFailed(url, "truncated", f"{done} of {size} bytes")


def _open(url: str, have: int, settings: Settings, door: httpx.BaseTransport, allowed: guard.Allowed) -> httpx.Response:
    """The response after its redirects; hub addresses lead to another host for large files."""
    target = httpx.URL(url)
    timeout = httpx.Timeout(settings.timeout_s, connect=settings.connect_timeout_s).as_dict()
    fields = {"User-Agent": settings.effective_user_agent, "Accept-Encoding": "identity", "Accept": "*/*"}
    if have:
        fields["Range"] = f"bytes={have}-"
    for _ in range(settings.max_redirects + 1):
        guard.check_url(target, allowed, allowable=False)
        request = httpx.Request("GET", target, headers=fields, extensions={"timeout": timeout})
        response = door.handle_request(request)
        if response.status_code not in _REDIRECTS:
            return _accepted(url, response, have)
        response.close()
        target = target.join(response.headers.get("location", ""))
    raise FetchRefused(url, "too-many-redirects", f"more than {settings.max_redirects}")


def _accepted(url: str, response: httpx.Response, have: int) -> httpx.Response:
    status = response.status_code
    if status in (200, 206) or (status == 416 and have):
        return response
    response.close()
    raise FetchFailed(url, f"http-{status}", status=status)


def _append(
    url: str,
    response: httpx.Response,
    part: Path,
    have: int,
    max_bytes: int,
    size: int | None,
    progress: Callable[[int, int | None], None],
) -> None:
    if response.status_code == 416:
        # The server has no more than we have: what is here is complete, or it is of another file and the check will say so.
        return
    resumed = response.status_code == 206 and response.headers.get("content-range", "").startswith(f"bytes {have}-")
    if response.status_code == 206 and not resumed:
        raise FetchError(url, "bad-range", response.headers.get("content-range", ""))
    done = have if resumed else 0
    with part.open("ab" if resumed else "wb") as file:
        for piece in response.iter_raw(_PIECE):
            done += len(piece)
            if done > (size if size is not None else max_bytes):
                file.close()
                part.unlink()
                raise BodyTooLarge(url, "too-large", f"more than {size or max_bytes} bytes")
            file.write(piece)
            progress(done, size)
