"""People's words through the browser: once, signed, beside a colleague's, and taken back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient

from app.web import create_app
from claimline.models import Stance, Status
from claimline.settings import Settings
from storage import decisions, ledger, pages, pages_review
from storage.engine import Database
from storage.queue import UNDATED
from storage.records import NewDecision
from tests.web_data import build

HTMX = {"hx-request": "true"}


@pytest.fixture
def db(db: Database) -> Database:
    build(db)
    return db


def fields(html: str, action: str) -> dict[str, str]:
    """The hidden fields of the first form that leads there."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', html, re.DOTALL)
    assert form, f"no form to {action}"
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form.group())
    return {name: unescape(value) for name, value in found}


def said(db: Database) -> list[tuple[str, str, str | None]]:
    with db.read() as s:
        return [(d.kind, d.by, str(d.stance) if d.stance else None) for d in decisions.decisions(s)]


def test_a_case_is_decided_signed_and_gone_from_the_queue(page: TestClient, db: Database) -> None:
    page.post("/account/name", data=fields(page.get("/account").text, "/account/name") | {"name": "Ada Ødegård"})
    html = page.get("/review").text
    before = int(re.search(r'data-open="(\d+)"', html).group(1))  # type: ignore[union-attr]
    answer = page.post("/review/decide", data=fields(html, "/review/decide") | {"verdict": "refutes"}, headers=HTMX)
    assert answer.status_code == 200
    assert "Ada Ødegård" in answer.text
    assert said(db) == [("stance", "Ada Ødegård", "refutes")]
    after = int(re.search(r'data-open="(\d+)"', page.get("/review").text).group(1))  # type: ignore[union-attr]
    assert after == before - 1


def test_on_an_article_a_word_draws_the_page_anew_and_a_colleagues_is_told_beside_the_form(
    page: TestClient, db: Database
) -> None:
    article = fields(page.get("/review").text, "/review/decide")["revision"]
    form = fields(page.get(f"/articles/{article}").text, "/review/decide")
    first = page.post("/review/decide", data=form | {"verdict": "refutes"}, headers=HTMX)
    assert (first.status_code, first.headers["hx-redirect"]) == (204, f"/articles/{article}")
    later = form | {"verdict": "supports", "client_id": "page-of-somebody-else"}
    told = page.post("/review/decide", data=later, headers=HTMX)
    assert told.status_code == 400
    assert "has decided on this in the meantime" in told.text
    assert "<html" not in told.text  # a notice to be shown beside what was typed
    html = page.get(f"/articles/{article}").text
    back = page.post("/review/undo", data=fields(html, "/review/decide") | {"undo": form["client_id"]}, headers=HTMX)
    assert (back.status_code, back.headers["hx-redirect"]) == (204, f"/articles/{article}")
    assert said(db) == []


def test_sent_twice_it_is_stored_once(page: TestClient, db: Database) -> None:
    form = fields(page.get("/review").text, "/review/decide") | {"verdict": "supports"}
    assert [page.post("/review/decide", data=form, headers=HTMX).status_code for _ in range(3)] == [200, 200, 200]
    assert len(said(db)) == 1


def test_a_colleagues_word_is_shown_and_not_overwritten(page: TestClient, db: Database) -> None:
    mine, theirs = (fields(page.get("/review").text, "/review/decide") for _ in range(2))
    page.post("/review/decide", data=theirs | {"verdict": "supports", "note": "I called them"}, headers=HTMX)
    answer = page.post("/review/decide", data=mine | {"verdict": "refutes"}, headers=HTMX)
    assert answer.status_code == 409
    assert "I called them" in answer.text
    assert [stance for _, _, stance in said(db)] == ["supports"]
    again = fields(answer.text, "/review/decide") | {"verdict": "refutes"}
    assert page.post("/review/decide", data=again, headers=HTMX).status_code == 200
    assert [stance for _, _, stance in said(db)] == ["refutes", "supports"]


