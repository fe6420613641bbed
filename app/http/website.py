"""The browser app: the files that its export left, read once and answered from memory."""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import Path, PurePosixPath

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.accept import by_preference
from app.http.content_security import page_policy
from app.observe.request_record import record_of

logger = logging.getLogger("likeness")

OURS = ("/api/", "/docs/")  # what is under these is the service's, whatever files there are
FOR_EVER = "/_next/static/"  # names of files under it change with what is in them
INDEX, MISSING = "index.html", "/404.html"

# What not every Python knows. The machine's own tables are not asked: browsers are told not to guess.
_MEDIA_TYPES = {
    ".js": "text/javascript",
    ".map": "application/json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_TEXT = ("application/json", "application/manifest+json", "image/svg+xml")  # beside text/…


class WebsiteUnreadable(Exception):
    """The browser app is there, and cannot be read."""


@dataclass(frozen=True, slots=True)
class WebFile:
    """One file, and what is said with it. `packed` is its body with gzip, where that is any smaller."""

    body: bytes
    packed: bytes | None
    headers: Mapping[str, str]

    def answer(self, asked: Headers, status: int = 200) -> Response:
        """The file for who asked with these headers; just 304 if they have it already."""
        if status == 200 and _has(asked.get("if-none-match", ""), self.headers["ETag"]):
            # With all that a cache is to know of it from now on: its policy above all.
            return Response(status_code=304, headers={k: v for k, v in self.headers.items() if k != "Content-Type"})
        if self.packed is not None and "gzip" in by_preference(asked, "accept-encoding"):
            return Response(self.packed, status, {**self.headers, "Content-Encoding": "gzip"})
        return Response(self.body, status, dict(self.headers))


class Website:
    """An ASGI application for what no route answers: known files, and a page for who asks for an unknown one.

    Everything else goes to `otherwise`. No path leads to a disk.
    """

    def __init__(self, files: Mapping[str, WebFile], otherwise: ASGIApp) -> None:
        self._files = files
        self._otherwise = otherwise
        self.paths = frozenset(files)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI asks. Raises `HTTPException` (405) for a file that is not to be read."""
        file, reads = self._files.get(scope["path"]), scope.get("method") in ("GET", "HEAD")
        if file is not None and not reads:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        asked = Headers(scope=scope)
        if file is not None:
            await file.answer(asked)(scope, receive, send)
            return
        page = self._files.get(MISSING)
        if page is None or not reads or scope["path"].startswith(OURS) or not _wants_page(asked):
            await self._otherwise(scope, receive, send)
            return
        record = record_of(scope)
        record.code, record.stage = "not_found", "request"
        await page.answer(asked, 404)(scope, receive, send)


def read_website(folder: Path, taken: frozenset[str], otherwise: ASGIApp) -> Website | None:
    """All files of an export, by the paths that lead to them; None if it has no `index.html`.

    Left out are paths that are `taken`, hidden files, and links that lead out of the folder. Raises
    `WebsiteUnreadable` if a file cannot be read.
    """
    try:
        found = {path: _file(path, file.read_bytes()) for path, file in _files_in(folder)}
    except OSError as error:
        raise WebsiteUnreadable(f"{error.filename}, of the browser app, cannot be read: {error.strerror}.") from error
    if f"/{INDEX}" not in found:
        logger.info("there is no browser app in %s, so / leads to /docs: `make web` builds it", folder.absolute())
        return None
    pages = {_page(path): file for path, file in found.items() if path.endswith(".html")}
    files = {path: file for path, file in (pages | found).items() if path not in taken and not path.startswith(OURS)}
    size = sum(len(file.body) + len(file.packed or b"") for file in found.values())
    logger.info("the browser app in %s: %d files, %.1f MB in memory", folder.absolute(), len(found), size / 1e6)
    return Website(files, otherwise)


def _files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Each file that may be shown, with the path that leads to it."""
    top = folder.resolve()
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for file in (Path(where, name) for name in names if not name.startswith(".")):
            if file.is_file() and file.resolve().is_relative_to(top):
                yield f"/{file.relative_to(folder).as_posix()}", file


def _file(path: str, body: bytes) -> WebFile:
    known = _MEDIA_TYPES.get(PurePosixPath(path).suffix)
    media_type = known or MimeTypes().guess_type(path)[0] or "application/octet-stream"
    is_text = media_type.startswith("text/") or media_type in _TEXT
    packed = gzip.compress(body, mtime=0) if is_text else body
    headers = {
        "Content-Type": f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
        "ETag": f'W/"{hashlib.sha256(body).hexdigest()[:32]}"',  # weak: packed or not
        "Cache-Control": "public, max-age=31536000, immutable" if path.startswith(FOR_EVER) else "no-cache",
    }
    if is_text:
        headers["Vary"] = "Accept-Encoding"
    if media_type == "text/html":
        headers["Content-Security-Policy"] = page_policy(body.decode(errors="replace"))
    return WebFile(body, packed if len(packed) < len(body) else None, headers)


def _page(path: str) -> str:
    """The address of a page, without what only its file needs."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/" if name == INDEX else path.removesuffix(".html")


def _has(known: str, etag: str) -> bool:
    """Whether this `If-None-Match` names the file."""
    return known.strip() == "*" or etag.removeprefix("W/") in (
        tag.strip().removeprefix("W/") for tag in known.split(",")
    )


def _wants_page(asked: Headers) -> bool:
    return by_preference(asked, "accept")[:1] == ["text/html"]
