"""Users of the page, their sessions and their tokens: names and hashes in, frozen values out.

How a password is hashed and how long a session lasts is decided by the page (`app.auth`); nothing here knows a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from claimline.errors import UnknownName, UsageError
from storage import tables as t
from storage.sql import insert_id

ROLES = ("read", "review", "admin")


@dataclass(frozen=True, slots=True)
class StoredUser:
    id: int
    name: str
    role: str
    password_hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredToken:
    title: str
    role: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


def add(s: Session, name: str, role: str, password_hash: str, *, now: datetime) -> StoredUser:
    """A new user, or one who had been removed and is back; raises UsageError where the name is taken."""
    if not name.strip() or len(name) > 80 or not name.isprintable():
        raise UsageError(f"{name!r} is no user name: 1 to 80 printable characters")
    _check_role(role)
    u = t.users
    held = s.execute(sa.select(u.c.id, u.c.removed_at).where(u.c.name == name)).first()
    if held is not None and held.removed_at is None:
        raise UsageError(f"there is a user named {name!r} already; change the password with `claimline users passwd {name}`")
    values = {"role": role, "password_hash": password_hash, "created_at": now, "removed_at": None}
    if held is not None:
        s.execute(sa.update(u).where(u.c.id == held.id).values(**values))
        return StoredUser(held.id, name, role, password_hash, now)
    return StoredUser(insert_id(s, u, name=name, **values), name, role, password_hash, now)


def users(s: Session) -> tuple[StoredUser, ...]:
    return tuple(_users(s, sa.true()))


def user(s: Session, name: str) -> StoredUser:
    for found in _users(s, t.users.c.name == name):
        return found
    raise UnknownName("user", name, [u.name for u in users(s)])


def change(s: Session, name: str, *, password_hash: str | None = None, role: str | None = None) -> None:
    """A new password or role; either ends every session of the user, since it may be why it was changed."""
    found = user(s, name)
    values: dict[str, str] = {}
    if password_hash is not None:
        values["password_hash"] = password_hash
    if role is not None:
        _check_role(role)
        values["role"] = role
    s.execute(sa.update(t.users).where(t.users.c.id == found.id).values(**values))
    _forget(s, found.id)


def remove(s: Session, name: str, *, now: datetime) -> None:
    """The user may not enter any more; what was signed stays signed."""
    found = user(s, name)
    s.execute(sa.update(t.users).where(t.users.c.id == found.id).values(removed_at=now))
    _forget(s, found.id)
    s.execute(sa.delete(t.api_tokens).where(t.api_tokens.c.user_id == found.id))


def open_session(s: Session, user_id: int, token_sha256: str, *, now: datetime, expires_at: datetime) -> None:
    """Remember a session; those that have ended are swept away."""
    s.execute(sa.delete(t.web_sessions).where(t.web_sessions.c.expires_at < now))
    row = {"token_sha256": token_sha256, "user_id": user_id, "created_at": now, "seen_at": now, "expires_at": expires_at}
    s.execute(sa.insert(t.web_sessions).values(**row))


def of_session(s: Session, token_sha256: str, *, now: datetime) -> tuple[StoredUser, datetime] | None:
    """Whose session this is, and when it was last extended; None where it has ended or never was."""
    w = t.web_sessions
    row = s.execute(sa.select(w).where(w.c.token_sha256 == token_sha256, w.c.expires_at > now)).first()
    if row is None:
        return None
    found = _users(s, t.users.c.id == row.user_id)
    return (found[0], row.seen_at) if found else None


def extend_session(s: Session, token_sha256: str, *, now: datetime, expires_at: datetime) -> None:
    s.execute(
        sa.update(t.web_sessions).where(t.web_sessions.c.token_sha256 == token_sha256).values(seen_at=now, expires_at=expires_at)
    )


def close_session(s: Session, token_sha256: str) -> None:
    s.execute(sa.delete(t.web_sessions).where(t.web_sessions.c.token_sha256 == token_sha256))


def add_token(
    s: Session, user_id: int, title: str, role: str, token_sha256: str, *, now: datetime, expires_at: datetime | None = None
) -> None:
    _check_role(role)
    a = t.api_tokens
    if not title.strip() or len(title) > 80:
        raise UsageError("a token needs a title of 1 to 80 characters that says what it is for")
    if s.execute(sa.select(a.c.title).where(a.c.user_id == user_id, a.c.title == title)).first():
        raise UsageError(f"there is a token titled {title!r} already")
    row = {"token_sha256": token_sha256, "user_id": user_id, "title": title, "role": role}
    s.execute(sa.insert(a).values(**row, created_at=now, expires_at=expires_at))


def tokens(s: Session, user_id: int) -> tuple[StoredToken, ...]:
    a = t.api_tokens
    query = sa.select(a.c.title, a.c.role, a.c.created_at, a.c.used_at, a.c.expires_at).where(a.c.user_id == user_id)
    return tuple(StoredToken(*row) for row in s.execute(query.order_by(a.c.created_at)).tuples())


def remove_token(s: Session, user_id: int, title: str) -> None:
    s.execute(sa.delete(t.api_tokens).where(t.api_tokens.c.user_id == user_id, t.api_tokens.c.title == title))


def of_token(s: Session, token_sha256: str, *, now: datetime) -> StoredUser | None:
    """Who speaks through a token, with the lesser of the two roles; None where it is unknown or has ended."""
    a = t.api_tokens
    live = (a.c.token_sha256 == token_sha256) & (a.c.expires_at.is_(None) | (a.c.expires_at > now))
    row = s.execute(sa.select(a.c.user_id, a.c.role).where(live)).first()
    found = _users(s, t.users.c.id == row.user_id) if row is not None else []
    if row is None or not found:
        return None
    who = found[0]
    role = min(who.role, row.role, key=ROLES.index)
    return StoredUser(who.id, who.name, role, "", who.created_at)


def _users(s: Session, where: sa.ColumnElement[bool]) -> list[StoredUser]:
    u = t.users
    query = sa.select(u.c.id, u.c.name, u.c.role, u.c.password_hash, u.c.created_at).where(where, u.c.removed_at.is_(None))
    return [StoredUser(*row) for row in s.execute(query.order_by(u.c.name)).tuples()]


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise UsageError(f"no role is named {role!r}; use {', '.join(ROLES)}")


def _forget(s: Session, user_id: int) -> None:
    s.execute(sa.delete(t.web_sessions).where(t.web_sessions.c.user_id == user_id))
