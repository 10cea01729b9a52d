"""When an article was published: from where, how sure, and never from a clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimline import dates, day_words, text_dates, told_years
from claimline.models import DateBasis, DateFinding, Precision

SEEN = datetime(2026, 11, 22, 6, tzinfo=UTC)


def found(
    text: str = "", *, lang: str | None = None, seen: datetime = SEEN, marker: str | None = None, **said: str
) -> DateFinding:
    pairs = [(DateBasis(name), words) for name, words in said.items()]
    return dates.publication(pairs, text, lang=lang, first_seen=seen, marker=marker)


# --- The order of trust ---------------------------------------------------------------------------------------------


def test_the_most_trusted_place_decides() -> None:
    said = {"record": "2020-12-29", "metadata": "2020-12-28", "feed": "2020-12-27", "url": "2020-12-26"}
    for name, words in said.items():
        rest = {k: v for k, v in said.items() if list(said).index(k) >= list(said).index(name)}
        answer = found("ANKARA, 1 January 2019 (Agency) - Text.", **rest)
        assert (answer.day, answer.basis, answer.words) == (date.fromisoformat(words), DateBasis(name), words)


def test_the_text_comes_last() -> None:
    answer = found("ANKARA, 1 January 2019 (Agency) - Text.")
    assert (answer.day, answer.basis, answer.words) == (date(2019, 1, 1), DateBasis.TEXT, "1 January 2019")


def test_words_without_a_meaning_leave_the_place_to_the_next() -> None:
    assert found(record="yesterday", feed="Tue, 29 Dec 2020 10:00:00 GMT").basis is DateBasis.FEED


@pytest.mark.parametrize("words", ["1970-01-01T00:00:00Z", "0001-01-01", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_program_s_placeholder_is_no_date(words: str) -> None:
    assert found(metadata=words).candidates == ()
    assert found(metadata=words, url="2020-12-29").day == date(2020, 12, 29)


@pytest.mark.parametrize("words", ["", "yesterday", "2 hours ago", "soon", "0000-00-00", "2020-13-45", "10:00"])
def test_what_has_no_date_is_uncertain_and_never_today(words: str) -> None:
    answer = found("A text without a date.", record=words)
    assert (answer.day, answer.basis, answer.certain, answer.candidates) == (None, DateBasis.UNCERTAIN, False, ())


@pytest.mark.parametrize(
    ("words", "day", "precision"),
    [
        ("2020-12-29", date(2020, 12, 29), Precision.DAY),
        ("2020-12-29T10:00:00Z", date(2020, 12, 29), Precision.MINUTE),
        ("2020-12-29T23:30:00-05:00", date(2020, 12, 30), Precision.MINUTE),
        ("2020-12-29T01:30:00+03:00", date(2020, 12, 28), Precision.MINUTE),
        ("2020-12-29T00:00:00+03:00", date(2020, 12, 29), Precision.DAY),  # a bare day in disguise
        ("2020-12-29 14:05:00", date(2020, 12, 29), Precision.MINUTE),
        ("Tue, 29 Dec 2020 10:00:00 +0300", date(2020, 12, 29), Precision.MINUTE),
        ("20201229", date(2020, 12, 29), Precision.DAY),
        ("1609236000", date(2020, 12, 29), Precision.MINUTE),
        ("29.12.2020 14:05", date(2020, 12, 29), Precision.DAY),
        ("December 29, 2020", date(2020, 12, 29), Precision.DAY),
        ("Dec. 29, 2020", date(2020, 12, 29), Precision.DAY),
        ("29 декабря 2020 г.", date(2020, 12, 29), Precision.DAY),
        ("29 Aralık 2020 Salı", date(2020, 12, 29), Precision.DAY),
        ("mardi 29 décembre 2020", date(2020, 12, 29), Precision.DAY),
        ("29. Dezember 2020", date(2020, 12, 29), Precision.DAY),
        ("29 de diciembre de 2020", date(2020, 12, 29), Precision.DAY),
        ("29 dicembre 2020", date(2020, 12, 29), Precision.DAY),
        ("29 de dezembro de 2020", date(2020, 12, 29), Precision.DAY),
        ("29 grudnia 2020", date(2020, 12, 29), Precision.DAY),
        ("29 грудня 2020", date(2020, 12, 29), Precision.DAY),
        ("29 ديسمبر 2020", date(2020, 12, 29), Precision.DAY),
        ("29 كانون الأول 2020", date(2020, 12, 29), Precision.DAY),
        ("2020年12月29日", date(2020, 12, 29), Precision.DAY),
        ("٢٩ ديسمبر ٢٠٢٠", date(2020, 12, 29), Precision.DAY),
        ("29 joulukuuta 2020", date(2020, 12, 29), Precision.DAY),  # a language that only dateparser knows
    ],
)
def test_the_words_of_a_field_are_read(words: str, day: date, precision: Precision) -> None:
    answer = found(record=words)
    assert (answer.day, answer.basis, answer.precision) == (day, DateBasis.RECORD, precision)


@pytest.mark.parametrize("words", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:30:00+14:00", "Fri, 31 Dec 9999 23:59:59 -1400"])
def test_an_instant_beyond_the_calendar_is_uncertain(words: str) -> None:
    for answer in (found(metadata=words), found(record=words)):
        assert (answer.day, answer.basis) == (None, DateBasis.UNCERTAIN)


def test_an_instant_is_kept_in_utc() -> None:
    assert found(feed="2020-12-29T23:30:00-05:00").at == datetime(2020, 12, 30, 4, 30, tzinfo=UTC)


# --- Several readings -----------------------------------------------------------------------------------------------


def test_an_ambiguous_numeric_date_has_two_candidates() -> None:
    answer = found(record="03/04/2020", lang="en")
    assert (answer.day, answer.candidates) == (None, (date(2020, 4, 3), date(2020, 3, 4)))


@pytest.mark.parametrize("lang", ["fr", "de", "tr", "ru", "es"])
def test_the_language_tells_the_day_from_the_month(lang: str) -> None:
    assert found(record="03/04/2020", lang=lang).day == date(2020, 4, 3)


def test_dots_or_a_number_above_twelve_tell_it_too() -> None:
    assert found(record="03.04.2020", lang="en").day == date(2020, 4, 3)
    assert found(record="12/29/2020", lang="en").day == date(2020, 12, 29)


def test_a_less_trusted_place_may_choose_among_the_readings() -> None:
    answer = found(record="03/04/2020", url="2020-03-04", lang="en")
    assert (answer.day, answer.basis) == (date(2020, 3, 4), DateBasis.URL)
    assert found(record="03/04/2020", url="2020-05-05", lang="en").day is None


@pytest.mark.parametrize(
    ("words", "precision"),
    [
        ("2021-10", Precision.MONTH),
        ("October 2021", Precision.MONTH),
        ("октябрь 2021", Precision.MONTH),
        ("2021", Precision.YEAR),
    ],
)
def test_a_month_or_a_year_is_too_coarse_to_fold(words: str, precision: Precision) -> None:
    answer = found(record=words)
    assert (answer.day, answer.basis, answer.precision, answer.words) == (None, DateBasis.UNCERTAIN, precision, words)


def test_a_coarse_date_is_made_fine_by_one_that_agrees() -> None:
    assert found(record="2021-10", url="2021-10-14").day == date(2021, 10, 14)
    assert found(record="2021-10", url="2021-11-14").day is None


def test_a_date_in_the_future_is_uncertain() -> None:
    tomorrow, later = SEEN.date() + timedelta(days=1), SEEN.date() + timedelta(days=2)
    assert found(record=tomorrow.isoformat()).day == tomorrow
    answer = found(record=later.isoformat())
    assert (answer.day, answer.basis, answer.candidates) == (None, DateBasis.UNCERTAIN, (later,))


# --- Addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://a.example/2020/12/29/story", "2020-12-29"),
        ("https://a.example/news/2020-12-29-story.html", "2020-12-29"),
        ("https://a.example/news/20201229/story", "2020-12-29"),
        ("https://a.example/2020/12/story", "2020-12"),
        ("https://a.example/x-1.2050606", None),
        ("https://a.example/doc/8076436", None),
        ("https://a.example/2020/13/45/story", None),
        ("https://2020-12-29.example/story", None),
        ("notes/2020-12-29.txt", "2020-12-29"),
    ],
)
def test_an_address_may_tell_the_day(url: str, words: str | None) -> None:
    assert dates.url_words(url) == words


def test_numbers_in_an_address_that_would_be_a_future_day_are_no_date() -> None:
    assert found(url="2050-06-06").candidates == ()


# --- In the text: with a year ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "LONDON, Oct 10, 2017 (Reuters) - The minister spoke.",
        "МОСКВА, 10 октября 2017. /ТАСС/. Министр заявил.",
        "Paris, le 10 octobre 2017 - Le ministre a parlé.",
        "ANKARA, 10 Ekim 2017 (AA) - Bakan konuştu.",
        "Berlin, 10. Oktober 2017 (dpa) - Der Minister sprach.",
        "10 October 2017\nThe minister spoke.",
        "A headline\nPublished: 10 October 2017, 14:30\nThe minister spoke.",
        "Опубликовано 10 октября 2017 в 14:30\nМинистр заявил.",
        "The minister said on Tuesday, October 10, 2017, that it was so.",
        "The minister spoke at length about it.\nMuch later.\nPublished on October 10, 2017",
    ],
)
def test_a_dateline_or_a_line_of_its_own_dates_the_article(text: str) -> None:
    answer = found(text)
    assert (answer.day, answer.basis) == (date(2017, 10, 10), DateBasis.TEXT)


@pytest.mark.parametrize(
    "text",
    [
        "Взрывы 26 сентября 2022 года повредили газопроводы.",
        "On September 26, 2022, three strings of the pipeline were damaged.",
        "The contract was signed on 12 September 2017.",
        "The minister spoke.\nRELATED\n10:38, 06.05.2025\nAnother story\n27.12.2025",
    ],
)
def test_the_day_of_an_event_is_not_the_day_of_the_article(text: str) -> None:
    assert found(text).day is None


@pytest.mark.parametrize("text", [" date 2017-10-10 NATO ally", "Date: 10.10.2017\nNATO ally", "дата 2017-10-10 Союзник"])
def test_a_leading_marker_is_taken_off_the_text(text: str) -> None:
    marker, rest = text_dates.take_marker(text)
    assert marker is not None
    assert not rest.lower().startswith(("date", "дата"))
    answer = found(rest, marker=marker)
    assert (answer.day, answer.basis) == (date(2017, 10, 10), DateBasis.TEXT)


def test_a_sentence_about_a_date_is_no_marker() -> None:
    assert text_dates.take_marker("Date palms grow here. 2017-10-10") == (None, "Date palms grow here. 2017-10-10")


# --- In the text: without a year ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "This was announced on Tuesday, December 29, by the minister. Deliveries began in mid-July 2019.",
        "Об этом во вторник, 29 декабря, заявил министр. Поставки начались в июле 2019 года.",
        "Bakan 29 Aralık Salı günü açıkladı. Teslimat Temmuz 2019'da başladı.",
        "Le ministre l'a annoncé mardi 29 décembre. Les livraisons ont commencé en juillet 2019.",
        "Das sagte der Minister am Dienstag, 29. Dezember. Die Lieferungen hatten im Juli 2019 begonnen.",
        "Lo anunció el ministro el martes 29 de diciembre. Las entregas comenzaron en julio de 2019 y fueron largas.",
        "Lo ha annunciato martedì 29 dicembre il ministro. Le consegne, iniziate nel luglio 2019, hanno creato tensioni.",
        "O ministro anunciou na terça-feira, 29 de dezembro. As entregas começaram em julho de 2019 e foram longas.",
        "Dat zei de minister dinsdag 29 december. De leveringen werden in juli 2019 gestart.",
        "Minister ogłosił to we wtorek, 29 grudnia. Dostawy trwają od lipca 2019.",
        "Про це у вівторок, 29 грудня, заявив міністр. Постачання почалися в липні 2019 року, воно було довгим.",
        "أعلن الوزير ذلك يوم الثلاثاء 29 ديسمبر. وقد بدأت عمليات التسليم في يوليو 2019.",
    ],
)
def test_a_weekday_with_a_day_is_in_the_one_year_that_fits(text: str) -> None:
    answer = found(text)
    assert (answer.day, answer.basis) == (date(2020, 12, 29), DateBasis.INFERRED)


def test_several_years_that_fit_are_candidates_newest_first() -> None:
    answer = found("This was announced on Tuesday, December 29. The war had begun in 2014.")
    assert (answer.day, answer.basis) == (None, DateBasis.UNCERTAIN)
    assert answer.candidates == (date(2020, 12, 29), date(2015, 12, 29))
    assert answer.words == "Tuesday, December 29"


def test_no_year_that_fits_leaves_no_candidate() -> None:
    answer = found("This was announced on Tuesday, December 29. It was founded in 2021 and sold in 2022.")
    assert (answer.day, answer.basis, answer.candidates) == (None, DateBasis.UNCERTAIN, ())


def test_the_day_it_was_first_seen_bounds_the_years() -> None:
    text = "This was announced on Tuesday, December 29. Deliveries began in mid-July 2019."
    assert found(text, seen=datetime(2026, 12, 28, tzinfo=UTC)).day == date(2020, 12, 29)
    later = found(text, seen=datetime(2026, 12, 29, tzinfo=UTC))
    assert later.candidates == (date(2026, 12, 29), date(2020, 12, 29))


def test_a_day_still_to_come_does_not_date_the_article() -> None:
    text = "The talks will be held on Friday, January 8. The minister said so on Tuesday, December 29. It began in 2019."
    assert found(text).day == date(2020, 12, 29)


def test_a_dateline_without_a_year_or_a_weekday_stays_open() -> None:
    answer = found("BERLIN, August 27. /TASS/. Part of the crew had ties. A seventh died in December 2024.")
    assert (answer.day, answer.candidates) == (None, (date(2026, 8, 27), date(2025, 8, 27)))


def test_a_weekday_in_the_lead_helps_the_dateline() -> None:
    text = "ANKARA, December 29. /TASS/. The minister spoke on Tuesday, December 29. The deliveries began in July 2019."
    assert found(text).day == date(2020, 12, 29)


@pytest.mark.parametrize(
    "text",
    [
        "The plant will open by 2025.",
        "He hopes to see it delivered in 2019.",
        "The agency expected growth until 2025.",
        "Завод будет построен к 2025 году.",
        "Tesis 2025 yılında açılacak.",
        "L'usine sera ouverte en 2025.",
        "Das Werk soll 2025 eröffnet werden.",
        "Agenda 2025",
        "The car cost $2020.",
        "The plant made 2020 km of pipe.",
    ],
)
def test_plans_and_mere_numbers_are_not_told_as_past(text: str) -> None:
    assert told_years.latest_told(text, SEEN.date()) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It has stood there since 2019.", date(2019, 1, 1)),
        ("Deliveries began in mid-July 2019.", date(2019, 7, 1)),
        ("It was signed on 12 September 2017.", date(2017, 9, 12)),
        ("Система стоит там с 2019 года.", date(2019, 1, 1)),
        ("Sistem 2019'dan beri orada.", date(2019, 1, 1)),
        ("Das gilt seit Juli 2019.", date(2019, 7, 1)),
        ("It was built in 2015. It was sold in 2018. It will close in 2030.", date(2018, 1, 1)),
    ],
)
def test_the_latest_past_time_is_told(text: str, told: date) -> None:
    assert told_years.latest_told(text, SEEN.date()) == told


# --- Always ---------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=40))
def test_no_text_gives_a_day_that_it_does_not_name(text: str, words: str) -> None:
    answer = found(text, record=words)
    if answer.day is not None:
        assert any(char.isdigit() for char in text + words)


@settings(deadline=None)
@given(st.dates(date(1996, 1, 1), SEEN.date()))
def test_every_iso_day_reads_as_itself(day: date) -> None:
    assert found(record=day.isoformat()).day == day


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2026, 11, 1)))
def test_a_weekday_always_fits_its_own_day(day: date) -> None:
    words = f"{day:%A}, {day:%B} {day.day}"
    mention = day_words.mentions(f"It was announced on {words}.")[0]
    assert (mention.words, mention.weekday) == (words, day.weekday())
    assert day in mention.days(range(2000, 2027))


def test_modification_takes_the_first_certain_words() -> None:
    answer = dates.modification(["2031-01-01", "2020-12-30T10:00:00Z"], lang="en", first_seen=SEEN)
    assert answer is not None
    assert answer.day == date(2020, 12, 30)
    assert dates.modification([], lang="en", first_seen=SEEN) is None
