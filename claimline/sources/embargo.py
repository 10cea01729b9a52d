"""Embargoed items: a source with the option `embargo: yes` names articles before their time; they reach nobody until then."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from claimline.models import Entry


def until(entry: Entry, now: datetime) -> datetime | None:
    """The moment at which an entry may be read, where that is still ahead; an unreadable date holds nothing back."""
    at = _moment(entry.published) if entry.published else None
    return at if at is not None and at > now else None


def _moment(written: str) -> datetime | None:
    at = _iso(written) or _rfc(written)
    if at is None:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _iso(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written.replace("Z", "+00:00"))
    except ValueError:
        return None


def _rfc(written: str) -> datetime | None:
    try:
        return parsedate_to_datetime(written)
    except (TypeError, ValueError):
        return None
