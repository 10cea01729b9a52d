"""How Dutch reports speech."""

from __future__ import annotations

from claimline.matching.grammars.grammar import Grammar, words

GRAMMAR = Grammar(
    verbs=(
        r"zei|zeiden|zegt|zeggen|verklaarden?|verklaart|meldden?|meldt|melden|benadrukten?|benadrukt|bevestigden?|"
        r"bevestigt|ontkenden?|ontkent|ontkennen|waarschuwden?|waarschuwt|stelden?|stelt|"
        r"(?:liet(?:en)?|laat|laten)(?=[^.;\x01]{0,80}\bweten\b)|voegde|vertelden?|vertelt|schreef|schreven|schrijft|erkenden?|"
        r"erkent|beweerden?|beweert|herhaalde|kondigden?|wees|noemde|vindt|reageerde|"
        r"antwoordde|legde|verzekerde|verwerpt|verwierp|meent|denkt|gelooft|onthulde|waarschuwen|"
        r"maakte(?=[^.;\x01]{0,80}\bbekend\b)|gaf(?=[^.;\x01]{0,60}\b(?:toe|aan)\b)|concludeerde[n]?|"
        r"onderstreepte|herinnerde|voorspelde|voorspelt|hamerde|bepleitte|garandeerde|garandeert|verdedigde|eiste|"
        r"eist|beloofde|belooft|suggereerde|denken|vinden|stellen|sprak (?:\w+ ){0,4}tegen|"
        r"(?:heeft|hebben|had)(?=[^.;\x01]{0,120}\b(?:gezegd|verklaard|bevestigd|ontkend|gewaarschuwd|gemeld|"
        r"aangekondigd|laten weten|benadrukt|verworpen)\b)|"
        r"vreest|vrezen|hoopt|hopen|vroeg|vraagt|riep|roept|grapte|grapt|klaagde[n]?|klaagt|"
        r"klagen|spreekt(?=[^.;\x01]{0,40}\btegen\b)|licht(?=[^.;\x01]{0,40}\btoe\b)|"
        r"lichtte(?=[^.;\x01]{0,60}\btoe\b)|legt(?=[^.;\x01]{0,60}\buit\b)|voegt(?=[^.;\x01]{0,60}\btoe\b)|"
        r"vertellen|benadrukken|bevestigen|verklaren|erkennen|beweren|geeft(?=[^.;\x01]{0,60}\b(?:toe|aan)\b)|"
        r"wijst(?=[^.;\x01]{0,60}\b(?:op|erop|van de hand)\b)|noemt|prees|prijst|veroordeelde[n]?|veroordeelt|"
        r"bekritiseerde[n]?|bekritiseert|betreurde[n]?|betreurt|adviseerde[n]?|adviseert|schatte[n]?|"
        r"raamde|voorziet|dreigde|zweert|zwoer|bekent|verduidelijkte|verduidelijkt|nuanceerde|"
        r"nuanceert|reageert|antwoordt|concludeert|concluderen|herhaalt|hekelt|hekelde|somde|beaamde|beaamt|bezwoer|"
        r"suste|verzucht|verzuchtte|opperde|oppert|pleitte|pleit|liet optekenen|"
        r"deelde(?=[^.;\x01]{0,60}\bmee\b)|deelt(?=[^.;\x01]{0,60}\bmee\b)"
    ),
    according=r"[Vv]olgens|[Aa]ldus",
    so=r"(?<=,) aldus",
    citing=r"onder verwijzing naar|met verwijzing naar|die zich beroept op|op gezag van",
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
        "spokesperson": r"[\w-]*woordvoer(?:der|ster)",
        "chief": (
            r"[\w-]*baas|[\w-]*chef|leider|hoofd|directeur(?:-generaal)?|topman|voorzitter|burgemeester|commissaris|"
            r"gouverneur"
        ),
        "envoy": r"ambassadeur|gezant|vertegenwoordiger",
        "person": (
            r"\w+oloog|functionaris|diplomaat|bron(?:nen)?|adviseur|senator|parlementariër|advocaat|generaal|"
            r"officier van justitie|expert[s]?|deskundigen?|analist(?:en)?|"
            r"onderzoekers?|wetenschappers?|hoogleraar|arts|econoom|rechter|trainer|ingenieur|viroloog|paus|"
            r"bewoners?|omwonenden?|buurman|buurvrouw|buren|getuige|ooggetuigen?|overlevenden?|lera(?:ar|res)|"
            r"leerkracht|studenten?|verpleegkundigen?|vissers?|conservator|historic(?:us|a)|activist(?:en|e)?|"
            r"betogers?|demonstrant(?:en|e)?|vluchtelingen?|militairen?|luitenant|kolonel|brandweerman|"
            r"hulpverleners?|chirurg|piloot|priester|bisschop|aartsbisschop|imam|schrijver|schrijfster|zangeres|"
            r"acteur|actrice|regisseur|onderhandelaars?|bemiddelaar|inspecteur|rechercheur|belegger|bankier|"
            r"vakbondsman|werknemers?|medewerkers?|journalist|verslaggever|correspondent|fotograaf|architect|"
            r"natuurkundige|scheikundige|weerman|organisator(?:en)?|wethouder|raadslid|kamerlid|vader|moeder|broer|"
            r"zus|weduwe|auteur|oprichter|eigena(?:ar|resse)|ondernemers?|vrijwilligers?|huisarts|kinderarts|"
            r"psychiater|aanklager|raadsman|minister-president|veilingmeester|statisticus"
        ),
        "body": (
            r"ministerie|regering|Witte Huis|Kremlin|Pentagon|bedrijf|concern|politie|commissie|leger|organisatie|"
            r"rechtbank|bank|universiteit|krant|partij|ambassade|"
            r"instituut|rapport|onderzoek|persbureau|OM|fabrikant|autoriteiten|kabinet|"
            r"gemeente|museum|ziekenhuis|vakbond|stichting|federatie|oppositie|presidentschap|verdediging|"
            r"vereniging|provincie|directie|club|marine|luchtmacht|brandweer|kustwacht|uitgeverij|gerechtshof|"
            r"justitie"
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
