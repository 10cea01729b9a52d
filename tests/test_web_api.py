"""The API: its rows are those of the command line, and a token's word does what a hand at the terminal does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app import auth
from app.cli import app as command
from app.web import create_app
from claimline.models import SourceReport
from claimline.settings import Settings
from storage import articles, claims, runs, users
from storage.engine import Database
from tests.schemas import schema
from tests.web_data import build

CLAIM = "harbour-bridge/bridge-safe"
OF_CLAIM = ("bridge-safe", "--topic", "harbour-bridge")
AS_OF = ("--as-of", "2020-06-30")
KNOWN_AT = ("--known-at", "2021-01-12T12:00Z")


class Room:
    """A database with the made newsroom, read from both sides."""

    def __init__(self, db: Database) -> None:
        self.db = db
        build(self.db)
        with self.db.read() as s:
            (source, *_) = articles.sources(s, claims.topic(s, "harbour-bridge").id)
        asked = SourceReport(source.id, source.locator, answered=True, found=2, new=1)
        self.db.write(lambda s: runs.cover(s, [asked], now=datetime.now(UTC)))
        hashed = auth.hash_password("correct horse battery")
        self.headers = {}
        for role in users.ROLES:
            user = self.db.write(lambda s, r=role: users.add(s, r, r, hashed, now=datetime.now(UTC)).id)  # type: ignore[misc]
            secret = f"claimline_{role}"
            self.headers[role] = {"authorization": f"Bearer {secret}"}
            self.db.write(
                lambda s, u=user, r=role, x=secret: users.add_token(  # type: ignore[misc]
                    s, u, r, r, auth.digest(x), now=datetime.now(UTC)
                )
            )
        self.page = TestClient(create_app(Settings(), db=self.db, login_required=True), base_url="http://desk.example")

    def told(self, *args: str) -> list[dict[str, Any]]:
        """What the command says."""
        done = CliRunner().invoke(command, [*args, "--json", "--db", self.db.url], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    def asked(self, path: str, role: str = "read", **params: str) -> Any:
        """What the API says."""
        answer = self.page.get(f"/api/v1/{path}", headers=self.headers[role], params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def decide(self, path: str = "decisions", role: str = "review", **body: object) -> dict[str, Any]:
        answer = self.page.post(f"/api/v1/{path}", headers=self.headers[role], json=body)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def room(room_db: Database) -> Room:
    return Room(room_db)


def told_and_asked() -> dict[str, tuple[tuple[str, ...], str, dict[str, str]]]:
    """Every read: how the command asks it and how the API does."""
    both = {"as_of": AS_OF[1], "known_at": KNOWN_AT[1]}
    same = {
        "claims": (("claims",), "claims", {}),
        "claims, then": (("claims", *AS_OF, *KNOWN_AT), "claims", both),
        "history": (("history", *OF_CLAIM), f"claims/{CLAIM}/history", {}),
        "history, then": (("history", *OF_CLAIM, *AS_OF, *KNOWN_AT), f"claims/{CLAIM}/history", both),
        "why": (("why", *OF_CLAIM), f"claims/{CLAIM}/why", {}),
        "why, then": (("why", *OF_CLAIM, *AS_OF, *KNOWN_AT), f"claims/{CLAIM}/why", both),
        "speakers": (("speakers", *OF_CLAIM), f"claims/{CLAIM}/speakers", {}),
        "speakers, then": (("speakers", *OF_CLAIM, *AS_OF), f"claims/{CLAIM}/speakers", {"as_of": AS_OF[1]}),
        "evidence": (("evidence", "--claim", *OF_CLAIM), f"claims/{CLAIM}/evidence", {}),
        "evidence, then": (("evidence", "--claim", *OF_CLAIM, *AS_OF, *KNOWN_AT), f"claims/{CLAIM}/evidence", both),
        "articles": (("articles",), "articles", {}),
        "articles of a claim": (
            ("articles", "--claim", *OF_CLAIM, *AS_OF),
            "articles",
            {"claim": "bridge-safe", "as_of": AS_OF[1]},
        ),
        "review": (("review",), "review", {}),
        "review of a claim": (("review", "--claim", "bridge-safe", "-n", "2"), "review", {"claim": "bridge-safe", "limit": "2"}),
        "topics": (("topics", "list"), "topics", {}),
        "outlets": (("outlets", "harbour-bridge"), "topics/harbour-bridge/outlets", {}),
        "sources": (("sources",), "sources", {}),
        "coverage": (("coverage", "--days", "3"), "coverage", {"days": "3"}),
        "runs": (("runs",), "runs", {}),
        "decisions": (("decisions",), "decisions", {}),
    }
    days = ("2021-01-12T06:01Z", "2021-02-01")
    words = ("diff-history", *OF_CLAIM, "--known-at", days[0], "--known-at", days[1])
    return same | {"diff-history": (words, f"claims/{CLAIM}/diff-history", {"from": days[0], "to": days[1]})}


@pytest.mark.parametrize("read", told_and_asked())
def test_the_command_line_and_the_api_tell_the_same(room: Room, read: str) -> None:
    room.decide(kind="ruling", claim="bridge-cost", status="contested", valid_from="2020-05-01", client_id="held")
    words, path, params = told_and_asked()[read]
    told = room.told(*words)
    assert told
    found = room.asked(path, **params)
    # The order of `claims` is the page's in the API; all others are the same line by line.
    if path == "claims":
        found, told = sorted(found, key=lambda r: r["claim"]), sorted(told, key=lambda r: str(r["claim"]))
    found = found if isinstance(found, list) else [found]
    # Two lines are contracts of the command line; the API tells more.
    about = {"articles": ("revision",), "history": ("could_not_look", "machine", "note", "in_print")}
    more = about.get(read.split(maxsplit=1)[0].strip(","), ())
    assert [_without(row, more) for row in found] == told


def _without(value: Any, keys: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {k: _without(v, keys) for k, v in value.items() if k not in keys}
    return [_without(v, keys) for v in value] if isinstance(value, list) else value


def test_a_ruling_is_told_to_programs_with_its_note_and_what_the_machine_says(room: Room) -> None:
    (*_, before) = room.asked(f"claims/{CLAIM}/history")
    status = "refuted" if before["to"] == "supported" else "supported"
    ruling = {"kind": "ruling", "claim": "bridge-safe", "status": status, "valid_from": "2021-01-11", "note": "withdrawn"}
    done = room.decide(**ruling)
    (*_, change) = room.asked(f"claims/{CLAIM}/history")
    assert (change["to"], change["machine"], change["note"]) == (status, before["to"], "withdrawn")
    assert [q["in_print"] for q in before["quotes"]] == [True]
    assert room.asked(f"claims/{CLAIM}/why")["change"] == {k: v for k, v in change.items() if k != "could_not_look"}
    room.decide(f"decisions/{done['id']}/undo")


def a_report(room: Room, stance: str = "refutes") -> dict[str, Any]:
    return next(r for r in room.asked(f"claims/{CLAIM}/evidence") if r["stance"] == stance and r["decided"])


def test_the_evidence_of_a_claim_says_what_kind_of_publisher_it_has_and_what_it_weighs(room: Room) -> None:
    known = {"statetv.example": ("state media", 0.5), "city.aldwater.example": ("official", 1.0)}
    found = {
        r["outlet"]: (r["outlet_type"], r["outlet_weight"]) for r in room.asked("claims/harbour-bridge/bridge-safe/evidence")
    }
    found |= {
        r["outlet"]: (r["outlet_type"], r["outlet_weight"]) for r in room.asked("claims/harbour-bridge/bridge-cost/evidence")
    }
    assert {k: v for k, v in found.items() if k in known} == {k: v for k, v in known.items() if k in found}
    assert found.keys() & known.keys()


def test_an_articles_answers_stand_beside_peoples_words(room: Room) -> None:
    report = a_report(room)
    done = room.decide(kind="stance", topic="harbour-bridge", claim="bridge-safe", revision=report["revision"], stance="supports")
    (card,) = [c for c in room.asked(f"articles/{report['revision']}/answers") if c["claim"] == "bridge-safe"]
    (answer,) = card["machine"]
    assert (card["stance"], answer["stance"], answer["counts"]) == ("supports", "refutes", True)
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=0.01)
    assert report["quote"] in [q["quote"] for q in answer["quotes"]]
    assert [d["id"] for d in card["decisions"]] == [done["id"]]
    room.decide(f"decisions/{done['id']}/undo")
    (card,) = [c for c in room.asked(f"articles/{report['revision']}/answers") if c["claim"] == "bridge-safe"]
    assert (card["stance"], card["decisions"]) == ("refutes", [])


def test_copies_name_each_other_until_one_is_separated(room: Room) -> None:
    rows = room.asked("articles", claim="bridge-safe")
    keys = [r["revision"] for r in rows]
    found = {key: [c["revision"] for c in room.asked(f"articles/{key}/copies")] for key in keys}
    (key, *_) = [k for k, others in found.items() if others]
    assert all(key in found.get(other, [key]) for other in found[key])
    done = room.decide(kind="separate", revision=key)
    assert (done["done"], done["topic"]) == ("separate", "harbour-bridge")
    assert room.asked(f"articles/{key}/copies") == []
    room.decide(f"decisions/{done['id']}/undo")
    assert {c["revision"] for c in room.asked(f"articles/{key}/copies")} == set(found[key])


@pytest.mark.slow
def test_a_trace_tells_the_same_from_both_sides(room: Room) -> None:
    report = a_report(room)
    assert room.asked(f"articles/{report['revision']}/trace") == room.told("trace", report["url"])


def valid(row: dict[str, Any], name: str) -> None:
    schema(name).validate(row)


def test_every_kind_of_decision_answers_as_the_command_does_and_is_taken_back(room: Room) -> None:
    report = a_report(room)
    pair = {"topic": "harbour-bridge", "claim": "bridge-safe", "article": report["url"]}
    asked: dict[str, dict[str, object]] = {
        "decide": pair | {"kind": "stance", "stance": "neutral"},
        "accept": pair | {"kind": "accept"},
        "reject": pair | {"kind": "reject", "quote": report["quote"].replace(" ", "\n ")},
        "evidence add": pair | {"kind": "evidence", "quote": report["quote"][:30], "stance": "neutral", "speaker": "Ann Ode"},
        "rule": {"kind": "ruling", "claim": "bridge-safe", "status": "open", "valid_from": "2020-01-01", "note": "why"},
        "date": {"kind": "date", "article": report["url"], "valid_from": "2020-02-03"},
        "separate": {"kind": "separate", "article": report["url"]},
    }
    before = room.asked(f"claims/{CLAIM}")
    for done, body in asked.items():
        row = room.decide(**body)
        assert (row["done"], row["by"], row["speaker"]) == (done, "review", body.get("speaker"))
        valid(row, "decided")
        taken = room.decide(f"decisions/{row['id']}/undo")
        valid(taken, "undo")
        assert [d["id"] for d in taken["decisions"]] == [row["id"]]
    after = room.asked(f"claims/{CLAIM}")
    assert {k: after[k] for k in ("status", "voices", "since")} == {k: before[k] for k in ("status", "voices", "since")}


def test_a_batch_is_stored_and_taken_back_as_one_or_not_at_all(room: Room) -> None:
    rows = [r for r in room.asked("articles", claim="bridge-safe") if r["decided"]][:2]
    words = [{"kind": "stance", "claim": "bridge-safe", "revision": r["revision"], "stance": "neutral"} for r in rows]
    wrong = [*words, {"kind": "accept", "claim": "no-such", "revision": rows[0]["revision"]}]
    held = len(room.asked("decisions"))
    answer = room.page.post("/api/v1/decisions/batch", headers=room.headers["review"], json={"decisions": wrong})
    assert (answer.status_code, len(room.asked("decisions"))) == (404, held)
    for _ in range(2):
        done = room.decide("decisions/batch", decisions=words, client_id="both")
        assert [d["id"] for d in done["decisions"]] == ["both-0", "both-1"]
    assert len(room.asked("decisions")) == held + 2
    room.decide("decisions/both/undo")
    assert len(room.asked("decisions")) == held


def test_what_says_too_little_is_refused_in_words(room: Room) -> None:
    report = a_report(room)
    for body, words in (
        ({"kind": "accept", "claim": "bridge-safe"}, "say which article"),
        ({"kind": "accept", "revision": report["revision"]}, "say which claim"),
        (
            {"kind": "reject", "claim": "bridge-safe", "revision": report["revision"], "quote": "nobody said so"},
            "no quote of this",
        ),
        ({"kind": "evidence", "claim": "bridge-safe", "revision": report["revision"], "stance": "mixed"}, "one position"),
        ({"kind": "date", "revision": report["revision"], "valid_from": "2999-01-01"}, "in the future"),
    ):
        answer = room.page.post("/api/v1/decisions", headers=room.headers["review"], json=body)
        assert answer.status_code == 400
        assert words in answer.json()["error"]


def test_only_those_who_review_decide(room: Room) -> None:
    body = {"kind": "ruling", "claim": "bridge-safe", "status": "open", "valid_from": "2020-01-01", "client_id": "r"}
    for role, expected in (("read", 403), ("review", 201), ("admin", 201)):
        own = body | {"client_id": f"r-{role}"}
        assert room.page.post("/api/v1/decisions", headers=room.headers[role], json=own).status_code == expected
        assert (
            room.page.post("/api/v1/decisions/batch", headers=room.headers[role], json={"decisions": [own]}).status_code
            == expected
        )
        assert room.page.post(f"/api/v1/decisions/r-{role}/undo", headers=room.headers[role]).status_code in (403, 200)
    assert room.page.post("/api/v1/decisions/r-admin/undo", headers=room.headers["read"]).status_code == 403


@pytest.mark.parametrize(
    "path", ["/export/claims.csv", "/export/claims.atom", "/openapi.json", "/api/v1/claims", f"/claims/{CLAIM}/dossier"]
)
def test_a_wrong_token_is_told_so_and_not_sent_to_a_login(room: Room, path: str) -> None:
    (user, *_) = [u for u in _users(room) if u.name == "read"]
    ended = datetime.now(UTC) - timedelta(days=1)
    name = f"claimline_old_{path}"
    room.db.write(lambda s: users.add_token(s, user.id, name, "read", auth.digest(name), now=ended, expires_at=ended))
    for given in (f"Bearer {name}", "Bearer claimline_nobody", "Basic YTpi"):
        answer = room.page.get(path, headers={"authorization": given}, follow_redirects=False)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "token" in answer.json()["error"]


def _users(room: Room) -> tuple[users.StoredUser, ...]:
    with room.db.read() as s:
        return tuple(users.users(s))


def test_the_page_of_the_api_names_every_field_of_a_body(room: Room) -> None:
    with TestClient(create_app(Settings(), db=room.db), base_url="http://127.0.0.1") as page:
        html = page.get("/api").text
    for words in ("/api/v1/decisions/batch", "<code>decisions</code>", "<code>seen</code>", "/api/v1/articles/{revision}/trace"):
        assert words in html
