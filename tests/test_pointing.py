"""A sentence that only says who told what stands elsewhere is no quote of a position."""

from __future__ import annotations

import pytest

from claimline.matching.names import NameFinder
from claimline.matching.pointing import of_two_others, only_points
from claimline.models import Name


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


ENGINES = NameFinder([Name("K-12", ("K12", "К-12"))])
CLAIM = "The K-12 engine can run on hydrogen."


@pytest.mark.parametrize(
    ("sentence", "before"),
    [
        ("Both of these engines can run on hydrogen, she said.", "The yard weighs the Vega or the Lyra instead of the K-12."),
        ("Diese beiden Motoren laufen auch mit Wasserstoff.", "Statt des K-12 könnten Vega oder Lyra eingebaut werden."),
        ("Обе эти машины могут работать на водороде.", "Вместо К-12 верфь хочет купить Vega или Lyra."),
        ("Ces deux moteurs acceptent l'hydrogène.", "À la place du K-12, le chantier étudie la Vega ou la Lyra."),
        ("Bu iki motor hidrojenle çalışabiliyor.", "Tersane K-12 yerine Vega veya Lyra almayı düşünüyor."),
    ],
)
def test_two_others_are_not_the_claims_thing(sentence: str, before: str) -> None:
    assert of_two_others(sentence, before, CLAIM, ENGINES)


@pytest.mark.parametrize(
    ("sentence", "before"),
    [
        ("Both of these engines can run on hydrogen.", "The yard has the Vega and the K-12 in stock."),
        ("Both of these engines can run on hydrogen.", "The K-12 and the Vega are in stock."),
        ("Both of these, the K-12 and the Vega, can run on hydrogen.", "The yard looked at engines instead of the K-12."),
        ("Both of these engines can run on hydrogen.", "The yard has two engines in stock."),
        ("It can run on hydrogen.", "The yard weighs the Vega or the Lyra instead of the K-12."),
        ("Обе эти машины могут работать на водороде.", "На верфи стоят Vega и К-12."),
    ],
)
def test_the_claims_thing_may_be_one_of_two(sentence: str, before: str) -> None:
    assert not of_two_others(sentence, before, CLAIM, ENGINES)


def test_a_claim_without_a_name_of_the_topic_is_left_alone() -> None:
    assert not of_two_others("Both of these can fly.", "The X instead of the K-12.", "Pigs can fly.", ENGINES)
