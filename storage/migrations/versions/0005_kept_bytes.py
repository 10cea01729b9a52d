"""Captures whose bytes are kept, by day: what the daily retention looks at.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_captures_kept",
        "captures",
        ["fetched_at"],
        sqlite_where=sa.text("bytes_kept = 1"),
        postgresql_where=sa.text("bytes_kept"),
    )


def downgrade() -> None:
    op.drop_index("ix_captures_kept", table_name="captures")
