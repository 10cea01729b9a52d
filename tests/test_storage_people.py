"""People's words on both databases: they win, they survive, they can be taken back, and the machine's own opinion stays."""

from __future__ import annotations

from datetime import UTC, datetime, time
from threading import Thread

import pytest

from claimline import why
from claimline.errors import EvidenceError, UnknownName, UsageError
from claimline.models import Stance, Status
from storage import articles, clusters, decisions, ledger, pages, pages_review, purge, queue, replay, verify
from storage.answers import answers
from storage.engine import Database
from storage.records import Edge, NewDecision, Recorded
from storage.verify import differences
from tests.storage_world import M, N, R, S, U, World, cleaned, day, judgement


def decide(w: World, kind: str, url: str | None = None, claim: str = "open", by: str = "Ada", **more: object) -> Recorded:
    article_id = None
    if url is not None:
        with w.db.read() as s:
            article_id = articles.article_by_url(s, url).id
    claim_id = w.claim_id(claim) if kind not in ("date", "separate") else None
    client_id = str(more.pop("client_id", f"{kind}-{w.now.isoformat()}"))
    batch = more.pop("batch", None)
    asked = NewDecision(kind, client_id, claim_id=claim_id, article_id=article_id, **more)  # type: ignore[arg-type]
    return decisions.record(w.db, [asked], by=by, now=w.tick(), batch=batch)  # type: ignore[arg-type]


