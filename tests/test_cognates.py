"""Words that languages share are known by their sounds."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pytest

from claimline.matching.cognates import distinctive, skeleton, skeletons
from claimline.matching.retrieve import Embedder, Retriever, Vectors
from claimline.models import ClaimSpec


@pytest.mark.parametrize(
    "spellings",
    [
        ("chlorophyll", "clorofila", "clorofilla", "хлорофилл", "klorofil"),
        ("ivermectin", "ivermectina", "Ivermektin", "ивермектин"),
        ("Zaporizhzhia", "Zaporizhzhya"),
        ("Philippines", "Filipinas"),
        ("thyroxine", "tiroxina", "tyroxin"),
    ],
)
def test_a_word_has_one_skeleton_in_many_languages(spellings: tuple[str, ...]) -> None:
    assert len({skeleton(s)[:6] for s in spellings}) == 1


def test_another_word_has_another() -> None:
    assert skeleton("chloroform") != skeleton("chlorophyll")
    assert skeleton("bridge") != skeleton("bribery")


def test_a_claim_is_known_by_names_and_learned_words_not_by_lands_and_verbs() -> None:
    told = distinctive("Turkey's parliament has reconsidered the Karbonex contract with Helsingborg about spironolactone")
    assert {skeleton(w) for w in ("Karbonex", "Helsingborg", "spironolactone")} <= told
    assert not {skeleton(w) for w in ("Turkey", "reconsidered", "contract")} & told


def test_the_first_word_of_a_claim_counts_where_it_is_a_learned_one() -> None:
    assert distinctive("Ivermectin is effective against scabies.") == {skeleton("ivermectin")}
    assert distinctive("Poland has paid.") == frozenset()


def test_a_text_in_another_script_has_a_claims_word() -> None:
    text = "Врачи снова спорят о том, помогает ли спиронолактон при тяжёлом течении болезни."
    assert distinctive("Spironolactone helps in severe cases.") & skeletons(text)


class FarEmbedder(Embedder):
    """Nothing is like anything: what is found is found by its words."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        out = np.zeros((len(texts), 4096), dtype=np.float32)
        for i, text in enumerate(texts):
            out[i, zlib.crc32(text.encode()) % 4096] = 1.0
        return out


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Le médecin a défendu de nouveau l'ivermectine devant la presse.", True),
        ("Die Ärzte sprachen von Ivermektin, das sie selbst nähmen.", True),
        ("Le médecin a défendu de nouveau son hôpital devant la presse.", False),
    ],
)
def test_an_article_that_spells_a_claims_word_its_own_way_is_read(text: str, read: bool) -> None:
    retriever = Retriever([ClaimSpec("c", "Ivermectin protects workers from infection.")], (), FarEmbedder())
    assert retriever.touches_topic(text, None) is read
