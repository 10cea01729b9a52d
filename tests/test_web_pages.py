"""The pages over a made newsroom: what they show, at any day, and that other people's words stay words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from app.views.charts import spark
from app.web import create_app, templating
from claimline.models import Stance
from claimline.settings import Settings
from storage.engine import Database, open_database
from tests.web_data import HOSTILE, Newsroom, build, judgement

CLAIM = "/claims/harbour-bridge/bridge-safe"


@pytest.fixture(scope="module")
def room(room_db: Database) -> tuple[Database, Newsroom]:
    return room_db, build(room_db, hostile=True)


@pytest.fixture(scope="module")
def page(room: tuple[Database, Newsroom]) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), db=room[0]), base_url="http://127.0.0.1") as client:
        yield client


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def articles_in(html: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"/articles/[0-9a-f]{16}", html)))


def test_every_page_answers(page: TestClient) -> None:
    run = re.search(r"/runs/[0-9a-f]{16}", page.get("/runs").text)
    assert run
    paths = ["/", CLAIM, f"{CLAIM}/dossier", "/review", "/sources", "/runs", run.group(), "/topics", "/topics/harbour-bridge"]
    paths += ["/topics/harbour-bridge/claims/new", "/topics/harbour-bridge/claims/bridge-safe", "/topics/harbour-bridge/import"]
    paths += ["/account", "/api", "/openapi.json", "/login", "/healthz", *articles_in(page.get(CLAIM).text)]
    assert {path: page.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_a_claim_is_listed_with_status_voices_and_last_quote(page: TestClient) -> None:
    words = text_of(page.get("/", params={"q": "tunnel"}).text)
    assert "Reported as false since 12 Jan 2021 single report" in words
    assert "A tunnel will not replace the harbour bridge" in words
    assert "first reported 1 Sep 2020" in words


def test_the_list_is_filtered_and_sorted(page: TestClient) -> None:
    assert "1 claim of 5" in text_of(page.get("/", params={"status": "refuted"}).text)
    assert "2 claims of 5" in text_of(page.get("/", params={"tag": "safety"}).text)
    named = re.findall(r"<h2><a[^>]*>([^<]+)", page.get("/", params={"sort": "name"}).text)
    assert named == sorted(named, key=str.casefold)
    assert "No claim fits" in page.get("/", params={"q": "zeppelin"}).text


def test_where_we_have_not_read_is_said(page: TestClient) -> None:
    words = text_of(page.get("/").text)
    assert "3 of 4 sources answered; not read lately" in words


def test_a_claim_tells_its_changes_with_cause_and_quotes(page: TestClient) -> None:
    words = text_of(page.get(CLAIM).text)
    assert "7 Apr 2019 ✓ Reported as true" in words
    assert "because: new article" in words
    assert "Mara Lindqvist" in words
    assert "3 reports" not in words  # one speaker, one side, one day: one voice


def test_as_of_and_known_at_change_everything(page: TestClient) -> None:
    then = page.get(CLAIM, params={"as_of": "2019-12-31"}).text
    assert "Reported as true" in text_of(then)
    assert "Lindqvist" not in text_of(then)
    before = text_of(page.get(CLAIM, params={"known_at": "2021-01-01"}).text)
    assert "Nothing found" in before
    assert "Nothing has changed yet" in before


def test_links_keep_the_moment(page: TestClient) -> None:
    html = page.get(CLAIM, params={"as_of": "2019-12-31"}).text
    assert "as_of=2019-12-31" in re.search(r'class="wordmark" href="([^"]*)"', html).group(1)  # type: ignore[union-attr]


def test_a_blank_day_is_today_and_a_wrong_one_is_told(page: TestClient) -> None:
    assert page.get(CLAIM, params={"as_of": ""}).status_code == 200
    wrong = page.get(CLAIM, params={"as_of": "31.12.2019"})
    assert wrong.status_code == 400
    assert "is not a day" in wrong.text


def test_the_permanent_id_leads_to_the_claim(page: TestClient) -> None:
    found = re.search(r'href="(/c/[0-9a-f]{16})\?', page.get(CLAIM).text)
    assert found
    assert str(page.get(found.group(1)).url).endswith(CLAIM)


def test_rows_are_filtered_by_side_speaker_language_and_words(page: TestClient) -> None:
    assert "voices of" in text_of(page.get(CLAIM, params={"stance": "refutes"}).text)
    assert "1 voice of" in text_of(page.get(CLAIM, params={"speaker": "mara-lindqvist"}).text)
    assert "1 voice of" in text_of(page.get(CLAIM, params={"lang": "ar"}).text)
    assert "1 voice of" in text_of(page.get(CLAIM, params={"q": "divers piers"}).text)
    assert "No voice fits" in text_of(page.get(CLAIM, params={"from": "2030-01-01"}).text)


def test_filters_hold_together_and_stop_at_the_day_that_is_looked_at(page: TestClient) -> None:
    def rows(**asked: str) -> int:
        return page.get(CLAIM, params=asked).text.count('<li class="row side-')

    assert rows() > rows(stance="refutes") > 0
    assert rows(stance="refutes", q="bridge") <= rows(stance="refutes")
    assert rows(stance="refutes", lang="xx") == 0
    assert rows(to="2020-10-01") == rows(as_of="2020-10-01")
    assert rows(to="2021-12-31", as_of="2020-10-01") == rows(as_of="2020-10-01")


def test_of_a_past_day_no_later_speaker_or_outlet_can_be_chosen(page: TestClient) -> None:
    def choices(**asked: str) -> set[str]:
        return set(re.findall(r"<option[^>]*>([^<]+)</option>", page.get(CLAIM, params=asked).text))

    assert choices(as_of="2020-09-01") < choices()


def test_the_api_says_of_every_parameter_what_it_is(page: TestClient) -> None:
    told = page.get("/openapi.json").json()
    asked = [p for methods in told["paths"].values() for op in methods.values() for p in op.get("parameters", ())]
    assert [p["name"] for p in asked if not p.get("description")] == []
    body = told["components"]["schemas"]["Asked"]["properties"]
    assert [name for name, field in body.items() if not field.get("description") and "enum" not in field] == []


def test_right_to_left_words_are_shown_so(page: TestClient) -> None:
    arabic = next(h for a in articles_in(page.get(CLAIM).text) if 'lang="ar"' in (h := page.get(a).text))
    assert 'dir="rtl" lang="ar"' in arabic


def test_an_article_marks_its_quotes_and_shows_the_machine_beside(page: TestClient) -> None:
    htmls = [page.get(a).text for a in articles_in(page.get(CLAIM).text)]
    html = next(h for h in htmls if re.search(r'<mark class="side-neutral"[^>]*>Ob die Hafenbrücke Lastwagen', h))
    assert "takes no position" in text_of(html)
    assert "80 %" in text_of(html)


def test_an_edited_article_shows_what_changed(page: TestClient) -> None:
    html = page.get(articles_in(page.get("/claims/harbour-bridge/bridge-tunnel").text)[0]).text
    assert "<ins>" in html
    assert "Texts over time" in html


def test_texts_that_are_too_long_to_compare_are_said_to_be(db: Database) -> None:
    made = Newsroom(db)
    url, long = "https://a.example/long", "The minutes of the council. " * 1_200
    made.article(url, "Minutes", long, date(2021, 1, 2))
    made.article(url, "Minutes, corrected", f"{long}And a correction at the end.", date(2021, 1, 2))
    with TestClient(create_app(Settings(), db=db), base_url="http://127.0.0.1") as client:
        html = client.get("/articles", params={"url": url}).text
    assert text_of(html).count("too long to be compared here") == 1  # the first text has none before it
    assert "<ins>" not in html


def test_copies_are_one_voice_and_named(page: TestClient) -> None:
    html = page.get(CLAIM, params={"q": "divers"}).text
    assert "2 more reports of this voice" in text_of(html)
    assert any("Copies of this story" in page.get(a).text for a in articles_in(html))


def test_what_is_not_there_is_said_in_one_line(page: TestClient) -> None:
    for path in ("/claims/harbour-bridge/no-such", "/articles/0000000000000000", "/no/such/page", "/runs/zzzz"):
        answer = page.get(path)
        assert answer.status_code == 404, path
        assert "Traceback" not in answer.text
        assert "Not found" in answer.text


# --- other people's words -------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Every element of a page with its attributes, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str, where: str) -> None:
    for tag, attrs in Tags(html).found:
        assert tag not in ("img", "iframe", "object", "embed", "base", "style"), where
        assert not [name for name in attrs if name.startswith("on") or name == "style"], (where, attrs)
        assert tag != "script" or attrs.get("src", "").startswith("/static/") or attrs.get("type") == "application/json", where  # type: ignore[union-attr]
        for name in ("href", "src", "action", "formaction"):
            value = attrs.get(name) or "/"
            assert value.startswith(("/", "#", "https://", "http://")), (where, attrs)
            assert name == "href" or value.startswith("/"), (where, attrs)


def test_hostile_words_are_never_markup(page: TestClient) -> None:
    html = page.get(CLAIM).text
    paths = ["/", CLAIM, "/review", f"{CLAIM}/dossier", "/sources", "/runs", "/topics", "/account", *articles_in(html)]
    pages = {path: page.get(path).text for path in paths}
    assert sum("window.hit" in one for one in pages.values()) >= 3
    for path, one in pages.items():
        assert_harmless(one, path)
        assert "\u202e" not in text_of(one) or "/articles/" in path


def test_hostile_parameters_come_back_as_words(page: TestClient) -> None:
    for path in ("/", CLAIM, "/review"):
        hostile = dict.fromkeys(("q", "tag", "lang", "reason", "stance", "sort", "status", "speaker"), HOSTILE)
        assert_harmless(page.get(path, params=hostile).text, path)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        " java\tscript:x",
        "http://a@b/",
        "//evil",
        "https://a b/",
        "ftp://x/",
        "http://[x",
    ],
)
def test_only_an_address_of_the_web_is_a_link(url: str) -> None:
    assert templating.outside(url) == ""
    assert templating.at_quote(url, "words") == ""


def test_a_link_opens_the_source_at_the_quote() -> None:
    assert templating.at_quote("https://a.example/x#y", "one two-three") == "https://a.example/x#:~:text=one%20two%2Dthree"
    long = templating.at_quote("https://a.example/", " ".join(str(i) for i in range(20)))
    assert long == "https://a.example/#:~:text=0%201%202%203,16%2017%2018%2019"


def test_data_for_scripts_cannot_end_its_element() -> None:
    assert "<" not in templating.data({"x": "</script><!--"})


def test_every_answer_carries_the_headers(page: TestClient) -> None:
    for path in ("/", "/no/such", "/static/page.css", "/healthz", "/api/v1/claims"):
        headers = page.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_another_name_is_not_answered_to(page: TestClient) -> None:
    assert page.get("/", headers={"host": "evil.example"}).status_code == 421


def test_files_of_our_own_are_kept_by_their_hash(page: TestClient) -> None:
    address = re.search(r'href="(/static/page.css\?v=[^"]+)"', page.get("/").text).group(1)  # type: ignore[union-attr]
    assert "immutable" in page.get(address).headers["cache-control"]


def test_a_spark_without_reports_is_empty() -> None:
    assert spark((), date(2020, 1, 1)).bars == ()


def test_every_part_of_an_article_has_a_name_of_its_own(sqlite_url: str) -> None:
    db = open_database(sqlite_url)
    room = Newsroom(db)
    text = "The bridge is safe for lorries. It will be closed in March."
    _, revision = room.article("https://a.example/1", "Two claims", text, date(2020, 5, 1))
    safe = judgement(text, "The bridge is safe for lorries.", "bridge-safe", Stance.SUPPORTS, 0.9)
    room.judge(revision, safe, judgement(text, "It will be closed in March.", "bridge-closed", Stance.SUPPORTS, 0.9))
    room.publish()
    with TestClient(create_app(Settings(), db=db), base_url="http://127.0.0.1") as client:
        (article,) = set(articles_in(client.get("/claims/harbour-bridge/bridge-safe").text))
        html = client.get(article).text
    names = re.findall(r'<section class="panel claim-card[^>]*aria-labelledby="([^"]+)"', html)
    assert len(names) == len(set(names)) == 2
    assert all(html.count(f'id="{name}"') == 1 for name in names)
    assert "90 % \u00b7 <" in re.sub(r"\s+", " ", html.replace('<span class="on-screen">', ""))
    db.dispose()
