"""Values of `claimline.models` to JSON columns and back. No database here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar, cast

from claimline.models import ClaimSpec, DateBasis, DateFinding, Entry, Figures, Precision, SourceSpec, Stance, Topic

T = TypeVar("T")


_ADAPTERS: dict[Any, Any] = {}


def _adapter(kind: Any) -> Any:
    if kind not in _ADAPTERS:
        from pydantic import TypeAdapter  # only where a spec is read or written

        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def dump(value: Any) -> dict[str, Any]:
    """A frozen value as JSON."""
    return cast(dict[str, Any], _adapter(type(value)).dump_python(value, mode="json"))


def load(kind: type[T], data: Mapping[str, Any]) -> T:
    return cast(T, _adapter(kind).validate_python(dict(data)))


def load_topic(data: Mapping[str, Any]) -> Topic:
    return load(Topic, data)


def load_claim_spec(data: Mapping[str, Any]) -> ClaimSpec:
    return load(ClaimSpec, data)


def load_source_spec(data: Mapping[str, Any]) -> SourceSpec:
    return load(SourceSpec, data)


def dump_entry(entry: Entry) -> dict[str, Any]:
    """An entry without what it carries: bodies and texts are captured, not kept twice."""
    names = ("url", "title", "published", "updated", "lang", "outlet", "seen_words", "content_type")
    data = {name: getattr(entry, name) for name in names if getattr(entry, name) is not None}
    return data | ({"authors": list(entry.authors)} if entry.authors else {})


def load_entry(data: Mapping[str, Any]) -> Entry:
    return Entry(**{**data, "authors": tuple(data.get("authors", ()))})


def dump_date(finding: DateFinding) -> dict[str, Any]:
    return {
        "day": finding.day.isoformat() if finding.day else None,
        "basis": finding.basis.value,
        "words": finding.words,
        "precision": finding.precision.value,
        "at": finding.at.isoformat() if finding.at else None,
        "candidates": [d.isoformat() for d in finding.candidates],
    }


def load_date(data: Mapping[str, Any]) -> DateFinding:
    return DateFinding(
        day=date.fromisoformat(data["day"]) if data["day"] else None,
        basis=DateBasis(data["basis"]),
        words=data["words"],
        precision=Precision(data["precision"]),
        at=datetime.fromisoformat(data["at"]) if data["at"] else None,
        candidates=tuple(date.fromisoformat(d) for d in data["candidates"]),
    )


def dump_figures(figures: Figures) -> dict[str, float]:
    """Figures rounded so that the order of a sum cannot make two equal ones differ."""
    return {
        "supports": round(figures.supports, 6),
        "refutes": round(figures.refutes, 6),
        "voices_supports": figures.voices_supports,
        "voices_refutes": figures.voices_refutes,
        "voices_neutral": figures.voices_neutral,
        "speakers": figures.speakers,
    }


def load_figures(data: Mapping[str, Any]) -> Figures:
    return Figures(**data)


def load_probabilities(data: Mapping[str, float]) -> dict[Stance, float]:
    return {Stance(k): v for k, v in data.items()}
