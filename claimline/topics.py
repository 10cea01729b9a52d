"""YAML -> Topic, with every error at once: file, line, key and what to do. Topic -> YAML for export.

JSON is YAML, so a topic may be a JSON file. Nothing here reads a database.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import yaml

from claimline import notify, source_checks, statements
from claimline.errors import Problem, TopicError
from claimline.models import ClaimSpec, Examples, Name, NotifyRule, OutletSpec, OutletType, Person, SourceSpec, Topic
from claimline.yaml_reader import Item, YamlReader, line_of, suggest

SOURCE_KINDS = ("feed", "files", "sitemap", "gdelt", "jsonfeed", "page", "warc", "urls", "one")
LOCAL_KINDS = ("files", "warc", "urls")
STORE = ("full", "quotes", "link")
SLUG = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
MAX_BYTES = 2_000_000

_T = TypeVar("_T")

_TOP = (
    "title",
    "slug",
    "names",
    "people",
    "claims",
    "sources",
    "outlets",
    "languages",
    "unknown_outlets",
    "notify",
    "description",
)
_CLAIM = ("slug", "statement", "tags", "examples", "renamed_from", "negation_of", "narrower_than", "superseded_by")
_SOURCE = ("kind", "url", "path", "title", "lang", "outlet", "allow_private", "store", "paused", "options", *SOURCE_KINDS)


# What a kind of source takes as options (docs/sources.md), and what each must look like.
_WEB_OPTIONS = ("auth_env", "auth_header", "robots")
_COMMON_OPTIONS = ("embargo",)
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "feed": ("pages", *_WEB_OPTIONS),
    "jsonfeed": ("pages", *_WEB_OPTIONS),
    "sitemap": ("days", "from", "to", "undated", "sitemaps", *_WEB_OPTIONS),
    "gdelt": ("days", "from", "to", "requests", "endpoint", *_WEB_OPTIONS),
    "page": ("match", "not_match", *_WEB_OPTIONS),
    "files": ("encoding",),
    "warc": ("from", "to", "match"),
    "urls": ("encoding", *_WEB_OPTIONS),
    "one": _WEB_OPTIONS,
}


def slugify(text: str, *, limit: int = 60) -> str:
    """A slug of ASCII letters, digits and hyphens; never empty (a hash where no letter can be spelled)."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    slug = ""
    for word in words:
        if slug and len(slug) + 1 + len(word) > limit:
            break
        slug = f"{slug}-{word}" if slug else word[:limit]
    return slug or hashlib.sha256(text.encode()).hexdigest()[:10]


