"""Since when a reading counts in the place of the pinned matcher's: new articles count while another model is installed.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from storage.tables.base import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("scans", "assessments"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("stands_in_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    for table in ("assessments", "scans"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("stands_in_at")
