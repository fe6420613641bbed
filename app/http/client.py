"""Clients: the name by which one is counted, and when it has left."""

from starlette.types import Receive, Scope

from app.access.addresses import client_of
from app.observe.request_record import record_of


def client_name(scope: Scope) -> str:
    """The client of a request. It may have an address or the subject of a token, so it is never logged. It is kept in
    memory, and in Redis if the rate limit counts there, only for as long as the client is counted.
    """
    owner = record_of(scope).owner
    if owner is not None:
        return f"key:{owner}"
    address = scope.get("client")
    return f"address:{client_of(address[0]) if address else 'unknown'}"


async def left(receive: Receive) -> None:
    """Return when the client has left. What else comes of it is dropped: its request must have been read to its end."""
    while (await receive())["type"] != "http.disconnect":
        continue
