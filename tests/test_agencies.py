"""Which agency a text names: the quick look before the patterns lets none slip."""

from __future__ import annotations

import pytest

from claimline import agencies

NAMES = sorted({form for forms in agencies._NAMES.values() for form in forms})
SIGNED = sorted({form for forms in agencies._SIGNED_ONLY.values() for form in forms})


@pytest.mark.parametrize("name", NAMES)
def test_an_agency_that_the_prose_names_is_found(name: str) -> None:
    assert agencies.cited(f"The ferry sails again, the mayor told {name} on Monday.") == agencies.canonical(name)
    broken = name.replace(" ", "\n")
    assert agencies.cited(f"The ferry sails again, according to {broken}, on Monday.") == agencies.canonical(name)


@pytest.mark.parametrize("name", [*NAMES, *SIGNED])
def test_an_agency_that_signs_in_brackets_is_found(name: str) -> None:
    assert agencies.cited(f"ALNMOOR ({name}) The ferry sails again on Monday.") == agencies.canonical(name)


def test_a_text_that_names_no_agency_cites_none() -> None:
    assert agencies.cited("The ferry sails again on Tuesday, the mayor told residents.") is None
