"""How English reports speech."""

from __future__ import annotations

from claimline.matching.grammars.grammar import Grammar, words

GRAMMAR = Grammar(
    verbs=(
        r"said|says|say|told|tells|add(?:ed|s)|stated|states|noted|notes|stress(?:ed|es)|emphasi[sz](?:ed|es)|"
        r"announc(?:ed|es)|declar(?:ed|es)|"
        r"confirm(?:ed|s)|den(?:ied|ies|y)|warn(?:ed|s)|claim(?:ed|s)|argu(?:ed|es)|insist(?:ed|s)|explain(?:ed|s)|"
        r"admit(?:ted|s)|"
        r"acknowledg(?:ed|es)|reiterat(?:ed|es)|repeated|recall(?:ed|s)|remark(?:ed|s)|repl(?:ied|ies)|respond(?:ed|"
        r"s)|answered|reject(?:ed|s)|"
        r"dismiss(?:ed|es)|tweeted|posted|wrote|writes|suggest(?:ed|s)|predict(?:ed|s)|promis(?:ed|es)|pledg(?:ed|"
        r"es)|vow(?:ed|s)|accus(?:ed|es)|"
        r"alleg(?:ed|es)|complain(?:ed|s)|conced(?:ed|es)|conclud(?:ed|es)|believes|believed|thinks|assur(?:ed|es)|"
        r"underlin(?:ed|es)|"
        r"underscor(?:ed|es)|reported|reports|reveal(?:ed|s)|testif(?:ied|ies)|ruled|hint(?:ed|s)|estimat(?:ed|es)|"
        r"maintain(?:ed|s)|"
        r"contend(?:ed|s)|point(?:ed|s) out|ma(?:de|kes) (?:it )?clear|quoted as saying|found(?=\s+(?:that|no|it|"
        r"they|there|he|she|the|a|an)\b)|spoke|called|calls|described|describes|labell?ed|dubbed|deemed|cautioned|countered|asserts|asserted|affirmed|lamented|joked|"
        r"elaborated|clarified|indicated|observed|commented|guaranteed|proclaimed|threatened|echoed|opined|"
        r"recounted|forecasts|testifies|boasted|quipped|vows|urg(?:ed|es)|"
        r"blam(?:ed|es)|disput(?:ed|es)|"
        r"rebuff(?:ed|s)|rul(?:ed|es) out|signall?ed|told|"
        r"chided|quipped|mused|retorted|shot back|chimed in|hit back|wrote|maintains|reckons|reckoned|"
        r"speculated|surmised|contends|boasts|counter(?:s|ed)|deni(?:ed|es)|confess(?:ed|es)|"
        r"disclosed|divulged|summari[sz]ed|praised|welcomed|condemned|denounced|criticized|"
        r"criticised|slammed|blasted|scolded|apologi[sz]ed|pleaded|begged|shouted|yelled|whispered|exclaimed|"
        r"protested|objected|ventured|volunteered|stipulated|advises|recommends|recommended|"
        r"tells"
    ),
    inverts=(
        r"said|says|add(?:ed|s)|stated|noted|stressed|announced|declared|confirmed|warned|claimed|argued|insisted|"
        r"explained|admitted|"
        r"acknowledged|recalled|remarked|replied|tweeted|wrote|writes|concluded|reports|told|report"
    ),
    according=r"[Aa]ccording to|[Ii]n the (?:words|view|opinion) of|[Aa]s (?:quoted|cited) by",
    agent=(
        r"(?:announced|stated|said|confirmed|reported|revealed|disclosed|declared|voiced|"
        r"expressed)\b[^.\x01;]{0,70}?\bby"
    ),
    citing=r"citing|quoting",
    this_said=(
        r"(?:This|That|It|The (?:announcement|statement|news))\b(?: (?:was|has been|is) (?:also )?)(?:announced|"
        r"stated|said|confirmed|reported|made)"
    ),
    pronouns=r"[Hh]e|[Ss]he|the latter",
    passive=r"be|is|was|are|were|been|being",
    prepositions=r"with|to|from|of|for|by|at|in|on|against|about|between|like|than|near|over|under|after|before|told",
    breaks=r"that|which|but|because|whether|if|while|what|and|or|so|as",
    heads={
        "secretary general": r"secretary[- ]general",
        "prime minister": r"prime minister|premier",
        "president": r"(?:vice[- ])?president",
        "chancellor": r"chancellor",
        "minister": r"minister|secretary of state|defen[cs]e secretary|foreign secretary|secretary",
        "spokesperson": r"spokes(?:man|woman|person)|press secretary",
        "chief": (
            r"chief(?: executive)?|head|boss|leader|chair(?:man|woman|person)?|director(?:[- ]general)?|CEO|"
            r"commander|governor|commissioner|coordinator"
        ),
        "envoy": r"ambassador|envoy|representative",
        "person": (
            r"\w+ologist|official|officer|diplomat|source|aide|advis[eo]r|expert|analyst|researcher|scientist|professor|author|"
            r"doctor|lawyer|attorney|"
            r"prosecutor|judge|coach|agent|manager|lawmaker|senator|congress(?:man|woman)|mayor|general|admiral|"
            r"colonel|engineer|investigator|"
            r"pope|king|queen|prince|politician|economist|epidemiologist|virologist|owner|founder|"
            r"resident|neighbou?r|eyewitness|witness|survivor|nurse|teacher|student|worker|fisherman|shopkeeper|"
            r"curator|historian|activist|campaigner|protester|demonstrator|refugee|father|mother|daughter|brother|sister|"
            r"widow|relative|soldier|lieutenant|firefighter|rescuer|paramedic|surgeon|physician|pilot|archbishop|"
            r"imam|rabbi|writer|novelist|singer|filmmaker|negotiator|mediator|inspector|detective|trader|investor|"
            r"banker|strategist|businessman|businesswoman|entrepreneur|executive|employee|councillor|blogger|"
            r"journalist|reporter|correspondent|photographer|auctioneer|architect|physicist|chemist|forecaster|"
            r"organi[sz]er|insider|statistician|geographer|linguist|ombudsman|auditor|coroner|midwife|pharmacist|"
            r"veterinarian"
        ),
        "body": (
            r"ministry|government|company|agency|commission|committee|court|department|police|army|military|bank|"
            r"university|operator|union|party|"
            r"council|office|administration|embassy|association|parliament|organi[sz]ation|study|report|team|"
            r"authority|regulator|watchdog|firm|"
            r"board|service|statement|survey|institute|outlet|newspaper|paper|broadcaster|task force|airline|"
            r"manufacturer|maker|group|club|staff|"
            r"museum|hospital|school|charity|foundation|federation|prosecution|defen[cs]e|opposition|ministers|"
            r"presidency|church|union|city|town hall|rescue service|coastguard|navy|air force|NGO|supplier|"
            r"retailer|bank|fund|exchange|central bank|campaign|rebels|militia"
        ),
    },
    modifiers=(
        r"former|senior|deputy|vice|acting|foreign|defen[cs]e|prime|interior|finance|health|energy|economy|press|"
        r"top|new|then|alliance|military|"
        r"state|government|party|ministry|central|bank|local|high-ranking|supreme|chief|company|alliance's|"
        r"country's|bloc's|transport|justice|"
        r"environment|agriculture|trade|security|intelligence|policy|nuclear|research|union|club|opposition|"
        r"election|police|outgoing|veteran"
    ),
    generic=(
        r"officials?|sources?|experts?|analysts?|scientists|researchers|authorities|diplomats?|investigators|"
        r"doctors|lawmakers|critics|witnesses|people|observers|economists"
    ),
    starts=words(
        "The A An In On At But And Or He She It They We I You This That These Those When While After Before As For "
        "With By From To If However Meanwhile Earlier "
        "Later According There Then Also Not No Yes His Her Its Their Our My Some Many Most Both All Mr Mrs Ms Dr "
        "Prof Sir Asked Speaking Since Until Now "
        "Today Yesterday What Who Why How Where Such Still Even Only Once Under Over Despite Although Though "
        "Because Last Next First Second Prior Instead "
        "Restrictive Washington's Will Can May Another Other One Two Three Out About Against During Between Nor So "
        "Yet Neither Either Every Each Any"
    ),
)
