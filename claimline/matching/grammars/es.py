"""How Spanish reports speech."""

from __future__ import annotations

from claimline.matching.grammars.grammar import Grammar, words

GRAMMAR = Grammar(
    drops_subject=True,
    verbs=(
        r"dijo|dijeron|dice|dicen|afirmó|afirmaron|afirma|afirman|aseguró|aseguraron|asegura|aseguran|declaró|"
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
        r"denunciado|acusado|revelado|descartado|desmentido)"
    ),
    according=(
        r"[Ss]egún(?: (?:dijo|afirmó|explicó|anunció|informó|ha \w+))?|[Dd]e acuerdo (?:con|a)|[Aa] juicio de|"
        r"[Ee]n opinión de|[Ee]n palabras de"
    ),
    agent=r"(?:anunciad[oa]|declarad[oa]|confirmad[oa]|revelad[oa]|informad[oa])\b[^.\x01;]{0,60}?\bpor",
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
            r"expertos"
        ),
        "body": (
            r"gobierno|[Gg]obierno|ministerio|[Mm]inisterio|Casa Blanca|Kremlin|Pentágono|empresa|compañía|agencia|"
            r"organización|comisión|ejército|policía|estudio|informe|"
            r"comunicado|banco|tribunal|fiscalía|universidad|diario|periódico|partido|embajada|instituto|"
            r"autoridades|centro"
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
