"""What one language needs to tell who says what: verbs of speech, "according to", offices, pronouns. No logic."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one language reports speech.

    `order`: svo | sov (Turkish: the verb ends the sentence) | vso (Arabic: the speaker follows the verb).
    `inverts` are verbs whose speaker may follow where the verb comes after a quote or a comma; None: all of them may.
    `according` come before the speaker, `zufolge` after; `so` come before it too, with the content to their left.
    `this_said` opens a sentence that attributes the one before it. `heads` maps a kind of office to its nouns.
    """

    verbs: str
    according: str
    pronouns: str
    heads: dict[str, str]
    prepositions: str
    breaks: str  # words that end the way from a verb to its speaker
    order: str = "svo"
    inverts: str | None = None
    zufolge: str = ""
    so: str = ""
    participles: str = ""  # Turkish "diyen": the speaker follows
    passive: str = ""  # words before a verb that make it passive
    agent: str = ""  # "announced by": the speaker follows
    citing: str = ""  # "citing": after an agency's report, whoever follows is the speaker
    this_said: str = ""
    drops_subject: bool = False
    modifiers: str = ""  # lower-case words that may stand before an office
    generic: str = ""  # offices that name nobody ("a source", "officials")
    starts: frozenset[str] = field(default_factory=frozenset)  # words that are capitalised only at the start of a sentence


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())
