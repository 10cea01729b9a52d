"""Lands, their adjectives and capitals, as words that are no part of a person's name ("Turkish President Erdogan")."""

from __future__ import annotations

import re

# Endings are spelled out where a given name begins alike (Frank, Russell, Chinara, Paris Hilton is nobody's problem here).
_LATIN = (
    r"turk(?:ey|ish|ei)|türk(?:iye|isch\w*)|turqu(?:ie|ía|ia)|turc(?:o|a|hia|s|que)?|turch[ei]a?|turk(?:ije|se)|turcj\w|turec\w+|"
    r"russ(?:ia|ian|land|isch\w*|ie|e|es|o|a|i)|rusya|rus(?:ia|o|a|os)?|rosj\w|rosyjsk\w*|rusland|russisch\w*|"
    r"french|france|fran(?:cia|ça|çais|çaise|cese|cés|cesa)|frankreich\w*|französisch\w*|fransa|fransız|frankrijk|franse?|francusk\w*|"
    r"german|germany|deutsch\w*|alman(?:ya)?|allem(?:agne|and|ande)|aleman(?:ia|ha)|alem[áã]n?|tedesc\w+|duits\w*|niemc\w+|niemieck\w+|"
    r"americans?|amerik(?:a|anisch\w*|alı|aanse)|américain\w*|american[oa]s?|ameryka\w*|us|usa|u\.s|abd|eeuu|"
    r"brit(?:ish|ain|isch\w*|annique|ánico|annico|ânico|se)|england|ingiltere|ingiliz|großbritannien|engels\w*|royaume|"
    r"ukrain\w+|ukrayna\w*|ucrani?[ae]n?[oa]?|ucra[ií]na|oekra\w+|"
    r"chin(?:a|ese|esisch\w*|oise?|eses?|o)|çin|iran(?:ian|isch\w*|ien|ienne|í|iano|iana)?|ira[kq](?:i|ian)?|"
    r"israel(?:i|isch\w*|í)?|israël\w*|i̇?srail|izrael\w*|poland|polish|polen|polnisch\w*|pologne|polon(?:ais|ya|ia)|polsk\w*|poolse|"
    r"ital(?:y|ian|ien|ienisch\w*|ia|iano|iana|ie|ienne|ya)|spain|spanish|españ\w+|espagn\w+|spanien|spanisch\w*|ispanya|"
    r"greece|greek|griech\w+|grèce|grec(?:ia|o|que)?|yunan\w*|hungar(?:y|ian)|ungar(?:n|isch\w*)|hongr\w+|macar\w*|węg\w+|"
    r"syri(?:a|an|en|e|enne)|syrisch\w*|suriye|egypt(?:ian)?|ägypt\w+|mısır|saudi|indi(?:a|an|en)|hindistan|japan(?:ese|isch\w*)?|japon\w*|"
    r"korea\w*|europe?a?n?|europäisch\w*|européen\w*|europe[oa]|avrupa|canad(?:a|ian|á)|kanad\w+|brazil\w*|brasil\w*|"
    r"romania\w*|rumän\w+|bulgari\w+|serbi\w+|czech|tschech\w+|swed(?:en|ish)|schwed\w+|finland|finnish|norw(?:ay|egian)|norweg\w+|"
    r"denmark|danish|dän\w+|dutch|netherlands|niederl\w+|belgi(?:um|an|en|que|sch\w*)|austria\w*|österreich\w*|swiss|switzerland|schweiz\w*|"
    r"belarus\w*|georgian?|gürcistan|armenian?|ermeni\w*|azerbaijani?|azerbaycan|taiwan\w*|pakistan\w*|afghan\w*|qatar\w*|katar|"
    r"ankara|moscow|moskau|moskova|moscou|mosca|moskwa|moscú|washington|berlin|kiev|kyiv|kiew|beijing|peking|brussels|brüssel|bruxelles|brüksel|"
    r"london|londra|nato|otan|eu|ue|un|uno|onu"
)
_CYRILLIC = (
    r"турци\w|турецк\w+|туреччин\w|турецьк\w+|росси\w+|российск\w+|рф|росі\w+|російськ\w+|франци\w|французск\w+|франці\w|французьк\w+|"
    r"герман\w+|немецк\w+|німеччин\w|німецьк\w+|америк\w*|американск\w+|американськ\w+|сша|британ\w+|великобритан\w+|англи\w|"
    r"украин\w+|україн\w*|кита[йяюе]\w*|китайск\w+|иран\w*|ирак\w*|іран\w*|израил\w+|ізраїл\w*|польш\w+|польск\w+|польщ\w+|польськ\w+|"
    r"итали\w+|испани\w+|испанск\w+|греци\w+|греческ\w+|венгри\w+|венгерск\w+|сири[яию]|сирийск\w+|егип\w+|инди[яию]|индийск\w+|япони\w+|"
    r"японск\w+|коре[яию]|европ\w+|європ\w+|канад\w+|бразил\w+|румын\w+|болгар\w+|серби\w+|чехи\w+|чешск\w+|швеци\w+|шведск\w+|"
    r"финлянд\w+|норвег\w+|норвежск\w+|дани[яию]|датск\w+|нидерланд\w+|бельги\w+|австри\w+|швейцар\w+|белорус\w+|білорус\w+|беларус\w+|"
    r"грузи\w+|армени\w+|армянск\w+|азербайджан\w*|тайван\w*|пакистан\w*|афган\w+|катар\w*|анкар\w|москв\w+|москов\w+|вашингтон\w*|берлин\w*|"
    r"киев\w*|київ\w*|києв\w|пекин\w*|брюссел\w+|лондон\w*|нато|ес|оон|єс"
)
_LAND = re.compile(rf"(?:{_LATIN}|{_CYRILLIC})")


def is_land(word: str) -> bool:
    """True for a land, its adjective, its capital or its union."""
    return _LAND.fullmatch(word.lower().removesuffix("’s").removesuffix("'s")) is not None
