"""Who may use the page: users, their sessions and their tokens. Secrets are stored only as hashes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.tables.base import UtcDateTime, core


class User(SQLModel, table=True):
    """`role` is read, review or admin; a removed user keeps the row, so that a signature keeps its meaning."""

    __tablename__ = "users"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    role: str
    password_hash: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WebSession(SQLModel, table=True):
    __tablename__ = "web_sessions"
    token_sha256: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class ApiToken(SQLModel, table=True):
    """A token speaks for its user, with at most the user's role."""

    __tablename__ = "api_tokens"
    __table_args__ = (sa.UniqueConstraint("user_id", "title"),)
    token_sha256: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="users.id")
    title: str
    role: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


users = core(User)
web_sessions = core(WebSession)
api_tokens = core(ApiToken)
