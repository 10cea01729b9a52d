# ruff: noqa: E501 -- tables of words are easier to read in long rows
"""The words that numbers are written with in twelve languages: numerals, scales, units, bounds. Tables only; `quantities` reads.

Patterns are joined over all languages where a word means the same in each; what differs (a German *Billion*) stands by language.
"""

from __future__ import annotations

# --- Numerals as words ----------------------------------------------------------------------------------------------

_NUMERALS: dict[str, str] = {
    "en": "two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13 fourteen=14 fifteen=15 "
    "sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90 "
    "dozen=12",
    "ru": "два=2 две=2 двух=2 двое=2 три=3 трех=3 трёх=3 трое=3 четыре=4 четырех=4 четырёх=4 пять=5 пяти=5 пятеро=5 шесть=6 шести=6 "
    "семь=7 семи=7 восемь=8 восьми=8 девять=9 девяти=9 десять=10 десяти=10 одиннадцать=11 двенадцать=12 двенадцати=12 пятнадцать=15 "
    "пятнадцати=15 двадцать=20 двадцати=20 тридцать=30 тридцати=30 сорок=40 сорока=40 пятьдесят=50 пятидесяти=50 сто=100 двести=200",
    "uk": "два=2 дві=2 двох=2 двоє=2 три=3 трьох=3 троє=3 чотири=4 чотирьох=4 п'ять=5 п’ять=5 п'яти=5 шість=6 сім=7 вісім=8 дев'ять=9 "
    "десять=10 дванадцять=12 п'ятнадцять=15 двадцять=20 тридцять=30 сорок=40 п'ятдесят=50 сто=100",
    "tr": "iki=2 üç=3 dört=4 beş=5 altı=6 yedi=7 sekiz=8 dokuz=9 on=10 yirmi=20 otuz=30 kırk=40 elli=50 altmış=60 yetmiş=70 seksen=80 "
    "doksan=90 yüz=100",
    "fr": "deux=2 trois=3 quatre=4 cinq=5 six=6 sept=7 huit=8 neuf=9 dix=10 onze=11 douze=12 treize=13 quatorze=14 quinze=15 seize=16 "
    "vingt=20 trente=30 quarante=40 cinquante=50 soixante=60 cent=100 douzaine=12 vingtaine=20 cinquantaine=50 centaine=100",
    "de": "zwei=2 drei=3 vier=4 fünf=5 sechs=6 sieben=7 acht=8 neun=9 zehn=10 elf=11 zwölf=12 dreizehn=13 vierzehn=14 fünfzehn=15 "
    "sechzehn=16 siebzehn=17 achtzehn=18 neunzehn=19 zwanzig=20 dreißig=30 vierzig=40 fünfzig=50 sechzig=60 siebzig=70 achtzig=80 "
    "neunzig=90 hundert=100 dutzend=12",
    "es": "dos=2 tres=3 cuatro=4 cinco=5 seis=6 siete=7 ocho=8 nueve=9 diez=10 once=11 doce=12 trece=13 catorce=14 quince=15 veinte=20 "
    "treinta=30 cuarenta=40 cincuenta=50 sesenta=60 setenta=70 ochenta=80 noventa=90 cien=100 docena=12",
    "it": "due=2 tre=3 quattro=4 cinque=5 sei=6 sette=7 otto=8 nove=9 dieci=10 undici=11 dodici=12 tredici=13 quindici=15 venti=20 "
    "trenta=30 quaranta=40 cinquanta=50 sessanta=60 settanta=70 ottanta=80 novanta=90 cento=100",
    "pt": "dois=2 duas=2 três=3 quatro=4 cinco=5 seis=6 sete=7 oito=8 nove=9 dez=10 onze=11 doze=12 treze=13 quinze=15 vinte=20 "
    "trinta=30 quarenta=40 cinquenta=50 sessenta=60 setenta=70 oitenta=80 noventa=90 cem=100",
    "nl": "twee=2 drie=3 vier=4 vijf=5 zes=6 zeven=7 acht=8 negen=9 tien=10 elf=11 twaalf=12 dertien=13 vijftien=15 twintig=20 dertig=30 "
    "veertig=40 vijftig=50 zestig=60 zeventig=70 tachtig=80 negentig=90 honderd=100",
    "pl": "dwa=2 dwie=2 dwóch=2 dwoje=2 trzy=3 trzech=3 cztery=4 czterech=4 pięć=5 pięciu=5 sześć=6 sześciu=6 siedem=7 siedmiu=7 osiem=8 "
    "ośmiu=8 dziewięć=9 dziesięć=10 dziesięciu=10 dwanaście=12 dwunastu=12 piętnaście=15 dwadzieścia=20 trzydzieści=30 czterdzieści=40 "
    "pięćdziesiąt=50 sto=100",
    "ar": "ثلاثة=3 ثلاث=3 أربعة=4 أربع=4 خمسة=5 خمس=5 ستة=6 ست=6 سبعة=7 سبع=7 ثمانية=8 تسعة=9 تسع=9 عشرة=10 عشر=10 عشرين=20 عشرون=20 "
    "ثلاثين=30 ثلاثون=30 أربعين=40 أربعون=40 خمسين=50 خمسون=50 مئة=100 مائة=100",
}

