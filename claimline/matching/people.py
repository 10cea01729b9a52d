"""One person under many spellings: a topic's people, the article's own full names, offices and pronouns.

A `Directory` is made for one article. It answers with a Speaker, one without a key where nobody is named; it never
guesses a name. Which words speak is `claimline.matching.speech`'s matter.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from claimline.matching.grammars import GRAMMARS, Grammar
from claimline.matching.mention import Mention
from claimline.matching.names import fold
from claimline.matching.offices import PERSON
from claimline.models import Person, Speaker, SpeakerBasis
from claimline.topics import slugify

# "the chief" may be any of these.
_LEADERS = ("secretary general", "president", "prime minister", "chancellor", "minister", "chief")
_PERSONS = (*_LEADERS, "spokesperson", "envoy")

_CYRILLIC = (
    "а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch ъ= "
    "ы=y ь= э=e ю=yu я=ya і=i ї=i є=e ґ=g ў=u"
)
_ARABIC = (
    "ا=a ب=b ت=t ث=th ج=j ح=h خ=kh د=d ذ=dh ر=r ز=z س=s ش=sh ص=s ض=d ط=t ظ=z ع=a غ=gh ف=f ق=q ك=k ل=l م=m ن=n ه=h و=w ي=y "
    "ى=a ة=a أ=a إ=a آ=a ئ=y ؤ=w ء="
)
_LATIN = "ł=l ß=ss ø=o đ=d æ=ae œ=oe þ=th ð=d ı=i"
_SPELLED = dict(pair.split("=") for row in (_CYRILLIC, _ARABIC, _LATIN) for pair in row.split())
# Genitives and Slavic cases, as `fold` leaves them (it takes the sign off й).
_ENDINGS = re.compile(r"(?:s|а|у|ом|е|ы|ои|ю|я|ем|ым|ого|ому|им|еи|ою|ем|owi|em|a|om|iem|ego|emu|і|и|ии)$")


def spelled(text: str) -> str:
    """A name in Latin letters, so that its key can be read and compared across scripts."""
    return "".join(_SPELLED.get(char, char) for char in unicodedata.normalize("NFC", text).lower())


def key_of(name: str) -> str:
    return slugify(spelled(_ARTICLE.sub("", name)))


def known_as(written: str, people: Sequence[Person]) -> Speaker:
    """Whom somebody means who names a speaker by hand: one of these people where the name is theirs, else a name as written."""
    called = fold(" ".join(written.split()))
    for person in people:
        if called in {fold(name) for name in (person.key, person.canonical, *person.variants)}:
            return Speaker(person.canonical, person.key, SpeakerBasis.PERSON_LIST)
    return Speaker(written, key_of(written))


_ARTICLE = re.compile(
    r"^(?:the|an?|le|la|les|un|une|l['’]|der|die|das|den|dem|des|ein|eine|einer|einem|el|los|las|una|il|lo|gli|os?|as|um|uma|de|het|een|bir)(?:\s+|(?<=['’]))",
    re.I,
)


def stem(word: str) -> str:
    """A surname without the ending of its case: Столтенберга, Stoltenbergin and Stoltenberg's meet."""
    bare = fold(re.sub(r"['’].*$", "", word))
    shorter = _ENDINGS.sub("", bare)
    return shorter if len(shorter) >= 4 else bare


# Letters that the romanisations of one name write differently: Chemezov, Čemezov and Çemezov; Selenskyj and Zelensky.
_SOUNDS = (
    ("shch", "s"), ("tsch", "c"), ("dzh", "c"), ("sch", "s"), ("zh", "z"), ("kh", "h"), ("ch", "c"), ("sh", "s"),
    ("ts", "c"), ("tz", "z"), ("ph", "f"), ("dj", "c"), ("gh", "g"), ("w", "v"), ("q", "k"), ("y", "i"),
    ("j", "i"), ("ii", "i"), ("ck", "k"), ("z", "s"),
)  # fmt: skip


def sound(word: str) -> str:
    """A surname as it sounds, so that its spellings in other alphabets and romanisations meet."""
    heard = fold(spelled(stem(word)))
    for written, said in _SOUNDS:
        heard = heard.replace(written, said)
    return re.sub(r"(.)\1", r"\1", heard)