def digest(topic: Topic) -> str:
    """The hash of what a topic says, whatever its file's layout and comments: SHA-256 hex."""
    return hashlib.sha256(json.dumps(as_dict(topic), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def load(path: Path) -> Topic:
    """Reads one topic file. Raises TopicError with every problem found."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TopicError(str(path), [Problem(1, "", f"cannot be read: {error.strerror}")]) from error
    if len(raw) > MAX_BYTES:
        raise TopicError(str(path), [Problem(1, "", f"is {len(raw):,} bytes; a topic file has at most {MAX_BYTES:,}")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise TopicError(str(path), [Problem(line, "", "is not UTF-8; save the file as UTF-8")]) from error
    return parse(text, path=str(path), default_slug=slugify(path.stem))


def parse(text: str, *, path: str = "<topic>", default_slug: str = "topic") -> Topic:
    """Parses the text of a topic file. Raises TopicError with every problem found."""
    if "\0" in text:
        raise TopicError(path, [Problem(text[: text.index("\0")].count("\n") + 1, "", "has a NUL byte; is it a text file?")])
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise TopicError(path, [_yaml_problem(error)]) from error
    except RecursionError:
        raise TopicError(path, [Problem(1, "", "is nested too deeply; is it a topic file?")]) from None
    reader = _Reader()
    topic = reader.topic(node, default_slug)
    if reader.problems or topic is None:
        raise TopicError(path, sorted(reader.problems, key=lambda p: p.line))
    return topic


def _yaml_problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or "cannot be read as YAML"
    if mark and "'\\t'" in what:
        return Problem(mark.line + 1, "", "has a tab; indent with spaces")
    return Problem(mark.line + 1 if mark else 1, "", f"not valid YAML: {what}; check quotes, colons and indentation there")


def anchored(topic: Topic, folder: Path) -> Topic:
    """The topic with the relative paths of its local sources made absolute: relative to `folder`, or else to the working
    directory where the thing is there and not here.
    """
    return replace(topic, sources=tuple(_anchored(s, folder) for s in topic.sources))


def _anchored(source: SourceSpec, folder: Path) -> SourceSpec:
    if source.kind not in LOCAL_KINDS or _is_web(source.locator):
        return source
    path = Path(source.locator).expanduser()
    here = (folder / path).resolve()
    return replace(source, locator=str(here if here.exists() or not path.exists() else path.resolve()))


# --- Export ---------------------------------------------------------------------------------------------------------


def _of_unknown(sources: Iterable[SourceSpec]) -> str:
    """What a topic that says nothing of it does with outlets that nobody has named: an open search brings in anybody's."""
    return "hold" if any(source.kind == "gdelt" for source in sources) else "count"


def as_dict(topic: Topic) -> dict[str, Any]:
    """The topic as plain values, defaults left out: what the file holds."""
    data: dict[str, Any] = {"title": topic.title, "slug": topic.slug}
    if topic.description:
        data["description"] = topic.description
    if topic.names:
        data["names"] = [_bare({"name": n.canonical, "variants": list(n.variants)}) for n in topic.names]
    if topic.people:
        data["people"] = [_bare({"name": p.canonical, "variants": list(p.variants), "role": p.role}) for p in topic.people]
    data["claims"] = [_claim_dict(c) for c in topic.claims]
    data["sources"] = [_source_dict(s) for s in topic.sources]
    if topic.outlets:
        data["outlets"] = [_outlet_dict(o) for o in topic.outlets]
    if topic.languages:
        data["languages"] = list(topic.languages)
    if topic.unknown_outlets != _of_unknown(topic.sources):
        data["unknown_outlets"] = topic.unknown_outlets
    if topic.notify:
        data["notify"] = [_bare({"on": n.on, "target_env": n.target_env, "claims": list(n.claims)}) for n in topic.notify]
    return data


def dump(topic: Topic) -> str:
    """The topic as a YAML file; `parse(dump(topic)) == topic`."""
    return yaml.safe_dump(as_dict(topic), sort_keys=False, allow_unicode=True, width=110)


def _bare(data: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in data.items() if v not in (None, "", [], {}, False)}


def _claim_dict(c: ClaimSpec) -> dict[str, Any]:
    e = c.examples
    examples = _bare({"supports": list(e.supports), "refutes": list(e.refutes), "neutral": list(e.neutral)})
    links = {k: getattr(c, k) for k in ("renamed_from", "negation_of", "narrower_than", "superseded_by")}
    return _bare({"slug": c.slug, "statement": c.statement, "tags": list(c.tags), "examples": examples, **links})


def _source_dict(s: SourceSpec) -> dict[str, Any]:
    extra = {"title": s.title, "lang": s.lang, "outlet": s.outlet, "allow_private": list(s.allow_private), "paused": s.paused}
    store = s.store if s.store != "full" else None
    return _bare({s.kind: s.locator, **extra, "store": store, "options": dict(s.options)})


def _outlet_dict(o: OutletSpec) -> dict[str, Any]:
    data = _bare({"domain": o.domain, "title": o.title, "country": o.country})
    if o.type is not OutletType.OUTLET:
        data["type"] = str(o.type)
    if o.weight != 1.0:
        data["weight"] = o.weight
    return data


# --- Import ---------------------------------------------------------------------------------------------------------


class _Reader(YamlReader):
    """Reads a topic out of the node tree."""

    def __init__(self) -> None:
        super().__init__()
        self.claim_lines: list[int] = []
        self.source_lines: list[int] = []

    # The topic

    def topic(self, node: yaml.Node | None, default_slug: str) -> Topic | None:
        if node is None:
            self.fail(1, "", "is empty; it needs a title, claims and sources")
            return None
        items = self.mapping(node, "topic", _TOP)
        if items is None:
            return None
        line = line_of(node)
        title = self.text(items, "title") if "title" in items else None
        if "title" not in items:
            self.fail(line, "title", "is missing; say in a few words what the topic is")
        slug = self.slug(items, "slug") or default_slug
        claims = self.listed(
            items, "claims", self.claim, required=line, hint="write at least one sentence that can be true or false"
        )
        sources = self.listed(items, "sources", self.source, required=line, hint="name at least one feed or folder")
        languages = self.texts(items, "languages")
        self.checked(items, "languages", languages, source_checks.no_language)
        self.unique(claims)
        self.unique_sources(sources)
        self.relations(claims)
        return Topic(
            slug=slug,
            title=title or "",
            claims=tuple(claims),
            sources=tuple(sources),
            names=tuple(self.names(items.get("names"))),
            people=tuple(self.people(items.get("people"))),
            outlets=tuple(self.listed(items, "outlets", self.outlet)),
            languages=tuple(languages),
            unknown_outlets=self.choice(items, "unknown_outlets", ("count", "hold"), _of_unknown(sources)),
            notify=tuple(self.listed(items, "notify", self.rule)),
            description=self.text(items, "description") or "",
        )

    def claim(self, node: yaml.Node) -> ClaimSpec | None:
        claim = self.read_claim(node)
        if claim is not None:
            self.claim_lines.append(line_of(node))
        return claim

    def read_claim(self, node: yaml.Node) -> ClaimSpec | None:
        if isinstance(node, yaml.ScalarNode):
            statement = self.statement(node.value, line_of(node))
            return ClaimSpec(slugify(statement), statement) if statement else None
        items = self.mapping(node, "claim", _CLAIM)
        if items is None:
            return None
        if "statement" not in items:
            self.fail(line_of(node), "statement", "is missing; a claim is one sentence that can be true or false")
            return None
        statement = self.statement(self.text(items, "statement") or "", items["statement"].line)
        if not statement:
            return None
        links = {k: self.slug(items, k) for k in ("renamed_from", "negation_of", "narrower_than", "superseded_by")}
        slug = self.slug(items, "slug") or slugify(statement)
        return ClaimSpec(slug, statement, tuple(self.texts(items, "tags")), self.examples(items.get("examples")), **links)

    def statement(self, words: str, line: int) -> str | None:
        words = " ".join(words.split())
        if statements.is_too_short(words):
            self.fail(line, "statement", f"{words!r} is too short; write a whole sentence that can be true or false")
            return None
        if statements.is_question(words):
            self.fail(line, "statement", f"{words!r} is a question; write it as a sentence that can be true or false")
            return None
        if len(words) > statements.MAX_CHARS:
            self.fail(line, "statement", f"has {len(words)} characters; a claim has at most {statements.MAX_CHARS}")
            return None
        return words

    def examples(self, item: Item | None) -> Examples:
        if item is None:
            return Examples()
        items = self.mapping(item.node, "examples", ("supports", "refutes", "neutral"))
        if items is None:
            return Examples()
        return Examples(*(tuple(self.texts(items, k)) for k in ("supports", "refutes", "neutral")))

    def relations(self, claims: Sequence[ClaimSpec]) -> None:
        known = {c.slug for c in claims}
        for c, line in zip(claims, self.claim_lines, strict=True):
            for key in ("negation_of", "narrower_than", "superseded_by"):
                target = getattr(c, key)
                if target is not None and (target not in known or target == c.slug):
                    self.fail(line, f"claims.{c.slug}.{key}", f"{target!r} is not another claim of this topic")

    def source(self, node: yaml.Node) -> SourceSpec | None:
        source = self.read_source(node)
        if source is not None:
            self.source_lines.append(line_of(node))
        return source

    def read_source(self, node: yaml.Node) -> SourceSpec | None:
        items = self.mapping(node, "source", _SOURCE)
        if items is None:
            return None
        line = line_of(node)
        kind, locator = self.kind_and_locator(items, line)
        if kind is None or locator is None:
            return None
        lang, hosts = self.text(items, "lang"), tuple(self.texts(items, "allow_private"))
        self.checked(items, "lang", [lang] if lang else [], source_checks.no_language, "sources.")
        self.checked(items, "allow_private", hosts, source_checks.no_host, "sources.")
        return SourceSpec(
            kind=kind,
            locator=locator,
            title=self.text(items, "title") or "",
            lang=lang,
            outlet=self.text(items, "outlet"),
            allow_private=hosts,
            store=self.choice(items, "store", STORE, "full"),
            paused=self.boolean(items, "paused"),
            options=self.options(items.get("options"), kind),
        )

    def checked(
        self, items: Mapping[str, Item], key: str, values: Iterable[str], check: source_checks.Check, within: str = ""
    ) -> None:
        for value in values:
            if wrong := check(value):
                self.fail(items[key].line, f"{within}{key}", f"{value!r} {wrong}")

    def kind_and_locator(self, items: Mapping[str, Item], line: int) -> tuple[str | None, str | None]:
        short = [k for k in SOURCE_KINDS if k in items]
        if len(short) > 1:
            self.fail(line, "sources", f"has both {short[0]} and {short[1]}; write them as two sources")
            return None, None
        kind = short[0] if short else self.text(items, "kind")
        where = short[0] if short else next((k for k in ("url", "path") if k in items), None)
        if kind not in SOURCE_KINDS:
            what = (
                f"unknown kind {kind!r}{suggest(kind, SOURCE_KINDS)}"
                if kind
                else "has no kind; write for example `feed: https://...`"
            )
            self.fail(items["kind"].line if "kind" in items else line, "sources", what)
            return None, None
        if where is None:
            self.fail(line, f"sources.{kind}", "has no url or path")
            return None, None
        locator = self.text(items, where)
        if locator and kind not in ("files", "urls", "warc", "gdelt") and not _is_web(locator):
            self.fail(items[where].line, f"sources.{kind}", f"{locator!r} is not an http(s) address")
            return None, None
        return kind, locator

    def options(self, item: Item | None, kind: str) -> dict[str, str]:
        if item is None:
            return {}
        items = self.mapping(item.node, f"{kind} source's options", (*OPTIONS[kind], *_COMMON_OPTIONS))
        found = {k: self.text(items, k) or "" for k in items} if items else {}
        for name, value in found.items():
            if items and value and (wrong := source_checks.of_option(name)(value)):
                self.fail(items[name].line, f"options.{name}", f"{value!r} {wrong}")
        return found

    def outlet(self, node: yaml.Node) -> OutletSpec | None:
        items = self.mapping(node, "outlet", ("domain", "title", "type", "country", "weight"))
        if items is None:
            return None
        domain = self.text(items, "domain")
        if not domain or "/" in domain or " " in domain:
            self.fail(line_of(node), "outlets.domain", "needs a domain such as example.org (no https://, no path)")
            return None
        kind = self.choice(items, "type", tuple(OutletType), OutletType.OUTLET)
        weight = self.number(items, "weight", 1.0, low=0.0, high=2.0)
        return OutletSpec(domain.lower(), self.text(items, "title") or "", OutletType(kind), self.text(items, "country"), weight)

    def rule(self, node: yaml.Node) -> NotifyRule | None:
        items = self.mapping(node, "notify", ("on", "target_env", "claims"))
        if items is None:
            return None
        on, target = self.text(items, "on"), self.text(items, "target_env")
        if not on or not target:
            self.fail(
                line_of(node), "notify", "needs `on` and `target_env` (the name of the environment variable with the address)"
            )
            return None
        rule = NotifyRule(on, target, tuple(self.texts(items, "claims")))
        if notify.kind(rule) not in notify.KINDS:
            self.fail(line_of(node), "notify.on", f"{on!r} is none of {', '.join(notify.KINDS)}")
            return None
        return rule

    # Names and people: `- S-400`, `- {name: S-400, variants: [...]}` or `S-400: [...]`

    def names(self, item: Item | None) -> Iterable[Name]:
        return [Name(n, v) for n, v, _ in self.named(item, "names", ("name", "variants"))]

    def people(self, item: Item | None) -> Iterable[Person]:
        return [Person(slugify(n), n, v, role) for n, v, role in self.named(item, "people", ("name", "variants", "role"))]

    def named(self, item: Item | None, key: str, allowed: Sequence[str]) -> list[tuple[str, tuple[str, ...], str]]:
        if item is None:
            return []
        if isinstance(item.node, yaml.MappingNode):
            pairs = self.mapping(item.node, key, None) or {}
            return [(name, tuple(self.texts(pairs, name)), "") for name in pairs]
        found: list[tuple[str, tuple[str, ...], str]] = []
        for node in self.sequence(item.node, key):
            if isinstance(node, yaml.ScalarNode):
                found.append((node.value.strip(), (), ""))
                continue
            items = self.mapping(node, key, allowed)
            name = self.text(items, "name") if items else None
            if items is None or not name:
                self.fail(line_of(node), key, "needs a name")
                continue
            found.append((name, tuple(self.texts(items, "variants")), self.text(items, "role") or ""))
        return found

    def slug(self, items: Mapping[str, Item], key: str) -> str | None:
        value = self.text(items, key)
        if value is not None and not SLUG.match(value):
            self.fail(items[key].line, key, f"{value!r} is not a slug; use a-z, 0-9 and hyphens, for example {slugify(value)!r}")
            return None
        return value

    def unique_sources(self, sources: Sequence[SourceSpec]) -> None:
        seen: dict[tuple[str, str], int] = {}
        for source, line in zip(sources, self.source_lines, strict=True):
            first = seen.setdefault((source.kind, source.locator), line)
            if first != line:
                self.fail(line, f"sources.{source.kind}", f"{source.locator} stands twice (also in line {first})")

    def unique(self, claims: Sequence[ClaimSpec]) -> None:
        seen: set[str] = set()
        for claim, line in zip(claims, self.claim_lines, strict=True):
            if claim.slug in seen:
                self.fail(line, "claims", f"the slug {claim.slug!r} stands twice; give one of them its own `slug:`")
            seen.add(claim.slug)


def _is_web(locator: str) -> bool:
    try:
        parts = urlsplit(locator)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
