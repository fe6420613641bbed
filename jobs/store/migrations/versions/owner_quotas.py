"""What quotas need: the bytes that each job keeps, and how many jobs each owner has submitted in which hour."""

import sqlalchemy as sa
from alembic import op

revision = "owner_quotas"
down_revision = "first_tables"


def upgrade() -> None:
    """Jobs that there are count as none, and with no bytes until they have a result."""
    op.add_column("jobs", sa.Column("kept_bytes", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("jobs_bytes", "jobs", ["owner", "kept_bytes"])
    op.create_table(
        "submissions",
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.create_index("submissions_hour", "submissions", ["hour"])


def downgrade() -> None:
    """Remove both."""
    op.drop_table("submissions")
    op.drop_index("jobs_bytes", "jobs")
    op.drop_column("jobs", "kept_bytes")