def test_a_person_overrules_the_machine_and_is_named(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    done = decide(w, "stance", "https://a.example/1", stance=R, note="misread")
    assert done.published[0].edition_id is not None
    assert w.history() == [("2020-03-01", "unreported > refuted", "person")]
    with database.read() as s:
        (change,) = ledger.changes(s, w.claim_id())
        (answer,) = answers(s, w.topic_id)
    assert change.review == "confirmed by Ada"
    assert (answer.stance, answer.effective) == (S, R)


def test_what_was_known_before_a_decision_stays_known(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    before = w.publish().recorded_at
    decide(w, "stance", "https://a.example/1", stance=U)
    assert w.status() == "unreported"
    assert w.status(known_at=before) == "supported"


def test_accepting_makes_an_unsure_answer_count(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, confidence=0.4, decided=False)
    w.publish()
    assert w.status() == "unreported"
    decide(w, "accept", "https://a.example/1")
    assert w.status() == "supported"


def test_undo_brings_the_machine_back(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    decide(w, "stance", "https://a.example/1", stance=R, client_id="d1")
    decisions.undo(database, "d1", by="Ben", now=w.tick(), client_id="u1")
    assert w.status() == "supported"
    decisions.undo(database, "d1", by="Ben", now=w.tick(), client_id="u1")  # asked twice
    with pytest.raises(UnknownName):
        decisions.undo(database, "d1", by="Ben", now=w.tick(), client_id="u2")


def test_a_batch_is_undone_as_one(database: Database) -> None:
    w = World(database).start()
    for i in (1, 2):
        w.say(f"https://a{i}.example/1", day(f"2020-03-0{i}"), S)
    w.publish()
    for i in (1, 2):
        decide(w, "stance", f"https://a{i}.example/1", stance=R, client_id=f"d{i}", batch="b")
    assert w.status() == "refuted"
    decisions.undo(database, "b", by="Ada", now=w.tick(), client_id="u")
    assert w.status() == "supported"


def test_asking_twice_stores_once(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    first = decide(w, "stance", "https://a.example/1", stance=R, client_id="same")
    again = decide(w, "stance", "https://a.example/1", stance=R, client_id="same")
    assert first.ids == again.ids
    assert again.published == ()


def two_sides(database: Database) -> World:
    """An article that reports both sides, each in somebody's words."""
    w = World(database).start()
    text = "It opened, said Ann. It is closed, said Bob."
    saved = w.capture("https://a.example/1", cleaned(text, day("2020-03-01"), outlet="a.example"))
    w.scan(saved.revision_id or 0, judgement("open", M, text, "It opened, said Ann.", "It is closed, said Bob."))
    w.publish()
    return w


def test_a_rejected_quote_no_longer_counts_and_the_other_does(database: Database) -> None:
    w = two_sides(database)
    assert w.status() == "contested"
    decide(w, "reject", "https://a.example/1", quote="It is closed, said Bob.")
    assert w.status() == "supported"


def test_evidence_that_the_machine_missed_counts(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), U, text="At last it is open to all.")
    w.publish()
    with pytest.raises(EvidenceError):
        decide(w, "evidence", "https://a.example/1", stance=S, quote="it is closed")
    decide(w, "evidence", "https://a.example/1", stance=S, quote="it is open")
    assert w.status() == "supported"
    with database.read() as s:
        (position,) = ledger.positions(s, w.claim_id())
        (answer,) = answers(s, w.topic_id)
    assert (position.quote, position.start, position.actor) == ("it is open", 8, "person")
    assert (answer.stance, answer.effective) == (U, S)


def test_a_decision_holds_for_a_copy_with_the_same_quote(database: Database) -> None:
    w = World(database).start()
    text = "The minister said that it is open."
    a = w.say("https://a.example/1", day("2020-03-01"), S, text=text)
    w.publish()
    decide(w, "stance", "https://a.example/1", stance=U)
    b = w.say("https://b.example/1", day("2020-03-02"), S, text="The minister said: it is open.")
    w.db.write(lambda s: clusters.save_edges(s, [Edge(a, b, 0.9)], [a, b], now=w.tick()))
    w.publish()
    assert w.status() == "supported"  # in other words than those that were seen
    c = w.say("https://c.example/1", day("2020-03-02"), S, text=text + " More follows.")
    w.db.write(lambda s: clusters.save_edges(s, [Edge(a, c, 1.0)], [c], now=w.tick()))
    w.publish()
    with database.read() as s:
        assert [p.article for p in ledger.positions(s, w.claim_id())] == ["https://b.example/1"]


def test_a_decision_survives_an_edit_and_a_rerun(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, text="It is open.")
    w.publish()
    decide(w, "stance", "https://a.example/1", stance=R, client_id="d1")
    edited = w.capture("https://a.example/1", cleaned("It is open now.", day("2020-03-01"), outlet="a.example"))
    w.scan(edited.revision_id or 0, judgement("open", S, "It is open now."))
    w.publish()
    assert w.status() == "refuted"


def test_a_decision_is_reopened_when_text_and_answer_have_changed(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, text="It is open.")
    w.publish()
    decide(w, "accept", "https://a.example/1")
    edited = w.capture("https://a.example/1", cleaned("It will never open.", day("2020-03-01"), outlet="a.example"))
    w.scan(edited.revision_id or 0, judgement("open", R, "It will never open."))
    w.publish()
    assert w.status() == "supported"  # flagged, not undone
    with database.read() as s:
        (again,) = decisions.reopened(s, w.topic_id)
        items = queue.review_queue(s, w.topic_id)
    assert again.reopened == "the text and the machine's answer have changed"
    assert items[0].reasons[0] == "reopened decision"


def test_a_ruling_holds_for_its_days_and_is_flagged_by_newer_reports(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    decide(w, "ruling", status=Status.OPEN, valid_from=day("2020-04-01"), valid_to=day("2020-04-30"))
    assert w.status(as_of=day("2020-04-15")) == "open"
    assert w.status(as_of=day("2020-05-01")) == "supported"
    decide(w, "ruling", status=Status.OPEN, valid_from=day("2020-06-01"), client_id="r2")
    with database.read() as s:
        assert [c.review for c in ledger.changes(s, w.claim_id()) if c.change.ruling] == ["ruling by Ada"] * 2
        assert not decisions.reopened(s, w.topic_id)
    w.tick(days=1)
    w.say("https://b.example/1", day("2021-01-01"), S)
    w.publish()
    assert w.status() == "open"
    with database.read() as s:
        assert {d.reopened for d in decisions.reopened(s, w.topic_id)} == {"newer reports say otherwise"}


def test_a_ruling_whose_end_is_to_come_holds_until_that_day_is_past(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    database.clock = lambda: datetime(2021, 1, 5, 12, tzinfo=UTC)
    decide(w, "ruling", status=Status.OPEN, valid_from=day("2020-04-01"), valid_to=day("2021-01-10"))

    def told() -> tuple[str, str | None, str, int, str]:
        """The status in lists, who stands behind it, and the status by the fold; the changes in the history and on the page."""
        with database.read() as s:
            (at,) = ledger.statuses(s)
            known, rulings = ledger.weighed(s, w.claim_id()), ledger.standing_rulings(s, w.claim_id())
            last = pages.last_changes(s, [w.claim_id()])[w.claim_id()].change.after
            return at.status.value, at.review, why.explained(known, rulings)[0].status.value, len(w.history()), last.value

    assert told() == ("open", "ruling by Ada", "open", 2, "open")
    assert w.status(as_of=day("2021-01-11")) == "supported", "who asks for that day is told what is known of it"
    database.clock = lambda: datetime(2021, 1, 10, 23, 59, tzinfo=UTC)
    assert told() == ("open", "ruling by Ada", "open", 2, "open")
    database.clock = lambda: datetime(2021, 1, 11, tzinfo=UTC)
    assert told() == ("supported", None, "supported", 3, "supported")
    with database.read() as s:
        assert verify.fold_differences(s, w.claim_id(), None) == ()


def test_a_ruling_that_is_to_begin_waits_for_its_day(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    database.clock = lambda: datetime(2021, 1, 5, tzinfo=UTC)
    decide(w, "ruling", status=Status.OPEN, valid_from=day("2021-01-06"))
    assert (w.status(), len(w.history())) == ("supported", 1)
    with database.read() as s:
        assert verify.fold_differences(s, w.claim_id(), None) == ()
    database.clock = lambda: datetime(2021, 1, 6, tzinfo=UTC)
    assert (w.status(), len(w.history())) == ("open", 2)


def test_a_confirmation_with_an_end_is_told_until_then(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    decide(w, "ruling", status=Status.SUPPORTED, valid_from=day("2020-04-01"), valid_to=day("2021-01-10"))
    for now, review in ((day("2021-01-10"), "confirmed by Ada"), (day("2021-01-11"), None)):
        database.clock = lambda now=now: datetime.combine(now, time(12), UTC)  # type: ignore[misc]
        with database.read() as s:
            assert ledger.status(s, w.claim_id()).review == review


def test_a_confirmed_date_lets_an_uncertain_article_count(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", None, S)
    w.publish()
    assert w.status() == "unreported"
    decide(w, "date", "https://a.example/1", valid_from=day("2020-03-01"))
    assert w.history() == [("2020-03-01", "unreported > supported", "date corrected")]
    decisions.undo(database, decided_id(w), by="Ada", now=w.tick(), client_id="u")
    assert w.status() == "unreported"


def decided_id(w: World) -> str:
    with w.db.read() as s:
        return decisions.decisions(s)[0].client_id


def test_a_person_takes_a_wrong_group_apart_and_together_again(database: Database) -> None:
    w = World(database).start()
    a = w.say("https://a.example/1", day("2020-03-01"), S)
    b = w.say("https://b.example/1", day("2020-03-02"), S)
    c = w.say("https://c.example/1", day("2020-03-03"), R)
    w.db.write(lambda s: clusters.save_edges(s, [Edge(a, b, 0.9)], [a, b, c], now=w.tick()))
    w.publish()
    assert w.status() == "contested"
    decide(w, "separate", "https://b.example/1", topic_id=w.topic_id, client_id="sep")
    with database.read() as s:
        assert clusters.members(s, w.topic_id) == ()
    assert w.history()[-1][2] in ("copies separated", "new article")
    assert w.status() == "supported"
    decisions.undo(database, "sep", by="Ada", now=w.tick(), client_id="u")
    with database.read() as s:
        assert len(clusters.members(s, w.topic_id)) == 2
    assert w.status() == "contested"
    assert w.history()[-1][2] == "copies grouped"


def test_two_people_who_decide_at_once_are_both_heard(database: Database) -> None:
    w = World(database).start()
    for i in range(6):
        w.say(f"https://a{i}.example/1", day("2020-03-01"), S)
    w.publish()
    errors: list[BaseException] = []
    claim_id = w.claim_id()

    def work(name: str, i: int) -> None:
        try:
            with database.read() as s:
                article_id = articles.article_by_url(s, f"https://a{i}.example/1").id
            asked = NewDecision("stance", f"{name}-{i}", claim_id=claim_id, article_id=article_id, stance=Stance.REFUTES)
            decisions.record(database, [asked], by=name, now=w.now)
        except BaseException as error:  # noqa: BLE001  # the assertion below tells which
            errors.append(error)

    threads = [Thread(target=work, args=(name, i)) for i in range(6) for name in ("Ada", "Ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with database.read() as s:
        assert len(decisions.decisions(s)) == 12
    assert w.status() == "refuted"


def test_a_decision_says_what_it_lacks(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), N)
    w.publish()
    with pytest.raises(UsageError, match="needs a name"):
        decide(w, "stance", "https://a.example/1", stance=R, by=" ")
    with pytest.raises(UsageError, match="needs a stance"):
        decide(w, "stance", "https://a.example/1")
    with pytest.raises(UsageError, match="before it begins"):
        decide(w, "ruling", status=Status.OPEN, valid_from=day("2020-04-01"), valid_to=day("2020-03-01"))


def test_the_queue_puts_what_decides_a_status_before_what_is_only_unsure(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.say("https://b.example/1", day("2020-03-02"), S, confidence=0.4, decided=False)
    w.say("https://c.example/1", None, R)
    w.say("https://d.example/1", day("2020-03-03"), N)
    w.publish()
    with database.read() as s:
        items = queue.review_queue(s, w.topic_id)
    assert [(i.answer.url, i.reasons) for i in items] == [
        ("https://a.example/1", ("single report", "decides a status")),
        ("https://c.example/1", ("uncertain date",)),
        ("https://b.example/1", ("undecided",)),
    ]
    decide(w, "accept", "https://a.example/1")
    with database.read() as s:
        assert [i.answer.url for i in queue.review_queue(s, w.topic_id)] == ["https://c.example/1", "https://b.example/1"]


def test_a_ruling_that_agrees_with_what_stands_confirms_it(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    before = w.publish().recorded_at
    decide(w, "ruling", status=Status.SUPPORTED, valid_from=day("2020-04-01"), valid_to=day("2020-04-30"))
    decide(w, "ruling", status=Status.SUPPORTED, valid_from=day("2020-06-01"), client_id="r2", by="Ben")
    assert w.history() == [("2020-03-01", "unreported > supported", "new article")]  # nothing changed

    def review(**at: object) -> str | None:
        with database.read() as s:
            return ledger.status(s, w.claim_id(), **at).review  # type: ignore[arg-type]

    assert review() == "confirmed by Ben"
    assert review(as_of=day("2020-04-15")) == "confirmed by Ada"
    assert review(as_of=day("2020-05-15")) is None
    assert review(known_at=before) is None
    with database.read() as s:
        assert [x.review for x in ledger.statuses(s)] == ["confirmed by Ben"]
    decisions.undo(database, "r2", by="Ben", now=w.tick(), client_id="u2")
    assert review() is None


def copied(database: Database) -> World:
    """Two copies of which no machine says anything; a person quotes the one."""
    w = World(database).start()
    one = w.say("https://a.example/1", day("2020-03-01"), U, text="The bridge opens. All is well.")
    two = w.say("https://b.example/1", day("2020-03-02"), U, text="The bridge opens. All is fine.")
    database.write(lambda s: clusters.save_edges(s, [Edge(one, two, 0.9)], [one, two], now=w.tick()))
    w.publish()
    decide(w, "evidence", "https://a.example/1", stance=S, quote="The bridge opens.")
    return w


def urls_told(w: World) -> list[str]:
    with w.db.read() as s:
        assert differences(s, w.topic_id) == ()
        return sorted(p.article for p in ledger.positions(s, w.claim_id()))


def test_a_copy_on_which_only_a_decision_bears_stays_when_the_claim_is_told_anew(database: Database) -> None:
    w = copied(database)
    assert urls_told(w) == ["https://a.example/1", "https://b.example/1"]
    edition = database.write(lambda s: replay.open_shadow(s, w.topic_id, matcher="m2", by="Ada", now=w.tick()))
    replay.accept(database, edition, by="Ada", now=w.tick())
    assert urls_told(w) == ["https://a.example/1", "https://b.example/1"]


def test_what_rested_on_a_purged_copys_words_goes_with_them(database: Database) -> None:
    w = copied(database)
    purge.purge(database, "url", "https://a.example/1", reason="asked", by="Ada", now=w.tick())
    assert urls_told(w) == []


def told(w: World) -> list[tuple[str, str, str | None, float]]:
    """Side, words, speaker and confidence of each position that stands, and the ledger is what the decisions make it."""
    with w.db.read() as s:
        assert differences(s, w.topic_id) == ()
        standing = [p for p in ledger.positions(s, w.claim_id()) if p.valid_to is None]
    return sorted((p.stance.value, p.quote, p.speaker, p.confidence) for p in standing)


def test_a_corrected_side_keeps_its_speaker(database: Database) -> None:
    w = World(database).start()
    for i in (1, 2, 3):
        w.say(f"https://a{i}.example/1", day("2020-03-01"), S, text=f"It is open, said the minister ({i}).", speaker="minister")
    w.publish()
    for left, supports in ((2, 1), (3, 1), (1, 0)):
        decide(w, "stance", f"https://a{left}.example/1", stance=R)
        assert {row[2] for row in told(w)} == {"minister"}
        with database.read() as s:
            figures = ledger.status(s, w.claim_id()).figures
        assert (figures.voices_supports, figures.voices_refutes) == (supports, 1), "one press conference is one voice"


def test_a_corrected_quote_keeps_its_speaker_through_an_edit_in_which_no_machine_quotes_it(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, text="It is open.", speaker="minister")
    w.publish()
    decide(w, "stance", "https://a.example/1", stance=R)
    edited = w.capture("https://a.example/1", cleaned("It is open. It rains.", day("2020-03-01"), outlet="a.example"))
    w.scan(edited.revision_id or 0)
    w.publish()
    assert told(w) == [("refutes", "It is open.", "minister", 1.0)]


def test_words_of_the_other_side_are_never_told_as_a_persons_side(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, text="It is open. Yes.")
    w.publish()
    decide(w, "stance", "https://a.example/1", stance=S)
    edited = w.capture("https://a.example/1", cleaned("Correction: it is shut.", day("2020-03-01"), outlet="a.example"))
    w.scan(edited.revision_id or 0, judgement("open", R, "Correction: it is shut."))
    w.publish()
    assert told(w) == [("supports", "", None, 1.0)], "the decision holds, flagged, on no words"


def test_a_quote_of_one_side_is_not_told_on_both_where_a_person_says_mixed(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, text="It is open.")
    w.publish()
    decide(w, "stance", "https://a.example/1", stance=M)
    assert told(w) == [("refutes", "", None, 0.5), ("supports", "It is open.", None, 0.5)]


def test_a_quote_that_is_rejected_after_it_was_accepted_no_longer_counts(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, text="It is open.")
    w.publish()
    decide(w, "accept", "https://a.example/1", client_id="d1")
    decide(w, "reject", "https://a.example/1", quote="It is open.", client_id="d2")
    assert (w.status(), told(w)) == ("unreported", [])
    edited = w.capture("https://a.example/1", cleaned("It rains.", day("2020-03-01"), outlet="a.example"))
    w.scan(edited.revision_id or 0)
    w.publish()
    assert (w.status(), told(w)) == ("unreported", []), "no edit brings back what rested on it"
    decisions.undo(database, "d2", by="Ben", now=w.tick(), client_id="u")
    assert w.status() == "supported"


def test_a_side_that_is_corrected_goes_with_its_only_quote(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, text="It is open.")
    w.publish()
    decide(w, "stance", "https://a.example/1", stance=R, client_id="d1")
    decide(w, "reject", "https://a.example/1", quote="It is open.", client_id="d2")
    assert told(w) == []
    decide(w, "stance", "https://a.example/1", stance=R, client_id="d3")
    assert told(w) == [("refutes", "It is open.", None, 1.0)], "the later word holds"


def test_rejecting_one_of_two_accepted_sides_leaves_the_other_whole(database: Database) -> None:
    w = two_sides(database)
    decide(w, "accept", "https://a.example/1", client_id="d1")
    decide(w, "reject", "https://a.example/1", quote="It opened, said Ann.", client_id="d2")
    assert told(w) == [("refutes", "It is closed, said Bob.", None, 1.0)]


def test_the_words_of_a_known_speaker_stay_that_speakers_when_a_person_points_at_them(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S, text="It is open.", speaker="minister")
    w.publish()
    decide(w, "evidence", "https://a.example/1", stance=S, quote="It is open.")
    assert told(w) == [("supports", "It is open.", "minister", 1.0)]


def test_a_decision_on_an_article_without_a_day_waits_for_the_day(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", None, R)
    w.say("https://b.example/1", None, S)
    w.publish()
    decide(w, "stance", "https://a.example/1", stance=R, client_id="d1")
    decide(w, "stance", "https://b.example/1", stance=U, client_id="d2")

    def waiting() -> tuple[list[tuple[str, tuple[str, ...]]], list[tuple[int, tuple[str, ...]]]]:
        with database.read() as s:
            listed = [(i.answer.url, i.reasons) for i in queue.review_queue(s, w.topic_id)]
            return listed, [(c.article_id, c.reasons) for c in pages_review.cases(s, w.topic_id)]

    with database.read() as s:
        article_id = articles.article_by_url(s, "https://a.example/1").id
    assert waiting() == ([("https://a.example/1", ("uncertain date",))], [(article_id, ("uncertain date",))])
    decide(w, "date", "https://a.example/1", valid_from=day("2020-05-05"))
    assert (w.status(), waiting()) == ("refuted", ([], []))


def test_a_status_that_a_copy_tips_names_who_decided_on_the_story(database: Database) -> None:
    w = World(database).start()
    text = "The minister said that it is open."
    a = w.say("https://a.example/1", day("2020-03-02"), S, text=text)
    b = w.say("https://b.example/1", day("2020-03-01"), S, text=text + " More follows.")
    w.db.write(lambda s: clusters.save_edges(s, [Edge(a, b, 0.9)], [a, b], now=w.tick()))
    w.publish()
    decide(w, "stance", "https://a.example/1", stance=R)
    with database.read() as s:
        (change,) = ledger.changes(s, w.claim_id())
    assert (change.change.valid_from, change.review) == (day("2020-03-01"), "confirmed by Ada")


def test_the_decisions_of_a_topic_tell_the_dates_of_its_articles(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", None, R)
    w.publish()
    decide(w, "date", "https://a.example/1", valid_from=day("2020-05-05"))
    with database.read() as s:
        assert [d.kind for d in decisions.decisions(s, topic_id=w.topic_id)] == ["date"]
        assert decisions.decisions(s, topic_id=w.topic_id + 1) == ()


def test_a_ruling_that_has_ended_stands_behind_a_status_no_more(database: Database) -> None:
    """Though the machine had come to the same by then, so that nothing changed with its end."""
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    days = {"valid_from": day("2020-03-02"), "valid_to": day("2020-03-10"), "note": "both are heard"}
    decide(w, "ruling", status=Status.CONTESTED, **days)
    w.say("https://b.example/1", day("2020-03-05"), R)
    w.publish()
    with database.read() as s:
        found = {d: ledger.status(s, w.claim_id(), as_of=day(d) if d else None) for d in ("2020-03-05", "2020-03-11", "")}
        (_, begun) = ledger.changes(s, w.claim_id())
    assert {d: (x.status.value, x.review) for d, x in found.items()} == {
        "2020-03-05": ("contested", "ruling by Ada"),
        "2020-03-11": ("contested", None),
        "": ("contested", None),
    }
    assert (begun.note, begun.change.machine) == ("both are heard", Status.SUPPORTED)


def test_the_end_of_a_ruling_says_whose_ruling_ended(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    decide(w, "ruling", status=Status.OPEN, valid_from=day("2020-03-02"), valid_to=day("2020-03-10"))
    with database.read() as s:
        told = [(str(c.change.valid_from), c.note, len(c.quotes)) for c in ledger.changes(s, w.claim_id())]
    assert told == [("2020-03-01", "", 1), ("2020-03-02", "", 0), ("2020-03-11", "the ruling by Ada ended", 0)]


def test_added_evidence_is_found_across_a_line_break_and_kept_as_it_stands(database: Database) -> None:
    w = World(database).start()
    w.say("https://a.example/1", day("2020-03-01"), N, text="The \u201cbridge\u201d is\nopen, they say.")
    w.publish()
    decide(w, "evidence", "https://a.example/1", stance=S, quote='The "bridge" is open')
    with database.read() as s:
        (said,) = decisions.decisions(s)
        (p,) = [p for p in ledger.positions(s, w.claim_id()) if p.stance is S]
    assert said.quote == p.quote == "The \u201cbridge\u201d is\nopen"
    with pytest.raises(EvidenceError, match="does not stand"):
        decide(w, "evidence", "https://a.example/1", stance=S, quote="The bridge is not open")
