"""Pages as newspapers make them: 400 to 900 words in 30 to 80 KB of HTML, with menus, related links, advertisements, scripts.

Made by rule from the stories under samples/ and from lists of words, the same for the same number. `local_news` serves them.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from app import newsroom
from benchmarks.local_news import News, day_of

LANGUAGES = ("en", "en", "en", "fr", "ru", "tr")
WHO = (
    "The harbour master",
    "A spokesperson for the ministry",
    "The regional court",
    "An engineer at the works",
    "The head of the union",
    "A retired pilot",
    "The opposition's candidate",
    "Her predecessor",
    "The audit office",
    "A resident of the lower town",
    "The railway's director",
    "A customs officer",
    "The university's geologist",
    "The owner of the last bakery",
    "A visiting delegation",
)
DID = (
    "said on Tuesday that",
    "told this newspaper that",
    "wrote in a report of forty pages that",
    "confirmed after the meeting that",
    "reminded the council that",
    "denied for the third time that",
    "has calculated that",
    "did not rule out that",
    "was surprised to learn that",
    "had warned in the spring that",
    "repeated before the committee that",
    "could not explain why",
)
WHAT = (
    "the second track",
    "the old customs house",
    "this year's budget",
    "the water main under the square",
    "the new ferry timetable",
    "the listed warehouse",
    "the night shift",
    "a temporary crossing",
    "the purchase of three tugs",
    "the agreement with the neighbours",
    "the survey of the seabed",
    "the school bus",
    "the flood wall",
    "the tender for the lifts",
    "the merger of the two clinics",
)
HOW = (
    "would cost a third more than planned",
    "had been delayed by missing papers",
    "was finished ahead of time",
    "needs another permit",
    "will be paid for by the province",
    "is no longer on the agenda",
    "found support in every district",
    "must wait until the thaw",
    "was sold without a tender",
    "employs more people than before",
    "depends on a ruling that nobody expects before autumn",
    "has been taken out of service for inspection",
)
WHERE = (
    "in Alnmoor",
    "at the quay",
    "north of the river",
    "in the old town",
    "along the coast road",
    "outside the valley",
    "in the capital",
)
SECTIONS = (
    "World",
    "Politics",
    "Business",
    "Culture",
    "Sport",
    "Science",
    "Weather",
    "Opinion",
    "Travel",
    "Education",
    "Health",
    "Cars",
)


@dataclass(frozen=True)
class Newspaper(News):
    """As `News`, with pages of the open web's weight."""

    def page(self, number: int) -> str:
        chance = random.Random(number)
        lang = chance.choice(LANGUAGES)
        paragraphs = list(_paragraphs(chance, lang))
        title = f"{paragraphs[0].split('. ')[0][:90]} ({number})"
        if number % 10 == 0:
            thing, statement, contrary = chance.choice(self.statements)
            said = statement if chance.random() < 0.6 else contrary
            paragraphs.insert(1, f"“{said}”, the mayor, Ada Holt, said on Monday. It was her first word on the {thing}.")
            title = f"Mayor speaks about the Alnmoor {thing} ({number})"
        return _page(chance, number, lang, title, paragraphs, day_of(number))


def _paragraphs(chance: random.Random, lang: str) -> list[str]:
    wanted, words, paragraphs = chance.randint(400, 900), 0, []
    while words < wanted:
        sentences = [_sentence(chance, lang) for _ in range(chance.randint(2, 5))]
        paragraphs.append(" ".join(sentences))
        words += sum(len(x.split()) for x in sentences)
    return paragraphs


def _sentence(chance: random.Random, lang: str) -> str:
    pool = _stories(lang)
    if lang != "en" or chance.random() < 0.15:
        return chance.choice(pool)
    tail = f", {chance.choice(WHERE)} and elsewhere" if chance.random() < 0.3 else f" {chance.choice(WHERE)}"
    figure = f" for {chance.randint(2, 900)} days" if chance.random() < 0.2 else ""
    return f"{chance.choice(WHO)} {chance.choice(DID)} {chance.choice(WHAT)} {chance.choice(HOW)}{figure}{tail}."


@cache
def _stories(lang: str) -> list[str]:
    """The sentences of the sample newsroom in a language."""
    told = newsroom.load()
    texts = [p for o in told.outlets if o.lang == lang for a in o.stories for v in a.versions for p in v.paragraphs]
    return sorted({f"{x.strip().rstrip('.')}." for p in texts for x in p.split(". ") if len(x) > 30})


# --- The markup around it -------------------------------------------------------------------------------------------


