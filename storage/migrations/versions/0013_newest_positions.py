"""An index to a claim's newest standing position: without it PostgreSQL read every newer one of the other claims.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    live = sa.text("known_to IS NULL")
    op.create_index("ix_positions_newest", "positions", ["claim_id", "id"], sqlite_where=live, postgresql_where=live)


def downgrade() -> None:
    op.drop_index("ix_positions_newest", "positions")
