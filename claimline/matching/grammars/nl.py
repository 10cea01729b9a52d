"""How Dutch reports speech."""

from __future__ import annotations

from claimline.matching.grammars.grammar import Grammar, words

GRAMMAR = Grammar(
    verbs=(
        r"zei|zeiden|zegt|zeggen|verklaarden?|verklaart|meldden?|meldt|melden|benadrukten?|benadrukt|bevestigden?|"
        r"bevestigt|ontkenden?|ontkent|ontkennen|waarschuwden?|waarschuwt|stelden?|stelt|"
        r"liet(?:en)? (?:\w+ ){0,3}weten|laat weten|voegde|vertelden?|vertelt|schreef|schreven|schrijft|erkenden?|"
        r"erkent|beweerden?|beweert|herhaalde|kondigden?|wees|noemde|vindt|reageerde|"
        r"antwoordde|legde|verzekerde|verwerpt|verwierp|meent|denkt|gelooft|onthulde|waarschuwen|"
        r"maakte(?=[^.;\x01]{0,80}\bbekend\b)|gaf(?=[^.;\x01]{0,60}\b(?:toe|aan)\b)|concludeerde[n]?|"
        r"onderstreepte|herinnerde|voorspelde|voorspelt|hamerde|bepleitte|garandeerde|garandeert|verdedigde|eiste|"
        r"eist|beloofde|belooft|suggereerde|denken|vinden|stellen|sprak (?:\w+ ){0,4}tegen|"
        r"(?:heeft|hebben|had)(?=[^.;\x01]{0,120}\b(?:gezegd|verklaard|bevestigd|ontkend|gewaarschuwd|gemeld|"
        r"aangekondigd|laten weten|benadrukt|verworpen)\b)"
    ),
    according=r"[Vv]olgens|[Aa]ldus",
    so=r"(?<=,) aldus",
    this_said=r"(?:Dat|Dit)\s+(?:zei|zegt|meldt|meldde|verklaarde|heeft|maakte|liet|schrijft)\b",
    pronouns=r"[Hh]ij|[Zz]ij|[Zz]e|laatstgenoemde",
    passive=r"wordt|werd|werden|worden|is|zijn|was",
    prepositions=r"met|van|naar|door|voor|tegen|over|aan|op|uit|bij|in|tussen|onder|sinds|na|tot|om",
    breaks=r"dat|die|maar|omdat|als|of|en|want|terwijl|hoewel",
    heads={
        "secretary general": r"(?:[\w-]+-)?secretaris-generaal",
        "prime minister": r"premier|minister-president",
        "president": r"(?:vice-?)?president",
        "chancellor": r"(?:bonds)?kanselier",
        "minister": r"[\w-]*minister|staatssecretaris",
        "spokesperson": r"woordvoer(?:der|ster)",
        "chief": (
            r"[\w-]*baas|[\w-]*chef|leider|hoofd|directeur(?:-generaal)?|topman|voorzitter|burgemeester|commissaris|"
            r"gouverneur"
        ),
        "envoy": r"ambassadeur|gezant|vertegenwoordiger",
        "person": (
            r"\w+oloog|functionaris|diplomaat|bron(?:nen)?|adviseur|senator|parlementariër|advocaat|generaal|"
            r"officier van justitie|expert[s]?|deskundigen?|analist(?:en)?|"
            r"onderzoekers?|wetenschappers?|hoogleraar|arts|econoom|rechter|trainer|ingenieur|viroloog|paus"
        ),
        "body": (
            r"ministerie|regering|Witte Huis|Kremlin|Pentagon|bedrijf|concern|politie|commissie|leger|organisatie|"
            r"rechtbank|bank|universiteit|krant|partij|ambassade|"
            r"instituut|rapport|onderzoek|persbureau|OM|fabrikant|autoriteiten|kabinet"
        ),
    },
    modifiers=r"voormalig\w*|oud|nieuwe|hoge|Turkse|Russische|Amerikaanse|Duitse|Franse|Britse|Oekraïense|Poolse",
    generic=(
        r"bronnen|bron|experts|deskundigen|analisten|wetenschappers|onderzoekers|functionarissen|autoriteiten|"
        r"diplomaten|waarnemers|getuigen"
    ),
    starts=words(
        "De Het Een En Of Maar Volgens In Op Aan Bij Met Van Voor Na Naar Door Over Tegen Om Uit Te Tot Dit Dat "
        "Deze Die Zijn Haar Hun Als Toen Ook Niet Er Hij Zij Ze Ik Wij "
        "We Daarom Eerder Gisteren Vandaag Morgen Tijdens Sinds Omdat Hoewel Wel Nog Alle"
    ),
)