@dataclass(slots=True)
class _Figure:
    """Somebody as the article knows him: the shortest form of the fullest name, and the offices told of him."""

    name: str
    person: Person | None = None
    offices: set[str] = field(default_factory=set)


class Directory:
    """Who is who in one article; mentions are learned in the order of the text."""

    def __init__(
        self,
        people: Sequence[Person],
        grammar: Grammar,
        mentions: Iterable[Mention],
        sentences: Sequence[int] = (),
        text: str = "",
    ) -> None:
        self._people = people
        self._sentences = sentences  # where each begins
        self._text = text
        self._trades: list[tuple[int, str, str]] = []  # (where told, the common noun before a full name, figure's key)
        self._generic = re.compile(rf"(?:.*\s)?(?:{grammar.generic})(?:\s.*)?" if grammar.generic else r"$^", re.I)
        self._figures: dict[str, _Figure] = {}
        self._offices: list[tuple[int, str, str]] = []  # (where told, office, figure's key)
        self._places: list[tuple[int, str]] = []  # where a person is named
        self._subjects: list[tuple[int, str]] = []  # where one is named who may be the subject of a sentence
        known = list(mentions)
        for mention in known:
            self._learn_name(mention)
        for mention in known:
            self._learn_office(mention)

    def _learn_name(self, mention: Mention) -> None:
        if mention.person is not None:
            self._figures.setdefault(mention.person.key, _Figure(mention.person.canonical, mention.person))
        elif mention.kind == "name" and (len(mention.name.split()) > 1 or mention.office):
            at = stem(mention.name.split()[-1])
            figure = self._figures.setdefault(at, _Figure(mention.name))
            if " " in mention.name and " " not in figure.name:  # "Minister Kuipers", and later "Ernst Kuipers"
                figure.name = mention.name
            if len(mention.name.split()) == len(figure.name.split()) and len(mention.name) < len(figure.name):
                figure.name = mention.name

    def _learn_office(self, mention: Mention) -> None:
        at = self._figure_key(mention)
        if at in self._figures:
            self._places.append((mention.start, at))
            if not mention.governed and not mention.oblique:
                self._subjects.append((mention.start, at))
            self._trades += [(mention.start, fold(word), at) for word in self._words_before(mention)]
        if mention.office and at in self._figures:
            self._figures[at].offices.add(mention.office)
            self._offices.append((mention.start, mention.office, at))

    def _words_before(self, mention: Mention) -> list[str]:
        """The common noun before a full name; with a capital (in German, where a sentence begins) it is read as part of it."""
        told = _NOUN_BEFORE.search(self._text, max(0, mention.at - 40), max(0, mention.at))
        words = mention.name.split()
        return [*([told[1]] if told and len(words) > 1 else ()), *words[: int(len(words) > 2)]]

    def _figure_key(self, mention: Mention) -> str:
        if mention.person is not None:
            return mention.person.key
        return stem(mention.name.split()[-1]) if mention.kind == "name" and mention.name else ""

    def knows(self, word: str) -> bool:
        """True for the surname of somebody whom the article names in full."""
        return stem(word) in self._figures

    def resolve(self, mention: Mention, previous: Speaker | None) -> Speaker | None:
        """The speaker that a mention means; `previous` is who spoke before it in the article."""
        if mention.kind == "agency":
            return None
        if mention.kind == "generic":
            return self._of_trade(mention) or _unnamed(mention)
        if mention.kind == "pronoun":
            return previous or self.named_before(mention.start)
        if mention.person is not None:
            return Speaker(mention.name, mention.person.key, SpeakerBasis.PERSON_LIST)
        if mention.kind == "name":
            figure = self._figures.get(self._figure_key(mention))
            return Speaker(mention.name, key_of(figure.name if figure else mention.name))
        return self._office_holder(mention, previous)

    def named_before(self, place: int) -> Speaker | None:
        """Whom "he" means where nobody has spoken yet: the last person named in the sentence, else the subject of the last one
        that names somebody, which is as a rule its first person.
        """
        told = [pair for pair in self._subjects if pair[0] < place] or [pair for pair in self._places if pair[0] < place]
        if not told:
            return None
        here = bisect_right(self._sentences, place)
        last = bisect_right(self._sentences, told[-1][0])
        if last == here:
            return self._speaker(told[-1][1])
        return self._speaker(next(at for start, at in told if bisect_right(self._sentences, start) == last))

    def _of_trade(self, mention: Mention) -> Speaker | None:
        """Whom "the stevedore" means: the only one before whose full name the text has put the word ("stevedore Ada Brandt")."""
        if mention.indefinite or mention.office:
            return None
        noun = fold(re.split(r"[\s'’]", mention.name)[-1])
        told = {at for place, trade, at in self._trades if trade == noun and place < mention.start}
        return self._speaker(told.pop()) if len(told) == 1 else None

    def _speaker(self, at: str) -> Speaker:
        figure = self._figures[at]
        if figure.person is not None:
            return Speaker(figure.name, figure.person.key, SpeakerBasis.PERSON_LIST)
        return Speaker(figure.name, key_of(figure.name))

    def _office_holder(self, mention: Mention, previous: Speaker | None) -> Speaker | None:
        if self._generic.fullmatch(mention.name):
            return _unnamed(mention)
        if mention.kind == "office" and not mention.indefinite:
            for wanted in ((mention.office,), _LEADERS if mention.office == "chief" else ()):
                holders = [at for place, office, at in self._offices if office in wanted and place < mention.start]
                if holders:
                    return self._speaker(holders[-1])
            if (person := self._by_role(mention)) is not None:
                return Speaker(mention.name, person.key, SpeakerBasis.PERSON_LIST)
            if previous is not None and self._may_hold(previous, mention):
                return previous
        if mention.bare or (mention.office or "").startswith(PERSON):
            return _unnamed(mention)
        return Speaker(mention.name, key_of(mention.name))

    def _may_hold(self, previous: Speaker, mention: Mention) -> bool:
        """ "The minister" is who spoke last, unless he is told to be something else, or it is "his spokesman"."""
        if not mention.bare or mention.office not in _PERSONS or _POSSESSIVE.match(mention.name):
            return False
        told = [f.offices for f in self._figures.values() if previous.key in (key_of(f.name), f.person.key if f.person else "")]
        return not any(told) or any(
            mention.office in offices or (mention.office == "chief" and offices & set(_LEADERS)) for offices in told
        )

    def _by_role(self, mention: Mention) -> Person | None:
        """The one person of the topic whose role has the words of the office, or, for a bare office, its kind."""
        if mention.bare:
            wanted = _LEADERS if mention.office == "chief" else (mention.office,)
            seen = {at for start, at in self._places if start < mention.start}
            fits = [p for p in self._people if p.key in seen and _kinds(p.role) & set(wanted)]
        else:
            words = set(re.findall(r"\w{3,}", fold(mention.name))) - {"the"}
            fits = [p for p in self._people if p.role and len(words) > 1 and words <= set(re.findall(r"\w{3,}", fold(p.role)))]
        return fits[0] if len(fits) == 1 else None


_NOUN_BEFORE = re.compile(r"(?<![\w-])([^\W\d_][^\W\d_]{2,}(?:-[^\W\d_]+)*)\s+$")
_POSSESSIVE = re.compile(
    r"(?:his|her|its|their|son|sa|ses|leur|sein\w*|ihr\w*|su|sus|suo|sua|seu|zijn|haar|hun|его|е[её]|их|його|її|jego|jej)\s", re.I
)


def _unnamed(mention: Mention) -> Speaker:
    """Somebody who speaks and is not named ("officials", "the minister"): shown as written, the same as nobody else."""
    return Speaker(mention.name, "", SpeakerBasis.UNKNOWN)


@lru_cache(maxsize=256)
def _kinds(role: str) -> frozenset[str]:
    """The kinds of office that a role names, in whatever language it is written."""
    return frozenset(
        kind
        for g in GRAMMARS.values()
        for kind, nouns in g.heads.items()
        if re.match(rf"(?:\w+\s+){{0,2}}(?:{nouns})(?!\w)", role, re.I)
    )
