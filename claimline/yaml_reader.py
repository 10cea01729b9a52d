"""Plain values out of a YAML node tree, each with the line where it stands. What a topic makes of them is `claimline.topics`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import yaml

from claimline.errors import Problem

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Item:
    """A mapping's entry: where its key stands, and its value."""

    line: int
    node: yaml.Node


class YamlReader:
    """Walks the node tree, so that every problem has a line; gathers problems instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def fail(self, line: int, key: str, message: str) -> None:
        self.problems.append(Problem(line, key, message))

    def mapping(self, node: yaml.Node, key: str, allowed: Sequence[str] | None) -> dict[str, Item] | None:
        if not isinstance(node, yaml.MappingNode):
            self.fail(line_of(node), key, "must be `key: value` lines")
            return None
        items: dict[str, Item] = {}
        for name_node, value in node.value:
            name, line = str(name_node.value), line_of(name_node)
            if allowed is not None and name not in allowed:
                self.fail(line, name, f"is not a key of a {key}{suggest(name, allowed)}")
            elif name in items:
                self.fail(line, name, f"stands twice (also in line {items[name].line})")
            else:
                items[name] = Item(line, value)
        return items

    def sequence(self, node: yaml.Node, key: str) -> Sequence[yaml.Node]:
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        if isinstance(node, yaml.ScalarNode) and node.value == "":
            return []
        self.fail(line_of(node), key, "must be a list; begin each entry with `- `")
        return []

    def listed(
        self,
        items: Mapping[str, Item],
        key: str,
        read: Callable[[yaml.Node], _T | None],
        *,
        required: int | None = None,
        hint: str = "",
    ) -> list[_T]:
        if key not in items:
            if required is not None:
                self.fail(required, key, f"is missing; {hint}")
            return []
        before = len(self.problems)
        nodes = self.sequence(items[key].node, key)
        if required is not None and not nodes and len(self.problems) == before:
            self.fail(items[key].line, key, f"is empty; {hint}")
        return [value for value in map(read, nodes) if value is not None]

    def text(self, items: Mapping[str, Item] | None, key: str) -> str | None:
        if not items or key not in items:
            return None
        node = items[key].node
        if not isinstance(node, yaml.ScalarNode):
            self.fail(items[key].line, key, "must be one line of text")
            return None
        value = " ".join(str(node.value).split())
        if not value:
            self.fail(items[key].line, key, "is empty")
            return None
        return value

    def texts(self, items: Mapping[str, Item], key: str) -> list[str]:
        if key not in items:
            return []
        node = items[key].node
        nodes = [node] if isinstance(node, yaml.ScalarNode) and node.value else self.sequence(node, key)
        found = []
        for entry in nodes:
            if isinstance(entry, yaml.ScalarNode) and entry.value.strip():
                found.append(" ".join(entry.value.split()))
            else:
                self.fail(line_of(entry), key, "must be a list of short texts")
        return found

    def choice(self, items: Mapping[str, Item], key: str, allowed: Sequence[str], default: str) -> str:
        value = self.text(items, key)
        if value is None:
            return default
        if value not in allowed:
            self.fail(items[key].line, key, f"{value!r} is none of {', '.join(allowed)}")
            return default
        return value

    def boolean(self, items: Mapping[str, Item], key: str) -> bool:
        value = self.text(items, key)
        if value is None:
            return False
        if value.lower() not in ("true", "false", "yes", "no"):
            self.fail(items[key].line, key, f"{value!r} is neither true nor false")
        return value.lower() in ("true", "yes")

    def number(self, items: Mapping[str, Item], key: str, default: float, *, low: float, high: float) -> float:
        value = self.text(items, key)
        if value is None:
            return default
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            self.fail(items[key].line, key, f"{value!r} is not a number from {low:g} to {high:g}")
            return default
        return number


def line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def suggest(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"
