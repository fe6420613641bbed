"""Requires an API key or a token, before the body is read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from app.access.errors import Unauthorized
from app.access.keys import Keys
from app.http.handshake import is_handshake, offered_key
from app.http.middleware.base import HTTPMiddleware
from app.observe.request_record import record_of

if TYPE_CHECKING:  # a server without tokens does not import what verifies them
    from app.access.tokens import Tokens


@dataclass(frozen=True)
class AuthenticationMiddleware(HTTPMiddleware):
    """Lets requests with a known key or a good token pass, and GET and HEAD of the paths in `public` and under
    `public_folders`.

    Who sends it goes into the request's record. A token of a request to a public path is not looked at. Paths are
    compared as the router compares them, decoded and not normalised: any other spelling of a public path needs a key.
    """

    keys: Keys
    tokens: "Tokens | None"
    public: frozenset[str]
    public_folders: tuple[str, ...]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `Unauthorized` without a known key or a good token, and `TokensUnverifiable`."""
        key = _key_of(scope)
        record = record_of(scope)
        record.owner = record.key = self.keys.owner(key) if key else None
        if record.owner is None and not self._is_public(scope):
            record.owner, record.key = await self._holder(key)
        await self.app(scope, receive, send)

    async def _holder(self, credentials: bytes) -> tuple[str, str]:
        """Owner of a token, and what the log shows. What has no two dots cannot be one, so it was meant as a key."""
        if not credentials:
            needed = "An API key" if self.tokens is None else "A token" if not self.keys else "An API key or a token"
            raise Unauthorized(f"{needed} is needed: send it as X-API-Key, or as Authorization: Bearer.")
        if self.tokens is None or credentials.count(b".") != 2:
            raise Unauthorized("This API key is not known here." if self.keys else "This is no token.")
        return await self.tokens.holder(credentials)

    def _is_public(self, scope: Scope) -> bool:
        path = scope["path"]
        return scope["method"] in ("GET", "HEAD") and (path in self.public or path.startswith(self.public_folders))


def declare_keys(document: dict[str, Any], public: frozenset[str], *, takes_tokens: bool) -> None:
    """Add to an OpenAPI document which operations need a key (all but the `public` paths), and how it is sent."""
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["ApiKey"] = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    schemes["Bearer"] = {"type": "http", "scheme": "bearer"} | ({"bearerFormat": "JWT"} if takes_tokens else {})
    schema = {"$ref": "#/components/schemas/ErrorResponse"}
    refused = "No key or token, or a wrong one" if takes_tokens else "No key, or a wrong one"
    refusal = {"description": refused, "content": {"application/json": {"schema": schema}}}
    for path, operations in document["paths"].items():
        for operation in () if path in public else operations.values():
            operation["security"] = [{"ApiKey": []}, {"Bearer": []}]
            operation["responses"].setdefault("401", refusal)


def _key_of(scope: Scope) -> bytes:
    """The key or token of a request; empty if it has none."""
    headers = Headers(scope=scope)
    key = headers.get("x-api-key", "").strip()
    if not key:
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        key = credentials.strip() if scheme.lower() == "bearer" else ""
    if not key and is_handshake(scope):
        key = offered_key(headers)
    return key.encode("latin-1")  # Starlette decodes headers as Latin-1
