"""The handshake of a WebSocket: an HTTP request like any other, until it is answered with 101.

So all that holds for requests holds for it: host names, API keys, limits, its id and its line in the log.
"""

from collections.abc import Sequence
from typing import TypeAlias

from starlette.datastructures import Headers
from starlette.types import Scope
from websockets.datastructures import Headers as HandshakeHeaders
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from app.http.refusals import MalformedHandshake, UpgradeRequired

EVENTS = Subprotocol("likeness.events")  # spoken here, whether or not the client asks for it
_KEY = "likeness.key."  # begins the name of a subprotocol whose rest is a key or token: browsers cannot send headers

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]


def is_handshake(scope: Scope) -> bool:
    """Whether an HTTP request asks for a WebSocket. Only `GuardedProtocol` can say so; on other servers none does."""
    return scope.get("upgrade") == "websocket"


def offered_key(headers: Headers) -> str:
    """The API key, or token, among the subprotocols that a handshake offers; empty if there is none."""
    offered = (name.strip() for value in headers.getlist("sec-websocket-protocol") for name in value.split(","))
    return next((name.removeprefix(_KEY) for name in offered if name.startswith(_KEY)), "")


def accepted(scope: Scope) -> RawHeaders:
    """The headers of the answer 101 to a handshake. A subprotocol with a key is never sent back.

    Raises `UpgradeRequired` for any other request, and `MalformedHandshake`.
    """
    if not is_handshake(scope):
        raise UpgradeRequired
    headers = HandshakeHeaders([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]])
    headers["Upgrade"] = scope["upgrade"]  # hidden so far
    request = Handshake(scope["path"], headers, scope["method"], f"HTTP/{scope['http_version']}")
    server = ServerProtocol(subprotocols=[EVENTS], select_subprotocol=_selected)
    answer = server.accept(request)
    if answer.status_code != 101:
        raise MalformedHandshake(str(server.handshake_exc))
    del answer.headers["Date"]  # the server's own is sent
    return [(name.lower().encode(), value.encode()) for name, value in answer.headers.raw_items()]


def _selected(server: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return EVENTS if EVENTS in offered else None
