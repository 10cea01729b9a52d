"""Numbers and dates that differ are no support: pairs in a dozen languages, on topics of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from claimline.matching import deadlines, figures, quantities
from claimline.matching.matcher import Matcher, Text
from claimline.matching.stance import Pair, PairReader, StanceProbs
from claimline.models import ClaimSpec, Stance, Topic

SURE = StanceProbs(supports=0.9, refutes=0.02, neutral=0.05, unrelated=0.03)
PUBLISHED = date(2025, 3, 10)

FLOOD = "At least 40 people were killed in the Odra flood."
COST = "The stadium will cost more than 2.5 billion euros."
VACCINE = "The vaccine is at least 90 percent effective."
TUNNEL = "The Brenner tunnel will open by the end of 2027."
JAIL = "The banker was sentenced to 15 years in prison."
JETS = "Peru has ordered 24 fighter jets."
STRIKE = "Fewer than 500 workers joined the strike."
REACTOR = "The reactor produces 1,600 megawatts."
TREATY = "The fisheries treaty was signed in 2019."
CENTRIFUGES = "The plant runs 5,000 centrifuges."
PIPE = "The pipeline is 300 kilometres long."
ARRESTS = "Police detained 120 people at the march."

# keeps: support stays; refutes: it becomes refutation; drops: it is support no more, and no side is taken in its place.
PAIRS: list[tuple[str, str, str, str]] = [
    # at least
    (FLOOD, "en", "The flood killed 43 people, officials said.", "keeps"),
    (FLOOD, "en", "More than 50 people died when the Odra burst its banks.", "keeps"),
    (FLOOD, "en", "Twelve people were killed when the Odra burst its banks.", "refutes"),
    (FLOOD, "en", "At least 12 people were killed by the flood.", "drops"),
    (FLOOD, "en", "Up to 60 people may have been killed.", "drops"),
    (FLOOD, "en", "Fewer than 20 people died in the flood.", "refutes"),
    (FLOOD, "en", "Dozens of people died in the flood.", "keeps"),
    (FLOOD, "en", "The flood also injured 12 people.", "keeps"),
    (FLOOD, "en", "Forty-two people lost their lives, among them 11 children.", "keeps"),
    (FLOOD, "en", "The flood killed scores in the valley.", "keeps"),
    (FLOOD, "en", "A 12-year-old boy was among those killed by the flood.", "keeps"),
    (FLOOD, "ru", "В результате наводнения погибли 45 человек.", "keeps"),
    (FLOOD, "ru", "В результате наводнения погибли двенадцать человек.", "refutes"),
    (FLOOD, "ru", "Погибли не менее 12 человек, сообщили в МЧС.", "drops"),
    (FLOOD, "uk", "Внаслідок повені загинули 15 осіб.", "refutes"),
    (FLOOD, "uk", "Загинуло понад 40 людей.", "keeps"),
    (FLOOD, "tr", "Selde 40'tan fazla kişi öldü.", "keeps"),
    (FLOOD, "tr", "Selde 12 kişi hayatını kaybetti.", "refutes"),
    (FLOOD, "tr", "Selde en az 12 kişi öldü.", "drops"),
    (FLOOD, "fr", "Les inondations ont tué 14 personnes.", "refutes"),
    (FLOOD, "fr", "Au moins 41 personnes sont mortes dans les inondations.", "keeps"),
    (FLOOD, "de", "Bei dem Hochwasser kamen zwölf Menschen ums Leben.", "refutes"),
    (FLOOD, "de", "Mindestens 45 Menschen starben im Hochwasser.", "keeps"),
    (FLOOD, "es", "La inundación dejó 15 muertos.", "refutes"),
    (FLOOD, "es", "Al menos 44 personas murieron.", "keeps"),
    (FLOOD, "it", "L'alluvione ha ucciso 15 persone.", "refutes"),
    (FLOOD, "pt", "A enchente matou pelo menos 12 pessoas, que morreram no vale.", "drops"),
    (FLOOD, "nl", "Door de overstroming zijn 13 mensen omgekomen.", "refutes"),
    (FLOOD, "pl", "W powodzi zginęło 12 osób.", "refutes"),
    (FLOOD, "pl", "Zginęły co najmniej 42 osoby.", "keeps"),
    (FLOOD, "ar", "مقتل ١٢ شخصا في الفيضان", "refutes"),
    (FLOOD, "ar", "مقتل 45 شخصا على الأقل في الفيضان", "keeps"),
    # money, with each language's marks and scales
    (COST, "en", "The stadium will cost €3.1bn, the auditors found.", "keeps"),
    (COST, "en", "The stadium comes at a price of 1.2 billion euros.", "refutes"),
    (COST, "de", "Das Stadion kostet 2,9 Milliarden Euro.", "keeps"),
    (COST, "de", "Das Stadion kostet 900 Millionen Euro.", "refutes"),
    (COST, "fr", "Le stade coûtera 1,1 milliard d'euros.", "refutes"),
    (COST, "es", "El estadio costará 3.200 millones de euros.", "keeps"),
    (COST, "it", "Lo stadio costerà 800 milioni di euro.", "refutes"),
    (COST, "ru", "Стадион обойдётся в 2,8 млрд евро.", "keeps"),
    (COST, "ru", "Стадион обойдётся в 700 млн евро.", "refutes"),
    (COST, "en", "The stadium will cost 3 billion dollars.", "keeps"),  # another currency: not compared
    (COST, "en", "The stadium will have 60,000 seats.", "keeps"),
    # per cent
    (VACCINE, "en", "The vaccine proved 94.5% effective in the trial.", "keeps"),
    (VACCINE, "en", "The vaccine was only 62 percent effective.", "refutes"),
    (VACCINE, "tr", "Aşının yüzde 65 etkili olduğu açıklandı.", "refutes"),
    (VACCINE, "tr", "Aşı yüzde 92 etkili.", "keeps"),
    (VACCINE, "de", "Der Impfstoff wirkt zu 70 Prozent.", "refutes"),
    (VACCINE, "ar", "فعالية اللقاح 95 في المئة", "keeps"),
    # other units
    (JAIL, "en", "The judge sentenced him to 15 years.", "keeps"),
    (JAIL, "en", "The judge sentenced the banker to eight years in prison.", "drops"),
    (JAIL, "en", "The 61-year-old banker was sentenced on Monday.", "keeps"),
    (JETS, "en", "Lima ordered two dozen fighter jets.", "keeps"),
    (JETS, "en", "Lima signed for 12 fighter jets.", "refutes"),
    (JETS, "fr", "Le Pérou a commandé 24 avions de combat.", "keeps"),
    (JETS, "es", "Perú compró 12 aviones de combate.", "refutes"),
    (STRIKE, "en", "Some 2,000 workers walked out, the union said.", "drops"),
    (STRIKE, "en", "About 300 workers walked out.", "keeps"),
    (REACTOR, "en", "At full load the reactor delivers 1.6 GW.", "keeps"),
    (REACTOR, "en", "At full load the reactor delivers 900 MW.", "refutes"),
    (REACTOR, "ru", "Мощность реактора составляет 1200 МВт.", "refutes"),
    (CENTRIFUGES, "en", "Some 5,060 advanced centrifuges are spinning at the plant.", "keeps"),
    (CENTRIFUGES, "en", "The plant runs 3,000 centrifuges.", "refutes"),
    (CENTRIFUGES, "en", "The plant employs 3,000 engineers.", "keeps"),
    (PIPE, "en", "The pipeline runs for 186 miles.", "keeps"),
    (PIPE, "en", "The 90-kilometre pipeline was laid last year.", "refutes"),
    (ARRESTS, "en", "Police detained 120 people; 7 officers were injured.", "keeps"),
    (ARRESTS, "en", "Police detained 35 people at the march.", "refutes"),
    (ARRESTS, "en", "Between 100 and 150 people were detained.", "keeps"),
    (ARRESTS, "en", "Some 10,000 people marched, and 120 were arrested.", "keeps"),
    # deadlines
    (TUNNEL, "en", "The tunnel is to open in December 2026.", "keeps"),
    (TUNNEL, "en", "The first trains will run in 2027, the operator said.", "keeps"),
    (TUNNEL, "en", "The first trains will run in 2032, the operator said.", "refutes"),
    (TUNNEL, "en", "The tunnel will not open before 2032.", "refutes"),
    (TUNNEL, "en", "The tunnel opens by 2032 at the latest.", "drops"),
    (TUNNEL, "en", "The tunnel will open next year.", "keeps"),
    (TUNNEL, "en", "The minister, who took office in 2023, said it would open in 2032.", "refutes"),
    (TUNNEL, "en", "Work on the tunnel began in 2008.", "keeps"),
    (TUNNEL, "de", "Der Tunnel soll bis Ende 2027 in Betrieb gehen.", "keeps"),
    (TUNNEL, "de", "Der Tunnel geht frühestens im März 2032 in Betrieb.", "refutes"),
    (TUNNEL, "it", "Il tunnel aprirà entro la fine del 2027.", "keeps"),
    (TUNNEL, "it", "Il tunnel aprirà nel 2032.", "refutes"),
    (TUNNEL, "fr", "Le tunnel ouvrira d'ici la fin de 2027.", "keeps"),
    (TUNNEL, "fr", "Le tunnel n'ouvrira pas avant 2032.", "refutes"),
    (TUNNEL, "ru", "Тоннель откроют не раньше 2032 года.", "refutes"),
    (TUNNEL, "tr", "Tünel 2027 sonuna kadar açılacak.", "keeps"),
    (TUNNEL, "tr", "Tünel 2032'de açılacak.", "refutes"),
    (TUNNEL, "tr", "Tünel 2032'den önce açılmayacak.", "refutes"),
    (TUNNEL, "tr", "Tünel 2027'den önce açılacak.", "keeps"),
    (TUNNEL, "es", "El túnel abrirá en 2031.", "refutes"),
    (TUNNEL, "pl", "Tunel zostanie otwarty do końca 2027 roku.", "keeps"),
    (TUNNEL, "ar", "سيفتح النفق بحلول نهاية عام 2027", "keeps"),
    (TREATY, "en", "The treaty was signed in Lisbon on 4 June 2019.", "keeps"),
    (TREATY, "en", "The treaty was signed in 2021.", "drops"),
    (TREATY, "en", "The treaty, signed in 2019, entered into force in 2021.", "keeps"),
    (TREATY, "ru", "Договор подписали в 2021 году.", "drops"),
    (TREATY, "en", "The treaty was signed in Lisbon.", "keeps"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "lang", "passage", "expected"), PAIRS, ids=[p[2][:48] for p in PAIRS])
def test_a_figure_is_read_as_a_person_reads_it(claim: str, lang: str, passage: str, expected: str) -> None:
    p, note = figures.checked(claim, passage, SURE, lang=lang, published=PUBLISHED)
    best = max(("supports", "refutes", "neutral", "unrelated"), key=lambda k: getattr(p, k))
    got = {"supports": "keeps", "refutes": "refutes"}.get(best, "drops")
    assert got == expected, (note, quantities.read(passage, lang), deadlines.read(passage, lang, PUBLISHED))
    assert p.supports + p.refutes + p.neutral + p.unrelated == pytest.approx(1.0)
    assert bool(note) == (expected != "keeps")


def test_there_are_pairs_enough_in_every_language() -> None:
    assert len(PAIRS) >= 60
    assert len({lang for _, lang, _, _ in PAIRS}) == 12


@pytest.mark.parametrize("passage", ["Twelve people were killed.", "The tunnel opens in 2032.", ""])
def test_a_claim_without_figures_is_left_alone(passage: str) -> None:
    claim = "The S-75 missile can be integrated into Article 5 planning."
    assert figures.checked(claim, passage, SURE, lang="en", published=PUBLISHED) == (SURE, "")


def test_only_support_is_ever_taken_away() -> None:
    against = StanceProbs(0.05, 0.9, 0.03, 0.02)
    assert figures.checked(FLOOD, "Twelve people were killed.", against, lang="en", published=None) == (against, "")


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The F-35 and the Su-57 met S-400 batteries.", "en"),
        ("COVID-19 and Article 5 of the treaty", "en"),
        ("on 3 May 2024 at 10:30", "en"),
        ("a 40-year-old man", "en"),
        ("Germany has delivered Leopard 2 tanks", "en"),
        ("the grounding of Boeing 737 planes", "en"),
        ("40-летний мужчина", "ru"),
    ],
)
def test_names_dates_and_ages_are_no_quantities(text: str, lang: str) -> None:
    assert quantities.read(text, lang) == ()


@pytest.mark.parametrize(
    ("written", "lang", "value"),
    [
        ("1,234 people", "en", 1234),
        ("1.234 Menschen", "de", 1234),
        ("1 234 personnes", "fr", 1234),
        ("1,5 Millionen Menschen", "de", 1_500_000),
        ("1.5 million people", "en", 1_500_000),
        ("1.234.567 personas", "es", 1_234_567),
        ("12,345,678 people", "en", 12_345_678),
        ("٣٫٥ مليون شخص", "ar", 3_500_000),
        ("zwei Billionen Menschen", "de", 2e12),
        ("two billion people", "en", 2e9),
        ("3 milyar kişi", "tr", 3e9),
        ("12 тысяч человек", "ru", 12_000),
        ("20 tys. osób", "pl", 20_000),
        ("two hundred thousand people", "en", 200_000),
        ("2000 people", "en", 2000),
    ],
)
def test_each_languages_way_of_writing_a_number_is_read(written: str, lang: str, value: float) -> None:
    (found,) = quantities.read(written, lang)
    assert (found.value, found.unit) == (value, "people")


def test_what_is_told_from_the_articles_day_needs_that_day() -> None:
    (next_year,) = deadlines.read("It opens next year.", "en", PUBLISHED)
    assert (next_year.first, next_year.last) == (date(2026, 1, 1), date(2026, 12, 31))
    assert deadlines.read("It opens next year.", "en", None) == ()


def test_the_check_is_part_of_what_pins_a_matcher(monkeypatch: pytest.MonkeyPatch) -> None:
    from claimline.matching import matcher

    class Engine:
        matcher_hash = "x"
        languages = frozenset({"en"})

    before = matcher.matcher_hash(Engine())  # type: ignore[arg-type]
    monkeypatch.setattr(figures, "VERSION", "another")
    assert matcher.matcher_hash(Engine()) != before  # type: ignore[arg-type]


def test_a_headline_with_another_date_lends_the_article_no_support() -> None:
    from tests.test_fewshot import Words

    class Believer(PairReader):
        """Reads everything as support, as the model reads "by 2030" for "by the end of 2027"."""

        matcher_hash, languages, folder = "fake", frozenset({"en"}), Path("nowhere")

        def predict(self, pairs: Sequence[Pair]) -> list[StanceProbs]:
            return [SURE] * len(pairs)

    claims = (ClaimSpec("open", TUNNEL),)
    matcher = Matcher(Topic("t", "T", claims, ()), Believer(), Words())  # type: ignore[arg-type]
    words = "The Brenner tunnel will open by the end of {}, the ministry said on Monday in a note."
    told = {
        year: matcher.answer([Text("r", words.format(year), f"Brenner tunnel to open by {year}", "en", PUBLISHED)])[0]
        for year in (2027, 2030)
    }
    assert [j.stance for j in told[2027].judgements] == [Stance.SUPPORTS]
    assert [j.stance for j in told[2030].judgements if j.stance is not Stance.NEUTRAL] == []
