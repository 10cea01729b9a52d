"""The page in a real browser: from the list to a quote to a decision and back; nothing runs that is not ours."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI

from app import auth
from app.web import create_app
from claimline.models import Status
from claimline.settings import Settings
from storage import claims, decisions, users
from storage.engine import Database, open_database
from storage.records import NewDecision
from tests.web_data import build

pytest.importorskip("playwright", reason="the dev tools bring Playwright")
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium")]

CLAIM = "/claims/harbour-bridge/bridge-safe"


@pytest.fixture(scope="module")
def db(room_db: Database) -> Database:
    build(room_db, hostile=True)
    return room_db


@pytest.fixture(scope="module")
def base(db: Database) -> Iterator[str]:
    with served(create_app(Settings(), db=db)) as address:
        yield address


@contextmanager
def served(app: FastAPI, port: int = 0) -> Iterator[str]:
    """The page at a port of this machine (0: a free one), in a thread."""
    import uvicorn

    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        opened = p.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


class Watched:
    """A tab whose every complaint and every request is remembered."""

    def __init__(self, browser: Any, base: str, **options: Any) -> None:
        self.base = base
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.tab.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        self.tab.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.tab.on("request", lambda r: None if r.url.startswith((base, "data:")) else self.elsewhere.append(r.url))
        self.asked: set[Any] = set()
        self.tab.on("request", lambda r: self.asked.add(r))
        self.tab.on("requestfinished", lambda r: self.asked.discard(r))
        self.tab.on("requestfailed", lambda r: self.asked.discard(r))

    def go(self, path: str) -> Any:
        self.tab.goto(self.base + path)
        self.settle()
        return self.tab

    def settle(self) -> None:
        """Until nothing has been on its way for a tenth of a second; Playwright's own "networkidle" waits half of one."""
        quiet = 0
        while quiet < 5:
            self.tab.wait_for_timeout(20)
            quiet = 0 if self.asked else quiet + 1


@pytest.fixture
def watched(browser: Any, base: str) -> Iterator[Watched]:
    tab = Watched(browser, base)
    yield tab
    assert tab.elsewhere == []
    assert [c for c in tab.complaints if "status of 4" not in c] == []
    tab.context.close()


def paths(tab: Any) -> list[str]:
    found = tab.eval_on_selector_all("a[href^='/articles/']", "els => els.map(e => e.getAttribute('href'))")
    ours = ["/", CLAIM, f"{CLAIM}/dossier", "/review", "/sources", "/runs", "/topics", "/topics/harbour-bridge", "/account"]
    forms = [
        "/topics/harbour-bridge/claims/bridge-safe",
        "/topics/harbour-bridge/import",
        "/topics/harbour-bridge/outlets",
        "/api",
    ]
    forms += ["/login"]
    return [*ours, *forms, *found[:3]]


def test_from_the_list_to_a_quote_to_a_decision_and_back(watched: Watched, db: Database) -> None:
    tab = watched.go("/")
    tab.get_by_role("link", name="The harbour bridge will be closed").click()
    assert tab.locator("h1").inner_text().startswith("The harbour bridge will be closed")
    tab.wait_for_selector(".plot .u-wrap canvas")
    tab.get_by_role("link", name="Read it in the article").first.click()
    tab.wait_for_selector("mark.side-supports")
    tab.get_by_role("button", name="false", exact=True).click()
    tab.wait_for_selector(".claim-card .tag-person")
    assert "refutes" in tab.locator(".claim-card").first.inner_text()
    tab.go_back()
    tab = watched.go("/claims/harbour-bridge/bridge-closed")
    assert "Reported as false" in tab.locator(".verdict").inner_text()
    with db.read() as s:
        assert decisions.decisions(s)[0].stance == "refutes"


def test_the_queue_by_keyboard_is_there_at_once(watched: Watched, db: Database) -> None:
    tab = watched.go("/review")
    with db.read() as s:
        before = len(decisions.decisions(s))
    first = tab.locator(".case.now").get_attribute("id")
    began = time.perf_counter()
    tab.keyboard.press("2")
    tab.wait_for_function("id => document.querySelector('.case.now')?.id !== id", arg=first)
    assert time.perf_counter() - began < 1.0
    tab.wait_for_selector(f"[id='{first}'].decided")
    tab.keyboard.press("n")
    tab.keyboard.type("12ax by hand")  # letters in a note decide nothing
    tab.keyboard.press("Escape")
    tab.keyboard.press("j")
    tab.keyboard.press("k")
    tab.keyboard.press("u")
    tab.wait_for_selector(f"[id='{first}']:not(.decided)")
    with db.read() as s:
        assert len(decisions.decisions(s)) == before


