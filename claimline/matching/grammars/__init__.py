"""The words of reported speech, one module a language; how they are put together is `claimline.matching.speech`.

A language is added by adding its module to the table.
"""

from __future__ import annotations

from claimline.matching.grammars import ar, de, en, es, fr, it, nl, pl, pt, ru, tr, uk
from claimline.matching.grammars.grammar import Grammar

GRAMMARS: dict[str, Grammar] = {
    "ar": ar.GRAMMAR,
    "de": de.GRAMMAR,
    "en": en.GRAMMAR,
    "es": es.GRAMMAR,
    "fr": fr.GRAMMAR,
    "it": it.GRAMMAR,
    "nl": nl.GRAMMAR,
    "pl": pl.GRAMMAR,
    "pt": pt.GRAMMAR,
    "ru": ru.GRAMMAR,
    "tr": tr.GRAMMAR,
    "uk": uk.GRAMMAR,
}

__all__ = ["GRAMMARS", "Grammar"]
