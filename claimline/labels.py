"""The words for people, read from labels.yaml: one file for the terminal, the page and the messages."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml

from claimline.models import Figures, Stance, Status


@cache
def _labels() -> dict[str, dict[str, str]]:
    text = resources.files("claimline").joinpath("labels.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = yaml.safe_load(text)
    return loaded


def status(value: Status | str) -> str:
    return _labels()["status"][str(value)]


def stance(value: Stance | str, *, decided: bool = True) -> str:
    return _labels()["stance"][str(value) if decided else "undecided"]


def mark(name: str, **words: str) -> str:
    return _labels()["marks"][name].format(**words)


def date_basis(value: str) -> str:
    return _labels()["date_basis"][str(value)]


def modality(value: str) -> str:
    """How a quote puts a thing (`claimline.matching.modality`)."""
    return _labels()["modality"].get(value, value.replace("-", " "))


def outlet(kind: str | None, country: str | None, weight: float) -> str:
    """What stands beside a quote of its outlet: its type (None: nobody has named it), country and weight."""
    return ", ".join(filter(None, (kind or mark("outlet_not_named"), country, f"weight {weight:g}")))


def voices(figures: Figures) -> str:
    """The numbers without which no status is shown: voices on each side and speakers."""
    if figures.single_report:
        return mark("single_report")
    taken = figures.voices_supports + figures.voices_refutes
    parts = [f"{figures.voices_supports} for, {figures.voices_refutes} against"] if taken else []
    if figures.voices_neutral:
        parts.append(f"{figures.voices_neutral} without position")
    return ", ".join([*parts, speakers(figures)]) if parts else "no voices"


def speakers(figures: Figures) -> str:
    """How many of those who speak have a name: "the diplomat" has a voice and is nobody that could be counted twice."""
    if not figures.speakers:
        return "no named speaker"
    return f"{figures.speakers} named speaker{'' if figures.speakers == 1 else 's'}"
