"""Run by Alembic; the connection comes from `surveys.store.migrations.upgrade`."""

from alembic import context

from surveys.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=False,
    transaction_per_migration=False,
)
context.run_migrations()
