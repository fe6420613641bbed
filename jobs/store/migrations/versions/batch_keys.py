"""A batch that is sent again under its idempotency key is the same batch."""

import sqlalchemy as sa
from alembic import op

revision = "batch_keys"
down_revision = "delivery_hosts"


def upgrade() -> None:
    """Add the keys, and the index that finds the batch of one. Batches that are there have none."""
    op.add_column("batches", sa.Column("idempotency_key", sa.String))
    op.add_column("batches", sa.Column("asked_hash", sa.String))
    has_key = sa.text("idempotency_key IS NOT NULL")
    columns = ["owner", "idempotency_key"]
    op.create_index(
        "batches_idempotency", "batches", columns, unique=True, sqlite_where=has_key, postgresql_where=has_key
    )


def downgrade() -> None:
    """Remove the keys."""
    op.drop_index("batches_idempotency", "batches")
    op.drop_column("batches", "asked_hash")
    op.drop_column("batches", "idempotency_key")
