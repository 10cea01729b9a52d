"""What the claim form reads: the newest texts of a topic, to try a wording on."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage import readings
from storage import tables as t


@dataclass(frozen=True, slots=True)
class TextLine:
    """A stored text by its key, with as much of it as a trial needs."""

    revision_key: str
    url: str
    title: str | None
    outlet: str | None
    lang: str | None
    text: str


def newest_texts(s: Session, topic_id: int, *, limit: int = 400, chars: int = 6_000) -> tuple[TextLine, ...]:
    """The texts that the topic's articles carry now, the newest first."""
    a, ta, r, x = t.articles, t.topic_articles, t.revisions, t.revision_texts
    query = (
        sa.select(r.c.key, a.c.url, x.c.title, a.c.outlet, r.c.lang, sa.func.substr(x.c.text, 1, chars))
        .select_from(a)
        .join(ta, ta.c.article_id == a.c.id)
        .join(r, r.c.id == readings.current(topic_id))
        .join(x, x.c.revision_id == r.c.id)
        .where(ta.c.topic_id == topic_id)
        .order_by(r.c.id.desc())
        .limit(limit)
    )
    return tuple(TextLine(*row) for row in s.execute(query).tuples())


def count_texts(s: Session, topic_id: int) -> int:
    a, ta = t.articles, t.topic_articles
    query = sa.select(sa.func.count()).select_from(a).join(ta, ta.c.article_id == a.c.id)
    return int(s.execute(query.where(ta.c.topic_id == topic_id, a.c.current_revision_id.is_not(None))).scalar_one())