def test_a_decision_is_taken_back_and_the_case_is_open_again(page: TestClient, db: Database) -> None:
    form = fields(page.get("/review").text, "/review/decide") | {"verdict": "unrelated"}
    done = page.post("/review/decide", data=form, headers=HTMX).text
    undo = re.search(r'name="undo" value="([^"]+)"', done)
    assert undo
    answer = page.post("/review/undo", data={"form_token": form["form_token"], "undo": undo.group(1)}, headers=HTMX)
    assert 'class="case"' in answer.text
    assert said(db) == []


def test_several_cases_are_one_word_and_one_undo(page: TestClient, db: Database) -> None:
    html = page.get("/review").text
    names = [unescape(x) for x in re.findall(r'name="case" value="([^"]+)"', html)][:3]
    form = fields(html, "/review/several") | {"verdict": "neutral", "case": names, "note": "same press release"}
    answer = page.post("/review/several", data=form)
    assert len(said(db)) == 3
    undo = re.search(r'name="undo" value="([^"]+)"', answer.text)
    assert undo
    page.post("/review/undo", data={"form_token": form["form_token"], "undo": undo.group(1)})
    assert said(db) == []


def test_whoever_decides_several_cases_stays_among_the_cases_that_were_filtered(page: TestClient, db: Database) -> None:
    asked = {"claim": "harbour-bridge/bridge-safe", "lang": "en"}
    html = page.get("/review", params=asked).text
    names = [unescape(x) for x in re.findall(r'name="case" value="([^"]+)"', html)][:2]
    form = fields(html, "/review/several") | {"verdict": "neutral", "case": names}
    answer = page.post("/review/several", data=form)
    assert asked.items() < dict(answer.url.params).items()
    undo = re.search(r'name="undo" value="([^"]+)"', answer.text)
    assert undo
    again = page.post("/review/undo", data=fields(answer.text, "/review/undo") | {"undo": undo.group(1)})
    assert dict(again.url.params) == asked
    assert said(db) == []


def shown(page: TestClient, path: str) -> str:
    """A page without what every drawing of it makes anew."""
    html = page.get(path).text
    return re.sub(r'(name="(?:form_token|client_id)" value=|data-form-token=|content=)"[^"]*"', r"\1", html)


def assert_the_same_from_anew(page: TestClient, db: Database) -> None:
    """What a page that has been read before shows is what a process shows that begins now."""
    with TestClient(create_app(Settings(), db=db), base_url="http://127.0.0.1") as anew:
        for path in ("/review", "/review?reason=mixed", "/review?reason=undecided", "/review?lang=en"):
            assert shown(page, path) == shown(anew, path), path


@pytest.mark.slow
def test_the_queue_is_the_same_from_a_page_that_was_read_before_a_word(page: TestClient, db: Database) -> None:
    """A word may open cases as well as settle them: it tips a status, and it can be taken back."""
    assert_the_same_from_anew(page, db)
    with db.read() as s:
        every = [(c.claim_id, c.article_id) for t in pages.topic_names(s) for c in pages_review.cases(s, t.id)]
        undated = [
            (c.claim_id, c.article_id) for t in pages.topic_names(s) for c in pages_review.cases(s, t.id) if UNDATED in c.reasons
        ]
    at = datetime(2021, 2, 1, tzinfo=UTC)
    for n, (claim, article) in enumerate(every[:4]):
        word = NewDecision("stance", f"word-{n}", claim, article, stance=(Stance.REFUTES, Stance.SUPPORTS)[n % 2])
        decisions.record(db, [word], by="Ada", now=at)
        assert_the_same_from_anew(page, db)
    dated = NewDecision("date", "dated", article_id=undated[0][1], valid_from=date(2020, 11, 3))
    decisions.record(db, [dated], by="Ada", now=at)
    assert_the_same_from_anew(page, db)
    with TestClient(create_app(Settings(), db=db), base_url="http://127.0.0.1") as later:
        shown(later, "/review")
        for name in ("word-0", "word-1", "dated"):
            decisions.undo(db, name, by="Ada", now=at, client_id=f"undo-{name}")
            assert_the_same_from_anew(page, db)
            assert_the_same_from_anew(later, db)