NUMERALS: dict[str, dict[str, float]] = {
    lang: {word: float(value) for word, _, value in (pair.partition("=") for pair in row.split())}
    for lang, row in _NUMERALS.items()
}

# --- Scales: thousand and up ------------------------------------------------------------------------------------------

_THOUSAND, _MILLION, _BILLION, _TRILLION = 1e3, 1e6, 1e9, 1e12
# Order matters: the longer words first.
SCALES: tuple[tuple[str, float], ...] = (
    (r"mil\s+mill?ones|mil\s+milhões|thousand\s+million|тысяч\w*\s+миллион\w*", _BILLION),
    (
        r"milliard[se]?|milliarden?|mrd\.?|milliardes|miliard\w*|mld\.?|miljard|миллиард\w*|млрд\.?|мільярд\w*|milyar|مليارات|مليار",
        _BILLION,
    ),
    (
        r"millions?|millionen?|mio\.?|mill?ones|millón|milion[ei]|milhões|milhão|miljoen|milion\w*|mln\.?|миллион\w*|млн\.?|мільйон\w*"
        r"|milyon|ملايين|مليون",
        _MILLION,
    ),
    (r"thousand|tausend|mille|mila|mil|duizend|tysi\w+|tys\.?|тысяч\w*|тыс\.?|тисяч\w*|тис\.?|bin|آلاف|ألف|الف", _THOUSAND),
    (r"triliony?|триллион\w*|трлн\.?|трильйон\w*|trilyon|trillion[se]?|bilhões\s+de\s+milhões|تريليون", _TRILLION),
)
# One word, two worlds: a billion is 10^9 in English and Portuguese of Brazil, 10^12 on the continent.
BILLION = r"billions?|billionen|bn|billón|billones|bilhões|bilhão|biliões|bilion\w*|biljoen|bilioni"
SHORT_SCALE = frozenset({"en", "pt", "tr"})

# "dozens", "hundreds", "thousands", "millions": an order of magnitude.
VAGUE: tuple[tuple[str, float], ...] = (
    (r"dozens|десятк\w+|onlarca|dizaines|douzaines|dutzende\w*|decenas|docenas|decine|dezenas|tientallen|dziesiąt\w+|عشرات", 10),
    (r"scores", 20),
    (r"hundreds|сотн[иямх]\w*|yüzlerce|centaines|hunderte\w*|cientos|centenares|centinaia|centenas|honderden|setk\w+|مئات", 100),
    (
        r"thousands|тысячи|тысячам\w*|тисячі|binlerce|milliers|tausende\w*|miles\s+de|migliaia|milhares|duizenden|tysiące|آلاف",
        1000,
    ),
    (r"millions\s+of|миллионы|мільйони|milyonlarca|des\s+millions|millionen\s+(?:von\s+)?[A-ZÄÖÜ]|millones\s+de|ملايين", 1e6),
)

