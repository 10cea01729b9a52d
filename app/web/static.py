"""Files of our own under names that carry their hash, so that a browser may keep them for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

FOLDER = Path(__file__).resolve().parent.parent / "static"


@cache
def version(name: str) -> str:
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:10]


def address(name: str) -> str:
    """The address of a file under `app/static`."""
    return f"/static/{name}?v={version(name)}"


class Static(StaticFiles):
    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = b"v=" in scope.get("query_string", b"")

        async def sending(message):  # type: ignore[no-untyped-def]
            if message["type"] == "http.response.start" and kept and message["status"] == 200:
                message["headers"].append((b"cache-control", b"public, max-age=31536000, immutable"))
            await send(message)

        await super().__call__(scope, receive, sending)
