"""How French reports speech."""

from __future__ import annotations

from claimline.matching.grammars.grammar import Grammar, words

_FR_PAST = (
    r"déclaré|affirmé|dit|indiqué|assuré|ajouté|souligné|expliqué|annoncé|précisé|estimé|confirmé|démenti|rejeté|"
    r"averti|reconnu|admis|rappelé|insisté|noté|"
    r"répondu|jugé|prévenu|dénoncé|accusé|nié|fait savoir|fait valoir|martelé|conclu|écrit|tweeté|lancé|réaffirmé|"
    r"promis|soutenu|révélé|rapporté|considéré|"
    r"observé|relevé|raconté|confié|plaidé|appelé|regretté|salué|critiqué|répété|parlé|réagi|lâché|soufflé|"
    r"asséné|tonné|maintenu|garanti|répliqué|"
    r"rétorqué|tempéré|nuancé|détaillé|résumé|fustigé|alerté|prôné|réclamé|exigé|prédit|avancé|certifié|juré|"
    r"ironisé|déploré|glissé|concédé|renchéri|évoqué|tenu à (?:rappeler|préciser|souligner)|invoqué|menacé|"
    r"défendu|signalé|prévu|approuvé|exclu|balayé|réfuté|contesté|"
    r"tranché|poursuivi|commenté|mis en garde|"
    r"rapporté|anticipé|ajusté|reproché|rassuré|insinué|suggéré|proposé|recommandé|conseillé|"
    r"interrogé|ironisé|plaisanté|confessé|avoué|narré|décrit|dépeint|énuméré|explicité|éclairci|complété|"
    r"conclu|résumé|pointé|constaté|diagnostiqué|pronostiqué|estimé|évalué|calculé|chiffré|craint|redouté|"
    r"espéré|souhaité|félicité|remercié|condamné|blâmé|tancé|vilipendé|taclé|raillé|moqué|pesté|grondé|"
    r"hurlé|crié|chuchoté|murmuré|lancé|décrété|proclamé|claironné|théorisé|argumenté|objecté|opposé|"
    r"protesté|contre-attaqué|abondé|acquiescé|confirmé|officialisé|communiqué|fait part|écarté|mis en avant|"
    r"pris la parole"
)
_FR_NOW = (
    r"garantit|réplique|rétorque|tempère|nuance|détaille|résume|fustige|alerte|certifie|déplore|glisse|concède|"
    r"évoque|réclame|prédit|défend|"
    r"recommandent|rappellent|soulignent|précisent|ajoutent|confirment|dénoncent|craignent|pense|croit|signale|"
    r"déclare|affirme|dit|indique|assure|ajoute|souligne|explique|annonce|précise|estime|confirme|dément|rejette|"
    r"avertit|reconnaît|admet|rappelle|insiste|"
    r"note|répond|juge|prévient|dénonce|accuse|nie|conclut|écrit|soutient|révèle|considère|observe|relève|raconte|"
    r"plaide|regrette|réfute|conteste|exclut|"
    r"déclarait|expliquait|disait|affirmait|martèle|tranche|poursuit|commente|affirment|assurent|estiment|indiquent|"
    r"expliquent|disent|réaffirme|"
    r"rapporte|rapportent|reproche|rassure|suggère|propose|recommande|conseille|avoue|confie|résume|décrit|"
    r"décrivent|constate|constatent|pointent|craint|redoute|espère|souhaite|condamne|"
    r"proclame|argumente|objecte|proteste|abonde|officialise|communique|réplique|promet|jure|"
    r"réagit|réagissent|racontent|témoigne|témoignent|expose|détaillent|notent|relève|relèvent|"
    r"préviennent|avertissent|alertent|jugent|déplorent|regrettent|dément|démentent|nient|reconnaissent|"
    r"admettent|soutiennent|insistent|déclarent|annoncent|croient|pensent|martèlent|répondent|concluent|"
    r"observent|évalue|évaluent|prévoit|prévoient|invoque|raille|glissent|assène|soupire|s['’]inquiète|"
    r"s['’]indigne|s['’]étonne|se félicite|se réjouit|se défend"
)
GRAMMAR = Grammar(
    verbs=(
        rf"(?:{_FR_NOW})(?:-t)?-(?:il|elle|ils|elles)|(?:a|ont|avait)-t-(?:il|elle|ils|elles)\s+(?:{_FR_PAST})|"
        rf"(?:a|ont|avait|avaient)\s+(?:(?:\w+ment|aussi|déjà|ensuite|toutefois|encore|par ailleurs|pour sa part|"
        rf"n['’]a pas)\s+)?(?:{_FR_PAST})|s['’](?:est|était)\s+(?:dite?|félicitée?|inquiétée?)|{_FR_NOW}"
    ),
    according=(
        r"[Ss]elon|[Dd]['’]après|[Dd]e l['’]avis (?:de|du)|[ÀàA] en croire|[Aa]ux dires (?:de|du)|[Dd]e source|"
        r"[Pp]our(?=\s+(?:M\.|Mme)\s)"
    ),
    agent=r"(?:annoncée?|déclarée?|confirmée?|faite|révélée?|affirmée?)\b[^.\x01;]{0,60}?\bpar",
    citing=r"citant|en citant|s['’]appuyant sur",
    this_said=r"(?:C['’]est ce qu['’](?:a|ont|en dit)|L['’]annonce a été faite|Cette (?:annonce|déclaration))\b",
    pronouns=r"[Ii]l|[Ee]lle|ce dernier|cette dernière",
    prepositions=r"avec|à|au|aux|de|du|des|par|pour|contre|sur|chez|entre|vers|sans|sous|dans|en|après|avant",
    breaks=r"que|qui|mais|car|dont|où|si|et|ou|lorsque|quand|alors",
    heads={
        "secretary general": r"secrétaire générale?",
        "prime minister": r"[Pp]remi(?:er|ère)[- ]ministre",
        "president": r"(?:vice-)?présidente?",
        "chancellor": r"chanceli(?:er|ère)",
        "minister": r"ministre|secrétaire d['’]État|secrétaire",
        "spokesperson": r"porte-parole",
        "chief": (
            r"chef(?:fe)?|patron(?:ne)?|dirigeante?|direct(?:eur|rice)(?: générale?)?|responsable|numéro un|leader|"
            r"gouverneure?|commissaire|maire|PDG"
        ),
        "envoy": r"ambassad(?:eur|rice)|envoyée?|représentante?|émissaire",
        "person": (
            r"\w+ologue|officiel|diplomate|source|conseill(?:er|ère)|sénat(?:eur|rice)|députée?|avocate?|général|procureure?|"
            r"experte?|analyste|cherch(?:eur|euse)s?|professeure?|"
            r"médecin|microbiologiste|infectiologue|économiste|juge|ingénieure?|entraîneur|scientifiques?|experts|"
            r"officiels|sources|pape|"
            r"habitante?s?|riverain[es]?|voisine?s?|témoin|rescapée?s?|enseignante?s?|instituteur|institutrice|"
            r"étudiante?s?|infirmi(?:er|ère)s?|agricult(?:eur|rice)s?|pêcheurs?|conserva(?:teur|trice)|"
            r"commissaire-priseur|historien(?:ne)?s?|militante?s?|activistes?|manifestante?s?|réfugiée?s?|"
            r"soldate?s?|lieutenant|colonel|pompiers?|secouristes?|chirurgien(?:ne)?|urgentiste|pilote|prêtre|"
            r"évêque|archevêque|imam|écrivaine?|romanci(?:er|ère)|chant(?:eur|euse)|act(?:eur|rice)|"
            r"réalisa(?:teur|trice)|négocia(?:teur|trice)|média(?:teur|trice)|inspect(?:eur|rice)|"
            r"enquêt(?:eur|rice)s?|invest(?:isseur|isseuse)s?|banqui(?:er|ère)|syndicalistes?|salariée?s?|"
            r"employée?s?|journaliste|correspondante?|photographe|architecte|physicien(?:ne)?|chimiste|"
            r"météorologue|organisat(?:eur|rice)s?|adjointe?|préf(?:et|ète)|père|mère|frère|sœur|veuve|auteure?|"
            r"autrice|fonda(?:teur|trice)|propriétaire|gérante?|éleveu(?:r|se)s?|vigneronn?e?s?|bénévoles?"
        ),
        "body": (
            r"ministère|gouvernement|Maison[- ][Bb]lanche|Kremlin|Pentagone|entreprise|société|groupe|agence|"
            r"organisation|commission|armée|parquet|étude|rapport|"
            r"Élysée|cour|tribunal|banque|université|police|autorités?|conseil|parti|ambassade|communiqué|enquête|"
            r"sondage|institut|journal|quotidien|HAS|constructeur|"
            r"préfecture|mairie|rectorat|chambre|fédération|syndicat|hôpital|entourage|présidence|défense|cabinet|"
            r"direction|musée|club|mouvement|opposition|ONG|association|fondation"
        ),
    },
    modifiers=r"ancien(?:ne)?|haut|vice|nouveau|nouvelle|premier|première|ex",
    generic=(
        r"sources?|experts?|analystes?|scientifiques?|officiels?|chercheurs|responsables|autorités|diplomates|"
        r"observateurs|témoins"
    ),
    starts=words(
        "Le La Les Un Une Des L D Il Elle Ils Elles On Mais Et Ou Selon Dans En Au Aux À A Pour Par Avec Sans Sur "
        "Sous Ce Cette Ces C Cela Si Quand Lorsque Après "
        "Avant Depuis Plus Tout Son Sa Ses Leur Leurs Notre Nous Vous M Mme Monsieur Madame De Du Interrogé "
        "Interrogée Aussi Ainsi Alors Enfin Toutefois Cependant"
    ),
)
