"""Asks for an API key before the body is read."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.errors import Unauthorized
from app.access.keys import Keys
from app.observe.request_record import record_of

# What may be read without a key: what probes ask, and what a browser needs before a person can enter one.
OPEN_PATHS = frozenset(
    {
        "/",
        "/docs",
        "/openapi.json",
        "/api/v1/config",
        "/api/v1/health",
        "/api/v1/health/live",
        "/api/v1/health/ready",
    }
)
OPEN_FOLDERS = ("/docs/static/",)


class KeysMiddleware:
    """Lets in who has a key, and anybody to what is open; the name of the key goes into the request's record.

    Paths are compared as the router compares them, decoded and otherwise as they came: whatever is not literally on
    the list, in any spelling, needs a key.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Keys,
        open_paths: frozenset[str] = OPEN_PATHS,
        open_folders: tuple[str, ...] = OPEN_FOLDERS,
    ) -> None:
        self._app = app
        self._keys = keys
        self._open_paths = open_paths
        self._open_folders = open_folders

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event stream, as ASGI asks. Raises `Unauthorized` without a key that fits."""
        if scope["type"] == "http":
            self._identify(scope)
        await self._app(scope, receive, send)

    def _identify(self, scope: Scope) -> None:
        key = _key_of(Headers(scope=scope))
        owner = self._keys.owner(key) if key else None
        if owner is not None:
            record_of(scope).key = owner
            return
        path = scope["path"]
        if scope["method"] in ("GET", "HEAD") and (path in self._open_paths or path.startswith(self._open_folders)):
            return
        message = (
            "This API key is not known here."
            if key
            else "An API key is needed: send it as X-API-Key, or as Authorization: Bearer."
        )
        raise Unauthorized(message)


def declare_keys(document: dict[str, Any]) -> None:
    """Write into an OpenAPI document which operations need a key, and how it is sent."""
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["ApiKey"] = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    schemes["Bearer"] = {"type": "http", "scheme": "bearer"}
    schema = {"$ref": "#/components/schemas/ErrorResponse"}
    refusal = {"description": "No key, or a wrong one", "content": {"application/json": {"schema": schema}}}
    for path, operations in document["paths"].items():
        for operation in () if path in OPEN_PATHS else operations.values():
            operation["security"] = [{"ApiKey": []}, {"Bearer": []}]
            operation["responses"].setdefault("401", refusal)


def _key_of(headers: Headers) -> bytes:
    """The key that came with a request; empty if none did."""
    key = headers.get("x-api-key", "").strip()
    if not key:
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        key = credentials.strip() if scheme.lower() == "bearer" else ""
    return key.encode("latin-1")  # as the headers were decoded
