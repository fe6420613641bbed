"""What both clients tell httpx."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from .steps import Photo, Send

CONNECT_S = 10.0


def options(url: str, api_key: str | None, token: str | None, timeout: float) -> dict[str, Any]:
    """How an httpx client is made. Raises `ValueError` for an address or a key that cannot be used."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"{url!r} is no address: {error}.") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise ValueError(f"{url} is no address like https://likeness.example.org.")
    if api_key is not None and token is not None:
        raise ValueError("Give an API key or a token, not both.")
    headers = {"User-Agent": "likeness-client"}
    secret = token if api_key is None else api_key
    if secret is not None:
        if not (secret.isascii() and secret.isprintable() and secret.strip() == secret != ""):
            raise ValueError("An API key or token is visible ASCII characters.")
        # Not as X-API-Key: where a result is redirected to another host, httpx sends that one along, but not this one.
        headers["Authorization"] = f"Bearer {secret}"
    return {"base_url": address, "headers": headers, "timeout": httpx.Timeout(timeout, connect=min(timeout, CONNECT_S))}


def arguments(send: Send, opened: ExitStack) -> dict[str, Any]:
    """What httpx's `stream` gets for a request. Files are opened in `opened`, and read while they are sent."""
    found: dict[str, Any] = {
        "method": send.method,
        "url": send.path,
        "headers": dict(send.headers),
        "follow_redirects": send.follows,
    }
    if send.method == "POST" and (send.form or send.files):
        # A tuple without a name is a field: so a form without a file is multipart too.
        found["files"] = [(name, (None, text)) for name, text in send.form.items()]
        found["files"] += [(name, _part(photo, opened)) for name, photo in send.files]
    if send.timeout_s is not None:
        found["timeout"] = httpx.Timeout(send.timeout_s, connect=CONNECT_S)
    return found


def _part(photo: Photo, opened: ExitStack) -> tuple[str, Any]:
    if isinstance(photo, bytes):
        return "photo", photo
    return os.path.basename(os.fspath(photo)), opened.enter_context(Path(photo).open("rb"))
