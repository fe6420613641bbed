"""The name by which a client is counted: its API key's, or else its address."""

from starlette.types import Scope

from app.access.addresses import client_of
from app.observe.request_record import record_of


def client_name(scope: Scope) -> str:
    """The client of a request. Addresses are neither logged nor stored under this name."""
    key = record_of(scope).key
    if key is not None:
        return f"key:{key}"
    address = scope.get("client")
    return f"address:{client_of(address[0]) if address else 'unknown'}"
