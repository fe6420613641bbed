"""The tables of jobs and of batches."""

import sqlalchemy as sa
from alembic import op

revision = "first_tables"
down_revision = None


def upgrade() -> None:
    """Make the tables and their indices."""
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.UniqueConstraint("id", "owner", name="batches_id_owner"),
    )
    op.create_index("batches_expiry", "batches", ["expires_at"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("file_name", sa.String, nullable=False),
        sa.Column("asked", sa.JSON, nullable=False),
        sa.Column("input_key", sa.String, nullable=False),
        sa.Column("reference_key", sa.String),
        sa.Column("batch", sa.Uuid),
        sa.Column("idempotency_key", sa.String),
        sa.Column("asked_hash", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("releases", sa.Integer, nullable=False),
        sa.Column("lease_until", sa.Double),
        sa.Column("is_cancelling", sa.Boolean, nullable=False),
        sa.Column("stage", sa.String),
        sa.Column("fraction", sa.Double, nullable=False),
        sa.Column("result", sa.JSON),
        sa.Column("error", sa.JSON),
        sa.Column("timings_ms", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("started_at", sa.Double),
        sa.Column("finished_at", sa.Double),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(["batch", "owner"], ["batches.id", "batches.owner"], name="jobs_of_batch"),
    )
    op.create_index("jobs_page", "jobs", ["owner", "id"])
    op.create_index("jobs_page_of_state", "jobs", ["owner", "state", "id"])
    op.create_index("jobs_expiry", "jobs", ["expires_at"])
    _partial_index("jobs_queue", ["created_at", "id"], "state = 'queued'")
    _partial_index("jobs_leases", ["lease_until"], "state = 'running'")
    _partial_index("jobs_in_batch", ["batch", "id"], "batch IS NOT NULL")
    _partial_index("jobs_idempotency", ["owner", "idempotency_key"], "idempotency_key IS NOT NULL", unique=True)


def downgrade() -> None:
    """Remove all jobs and batches."""
    op.drop_table("jobs")
    op.drop_table("batches")


def _partial_index(name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, "jobs", columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