# --- Bounds ---------------------------------------------------------------------------------------------------------

# Kind -> what stands before the number. "min": at least, "more": more than, "max": at most, "less": less than, "about".
BEFORE: dict[str, str] = {
    "min": r"at least|no fewer than|not fewer than|no less than|not less than|a minimum of|minimum of|не менее|не меньше|как минимум"
    r"|по меньшей мере|минимум|хотя бы|щонайменше|принаймні|не менше|en az(?:ından)?|asgari|au moins|au minimum|pas moins d[e'’]"
    r"|mindestens|wenigstens|zumindest|nicht weniger als|al menos|por lo menos|no menos de|como mínimo|almeno|perlomeno|non meno di"
    r"|pelo menos|ao menos|no mínimo|não menos de|minstens|ten minste|tenminste|zeker|minimaal|co najmniej|przynajmniej|nie mniej niż"
    r"|ما لا يقل عن|على الأقل",
    "max": r"at most|no more than|not more than|no greater than|up to|as many as|as much as|a maximum of|maximum of|not exceed(?:ing)?"
    r"|не более|не больше|до|максимум|не більше|щонайбільше|en fazla|en çok|au plus|jusqu['’]à|pas plus d[e'’]|au maximum"
    r"|höchstens|bis zu|maximal|nicht mehr als|como máximo|a lo sumo|hasta|no más de|al massimo|fino a|non più di|no máximo|até"
    r"|não mais d[eo]|hooguit|maximaal|niet meer dan|tot|najwyżej|co najwyżej|maksymalnie|nie więcej niż|ما لا يزيد عن|حتى",
    "more": r"more than|over|above|in excess of|exceed(?:s|ed|ing)?|upwards of|better than|более|больше|свыше|понад|більше|більш як"
    r"|plus d[e'’]|mehr als|über|más de|più di|oltre|mais d[eo]|meer dan|ruim|ponad|więcej niż|przeszło|أكثر من|تجاوز\w*|يزيد عن",
    "less": r"less than|fewer than|under|below|менее|меньше|менше|moins d[e'’]|weniger als|unter|menos d[eo]|meno di|minder dan"
    r"|mniej niż|poniżej|أقل من",
    "about": r"about|around|some|approximately|roughly|nearly|almost|close to|an estimated|estimated|circa|~|≈|around about|около|примерно"
    r"|порядка|почти|приблизительно|близько|майже|приблизно|yaklaşık|neredeyse|environ|près d[e'’]|quelques?|presque|autour de|etwa|rund"
    r"|ungefähr|fast|knapp|zirka|ca\.|gut|unos|unas|alrededor de|cerca de|casi|aproximadamente|quasi|quase|ongeveer|bijna|zo['’]n"
    r"|około|prawie|niemal|blisko|نحو|حوالي|قرابة|ما يقرب من|a couple of",
}
# The same after the number: "40'tan fazla", "40 or more", "على الأقل".
AFTER: dict[str, str] = {
    "min": r"or more|and more|and counting|\+|или более|и более|veya daha fazla|ou plus|oder mehr|o más|o più|ou mais|of meer|lub więcej"
    r"|على الأقل|at least",
    "max": r"or (?:fewer|less)|или менее|at most|ou moins|oder weniger|o menos|o meno|ou menos|of minder|lub mniej|على الأكثر",
    "more": r"['’]?[dt][ae]n (?:çok|fazla)|['’]?[yı]?[ıiuü] (?:aşkın|aştı|geçti|aşan)|aşkın",
    "less": r"['’]?[dt][ae]n az",
    "about": r"civarında|kadar|or so|ou so|dolayında",
}

# --- Units: kind -> (pattern, factor to the kind's base unit) -----------------------------------------------------------

