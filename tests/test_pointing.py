"""A sentence that only says who told what stands elsewhere is no quote of a position."""

from __future__ import annotations

import pytest

from claimline.matching.pointing import only_points


@pytest.mark.parametrize(
    "sentence",
    [
        "This was stated on Friday by the minister of health, Pauline Okoro, the agency reports.",
        "The mayor said this in an interview with local radio.",
        "Об этом в среду сообщила пресс-служба министерства.",
        "Про це повідомляє видання з посиланням на джерела в уряді.",
        "Das teilte das Ministerium am Montag mit.",
        "Dat schrijft zij woensdag aan de Kamer.",
        "Así lo anunció el martes el portavoz del Gobierno.",
        "A informação foi divulgada pela assessoria do tribunal.",
        "Lo ha annunciato il ministro dei Trasporti in una nota.",
        "O tym poinformował rzecznik prokuratury.",
        "Bunu dün akşam bakanlık sözcüsü açıkladı.",
    ],
)
def test_who_said_what_stands_elsewhere(sentence: str) -> None:
    assert only_points(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "This was announced on Friday by the minister, who added that the bridge cannot carry lorries.",
        "It was reported that the drug does not work.",
        "Об этом сообщил министр: мост закроют в мае.",
        "Das teilte das Ministerium mit, dass die Linie eröffnet wird.",
        "The minister said the bridge is safe.",
        "This was the third delivery since March.",
        "Announced in May, the recall was completed in July.",
    ],
)
def test_a_sentence_that_tells_something_itself_is_read(sentence: str) -> None:
    assert not only_points(sentence)
