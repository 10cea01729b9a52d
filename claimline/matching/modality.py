"""How the words of a span put a thing: as fact, ability, will, duty, wish; asked for, denied, not yet done.

One word a span, the most telling first: denied, asked, has-not-yet, cannot, will-not, must, conditional, may, can, will, has;
None where nothing of the kind is said. It informs a reader; no stance is decided by it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from claimline.matching.word_order import compiled, language

# kind -> language -> pattern; the order of kinds is the order of telling.
_WORDS: dict[str, dict[str, str]] = {
    "denied": {
        "en": r"den(?:y|ies|ied|ying)|reject(?:s|ed|ing)?|refut(?:es|ed)|dismiss(?:es|ed)|disput(?:es|ed)|rebuff(?:s|ed)",
        "ru": r"опроверг\w*|отрица\w+|отверг\w*|отрицал\w*|дезавуир\w+",
        "uk": r"спросту\w+|запереч\w+|відкин\w+",
        "tr": r"yalanla\w+|redde(?:tti|diyor|dildi)\w*|inkar\w*|tekzip\w*",
        "fr": r"dément\w*|démenti\w*|rejet(?:te|é)\w*|ni(?:e|é|ent)\b|réfut\w+|contest(?:e|é)\w*",
        "de": r"bestreite\w*|bestritt\w*|dementier\w+|zurückgewiesen|wies\w* .{0,60}zurück|weist .{0,60}zurück|verneint\w*",
        "es": r"n(?:iega|egó|iegan|egaron)|rechaz(?:a|ó|aron|an)|desm(?:iente|intió|entido)",
        "it": r"nega\w*|smenti\w+|resping\w+|respinto",
        "pt": r"neg(?:a|ou|am|aram)|rejeit(?:a|ou)|desment\w+",
        "nl": r"ontken\w+|verwerp\w*|verwierp\w*|weerspre\w+|tegengesproken",
        "pl": r"zaprzecz\w+|odrzuc\w+|dementuj\w+|zdementowa\w+",
        "ar": r"نفى|نفت|ينفي|تنفي|رفض|رفضت|دحض",
    },
    "asked": {
        "en": (
            r"(?:has |have |had )?(?:asked|requested|applied)\b|request(?:s)? (?:from|by|to|for)|(?:no|any|a|"
            r"the) (?:formal |official )?request"
        ),
        "ru": r"попросил\w*|запросил\w*|обратил(?:ся|ась|ись) с просьбой|просьб\w+|запрос(?:а|ов|ы|ил\w*)?|подал\w* заявку",
        "uk": r"попроси\w+|звернул\w+ з проханням|прохан\w+|запит\w*",
        "tr": r"talep e\w+|talebi\w*|talepte bulun\w+|istedi|başvur\w+",
        "fr": r"a demandé|ont demandé|demande(?: officielle| formelle)?|sollicité",
        "de": r"gebeten|beantragt\w*|Antrag|Anfrage|ersucht\w*|angefragt|bat um",
        "es": r"pidió|pidieron|ha pedido|solicit(?:ó|ado|ud\w*)|petición",
        "it": r"ha chiesto|hanno chiesto|richiest[ae]",
        "pt": r"pediu|pediram|solicit(?:ou|ado|ação)|pedido",
        "nl": r"gevraagd|verzocht|verzoek\w*|aanvraag",
        "pl": r"poprosi\w+|zwróci\w+ się|wnios\w+|prośb\w+",
        "ar": r"طلب|طلبت|طلبا",
    },
    "has-not-yet": {
        "en": (
            r"(?:has|have|had)(?: not|n['’]t) (?:yet )?\w+|yet to (?:be )?\w+|not yet|never (?:been )?\w+ed|"
            r"still (?:has|have) not|did(?: not|n['’]t) \w+"
        ),
        "ru": (
            r"(?:пока|ещ[её]) не|до сих пор не|так и не|не был[аои]?|не (?:получ|поставл|подпис|передав|достав|"
            r"вв[её]л)\w+"
        ),
        "uk": r"(?:поки|ще) не|досі не|так і не|не бул[аои]|не був",
        "tr": r"henüz \w+|daha \w+(?:madı|medi)\w*|\w+(?:madı|medi|mamış|memiş)\w*",
        "fr": r"n['’](?:a|ont) (?:pas|jamais|toujours pas|pas encore)|pas encore|toujours pas",
        "de": r"noch nicht|noch kein\w*|bislang nicht|bisher nicht|bislang kein\w*|nie \w+",
        "es": r"(?:aún|todavía) no|no ha\w* \w+(?:ado|ido)|nunca ha\w*",
        "it": r"non (?:ha|hanno|è|sono) (?:ancora|mai)|non ancora|non ha \w+to",
        "pt": r"ainda não|não (?:foi|foram) \w+|nunca \w+ou",
        "nl": r"nog niet|nog geen|niet eerder",
        "pl": r"jeszcze nie|nadal nie|dotąd nie|wciąż nie",
        "ar": r"لم \w+|لم يتم|ليس بعد",
    },
    "cannot": {
        "en": (
            r"can(?:not|['’]t| not| never)|could(?: not|n['’]t)|(?:is|are|was|were) (?:un)?able to(?<=unable to)|"
            r"not able to|impossible|incompatible|not compatible|incapable"
        ),
        "ru": r"не (?:может|могут|сможет|смогут|могла|мог|могло)|невозможн\w+|нельзя|несовместим\w+|неспособ\w+",
        "uk": r"не (?:може|можуть|зможе|зможуть)|неможлив\w+|не можна|несумісн\w+",
        "tr": (
            r"\w+(?:amaz|emez|amıyor|emiyor|amayacak|emeyecek|amayacağ|emeyeceğ)\w*|mümkün değil\w*|imkansız\w*|"
            r"uyumsuz\w*|uyumlu (?:değil|olmad)\w*"
        ),
        "fr": r"ne (?:peut|peuvent|pourra|pourrait|pourront) (?:pas|être|en aucun)|impossible|incompatible\w*|incapable",
        "de": (
            r"k(?:ann|önnen|önne|onnte|onnten|önnten?) (?:\w+ ){0,6}nicht|nicht (?:\w+ ){0,3}k(?:ann|önnen)|"
            r"unmöglich|inkompatibel|nicht kompatibel"
        ),
        "es": r"no (?:puede|pueden|podrá|podrán|podía|es posible)|imposible|incompatible\w*",
        "it": r"non (?:può|possono|potrà|potranno|è possibile)|impossibile|incompatibil\w+",
        "pt": r"não (?:pode|podem|poderá|é possível)|impossível|incompatíve\w+",
        "nl": r"kan niet|kunnen niet|kan (?:\w+ ){0,4}niet|onmogelijk|onverenigbaar|niet compatibel",
        "pl": r"nie (?:może|mogą|można|da się|będzie mógł)|niemożliw\w+|niekompatybiln\w+",
        "ar": r"لا يمكن|لا تستطيع|لا يستطيع|غير متوافق\w*|مستحيل|غير قادر\w*",
    },
    "will-not": {
        "en": r"will not|won['’]t|would not|wouldn['’]t|not going to|no plans? to|refus(?:es|ed|ing) to|rul(?:es|ed) out",
        "ru": r"не будет|не будут|не собира\w+|не планиру\w+|не намерен\w*|отказ\w+|исключ(?:ил|ает)\w*",
        "uk": r"не буде|не будуть|не збира\w+|не плану\w+|не має наміру|відмов\w+",
        "tr": r"\w+(?:mayacak|meyecek|mayacağ|meyeceğ)\w*|planı yok|niyetinde değil",
        "fr": r"ne \w+(?:ra|ront) pas|n['’]envisage\w* pas|refus(?:e|é)\w*|exclu\w*|ne compte pas",
        "de": (
            r"w(?:ird|erden|erde) (?:\w+ ){0,5}nicht|w(?:ird|erden) kein\w*|schließt .{0,40}aus|"
            r"schloss .{0,40}aus|lehn\w+ .{0,40}ab|will nicht|keine Pläne"
        ),
        "es": r"no (?:\w+(?:rá|rán)|va a|van a|planea)|se niega a|descart(?:a|ó)",
        "it": r"non (?:\w+(?:rà|ranno))|esclud\w+|escluso|non intende",
        "pt": r"não (?:vai|vão|\w+(?:rá|rão))|descart(?:a|ou)|recus(?:a|ou)",
        "nl": r"zal niet|zullen niet|zal geen|weiger\w+|sluit .{0,40}uit",
        "pl": r"nie będzie|nie będą|nie zamierza|nie planuje|wyklucz\w+|odmawia",
        "ar": r"لن \w+|لا تعتزم|لا يعتزم|ترفض|يرفض",
    },
    "must": {
        "en": r"must|ha(?:s|ve) to|need(?:s)? to|obliged to|required to",
        "ru": r"долж(?:ен|на|но|ны)|обязан\w*|необходимо|нужно|следует|прид[её]тся",
        "uk": r"повин(?:ен|на|ні)|мусить|мусять|зобов['’]язан\w+|необхідно|потрібно",
        "tr": r"\w*(?:malı|meli)\w*|zorunda\w*|gerek(?:iyor|li|tiğini|tiği)\w*|şart",
        "fr": r"doi(?:t|vent)|devra|devront|il faut|obligé\w*|contrain\w+",
        "de": r"muss|müssen|müsse|verpflichtet",
        "es": r"deb(?:e|en|erá|erán)|tiene que|tienen que|hay que|oblig\w+",
        "it": r"dev(?:e|ono)|dovrà|dovranno|bisogna|obblig\w+",
        "pt": r"dev(?:e|em|erá)|tem que|tem de|precisa|obrig\w+",
        "nl": r"moet|moeten|verplicht",
        "pl": r"musi|muszą|powin(?:ien|na|no|ny)|należy|trzeba",
        "ar": r"يجب|ينبغي|لا بد|يتعين",
    },
    "conditional": {
        "en": r"if|unless|as long as|provided that|would|only when|on condition|should (?=\w+ \w+ )|in case",
        "ru": r"если|при условии|бы|в случае",
        "uk": r"якщо|за умови|би|у разі",
        "tr": r"eğer|\w+(?:sa|se|rsa|rse)\b(?= )|koşuluyla|şartıyla|takdirde|halinde",
        "fr": r"si|à condition|tant que|\w+(?:rait|raient)|au cas où|pourvu que",
        "de": r"wenn|falls|würde\w*|sofern|solange|unter der Bedingung",
        "es": r"si|a condición|siempre que|mientras|\w+(?:ría|rían)",
        "it": r"se|a condizione|purché|finché|\w+(?:rebbe|rebbero)",
        "pt": r"se|desde que|caso|\w+(?:ria|riam)",
        "nl": r"als|indien|mits|tenzij|zou|zouden|op voorwaarde",
        "pl": r"jeśli|jeżeli|pod warunkiem|gdyby|by",
        "ar": r"إذا|لو|بشرط|في حال",
    },
    "may": {
        "en": r"may|might|could|possibly|perhaps|likely",
        "ru": r"возможно|может быть(?=,)|вероятно|могл[аи]? бы|не исключен\w*",
        "uk": r"можливо|може бути(?=,)|ймовірно|мабуть",
        "tr": r"\w*(?:abilir|ebilir)\w*|olası\w*|belki|muhtemel\w*",
        "fr": r"pourrai(?:t|ent)|peut-être|possible\w*|probable\w*",
        "de": r"könnten?|möglich(?:erweise)?|vielleicht|dürfte\w*|wohl",
        "es": r"podría\w*|quizás?|tal vez|posible\w*|probable\w*",
        "it": r"potrebbe\w*|forse|possibil\w+|probabil\w+",
        "pt": r"poderia\w*|talvez|possível\w*|provável\w*",
        "nl": r"zou kunnen|mogelijk|misschien|wellicht|waarschijnlijk",
        "pl": r"być może|prawdopodobn\w+|możliw\w+",
        "ar": r"ربما|قد \w+|من المحتمل|محتمل",
    },
    "can": {
        "en": r"can|(?:is|are) able to|capable of|compatible",
        "ru": r"может|могут|сможет|смогут|можно|способ(?:ен|на|ны)|совместим\w*",
        "uk": r"може|можуть|зможе|зможуть|можна|здат(?:ен|на|ні)|сумісн\w+",
        "tr": r"\w+(?:abiliyor|ebiliyor|abilecek|ebilecek|abildi|ebildi)\w*|mümkün\w*|uyumlu\w*",
        "fr": r"peut|peuvent|pourra|pourront|capable\w*|compatible\w*",
        "de": r"kann|können|könne|fähig|kompatibel|lässt sich|lassen sich|lasse sich",
        "es": r"puede|pueden|podrá|podrán|capaz|compatible\w*",
        "it": r"può|possono|potrà|potranno|capace|compatibil\w+",
        "pt": r"pode|podem|poderá|capaz|compatíve\w+",
        "nl": r"kan|kunnen|in staat|compatibel",
        "pl": r"może|mogą|można|da się|kompatybiln\w+",
        "ar": r"يمكن|يستطيع|تستطيع|قادر\w*|متوافق\w*",
    },
    "will": {
        "en": r"will|is going to|are going to|shall|is set to|plans? to|intends? to|expected to",
        "ru": r"буд(?:ет|ут)|намер\w+|планиру\w+|собира\w+ся|начн[её]т\w*|постав(?:ит|ят)|получ(?:ит|ат)",
        "uk": r"буд(?:е|уть)|має намір|плану\w+|збира\w+ся",
        "tr": r"\w+(?:acak|ecek|acağ|eceğ)\w*|planlıyor\w*|bekleniyor",
        "fr": r"\w+(?:ra|ront)|va|vont|prévoi\w+|compte|entend",
        "de": r"wird|werden|werde|will|wollen|plant|soll|sollen",
        "es": r"\w+(?:rá|rán)|va a|van a|planea\w*|prevé\w*",
        "it": r"\w+(?:rà|ranno)|intend\w+|prevede\w*",
        "pt": r"\w+(?:rá|rão)|vai|vão|planeja\w*|pretende\w*",
        "nl": r"zal|zullen|gaat|gaan|wil|plant",
        "pl": r"będzie|będą|zamierza\w*|planuje\w*",
        "ar": r"س(?:ي|ت|ن)\w+|سوف|تعتزم|يعتزم",
    },
    "has": {
        "en": (
            r"(?:has|have|had) (?:already |also |now )?(?:been )?\w+(?:ed|en|ught|de|ld|nt|pt|wn|id|un|ut)|"
            r"was \w+ed|were \w+ed|\w{3,}ed"
        ),
        "ru": r"\w{2,}(?:л|ла|ло|ли|лся|лась|лись)",
        "uk": r"\w{2,}(?:в|ла|ло|ли|вся|лася|лися)",
        "tr": (
            r"\w{2,}(?:dı|di|du|dü|tı|ti|tu|tü|mış|miş|muş|müş|dığını|diğini|duğunu|düğünü|tığını|tiğini)(?:lar|"
            r"ler|tır|tir)?"
        ),
        "fr": r"(?:a|ont|avait|avaient|est|sont) (?:été |déjà )?\w+(?:é|i|u|is|it)e?s?",
        "de": r"(?:hat|haben|habe|hatte|ist|sind|wurde|wurden|worden).*?ge\w+(?:t|en)|\w{3,}(?:te|ten)",
        "es": r"(?:ha|han|fue|fueron) \w+(?:ado|ido|to|cho)s?|\w{2,}(?:ó|aron|ieron)",
        "it": r"(?:ha|hanno|è|sono) (?:stat[oaie] )?\w+(?:ato|uto|ito|sto|tto|rso|so)",
        "pt": r"(?:foi|foram|tem|têm) \w+(?:ado|ido|to)s?|\w{2,}(?:ou|eu|iu|aram|eram|iram)",
        "nl": r"(?:heeft|hebben|is|zijn|werd|werden) .*?ge\w+(?:d|t|en)",
        "pl": r"\w{2,}(?:ł|ła|ło|li|ły)|został\w*",
        "ar": r"(?:قد )?(?:تم|تمت|سلم|سلمت|فرض|فرضت|وصل|وصلت)",
    },
}  # fmt: skip


@lru_cache(maxsize=32)
def _patterns(code: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(rf"(?<!\w)(?:{by[code]})(?!\w)", re.I)) for kind, by in _WORDS.items() if code in by)


def of(span: str, lang: str | None) -> str | None:
    """The most telling modality of a span, or None."""
    code = language(lang, span)
    for kind, pattern in _patterns(code):
        if pattern.search(_told(span, code) if kind == "has" else span):
            return "has-not-asked" if kind == "asked" and _negated(span, code) else kind
    return None


def _told(span: str, code: str) -> str:
    """The span without its verbs of speech: "it is a risk, he stressed" tells nothing done."""
    return compiled(code)["verb"].sub(" ", span)


def _negated(span: str, code: str) -> bool:
    pattern = dict(_patterns(code)).get("has-not-yet")
    none = re.search(
        r"(?<!\w)(?:no|not|n['’]t|any|никак\w+|не|hiçbir|yok|aucune?|kein\w*|nicht|ning[uú]n\w*|nessun\w*|"
        r"nenhum\w*|geen|żadn\w+|жодн\w+|لا|لم)(?!\w)",
        span,
        re.I,
    )
    return bool(none) or bool(pattern and pattern.search(span))
