"""The schemas of what programs are told, ready to hold a row against."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema.validators import validator_for

SCHEMAS = Path(__file__).parent.parent / "app" / "schemas"


def text_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found


@cache
def schema(name: str) -> Any:
    """The validator of a schema, which was itself found to be valid."""
    found = text_of(name)
    kind = validator_for(found)
    kind.check_schema(found)
    return kind(found)