def test_with_the_mouse_several_cases_get_one_word_and_one_note(watched: Watched, db: Database) -> None:
    tab = watched.go("/review")
    boxes = tab.locator("input[name=case]")
    boxes.nth(1).check()  # not the current case, which shrinks when another one becomes it
    boxes.nth(2).check()
    assert tab.locator("#selected").inner_text() == "2"
    tab.locator("#several input[name=note]").fill("the same words")
    tab.locator("#several button[value=neutral]").click()
    tab.wait_for_selector("text=Take all of it back")
    with db.read() as s:
        assert [d.note for d in decisions.decisions(s)[:2]] == ["the same words"] * 2
    tab.get_by_role("button", name="Take all of it back").click()
    tab.wait_for_selector("text=Take all of it back", state="detached")


def test_with_the_mouse_a_case_further_down_is_decided_at_the_first_click(watched: Watched) -> None:
    tab = watched.go("/review")
    second = tab.locator(".case").nth(1).get_attribute("id")
    tab.locator(f"[id='{second}'] button[data-key='3']").click()
    tab.wait_for_selector(f"[id='{second}'].decided")
    tab.locator(f"[id='{second}'] button.undo").click()
    tab.wait_for_selector(f"[id='{second}']:not(.decided)")


def test_a_selected_passage_becomes_evidence(watched: Watched) -> None:
    tab = watched.go(CLAIM)
    tab.get_by_role("link", name="Read it in the article").nth(2).click()
    tab.wait_for_selector("#text p")
    tab.evaluate(
        """() => { const p = [...document.querySelectorAll('#text p')].at(-1), r = document.createRange();
        r.selectNodeContents(p); const s = getSelection(); s.removeAllRanges(); s.addRange(r); }"""
    )
    tab.get_by_role("button", name="Add as evidence").click()
    tab.locator("#add-evidence input[value=neutral]").check()
    tab.locator("#add-evidence").get_by_role("button", name="Add", exact=True).click()
    tab.wait_for_selector("text=added by")
    assert "added by" in tab.locator("main").inner_text()


def test_two_characters_are_a_passage_and_one_is_none(watched: Watched) -> None:
    tab = watched.go(CLAIM)
    tab.get_by_role("link", name="Read it in the article").first.click()
    tab.wait_for_selector("#text p")
    for length, shown in ((1, False), (2, True)):
        tab.evaluate(
            """length => { const p = document.querySelector('#text p').firstChild, r = document.createRange();
            const node = p.nodeType === 3 ? p : p.firstChild; r.setStart(node, 0); r.setEnd(node, length);
            const s = getSelection(); s.removeAllRanges(); s.addRange(r); }""",
            length,
        )
        tab.wait_for_timeout(100)
        assert tab.locator("#pick").is_visible() is shown


def test_the_filter_works_as_one_types_and_the_address_says_so(watched: Watched) -> None:
    tab = watched.go(CLAIM)
    tab.locator("#row-q").press_sequentially("Gutachten")
    tab.wait_for_function("() => document.querySelectorAll('#rows .row').length === 1")
    # The first letters may leave one row too: the address follows the last.
    tab.wait_for_url(lambda url: "q=Gutachten" in url)


def test_a_day_and_a_copied_link_pin_what_is_seen(browser: Any, base: str) -> None:
    watched = Watched(browser, base, permissions=["clipboard-read", "clipboard-write"])
    tab = watched.go(CLAIM)
    tab.locator("#as-of").fill("2019-12-31")
    tab.get_by_role("button", name="Show").click()
    tab.wait_for_selector(".past")
    assert "Reported as true" in tab.locator(".verdict").inner_text()
    tab.get_by_role("link", name="Copy link").click()
    tab.wait_for_selector("#notices .notice")
    copied = tab.evaluate("() => navigator.clipboard.readText()")
    assert "/c/" in copied
    assert "as_of=2019-12-31" in copied
    assert "known_at=" in copied
    tab.goto(copied)
    assert "Reported as true" in tab.locator(".verdict").inner_text()
    watched.context.close()


