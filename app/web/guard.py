"""The outermost layer: headers that keep fetched text from ever acting, names that we answer to, and bodies of a bounded size."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.auth import is_loopback

MAX_BODY_BYTES = 6_000_000

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it a browser sends `Origin: null` for our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Guard:
    """Refuses other names (DNS rebinding) and bodies that are too large; adds the headers to every answer."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str] = (), any_host: bool = False) -> None:
        self._app = app
        self._hosts = frozenset(h.lower() for h in hosts)
        self._any_host = any_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        guarded = _with_headers(send)
        if not self._answers_to(headers.get("host", "")):
            await PlainTextResponse("claimline does not answer to this name; start it with --allow-host NAME", 421)(
                scope, receive, guarded
            )
            return
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > MAX_BODY_BYTES:
            await PlainTextResponse("this is too large", 413)(scope, receive, guarded)
            return
        await self._app(scope, _bounded(receive), guarded)

    def _answers_to(self, host: str) -> bool:
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        return self._any_host or is_loopback(name) or name.lower() in self._hosts


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "private, no-cache")
        await send(message)

    return sending


def _bounded(receive: Receive) -> Receive:
    """Ends a body that goes on for longer than it may, whatever it said at first."""
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b"") or b"")
        return {"type": "http.disconnect"} if seen > MAX_BODY_BYTES else message

    return receiving