def _page(chance: random.Random, number: int, lang: str, title: str, paragraphs: list[str], day: datetime) -> str:
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": title,
        "inLanguage": lang,
        "datePublished": day.isoformat(),
        "dateModified": day.isoformat(),
        "author": [{"@type": "Person", "name": "Mara Quill"}],
        "publisher": {"@type": "Organization", "name": "Alnmoor Gazette"},
        "isAccessibleForFree": True,
    }
    body = []
    for i, p in enumerate(paragraphs):
        body.append(f"<p class='c-article__p c-article__p--{i}' data-index='{i}'>{_linked(chance, escape(p))}</p>")
        if i % 4 == 3:
            body.append(_advertisement(number, i))
        if i == 2:
            body.append(_figure(number))
        if i == 5:
            body.append(f"<aside class='c-related c-related--inline'><h3>Read more</h3>{_teasers(chance, 3)}</aside>")
    return _template().substitute(
        lang=lang,
        title=escape(title),
        lead=escape(paragraphs[0][:150]),
        day=day.isoformat(),
        printed=f"{day:%d %B %Y, %H:%M}",
        number=number,
        data=json.dumps(data),
        body="".join(body),
        styles=_styles(),
        menu=_menu(),
        share=_share(),
        script=_script(chance, 6_000),
        tracking=_script(chance, chance.randint(6_000, 40_000)),
        leaderboard=_advertisement(number, 99),
        side=_advertisement(number, 100),
        most_read=_teasers(chance, 10),
        related=_teasers(chance, 12),
        comments=_comments(chance),
        tags=_tags(chance),
    )


@cache
def _template() -> Template:
    return Template(Path(__file__).with_suffix(".html").read_text(encoding="utf-8"))


def _linked(chance: random.Random, text: str) -> str:
    words = text.split(" ")
    if len(words) > 12 and chance.random() < 0.4:
        at = chance.randrange(3, len(words) - 4)
        words[at : at + 2] = [f"<a href='/topic/{at}'>{' '.join(words[at : at + 2])}</a>"]
    return " ".join(words)


def _advertisement(number: int, place: int) -> str:
    attributes = f"id='ad-{number}-{place}' data-slot='/1/gazette/{place}' data-sizes='[[300,250],[728,90]]'"
    return f"<div class='c-ad'><div class='c-ad__label'>Advertisement</div><div class='c-ad__slot' {attributes}></div></div>"


def _figure(number: int) -> str:
    sizes = ", ".join(f"/image/{number}-{w}.jpg {w}w" for w in (320, 480, 640, 960, 1280, 1920))
    image = f"<img src='/image/{number}.jpg' srcset='{sizes}' loading='lazy' alt='The harbour at noon'>"
    caption = "<figcaption>The harbour at noon. Photo: Gazette</figcaption>"
    return f"<figure class='c-figure'><picture>{image}</picture>{caption}</figure>"


def _teasers(chance: random.Random, count: int) -> str:
    lines = (f"{chance.choice(WHO)}: {chance.choice(WHAT)} {chance.choice(HOW)}" for _ in range(count))
    return "<ul class='c-teasers'>" + "".join(_teaser(chance, x) for x in lines) + "</ul>"


def _teaser(chance: random.Random, line: str) -> str:
    at = chance.randrange(100_000)
    return (
        f"<li class='c-teaser'><a class='c-teaser__link' href='/story/{at}.html'>"
        f"<img class='c-teaser__image' src='/image/{at}-160.jpg' alt=''>"
        f"<span class='c-teaser__kicker'>{chance.choice(SECTIONS)}</span><h3 class='c-teaser__title'>{line}</h3></a></li>"
    )


@cache
def _menu() -> str:
    parts = "".join(f"<li><a href='/section/{i}/{j}'>{name} {j}</a></li>" for i, name in enumerate(SECTIONS) for j in range(4))
    return f"<ul class='c-menu'>{parts}</ul>"


@cache
def _share() -> str:
    return (
        "<ul class='c-share'>"
        + "".join(f"<li><a href='#{x}'><svg width='16'></svg>{x}</a></li>" for x in ("Mail", "Print", "Copy"))
        + "</ul>"
    )


def _tags(chance: random.Random) -> str:
    return "".join(f"<a class='c-tag' href='/tag/{x}'>{x}</a> " for x in chance.sample(SECTIONS, 4))


def _comments(chance: random.Random) -> str:
    said = (f"<p>{_sentence(chance, 'en')}</p>" for _ in range(chance.randint(0, 8)))
    return "".join(f"<div class='comment' id='comment-{i}'><b>Reader {i}</b>{x}</div>" for i, x in enumerate(said))


@cache
def _styles() -> str:
    return "".join(
        f".c-{name.lower()}--{i}{{margin:{i}px auto;color:#{i:03d};display:flex}}" for i in range(8) for name in SECTIONS
    )


def _script(chance: random.Random, size: int) -> str:
    piece = "window.dataLayer=window.dataLayer||[];dataLayer.push({event:'view',slot:%d,bid:%d,segments:[%d,%d]});"
    made = [piece % tuple(chance.randrange(10_000) for _ in range(4)) for _ in range(size // 100)]
    return "".join(made)