def test_a_decision_changes_the_history_at_once(page: TestClient) -> None:
    html = page.get("/review", params={"claim": "harbour-bridge/bridge-closed"}).text
    page.post("/review/decide", data=fields(html, "/review/decide") | {"verdict": "refutes"}, headers=HTMX)
    words = page.get("/claims/harbour-bridge/bridge-closed").text
    assert "Reported as false" in words
    assert "confirmed by" in words


def test_a_passage_is_added_as_evidence_only_where_it_stands(page: TestClient, db: Database) -> None:
    html = page.get("/claims/harbour-bridge/bridge-safe").text
    article = re.findall(r"/articles/[0-9a-f]{16}", html)[0]
    form = fields(page.get(article).text, "/review/evidence") | {"claim": "harbour-bridge/bridge-tunnel", "stance": "neutral"}
    wrong = page.post("/review/evidence", data=form | {"quote": "These words are nowhere in it at all"})
    assert wrong.status_code == 400
    assert said(db) == []
    words = "The next council meeting is on the ninth of the month.\r\n"
    right = page.post("/review/evidence", data=form | {"quote": words, "speaker": "Zoe Fell"})
    assert right.status_code == 200
    assert "added by" in right.text
    assert "Zoe Fell" in right.text
    assert said(db)[0][0] == "evidence"


def test_a_quote_is_rejected(page: TestClient, db: Database) -> None:
    article = re.findall(r"/articles/[0-9a-f]{16}", page.get("/claims/harbour-bridge/bridge-safe").text)[0]
    answer = page.post("/review/reject", data=fields(page.get(article).text, "/review/reject"))
    assert "rejected" in answer.text
    assert said(db)[0][0] == "reject"


def test_an_uncertain_date_is_settled_and_counts_then(page: TestClient) -> None:
    claim = "/claims/harbour-bridge/bridge-safe"
    found = re.search(r"(/articles/[0-9a-f]{16})[^>]*>Undated", page.get(claim).text)
    assert found
    form = fields(page.get(found.group(1)).text, "/review/date")
    future = page.post("/review/date", data=form | {"other": "2100-01-01"})
    assert future.status_code == 400
    assert page.post("/review/date", data=form | {"day": "2020-11-03"}).status_code == 200
    assert "The bridge cannot carry heavy lorries" in page.get(claim, params={"q": "undated"}).text


def test_a_ruling_stands_before_the_machine(page: TestClient) -> None:
    claim = "/claims/harbour-bridge/bridge-cost"
    form = fields(page.get(claim).text, "/review/rule") | {
        "status": "supported",
        "from": "2020-06-01",
        "note": "the contract is public",
    }
    words = page.post("/review/rule", data=form).text
    assert "ruling by" in words
    assert "the contract is public" in words
    assert "the machine says Sources disagree" in words