def test_a_link_that_is_copied_today_pins_today(browser: Any, sqlite_url: str) -> None:
    db = open_database(sqlite_url)
    build(db)
    now = datetime(2021, 1, 20, 12, tzinfo=UTC)
    with db.read() as s:
        claim = claims.claim(s, "bridge-tunnel")
    ruling = NewDecision("ruling", "until-the-25th", claim.id, status=Status.CONTESTED, valid_from=date(2021, 1, 12))
    decisions.record(db, [replace(ruling, valid_to=date(2021, 1, 25))], by="Zoe", now=now)
    with served(create_app(Settings(), db=db, now=lambda: now)) as address:
        watched = Watched(browser, address, permissions=["clipboard-read", "clipboard-write"])
        tab = watched.go("/claims/harbour-bridge/bridge-tunnel")
        assert "Sources disagree" in tab.locator(".verdict-status").inner_text()
        tab.get_by_role("link", name="Copy link").click()
        tab.wait_for_selector("#notices .notice")
        copied = tab.evaluate("() => navigator.clipboard.readText()")
        assert "as_of=2021-01-20" in copied
        now = datetime(2021, 2, 20, 12, tzinfo=UTC)
        tab.goto(copied)
        assert "Sources disagree" in tab.locator(".verdict-status").inner_text()
        watched.go("/claims/harbour-bridge/bridge-tunnel")
        assert "Sources disagree" not in tab.locator(".verdict-status").inner_text()
        watched.context.close()
    db.dispose()


def test_no_page_complains_runs_foreign_words_or_asks_elsewhere(watched: Watched) -> None:
    for path in paths(watched.go(CLAIM)):
        tab = watched.go(path)
        assert tab.evaluate("() => window.hit") is None, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Any, base: str, scheme: str) -> None:
    from axe_core_python.sync_playwright import Axe

    watched = Watched(browser, base, color_scheme=scheme, bypass_csp=True)
    told: list[tuple[str, str, list[str]]] = []
    for path in paths(watched.go(CLAIM)):
        found = Axe().run(watched.go(path))["violations"]
        told += [(path, v["id"], [n["html"][:160] for n in v["nodes"][:3]]) for v in found]
    assert told == []
    watched.context.close()


def test_it_reads_without_script_and_on_a_narrow_screen(browser: Any, base: str) -> None:
    watched = Watched(browser, base, java_script_enabled=False)
    tab = watched.go(CLAIM)
    assert tab.locator(".timeline-drawing").is_visible()
    tab.locator("#row-q").fill("Gutachten")
    tab.locator("#voices").get_by_role("button", name="Filter").click()
    assert tab.locator("#rows .row").count() == 1
    watched.context.close()
    narrow = Watched(browser, base)
    narrow.tab.set_viewport_size({"width": 360, "height": 740})
    boxes = "[document.documentElement, ...document.querySelectorAll('.scroll')]"
    beyond = f"() => Math.max(...{boxes}.map(x => x.scrollWidth - x.clientWidth))"
    for path in ("/", CLAIM, "/review", "/sources", "/runs", "/topics/harbour-bridge/outlets"):
        assert narrow.go(path).evaluate(beyond) <= 0, path
    narrow.context.close()


def test_a_server_that_is_away_is_said(watched: Watched) -> None:
    tab = watched.go("/review")
    watched.context.set_offline(True)
    tab.keyboard.press("3")
    tab.wait_for_selector("#notices .notice-bad")
    assert "was not sent" in tab.locator("#notices").inner_text()
    watched.context.set_offline(False)
    watched.complaints.clear()


def test_two_reviewers_at_once_see_one_another(browser: Any, base: str) -> None:
    ada, ben = Watched(browser, base), Watched(browser, base)
    first, second = ada.go("/review"), ben.go("/review")
    first.keyboard.press("3")
    first.wait_for_selector(".case.decided")
    second.keyboard.press("1")
    second.wait_for_selector(".case.conflict")
    assert "Yours was not stored" in second.locator(".case.conflict").inner_text()
    ada.context.close()
    ben.context.close()


def enter(tab: Any) -> None:
    tab.locator("input[name=name]").fill("ada")
    tab.locator("input[name=password]").fill(PASSWORD)
    tab.get_by_role("button", name="Log in").click()
    tab.wait_for_load_state("networkidle")


PASSWORD = "correct horse battery"


def test_a_session_that_ended_loses_nothing_on_an_open_page(browser: Any, sqlite_url: str) -> None:
    db = open_database(sqlite_url)
    build(db)
    hashed = auth.hash_password(PASSWORD)
    db.write(lambda s: users.add(s, "ada", "review", hashed, now=datetime.now(UTC)))
    late = timedelta(0)
    with served(create_app(Settings(), db=db, now=lambda: datetime.now(UTC) + late, login_required=True)) as address:
        watched = Watched(browser, address)
        tab = watched.go("/review")
        enter(tab)
        first = tab.locator(".case.now").get_attribute("id")
        late = timedelta(hours=13)
        tab.keyboard.press("2")
        tab.wait_for_selector("#notices a[href='/login']")
        assert tab.locator(f"[id='{first}']:not(.decided)").count() == 1
        again = watched.context.new_page()
        again.goto(address + "/login")
        enter(again)
        tab.keyboard.press("k")
        tab.locator(f"[id='{first}'] button[data-key='2']").click()
        tab.wait_for_selector(f"[id='{first}'].decided")
        assert tab.locator("#notices a").count() == 0
        watched.context.close()
    with db.read() as s:
        assert [(d.by, str(d.stance)) for d in decisions.decisions(s)] == [("ada", "refutes")]
    db.dispose()


