"""Which of the deliveries that are due are sent next: owners take turns, and no host gets more than a few at a time."""

from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jobs.store.clock import now
from jobs.store.tables import TO_SEND, deliveries
from jobs.webhooks.webhook import Delivery

# Of those that a process is sending at the same time. An owner with many hosts that hang keeps the rest for others.
PER_OWNER = 8
PER_HOST = 4

_OF_DELIVERY = tuple(deliveries.c[name] for name in Delivery.__dataclass_fields__)


async def claim(
    connection: AsyncConnection, lease_s: float, limit: int, sending: Sequence[Delivery], resting: Collection[str]
) -> list[Delivery]:
    """See `Outbox.claim`."""
    ids = await _chosen(connection, limit, sending, resting)
    if not ids:
        return []
    claimed = update(deliveries).where(deliveries.c.id.in_(ids)).values(due_at=now() + lease_s)
    return [Delivery(**row._mapping) for row in await connection.execute(claimed.returning(*_OF_DELIVERY))]


async def _chosen(
    connection: AsyncConnection, limit: int, sending: Sequence[Delivery], resting: Collection[str]
) -> list[UUID]:
    """First those whose owner has the fewest on their way, then those that are due for longest."""
    owners, hosts = Counter(each.owner for each in sending), Counter(each.host for each in sending)
    closed = {host for host, number in hosts.items() if number >= PER_HOST}.union(resting)
    found = (await connection.execute(_owners())).all()
    places: list[tuple[int, float, UUID, str]] = []
    having = 0  # owners of whom one can be sent
    for owner, _ in sorted(found, key=lambda row: (owners[row.owner], row.longest_due)):
        own = await connection.execute(_due(owner, PER_OWNER - owners[owner], closed))
        rows = [(owners[owner] + place, row.due_at, row.id, row.host) for place, row in enumerate(own)]
        places += rows
        having += bool(rows)
        if having == limit:
            break
    chosen: list[UUID] = []
    for *_, number, host in sorted(places):
        if len(chosen) < limit and hosts[host] < PER_HOST:
            hosts[host] += 1
            chosen.append(number)
    return chosen


def _owners() -> Select[str, float]:
    """The query for the owners who have deliveries that are due, and since when, without a look at all of these.

    The database steps from one owner to the next in the index, so that it does not matter how many one of them has.
    """
    owner = deliveries.c.owner
    owners = select(select(func.min(owner)).where(TO_SEND).scalar_subquery().label("owner")).cte(recursive=True)
    following = select(func.min(owner)).where(TO_SEND, owner > owners.c.owner).scalar_subquery()
    owners = owners.union_all(select(following).where(owners.c.owner.is_not(None)))
    longest = select(func.min(deliveries.c.due_at)).where(TO_SEND, owner == owners.c.owner).scalar_subquery()
    found = select(owners.c.owner, longest.label("longest_due")).subquery()
    return select(found.c.owner, found.c.longest_due).where(found.c.longest_due <= now())


def _due(owner: str, limit: int, closed: Collection[str]) -> Select[UUID, str, float]:
    """The query for the owner's deliveries that have been due for longest and that no other claim holds."""
    columns = deliveries.c.id, deliveries.c.host, deliveries.c.due_at
    due = select(*columns).where(TO_SEND, deliveries.c.owner == owner, deliveries.c.due_at <= now())
    open_ = due.where(deliveries.c.host.not_in(sorted(closed))) if closed else due
    return open_.order_by(deliveries.c.due_at).limit(max(0, limit)).with_for_update(skip_locked=True)
