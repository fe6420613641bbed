"""A batch and its jobs are added at once: no webhook waits any more until all of them are (the state `adding`)."""

import sqlalchemy as sa
from alembic import op

revision = "no_adding"
down_revision = "turns"

_NOW = {
    "sqlite": sa.text("((julianday('now') - 2440587.5) * 86400.0)"),
    "postgresql": sa.text("date_part('epoch', statement_timestamp())"),
}
_JOBS = sa.table("jobs", sa.column("batch"), sa.column("state"))
_DELIVERIES = sa.table("deliveries", *map(sa.column, ("batch", "state", "type", "ended_at", "due_at")))


def upgrade() -> None:
    """Webhooks of batches whose adding was broken off are due where the batch has jobs, and all of them have ended."""
    now = _NOW[op.get_bind().dialect.name]
    adding = sa.update(_DELIVERIES).where(_DELIVERIES.c.state == "adding")
    has_jobs = sa.exists().where(_JOBS.c.batch == _DELIVERIES.c.batch)
    has_ended = has_jobs & ~has_jobs.where(_JOBS.c.state.in_(("queued", "running")))
    op.execute(adding.where(has_ended).values(type="batch.finished", ended_at=now, due_at=now))
    op.execute(adding.values(state="waiting"))


def downgrade() -> None:
    """Nothing: what waits did so before."""
