"""Runs the revisions on the connection that `storage.migrate` opened, inside its transaction."""

from alembic import context

_attributes = context.config.attributes
context.configure(
    connection=_attributes["connection"],
    transaction_per_migration=False,
    transactional_ddl=True,
    parts=_attributes["parts"],
)
with context.begin_transaction():
    context.run_migrations()
