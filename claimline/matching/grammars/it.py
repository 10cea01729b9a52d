"""How Italian reports speech."""

from __future__ import annotations

from claimline.matching.grammars.grammar import Grammar, words

GRAMMAR = Grammar(
    drops_subject=True,
    verbs=(
        r"(?:ha|hanno|aveva|avevano)\s+(?:(?:anche|poi|inoltre|però|già)\s+)?(?:detto|dichiarato|affermato|spiegato|"
        r"aggiunto|annunciato|confermato|smentito|negato|avvertito|ammesso|"
        r"ribadito|sottolineato|precisato|ricordato|riferito|sostenuto|assicurato|respinto|risposto|scritto|"
        r"accusato|rivelato|commentato|osservato|rilevato|"
        r"chiarito|promesso|escluso|denunciato|insistito|concluso|fatto sapere|reso noto|parlato|garantito|"
        r"evidenziato|rimarcato|puntualizzato|ammonito|replicato|criticato|lamentato|confessato|rassicurato|"
        r"avvisato|raccontato|auspicato|esortato|minacciato|difeso)|si è dett[oa]|"
        r"dice|dicono|fa sapere|fanno sapere|rende noto|garantisce|ribadiscono|sottolineano|precisano|spiegano|"
        r"ammettono|avvertono|confermano|"
        r"negano|scrivono|racconta|raccontano|crede|ritiene|ritengono|replica|accusa|dichiara|dichiarano|afferma|"
        r"affermano|spiega|spiegano|aggiunge|annuncia|annunciano|conferma|"
        r"confermano|smentisce|nega|negano|avverte|ammette|ribadisce|sottolinea|"
        r"precisa|ricorda|riferisce|riferiscono|sostiene|sostengono|assicura|assicurano|respinge|risponde|scrive|"
        r"commenta|osserva|chiarisce|esclude|disse|dichiarò|affermò|spiegò|avrebbe detto|"
        r"ribatte|ribatté|ribatt[eè]|anticipa|anticipano|denuncia|denunciano|lamenta|lamentano|attacca|punge|"
        r"ironizza|scherza|chiosa|taglia corto|incalza|rincara|insiste|insistono|conclude|concludono|rivela|"
        r"rivelano|svela|evidenzia|evidenziano|rimarca|puntualizza|aggiungono|auspica|auspicano|"
        r"propone|suggerisce|consiglia|raccomanda|raccomandano|avvisa|ammonisce|rassicura|garantiscono|promette|"
        r"giura|teme|temono|calcola|prevede|prevedono|ricordano|testimonia|confida|confessa|"
        r"esclama|grida|criticano|plaude|elogia|difende|"
        r"(?:ha|hanno|aveva|avevano)\s+(?:ribattuto|anticipato|attaccato|ironizzato|scherzato|chiosato|"
        r"incalzato|rincarato|svelato|proposto|suggerito|consigliato|raccomandato|giurato|stimato|previsto|"
        r"testimoniato|confidato|esclamato|gridato|condannato|elogiato|ringraziato|salutato|informato|"
        r"comunicato|segnalato|illustrato|descritto|tuonato|tagliato corto|obiettato|contestato|ipotizzato|ripetuto)"
    ),
    according=(
        r"[Ss]econdo(?! (?:me|noi))|[Aa] (?:detta|dire|giudizio|parere)(?: di| del| della| dei)?|"
        r"[Ss]tando a(?:lle (?:parole|dichiarazioni)(?: di| del| della)?|l|lla|llo|i|gli|lle|ll)?|"
        r"[Pp]er bocca d(?:i|el|ella)|"
        r"[Cc]ome (?:spiegato|detto) da"
    ),
    agent=r"(?:annunciat[oa]|dichiarat[oa]|confermat[oa]|rivelat[oa])\b[^.\x01;]{0,60}?\bd(?:a|al|alla|ai|all['’])",
    citing=r"citando|che cita",
    this_said=r"(?:Lo|È quanto|È ciò che)\s+(?=(?:ha|hanno|afferma|dichiara|riferisce|annuncia|rende|si)\b)",
    pronouns=r"[Ll]ui|[Ll]ei|[Ee]gli|[Ee]lla|quest['’]ultim[oa]",
    prepositions=(
        r"con|a|al|alla|allo|agli|ai|di|del|della|dei|degli|delle|dello|dell|per|contro|su|sul|sulla|da|dal|dalla|"
        r"in|nel|nella|tra|fra|senza|dopo|prima"
    ),
    breaks=r"che|ma|perché|se|e|o|quando|dove|mentre|anche se",
    heads={
        "secretary general": r"segretari[oa] generale",
        "prime minister": r"prim[oa] ministr[oa]|premier",
        "president": r"(?:vice)?presidente",
        "chancellor": r"cancellier[ea]",
        "minister": r"(?:vice)?ministr[oa]|segretario di Stato",
        "spokesperson": r"portavoce",
        "chief": (
            r"capo|leader|direttor[ei](?: generale)?|direttrice|numero uno|amministrator[ei] delegat[oa]|"
            r"responsabile|governatore|commissari[oa]|sindac[oa]|ad"
        ),
        "envoy": r"ambasciator[ei]|ambasciatrice|inviat[oa]|rappresentante",
        "person": (
            r"\w+olog[oa]|funzionari[oa]?|fonti|fonte|diplomatic[oa]|consiglier[ea]|senator[ei]|senatrice|deputat[oa]|"
            r"avvocat[oa]|generale|procurator[ei]|espert[oai]|analist[ai]|"
            r"scienziat[oi]|ricercator[ei]|ricercatrice|professor(?:e|essa)|medic[oi]|economist[ai]|giudice|"
            r"allenatore|ingegnere|papa|virolog[oa]|"
            r"residente|residenti|vicin[oa] di casa|testimone|superstite|insegnante|maestr[oa]|student(?:e|essa|i)|"
            r"infermier[eai]|agricoltor[ei]|pescator[ei]|curat(?:ore|rice)|conservat(?:ore|rice)|storic[oa]|"
            r"attivist[ai]|manifestant[ei]|profug[oaih]+|soldat[oi]|tenente|colonnello|pompier[ei]|"
            r"vigil[ei] del fuoco|soccorrit(?:ore|rice|ori)|chirurg[oa]|pilota|sacerdote|parroco|vescovo|"
            r"arcivescovo|scritt(?:ore|rice)|cantante|att(?:ore|rice)|regista|negoziat(?:ore|rice)|"
            r"mediat(?:ore|rice)|ispett(?:ore|rice)|investit(?:ore|ori)|banchiere|sindacalist[ai]|dipendent[ei]|"
            r"lavorat(?:ore|rice|ori)|giornalista|corrispondente|fotograf[oa]|architett[oa]|fisic[oa]|chimic[oa]|"
            r"metereolog[oa]|organizzat(?:ore|rice|ori)|assessor[ea]|padre|madre|fratello|sorella|vedova|"
            r"aut(?:ore|rice)|fondat(?:ore|rice)|proprietari[oa]|titolare|allevat(?:ore|ori)|volontari[oa]?|"
            r"prefett[oa]|questore|primario|pediatra"
        ),
        "body": (
            r"governo|ministero|Casa Bianca|Cremlino|Pentagono|azienda|società|gruppo|agenzia|organizzazione|"
            r"commissione|esercito|polizia|studio|rapporto|nota|comunicato|"
            r"banca|tribunale|procura|università|quotidiano|giornale|partito|ambasciata|istituto|autorità|"
            r"comune|museo|ospedale|sindacato|fondazione|federazione|opposizione|presidenza|difesa|associazione|"
            r"regione|direzione|club|marina|questura|prefettura|carabinieri|protezione civile|casa editrice|"
            r"movimento"
        ),
    },
    modifiers=r"ex|vice|nuovo|nuova|allora|alto",
    generic=r"fonti|fonte|esperti|analisti|scienziati|funzionari|autorità|ricercatori|osservatori|testimoni|economisti",
    starts=words(
        "Il Lo La I Gli Le L Un Una Uno E O Ma Secondo In Nel Nella Di Del Della Dal Dalla Da Al Alla A Per Con "
        "Senza Su Sul Sulla Dopo Prima Questo Questa Quello Suo Sua "
        "Se Quando Anche Come Inoltre Non Né Si È Già Così Tra Fra Durante Mentre Lui Lei Ieri Oggi Domani Stando "
        "Intanto"
    ),
)
