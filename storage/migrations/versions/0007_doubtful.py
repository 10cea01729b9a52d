"""The few answers and texts that wait for a person, found without looking through all: unsure, on both sides, without a date.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index("ix_assessments_undecided", "assessments", "claim_id", "decided IS 0", "decided IS false")
    _index("ix_assessments_mixed", "assessments", "claim_id", "stance = 'mixed'", "stance = 'mixed'")
    _index("ix_revisions_undated", "revisions", "article_id", "published_day IS NULL", "published_day IS NULL")


def _index(name: str, table: str, column: str, sqlite: str, postgresql: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(sqlite), postgresql_where=sa.text(postgresql))


def downgrade() -> None:
    op.drop_index("ix_revisions_undated", table_name="revisions")
    op.drop_index("ix_assessments_mixed", table_name="assessments")
    op.drop_index("ix_assessments_undecided", table_name="assessments")
