"""When a source had news, and which texts a run could not read, found without looking through all that was ever found.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_discoveries_source_id_found_at"), "discoveries", ["source_id", "found_at"])
    not_read = sa.text("outcome = 'language not read'")
    op.create_index("ix_scans_not_read", "scans", ["run_id"], sqlite_where=not_read, postgresql_where=not_read)


def downgrade() -> None:
    op.drop_index("ix_scans_not_read", table_name="scans")
    op.drop_index(op.f("ix_discoveries_source_id_found_at"), table_name="discoveries")
