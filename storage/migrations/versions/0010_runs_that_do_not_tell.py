"""Runs that asked no source, or asked about the past, do not tell how far we have read: `sufficient` may be left open.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _renew(nullable=True)
    op.execute(
        "UPDATE runs SET sufficient = NULL WHERE NOT sufficient AND (flow IN ('assess', 'backfill') OR finished_at IS NULL)"
    )


def downgrade() -> None:
    op.execute(sa.text("UPDATE runs SET sufficient = :no WHERE sufficient IS NULL").bindparams(no=False))
    _renew(nullable=False)


def _renew(*, nullable: bool) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("runs", "sufficient", existing_type=sa.Boolean(), nullable=nullable)
        return
    # SQLite changes no column, and a table that others refer to cannot be made anew under their eyes.
    default = None if nullable else sa.false()
    op.add_column("runs", sa.Column("told", sa.Boolean(), nullable=nullable, server_default=default))
    op.execute("UPDATE runs SET told = sufficient")
    op.drop_column("runs", "sufficient")
    op.execute("ALTER TABLE runs RENAME COLUMN told TO sufficient")