UNITS: tuple[tuple[str, str, float], ...] = (
    (
        "points",
        r"percentage points?|процентн\w+ пункт\w*|Prozentpunkte?n?|points? de pourcentage|puntos porcentuales|punti percentuali"
        r"|procentpunt(?:en)?|punkt\w* procentow\w*|yüzde puan\w*",
        1,
    ),
    (
        "percent",
        r"%|٪|per ?cent\b|pct\b|процент\w*|відсот\w*|pour ?cent\b|prozent\w*|por ciento|per cento|por cento|procent\w*"
        r"|بالمئة|في المئة|بالمائة|في المائة",
        1,
    ),
    (
        "USD",
        r"\$|US ?\$|(?:u\.?s\.? )?dollars?\b|USD\b|доллар\w*|долар\w*|dolar\w*|dollari|dollars américains|dólares|dólar\b|دولار\w*",
        1,
    ),
    ("EUR", r"€|euros?\b|EUR\b|евро\b|євро\b|avro\b|يورو", 1),
    (
        "GBP",
        r"£|pounds? sterling|pounds\b|GBP\b|фунт\w*|sterlin\b|livres sterling|Pfund\b|libras\b|sterline\b|funt\w*|جنيه إسترليني",
        1,
    ),
    ("RUB", r"₽|rou?bles?\b|RUB\b|руб(?:\.|л\w*)|rubel\w*|rublos?|rubli", 1),
    ("TRY", r"₺|(?:turkish )?liras?\b|TL\b|TRY\b|лир\w?\b|livres turques", 1),
    ("CNY", r"yuan\b|юан\w*|يوان", 1),
    ("JPY", r"¥|yen\b|иен\w*|ين ياباني", 1),
    ("UAH", r"₴|hryvni\w*|гривен\w*|гривн\w*|грн\b", 1),
    ("CHF", r"(?:swiss )?francs?\b|CHF\b|франк\w*|Franken\b", 1),
    ("PLN", r"zł\b|złot\w*|zloty\w*|злот\w*", 1),
    ("speed", r"km/h|kph\b|kilometres? (?:an|per) hour|kilometers? (?:an|per) hour|км/ч|км/год|km/sa\w*", 1),
    (
        "area",
        r"square kilomet(?:re|er)s?|sq\.? ?km|km²|km2|квадратн\w+ километр\w*|кв\.? ?км|kilomètres carrés|Quadratkilometer\w*"
        r"|kilómetros cuadrados|chilometri quadrati|quilômetros quadrados|kilometrekare",
        1e6,
    ),
    ("area", r"hectares?\b|гектар\w*|\bга\b|hektar\w*|hectáreas?|ettari|hectare\b|هكتار\w*", 1e4),
    ("area", r"acres?\b", 4046.86),
    ("volume", r"billion cubic met(?:re|er)s|bcm\b", 1e9),
    (
        "volume",
        r"cubic met(?:re|er)s?|m³|кубометр\w*|куб\. ?м|mètres cubes|Kubikmeter\w*|metros cúbicos|metri cubi|kubieke meter|metreküp"
        r"|متر مكعب",
        1,
    ),
    ("barrels", r"barrels?|баррел\w*|варил\w*|varil\w*|barils?|Barrel|barriles|barili|barris|vaten|barył\w*|برميل", 1),
    ("volume", r"lit(?:re|er)s?\b|литр\w*|літр\w*|litros?|litri\b|litrów", 1e-3),
    (
        "length",
        r"kilomet(?:re|er)s?|km\b|километр\w*|кілометр\w*|км\b|kilometre|kilomètres?|Kilometern?|kilómetros?|chilometri|quilômetros?"
        r"|كيلومتر\w*|كلم",
        1e3,
    ),
    ("length", r"miles?\b|мил[ьиям]\w*|Meilen|millas", 1609.344),
    ("length", r"met(?:re|er)s?\b|метр\w*|mètres?|Metern?|metros?|metri\b|متر\b|أمتار", 1),
    ("length", r"f(?:ee|oo)t\b|ft\b", 0.3048),
    ("mass", r"(?:metric )?ton(?:ne)?s?\b|тонн\w*|\bт\b|Tonnen?|toneladas?|tonnellate|ton\w?\b|أطنان|طن\w*", 1e3),
    ("mass", r"kilo(?:gram)?(?:me)?s?\b|kg\b|килограмм\w*|кілограм\w*|кг\b|kilogramm\w*|kilogramos|chilogrammi|كيلوغرام\w*", 1),
    ("power", r"gigawatts?|GW\b|гигаватт\w*|ГВт\b", 1e9),
    ("power", r"megawatts?|MW\b|мегаватт\w*|МВт\b|megavat\w*|megavatios|ميغاواط", 1e6),
    ("energy", r"terawatt[- ]hours?|TWh\b", 1e12),
    ("energy", r"gigawatt[- ]hours?|GWh\b", 1e9),
    ("energy", r"megawatt[- ]hours?|MWh\b", 1e6),
    ("degrees", r"degrees?(?: celsius)?|°\s?C?|градус\w*|derece\w*|degrés|Grad\b|grados|gradi|graus|graden|stopni\w*|درجة", 1),
    (
        "months",
        r"years?\b|год(?:а|ов|у)?\b|лет\b|рок[иів]\w*|yıl\w*|ans?\b|années?\b|Jahre?n?\b|años?\b|ann[io]\b|anos?\b|jaar\b|jaren\b"
        r"|lat[a]?\b|سنوات|سنة|عاما|أعوام",
        12,
    ),
    (
        "months",
        r"months?\b|месяц\w*|місяц\w*|ay\b|ayı?\b|mois\b|Monate?n?\b|mes(?:es)?\b|mes[ei]\b|maand(?:en)?\b|miesi\w+|أشهر|شهرا?",
        1,
    ),
    (
        "hours",
        r"weeks?\b|недел\w*|тижн\w*|hafta\w*|semaines?|Wochen?\b|semanas?|settiman[ae]|weken\b|tygodni\w*|أسابيع|أسبوع\w*",
        168,
    ),
    (
        "hours",
        r"days?\b|дн(?:я|ей|ів)\b|сут(?:ок|ки)\b|gün\w*|jours?\b|Tagen?\b|días?\b|giorn[io]\b|dias?\b|dagen\b|dni\b|أيام|يوما",
        24,
    ),
    (
        "hours",
        r"hours?\b|час(?:а|ов)?\b|годин\w*|saat\w*|heures?\b|Stunden?\b|horas?\b|or[ae]\b|uur\b|uren\b|godzin\w*|ساعات|ساعة",
        1,
    ),
    (
        "soldiers",
        r"soldiers|troops|servicem[ae]n|солдат\w*|военнослужащ\w*|військов\w*|asker\w*|soldats|militaires|Soldat\w*|soldados"
        r"|militares|soldati|militari|soldaten|militairen|żołnierz\w*|جندي\w*|جنود",
        1,
    ),
    (
        "aircraft",
        r"aircraft|(?:war)?planes|(?:fighter )?jets|fighters|самол[её]т\w*|истребител\w*|літак\w*|винищувач\w*|uçak\w*|uçağı?"
        r"|avions|appareils|Flugzeuge?n?|Kampfjets?|aviones|cazas|aerei|caccia|aviões|caças|vliegtuigen|samolot\w*|myśliw\w*|طائرات|طائرة",
        1,
    ),
    (
        "helicopters",
        r"helicopters|вертол[её]т\w*|гелікоптер\w*|helikopter\w*|hélicoptères|Hubschrauber\w*|helicópteros|elicotteri"
        r"|śmigłow\w*|مروحيات|مروحية",
        1,
    ),
    ("drones", r"drones|беспилотник\w*|дрон\w*|İHA\b|Drohnen|droni|dronów|مسيرات|طائرات مسيرة", 1),
    (
        "missiles",
        r"missiles|rockets|ракет\w*|füze\w*|fusées|Raketen|misiles|missili|mísseis|raketten|pocisk\w*|rakiet\w*|صواريخ|صاروخ\w*",
        1,
    ),
    ("tanks", r"tanks|танк\w*|tank\w*|chars\b|Panzer\w*|tanques|carri armati|czołg\w*|دبابات|دبابة", 1),
    (
        "ships",
        r"ships|vessels|boats|кораб\w*|суд(?:ов|на)\b|gemi\w*|navires|bateaux|Schiffen?|buques|barcos|navi\b|navios|schepen"
        r"|okręt\w*|statk\w*|سفن|سفينة",
        1,
    ),
    (
        "homes",
        r"houses|homes|жил[ьы]\w+|домов\b|дома\b|будинк\w*|konut\w*|logements|maisons|Wohnungen|Häuser\w*|viviendas|casas|case\b"
        r"|woningen|huizen|mieszka\w*|منازل|منزل\w*|وحدة سكنية",
        1,
    ),
    (
        "jobs",
        r"jobs|рабоч\w+ мест\w*|робоч\w+ місц\w*|istihdam|emplois|postes\b|Stellen\b|Arbeitsplätze\w*|empleos|posti di lavoro"
        r"|empregos|banen\b|miejsc pracy|وظائف|وظيفة",
        1,
    ),
    ("votes", r"votes|голос\w*|oy\b|oyla?\w*|voix\b|Stimmen\b|votos|voti\b|stemmen\b|głos\w*|أصوات|صوتا?", 1),
    (
        "seats",
        r"seats|мест\b|мандат\w*|sandalye\w*|sièges|Sitze?n?\b|Mandate?n?\b|escaños|seggi\b|assentos|zetels|mandat\w*|مقاعد|مقعدا?",
        1,
    ),
    ("doses", r"doses|доз\w*|doz\w*|Dosen\b|dosis\b|dosi\b|جرعات|جرعة", 1),
    (
        "cases",
        r"cases|infections|случа\w*|випадк\w*|vaka\w*|cas\b|Fälle?n?\b|Infektionen|casos\b|casi\b|gevallen|przypadk\w*|إصابة|حالات|حالة",
        1,
    ),
    (
        "countries",
        r"countries|states|nations|стран\w*|государств\w*|країн\w*|ülke\w*|pays\b|Ländern?|Staaten\b|países|paesi\b|landen\b"
        r"|kraj(?:ów|e|ach)\b|państw\w*|دول\b|دولة|بلدان",
        1,
    ),
    (
        "vehicles",
        r"vehicles|cars|автомобил\w*|машин\b|авто\b|araç\w*|otomobil\w*|véhicules|voitures|Fahrzeuge?n?|Autos\b|vehículos|coches"
        r"|veicoli|auto\b|veículos|carros|voertuigen|pojazd\w*|samochod\w*|سيارات|سيارة|مركبة",
        1,
    ),
    (
        "people",
        r"people|persons|men\b|women\b|children|civilians|residents|dead\b|killed|deaths|fatalities|victims|casualties|injured"
        r"|wounded|passengers|workers|employees|staff|patients|refugees|migrants|prisoners|hostages|protesters|students|demonstrators|lives"
        r"|человек\w*|люд(?:и|ей|ям)\b|погибш\w*|раненых|жертв\w*|осіб|людей|загибл\w*|чоловік\b|kişi\w*|insan\w*|ölü\b|yaralı\b|çalışan\w*"
        r"|personnes|gens\b|morts\b|blessés|victimes|salariés|Menschen|Personen|Leute\b|Tote[nr]?\b|Verletzte[nr]?\b|Opfern?\b|Beschäftigten?"
        r"|Mitarbeiter\w*|personas|muertos|heridos|víctimas|trabajadores|empleados|persone|morti\b|feriti|vittime|dipendenti|pessoas|mortos"
        r"|feridos|vítimas|trabalhadores|mensen|personen|doden\b|gewonden|slachtoffers|os[óo]b\w?|ludzi|zabitych|rannych|ofiar\w?|pracownik\w*"
        r"|أشخاص|شخصا?|قتيل\w*|قتلى|جريح\w*|جرحى|ضحية|ضحايا|مدنيا?|عامل\w*",
        1,
    ),
)

