"""A page that says of itself that it was retracted or corrected, in several languages.

A report on somebody else's retraction is not a notice: the words must stand at the head of a line, or speak of "this
article".
"""

from __future__ import annotations

import re

# A retraction takes an article's evidence away, so only words that can mean nothing else count, at the head of a line.
_RETRACTED = re.compile(
    r"^\W*(?:(?:editor['’]?s?['’]? note|note|update)\s*[:—–-]\s*)?(?:"
    r"(?:retraction(?: notice)?|retracted|mandatory kill|отозвано|материал отозван|yayından kaldırıldı|"
    r"rétractation|retractación|ritrattazione|"
    r"retratação)(?:\s*[:|\]]|\s+[—–-]\s)"
    r"|(?:this|the following) (?:article|story|report|piece|post) (?:has been|was|is) (?:retracted|withdrawn)\b"
    r"|we (?:have )?(?:retracted|withdrawn) this (?:article|story|report)\b"
    r"|cet article a été (?:retiré|rétracté)\b|dieser (?:artikel|beitrag) wurde zurückgezogen\b|"
    r"bu haber yayından kaldırıl\w+"
    r"|(?:эта статья|этот материал|эта публикация) (?:была |был )?отозван\w*|este artículo ha sido (?:retirado|"
    r"retractado)\b"
    r"|questo articolo è stato ritirato\b|este artigo foi (?:retirado|retratado)\b|dit artikel is ingetrokken\b|"
    r"ten artykuł został wycofany\b"
    r"|تم سحب هذا (?:المقال|الخبر))",
    re.I | re.M,
)
_CORRECTED = re.compile(
    r"^\W*(?:correction|corrections|corrected|clarification|erratum|"
    r"editor['’]s note\s*[:—–-][^\n]{0,200}\bcorrect\w*|поправка|исправление|уточнение|"
    r"виправлення|уточнення|düzeltme|rectificatif|correctif|précision|korrektur|richtigstellung|berichtigung|"
    r"corrección|fe de errores|fe de erratas|"
    r"rectificación|errata(?: corrige)?|correzione|rettifica|correção|rectificatie|correctie|sprostowanie|errata|"
    r"تصحيح|تصويب|توضيح)\s*(?:\([^)]{1,30}\)\s*)?(?:[:|\]]|\s[—–-]\s|\.\s)",
    re.I | re.M,
)
# In the middle of a line. Apart from those above, since one search for both takes several times as long.
_SAID_CORRECTED = re.compile(
    r"\b(?:an earlier version of this (?:article|story|report)"
    r"|this (?:article|story|report) (?:has been|was) (?:corrected|amended)"
    r"|cet article a été (?:corrigé|modifié|rectifié)|in einer früheren version"
    r"|une (?:première )?version précédente de cet article"
    r"|в (?:более ранней|первоначальной|предыдущей) версии|bu haberin önceki (?:sürümünde|versiyonunda)"
    r"|una versión anterior de este|una versione precedente di questo|uma versão anterior dest[ea])\b",
    re.I,
)


def notice(title: str | None, text: str) -> str | None:
    """`retraction`, `correction` or None. A page's own word on its fate stands at its head or its foot."""
    parts = (title or "", text[:600], text[-800:])
    if any(_RETRACTED.search(part) for part in parts):
        return "retraction"
    return "correction" if any(_CORRECTED.search(part) or _SAID_CORRECTED.search(part) for part in parts) else None
