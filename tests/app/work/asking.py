"""Clients that ask for places."""

from __future__ import annotations

from app.work.shares import Shares

PLACES = 9


def before(shares: Shares, client: str) -> int:
    """The photos before the client, where each place that is taken is that of a photo inside."""
    return shares.photos_before(client, PLACES - shares.free, is_complete=True)


def asks(shares: Shares, client: str, times: int = 1, retry_after: float = 3.0) -> int:
    """For how many photos, which come in at once, the client gets places; it is refused the others."""
    got = 0
    for _ in range(times):
        if before(shares, client) == 0:
            shares.take(client)
            shares.enter(client)
            got += 1
        else:
            shares.refuse(client, retry_after)
    return got


def gives_back(shares: Shares, client: str, times: int = 1) -> None:
    for _ in range(times):
        shares.leave(client)
