"""The tables of jobs, of batches, of deliveries of webhooks and of how many jobs were submitted, and their indices.

The states in the conditions of indices are literals: a database uses such an index only where a query has the same one.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    literal_column,
)

metadata = MetaData()

batches = Table(
    "batches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("idempotency_key", String),
    Column("asked_hash", String),
    UniqueConstraint("id", "owner", name="batches_id_owner"),
    Index("batches_expiry", "expires_at"),
)


def _unique_keys(table: Table) -> Index:
    """No owner has two rows under one idempotency key; it finds the row of a key."""
    has_key = table.c.idempotency_key.is_not(None)
    columns = table.c.owner, table.c.idempotency_key
    return Index(f"{table.name}_idempotency", *columns, unique=True, sqlite_where=has_key, postgresql_where=has_key)


_unique_keys(batches)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("file_name", String, nullable=False),
    Column("asked", JSON, nullable=False),
    Column("input_key", String, nullable=False),
    Column("reference_key", String),
    Column("batch", Uuid),
    Column("idempotency_key", String),
    Column("asked_hash", String),
    Column("kept_bytes", BigInteger, nullable=False, server_default="0"),
    Column("state", String, nullable=False),
    Column("turn", Integer, nullable=False, server_default="0"),
    Column("attempt", Integer, nullable=False),
    Column("releases", Integer, nullable=False),
    Column("lease_until", Double),
    Column("is_cancelling", Boolean, nullable=False),
    Column("stage", String),
    Column("fraction", Double, nullable=False),
    Column("result", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
    Column("timings_ms", JSON, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("expires_at", Double, nullable=False),
    # A batch takes jobs of its own owner only.
    ForeignKeyConstraint(["batch", "owner"], ["batches.id", "batches.owner"], name="jobs_of_batch"),
)

submissions = Table(
    "submissions",
    metadata,
    Column("owner", String, primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),  # since 1970
    Column("number", Integer, nullable=False),
    Index("submissions_hour", "hour"),
)

QUEUED = jobs.c.state == literal_column("'queued'")
RUNNING = jobs.c.state == literal_column("'running'")
WAITS = "queue"  # the stage of a running job that nobody works on until its lease ends, as memory ran out
HAS_BATCH = jobs.c.batch.is_not(None)

Index("jobs_page", jobs.c.owner, jobs.c.id)
Index("jobs_page_of_state", jobs.c.owner, jobs.c.state, jobs.c.id)
# The kind is last, so that jobs of other kinds are passed over without a look at their rows.
Index(
    "jobs_queue",
    jobs.c.turn,
    jobs.c.created_at,
    jobs.c.id,
    jobs.c.kind,
    sqlite_where=QUEUED,
    postgresql_where=QUEUED,
)
Index("jobs_turns", jobs.c.owner, jobs.c.turn, sqlite_where=QUEUED, postgresql_where=QUEUED)
Index("jobs_leases", jobs.c.lease_until, sqlite_where=RUNNING, postgresql_where=RUNNING)
Index("jobs_in_batch", jobs.c.batch, jobs.c.id, sqlite_where=HAS_BATCH, postgresql_where=HAS_BATCH)
Index("jobs_bytes", jobs.c.owner, jobs.c.kept_bytes)
Index("jobs_expiry", jobs.c.expires_at)
_unique_keys(jobs)

# A job or a batch has at most one, made with it and gone with it. `type`, `ended_at` and `due_at` come with the end.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("job", Uuid),
    Column("batch", Uuid),
    Column("owner", String, nullable=False),
    Column("url", String, nullable=False),
    Column("host", String, nullable=False, server_default=""),
    Column("state", String, nullable=False),
    Column("type", String),
    Column("ended_at", Double),
    Column("due_at", Double),
    Column("attempts", Integer, nullable=False),
    Column("last_status", Integer),
    ForeignKeyConstraint(["job"], ["jobs.id"], ondelete="CASCADE", name="deliveries_of_job"),
    ForeignKeyConstraint(["batch"], ["batches.id"], ondelete="CASCADE", name="deliveries_of_batch"),
    UniqueConstraint("job", name="deliveries_job"),
    UniqueConstraint("batch", name="deliveries_batch"),
)

UNSENT = deliveries.c.state == literal_column("'waiting'")

TO_SEND = UNSENT & deliveries.c.due_at.is_not(None)

# The host is last, so that what goes to a host that is left alone is passed over without a look at its rows.
Index(
    "deliveries_due",
    deliveries.c.owner,
    deliveries.c.due_at,
    deliveries.c.host,
    sqlite_where=TO_SEND,
    postgresql_where=TO_SEND,
)
