"""How Polish reports speech."""

from __future__ import annotations

from claimline.matching.grammars.grammar import Grammar, words

GRAMMAR = Grammar(
    drops_subject=True,
    verbs=(
        r"powiedział[ay]?|powiedzieli|mówi|mówią|mówił[ay]?|stwierdził[ay]?|stwierdzili|stwierdza|oświadczył[ay]?|"
        r"oświadczyli|podkreślił[ay]?|podkreśla|zaznaczył[ay]?|zaznacza|dodał[ay]?|dodaje|"
        r"poinformował[ay]?|poinformowali|informuje|informują|ogłosił[ay]?|ogłosili|zapowiedział[ay]?|"
        r"potwierdził[ay]?|potwierdza|zaprzeczył[ay]?|zaprzecza|zaprzeczają|ostrzegł[ay]?|ostrzega|"
        r"wyjaśnił[ay]?|wyjaśnia|przyznał[ay]?|przyznaje|zauważył[ay]?|przekazał[ay]?|przekazali|odrzucił[ay]?|"
        r"odrzuca|odpowiedział[ay]?|napisał[ay]?|pisze|ocenił[ay]?|ocenia|uważa|uważają|"
        r"twierdzi|twierdzą|twierdził[ay]?|zapewnił[ay]?|zapewnia|przypomniał[ay]?|oskarżył[ay]?|wskazał[ay]?|"
        r"zdementował[ay]?|dementuje|skrytykował[ay]?|wykluczył[ay]?|zadeklarował[ay]?|zaapelował[ay]?|"
        r"zagwarantował[ay]?|gwarantuje|skomentował[ay]?|wytłumaczył[ay]?|tłumaczył[ay]?|tłumaczy|"
        r"zakomunikował[ay]?|przekonywał[ay]?|przekonuje|argumentował[ay]?|apelował[ay]?|apeluje|odparł[ay]?|"
        r"przestrzegł[ay]?|przestrzega|powtórzył[ay]?|zażądał[ay]?|zagroził[ay]?|szacuje|prognozuje|obiecał[ay]?|"
        r"podał[ay]?|podaje|"
        r"opowiedział[ay]?|opowiada(?:ją)?|wspomina(?:ją|ł[ay]?)?|wspomniał[ay]?|relacjonuje|relacjonował[ay]?|"
        r"komentuje|komentował[ay]?|zauważa|wskazuje|wskazują|sugeruje|sugerował[ay]?|zasugerował[ay]?|odpowiada|"
        r"odpiera|odpierał[ay]?|żali się|żalił[ay]? się|dziwi się|oburza się|zapytał[ay]?|spytał[ay]?|wylicza|"
        r"wyliczał[ay]?|obawia się|obawiają się|ma nadzieję|zarzucił[ay]?|zarzuca|pochwalił[ay]?|potępił[ay]?|"
        r"potępia|żartował[ay]?|zażartował[ay]?|krzyknął|krzyknęła|wykrzyknął|doradził[ay]?|"
        r"zalecił[ay]?|zaleca|zaproponował[ay]?|proponuje|obiecuje|deklaruje|uspokaja|uspokoił[ay]?|zeznał[ay]?|"
        r"zeznaje|odnotował[ay]?|opisał[ay]?|opisuje|wyznał[ay]?|zdradził[ay]?|zdradza|ujawnił[ay]?|ujawnia|"
        r"skwitował[ay]?|stwierdzają|przyznają|apelują|ostrzegają|alarmuje|alarmują|zaalarmował[ay]?|"
        r"podsumował[ay]?|podsumowuje|zastrzegł[ay]?|zastrzega|doprecyzował[ay]?|uściślił[ay]?|sprecyzował[ay]?|"
        r"zripostował[ay]?|zapowiada|ogłasza"
    ),
    according=r"[Ww]edług|[Zz]daniem|[Ww] (?:opinii|ocenie)|[Zz]godnie (?:ze słowami|z oświadczeniem)",
    citing=r"powołując się na|powołuje się na|cytując",
    this_said=r"(?:Poinformował[ay]? o tym|Powiedział[ay]? o tym|O tym)\b",
    pronouns=r"[Oo]n|[Oo]na|ten ostatni",
    prepositions=r"z|ze|do|od|dla|przez|przy|o|w|we|na|za|między|przeciw|nad|pod|po|przed|u|ku|wobec",
    breaks=r"że|który|która|które|ale|a|i|lub|żeby|jeśli|gdy|kiedy|jak|ponieważ|bo",
    heads={
        "secretary general": r"sekretarz\w* generaln\w+",
        "prime minister": r"premier\w*",
        "president": r"(?:wice)?prezydent\w*",
        "chancellor": r"kanclerz\w*",
        "minister": r"(?:wice)?minist(?:er|ra|rem|rowie|ry)|sekretarz stanu",
        "spokesperson": r"rzeczni\w+",
        "chief": (
            r"szef(?:a|owa|em|owi)?|przewodnicząc\w+|lider\w*|dyrektor\w*|prezes\w*|dowódc\w+|gubernator\w*|"
            r"komisarz\w*|burmistrz\w*"
        ),
        "envoy": r"ambasador\w*|wysłanni\w+|przedstawiciel\w*",
        "person": (
            r"\w+olog\w*|urzędni\w+|dyplomat\w+|źródł\w+|doradc\w+|senator\w*|pose[łl]\w*|prawni\w+|adwokat\w*|generał\w*|"
            r"ekspert\w*|ekspertk\w+|anality\w+|naukowc\w+|badacz\w*|profesor\w*|lekar\w+|"
            r"ekonomist\w+|prokurator\w*|sędzi\w+|trener\w*|papież\w*|"
            r"mieszka(?:niec|nka|ńcy)|sąsiad\w*|świad(?:ek|kowie)|nauczyciel\w*|student\w*|kierowca|rybak|"
            r"kustosz\w*|kurator\w*|działacz\w*|aktywist\w+|uchodźca|żołnierz\w*|oficer\w*|strażak\w*|ratowni\w+|"
            r"chirurg\w*|pielęgniar\w+|pilot\w*|ksiądz|biskup\w*|arcybiskup\w*|pisarz|pisark\w+|piosenkar\w+|"
            r"reżyser\w*|negocjator\w*|inspektor\w*|śledcz(?:y|a)|inwestor\w*|bankier\w*|pracowni\w+|"
            r"korespondent\w*|fotograf\w*|architekt\w*|fizyk\w*|chemik\w*|synoptyk\w*|organizator\w*|"
            r"rzecznik praw \w+|wolontariusz\w*|wykładow\w+|matka|ojciec|wdowa|historyk\w*|dziennikar\w+|autor\w*|"
            r"właściciel\w*|założyciel\w*|rolni\w+|przedsiębior\w+|inżynier\w*|wojewod\w+|starost\w*|prokurent|"
            r"radn(?:y|a|i)|wiceszef\w*|zastępc\w+"
        ),
        "body": (
            r"ministerstwo|resort|rząd|Kreml|Biały Dom|Pentagon|firma|spółka|agencja|organizacja|komisja|wojsko|"
            r"armia|policja|sąd|bank|uniwersytet|gazeta|dziennik|partia|ambasada|instytut|raport|"
            r"badanie|MSZ|MON|prokuratura|operator|koncern|"
            r"ministerstw\w+|resort\w*|muzeum|szpital\w*|związek|fundacja|federacja|opozycja|prezydium|obrona|"
            r"stowarzyszenie|dyrekcja|klub\w*|straż|sztab\w*|kancelari\w+|urząd|urzędu|samorząd|sejm|senat|"
            r"wydawnictwo|kościół|kuria|biuro|policj\w+"
        ),
    },
    modifiers=(
        r"były|była|byłego|turecki\w*|rosyjski\w*|amerykański\w*|niemiecki\w*|francuski\w*|brytyjski\w*|"
        r"ukraiński\w*|polski\w*|wysoki\w*|nowy|wysoko postawiony"
    ),
    generic=(r"źródł\w+|eksperci|ekspertów|analitycy|naukowcy|urzędnicy|badacze|dyplomaci|obserwatorzy|świadkowie|władze"),
    starts=words(
        "W We Na Po O Od Z Ze Do Dla Przy Przed To Ten Ta Te Ale I A On Ona Oni Jak Tak Także Również Że Oprócz "
        "Wcześniej Jednak Między Jeśli Kiedy Gdy Jego Jej Ich Wszyscy Nie Według Zdaniem "
        "Dziś Wczoraj Jutro Pan Pani Obecnie Teraz Podczas"
    ),
)
