"""What every kind of source is asked with, and the small things they all need."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from claimline.errors import SourceError
from claimline.models import Discovered, SourceSpec, Validators
from claimline.settings import Settings

if TYPE_CHECKING:
    from claimline.web.client import Client

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Window:
    """The days that are asked for, both included."""

    first: date
    last: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to one source."""

    spec: SourceSpec
    client: Client | None
    validators: Validators
    settings: Settings
    now: datetime
    base_dir: Path | None

    @property
    def door(self) -> Client:
        """The client; a SourceError where there is none."""
        if self.client is None:
            raise SourceError(self.spec.locator, "no-network", "this kind of source needs the network")
        return self.client

    @property
    def path(self) -> Path:
        """The locator as a path, relative to `base_dir`."""
        path = Path(self.spec.locator).expanduser()
        return path if path.is_absolute() or self.base_dir is None else self.base_dir / path

    @property
    def robots(self) -> bool:
        """Whether robots.txt is asked; `robots: ignore` is for a publisher who has permitted the reading."""
        return self.spec.options.get("robots") != "ignore"

    @property
    def credentials(self) -> Mapping[str, str]:
        """The header of a paid source. `auth_env` names the variable that holds its value, `auth_header` the header."""
        variable = self.spec.options.get("auth_env")
        if not variable:
            return {}
        value = os.environ.get(variable, "")
        if not value:
            raise SourceError(self.spec.locator, "no-credentials", f"the environment variable {variable} is not set")
        return {self.spec.options.get("auth_header", "Authorization"): value}

    def credentials_for(self, url: str) -> Mapping[str, str]:
        """The credentials, where an address is of the source's own host (robots.txt and feeds name others too); else none."""
        from claimline.sources import urlkey  # a command that only lists sources need not load it

        return self.credentials if urlkey.is_led_by(self.spec.locator, url) else {}

    def window(self, days: int) -> Window:
        """The days that this source is asked about.

        The options `from` and `to` (a backfill), else the last `days` days, which the option `days` may change.
        """
        today = self.now.date()
        first = self._day("from") or today - timedelta(days=self.number("days", days))
        last = self._day("to") or today + timedelta(days=1)
        if first > last:
            raise SourceError(self.spec.locator, "bad-option", f"from {first} is after to {last}")
        return Window(first, last)

    def _day(self, option: str) -> date | None:
        written = self.spec.options.get(option)
        try:
            return date.fromisoformat(written) if written else None
        except ValueError:
            raise SourceError(self.spec.locator, "bad-option", f"{option}: {written!r} is not a date") from None

    def number(self, option: str, default: int) -> int:
        """A whole number of the source's options; a SourceError where it is none."""
        written = self.spec.options.get(option)
        if written is None:
            return default
        try:
            return int(written)
        except ValueError:
            raise SourceError(self.spec.locator, "bad-option", f"{option}: {written!r} is not a whole number") from None


Discover = Callable[[Ask], Discovered]


def joined(base: str, address: str) -> str | None:
    """The address as it stands on a page at `base`; None where it is none ("http://[domain]/")."""
    try:
        return urljoin(base, address)
    except ValueError:
        return None


def web_joined(base: str, address: str) -> str | None:
    """The same, of http(s) addresses alone."""
    found = joined(base, address)
    return found if found and found.lower().startswith(("http://", "https://")) else None


def plain(text: str) -> str:
    """One line without control characters and lone surrogates, fit for a title or a name."""
    return " ".join(storable(text).split())


def storable(text: str) -> str:
    """Text that every database takes: no NUL or other control characters, no lone surrogates."""
    return _UNPRINTABLE.sub("", text)
