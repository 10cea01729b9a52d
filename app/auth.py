"""Who may do what: passwords, sessions, tokens, forged requests, and guessing. No routes and no pages here.

Secrets leave this module once (a cookie, a token on the screen); the database holds only their hashes.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from claimline.errors import UsageError
from storage import users
from storage.engine import Database

SESSION_LASTS = timedelta(hours=12)  # after the last page
EXTEND_AFTER = timedelta(minutes=5)  # not a write for every page
MIN_PASSWORD = 12
MAX_PASSWORD = 200

Role = str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at the page. `secret` is what forged requests do not know; `local` where no login is asked for."""

    name: str
    role: Role
    secret: str
    user_id: int | None = None
    local: bool = False

    def may(self, role: Role) -> bool:
        return users.ROLES.index(self.role) >= users.ROLES.index(role)


# --- passwords ------------------------------------------------------------------------------------------------------


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def _nobody() -> str:
    """A hash to check against where there is no such user, so that the answer takes as long."""
    return _hasher().hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise UsageError(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    return _hasher().hash(password)


def check_password(db: Database, name: str, password: str) -> users.StoredUser | None:
    """The user of that name and password, or None; takes equally long either way."""
    with db.read() as s:
        found = next((u for u in users.users(s) if u.name == name), None)
    right = _hasher().verify(password[:MAX_PASSWORD], found.password_hash if found else _nobody())
    return found if right else None


# --- sessions and tokens --------------------------------------------------------------------------------------------


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def start_session(db: Database, user: users.StoredUser, now: datetime) -> str:
    """A new session; returns the secret for the cookie."""
    secret = new_secret()
    db.write(lambda s: users.open_session(s, user.id, digest(secret), now=now, expires_at=now + SESSION_LASTS))
    return secret


def visitor_of_session(db: Database, secret: str, now: datetime) -> Visitor | None:
    """Who holds this session; looking at a page makes it last."""
    with db.read() as s:
        found = users.of_session(s, digest(secret), now=now)
    if found is None:
        return None
    user, seen_at = found
    if now - seen_at > EXTEND_AFTER:
        db.write(lambda s: users.extend_session(s, digest(secret), now=now, expires_at=now + SESSION_LASTS))
    return Visitor(user.name, user.role, secret, user.id)


def end_session(db: Database, secret: str) -> None:
    db.write(lambda s: users.close_session(s, digest(secret)))


def visitor_of_token(db: Database, token: str, now: datetime) -> Visitor | None:
    with db.read() as s:
        found = users.of_token(s, digest(token), now=now)
    return Visitor(found.name, found.role, "", found.id) if found else None


# --- forged requests ------------------------------------------------------------------------------------------------


def form_token(secret: str) -> str:
    """What a form of ours carries. Salted anew each time, so that compression tells nothing about it."""
    salt = secrets.token_urlsafe(9)
    return f"{salt}.{_signature(salt, secret)}"


def is_form_token(token: str, secret: str) -> bool:
    salt, _, signature = token.partition(".")
    return bool(secret) and hmac.compare_digest(signature.encode(), _signature(salt, secret).encode())


def _signature(salt: str, secret: str) -> str:
    return hmac.new(f"claimline form {secret}".encode(), salt.encode(), hashlib.sha256).hexdigest()[:43]


def same_site(headers: Callable[[str], str | None], host: str) -> bool:
    """Whether a browser says that the request comes from our own page. Without its word (a program) there is nothing to say."""
    site = headers("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers("origin")
    return origin is None or origin.partition("://")[2].lower() == host.lower()


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


# --- guessing -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Attempts:
    """Counts failed logins by name and by address: a handful in a quarter of an hour, then wait."""

    by_name: int = 5
    by_address: int = 30
    within: timedelta = timedelta(minutes=15)
    _failed: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, name: str, address: str, now: datetime) -> timedelta | None:
        """How long to wait before another try; None: go on."""
        with self._lock:
            waits = [self._wait(f"name {name}", self.by_name, now), self._wait(f"address {address}", self.by_address, now)]
        return max((w for w in waits if w), default=None)

    def failed(self, name: str, address: str, now: datetime) -> None:
        with self._lock:
            for key in (f"name {name}", f"address {address}"):
                self._failed[key].append(now)
            if len(self._failed) > 10_000:
                self._sweep(now)

    def succeeded(self, name: str) -> None:
        with self._lock:
            self._failed.pop(f"name {name}", None)

    def _wait(self, key: str, limit: int, now: datetime) -> timedelta | None:
        times = self._failed.get(key)
        while times and now - times[0] > self.within:
            times.popleft()
        return times[0] + self.within - now if times and len(times) >= limit else None

    def _sweep(self, now: datetime) -> None:
        for key in [k for k, times in self._failed.items() if not times or now - times[-1] > self.within]:
            del self._failed[key]
