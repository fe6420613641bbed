"""What Alembic runs: the steps, in the transaction that `jobs.store.migration` has begun."""

from alembic import context

from jobs.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
