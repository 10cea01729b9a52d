"""Alembic's entrance: migrates over the connection that it is given (see `storage.schema`)."""

from alembic import context

from storage.tables import METADATA
from storage.tables.base import declare_partial_indexes

declare_partial_indexes()

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
