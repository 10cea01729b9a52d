"""How German reports speech."""

from __future__ import annotations

from claimline.matching.grammars.grammar import Grammar, words

GRAMMAR = Grammar(
    verbs=(
        r"sagten?|sagt|sagen|erklärten?|erklärt|betonten?|betont|teilten?|fügte|bestätigten?|bestätigt|"
        r"dementierten?|dementiert|bestritt(?:en)?|bestreitet|bestreiten|"
        r"warnten?|warnt|kündigten?|behaupteten?|behauptet|berichteten?|berichtet|meinten?|meint|äußerten?|"
        r"verwies(?:en)?|räumten?|wies(?:en)?|weist|lehnten?|lehnt|forderten?|"
        r"versicherten?|versichert|ergänzte|unterstrich|schrieb(?:en)?|schreibt|"
        r"gab(?:en)?(?=[^.;\x01]{0,80}\b(?:bekannt|zu|an)\b)|hob(?=[^.;\x01]{0,80}\bhervor\b)|"
        r"stellte(?=[^.;\x01]{0,60}\bklar\b)|bekräftigten?|erläuterten?|erläutert|kritisierten?|kritisiert|unterstreicht|entgegnete|"
        r"mahnten?|mahnt|appellierte|urteilte|prognostizierten?|prognostiziert|verteidigte|beklagten?|beklagt|"
        r"schilderte|gestand|beteuerte|verkündeten?|konstatierte|präzisierte|wiederholte|antwortete|erwiderte|"
        r"informierten?|hält|hielt|schließt(?=[^.;\x01]{0,80}\baus\b)|schloss(?=[^.;\x01]{0,80}\baus\b)|"
        r"machte(?=[^.;\x01]{0,60}\b(?:klar|deutlich)\b)|mitteilten?|hervorhob|bekanntgab(?:en)?|ankündigte|"
        r"einräumte|klarstellte|sprach(?:en)?|bezeichneten?|glaubt|findet|nannte|warf(?:en)?|"
        r"verneinten?|verneint|rechnet|"
        r"(?:hat|haben|hatte|hatten)(?=[^.;\x01]{0,140}\b(?:gesagt|erklärt|betont|bestätigt|dementiert|"
        r"zurückgewiesen|angekündigt|gewarnt|mitgeteilt|behauptet|bekräftigt|"
        r"eingeräumt|berichtet|abgelehnt|beklagt|vorgeworfen|versichert|bestritten|ausgeschlossen|kritisiert)\b)|"
        r"sah(?:en)?(?=[^.;\x01]{0,40}\bals\b)|spekulierten?|mutmaßten?|vermutete[n]?|vermutet|befürchtete[n]?|"
        r"befürchtet|fürchtet|hofft|hoffte|scherzte|spottete|höhnte|schimpfte|klagten?|klagt|jammerte|fragte|"
        r"frohlockte|lobten?|lobt|begrüßten?|begrüßt|verurteilten?|verurteilt|rügten?|rügt|monierten?|moniert|"
        r"bemängelten?|bemängelt|beschwerte|entschuldigte|empfahl|empfahlen|empfiehlt|rieten?|riet|rät|"
        r"schlug(?=[^.;\x01]{0,60}\bvor\b)|schlägt(?=[^.;\x01]{0,60}\bvor\b)|stellt(?=[^.;\x01]{0,60}\bklar\b)|"
        r"gibt(?=[^.;\x01]{0,60}\b(?:an|zu|bekannt)\b)|erzählten?|erzählt|erinnerten?|erinnert|resümierten?|"
        r"resümiert|bilanzierten?|bilanziert|folgerte|pflichtete|beruhigte|schwärmte|twitterte|"
        r"postete|notierte|begründeten?|begründet|bedauerten?|bedauert|bezweifelten?|bezweifelt|schätzten?|schätzt|"
        r"plädierten?|plädiert|geht(?=[^.;\x01]{0,60}\bdavon aus\b)|"
        r"gehen(?=[^.;\x01]{0,60}\bdavon aus\b)|ging(?=[^.;\x01]{0,60}\bdavon aus\b)|gesteht|räumt|kontert|konterte|"
        r"ätzte|argumentierten?|argumentiert|kommentierten?|kommentiert"
    ),
    according=(
        r"[Ll]aut|[Nn]ach (?:\w+ )?(?:Angaben|Worten|Ansicht|Auffassung|Meinung|Einschätzung|Darstellung|Aussage|"
        r"Informationen)(?: von| vom| des| der)?|[Gg]emäß|"
        r"[Aa]us Sicht (?:von|des|der)|[Nn]ach Aussagen? (?:von|des|der)"
    ),
    zufolge=r"zufolge",
    so=r"(?<=,) so",
    citing=r"(?:unter|mit) (?:Berufung|Verweis|Hinweis) auf",
    agent=r"(?:hieß|heißt) es\b(?:\s+[^\s.,\x01]+){0,3}?\s+(?:aus|in|im|bei|beim|von|vom|seitens)",
    this_said=(r"(?:Das|Dies|Darüber|Davon)\s+(?:sagte|erklärte|teilte|gab|berichtete|betonte|kündigte|bestätigte|hat)\b"),
    pronouns=r"er|sie|Er|Sie|dieser|diese",
    passive=r"wird|wurde|wurden|werden|worden|ist|sind|war",
    prepositions=(
        r"mit|von|vom|zu|zum|zur|nach|bei|beim|für|gegen|über|an|am|auf|aus|durch|zwischen|unter|seit|in|im|"
        r"gegenüber|wegen|neben"
    ),
    breaks=r"dass|daß|aber|doch|weil|wenn|ob|der das|und|oder|sondern",
    heads={
        "secretary general": r"(?:[\w-]+-)?Generalsekretär(?:in|s)?",
        "prime minister": (r"(?:Minister|Regierungs)präsident(?:in|en)?|Premier(?:minister(?:in|s)?)?|Regierungschef(?:in|s)?"),
        "president": r"(?:[\w-]*?)[Pp]räsident(?:in|en)?",
        "chancellor": r"[\w-]*[Kk]anzler(?:in|s)?",
        "minister": r"[\w-]*[Mm]inister(?:in|s)?",
        "spokesperson": r"[\w-]*[Ss]precher(?:in|s)?",
        "chief": (
            r"[\w-]*[Cc]hef(?:in|s)?|Leiter(?:in|s)?|Vorsitzende[rn]?|[\w-]*[Dd]irektor(?:in|s)?|Kommissar(?:in)?|"
            r"Bürgermeister(?:in)?|Gouverneur(?:in)?"
        ),
        "envoy": r"[\w-]*[Bb]otschafter(?:in|s)?|Gesandte[rn]?|Vertreter(?:in|s)?",
        "person": (
            r"\w+olog(?:e|in)|Beamte[rn]?|Diplomat(?:in|en)?|Insider|Quellen?|[\w-]*[Bb]erater(?:in|s)?|Abgeordnete[rn]?|"
            r"Senator(?:in)?|Anwalt|Anwältin|General|Ingenieur(?:in)?|Manager(?:in)?|"
            r"[\w-]*[Ee]xpert(?:e|in|en)|Analyst(?:in|en)?|[\w-]*[Ff]orscher(?:in|innen)?|Wissenschaftler\w*|"
            r"Professor(?:in)?|Arzt|Ärztin|[\w-]*[Pp]olitiker(?:in)?|"
            r"Trainer(?:in)?|Staatsanwalt|Richter(?:in)?|Prüfern?|Virologe|Virologin|Ökonom(?:in)?|Papst|"
            r"Ermittler(?:n)?|"
            r"Anwohner(?:in|innen|n)?|Augenzeug(?:e|en|in)|Zeug(?:e|en|in)|Lehrer(?:in)?|Schüler(?:in)?|"
            r"Student(?:in|en)?|Landwirt(?:in)?|Kurator(?:in)?|Historiker(?:in)?|Aktivist(?:in|en)?|"
            r"Krankenpfleger(?:in)?|Krankenschwester|Sanitäter(?:in)?|Feuerwehrmann|Soldat(?:in|en)?|"
            r"Offizier(?:in)?|Pilot(?:in)?|Pfarrer(?:in)?|[\w-]*[Bb]ischof|Schriftsteller(?:in)?|"
            r"Schauspieler(?:in)?|Regisseur(?:in)?|Unternehmer(?:in)?|Händler(?:in)?|Investor(?:in|en)?|"
            r"Geschäftsführer(?:in)?|Mitarbeiter(?:in)?|Gewerkschafter(?:in)?|[\w-]*[Aa]utor(?:in)?|"
            r"[\w-]*[Jj]ournalist(?:in)?|Gutachter(?:in)?|[\w-]*[Cc]hirurg(?:in)?|Chefarzt|Notarzt|Physiker(?:in)?|"
            r"Chemiker(?:in)?|[\w-]*[Bb]ewohner(?:in)?|Nachbar(?:in|n)?|Vater|Mutter|Bruder|Schwester|Witwe|"
            r"Überlebende[rn]?|Demonstrant(?:in|en)?|Unterhändler(?:in)?|Eigentümer(?:in)?|Inhaber(?:in)?|"
            r"[\w-]*[Gg]ründer(?:in)?|Staatssekretär(?:in)?|Stadtrat|Landrat|Landrätin|Statistiker(?:in)?|"
            r"Ombudsmann|Insider(?:in)?|Auktionator(?:in)?"
        ),
        "body": (
            r"[\w-]*[Mm]inisteriums?|[\w-]*[Rr]egierung|[\w-]*[Bb]ehörden?|Kreml|Weiße[sn]? Haus(?:es)?|Pentagon|"
            r"[\w-]*[Kk]onzerns?|Unternehmen|Firma|Polizei|Staatsanwaltschaft|"
            r"[\w-]*[Gg]ericht|[\w-]*[Kk]ommission|Armee|Bundeswehr|[\w-]*[Ss]tudie|[\w-]*[Bb]ericht|Umfrage|"
            r"Organisation|Gruppe|Betreiber|Hersteller|Ausschuss|Partei|Verband|"
            r"Universität|[\w-]*[Bb]ank|Agentur|Institut|Zeitung|Sender|Bundestag|Parlament|Mitteilung|Verein|"
            r"[\w-]*[Aa]mt(?:es)?|Museum|Krankenhaus|Klinik|Feuerwehr|Stiftung|Gewerkschaft|Opposition|"
            r"[\w-]*[Ss]tadt|Verwaltung|Rathaus|Kirche|[\w-]*[Zz]entrale|Bundesrat|Fraktion|Verteidigung|Marine|"
            r"Luftwaffe|Küstenwache|Verlag"
        ),
    },
    modifiers=(
        r"früher\w*|ehemalig\w*|türkisch\w*|russisch\w*|amerikanisch\w*|deutsch\w*|französisch\w*|britisch\w*|"
        r"ukrainisch\w*|polnisch\w*|hochrangig\w*|neu\w*|"
        r"stellvertretend\w*|designiert\w*|geschäftsführend\w*|chinesisch\w*|iranisch\w*|ungarisch\w*|US-\w+"
    ),
    generic=(
        r"Experten|Quellen?|Insider|Beamte|Forscher|Wissenschaftler|Analysten|Diplomaten|Ermittlern?|Behörden|"
        r"Beobachter|Ökonomen|Prüfern?"
    ),
    starts=words(
        "Der Die Das Den Dem Des Ein Eine Einer Einem Er Sie Es Wir Aber Und Oder Doch Laut Nach In Im Am An Auf "
        "Aus Bei Mit Von Zu Zum Zur Für Gegen Über Unter Um "
        "Vor Seit Während Wenn Weil Dass Ob Auch Noch Nur So Damit Dann Dort Hier Heute Gestern Dies Dieser Diese "
        "Dieses Sein Seine Ihr Ihre Alle Beide Herr Frau "
        "Zuvor Zudem Außerdem Bislang Bisher Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag Damals "
        "Darüber Entgegen Auf Denn Man Ich"
    ),
)