@pytest.mark.parametrize(
    "path", ["/review/decide", "/review/several", "/review/undo", "/runs/start", "/sources/pause", "/topics"]
)
def test_a_forged_form_does_nothing(page: TestClient, db: Database, path: str) -> None:
    form = fields(page.get("/review").text, "/review/decide") | {"verdict": "supports", "topic": "harbour-bridge"}
    assert page.post(path, data={**form, "form_token": "guess.ed"}).status_code == 403
    assert page.post(path, data=form, headers={"origin": "https://evil.example"}).status_code == 403
    assert page.post(path, data=form, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert said(db) == []


def test_a_form_survives_a_restart_of_the_server(page: TestClient, db: Database) -> None:
    form = fields(page.get("/review").text, "/review/decide") | {"verdict": "supports"}
    with TestClient(create_app(Settings(), db=db), base_url="http://127.0.0.1", cookies=dict(page.cookies)) as restarted:
        assert restarted.post("/review/decide", data=form, headers=HTMX).status_code == 200
    assert len(said(db)) == 1


def test_a_claim_is_added_checked_and_edited(page: TestClient) -> None:
    form = fields(page.get("/topics/harbour-bridge/claims/new").text, "/topics/harbour-bridge/claims")
    check = page.post("/topics/harbour-bridge/check", data=form | {"statement": ""}, headers=HTMX)
    assert "write the claim" in check.text
    saved = page.post(
        "/topics/harbour-bridge/claims", data=form | {"statement": "The bridge will be painted green", "tags": "looks"}
    )
    assert "The bridge will be painted green" in saved.text
    stale = page.post("/topics/harbour-bridge/claims", data=form | {"statement": "The bridge will be painted red"})
    assert stale.status_code == 400
    assert "somebody changed the topic" in stale.text
    assert "The bridge will be painted red" in stale.text
    slug = "the-bridge-will-be-painted-green"
    edit = fields(page.get(f"/topics/harbour-bridge/claims/{slug}").text, "/topics/harbour-bridge/claims")
    page.post("/topics/harbour-bridge/claims", data=edit | {"statement": "The bridge will be painted dark green"})
    assert "dark green" in page.get(f"/claims/harbour-bridge/{slug}").text


def test_claims_come_out_of_a_file_after_a_look(page: TestClient) -> None:
    form = fields(page.get("/topics/harbour-bridge/import").text, "/topics/harbour-bridge/import")
    csv = b"claim,tags\nThe ferry will come back,ferry;water\nA tunnel will replace the harbour bridges,\nIs it so?,\n"
    looked = page.post("/topics/harbour-bridge/import", data=form, files={"file": ("claims.csv", csv)}).text
    assert "nearly the same as bridge-tunnel" in looked
    assert "is a question" in looked
    take = fields(looked, "/topics/harbour-bridge/import/take")
    rows = {name: re.findall(rf'name="{name}" value="([^"]*)"', looked) for name in ("claim_slug", "statement", "tags")}
    asked = {"form_token": take["form_token"], "digest": take["digest"], "row": ["the-ferry-will-come-back"], **rows}
    taken = page.post("/topics/harbour-bridge/import/take", data=asked).text
    assert "The ferry will come back" in taken
    assert "harbour bridges" not in taken


def test_an_outlet_that_is_accepted_with_less_weight_weighs_less(page: TestClient, db: Database) -> None:
    path = "/topics/harbour-bridge/outlets"
    html = page.get(path).text
    form = {"form_token": fields(html, path)["form_token"], "domain": "blog.rumour.example", "kind": "opinion", "weight": "0"}
    assert page.post(path, data=form | {"weight": "9"}).status_code == 400
    assert page.post(path, data=form | {"domain": "nobody.example"}).status_code == 400
    assert page.post(path, data=form).status_code == 200
    words = page.get("/claims/harbour-bridge/bridge-safe").text
    assert "weigh nothing" in words
    assert "Reported as false" in words


def test_a_ruling_that_keeps_a_status_is_worded_on_the_page_as_in_the_ledger(page: TestClient) -> None:
    claim = "/claims/harbour-bridge/bridge-cost"
    form = fields(page.get(claim).text, "/review/rule") | {"status": "contested", "from": "2021-06-01"}
    told = page.post("/review/rule", data=form).text
    assert "ruling by" not in told
    by = re.search(r"confirmed by \w+", told)
    assert by
    assert by.group() in page.get("/").text


def test_a_page_that_was_read_before_turns_on_the_day_after_a_rulings_end(db: Database) -> None:
    today = [datetime(2022, 5, 1, 23, 59, tzinfo=UTC)]
    with db.read() as s:
        at = next(x for x in ledger.statuses(s) if x.status is Status.REFUTED)
    word = NewDecision("ruling", "ruled-until-may", at.claim.id, status=Status.OPEN)
    word = replace(word, valid_from=date(2022, 1, 1), valid_to=date(2022, 5, 1))
    decisions.record(db, [word], by="Ada", now=today[0])
    with TestClient(create_app(Settings(), db=db, now=lambda: today[0]), base_url="http://127.0.0.1") as client:
        dossier = f"/claims/{at.claim.topic_slug}/{at.claim.slug}/dossier"
        assert "verdict-open" in client.get(dossier).text
        today[0] += timedelta(minutes=1)
        assert "verdict-refuted" in client.get(dossier).text
