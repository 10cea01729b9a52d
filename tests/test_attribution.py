"""Who said it, on which day, by which agency, in which modality: in twelve languages, and unknown where nobody is named.

tests/data/attribution.jsonl holds 655 labelled sentences of our own. Those of the sets "first" to "sixth look" were written
before the rules were run on them; at that first sight 72 % (63 of 87), 84 % (59 of 70), 74 % (46 of 62), 72 % (34 of 47), 72 %
(86 of 120) and 82 % (49 of 60; of the others 6 missed, 5 wrong) were right, which is what to expect of new text. From the fifth
on a speaker without a name counts only if shown by role, and every row has its agency. Verbs and trades that a grammar lacks
are most of what is missed: they cost a speaker rather than give a wrong one.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimline.matching import attribution, quoted
from claimline.models import Person, Speaker, SpeakerBasis

PEOPLE = (
    Person(
        "jens-stoltenberg",
        "Jens Stoltenberg",
        (
            "Stoltenberg",
            "Йенс Столтенберг",
            "Столтенберг",
            "Єнс Столтенберг",
            "NATO chief",
            "генсек НАТО",
            "ينس ستولتنبرغ",
            "ستولتنبرغ",
        ),
        "Secretary General of NATO, 2014 to 2024",
    ),
    Person(
        "recep-tayyip-erdogan",
        "Recep Tayyip Erdogan",
        ("Erdoğan", "Recep Tayyip Erdoğan", "Эрдоган", "Реджеп Тайип Эрдоган", "أردوغان"),
        "President of Turkey",
    ),
    Person("hulusi-akar", "Hulusi Akar", ("Хулуси Акар",), "Defence minister of Turkey"),
    Person("mevlut-cavusoglu", "Mevlut Cavusoglu", ("Mevlüt Çavuşoğlu",), "Foreign minister of Turkey"),
    Person("sergey-chemezov", "Sergey Chemezov", ("Sergei Chemezov", "Сергей Чемезов", "Sergey Çemezov"), "Head of Rostec"),
)
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "data" / "attribution.jsonl").read_text(encoding="utf-8").splitlines()
]
LANGUAGES = sorted({row["lang"] for row in ROWS})


def speaker_of(text: str, quote: str, lang: str = "en", people: tuple[Person, ...] = PEOPLE) -> str | None:
    start = text.index(quote)
    found = attribution.speaker(text, start, start + len(quote), lang=lang, people=people)
    return (found.key or None) if found else None


def attributed(row: dict[str, Any]) -> Speaker | None:
    start = row["text"].index(row["quote"])
    return attribution.speaker(row["text"], start, start + len(row["quote"]), lang=row["lang"], people=PEOPLE)


def said_on(text: str, quote: str, published: str | None, lang: str = "en") -> date | None:
    start = text.index(quote)
    day = date.fromisoformat(published) if published else None
    found = attribution.said(text, start, start + len(quote), lang=lang, published=day, people=PEOPLE)
    return found.day if found else None


# --- A trade and a name ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "text", "quote"),
    [
        ("en", 'Engineer Ada Brandt was there.\n\n"The bridge is safe," the engineer said.', "The bridge is safe"),
        ("en", '"It will hold," stevedore Ada Brandt said. The stevedore said that the bridge is safe.', "the bridge is safe"),
        ("de", 'Die Lotsin Ada Brandt war dort. "Die Brücke ist sicher", sagte die Lotsin.', "Die Brücke ist sicher"),
        ("fr", "« Il tiendra », a dit la docker Ada Brandt. « Le pont est sûr », a dit la docker.", "Le pont est sûr"),
        ("es", '"Aguantará", dijo la estibadora Ada Brandt. "El puente es seguro", dijo la estibadora.', "El puente es seguro"),
        ("it", "«Reggerà», ha detto l'ingegnera Ada Brandt. «Il ponte è sicuro», ha detto l'ingegnera.", "Il ponte è sicuro"),
        ("pt", '"Vai aguentar", disse a estivadora Ada Brandt. "A ponte é segura", disse a estivadora.', "A ponte é segura"),
        ("nl", '"Hij houdt het", zei de bakker Ada Brandt. "De brug is veilig", zei de bakker.', "De brug is veilig"),
        ("ru", "«Он выдержит», — сказала инженер Ада Брандт. «Мост безопасен», — сказала инженер.", "Мост безопасен"),
        ("tr", 'Mühendis Ada Brandt, "Dayanır" dedi. Mühendis, "Köprü güvenli" dedi.', "Köprü güvenli"),
    ],
)
def test_who_is_named_with_a_trade_and_then_by_it_alone_is_one_speaker(lang: str, text: str, quote: str) -> None:
    assert (speaker_of(text, quote, lang, people=()) or "").endswith("ada-brandt")  # with the trade where it has a capital


@pytest.mark.parametrize(
    "text",
    [
        'Stevedore Ada Brandt and stevedore Tom Lee were there. "The bridge is safe," the stevedore said.',  # which of them?
        'Stevedore Ada Brandt was there. "The bridge is safe," another stevedore said.',
        'Stevedore Ada Brandt was there. "The bridge is safe," a stevedore said.',
        'Stevedore Ada Brandt was there. "The bridge is safe," her stevedore said.',
        'Stevedore Ada Brandt was there. "The bridge is safe," the baker said.',
        '"The bridge is safe," the stevedore said. Stevedore Ada Brandt was not there.',
    ],
)
def test_another_of_the_trade_is_nobody_who_was_named(text: str) -> None:
    assert speaker_of(text, "The bridge is safe", people=()) is None


# --- The labelled sentences -----------------------------------------------------------------------------------------


def test_the_labelled_sentences_are_of_many_languages() -> None:
    assert len(ROWS) >= 650
    assert len(LANGUAGES) >= 12


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nearly_every_sentence_gets_its_speaker(lang: str) -> None:
    rows = [row for row in ROWS if row["lang"] == lang]
    missed = [row["text"] for row in rows if speaker_of(row["text"], row["quote"], lang) != row["speaker"]]
    assert len(missed) <= len(rows) * 0.1, missed


def test_the_day_said_is_right_or_left_open() -> None:
    rows = [row for row in ROWS if row["speaker"]]
    got = [(said_on(row["text"], row["quote"], row["published"], row["lang"]), row["said"]) for row in rows]
    wrong = sum(1 for day, want in got if day is not None and day.isoformat() != want)
    assert wrong <= len(rows) * 0.01
    assert sum(1 for day, want in got if (day.isoformat() if day else None) == want) >= len(rows) * 0.98


def test_the_narrator_is_nobody() -> None:
    narrated = [row for row in ROWS if row["speaker"] is None]
    named = [row["text"] for row in narrated if speaker_of(row["text"], row["quote"], row["lang"])]
    assert len(narrated) >= 60
    assert not named


def test_no_language_has_a_row_twice() -> None:
    assert max(Counter((row["text"], row["quote"]) for row in ROWS).values()) == 1


UNNAMED = [row for row in ROWS if row.get("role")]
CITED = [row for row in ROWS if "via" in row]


def test_somebody_unnamed_is_shown_by_the_role_that_the_text_gives() -> None:
    shown = [(attributed(row), row) for row in UNNAMED]
    missed = [row["text"] for found, row in shown if found is None or found.key or row["role"] not in found.written.lower()]
    assert len(UNNAMED) >= 90
    assert len(missed) <= len(UNNAMED) * 0.02, missed


def test_where_nobody_speaks_nobody_is_shown() -> None:
    narrated = [row for row in CITED if row["speaker"] is None and row["role"] is None]
    assert len(narrated) >= 12
    assert not [row["text"] for row in narrated if attributed(row) is not None]


def test_the_agency_that_a_text_cites_is_its_via() -> None:
    wrong = [row["text"] for row in CITED if attribution.via(row["text"], row["lang"]) != row["via"]]
    assert sum(1 for row in CITED if row["via"]) >= 22
    assert not wrong


# --- One person under many names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", 'Jens Stoltenberg said: "It cannot be linked."'),
        ("en", '"It cannot be linked," the NATO chief said.'),
        ("en", 'Stoltenberg\'s view was clear. "It cannot be linked," said Stoltenberg.'),
        ("ru", "«It cannot be linked», — цитирует издание слова. По словам Столтенберга, it cannot be linked."),
        ("tr", "Stoltenberg'e göre it cannot be linked."),
        ("ar", "قال ستولتنبرغ إن it cannot be linked."),
    ],
)
def test_a_person_is_one_under_every_spelling(lang: str, text: str) -> None:
    start = text.rindex("t cannot be linked")
    found = attribution.speaker(text, start, start + 18, lang=lang, people=PEOPLE)
    assert found is not None
    assert (found.key, found.basis) == ("jens-stoltenberg", SpeakerBasis.PERSON_LIST)


def test_the_article_itself_tells_who_a_surname_is() -> None:
    text = "Foreign minister Ana Brandt spoke on Monday. The deal is dead, Brandt said. No talks are planned, the minister added."
    assert speaker_of(text, "The deal is dead") == speaker_of(text, "No talks are planned") == "ana-brandt"


def test_a_namesake_with_another_first_name_is_another_person() -> None:
    assert speaker_of("Ali Akar, a farmer, said the field was dry.", "the field was dry") == "ali-akar"


def test_somebody_unnamed_is_shown_and_is_the_same_as_nobody() -> None:
    text = "Officials said the deal was close."
    found = attribution.speaker(text, 15, len(text), lang="en", people=())
    assert found is not None
    assert (found.written, found.key, found.basis) == ("Officials", "", SpeakerBasis.UNKNOWN)


def test_a_name_in_another_alphabet_is_the_person_whose_name_sounds_so() -> None:
    assert speaker_of("Президент Туреччини Ердоган заявив, що це кінець.", "це кінець", "uk") == "recep-tayyip-erdogan"
    assert speaker_of("Tschemesow sagte, die Lieferung sei erfolgt.", "die Lieferung sei erfolgt", "de") == "sergey-chemezov"
    assert speaker_of("Ахмет Ердоган, фермер, сказав, що поле сухе.", "поле сухе", "uk") == "akhmet-erdogan"


@pytest.mark.parametrize(
    ("lang", "text", "quote", "speaker"),
    [
        ("pl", "Obraz został namalowany przez Jana Matejkę, powiedziała Anna Król.", "Obraz został namalowany", "anna-krol"),
        ("pl", "Obraz został namalowany przez Jana Matejkę. Nigdy nie był wystawiany.", "Nigdy nie był wystawiany", None),
        ("en", "The curator said the painting, which was made by Goya in 1810, was stolen.", "was stolen", None),
        ("en", "The bank said the loan approved by Maria Keller was repaid.", "was repaid", None),
        ("de", "Laut einer von Christian Drosten verfassten Studie wirkt die Impfung.", "wirkt die Impfung", None),
        ("fr", "Le pont, conçu par Jean Nouvel, est fermé, a dit Ana Petit.", "est fermé", "ana-petit"),
        ("tr", "Ahmet Kaya tarafından yapılan köprünün kapandığını Ayşe Demir açıkladı.", "köprünün kapandığını", "ayse-demir"),
    ],
)
def test_whoever_made_a_work_does_not_speak_of_it(lang: str, text: str, quote: str, speaker: str | None) -> None:
    assert speaker_of(text, quote, lang) == speaker


def test_the_neighbour_is_not_the_expert_who_spoke_before() -> None:
    text = "Economist Ana Brandt said prices would fall. The neighbour said he doubted it. The economist said wages would too."
    assert speaker_of(text, "he doubted it") is None
    assert speaker_of(text, "wages would too") == "ana-brandt"


def test_a_common_noun_that_no_grammar_lists_is_shown_as_the_text_writes_it() -> None:
    text = '"We have run out of flour," said the baker.'
    found = attribution.speaker(text, 1, 25, lang="en", people=())
    assert found is not None
    assert (found.written, found.key) == ("the baker", "")


def test_his_spokesman_is_not_he() -> None:
    text = "Erdogan has ruled out a sale, his spokesman said."
    assert speaker_of(text, "has ruled out a sale") is None


def test_an_agency_is_no_speaker() -> None:
    text = "The deal is close, Reuters reported."
    assert attribution.speaker(text, 0, 17, lang="en", people=()) is None
    assert attribution.via(text, "en") == "Reuters"


# --- Where the speaker stands ---------------------------------------------------------------------------------------


def test_a_sentence_that_points_back_attributes_the_one_before() -> None:
    text = "The missiles pose a threat. This was announced on Tuesday, December 29, by Jens Stoltenberg, reports Interfax."
    assert speaker_of(text, "The missiles pose a threat") == "jens-stoltenberg"
    assert said_on(text, "The missiles pose a threat", "2020-12-29") == date(2020, 12, 29)


def test_a_quote_of_several_sentences_has_one_speaker() -> None:
    text = 'Akar spoke in Ankara. "We bought it. It is ours. Nobody may forbid it," he said.'
    assert {speaker_of(text, part) for part in ("We bought it", "It is ours", "Nobody may forbid it")} == {"hulusi-akar"}


def test_two_speakers_in_one_sentence_keep_their_own_words() -> None:
    text = "Erdogan said the deal was done, but Stoltenberg insisted that it could still be undone."
    assert speaker_of(text, "the deal was done") == "recep-tayyip-erdogan"
    assert speaker_of(text, "it could still be undone") == "jens-stoltenberg"


def test_german_speech_goes_on_in_the_subjunctive() -> None:
    text = "Stoltenberg sagte, das System sei teuer. Es könne nicht angeschlossen werden. Die Lieferung begann 2019."
    assert speaker_of(text, "Es könne nicht angeschlossen werden", "de") == "jens-stoltenberg"
    assert speaker_of(text, "Die Lieferung begann 2019", "de") is None


# --- The day --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lang", "day"),
    [
        ("Stoltenberg said on Monday that it was over.", "en", date(2020, 12, 28)),
        ("Stoltenberg said late on Tuesday that it was over.", "en", date(2020, 12, 29)),
        ("Stoltenberg said last Tuesday that it was over.", "en", date(2020, 12, 22)),
        ("Stoltenberg said on December 14 that it was over.", "en", date(2020, 12, 14)),
        ("Stoltenberg said on 3 March 2019 that it was over.", "en", date(2019, 3, 3)),
        ("Stoltenberg said yesterday that it was over.", "en", date(2020, 12, 28)),
        ("Stoltenberg said that it was over on Monday.", "en", None),
        ("Stoltenberg said earlier in December that it was over.", "en", None),
        ("В понедельник Столтенберг заявил, что it was over.", "ru", date(2020, 12, 28)),
        ("Stoltenberg pazartesi günü it was over dedi.", "tr", date(2020, 12, 28)),
        ("Stoltenberg a déclaré lundi que it was over.", "fr", date(2020, 12, 28)),
        ("Am Montag sagte Stoltenberg, it was over.", "de", date(2020, 12, 28)),
        ("Stoltenberg disse nesta segunda-feira (28) que it was over.", "pt", date(2020, 12, 28)),
    ],
)
def test_the_day_is_told_relative_to_the_article(text: str, lang: str, day: date | None) -> None:
    assert said_on(text, "it was over", "2020-12-29", lang) == day


def test_without_the_article_s_day_a_weekday_tells_nothing() -> None:
    assert said_on("Stoltenberg said on Monday that it was over.", "it was over", None) is None


def test_one_press_conference_dates_all_that_its_speaker_says() -> None:
    text = "Stoltenberg spoke in an interview late on Monday.\n\nIt was over, Stoltenberg said.\n\nAkar said it was not."
    assert said_on(text, "It was over", "2017-10-10") == date(2017, 10, 9)
    assert said_on(text, "it was not", "2017-10-10") is None


# --- Modality -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "lang", "kind"),
    [
        ("The system cannot be integrated", "en", "cannot"),
        ("The system can be integrated", "en", "can"),
        ("Turkey will buy a second batch", "en", "will"),
        ("Turkey will not buy it", "en", "will-not"),
        ("Turkey may buy it", "en", "may"),
        ("Turkey must return it", "en", "must"),
        ("Turkey has asked for it", "en", "asked"),
        ("There has been no request from Turkey", "en", "has-not-asked"),
        ("The system has not yet been delivered", "en", "has-not-yet"),
        ("The system has been delivered", "en", "has"),
        ("Ankara denied it", "en", "denied"),
        ("As long as Turkey keeps it", "en", "conditional"),
        ("It is a risk, he stressed", "en", None),
        ("Система не может быть интегрирована", "ru", "cannot"),
        ("Система может быть интегрирована", "ru", "can"),
        ("Поставки ещё не начались", "ru", "has-not-yet"),
        ("Sistem entegre edilemez", "tr", "cannot"),
        ("Henüz teslim edilmedi", "tr", "has-not-yet"),
        ("Le système ne peut pas être intégré", "fr", "cannot"),
        ("Das System kann nicht integriert werden", "de", "cannot"),
        ("Es gibt noch keinen Antrag", "de", "has-not-asked"),
        ("لا يمكن دمج المنظومة", "ar", "cannot"),
    ],
)
def test_the_modality_of_the_deciding_words(span: str, lang: str, kind: str | None) -> None:
    assert attribution.modality(span, lang) == kind


# --- Whatever comes -------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("aBсД «»“”\"',.:—\n said он Stoltenberg"), max_size=120), st.sampled_from([*LANGUAGES, "xx"])
)
def test_any_text_gets_an_answer(text: str, lang: str) -> None:
    attribution.speaker(text, 0, len(text), lang=lang, people=PEOPLE)
    attribution.said(text, 0, len(text), lang=lang, published=date(2020, 1, 1))


def test_a_word_without_an_end_is_read_in_no_time() -> None:
    begun = time.process_time()
    attribution.speaker("A" * 60_000, 0, 10, lang="en", people=PEOPLE)
    assert time.process_time() - begun < 5


@settings(deadline=None)
@given(st.text(alphabet="ab.\"“”„«»' \n", max_size=80))
def test_masking_quotes_keeps_every_offset(text: str) -> None:
    spans = quoted.quotations(text)
    hidden = quoted.masked(text, spans)
    assert len(hidden) == len(text)
    assert all(a.end <= b.start for a, b in pairwise(spans))
