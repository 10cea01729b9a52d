"""How Portuguese reports speech."""

from __future__ import annotations

from claimline.matching.grammars.grammar import Grammar, words

GRAMMAR = Grammar(
    drops_subject=True,
    verbs=(
        r"disse|disseram|diz|dizem|afirmou|afirmaram|afirma|afirmam|declarou|declararam|explicou|explica|explicaram|"
        r"acrescentou|anunciou|anunciaram|anuncia|confirmou|confirmaram|confirma|negou|"
        r"negaram|nega|negam|rejeitou|rejeita|alertou|alerta|advertiu|admitiu|admite|reconheceu|reconhece|ressaltou|"
        r"destacou|lembrou|insistiu|insiste|garantiu|garante|assegurou|informou|informaram|"
        r"revelou|respondeu|escreveu|apontou|acusou|reiterou|sublinhou|salientou|referiu|adiantou|considerou|"
        r"considera|defendeu|defende|comentou|prometeu|enfatizou|relatou|descartou|"
        r"desmentiu|criticou|falou|assinalou|alegou|justificou|cobrou|avisou|detalhou|contou|concluiu|opinou|"
        r"avaliou|reforçou|observou|recomendou|acredita|acusa|acusou|avalia|ironizou|ameaçou|pediu|exigiu|"
        r"acrescenta|admitem|garantem|alertam|explicam|argumentou|sustentou|ponderou|frisou|indicou|esclareceu|"
        r"(?:tinha|havia|tem)\s+(?:dito|"
        r"afirmado|declarado|anunciado|confirmado|negado)|"
        r"rebateu|rebate|retrucou|questionou|perguntou|ironiza|brincou|lamentou|lamenta|lamentam|celebrou|"
        r"comemorou|elogiou|condenou|repudiou|agradeceu|pediram|exige|propôs|propõe|sugeriu|sugere|"
        r"recomenda|aconselhou|prevê|preveem|estimou|estimam|calculou|calcula|teme|temem|confia|jurou|"
        r"promete|revela|revelam|relata|relatam|lembra|lembram|destaca|destacam|ressalta|ressaltam|aponta|"
        r"apontam|reforça|pondera|argumenta|argumentam|sustenta|alega|alegam|justifica|esclarece|detalha|comenta|"
        r"responde|respondem|escreve|antecipou|antecipa|notou|desabafou|desabafa|confessou|confessa|admitiram|"
        r"garantiram|alertaram|pontuou|cravou|disparou|completou|emendou|prosseguiu|finalizou|resumiu|salienta|"
        r"sublinha|refere|referem|adianta|indica|indicam|assegura|asseguram|informa|informam|declara|declaram|"
        r"explicita|frisa|realçou|realça|recordou|recorda|vincou|atirou|acusam|denunciou|denuncia|denunciam"
    ),
    according=r"[Ss]egundo|[Dd]e acordo com|[Cc]onforme|[Nn]a (?:opinião|avaliação) d[eoa]|[Nn]as palavras d[eoa]",
    agent=r"(?:anunciad[oa]|declarad[oa]|confirmad[oa]|revelad[oa]|informad[oa]|feit[oa]|dad[oa])\b[^.\x01;]{0,60}?\bp(?:or|elo|ela)",
    citing=r"citando|que cita",
    this_said=r"(?:É o que|Foi o que|A informação foi|O anúncio foi)\b",
    pronouns=r"[Ee]le|[Ee]la",
    prepositions=(
        r"com|ao|à|aos|às|de|do|da|dos|das|por|pelo|pela|para|contra|sobre|em|no|na|nos|nas|entre|sem|sob|desde|"
        r"após|até|antes"
    ),
    breaks=r"que|mas|porque|se|e|ou|quando|onde|enquanto|embora",
    heads={
        "secretary general": r"secretári[oa][- ]geral",
        "prime minister": r"primeir[oa][- ]ministr[oa]|premiê",
        "president": r"(?:vice-)?president[ea]",
        "chancellor": r"chanceler",
        "minister": r"ministr[oa]|secretári[oa] de Estado|secretári[oa]",
        "spokesperson": r"porta-voz",
        "chief": r"chefe|líder|diretor(?:a)?(?:-geral)?|responsável|governador(?:a)?|comissári[oa]|prefeit[oa]",
        "envoy": r"embaixador(?:a)?|enviad[oa]|representante",
        "person": (
            r"\w+ólog[oa]|funcionári[oa]|fontes?|diplomata|assessor(?:a)?|senador(?:a)?|deputad[oa]|advogad[oa]|general|"
            r"procurador(?:a)?|especialistas?|analistas?|cientistas?|"
            r"pesquisador(?:a|es)?|investigador(?:a|es)?|professor(?:a)?|médic[oa]|economista|técnico|juiz|juíza|"
            r"autoridades|infectologista|papa|"
            r"morador(?:a|es)?|vizinh[oa]s?|testemunha|sobrevivente|professor(?:as|es)|estudante|enfermeir[oa]s?|"
            r"agricultor(?:a|es)?|pescador(?:a|es)?|curador(?:a)?|historiador(?:a)?|ativistas?|manifestantes?|"
            r"refugiad[oa]s?|soldados?|tenente|coronel|bombeir[oa]s?|cirurgi(?:ão|ã)|piloto|padre|bispo|arcebispo|"
            r"escritor(?:a)?|cantor(?:a)?|ator|atriz|cineasta|negociador(?:a)?|mediador(?:a)?|inspetor(?:a)?|"
            r"delegad[oa]|investidor(?:a|es)?|banqueir[oa]|sindicalistas?|empregad[oa]s?|trabalhador(?:a|es)?|"
            r"jornalista|correspondente|fotógraf[oa]|arquitet[oa]|físic[oa]|químic[oa]|meteorologista|"
            r"organizador(?:a|es)?|vereador(?:a)?|autarca|presidente da câmara|pai|mãe|irmão|irmã|viúva|"
            r"autor(?:a)?|fundador(?:a)?|proprietári[oa]|don[oa]|empresári[oa]s?|voluntári[oa]s?|promotor(?:a)?|"
            r"leiloeir[oa]|pediatra|biólog[oa]"
        ),
        "body": (
            r"governo|ministério|Ministério|Casa Branca|Kremlin|Pentágono|empresa|companhia|agência|organização|"
            r"comissão|exército|polícia|estudo|relatório|comunicado|nota|"
            r"banco|tribunal|universidade|jornal|partido|embaixada|instituto|laboratório|"
            r"câmara|prefeitura|museu|hospital|sindicato|fundação|federação|oposição|presidência|defesa|associação|"
            r"direção|clube|marinha|aeronáutica|ministério público|editora|PSP|GNR|proteção civil"
        ),
    },
    modifiers=r"ex|atual|novo|nova|alto|então",
    generic=(
        r"fontes?|especialistas|analistas|cientistas|funcionários|autoridades|pesquisadores|investigadores|"
        r"testemunhas|economistas"
    ),
    starts=words(
        "O A Os As Um Uma E Ou Mas Segundo Em No Na Nos Nas De Do Da Dos Das Ao À Por Para Com Sem Sobre Desde Após "
        "Antes Este Esta Esse Essa Isso Seu Sua Se Quando "
        "Também Além Não Nem É Já Assim Entre Até Durante Enquanto Ele Ela Ontem Hoje Conforme Porém"
    ),
)
