"""Where articles are found: one table, kind -> function; a new kind is one function and one line.

A source answers with what it names (`Discovered`); it never fetches the articles themselves, stores nothing, and knows no topic.
The functions are named by module so that a command which only lists sources imports no parser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from claimline.errors import FetchError, SourceError
from claimline.models import Discovered, Entry, Skip, SourceSpec, Validators
from claimline.settings import Settings
from claimline.sources import aggregators, embargo
from claimline.sources.ask import Ask, Discover

if TYPE_CHECKING:
    from claimline.web.client import Client

SOURCES: Mapping[str, str] = {
    "files": "claimline.sources.files:discover",
    "feed": "claimline.sources.feed:discover",
    "jsonfeed": "claimline.sources.feed:discover",
    "sitemap": "claimline.sources.sitemap:discover",
    "gdelt": "claimline.sources.gdelt:discover",
    "page": "claimline.sources.page:discover",
    "warc": "claimline.sources.warc:discover",
    "urls": "claimline.sources.urls:discover",
    "one": "claimline.sources.urls:discover_one",
}

# Kinds whose answers can be asked for by date (options `from` and `to`): the ones that a backfill walks.
ARCHIVES = frozenset({"gdelt", "sitemap", "warc"})
ARCHIVE_SUFFIXES = (".warc", ".warc.gz", ".arc", ".arc.gz")  # of the files of kind `warc`


def discover(
    spec: SourceSpec,
    client: Client | None,
    *,
    validators: Validators,
    settings: Settings,
    now: datetime,
    base_dir: Path | None,
) -> Discovered:
    """Ask one source what it names.

    `validators` are those of the last answer (empty the first time); with an unchanged source the answer is `not_modified`
    and carries no entries. `base_dir` is what relative paths are relative to. The source's own language and outlet stand
    where an entry names none. Raises SourceError where the source as a whole could not be read.
    """
    function = _function(spec)
    try:
        found = function(Ask(spec, client, validators, settings, now, base_dir))
    except FetchError as failed:
        raise SourceError(spec.locator, failed.reason, failed.detail, retry_after_s=failed.retry_after_s) from failed
    return _held_back(spec, _resolved(spec, found), now)


def _resolved(spec: SourceSpec, found: Discovered) -> Discovered:
    """Aggregators' links become the articles' own; one that hides its article is a skip, for its page is none."""
    entries: list[Entry] = []
    skips: list[Skip] = []
    for entry in found.entries:
        url = aggregators.resolve(entry.url)
        if aggregators.is_opaque(url):
            skips.append(Skip(url, "aggregator-link", entry.title or ""))
        else:
            entries.append(_with_defaults(entry if url == entry.url else replace(entry, url=url), spec))
    return replace(found, entries=tuple(entries), skips=(*found.skips, *skips))


def _held_back(spec: SourceSpec, found: Discovered, now: datetime) -> Discovered:
    """Without what is under embargo; then the validators are forgotten, so that the source is read again in time."""
    if spec.options.get("embargo") not in ("yes", "true"):
        return found
    held = {entry.url: why for entry in found.entries if (why := embargo.held(entry, now)) is not None}
    if not held:
        return found
    skips = tuple(held.values())
    entries = tuple(entry for entry in found.entries if entry.url not in held)
    return replace(found, entries=entries, skips=(*found.skips, *skips), validators=Validators())


def _function(spec: SourceSpec) -> Discover:
    where = SOURCES.get(spec.kind)
    if where is None:
        raise SourceError(spec.locator, "unknown-kind", f"{spec.kind!r} is none of {', '.join(sorted(SOURCES))}")
    module, _, name = where.partition(":")
    function: Discover = getattr(import_module(module), name)
    return function


def _with_defaults(entry: Entry, spec: SourceSpec) -> Entry:
    if (entry.lang or not spec.lang) and (entry.outlet or not spec.outlet):
        return entry
    return replace(entry, lang=entry.lang or spec.lang, outlet=entry.outlet or spec.outlet)
