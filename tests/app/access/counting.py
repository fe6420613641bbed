"""Take photos from a quota, one after another."""

from __future__ import annotations

import asyncio

from app.access.quota import Allowance, Quota


def taken(quota: Quota, *clients: str) -> list[Allowance | None]:
    """Take one photo for each of these clients in turn; their allowances."""

    async def take_all() -> list[Allowance | None]:
        try:
            return [await quota.take(client) for client in clients]
        finally:
            await quota.close()

    return asyncio.run(take_all())


def allowed(found: list[Allowance | None]) -> list[bool]:
    return [allowance is not None and allowance.allowed for allowance in found]
