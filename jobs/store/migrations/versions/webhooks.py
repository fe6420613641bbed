"""The table of deliveries of webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "webhooks"
down_revision = "owner_quotas"


def upgrade() -> None:
    """Make the table and its index."""
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("job", sa.Uuid),
        sa.Column("batch", sa.Uuid),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("type", sa.String),
        sa.Column("ended_at", sa.Double),
        sa.Column("due_at", sa.Double),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_status", sa.Integer),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], ondelete="CASCADE", name="deliveries_of_job"),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], ondelete="CASCADE", name="deliveries_of_batch"),
        sa.UniqueConstraint("job", name="deliveries_job"),
        sa.UniqueConstraint("batch", name="deliveries_batch"),
    )
    is_unsent = sa.text("state = 'waiting'")
    op.create_index("deliveries_due", "deliveries", ["due_at"], sqlite_where=is_unsent, postgresql_where=is_unsent)


def downgrade() -> None:
    """Remove all webhooks."""
    op.drop_table("deliveries")
