"""The labels by the letters that writers and readers put for them, and what the marks of a text say together."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

LABELS = {"S": "supports", "R": "refutes", "N": "neutral", "U": "unrelated", "M": "mixed"}


def label_of_marks(marks: AbstractSet[str]) -> str:
    """The label of a text whose sentences have these: both sides are *mixed*, none at all is *unrelated*."""
    if {"supports", "refutes"} <= marks:
        return "mixed"
    return next((x for x in ("supports", "refutes", "neutral") if x in marks), "unrelated")
