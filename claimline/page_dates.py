"""The dates that a page's markup states: JSON-LD, meta tags, `time` elements. Words only; their meaning is `claimline.dates`'."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

_PUBLISHED = (
    "article:published_time", "og:published_time", "og:article:published_time", "datepublished", "date-published",
    "dc.date.issued", "dcterms.created", "dcterms.issued", "dc.date.created", "dcterms.date", "dc.date", "pubdate",
    "publishdate", "publish-date", "publish_date", "parsely-pub-date", "sailthru.date", "article.published",
    "published-date", "published_time", "citation_publication_date", "citation_date", "date",
    "originalpublicationdate", "ptime", "cxenseparse:recs:publishtime", "datecreated",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "dc.date.modified",
    "last-modified", "lastmod", "article.updated", "modified_time", "updated_time", "article:updated_time",
    "og:modified_time",
)  # fmt: skip
_NEWS_TYPES = ("article", "posting", "report", "webpage", "review", "claimreview", "newsarticle")


def words(tree: HtmlElement) -> tuple[list[str], list[str]]:
    """What the page says of its publication, and of its last edit; each with the most trustworthy words first."""
    nodes, metas = list(_json_ld(tree)), list(tree.iter("meta"))
    times = [(e, e.get("datetime") or e.get("content") or e.text_content()) for e in tree.iter("time")]
    published = [*_of(nodes, "datePublished"), *_meta(metas, _PUBLISHED), *_times(times, ("publish", "pubdate", "posted"))]
    modified = [*_of(nodes, "dateModified"), *_meta(metas, _MODIFIED), *_times(times, ("modified", "updated"))]
    return _distinct(published), _distinct(modified)


def _distinct(words: list[str]) -> list[str]:
    return list(dict.fromkeys(" ".join(each.split()) for each in words if each and each.strip()))


def _meta(metas: list[HtmlElement], names: tuple[str, ...]) -> list[str]:
    found: dict[str, str] = {}
    for element in metas:
        if "content" not in element.attrib:
            continue
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = (element.get(attribute) or "").lower()
            if name in names:
                found.setdefault(name, element.get("content", ""))
    return [found[name] for name in names if name in found]


def _times(elements: list[tuple[HtmlElement, str]], labels: tuple[str, ...]) -> list[str]:
    """`<time>` elements that carry a label; without a label only a single day in the whole page speaks for itself."""
    labelled = [words for e, words in elements if any(label in _labels(e) for label in labels)]
    if labelled or "publish" not in labels:
        return labelled
    unlabelled = {
        words[:10] for e, words in elements if words and not any(label in _labels(e) for label in ("modified", "updated"))
    }
    return [words for _, words in elements[:1]] if len(unlabelled) == 1 else []


def _labels(element: HtmlElement) -> str:
    own = " ".join(element.get(name, "") for name in ("itemprop", "class", "id"))
    return (own + (" pubdate" if "pubdate" in element.attrib else "")).lower()


def _of(nodes: list[dict[str, Any]], key: str) -> list[str]:
    return [str(node[key]) for node in nodes if node.get(key) and _is_news(node)]


def _json_ld(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            try:
                yield from _nodes(json.loads(script.text, strict=False))
            except (ValueError, RecursionError):
                continue


def _is_news(node: dict[str, Any]) -> bool:
    kinds = node.get("@type", "")
    return any(str(kind).lower().endswith(_NEWS_TYPES) for kind in (kinds if isinstance(kinds, list) else [kinds]))


def _nodes(data: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The top nodes of a JSON-LD document; what is nested deeper (comments, related stories) has dates of its own."""
    if isinstance(data, list) and depth < 3:
        for each in data:
            yield from _nodes(each, depth + 1)
    elif isinstance(data, dict):
        yield data
        for name in ("@graph", "mainEntity"):
            yield from _nodes(data.get(name), depth + 1)
