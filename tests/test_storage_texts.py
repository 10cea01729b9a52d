"""Texts over time: edits, reverts, retractions, copies and reworded claims, as the ledger tells them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from claimline.models import Cause, Discovered, Entry, Fetched, Judgement, OutletSpec, OutletType, Skip
from storage import articles, assessments, claims, clusters, ledger, outlets, pins, retention, revisions
from storage.answers import answers
from storage.engine import Database
from storage.records import Edge
from tests.storage_world import M, N, R, S, U, World, cleaned, day, digest_of, judgement, make_topic

URL = "https://a.example/1"


def see(w: World, text: str, *answers: Judgement, **page: object) -> int:
    """The article is seen to carry this text, and it is read; returns its revision."""
    published = page.pop("published", day("2020-03-01"))
    saved = w.capture(URL, cleaned(text, published, outlet="a.example", **page))  # type: ignore[arg-type]
    assert saved.revision_id is not None
    w.scan(saved.revision_id, *answers)
    return saved.revision_id


def spans(w: World) -> list[tuple[str, str, str | None]]:
    with w.db.read() as s:
        found = ledger.positions(s, w.claim_id())
    return sorted((p.quote, str(p.valid_from), str(p.valid_to) if p.valid_to else None) for p in found)


def test_an_edit_closes_what_the_older_text_said_and_keeps_it_before(database: Database) -> None:
    w = World(database).start()
    see(w, "It is open.", judgement("open", S, "It is open."))
    w.publish()
    w.tick(days=10)
    see(w, "It is not open.", judgement("open", R, "It is not open."), modified=day("2021-01-05"))
    w.publish()
    assert spans(w) == [("It is not open.", "2021-01-05", None), ("It is open.", "2020-03-01", "2021-01-05")]
    assert w.history() == [
        ("2020-03-01", "unreported > supported", "new article"),
        ("2021-01-05", "supported > refuted", "edited article"),
    ]


def test_an_edit_is_not_dated_before_the_earlier_text_was_last_seen(database: Database) -> None:
    w = World(database).start()
    see(w, "It is open.", judgement("open", S, "It is open."))
    w.tick(days=6)
    assert w.capture(URL, cleaned("It is open.", day("2020-03-01"), outlet="a.example")).kind == "unchanged"
    w.tick(days=4)
    see(w, "It is not open.", judgement("open", R, "It is not open."), modified=day("2021-01-05"))
    w.publish()
    assert ("It is not open.", str(w.now.date()), None) in spans(w)


def test_a_stamp_that_the_earlier_text_bore_does_not_date_a_later_edit(database: Database) -> None:
    w = World(database).start()
    stamp = {"modified": day("2021-01-01")}
    see(w, "It is open.", judgement("open", S, "It is open."), **stamp)
    see(w, "It is open, they say.", judgement("open", S, "It is open, they say."), **stamp)
    w.tick(days=10)
    see(w, "It is not open.", judgement("open", R, "It is not open."), **stamp)
    w.publish()
    assert ("It is not open.", str(w.now.date()), None) in spans(w)


def test_counters_and_related_links_make_no_revision_and_no_edition(database: Database) -> None:
    w = World(database).start()
    see(w, "It is open.\n12 comments\nRead also: A story", judgement("open", S, "It is open."), title="Open")
    w.publish()
    w.tick(days=3)
    page = cleaned("It is open.\n13 comments\nRead also: Another story", day("2020-03-01"), outlet="a.example", title="Open")
    again = w.capture(URL, page)
    assert (again.kind, again.new_revision) == ("unchanged", False)
    assert w.publish().edition_id is None
    with database.read() as s:
        assert len(revisions.revisions_of(s, articles.article_by_url(s, URL).id)) == 1


def test_counters_make_no_revision_of_a_text_that_retention_took(database: Database) -> None:
    w = World(database).start()
    see(w, "It is open.\n12 comments", title="Open")
    w.publish()
    database.write(lambda s: retention.apply(s, now=w.tick(days=3), bytes_days=None, text_days=0))
    page = cleaned("It is open.\n13 comments", day("2020-03-01"), outlet="a.example", title="Open")
    assert w.capture(URL, page).kind == "unchanged"


def test_an_archive_that_is_read_late_leaves_the_current_text_alone(database: Database) -> None:
    w = World(database).start()
    b = see(w, "It is shut.", judgement("open", R, "It is shut."))
    w.publish()
    old = cleaned("It is open.", day("2020-03-01"), outlet="a.example")
    for kind in ("revised", "unchanged"):  # the second time it is known
        saved = w.capture(URL, old, at=w.now - timedelta(days=90))
        assert saved.kind == kind
    w.scan(saved.revision_id or 0, judgement("open", S, "It is open."))
    w.publish()
    assert spans(w) == [("It is open.", "2020-03-01", "2021-01-01"), ("It is shut.", "2021-01-01", None)]
    with database.read() as s:
        assert articles.article_by_url(s, URL).revision_id == b


def test_an_edit_with_an_implausible_date_counts_from_the_day_it_was_seen(database: Database) -> None:
    w = World(database).start()
    see(w, "It is open.", judgement("open", S, "It is open."))
    see(w, "It is shut.", judgement("open", R, "It is shut."), modified=day("2019-01-01"))
    w.publish()
    assert spans(w)[1] == ("It is shut.", str(w.now.date()), None)


def test_a_small_edit_leaves_the_quote_where_it_was(database: Database) -> None:
    w = World(database).start()
    quote = "It is open."
    see(w, quote + " Mor follows.", judgement("open", S, quote + " Mor follows.", quote))
    w.publish()
    w.tick(days=3)
    see(w, quote + " More follows.", judgement("open", S, quote + " More follows.", quote, confidence=0.7))
    assert w.publish().changes == ()
    assert spans(w) == [(quote, "2020-03-01", None)]


def test_a_dropped_quote_no_longer_stands(database: Database) -> None:
    w = World(database).start()
    see(w, "It is open.", judgement("open", S, "It is open."))
    w.publish()
    w.tick(days=3)
    see(w, "The weather is fine.")
    w.publish()
    assert [h[1] for h in w.history()] == ["unreported > supported", "supported > unreported"]
    assert w.history()[1][2] == "edited article"


def test_a_text_that_is_not_read_yet_closes_nothing(database: Database) -> None:
    w = World(database).start()
    see(w, "It is open.", judgement("open", S, "It is open."))
    w.publish()
    w.tick(days=3)
    saved = w.capture(URL, cleaned("Something else.", day("2020-03-01"), outlet="a.example"))
    w.publish()
    assert w.status() == "supported"
    failed = replace(judgement("open", S, "x"), failed="timeout", quotes=())
    w.scan(saved.revision_id or 0, failed)
    w.publish()
    assert w.status() == "supported"  # a failure is not a verdict
    with database.read() as s:
        assert assessments.pending(s, w.topic_id).failed == 1
    w.db.write(
        lambda s: assessments.save_judgements(
            s,
            saved.revision_id or 0,
            "m1",
            [judgement("open", R, "Something else.")],
            run_id=None,
            now=w.now,
            claim_versions=claims.claim_versions(s, w.version_id),
        )
    )
    w.publish()
    assert w.status() == "refuted"


def test_a_page_that_goes_back_and_forth_has_three_sightings_of_two_texts(database: Database) -> None:
    w = World(database).start()
    a = see(w, "It is open.", judgement("open", S, "It is open."))
    w.tick(days=5)
    see(w, "It is shut.", judgement("open", R, "It is shut."))
    w.tick(days=5)
    saved = w.capture(URL, cleaned("It is open.", day("2020-03-01"), outlet="a.example"))
    assert (saved.revision_id, saved.new_revision, saved.kind) == (a, False, "revised")
    w.publish()
    opened = [x for x in spans(w) if x[0] == "It is open."]
    assert len(opened) == 2
    assert w.status() == "supported"
    with database.read() as s:
        assert len(revisions.revisions_of(s, articles.article_by_url(s, URL).id)) == 2
        assert revisions.current_revisions(s, w.topic_id) == (a,)


def test_the_same_text_again_is_only_counted(database: Database) -> None:
    w = World(database).start()
    see(w, "It is open.", judgement("open", S, "It is open."))
    w.publish()
    again = w.capture(URL, cleaned("It is open.", day("2020-03-01"), outlet="a.example"))
    assert again.kind == "unchanged"
    assert w.publish().edition_id is None


def test_a_retracted_page_leaves_the_fold_from_that_day(database: Database) -> None:
    w = World(database).start()
    see(w, "It is open.", judgement("open", S, "It is open."))
    w.publish()
    w.tick(days=3)
    see(w, "It is open. We retract this.", judgement("open", S, "It is open."), notice="retraction")
    w.publish()
    assert w.history()[-1] == (str(w.now.date()), "supported > unreported", "retracted")
    assert w.status(as_of=day("2020-04-01")) == "supported"


def test_a_removed_page_is_only_marked(database: Database) -> None:
    w = World(database).start()
    see(w, "It is open.", judgement("open", S, "It is open."))
    w.publish()
    article_id = w.article(URL)
    gone = Fetched(URL, URL, 404, w.tick(), b"")
    saved = database.write(lambda s: articles.save_capture(s, article_id, gone, None, source_id=None, now=w.now))
    assert saved.kind == "gone"
    assert w.publish().edition_id is None
    assert w.status() == "supported"


def test_what_could_not_be_fetched_is_tried_again_and_then_given_up(database: Database) -> None:
    w = World(database).start()
    article_id = w.article(URL)
    for attempt in range(1, articles.MAX_ATTEMPTS + 1):
        w.tick(days=2)
        with database.read() as s:
            (todo,) = articles.pending_fetch(s, w.topic_id, now=w.now)
        assert todo.attempts == attempt - 1
        skip = Skip(URL, "timeout", failed=True)
        database.write(lambda s, skip=skip: articles.save_capture(s, article_id, skip, None, source_id=None, now=w.now))
    w.tick(days=9)
    with database.read() as s:
        assert articles.pending_fetch(s, w.topic_id, now=w.now) == ()
        assert articles.article(s, article_id).state == "given-up"


def failing(w: World, *, every: timedelta, for_: timedelta, url: str = URL, skip: Skip | None = None) -> tuple[int, timedelta]:
    """Runs so often and so long in which the article fails; how often it was asked for, and when last."""
    article_id, began, asked, last = w.article(url), w.now, 0, w.now
    came = skip or Skip(url, "http-429", failed=True)
    while w.now - began < for_:
        with w.db.read() as s:
            due = [x.article_id for x in articles.pending_fetch(s, w.topic_id, now=w.now)]
        if article_id in due:
            w.db.write(lambda s: articles.save_capture(s, article_id, came, None, source_id=None, now=w.now))
            asked, last = asked + 1, w.now
        w.tick(seconds=every.total_seconds())
    return asked, last - began


def test_frequent_runs_do_not_use_up_the_patience_with_an_article(database: Database) -> None:
    w = World(database).start()
    asked, until = failing(w, every=timedelta(hours=2), for_=timedelta(days=30))
    assert (asked, until.days) == (articles.MAX_ATTEMPTS, 14)
    with database.read() as s:
        assert articles.article_by_url(s, URL).state == "given-up"
        assert articles.given_up(s, w.topic_id) == 1


def test_a_host_that_asks_for_patience_has_it_up_to_six_days(database: Database) -> None:
    w = World(database).start()
    for number, (asked_for, days) in enumerate([(172_800.0, 2), (10.0**9, 6)]):
        article_id = w.article(f"{URL}{number}")
        skip = Skip(URL, "http-429", failed=True, retry_after_s=asked_for)
        database.write(lambda s, skip=skip, i=article_id: articles.save_capture(s, i, skip, None, source_id=None, now=w.now))
        with database.read() as s:
            due = [
                {x.article_id for x in articles.pending_fetch(s, w.topic_id, now=w.now + timedelta(days=d))}
                for d in (days - 0.1, days)
            ]
        assert [article_id in found for found in due] == [False, True]


def test_what_was_given_up_is_asked_for_once_more_when_it_is_named_anew(database: Database) -> None:
    w = World(database).start()
    failing(w, every=timedelta(hours=1), for_=timedelta(days=16))
    again = Discovered((Entry(URL, title=URL, updated="2021-01-20"),))
    database.write(lambda s: articles.save_discovery(s, w.source_id(), w.topic_id, again, now=w.now))
    assert failing(w, every=timedelta(hours=1), for_=timedelta(days=3)) == (1, timedelta(0))


def test_a_text_that_was_read_before_a_host_failed_is_looked_for_less_often(database: Database) -> None:
    w = World(database).start()
    see(w, "It is open.")
    article_id = w.article(URL)
    skip = Skip(URL, "timeout", failed=True)
    for _ in range(9):
        database.write(lambda s: articles.save_capture(s, article_id, skip, None, source_id=None, now=w.now))
    with database.read() as s:
        assert articles.due_for_recheck(s, w.topic_id, now=w.now + timedelta(days=3)) == ()
        assert len(articles.due_for_recheck(s, w.topic_id, now=w.now + timedelta(days=4))) == 1
        assert articles.given_up(s, w.topic_id) == 0


# --- copies ---------------------------------------------------------------------------------------------------------


def test_a_copy_counts_once_and_its_group_is_named_alike_in_any_order(database: Database) -> None:
    w = World(database).start()
    ids = [w.say(f"https://{x}.example/1", day("2020-03-01"), S) for x in "abc"]
    database.write(lambda s: clusters.save_edges(s, [Edge(ids[1], ids[2], 0.9)], ids, now=w.tick()))
    database.write(lambda s: clusters.save_edges(s, [Edge(ids[0], ids[1], 0.9)], [], now=w.tick()))
    w.publish()
    with database.read() as s:
        assert clusters.unclustered(s, w.topic_id) == ()
        groups = {m.cluster for m in clusters.members(s, w.topic_id)}
        keys = [revisions.revision(s, i).key for i in ids]
        assert groups == {min(keys)}
        assert ledger.status(s, w.claim_id()).figures.voices_supports == 1


def test_a_copy_with_an_earlier_date_takes_over_with_its_cause(database: Database) -> None:
    w = World(database).start()
    b = w.say("https://b.example/1", day("2020-03-20"), S)
    w.say("https://c.example/1", day("2020-05-20"), N)
    w.publish()
    w.tick(days=1)
    a = w.say(URL, day("2020-03-01"), S)
    database.write(lambda s: clusters.save_edges(s, [Edge(a, b, 0.9)], [a, b], now=w.tick()))
    w.publish()
    assert w.history() == [("2020-03-01", "unreported > supported", "copies grouped")]


# --- claims, outlets ------------------------------------------------------------------------------------------------


def test_a_reworded_claim_is_told_only_when_the_past_is_read_with_it(database: Database) -> None:
    w = World(database).start()
    rev = w.say(URL, day("2020-03-01"), S)
    w.publish()
    w.start(make_topic("open", suffix=" to all"))
    assert w.imported is not None
    assert w.imported.reworded == ("open",)
    w.publish()
    assert w.status() == "supported"
    with database.read() as s:
        assert revisions.unscanned(s, w.version_id, "m1") == (rev,)
        assert len(assessments.unjudged_claims(s, rev, w.version_id, "m1")) == 1
    w.scan(rev, judgement("open", R, f"{URL} says that it supports"))
    w.publish()
    assert w.history() == [("2020-03-01", "unreported > refuted", "claim reworded")]


def test_a_new_source_in_the_file_asks_nothing_again(database: Database) -> None:
    w = World(database).start()
    rev = w.say(URL, day("2020-03-01"), S)
    topic = make_topic("open")
    w.start(replace(topic, sources=(*topic.sources, replace(topic.sources[0], locator="https://other.example/feed"))))
    with database.read() as s:
        assert revisions.unscanned(s, w.version_id, "m1") == ()
        assert assessments.unjudged_claims(s, rev, w.version_id, "m1") == ()


def test_a_new_model_changes_nothing_by_itself(database: Database) -> None:
    w = World(database).start()
    rev = w.say(URL, day("2020-03-01"), S)
    w.publish()
    w.scan(rev, judgement("open", R, f"{URL} says that it supports"), matcher="m2")
    assert w.publish().edition_id is None
    assert w.status() == "supported"


def test_the_judge_comes_before_the_matcher(database: Database) -> None:
    w = World(database).start()
    rev = w.say(URL, day("2020-03-01"), S, confidence=0.4, decided=False)
    w.scan(rev, judgement("open", R, f"{URL} says that it supports"), matcher="judge-1", kind="judge")
    w.publish()
    assert w.status() == "refuted"
    with database.read() as s:
        pin = pins.of_claim(s, w.claim_id())
    assert pin is not None
    assert (pin.matcher, pin.judge) == ("m1", "judge-1")


def test_outlets_that_nobody_has_named_weigh_nothing_until_accepted(database: Database) -> None:
    w = World(database).start(make_topic("open", unknown_outlets="hold"))
    for i in range(20):
        w.say(f"https://unknown{i}.example/1", day("2020-03-01"), S, text=f"In other words {i}: open.")
    w.publish()
    assert w.status() == "unreported"
    before = w.now
    w.tick()
    spec = OutletSpec("unknown3.example", weight=0.8)
    database.write(lambda s: outlets.set_outlet(s, w.topic_id, spec, now=w.tick(), by="Ada"))
    w.publish()
    assert w.history() == [("2020-03-01", "unreported > supported", "person")]
    assert w.status(known_at=before + timedelta(microseconds=1)) == "unreported"
    with database.read() as s:
        shown = {o.domain: (o.weight, o.named, o.accepted_by) for o in outlets.outlets(s, w.topic_id)}
    assert shown["unknown3.example"] == (0.8, True, "Ada")
    assert shown["unknown4.example"] == (0.0, False, None)


@pytest.mark.slow
def test_two_hundred_articles_of_fifty_unknown_domains_change_no_status(database: Database) -> None:
    """They are stored and shown, each with its quote; what a named outlet reported stands."""
    named = OutletSpec("wire.example", type=OutletType.AGENCY)
    w = World(database).start(make_topic("open", outlets=[named], unknown_outlets="hold"))
    w.say("https://wire.example/1", day("2020-03-01"), R, text="It is shut.")
    w.publish()
    before = w.history(), w.status()
    for i in range(200):
        w.say(f"https://unknown{i % 50}.example/{i}", day(f"2020-03-{i % 27 + 2:02}"), S, text=f"In words of our own, {i}: open.")
    w.publish()
    assert (w.history(), w.status()) == before == ([("2020-03-01", "unreported > refuted", "new article")], "refuted")
    with database.read() as s:
        shown = answers(s, w.topic_id)
        assert ledger.status(s, w.claim_id()).figures.voices_supports == 0
        assert [o.weight for o in outlets.outlets(s, w.topic_id) if not o.named] == [0.0] * 50
    assert len([a for a in shown if a.stance is S and a.quotes]) == 200


def test_an_opinion_page_that_quotes_both_sides_gives_half_to_each(database: Database) -> None:
    w = World(database).start(make_topic("open", outlets=[OutletSpec("column.example", type=OutletType.OPINION)]))
    w.say("https://a.example/1", day("2020-03-01"), R, text="It is shut.")
    text = "It is open, one says. It is not, says the other. I do not know."
    saved = w.capture("https://column.example/1", cleaned(text, day("2020-03-02"), outlet="column.example"))
    both = judgement("open", M, text, "It is open, one says.", "It is not, says the other.")
    w.scan(saved.revision_id or 0, both)
    w.publish()
    assert w.history() == [("2020-03-01", "unreported > refuted", "new article")]
    with database.read() as s:
        halves = sorted((p.stance, p.confidence) for p in ledger.positions(s, w.claim_id()) if "column" in p.article)
        at = ledger.status(s, w.claim_id())
    assert halves == [(R, 0.45), (S, 0.45)]
    assert (at.figures.voices_supports, at.figures.voices_refutes) == (1, 2)


def test_a_weight_from_the_file_changes_what_counts_with_its_cause(database: Database) -> None:
    w = World(database).start()
    w.say("https://news.a.example/1", day("2020-03-01"), S)
    w.say("https://b.example/1", day("2020-03-01"), R)
    w.publish()
    assert w.status() == "contested"
    w.start(make_topic("open", outlets=[OutletSpec("a.example", weight=0.1)]))
    w.publish()
    assert w.history() == [("2020-03-01", "unreported > refuted", Cause.CHANGED_SETTING.value)]


def test_a_renamed_claim_keeps_its_history(database: Database) -> None:
    w = World(database).start()
    w.say(URL, day("2020-03-01"), S)
    w.publish()
    topic = make_topic("open")
    spec = replace(topic.claims[0], slug="bridge-open", renamed_from="open")
    w.start(replace(topic, claims=(spec,)))
    assert w.imported is not None
    assert w.imported.renamed == ("bridge-open",)
    assert w.history("bridge-open") == [("2020-03-01", "unreported > supported", "new article")]
    assert w.history("open") == w.history("bridge-open")  # the former slug still finds it


def test_importing_the_same_file_again_changes_nothing(database: Database) -> None:
    w = World(database).start()
    again = w.db.write(lambda s: claims.import_topic(s, w.topic, digest=digest_of(w.topic), yaml="", now=w.tick(), by="file"))
    assert (again.created, again.changed) == (False, False)


def test_a_claim_on_which_nothing_was_said_is_unreported(database: Database) -> None:
    w = World(database).start(make_topic("open", "safe"))
    w.say(URL, day("2020-03-01"), U)
    w.publish()
    with database.read() as s:
        assert [x.status.value for x in ledger.statuses(s)] == ["unreported", "unreported"]


def test_a_weight_that_a_person_set_stays_until_the_file_says_otherwise_of_that_outlet(database: Database) -> None:
    spec = OutletSpec("a.example")
    w = World(database).start(make_topic("open", outlets=[spec]))
    w.say("https://a.example/1", day("2020-03-01"), S)
    w.publish()
    database.write(lambda s: outlets.set_outlet(s, w.topic_id, replace(spec, weight=0.0), now=w.tick(), by="Ben"))
    w.publish()
    assert w.status() == "unreported"
    w.start(replace(w.topic, title="The bridge"))
    w.publish()
    assert w.status() == "unreported"
    w.start(replace(w.topic, outlets=(replace(spec, weight=0.5),)))
    w.publish()
    assert w.status() == "supported"
