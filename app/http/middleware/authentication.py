"""Requires an API key, before the body is read."""

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from app.access.errors import Unauthorized
from app.access.keys import Keys
from app.http.handshake import is_handshake, offered_key
from app.http.middleware.base import HTTPMiddleware
from app.observe.request_record import record_of


@dataclass(frozen=True)
class AuthenticationMiddleware(HTTPMiddleware):
    """Lets requests with a known key pass, and GET and HEAD of the paths in `public` and under `public_folders`.

    The name of the key goes into the request's record. Paths are compared as the router compares them, decoded and not
    normalised: any other spelling of a public path needs a key.
    """

    keys: Keys
    public: frozenset[str]
    public_folders: tuple[str, ...]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `Unauthorized` without a known key."""
        key = _key_of(scope)
        record = record_of(scope)
        record.key = self.keys.owner(key) if key else None
        if record.key is None and not self._is_public(scope):
            needed = "An API key is needed: send it as X-API-Key, or as Authorization: Bearer."
            raise Unauthorized("This API key is not known here." if key else needed)
        await self.app(scope, receive, send)

    def _is_public(self, scope: Scope) -> bool:
        path = scope["path"]
        return scope["method"] in ("GET", "HEAD") and (path in self.public or path.startswith(self.public_folders))


def declare_keys(document: dict[str, Any], public: frozenset[str]) -> None:
    """Add to an OpenAPI document which operations need a key (all but the `public` paths), and how it is sent."""
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["ApiKey"] = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    schemes["Bearer"] = {"type": "http", "scheme": "bearer"}
    schema = {"$ref": "#/components/schemas/ErrorResponse"}
    refusal = {"description": "No key, or a wrong one", "content": {"application/json": {"schema": schema}}}
    for path, operations in document["paths"].items():
        for operation in () if path in public else operations.values():
            operation["security"] = [{"ApiKey": []}, {"Bearer": []}]
            operation["responses"].setdefault("401", refusal)


def _key_of(scope: Scope) -> bytes:
    """The key of a request; empty if it has none."""
    headers = Headers(scope=scope)
    key = headers.get("x-api-key", "").strip()
    if not key:
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        key = credentials.strip() if scheme.lower() == "bearer" else ""
    if not key and is_handshake(scope):
        key = offered_key(headers)
    return key.encode("latin-1")  # Starlette decodes headers as Latin-1
