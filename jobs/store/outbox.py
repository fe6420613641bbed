"""The deliveries of webhooks, as those who send them and show them use them."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from jobs.store import deliveries, delivery_claims
from jobs.webhooks.webhook import Delivery, Webhook, WebhookState

T = TypeVar("T")


class Transactions(Protocol):
    """What does a piece of work as one transaction."""

    def __call__(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> Awaitable[T]:
        """The outcome of the work. Raises StoreUnavailable."""


class Outbox:
    """Part of `JobStore`: what is said there of transactions and errors holds here too."""

    def __init__(self, read: Transactions, write: Transactions) -> None:
        self._read, self._write = read, write

    async def claim(
        self, lease_s: float, *, limit: int, sending: Sequence[Delivery] = (), resting: Collection[str] = ()
    ) -> list[Delivery]:
        """At most `limit` deliveries that are due; for `lease_s` seconds nobody else gets them.

        Owners take turns: first those who have the fewest among what the claimer is `sending` already, then those whose
        deliveries have been due for longest. No owner and no host gets more than a few places, and the hosts that are
        `resting` get none (`jobs.store.delivery_claims`).

        One whose claimer has not settled it by then is due again: it may be sent twice, but is never lost.
        """
        return await self._write(lambda connection: delivery_claims.claim(connection, lease_s, limit, sending, resting))

    async def settle(
        self, delivery: Delivery, state: WebhookState, *, status: int | None, retry_s: float = 0.0
    ) -> None:
        """Write down an attempt: the answer's status, None where none came; `waiting` is due again in `retry_s`.

        Does nothing where somebody else has claimed the delivery since, or its job is gone.
        """
        await self._write(lambda connection: deliveries.settle(connection, delivery, state, status, retry_s))

    async def postpone(self, delivery: Delivery, wait_s: float) -> None:
        """The delivery was not attempted, and is due again in `wait_s` seconds."""
        await self._write(lambda connection: deliveries.postpone(connection, delivery, wait_s))

    async def webhook(self, of: UUID) -> Webhook | None:
        """The webhook of a job or of a batch; None where it has none."""
        return await self._read(lambda connection: deliveries.webhook(connection, of))
