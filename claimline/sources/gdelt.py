"""Kind `gdelt`: the DOC 2.0 article search of the GDELT project; the locator is the query.

A window that is answered with the most articles an answer can hold is halved and asked again. What GDELT gives as date is the
time of its crawl: it is kept as `seen_words` and is never a publication date. Options: `days` (2) or `from` and `to`;
`requests`, the most of one run (40); `endpoint`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode

from claimline.errors import FetchError, SourceError
from claimline.models import Discovered, Entry, Skip, Topic, Validators
from claimline.sources import urlkey
from claimline.sources.ask import Ask, plain

ENDPOINT = "https://api.gdeltproject.org/api/v2/doc/doc"
_MOST = 250
_SHORTEST = timedelta(minutes=15)
_EVERY_S = 6.0
_REQUESTS = 40
_LONGEST_QUERY = 240
# GDELT writes languages in English words.
_LANGUAGES = {
    "english": "en", "russian": "ru", "turkish": "tr", "french": "fr", "german": "de", "spanish": "es", "italian": "it",
    "portuguese": "pt", "arabic": "ar", "chinese": "zh", "japanese": "ja", "korean": "ko", "polish": "pl", "ukrainian": "uk",
    "greek": "el", "dutch": "nl", "romanian": "ro", "bulgarian": "bg", "czech": "cs", "hungarian": "hu", "swedish": "sv",
    "norwegian": "no", "danish": "da", "finnish": "fi", "hebrew": "he", "persian": "fa", "hindi": "hi", "indonesian": "id",
    "vietnamese": "vi", "thai": "th", "serbian": "sr", "croatian": "hr", "slovak": "sk", "azerbaijani": "az",
    "armenian": "hy", "georgian": "ka", "albanian": "sq", "macedonian": "mk", "lithuanian": "lt", "latvian": "lv",
    "estonian": "et", "urdu": "ur", "bengali": "bn", "kazakh": "kk",
}  # fmt: skip


def discover(ask: Ask) -> Discovered:
    """The articles of the window that match the query, each address once."""
    window = ask.window(2)
    first = datetime.combine(window.first, time.min, UTC)
    last = min(datetime.combine(window.last + timedelta(days=1), time.min, UTC), max(ask.now, first + _SHORTEST))
    search = _Search(ask)
    search.read(first, last)
    if search.error and not search.entries:
        raise search.error
    return Discovered(tuple(search.entries.values()), tuple(search.skips), Validators())


def query_for(topic: Topic) -> str:
    """A query from a topic's names: any of their variants, in the languages that the topic reads.

    Only what the names say: the words of a claim would ask for one side of it.
    """
    words: dict[str, None] = {}
    for name in topic.names:
        for variant in (name.canonical, *name.variants):
            written = plain(variant).replace('"', "")
            # GDELT refuses a query with a keyword that is too short.
            if len(re.sub(r"\W", "", written)) >= 3:
                words[f'"{written}"'] = None
    if not words:
        raise SourceError(f"topic {topic.slug}", "no-query", "a GDELT source needs at least one name of three letters")
    return _fitting(list(words))


def _fitting(words: list[str]) -> str:
    while len(words) > 1 and len(" OR ".join(words)) > _LONGEST_QUERY:
        words.pop()
    return f"({' OR '.join(words)})" if len(words) > 1 else words[0]


@dataclass(slots=True)
class _Search:
    ask: Ask
    entries: dict[str, Entry] = field(default_factory=dict)
    skips: list[Skip] = field(default_factory=list)
    asked: int = 0
    error: SourceError | None = None

    def read(self, first: datetime, last: datetime) -> None:
        """One window; halved where it holds more than an answer can."""
        if self._enough(first, last):
            return
        try:
            articles = self._articles(first, last)
        except (FetchError, SourceError) as failed:
            self.error = SourceError(self.ask.spec.locator, failed.reason, failed.detail, retry_after_s=failed.retry_after_s)
            self.skips.append(Skip(_span(first, last), failed.reason, failed.detail, failed=True))
            return
        if len(articles) >= _MOST and last - first > _SHORTEST:
            middle = first + (last - first) / 2
            self.read(middle, last)
            self.read(first, middle)
            return
        if len(articles) >= _MOST:
            self.skips.append(Skip(_span(first, last), "too-many-items", f"more than {_MOST} in a quarter of an hour"))
        self._take(articles)

    def _enough(self, first: datetime, last: datetime) -> bool:
        if len(self.entries) < self.ask.settings.max_feed_items and self.asked < self.ask.number("requests", _REQUESTS):
            return False
        self.skips.append(Skip(_span(first, last), "too-many-items", f"{len(self.entries)} articles, {self.asked} requests"))
        return True

    def _articles(self, first: datetime, last: datetime) -> list[Mapping[str, object]]:
        self.asked += 1
        parameters = {
            "query": self.ask.spec.locator,
            "mode": "artlist",
            "format": "json",
            "maxrecords": str(_MOST),
            "sort": "datedesc",
            "startdatetime": f"{first:%Y%m%d%H%M%S}",
            "enddatetime": f"{last:%Y%m%d%H%M%S}",
        }
        url = f"{self.ask.spec.options.get('endpoint', ENDPOINT)}?{urlencode(parameters)}"
        self.ask.door.slow_down(url, _EVERY_S)
        fetched = self.ask.door.get(url, accept="application/json", robots=False)
        return list(_listed(self.ask.spec.locator, fetched.body))

    def _take(self, articles: Iterable[Mapping[str, object]]) -> None:
        for article in articles:
            url = plain(str(article.get("url") or ""))
            if not urlkey.domain(url):
                self.skips.append(Skip(self.ask.spec.locator, "no-link", plain(str(article.get("title") or ""))[:200]))
                continue
            # GDELT repeats addresses across windows and mirrors.
            self.entries.setdefault(urlkey.url_key(url), _entry(url, article))


def _entry(url: str, article: Mapping[str, object]) -> Entry:
    return Entry(
        url,
        title=plain(str(article.get("title") or ""))[:1000] or None,
        lang=_LANGUAGES.get(str(article.get("language") or "").lower()),
        seen_words=plain(str(article.get("seendate") or ""))[:40] or None,
    )


def _listed(locator: str, body: bytes) -> Iterator[Mapping[str, object]]:
    """GDELT answers a refusal with status 200 and a sentence, and nothing found with an empty object."""
    text = body.decode("utf-8", "replace").strip()
    if not text:
        return
    if not text.startswith("{"):
        raise SourceError(locator, "refused-query", plain(re.sub(r"<[^>]*>", " ", text))[:200])
    try:
        answer = json.loads(re.sub(r'\\(?!["\\/bfnrtu])', r"\\\\", text), strict=False)
    except (ValueError, RecursionError) as bad:
        raise SourceError(locator, "broken-json", plain(str(bad))[:200]) from bad
    articles = answer.get("articles") if isinstance(answer, dict) else None
    yield from (article for article in articles or () if isinstance(article, dict))


def _span(first: datetime, last: datetime) -> str:
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