def test_a_server_that_restarts_under_an_open_page_is_gone_on_with(browser: Any, sqlite_url: str) -> None:
    db = open_database(sqlite_url)
    build(db)
    with served(create_app(Settings(), db=db)) as address:
        watched = Watched(browser, address)
        tab = watched.go("/review")
    tab.keyboard.press("3")
    tab.wait_for_selector("#notices .notice-bad")
    assert "What you did was not sent" in tab.locator("#notices").inner_text()
    assert tab.locator(".case.decided").count() == 0
    with served(create_app(Settings(), db=db), port=urlsplit(address).port or 0):
        tab.locator(".case.now button[data-key='3']").click()
        tab.wait_for_selector(".case.decided")
        watched.context.close()
    with db.read() as s:
        assert [str(d.stance) for d in decisions.decisions(s)] == ["neutral"]
    db.dispose()


def test_a_session_that_ended_under_an_article_loses_nothing_either(browser: Any, tmp_path: Path) -> None:
    db = open_database(f"sqlite:///{tmp_path / 'room.db'}")
    build(db)
    hashed = auth.hash_password(PASSWORD)
    db.write(lambda s: users.add(s, "ada", "review", hashed, now=datetime.now(UTC)))
    late = timedelta(0)
    with served(create_app(Settings(), db=db, now=lambda: datetime.now(UTC) + late, login_required=True)) as address:
        watched = Watched(browser, address)
        tab = watched.go(CLAIM)
        enter(tab)
        tab.get_by_role("link", name="Read it in the article").first.click()
        tab.wait_for_selector(".claim-card .decide")
        tab.locator(".claim-card input[name=note]").first.fill("as the minutes say")
        late = timedelta(hours=13)
        tab.locator(".claim-card button[value=refutes]").first.click()
        tab.wait_for_selector("#notices a[href='/login']")
        assert "nothing here is lost" in tab.locator("#notices").inner_text()
        again = watched.context.new_page()
        again.goto(address + "/login")
        enter(again)
        assert tab.locator(".claim-card input[name=note]").first.input_value() == "as the minutes say"
        tab.locator(".claim-card button[value=refutes]").first.click()
        tab.wait_for_selector("text=as the minutes say")
        watched.context.close()
    with db.read() as s:
        assert [(d.by, str(d.stance), d.note) for d in decisions.decisions(s)] == [("ada", "refutes", "as the minutes say")]
    db.dispose()


def test_the_keys_are_told_and_decide_nothing_meanwhile(watched: Watched, db: Database) -> None:
    tab = watched.go("/review")
    with db.read() as s:
        before = len(decisions.decisions(s))
    tab.keyboard.press("?")
    assert "next case, previous case" in tab.locator("#keys-help").inner_text()
    tab.keyboard.press("1")
    tab.keyboard.press("Escape")
    assert not tab.locator("#keys-help").is_visible()
    watched.settle()
    assert tab.locator(".case.decided").count() == 0
    with db.read() as s:
        assert len(decisions.decisions(s)) == before


def test_a_server_that_is_back_is_no_longer_called_away(watched: Watched) -> None:
    tab = watched.go(CLAIM)
    watched.context.set_offline(True)
    tab.locator("#row-q").press_sequentially("G")
    tab.wait_for_selector("#notices .notice-bad")
    watched.context.set_offline(False)
    tab.locator("#row-q").press_sequentially("utachten")
    tab.wait_for_function("() => document.querySelectorAll('#rows .row').length === 1")
    tab.wait_for_function("() => !document.querySelector('#notices .notice')")
    watched.complaints.clear()


def test_the_timeline_writes_its_days_in_words(watched: Watched) -> None:
    told = "window.written = []; const fill = CanvasRenderingContext2D.prototype.fillText;"
    told += "CanvasRenderingContext2D.prototype.fillText = function (w, ...at) { written.push(w); fill.call(this, w, ...at); };"
    watched.tab.add_init_script(told)
    tab = watched.go("/claims/harbour-bridge/bridge-tunnel?as_of=2020-11-01")
    tab.wait_for_selector(".plot .u-wrap canvas")
    tab.wait_for_function("() => window.written.length > 4")
    written = tab.evaluate("() => window.written")
    assert any(w.endswith((" Aug", " Sep", " Oct")) for w in written), written
    assert not [w for w in written if "/" in w], written
