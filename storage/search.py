"""Full-text search over stored texts: FTS5 in the cache file on SQLite, a GIN index over tsvector on PostgreSQL.

The FTS5 index is derived: it catches up with new texts when it is asked, and may be deleted with the cache at any time.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import readings
from storage import tables as t
from storage.cache import SqliteCache
from storage.records import SearchHit
from storage.sql import chunks

_TABLE = "texts_unicode61"
_CANDIDATES = 5_000
_WORD = re.compile(r'"([^"]+)"|(\S+)')
_BATCH = 1_000


def search(
    s: Session, query: str, *, topic_id: int | None = None, claim_id: int | None = None, limit: int = 50, offset: int = 0
) -> tuple[SearchHit, ...]:
    """The newest matching text of each article, best first. All words must occur (as beginnings); "quoted words" as a phrase.

    `claim_id`: only texts of which a machine or a person says something about the claim.
    """
    phrases = _phrases(query)
    if not phrases:
        return ()
    cache = s.info["cache"]
    found = _sqlite(s, cache, phrases) if isinstance(cache, SqliteCache) else _postgres(s, phrases)
    hits = _hits(s, found, topic_id, claim_id)
    return tuple(hits[offset : offset + limit])


def texts_of_claim(s: Session, query: str, claim_id: int) -> frozenset[int]:
    """The ids of the texts that hold all the words, with every one of those behind the claim's positions among them.

    Neither ranked nor cut off: for a filter, which must not miss a text because others hold the words more often.
    """
    phrases = _phrases(query)
    if not phrases:
        return frozenset()
    cache = s.info["cache"]
    if isinstance(cache, SqliteCache):
        with cache.locked() as connection:
            _ensure(connection)
            _catch_up(s, connection)
            sql = f"SELECT rowid FROM {_TABLE} WHERE {_TABLE} MATCH ?"  # noqa: S608
            return frozenset([row[0] for row in connection.execute(sql, (_match(phrases),)).fetchall()])
    p = t.positions
    mine = sa.select(p.c.revision_id).where(p.c.claim_id == claim_id)
    x = sa.func.to_tsvector("simple", sa.func.coalesce(t.revision_texts.c.title, "") + " " + t.revision_texts.c.text)
    found = sa.select(t.revision_texts.c.revision_id).where(t.revision_texts.c.revision_id.in_(mine))
    found = found.where(x.op("@@")(sa.func.to_tsquery("simple", _terms(phrases))))
    return frozenset(s.execute(found).scalars().all())


def forget(s: Session, revision_ids: Iterable[int]) -> None:
    """Take texts out of the index (the law, retention)."""
    cache = s.info["cache"]
    if isinstance(cache, SqliteCache):
        with cache.locked() as connection:
            _ensure(connection)
            connection.executemany(f"DELETE FROM {_TABLE} WHERE rowid = ?", [(i,) for i in revision_ids])  # noqa: S608
            connection.execute(f"INSERT INTO {_TABLE}({_TABLE}) VALUES ('optimize')")  # noqa: S608
            connection.commit()


def _phrases(query: str) -> list[list[str]]:
    """Lists of words; a list of several is a phrase."""
    found = []
    for quoted, word in _WORD.findall(query):
        words = re.findall(r"\w+", quoted or word)
        if quoted and words:
            found.append(words)
        else:
            found += [[w] for w in words]
    return found[:20]


def _hits(s: Session, found: Sequence[tuple[int, str]], topic_id: int | None, claim_id: int | None) -> list[SearchHit]:
    r, a, x = t.revisions, t.articles, t.revision_texts
    snippets = dict(found)
    rows: dict[int, sa.Row[tuple[object, ...]]] = {}
    for batch in chunks(list(snippets)):
        query = (
            sa.select(r.c.id, a.c.id.label("article_id"), a.c.url, a.c.outlet, x.c.title)
            .join(a, a.c.id == r.c.article_id)
            .join(x, x.c.revision_id == r.c.id)
            .where(r.c.id.in_(batch), readings.shown(r.c.id, topic_id))
        )
        if topic_id is not None:
            mine = sa.select(t.topic_articles.c.article_id).where(t.topic_articles.c.topic_id == topic_id)
            query = query.where(a.c.id.in_(mine))
        if claim_id is not None:
            said = sa.select(t.assessments.c.article_id).where(t.assessments.c.claim_id == claim_id)
            decided = sa.select(t.decisions.c.article_id).where(t.decisions.c.claim_id == claim_id)
            query = query.where(a.c.id.in_(said) | a.c.id.in_(decided))
        rows.update({row.id: row for row in s.execute(query)})
    newest: dict[int, int] = {}
    for row in rows.values():
        newest[row.article_id] = max(row.id, newest.get(row.article_id, 0))
    ordered = [rows[i] for i in snippets if i in rows and newest[rows[i].article_id] == i]
    return [SearchHit(row.id, row.article_id, row.url, row.title, row.outlet, snippets[row.id]) for row in ordered]


# --- SQLite ---------------------------------------------------------------------------------------------------------


def _sqlite(s: Session, cache: SqliteCache, phrases: Sequence[Sequence[str]]) -> list[tuple[int, str]]:
    with cache.locked() as connection:
        _ensure(connection)
        _catch_up(s, connection)
        sql = (
            f"SELECT rowid, snippet({_TABLE}, 1, '', '', ' … ', 24) FROM {_TABLE} WHERE {_TABLE} MATCH ?"  # noqa: S608
            " ORDER BY rank, rowid DESC LIMIT ?"
        )
        return [(row[0], row[1]) for row in connection.execute(sql, (_match(phrases), _CANDIDATES))]


def _match(phrases: Sequence[Sequence[str]]) -> str:
    return " AND ".join('"' + " ".join(words) + '"' + ("*" if len(words) == 1 else "") for words in phrases)


def _ensure(connection: sqlite3.Connection) -> None:
    connection.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {_TABLE} USING fts5(title, text, tokenize = 'unicode61 remove_diacritics 2')"
    )


def _catch_up(s: Session, connection: sqlite3.Connection) -> None:
    x = t.revision_texts
    while True:
        last = connection.execute(f"SELECT coalesce(max(rowid), 0) FROM {_TABLE}").fetchone()[0]  # noqa: S608
        query = sa.select(x.c.revision_id, x.c.title, x.c.text).where(x.c.revision_id > last)
        rows = s.execute(query.order_by(x.c.revision_id).limit(_BATCH)).all()
        if not rows:
            return
        sql = f"INSERT OR REPLACE INTO {_TABLE} (rowid, title, text) VALUES (?, ?, ?)"  # noqa: S608
        connection.executemany(sql, [(r.revision_id, r.title or "", r.text) for r in rows])
        connection.commit()


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def _postgres(s: Session, phrases: Sequence[Sequence[str]]) -> list[tuple[int, str]]:
    sql = sa.text(
        "SELECT revision_id, ts_headline('simple', text, q, 'StartSel=\"\", StopSel=\"\", MaxWords=24, MinWords=12') FROM ("
        " SELECT revision_id, text, q FROM revision_texts, to_tsquery('simple', :terms) q"
        " WHERE to_tsvector('simple', coalesce(title, '') || ' ' || text) @@ q"
        " ORDER BY ts_rank(to_tsvector('simple', coalesce(title, '') || ' ' || text), q) DESC, revision_id DESC"
        " LIMIT :most) found"
    )
    rows = s.execute(sql, {"terms": _terms(phrases), "most": _CANDIDATES})
    return [(row[0], row[1]) for row in rows]


def _terms(phrases: Sequence[Sequence[str]]) -> str:
    terms = [" <-> ".join(words) if len(words) > 1 else f"{words[0]}:*" for words in phrases]
    return " & ".join(f"({term})" for term in terms)
