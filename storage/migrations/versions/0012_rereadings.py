"""Texts read again by another cleaner, which topics they count in, and the cleaner of each pin: a new one waits for its replay.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

from storage.tables.base import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rereadings",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("cleaner", sa.String(), nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_rereadings_revision_id_revisions")),
        sa.ForeignKeyConstraint(["reading_id"], ["revisions.id"], name=op.f("fk_rereadings_reading_id_revisions")),
        sa.PrimaryKeyConstraint("revision_id", "cleaner", name=op.f("pk_rereadings")),
    )
    op.create_index(op.f("ix_rereadings_reading_id"), "rereadings", ["reading_id"])
    op.create_table(
        "topic_readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_topic_readings_topic_id_topics")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_topic_readings_revision_id_revisions")),
        sa.ForeignKeyConstraint(["reading_id"], ["revisions.id"], name=op.f("fk_topic_readings_reading_id_revisions")),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_topic_readings_edition_id_editions")),
        sa.ForeignKeyConstraint(["closed_by"], ["editions.id"], name=op.f("fk_topic_readings_closed_by_editions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic_readings")),
    )
    live = sa.text("closed_by IS NULL")
    columns = ["revision_id", "topic_id"]
    op.create_index("uq_topic_readings_live", "topic_readings", columns, unique=True, sqlite_where=live, postgresql_where=live)
    for column in ("topic_id", "reading_id", "edition_id", "closed_by"):
        op.create_index(op.f(f"ix_topic_readings_{column}"), "topic_readings", [column])
    # The cleaner in use is the one that read the topic's newest text.
    op.execute(
        "UPDATE pins SET cleaner = (SELECT r.cleaner FROM revisions r JOIN topic_articles ta ON ta.article_id = r.article_id"
        " JOIN claims c ON c.topic_id = ta.topic_id WHERE c.id = pins.claim_id"
        " AND EXISTS (SELECT 1 FROM sightings g WHERE g.revision_id = r.id) ORDER BY r.id DESC LIMIT 1) WHERE cleaner IS NULL"
    )


def downgrade() -> None:
    op.execute("UPDATE pins SET cleaner = NULL")
    op.drop_table("topic_readings")
    op.drop_table("rereadings")
