"""The name by which a client is counted: its API key's, or else its address."""

from starlette.types import Scope

from app.access.addresses import client_of
from app.observe.request_record import record_of


def client_name(scope: Scope) -> str:
    """The client of a request. A name with an address is never logged. It is kept in memory, and in Redis if the rate
    limit counts there, only for as long as the client is counted.
    """
    key = record_of(scope).key
    if key is not None:
        return f"key:{key}"
    address = scope.get("client")
    return f"address:{client_of(address[0]) if address else 'unknown'}"
