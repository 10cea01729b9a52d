"""Who says a quote that a person added: as written, and as a known person.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("decisions", sa.Column("speaker_written", sa.String(), nullable=True))
    op.add_column("decisions", sa.Column("speaker_key", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("decisions", "speaker_key")
    op.drop_column("decisions", "speaker_written")
