"""Requires an API key, before the body is read."""

from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.errors import Unauthorized
from app.access.keys import Keys
from app.observe.request_record import record_of


class AuthenticationMiddleware:
    """Lets requests with a known key pass, and GET and HEAD of the paths in `public` and under `public_folders`.

    The name of the key goes into the request's record. Paths are compared as the router compares them, decoded and not
    normalised: any other spelling of a public path needs a key.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Keys,
        public: frozenset[str],
        public_folders: tuple[str, ...],
    ) -> None:
        self._app = app
        self._keys = keys
        self._public = public
        self._public_folders = public_folders

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event stream, as ASGI asks. Raises `Unauthorized` without a known key."""
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
        if scope["method"] in ("GET", "HEAD") and (path in self._public or path.startswith(self._public_folders)):
            return
        message = (
            "This API key is not known here."
            if key
            else "An API key is needed: send it as X-API-Key, or as Authorization: Bearer."
        )
        raise Unauthorized(message)


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


def _key_of(headers: Headers) -> bytes:
    """The key of a request; empty if it has none."""
    key = headers.get("x-api-key", "").strip()
    if not key:
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        key = credentials.strip() if scheme.lower() == "bearer" else ""
    return key.encode("latin-1")  # Starlette decodes headers as Latin-1
