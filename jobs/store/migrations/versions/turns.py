"""Turns: the jobs of one owner no longer keep those of the others waiting."""

import sqlalchemy as sa
from alembic import op

revision = "turns"
down_revision = "webhooks"

_QUEUED = sa.text("state = 'queued'")


def upgrade() -> None:
    """Add the turns, and the indices that find the next one. Jobs that wait already keep their order."""
    op.add_column("jobs", sa.Column("turn", sa.Integer, nullable=False, server_default="0"))
    op.drop_index("jobs_queue", "jobs")
    _index("jobs_queue", ["turn", "created_at", "id", "kind"])
    _index("jobs_turns", ["owner", "turn"])


def downgrade() -> None:
    """Remove the turns."""
    op.drop_index("jobs_turns", "jobs")
    op.drop_index("jobs_queue", "jobs")
    _index("jobs_queue", ["created_at", "id"])
    op.drop_column("jobs", "turn")


def _index(name: str, columns: list[str]) -> None:
    op.create_index(name, "jobs", columns, sqlite_where=_QUEUED, postgresql_where=_QUEUED)
