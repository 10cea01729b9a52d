"""REMEMBERS: everything that is kept, on SQLite or PostgreSQL, behind functions that take a session and return frozen values.

    engine, schema, migrations      opening a database, one writer at a time, one schema on both
    tables/                         the rows; they never leave this room
    claims, outlets                 topics and their versions, claims, what a publisher weighs
    articles, captures, revisions   what sources named, what came back, which text it carried
    stands                          on which days a text stood in print
    clusters                        copies of one story
    assessments, answers            what machines said of a text, and which of it counts
    decisions, queue                what people said, and what needs them
    facts, effective                which one answer counts: positions
    touched, publish, edition       what is new becomes known, whole, in one transaction
    series, stood                   the figures of a past day: looked up, or folded
    ledger, pins, replay, verify    reading at (as_of, known_at); trying another machine; checking the books
    runs, leases, outbox            who is at work, what was done, what is still to be told
    search, cache, blobs            words, derived things, bytes
    backup, retention, purge        copies, bounds, the law

Known time is written, not computed: every row of the ledger carries the edition that brought it and the one that closed it, so a
question about any past moment is one range over one index, and nothing that is learned later can change its answer.
"""
