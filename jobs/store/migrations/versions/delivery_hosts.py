"""Owners take turns with their webhooks, and no host gets more than a few at a time."""

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "delivery_hosts"
down_revision = "no_adding"

_DELIVERIES = sa.table("deliveries", *map(sa.column, ("id", "url", "host", "state")))
_UNSENT = sa.text("state = 'waiting'")
_TO_SEND = sa.text("state = 'waiting' AND due_at IS NOT NULL")


def upgrade() -> None:
    """Add the hosts, and the index that finds what an owner has to send."""
    op.add_column("deliveries", sa.Column("host", sa.String, nullable=False, server_default=""))
    connection = op.get_bind()
    addresses = sa.select(_DELIVERIES.c.url).where(_DELIVERIES.c.state == "waiting").distinct()
    for url in connection.scalars(addresses).all():
        named = sa.update(_DELIVERIES).where(_DELIVERIES.c.state == "waiting", _DELIVERIES.c.url == url)
        connection.execute(named.values(host=_host_of(url)))
    op.drop_index("deliveries_due", "deliveries")
    columns = ["owner", "due_at", "host"]
    op.create_index("deliveries_due", "deliveries", columns, sqlite_where=_TO_SEND, postgresql_where=_TO_SEND)


def downgrade() -> None:
    """Remove the hosts."""
    op.drop_index("deliveries_due", "deliveries")
    op.create_index("deliveries_due", "deliveries", ["due_at"], sqlite_where=_UNSENT, postgresql_where=_UNSENT)
    op.drop_column("deliveries", "host")


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