# What happened to those who are counted; numbers of different fates are not compared.
FATES: tuple[tuple[str, str], ...] = (
    (
        "dead",
        r"\b(?:killed|dead|died|dies|deaths?|death toll|fatalities|lives|perished|drowned)\b|поги\w+|умер\w*|убит\w*|жертв\w*|загин\w*"
        r"|помер\w*|hayatını kaybet\w*|öldü\w*|ölü\b|öldürül\w*|can verdi|tué\w*|morts?\b|décéd\w*|péri\b|getötet\w*|Tote\w*|gestorben|starben"
        r"|ums Leben|muert\w+|murieron|fallec\w+|fallecid\w+|mort[ieo]\b|uccis\w+|vittime|morr\w+|mortos|mortes|gedood|doden|omgekomen"
        r"|overleden|zgin\w+|zabit\w*|śmier\w*|zmarł\w*|قتل\w*|مقتل|قتيل\w*|وفاة|لقوا حتفهم|مصرع",
    ),
    (
        "ill",
        r"\b(?:ill|sick|sickened|infected|infections?|poisoned)\b|заболе\w*|заразил\w*|захворі\w*|hastalan\w*|malades?\b|contamin\w+|erkrank\w*"
        r"|infizier\w*|enferm\w+|contagiad\w+|malat[ie]\b|contagiat\w+|doentes?\b|infetad\w+|infectad\w+|zieke?n?\b|besmet\w*|zachorow\w*|مصاب\w*",
    ),
    (
        "hurt",
        r"\b(?:injured|wounded|hurt|injuries)\b|ранен\w*|пострада\w*|поранен\w*|yaralan\w*|yaralı\w*|bless\w+|verletz\w*|herid\w+"
        r"|ferit\w+|ferid\w+|gewond\w*|rann\w+|جريح\w*|جرحى|إصابة|أصيب",
    ),
    (
        "displaced",
        r"\b(?:displaced|evacuated|homeless|fled|flee)\b|эвакуир\w*|беженц\w*|евакуйован\w*|tahliye\w*|déplac\w+|évacu\w+"
        r"|evakuiert\w*|vertrieben\w*|obdachlos\w*|evacuad\w+|desplazad\w+|evacuat\w+|sfollat\w+|desalojad\w+|geëvacueerd|ewakuowan\w*|نازح\w*|إجلاء",
    ),
    (
        "held",
        r"\b(?:arrested|detained|jailed|imprisoned|held)\b|арестован\w*|задержан\w*|заарештован\w*|затриман\w*|gözaltı\w*|tutukla\w*"
        r"|arrêt\w+|interpell\w+|festgenommen\w*|verhaftet\w*|detenid\w+|arrestad\w+|arrestat\w+|detid\w+|pres[oa]s\b|aangehouden|gearresteerd"
        r"|aresztowan\w*|zatrzyman\w*|اعتقال|اعتقل\w*|احتجاز",
    ),
    (
        "missing",
        r"\b(?:missing)\b|пропавш\w*|пропал\w*|зникл\w*|kayıp\w*|disparu\w*|vermisst\w*|desaparecid\w+|dispers[ie]\b|vermist\w*"
        r"|zaginion\w*|مفقود\w*",
    ),
)

# "Among them": what follows is a part of what was counted before.
PART = (
    r"including|among (?:them|whom)|of whom|of them|включая|в том числе|из них|среди них|зокрема|серед них|aralarında|bunlardan|dont|parmi eux"
    r"|darunter|davon|entre ellos|de ellos|incluid[oa]s|tra cui|di cui|entre eles|dos quais|onder wie|onder hen|van wie|w tym"
    r"|بينهم|من بينهم|منهم"
)

# What may not stand between a number and the thing that it counts.
STOP = (
    "and in on at by for from to with after before were was are is have has had than as when while but or who that which "
    "und et y e и в на i w ve en"
)
