"""Bytes to one clean text: charsets, walls, metadata, and what hostile input gives."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimline.clean import CLEANER, MAX_BYTES, CleanJob, clean, clean_many
from claimline.errors import CleanError
from claimline.models import Cleaned, DateBasis, Entry, Skip
from claimline.normal import decode, normalise

SEEN = datetime(2026, 11, 22, 6, tzinfo=UTC)
URL = "https://news.example.com/world/story-7"
RUSSIAN = "Генеральный секретарь альянса заявил, что система несовместима с ПВО союзников и создаёт риск для самолётов. " * 3
ENGLISH = "The secretary general said that the system is not compatible with the alliance's air defences and poses a risk. " * 3


def page(text: str, *, head: str = "", charset: str = "utf-8", lang: str = "") -> str:
    return (
        f'<html lang="{lang}"><head><meta charset="{charset}"><title>A story</title>{head}</head><body><nav>Home</nav>'
        f"<article><h1>A story</h1><p>{text}</p></article><footer>All rights reserved</footer></body></html>"
    )


def read(html: str | bytes, content_type: str | None = "text/html", **entry: str) -> Cleaned:
    body = html.encode() if isinstance(html, str) else html
    return clean(Entry(URL, **entry), body, content_type, url=URL, first_seen=SEEN)  # type: ignore[arg-type]


def reason(body: bytes, content_type: str | None = "text/html") -> str:
    with pytest.raises(CleanError) as caught:
        clean(Entry(URL), body, content_type, url=URL, first_seen=SEEN)
    assert "\n" not in str(caught.value)
    assert URL in str(caught.value)
    return caught.value.reason


# --- Normalisation --------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@settings(deadline=None)
@given(st.text(alphabet=st.characters()))
def test_a_normalised_text_can_be_stored_and_has_no_control_characters(text: str) -> None:
    once = normalise(text)
    once.encode("utf-8")
    assert not [char for char in once if (ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0]


def test_soft_hyphens_and_zero_width_characters_go() -> None:
    assert normalise("in\u00adte\u200bgra\ufefftion\u200e") == "integration"


def test_accents_are_composed() -> None:
    assert normalise("e\u0301te\u0301") == "été"


def test_blanks_at_line_ends_go_and_no_break_spaces_inside_stay() -> None:
    assert normalise("  «\u00a0oui\u00a0» \t\r\nnon\u00a0\n\n\n\nfin ") == "«\u00a0oui\u00a0»\nnon\n\nfin"


def test_joiners_stay_where_they_shape_words() -> None:
    assert normalise("می\u200cخواهم a\u200cb") == "می\u200cخواهم ab"


# --- Charsets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "declared", "header"),
    [
        ("utf-8", "utf-8", "text/html; charset=utf-8"),
        ("utf-8", "windows-1251", "text/html; charset=windows-1251"),
        ("cp1251", "windows-1251", "text/html"),
        ("cp1251", "utf-8", "text/html; charset=utf-8"),
        ("cp1251", "iso-8859-1", "text/html; charset=iso-8859-1"),
        ("cp1251", "", "text/html; charset=no-such-charset"),
        ("koi8-r", "", "text/html"),
        ("utf-16", "", "text/html"),
        ("utf-16-le", "", "text/html"),
        ("utf-8-sig", "koi8-r", "text/html"),
    ],
)
def test_a_russian_page_reads_right_whatever_it_says_of_its_charset(written: str, declared: str, header: str) -> None:
    assert read(page(RUSSIAN, charset=declared).encode(written), header).text.endswith(normalise(RUSSIAN))


def test_a_turkish_page_in_its_old_charset_reads_right() -> None:
    text = "Genel Sekreter, sistemin ittifakın hava savunmasıyla uyumlu olmadığını söyledi. Şüphe yok. İğne. " * 3
    assert normalise(text) in read(page(text, charset="iso-8859-9").encode("iso-8859-9")).text


def test_one_broken_byte_does_not_change_the_charset() -> None:
    body = page(RUSSIAN).encode()
    cut = body.index("система".encode())
    assert "заявил, что" in read(body[:cut] + b"\xff" + body[cut:]).text


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_decode_to_something(body: bytes) -> None:
    assert isinstance(decode(body, "text/html; charset=utf-8"), str)


# --- Hostile input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"   \n\t "])
def test_an_empty_page_is_refused(body: bytes) -> None:
    assert reason(body) == "empty"


@pytest.mark.parametrize(
    "body", [bytes(range(256)) * 40, b"%PDF-1.7 text text", b"\x89PNG\r\n", b"\x1f\x8b\x08" + b"a" * 99, b"\x00" * 5000]
)
def test_a_binary_named_html_is_refused(body: bytes) -> None:
    assert reason(body) == "binary"


def test_a_picture_is_refused_by_its_type() -> None:
    assert reason(b"whatever this is", "image/jpeg") == "binary"


def test_a_huge_body_is_refused_unread() -> None:
    assert reason(b"a" * (MAX_BYTES + 1)) == "too-large"


def test_nul_bytes_are_left_out() -> None:
    assert "alliance's" in read(page(ENGLISH.replace("alliance", "alli\x00ance"))).text


@pytest.mark.parametrize(
    "body", [b"<html><<<<>>>></html>", b"<div>" * 30_000 + b"x", b"<html></html>", b"<!doctype html><html><body>404"]
)
def test_a_page_without_a_text_says_so(body: bytes) -> None:
    assert reason(body) == "no-text"


def test_a_paywall_is_no_article() -> None:
    wall = (
        "<html><body><article><p>The first lines of a story.</p><p>Subscribe now to continue reading</p></article></body></html>"
    )
    assert reason(wall.encode()) == "paywall"


def test_a_consent_wall_is_no_article() -> None:
    wall = "<html><body><div><p>Wir und unsere Partner verwenden Cookies, um Inhalte zu personalisieren.</p></div></body></html>"
    assert reason(wall.encode()) == "consent"


def test_a_robot_check_is_no_article() -> None:
    assert reason(b"<html><body><p>Checking your browser before accessing the site.</p></body></html>") == "robot-check"


def test_an_article_about_cookies_is_an_article() -> None:
    assert "cookies" in read(page(("We use cookies, said the site, and nobody minds the privacy of it. " + ENGLISH) * 3)).text


# --- What is said about it ------------------------------------------------------------------------------------------


def test_a_page_gives_its_text_and_metadata() -> None:
    head = (
        '<meta property="article:published_time" content="2020-12-29T10:00:00Z"><meta name="author" content="Ann Example">'
        '<meta property="article:modified_time" content="2020-12-30T09:00:00Z"><link rel="canonical" href="/world/story">'
    )
    cleaned = read(page(ENGLISH, head=head, lang="en"))
    assert cleaned.cleaner == CLEANER
    assert (cleaned.title, cleaned.outlet, cleaned.lang) == ("A story", "news.example.com", "en")
    assert cleaned.authors == ("Ann Example",)
    assert cleaned.published.day == date(2020, 12, 29)
    assert cleaned.modified is not None
    assert cleaned.modified.day == date(2020, 12, 30)
    assert cleaned.canonical_url == "https://news.example.com/world/story"


@pytest.mark.parametrize(
    "href", ["https://evil.example.org/x", "https://news.example.com/", "javascript:void(0)", "", "http://[domain]/story"]
)
def test_a_canonical_address_of_another_site_or_of_a_front_page_is_not_believed(href: str) -> None:
    assert read(page(ENGLISH, head=f'<link rel="canonical" href="{href}">')).canonical_url is None


def test_an_address_that_is_none_costs_an_article_its_outlet_and_not_its_text() -> None:
    cleaned = clean(Entry("http://[::1", text=ENGLISH), None, None, url="http://[::1", first_seen=SEEN)
    assert (cleaned.outlet, cleaned.lang) == (None, "en")


def test_a_text_that_the_source_gives_is_only_normalised() -> None:
    entry = Entry(
        "stories/1", title="T", text="Line one.\r\n<b>not html</b> \n", lang="en", outlet="Daily", published="2020-12-29"
    )
    cleaned = clean(entry, None, None, url="stories/1", first_seen=SEEN)
    assert cleaned.text == "Line one.\n<b>not html</b>"
    assert (cleaned.outlet, cleaned.lang, cleaned.lang_confidence) == ("Daily", "en", 1.0)
    assert (cleaned.published.day, cleaned.published.basis) == (date(2020, 12, 29), DateBasis.RECORD)


def test_a_leading_date_marker_is_read_and_is_in_no_quote() -> None:
    cleaned = clean(Entry("a.txt"), b" date 2017-10-10 NATO ally Turkey is in talks.", "text/plain", url="a.txt", first_seen=SEEN)
    assert cleaned.text == "NATO ally Turkey is in talks."
    assert (cleaned.published.day, cleaned.published.basis) == (date(2017, 10, 10), DateBasis.TEXT)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        (ENGLISH, "en"),
        (RUSSIAN, "ru"),
        ("Genel Sekreter sistemin uyumlu olmadığını söyledi.", "tr"),
        ("أعلن الأمين العام أن النظام غير متوافق", "ar"),
    ],
)
def test_the_language_is_told_from_the_text(text: str, lang: str) -> None:
    cleaned = clean(Entry("a", text=text), None, None, url="a", first_seen=SEEN)
    assert cleaned.lang == lang
    assert 0 < cleaned.lang_confidence <= 1


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("WASHINGTON (Reuters) - The White House said so.", "Reuters"),
        ("BERLIN, August 27. /TASS/. Part of the crew had ties.", "TASS"),
        ("МОСКВА, 29 дек — РИА Новости. Система поставлена.", "RIA Novosti"),
        ("Москва. 29 декабря. INTERFAX.RU - Система поставлена.", "Interfax"),
        ("ANKARA (AA) - Bakan açıkladı.", "Anadolu"),
        ("Berlin (dpa) - Der Minister sagte das.", "dpa"),
        ("Le ministre l'a dit, rapporte l'AFP.", "AFP"),
        ("This was announced by the secretary general, reports Interfax.", "Interfax"),
        ("Об этом сообщает ТАСС со ссылкой на министра.", "TASS"),
        ("Stoltenberg told Reuters in an interview.", "Reuters"),
        ("وقال الوزير لوكالة رويترز (رويترز)", "Reuters"),
        ("The map of the road was sold.", None),
        ("Он выпил чашку. Tasse Kaffee. The pa said so.", None),
    ],
)
def test_the_agency_is_named_by_byline_or_citation(text: str, agency: str | None) -> None:
    assert clean(Entry("a", text=text), None, None, url="a", first_seen=SEEN).via == agency


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("Correction: an earlier version of this article gave the wrong date.\n" + ENGLISH, "correction"),
        ("This story has been retracted by the editors.\n" + ENGLISH, "retraction"),
        ("Düzeltme: Haberde tarih yanlıştı.", "correction"),
        ("Cet article a été corrigé le 3 mai.", "correction"),
        ("Richtigstellung: In dem Bericht hieß es falsch.", "correction"),
        ("RETRACTED: A study of many things.\n" + ENGLISH, "retraction"),
        ("Editor's note: This article has been withdrawn.", "retraction"),
        ("Эта публикация отозвана редакцией.", "retraction"),
        ("Kill-switch law passed by parliament\n" + ENGLISH, None),
        ("Widerruf: Minister nimmt Aussage zurück.", None),
        ("Опровержение: министр назвал сведения ложными.", None),
        ("Its page now reads: “This article has been retracted.” " + ENGLISH, None),
        ("Withdrawn - the offer that nobody wanted", None),
        ("The journal retracted the study. Its correction was late.", None),
    ],
)
def test_a_page_may_announce_its_own_fate(text: str, notice: str | None) -> None:
    assert clean(Entry("a", text=text), None, None, url="a", first_seen=SEEN).notice == notice


# --- In a pool ------------------------------------------------------------------------------------------------------


def jobs() -> list[CleanJob]:
    return [CleanJob(Entry(URL), body, "text/html", URL, SEEN) for body in (page(ENGLISH).encode(), b"", page(RUSSIAN).encode())]


def test_one_bad_page_spoils_no_other() -> None:
    first, second, third = clean_many(jobs())
    assert isinstance(first, Cleaned)
    assert isinstance(second, Skip)
    assert (second.where, second.reason, second.failed) == (URL, "empty", True)
    assert isinstance(third, Cleaned)


def test_jobs_and_answers_cross_a_process_boundary() -> None:
    assert pickle.loads(pickle.dumps(jobs())) == jobs()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(clean_many, jobs()).result() == clean_many(jobs())
