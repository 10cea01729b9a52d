"""How Spanish reports speech."""

from __future__ import annotations

from claimline.matching.grammars.grammar import Grammar, words

GRAMMAR = Grammar(
    drops_subject=True,
    verbs=(
        r"compareció|comparece|dijo|dijeron|dice|dicen|afirmó|afirmaron|afirma|afirman|aseguró|aseguraron|"
        r"asegura|aseguran|declaró|"
        r"declararon|señaló|señalaron|señala|indicó|indicaron|indica|"
        r"añadió|agregó|explicó|explicaron|explica|anunció|anunciaron|anuncia|confirmó|confirmaron|confirma|negó|"
        r"negaron|niega|niegan|rechazó|rechazaron|rechaza|"
        r"advirtió|advirtieron|advierte|admitió|admite|reconoció|reconoce|subrayó|subraya|destacó|destaca|recordó|"
        r"recuerda|insistió|insiste|sostuvo|sostiene|manifestó|reiteró|"
        r"respondió|escribió|informó|informaron|apuntó|apunta|precisó|denunció|denuncia|acusó|reveló|consideró|"
        r"considera|prometió|opinó|comentó|expresó|puntualizó|descartó|desmintió|"
        r"desmiente|alertó|aclaró|remarcó|enfatizó|celebró|criticó|habló|recalcó|recalca|apostilló|zanjó|zanja|"
        r"resume|resumen|detalla|matiza|insisten|recalcan|alerta|alertan|asevera|lamenta|celebra|critica|"
        r"reconocen|concluye|concluyen|matizó|"
        r"reprochó|avisó|argumentó|sentenció|replicó|detalló|relató|aseveró|alegó|garantizó|garantiza|exigió|"
        r"pidió|adelantó|avanzó|concluyó|cree|creen|opina|ratificó|confesó|contó|cuenta|acusa|consideran|"
        r"sostienen|advierten|señalan|explican|defendió|lamentó|"
        r"(?:ha|han|había)\s+(?:dicho|afirmado|asegurado|declarado|señalado|indicado|añadido|explicado|anunciado|"
        r"confirmado|negado|rechazado|advertido|admitido|"
        r"reconocido|subrayado|destacado|recordado|insistido|sostenido|manifestado|reiterado|informado|precisado|"
        r"denunciado|acusado|revelado|descartado|desmentido)|"
        r"contestó|contesta|retrucó|respondieron|responde|bromeó|ironizó|reclamó|reclama|exclamó|gritó|susurró|"
        r"preguntó|relata|relatan|narró|narra|detallaron|precisaron|precisa|puntualiza|aclara|aclaran|celebran|"
        r"condenó|condenaron|repudió|elogió|saludó|agradeció|se quejó|se queja|se disculpó|confía|teme|"
        r"temen|vaticinó|vaticina|pronosticó|pronostica|calculó|calcula|estimó|estiman|sugirió|sugiere|propuso|"
        r"propone|recomendó|recomienda|aconsejó|apeló|instó|insta|exhortó|juró|amenazó|amenaza|acotó|arguyó|"
        r"argumenta|arguye|aduce|adujo|espetó|sentencia|remató|remata|abundó|abunda|ahondó|incidió|incide|expuso|"
        r"expone|declara|manifiesta|manifestaron|comunicó|comunica|notificó|avisa|vaticinan|agrega|añade|añaden|"
        r"apostilla|"
        r"ha (?:contado|comentado|respondido|lamentado|criticado|pedido|reclamado|defendido|avanzado|adelantado|"
        r"avisado|alertado|matizado|zanjado|concluido|garantizado|opinado|expresado|detallado|relatado)"
    ),
    according=(
        r"[Ss]egún(?: (?:dijo|afirmó|explicó|anunció|informó|ha \w+))?|[Dd]e acuerdo (?:con|a)|[Aa] juicio de|"
        r"[Ee]n opinión de|[Ee]n palabras de"
    ),
    agent=r"(?:anunciad[oa]|declarad[oa]|confirmad[oa]|revelad[oa]|informad[oa])\b[^.\x01;]{0,60}?\bpor",
    citing=r"citando(?: a)?",
    this_said=r"(?:Así lo|Lo)\s+(?=(?:ha |han )?\w+)",
    pronouns=r"[Éé]l|[Ee]lla|éste|este último|esta última",
    prepositions=r"con|a|al|de|del|por|para|contra|sobre|en|entre|hacia|sin|bajo|desde|ante|tras|hasta",
    breaks=r"que|pero|porque|si|y|o|cuando|donde|mientras|aunque",
    heads={
        "secretary general": r"secretari[oa] general",
        "prime minister": r"primer(?:a)? ministr[oa]",
        "president": r"(?:vice)?president[ea]",
        "chancellor": r"canciller",
        "minister": r"ministr[oa]|secretari[oa](?: de Estado)?|viceministr[oa]",
        "spokesperson": r"portavoz|vocer[oa]",
        "chief": (
            r"jef[ea]|líder|director(?:a)?(?: general)?|titular|responsable|gobernador(?:a)?|comisari[oa]|"
            r"alcald(?:e|esa)|consejer[oa] delegad[oa]"
        ),
        "envoy": r"embajador(?:a)?|enviad[oa]|representante",
        "person": (
            r"\w+ólog[oa]|funcionari[oa]|fuentes?|diplomátic[oa]|asesor(?:a)?|senador(?:a)?|diputad[oa]|abogad[oa]|general|"
            r"fiscal|expert[oa]s?|analistas?|científic[oa]s?|"
            r"investigador(?:a|es)?|profesor(?:a)?|médic[oa]|economista|entrenador|juez|jueza|ingenier[oa]|papa|"
            r"expertos|"
            r"vecin[oa]s?|testigo|superviviente|profesor(?:a|es)|maestr[oa]|estudiante|enfermer[oa]s?|"
            r"agricultor(?:a|es)?|pescador(?:a|es)?|conservador(?:a)?|comisari[oa]|historiador(?:a)?|activistas?|"
            r"manifestantes?|refugiad[oa]s?|soldados?|teniente|coronel|bomber[oa]s?|rescatistas?|cirujan[oa]|"
            r"piloto|sacerdote|obispo|arzobispo|escritor(?:a)?|cantante|actor|actriz|cineasta|negociador(?:a)?|"
            r"mediador(?:a)?|inspector(?:a)?|inversor(?:a|es)?|banquer[oa]|sindicalistas?|emplead[oa]s?|"
            r"trabajador(?:a|es)?|periodista|corresponsal|fotógraf[oa]|arquitect[oa]|físic[oa]|químic[oa]|"
            r"meteorólog[oa]|organizador(?:a|es)?|concejal(?:a)?|padre|madre|hermano|hermana|viuda|autor(?:a)?|"
            r"fundador(?:a)?|propietari[oa]|dueñ[oa]|ganader[oa]s?|voluntari[oa]s?|delegad[oa]|subastador(?:a)?|"
            r"ombudsman|ministr[oa]s|pediatra"
        ),
        "body": (
            r"gobierno|[Gg]obierno|ministerio|[Mm]inisterio|Casa Blanca|Kremlin|Pentágono|empresa|compañía|agencia|"
            r"organización|comisión|ejército|policía|estudio|informe|"
            r"comunicado|banco|tribunal|fiscalía|universidad|diario|periódico|partido|embajada|instituto|"
            r"autoridades|centro|"
            r"ayuntamiento|alcaldía|museo|hospital|sindicato|fundación|federación|oposición|presidencia|defensa|"
            r"oenegé|asociación|consejería|dirección|club|marina|fuerza aérea|editorial|junta"
        ),
    },
    modifiers=r"ex|actual|nuevo|nueva|alto|antiguo|entonces|primer",
    generic=(
        r"fuentes?|expertos|analistas|científicos|funcionarios|autoridades|investigadores|observadores|testigos|"
        r"economistas"
    ),
    starts=words(
        "El La Los Las Un Una Unos Y O Pero Según En De Del Al A Por Para Con Sin Sobre Desde Tras Ante Este Esta "
        "Esto Estos Eso Ese Su Sus Si Cuando Aunque Como "
        "También Además No Ni Lo Le Se Es Ya Así Entre Hasta Durante Mientras Él Ella Ayer Hoy Mañana Asimismo "
        "Preguntado"
    ),
)
