"""Embargoed items: a source with the option `embargo: yes` names articles before their time; they reach nobody until then.

It fails closed: an item whose time is missing or cannot be read is held back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from claimline.models import Entry, Skip

UNREADABLE = "embargo-date-unreadable"
# A time without a zone may be anybody's: the last place on earth where it comes is twelve hours behind UTC.
_LAST_ZONE = timedelta(hours=12)


def held(entry: Entry, now: datetime) -> Skip | None:
    """Why an entry may not be read yet; None: its time has come."""
    at = _moment(entry.published) if entry.published else None
    if at is None:
        return Skip(entry.url, UNREADABLE, (entry.published or "it has none")[:200])
    return Skip(entry.url, "embargoed", f"until {at:%Y-%m-%d %H:%M} UTC") if at > now else None


def _moment(written: str) -> datetime | None:
    at = _iso(written) or _rfc(written)
    if at is None:
        return None
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC) + _LAST_ZONE
    except OverflowError:
        return None


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
